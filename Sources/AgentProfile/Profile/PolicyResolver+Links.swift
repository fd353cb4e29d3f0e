extension PolicyResolver {
    /// Refuses a grant whose path leads by a symbolic link to somewhere that its author cannot have meant for sure.
    ///
    /// Two kinds of link are not trusted: one that lies in a writeable place, since an earlier call may have made it,
    /// and one in the project that leads out of it, since whoever wrote the project made it. What such a link leads to
    /// must be granted by an entry of its own. What only a wildcard found is left out instead.
    ///
    /// - Parameters:
    ///   - grants: What is granted.
    ///   - rules: The agent's rules, which say what an earlier call of any tool may have written.
    /// - Throws: ``ProfileProblem`` with the first such grant.
    mutating func requireTrusted(
        _ grants: inout ResolvedGrants, writtenBy rules: PathMap<ResolvedRule>
    ) throws(ProfileProblem) {
        let paths = grants.paths.filter { $0.access != .denied && !$0.isDirect }
        let doubtfulPaths = paths.compactMap { rule in
            doubt(rule.listed, rule.links, rule.path, rules).map { (rule: rule, reason: $0) }
        }
        if !doubtfulPaths.isEmpty { try resolve(doubtfulPaths, in: &grants) }
        let doubtfulExecutables = grants.executables.compactMap { executable in
            doubt(executable.path, executable.resolved.links, executable.realPath, rules).map {
                (executable: executable, reason: $0)
            }
        }
        if !doubtfulExecutables.isEmpty { try resolve(doubtfulExecutables, in: &grants) }
    }

    private mutating func resolve(
        _ doubtful: [(rule: ResolvedRule, reason: String)], in grants: inout ResolvedGrants
    ) throws(ProfileProblem) {
        var trusted = grants.rulesByPath
        for (rule, _) in doubtful { trusted[rule.path] = nil }
        for (rule, reason) in doubtful where trusted.covering(rule.path)?.access.rank ?? 0 < rule.access.rank {
            let problem = untrusted(rule.listed, reason, rule.path, rule.place)
            guard rule.isMatch else { throw problem }
            note(rule.place, "\(quotedOnOneLine(rule.listed)) \(reason): it is left out")
            grants.paths.removeAll { $0.path.utf8.elementsEqual(rule.path.utf8) }
        }
    }

    private mutating func resolve(
        _ doubtful: [(executable: ResolvedExecutable, reason: String)], in grants: inout ResolvedGrants
    ) throws(ProfileProblem) {
        var names = PathMap<Bool>()
        for (executable, _) in doubtful { names[executable.path] = true }
        let trusted = grants.executables.filter { names[$0.path] == nil }
        for (executable, reason) in doubtful where trusted.granting(executable.realPath) == nil {
            let problem = untrusted(executable.path, reason, executable.realPath, executable.place)
            guard executable.pattern != nil else { throw problem }
            note(executable.place, "\(quotedOnOneLine(executable.path)) \(reason): it is left out")
            grants.executables.removeAll { $0.path.utf8.elementsEqual(executable.path.utf8) }
        }
    }

    private func untrusted(_ listed: String, _ reason: String, _ path: String, _ place: Place) -> ProfileProblem {
        ProfileProblem(
            "\(quotedOnOneLine(listed)) \(reason): list \(quotedOnOneLine(path)) itself if it is meant", at: place)
    }

    /// Why the links of a path are not to be trusted, to be read after the path; nil where they are.
    private func doubt(
        _ listed: String, _ links: [Policy.Link], _ path: String, _ rules: PathMap<ResolvedRule>
    ) -> String? {
        if links.isEmpty { return nil }
        let target = quotedOnOneLine(path)
        for link in links {
            guard let rule = rules.covering(link.path), rule.access == .writable else { continue }
            return "leads to \(target) by a link that a call could change (it lies in \(rule.rule.origin))"
        }
        if isPath(listed, atOrBelow: project), !isPath(path, atOrBelow: project) {
            return "leads by a link out of the project, to \(target)"
        }
        return nil
    }

    /// An executable that lies in a denied path has no meaning; one that a wildcard found there is not meant.
    func dropDenied(_ grants: inout ResolvedGrants) throws(ProfileProblem) {
        let rules = grants.rulesByPath
        var kept: [ResolvedExecutable] = []
        for executable in grants.executables {
            guard let rule = rules.covering(executable.realPath), rule.access == .denied else {
                kept.append(executable)
                continue
            }
            if executable.pattern == nil {
                throw ProfileProblem(
                    "\(quotedOnOneLine(executable.path)) is denied by \(rule.rule.origin): take it out of one of them",
                    at: executable.place)
            }
        }
        grants.executables = kept
    }
}
