internal import CLinux

/// A descriptor that somebody else closes, such as standard input.
public struct UnownedDescriptor: Sendable {
    /// The descriptor's number.
    public let rawValue: Int32

    /// A descriptor by number.
    ///
    /// - Parameter rawValue: An open descriptor.
    public init(_ rawValue: Int32) { self.rawValue = rawValue }

    /// Whether it is open at all (fcntl(2), F_GETFD).
    public var isOpen: Bool { linux_syscall(Int(LINUX_SYS_fcntl), Int(rawValue), 1, 0, 0, 0, 0) >= 0 }

    /// Whether it is a terminal (isatty(3)).
    public var isTerminal: Bool { LinuxSystem.isTerminal(rawValue) }

    /// Whether it can be written to (fcntl(2), F_GETFL).
    ///
    /// - Returns: Whether it is open, and not for reading only or by its path only.
    /// - Throws: ``SystemCallError`` but for EBADF.
    public func isOpenForWriting() throws(SystemCallError) -> Bool {
        let flags = linux_syscall(Int(LINUX_SYS_fcntl), Int(rawValue), 3, 0, 0, 0, 0)
        if flags == Int(-Errno.badFileDescriptor.rawValue) { return false }
        let bits = Int32(truncatingIfNeeded: try checked("fcntl", object: "F_GETFL") { flags })
        // O_ACCMODE, and O_PATH.
        return bits & 3 != 0 && bits & OpenFlags.path.rawValue == 0
    }

    /// Keeps it open over exec; see ``FileDescriptor/setCloseOnExec(_:)``.
    ///
    /// - Throws: ``SystemCallError``.
    public func keepOnExec() throws(SystemCallError) {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.setCloseOnExec(false) }
    }

    /// What it refers to; see ``FileDescriptor/status()``.
    ///
    /// - Returns: The status.
    /// - Throws: ``SystemCallError``.
    public func status() throws(SystemCallError) -> FileStatus {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.status() }
    }

    /// The magic number of the file system that it lies in; see ``FileDescriptor/fileSystemMagic()``.
    ///
    /// - Returns: The number.
    /// - Throws: ``SystemCallError``.
    public func fileSystemMagic() throws(SystemCallError) -> UInt32 {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.fileSystemMagic() }
    }

    /// Gives what it refers to another owner; see ``FileDescriptor/changeOwner(_:uid:gid:)``.
    ///
    /// - Parameters:
    ///   - uid: The owner.
    ///   - gid: The group.
    /// - Throws: ``SystemCallError``.
    public func changeOwner(uid: UInt32, gid: UInt32) throws(SystemCallError) {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.changeOwner(uid: uid, gid: gid) }
    }

    /// Reads up to a number of bytes; see ``FileDescriptor/read(upTo:)``.
    ///
    /// - Parameter limit: The most bytes to read.
    /// - Returns: What was there.
    /// - Throws: ``SystemCallError``.
    public func read(upTo limit: Int) throws(SystemCallError) -> [UInt8] {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.read(upTo: limit) }
    }

    /// Writes all bytes; see ``FileDescriptor/write(_:)-([UInt8])``.
    ///
    /// - Parameter bytes: What to write.
    /// - Throws: ``SystemCallError``.
    public func write(_ bytes: [UInt8]) throws(SystemCallError) {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.write(bytes) }
    }

    /// The window's size; see ``FileDescriptor/windowSize()``.
    ///
    /// - Returns: The size.
    /// - Throws: ``SystemCallError``.
    public func windowSize() throws(SystemCallError) -> WindowSize {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.windowSize() }
    }

    /// Makes it the controlling terminal of this session; see ``FileDescriptor/makeControllingTerminal()``.
    ///
    /// - Throws: ``SystemCallError``.
    public func makeControllingTerminal() throws(SystemCallError) {
        try borrowed { descriptor throws(SystemCallError) in try descriptor.makeControllingTerminal() }
    }

    private func borrowed<Result>(
        _ body: (borrowing FileDescriptor) throws(SystemCallError) -> Result
    ) throws(SystemCallError) -> Result {
        let descriptor = FileDescriptor(owning: rawValue)
        do throws(SystemCallError) {
            let result = try body(descriptor)
            _ = descriptor.release()
            return result
        } catch {
            _ = descriptor.release()
            throw error
        }
    }
}
