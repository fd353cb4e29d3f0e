internal import Cgroup
internal import JSON
internal import LinuxSystem
internal import OCISpec

/// All that is decided of a process that is added to a container, before it exists.
struct ExecPlan {
    /// The container's first process, by which its namespaces are joined.
    let initProcess: ProcessHandle
    let initPID: Int32
    /// Whether the container is not started yet.
    let isCreated: Bool
    /// The container's namespaces, as far as its configuration gives it its own.
    let namespaces: NamespaceSet
    /// The control group that it is born in; nil where the container has none.
    let cgroup: Cgroup?
    /// The groups on cgroup v1 that hold limits; none where none does.
    let legacyGroups: LegacyGroups
    /// The container's execution domain; nil for the runtime's.
    let personality: UInt?
    /// The CPUs that it runs on.
    let affinity: ProcessorAffinity
    var start: ProgramStart
    /// Whether process 1 of the container is the runtime itself, of which the program is a child.
    var hasReapingInit: Bool { start.annotations.hasReapingInit }

    /// Decides everything.
    ///
    /// - Parameters:
    ///   - container: The container.
    ///   - options: How.
    /// - Throws: ``RuntimeError`` where the container is in no state for it, or with the JSON path of what cannot be done.
    init(_ container: Container, _ options: ExecOptions) throws(RuntimeError) {
        let directory = try StateDirectory(opening: container.id, in: container.root, locks: false)
        let cannot = "cannot exec in container \(quoted(container.id.description))"
        let record = try directory.load()
        let status = try directory.status(record)
        // A created container counts, as with runc and crun: engines prepare it by commands before they start it.
        guard let record, let process = try directory.liveProcess(record) else {
            throw RuntimeError("\(cannot): container not running (it is \(status.rawValue))")
        }
        if status == .paused, !options.ignoresPaused {
            throw RuntimeError("\(cannot): it is paused (with --ignore-paused the process begins when it is resumed)")
        }
        (initProcess, initPID, isCreated) = (process, record.pid, status == .created)

        var spec = try directory.configuration(record, in: container.root)
        guard let own = spec.process else { throw RuntimeError("process: is missing") }
        let added = options.process(from: own)
        let what = options.process == nil ? "process" : "--process"
        do throws(JSONDecodingError) { try added.validate() } catch { throw RuntimeError("\(what): \(error)") }
        if added.terminal, options.isDetached, options.consoleSocket == nil {
            throw RuntimeError("\(what).terminal: needs --console-socket, there is nobody else to hold the terminal")
        }
        if !added.terminal, options.consoleSocket != nil {
            throw RuntimeError("--console-socket: no terminal is asked for (--tty, or terminal in the process)")
        }
        spec.process = added
        // The container's own is only ever meant for what is added, so that it stands where the file has none.
        affinity = try ProcessorAffinity(added.execCPUAffinity ?? own.execCPUAffinity, origin: what)
        try refuseWhatIsNotBuilt(spec)

        let linux = spec.linux ?? Linux()
        personality = linux.personality?.kernelNumber
        // Every container has a mount namespace (``InitPlan``).
        namespaces = linux.namespaces.reduce(NamespaceSet.mount) { $0.union(NamespaceSet($1.type)) }
        start = ProgramStart(
            process: try ProcessPlan(
                added, seccomp: linux.seccomp, memoryPolicy: linux.memoryPolicy, stateRoot: container.root),
            annotations: try RuntimeAnnotations(record.annotations), hasUserNamespace: namespaces.contains(.user),
            uidMappings: linux.uidMappings, gidMappings: linux.gidMappings,
            deniesGroups: IDMaps.denyGroups(linux.gidMappings),
            preservedDescriptors: options.preservedDescriptors, listeningDescriptors: options.listeningDescriptors)
        try start.process.lower(record.standIns)
        legacyGroups = LegacyGroups(places: record.legacyCgroups)
        cgroup = try Self.cgroup(record, below: options.cgroup)
    }

    /// The group of the container, or one below it that is there.
    private static func cgroup(_ record: ContainerRecord, below path: String?) throws(RuntimeError) -> Cgroup? {
        guard let own = try record.openCgroup(), let hierarchy = try during("cgroup", { try UnifiedHierarchy.ofHost() })
        else {
            if path != nil { throw RuntimeError("--cgroup: the container has no control group of its own") }
            return nil
        }
        let names = (path ?? "").split(separator: "/")
        if names.contains("..") {
            throw RuntimeError("--cgroup: `..` components are not allowed in \(quoted(path ?? ""))")
        }
        if names.isEmpty { return own }
        let place = ([own.path.description] + names.map(String.init)).joined(separator: "/")
        guard let group = try during("--cgroup", { try Cgroup.open(CgroupPath(place), in: hierarchy) }) else {
            throw RuntimeError("--cgroup: \(quoted(place)) does not exist")
        }
        return group
    }
}
