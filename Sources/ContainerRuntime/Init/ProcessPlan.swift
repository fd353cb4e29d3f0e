internal import LinuxSystem
internal import OCISpec

/// What the container's process is given and becomes, decided and laid out for the kernel.
struct ProcessPlan {
    let arguments: [String]
    let environment: [String]
    let workingDirectory: String
    let uid: UInt32
    let gid: UInt32
    let additionalGroups: [UInt32]
    let fileModeMask: UInt32?
    /// The five sets; nil leaves capabilities to what the user id gives.
    let capabilities: Capabilities?
    var limits: [(kind: ResourceLimitKind, soft: UInt64, hard: UInt64)]
    let oomScoreAdjustment: Int32?
    let setsNoNewPrivileges: Bool
    let scheduling: SchedulingPlan
    let securityLabels: [SecurityLabel]
    let hasTerminal: Bool
    var consoleSize: WindowSize?
    let seccomp: InstallableSeccompFilter?
    /// A filter with a listener, installed earlier than one without, and where the listener goes.
    let notifyingFilter: InstallableSeccompFilter?
    let seccompListener: SeccompListener?
    /// The blocks for execve(2), ready before the clone.
    let argumentBlock: CStringBlock

    struct Capabilities: Equatable {
        let bounding: CapabilitySet
        let effective: CapabilitySet
        let inheritable: CapabilitySet
        let permitted: CapabilitySet
        let ambient: CapabilitySet

        init(_ sets: LinuxCapabilities) throws(RuntimeError) {
            let known = try during("capabilities of this kernel") { try ProcessCapabilities.knownToKernel() }
            func set(_ names: [String], _ kind: String) throws(RuntimeError) -> CapabilitySet {
                var set: CapabilitySet = []
                for (index, name) in names.enumerated() {
                    guard let capability = CapabilitySet(name: name), known.contains(capability) else {
                        throw RuntimeError(
                            "process.capabilities.\(kind)[\(index)]: unknown capability \(quoted(name))")
                    }
                    set.formUnion(capability)
                }
                return set
            }
            bounding = try set(sets.bounding, "bounding")
            effective = try set(sets.effective, "effective")
            inheritable = try set(sets.inheritable, "inheritable")
            permitted = try set(sets.permitted, "permitted")
            // The kernel takes only what is permitted and inheritable; engines and `runc spec` ask for more, and runc
            // gives the part that is possible. Less than asked for is the safe side.
            ambient = try set(sets.ambient, "ambient").intersection(permitted).intersection(inheritable)
            if !permitted.isSuperset(of: effective) {
                throw RuntimeError("process.capabilities.effective: holds capabilities that are not permitted")
            }
        }
    }

    init(
        _ process: Process, seccomp: Seccomp?, memoryPolicy: MemoryPolicy? = nil, stateRoot: StateRoot
    ) throws(RuntimeError) {
        guard let command = process.args.first, !command.isEmpty else {
            throw RuntimeError("process.args: names no program")
        }
        arguments = process.args
        environment = Self.withoutRepetitions(process.env)
        workingDirectory = process.cwd
        uid = process.user.uid
        gid = process.user.gid
        additionalGroups = process.user.additionalGids
        fileModeMask = process.user.umask
        if let sets = process.capabilities {
            capabilities = try Capabilities(sets)
        } else {
            capabilities = nil
        }
        var limits: [(kind: ResourceLimitKind, soft: UInt64, hard: UInt64)] = []
        for (index, limit) in process.rlimits.enumerated() {
            guard let kind = ResourceLimitKind(name: limit.type.rawValue) else {
                throw RuntimeError("process.rlimits[\(index)].type: \(limit.type.rawValue) is not known here")
            }
            limits.append((kind, limit.soft, limit.hard))
        }
        self.limits = limits
        oomScoreAdjustment = process.oomScoreAdj
        setsNoNewPrivileges = process.noNewPrivileges
        securityLabels = try SecurityLabel.all(process)
        scheduling = try SchedulingPlan(process, memoryPolicy: memoryPolicy)
        hasTerminal = process.terminal
        consoleSize = process.consoleSize.map { WindowSize(rows: $0.height, columns: $0.width) }
        let filter = try seccomp.map { profile throws(RuntimeError) in
            try SeccompCompilation(profile, stateRoot: stateRoot).installable()
        }
        if let seccomp, seccomp.notifies {
            // The process itself says by write(2) that there is a listener; nobody could answer yet.
            if let index = seccomp.syscalls.firstIndex(where: { $0.action == .notify && $0.names.contains("write") }) {
                throw RuntimeError(
                    "linux.seccomp.syscalls[\(index)]: SCMP_ACT_NOTIFY cannot be used for the write syscall, "
                        + "which the runtime needs")
            }
            guard let path = seccomp.listenerPath else { throw RuntimeError("linux.seccomp.listenerPath: is missing") }
            seccompListener = SeccompListener(path: path, metadata: seccomp.listenerMetadata)
            (self.seccomp, notifyingFilter) = (nil, filter)
        } else {
            seccompListener = nil
            (self.seccomp, notifyingFilter) = (filter, nil)
        }
        argumentBlock = CStringBlock(process.args)
    }

    /// Each variable once, with its last value: a program that looks for the first would find what was overridden.
    private static func withoutRepetitions(_ variables: [String]) -> [String] {
        // Few as they are, a set of their names costs more than comparing each with each.
        guard variables.count <= 64 else {
            var names: Set<Substring> = []
            return variables.reversed().filter { names.insert($0.prefix { $0 != "=" }).inserted }.reversed()
        }
        var kept: [String] = []
        kept.reserveCapacity(variables.count)
        for (index, variable) in variables.enumerated()
        where !variables[(index + 1)...].contains(where: { haveSameName($0, variable) }) {
            kept.append(variable)
        }
        return kept
    }

    private static func haveSameName(_ one: String, _ other: String) -> Bool {
        var (first, second) = (one.utf8.makeIterator(), other.utf8.makeIterator())
        while true {
            let (byte, otherByte) = (first.next(), second.next())
            let ends = byte == nil || byte == UInt8(ascii: "=")
            let otherEnds = otherByte == nil || otherByte == UInt8(ascii: "=")
            if ends || otherEnds { return ends && otherEnds }
            if byte != otherByte { return false }
        }
    }

    /// The value of a variable of the container's environment.
    func variable(_ name: String) -> String? {
        environment.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }
}
