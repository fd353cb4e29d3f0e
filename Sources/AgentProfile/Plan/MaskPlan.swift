/// What denied places are covered with: an empty file or directory without any permission, kept in the bundle.
///
/// A denied directory with something permitted below it is covered by a directory of its own, in which names can be
/// looked up but not listed, and which holds what the permitted is mounted on.
struct MaskPlan {
    /// Where masks are in the bundle.
    static let directory = "masks"

    private struct Mask {
        let path: String
        let isDirectory: Bool
        let source: String
        var contents: [(path: String, entry: FileTree.Entry)] = []
    }

    private var masks: [Mask] = []

    /// Covers a denied place.
    ///
    /// - Parameters:
    ///   - path: The place.
    ///   - isDirectory: Whether it is a directory.
    /// - Returns: The mask, as a path from the bundle's directory.
    mutating func add(_ path: String, isDirectory: Bool) -> String {
        // Each directory has a mask of its own, since something permitted below it may come later in the plan.
        let number = masks.count { $0.isDirectory }
        let source = isDirectory ? "\(Self.directory)/directory\(number)" : "\(Self.directory)/file"
        masks.append(Mask(path: path, isDirectory: isDirectory, source: source))
        return source
    }

    /// Adds what something permitted below a denied directory is mounted on, or a link that leads to it.
    ///
    /// - Parameters:
    ///   - entry: What is added.
    ///   - path: Where it is.
    ///   - directory: The denied directory.
    mutating func add(_ entry: FileTree.Entry, at path: String, in directory: String) {
        guard let index = masks.firstIndex(where: { $0.path.isSamePath(as: directory) }) else { return }
        masks[index].contents.append((path, entry))
    }

    /// Whether something permitted lies below a denied directory, so that names in it can be looked up.
    func hasContents(_ directory: String) -> Bool {
        masks.contains { $0.path.isSamePath(as: directory) && !$0.contents.isEmpty }
    }

    /// What stands at a path below a denied directory: something that permitted places or links need, or nothing.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - directory: The denied directory.
    /// - Returns: The entry, or nil.
    func entry(at path: String, in directory: String) -> FileTree.Entry? {
        guard let mask = masks.first(where: { $0.path.isSamePath(as: directory) }) else { return nil }
        for (place, entry) in mask.contents {
            if place.isSamePath(as: path) { return entry }
            if place.isPath(below: path) { return .directory(mode: 0o111) }
        }
        return nil
    }

    /// The masks as files and directories of the bundle, parents first.
    var tree: FileTree {
        var tree = FileTree()
        for mask in masks {
            guard mask.isDirectory else {
                tree.add(.file(contents: [], mode: 0), at: "/" + mask.source)
                continue
            }
            tree.add(.directory(mode: mask.contents.isEmpty ? 0 : 0o111), at: "/" + mask.source)
            for (path, entry) in mask.contents {
                let below = "/" + mask.source + String(Substring(path.utf8.dropFirst(mask.path.utf8.count)))
                tree.add(entry, at: below, parentMode: 0o111)
            }
        }
        return tree
    }
}
