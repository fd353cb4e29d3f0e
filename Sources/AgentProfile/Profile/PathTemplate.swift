internal import LinuxSystem

/// Replaces the placeholders of a profile: `<project root>`, `~/`, `${NAME}` and `$$`.
struct PathTemplate {
    /// What stands for the project.
    static let projectRoot = "<project root>"

    /// The project's real path.
    let project: String
    /// The home directory.
    let home: String
    /// The environment of whoever plans.
    let environment: [String: String]

    /// One character of a path, and whether it means itself: what a placeholder stood for is never a wildcard.
    struct Letter: Equatable {
        var scalar: Unicode.Scalar
        var isLiteral: Bool
    }

    /// The letters of a path, placeholders replaced; it is absolute.
    ///
    /// - Parameter entry: The path as written.
    /// - Returns: Its letters, and whether it lies below the project by its spelling.
    /// - Throws: ``ProfileProblem`` for what is not a placeholder, and for a relative path.
    func letters(of entry: Profile.PathEntry) throws(ProfileProblem) -> (letters: [Letter], isInProject: Bool) {
        var rest = entry.text[...]
        var letters: [Letter] = []
        var isInProject = false
        if rest.hasPrefix(Self.projectRoot) {
            rest = rest.dropFirst(Self.projectRoot.count)
            letters = literal(project)
            isInProject = true
        } else if rest.utf8.first == UInt8(ascii: "~") {
            rest = rest.dropFirst()
            letters = literal(home)
        } else if rest.utf8.first == UInt8(ascii: "<") {
            let name = rest.prefix { $0 != ">" }
            throw problem("unknown placeholder \(quotedOnOneLine(name + ">")); known is \"<project root>\"", entry)
        }
        if !letters.isEmpty, let next = rest.utf8.first, next != UInt8(ascii: "/") {
            let known = isInProject ? "\"<project root>/\"" : "\"~/\", the home directory of whoever runs it"
            throw problem("\(quotedOnOneLine(entry.text)): known is \(known)", entry)
        }
        if rest.unicodeScalars.contains("<"), rest.contains(Self.projectRoot) {
            throw problem("\"<project root>\" stands at the beginning of a path only", entry)
        }
        letters += try variablesReplaced(rest, at: entry.place)
        guard letters.first?.scalar == "/" else {
            throw problem(
                "\(quotedOnOneLine(entry.text)) is relative: begin it with \"/\", \"~/\" or \"<project root>/\"", entry)
        }
        return (letters, isInProject)
    }

    /// The value of a variable, placeholders replaced: `~/` at the beginning and after a colon, as shells do it.
    ///
    /// - Parameter variable: The variable as written.
    /// - Returns: The value.
    /// - Throws: ``ProfileProblem`` for a variable of the caller that is not set.
    func value(of variable: Profile.Variable) throws(ProfileProblem) -> String {
        var text = ""
        for (index, part) in variable.value.split(separator: ":", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { text += ":" }
            let isHome = part == "~" || part.hasPrefix("~/")
            text += isHome ? literalDollars(home) + part.dropFirst() : String(part)
        }
        let pieces = text.split(separator: Self.projectRoot, omittingEmptySubsequences: false)
        text = pieces.joined(separator: literalDollars(project))
        let letters = try variablesReplaced(text[...], at: variable.place)
        return String(String.UnicodeScalarView(letters.map(\.scalar)))
    }

    /// The names of the variables that a text asks for.
    static func variableNames(in text: String) -> [String] {
        var names: [String] = []
        var rest = text.unicodeScalars[...]
        while let dollar = rest.firstIndex(of: "$") {
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{", let end = rest.firstIndex(of: "}") { names.append(String(rest[..<end].dropFirst())) }
            rest = rest.dropFirst()
        }
        return names
    }

    private func variablesReplaced(_ text: Substring, at place: Place) throws(ProfileProblem) -> [Letter] {
        var letters: [Letter] = []
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "$" else {
                letters.append(Letter(scalar: scalar, isLiteral: false))
                continue
            }
            switch rest.first {
            case "$":
                rest = rest.dropFirst()
                letters.append(Letter(scalar: "$", isLiteral: true))
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    throw ProfileProblem("\"${\" is not closed", at: place)
                }
                letters += try literal(variable(String(rest[..<end].dropFirst()), at: place))
                rest = rest[rest.index(after: end)...]
            default:
                throw ProfileProblem(
                    "\"$\" alone: write \"${NAME}\" for a variable, \"$$\" for the character", at: place)
            }
        }
        return letters
    }

    private func variable(_ name: String, at place: Place) throws(ProfileProblem) -> String {
        InputJournal.note(variable: name, environment[name])
        guard let value = environment[name] else {
            throw ProfileProblem("${\(onOneLine(name))} is not set in the environment", at: place)
        }
        if value.isEmpty { throw ProfileProblem("${\(onOneLine(name))} is empty in the environment", at: place) }
        return value
    }

    private func literal(_ text: String) -> [Letter] { text.unicodeScalars.map { Letter(scalar: $0, isLiteral: true) } }

    private func literalDollars(_ text: String) -> String {
        text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }

    private func problem(_ message: String, _ entry: Profile.PathEntry) -> ProfileProblem {
        ProfileProblem(message, at: entry.place)
    }
}
