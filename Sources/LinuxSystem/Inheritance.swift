internal import CLinux
internal import Glibc

/// What a process passes on to those that it makes: limits, priorities, rights, groups, namespaces and control groups.
///
/// Of two processes with the same, it makes no difference by which of them another one is made. What a runtime settles
/// for its containers in any case is not in it: the umask, what signals do, the session, the parent-death signal.
///
/// Some of it a process can learn only of itself: ``own()``. Two seccomp filters cannot be compared (``hasFilter``), and a
/// Landlock domain cannot be seen; but who is in one cannot look at a process that is not (``proof(of:)``).
public struct Inheritance: Equatable, Sendable {
    private let text: [UInt8]
    /// Whether a seccomp filter is in force: two that are as many may be different.
    public let hasFilter: Bool

    /// Those of pid and time are the ones that its children get (namespaces(7)).
    private static let namespaces = [
        "mnt", "user", "net", "ipc", "uts", "cgroup", "pid_for_children", "time_for_children",
    ]

    /// Looks at a process.
    ///
    /// - Parameter pid: The process; this one must be permitted to look at its memory (ptrace(2), PTRACE_MODE_READ).
    /// - Throws: ``SystemCallError``.
    public init(of pid: Int32) throws(SystemCallError) {
        let process = try openFile("/proc/\(pid)", [.path, .directory])
        var text: [UInt8] = []
        text.reserveCapacity(4096)
        hasFilter = Self.add(try process.open("status", .readOnly).read(upTo: 1 << 14), to: &text)
        for name in ["limits", "cgroup", "oom_score_adj", "coredump_filter"] {
            text += try process.open(name, .readOnly).read(upTo: 1 << 16)
        }
        // Where the kernel has no audit and no such module, there is nothing that a child could get.
        for name in ["loginuid", "attr/current"] { text += try process.readIfThere(name) }
        text += "\(try systemCall("ioprio_get", LINUX_SYS_ioprio_get, 1 /* IOPRIO_WHO_PROCESS */, Int(pid)))".utf8
        // The last is chroot(2)'s.
        for name in Self.namespaces.map({ "ns/" + $0 }) + ["root"] {
            guard let status = try fileStatus("/proc/\(pid)/\(name)") else { continue }
            text += " \(status.device.packed) \(status.inode)".utf8
        }
        // Last: that it can be read says that the number has been the same process's all the time.
        let scheduling = try process.open("stat", .readOnly).read(upTo: 4096)
        text += Self.scheduling(scheduling)
        self.text = text
    }

    /// What this process passes on that others cannot see: execution domain, rules about writable memory that is executed,
    /// huge pages and merging, timer slack, memory policy, what is done about broken memory (prctl(2), personality(2),
    /// get_mempolicy(2)).
    ///
    /// - Returns: A text, the same for two processes that pass on the same.
    public static func own() -> String {
        var text = "\(linux_syscall(Int(LINUX_SYS_personality), 0xFFFF_FFFF, 0, 0, 0, 0, 0))"
        // PR_GET_MDWE, _THP_DISABLE, _MEMORY_MERGE, _TIMERSLACK, _SECUREBITS, PR_MCE_KILL_GET. What a kernel does not know
        // is the same error for both.
        for option in [66, 42, 68, 30, 27, 34] {
            text += " \(linux_syscall(Int(LINUX_SYS_prctl), option, 0, 0, 0, 0, 0))"
        }
        var mode: Int32 = 0
        let result = withUnsafeMutablePointer(to: &mode) {
            linux_syscall(Int(LINUX_SYS_get_mempolicy), word($0), 0, 0, 0, 0, 0)
        }
        return text + " \(result) \(mode)"
    }

    /// A file that only a process can open which may look at another: not one in a Landlock domain of its own (landlock(7),
    /// "Ptrace restrictions").
    ///
    /// - Parameter pid: The other process.
    /// - Returns: The file; nil where this process may not.
    /// - Throws: ``SystemCallError``.
    public static func proof(of pid: Int32) throws(SystemCallError) -> FileDescriptor? {
        do throws(SystemCallError) {
            return try openFile("/proc/\(pid)/environ", .readOnly)
        } catch  where [.permissionDenied, .notPermitted, .noSuchFile].contains(error.errno) {
            return nil
        }
    }

    /// Adds the lines of proc_pid_status(5) that count: Uid, Gid, Groups, the five of Cap, NoNewPrivs, those of Seccomp and
    /// Speculation, Cpus_allowed and Mems_allowed. They are known by two letters, and so is what a newer kernel may add.
    ///
    /// - Returns: Whether a filter is in force.
    private static func add(_ status: [UInt8], to text: inout [UInt8]) -> Bool {
        var (start, counts, hasFilter) = (true, false, false)
        for (index, byte) in status.enumerated() {
            if start, index + 1 < status.count {
                switch UInt16(byte) << 8 | UInt16(status[index + 1]) {
                // Ui, Gi, Gr, Ca, No, Se, Sp, Cp, Me.
                case 0x5569, 0x4769, 0x4772, 0x4361, 0x4E6F, 0x5365, 0x5370, 0x4370, 0x4D65: counts = true
                default: counts = false
                }
                // "Seccomp:", a tab, and SECCOMP_MODE_DISABLED or another.
                if counts, byte == UInt8(ascii: "S"), index + 9 < status.count, status[index + 7] == UInt8(ascii: ":") {
                    hasFilter = status[index + 9] != UInt8(ascii: "0")
                }
            }
            if counts { text.append(byte) }
            start = byte == UInt8(ascii: "\n")
        }
        return hasFilter
    }

    /// Of proc_pid_stat(5): priority, nice, rt_priority and policy, the fields 18, 19, 40 and 41.
    private static func scheduling(_ line: [UInt8]) -> [UInt8] {
        // The second field is the name, in parentheses, and can hold anything.
        guard let end = line.lastIndex(of: UInt8(ascii: ")")) else { return line }
        let fields = line[(end + 1)...].split(separator: UInt8(ascii: " "))
        return [18, 19, 40, 41].flatMap { number in
            fields.indices.contains(number - 3) ? [UInt8(ascii: " ")] + fields[number - 3] : []
        }
    }
}

extension FileDescriptor {
    fileprivate func readIfThere(_ name: String) throws(SystemCallError) -> [UInt8] {
        do throws(SystemCallError) {
            return try open(name, .readOnly).read(upTo: 4096)
        } catch  where [.noSuchFile, .invalidArgument].contains(error.errno) {
            return []
        }
    }
}
