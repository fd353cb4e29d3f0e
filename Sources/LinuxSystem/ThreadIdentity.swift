internal import CLinux

/// Whose a thread is, as this process sees it (proc_pid_status(5)).
public struct ThreadIdentity: Equatable, Sendable {
    /// The process that it belongs to.
    public let process: Int32
    /// The user and the group by which its files are opened.
    public let uid: UInt32, gid: UInt32

    /// Asks the kernel.
    ///
    /// - Parameter thread: The thread.
    /// - Throws: ``SystemCallError``; ENOENT or ESRCH where there is no such thread.
    public init(of thread: Int32) throws(SystemCallError) {
        let lines = try readFile("/proc/\(thread)/status", limit: 8192).split(separator: UInt8(ascii: "\n"))
        /// A number of the line that begins so.
        func number(_ name: String, _ index: Int) -> UInt32? {
            let line = lines.first { $0.starts(with: name.utf8) }
            let fields = line?.split { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            guard let fields, fields.count > index else { return nil }
            return UInt32(digits: String(decoding: fields[index], as: UTF8.self))
        }
        guard let process = number("Tgid:", 1), let uid = number("Uid:", 4), let gid = number("Gid:", 4) else {
            throw SystemCallError(call: "read", object: "/proc/\(thread)/status", errno: .noSuchProcess)
        }
        (self.process, self.uid, self.gid) = (Int32(bitPattern: process), uid, gid)
    }

    /// Does something with the rights of the thread's user: their effective ids, and with them no capabilities, for as
    /// long as it takes (setresuid(2)). Where this process is not root it is that user already.
    ///
    /// - Parameter body: What.
    /// - Returns: What it returns.
    /// - Throws: ``SystemCallError``.
    public func impersonated<Result: ~Copyable>(
        _ body: () throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        let (own, group) = (effectiveUserID(), effectiveGroupID())
        guard own == 0, uid != 0 else { return try body() }
        try Self.setEffective("setresgid", LINUX_SYS_setresgid, gid)
        defer {
            // Back again, in any case; a process that stays somebody else must not go on.
            do throws(SystemCallError) {
                if effectiveUserID() != own { try Self.setEffective("setresuid", LINUX_SYS_setresuid, own) }
                try Self.setEffective("setresgid", LINUX_SYS_setresgid, group)
            } catch { endProcess(1) }
        }
        try Self.setEffective("setresuid", LINUX_SYS_setresuid, uid)
        return try body()
    }

    private static func setEffective(
        _ name: StaticString, _ call: some BinaryInteger, _ id: UInt32
    ) throws(SystemCallError) {
        let result = linux_syscall(Int(call), -1, Int(id), -1, 0, 0, 0)
        try checked(name, object: "\(id)") { result }
    }
}
