internal import LinuxSystem
internal import JSON

/// What is wrong with a profile file, and where: one line.
public struct ProfileError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The file.
    public let file: String
    /// The line, from 1; nil where the error is about the file as a whole.
    public let line: Int?
    /// The column in characters, from 1.
    public let column: Int?
    /// The way from the root to the value: `agents.documentation.readOnlyPaths[0]`; empty at the root.
    public let path: String
    /// What is wrong, in lower case and without a full stop.
    public let message: String

    /// `FILE:LINE:COLUMN: PATH: MESSAGE`, without the parts that are not known.
    public var description: String {
        var text = onOneLine(file)
        if let line, let column { text += ":\(line):\(column)" }
        if !path.isEmpty { text += ": \(path)" }
        return text + ": " + message
    }

    /// An error about a file as a whole.
    init(file: String, message: String) {
        self.file = file
        line = nil
        column = nil
        path = ""
        self.message = onOneLine(message)
    }

    /// An error at a place of a file whose text is at hand.
    init(_ problem: ProfileProblem, file: String, text: [UInt8]) {
        let position = problem.place.map { JSONPosition(offset: $0.offset, in: text) }
        self.file = file
        line = position?.line
        column = position?.column
        path = problem.place?.path ?? ""
        message = onOneLine(problem.message)
    }

    /// Text that is not JSON.
    init(_ error: JSONSyntaxError, file: String) {
        self.file = file
        line = error.position.line
        column = error.position.column
        path = ""
        message = onOneLine(error.message)
    }
}

/// What is wrong at a place of the profile, before the place becomes a line and a column.
struct ProfileProblem: Error, Equatable {
    /// Where; nil where it is not the profile's fault.
    var place: Place?
    /// What is wrong, in lower case and without a full stop.
    var message: String

    init(_ message: String, at place: Place?) {
        self.place = place
        self.message = message
    }
}

/// Keeps a message on one line and a terminal unharmed, whatever names it repeats: control characters are escaped.
func onOneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where isControl(scalar): result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// A name in double quotes, as messages show it; a long one is cut short.
func quotedOnOneLine(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > 200 else { return quotedWhole(text) }
    var shortened = String.UnicodeScalarView(scalars.prefix(80))
    shortened.append(contentsOf: "…".unicodeScalars)
    shortened.append(contentsOf: scalars.suffix(80))
    return quotedWhole(String(shortened))
}

/// Quotes and backslashes escaped first: those of the other escapes stand for themselves.
private func quotedWhole(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        if scalar == "\"" || scalar == "\\" { escaped += "\\" }
        escaped.unicodeScalars.append(scalar)
    }
    return "\"" + onOneLine(escaped) + "\""
}

/// Whether a character would break a line or steer a terminal: C0, DEL, C1, the line separators, and the
/// bidirectional marks that make a text read as another one.
func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x2029, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
}

/// Whether a byte may stand in the name of an agent or a tool.
func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
