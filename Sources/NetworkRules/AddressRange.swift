/// Addresses that begin with the same bits: `10.0.0.0/8`.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    public let first: NetworkAddress
    /// How many bits all of them have in common.
    public let prefixLength: Int

    /// A range of one address.
    ///
    /// - Parameter address: The address.
    public init(_ address: NetworkAddress) {
        first = address
        prefixLength = address.bitCount
    }

    /// A range from its first address; nil where that has other bits set, or fewer.
    ///
    /// - Parameters:
    ///   - first: The first address.
    ///   - prefixLength: How many bits are common.
    public init?(first: NetworkAddress, prefixLength: Int) {
        guard (0...first.bitCount).contains(prefixLength), Self.masked(first, prefixLength) == first else { return nil }
        self.first = first
        self.prefixLength = prefixLength
    }

    /// Whether an address lies in it.
    ///
    /// - Parameter address: The address.
    /// - Returns: Whether it does.
    public func contains(_ address: NetworkAddress) -> Bool {
        address.bitCount == first.bitCount && Self.masked(address, prefixLength) == first
    }

    /// Whether all of another range lies in it.
    ///
    /// - Parameter other: The other range.
    /// - Returns: Whether it does.
    public func contains(_ other: AddressRange) -> Bool {
        other.prefixLength >= prefixLength && contains(other.first)
    }

    /// `10.0.0.0/8`, or the one address.
    public var description: String { prefixLength == first.bitCount ? "\(first)" : "\(first)/\(prefixLength)" }

    /// The first address of the range of a length that an address lies in.
    static func masked(_ address: NetworkAddress, _ length: Int) -> NetworkAddress {
        func mask<Word: FixedWidthInteger & UnsignedInteger>(_ word: Word, _ length: Int) -> Word {
            length <= 0 ? 0 : length >= Word.bitWidth ? word : word & ~(Word.max >> Word(length))
        }
        return switch address {
        case .v4(let bits): .v4(mask(bits, length))
        case .v6(let high, let low): .v6(mask(high, length), mask(low, length - 64))
        }
    }
}

/// Addresses that mean something else wherever one is: this host, its neighbours, a cloud's metadata service.
///
/// A name's answer that lies in one of these is how a stranger's name server reaches into the network around the gate
/// (DNS rebinding), so the profile must name such an address itself. The IANA registries of special-purpose addresses,
/// RFC 6890 and what stands on it.
public struct SpecialAddresses: Sendable {
    /// The addresses.
    public let range: AddressRange
    /// What they are, for messages.
    public let kind: String
    /// Whether nothing can be behind them that a connection reaches.
    public let isUnreachable: Bool

    private init(_ first: String, _ length: Int, _ kind: String, isUnreachable: Bool = false) {
        guard let address = NetworkAddress(first), let range = AddressRange(first: address, prefixLength: length) else {
            preconditionFailure("\(first)/\(length) is no range")
        }
        self.range = range
        self.kind = kind
        self.isUnreachable = isUnreachable
    }

    /// All of them; where two hold an address, the first counts.
    static let all: [SpecialAddresses] = [
        // Linux takes 0.0.0.0 for this host.
        SpecialAddresses("0.0.0.0", 8, "unspecified", isUnreachable: true),
        SpecialAddresses("10.0.0.0", 8, "private"),
        SpecialAddresses("100.64.0.0", 10, "shared"),
        SpecialAddresses("127.0.0.0", 8, "loopback"),
        SpecialAddresses("168.63.129.16", 32, "cloud metadata"),
        SpecialAddresses("169.254.0.0", 16, "link-local"),
        SpecialAddresses("172.16.0.0", 12, "private"),
        SpecialAddresses("192.0.0.0", 24, "reserved"),
        SpecialAddresses("192.168.0.0", 16, "private"),
        // The gate's own: the names' addresses.
        SpecialAddresses("198.18.0.0", 15, "reserved", isUnreachable: true),
        SpecialAddresses("224.0.0.0", 4, "multicast", isUnreachable: true),
        SpecialAddresses("240.0.0.0", 4, "reserved", isUnreachable: true),
        SpecialAddresses("::", 128, "unspecified", isUnreachable: true),
        SpecialAddresses("::1", 128, "loopback"),
        SpecialAddresses("::", 96, "reserved", isUnreachable: true),
        SpecialAddresses("::ffff:0.0.0.0", 96, "reserved", isUnreachable: true),
        SpecialAddresses("64:ff9b:1::", 48, "private"),
        SpecialAddresses("2001::", 32, "reserved"),
        SpecialAddresses("2002::", 16, "reserved"),
        SpecialAddresses("fc00::", 7, "private"),
        SpecialAddresses("fe80::", 10, "link-local"),
        SpecialAddresses("fec0::", 10, "private"),
        SpecialAddresses("ff00::", 8, "multicast", isUnreachable: true),
    ]

    /// What an address is; nil for an ordinary one.
    ///
    /// - Parameter address: The address, ``NetworkAddress/unmapped``.
    /// - Returns: The range it lies in.
    public static func holding(_ address: NetworkAddress) -> SpecialAddresses? {
        if let special = all.first(where: { $0.range.contains(address) }) { return special }
        // NAT64 (RFC 6052) leads to the address of version 4 that is in the last 32 bits.
        if case .v6(0x0064_FF9B_0000_0000, let low) = address, low >> 32 == 0,
            let inner = holding(.v4(UInt32(truncatingIfNeeded: low)))
        {
            return SpecialAddresses("64:ff9b::", 96, "NAT64 of \(inner.kind)", isUnreachable: inner.isUnreachable)
        }
        return nil
    }
}
