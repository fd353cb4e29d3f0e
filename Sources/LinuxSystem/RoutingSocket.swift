internal import CLinux
internal import Glibc

/// A socket to the kernel's network configuration of one network namespace: the one it was made in (rtnetlink(7)).
///
/// All numbers are little-endian, as on both machines that the program runs on.
struct RoutingSocket: ~Copyable {
    private let socket: FileDescriptor

    /// NLM_F_EXCL | NLM_F_CREATE: the request makes something that is not there.
    static let makes: UInt16 = 0x600

    /// Gives the descriptor up.
    consuming func release() -> FileDescriptor { socket }

    /// Opens this namespace's socket.
    ///
    /// - Parameter protocolNumber: What it speaks to; routing, unless another is named.
    /// - Throws: ``SystemCallError``.
    init(protocolNumber: Int = 0) throws(SystemCallError) {
        let type = Int(SOCK_RAW.rawValue) | Int(O_CLOEXEC)
        socket = FileDescriptor(
            owning: Int32(try systemCall("socket", LINUX_SYS_socket, Int(AF_NETLINK), type, protocolNumber)))
    }

    /// Takes a socket over.
    init(_ descriptor: consuming FileDescriptor) { socket = descriptor }

    /// An attribute: its length and type, its value, and bytes up to a multiple of four.
    static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: -value.count & 3)
        return bytes(UInt16(4 + value.count)) + bytes(type) + value + padding
    }

    /// The bytes of a number.
    static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    /// The number at a place, which must lie within.
    static func number<Number: FixedWidthInteger>(_ bytes: some Collection<UInt8>, at offset: Int) -> Number {
        let start = bytes.index(bytes.startIndex, offsetBy: offset)
        let end = bytes.index(start, offsetBy: Number.bitWidth / 8)
        return bytes[start..<end].reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }

    /// Sends a request and reads its acknowledgement (netlink(7)).
    borrowing func request(
        _ type: UInt16, flags: UInt16 = 0, _ body: [UInt8], object: String
    ) throws(SystemCallError) {
        // NLM_F_REQUEST | NLM_F_ACK
        try send(type, 0x5 | flags, body, object: object)
        let answer = try socket.read(upTo: 4096)
        guard answer.count >= 20, Self.number(answer, at: 4) == UInt16(2) /* NLMSG_ERROR */ else {
            throw SystemCallError(call: "netlink", object: object, errno: .inputOutput)
        }
        try Self.check(answer[...], object: object)
    }

    /// Asks for all objects of a kind (NLM_F_DUMP).
    ///
    /// - Returns: The content of each answer of the type that is expected.
    borrowing func list(
        _ type: UInt16, _ body: [UInt8], answers: UInt16, object: String
    ) throws(SystemCallError) -> [[UInt8]] {
        try send(type, 0x301, body, object: object)
        var found: [[UInt8]] = []
        while true {
            var rest = try socket.read(upTo: 65536)[...]
            if rest.isEmpty { throw SystemCallError(call: "netlink", object: object, errno: .inputOutput) }
            while rest.count >= 16 {
                let length = Int(Self.number(rest, at: 0) as UInt32)
                guard length >= 16, length <= rest.count else {
                    throw SystemCallError(call: "netlink", object: object, errno: .inputOutput)
                }
                let message = rest.prefix(length)
                switch Self.number(message, at: 4) as UInt16 {
                case 2: try Self.check(message, object: object)  // NLMSG_ERROR
                case 3: return found  // NLMSG_DONE
                case answers: found.append(Array(message.dropFirst(16)))
                default: break
                }
                rest = rest.dropFirst((length + 3) & ~3)
            }
        }
    }

    /// The attributes that follow a fixed part.
    static func attributes(_ message: [UInt8], after count: Int) -> [(type: UInt16, value: [UInt8])] {
        var found: [(type: UInt16, value: [UInt8])] = []
        var rest = message.dropFirst(count)
        while rest.count >= 4 {
            let length = Int(number(rest, at: 0) as UInt16)
            guard length >= 4, length <= rest.count else { return found }
            found.append((number(rest, at: 2), Array(rest.prefix(length).dropFirst(4))))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return found
    }

    private borrowing func send(
        _ type: UInt16, _ flags: UInt16, _ body: [UInt8], object: String
    ) throws(SystemCallError) {
        // struct nlmsghdr: length, type, flags, sequence, port.
        let header =
            Self.bytes(UInt32(16 + body.count)) + Self.bytes(type) + Self.bytes(flags) + [1, 0, 0, 0, 0, 0, 0, 0]
        let message = header + body
        let number = socket.rawValue
        try checked("netlink", object: object) {
            message.withUnsafeBytes {
                linux_syscall(Int(LINUX_SYS_write), Int(number), word($0.baseAddress), $0.count, 0, 0, 0)
            }
        }
    }

    /// struct nlmsgerr after the header: 0, or a negative error number.
    private static func check(_ message: ArraySlice<UInt8>, object: String) throws(SystemCallError) {
        guard message.count >= 20 else { throw SystemCallError(call: "netlink", object: object, errno: .inputOutput) }
        let code: Int32 = number(message, at: 16)
        if code != 0 { throw SystemCallError(call: "netlink", object: object, errno: Errno(rawValue: -code)) }
    }
}
