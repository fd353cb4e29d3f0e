internal import LinuxSystem
internal import OCISpec

extension Container {
    /// Starts the program of a created container (runtime-spec runtime.md, Start).
    ///
    /// Returns once the program has been executed, after the startContainer and poststart hooks.
    ///
    /// - Parameter notifySocket: The service manager's socket: with it this returns once the container says that it is
    ///   ready, and was created to be able to (sd_notify(3)).
    /// - Throws: ``RuntimeError`` where the container is in another state, its init is gone, a hook fails, or the program
    ///   cannot be executed; where init had gone on, the container is then stopped, and after a poststart hook deleted.
    public func start(notifySocket: String? = nil) throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: true)
        let record = try directory.load()
        let status = try directory.status(record)
        guard status.canStart, let record else {
            throw RuntimeError("cannot start container \(quoted(id.description)): it is \(status.rawValue)")
        }
        let initIsGone = RuntimeError("cannot start container \(quoted(id.description)): its init is gone")
        guard let process = try directory.liveProcess(record) else { throw initIsGone }
        let outcome = try during(StateDirectory.outcomeName) {
            FileDescriptorBox(try directory.directory.open(StateDirectory.outcomeName, [.readOnly, .nonBlocking]))
        }
        let readiness = try notifySocket.flatMap { manager throws(RuntimeError) in
            try readinessSocket(in: directory, for: manager)
        }
        do throws(SystemCallError) {
            // That the FIFO is opened is the signal; a FIFO nobody reads any more says that init is gone (ENXIO).
            let fifo = try directory.directory.open(StateDirectory.fifoName, [.writeOnly, .nonBlocking])
            try fifo.write("0")
        } catch  where error.errno == .noSuchDeviceOrAddress {
            throw initIsGone
        } catch {
            throw RuntimeError("exec.fifo: \(error)")
        }
        for name in [StateDirectory.fifoName, StateDirectory.outcomeName] {
            try during(name) { try directory.directory.removeFile(name) }
        }
        // startContainer hooks may take their time: `kill` and `delete` need not wait for them.
        try directory.unlock()
        try waitForExec(outcome, process)
        guard try directory.relock() else {
            throw RuntimeError("cannot start container \(quoted(id.description)): it was deleted meanwhile")
        }
        do throws(RuntimeError) {
            try HookRunner(state: record.state(id, .running)).run(record.poststart, phase: .poststart)
        } catch {
            // As the specification has it: stopped, and on as after `delete` (runtime.md, Lifecycle, 9).
            try endFirstProcess(process, record)
            try remove(record, try record.openCgroup(), directory)
            throw error
        }
        try directory.unlock()
        try readiness?.wait(for: process, pid: record.pid)
    }

    /// Waits until init has executed the program, which closes the FIFO.
    private func waitForExec(_ outcome: FileDescriptorBox, _ process: ProcessHandle) throws(RuntimeError) {
        var bytes: [UInt8] = []
        while true {
            let ready = try during(StateDirectory.outcomeName) {
                try waitUntilReady([outcome.descriptor.rawValue, process.descriptor.rawValue])
            }
            guard ready[0] || ready[1] else { continue }
            // Init may have closed the FIFO before this process opened it: then only its end is seen.
            let part = try during(StateDirectory.outcomeName) { try outcome.descriptor.read(upTo: 16384) }
            if part.isEmpty { break }
            bytes += part
        }
        let isReady = bytes.starts(with: InitMessage.ready.frame)
        if isReady { bytes.removeFirst(InitMessage.ready.frame.count) }
        if isReady, bytes.isEmpty { return }
        // It is about to end, or has: `state` right after this says so.
        _ = try during("wait") { try waitUntilReady([process.descriptor.rawValue], milliseconds: 10_000) }
        guard case .failed(_, let message) = InitMessage(frame: bytes) else {
            throw RuntimeError("cannot start container \(quoted(id.description)): its init was killed")
        }
        throw RuntimeError(message)
    }
}
