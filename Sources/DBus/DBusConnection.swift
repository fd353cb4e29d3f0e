internal import LinuxSystem

/// A connection to a message bus: one call at a time, and the signals that come meanwhile.
///
/// Source: the D-Bus specification, Authentication Protocol and Message Bus.
public final class DBusConnection {
    private let socket: FrameSocket
    private var received: [UInt8] = []
    private var lastSerial: UInt32 = 0
    private var signals: [DBusMessage] = []

    /// How long an answer may take, in milliseconds; systemd's own limit for its clients.
    private static let patience: Int64 = 25_000

    /// Connects, and introduces itself.
    ///
    /// - Parameters:
    ///   - path: The bus's socket.
    ///   - userID: This process's user as the bus sees it.
    /// - Throws: ``DBusError``.
    public init(path: String, userID: UInt32) throws(DBusError) {
        do throws(SystemCallError) {
            socket = try FrameSocket.connected(to: path)
        } catch {
            throw DBusError(error)
        }
        try authenticate(userID)
        _ = try call(
            DBusMessage(
                calling: "Hello", of: "org.freedesktop.DBus", on: "/org/freedesktop/DBus", at: "org.freedesktop.DBus"))
    }

    /// Calls a method and waits for its answer.
    ///
    /// - Parameter message: The call.
    /// - Returns: The answer's arguments.
    /// - Throws: ``DBusError``; `refused` with what the other side said.
    @discardableResult
    public func call(_ message: DBusMessage) throws(DBusError) -> [DBusValue] {
        lastSerial += 1
        try send(message.bytes(serial: lastSerial))
        while true {
            let answer = try nextMessage()
            switch answer.kind {
            case .signal: signals.append(answer)
            case .call: break  // Nobody may ask anything of this program.
            case .reply where answer.replySerial == lastSerial: return answer.body
            case .error where answer.replySerial == lastSerial:
                let name = answer.errorName ?? "an error without a name"
                throw .refused(name: name, message: answer.body.first?.text ?? name)
            case .reply, .error: break
            }
        }
    }

    /// Waits for a signal; those that came before it and are not it are dropped.
    ///
    /// - Parameter isWanted: Whether a signal is the one.
    /// - Returns: The signal.
    /// - Throws: ``DBusError``.
    public func signal(where isWanted: (DBusMessage) -> Bool) throws(DBusError) -> DBusMessage {
        while true {
            let next: DBusMessage
            if signals.isEmpty { next = try nextMessage() } else { next = signals.removeFirst() }
            if next.kind == .signal, isWanted(next) { return next }
        }
    }

    /// The mechanism EXTERNAL: the kernel tells the bus who is at the other end.
    private func authenticate(_ userID: UInt32) throws(DBusError) {
        let digits = Array("0123456789abcdef".utf8)
        let name = "\(userID)".utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        try send([0] + "AUTH EXTERNAL ".utf8 + name + "\r\n".utf8)
        while !received.contains(UInt8(ascii: "\n")) { try receive() }
        guard received.starts(with: "OK ".utf8) else { throw .transport("the bus does not take this user") }
        received = []
        try send(Array("BEGIN\r\n".utf8))
    }

    private func nextMessage() throws(DBusError) -> DBusMessage {
        while true {
            if let length = try DBusMessage.length(of: received[...]), received.count >= length {
                let message = try DBusMessage(Array(received[..<length]))
                received.removeFirst(length)
                return message
            }
            try receive()
        }
    }

    private func send(_ bytes: [UInt8]) throws(DBusError) {
        // The other end's going away is an error here, not a signal.
        try attempt { () throws(SystemCallError) in try socket.send(bytes) }
    }

    private func receive() throws(DBusError) {
        let isReady = try attempt { () throws(SystemCallError) in
            try waitUntilReady([socket.descriptor.rawValue], milliseconds: Self.patience)[0]
        }
        guard isReady else { throw .silence(milliseconds: Self.patience) }
        guard let more = try attempt({ () throws(SystemCallError) in try socket.receive()?.bytes }) else {
            throw .transport("the bus hung up")
        }
        received += more
    }

    private func attempt<Result>(_ call: () throws(SystemCallError) -> Result) throws(DBusError) -> Result {
        do throws(SystemCallError) {
            return try call()
        } catch {
            throw DBusError(error)
        }
    }
}
