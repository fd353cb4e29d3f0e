/// Reads values in D-Bus' wire format (D-Bus specification, Marshaling). Trusts nothing that it reads.
struct WireReader {
    private let bytes: [UInt8]
    private let isBigEndian: Bool
    private(set) var position = 0

    init(_ bytes: [UInt8], isBigEndian: Bool = false) {
        self.bytes = bytes
        self.isBigEndian = isBigEndian
    }

    /// Reads one value for each type of a signature.
    mutating func values(of signature: String) throws(DBusError) -> [DBusValue] {
        var types = Array(signature.utf8)[...]
        var values: [DBusValue] = []
        while !types.isEmpty { values.append(try value(of: &types, depth: 0)) }
        return values
    }

    mutating func align(to size: Int) throws(DBusError) {
        while position % size != 0 { _ = try take(1) }
    }

    private mutating func value(of types: inout ArraySlice<UInt8>, depth: Int) throws(DBusError) -> DBusValue {
        guard depth < 64, let type = types.popFirst() else { throw .malformed("a type too deep, or cut short") }
        switch type {
        case UInt8(ascii: "y"): return .byte(try byte())
        case UInt8(ascii: "b"): return .boolean(try number(UInt32.self) != 0)
        case UInt8(ascii: "u"), UInt8(ascii: "i"), UInt8(ascii: "h"): return .uint32(try number(UInt32.self))
        case UInt8(ascii: "t"), UInt8(ascii: "x"), UInt8(ascii: "d"): return .uint64(try number(UInt64.self))
        case UInt8(ascii: "s"): return .string(try text(length: Int(try number(UInt32.self))))
        case UInt8(ascii: "o"): return .objectPath(try text(length: Int(try number(UInt32.self))))
        case UInt8(ascii: "g"): return .signature(try text(length: Int(try byte())))
        case UInt8(ascii: "v"):
            var inner = Array(try text(length: Int(try byte())).utf8)[...]
            let value = try value(of: &inner, depth: depth + 1)
            guard inner.isEmpty else { throw .malformed("a variant of several values") }
            return .variant(value)
        case UInt8(ascii: "a"): return try array(of: &types, depth: depth)
        case UInt8(ascii: "("), UInt8(ascii: "{"):
            try align(to: 8)
            var members: [DBusValue] = []
            while let next = types.first, next != UInt8(ascii: ")"), next != UInt8(ascii: "}") {
                members.append(try value(of: &types, depth: depth + 1))
            }
            guard types.popFirst() != nil else { throw .malformed("a structure without an end") }
            return .structure(members)
        default: throw .malformed("the type \(String(decoding: [type], as: UTF8.self))")
        }
    }

    private mutating func array(of types: inout ArraySlice<UInt8>, depth: Int) throws(DBusError) -> DBusValue {
        let length = Int(try number(UInt32.self))
        guard let first = types.first else { throw .malformed("an array of nothing") }
        try align(to: WireAlignment.of(first))
        guard length <= bytes.count - position else { throw .malformed("an array beyond its message") }
        let end = position + length
        let element = try Self.firstType(of: types)
        var values: [DBusValue] = []
        while position < end {
            var type = element
            values.append(try value(of: &type, depth: depth + 1))
        }
        guard position == end else { throw .malformed("an array that ends within an element") }
        types = types.dropFirst(element.count)
        return .array(of: String(decoding: element, as: UTF8.self), values)
    }

    /// The first complete type of a signature.
    private static func firstType(of types: ArraySlice<UInt8>) throws(DBusError) -> ArraySlice<UInt8> {
        var depth = 0
        for (index, type) in zip(types.indices, types) {
            switch type {
            case UInt8(ascii: "("), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "a"): continue
            default: break
            }
            if depth == 0 { return types[types.startIndex...index] }
        }
        throw .malformed("a type that is cut short")
    }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(DBusError) -> Number {
        let size = Number.bitWidth / 8
        try align(to: size)
        let taken = try take(size)
        return (isBigEndian ? Array(taken) : taken.reversed()).reduce(0) { $0 << 8 | Number($1) }
    }

    private mutating func text(length: Int) throws(DBusError) -> String {
        let taken = try take(length)
        _ = try take(1)
        return String(decoding: taken, as: UTF8.self)
    }

    private mutating func byte() throws(DBusError) -> UInt8 {
        let taken = try take(1)
        return taken[taken.startIndex]
    }

    private mutating func take(_ count: Int) throws(DBusError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw .malformed("a message that is cut short") }
        defer { position += count }
        return bytes[position..<position + count]
    }
}
