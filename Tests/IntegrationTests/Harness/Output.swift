import Testing

/// How a program ended, and what it said.
struct Output: CustomStringConvertible, CustomTestStringConvertible {
    /// The exit status as a shell gives it: 128+N for a signal.
    let status: Int32
    /// Whether the program itself died by a signal.
    let isSignaled: Bool
    let standardOutput: String
    let standardError: String
    let words: [String]

    /// The lines `key=value` of standard output.
    var facts: Facts { Facts(standardOutput) }
    /// The last line of standard error, where runtimes put their message.
    var message: String { standardError.split(separator: "\n").last.map(String.init) ?? "" }

    var description: String {
        "`\(words.joined(separator: " "))` ended with \(status); stdout: \(standardOutput); stderr: \(standardError)"
    }
    var testDescription: String { description }

    /// The output of a program that must have succeeded.
    func succeeded() throws -> Output {
        if status != 0 { throw Failure("\(self)") }
        return self
    }

    /// The message of a program that must have refused: status 1, nothing on standard output, one line of reason.
    @discardableResult
    func refused() throws -> String {
        // The others have more statuses, and may log more lines.
        let isOther = Runtime.current.kind != .agentrt
        let isRefusal = (status == 1 || isOther && status > 1) && standardOutput.isEmpty && !standardError.isEmpty
        let isOneLine = isOther || !standardError.dropLast().contains("\n")
        guard isRefusal, isOneLine else {
            throw Failure("expected a refusal (status 1, no output, one line of reason), but \(self)")
        }
        return message
    }
}

/// What the payload said: `key=value` a line.
struct Facts: CustomTestStringConvertible {
    let text: String
    private let values: [String: String]

    init(_ text: String) {
        self.text = text
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let sign = line.firstIndex(of: "=") else { continue }
            values[String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
        self.values = values
    }

    /// The value of a key; nil where the payload did not say it.
    subscript(key: String) -> String? { values[key] }

    /// The facts whose keys begin with a prefix, without it.
    func below(_ prefix: String) -> [String: String] {
        var found: [String: String] = [:]
        for (key, value) in values where key.hasPrefix(prefix) { found[String(key.dropFirst(prefix.count))] = value }
        return found
    }

    var testDescription: String { text }
}
