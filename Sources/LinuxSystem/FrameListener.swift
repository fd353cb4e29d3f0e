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
        let socket = try FrameSocket.makeSocket(keepsFrames: true)
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
    /// Connects to a ``FrameListener`` by its name in a directory (connect(2)).
    ///
    /// - Parameters:
    ///   - name: The socket.
    ///   - directory: Where it is.
    /// - Returns: The connection; nil where no socket is there, nobody listens, or too many wait to be heard already.
    /// - Throws: ``SystemCallError`` naming it.
    public static func connected(
        to name: String, in directory: borrowing FileDescriptor
    ) throws(SystemCallError) -> FrameSocket? {
        do throws(SystemCallError) {
            let socket = try makeSocket(keepsFrames: true)
            try socket.makeNonBlocking()
            let (number, path) = (socket.rawValue, path(of: name, in: directory))
            try checked("connect", object: quoted(name)) { path.withCString { linux_connect_unix(number, $0) } }
            try socket.makeBlocking()
            return FrameSocket(socket)
        } catch  where [.noSuchFile, .connectionRefused, .wouldBlock].contains(error.errno) {
            return nil
        }
    }

    /// A path of any directory that is short enough for an address.
    static func path(of name: String, in directory: borrowing FileDescriptor) -> String {
        "/proc/self/fd/\(directory.rawValue)/\(name)"
    }

    /// A socket that is not connected, of type SOCK_SEQPACKET or SOCK_STREAM.
    static func makeSocket(keepsFrames: Bool) throws(SystemCallError) -> FileDescriptor {
        let type = Int((keepsFrames ? SOCK_SEQPACKET : SOCK_STREAM).rawValue) | Int(O_CLOEXEC)
        return FileDescriptor(owning: Int32(try systemCall("socket", LINUX_SYS_socket, Int(AF_UNIX), type, 0)))
    }

    /// The process that made the connection (unix(7), SO_PEERCRED), as this one's pid namespace numbers it.
    ///
    /// - Returns: Its id; 0 where it has none here.
    /// - Throws: ``SystemCallError``.
    public func peer() throws(SystemCallError) -> Int32 {
        // struct ucred: pid, uid, gid.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = UInt32(MemoryLayout.size(ofValue: credentials))
        let number = Int(descriptor.rawValue)
        let result = withUnsafeMutablePointer(to: &credentials) { credentials in
            withUnsafeMutablePointer(to: &size) { size in
                linux_syscall(
                    Int(LINUX_SYS_getsockopt), number, Int(SOL_SOCKET), Int(SO_PEERCRED), word(credentials), word(size),
                    0)
            }
        }
        try checked("getsockopt", object: "SO_PEERCRED") { result }
        return credentials.pid
    }
}
