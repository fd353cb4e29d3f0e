internal import CLinux
internal import Glibc

/// One end of a pair of connected sockets that keep frames apart (unix(7), SOCK_SEQPACKET).
public struct FrameSocket: Sendable {
    private let box: FileDescriptorBox

    /// The socket.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Takes over a socket.
    ///
    /// - Parameter descriptor: A socket of type SOCK_SEQPACKET or SOCK_STREAM.
    public init(_ descriptor: consuming FileDescriptor) { box = FileDescriptorBox(descriptor) }

    /// Makes a connected pair (socketpair(2)); both ends are closed on exec.
    ///
    /// - Returns: The two ends, by number.
    /// - Throws: ``SystemCallError``.
    public static func pair() throws(SystemCallError) -> (Int32, Int32) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &ends) {
            linux_syscall(
                Int(LINUX_SYS_socketpair), Int(AF_UNIX), Int(SOCK_SEQPACKET.rawValue) | Int(O_CLOEXEC), 0, word($0), 0,
                0)
        }
        try checked("socketpair") { result }
        return ends
    }

    /// Connects to a unix socket of type SOCK_STREAM by its path (connect(2)).
    ///
    /// - Parameter path: The socket.
    /// - Returns: The connection.
    /// - Throws: ``SystemCallError`` naming the path.
    public static func connected(to path: String) throws(SystemCallError) -> FrameSocket {
        let socket = try makeSocket(keepsFrames: false)
        let number = socket.rawValue
        try checked("connect", object: quoted(path)) { path.withCString { linux_connect_unix(number, $0) } }
        return FrameSocket(socket)
    }

    /// Sends one frame, and descriptors with it (sendmsg(2)).
    ///
    /// - Parameters:
    ///   - bytes: The frame, at least one byte.
    ///   - descriptors: Open descriptors; the receiver gets its own.
    /// - Throws: ``SystemCallError``; EPIPE where the other end is gone (no signal is raised).
    public func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemCallError) {
        let number = descriptor.rawValue
        try checked("sendmsg") { linux_send_frame(number, bytes, bytes.count, descriptors, descriptors.count) }
    }

    /// Waits for a frame (recvmsg(2)).
    ///
    /// - Parameter limit: The longest frame that is taken; a longer one is an error (EMSGSIZE).
    /// - Returns: The frame and what descriptors came with it, or nil where the other end is gone.
    /// - Throws: ``SystemCallError``.
    public func receive(limit: Int = 16384) throws(SystemCallError) -> (
        bytes: [UInt8], descriptors: [FileDescriptorBox]
    )? {
        var numbers = [Int32](repeating: -1, count: 16)
        var numberCount = 0
        var isTruncated: Int32 = 0
        var result = 0
        let socket = descriptor.rawValue
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            // A peer that closed without reading everything leaves ECONNRESET behind, once, before the frames it sent.
            var resets = 0
            repeat {
                result = linux_receive_frame(
                    socket, buffer.baseAddress, limit, &numbers, numbers.count, &numberCount, &isTruncated)
                if result == Int(-ECONNRESET) { resets += 1 }
            } while result == Int(-EINTR) || result == Int(-ECONNRESET) && resets == 1
            count = max(result, 0)
        }
        if result == Int(-ECONNRESET) { return nil }
        try checked("recvmsg") { result }
        let descriptors = numbers.prefix(numberCount).map { FileDescriptorBox(FileDescriptor(owning: $0)) }
        if isTruncated != 0 { throw SystemCallError(call: "recvmsg", errno: Errno(rawValue: EMSGSIZE)) }
        if bytes.isEmpty { return nil }
        return (bytes, descriptors)
    }
}
