internal import LinuxSystem
public import OCISpec

/// A bundle for one command under one policy, before anything of it is written.
///
/// Planning reads the policy and the files it names, and nothing else; the same input gives the same plan. It makes and
/// changes nothing.
public struct BundlePlan: Sendable {
    /// The configuration: config.json.
    public internal(set) var spec: Spec
    /// The root file system, and what belongs to it.
    public let rootfs: RootfsPlan
    /// The mounts of the configuration, each with the rule it comes from.
    public let mounts: [PlannedMount]
    /// What the files were of which it was made.
    var pins: FilePins
    /// What the user should know: one line each.
    public let notes: [String]
    /// Whether something was mounted below these directories of the host, where that decided on a mount.
    let mountAnswers: [String: Bool]
    /// The user the tool runs as, to whom directories that are made on the host belong.
    public let user: User

    /// Plans the bundle of a command.
    ///
    /// - Parameters:
    ///   - policy: What the command may do.
    ///   - command: The program, by name or path, and its arguments.
    ///   - caller: Who asks.
    ///   - session: The call's place in a session; nil leaves the control group to the runtime.
    /// - Returns: The plan.
    /// - Throws: ``PlanError`` where the policy cannot be kept, or does not permit the command.
    public static func make(
        policy: Policy, command: [String], caller: Caller, session: Session? = nil
    ) throws(PlanError) -> BundlePlan {
        try make(
            policy: policy, command: command, caller: caller, session: session, files: HostFiles(), machine: .native)
    }

    /// The same, on a host that may be a made-up one.
    static func make(
        policy: Policy, command: [String], caller: Caller, session: Session?, files: HostFiles,
        machine: ELFFile.Machine
    ) throws(PlanError) -> BundlePlan {
        let parts = try PlanParts(policy, command: command, caller: caller, files: files, machine: machine)
        let user = parts.user
        let inventory = parts.programs.inventory
        let allMounts = MountOptions.fixed + parts.mounts.mounts
        let pins = try FilePins(allMounts, executables: inventory.executables, files: files)
        return BundlePlan(
            spec: Spec(
                ociVersion: "1.0.2",
                process: process(parts, policy, caller),
                root: Root(path: RootfsPlan.directory, readonly: true), hostname: RootfsPlan.hostname,
                mounts: allMounts.map(\.mount),
                annotations: Annotations.make(
                    policy, executables: inventory.executables, mounts: allMounts, pins: pins,
                    isInSession: session != nil),
                linux: try linux(policy, user, session, machine)),
            rootfs: parts.rootfs, mounts: allMounts, pins: pins, notes: parts.notes,
            mountAnswers: parts.hostMounts.answers,
            user: User(uid: user.uid, gid: user.gid))
    }

    private static func process(_ parts: PlanParts, _ policy: Policy, _ caller: Caller) -> Process {
        Process(
            terminal: caller.hasTerminal, user: User(uid: parts.user.uid, gid: parts.user.gid, umask: 0o022),
            args: parts.command, env: parts.environment.list, cwd: policy.projectDirectory,
            // All five sets empty.
            capabilities: LinuxCapabilities(),
            // A core dump goes wherever the host's core_pattern says, even to a program of the host.
            rlimits: [Rlimit(.core, hard: 0, soft: 0)], noNewPrivileges: true)
    }

    private static func linux(
        _ policy: Policy, _ user: ContainerUser, _ session: Session?, _ machine: ELFFile.Machine
    ) throws(PlanError) -> Linux {
        var namespaces: [LinuxNamespace.Kind] = [.pid, .mount, .ipc, .uts, .cgroup]
        if policy.network != .host { namespaces.append(.network) }
        if user.isOnlyUser { namespaces.append(.user) }
        func mapping(_ id: UInt32) -> [IDMapping] {
            user.isOnlyUser ? [IDMapping(containerID: id, hostID: id, size: 1)] : []
        }
        return Linux(
            uidMappings: mapping(user.uid), gidMappings: mapping(user.gid),
            resources: policy.resources.limits, cgroupsPath: try session?.controlGroup(for: policy),
            namespaces: namespaces.map { LinuxNamespace($0) },
            seccomp: SeccompPolicy.filter(for: machine, policy),
            rootfsPropagation: .rprivate, maskedPaths: maskedPaths(of: user), readonlyPaths: readonlyPaths)
    }

    /// What of procfs is covered for a user.
    static func maskedPaths(of user: ContainerUser) -> [String] { user.uid == 0 ? masked + maskedOfRoot : masked }

    /// What root may read without any capability: each page of the host's memory, with its use and its control group.
    private static let maskedOfRoot = ["/proc/kpagecgroup", "/proc/kpagecount", "/proc/kpageflags"]

    /// What of procfs tells of the host or reaches it; as all engines have it, and more. /proc/tty/driver as a whole, since
    /// only root of the host may look into it for what it holds, so not whoever masks it in a user namespace.
    private static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/pagetypeinfo", "/proc/sched_debug", "/proc/scsi", "/proc/slabinfo", "/proc/timer_list",
        "/proc/timer_stats", "/proc/tty/driver", "/proc/vmallocinfo",
    ]

    /// What of procfs is read-only.
    static let readonlyPaths = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
}
