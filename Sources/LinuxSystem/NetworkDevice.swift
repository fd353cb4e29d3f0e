internal import CLinux
internal import Glibc

/// A network device of the namespace that this process is in, by its index (rtnetlink(7), netdevice(7)).
public struct NetworkDevice: Equatable, Sendable {
    /// Its number in its namespace.
    public let index: Int32

    /// An address of a device that is kept when the device moves.
    public struct Address: Equatable, Sendable {
        fileprivate let family: UInt8
        fileprivate let prefixLength: UInt8
        /// IFA_ADDRESS, IFA_LOCAL and IFA_BROADCAST, as the kernel gave them.
        fileprivate let attributes: [UInt8]
    }

    /// Finds a device by name (SIOCGIFINDEX).
    ///
    /// - Parameter name: Its name, at most 15 bytes.
    /// - Returns: The device; nil where there is none of this name.
    /// - Throws: ``SystemCallError`` naming it.
    public static func named(_ name: String) throws(SystemCallError) -> NetworkDevice? {
        guard !name.isEmpty, name.utf8.count < 16 else {
            throw SystemCallError(call: "network device", object: quoted(name), errno: .invalidArgument)
        }
        let socket = FileDescriptor(
            owning: Int32(
                try systemCall("socket", LINUX_SYS_socket, Int(AF_INET), Int(SOCK_DGRAM.rawValue) | Int(O_CLOEXEC), 0)))
        // struct ifreq: 16 bytes of name, then the index.
        var request = Array(name.utf8) + [UInt8](repeating: 0, count: 40 - name.utf8.count)
        let number = socket.rawValue
        let result = request.withUnsafeMutableBytes { linux_ioctl(number, 0x8933, $0.baseAddress) }
        if result == Int(-ENODEV) { return nil }
        try checked("network device", object: quoted(name)) { result }
        return NetworkDevice(index: RoutingSocket.number(request, at: 16))
    }

    /// Its permanent addresses of global scope, the ones that mean something in another namespace too.
    ///
    /// - Returns: The addresses.
    /// - Throws: ``SystemCallError``.
    public func lastingAddresses() throws(SystemCallError) -> [Address] {
        let socket = try RoutingSocket()
        let answers = try socket.list(
            22 /* RTM_GETADDR */, [UInt8](repeating: 0, count: 8), answers: 20 /* RTM_NEWADDR */, object: "RTM_GETADDR")
        return answers.compactMap { answer in
            // struct ifaddrmsg: family, prefix length, flags, scope, index of the device. IFA_F_PERMANENT, RT_SCOPE_UNIVERSE.
            guard answer.count >= 8, answer[2] & 0x80 != 0, answer[3] == 0,
                RoutingSocket.number(answer, at: 4) == index
            else { return nil }
            let kept = RoutingSocket.attributes(answer, after: 8).filter { [1, 2, 4].contains($0.type) }
            return Address(
                family: answer[0], prefixLength: answer[1],
                attributes: kept.flatMap { RoutingSocket.attribute($0.type, $0.value) })
        }
    }

    /// Moves it into another network namespace and names it there, in one step (IFLA_NET_NS_FD, IFLA_IFNAME).
    ///
    /// - Parameters:
    ///   - namespace: The namespace.
    ///   - name: Its name there.
    /// - Throws: ``SystemCallError``.
    public func move(to namespace: borrowing FileDescriptor, name: String) throws(SystemCallError) {
        let body =
            header(flags: 0, changing: 0) + RoutingSocket.attribute(28, RoutingSocket.bytes(namespace.rawValue))
            + RoutingSocket.attribute(3, Array(name.utf8) + [0])
        try RoutingSocket().request(16 /* RTM_NEWLINK */, body, object: "RTM_NEWLINK \(quoted(name))")
    }

    /// Gives it an address that it had elsewhere.
    ///
    /// - Parameter address: The address.
    /// - Throws: ``SystemCallError``.
    public func add(_ address: Address) throws(SystemCallError) {
        let body = [address.family, address.prefixLength, 0, 0] + RoutingSocket.bytes(index) + address.attributes
        try RoutingSocket().request(20 /* RTM_NEWADDR */, flags: RoutingSocket.makes, body, object: "RTM_NEWADDR")
    }

    /// Brings it up.
    ///
    /// - Throws: ``SystemCallError``.
    public func bringUp() throws(SystemCallError) {
        // IFF_UP
        try RoutingSocket().request(16 /* RTM_NEWLINK */, header(flags: 1, changing: 1), object: "RTM_NEWLINK")
    }

    /// struct ifinfomsg: family, type, index, flags, and which of them change.
    private func header(flags: UInt32, changing: UInt32) -> [UInt8] {
        [0, 0, 0, 0] + RoutingSocket.bytes(index) + RoutingSocket.bytes(flags) + RoutingSocket.bytes(changing)
    }
}
