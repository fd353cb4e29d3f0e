internal import LinuxSystem

/// Why a call over D-Bus did not succeed.
public enum DBusError: Error, Equatable, CustomStringConvertible {
    /// The bus cannot be reached or spoken to.
    case transport(String)
    /// What came is not D-Bus, or uses a type that is not taken.
    case malformed(String)
    /// The one called refused: the error's name, and what it said.
    case refused(name: String, message: String)
    /// No answer came in time.
    case silence(milliseconds: Int64)

    init(_ error: SystemCallError) { self = .transport(error.description) }

    /// The reason, in words for people.
    public var description: String {
        switch self {
        case .transport(let reason): reason
        case .malformed(let what): "not understood: \(what)"
        case .refused(_, let message): message
        case .silence(let milliseconds): "no answer within \(milliseconds / 1000) s"
        }
    }
}
