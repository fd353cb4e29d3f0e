internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// A process that `exec` adds to a container, from its birth to its exec.
///
/// It is born by a ``Joiner`` that joins the container with one setns(2) on the pidfd of the container's first process:
/// all namespaces at once, or none. So no process is ever in some of the container's namespaces and in some of the
/// host's; and the joiner is not dumpable before, so that nothing in the container can look into it (CVE-2016-9962).
struct AddedProcess {
    let plan: ExecPlan
    /// A connection to the console socket; nil where the runtime takes the terminal itself.
    let consoleSocket: FrameSocket?
    /// Pipes in place of redirected files.
    let streams: StreamRelay?
    let diesWithRuntime: Bool

    /// Makes it.
    ///
    /// - Returns: Its id and handle, a child of this process, and the channel on which it says how it fares.
    /// - Throws: ``RuntimeError``.
    func make() throws(RuntimeError) -> (pid: Int32, process: ProcessHandle, channel: FrameSocket) {
        try plan.affinity.applyInitial()
        let (ownNumber, otherNumber) = try during("socketpair") { try FrameSocket.pair() }
        let own = FrameSocket(FileDescriptor(owning: ownNumber))
        let other = FileDescriptorBox(FileDescriptor(owning: otherNumber))
        let (pid, process) = try bear(in: plan.cgroup) {
            _ = FileDescriptor(owning: ownNumber)
            run(FrameSocket(FileDescriptor(owning: otherNumber)))
        }
        withExtendedLifetime(other) {}
        return (pid, process, own)
    }

    private func bear(
        in cgroup: Cgroup?, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        // In the container's group before its view of groups is joined: the kernel moves nobody into a view.
        try Joiner.bear(
            bornIn: cgroup,
            join: { () throws(RuntimeError) in
                _ = cgroup.map { FileDescriptor(owning: $0.directory.descriptor.rawValue) }
                try join()
                return []
            }, body: body)
    }

    // MARK: The joiner

    private func join() throws(RuntimeError) {
        try ExecutableLookup.recordOwnImage()
        try during("cgroup") { try plan.legacyGroups.openEntrances().enter() }
        if plan.affinity.isEmpty, !plan.start.isSandbox { try ProcessorAffinity.reset() }
        try plan.affinity.applyFinal()
        if let adjustment = plan.start.process.oomScoreAdjustment {
            // Before the process is not dumpable: then its files in /proc belong to root.
            try during("process.oomScoreAdj") {
                try openFile("/proc/self/oom_score_adj", .writeOnly).write("\(adjustment)")
            }
        }
        try during("PR_SET_DUMPABLE") { try setDumpable(false) }
        let what = "join the container's namespaces"
        do throws(SystemCallError) {
            try plan.initProcess.descriptor.joinNamespace(plan.namespaces)
        } catch  where error.errno == .noSuchProcess {
            throw RuntimeError("\(what): it has ended meanwhile")
        } catch  where error.errno == .notPermitted && plan.hasReapingInit {
            // Process 1 is the runtime, never executed anew: its memory is the host's, which a user may not look into
            // (ptrace(2), PTRACE_MODE_READ). The program, its child, is in the same namespaces.
            guard let program = try during(what, { try childOfInit() }) else { throw RuntimeError("\(what): \(error)") }
            try during(what) { try program.descriptor.joinNamespace(plan.namespaces) }
        } catch  where error.errno == .notPermitted && plan.isCreated {
            throw RuntimeError("\(what): only root may enter a container that is not started")
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
    }

    private func childOfInit() throws(SystemCallError) -> ProcessHandle? {
        let text = try readFile("/proc/\(plan.initPID)/task/\(plan.initPID)/children", limit: 1 << 20)
        guard let first = text.split(separator: 32).first, let pid = Int32(String(decoding: first, as: UTF8.self))
        else { return nil }
        let child = try ProcessHandle(pid: pid)
        // Asked only now that the pidfd holds it, and process 1 with its own.
        guard try ProcessStatus.of(pid)?.parent == plan.initPID else { return nil }
        try plan.initProcess.send(signal: 0)
        return child
    }

    // MARK: The process

    private func run(_ channel: FrameSocket) -> Never {
        do throws(RuntimeError) {
            let executable = try prepare(channel)
            try plan.start.execute(executable, diesWithRuntime: diesWithRuntime) { drop throws(RuntimeError) in
                try drop.apply()
            } awaitGo: { () throws(RuntimeError) in
                try plan.start.process.installNotifyingFilter(channel)
                try channel.send(.ready)
                return nil
            }
        } catch {
            // If even this cannot be told, the runtime sees the socket close without `ready`.
            _ = try? channel.send(.failed(status: error.exitStatus, message: error.description))
            endProcess(error.exitStatus)
        }
    }

    private func prepare(_ channel: FrameSocket) throws(RuntimeError) -> String {
        try during("standard streams") { try streams?.install() }
        try plan.start.refuseFiles()
        Signals.resetActions()
        Signals.unblockAll()
        try during("parent-death signal") { try setParentDeathSignal(Signals.kill) }
        try plan.start.becomeRootOfUserNamespace()
        startSession()
        try plan.start.joinKeyring()
        if let personality = plan.personality { try during("linux.personality") { try setPersonality(personality) } }
        // A change of user id may have made it dumpable again, or not (prctl(2)).
        try during("PR_SET_DUMPABLE") { try setDumpable(false) }
        if plan.start.process.hasTerminal { try openConsole(channel) }
        setFileModeMask(0o022)
        return try plan.start.enterWorkingDirectory()
    }

    private func openConsole(_ channel: FrameSocket) throws(RuntimeError) {
        let root = RootDirectory(try during("process.terminal") { try openFile("/", [.path, .directory]) })
        let pty = try InitConsole.make(
            plan.start.process, in: root, isCarried: consoleSocket == nil)
        switch consoleSocket {
        case .some(let socket):
            try during("console socket") {
                try socket.send(Array("/dev/ptmx".utf8), descriptors: [pty.master.rawValue])
            }
        case .none: try channel.send(.console, descriptors: [pty.master.rawValue])
        }
        try InitConsole.use(pty, isControlling: true)
    }
}
