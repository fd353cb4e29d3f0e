internal import CLinux
internal import Glibc

/// The loopback interface of a network namespace as the place where every address is (ip-route(8), `ip route add local
/// default dev lo`): what is sent to any address arrives at a socket of this namespace that is bound to all.
public struct LoopbackNetwork: ~Copyable {
    private let socket: FileDescriptor

    /// The version of the internet protocol.
    public enum Version: UInt8, Sendable {
        // AF_INET and AF_INET6.
        case v4 = 2
        case v6 = 10
    }

    /// Opens this namespace's routing socket (rtnetlink(7)).
    ///
    /// - Throws: ``SystemCallError``.
    public init() throws(SystemCallError) {
        socket = FileDescriptor(
            owning: Int32(
                try systemCall("socket", LINUX_SYS_socket, Int(AF_NETLINK), Int(SOCK_RAW.rawValue) | Int(O_CLOEXEC), 0))
        )
    }

    /// Makes every address of a version local.
    ///
    /// - Parameter version: The version.
    /// - Throws: ``SystemCallError``; of version 6 on a host without it, see ``isWithoutVersion6(_:)``.
    public borrowing func makeEveryAddressLocal(_ version: Version) throws(SystemCallError) {
        // struct rtmsg: family, lengths of destination and source, TOS, table RT_TABLE_LOCAL, protocol RTPROT_BOOT, scope
        // RT_SCOPE_HOST, type RTN_LOCAL, flags. Then RTA_OIF: the loopback interface is the first of every namespace.
        let route: [UInt8] = [version.rawValue, 0, 0, 0, 255, 3, 254, 2, 0, 0, 0, 0]
        try request(24 /* RTM_NEWROUTE */, route + Self.attribute(4, [1, 0, 0, 0]), "RTM_NEWROUTE")
    }

    /// Gives the interface an address of version 4, besides 127.0.0.1. Programs that see no other take the host for one
    /// without a network (getaddrinfo(3), AI_ADDRCONFIG).
    ///
    /// - Parameter address: The address, 4 bytes in network order.
    /// - Throws: ``SystemCallError``.
    public borrowing func addAddress(_ address: [UInt8]) throws(SystemCallError) {
        // struct ifaddrmsg: family, prefix length, flags, scope RT_SCOPE_HOST, interface. Then IFA_LOCAL and IFA_ADDRESS.
        let message: [UInt8] = [Version.v4.rawValue, 32, 0, 254, 1, 0, 0, 0]
        try request(
            20 /* RTM_NEWADDR */, message + Self.attribute(2, address) + Self.attribute(1, address), "RTM_NEWADDR")
    }

    /// Whether an error says that this kernel, or this host by its settings, has no version 6.
    ///
    /// - Parameter error: What ``makeEveryAddressLocal(_:)`` or ``InternetSocket`` threw.
    /// - Returns: Whether it does.
    public static func isWithoutVersion6(_ error: SystemCallError) -> Bool {
        // EACCES is the answer of an interface on which it is switched off (net.ipv6.conf.*.disable_ipv6).
        [EAFNOSUPPORT, EOPNOTSUPP, EADDRNOTAVAIL, EACCES, ENODEV].contains(error.errno.rawValue)
    }

    /// An attribute: its length and type, its value, which here is 4 bytes long and needs no padding.
    private static func attribute(_ type: UInt8, _ value: [UInt8]) -> [UInt8] { [8, 0, type, 0] + value }

    /// Sends a request and reads its acknowledgement (netlink(7)). All numbers are little-endian, as on both machines
    /// that the program runs on.
    private borrowing func request(
        _ type: UInt8, _ body: [UInt8], _ name: StaticString
    ) throws(SystemCallError) {
        // struct nlmsghdr: length, type, NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE, sequence, port.
        let message = [UInt8(16 + body.count), 0, 0, 0, type, 0, 0x05, 0x06, 1, 0, 0, 0, 0, 0, 0, 0] + body
        let number = socket.rawValue
        try checked("netlink", object: "\(name)") {
            message.withUnsafeBytes {
                linux_syscall(Int(LINUX_SYS_write), Int(number), word($0.baseAddress), $0.count, 0, 0, 0)
            }
        }
        let answer = try socket.read(upTo: 1024)
        // struct nlmsgerr after the header: 0, or a negative error number.
        guard answer.count >= 20, answer[4] == 2 /* NLMSG_ERROR */ else {
            throw SystemCallError(call: "netlink", object: "\(name)", errno: .inputOutput)
        }
        let code = answer[16..<20].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if code != 0 {
            throw SystemCallError(
                call: "netlink", object: "\(name)", errno: Errno(rawValue: -Int32(bitPattern: code)))
        }
    }
}
