internal import CLinux
internal import Glibc

// What a process is given before it becomes the container's program. Each function changes this process.

/// Sets real, effective and saved user and group id, and the supplementary groups (setresuid(2), setgroups(2)).
///
/// - Parameters:
///   - uid: The user.
///   - gid: The group.
///   - groups: Supplementary groups; nil leaves them as they are (a user namespace may deny setgroups). None, where
///     nobody here may change them and those that there are have no id in this user namespace, is no failure.
/// - Throws: ``SystemCallError``.
public func setCredentials(uid: UInt32, gid: UInt32, groups: [UInt32]?) throws(SystemCallError) {
    if let groups {
        let result = groups.withUnsafeBytes {
            linux_syscall(Int(LINUX_SYS_setgroups), groups.count, word($0.baseAddress), 0, 0, 0, 0)
        }
        do throws(SystemCallError) { try checked("setgroups") { result } } catch {
            guard groups.isEmpty, error.errno == .notPermitted, try hasOnlyUnmappedGroups(besides: gid) else {
                throw error
            }
        }
    }
    try systemCall("setresgid", LINUX_SYS_setresgid, Int(gid), Int(gid), Int(gid), object: "\(gid)")
    try systemCall("setresuid", LINUX_SYS_setresuid, Int(uid), Int(uid), Int(uid), object: "\(uid)")
}

/// Whether this process's supplementary groups are all without an id in its user namespace (getgroups(2)), so that no
/// file of theirs can be told from anybody's; podman's namespace for a user without sub-ids is the case.
private func hasOnlyUnmappedGroups(besides gid: UInt32) throws(SystemCallError) -> Bool {
    let unmapped: UInt32 = 65_534  // /proc/sys/kernel/overflowgid, as every system has it
    return try supplementaryGroups().allSatisfy { $0 == gid || $0 == unmapped }
}

/// This process's supplementary groups (getgroups(2)).
///
/// - Returns: Their numbers.
/// - Throws: ``SystemCallError``.
public func supplementaryGroups() throws(SystemCallError) -> [UInt32] {
    var groups = [UInt32](repeating: 0, count: 65_536)  // NGROUPS_MAX
    let result = groups.withUnsafeMutableBytes {
        linux_syscall(Int(LINUX_SYS_getgroups), 65_536, word($0.baseAddress), 0, 0, 0, 0)
    }
    let count = try checked("getgroups") { result }
    return Array(groups[..<Int(count)])
}

/// Sets the file mode creation mask (umask(2)).
///
/// - Parameter mask: Permission bits that new files do not get.
public func setFileModeMask(_ mask: UInt32) { _ = umask(mask) }

/// Asks for a signal when the parent dies (prctl(2), PR_SET_PDEATHSIG).
///
/// - Parameter signal: The signal.
/// - Throws: ``SystemCallError``.
public func setParentDeathSignal(_ signal: Int32) throws(SystemCallError) {
    try systemCall("prctl", LINUX_SYS_prctl, 1, Int(signal), object: "PR_SET_PDEATHSIG")
}

/// Says whether other processes of the user may look into this one (prctl(2), PR_SET_DUMPABLE).
///
/// - Parameter isDumpable: Whether they may.
/// - Throws: ``SystemCallError``.
public func setDumpable(_ isDumpable: Bool) throws(SystemCallError) {
    try systemCall("prctl", LINUX_SYS_prctl, 4, isDumpable ? 1 : 0, object: "PR_SET_DUMPABLE")
}

/// Gives up, for good, whatever an exec could gain (prctl(2), PR_SET_NO_NEW_PRIVS).
///
/// - Throws: ``SystemCallError``.
public func setNoNewPrivileges() throws(SystemCallError) {
    try systemCall("prctl", LINUX_SYS_prctl, 38, 1, object: "PR_SET_NO_NEW_PRIVS")
}

/// Gives up, for this process and all it starts, memory that can be executed after it could be written (prctl(2),
/// PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN): mmap(2) of both, and mprotect(2) to it, fail with EACCES.
///
/// - Throws: ``SystemCallError``; EINVAL on kernels before 6.3.
public func denyWriteExecuteMemory() throws(SystemCallError) {
    try systemCall("prctl", LINUX_SYS_prctl, 65, 1, object: "PR_SET_MDWE")
}

/// Names this process, as ps(1) shows it (prctl(2), PR_SET_NAME).
///
/// - Parameter name: At most 15 bytes.
/// - Throws: ``SystemCallError``.
public func setProcessName(_ name: String) throws(SystemCallError) {
    let result = name.withCString { linux_syscall(Int(LINUX_SYS_prctl), 15, word($0), 0, 0, 0, 0) }
    try checked("prctl", object: "PR_SET_NAME") { result }
}

/// Makes this process adopt the orphans below it (prctl(2), PR_SET_CHILD_SUBREAPER).
///
/// - Throws: ``SystemCallError``.
public func adoptOrphans() throws(SystemCallError) {
    try systemCall("prctl", LINUX_SYS_prctl, 36, 1, object: "PR_SET_CHILD_SUBREAPER")
}

/// Gives this process a session keyring of its own (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING).
///
/// - Throws: ``SystemCallError``; ENOSYS where the kernel has no keyrings.
public func joinNewSessionKeyring() throws(SystemCallError) {
    try systemCall("keyctl", LINUX_SYS_keyctl, 1, 0, object: "KEYCTL_JOIN_SESSION_KEYRING")
}

/// Marks all descriptors from a number on to be closed on exec (close_range(2), CLOSE_RANGE_CLOEXEC).
///
/// - Parameter number: The first.
/// - Throws: ``SystemCallError``.
public func closeOnExec(from number: Int32) throws(SystemCallError) {
    try systemCall("close_range", LINUX_SYS_close_range, Int(number), Int(UInt32.max), 4)
}

/// Closes the descriptors, from a number on, that a program before this one has left open: all that are not closed on
/// exec, as this program's own are (proc_pid_fd(5)).
///
/// - Parameter number: The first.
/// - Throws: ``SystemCallError``.
public func closeInherited(from number: Int32) throws(SystemCallError) {
    for name in try directoryEntries("/proc/self/fd") {
        guard let candidate = Int32(name), candidate >= number else { continue }
        // Negative for the one by which the names were read.
        let flags = linux_syscall(Int(LINUX_SYS_fcntl), Int(candidate), 1, 0, 0, 0, 0)
        if flags >= 0, flags & 1 == 0 { _ = FileDescriptor(owning: candidate) }
    }
}

/// A limit of getrlimit(2).
public enum ResourceLimitKind: Int32, CaseIterable, Sendable {
    // The numbers of asm-generic/resource.h, which x86-64 and arm64 share.
    /// The names are those of the OCI runtime spec and getrlimit(2).
    case cpu = 0
    case fsize, data, stack, core, rss, nproc, nofile, memlock, `as`, locks, sigpending, msgqueue, nice, rtprio, rttime

    /// The limit's number by its name, such as `RLIMIT_NOFILE`; nil for an unknown name.
    ///
    /// - Parameter name: The name.
    public init?(name: String) {
        for kind in Self.allCases where kind.name == name {
            self = kind
            return
        }
        return nil
    }

    /// The name: `RLIMIT_NOFILE`.
    public var name: String {
        // Written out: the language's own names of cases come by reflection, which costs a start 0.2 ms.
        switch self {
        case .cpu: "RLIMIT_CPU"
        case .fsize: "RLIMIT_FSIZE"
        case .data: "RLIMIT_DATA"
        case .stack: "RLIMIT_STACK"
        case .core: "RLIMIT_CORE"
        case .rss: "RLIMIT_RSS"
        case .nproc: "RLIMIT_NPROC"
        case .nofile: "RLIMIT_NOFILE"
        case .memlock: "RLIMIT_MEMLOCK"
        case .as: "RLIMIT_AS"
        case .locks: "RLIMIT_LOCKS"
        case .sigpending: "RLIMIT_SIGPENDING"
        case .msgqueue: "RLIMIT_MSGQUEUE"
        case .nice: "RLIMIT_NICE"
        case .rtprio: "RLIMIT_RTPRIO"
        case .rttime: "RLIMIT_RTTIME"
        }
    }
}

/// Sets a limit of this process (prlimit(2)).
///
/// - Parameters:
///   - kind: Which.
///   - soft: The limit in force; `UInt64.max` for none.
///   - hard: The most that it can be raised to.
/// - Throws: ``SystemCallError`` naming the limit and the values.
public func setResourceLimit(_ kind: ResourceLimitKind, soft: UInt64, hard: UInt64) throws(SystemCallError) {
    var limit: (soft: UInt64, hard: UInt64) = (soft, hard)
    let result = withUnsafePointer(to: &limit) {
        linux_syscall(Int(LINUX_SYS_prlimit64), 0, Int(kind.rawValue), word($0), 0, 0, 0)
    }
    try checked("setrlimit", object: "\(kind.name) soft \(soft) hard \(hard)") { result }
}

/// A limit of this process (prlimit(2)).
///
/// - Parameter kind: Which.
/// - Returns: The limit in force, and the most that it can be raised to.
/// - Throws: ``SystemCallError``.
public func resourceLimit(_ kind: ResourceLimitKind) throws(SystemCallError) -> (soft: UInt64, hard: UInt64) {
    var limit: (soft: UInt64, hard: UInt64) = (0, 0)
    let result = withUnsafeMutablePointer(to: &limit) {
        linux_syscall(Int(LINUX_SYS_prlimit64), 0, Int(kind.rawValue), 0, word($0), 0, 0)
    }
    try checked("getrlimit", object: kind.name) { result }
    return limit
}

/// Sets the execution domain of this process (personality(2)).
///
/// - Parameter domain: 0 for the native one, 8 for PER_LINUX32.
/// - Throws: ``SystemCallError``.
public func setPersonality(_ domain: UInt) throws(SystemCallError) {
    try systemCall("personality", LINUX_SYS_personality, Int(domain), object: "\(domain)")
}
