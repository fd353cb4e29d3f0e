/// An address of the internet protocol, version 4 or 6.
public enum NetworkAddress: Hashable, Sendable {
    /// Version 4, in host byte order.
    case v4(UInt32)
    /// Version 6: the first and the last 64 bits.
    case v6(UInt64, UInt64)

    /// An address from its text: four decimal numbers without leading zeros, or the forms of RFC 4291, section 2.2.
    ///
    /// The other notations that inet_aton(3) takes (`127.1`, `0x7f000001`, octal numbers) are no addresses here.
    ///
    /// - Parameter text: The text, without brackets.
    public init?(_ text: some StringProtocol) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let address = Self.version6(text) else { return nil }
            self = address
        } else {
            guard let bits = Self.version4(text) else { return nil }
            self = .v4(bits)
        }
    }

    /// An address from its bytes in network order.
    ///
    /// - Parameter bytes: 4 or 16 bytes.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            self = .v6(
                bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
                bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
        default: return nil
        }
    }

    /// The bytes in network order: 4 or 16.
    public var bytes: [UInt8] {
        func bytes(_ word: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
            stride(from: word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
        return switch self {
        case .v4(let bits): bytes(bits)
        case .v6(let high, let low): bytes(high) + bytes(low)
        }
    }

    /// How many bits it has: 32 or 128.
    public var bitCount: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address of version 4 that an IPv4-mapped one (`::ffff:a.b.c.d`) stands for; any other one as it is.
    public var unmapped: NetworkAddress {
        if case .v6(0, let low) = self, low >> 32 == 0xFFFF { return .v4(UInt32(truncatingIfNeeded: low)) }
        return self
    }

    // MARK: Reading

    private static func version4(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(isDigit), part == "0" || !part.hasPrefix("0"),
                let number = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        return bits
    }

    private static func version6(_ text: some StringProtocol) -> NetworkAddress? {
        guard let gap = firstGap(text) else {
            guard let groups = groups(text), groups.count == 8 else { return nil }
            return address(groups)
        }
        let (before, after) = (text[..<gap.lowerBound], text[gap.upperBound...])
        guard let first = before.isEmpty ? [] : groups(before, permitsDots: false),
            let last = after.isEmpty ? [] : groups(after), first.count + last.count < 8
        else { return nil }
        return address(first + Array(repeating: 0, count: 8 - first.count - last.count) + last)
    }

    private static func firstGap<Text: StringProtocol>(_ text: Text) -> Range<Text.Index>? {
        var index = text.startIndex
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == ":", next < text.endIndex, text[next] == ":" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }

    /// The 16-bit groups of a part without `::`; the last two may be an address of version 4.
    private static func groups(_ text: some StringProtocol, permitsDots: Bool = true) -> [UInt16]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if permitsDots, index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
                guard let bits = version4(part) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexDigit),
                let group = UInt16(part, radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups
    }

    private static func address(_ groups: [UInt16]) -> NetworkAddress {
        .v6(
            groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) },
            groups.dropFirst(4).reduce(0) { $0 << 16 | UInt64($1) })
    }
}

extension NetworkAddress: CustomStringConvertible {
    /// Dotted decimal numbers, or the form of RFC 5952.
    public var description: String {
        switch self {
        case .v4(let bits):
            return "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
        case .v6(let high, let low):
            let groups = [high, low].flatMap { word in
                stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: word >> $0) }
            }
            let hex = groups.map { String($0, radix: 16) }
            // The first of the longest runs of at least two zeros.
            var best = 0..<0
            var index = 0
            while index < 8 {
                var end = index
                while end < 8, groups[end] == 0 { end += 1 }
                if end - index > max(1, best.count) { best = index..<end }
                index = max(end, index + 1)
            }
            if best.isEmpty { return hex.joined(separator: ":") }
            return hex[..<best.lowerBound].joined(separator: ":") + "::"
                + hex[best.upperBound...].joined(separator: ":")
        }
    }

    /// The address as it stands before a port: that of version 6 in brackets.
    public var bracketed: String {
        switch self {
        case .v4: description
        case .v6: "[\(self)]"
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
