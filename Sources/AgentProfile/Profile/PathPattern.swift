/// A path as the profile means it: absolute, cut at its slashes, free of placeholders, `.` and doubled slashes.
struct PathPattern: Equatable {
    /// What stands between two slashes.
    enum Component: Equatable {
        /// A name.
        case name(String)
        /// A name with wildcards.
        case wildcard(Wildcard)
        /// `**`: any number of directories, none included.
        case anyDepth
    }

    /// The components from the root on.
    var components: [Component] = []
    /// Whether a trailing slash says that a directory is meant.
    var mustBeDirectory = false
    /// Whether it is spelled with `<project root>`.
    var isInProject: Bool

    /// The path, where no component has a wildcard.
    var literalPath: String? {
        var path = ""
        for component in components {
            guard case .name(let name) = component else { return nil }
            path += "/" + name
        }
        return path.isEmpty ? "/" : path
    }

    /// Cuts a path into its components.
    ///
    /// - Parameters:
    ///   - entry: The path as written.
    ///   - template: What its placeholders stand for.
    /// - Throws: ``ProfileProblem`` where it is not a path.
    init(_ entry: Profile.PathEntry, template: PathTemplate) throws(ProfileProblem) {
        let (letters, isInProject) = try template.letters(of: entry)
        self.isInProject = isInProject
        // What stands before the first slash is nothing; a slash separates, whoever wrote it.
        for part in letters.split(omittingEmptySubsequences: false, whereSeparator: { $0.scalar == "/" }).dropFirst() {
            mustBeDirectory = part.isEmpty || part.map(\.scalar) == ["."]
            if mustBeDirectory { continue }
            let component = try Self.component(part, at: entry.place)
            if component == .anyDepth, components.last == .anyDepth { continue }
            components.append(component)
        }
        if let path = literalPath { try ProfileObject.checkPath(path, at: entry.place) }
    }

    private static func component(
        _ part: ArraySlice<PathTemplate.Letter>, at place: Place
    ) throws(ProfileProblem) -> Component {
        let text = String(String.UnicodeScalarView(part.map(\.scalar)))
        if text == ".." { throw ProfileProblem("\"..\" in a path: write out where it leads", at: place) }
        let isPlain = part.allSatisfy { $0.isLiteral || !Wildcard.specials.contains($0.scalar) }
        if isPlain { return .name(text) }
        if text == "**", part.allSatisfy({ !$0.isLiteral }) { return .anyDepth }
        return .wildcard(try Wildcard(part, at: place))
    }
}

/// A name with wildcards: `*` any characters, `?` one, `[…]` one of several, `[!…]` none of them.
struct Wildcard: Equatable {
    static let specials: [Unicode.Scalar] = ["*", "?", "["]

    enum Element: Equatable {
        case one(Unicode.Scalar)
        case anyOne
        case anyNumber
        case oneOf([ClosedRange<Unicode.Scalar>], inverted: Bool)
    }

    private(set) var elements: [Element] = []

    init(elements: [Element]) { self.elements = elements }

    init(_ letters: ArraySlice<PathTemplate.Letter>, at place: Place) throws(ProfileProblem) {
        var rest = letters
        while let letter = rest.popFirst() {
            switch letter.scalar {
            case "*" where !letter.isLiteral:
                if elements.last == .anyNumber {
                    throw ProfileProblem("\"**\" stands alone between two slashes", at: place)
                }
                elements.append(.anyNumber)
            case "?" where !letter.isLiteral: elements.append(.anyOne)
            case "[" where !letter.isLiteral: elements.append(try Self.set(&rest, at: place))
            default: elements.append(.one(letter.scalar))
            }
        }
    }

    /// What follows `[`: an optional `!` or `^`, then characters and ranges up to `]`, which may itself stand first.
    private static func set(
        _ rest: inout ArraySlice<PathTemplate.Letter>, at place: Place
    ) throws(ProfileProblem) -> Element {
        let isInverted = rest.first?.scalar == "!" || rest.first?.scalar == "^"
        if isInverted { rest = rest.dropFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let letter = rest.popFirst() {
            if letter.scalar == "]", !ranges.isEmpty { return .oneOf(ranges, inverted: isInverted) }
            guard rest.first?.scalar == "-", let last = rest.dropFirst().first?.scalar, last != "]" else {
                ranges.append(letter.scalar...letter.scalar)
                continue
            }
            guard letter.scalar <= last else {
                throw ProfileProblem("a range in \"[…]\" runs backwards", at: place)
            }
            ranges.append(letter.scalar...last)
            rest = rest.dropFirst(2)
        }
        throw ProfileProblem("\"[\" is not closed; \"[[]\" means the character itself", at: place)
    }

    /// Whether a name is of this form. A leading dot is a character like any other.
    func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var position = 0
        var element = 0
        var star: (element: Int, position: Int)?
        // One star is remembered: giving the last one another character is enough to find a match if there is one.
        while position < scalars.count {
            if element < elements.count, elements[element] == .anyNumber {
                star = (element, position)
                element += 1
            } else if element < elements.count, elements[element].accepts(scalars[position]) {
                element += 1
                position += 1
            } else if let last = star {
                star = (last.element, last.position + 1)
                element = last.element + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .anyNumber }
    }
}

extension Wildcard.Element {
    fileprivate func accepts(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .one(let wanted): wanted == scalar
        case .anyOne: true
        case .anyNumber: false
        case .oneOf(let ranges, let inverted): ranges.contains { $0.contains(scalar) } != inverted
        }
    }
}
