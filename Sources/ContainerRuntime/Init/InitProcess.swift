internal import Cgroup
internal import LinuxSystem
internal import NetworkRules
internal import OCISpec

/// The container's first process, from its birth to its exec. Reads from the top in the order things happen.
///
/// Runs in the child of clone3(2), which has one thread; it ends in execve(2) or ``endProcess(_:)`` and never returns.
struct InitProcess {
    let plan: InitPlan
    let channel: FrameSocket
    let start: StartCondition
    /// The ways into its groups of cgroup v1; nil where it has none.
    let entrances: LegacyEntrances?
    let prepared: PreparedTrees
    /// What was seen of the host where the file system stands ready; else nil.
    let sources: HostSources?
    /// The state that hooks are given on standard input, but for the process id.
    let hookState: State
    /// A connection to the console socket; nil where the runtime takes the terminal itself.
    let consoleSocket: FrameSocket?
    /// Where the sockets of the network by name go; nil without such a network.
    let gate: GateSockets?
    let makesSessionKeyring: Bool
    /// How many descriptors from 3 on the program keeps.
    let preservedDescriptors: Int32
    /// How many of these are sockets to accept on.
    let listeningDescriptors: Int32
    /// How the runtime is told of the program's calls; nil where nobody asked.
    let watch: CallWatchEnd?

    /// What the program waits for.
    enum StartCondition {
        /// Nothing: the runtime stays, and the container ends with it.
        case immediately(diesWithRuntime: Bool)
        /// `start`, which opens the FIFO whose descriptor this is, open for reading; and by which other one `start` is
        /// told how it went.
        case fifo(Int32, outcome: Int32)
        /// A call, which brings arguments and standard streams (``StandbyCall``), and then that `go` counts up.
        case call(go: EventCounter)

        /// Whether the program's descriptors come only then.
        var bringsStreams: Bool { if case .call = self { true } else { false } }
    }

    /// What it shares with processes that are added to the container.
    private var program: ProgramStart {
        ProgramStart(
            process: plan.process, annotations: plan.annotations, hasUserNamespace: plan.hasUserNamespace,
            uidMappings: plan.uidMappings, gidMappings: plan.gidMappings, deniesGroups: plan.deniesGroups,
            preservedDescriptors: preservedDescriptors, listeningDescriptors: listeningDescriptors, watch: watch)
    }

    /// Runs to the end.
    func run() -> Never {
        do throws(RuntimeError) {
            let executable = try prepare()
            try execute(executable)
        } catch {
            // If even this cannot be told, the runtime sees the socket close without `ready`.
            _ = try? channel.send(.failed(status: error.exitStatus, message: error.description))
            tellStart(.failed(status: error.exitStatus, message: error.description))
            endProcess(error.exitStatus)
        }
    }

    // MARK: All that can fail

    private func prepare() throws(RuntimeError) -> String {
        try plan.settleControlGroups(entrances)
        if !start.bringsStreams { try program.refuseFiles() }
        if case .fifo = start {
            // It may wait for days, and whoever reads the other end of the caller's pipe with it.
            try during("descriptors") { try closeInherited(from: 3 + preservedDescriptors) }
        }
        Signals.resetActions()
        Signals.unblockAll()
        // Until the container is made, it dies with the runtime; a runtime that died before this is found below.
        try during("parent-death signal") { try setParentDeathSignal(Signals.kill) }
        if plan.newNamespaces.contains(.user) { try channel.awaitProceed() }
        try program.becomeRootOfUserNamespace()
        try ExecutableLookup.recordOwnImage()
        startSession()
        if makesSessionKeyring { try program.joinKeyring() }
        try during("PR_SET_DUMPABLE") { try setDumpable(false) }

        try nameAndTune()
        if !program.isSandbox { try ProcessorAffinity.reset() }
        let rootFilesystem = try makeRootFilesystem()
        // No code but the runtime's has run so far; none runs before the container is written down.
        if !plan.newNamespaces.contains(.user) { try channel.awaitProceed() }
        if plan.awaitsRuntime {
            try channel.send(.hooksDue)
            try channel.awaitProceed()
        }
        if !plan.hooks.createContainer.isEmpty {
            // In what is about to be the root, as with runc: hooks mount below it by relative paths.
            try during("root.path") { try rootFilesystem.root.descriptor.makeWorkingDirectory() }
            try HookRunner(state: hookState, beginsInBundle: false).run(
                plan.hooks.createContainer, phase: .createContainer)
        }
        if plan.process.hasTerminal { try openConsole(rootFilesystem.root) }
        try rootFilesystem.enter()

        setFileModeMask(0o022)
        return try program.enterWorkingDirectory()
    }

    private func makeRootFilesystem() throws(RuntimeError) -> RootFilesystem {
        if let warm = plan.warm, let sources {
            try warm.enter()
            var rootFilesystem = try RootFilesystem(warm: plan, sources)
            try rootFilesystem.renew(sources)
            return rootFilesystem
        }
        var rootFilesystem = try RootFilesystem(plan, prepared: prepared)
        try rootFilesystem.build(prepared: prepared)
        return rootFilesystem
    }

    /// What belongs to the new namespaces and needs the host's /proc.
    private func nameAndTune() throws(RuntimeError) {
        try plan.settleNewNamespaces()
        if let network = plan.annotations.network {
            guard let gate else { throw RuntimeError("annotations.dev.agentrt.network: there is no gate") }
            try gate.handOver(ports: network.ports)
        }
        if let name = plan.hostname { try during("hostname") { try setHostname(name) } }
        if let name = plan.domainname { try during("domainname") { try setDomainName(name) } }
        try Sysctls.apply(plan.sysctls)
        if plan.forbidsMemfdExecution { try Sysctls.apply("vm/memfd_noexec", "2") }
        if let adjustment = plan.process.oomScoreAdjustment, !plan.runtimeSetsScore {
            try during("process.oomScoreAdj") {
                try openFile("/proc/self/oom_score_adj", .writeOnly).write("\(adjustment)")
            }
        }
        if let personality = plan.personality { try during("linux.personality") { try setPersonality(personality) } }
    }

    private func openConsole(_ root: borrowing RootDirectory) throws(RuntimeError) {
        try InitConsole.open(
            plan.process, in: root, isControlling: !plan.annotations.hasReapingInit,
            isCarried: consoleSocket == nil
        ) { master throws(RuntimeError) in
            switch consoleSocket {
            case .some(let socket):
                try during("console socket") {
                    try socket.send(Array("/dev/ptmx".utf8), descriptors: [master.rawValue])
                }
            case .none:
                try channel.send(.console, descriptors: [master.rawValue])
            }
        }
    }

    // MARK: The end of the runtime's rights

    private func execute(_ executable: String) throws(RuntimeError) -> Never {
        let diesWithRuntime =
            switch start {
            case .immediately(let dies): dies
            case .fifo: false
            case .call: true
            }
        try program.execute(
            executable, diesWithRuntime: diesWithRuntime, streamsCome: start.bringsStreams
        ) { drop throws(RuntimeError) in
            if plan.annotations.hasReapingInit { try becomeReapingInit(drop) } else { try drop.apply() }
        } awaitGo: { () throws(RuntimeError) in
            try awaitStart()
        }
    }

    /// Says `ready` and, for `create`, waits until `start` opens the FIFO.
    ///
    /// - Returns: The program's arguments where they are not the plan's.
    private func awaitStart() throws(RuntimeError) -> [String]? {
        if case .call(let go) = start { return try awaitCall(go) }
        try plan.process.installNotifyingFilter(channel)
        try channel.send(.ready)
        if case .fifo(let number, _) = start { try awaitStarter(number) }
        if !plan.hooks.startContainer.isEmpty {
            var state = hookState
            state.status = .created
            // Programs of the container, which may not learn what the runtime has in its environment, nor do what the
            // container's own program may not.
            try HookRunner(
                state: state, beginsInBundle: false, environment: program.environment(), seccomp: plan.process.seccomp
            ).run(plan.hooks.startContainer, phase: .startContainer)
        }
        tellStart(.ready)
        return nil
    }

    /// Says `ready`, with what tells of changes to the mounts from now on, and waits for the call. The filter is in force
    /// already: what this calls is what any program calls to take a message.
    private func awaitCall(_ go: EventCounter) throws(RuntimeError) -> [String] {
        let mounts = try during("mountinfo") { try openFile("/proc/self/mountinfo", .readOnly) }
        let null = try during("/dev/null") { try openFile("/dev/null", .readWrite) }
        try channel.send(.ready, descriptors: [mounts.rawValue])
        guard let frame = try during("init channel", { try channel.receive(limit: CallFrame.largest) }),
            let call = CallFrame(frame.bytes), frame.descriptors.count == 3
        else { throw RuntimeError("init channel: the runtime is gone") }
        for (number, stream) in frame.descriptors.enumerated() {
            try during("descriptor \(number)") { () throws(SystemCallError) in
                if try StandbyCall.isNull(stream.descriptor.status()) {
                    try null.duplicate(onto: Int32(number))
                } else {
                    try stream.descriptor.duplicate(onto: Int32(number))
                }
            }
        }
        try program.refuseFiles()
        while try !during("init channel", { try waitUntilReady([go.rawValue])[0] }) {}
        return call.arguments
    }

    /// Waits until `start` opens the FIFO. As process 1, which no signal ends that it does not handle, it ends itself:
    /// `kill` ends a container that is created.
    private func awaitStarter(_ number: Int32) throws(RuntimeError) {
        // The filter is in force already, and may know no signalfd(2).
        if plan.process.notifyingFilter != nil {
            while try !during("exec.fifo", { try waitUntilReady([number]) })[0] {}
            return
        }
        let signals = try during("signals") { try SignalQueue() }
        while try !during("exec.fifo", { try waitUntilReady([number, signals.descriptor.rawValue]) })[0] {
            while let (signal, _) = try during("signals", { try signals.next() }) {
                if Signals.endsByDefault(signal) { endProcess(128 + signal) }
            }
        }
        Signals.unblockAll()
    }

    /// Tells `start` what only it can tell the user: `create` has returned, and the channel is gone.
    private func tellStart(_ message: InitMessage) {
        guard case .fifo(_, let outcome) = start else { return }
        // If this cannot be told, `start` sees the FIFO close without `ready`.
        _ = try? UnownedDescriptor(outcome).write(message.frame)
    }

    /// Goes on as the child that becomes the program; process 1 stays behind and never returns from here.
    private func becomeReapingInit(_ drop: PrivilegeDrop) throws(RuntimeError) {
        let signals = try during("reaping init") { try SignalQueue() }
        switch try during("reaping init", { try cloneProcess([]) }) {
        case .child:
            Signals.unblockAll()
            startSession()
            if plan.process.hasTerminal {
                try during("process.terminal") { try UnownedDescriptor(0).makeControllingTerminal() }
            }
            // The program ends with process 1; outside a pid namespace that is not the kernel's doing.
            try drop.apply()
        case .parent(let pid, let program):
            try PrivilegeDrop(
                process: drop.process, setsGroups: drop.setsGroups, diesWithRuntime: drop.diesWithRuntime,
                filtersFollow: false
            ).apply()
            try during("PR_SET_DUMPABLE") { try setDumpable(false) }
            try during("name") { try setProcessName("agentrt-init") }
            var reaper = ReapingInit(channel: channel, wallTime: plan.annotations.wallTime)
            if case .call(let go) = start { reaper.beginning = go }
            for number in Int32(0)...2 { _ = FileDescriptor(owning: number) }
            // `start` waits until nobody has it open: that is the program's exec.
            if case .fifo(_, let outcome) = start { _ = FileDescriptor(owning: outcome) }
            reaper.run(program: pid, handle: program, signals: signals)
        }
    }
}
