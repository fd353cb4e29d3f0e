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
        do throws(SystemCallError) {
            try write(bytes)
        } catch  where error.errno == .brokenPipe {
            Self.takePipeSignal()
            throw error
        }
    }

    /// Writes as many bytes to a pipe as it takes now; see ``makeNonBlocking()`` and ``writeToPipe(_:)``.
    ///
    /// - Parameter bytes: What to write.
    /// - Returns: How many bytes were written; 0 where the pipe is full.
    /// - Throws: ``SystemCallError``.
    public func writeToPipe(partOf bytes: ArraySlice<UInt8>) throws(SystemCallError) -> Int {
        let old = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, old) }
        let number = rawValue
        let result = bytes.withUnsafeBytes {
            linux_syscall(Int(LINUX_SYS_write), Int(number), word($0.baseAddress), $0.count, 0, 0, 0)
        }
        if result == Int(-EAGAIN) || result == Int(-EINTR) { return 0 }
        if result == Int(-EPIPE) { Self.takePipeSignal() }
        return try checked("write") { result }
    }

    /// Lets reads and writes return instead of waiting (fcntl(2), F_SETFL).
    ///
    /// - Throws: ``SystemCallError``.
    public func makeNonBlocking() throws(SystemCallError) {
        try systemCall("fcntl", LINUX_SYS_fcntl, Int(rawValue), 4, Int(O_NONBLOCK))
    }

    /// Has reads and writes wait again.
    ///
    /// - Throws: ``SystemCallError``.
    public func makeBlocking() throws(SystemCallError) {
        try systemCall("fcntl", LINUX_SYS_fcntl, Int(rawValue), 4, 0)
    }

    /// Takes the SIGPIPE of a write that failed. Where signals are blocked it waits although it is ignored (signal(7):
    /// what is blocked is never thrown away), and a ``SignalQueue`` would pass it on as if somebody had sent it.
    private static func takePipeSignal() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGPIPE)
        var now = timespec()
        _ = sigtimedwait(&set, nil, &now)
    }
}
