internal import LinuxSystem

/// The file system of a sandbox as calls share it, and as one of them makes it its own.
extension RootFilesystem {
    /// Builds what calls share.
    ///
    /// Everything is mounted, as for a call, but nothing masked: in a user namespace the kernel permits a new procfs only
    /// where one is that nothing covers (mount_namespaces(7)); each call masks its own.
    mutating func buildForSharing(prepared: PreparedTrees) throws(RuntimeError) {
        try mountAll(prepared: prepared)
        guard plan.mounts.contains(where: { $0.destination == "/dev" }) else { return }
        // One call must not find there what another has made.
        try during("/dev") { () throws(SystemCallError) in
            try MountTree.received(try root.open("/dev", .path)).change(setting: .readOnly)
        }
    }

    /// Takes the file system that this process has joined for the root.
    ///
    /// - Parameters:
    ///   - plan: What is to be built.
    ///   - host: What was seen before.
    /// - Throws: ``RuntimeError``.
    init(warm plan: InitPlan, _ host: HostSources) throws(RuntimeError) {
        let root = try during("root.path") { () throws(SystemCallError) in try openFile("/", [.path, .directory]) }
        self.init(plan, root: RootDirectory(root), covered: host.root)
    }

    /// Verifies what is shared, and mounts what is the call's own.
    ///
    /// - Parameter sources: What was seen of them on the host.
    /// - Throws: ``RuntimeError`` where another file or directory is mounted than a new file system would have there.
    mutating func renew(_ sources: HostSources) throws(RuntimeError) {
        try verify(sources)
        let own = plan.ownMounts
        // Before anything new covers them.
        var covered: [Int: FileDescriptorBox] = [:]
        for index in own where plan.mounts[index].isBind {
            let mount = plan.mounts[index]
            covered[index] = try during(mount.origin) { () throws(SystemCallError) in
                let tree = try MountTree(copying: try root.open(mount.destination), isRecursive: true)
                return FileDescriptorBox(try tree.descriptor.duplicated())
            }
        }
        let prepared = PreparedTrees(covered)
        var systems = SystemMounts()
        for index in own { try add(plan.mounts[index], index, prepared, &systems) }
        try finish(systems)
    }

    /// Compares each bind mount with its source and its pin: a mask that is gone since its file was replaced, a file that
    /// is another now.
    private func verify(_ sources: HostSources) throws(RuntimeError) {
        for (index, mount) in plan.mounts.enumerated() {
            guard case .bind(let path, _) = mount.source else { continue }
            let status = try during(mount.origin) { try fileStatus(mount.destination, followsLink: false) }
            guard let status, sources.holds(status, at: index) else {
                throw RuntimeError(
                    "warm: \(quoted(mount.destination)) is no longer \(quoted(path)); start \"agentrt warm\" anew")
            }
            if try plan.annotations.checkIdentity(of: path, status) != nil {
                try checkContent(
                    of: path, mount, .received(try during(mount.origin) { try root.open(mount.destination) }))
            }
        }
    }
}
