internal import Cgroup
internal import LinuxSystem

/// What the container sees of its control groups: a mount of type `cgroup` (decision 0006).
///
/// Where limits are held by cgroup v1 their groups are beside the one of cgroup v2, as hosts have both: programs that size
/// themselves by their limits look there. They are never to be written, or the container would lift its own limits.
struct ControlGroupView {
    let plan: InitPlan
    let options: MountOptions

    /// Whether there are groups of cgroup v1 to show.
    private var hasLegacyGroups: Bool { !plan.legacyCgroups.isEmpty }

    /// What is mounted at the place itself.
    func makeTree() throws(SystemCallError) -> MountTree {
        if plan.hidesControlGroups || plan.cgroupPath == nil && !plan.newNamespaces.contains(.cgroup) {
            // A user without a delegated group has none to show; the host's are not the container's business.
            return try MountTree(
                newFileSystem: "tmpfs", source: "cgroup", options: ["size=4096", "mode=555"],
                attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution])
        }
        guard hasLegacyGroups else { return try makeUnified() }
        return try MountTree(
            newFileSystem: "tmpfs", source: "cgroup", options: ["size=65536", "mode=755"],
            attributes: [.noSetUserID, .noDevices, .noExecution])
    }

    /// Mounts one hierarchy a directory below the place, which is attached by now.
    func complete(_ tree: borrowing MountTree) throws(SystemCallError) {
        guard hasLegacyGroups else { return }
        try attach(makeUnified(), "unified", below: tree)
        for place in plan.legacyCgroups.all {
            let group = try MountTree(copying: place.path, isRecursive: false)
            try group.change(setting: [.readOnly, .noSetUserID, .noDevices, .noExecution])
            try attach(group, place.controller, below: tree)
        }
        try tree.change(setting: .readOnly)
    }

    private func makeUnified() throws(SystemCallError) -> MountTree {
        guard let path = plan.cgroupPath, !plan.newNamespaces.contains(.cgroup) else {
            return try MountTree(
                newFileSystem: "cgroup2", source: "cgroup2", options: [], attributes: options.setting)
        }
        let tree = try MountTree(copying: path, isRecursive: false)
        try tree.change(setting: options.setting)
        return tree
    }

    private func attach(
        _ group: consuming MountTree, _ name: String, below tree: borrowing MountTree
    ) throws(SystemCallError) {
        try tree.descriptor.makeDirectory(name, mode: 0o555)
        try group.attach(
            to: try openFile(name, below: tree.descriptor, [.path, .directory], resolve: [.inRoot, .noSymlinks]))
    }
}
