/// The settings of a git configuration file (git-config(1)), as far as telling names of files needs it.
struct GitConfiguration {
    /// One setting; section and key in lower case, since git takes them in any.
    struct Setting: Equatable {
        var section: String
        var key: String
        var value: String
    }

    /// The settings, in the order of the file.
    private(set) var settings: [Setting] = []

    /// Reads a text. What is not understood is left out: git itself refuses such a file.
    ///
    /// - Parameter text: The file's text.
    init(_ text: String) {
        var section = ""
        for rawLine in Self.logicalLines(text) {
            var line = Self.trimmed(rawLine[...])
            if line.first == UInt8(ascii: "["), let end = line.firstIndex(of: UInt8(ascii: "]")) {
                let header = line[..<end].dropFirst()
                let name = header.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: ".") }
                section = String(decoding: name, as: UTF8.self).lowercased()
                line = Self.trimmed(line[line.index(after: end)...])
            }
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";"),
                let equals = line.firstIndex(of: UInt8(ascii: "="))
            else { continue }
            let key = String(decoding: Self.trimmed(line[..<equals]), as: UTF8.self).lowercased()
            let value = Self.value(Self.trimmed(line[line.index(after: equals)...]))
            settings.append(Setting(section: section, key: key, value: value))
        }
    }

    /// Lines, those that end with a backslash joined with the next one.
    private static func logicalLines(_ text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var continued = false
        for part in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var line = Array(part)
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            let continues = line.last == UInt8(ascii: "\\")
            if continues { line.removeLast() }
            if continued { lines[lines.count - 1] += line } else { lines.append(line) }
            continued = continues
        }
        return lines
    }

    /// A value without its quotes, escapes and comment.
    private static func value(_ text: ArraySlice<UInt8>) -> String {
        var value: [UInt8] = []
        var isQuoted = false
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\"):
                if let next = rest.popFirst() { value.append(next) }
            case UInt8(ascii: "#") where !isQuoted, UInt8(ascii: ";") where !isQuoted: rest = []
            default: value.append(byte)
            }
        }
        return String(decoding: isQuoted ? value[...] : trimmed(value[...]), as: UTF8.self)
    }

    /// Bytes without the space around them.
    static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var rest = bytes.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return rest
    }
}
