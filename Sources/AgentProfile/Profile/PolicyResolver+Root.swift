internal import LinuxSystem

extension PolicyResolver {
    /// What stays a sandbox's own, or missing in it, where a profile lists `/`: it holds other programs' sockets and
    /// temporary files, and what tells of the machine. Each can be listed by its own name, but the first two.
    private static let leftOut = ["/proc", "/dev", "/sys", "/run", "/tmp"]

    /// What `/` in `readOnlyPaths` comes to: a rule for everything in the root directory, and for the project.
    ///
    /// A rule for `/` itself would have the sandbox's root be the host's, with no place of its own for anything.
    ///
    /// - Parameters:
    ///   - root: The rule for `/`.
    ///   - rules: What the profile lists beside it, which goes first; links that lead there are added.
    /// - Returns: The further rules.
    /// - Throws: ``ProfileProblem`` where the root directory cannot be listed.
    func rootRules(_ root: ResolvedRule, beside rules: [ResolvedRule]) throws(ProfileProblem) -> [ResolvedRule] {
        let listed = PathMap(rules)
        var further: [ResolvedRule] = []
        var links: [Policy.Link] = []
        for entry in try Self.rootEntries(at: root.place) {
            if Self.leftOut.contains(entry.path) || listed[entry.path] != nil { continue }
            switch entry.kind {
            case .directory, .regular: further.append(rule(entry.path, like: root, kind: entry.kind))
            // Where it leads is granted or not by its own name.
            case .symbolicLink:
                links.append(Policy.Link(path: entry.path, target: entry.target))
            default: break  // Sockets, FIFOs and devices are nothing to read.
            }
        }
        // In a directory that the sandbox has of its own, nothing else would show the project.
        if listed[project] == nil, (listed.covering(project)?.access ?? .readOnly) == .readOnly {
            further.append(rule(project, like: root, kind: .directory))
        }
        if !further.isEmpty { further[0].links += links }
        return further
    }

    private func rule(_ path: String, like root: ResolvedRule, kind: FileStatus.Kind?) -> ResolvedRule {
        ResolvedRule(
            rule: Policy.PathRule(path: path, access: root.access, isOptional: true, origin: root.rule.origin),
            place: root.place, listed: path, isDirect: true, kind: kind)
    }

    private static func rootEntries(
        at place: Place
    ) throws(ProfileProblem) -> [(path: String, kind: FileStatus.Kind?, target: String)] {
        do throws(SystemCallError) {
            var entries: [(path: String, kind: FileStatus.Kind?, target: String)] = []
            for entry in try directoryListing("/", leavesOutUnnameable: true) {
                let path = "/" + entry.name
                let kind = try fileStatus(path, followsLink: false)?.kind
                entries.append((path, kind, kind == .symbolicLink ? try linkTarget(path) : ""))
            }
            return entries
        } catch {
            throw ProfileProblem("\"/\" cannot be listed: \(error.errno)", at: place)
        }
    }
}
