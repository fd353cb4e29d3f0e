internal import CLinux
internal import Glibc

/// A process held by pidfd: it cannot be mistaken for a later one of the same id (pidfd_open(2)).
public struct ProcessHandle: Sendable {
    private let box: FileDescriptorBox

    /// The pidfd; it can be read from once the process has ended.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Takes over a pidfd.
    ///
    /// - Parameter pidfd: As clone3(2) gave it.
    public init(_ pidfd: FileDescriptorBox) { box = pidfd }

    /// Opens a process by id.
    ///
    /// - Parameter pid: The process.
    /// - Throws: ``SystemCallError``; ESRCH where there is none.
    public init(pid: Int32) throws(SystemCallError) {
        box = FileDescriptorBox(
            FileDescriptor(
                owning: Int32(try systemCall("pidfd_open", LINUX_SYS_pidfd_open, Int(pid), object: "\(pid)"))))
    }

    /// Sends a signal (pidfd_send_signal(2)).
    ///
    /// - Parameter signal: Its number; 0 only asks whether the process is there.
    /// - Throws: ``SystemCallError``; ESRCH where it has ended.
    public func send(signal: Int32) throws(SystemCallError) {
        try systemCall("pidfd_send_signal", LINUX_SYS_pidfd_send_signal, Int(descriptor.rawValue), Int(signal))
    }

    /// Takes a copy of a descriptor out of the process (pidfd_getfd(2)); this process must be permitted to trace it.
    ///
    /// - Parameter number: The descriptor's number in the process.
    /// - Returns: The copy, closed on exec.
    /// - Throws: ``SystemCallError``.
    public func copyDescriptor(_ number: Int32) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: Int32(
                try systemCall("pidfd_getfd", LINUX_SYS_pidfd_getfd, Int(box.descriptor.rawValue), Int(number))))
    }

    /// Waits for a child to end and takes its status (waitid(2), P_PIDFD).
    ///
    /// - Returns: How it ended.
    /// - Throws: ``SystemCallError``; ECHILD where it is not a child.
    public func waitForEnd() throws(SystemCallError) -> ProcessEnd {
        try reap(3 /* P_PIDFD */, descriptor.rawValue, blocks: true)?.end ?? .exited(0)
    }
}

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
    /// By exit, with its status.
    case exited(Int32)
    /// By a signal.
    case signalled(Int32)

    /// The status as a shell reports it: 128 and the signal's number for a signal.
    public var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signalled(let signal): 128 + signal
        }
    }
}

/// Takes the status of any child that has ended (waitid(2), P_ALL).
///
/// - Parameter blocks: Whether to wait for one.
/// - Returns: The child and how it ended; nil where none has ended yet.
/// - Throws: ``SystemCallError``; ECHILD where there are no children.
public func reapAnyChild(blocks: Bool) throws(SystemCallError) -> (pid: Int32, end: ProcessEnd)? {
    try reap(0 /* P_ALL */, 0, blocks: blocks)
}

private func reap(_ kind: Int, _ id: Int32, blocks: Bool) throws(SystemCallError) -> (pid: Int32, end: ProcessEnd)? {
    // siginfo_t (sigaction(2)) in words: 0 signo, 1 errno, 2 code, 3 padding; for SIGCHLD 4 pid, 5 uid, 6 status.
    var info = [Int32](repeating: 0, count: 32)
    let result = info.withUnsafeMutableBytes { info in
        linux_syscall(
            Int(LINUX_SYS_waitid), kind, Int(id), word(info.baseAddress), Int(WEXITED) | (blocks ? 0 : Int(WNOHANG)), 0,
            0)
    }
    if result == Int(-EINTR) { return try reap(kind, id, blocks: blocks) }
    try checked("waitid") { result }
    let code = info[2]
    let pid = info[4]
    let status = info[6]
    if pid == 0 { return nil }
    return (pid, code == 1 /* CLD_EXITED */ ? .exited(status) : .signalled(status))
}

/// Whether there are processes that this one could send a signal to (kill(2), -1): for process 1 of a pid namespace, any
/// others in it, ended ones that nobody has waited for included.
///
/// - Returns: Whether there are.
/// - Throws: ``SystemCallError``.
public func otherProcessesExist() throws(SystemCallError) -> Bool {
    do throws(SystemCallError) {
        try systemCall("kill", LINUX_SYS_kill, -1, 0)
        return true
    } catch  where error.errno == .noSuchProcess {
        return false
    } catch  where error.errno == .notPermitted {
        return true
    }
}

/// This process's id (getpid(2)).
public func currentProcessID() -> Int32 { getpid() }

/// This process's parent (getppid(2)); 0 where it is in another pid namespace.
public func parentProcessID() -> Int32 { getppid() }

/// The effective user id of this process (geteuid(2)).
public func effectiveUserID() -> UInt32 { geteuid() }

/// The effective group id of this process (getegid(2)).
public func effectiveGroupID() -> UInt32 { getegid() }

/// The command line of this process, with the program's name first.
///
/// - Returns: The words.
/// - Throws: ``SystemCallError`` (EILSEQ) for one that is not UTF-8: it could not be passed on as it is.
public func processArguments() throws(SystemCallError) -> [String] {
    var words: [String] = []
    guard var entry = linux_arguments() else { return [] }
    while let text = entry.pointee {
        guard let word = validText(text) else {
            throw SystemCallError(
                call: "read", object: "argument \(words.count) (not UTF-8)", errno: .illegalByteSequence)
        }
        words.append(word)
        entry += 1
    }
    return words
}

/// The text at a pointer; nil where it is not UTF-8.
///
/// Repaired and compared: the library's validating initializer looks types up at run time, which costs a start more than
/// all its arguments do.
private func validText(_ text: UnsafePointer<CChar>) -> String? {
    let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
    let repaired = String(decoding: bytes, as: UTF8.self)
    return repaired.utf8.elementsEqual(bytes) ? repaired : nil
}

/// A variable of this process's environment (getenv(3)).
///
/// - Parameter name: Its name.
/// - Returns: Its value; nil where it is not set, or not UTF-8.
public func processEnvironmentVariable(_ name: String) -> String? {
    getenv(name).flatMap { validText($0) }
}

/// The environment of this process, as `NAME=value`.
///
/// - Returns: The variables that are UTF-8, in their order.
public func processEnvironment() -> [String] {
    var variables: [String] = []
    guard var entry = linux_environment() else { return [] }
    while let text = entry.pointee {
        if let variable = validText(text) { variables.append(variable) }
        entry += 1
    }
    return variables
}

/// Starts a session of which this process is the leader (setsid(2)); a leader already is no error.
public func startSession() { _ = setsid() }

/// A clock that neither stops nor jumps (CLOCK_BOOTTIME), in nanoseconds.
public func bootTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// What this process has taken of processors (CLOCK_PROCESS_CPUTIME_ID), in nanoseconds.
public func ownProcessorTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The wall clock, in nanoseconds since 1970 (CLOCK_REALTIME).
public func wallClock() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Sleeps.
///
/// - Parameter milliseconds: How long.
public func sleep(milliseconds: Int) {
    var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    _ = nanosleep(&time, nil)
}

/// Random bytes (getrandom(2)).
///
/// - Parameter count: How many, at most 256.
/// - Returns: The bytes.
/// - Throws: ``SystemCallError``.
public func randomBytes(_ count: Int) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let result = bytes.withUnsafeMutableBytes {
        linux_syscall(Int(LINUX_SYS_getrandom), word($0.baseAddress), $0.count, 0, 0, 0, 0)
    }
    try checked("getrandom") { result }
    return bytes
}
