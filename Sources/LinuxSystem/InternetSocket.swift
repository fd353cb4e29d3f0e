internal import CLinux
internal import Glibc

/// Sockets of the internet protocols, bound to a port of all addresses (ip(7), ipv6(7)).
public enum InternetSocket {
    /// Makes a socket that listens for connections.
    ///
    /// - Parameters:
    ///   - version: The version of the protocol; a socket of version 6 takes nothing of version 4.
    ///   - port: The port.
    ///   - backlog: How many connections may wait.
    /// - Returns: The socket.
    /// - Throws: ``SystemCallError`` naming the port.
    public static func listening(
        _ version: LoopbackNetwork.Version, port: UInt16, backlog: Int
    ) throws(SystemCallError) -> FileDescriptor {
        let socket = try bound(version, Int(SOCK_STREAM.rawValue), port)
        try systemCall("listen", LINUX_SYS_listen, Int(socket.rawValue), backlog, object: "port \(port)")
        return socket
    }

    /// Makes a socket for datagrams.
    ///
    /// - Parameters:
    ///   - version: The version of the protocol.
    ///   - port: The port.
    /// - Returns: The socket.
    /// - Throws: ``SystemCallError`` naming the port.
    public static func datagram(
        _ version: LoopbackNetwork.Version, port: UInt16
    ) throws(SystemCallError) -> FileDescriptor {
        try bound(version, Int(SOCK_DGRAM.rawValue), port)
    }

    private static func bound(
        _ version: LoopbackNetwork.Version, _ type: Int, _ port: UInt16
    ) throws(SystemCallError) -> FileDescriptor {
        let socket = FileDescriptor(
            owning: Int32(
                try systemCall(
                    "socket", LINUX_SYS_socket, Int(version.rawValue), type | Int(O_CLOEXEC) | Int(O_NONBLOCK), 0)))
        // struct sockaddr_in or sockaddr_in6, of which all but family and port is zero: every address.
        var address = [UInt8](repeating: 0, count: version == .v4 ? 16 : 28)
        address[0] = version.rawValue
        (address[2], address[3]) = (UInt8(port >> 8), UInt8(port & 0xFF))
        let number = socket.rawValue
        if version == .v6 {
            var isOnly: Int32 = 1
            let result = withUnsafePointer(to: &isOnly) {
                linux_syscall(
                    Int(LINUX_SYS_setsockopt), Int(number), Int(IPPROTO_IPV6), Int(IPV6_V6ONLY), word($0), 4, 0)
            }
            try checked("setsockopt", object: "IPV6_V6ONLY") { result }
        }
        try checked("bind", object: "port \(port)") {
            address.withUnsafeBytes {
                linux_syscall(Int(LINUX_SYS_bind), Int(number), word($0.baseAddress), $0.count, 0, 0, 0)
            }
        }
        return socket
    }
}
