/// A message on the bus (D-Bus specification, Message Format).
public struct DBusMessage: Equatable, Sendable {
    /// What a message is.
    public enum Kind: UInt8, Sendable {
        case call = 1
        case reply, error, signal
    }

    /// A field of the header, by its number.
    enum Field: UInt8 {
        case path = 1
        case interface, member, errorName, replySerial, destination, sender, signature
    }

    /// What it is.
    public var kind: Kind
    /// The object it goes to or comes from.
    public var path: String?
    /// The interface of ``member``.
    public var interface: String?
    /// The method or signal.
    public var member: String?
    /// The error's name.
    public var errorName: String?
    /// The call that this answers.
    var replySerial: UInt32?
    /// Whom it goes to.
    public var destination: String?
    /// Its arguments.
    public var body: [DBusValue] = []

    /// A longer message is not taken: those of systemd have a few kilobytes.
    static let limit = 1 << 20

    /// The bytes of the message.
    ///
    /// - Parameter serial: Its number among those of the connection, from 1.
    /// - Returns: Header and body.
    func bytes(serial: UInt32) -> [UInt8] {
        var body = WireWriter()
        for value in self.body { body.write(value) }

        var fields: [DBusValue] = []
        func add(_ field: Field, _ value: DBusValue?) {
            guard let value else { return }
            fields.append(.structure([.byte(field.rawValue), .variant(value)]))
        }
        add(.path, path.map { .objectPath($0) })
        add(.interface, interface.map { .string($0) })
        add(.member, member.map { .string($0) })
        add(.destination, destination.map { .string($0) })
        let signature = self.body.map(\.signature).joined()
        add(.signature, signature.isEmpty ? nil : .signature(signature))

        var header = WireWriter()
        // Little-endian, no flags, version 1.
        for byte in [UInt8(ascii: "l"), kind.rawValue, 0, 1] { header.write(.byte(byte)) }
        header.write(.uint32(UInt32(body.bytes.count)))
        header.write(.uint32(serial))
        header.write(.array(of: "(yv)", fields))
        header.align(to: 8)
        return header.bytes + body.bytes
    }

    /// How long the message is that begins with these bytes; nil where they are too few to tell.
    ///
    /// - Throws: ``DBusError`` where it is no message, or too long.
    static func length(of bytes: ArraySlice<UInt8>) throws(DBusError) -> Int? {
        guard bytes.count >= 16 else { return nil }
        let start = Array(bytes.prefix(16))
        let isBigEndian = try isBigEndian(start[0])
        var reader = WireReader(start, isBigEndian: isBigEndian)
        let numbers = try reader.values(of: "yyyyuuu")
        guard case .uint32(let body) = numbers[4], case .uint32(let fields) = numbers[6],
            body <= limit, fields <= limit
        else { throw .malformed("a message that is too long") }
        return 16 + (Int(fields) + 7) / 8 * 8 + Int(body)
    }

    /// Reads a whole message.
    init(_ bytes: [UInt8]) throws(DBusError) {
        guard let first = bytes.first else { throw .malformed("no message") }
        let isBigEndian = try Self.isBigEndian(first)
        var reader = WireReader(bytes, isBigEndian: isBigEndian)
        let header = try reader.values(of: "yyyyuua(yv)")
        guard case .byte(let number) = header[1], let kind = Kind(rawValue: number) else {
            throw .malformed("a message of no known kind")
        }
        self.kind = kind
        var signature = ""
        if case .array(_, let fields) = header[6] {
            for field in fields {
                guard case .structure(let pair) = field, pair.count == 2, case .byte(let number) = pair[0],
                    case .variant(let value) = pair[1], let name = Field(rawValue: number)
                else { continue }
                switch (name, value) {
                case (.path, .objectPath(let text)): path = text
                case (.interface, .string(let text)): interface = text
                case (.member, .string(let text)): member = text
                case (.errorName, .string(let text)): errorName = text
                case (.replySerial, .uint32(let serial)): replySerial = serial
                case (.destination, .string(let text)): destination = text
                case (.signature, .signature(let text)): signature = text
                default: break
                }
            }
        }
        try reader.align(to: 8)
        body = try reader.values(of: signature)
    }

    /// A call of a method.
    public init(
        calling member: String, of interface: String, on path: String, at destination: String, _ body: [DBusValue] = []
    ) {
        kind = .call
        (self.member, self.interface, self.path, self.destination) = (member, interface, path, destination)
        self.body = body
    }

    private static func isBigEndian(_ mark: UInt8) throws(DBusError) -> Bool {
        switch mark {
        case UInt8(ascii: "l"): return false
        case UInt8(ascii: "B"): return true
        default: throw .malformed("a message of no byte order")
        }
    }
}
