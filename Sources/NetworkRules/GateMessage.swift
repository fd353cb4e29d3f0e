/// What the gate is told before it begins, and what it answers; one frame a message, over a SOCK_SEQPACKET pair.
///
///     runtime                         the container's init            gate
///     rules, in parts          --->
///                                     sockets + descriptors    --->
///                                     complete                 --->
///                              <---                                   ready, or failed
///
/// Runtime and init hold the same end. spec/init-protocol.md.
public enum GateMessage: Equatable, Sendable {
    /// A part of the list of what may be reached, as the annotation's JSON.
    case rules([UInt8])
    /// What the descriptors that come along are, in their order.
    case sockets([Socket])
    /// Nothing more follows.
    case complete
    /// The gate answers from now on.
    case ready
    /// The gate cannot: one line.
    case failed(String)

    /// A bound socket of the container's network namespace.
    public struct Socket: Equatable, Sendable {
        /// Whether it is a datagram socket, for names; otherwise it listens for connections.
        public let isDatagram: Bool
        /// Whether it is of version 6.
        public let isVersion6: Bool
        /// The port it holds.
        public let port: UInt16

        /// A socket; see the properties.
        public init(isDatagram: Bool, isVersion6: Bool, port: UInt16) {
            self.isDatagram = isDatagram
            self.isVersion6 = isVersion6
            self.port = port
        }
    }

    /// The port of DNS.
    public static let namePort: UInt16 = 53

    /// The frame: one byte that names the message, then its content.
    public var frame: [UInt8] {
        switch self {
        case .rules(let part): [1] + part
        case .sockets(let sockets):
            [2]
                + sockets.flatMap { socket in
                    [
                        socket.isDatagram ? 1 : 0, socket.isVersion6 ? 6 : 4, UInt8(socket.port >> 8),
                        UInt8(socket.port & 0xFF),
                    ]
                }
        case .complete: [3]
        case .ready: [4]
        case .failed(let message): [5] + message.utf8.prefix(4000)
        }
    }

    /// Reads a frame; nil for one that is none of these.
    ///
    /// - Parameter frame: The bytes.
    public init?(frame: [UInt8]) {
        switch (frame.first, frame.count) {
        case (1, _): self = .rules(Array(frame.dropFirst()))
        case (2, let count) where count % 4 == 1:
            var sockets: [Socket] = []
            for start in stride(from: 1, to: count, by: 4) {
                guard frame[start] <= 1, frame[start + 1] == 4 || frame[start + 1] == 6 else { return nil }
                sockets.append(
                    Socket(
                        isDatagram: frame[start] == 1, isVersion6: frame[start + 1] == 6,
                        port: UInt16(frame[start + 2]) << 8 | UInt16(frame[start + 3])))
            }
            self = .sockets(sockets)
        case (3, 1): self = .complete
        case (4, 1): self = .ready
        case (5, _): self = .failed(String(decoding: frame.dropFirst(), as: UTF8.self))
        default: return nil
        }
    }
}
