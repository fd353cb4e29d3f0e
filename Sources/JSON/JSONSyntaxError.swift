/// Text that is not JSON, and where it stops being so.
public struct JSONSyntaxError: Error, CustomStringConvertible, Sendable {
    /// What is wrong, in lower case and without a full stop.
    public let message: String
    /// Where: the offending byte.
    public let position: JSONPosition

    /// `line L, column C: what is wrong`.
    public var description: String { "\(position): \(message)" }
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
