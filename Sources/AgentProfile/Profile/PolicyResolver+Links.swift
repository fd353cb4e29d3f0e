extension PolicyResolver {
    /// Refuses a grant whose path leads by a symbolic link to somewhere that its author cannot have meant for sure.
    ///
    /// Two kinds of link are not trusted: one that lies in a writeable place, since an earlier call may have made it,
    /// and one in the project that leads out of it, since whoever wrote the project made it. What such a link leads to
    /// must be granted by an entry of its own.
    ///
    /// - Parameters:
    ///   - grants: What is granted.
    ///   - rules: The agent's rules, which say what an earlier call of any tool may have written.
    /// - Throws: ``ProfileProblem`` with the first such grant.
    func requireTrusted(_ grants: ResolvedGrants, writtenBy rules: PathMap<ResolvedRule>) throws(ProfileProblem) {
        try requireTrustedPaths(grants.paths, rules)
        try requireTrustedExecutables(grants.executables, rules)
    }

    private func requireTrustedPaths(
        _ paths: [ResolvedRule], _ rules: PathMap<ResolvedRule>
    ) throws(ProfileProblem) {
        guard paths.contains(where: { !$0.links.isEmpty && $0.access != .denied }) else { return }
        var trusted = PathMap<ResolvedRule>()
        var doubtful: [(rule: ResolvedRule, reason: String)] = []
        for rule in paths {
            if rule.access != .denied, let reason = doubt(rule.listed, rule.links, rule.path, rules) {
                doubtful.append((rule, reason))
            } else {
                trusted[rule.path] = rule
            }
        }
        for (rule, reason) in doubtful where trusted.covering(rule.path)?.access.rank ?? 0 < rule.access.rank {
            throw ProfileProblem(
                "\(quotedOnOneLine(rule.listed)) \(reason): list \(quotedOnOneLine(rule.path)) itself if it is meant",
                at: rule.place)
        }
    }

    private func requireTrustedExecutables(
        _ executables: [ResolvedExecutable], _ rules: PathMap<ResolvedRule>
    ) throws(ProfileProblem) {
        guard executables.contains(where: { !$0.resolved.links.isEmpty }) else { return }
        var trusted: [ResolvedExecutable] = []
        var doubtful: [(executable: ResolvedExecutable, reason: String)] = []
        for executable in executables {
            if let reason = doubt(executable.path, executable.resolved.links, executable.realPath, rules) {
                doubtful.append((executable, reason))
            } else {
                trusted.append(executable)
            }
        }
        for (executable, reason) in doubtful where trusted.granting(executable.realPath) == nil {
            throw ProfileProblem(
                "\(quotedOnOneLine(executable.path)) \(reason): "
                    + "list \(quotedOnOneLine(executable.realPath)) itself if it is meant",
                at: executable.place)
        }
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
