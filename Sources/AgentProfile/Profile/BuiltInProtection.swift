internal import LinuxSystem

extension PolicyResolver {
    /// Adds what every policy has inside its writeable paths: the profile, agentrt itself and the parts of git's own
    /// files that make git outside the sandbox run programs are read-only; agentrt's state is denied. A rule of the profile for the same path wins.
    mutating func protect(_ grants: inout ResolvedGrants) throws(ProfileProblem) {
        var protection = BuiltInProtection(rules: grants.rulesByPath, project: project, home: template.home)
        do throws(SystemCallError) {
            try protection.protectProfile(profileFile)
            try protection.protectGit()
            try protection.protectRuntime(state: stateDirectory, programs: ownPrograms)
        } catch {
            throw ProfileProblem("built-in protection: \(error)", at: nil)
        }
        grants.paths += protection.added
        notes += protection.notes
        advice += protection.advice
    }
}

/// The rules that no profile has to write.
struct BuiltInProtection {
    /// The rules so far.
    private(set) var rules: PathMap<ResolvedRule>
    let project: String
    let home: String
    /// The rules that were added.
    private(set) var added: [ResolvedRule] = []
    /// What cannot be protected.
    private(set) var notes: [String] = []
    /// What could be protected better.
    private(set) var advice: [String] = []

    init(rules: PathMap<ResolvedRule>, project: String, home: String) {
        self.rules = rules
        self.project = project
        self.home = home
    }

    /// Whether the sandbox could write this path.
    func isWritable(_ path: String) -> Bool { rules.covering(path)?.access == .writable }

    /// Whether the sandbox could read this path.
    func isVisible(_ path: String) -> Bool { rules.covering(path).map { $0.access != .denied } ?? false }

    /// Whether the profile, or a built-in rule before, has this very path.
    func isListed(_ path: String) -> Bool { rules[path] != nil }

    /// Adds a rule for a real path inside a writeable one, unless the profile has its own.
    mutating func add(
        _ path: String, _ what: String, access: Policy.Access = .readOnly, isOptional: Bool = false
    ) {
        // What is denied is so in a path that may only be read, too.
        let isExposed = access == .denied ? isVisible(path) : isWritable(path)
        guard isExposed, !isListed(path) else { return }
        let rule = Policy.PathRule(
            path: path, access: access, isOptional: isOptional, origin: "built-in: \(what)")
        let place = Place(path: rule.origin, offset: 0)
        let resolved = ResolvedRule(rule: rule, place: place, listed: path, isDirect: true)
        rules[path] = resolved
        added.append(resolved)
    }

    mutating func note(_ text: String) { notes.append("built-in: \(text)") }

    mutating func advise(_ text: String) { advice.append("built-in: \(text)") }

    /// Makes what lies at a path read-only, wherever links lead; a link that could itself be replaced is told.
    mutating func addExisting(_ path: String, _ what: String) throws(SystemCallError) {
        let resolved = try ResolvedPath(path)
        for link in resolved.links where isWritable(link.path) {
            note("\(quotedOnOneLine(link.path)) is a link in a writeable path: a call can replace it (\(what))")
        }
        if resolved.kind != nil { add(resolved.path, what) }
    }

    /// The profile must not be rewritten by those whom it limits.
    mutating func protectProfile(_ file: String) throws(SystemCallError) {
        // A relative name was read from the working directory.
        let path = file.utf8.first == UInt8(ascii: "/") ? file : try workingDirectory() + "/" + file
        try addExisting(path, "the profile")
    }

    /// Whoever could write the state of agentrt would write the plans that the next calls take, and whoever could read it
    /// would read what other calls were given; whoever could exchange agentrt would end the sandbox of all that follow.
    mutating func protectRuntime(state: String?, programs: [String]) throws(SystemCallError) {
        if let state {
            let resolved = try ResolvedPath(state)
            // What does not exist is made for the call before this is asked.
            if resolved.kind == .directory, !isPath(project, atOrBelow: resolved.path) {
                add(resolved.path, "the state of agentrt", access: .denied)
            }
        }
        for program in programs {
            try addExisting(program, "agentrt")
            guard isWritable(program), try fileStatus(program, followsLink: false) == nil else { continue }
            note("a call can make \(quotedOnOneLine(program)), which agentrt runs: install agentrt elsewhere")
        }
    }
}
