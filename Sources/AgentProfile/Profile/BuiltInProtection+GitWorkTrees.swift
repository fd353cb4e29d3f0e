internal import LinuxSystem

/// Files that say where a repository is, of work trees other than the project's own (gitrepository-layout(5)).
///
/// Whoever can write one of them leads git to a repository of their own making, whose configuration names programs: git
/// obeys it outside the sandbox, in the other work tree, and in the project too, since `git status` looks into submodules.
extension BuiltInProtection {
    /// Protects the work trees that `git worktree add` has made, wherever they are.
    mutating func protectLinkedWorkTrees(of repository: String) throws(SystemCallError) {
        let list = repository + "/worktrees"
        guard isWritable(list), try fileStatus(list, followsLink: false)?.kind == .directory else { return }
        // In an order of its own: the same plan whatever order the file system has.
        for name in try directoryListing(list).map(\.name).sorted() {
            let directory = list + "/" + name
            guard try fileStatus(directory, followsLink: false)?.kind == .directory else { continue }
            try protectWorkTreeDirectory(directory)
            if let dotGit = try line(of: directory + "/gitdir", after: "") {
                try protectDotGitFile(absolute(dotGit, from: directory))
            }
        }
    }

    /// Protects the names of a repository, and of its work tree, in the directory that git keeps for one work tree.
    mutating func protectWorkTreeDirectory(_ directory: String) throws(SystemCallError) {
        for file in ["commondir", "gitdir", "config.worktree"] {
            try addExisting(directory + "/" + file, "git work tree")
        }
    }

    /// Protects the `.git` file of a submodule, whose configuration names its work tree.
    mutating func protectSubmoduleFile(of directory: String) throws(SystemCallError) {
        guard let text = try text(of: directory + "/config") else { return }
        for setting in GitConfiguration(text).settings where (setting.section, setting.key) == ("core", "worktree") {
            try protectDotGitFile(absolute(setting.value, from: directory) + "/.git")
        }
    }

    private mutating func protectDotGitFile(_ path: String) throws(SystemCallError) {
        // A directory would be a repository of its own; the project's own is protected as such.
        guard try ResolvedPath(path).kind == .regular else { return }
        try addExisting(path, "git work tree")
    }
}
