internal import CLinux
internal import Glibc

/// A unix socket with a place in the file system, on which others of this machine are heard (unix(7)).
public struct FrameListener: Sendable {
    private let box: FileDescriptorBox

    /// The socket, to wait on.
    public var descriptor: FileDescriptor { _read { yield box.descriptor } }

    /// Makes the socket (bind(2), listen(2)).
    ///
    /// - Parameters:
    ///   - name: Its name; nothing may be there.
    ///   - directory: Where. Who may go in and write the socket is heard.
    /// - Throws: ``SystemCallError``; EADDRINUSE where something is there.
    public init(_ name: String, in directory: borrowing FileDescriptor) throws(SystemCallError) {
        let socket = try FrameSocket.makeSocket()
        try socket.bind(to: name, in: directory)
        try systemCall("listen", LINUX_SYS_listen, Int(socket.rawValue), 64, object: quoted(name))
        box = FileDescriptorBox(socket)
    }

    /// Takes the next connection, waiting for one (accept4(2)).
    ///
    /// - Returns: The connection.
    /// - Throws: ``SystemCallError``.
    public func accept() throws(SystemCallError) -> FrameSocket {
        FrameSocket(
            FileDescriptor(
                owning: Int32(
                    try systemCall("accept", LINUX_SYS_accept4, Int(box.descriptor.rawValue), 0, 0, Int(O_CLOEXEC)))))
    }
}

extension FileDescriptor {
    /// Gives a unix socket a name in a directory (bind(2)).
    ///
    /// - Parameters:
    ///   - name: The name; nothing may be there.
    ///   - directory: Where.
    /// - Throws: ``SystemCallError``; EADDRINUSE where something is there.
    func bind(to name: String, in directory: borrowing FileDescriptor) throws(SystemCallError) {
        let number = rawValue
        let path = FrameSocket.path(of: name, in: directory)
        try checked("bind", object: quoted(name)) { path.withCString { linux_bind_unix(number, $0) } }
    }
}

extension FrameSocket {
    /// Connects to a socket by its name in a directory (connect(2)).
    ///
    /// - Parameters:
    ///   - name: The socket.
    ///   - directory: Where it is.
    /// - Returns: The connection; nil where no socket is there, or nobody listens.
    /// - Throws: ``SystemCallError`` naming it.
    public static func connected(
        to name: String, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) -> FrameSocket? {
        do throws(SystemCallError) {
            return try connected(to: path(of: name, in: directory))
        } catch  where error.errno == .noSuchFile || error.errno == .connectionRefused {
            return nil
        }
    }

    /// A path of any directory that is short enough for an address.
    static func path(of name: String, in directory: borrowing FileDescriptor) -> String {
        "/proc/self/fd/\(directory.rawValue)/\(name)"
    }

    static func makeSocket() throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: Int32(
                try systemCall(
                    "socket", LINUX_SYS_socket, Int(AF_UNIX), Int(SOCK_STREAM.rawValue) | Int(O_CLOEXEC), 0)))
    }
}
