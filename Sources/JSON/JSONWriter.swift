/// Writes JSON text. The same value gives the same bytes.
public struct JSONWriter {
    /// How the text is laid out.
    public enum Layout: Sendable {
        /// On one line, without spaces.
        case compact
        /// A member or element a line, indented by two spaces a level.
        case indented
    }

    private let layout: Layout
    private var text: [UInt8] = []
    private var depth = 0

    private init(layout: Layout) { self.layout = layout }

    /// A value as text.
    ///
    /// - Parameters:
    ///   - value: What to write.
    ///   - layout: How to lay it out.
    /// - Returns: UTF-8 bytes; an indented text ends with a line feed.
    public static func bytes(_ value: some JSONEncodable, layout: Layout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.text.reserveCapacity(2048)
        writer.write(value.json)
        if layout == .indented { writer.text.append(UInt8(ascii: "\n")) }
        return writer.text
    }

    /// A value as a string; see ``bytes(_:layout:)``.
    ///
    /// - Parameters:
    ///   - value: What to write.
    ///   - layout: How to lay it out.
    /// - Returns: The text.
    public static func string(_ value: some JSONEncodable, layout: Layout = .compact) -> String {
        String(decoding: bytes(value, layout: layout), as: UTF8.self)
    }

    private mutating func write(_ value: JSONValue) {
        switch value.content {
        case .null: put("null")
        case .bool(let value): put(value ? "true" : "false")
        case .integer(let number): put(String(number))
        case .unsigned(let number): put(String(number))
        case .real(let number): put(number.isFinite ? number.description : "null")
        case .string(let string): write(string)
        case .array(let elements):
            write(elements, open: "[", close: "]") { writer, element in writer.write(element) }
        case .object(let object):
            write(object.members, open: "{", close: "}") { writer, member in
                writer.write(member.key)
                writer.put(writer.layout == .indented ? ": " : ":")
                writer.write(member.value)
            }
        }
    }

    private mutating func write<Item>(
        _ items: [Item], open: String, close: String, _ writeItem: (inout JSONWriter, Item) -> Void
    ) {
        put(open)
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { put(",") }
            breakLine()
            writeItem(&self, item)
        }
        depth -= 1
        if !items.isEmpty { breakLine() }
        put(close)
    }

    private mutating func breakLine() {
        guard layout == .indented else { return }
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    private mutating func write(_ string: String) {
        text.append(UInt8(ascii: "\""))
        let isPlain = string.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7F
        }
        if isPlain { put(string) } else { writeEscaped(string) }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ string: String) {
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): put("\\\"")
            case UInt8(ascii: "\\"): put("\\\\")
            case UInt8(ascii: "\n"): put("\\n")
            case UInt8(ascii: "\r"): put("\\r")
            case UInt8(ascii: "\t"): put("\\t")
            case 0..<0x20, 0x7F:
                put("\\u00")
                text.append(hexDigit(byte >> 4))
                text.append(hexDigit(byte & 0xF))
            default: text.append(byte)
            }
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func put(_ string: String) { text.append(contentsOf: string.utf8) }
}
