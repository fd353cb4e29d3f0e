internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// A container on its way from bundle to running process; `create` and `run` share it.
///
/// What has been made is kept here, so that a failure at any step is undone in reverse order by ``undo()``.
final class Launch {
    let container: Container
    let bundle: Bundle
    let options: CreateOptions
    private(set) var plan: InitPlan
    /// Whether this process stays with the container and the container ends with it.
    let staysAttached: Bool

    /// This call as it is written down until nothing can be left of it.
    let call: UnfinishedCall
    var directory: StateDirectory?
    /// What was written down of the container; nil before there is a process.
    private(set) var record: ContainerRecord?
    private(set) var controlGroup: ControlGroupPlan
    private let deviceRules: DeviceRules
    private(set) var cgroup: Cgroup?
    private(set) var legacyGroups: LegacyGroups?
    /// What stands in for limits that no control group holds.
    private var standIns: [Rlimit] = []
    /// What keeps the scope of systemd until the container's first process is in it.
    private var scopeKeeper: ProcessHandle?
    private(set) var pid: Int32 = 0
    var process: ProcessHandle?
    private(set) var channel: FrameSocket?
    /// Tells of changes to the mounts of a sandbox that waits for its call.
    private(set) var mountChanges: WatchedFile?
    /// The master of the container's terminal, where this process keeps it.
    private(set) var console: FileDescriptorBox?
    /// Pipes in place of redirected files; nil where the container is no sandbox or nobody stays to carry the bytes.
    private(set) var streams: StreamRelay?
    /// Tells of the program's calls; nil where nobody asked.
    private(set) var observer: CallObserver?
    /// The service manager's socket; nil where none is to be told.
    private let notifySocket: String?
    /// The container's socket for a service manager; nil where none is to be told, or not by this process.
    private(set) var readiness: ReadinessSocket?
    /// The gate of a network by name; nil without one.
    private(set) var gate: GateProcess?

    init(
        _ container: Container, bundle: Bundle, options: CreateOptions, staysAttached: Bool
    ) throws(RuntimeError) {
        self.container = container
        var bundle = bundle
        // A sandbox has the sockets that its profile lists.
        let isSandbox = bundle.spec.annotations[RuntimeAnnotations.prefix + "landlock"] != nil
        notifySocket = isSandbox ? nil : options.notifySocket
        if let manager = notifySocket {
            ReadinessSocket.add(to: &bundle.spec, in: try container.root.place(of: container.id), at: manager)
        }
        self.bundle = bundle
        self.options = options
        self.staysAttached = staysAttached
        var plan = try InitPlan(
            bundle.spec, bundle: bundle.path, stateRoot: container.root, staysAttached: staysAttached)
        let own = UnownedDescriptor(1)
        if staysAttached, plan.process.hasTerminal, plan.process.consoleSize == nil, own.isTerminal {
            // Before the program starts, so that it never sees a window without a size.
            plan.process.consoleSize = try during("window size") { try own.windowSize() }
        }
        if plan.process.hasTerminal, !staysAttached, options.consoleSocket == nil {
            throw RuntimeError("process.terminal: needs --console-socket, there is nobody else to hold the terminal")
        }
        if !plan.process.hasTerminal, options.consoleSocket != nil {
            throw RuntimeError("--console-socket: the bundle asks for no terminal (process.terminal)")
        }
        try plan.annotations.checkSupervised(staysAttached)
        deviceRules = DeviceRules(bundle.spec.linux?.resources?.devices ?? [])
        try deviceRules.checkRights()
        controlGroup = try ControlGroupPlan(
            bundle.spec, id: container.id, annotations: plan.annotations, by: options.controlGroups,
            permitsLoss: options.tellUnheld != nil)
        if let network = plan.annotations.network { gate = try GateProcess(network, options.gate) }
        call = try UnfinishedCall(
            UnfinishedCall.Note(id: container.id, group: controlGroup.place), in: container.root)
        call.clearOthers(in: container.root, report: container.report)
        do throws(RuntimeError) {
            directory = try StateDirectory(making: container.id, in: container.root, call.rootDirectory)
        } catch {
            try call.end()
            throw error
        }
        self.plan = plan
    }

    /// Uses what a keeper has ready for calls like this, if one has.
    private func useWarm() throws(RuntimeError) {
        if let standby = options.standby { return try plan.use(standby.namespaces) }
        guard let keeper = options.warm else { return }
        // What stands in for a limit of processes counts those of one user namespace.
        guard options.tellUnheld == nil else { return }
        guard let warm = try WarmNamespaces.ask(keeper, for: bundle.path, in: call.rootDirectory.descriptor) else {
            return
        }
        try plan.use(warm)
    }

    /// Brings the container to the point where nothing is left but to start its program.
    func run() throws(RuntimeError) {
        var holdsOffClearing = false
        do throws(RuntimeError) {
            if let write = options.writeBundle { try writeBundle(write) }
            try useWarm()
            if let tell = options.tellUnheld {
                for (what, loss) in plan.doWithoutWhatIsRefused() {
                    tell(UnheldLimit(origin: what, reason: loss, held: .nothing, resourceLimit: nil))
                }
            }
            if let manager = notifySocket, let directory {
                try ReadinessSocket.makeDirectory(in: directory)
                if staysAttached { readiness = try container.readinessSocket(in: directory, for: manager) }
            }
            if let bytes = bundle.configuration { try directory?.save(configuration: bytes) }
            if let scope = controlGroup.scope {
                let keeper = try ScopeKeeper.start()
                scopeKeeper = keeper.process
                cgroup = try controlGroup.make(scope, holding: keeper.pid)
            } else {
                cgroup = try controlGroup.make()
                if let found = cgroup, !found.isNew {
                    // Perhaps a killed call's, and about to be cleared away: it is this call's once that cannot be.
                    try call.holdOffClearing()
                    holdsOffClearing = true
                    cgroup = try controlGroup.make()
                }
                legacyGroups = try controlGroup.makeLegacy()
            }
            if options.readsStatistics { cgroup?.count() }
            try holdWithoutGroup()
            plan.cgroupPath = cgroup?.absolutePath
            plan.legacyCgroups = legacyGroups?.places ?? [:]
            plan.hidesControlGroups = options.controlGroups == .none
            // Init in a new user namespace begins when it is told to; any other waits only at the end of its building.
            plan.awaitsDeviceRules =
                deviceRules.areDue(on: cgroup)
                && (plan.newNamespaces.contains(.user) || !deviceRules.permitInitsWork)
            try bear()
            try handshake()
            if holdsOffClearing { try call.allowClearing() }
            if let path = options.pidFile { try writePidFile(path) }
            if let path = options.pidfdSocket { try process?.sendPidfd(to: path) }
        } catch {
            undo()
            throw controlGroup.explained(error)
        }
    }

    /// Has resource limits stand in for what no control group holds, where that is permitted.
    private func holdWithoutGroup() throws(RuntimeError) {
        var standIns = StandInLimits(controlGroup.forgone ?? [], countsProcesses: plan.countsOwnProcesses)
        if let time = plan.annotations.cpuTime, cgroup == nil {
            let origin = "annotations.dev.agentrt.cpuTime"
            let reason = "needs a control group of version 2, which this user has not got"
            guard options.tellUnheld != nil else {
                throw RuntimeError(
                    "\(origin): \(reason); run agentrt below systemd-run --user --scope --property=Delegate=yes")
            }
            standIns.add(processorTime: time, origin: origin, reason: reason)
            plan.annotations.cpuTime = nil
        }
        try plan.process.lower(standIns.limits)
        self.standIns = standIns.limits
        for limit in standIns.unheld { options.tellUnheld?(limit) }
    }

    private func writeBundle(_ write: (borrowing FileDescriptor) throws -> Void) throws(RuntimeError) {
        guard let state = directory else { preconditionFailure("no state directory") }
        let place = try during(state.path) { () throws(SystemCallError) in
            try state.directory.makeDirectory(StateRoot.bundleName, mode: 0o755)
            return try state.directory.open(StateRoot.bundleName, [.readOnly, .directory])
        }
        try during("bundle") { try write(place) }
    }

    // MARK: The process

    private func bear() throws(RuntimeError) {
        let fifos = staysAttached ? nil : try directory?.makeFifos()
        let consoleSocket = try options.consoleSocket.map { path throws(RuntimeError) in
            try during("console socket") { try FrameSocket.connected(to: path) }
        }
        let entrances = try during("cgroup") { try legacyGroups?.openEntrances() }
        let prepared = try PreparedTrees(for: plan)
        let sources = plan.warm == nil ? nil : try HostSources(plan)
        if options.standby == nil { try relayStreams() }
        let gateSockets = try gate?.connect()
        let watchEnd = try makeObserver()
        let (ownNumber, initNumber) = try during("socketpair") { try FrameSocket.pair() }
        let own = FrameSocket(FileDescriptor(owning: ownNumber))
        let initEnd = FileDescriptorBox(FileDescriptor(owning: initNumber))
        let start: InitProcess.StartCondition
        switch (fifos, options.standby) {
        case (let fifos?, _):
            start = .fifo(fifos.start.descriptor.rawValue, outcome: fifos.outcome.descriptor.rawValue)
        case (_, let standby?): start = .call(go: standby.go)
        case (nil, nil): start = .immediately(diesWithRuntime: true)
        }

        let (pid, process) = try Birth(plan: plan).make(into: cgroup) {
            // Here the container's first process begins. It closes the runtime's end, to notice the runtime's death.
            _ = FileDescriptor(owning: ownNumber)
            directory?.closeInChild()
            call.closeInChild()
            gate?.closeInInit()
            options.standby?.closeInChild()
            _ = cgroup.map { FileDescriptor(owning: $0.directory.descriptor.rawValue) }
            do throws(SystemCallError) {
                try streams?.install()
            } catch {
                endProcess(1)
            }
            InitProcess(
                plan: plan, channel: FrameSocket(FileDescriptor(owning: initNumber)), start: start,
                entrances: entrances, prepared: prepared, sources: sources,
                hookState: state(.creating, pid: currentProcessID()), consoleSocket: consoleSocket, gate: gateSockets,
                makesSessionKeyring: !options.sharesKeyring, preservedDescriptors: options.preservedDescriptors,
                listeningDescriptors: options.listeningDescriptors,
                watch: watchEnd.map {
                    CallWatchEnd(
                        filters: $0.filters, socket: $0.socket.descriptor.rawValue,
                        sendsSocketTable: plan.supervisesConnections && plan.hasOwnNetwork,
                        listedSockets: plan.supervisesConnections ? plan.annotations.listedUnixSockets ?? [] : [],
                        freshPlaces: plan.supervisedPlaces ?? [])
                }
            ).run()
        }
        (self.pid, self.process, channel) = (pid, process, own)
        withExtendedLifetime((initEnd, fifos, watchEnd)) {}
        streams?.release()
        try endScopeKeeper()
        try save()
        if plan.newNamespaces.contains(.user) {
            try IDMaps(uidMappings: plan.uidMappings, gidMappings: plan.gidMappings).write(of: pid)
        }
        if plan.runtimeSetsScore { try setOutOfMemoryScore() }
    }

    /// Puts pipes in place of files among the standard streams, where the container may not have these.
    private func relayStreams() throws(RuntimeError) {
        let outputLimit = plan.process.hasTerminal ? nil : plan.annotations.output
        guard staysAttached, plan.annotations.executablePaths != nil || outputLimit != nil else { return }
        streams = try StreamRelay(outputLimit: outputLimit)
    }

    /// Gives the sandbox that waits what it has waited for: arguments, and this process's standard streams.
    ///
    /// - Parameter arguments: The arguments behind the program.
    /// - Throws: ``RuntimeError``.
    func begin(with arguments: ArraySlice<String>) throws(RuntimeError) {
        guard let channel else { preconditionFailure("no container was launched") }
        try relayStreams()
        let numbers = (Int32(0)...2).map { streams?.containerEnds[$0]?.descriptor.rawValue ?? $0 }
        let (uid, gid) = (plan.process.uid, plan.process.gid)
        try StandardStreams.give(
            numbers, uid: plan.uidMappings.isEmpty ? uid : IDMaps.table(plan.uidMappings)(uid) ?? uid,
            gid: plan.gidMappings.isEmpty ? gid : IDMaps.table(plan.gidMappings)(gid) ?? gid)
        try during("init channel") {
            try channel.send(
                CallFrame(arguments: [plan.process.arguments[0]] + arguments).bytes, descriptors: numbers)
        }
        streams?.release()
    }

    /// Makes the two ends by which calls are told of, and the filter for the container's.
    private func makeObserver() throws(RuntimeError) -> (
        filters: [InstallableSeccompFilter], socket: FileDescriptorBox
    )? {
        guard staysAttached, options.watch != nil || plan.supervisesConnections else { return nil }
        let (own, other) = try during("watch") { try FrameSocket.pair() }
        let socket = FrameSocket(FileDescriptor(owning: own))
        let observer = CallObserver(options.watch, socket, supervises: plan.supervisesConnections)
        self.observer = observer
        return (CallListener.filters(of: observer.calls), FileDescriptorBox(FileDescriptor(owning: other)))
    }

    /// From outside, while init waits: in its user namespace it may not lower the score, and once it is not dumpable its
    /// files in /proc belong to a user that is not mapped there (proc_pid_oom_score_adj(5)).
    private func setOutOfMemoryScore() throws(RuntimeError) {
        guard let adjustment = plan.process.oomScoreAdjustment else { return }
        try during("process.oomScoreAdj") {
            try openFile("/proc/\(pid)/oom_score_adj", .writeOnly).write("\(adjustment)")
        }
    }

    func endScopeKeeper() throws(RuntimeError) {
        guard let keeper = scopeKeeper else { return }
        scopeKeeper = nil
        try during("scope") {
            try keeper.send(signal: Signals.kill)
            _ = try keeper.waitForEnd()
        }
    }

    private func save() throws(RuntimeError) {
        guard let started = try during("process \(pid)", { try ProcessStatus.of(pid) }) else {
            throw RuntimeError("process \(pid): is gone")
        }
        let record = ContainerRecord(
            ociVersion: bundle.spec.ociVersion, bundle: bundle.path, rootfs: plan.rootPath,
            annotations: bundle.spec.annotations, pid: pid, startTime: started.startTime, created: wallClock(),
            cgroupPath: cgroup?.path.description,
            legacyCgroups: legacyGroups?.places ?? [:], standIns: standIns,
            systemdScope: controlGroup.scope?.unit, hooks: bundle.spec.hooks,
            hasOwnPIDNamespace: plan.newNamespaces.contains(.pid), call: call.name)
        try directory?.save(record)
        self.record = record
    }

    private func handshake() throws(RuntimeError) {
        guard let socket = channel else { return }
        try plan.networkDevices.move(to: pid)
        if plan.newNamespaces.contains(.user) { try socket.sendIfHeard(.proceed) }
        try startGate()
        // The kernel takes its time to check the program: meanwhile init builds the root file system.
        let rules = try deviceRules.prepared(for: cgroup)
        if !plan.awaitsDeviceRules { try rules?.enforce() }
        if !plan.newNamespaces.contains(.user) { try socket.sendIfHeard(.proceed) }
        while true {
            guard let (message, descriptors) = try socket.receiveMessage() else { throw try deathOfInit() }
            switch message {
            case .ready:
                mountChanges = descriptors.first.map { WatchedFile($0) }
                return
            case .console: console = descriptors.first
            case .listener(let number):
                guard let process, let listener = plan.process.seccompListener else {
                    throw RuntimeError("init channel: a listener that nobody asked for")
                }
                try listener.handOver(number, of: process, pid: pid, state: state(.creating, pid: pid))
                try socket.sendIfHeard(.proceed)
            case .hooksDue:
                if plan.awaitsDeviceRules { try rules?.enforce() }
                try gate?.awaitReady()
                let hooks = HookRunner(state: state(.creating, pid: pid))
                try hooks.run(plan.hooks.prestart, phase: .prestart)
                try hooks.run(plan.hooks.createRuntime, phase: .createRuntime)
                try socket.sendIfHeard(.proceed)
            case .failed(let status, let message):
                throw RuntimeError(explained(message), exitStatus: status)
            case .proceed, .ended, .endedAlone: throw RuntimeError("init channel: a message out of turn")
            }
        }
    }

    private func startGate() throws(RuntimeError) {
        guard let gate, let process, let state = directory else { return }
        try gate.start(container: process, in: state.directory)
    }

    /// Init closed its end without a word: it was killed.
    private func deathOfInit() throws(RuntimeError) -> RuntimeError {
        guard let process else { return RuntimeError("init died") }
        let end = try during("wait for init") { try process.waitForEnd() }
        self.process = nil
        if end == .signalled(Signals.kill), let why = try controlGroup.startFailure(cgroup, legacyGroups) { return why }
        switch end {
        case .signalled(let signal): return RuntimeError("init was killed by signal \(Signals.name(signal))")
        case .exited(let status): return RuntimeError("init ended early with status \(status)")
        }
    }

    private func writePidFile(_ path: String) throws(RuntimeError) {
        try during("--pid-file") {
            try openResultFile(path).write("\(pid)")
        }
    }

    /// The state that hooks see.
    func state(_ status: State.Status, pid: Int32) -> State {
        State(
            ociVersion: bundle.spec.ociVersion, id: container.id.description, status: status, pid: pid,
            bundle: bundle.path, annotations: bundle.spec.annotations)
    }
}
