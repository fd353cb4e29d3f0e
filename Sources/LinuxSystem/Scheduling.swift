internal import CLinux
internal import Glibc

// How this process is given CPUs, disks and memory. All of it is inherited by children and kept over an exec.

/// How a process is scheduled, as sched_setattr(2) takes it.
public struct SchedulingAttributes: Equatable, Sendable {
    /// The policy's number (sched(7)).
    public var policy: UInt32
    /// SCHED_FLAG_… bits.
    public var flags: UInt64
    /// The nice value, of the time-sharing policies.
    public var nice: Int32
    /// The static priority, of the real-time policies.
    public var priority: UInt32
    /// Nanoseconds in each period, until the deadline, and of a period, of SCHED_DEADLINE.
    public var runtime: UInt64
    /// See ``runtime``.
    public var deadline: UInt64
    /// See ``runtime``.
    public var period: UInt64

    /// A way of scheduling.
    ///
    /// - Parameters:
    ///   - policy: The policy's number.
    ///   - flags: SCHED_FLAG_… bits.
    ///   - nice: The nice value.
    ///   - priority: The static priority.
    ///   - runtime: Nanoseconds in each period.
    ///   - deadline: Nanoseconds until the deadline.
    ///   - period: Nanoseconds of a period.
    public init(
        policy: UInt32, flags: UInt64, nice: Int32, priority: UInt32, runtime: UInt64, deadline: UInt64, period: UInt64
    ) {
        self.policy = policy
        self.flags = flags
        self.nice = nice
        self.priority = priority
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }
}

/// Sets how this process is scheduled (sched_setattr(2)).
///
/// - Parameter attributes: How.
/// - Throws: ``SystemCallError``.
public func setScheduling(_ attributes: SchedulingAttributes) throws(SystemCallError) {
    // struct sched_attr, its first version of 48 bytes.
    var bytes: [UInt8] = RoutingSocket.bytes(UInt32(48)) + RoutingSocket.bytes(attributes.policy)
    bytes += RoutingSocket.bytes(attributes.flags)
    bytes += RoutingSocket.bytes(attributes.nice) + RoutingSocket.bytes(attributes.priority)
    bytes += RoutingSocket.bytes(attributes.runtime) + RoutingSocket.bytes(attributes.deadline)
    bytes += RoutingSocket.bytes(attributes.period)
    let result = bytes.withUnsafeBytes {
        linux_syscall(Int(LINUX_SYS_sched_setattr), 0, word($0.baseAddress), 0, 0, 0, 0)
    }
    try checked("sched_setattr") { result }
}

/// Sets this process's priority at disks (ioprio_set(2)).
///
/// - Parameters:
///   - class: 1 for real time, 2 for best effort, 3 for idle.
///   - level: Within the class, from 0 (first) to 7.
/// - Throws: ``SystemCallError``.
public func setInputOutputPriority(class: Int, level: Int) throws(SystemCallError) {
    // IOPRIO_WHO_PROCESS, this one.
    try systemCall("ioprio_set", LINUX_SYS_ioprio_set, 1, 0, `class` << 13 | level)
}

/// Sets from which NUMA nodes this process gets memory (set_mempolicy(2)).
///
/// - Parameters:
///   - mode: MPOL_… mode and MPOL_F_… flags.
///   - nodes: A bit for each node; empty for the modes without.
/// - Throws: ``SystemCallError``; ENOSYS in a kernel without NUMA.
public func setMemoryPolicy(mode: Int, nodes: [UInt]) throws(SystemCallError) {
    // The kernel takes one bit less than it is told (set_mempolicy(2), BUGS of its callers).
    let count = nodes.isEmpty ? 0 : nodes.count * UInt.bitWidth + 1
    let result = nodes.withUnsafeBytes {
        linux_syscall(Int(LINUX_SYS_set_mempolicy), mode, nodes.isEmpty ? 0 : word($0.baseAddress), count, 0, 0, 0)
    }
    try checked("set_mempolicy") { result }
}

/// Sets on which CPUs this process may run (sched_setaffinity(2)).
///
/// - Parameter processors: A bit for each CPU; those that the machine or the control group lacks are left out by the
///   kernel, and it must be able to leave one.
/// - Throws: ``SystemCallError``.
public func setProcessorAffinity(_ processors: [UInt]) throws(SystemCallError) {
    let result = processors.withUnsafeBytes {
        linux_syscall(Int(LINUX_SYS_sched_setaffinity), 0, $0.count, word($0.baseAddress), 0, 0, 0)
    }
    try checked("sched_setaffinity") { result }
}
