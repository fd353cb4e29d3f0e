internal import NetworkRules

/// The names that were asked for, each with an address of its own: the address that a program connects to is the name.
///
/// A name keeps its address as long as the gate lives, so that no address ever comes to mean another name.
struct NameTable {
    /// Where the container's programs find the gate, `198.18.0.1`; nameserver of the sandbox's resolv.conf.
    private static let base: UInt32 = 0xC612_0000
    /// The first address of a name: 198.18.0.2.
    private static let firstIndex = 2
    /// A wildcard has names without end; memory has not.
    static let mostNames = 16_384

    private var names: [String] = []
    private var indices: [String: Int] = [:]

    /// Whether an address is one that names get.
    static func holds(_ address: NetworkAddress) -> Bool {
        guard case .v4(let bits) = address else { return false }
        return bits & 0xFFFE_0000 == base
    }

    /// The address of a name; nil where there are too many names.
    mutating func address(of name: String) -> NetworkAddress? {
        if let index = indices[name] { return .v4(Self.base + UInt32(index)) }
        guard names.count < Self.mostNames else { return nil }
        let index = names.count + Self.firstIndex
        names.append(name)
        indices[name] = index
        return .v4(Self.base + UInt32(index))
    }

    /// The name of an address; nil where no name has it.
    func name(of address: NetworkAddress) -> String? {
        guard Self.holds(address), case .v4(let bits) = address else { return nil }
        let index = Int(bits - Self.base) - Self.firstIndex
        return names.indices.contains(index) ? names[index] : nil
    }
}
