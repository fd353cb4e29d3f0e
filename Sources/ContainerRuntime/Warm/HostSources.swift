internal import LinuxSystem

/// What a call sees of the host before it leaves it: which files or directories the sources of bind mounts are, and the
/// bundle's files, which shared mounts cover.
final class HostSources {
    /// The root file system in the bundle.
    let root: FileDescriptorBox
    /// Device and inode of each mount's source, one after the other; zeros for what is no bind mount.
    private let numbers: [UInt64]

    /// Looks at the sources.
    ///
    /// - Parameters:
    ///   - plan: What is to be mounted.
    ///   - journal: What is asked for ``areJournaled``.
    /// - Throws: ``RuntimeError`` where one is gone.
    init(_ plan: InitPlan, _ journal: InputJournal? = nil) throws(RuntimeError) {
        let mounts = plan.mounts
        root = try during("root.path") { () throws(SystemCallError) in
            FileDescriptorBox(try openFile(plan.rootPath, [.path, .directory, .noFollow]))
        }
        var numbers: [UInt64] = []
        numbers.reserveCapacity(2 * mounts.count)
        for mount in mounts {
            guard case .bind(let path, _) = mount.source else {
                numbers += [0, 0]
                continue
            }
            guard let status = try during(mount.origin, { try fileStatus(path) }) else {
                throw RuntimeError("\(mount.origin): \(quoted(path)): \(Errno.noSuchFile)")
            }
            numbers += [status.device.packed, status.inode]
            if journal?.holds(path, status) != true { areJournaled = false }
        }
        self.numbers = numbers
    }

    /// Whether a journal says the same of each source: while it is current, so are these.
    private(set) var areJournaled = true

    /// Whether the sources are the same files as when others looked.
    func areThose(of others: HostSources) -> Bool { numbers == others.numbers }

    /// Whether a file is the source of a mount.
    func holds(_ status: FileStatus, at index: Int) -> Bool {
        numbers[2 * index] == status.device.packed && numbers[2 * index + 1] == status.inode
    }
}
