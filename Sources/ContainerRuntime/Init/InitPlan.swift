internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// All that the container's first process will do, decided before it exists.
///
/// Everything that can fail or needs thought is done here, in the parent and without privileges; the first process
/// (``InitProcess``) only carries it out.
struct InitPlan {
    /// Namespaces that are new, and those that are joined by path.
    var newNamespaces: NamespaceSet
    let joinedNamespaces: [JoinedNamespace]
    let uidMappings: [IDMapping]
    let gidMappings: [IDMapping]
    /// Whether setgroups(2) is denied in the new user namespace.
    let deniesGroups: Bool
    /// The root file system's path on the host.
    let rootPath: String
    let isRootReadOnly: Bool
    let rootPropagation: OCISpec.MountPropagation?
    var mounts: [MountPlan]
    let devices: [DevicePlan]
    let maskedPaths: [String]
    let readonlyPaths: [String]
    var hostname: String?
    let domainname: String?
    /// Whether a sandbox with a user namespace has the number of further ones set to 0.
    var limitsUserNamespaces = true
    /// Paths below /proc/sys and what is written there, sorted by path.
    let sysctls: [(path: String, value: String)]
    let personality: UInt?
    /// What is written to timens_offsets of a new time namespace (time_namespaces(7)); empty without offsets.
    let timeOffsets: String
    let hooks: Hooks
    let networkDevices: NetworkDevices
    var process: ProcessPlan
    /// Path of the container's control group in the file system; nil where it has none.
    var cgroupPath: String?
    /// Paths of its groups on cgroup v1, by controller.
    var legacyCgroups: LegacyPlaces = [:]
    /// Whether it lives in the caller's control group, which it may not see.
    var hidesControlGroups = false
    /// Whether the runtime puts rules on devices in force when init has made its nodes, which they may deny.
    var awaitsDeviceRules = false
    /// What the annotations ask for.
    var annotations: RuntimeAnnotations
    /// Whether vm.memfd_noexec is set for the container's pid namespace (``MemfdProtection``).
    let forbidsMemfdExecution: Bool
    /// Whether the runtime connects in the container's stead (``ConnectionSupervisor``).
    let supervisesConnections: Bool

    /// Namespaces that stand ready, in the place of new ones; nil where none do.
    var warm: WarmNamespaces?

    struct JoinedNamespace {
        let kind: NamespaceSet
        let path: String
        /// Where the bundle says so.
        let origin: String
    }

    /// Whether the container gets its own user namespace, new or joined.
    var hasUserNamespace: Bool {
        newNamespaces.contains(.user) || warm?.user != nil || joinedNamespaces.contains { $0.kind == .user }
    }

    /// Whether it gets a network namespace that it shares at most with calls of the same sandbox.
    var hasOwnNetwork: Bool { newNamespaces.contains(.network) || warm?.network != nil }

    /// Whether the runtime has something to do when the root file system is built.
    var awaitsRuntime: Bool {
        !hooks.prestart.isEmpty || !hooks.createRuntime.isEmpty || awaitsDeviceRules || annotations.network != nil
    }

    /// Decides everything.
    ///
    /// - Parameters:
    ///   - spec: The bundle's configuration, already validated.
    ///   - bundle: The bundle's absolute path.
    ///   - stateRoot: Where compiled filters are kept.
    ///   - staysAttached: Whether the runtime stays with the container.
    /// - Throws: ``RuntimeError`` naming, by JSON path, what cannot be done.
    init(_ spec: Spec, bundle: String, stateRoot: StateRoot, staysAttached: Bool = false) throws(RuntimeError) {
        try refuseWhatIsNotBuilt(spec)
        guard let root = spec.root else { throw RuntimeError("root: is missing") }
        guard let process = spec.process else { throw RuntimeError("process: is missing") }
        let linux = spec.linux ?? Linux()
        annotations = try RuntimeAnnotations(spec.annotations)

        var new: NamespaceSet = []
        var joined: [JoinedNamespace] = []
        for (index, namespace) in linux.namespaces.enumerated() {
            let kind = NamespaceSet(namespace.type)
            if let path = namespace.path {
                joined.append(JoinedNamespace(kind: kind, path: path, origin: "linux.namespaces[\(index)]"))
            } else {
                new.insert(kind)
            }
        }
        // A joined mount namespace is copied first: its owner never sees what is mounted for this container.
        if joined.contains(where: { $0.kind == .mount }) { new.insert(.mount) }
        guard new.contains(.mount) else {
            // Without a mount namespace of its own the runtime would mount on the host's tree.
            throw RuntimeError("linux.namespaces: a container without a mount namespace is not supported")
        }
        newNamespaces = new
        joinedNamespaces = joined
        (uidMappings, gidMappings) = IDMaps.mappings(of: linux)
        deniesGroups = IDMaps.denyGroups(gidMappings)
        for (key, mappings) in [("uidMappings", uidMappings), ("gidMappings", gidMappings)]
        where new.contains(.user) && mappings.isEmpty {
            throw RuntimeError("linux.\(key): is missing, a new user namespace needs it")
        }

        rootPath = root.path.hasPrefix("/") ? root.path : bundle + "/" + root.path
        isRootReadOnly = root.readonly
        rootPropagation = linux.rootfsPropagation
        let label = linux.mountLabel.flatMap { $0.isEmpty ? nil : $0 }
        if label != nil { try SecurityLabel.requireSELinux("linux.mountLabel") }
        var mounts: [MountPlan] = []
        mounts.reserveCapacity(spec.mounts.count)
        for (index, mount) in spec.mounts.enumerated() {
            mounts.append(try MountPlan(mount, index: index, bundle: bundle, label: label))
        }
        self.mounts = mounts
        devices = try DevicePlan.all(linux.devices)
        maskedPaths = Self.once(linux.maskedPaths)
        readonlyPaths = Self.once(linux.readonlyPaths)
        (hostname, domainname) = (spec.hostname, spec.domainname)
        for (name, kind) in [(hostname, "hostname"), (domainname, "domainname")] where name != nil {
            guard new.contains(.uts) || joined.contains(where: { $0.kind == .uts }) else {
                throw RuntimeError("\(kind): needs a uts namespace")
            }
        }
        sysctls = try Sysctls.decide(linux.sysctl, namespaces: joined.reduce(new) { $0.union($1.kind) })
        personality = linux.personality?.kernelNumber
        timeOffsets = linux.timeOffsets?.lines ?? ""
        if !timeOffsets.isEmpty, !new.contains(.time) {
            throw RuntimeError("linux.timeOffsets: needs a new time namespace")
        }
        if annotations.hasReapingInit, !new.contains(.pid) {
            throw RuntimeError("annotations.dev.agentrt.init: needs a new pid namespace, whose process 1 it is")
        }
        if annotations.network != nil, !new.contains(.network) {
            throw RuntimeError("annotations.dev.agentrt.network: needs a new network namespace, in which it is set up")
        }
        forbidsMemfdExecution = try MemfdProtection.setsSysctl(
            isAsked: annotations.forbidsMemfdExecution,
            hasOwnSetting: new.contains(.pid) && !linux.hasNamespace(.user), seccomp: linux.seccomp)
        hooks = spec.hooks
        networkDevices = NetworkDevices(linux.netDevices)
        supervisesConnections = annotations.listedUnixSockets != nil && staysAttached && ConnectionSupervisor.isPossible
        self.process = try ProcessPlan(
            process, seccomp: supervisesConnections ? linux.seccomp?.permittingSupervisedSockets : linux.seccomp,
            memoryPolicy: linux.memoryPolicy, stateRoot: stateRoot)
        if annotations.hasReapingInit, self.process.notifyingFilter != nil {
            throw RuntimeError("linux.seccomp.listenerPath: goes with no reaping init (annotations.dev.agentrt.init)")
        }
    }

    /// Each path once: a second mount over the first would hide nothing more.
    private static func once(_ paths: [String]) -> [String] {
        // Engines list a dozen or two: a set would cost more than comparing each with each.
        if paths.count > 64 {
            var known: Set<String> = []
            return paths.filter { known.insert($0).inserted }
        }
        var kept: [String] = []
        for path in paths where !kept.contains(path) { kept.append(path) }
        return kept
    }
}

extension Personality {
    /// PER_… of sys/personality.h.
    var kernelNumber: UInt { domain == .linux32 ? 8 : 0 }
}

extension InitPlan {
    /// Makes new namespaces fit for programs, as far as that is the same for every call of a sandbox; needs the host's
    /// /proc.
    func settleNewNamespaces() throws(RuntimeError) {
        if newNamespaces.contains(.network) { try during("loopback") { try bringLoopbackUp() } }
        if newNamespaces.contains(.user), annotations.executablePaths != nil, limitsUserNamespaces {
            try Sysctls.apply("user/max_user_namespaces", "0")
        }
    }

    /// The new namespaces that the first process is born in. Its view of control groups begins where it is when the view
    /// is made, and it enters those of cgroup v1 only after its birth (``settleControlGroups(_:)``).
    var namespacesAtBirth: NamespaceSet {
        legacyCgroups.isEmpty ? newNamespaces : newNamespaces.subtracting(.cgroup)
    }

    /// Moves this process, the container's first, into its control groups of cgroup v1, before it does anything that
    /// their limits are to count.
    ///
    /// - Parameter entrances: The ways into them, opened by the runtime.
    /// - Throws: ``RuntimeError``.
    func settleControlGroups(_ entrances: LegacyEntrances?) throws(RuntimeError) {
        guard let entrances else { return }
        try during("cgroup") { () throws(SystemCallError) in
            try entrances.enter()
            if newNamespaces.contains(.cgroup) { try unshareNamespaces(.cgroup) }
        }
    }

    /// Whether the runtime sets the process's oom score: in a user namespace that this call makes or enters with a
    /// ``Joiner``, the process itself may not.
    var runtimeSetsScore: Bool { newNamespaces.contains(.user) || warm?.user != nil }
}

extension TimeOffsets {
    /// The form that timens_offsets takes.
    fileprivate var lines: String {
        [("monotonic", monotonic), ("boottime", boottime)].compactMap { clock, offset in
            offset.map { "\(clock) \($0.secs) \($0.nanosecs)\n" }
        }.joined()
    }
}

extension NamespaceSet {
    /// The kind that the specification names.
    init(_ kind: LinuxNamespace.Kind) {
        self =
            switch kind {
            case .pid: .pid
            case .network: .network
            case .mount: .mount
            case .ipc: .ipc
            case .uts: .uts
            case .user: .user
            case .cgroup: .cgroup
            case .time: .time
            }
    }
}
