/// Writes values in D-Bus' wire format, in little-endian order (D-Bus specification, Marshaling).
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: DBusValue) {
        switch value {
        case .byte(let byte): bytes.append(byte)
        case .boolean(let isTrue): write(isTrue ? 1 : 0 as UInt32)
        case .uint32(let number): write(number)
        case .uint64(let number): write(number)
        case .string(let text), .objectPath(let text):
            write(UInt32(text.utf8.count))
            bytes += text.utf8
            bytes.append(0)
        case .signature(let text):
            bytes.append(UInt8(text.utf8.count))
            bytes += text.utf8
            bytes.append(0)
        case .array(let element, let values): write(values, ofType: element)
        case .structure(let members):
            align(to: 8)
            for member in members { write(member) }
        case .variant(let value):
            write(.signature(value.signature))
            write(value)
        }
    }

    /// Pads with zeros up to a multiple of a type's size.
    mutating func align(to size: Int) {
        while bytes.count % size != 0 { bytes.append(0) }
    }

    /// The length of an array counts neither itself nor the padding before the first element.
    private mutating func write(_ values: [DBusValue], ofType element: String) {
        write(0 as UInt32)
        let lengthEnd = bytes.count
        align(to: WireAlignment.of(element.utf8.first ?? 0))
        let start = bytes.count
        for value in values { write(value) }
        let length = UInt32(bytes.count - start)
        for (index, byte) in littleEndianBytes(length).enumerated() { bytes[lengthEnd - 4 + index] = byte }
    }

    private mutating func write(_ number: some FixedWidthInteger) {
        align(to: number.bitWidth / 8)
        bytes += littleEndianBytes(number)
    }

    private func littleEndianBytes(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

/// Where values of a type begin: at multiples of what.
enum WireAlignment {
    static func of(_ type: UInt8) -> Int {
        switch type {
        case UInt8(ascii: "y"), UInt8(ascii: "g"), UInt8(ascii: "v"): 1
        case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
        case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("), UInt8(ascii: "{"): 8
        default: 4
        }
    }
}
