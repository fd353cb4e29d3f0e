internal import LinuxSystem
public import OCISpec

/// A bundle for one command under one policy, before anything of it is written.
///
/// Planning reads the policy and the files it names, and nothing else; the same input gives the same plan. It makes and
/// changes nothing.
public struct BundlePlan: Sendable {
    /// The configuration: config.json.
    public let spec: Spec
    /// The root file system, and what belongs to it.
    public let rootfs: RootfsPlan
    /// The mounts of the configuration, each with the rule it comes from.
    public let mounts: [PlannedMount]
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
        let rules = try PathRules(policy, files: files)
        let user = try ContainerUser(caller, policy: policy, project: rules, files: files)

        let programs = ProgramInventory(policy, files: files, machine: machine)
        try programs.add(policy.executables)
        if policy.network != .none { try programs.addNetworkFiles(namesAreTheHosts: policy.network == .host) }
        let environment = try EnvironmentPlan(
            policy, caller: caller, user: user, programs: programs, project: rules.project, files: files)
        let inventory = programs.inventory
        let command = try CommandPlan(
            command, environment: environment, directory: policy.projectDirectory, inventory: inventory,
            rules: rules, files: files)

        var view = try View(rules, inventory)
        let home = try view.addFreshDirectories(home: user.home, rules, files)
        let links =
            policy.links.map { HostFiles.Link(path: $0.path, target: $0.target) } + home
            + inventory.links.sorted { $0.key < $1.key }.map(\.value)
        let hostMounts = try HostMounts(files)
        let mounts = try MountPlan(
            view, links: links, options: MountOptions(hostMounts: hostMounts, user: user), files: files)
        let rootfs = try RootfsPlan(
            mounts: mounts, user: user, shell: environment.shell, network: policy.network,
            closure: programs.closure, directoriesToCreate: rules.directoriesToCreate, files: files)

        let allMounts = MountOptions.fixed + mounts.mounts
        return BundlePlan(
            spec: Spec(
                ociVersion: "1.0.2",
                process: process(command, environment, user, policy, caller),
                root: Root(path: RootfsPlan.directory, readonly: true), hostname: RootfsPlan.hostname,
                mounts: allMounts.map(\.mount),
                annotations: Annotations.make(
                    policy, executables: inventory.executables, isInSession: session != nil),
                linux: try linux(policy, user, session, machine)),
            rootfs: rootfs, mounts: allMounts, notes: user.notes + inventory.notes + view.notes,
            mountAnswers: hostMounts.answers, user: User(uid: user.uid, gid: user.gid))
    }

    private static func process(
        _ command: CommandPlan, _ environment: EnvironmentPlan, _ user: ContainerUser, _ policy: Policy,
        _ caller: Caller
    ) -> Process {
        Process(
            terminal: caller.hasTerminal, user: User(uid: user.uid, gid: user.gid, umask: 0o022),
            args: command.arguments, env: environment.list, cwd: policy.projectDirectory,
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
            seccomp: SeccompPolicy.filter(for: machine, permitsMemfd: policy.permitsMemfd),
            rootfsPropagation: .rprivate, maskedPaths: maskedPaths, readonlyPaths: readonlyPaths)
    }

    /// What of procfs tells of the host or reaches it; as all engines have it, and more. /proc/tty/driver as a whole, since
    /// only root of the host may look into it for what it holds, so not whoever masks it in a user namespace.
    private static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/pagetypeinfo", "/proc/sched_debug", "/proc/scsi", "/proc/slabinfo", "/proc/timer_list",
        "/proc/timer_stats", "/proc/tty/driver", "/proc/vmallocinfo",
    ]

    private static let readonlyPaths = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
}

extension ProgramInventory {
    /// Adds what the profile lists.
    fileprivate func add(_ executables: [Policy.ExecutableRule]) throws(PlanError) {
        for rule in executables {
            guard let resolved = try resolve(rule) else { continue }
            try add(rule, resolved)
        }
        try addProgramsOfDirectories()
    }
}

extension View {
    /// Adds the directories that every sandbox has to itself, and the project where one of them would hide it.
    ///
    /// - Parameters:
    ///   - home: The home directory; one that holds the project is the project's.
    ///   - rules: The policy's rules.
    ///   - files: The host.
    /// - Returns: The links that lead to the home directory.
    /// - Throws: ``PlanError``.
    fileprivate mutating func addFreshDirectories(
        home: String, _ rules: PathRules, _ files: HostFiles
    ) throws(PlanError) -> [HostFiles.Link] {
        let reason = "every sandbox has its own"
        addFresh("/tmp", size: "1g", mode: 0o1777, reason: reason)
        addFresh("/run", size: "64m", mode: 0o755, reason: reason)
        let resolved = try files.resolve(home)
        let path = resolved?.path ?? "/" + home.pathComponents.joined(separator: "/")
        if !path.isPath(in: rules.project) {
            addFresh(path, size: "1g", mode: 0o700, reason: "the private home directory")
        }
        if let access = rules.access(to: rules.project), access != .denied {
            addHost(rules.project, access, reason: "the project")
        }
        return resolved?.links ?? []
    }
}
