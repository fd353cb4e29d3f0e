internal import CLinux
internal import Glibc

/// Whose a thread is, as this process sees it (proc_pid_status(5)).
public struct ThreadIdentity: Equatable, Sendable {
    /// The process that it belongs to.
    public let process: Int32
    /// The user and the group by which its files are opened.
    public let uid: UInt32, gid: UInt32
    /// Its further groups.
    public let groups: [UInt32]

    /// Asks the kernel.
    ///
    /// - Parameter thread: The thread.
    /// - Throws: ``SystemCallError``; ENOENT or ESRCH where there is no such thread.
    public init(of thread: Int32) throws(SystemCallError) {
        let lines = try readFile("/proc/\(thread)/status", limit: 1 << 20).split(separator: UInt8(ascii: "\n"))
        /// The numbers of the line that begins so.
        func numbers(_ name: String) -> [UInt32] {
            let line = lines.first { $0.starts(with: name.utf8) }
            let fields = line?.dropFirst(name.utf8.count).split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            return (fields ?? []).compactMap { UInt32(digits: String(decoding: $0, as: UTF8.self)) }
        }
        // Real, effective, saved, and the one that files are opened by.
        let (users, ownGroups) = (numbers("Uid:"), numbers("Gid:"))
        guard let process = numbers("Tgid:").first, users.count == 4, ownGroups.count == 4 else {
            throw SystemCallError(call: "read", object: "/proc/\(thread)/status", errno: .noSuchProcess)
        }
        (self.process, uid, gid, groups) = (Int32(bitPattern: process), users[3], ownGroups[3], numbers("Groups:"))
    }

    /// Does something as the thread's user and groups, their effective ids, and with no capability in force, for as long
    /// as it takes (setresuid(2), setgroups(2), capset(2)). Where this process is not root it is that user already.
    ///
    /// - Parameter body: What.
    /// - Returns: What it returns.
    /// - Throws: ``SystemCallError``.
    public func impersonated<Result: ~Copyable>(
        _ body: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        let (own, group) = (effectiveUserID(), effectiveGroupID())
        guard own == 0 else { return try body() }
        let ownGroups = try Self.groups()
        let capabilities = try ProcessCapabilities.effective()
        defer {
            // Back again, in any case; a process that stays somebody else must not go on.
            do throws(SystemCallError) {
                if effectiveUserID() != own { try Self.setEffective("setresuid", LINUX_SYS_setresuid, own) }
                try ProcessCapabilities.set(effective: capabilities, permitted: capabilities, inheritable: [])
                try Self.setEffective("setresgid", LINUX_SYS_setresgid, group)
                try Self.setGroups(ownGroups)
            } catch { endProcess(1) }
        }
        try Self.setGroups(groups)
        try Self.setEffective("setresgid", LINUX_SYS_setresgid, gid)
        if uid != 0 { try Self.setEffective("setresuid", LINUX_SYS_setresuid, uid) }
        // Root of a sandbox has none, and another user keeps them where SECBIT_NO_SETUID_FIXUP was set on this process.
        try ProcessCapabilities.set(effective: [], permitted: capabilities, inheritable: [])
        return try body()
    }

    private static func groups() throws(SystemCallError) -> [UInt32] {
        let count = Int(getgroups(0, nil))
        var groups = [UInt32](repeating: 0, count: max(count, 0))
        if count > 0, Int(getgroups(Int32(count), &groups)) == count { return groups }
        guard count == 0 else { throw SystemCallError(call: "getgroups", errno: Errno(rawValue: errno)) }
        return []
    }

    /// Sets the further groups, unless they are these: a user namespace may deny it.
    private static func setGroups(_ wanted: [UInt32]) throws(SystemCallError) {
        if try groups() == wanted { return }
        let result = wanted.withUnsafeBytes {
            linux_syscall(Int(LINUX_SYS_setgroups), wanted.count, word($0.baseAddress), 0, 0, 0, 0)
        }
        try checked("setgroups") { result }
    }

    private static func setEffective(
        _ name: StaticString, _ call: some BinaryInteger, _ id: UInt32
    ) throws(SystemCallError) {
        let result = linux_syscall(Int(call), -1, Int(id), -1, 0, 0, 0)
        try checked(name, object: "\(id)") { result }
    }
}
