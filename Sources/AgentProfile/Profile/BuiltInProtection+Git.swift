internal import LinuxSystem

extension BuiltInProtection {
    /// Enough for a `.git` file, a `commondir` file and any configuration written by hand.
    private static let textLimit = 1 << 20
    /// Submodules within submodules are followed this deep.
    private static let submoduleDepth = 4

    /// Protects the repository whose work tree the project is.
    mutating func protectGit() throws(SystemCallError) {
        let dotGit = try ResolvedPath(project + "/.git")
        for link in dotGit.links where isWritable(link.path) {
            note("\(quotedOnOneLine(link.path)) is a link in a writeable path: a call can replace it (git)")
        }
        switch dotGit.kind {
        case .directory:
            try protectRepository(dotGit.path)
        case .regular:
            add(dotGit.path, "git directory")
            try protectWorktree(of: dotGit.path)
        case nil:
            if isWritable(project) {
                advise("there is no .git in the project: a call can make one, hooks included")
            }
        default: break
        }
    }

    /// A work tree of a repository that lies elsewhere: `.git` names a directory, which names the repository.
    private mutating func protectWorktree(of dotGit: String) throws(SystemCallError) {
        guard let name = try line(of: dotGit, after: "gitdir:") else { return }
        let directory = try ResolvedPath(absolute(name, from: parentPath(of: dotGit)))
        guard directory.kind == .directory else { return }
        guard let common = try line(of: directory.path + "/commondir", after: "") else {
            return try protectRepository(directory.path)
        }
        try protectWorkTreeDirectory(directory.path)
        let repository = try ResolvedPath(absolute(common, from: directory.path))
        if repository.kind == .directory { try protectRepository(repository.path) }
    }

    /// A repository's own directory, and those of its submodules.
    private mutating func protectRepository(_ directory: String) throws(SystemCallError) {
        try protectHooksAndConfig(directory)
        try protectSubmodules(of: directory + "/modules", depth: 1)
        try protectLinkedWorkTrees(of: directory)
        try protectWhatConfigNames(directory)
    }

    /// Hooks and configuration make git run programs. Where one of the two is missing a call could make it, and nothing
    /// is made on the host merely to be mounted over: then the whole directory is read-only.
    private mutating func protectHooksAndConfig(_ directory: String) throws(SystemCallError) {
        guard isWritable(directory) else { return }
        let hooks = directory + "/hooks"
        let config = directory + "/config"
        for (path, name) in [(hooks, "hooks"), (config, "config")] where !isListed(path) {
            guard try fileStatus(path, followsLink: false) == nil else { continue }
            let what = quotedOnOneLine(directory)
            guard isListed(directory) else {
                note("\(what) is read-only, since it has no \"\(name)\" to protect: make it, and git can commit")
                return add(directory, "git directory without \(name)")
            }
            note("\(what) is writeable and has no \"\(name)\": a call can make it, and git outside would obey it")
        }
        try addExisting(hooks, "git hooks")
        try addExisting(config, "git configuration")
        try addExisting(directory + "/config.worktree", "git configuration")
        // A file that names another repository to take configuration and hooks from. It belongs into the directories of
        // work trees only, but git obeys it everywhere.
        let other = directory + "/commondir"
        if try fileStatus(other, followsLink: false) == nil {
            add(other, "git repository elsewhere", access: .denied, isOptional: true)
        } else {
            try addExisting(other, "git repository elsewhere")
        }
    }

    private mutating func protectSubmodules(of modules: String, depth: Int) throws(SystemCallError) {
        guard depth <= Self.submoduleDepth, isWritable(modules),
            try fileStatus(modules, followsLink: false)?.kind == .directory
        else { return }
        for entry in try directoryListing(modules) {
            let directory = modules + "/" + entry.name
            guard try fileStatus(directory, followsLink: false)?.kind == .directory else { continue }
            if try fileStatus(directory + "/HEAD") != nil {
                try protectHooksAndConfig(directory)
                try protectSubmoduleFile(of: directory)
                try protectLinkedWorkTrees(of: directory)
                try protectSubmodules(of: directory + "/modules", depth: depth + 1)
                try protectWhatConfigNames(directory)
            } else {
                // The name of a submodule may hold slashes.
                try protectSubmodules(of: directory, depth: depth + 1)
            }
        }
    }

    /// A configuration may name a directory of hooks and further files of configuration, in the project as often as not.
    private mutating func protectWhatConfigNames(_ directory: String) throws(SystemCallError) {
        for file in ["config", "config.worktree"] {
            guard let text = try text(of: directory + "/" + file) else { continue }
            for setting in GitConfiguration(text).settings {
                switch (setting.section, setting.key) {
                case ("core", "hookspath"): try addNamed(setting.value, from: project, "git hooks")
                case ("include", "path"), ("includeif", "path"):
                    try addNamed(setting.value, from: directory, "git configuration")
                default: break
                }
            }
        }
    }

    private mutating func addNamed(_ name: String, from directory: String, _ what: String) throws(SystemCallError) {
        let path = absolute(name, from: directory)
        let resolved = try ResolvedPath(path)
        if resolved.kind == nil, isWritable(resolved.path) {
            note("\(quotedOnOneLine(path)) is missing: a call can make it, and git outside would obey it (\(what))")
        }
        // The project itself, named as its own place for hooks, cannot be both.
        if isPath(project, atOrBelow: resolved.path) { return }
        try addExisting(path, what)
    }

    func absolute(_ name: String, from directory: String) -> String {
        if name.hasPrefix("~/") { return home + name.dropFirst() }
        return name.utf8.first == UInt8(ascii: "/") ? name : directory + "/" + name
    }

    /// The first line of a small file, where it begins with `prefix`, without it and without space around.
    func line(of path: String, after prefix: String) throws(SystemCallError) -> String? {
        guard let text = try text(of: path) else { return nil }
        let line = text.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard line.starts(with: prefix.utf8) else { return nil }
        let value = GitConfiguration.trimmed(line.dropFirst(prefix.utf8.count))
        return value.isEmpty ? nil : String(Substring(value))
    }

    /// The text of a file, nil where there is none or nobody can read it as whoever plans.
    func text(of path: String) throws(SystemCallError) -> String? {
        guard try fileStatus(path)?.kind == .regular else { return nil }
        do throws(SystemCallError) {
            return String(decoding: try readFile(path, limit: Self.textLimit), as: UTF8.self)
        } catch {
            guard error.errno == .permissionDenied || error.errno == .noSuchFile else { throw error }
            return nil
        }
    }
}
