public import JSON

/// The answer to one question about a sandbox: yes or no, what decides, and what to write for another answer.
public struct Verdict: Equatable, Sendable {
    /// What carries a decision out.
    public enum Layer: String, Sendable {
        /// What is not mounted is not there.
        case rootFileSystem = "root file system"
        /// The options of a mount, or a mask that covers a place.
        case mount
        /// Owner and permission bits, on the host as in the sandbox.
        case permissions = "file permissions"
        /// The rules on execution.
        case landlock = "Landlock"
        /// A network namespace that leads nowhere.
        case network = "network namespace"
        /// The gate of a network by name.
        case gate
        /// The filter of system calls.
        case seccomp
        /// Who connects in the sandbox's stead.
        case connections
        /// The kernel itself, of any process.
        case kernel
    }

    /// Whether it may be done.
    public var isPermitted: Bool
    /// What decides.
    public var layer: Layer
    /// The place in the profile that it goes back to, or `built-in: …`.
    public var rule: String
    /// What that comes to, for people: `mounted read-only with "/srv/project"`.
    public var reason: String
    /// The error a program gets: `EROFS`; nil for a yes.
    public var error: String?
    /// What of the profile to change, as little as possible, for a yes; nil where no profile can say so.
    public var remedy: String?

    static func yes(_ layer: Layer, _ rule: String, _ reason: String) -> Verdict {
        Verdict(isPermitted: true, layer: layer, rule: rule, reason: reason)
    }

    static func no(
        _ layer: Layer, _ error: String, _ rule: String, _ reason: String, remedy: String? = nil
    ) -> Verdict {
        Verdict(isPermitted: false, layer: layer, rule: rule, reason: reason, error: error, remedy: remedy)
    }

    /// What every sandbox has, whatever the profile says.
    static let everySandbox = "built-in: every sandbox"
    /// What no rule speaks of.
    static let noRule = "built-in: what no rule names is not there"
}

extension Verdict: JSONEncodable {
    /// The answer as an object.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("permitted", isPermitted)
        object.encode("layer", layer.rawValue)
        object.encode("rule", rule)
        object.encode("reason", reason)
        object.encode("errno", error)
        object.encode("remedy", remedy)
        return object.json
    }
}

/// What can be asked about a sandbox.
public enum Question: Equatable, Sendable {
    /// Whether a file can be opened for reading, or a directory listed.
    case read(String)
    /// Whether a file can be opened for writing or, where it is missing, be made; whether files can be made in a directory.
    case write(String)
    /// Whether a file can be executed.
    case execute(String)
    /// Whether a connection can be made: to `HOST:PORT`, an address, or the path of a unix socket.
    case connect(String)
}
