public import OCISpec

internal import LinuxSystem

/// A mount of the sandbox, and the rule it comes from.
public struct PlannedMount: Equatable, Sendable {
    /// The mount as config.json has it.
    public var mount: Mount
    /// The place in the profile it goes back to, such as `readOnlyPaths[0]`; empty for what every sandbox has.
    public let origin: String
    /// Why it is there, for people: `library of "/usr/bin/curl"`.
    public let reason: String
}

/// Decides which places of the view need a mount of their own, and in which order: parents first.
struct MountPlan {
    /// What a mount shows at a place.
    struct Level {
        /// The place.
        let path: String
        /// What may be done there.
        let access: Policy.Access
        /// Whether code there may be loaded.
        let isLoadable: Bool
        /// Whether it is an empty directory in memory.
        let isFresh: Bool
        /// The place in the profile it goes back to.
        let origin: String
        /// Why it is there, for people.
        let reason: String
    }

    /// The mounts, in order.
    private(set) var mounts: [PlannedMount] = []
    /// What the root file system holds for them: what they are mounted on, and the links that lead to them.
    private(set) var rootEntries: [(path: String, entry: FileTree.Entry)] = []
    /// The fresh directories that begin with what the root file system holds there.
    private(set) var copiedPlaces: [String] = []
    /// What denied places are covered with.
    private(set) var masks = MaskPlan()

    /// The most mounts that only keep directories from being renamed.
    private static let anchorLimit = 64

    private let options: MountOptions
    /// How many mounts only keep directories from being renamed.
    private(set) var anchors = 0
    /// The mounts by path.
    private(set) var places: [PathKey: Level] = [:]
    /// The mounts above the place the walk is at, from the top.
    private var levels: [Level] = []

    /// Plans the mounts of a view.
    ///
    /// - Parameters:
    ///   - view: What is to be seen.
    ///   - links: The links that lead to it.
    ///   - options: Makes mounts of places.
    ///   - files: The host.
    /// - Throws: ``PlanError`` where it takes too many mounts, or a link has no place.
    init(
        _ view: View, links: [HostFiles.Link], options: MountOptions, files: HostFiles
    ) throws(PlanError) {
        self.options = options
        for (_, node) in view.nodes.sorted(by: { $0.key < $1.key }) { try add(node, files) }
        for link in links { try add(link) }
        for index in mounts.indices
        where copiedPlaces.contains(where: { $0.isSamePath(as: mounts[index].mount.destination) }) {
            mounts[index].mount.options.append("tmpcopyup")
        }
    }

    /// The mount through which a path is seen; nil for the root file system itself.
    func mount(over path: String) -> Level? {
        var place = path
        while true {
            if let level = places[PathKey(place)] { return level }
            if place.isRootPath { return nil }
            place = place.parentPath
        }
    }

    private mutating func add(_ node: ViewNode, _ files: HostFiles) throws(PlanError) {
        while let last = levels.last, !node.path.isPath(below: last.path) { levels.removeLast() }
        let above = levels.last
        // What is below a directory whose code may be loaded may be loaded too, as long as nobody can write it.
        let isLoadable = node.access == .readOnly && (node.isLoadable || above?.isLoadable ?? false)
        let level = Level(
            path: node.path, access: node.access, isLoadable: isLoadable, isFresh: node.isFresh, origin: node.origin,
            reason: node.reason)

        guard let above else {
            if node.access == .denied { return }  // Nothing of the host is seen there.
            // In /dev, which is in memory, the runtime makes what it mounts on.
            if !node.path.isPath(below: "/dev") { rootEntries.append((node.path, node.mountPoint)) }
            return append(node, level)
        }
        if above.isFresh {
            if node.access == .denied { return }
            // The runtime makes what it mounts on, for root; a user whom root acts for gets it as its own.
            if options.user.isServedByRoot, isOnRoot(above) { copy(node.path, node.mountPoint, in: above) }
            return append(node, level)
        }
        if node.isFresh {
            // Without a directory there is nothing to mount it on, and nothing is made on the host.
            guard try files.status(node.path)?.kind == .directory else { return }
        } else if above.access == level.access, above.isLoadable == isLoadable {
            return  // Seen through the mount above.
        }
        if above.access == .writable { try addAnchors(to: node, below: above) }
        if above.access == .denied {
            masks.add(
                node.isDirectory ? .directory(mode: 0o111) : .file(contents: [], mode: 0), at: node.path, in: above.path
            )
        }
        append(node, level)
    }

    private mutating func add(_ link: HostFiles.Link) throws(PlanError) {
        let entry = FileTree.Entry.link(target: link.target)
        guard let level = mount(over: link.path) else { return rootEntries.append((link.path, entry)) }
        if level.isFresh, isOnRoot(level) {
            copy(link.path, entry, in: level)
        } else if level.isFresh {
            throw PlanError(
                "the symbolic link \(quoted(link.path)) lies in \(quoted(level.path)), which is not the host's in the "
                    + "sandbox; name the file that it leads to")
        } else if level.access == .denied {
            masks.add(entry, at: link.path, in: level.path)
        }
        // Else it is seen as it is on the host.
    }

    /// Whether a fresh directory is mounted on the root file system, or in another such directory, and not on something
    /// of the host: then it may begin with what it is mounted on.
    private func isOnRoot(_ level: Level) -> Bool {
        guard let above = mount(over: level.path.parentPath) else { return true }
        return above.isFresh && isOnRoot(above)
    }

    private mutating func copy(_ path: String, _ entry: FileTree.Entry, in level: Level) {
        rootEntries.append((path, entry))
        var next: Level? = level
        while let level = next {
            if !copiedPlaces.contains(where: { $0.isSamePath(as: level.path) }) { copiedPlaces.append(level.path) }
            next = mount(over: level.path.parentPath)
        }
    }

    private mutating func append(_ node: ViewNode, _ level: Level) {
        let mount: Mount
        switch node.content {
        case .fresh(let mebibytes, let mode):
            mount = options.fresh(node.path, mebibytes: mebibytes, mode: mode)
        case .host where node.access == .denied:
            mount = options.bind(masks.add(node.path, isDirectory: node.isDirectory), onto: level, isDirectory: false)
        case .host: mount = options.bind(node.path, onto: level, isDirectory: node.isDirectory)
        }
        mounts.append(PlannedMount(mount: mount, origin: node.origin, reason: node.reason))
        places[PathKey(node.path)] = level
        levels.append(level)
    }

    /// Makes each directory between a writable mount and something protected in it a mount of its own: a mount point
    /// cannot be renamed, so what is protected cannot be moved out of the way and put anew.
    private mutating func addAnchors(to node: ViewNode, below above: Level) throws(PlanError) {
        for directory in node.path.directories(below: above.path) {
            anchors += 1
            guard anchors <= Self.anchorLimit else {
                throw PlanError(
                    "\(quoted(node.path)) is protected in the writeable \(quoted(above.path)): that takes more than "
                        + "\(Self.anchorLimit) mounts of the directories between; protect a directory further up",
                    origin: node.origin)
            }
            let anchor = ViewNode(
                path: directory, isDirectory: true, access: .writable, isLoadable: false, origin: node.origin,
                reason: "keeps \(quoted(node.path)) in its place")
            append(
                anchor,
                Level(
                    path: directory, access: .writable, isLoadable: false, isFresh: false, origin: anchor.origin,
                    reason: anchor.reason))
        }
    }
}
