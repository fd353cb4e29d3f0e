/// What a sandbox must hold beside the policy's own paths so that the listed executables start and work: files and
/// directories without links, and the links that lead to them.
struct Inventory {
    /// A file or directory that is readable in the sandbox.
    struct Item {
        /// Its path, free of links.
        let path: String
        /// Whether it is a directory, with all that is below it.
        let isDirectory: Bool
        /// Whether its code may be mapped into memory: programs and libraries.
        var isLoadable: Bool
        /// Whether the profile lists it itself, so that it stands above what rules say of the place it is in.
        var isListed: Bool
        /// The place in the profile it goes back to.
        let origin: String
        /// Why it is there, for people: `library of "/usr/bin/curl"`.
        let reason: String
    }

    /// The files and directories.
    private(set) var items: [PathKey: Item] = [:]
    /// The links, by their own path.
    private(set) var links: [PathKey: HostFiles.Link] = [:]
    /// What may be executed: files, and directories for all below them.
    private(set) var executables: Set<PathKey> = []
    /// What the reader of the plan should know.
    var notes: [String] = []

    /// Adds a file or directory; where it is there already, what both grant holds.
    mutating func add(
        _ path: String, isDirectory: Bool = false, isLoadable: Bool = false, isListed: Bool = false, origin: String,
        reason: String
    ) {
        let key = PathKey(path)
        guard var item = items[key] else {
            items[key] = Item(
                path: path, isDirectory: isDirectory, isLoadable: isLoadable, isListed: isListed, origin: origin,
                reason: reason)
            return
        }
        item.isLoadable = item.isLoadable || isLoadable
        item.isListed = item.isListed || isListed
        items[key] = item
    }

    /// Adds links that lead to something added.
    mutating func add(_ links: [HostFiles.Link]) {
        for link in links { self.links[PathKey(link.path)] = link }
    }

    /// Says that a file, or all files of a directory, may be executed.
    mutating func permitExecution(of path: String) { executables.insert(PathKey(path)) }

    /// Whether a file may be executed.
    func permitsExecution(of path: String) -> Bool {
        if executables.contains(PathKey(path)) { return true }
        var directory = path.parentPath
        while !executables.contains(PathKey(directory)) {
            if directory.isRootPath { return false }
            directory = directory.parentPath
        }
        // A file that is listed says nothing about paths below it: there are none.
        return true
    }
}
