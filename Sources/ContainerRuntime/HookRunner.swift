internal import JSON
internal import LinuxSystem
internal import OCISpec

/// Runs a bundle's hooks, one after another, in whatever namespaces this process is (runtime-spec config.md,
/// POSIX-platform Hooks).
struct HookRunner {
    /// What each hook reads from standard input.
    let state: State

    /// Runs the hooks of a phase; the first failure ends it.
    ///
    /// - Parameters:
    ///   - hooks: The hooks.
    ///   - phase: Their phase, for messages.
    /// - Throws: ``RuntimeError`` in runc's words, with what the hook wrote to standard error.
    func run(_ hooks: [Hook], phase: Hooks.Phase) throws(RuntimeError) {
        for (index, hook) in hooks.enumerated() { try run(hook, phase: phase, index: index) }
    }

    /// Runs one hook of a phase.
    func run(_ hook: Hook, phase: Hooks.Phase, index: Int) throws(RuntimeError) {
        do throws(RuntimeError) {
            try run(hook)
        } catch {
            throw RuntimeError("error running \(phase.rawValue) hook #\(index): \(error)")
        }
    }

    private func run(_ hook: Hook) throws(RuntimeError) {
        let path = CStringBlock([hook.path])
        let arguments = CStringBlock(hook.args.isEmpty ? [hook.path] : hook.args)
        let environment = CStringBlock(hook.env)
        let (input, inputEnd) = try during("pipe") { try FrameSocket.pipe() }
        let (errorEnd, errorOutput) = try during("pipe") { try FrameSocket.pipe() }
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            // Only what must be is done between clone and exec; a failure is told by the exit status.
            do throws(SystemCallError) {
                try input.descriptor.duplicate(onto: 0)
                try errorOutput.descriptor.duplicate(onto: 2)
                try closeOnExec(from: 3)
                try setParentDeathSignal(Signals.kill)
            } catch {
                endProcess(127)
            }
            Signals.unblockAll()
            let errno = execute(path, arguments, environment)
            let message = Array("exec \(quoted(hook.path)): \(errno)\n".utf8)
            // The exit status says it too, if nobody reads this.
            _ = try? errorOutput.descriptor.write(message)
            endProcess(127)
        case .parent(_, let process):
            input.close()
            errorOutput.close()
            try feed(JSONWriter.bytes(state), to: inputEnd)
            try waitForEnd(of: process, errors: errorEnd, timeout: hook.timeout)
        }
    }

    /// A hook need not read its input; one that has closed it is no error.
    private func feed(_ state: [UInt8], to pipe: PipeEnd) throws(RuntimeError) {
        do throws(SystemCallError) {
            try pipe.descriptor.writeToPipe(state)
        } catch  where error.errno == .brokenPipe {
            // It said by this that it does not want to know.
        } catch {
            throw RuntimeError("state on standard input: \(error)")
        }
        pipe.close()
    }

    private func waitForEnd(
        of process: ProcessHandle, errors: PipeEnd, timeout: Int?
    ) throws(RuntimeError) {
        let deadline = timeout.map { bootTime() + Int64($0) * 1_000_000_000 }
        var output: [UInt8] = []
        var readsErrors = true
        while true {
            let left = deadline.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
            let ready = try during("poll") {
                try waitUntilReady(
                    [process.descriptor.rawValue, readsErrors ? errors.descriptor.rawValue : -1], milliseconds: left)
            }
            if ready[1] {
                let part = try during("read") { try errors.descriptor.read(upTo: 4096) }
                readsErrors = !part.isEmpty
                if output.count < 16384 { output += part }
                continue
            }
            if ready[0] { break }
            if let deadline, bootTime() >= deadline {
                try during("kill") { try process.send(signal: Signals.kill) }
                _ = try during("wait") { try process.waitForEnd() }
                throw RuntimeError("timeout: it did not end within \(timeout ?? 0) s")
            }
        }
        let end = try during("wait") { try process.waitForEnd() }
        guard end != .exited(0) else { return }
        let text = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: "; ")
        let how =
            switch end {
            case .exited(let status): "exit status \(status)"
            case .signalled(let signal): "signal: \(Signals.name(signal))"
            }
        throw RuntimeError(text.isEmpty ? how : "\(how), stderr: \(text)")
    }
}
