internal import LinuxSystem

extension PolicyResolver {
    /// The rules of the three lists of paths.
    mutating func pathRules(of written: Profile.Grants) throws(ProfileProblem) -> [ResolvedRule] {
        var rules: [ResolvedRule] = []
        var indices = PathMap<Int>()
        var root: ResolvedRule?
        let lists: [(Policy.Access, [Profile.PathEntry]?)] = [
            (.readOnly, written.readOnlyPaths), (.writable, written.writablePaths), (.denied, written.deniedPaths),
        ]
        for (access, entries) in lists {
            for entry in entries ?? [] {
                for rule in try self.rules(of: entry, access) {
                    if rule.path == "/" {
                        root = root ?? rule
                    } else if let index = indices[rule.path] {
                        try merge(rule, into: &rules[index])
                    } else {
                        indices[rule.path] = rules.count
                        rules.append(rule)
                    }
                }
            }
        }
        if let root { rules += try rootRules(root, beside: rules) }
        return rules
    }

    /// A path that stands twice in one list counts once; one that stands in two lists has no meaning.
    private func merge(_ rule: ResolvedRule, into first: inout ResolvedRule) throws(ProfileProblem) {
        guard rule.access == first.access else {
            let path = quotedOnOneLine(rule.listed)
            let isReal = rule.listed.utf8.elementsEqual(rule.path.utf8)
            let detour = isReal ? "" : ", that is \(quotedOnOneLine(rule.path)),"
            throw ProfileProblem(
                "\(path)\(detour) stands in \(first.rule.origin) too: a path belongs in one list", at: rule.place)
        }
        first.rule.isOptional = first.rule.isOptional && rule.rule.isOptional
        first.rule.createsDirectory = first.rule.createsDirectory || rule.rule.createsDirectory
        first.rule.mustBeDirectory = first.rule.mustBeDirectory || rule.rule.mustBeDirectory
        first.isMatch = first.isMatch && rule.isMatch
        first.isDirect = first.isDirect || rule.isDirect
        first.links += rule.links
    }

    /// The rules of one entry: one, or as many as its wildcards find.
    private mutating func rules(
        of entry: Profile.PathEntry, _ access: Policy.Access
    ) throws(ProfileProblem) -> [ResolvedRule] {
        let pattern = try PathPattern(entry, template: template)
        if let path = pattern.literalPath { return [try rule(entry, path, pattern, access)] }
        if entry.createsDirectory {
            throw ProfileProblem("\(quotedOnOneLine(entry.text)) has wildcards: it cannot be made", at: entry.place)
        }
        let expansion = try PathExpansion(pattern, at: entry.place)
        var rules: [ResolvedRule] = []
        for path in expansion.matches {
            if let rule = try match(entry, path, pattern, access) { rules.append(rule) }
        }
        if access == .denied {
            note(
                entry.place,
                "\(quotedOnOneLine(entry.text)) denies what is there when a call starts; "
                    + "a file made during the call is denied from the next call on")
            for directory in expansion.unreadable {
                note(entry.place, "\(quotedOnOneLine(directory)) cannot be read: what is in it is not looked for")
            }
        } else if rules.isEmpty, !entry.isOptional {
            throw ProfileProblem(
                "\(quotedOnOneLine(entry.text)) matches nothing: \(Self.optionalHint)", at: entry.place)
        }
        return rules
    }

    private mutating func rule(
        _ entry: Profile.PathEntry, _ path: String, _ pattern: PathPattern, _ access: Policy.Access
    ) throws(ProfileProblem) -> ResolvedRule {
        let rule = try resolvedRule(entry, path, pattern, access)
        let name = quotedOnOneLine(path)
        func problem(_ message: String) -> ProfileProblem { ProfileProblem(message, at: entry.place) }

        if rule.path == "/" {
            guard path == "/", access == .readOnly else {
                throw problem("\(name) is the whole file system: name the directories that are meant")
            }
            note(
                entry.place,
                "\(name) is every file of this host that you can read, but for /sys, /run, /tmp and your home directory: "
                    + "list those by name where they are meant")
        }
        if let reserved = Self.reservedDirectory(of: [path, rule.path], access: access) {
            throw problem(
                reserved == "/sys"
                    ? "\(name) lies in /sys, which no sandbox may write"
                    : "\(name) lies in \(reserved), which every sandbox has of its own: leave it out")
        }
        switch rule.kind {
        case nil where entry.createsDirectory:
            if let link = rule.links.last, try Self.resolved(link.path, at: entry.place).kind == nil {
                throw problem("\(quotedOnOneLine(link.path)) is a link to nothing: it cannot be made a directory")
            }
        case nil where entry.isOptional: break
        case nil: throw problem("\(name) does not exist: \(Self.optionalHint)")
        case .directory: break
        case .characterDevice, .blockDevice:
            throw problem("\(name) is a device: no sandbox has the host's devices")
        case _ where pattern.mustBeDirectory: throw problem("\(name) is not a directory, as the slash at its end says")
        case _ where entry.createsDirectory: throw problem("\(name) is there already, and is not a directory")
        case .socket, .fifo:
            if access == .readOnly {
                note(entry.place, "\(name) is a socket or a FIFO: whoever can read it can also send to it")
            }
        case .regular, .symbolicLink: break
        }
        if access == .writable, !rule.links.isEmpty {
            note(entry.place, "\(name) leads by a link to \(quotedOnOneLine(rule.path)): that is what may be written")
        }
        return rule
    }

    /// What a wildcard found, unless it cannot be meant: a link to nothing, a device, a file where `*/` asks for
    /// directories.
    private func match(
        _ entry: Profile.PathEntry, _ path: String, _ pattern: PathPattern, _ access: Policy.Access
    ) throws(ProfileProblem) -> ResolvedRule? {
        var rule = try resolvedRule(entry, path, pattern, access)
        rule.isMatch = true
        rule.rule.isOptional = true
        switch rule.kind {
        case nil, .characterDevice, .blockDevice: return nil
        case .directory: break
        default: if pattern.mustBeDirectory { return nil }
        }
        if rule.path == "/" || Self.reservedDirectory(of: [path, rule.path], access: access) != nil { return nil }
        return rule
    }

    private func resolvedRule(
        _ entry: Profile.PathEntry, _ path: String, _ pattern: PathPattern, _ access: Policy.Access
    ) throws(ProfileProblem) -> ResolvedRule {
        let resolved = try Self.resolved(path, at: entry.place)
        let rule = Policy.PathRule(
            path: resolved.path, access: access, mustBeDirectory: pattern.mustBeDirectory,
            isOptional: entry.isOptional, createsDirectory: entry.createsDirectory, origin: entry.place.path)
        return ResolvedRule(
            rule: rule, place: entry.place, listed: path, links: resolved.links, isDirect: resolved.links.isEmpty,
            kind: resolved.kind)
    }

    /// Follows a path; a path that cannot be walked, or leads to a name that no text can hold, is a problem.
    static func resolved(_ path: String, at place: Place) throws(ProfileProblem) -> ResolvedPath {
        let resolved: ResolvedPath
        do throws(SystemCallError) {
            resolved = try ResolvedPath(path)
        } catch {
            throw ProfileProblem("\(quotedOnOneLine(path)) cannot be reached: \(error.errno)", at: place)
        }
        if !resolved.links.isEmpty { try ProfileObject.checkPath(resolved.path, at: place) }
        return resolved
    }

    /// A rule that a wildcard or a link found, below another one that says the same, adds nothing.
    func removeRepeated(_ grants: inout ResolvedGrants) {
        let rules = grants.rulesByPath
        grants.paths.removeAll { rule in
            (rule.isMatch || !rule.links.isEmpty) && !rule.rule.createsDirectory
                && rules.covering(parentPath(of: rule.path))?.access == rule.access
        }
    }

    mutating func note(_ place: Place, _ text: String) { notes.append("\(place.path): \(text)") }

    mutating func advise(_ place: Place, _ text: String) {
        advice.append(place.path.isEmpty ? text : "\(place.path): \(text)")
    }

    static let optionalHint = "make it, or say { \"path\": …, \"optional\": true }"
}
