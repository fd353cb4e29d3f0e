internal import Cgroup
internal import LinuxSystem
internal import OCISpec

extension Container {
    /// Sends a signal to the container's first process (runtime-spec runtime.md, Kill).
    ///
    /// SIGKILL ends a paused container too; any other signal reaches it when it goes on.
    ///
    /// - Parameters:
    ///   - signal: The signal's number.
    ///   - all: Whether every process of the container gets it.
    /// - Throws: ``RuntimeError`` where the container neither is created nor runs.
    public func kill(signal: Int32, all: Bool = false) throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: true)
        let record = try directory.load()
        guard let record, let process = try directory.liveProcess(record) else {
            if all, let record, try killAll(record, signal: signal) { return }
            let status = try directory.status(record).rawValue
            throw RuntimeError(
                "cannot kill container \(quoted(id.description)): container not running (it is \(status))")
        }
        if all, try killAll(record, signal: signal) { return }
        do throws(SystemCallError) {
            try process.send(signal: signal)
        } catch  where error.errno == .noSuchProcess {
            throw RuntimeError("cannot kill container \(quoted(id.description)): container not running")
        } catch {
            throw RuntimeError("kill: \(error)")
        }
    }

    /// Sends the signal to all processes of the control group; false where the container has none.
    private func killAll(_ record: ContainerRecord, signal: Int32) throws(RuntimeError) -> Bool {
        guard let cgroup = try record.openCgroup() else { return false }
        if signal == Signals.kill {
            try during("cgroup") { try cgroup.killAll() }
            return true
        }
        for pid in try during("cgroup", { try cgroup.allProcesses() }) {
            do throws(SystemCallError) {
                try ProcessHandle(pid: pid).send(signal: signal)
            } catch  where error.errno == .noSuchProcess {
                continue  // It ended meanwhile.
            } catch {
                throw RuntimeError("kill \(pid): \(error)")
            }
        }
        return true
    }
}

extension ContainerRecord {
    /// The container's control group, if it has one and it is still there.
    ///
    /// - Returns: The group; nil where it has none, or the group is gone.
    /// - Throws: ``RuntimeError``.
    func openCgroup() throws(RuntimeError) -> Cgroup? {
        guard let cgroupPath, let hierarchy = try during("cgroup", { try UnifiedHierarchy.ofHost() }) else {
            return nil
        }
        return try during("cgroup") {
            try Cgroup.open(CgroupPath(cgroupPath), in: hierarchy)
        }
    }
}
