internal import Cgroup
internal import LinuxSystem
internal import OCISpec

extension Container {
    /// The container's processes: all of its control group, and of groups that it made below.
    ///
    /// - Returns: Their ids on the host, ascending; none where the container has stopped.
    /// - Throws: ``RuntimeError`` where there is no such container, or where it runs and has no control group.
    public func processes() throws(RuntimeError) -> [Int32] {
        let directory = try StateDirectory(opening: id, in: root, locks: false)
        let record = try directory.load()
        guard let cgroup = try record?.openCgroup() else {
            // A container that has none shares its group with whoever made it.
            guard try directory.status(record) == .stopped else {
                throw RuntimeError(
                    "cannot list the processes of container \(quoted(id.description)): it has no control group of its own"
                )
            }
            return []
        }
        return try during("cgroup") { try cgroup.allProcesses() }
    }
}
