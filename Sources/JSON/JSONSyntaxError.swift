/// Text that is not JSON, and where it stops being so.
public struct JSONSyntaxError: Error, CustomStringConvertible, Sendable {
    /// What is wrong, in lower case and without a full stop.
    public let message: String
    /// Where: the offending byte.
    public let position: JSONPosition

    /// `line L, column C: what is wrong`, on one line.
    public var description: String { "\(position): \(message)".onOneLine }
}

/// A place in a text as an editor shows it.
public struct JSONPosition: Equatable, CustomStringConvertible, Sendable {
    /// Line, from 1.
    public let line: Int
    /// Column in characters (Unicode scalars), from 1.
    public let column: Int

    /// The place of a byte in a text.
    ///
    /// - Parameters:
    ///   - offset: The byte, from 0.
    ///   - text: The UTF-8 text.
    public init(offset: Int, in text: [UInt8]) {
        var line = 1
        var column = 1
        for byte in text.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {  // not a continuation byte
                column += 1
            }
        }
        self.line = line
        self.column = column
    }

    /// `line L, column C`.
    public var description: String { "line \(line), column \(column)" }
}

extension String {
    /// The text with everything a terminal would act on, or that would break or turn the line, as `\u{…}`: texts from a
    /// file somebody else wrote end up in error messages and logs.
    var onOneLine: String {
        if unicodeScalars.allSatisfy({ !$0.isDisruptive }) { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.isDisruptive {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}

extension Unicode.Scalar {
    /// Whether this is a control character, a line or paragraph separator, or turns the direction of writing.
    fileprivate var isDisruptive: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
