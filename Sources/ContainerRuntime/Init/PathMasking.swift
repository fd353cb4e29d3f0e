internal import LinuxSystem

/// Hides paths and makes paths read-only (runtime-spec config-linux.md, Masked Paths and Readonly Paths).
///
/// A path that the container does not have is passed over, as the specification's runtimes do; any other failure is an
/// error. What covers a file is the host's /dev/null, verified, never the container's own.
struct PathMasking {
    /// The container's procfs and sysfs, in which most of the paths lie.
    let systems: SystemMounts

    /// Covers files with /dev/null and directories with one empty read-only directory.
    func mask(_ paths: [String], in root: borrowing RootDirectory) throws(RuntimeError) {
        // One tmpfs serves all directories: each further one would cost a superblock.
        var directoryMask: FileDescriptorBox?
        for (index, path) in paths.enumerated() {
            try during("linux.maskedPaths[\(index)]: \(quoted(path))") { () throws(SystemCallError) in
                guard let target = try existing(path, in: root) else { return }
                if try target.descriptor.status().kind == .directory {
                    let tree: MountTree
                    if let directoryMask {
                        tree = try MountTree(copying: directoryMask.descriptor, isRecursive: false)
                    } else {
                        tree = try MountTree(
                            newFileSystem: "tmpfs", source: "tmpfs", options: ["size=4096", "mode=555"],
                            attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution])
                    }
                    try tree.attach(to: target.descriptor)
                    if directoryMask == nil { directoryMask = FileDescriptorBox(try tree.descriptor.duplicated()) }
                } else {
                    let tree = try MountTree(copying: "/dev/null", isRecursive: false)
                    let status = try tree.descriptor.status()
                    guard status.kind == .characterDevice, status.deviceNode == DeviceNumber(major: 1, minor: 3) else {
                        throw SystemCallError(
                            call: "bind", object: "\"/dev/null\" of the host", errno: .noSuchDeviceOrAddress)
                    }
                    // Read-only: what is written to it still goes nowhere, but its mode and times are the host's.
                    try tree.change(setting: [.readOnly, .noSetUserID, .noExecution])
                    try tree.attach(to: target.descriptor)
                }
            }
        }
    }

    /// Binds each path over itself, read-only with all below it.
    func makeReadOnly(_ paths: [String], in root: borrowing RootDirectory) throws(RuntimeError) {
        for (index, path) in paths.enumerated() {
            try during("linux.readonlyPaths[\(index)]: \(quoted(path))") { () throws(SystemCallError) in
                guard let target = try existing(path, in: root) else { return }
                let tree = try MountTree(copying: target.descriptor, isRecursive: true)
                try tree.change(setting: .readOnly, isRecursive: true)
                try tree.attach(to: target.descriptor)
            }
        }
    }

    private func existing(_ path: String, in root: borrowing RootDirectory) throws(SystemCallError)
        -> FileDescriptorBox?
    {
        do throws(SystemCallError) {
            if let (tree, rest) = systems.holding(path) {
                return FileDescriptorBox(
                    try openFile(rest, below: tree.descriptor, .path, resolve: [.inRoot, .noMagicLinks]))
            }
            return FileDescriptorBox(try root.open(path))
        } catch  where error.errno == .noSuchFile || error.errno == .notDirectory {
            return nil
        }
    }
}
