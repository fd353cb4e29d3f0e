internal import LinuxSystem

/// One place of the sandbox's tree where what may be done changes.
struct ViewNode {
    /// What is mounted there.
    enum Content {
        /// The host's own file or directory.
        case host
        /// An empty directory in memory, of this size and with these permissions.
        case fresh(mebibytes: Int, mode: UInt32)
    }

    /// The path, the same inside and outside.
    let path: String
    /// Whether it is a directory.
    let isDirectory: Bool
    /// What may be done there.
    var access: Policy.Access
    /// Whether code in it may be mapped into memory and, where the allow-list says so, executed.
    var isLoadable: Bool
    /// What is mounted there.
    var content = Content.host
    /// The place in the profile that asks for it.
    var origin: String
    /// Why it is there, for people.
    var reason: String

    /// Whether it is an empty directory in memory.
    var isFresh: Bool {
        if case .fresh = content { return true }
        return false
    }

    /// What the root file system must hold at the path for it to be mounted on.
    var mountPoint: FileTree.Entry {
        switch content {
        // runc gives a tmpfs the permissions of what it is mounted on, whatever its options say.
        case .fresh(_, let mode): .directory(mode: mode)
        case .host: isDirectory ? .directory(mode: 0o755) : .file(contents: [], mode: 0o644)
        }
    }
}

/// The places of the sandbox's tree, before it is decided which of them need a mount.
struct View {
    /// The places, by path.
    private(set) var nodes: [PathKey: ViewNode] = [:]
    /// What the reader of the plan should know.
    private(set) var notes: [String] = []

    /// The places that rules and executables ask for.
    ///
    /// - Parameters:
    ///   - rules: The policy's path rules.
    ///   - inventory: What the executables need.
    /// - Throws: ``PlanError`` where a path is both denied and executed.
    init(_ rules: PathRules, _ inventory: Inventory) throws(PlanError) {
        for (key, rule) in rules.rules {
            nodes[key] = ViewNode(
                path: rule.path, isDirectory: rule.isDirectory, access: rule.access, isLoadable: false,
                origin: rule.origin, reason: "listed")
        }
        // In order, so that the notes come in the same order each time.
        for (key, item) in inventory.items.sorted(by: { $0.key < $1.key }) { try add(item, key, rules) }
    }

    /// Adds an empty directory in memory, unless a rule speaks of the path itself.
    mutating func addFresh(_ path: String, mebibytes: Int, mode: UInt32, reason: String) {
        guard nodes[PathKey(path)] == nil else { return }
        nodes[PathKey(path)] = ViewNode(
            path: path, isDirectory: true, access: .writable, isLoadable: false,
            content: .fresh(mebibytes: mebibytes, mode: mode), origin: "", reason: reason)
    }

    /// Covers something in a tree that may be read.
    mutating func cover(_ path: String, isDirectory: Bool, _ reason: String, _ tree: ViewNode) {
        nodes[PathKey(path)] = ViewNode(
            path: path, isDirectory: isDirectory, access: .denied, isLoadable: false, origin: tree.origin,
            reason: reason)
        notes.append("\(quoted(path)) is covered: \(reason), below a place that may be written")
    }

    /// Adds a directory of the host that rules grant from further up, unless a rule speaks of the path itself.
    mutating func addHost(_ path: String, _ access: Policy.Access, reason: String) {
        guard nodes[PathKey(path)] == nil else { return }
        nodes[PathKey(path)] = ViewNode(
            path: path, isDirectory: true, access: access, isLoadable: false, origin: "", reason: reason)
    }

    private mutating func add(_ item: Inventory.Item, _ key: PathKey, _ rules: PathRules) throws(PlanError) {
        if var node = nodes[key] {
            // A rule speaks of the very path.
            switch node.access {
            case .denied:
                guard item.isListed else { return }
                throw PlanError("\(quoted(item.path)) is also denied, by \(node.origin)", origin: item.origin)
            case .readOnly: node.isLoadable = node.isLoadable || item.isLoadable
            case .writable:
                guard item.isLoadable else { return }
                guard item.isListed || !item.isDirectory else { return noteWritableModules(item) }
                node.access = .readOnly
                node.isLoadable = true
            }
            nodes[key] = node
            return
        }
        switch rules.access(to: item.path) {
        case .readOnly: guard item.isLoadable else { return }
        case .writable:
            guard item.isLoadable else { return }
            guard item.isListed || !item.isDirectory else { return noteWritableModules(item) }
        case .denied, nil: break
        }
        nodes[key] = ViewNode(
            path: item.path, isDirectory: item.isDirectory, access: .readOnly, isLoadable: item.isLoadable,
            origin: item.origin, reason: item.reason)
    }

    private mutating func noteWritableModules(_ item: Inventory.Item) {
        notes.append(
            "\(item.origin): native modules in \(quoted(item.path)) (\(item.reason)) cannot be loaded, since they can be "
                + "written; make the directory read-only to load them")
    }
}
