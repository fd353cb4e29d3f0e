internal import LinuxSystem

/// Finds what a path with wildcards names on this host, links met by a wildcard not followed.
struct PathExpansion {
    /// More matches than this are a sign that a directory was meant.
    static let matchLimit = 10_000
    /// More names than this are not looked through.
    static let visitLimit = 2_000_000

    /// The matches, sorted by their bytes.
    private(set) var matches: [String] = []
    /// Directories that may not be read: what is in them is not among the matches.
    private(set) var unreadable: [String] = []
    private var visited = 0
    private let place: Place

    /// Expands a pattern.
    ///
    /// - Parameters:
    ///   - pattern: The pattern.
    ///   - place: Where the profile has it.
    /// - Throws: ``ProfileProblem`` where there is too much to find, or a directory cannot be listed.
    init(_ pattern: PathPattern, at place: Place) throws(ProfileProblem) {
        self.place = place
        var components = pattern.components[...]
        // All that is below a directory is named by what lies directly in it.
        if components.last == .anyDepth {
            components = components.dropLast()
            components.append(.wildcard(.anything))
        }
        try expand(components, below: "")
        matches.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if components.count(where: { $0 == .anyDepth }) > 1 { removeRepeated() }
    }

    private mutating func expand(
        _ components: ArraySlice<PathPattern.Component>, below directory: String
    ) throws(ProfileProblem) {
        guard let component = components.first else { return try add(directory) }
        let rest = components.dropFirst()
        switch component {
        case .name(let name):
            let path = directory + "/" + name
            // Names are walked without a look; what is at the end of them is looked at, or listed by a wildcard.
            if rest.isEmpty {
                if try kind(of: path) != nil { try add(path) }
            } else {
                try expand(rest, below: path)
            }
        case .wildcard(let wildcard):
            for entry in try entries(of: directory) where wildcard.matches(entry.name) {
                let path = directory + "/" + entry.name
                if rest.isEmpty {
                    try add(path)
                } else if try isDirectory(entry, at: path) {
                    try expand(rest, below: path)
                }
            }
        case .anyDepth:
            try expand(rest, below: directory)
            for entry in try entries(of: directory) {
                let path = directory + "/" + entry.name
                if try isDirectory(entry, at: path) { try expand(components, below: path) }
            }
        }
    }

    private mutating func add(_ path: String) throws(ProfileProblem) {
        if matches.count == Self.matchLimit {
            throw ProfileProblem("matches more than \(Self.matchLimit) files: name their directory", at: place)
        }
        matches.append(path)
    }

    private mutating func entries(of directory: String) throws(ProfileProblem) -> [DirectoryEntry] {
        let listing: [DirectoryEntry]
        do throws(SystemCallError) {
            listing = try directoryListing(directory.isEmpty ? "/" : directory)
        } catch {
            switch error.errno {
            case .noSuchFile, .notDirectory: return []
            case .permissionDenied:
                if !unreadable.contains(directory) { unreadable.append(directory) }
                return []
            case .illegalByteSequence:
                throw ProfileProblem(
                    "a name in \(quotedOnOneLine(directory)) is not UTF-8: rename it, or begin the path elsewhere",
                    at: place)
            default: throw ProfileProblem("\(error)", at: place)
            }
        }
        visited += listing.count
        if visited > Self.visitLimit {
            throw ProfileProblem("more than \(Self.visitLimit) names to look through: begin it further down", at: place)
        }
        return listing
    }

    private mutating func isDirectory(_ entry: DirectoryEntry, at path: String) throws(ProfileProblem) -> Bool {
        if let kind = entry.kind { return kind == .directory }
        return try kind(of: path) == .directory
    }

    private mutating func kind(of path: String) throws(ProfileProblem) -> FileStatus.Kind? {
        do throws(SystemCallError) {
            return try fileStatus(path, followsLink: false)?.kind
        } catch {
            guard error.errno == .permissionDenied else { throw ProfileProblem("\(error)", at: place) }
            unreadable.append(parentPath(of: path))
            return nil
        }
    }

    /// `**/a/**/b` finds `a/a/b` by two ways.
    private mutating func removeRepeated() {
        var unique: [String] = []
        for path in matches where unique.last.map({ !$0.utf8.elementsEqual(path.utf8) }) ?? true { unique.append(path) }
        matches = unique
    }
}

extension Wildcard {
    /// `*`.
    fileprivate static let anything = Wildcard(elements: [.anyNumber])
}
