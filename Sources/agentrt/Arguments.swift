/// The words after a verb, read against the options that the verb takes.
///
/// The syntax is that of runc and crun: `--name value`, `--name=value`, `-n value`, flags, `--` before what is no option.
struct Arguments {
    /// An option that a verb takes.
    struct Option {
        let name: String
        let short: Character?
        let takesValue: Bool

        /// An option with a value.
        static func value(_ name: String, _ short: Character? = nil) -> Option {
            Option(name: name, short: short, takesValue: true)
        }

        /// A flag.
        static func flag(_ name: String, _ short: Character? = nil) -> Option {
            Option(name: name, short: short, takesValue: false)
        }
    }

    /// The words that are no options, up to `--`.
    private(set) var positional: [String] = []
    /// The words after `--`; nil where there is no `--`.
    private(set) var command: [String]?
    private var given: [Given] = []

    /// An option as it stands on the command line; a flag's value is "true".
    private struct Given {
        let name: String
        let value: String
    }

    /// Reads the words.
    ///
    /// - Parameters:
    ///   - words: What follows the verb.
    ///   - options: What the verb takes.
    ///   - stopsAtPositional: Whether the first word that is no option ends the reading, as before a verb.
    /// - Throws: ``UsageError`` for an option that is unknown or misused.
    init(
        _ words: some Collection<String>, options: [Option], stopsAtPositional: Bool = false
    ) throws(UsageError) {
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            if word == "--" {
                command = Array(rest)
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                guard stopsAtPositional else { continue }
                command = Array(rest)
                return
            }
            let (spelled, attached) = Self.split(word)
            guard let option = options.first(where: { $0.matches(spelled) }) else {
                throw UsageError("unknown option \"\(spelled)\"" + Self.suggestion(for: spelled, options))
            }
            if option.takesValue {
                guard let value = attached ?? rest.popFirst() else {
                    throw UsageError("option \"\(spelled)\" needs a value")
                }
                given.append(Given(name: option.name, value: value))
            } else {
                guard let flag = attached.map({ Bool($0) }) ?? true else {
                    throw UsageError("option \"\(spelled)\" takes no value but true or false")
                }
                given.removeAll { $0.name == option.name }
                if flag { given.append(Given(name: option.name, value: "true")) }
            }
        }
    }

    /// The value of an option; the last one, where it stands twice.
    subscript(name: String) -> String? { given.last { $0.name == name }?.value }

    /// All values of an option that may stand more than once.
    func values(_ name: String) -> [String] { given.filter { $0.name == name }.map(\.value) }

    /// Whether a flag is set.
    func has(_ name: String) -> Bool { given.contains { $0.name == name } }

    /// Whether no options are set but some of these.
    func has(onlyAmong names: Set<String>) -> Bool { given.allSatisfy { names.contains($0.name) } }

    /// `--name=value` as `--name` and `value`.
    private static func split(_ word: String) -> (String, String?) {
        guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
        return (String(word[..<equals]), String(word[word.index(after: equals)...]))
    }

    private static func suggestion(for spelled: String, _ options: [Option]) -> String {
        let near = options.first { option in
            let name = "--" + option.name
            return name.hasPrefix(spelled) || spelled.hasPrefix(name) || name == "-" + spelled
        }
        return near.map { "; did you mean \"--\($0.name)\"?" } ?? ""
    }
}

extension Arguments.Option {
    fileprivate func matches(_ spelled: String) -> Bool {
        if spelled == "--" + name { return true }
        guard let short else { return false }
        return spelled == "-" + String(short)
    }
}

/// A command line that cannot be carried out as it stands.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
