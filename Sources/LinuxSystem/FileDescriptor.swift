internal import CLinux

/// The owner of an open file description's descriptor: closed when the value ends, handed on by moving it.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The descriptor's number.
    public let rawValue: Int32

    /// Takes over a descriptor.
    ///
    /// - Parameter rawValue: An open descriptor that nobody else closes.
    public init(owning rawValue: Int32) { self.rawValue = rawValue }

    deinit {
        // A failed close(2) of a descriptor that was only read, or whose writes were checked, leaves nothing to do.
        _ = linux_syscall(Int(LINUX_SYS_close), Int(rawValue), 0, 0, 0, 0, 0)
    }

    /// Gives the descriptor up without closing it.
    ///
    /// - Returns: The number, now the caller's to close.
    public consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// The path under which the kernel shows this descriptor to its own process: `/proc/self/fd/N`.
    public var procPath: String { "/proc/self/fd/\(rawValue)" }

    /// A second descriptor of the same open file, closed on exec (fcntl(2), F_DUPFD_CLOEXEC).
    ///
    /// - Parameter minimum: The lowest number it may have.
    /// - Returns: The new descriptor.
    /// - Throws: ``SystemCallError``.
    public func duplicated(atLeast minimum: Int32 = 3) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: Int32(try systemCall("fcntl", LINUX_SYS_fcntl, Int(rawValue), 1030, Int(minimum))))
    }

    /// Makes `number` refer to the same open file, kept open over exec (dup3(2)).
    ///
    /// - Parameter number: The descriptor to replace.
    /// - Throws: ``SystemCallError``.
    public func duplicate(onto number: Int32) throws(SystemCallError) {
        guard number != rawValue else { return try setCloseOnExec(false) }
        try systemCall("dup3", LINUX_SYS_dup3, Int(rawValue), Int(number), 0)
    }

    /// Says whether the descriptor is closed on exec (fcntl(2), F_SETFD).
    ///
    /// - Parameter closes: Whether it is.
    /// - Throws: ``SystemCallError``.
    public func setCloseOnExec(_ closes: Bool) throws(SystemCallError) {
        try systemCall("fcntl", LINUX_SYS_fcntl, Int(rawValue), 2, closes ? 1 : 0)
    }
}
