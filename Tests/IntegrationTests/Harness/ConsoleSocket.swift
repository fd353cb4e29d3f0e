import Glibc

/// The socket of `--console-socket`: the runtime connects and sends the terminal's main end.
final class ConsoleSocket {
    let path: String
    private let listener: Int32

    init(path: String) throws {
        self.path = path
        listener = try check(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0), "socket")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < 108 else { throw Failure("the path is too long for a socket: \(path)") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try check(status, "bind", path)
        try check(listen(listener, 1), "listen", path)
    }

    deinit { close(listener) }

    /// Waits for the runtime and takes the terminal it sends.
    func receive() throws -> Pseudoterminal { try Pseudoterminal(adopting: receiveMessage().descriptor) }

    /// Waits for the runtime and takes the descriptor it sends.
    func receiveDescriptor() throws -> Int32 { try receiveMessage().descriptor }

    /// Waits for the runtime and takes the message and the descriptor it sends.
    func receiveMessage() throws -> (text: String, descriptor: Int32) {
        try waitUntilReadable(listener)
        let connection = try check(accept(listener, nil, nil), "accept", path)
        defer { close(connection) }
        try waitUntilReadable(connection)

        // Swift does not see the CMSG macros: a header of 16 bytes, then the descriptor.
        var control = [UInt8](repeating: 0, count: 24)
        var data = [UInt8](repeating: 0, count: 4096)
        let received = data.withUnsafeMutableBytes { data in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: data.baseAddress, iov_len: data.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return recvmsg(connection, &message, Int32(MSG_CMSG_CLOEXEC))
                }
            }
        }
        if received < 0 { throw Failure.call("recvmsg", path) }
        let type = control.withUnsafeBytes { $0.load(fromByteOffset: 12, as: Int32.self) }
        let length = control.withUnsafeBytes { $0.load(fromByteOffset: 0, as: Int.self) }
        guard length == 20, type == 1 else { throw Failure("no descriptor came with the message") }
        let descriptor = control.withUnsafeBytes { $0.load(fromByteOffset: 16, as: Int32.self) }
        return (String(decoding: data.prefix(received), as: UTF8.self), descriptor)
    }

    private func waitUntilReadable(_ descriptor: Int32) throws {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 30_000) == 1 else { throw Failure("nobody used the console socket \(path)") }
    }
}
