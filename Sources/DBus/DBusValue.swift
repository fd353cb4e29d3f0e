/// A value of D-Bus, with its type.
///
/// Source: the D-Bus specification, Type System. Only the types that talking to systemd takes.
public indirect enum DBusValue: Equatable, Sendable {
    /// `y`
    case byte(UInt8)
    /// `b`
    case boolean(Bool)
    /// `u`
    case uint32(UInt32)
    /// `t`
    case uint64(UInt64)
    /// `s`
    case string(String)
    /// `o`
    case objectPath(String)
    /// `g`
    case signature(String)
    /// `a…`: the type of an element, and the elements.
    case array(of: String, [DBusValue])
    /// `(…)`
    case structure([DBusValue])
    /// `v`
    case variant(DBusValue)

    /// The value's type as a signature: `a(sv)`.
    public var signature: String {
        switch self {
        case .byte: "y"
        case .boolean: "b"
        case .uint32: "u"
        case .uint64: "t"
        case .string: "s"
        case .objectPath: "o"
        case .signature: "g"
        case .array(let element, _): "a" + element
        case .structure(let members): "(" + members.map(\.signature).joined() + ")"
        case .variant: "v"
        }
    }

    /// The text of a string or of the path of an object; nil for other values.
    public var text: String? {
        switch self {
        case .string(let text), .objectPath(let text): text
        case .variant(let value): value.text
        default: nil
        }
    }
}
