internal import CLinux
internal import Glibc

/// Kinds of namespace (namespaces(7)), as clone3(2), setns(2) and unshare(2) take them.
public struct NamespaceSet: OptionSet, Hashable, Sendable {
    /// The kernel's CLONE_NEW… bits.
    public let rawValue: UInt64

    /// Kinds from the kernel's bits.
    ///
    /// - Parameter rawValue: The bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Clocks.
    public static let time = NamespaceSet(rawValue: 0x80)
    /// Mounts.
    public static let mount = NamespaceSet(rawValue: 0x2_0000)
    /// The view of control groups.
    public static let cgroup = NamespaceSet(rawValue: 0x200_0000)
    /// Host and domain name.
    public static let uts = NamespaceSet(rawValue: 0x400_0000)
    /// System V IPC and POSIX message queues.
    public static let ipc = NamespaceSet(rawValue: 0x800_0000)
    /// Users, groups and capabilities.
    public static let user = NamespaceSet(rawValue: 0x1000_0000)
    /// Process ids.
    public static let pid = NamespaceSet(rawValue: 0x2000_0000)
    /// Network devices, addresses, sockets.
    public static let network = NamespaceSet(rawValue: 0x4000_0000)
}

extension FileDescriptor {
    /// Moves this process into the namespace that the descriptor is open on (setns(2)).
    ///
    /// - Parameter kind: The kind it must be of.
    /// - Throws: ``SystemCallError``.
    public func joinNamespace(_ kind: NamespaceSet) throws(SystemCallError) {
        try systemCall("setns", LINUX_SYS_setns, Int(rawValue), Int(kind.rawValue))
    }
}

/// Gives this process new namespaces (unshare(2)).
///
/// - Parameter kinds: Which.
/// - Throws: ``SystemCallError``.
public func unshareNamespaces(_ kinds: NamespaceSet) throws(SystemCallError) {
    try systemCall("unshare", LINUX_SYS_unshare, Int(kinds.rawValue))
}

/// Sets the host name of this UTS namespace (sethostname(2)).
///
/// - Parameter name: The name.
/// - Throws: ``SystemCallError`` naming it.
public func setHostname(_ name: String) throws(SystemCallError) {
    let length = name.utf8.count
    let result = name.withCString { linux_syscall(Int(LINUX_SYS_sethostname), word($0), length, 0, 0, 0, 0) }
    try checked("sethostname", object: quoted(name)) { result }
}

/// Sets the NIS domain name of this UTS namespace (setdomainname(2)).
///
/// - Parameter name: The name.
/// - Throws: ``SystemCallError`` naming it.
public func setDomainName(_ name: String) throws(SystemCallError) {
    let length = name.utf8.count
    let result = name.withCString { linux_syscall(Int(LINUX_SYS_setdomainname), word($0), length, 0, 0, 0, 0) }
    try checked("setdomainname", object: quoted(name)) { result }
}

/// Brings the loopback interface of this network namespace up (netdevice(7), SIOCSIFFLAGS).
///
/// - Throws: ``SystemCallError``.
public func bringLoopbackUp() throws(SystemCallError) {
    let socket = FileDescriptor(
        owning: Int32(
            try systemCall("socket", LINUX_SYS_socket, Int(AF_INET), Int(SOCK_DGRAM.rawValue) | Int(O_CLOEXEC), 0)))
    // struct ifreq: 16 bytes of name, then the flags; IFF_UP | IFF_RUNNING.
    var request = [UInt8](repeating: 0, count: 40)
    request[0] = UInt8(ascii: "l")
    request[1] = UInt8(ascii: "o")
    request[16] = 0x41
    let number = socket.rawValue
    let result = request.withUnsafeMutableBytes { linux_ioctl(number, 0x8914, $0.baseAddress) }
    try checked("ioctl SIOCSIFFLAGS", object: "\"lo\"") { result }
}

/// Whether this process's user namespace has every user id, as the host's own has; uid_map in user_namespaces(7).
///
/// - Returns: False in the namespace of a container or of a rootless engine.
/// - Throws: ``SystemCallError`` where there is no /proc.
public func hasAllUserIDs() throws(SystemCallError) -> Bool {
    let map = try readFile("/proc/self/uid_map", limit: 65_536)
    return map.split(whereSeparator: { $0 == 32 || $0 == 10 }).last?.elementsEqual("4294967295".utf8) == true
}
