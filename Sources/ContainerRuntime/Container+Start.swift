internal import LinuxSystem
internal import OCISpec

extension Container {
    /// Starts the program of a created container (runtime-spec runtime.md, Start).
    ///
    /// - Throws: ``RuntimeError`` where the container is in another state, its init is gone, or a poststart hook fails.
    public func start() throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: true)
        let record = try directory.load()
        let status = try directory.status(record)
        guard status.canStart, let record else {
            throw RuntimeError("cannot start container \(quoted(id.description)): it is \(status.rawValue)")
        }
        do throws(SystemCallError) {
            // That the FIFO is opened is the signal; a FIFO nobody reads any more says that init is gone (ENXIO).
            let fifo = try directory.directory.open(StateDirectory.fifoName, [.writeOnly, .nonBlocking])
            try fifo.write("0")
        } catch  where error.errno == .noSuchDeviceOrAddress {
            throw RuntimeError("cannot start container \(quoted(id.description)): its init is gone")
        } catch {
            throw RuntimeError("exec.fifo: \(error)")
        }
        try during("exec.fifo") { try directory.directory.removeFile(StateDirectory.fifoName) }
        try HookRunner(state: record.state(id, .running)).run(record.poststart, phase: .poststart)
    }
}
