/// Reads JSON text (RFC 8259), strictly: no duplicate keys, no text after the value, bounded depth.
///
/// One pass over the bytes, recursive descent. Comments (`//` and `/* */`) are read only where the caller says so.
public struct JSONParser {
    /// What a text may hold beyond plain JSON, and how much of it.
    public struct Options: Sendable {
        /// Whether `// …` and `/* … */` count as white space.
        public var allowsComments: Bool
        /// How many arrays and objects may stand inside one another.
        public var maximumDepth: Int

        /// Plain JSON, unless said otherwise.
        ///
        /// - Parameters:
        ///   - allowsComments: Whether comments count as white space.
        ///   - maximumDepth: The deepest nesting that is read.
        public init(allowsComments: Bool = false, maximumDepth: Int = 128) {
            self.allowsComments = allowsComments
            self.maximumDepth = maximumDepth
        }
    }

    private let options: Options
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var depth = 0

    private init(bytes: UnsafeBufferPointer<UInt8>, options: Options) {
        self.bytes = bytes
        self.options = options
    }

    /// Reads one value, which is the whole of the text.
    ///
    /// - Parameters:
    ///   - text: UTF-8 bytes.
    ///   - options: What the text may hold.
    /// - Returns: The value, each part with its offset in `text`.
    /// - Throws: ``JSONSyntaxError`` with line and column.
    public static func parse(_ text: [UInt8], options: Options = Options()) throws(JSONSyntaxError) -> JSONValue {
        let result: Result<JSONValue, Failure> = text.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, options: options)
            do throws(Failure) {
                return .success(try parser.wholeText())
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let value): return value
        case .failure(let failure):
            throw JSONSyntaxError(
                message: failure.message, position: JSONPosition(offset: failure.offset, in: text))
        }
    }

    /// A failure by offset: line and column are worked out only once something failed.
    private struct Failure: Error {
        let message: String
        let offset: Int
    }

    private func failure(_ message: String, at offset: Int? = nil) -> Failure {
        Failure(message: message, offset: offset ?? index)
    }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func wholeText() throws(Failure) -> JSONValue {
        try skipSpace()
        if current == nil { throw failure("no JSON value: the text is empty") }
        let value = try value()
        try skipSpace()
        if current != nil { throw failure("unexpected \(described(current)) after the end of the value") }
        return value
    }

    private mutating func value() throws(Failure) -> JSONValue {
        let start = index
        switch current {
        case UInt8(ascii: "{"): return JSONValue(.object(try object()), offset: start)
        case UInt8(ascii: "["): return JSONValue(.array(try array()), offset: start)
        case UInt8(ascii: "\""): return JSONValue(.string(try string()), offset: start)
        case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
            return JSONValue(try number(), offset: start)
        case UInt8(ascii: "t"): return JSONValue(.bool(try literal("true", true)), offset: start)
        case UInt8(ascii: "f"): return JSONValue(.bool(try literal("false", false)), offset: start)
        case UInt8(ascii: "n"):
            _ = try literal("null", true)
            return JSONValue(.null, offset: start)
        default: throw failure("expected a value, found \(described(current))")
        }
    }

    // MARK: Structures

    private mutating func object() throws(Failure) -> JSONObject {
        let start = index
        try descend()
        var members: [JSONObject.Member] = []
        var seen: Set<String> = []
        try skipSpace()
        if current == UInt8(ascii: "}") {
            ascend()
            return JSONObject(members, offset: start)
        }
        while true {
            let keyOffset = index
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key, found \(described(current))") }
            let key = try string()
            // A set only pays for large objects; most have a handful of members.
            let isDuplicate =
                members.count < 16 ? members.contains { $0.key == key } : !seen.insert(key).inserted
            if isDuplicate { throw failure("duplicate key \(quoted(key))", at: keyOffset) }
            try skipSpace()
            guard current == UInt8(ascii: ":") else {
                throw failure("expected ':' after the key \(quoted(key)), found \(described(current))")
            }
            index += 1
            try skipSpace()
            members.append(JSONObject.Member(key: key, value: try value(), keyOffset: keyOffset))
            if members.count == 16 { seen = Set(members.map(\.key)) }
            try skipSpace()
            switch current {
            case UInt8(ascii: ","):
                index += 1
                try skipSpace()
            case UInt8(ascii: "}"):
                ascend()
                return JSONObject(members, offset: start)
            default: throw failure("expected ',' or '}', found \(described(current))")
            }
        }
    }

    private mutating func array() throws(Failure) -> [JSONValue] {
        try descend()
        var elements: [JSONValue] = []
        try skipSpace()
        if current == UInt8(ascii: "]") {
            ascend()
            return elements
        }
        while true {
            elements.append(try value())
            try skipSpace()
            switch current {
            case UInt8(ascii: ","):
                index += 1
                try skipSpace()
            case UInt8(ascii: "]"):
                ascend()
                return elements
            default: throw failure("expected ',' or ']', found \(described(current))")
            }
        }
    }

    private mutating func descend() throws(Failure) {
        depth += 1
        if depth > options.maximumDepth { throw failure("nested more than \(options.maximumDepth) deep") }
        index += 1
    }

    private mutating func ascend() {
        depth -= 1
        index += 1
    }

    // MARK: Scalars

    private mutating func literal(_ word: StaticString, _ value: Bool) throws(Failure) -> Bool {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count else { throw failure("expected '\(word)'") }
        for position in 0..<length where bytes[index + position] != word.utf8Start[position] {
            throw failure("expected '\(word)'")
        }
        index += length
        return value
    }

    private mutating func number() throws(Failure) -> JSONValue.Content {
        let start = index
        if current == UInt8(ascii: "-") { index += 1 }
        let firstDigit = index
        try digits()
        if index - firstDigit > 1, bytes[firstDigit] == UInt8(ascii: "0") {
            throw failure("a number cannot start with 0", at: firstDigit)
        }
        var isWhole = true
        if current == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            index += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isWhole {
            if let integer = Int64(text) { return .integer(integer) }
            if let unsigned = UInt64(text) { return .unsigned(unsigned) }
        }
        guard let real = Double(text), real.isFinite else { throw failure("the number is too large", at: start) }
        return .real(real)
    }

    private mutating func digits() throws(Failure) {
        let start = index
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
        if index == start { throw failure("expected a digit, found \(described(current))") }
    }

    private mutating func string() throws(Failure) -> String {
        let start = index
        index += 1
        let contentStart = index
        // Most strings hold no escape: find the closing quote, decode once.
        while let byte = current {
            if byte == UInt8(ascii: "\"") {
                let text = try decoded(contentStart..<index)
                index += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: contentStart, start: start) }
            if byte < 0x20 { throw failure("a control character in a string must be escaped") }
            index += 1
        }
        throw failure("the string is not closed", at: start)
    }

    private mutating func stringWithEscapes(from contentStart: Int, start: Int) throws(Failure) -> String {
        var text = try decoded(contentStart..<index)
        var plainStart = index
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                text += try decoded(plainStart..<index)
                index += 1
                return text
            case UInt8(ascii: "\\"):
                text += try decoded(plainStart..<index)
                text.unicodeScalars.append(try escape())
                plainStart = index
            case 0..<0x20: throw failure("a control character in a string must be escaped")
            default: index += 1
            }
        }
        throw failure("the string is not closed", at: start)
    }

    private func decoded(_ range: Range<Int>) throws(Failure) -> String {
        // Nearly all of a configuration is ASCII. The checking initializer is generic code of the standard library that
        // looks up its types at each call: a quarter of the time that reading config.json took.
        if bytes[range].allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes[range], as: UTF8.self) }
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw failure("the string is not UTF-8", at: range.lowerBound)
        }
        return text
    }

    private mutating func escape() throws(Failure) -> Unicode.Scalar {
        let start = index
        index += 1
        guard let byte = current else { throw failure("the string is not closed", at: start) }
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("an unpaired surrogate", at: start) }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("an unpaired surrogate", at: start) }
            return scalar
        default: throw failure("unknown escape", at: start)
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    // MARK: White space and comments

    private mutating func skipSpace() throws(Failure) {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): index += 1
            case UInt8(ascii: "/") where options.allowsComments: try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(Failure) {
        let start = index
        index += 1
        switch current {
        case UInt8(ascii: "/"):
            while let byte = current, byte != UInt8(ascii: "\n") { index += 1 }
        case UInt8(ascii: "*"):
            index += 1
            while index + 1 < bytes.count {
                if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") {
                    index += 2
                    return
                }
                index += 1
            }
            throw failure("the comment is not closed", at: start)
        default: throw failure("expected a value, found '/'", at: start)
        }
    }

    private func described(_ byte: UInt8?) -> String {
        guard let byte else { return "the end of the text" }
        if byte < 0x20 || byte == 0x7F { return "a control character" }
        return byte < 0x80 ? "'\(Character(Unicode.Scalar(byte)))'" : "a character outside ASCII"
    }

    private func quoted(_ key: String) -> String { "\"\(key)\"" }
}
