/// What may be reached by name and by address; whatever no entry names is refused.
public struct AllowList: Hashable, Sendable {
    /// The entries, in the profile's order.
    public let targets: [AllowedTarget]
    /// The ports that stand in it, ascending.
    public let ports: [UInt16]

    /// The most entries, and the most different ports, that a list may have: each port is two sockets in the container.
    public static let mostTargets = 1024, mostPorts = 64
    /// The most bytes that all entries may have: the gate is told of them over a socket before it reads.
    private static let mostBytes = 48 << 10

    /// A list of entries.
    ///
    /// - Parameter targets: The entries.
    /// - Throws: ``NetworkRuleError`` where there are too many.
    public init(_ targets: [AllowedTarget]) throws(NetworkRuleError) {
        self.targets = targets
        // An array: the first Set of a type searches the program for conformances, which delays a start.
        var ports: [UInt16] = []
        for port in targets.flatMap(\.ports) where !ports.contains(port) { ports.append(port) }
        self.ports = ports.sorted()
        guard targets.count <= Self.mostTargets else {
            throw NetworkRuleError("\(targets.count) entries: the most is \(Self.mostTargets)")
        }
        let bytes = targets.reduce(0) { $0 + $1.description.utf8.count }
        guard bytes <= Self.mostBytes else {
            throw NetworkRuleError("\(bytes) bytes of entries: the most is \(Self.mostBytes)")
        }
        guard ports.count <= Self.mostPorts else {
            throw NetworkRuleError("\(ports.count) different ports: the most is \(Self.mostPorts)")
        }
    }

    /// Whether a name may be asked for.
    ///
    /// - Parameter name: The name in its one form (``HostName/isSound(_:)``).
    /// - Returns: Whether an entry names it, on any port.
    public func permits(name: String) -> Bool { targets.contains { $0.names(name) } }

    /// Whether a port of a name may be connected to.
    ///
    /// - Parameters:
    ///   - name: The name in its one form.
    ///   - port: The port.
    /// - Returns: Whether an entry names both.
    public func permits(name: String, port: UInt16) -> Bool {
        targets.contains { $0.ports.contains(port) && $0.names(name) }
    }

    /// Whether an address may be connected to as such.
    ///
    /// An entry that holds special addresses among others (`0.0.0.0/0`) does not permit these: it must lie in the special
    /// range.
    ///
    /// - Parameters:
    ///   - address: The address, ``NetworkAddress/unmapped``.
    ///   - port: The port.
    /// - Returns: Whether an entry names both.
    public func permits(address: NetworkAddress, port: UInt16) -> Bool {
        let special = SpecialAddresses.holding(address)
        if special?.isUnreachable == true { return false }
        return targets.contains { target in
            guard case .addresses(let range) = target.host, range.contains(address), target.ports.contains(port) else {
                return false
            }
            return special?.range.contains(range) ?? true
        }
    }

    /// Why an answer for a permitted name must not be connected to; nil where it may.
    ///
    /// - Parameters:
    ///   - address: The address, ``NetworkAddress/unmapped``.
    ///   - port: The port.
    /// - Returns: What the address is: `private`, `loopback`.
    public func objection(toAnswer address: NetworkAddress, port: UInt16) -> String? {
        guard let special = SpecialAddresses.holding(address) else { return nil }
        return permits(address: address, port: port) ? nil : special.kind
    }

    /// The first port of an entry that another list does not permit all of; nil where it permits everything.
    ///
    /// - Parameter target: The entry.
    /// - Returns: The port.
    public func firstUncoveredPort(of target: AllowedTarget) -> UInt16? {
        target.ports.first { port in !targets.contains { $0.covers(target, port: port) } }
    }
}

extension AllowedTarget {
    fileprivate func names(_ name: String) -> Bool {
        switch host {
        case .name(let own): own == name
        case .below(let own): name.utf8.count > own.utf8.count + 1 && name.hasSuffix("." + own)
        case .addresses: false
        }
    }
}
