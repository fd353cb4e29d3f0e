internal import LinuxSystem

extension Container {
    /// Runs a further program in the container, with the container's limits and in its namespaces.
    ///
    /// - Parameter options: What, and how.
    /// - Returns: The status to exit with: the program's, 128 and a signal's number; 0 for one that goes on detached.
    /// - Throws: ``RuntimeError`` where it could not be started; then nothing of it is left.
    public func exec(_ options: ExecOptions) throws(RuntimeError) -> Int32 {
        // Blocked before anything is made: a signal that comes early is passed on, not lost and not the end of this.
        let signals = options.isDetached ? nil : try during("signals") { try SignalQueue() }
        var plan = try ExecPlan(self, options)
        let own = UnownedDescriptor(1)
        if !options.isDetached, plan.start.process.hasTerminal, plan.start.process.consoleSize == nil, own.isTerminal {
            // Before the program starts, so that it never sees a window without a size.
            plan.start.process.consoleSize = try during("window size") { try own.windowSize() }
        }
        let consoleSocket = try options.consoleSocket.map { path throws(RuntimeError) in
            try during("console socket") { try FrameSocket.connected(to: path) }
        }
        let streams =
            options.isDetached || plan.start.annotations.executablePaths == nil ? nil : try StreamRelay()
        let added = AddedProcess(
            plan: plan, consoleSocket: consoleSocket, streams: streams, diesWithRuntime: !options.isDetached)
        let (pid, process, channel) = try added.make()
        streams?.release()
        let console: FileDescriptorBox?
        do throws(RuntimeError) {
            console = try awaitReady(process, channel) { number throws(RuntimeError) in
                guard let listener = plan.start.process.seccompListener else {
                    throw RuntimeError("exec channel: a listener that nobody asked for")
                }
                try listener.handOver(number, of: process, pid: pid, state: state())
                try channel.send(.proceed)
            }
            if let path = options.pidFile {
                try during("--pid-file") {
                    try openFile(path, [.writeOnly, .create, .truncate], mode: 0o644).write("\(pid)")
                }
            }
            if let path = options.pidfdSocket { try process.sendPidfd(to: path) }
            if options.isDetached { try awaitExec(channel) }
        } catch {
            try end(process)
            throw error
        }
        guard let signals else { return 0 }
        let result = try Supervision(
            process: process, channel: channel, console: console, wallTime: nil, signals: signals
        ).waitForEnd()
        for number in try streams?.finish() ?? [] {
            report("descriptor \(number): some output could not be written")
        }
        return result.exitStatus
    }

    /// Waits until nothing is left but to execute the program.
    ///
    /// - Parameters:
    ///   - process: The process.
    ///   - channel: Where it says how it fares.
    ///   - handOver: Told the number of its filter's listener, to pass it on and let the process go on.
    /// - Returns: The master of its terminal, where this process keeps it.
    /// - Throws: ``RuntimeError``, its own too.
    private func awaitReady(
        _ process: ProcessHandle, _ channel: FrameSocket, handOver: (Int32) throws(RuntimeError) -> Void
    ) throws(RuntimeError) -> FileDescriptorBox? {
        var console: FileDescriptorBox?
        while true {
            guard let (message, descriptors) = try channel.receiveMessage() else {
                throw RuntimeError(
                    "exec: the process was killed before it began; the container ended, or its memory is too little")
            }
            switch message {
            case .ready: return console
            case .console: console = descriptors.first
            case .listener(let number): try handOver(number)
            case .failed(let status, let message): throw RuntimeError(message, exitStatus: status)
            case .proceed, .hooksDue, .ended, .endedAlone: throw RuntimeError("exec channel: a message out of turn")
            }
        }
    }

    /// Waits until the program is executed, which closes the channel.
    private func awaitExec(_ channel: FrameSocket) throws(RuntimeError) {
        guard let (message, _) = try channel.receiveMessage() else { return }
        guard case .failed(let status, let text) = message else {
            throw RuntimeError("exec channel: a message out of turn")
        }
        throw RuntimeError(text, exitStatus: status)
    }

    private func end(_ process: ProcessHandle) throws(RuntimeError) {
        try during("exec") { () throws(SystemCallError) in
            // It is a child that was not reaped, so it is there; one that has ended takes the signal without a word.
            do throws(SystemCallError) {
                try process.send(signal: Signals.kill)
            } catch  where error.errno != .noSuchProcess {
                throw error
            } catch {}
            _ = try process.waitForEnd()
        }
    }
}

extension ProcessHandle {
    /// Sends the pidfd over a unix socket, as `--pidfd-socket` asks.
    func sendPidfd(to path: String) throws(RuntimeError) {
        try during("--pidfd-socket") { () throws(SystemCallError) in
            try FrameSocket.connected(to: path).send(Array("pidfd".utf8), descriptors: [descriptor.rawValue])
        }
    }
}
