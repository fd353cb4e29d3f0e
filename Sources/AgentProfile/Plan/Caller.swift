internal import LinuxSystem

/// Who asks for a tool call: the process that plans it.
public struct Caller: Equatable, Sendable {
    /// Its user; 0 may choose the sandbox's user, another one is the sandbox's user.
    public var uid: UInt32
    /// Its group.
    public var gid: UInt32
    /// Its further groups, which a user keeps in the sandbox; only questions about a plan need them.
    public var groups: [UInt32] = []
    /// Its environment.
    public var environment: [String: String]
    /// Whether the tool gets a terminal.
    public var hasTerminal: Bool

    /// A caller.
    ///
    /// - Parameters:
    ///   - uid: Its user.
    ///   - gid: Its group.
    ///   - environment: Its environment.
    ///   - hasTerminal: Whether the tool gets a terminal.
    public init(uid: UInt32, gid: UInt32, environment: [String: String] = [:], hasTerminal: Bool = false) {
        self.uid = uid
        self.gid = gid
        self.environment = environment
        self.hasTerminal = hasTerminal
    }

    /// A variable of its environment that decides on the plan.
    func variable(_ name: String) -> String? {
        let value = environment[name]
        InputJournal.note(variable: name, value)
        return value
    }
}

/// The place of one call among the calls of an agent's session: it decides the name of the control group.
public struct Session: Equatable, Sendable {
    /// The session's name: letters, digits, `.`, `_` and `-`, not starting with a dot.
    public var name: String
    /// The number of the call in the session.
    public var call: UInt64

    /// A call of a session.
    ///
    /// - Parameters:
    ///   - name: The session's name.
    ///   - call: The number of the call.
    public init(name: String, call: UInt64) {
        self.name = name
        self.call = call
    }

    /// The control group of a call: below the session's, so that a limit of the session holds over all its calls.
    ///
    /// - Parameter policy: What the call may do.
    /// - Returns: The path below the runtime's own group.
    /// - Throws: ``PlanError`` where a name cannot be a directory's.
    func controlGroup(for policy: Policy) throws(PlanError) -> String {
        let tool = policy.tool ?? policy.agent ?? "call"
        for name in [name, tool] {
            let isAllowed = name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isAllowed, !name.isEmpty, name.utf8.first != UInt8(ascii: "."), name.utf8.count <= 128 else {
                throw PlanError(
                    "\(quoted(name)) cannot name a control group: letters, digits, \".\", \"_\" and \"-\" can, "
                        + "not starting with \".\"")
            }
        }
        return "\(name)/\(tool)-\(call)"
    }
}
