internal import CLinux
internal import Glibc

/// A socket of another process, of which this process holds a copy to work on in its stead (socket(7)).
///
/// Descriptor flags are shared with the other process; nothing here waits.
public struct BorrowedSocket: ~Copyable {
    /// What a socket's addresses are (address_families(7)).
    public enum Family: Sendable {
        /// Of this machine, by paths and abstract names.
        case unix
        /// Of the internet, version 4 or 6.
        case internet
        /// Any other.
        case other
    }

    /// The copy.
    public let descriptor: FileDescriptor
    /// What its addresses are.
    public let family: Family
    /// Whether a call on it waits until it is done.
    public let blocks: Bool

    /// Takes a copy over.
    ///
    /// - Parameter descriptor: The copy.
    /// - Throws: ``SystemCallError``; ENOTSOCK where it is no socket.
    public init(_ descriptor: consuming FileDescriptor) throws(SystemCallError) {
        let domain = try Self.option(descriptor, SO_DOMAIN)
        let flags = try systemCall("fcntl", LINUX_SYS_fcntl, Int(descriptor.rawValue), Int(F_GETFL), 0)
        blocks = flags & Int(O_NONBLOCK) == 0
        family =
            switch domain {
            case AF_UNIX: .unix
            case AF_INET, AF_INET6: .internet
            default: .other
            }
        self.descriptor = descriptor
    }

    deinit {
        // Whoever closes a socket last waits as long as SO_LINGER says (socket(7)); that must not be this process.
        var linger: (isOn: Int32, seconds: Int32) = (0, 0)
        let number = Int(descriptor.rawValue)
        let isSet = withUnsafePointer(to: &linger) {
            linux_syscall(
                Int(LINUX_SYS_setsockopt), number, Int(SOL_SOCKET), Int(SO_LINGER), word($0),
                MemoryLayout<(Int32, Int32)>.size, 0)
        }
        _ = isSet  // A socket without the option does not wait.
    }

    /// Begins to connect (connect(2)), without waiting, whatever the flags are.
    ///
    /// The other process shares the flags and can take O_NONBLOCK away at any moment. So a timer interrupts a call that
    /// waits after all: EINTR.
    ///
    /// - Parameter address: The address, as the call takes it.
    /// - Returns: Nil once it is connected; otherwise why not, EINPROGRESS or EALREADY where that goes on.
    /// - Throws: ``SystemCallError`` where the socket's flags cannot be changed.
    public borrowing func connect(_ address: [UInt8]) throws(SystemCallError) -> Errno? {
        if blocks { try setNonBlocking(true) }
        let number = Int(descriptor.rawValue)
        try InterruptTimer.start()
        let result = address.withUnsafeBytes {
            linux_syscall(Int(LINUX_SYS_connect), number, word($0.baseAddress), $0.count, 0, 0, 0)
        }
        try InterruptTimer.stop()
        if blocks { try setNonBlocking(false) }
        return result < 0 ? Errno(rawValue: Int32(-result)) : nil
    }

    /// How a connection that was begun has come out (SO_ERROR).
    ///
    /// - Returns: Nil where it is made; otherwise why not.
    /// - Throws: ``SystemCallError``.
    public borrowing func outcome() throws(SystemCallError) -> Errno? {
        let error = try Self.option(descriptor, SO_ERROR)
        return error == 0 ? nil : Errno(rawValue: error)
    }

    private borrowing func setNonBlocking(_ isNonBlocking: Bool) throws(SystemCallError) {
        let number = Int(descriptor.rawValue)
        let flags = try systemCall("fcntl", LINUX_SYS_fcntl, number, Int(F_GETFL), 0)
        let changed = isNonBlocking ? flags | Int(O_NONBLOCK) : flags & ~Int(O_NONBLOCK)
        try systemCall("fcntl", LINUX_SYS_fcntl, number, Int(F_SETFL), changed)
    }

    private static func option(
        _ descriptor: borrowing FileDescriptor, _ option: Int32
    ) throws(SystemCallError) -> Int32 {
        var (value, length): (Int32, UInt32) = (0, 4)
        let number = Int(descriptor.rawValue)
        let result = withUnsafeMutablePointer(to: &value) { value in
            withUnsafeMutablePointer(to: &length) {
                linux_syscall(
                    Int(LINUX_SYS_getsockopt), number, Int(SOL_SOCKET), Int(option), word(value), word($0), 0)
            }
        }
        try checked("getsockopt") { result }
        return value
    }
}
