internal import JSON
internal import LinuxSystem
internal import OCISpec

/// Runs a bundle's hooks, one after another, in whatever namespaces this process is (runtime-spec config.md,
/// POSIX-platform Hooks).
struct HookRunner {
    /// What each hook reads from standard input.
    let state: State
    /// Whether a hook begins in the bundle's directory, as with runc and crun; otherwise where this process is.
    var beginsInBundle = true
    /// What a hook has as its environment where the bundle says nothing: nil is the runtime's own, as with runc and crun.
    var environment: [String]?
    /// A filter that each hook is under; nil for none.
    var seccomp: InstallableSeccompFilter?

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
            try run(hook, phase)
        } catch {
            // Where nothing fails for it, in crun's words.
            if phase == .poststop { throw RuntimeError("poststop hook failed with \(error) (hook #\(index))") }
            throw RuntimeError("error running \(phase.rawValue) hook #\(index): \(error)")
        }
    }

    private func run(_ hook: Hook, _ phase: Hooks.Phase) throws(RuntimeError) {
        let path = CStringBlock([hook.path])
        let arguments = CStringBlock(hook.args.isEmpty ? [hook.path] : hook.args)
        let environment = CStringBlock(hook.env ?? environment ?? processEnvironment())
        let (input, inputEnd) = try during("pipe") { try FrameSocket.pipe() }
        let (errorEnd, errorOutput) = try during("pipe") { try FrameSocket.pipe() }
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            // Only what must be is done between clone and exec; a failure is told by the exit status.
            do throws(SystemCallError) {
                try input.descriptor.duplicate(onto: 0)
                try errorOutput.descriptor.duplicate(onto: 2)
                if beginsInBundle { try Self.enter(state.bundle) }
                try closeOnExec(from: 3)
                try setParentDeathSignal(Signals.kill)
            } catch {
                endProcess(127)
            }
            Signals.unblockAll()
            do throws(SystemCallError) { _ = try seccomp?.install() } catch { endProcess(127) }
            let errno = execute(path, arguments, environment)
            let message = Array("exec \(quoted(hook.path)): \(errno)\n".utf8)
            // The exit status says it too, if nobody reads this.
            _ = try? errorOutput.descriptor.write(message)
            endProcess(127)
        case .parent(_, let process):
            input.close()
            errorOutput.close()
            try attend(process, input: inputEnd, errors: errorEnd, timeout: hook.timeout, phase)
        }
    }

    /// A bundle may be gone before its poststop hooks run, which have to clean up all the same.
    private static func enter(_ bundle: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try changeDirectory(bundle)
        } catch  where error.errno == .noSuchFile {
            try changeDirectory("/")
        }
    }

    /// Writes the state to the hook, reads its complaints and waits for its end, all within its time: it may leave its
    /// input unread, which a pipe need not hold, or never cease to complain.
    private func attend(
        _ process: ProcessHandle, input: PipeEnd, errors: PipeEnd, timeout: Int?, _ phase: Hooks.Phase
    ) throws(RuntimeError) {
        // Any number is permitted; more than thirty years is for ever.
        let deadline = timeout.map { bootTime() + Int64(min($0, 1_000_000_000)) * 1_000_000_000 }
        try during("pipe") { try input.descriptor.makeNonBlocking() }
        var unread = JSONWriter.bytes(state)[...]
        var output: [UInt8] = []
        var readsErrors = true
        while true {
            let left = deadline.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
            let ready = try during("poll") {
                try waitUntilReady(
                    [process.descriptor.rawValue, readsErrors ? errors.descriptor.rawValue : -1],
                    writable: unread.isEmpty ? [] : [input.descriptor.rawValue], milliseconds: left)
            }
            if ready[1] {
                let part = try during("read") { try errors.descriptor.read(upTo: 4096) }
                readsErrors = !part.isEmpty
                if output.count < 16384 { output += part }
            } else if ready.count == 3, ready[2] {
                unread = try feed(unread, to: input)
                if unread.isEmpty { input.close() }
            } else if ready[0] {
                break
            }
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
            case .exited(let status): phase == .poststop ? "exit code: \(status)" : "exit status \(status)"
            case .signalled(let signal): "signal: \(Signals.name(signal))"
            }
        throw RuntimeError(text.isEmpty ? how : "\(how), stderr: \(text)")
    }

    /// What is left to write. A hook need not read its input; one that has closed it is no error.
    private func feed(_ state: ArraySlice<UInt8>, to pipe: PipeEnd) throws(RuntimeError) -> ArraySlice<UInt8> {
        do throws(SystemCallError) {
            return state.dropFirst(try pipe.descriptor.writeToPipe(partOf: state))
        } catch  where error.errno == .brokenPipe {
            return []  // It said by this that it does not want to know.
        } catch {
            throw RuntimeError("state on standard input: \(error)")
        }
    }
}
