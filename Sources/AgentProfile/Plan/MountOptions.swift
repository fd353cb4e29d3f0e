internal import OCISpec

/// Makes mounts of the bundle's configuration: one place for the options of each kind.
struct MountOptions {
    /// The host's own mounts, which decide whether a bind is recursive.
    let hostMounts: HostMounts
    /// Who owns fresh directories.
    let user: ContainerUser

    /// What every sandbox has: processes, devices, terminals and shared memory.
    static let fixed: [PlannedMount] = [
        // The default devices and links in /dev are made by the runtime, which the specification obliges to.
        fixed("/proc", "proc", ["nosuid", "nodev", "noexec"]),
        fixed("/dev", "tmpfs", ["nosuid", "noexec", "mode=755", "size=64k", "nr_inodes=1024"]),
        fixed("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "max=256"]),
        fixed("/dev/shm", "tmpfs", ["nosuid", "nodev", "noexec", "mode=1777", "size=256m", "nr_inodes=65536"]),
    ]

    private static func fixed(_ destination: String, _ type: String, _ options: [String]) -> PlannedMount {
        PlannedMount(
            mount: Mount(destination: destination, type: type, source: type, options: options), origin: "",
            reason: "every sandbox has its own")
    }

    /// An empty directory in memory that belongs to the sandbox's user. It holds a file for each 4 KiB: an empty one takes
    /// memory too.
    func fresh(_ path: String, mebibytes: Int, mode: UInt32) -> Mount {
        Mount(
            destination: path, type: "tmpfs", source: "tmpfs",
            options: [
                "nosuid", "nodev", "noexec", "mode=\(String(mode, radix: 8))", "uid=\(user.uid)", "gid=\(user.gid)",
                "size=\(mebibytes)m", "nr_inodes=\(mebibytes * 256)",
            ])
    }

    /// A file or directory of the host, or a mask of the bundle, at a place.
    ///
    /// - Parameters:
    ///   - source: What is mounted.
    ///   - level: Where, and what may be done there.
    ///   - isDirectory: Whether other mounts of the host may lie below the source.
    /// - Returns: The mount.
    func bind(_ source: String, onto level: MountPlan.Level, isDirectory: Bool) -> Mount {
        // No "rw" for what may be written: what is read-only on the host stays so.
        var flags = level.access == .writable ? [] : ["ro"]
        flags += level.isLoadable ? ["nosuid", "nodev"] : ["nosuid", "nodev", "noexec"]
        var options = ["bind"] + flags
        if isDirectory, hostMounts.hasMount(below: source) {
            // Twice: for the mount itself, as every runtime knows it, and for the mounts below it.
            options = ["rbind"] + flags + flags.map { "r" + $0 }
        }
        return Mount(destination: level.path, type: "bind", source: source, options: options)
    }
}
