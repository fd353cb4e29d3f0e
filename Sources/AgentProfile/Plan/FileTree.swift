/// Files, directories and links that a bundle holds.
public struct FileTree: Equatable, Sendable {
    /// What stands at a path.
    public enum Entry: Equatable, Sendable {
        /// A directory.
        case directory(mode: UInt32)
        /// A file.
        case file(contents: [UInt8], mode: UInt32)
        /// A symbolic link.
        case link(target: String)
    }

    /// The entries by their path from the tree's top, `/` first; parents come before what is in them.
    public var entries: [(path: String, entry: Entry)] {
        table.sorted { $0.key < $1.key }.map { ($0.key.path, $0.value) }
    }

    private var table: [PathKey: Entry] = [:]

    /// An empty tree.
    init() {}

    /// Adds an entry, and the directories it is in; what stands at the path already stays.
    ///
    /// - Parameters:
    ///   - entry: What to add.
    ///   - path: Where, from the tree's top.
    ///   - parentMode: Permissions of directories that are made for it.
    mutating func add(_ entry: Entry, at path: String, parentMode: UInt32 = 0o755) {
        guard !path.isRootPath, table[PathKey(path)] == nil else { return }
        add(.directory(mode: parentMode), at: path.parentPath, parentMode: parentMode)
        table[PathKey(path)] = entry
    }

    /// What stands at a path.
    ///
    /// - Parameter path: The path from the tree's top.
    public subscript(path: String) -> Entry? { table[PathKey(path)] }
}
