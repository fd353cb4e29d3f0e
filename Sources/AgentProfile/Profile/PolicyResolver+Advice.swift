internal import LinuxSystem

extension PolicyResolver {
    /// Programs that do what a text tells them.
    private static let interpreters: Set<String> = [
        "ash", "bash", "bun", "csh", "dash", "deno", "fish", "gawk", "ksh", "lua", "mawk", "node", "nodejs", "perl",
        "php", "pwsh", "python", "ruby", "sh", "tclsh", "zsh",
    ]
    /// Programs that start others through /bin/sh.
    private static let shellUsers: Set<String> = ["git", "gmake", "make", "ninja", "npm", "npx", "pnpm", "yarn"]
    /// One file that is many programs.
    private static let multiCallPrograms: Set<String> = ["busybox", "coreutils", "toybox", "uutils"]
    /// More names than this for one file are a sign of many programs in one.
    private static let manyNames: UInt32 = 32

    /// Notes what the list of executables grants that its reader may not see.
    mutating func noteExecutables(_ grants: ResolvedGrants) {
        let rules = grants.rulesByPath
        for executable in grants.executables where rules.covering(executable.realPath)?.access == .writable {
            let path = quotedOnOneLine(executable.path)
            note(
                executable.place,
                executable.pattern == nil
                    ? "\(path) lies in a writeable path: it is mounted read-only over itself"
                    : "\(path) lies in a writeable path: what a call writes there, the next one may execute")
        }
        var seen: Set<String> = []
        for executable in grants.executables where !executable.isDirectory {
            let name = lastComponent(of: executable.realPath)
            guard isMultiCall(name, executable), seen.insert(executable.realPath).inserted else { continue }
            note(
                executable.place,
                "\(quotedOnOneLine(executable.path)) is \(quotedOnOneLine(executable.realPath)), many programs in one "
                    + "file: listing it grants them all")
        }
    }

    private func isMultiCall(_ name: String, _ executable: ResolvedExecutable) -> Bool {
        if Self.multiCallPrograms.contains(name) || name.hasPrefix("busybox.") { return true }
        // git's own commands are hard links to one another in some installations: they are meant together.
        guard executable.content == .program, !name.hasPrefix("git") else { return false }
        // For a note only: a file that has gone is the planner's error.
        guard let status = try? fileStatus(executable.realPath) else { return false }
        return status.links >= Self.manyNames
    }

    /// Advice on the profile as a whole.
    mutating func advise(_ grants: ResolvedGrants) {
        let files = grants.executables.filter { !$0.isDirectory && $0.resolved.kind != nil }
        if grants.executables.isEmpty {
            advise(grants.place, "no executable is listed: nothing can be run")
        }
        var interpreters: [String] = []
        var shellUsers: [String] = []
        for executable in files {
            let name = lastComponent(of: executable.path)
            let stem = String(lastComponent(of: executable.realPath).prefix { !$0.isNumber })
            if Self.interpreters.contains(stem) || Self.interpreters.contains(name) { interpreters.append(name) }
            if Self.shellUsers.contains(name) { shellUsers.append(name) }
        }
        if !interpreters.isEmpty {
            advise(
                grants.place,
                "\(listed(interpreters)) will run any script given as a file or on the command line, listed or not, "
                    + "with all that this profile grants")
        }
        if !shellUsers.isEmpty, !hasShell(grants.executables) {
            advise(
                grants.place,
                "\(listed(shellUsers)) and all that calls system(3) start commands through /bin/sh, which is not listed"
            )
        }
    }

    /// Tells of listed files that have other names: what is granted or denied of a file is so by its listed name alone.
    mutating func adviseOnHardLinks(_ grants: ResolvedGrants) {
        for rule in grants.paths where rule.kind == .regular && rule.access != .readOnly {
            // For advice only: a file that has gone is the planner's error.
            guard let status = try? fileStatus(rule.path), status.links > 1 else { continue }
            let others = status.links == 2 ? "another name" : "\(status.links - 1) other names"
            advise(
                rule.place,
                "\(quotedOnOneLine(rule.path)) has \(others) (hard links): "
                    + (rule.access == .denied
                        ? "it is denied by this one only"
                        : "what is written to it is written to the file behind all of them"))
        }
    }

    /// Unix sockets that are listed by themselves. Where their directory can be written a call could put another one in
    /// the place of one: then it is not listed.
    func listedSockets(_ grants: ResolvedGrants) -> [String] {
        let rules = grants.rulesByPath
        return sockets(grants).filter { !isReplaceable($0, rules) }.map(\.path)
    }

    /// Tells of listed sockets that are not reached.
    mutating func adviseOnSockets(_ grants: ResolvedGrants) {
        let rules = grants.rulesByPath
        for rule in sockets(grants) where grants.unixSockets.value == .own && isReplaceable(rule, rules) {
            advise(
                rule.place,
                "\(quotedOnOneLine(rule.path)) is a socket in a writeable directory, where a call could put another in its "
                    + "place: it is reached with \"unixSockets\": \"host\" only")
        }
    }

    private func sockets(_ grants: ResolvedGrants) -> [ResolvedRule] {
        grants.paths.filter { $0.kind == .socket && $0.access != .denied && !$0.isMatch }
    }

    private func isReplaceable(_ rule: ResolvedRule, _ rules: PathMap<ResolvedRule>) -> Bool {
        let parent = rule.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(rule.path[..<$0]) } ?? ""
        return rules.covering(parent.isEmpty ? "/" : parent)?.access == .writable
    }

    private func hasShell(_ executables: [ResolvedExecutable]) -> Bool {
        guard let shell = try? ResolvedPath("/bin/sh"), let name = shell.names.first else { return false }
        return executables.granting(name) != nil
    }

    private func listed(_ names: [String]) -> String {
        var unique: [String] = []
        for name in names where !unique.contains(name) { unique.append(name) }
        return unique.count > 8 ? unique.prefix(8).joined(separator: ", ") + ", …" : unique.joined(separator: ", ")
    }
}
