internal import CLinux
internal import Glibc

/// One end of a pipe, which can be closed before it goes out of scope.
public final class PipeEnd {
    private var held: FileDescriptorBox?

    init(_ number: Int32) { held = FileDescriptorBox(FileDescriptor(owning: number)) }

    /// The descriptor; must not be used after ``close()``.
    public var descriptor: FileDescriptor {
        _read {
            guard let held else { preconditionFailure("a pipe end is used after it was closed") }
            yield held.descriptor
        }
    }

    /// Closes the end.
    public func close() { held = nil }
}

extension FrameSocket {
    /// Makes a pipe (pipe2(2)); both ends are closed on exec.
    ///
    /// - Returns: The end to read from, and the end to write to.
    /// - Throws: ``SystemCallError``.
    public static func pipe() throws(SystemCallError) -> (PipeEnd, PipeEnd) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) {
            linux_syscall(Int(LINUX_SYS_pipe2), word($0), Int(O_CLOEXEC), 0, 0, 0, 0)
        }
        try checked("pipe2") { result }
        return (PipeEnd(ends.0), PipeEnd(ends.1))
    }
}

extension FileDescriptor {
    /// Writes all bytes to a pipe or socket; a reader that has gone is EPIPE, not a signal.
    ///
    /// - Parameter bytes: What to write.
    /// - Throws: ``SystemCallError``.
    public func writeToPipe(_ bytes: [UInt8]) throws(SystemCallError) {
        let old = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, old) }
        try write(bytes)
    }
}
