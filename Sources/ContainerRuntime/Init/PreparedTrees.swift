internal import LinuxSystem

/// Mount trees that the runtime copied before the clone: those that init, inside a user namespace, could not reach,
/// and those that are shown through id maps.
///
/// Init inherits the descriptors and attaches the trees; the runtime closes its own when this goes.
final class PreparedTrees {
    private var rootTree: FileDescriptorBox?
    private var mountTrees: [Int: FileDescriptorBox] = [:]
    /// The devices that the bundle lists, where init may not make them; nil where those of the host are bound.
    private(set) var deviceNodes: DeviceNodes?

    /// Trees that were copied elsewhere, by the mounts' places in the plan.
    init(_ trees: [Int: FileDescriptorBox]) { mountTrees = trees }

    /// Copies root and bind sources where root makes a container with a user namespace, and sources with id maps; init
    /// copies every other source itself.
    init(for plan: InitPlan) throws(RuntimeError) {
        let copiesAll = plan.newNamespaces.contains(.user) && effectiveUserID() == 0
        if copiesAll {
            rootTree = try keep("root.path", of: plan) { () throws(SystemCallError) in
                try MountTree(copying: plan.rootPath, isRecursive: true)
            }
        }
        deviceNodes = copiesAll ? try DeviceNodes(for: plan) : nil
        let namespaces = MappingNamespaces(plan)
        for (index, mount) in plan.mounts.enumerated() where copiesAll || mount.idMap != nil {
            guard case .bind(let path, _) = mount.source else { continue }
            let tree = try keep(mount.origin, of: plan, pinnedBy: path) { () throws(SystemCallError) in
                try plan.copySource(of: mount)
            }
            if let map = mount.idMap { try show(tree, map, mount.origin, namespaces) }
            mountTrees[index] = tree
        }
    }

    /// Has a tree's owners shown through id maps: the kernel permits it only while the tree is attached nowhere.
    private func show(
        _ tree: FileDescriptorBox, _ map: IDMapPlan, _ origin: String, _ namespaces: MappingNamespaces
    ) throws(RuntimeError) {
        let namespace = try namespaces.namespace(map.source, origin: origin)
        do throws(SystemCallError) {
            try MountTree.received(try tree.descriptor.duplicated()).change(
                setting: .idMapped, isRecursive: map.isRecursive, idMap: namespace)
        } catch  where error.errno == .invalidArgument {
            throw RuntimeError(
                "\(origin).uidMappings: \(error) (maybe the file system of the source cannot be mounted with id maps)")
        } catch {
            throw RuntimeError("\(origin).uidMappings: \(error)")
        }
    }

    private func keep(
        _ what: String, of plan: InitPlan, pinnedBy path: String? = nil,
        _ copy: () throws(SystemCallError) -> MountTree
    ) throws(RuntimeError) -> FileDescriptorBox {
        try plan.annotations.opening(path, what) { () throws(SystemCallError) in
            let tree = try copy()
            // The host's mounts are no peers of the container's.
            try tree.change(propagation: .slave, isRecursive: true)
            return FileDescriptorBox(try tree.descriptor.duplicated())
        }
    }

    /// The root's tree: the one that was copied, or a new copy.
    func root(of plan: InitPlan) throws(SystemCallError) -> MountTree {
        guard let rootTree else { return try MountTree(copying: plan.rootPath, isRecursive: true) }
        return .received(try rootTree.descriptor.duplicated())
    }

    /// The tree of one mount, if it was copied.
    func mount(_ index: Int) throws(SystemCallError) -> MountTree? {
        guard let tree = mountTrees[index] else { return nil }
        return .received(try tree.descriptor.duplicated())
    }
}

extension InitPlan {
    /// Copies the source of a bind mount; where the bundle vouches that its sources are free of links, none is followed.
    func copySource(of mount: MountPlan) throws(SystemCallError) -> MountTree {
        guard case .bind(let path, let isRecursive) = mount.source else {
            throw SystemCallError(call: "bind", errno: .invalidArgument)
        }
        guard annotations.hasRealSources else {
            return try MountTree(
                copying: path, isRecursive: isRecursive, followsLink: !mount.options.keepsSourceLink)
        }
        let root = try openFile("/", [.path, .directory])
        let source = try openFile(path, below: root, .path, resolve: [.inRoot, .noSymlinks])
        return try MountTree(copying: source, isRecursive: isRecursive)
    }
}
