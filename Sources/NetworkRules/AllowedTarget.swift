/// One entry of a list of what may be reached: a name, a name with all below it, or addresses; each with its ports.
public struct AllowedTarget: Hashable, Sendable, CustomStringConvertible {
    /// Whom it means.
    public enum Host: Hashable, Sendable {
        /// This name alone, in lower case and without a dot at the end.
        case name(String)
        /// Every name below this one, at any depth; not the name itself.
        case below(String)
        /// Addresses that are connected to directly.
        case addresses(AddressRange)
    }

    /// Whom it means.
    public let host: Host
    /// The port; nil for 80 and 443.
    public let port: UInt16?

    /// The ports it means.
    public var ports: [UInt16] { port.map { [$0] } ?? [80, 443] }

    /// Reads an entry: `NAME`, `*.NAME`, an address or a range of addresses, each with `:PORT` or without.
    ///
    /// - Parameter text: The entry; an address of version 6 that has a port stands in brackets.
    /// - Throws: ``NetworkRuleError``.
    public init(_ text: String) throws(NetworkRuleError) {
        guard text.utf8.count <= 300, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Self.malformed(text)
        }
        let (host, port) = try Self.split(text)
        self.host = try Self.host(host, in: text)
        self.port = try port.map { port throws(NetworkRuleError) in try Self.port(port, in: text) }
    }

    /// The entry in its one form: `docs.python.org`, `*.example.org:8443`, `[2001:db8::/32]:443`.
    public var description: String {
        let isVersion6 = if case .addresses(let range) = host { range.first.bitCount == 128 } else { false }
        let name =
            switch host {
            case .name(let name): name
            case .below(let name): "*.\(name)"
            case .addresses(let range): "\(range)"
            }
        return port.map { isVersion6 ? "[\(name)]:\($0)" : "\(name):\($0)" } ?? name
    }

    /// Whether all that another entry permits is permitted by this one.
    ///
    /// - Parameters:
    ///   - other: The other entry.
    ///   - port: Of its ports the one that is looked at.
    /// - Returns: Whether it is.
    public func covers(_ other: AllowedTarget, port: UInt16) -> Bool {
        guard ports.contains(port) else { return false }
        switch (host, other.host) {
        case (.name(let own), .name(let theirs)): return own == theirs
        case (.below(let own), .name(let theirs)): return theirs.hasSuffix("." + own)
        case (.below(let own), .below(let theirs)): return theirs == own || theirs.hasSuffix("." + own)
        case (.addresses(let own), .addresses(let theirs)):
            guard own.contains(theirs) else { return false }
            // What is special in their range must be named as such by both.
            guard let special = SpecialAddresses.holding(theirs.first), special.range.contains(theirs) else {
                return true
            }
            return special.range.contains(own)
        default: return false
        }
    }

    // MARK: Reading

    private static func malformed(_ text: String) -> NetworkRuleError {
        NetworkRuleError("\(shown(text)) is not of the form \"[*.]NAME[:PORT]\" or \"ADDRESS[/LENGTH][:PORT]\"")
    }

    private static func split(_ text: String) throws(NetworkRuleError) -> (host: Substring, port: Substring?) {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw malformed(text) }
            let host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard host.utf8.contains(UInt8(ascii: ":")), rest.isEmpty || rest.hasPrefix(":") else {
                throw malformed(text)
            }
            return (host, rest.isEmpty ? nil : rest.dropFirst())
        }
        let colons = text.utf8.filter { $0 == UInt8(ascii: ":") }.count
        // More than one is an address of version 6, in which a port could not be told from a group.
        guard colons == 1, let colon = text.firstIndex(of: ":") else { return (text[...], nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func port(_ port: Substring, in text: String) throws(NetworkRuleError) -> UInt16 {
        guard !port.isEmpty, port.utf8.allSatisfy(isDigit) else { throw malformed(text) }
        guard let number = UInt16(port), number > 0 else {
            throw NetworkRuleError("the port in \(shown(text)) is not between 1 and 65535")
        }
        guard number != 53 else {
            throw NetworkRuleError("\(shown(text)): port 53 is where the gate answers for names")
        }
        return number
    }

    private static func host(_ host: Substring, in text: String) throws(NetworkRuleError) -> Host {
        if let range = try range(host, in: text) { return .addresses(range) }
        var name = host.lowercased()
        let isWildcard = name.hasPrefix("*.")
        if isWildcard { name.removeFirst(2) }
        if name.hasSuffix(".") { name.removeLast() }
        guard HostName.isSound(name) else { throw malformed(text) }
        if HostName.looksLikeAddress(name) {
            throw NetworkRuleError("\(shown(text)) is no address as it is written here: four decimal numbers")
        }
        if name == "localhost" || name.hasSuffix(".localhost") {
            throw NetworkRuleError(
                "\(shown(text)) is the sandbox's own; for a server of this host say 127.0.0.1 and its port")
        }
        return isWildcard ? .below(name) : .name(name)
    }

    /// The addresses that a text stands for; nil where it is a name.
    private static func range(_ text: Substring, in entry: String) throws(NetworkRuleError) -> AddressRange? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let written = NetworkAddress(parts[0]) else { return nil }
        var range = AddressRange(written.unmapped)
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(isDigit), let length = Int(parts[1]),
                length <= written.bitCount
            else { throw malformed(entry) }
            guard let whole = AddressRange(first: written, prefixLength: length) else {
                let first = AddressRange.masked(written, length)
                throw NetworkRuleError("\(shown(entry)) has bits beyond its length; did you mean \(first)/\(length)?")
            }
            range = whole
        }
        if let special = SpecialAddresses.holding(range.first), special.isUnreachable, special.range.contains(range) {
            throw NetworkRuleError("\(shown(entry)): \(special.kind) addresses cannot be reached")
        }
        return range
    }
}

/// Names of hosts.
public enum HostName {
    /// Whether a text is a host's name in its one form: labels of 1 to 63 letters in lower case, digits, `-` and `_`, and
    /// 253 bytes at most.
    ///
    /// - Parameter name: The text.
    /// - Returns: Whether it is.
    public static func isSound(_ name: String) -> Bool {
        name.utf8.count <= 253
            && name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.count)
                    && label.allSatisfy { byte in
                        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    }
            }
    }

    /// Whether programs may take a name for an address (inet_aton(3)): its last label is a number.
    static func looksLikeAddress(_ name: String) -> Bool {
        let last = name.utf8.split(separator: UInt8(ascii: ".")).last ?? name.utf8[...]
        if last.allSatisfy(isDigit) { return true }
        return last.starts(with: "0x".utf8) && last.dropFirst(2).allSatisfy(isHexDigit)
    }
}

/// An entry that is none: one line, in lower case and without a full stop.
public struct NetworkRuleError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The line.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A text in quotation marks, on one line and of bounded length.
private func shown(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(80) {
        shown +=
            scalar == "\"" || scalar == "\\" || !scalar.isASCII || scalar.value < 0x20 || scalar.value == 0x7F
            ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return "\"\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")\""
}
