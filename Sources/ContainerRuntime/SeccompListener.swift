internal import JSON
internal import LinuxSystem
internal import OCISpec

/// Hands the listener of a filter to the supervisor that a bundle names (config-linux.md, Seccomp, `listenerPath`).
///
/// Init installs the filter and only says by which number it has the listener; the runtime, which no filter holds, takes
/// it by pidfd_getfd(2) and sends it on. So of init's calls until then only write(2) must not be one to be notified.
struct SeccompListener {
    /// A unix socket of the host.
    let path: String
    let metadata: String?

    /// Takes the listener out of a process and sends it.
    ///
    /// - Parameters:
    ///   - number: The listener's number in the process.
    ///   - process: The process that the filter holds.
    ///   - pid: Its id.
    ///   - state: The container's state; its process is another one where `exec` added this one.
    /// - Throws: ``RuntimeError``.
    func handOver(_ number: Int32, of process: ProcessHandle, pid: Int32, state: State) throws(RuntimeError) {
        let listener = try take(number, of: process)
        let message = ContainerProcessState(ociVersion: state.ociVersion, pid: pid, metadata: metadata, state: state)
        // runc's words, which users look for.
        let socket = try during("linux.seccomp.listenerPath: failed to connect with seccomp agent") {
            try FrameSocket.connected(to: path)
        }
        try during("linux.seccomp.listenerPath") {
            try socket.send(JSONWriter.bytes(message), descriptors: [listener.rawValue])
        }
    }

    private func take(_ number: Int32, of process: ProcessHandle) throws(RuntimeError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try process.copyDescriptor(number)
        } catch  where error.errno == .notPermitted {
            throw RuntimeError("linux.seccomp.listenerPath: \(error): taking a listener over needs CAP_SYS_PTRACE")
        } catch {
            throw RuntimeError("linux.seccomp.listenerPath: \(error)")
        }
    }
}

extension ProcessPlan {
    /// Installs a filter with a listener, and waits until its supervisor has it: whatever this process does from then on
    /// may be the supervisor's to permit.
    ///
    /// - Parameter channel: Where the runtime is told of the listener.
    /// - Throws: ``RuntimeError``.
    func installNotifyingFilter(_ channel: FrameSocket) throws(RuntimeError) {
        guard let filter = notifyingFilter else { return }
        let number = try during("linux.seccomp") { try filter.install() }
        let listener = FileDescriptor(owning: Int32(number))
        // Not by sendmsg(2), which may be a call that nobody answers yet.
        try during("init channel") { try channel.descriptor.write(InitMessage.listener(listener.rawValue).frame) }
        try channel.awaitProceed()
        // The supervisor has its own by now.
        _ = consume listener
    }
}
