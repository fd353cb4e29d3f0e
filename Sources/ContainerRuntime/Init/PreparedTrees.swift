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
        rootTree = try copy(plan.rootPath, isRecursive: true, "root.path")
        for (index, mount) in plan.mounts.enumerated() {
            guard case .bind(let path, let isRecursive) = mount.source else { continue }
            mountTrees[index] = try copy(path, isRecursive: isRecursive, mount.origin)
        }
    }

    private func copy(_ path: String, isRecursive: Bool, _ what: String) throws(RuntimeError) -> FileDescriptorBox {
        try during(what) { () throws(SystemCallError) in
            let tree = try MountTree(copying: path, isRecursive: isRecursive)
            // The host's mounts are no peers of the container's.
            try tree.change(propagation: .slave, isRecursive: true)
            return FileDescriptorBox(try tree.descriptor.duplicated())
        }
    }

    /// The root's tree, if it was copied.
    func root() throws(SystemCallError) -> MountTree? { try tree(rootTree) }

    /// The tree of one mount, if it was copied.
    func mount(_ index: Int) throws(SystemCallError) -> MountTree? { try tree(mountTrees[index]) }

    private func tree(_ box: FileDescriptorBox?) throws(SystemCallError) -> MountTree? {
        guard let box else { return nil }
        return .received(try box.descriptor.duplicated())
    }
}
