internal import LinuxSystem
internal import OCISpec

/// Writes a ``FileTree`` below an open directory. Each directory is opened once; no path is walked.
struct TreeWriter {
    /// The directories that are open, from the top; the entries come parents first, so the last few suffice.
    private var levels: [(path: String, directory: FileDescriptorBox)] = []
    /// Directories that shut even their owner out, which is done when all is in them.
    private var shutDirectories: [(path: String, mode: UInt32)] = []

    /// Writes a tree.
    ///
    /// - Parameters:
    ///   - tree: The tree.
    ///   - directory: Where its top is: an open directory that has none of its names.
    ///   - ownedDirectories: Directories of the tree all below which belongs to another user, where root writes it.
    ///   - owner: That user.
    /// - Throws: ``SystemCallError``; what was written until then stays.
    static func write(
        _ tree: FileTree, into directory: borrowing FileDescriptor, ownedDirectories: [String], owner: User
    ) throws(SystemCallError) {
        var writer = TreeWriter()
        writer.levels = [("/", FileDescriptorBox(try directory.duplicated()))]
        let ownedDirectories = effectiveUserID() == 0 ? ownedDirectories : []
        for (path, entry) in tree.entries {
            try writer.write(entry, at: path)
            guard ownedDirectories.contains(where: { path.isPath(below: $0) }) else { continue }
            try writer.parent(of: path).descriptor.changeOwner(path.lastComponent, uid: owner.uid, gid: owner.gid)
        }
        for (path, mode) in writer.shutDirectories.reversed() {
            try writer.parent(of: path).descriptor.changeMode(path.lastComponent, mode)
        }
    }

    private mutating func write(_ entry: FileTree.Entry, at path: String) throws(SystemCallError) {
        let parent = try parent(of: path)
        let name = path.lastComponent
        switch entry {
        case .directory(let mode):
            try parent.descriptor.makeDirectory(name, mode: mode | 0o700)
            if mode & 0o700 == 0o700 {
                // The caller's umask has no say in what the container's user can look up.
                try parent.descriptor.changeMode(name, mode)
            } else {
                shutDirectories.append((path, mode))
            }
        case .file(let contents, let mode):
            let file = try parent.descriptor.open(name, [.writeOnly, .create, .exclusive], mode: mode)
            if !contents.isEmpty { try file.write(contents) }
            try parent.descriptor.changeMode(name, mode)
        case .link(let target): try parent.descriptor.makeSymbolicLink(to: target, name)
        }
    }

    private mutating func parent(of path: String) throws(SystemCallError) -> FileDescriptorBox {
        let wanted = path.parentPath
        while let last = levels.last, !wanted.isPath(in: last.path) { levels.removeLast() }
        guard var (current, directory) = levels.last else {
            throw SystemCallError(call: "open", object: quoted(wanted), errno: .noSuchFile)
        }
        for component in wanted.utf8.dropFirst(current.utf8.count).split(separator: UInt8(ascii: "/")) {
            let name = String(Substring(component))
            current = current.appendingComponent(name)
            directory = FileDescriptorBox(try directory.descriptor.open(name, [.readOnly, .directory]))
            levels.append((current, directory))
        }
        return directory
    }
}
