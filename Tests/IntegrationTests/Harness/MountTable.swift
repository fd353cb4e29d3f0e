/// The lines of a mountinfo file.
struct MountTable {
    /// One mount, as its mount namespace sees it.
    struct Mount {
        let id: String
        let parent: String
        /// What of the file system is mounted.
        let root: String
        let target: String
        /// Of the mount: ro, nosuid, …
        let options: Set<String>
        /// `shared:N`, `master:N`, `unbindable`; none is private.
        let propagation: [String]
        let type: String
        let source: String
        /// Of the file system: ro, size=…
        let superOptions: Set<String>

        var isShared: Bool { propagation.contains { $0.hasPrefix("shared:") } }
        var isSlave: Bool { propagation.contains { $0.hasPrefix("master:") } }
        var isPrivate: Bool { propagation.isEmpty }
    }

    /// In the order they were made.
    let mounts: [Mount]

    init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard fields.count >= 10, let dash = fields.firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
            return Mount(
                id: fields[0], parent: fields[1], root: fields[3], target: fields[4],
                options: Set(fields[5].split(separator: ",").map(String.init)), propagation: Array(fields[6..<dash]),
                type: fields[dash + 1], source: fields[dash + 2],
                superOptions: Set(fields[dash + 3].split(separator: ",").map(String.init)))
        }
    }

    /// The mount that is seen at a target: the last one made there.
    subscript(target: String) -> Mount? { mounts.last { $0.target == target } }
}
