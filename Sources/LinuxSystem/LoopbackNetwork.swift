internal import Glibc

/// The loopback interface of a network namespace as the place where every address is (ip-route(8), `ip route add local
/// default dev lo`): what is sent to any address arrives at a socket of this namespace that is bound to all.
public struct LoopbackNetwork: ~Copyable {
    private let socket: RoutingSocket

    /// The version of the internet protocol.
    public enum Version: UInt8, Sendable {
        // AF_INET and AF_INET6.
        case v4 = 2
        case v6 = 10
    }

    /// Opens this namespace's routing socket (rtnetlink(7)).
    ///
    /// - Throws: ``SystemCallError``.
    public init() throws(SystemCallError) { socket = try RoutingSocket() }

    /// Makes every address of a version local.
    ///
    /// - Parameter version: The version.
    /// - Throws: ``SystemCallError``; of version 6 on a host without it, see ``isWithoutVersion6(_:)``.
    public borrowing func makeEveryAddressLocal(_ version: Version) throws(SystemCallError) {
        // struct rtmsg: family, lengths of destination and source, TOS, table RT_TABLE_LOCAL, protocol RTPROT_BOOT, scope
        // RT_SCOPE_HOST, type RTN_LOCAL, flags. Then RTA_OIF: the loopback interface is the first of every namespace.
        let route: [UInt8] = [version.rawValue, 0, 0, 0, 255, 3, 254, 2, 0, 0, 0, 0]
        try socket.request(
            24 /* RTM_NEWROUTE */, flags: RoutingSocket.makes, route + Self.attribute(4, [1, 0, 0, 0]),
            object: "RTM_NEWROUTE")
    }

    /// Gives the interface an address of version 4, besides 127.0.0.1. Programs that see no other take the host for one
    /// without a network (getaddrinfo(3), AI_ADDRCONFIG).
    ///
    /// - Parameter address: The address, 4 bytes in network order.
    /// - Throws: ``SystemCallError``.
    public borrowing func addAddress(_ address: [UInt8]) throws(SystemCallError) {
        // struct ifaddrmsg: family, prefix length, flags, scope RT_SCOPE_HOST, interface. Then IFA_LOCAL and IFA_ADDRESS.
        let message: [UInt8] = [Version.v4.rawValue, 32, 0, 254, 1, 0, 0, 0]
        try socket.request(
            20 /* RTM_NEWADDR */, flags: RoutingSocket.makes,
            message + Self.attribute(2, address) + Self.attribute(1, address), object: "RTM_NEWADDR")
    }

    /// Whether an error says that this kernel, or this host by its settings, has no version 6.
    ///
    /// - Parameter error: What ``makeEveryAddressLocal(_:)`` or ``InternetSocket`` threw.
    /// - Returns: Whether it does.
    public static func isWithoutVersion6(_ error: SystemCallError) -> Bool {
        // EACCES is the answer of an interface on which it is switched off (net.ipv6.conf.*.disable_ipv6).
        [EAFNOSUPPORT, EOPNOTSUPP, EADDRNOTAVAIL, EACCES, ENODEV].contains(error.errno.rawValue)
    }

    private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        RoutingSocket.attribute(type, value)
    }
}
