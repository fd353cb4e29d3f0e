internal import CLinux
internal import Glibc

/// A unix socket of datagrams (unix(7), SOCK_DGRAM).
public struct DatagramSocket: Sendable {
    private let box: FileDescriptorBox

    /// The socket, to wait on.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Makes a socket with a place in the file system (bind(2)).
    ///
    /// - Parameters:
    ///   - name: Its name; nothing may be there.
    ///   - directory: Where. Who may go in and write the socket is heard.
    /// - Throws: ``SystemCallError``; EADDRINUSE where something is there.
    public init(binding name: String, in directory: borrowing FileDescriptor) throws(SystemCallError) {
        box = try Self.make()
        try box.descriptor.bind(to: name, in: directory)
    }

    /// Makes a socket that sends to another one (connect(2)).
    ///
    /// - Parameter path: The other one.
    /// - Throws: ``SystemCallError`` naming the path.
    public init(connectedTo path: String) throws(SystemCallError) {
        box = try Self.make()
        let number = box.descriptor.rawValue
        try checked("connect", object: quoted(path)) { path.withCString { linux_connect_unix(number, $0) } }
    }

    private static func make() throws(SystemCallError) -> FileDescriptorBox {
        let type = Int(SOCK_DGRAM.rawValue) | Int(O_CLOEXEC) | Int(O_NONBLOCK)
        let number = try systemCall("socket", LINUX_SYS_socket, Int(AF_UNIX), type, 0)
        return FileDescriptorBox(FileDescriptor(owning: Int32(number)))
    }

    /// Sends a datagram, and descriptors with it (sendmsg(2)).
    ///
    /// - Parameters:
    ///   - bytes: The datagram, at least one byte.
    ///   - descriptors: Open descriptors; the receiver gets its own.
    /// - Throws: ``SystemCallError``; EAGAIN where the receiver has too many unread ones.
    public func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemCallError) {
        let number = descriptor.rawValue
        try checked("sendmsg") { linux_send_frame(number, bytes, bytes.count, descriptors, descriptors.count) }
    }

    /// Takes the next datagram; what is longer than the limit is cut off (recv(2)). Descriptors that come along are not
    /// taken.
    ///
    /// - Parameter limit: The most bytes.
    /// - Returns: The datagram; nil where there is none now.
    /// - Throws: ``SystemCallError``.
    public func receive(limit: Int = 4096) throws(SystemCallError) -> [UInt8]? {
        do throws(SystemCallError) {
            return try descriptor.read(upTo: limit)
        } catch  where error.errno == .wouldBlock {
            return nil
        }
    }
}
