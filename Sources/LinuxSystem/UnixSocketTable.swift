internal import CLinux
internal import Glibc

/// The unix sockets of one network namespace, as the kernel lists them (sock_diag(7)).
public enum UnixSocketTable {
    /// Opens the table of this process's network namespace.
    ///
    /// - Returns: A socket, which any process may ask.
    /// - Throws: ``SystemCallError``; EPROTONOSUPPORT where the kernel has none.
    public static func open() throws(SystemCallError) -> FileDescriptor {
        try RoutingSocket(protocolNumber: 4 /* NETLINK_SOCK_DIAG */).release()
    }

    /// Whether a socket of the table's namespace is bound to a file.
    ///
    /// The kernel tells 32 bits of the file's number; of a file with a larger one no socket is ever found.
    ///
    /// - Parameters:
    ///   - table: The table, as ``open()`` gave it.
    ///   - file: The file's status.
    /// - Returns: Whether one is.
    /// - Throws: ``SystemCallError``; ENOENT where the kernel cannot list unix sockets (CONFIG_UNIX_DIAG).
    public static func of(
        _ table: borrowing FileDescriptor, holds file: FileStatus
    ) throws(SystemCallError) -> Bool {
        guard let inode = UInt32(exactly: file.inode) else { return false }
        let socket = RoutingSocket(try table.duplicated())
        // struct unix_diag_req: family, protocol, padding, states, inode, what to show (UDIAG_SHOW_VFS), cookie.
        let request =
            [UInt8(AF_UNIX), 0, 0, 0] + RoutingSocket.bytes(UInt32.max) + RoutingSocket.bytes(UInt32(0))
            + RoutingSocket.bytes(UInt32(2)) + [UInt8](repeating: 0xFF, count: 8)
        // The kernel's own form of a device number (linux/kdev_t.h).
        let device = file.device.major << 20 | file.device.minor
        for answer in try socket.list(20 /* SOCK_DIAG_BY_FAMILY */, request, answers: 20, object: "sock_diag") {
            // struct unix_diag_msg has 16 bytes; attribute UNIX_DIAG_VFS, struct unix_diag_vfs: inode, device.
            for (type, value) in RoutingSocket.attributes(answer, after: 16) where type == 1 && value.count >= 8 {
                if RoutingSocket.number(value, at: 0) == inode, RoutingSocket.number(value, at: 4) == device {
                    return true
                }
            }
        }
        return false
    }
}
