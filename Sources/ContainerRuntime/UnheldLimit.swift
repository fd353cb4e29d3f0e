internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// A limit that no control group of this host holds, or something that a container around refuses, where the caller permits
/// that (`--allow-degraded`).
public struct UnheldLimit: Sendable {
    /// Where the bundle asks for it: `linux.resources.memory.limit`.
    public let origin: String
    /// Why no control group holds it.
    public let reason: String
    /// What of it is held all the same.
    public let held: Part
    /// What holds that part: `RLIMIT_DATA`; nil where none is.
    public let resourceLimit: String?

    /// A part of a limit.
    public enum Part: String, Sendable {
        /// Nothing is limited.
        case nothing
        /// No process exceeds it; all together may.
        case eachProcess
        /// No call exceeds it; those of a session together may.
        case eachCall
        /// All that the limit says.
        case whole
    }
}

/// The resource limits of setrlimit(2) that stand in for limits that no control group holds.
///
/// A process inherits them, and none in the container may raise them: that takes CAP_SYS_RESOURCE of the host.
struct StandInLimits {
    private(set) var limits: [Rlimit] = []
    private(set) var unheld: [UnheldLimit] = []

    /// Chooses them.
    ///
    /// - Parameters:
    ///   - forgone: The limits that no control group holds.
    ///   - countsProcesses: Whether RLIMIT_NPROC counts the container's processes, all of them and no others.
    init(_ forgone: [ForgoneLimit], countsProcesses: Bool) {
        for limit in forgone {
            let value = UInt64(limit.setting.value)
            switch limit.setting.file {
            case "memory.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes":
                add(limit, .eachProcess, .data, value)
            case "memory.swap.max" where forgone.contains { $0.isOfMemory && $0.isOfSession == limit.isOfSession }:
                add(limit, .eachProcess, .data, nil)
            case "pids.max" where countsProcesses:
                add(limit, limit.isOfSession ? .eachCall : .whole, .nproc, value)
            default: unheld.append(UnheldLimit(origin: limit.setting.origin, reason: limit.reason))
            }
        }
    }

    /// Has each process take no more time on processors than all of them may together.
    ///
    /// - Parameters:
    ///   - milliseconds: The time.
    ///   - origin: Where the bundle asks for it.
    ///   - reason: Why nobody can count that of all of them.
    mutating func add(processorTime milliseconds: Int64, origin: String, reason: String) {
        limit(.cpu, to: UInt64((milliseconds + 999) / 1000))
        unheld.append(UnheldLimit(origin: origin, reason: reason, held: .eachProcess, by: .cpu))
    }

    private mutating func add(
        _ forgone: ForgoneLimit, _ part: UnheldLimit.Part, _ kind: Rlimit.Resource, _ value: UInt64?
    ) {
        if let value { limit(kind, to: value) }
        unheld.append(UnheldLimit(origin: forgone.setting.origin, reason: forgone.reason, held: part, by: kind))
    }

    private mutating func limit(_ kind: Rlimit.Resource, to value: UInt64) {
        if let index = limits.firstIndex(where: { $0.type == kind }) {
            limits[index].hard = min(limits[index].hard, value)
            limits[index].soft = limits[index].hard
        } else {
            limits.append(Rlimit(kind, hard: value, soft: value))
        }
    }
}

/// A setting that cannot be made, and why.
struct ForgoneLimit {
    let setting: ControlSetting
    let isOfSession: Bool
    let reason: String

    fileprivate var isOfMemory: Bool { setting.file == "memory.max" }
}

extension UnheldLimit {
    fileprivate init(origin: String, reason: String, held: Part = .nothing, by kind: Rlimit.Resource? = nil) {
        self.init(origin: origin, reason: reason, held: held, resourceLimit: kind?.rawValue)
    }
}

extension InitPlan {
    /// Whether RLIMIT_NPROC counts the container's processes, all of them and no others: since Linux 5.14 each user
    /// namespace has a count of its own for each of its users, and those within it count too (user_namespaces(7),
    /// kernel/ucount.c). The host's root is exempt.
    var countsOwnProcesses: Bool {
        guard newNamespaces.contains(.user), uidMappings.count == 1, let mapping = uidMappings.first else {
            return false
        }
        return mapping.size == 1 && mapping.hostID != 0
    }
}

extension ProcessPlan {
    /// Lowers resource limits, as far as they are not that low already.
    ///
    /// - Parameter standIns: The limits.
    /// - Throws: ``RuntimeError``.
    mutating func lower(_ standIns: [Rlimit]) throws(RuntimeError) {
        for limit in standIns {
            guard let kind = ResourceLimitKind(name: limit.type.rawValue) else { continue }
            // Raising what the caller itself has would take a right.
            let own = try during(kind.name) { try resourceLimit(kind) }
            let index = limits.firstIndex { $0.kind == kind }
            let given = index.map { (soft: limits[$0].soft, hard: limits[$0].hard) } ?? (soft: own.hard, hard: own.hard)
            let lowered = (kind, min(given.soft, limit.soft), min(given.hard, limit.hard))
            if let index { limits[index] = lowered } else { limits.append(lowered) }
        }
    }
}
