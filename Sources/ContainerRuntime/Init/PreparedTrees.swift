internal import LinuxSystem

/// Mount trees that the runtime copied before the clone: those that init, inside a user namespace, could not reach.
///
/// Init inherits the descriptors and attaches the trees; the runtime closes its own when this goes.
final class PreparedTrees {
    private var rootTree: FileDescriptorBox?
    private var mountTrees: [Int: FileDescriptorBox] = [:]

    /// Copies root and bind sources where root makes a container with a user namespace; else none, and init copies each
    /// source itself.
    init(for plan: InitPlan) throws(RuntimeError) {
        guard plan.newNamespaces.contains(.user), effectiveUserID() == 0 else { return }
        rootTree = try keep("root.path") { () throws(SystemCallError) in
            try MountTree(copying: plan.rootPath, isRecursive: true)
        }
        for (index, mount) in plan.mounts.enumerated() {
            guard case .bind(let path, let isRecursive) = mount.source else { continue }
            mountTrees[index] = try keep(mount.origin) { () throws(SystemCallError) in
                try plan.copySource(path, isRecursive: isRecursive)
            }
        }
    }

    private func keep(
        _ what: String, _ copy: () throws(SystemCallError) -> MountTree
    ) throws(RuntimeError) -> FileDescriptorBox {
        try during(what) { () throws(SystemCallError) in
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
    func copySource(_ path: String, isRecursive: Bool) throws(SystemCallError) -> MountTree {
        guard annotations.hasRealSources else { return try MountTree(copying: path, isRecursive: isRecursive) }
        let root = try openFile("/", [.path, .directory])
        let source = try openFile(path, below: root, .path, resolve: [.inRoot, .noSymlinks])
        return try MountTree(copying: source, isRecursive: isRecursive)
    }
}
