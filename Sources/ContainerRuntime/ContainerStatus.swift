internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// How a container stands, derived from the kernel each time it is asked (runtime-spec runtime.md, State).
extension State.Status {
    /// Whether `start` has a meaning.
    var canStart: Bool { self == .created }
    /// Whether `delete` needs no force. A created container counts, against the letter of the specification: engines
    /// rely on runc and crun, which end and delete it.
    var canDelete: Bool { self == .stopped || self == .created }
}

extension StateDirectory {
    /// The status of the container.
    ///
    /// - Parameters:
    ///   - record: What was recorded; nil where the runtime was killed before it recorded anything.
    ///   - hierarchy: The host's cgroup v2; looked for where it is nil.
    /// - Returns: The status.
    /// - Throws: ``RuntimeError``.
    func status(
        _ record: ContainerRecord?, in hierarchy: UnifiedHierarchy? = nil
    ) throws(RuntimeError) -> State.Status {
        guard let record else { return .creating }
        // One look says both who it is and how it is: nothing need hold the process meanwhile.
        guard try isLive(record) else { return .stopped }
        if let path = record.cgroupPath {
            let found = hierarchy == nil ? try during("cgroup") { try UnifiedHierarchy.ofHost() } : hierarchy
            if let found, try during("cgroup", { try found.isFrozen(path) }) { return .paused }
        }
        return try hasFifo() ? .created : .running
    }

    /// The container's first process, if it still runs: the very one, not a later one of the same id.
    func liveProcess(_ record: ContainerRecord) throws(RuntimeError) -> ProcessHandle? {
        let process: ProcessHandle
        do throws(SystemCallError) {
            process = try ProcessHandle(pid: record.pid)
        } catch  where error.errno == .noSuchProcess {
            return nil
        } catch {
            throw RuntimeError("process \(record.pid): \(error)")
        }
        // Asked only now that the pidfd holds the process.
        return try isLive(record) ? process : nil
    }

    private func isLive(_ record: ContainerRecord) throws(RuntimeError) -> Bool {
        let status = try during("process \(record.pid)") { try ProcessStatus.of(record.pid) }
        return status?.startTime == record.startTime && status?.hasEnded == false
    }
}
