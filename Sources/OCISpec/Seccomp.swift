public import JSON

/// A system call filter (config-linux.md, Seccomp; seccomp(2)).
public struct Seccomp: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What happens to a system call that no rule matches.
    public var defaultAction: SeccompAction
    /// The errno (for `errno`) or the message (for `trace`) of the default action; nil is `EPERM`.
    public var defaultErrnoRet: UInt32?
    /// Architectures besides the native one whose system calls are filtered; those of others are refused.
    public var architectures: [SeccompArchitecture]
    /// How the filter is installed.
    public var flags: [SeccompFlag]
    /// Unix socket, absolute outside, that is sent the notification descriptor; for the action `notify`.
    public var listenerPath: String?
    /// What is passed along over that socket.
    public var listenerMetadata: String?
    /// The rules.
    public var syscalls: [SeccompRule]

    /// A filter.
    ///
    /// - Parameters:
    ///   - defaultAction: What happens to calls no rule matches.
    ///   - defaultErrnoRet: The errno of the default action.
    ///   - architectures: Architectures besides the native one.
    ///   - flags: How it is installed.
    ///   - listenerPath: Socket for notifications.
    ///   - listenerMetadata: What is passed along over it.
    ///   - syscalls: The rules.
    public init(
        defaultAction: SeccompAction, defaultErrnoRet: UInt32? = nil, architectures: [SeccompArchitecture] = [],
        flags: [SeccompFlag] = [], listenerPath: String? = nil, listenerMetadata: String? = nil,
        syscalls: [SeccompRule] = []
    ) {
        self.defaultAction = defaultAction
        self.defaultErrnoRet = defaultErrnoRet
        self.architectures = architectures
        self.flags = flags
        self.listenerPath = listenerPath
        self.listenerMetadata = listenerMetadata
        self.syscalls = syscalls
    }

    /// Reads a filter: the `seccomp` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        defaultAction = try object.required("defaultAction")
        defaultErrnoRet = try object.optional("defaultErrnoRet")
        architectures = try object.list("architectures")
        flags = try object.list("flags")
        listenerPath = try object.text("listenerPath")
        listenerMetadata = try object.text("listenerMetadata")
        syscalls = try object.list("syscalls")
    }

    /// The filter as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("defaultAction", defaultAction)
        object.encode("defaultErrnoRet", defaultErrnoRet)
        object.encode(nonEmpty: "architectures", architectures)
        object.encode(nonEmpty: "flags", flags)
        object.encode("listenerPath", listenerPath)
        object.encode("listenerMetadata", listenerMetadata)
        object.encode(nonEmpty: "syscalls", syscalls)
        return object.json
    }
}

/// What happens to some system calls.
public struct SeccompRule: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The system calls by name, at least one.
    public var names: [String]
    /// What happens to them.
    public var action: SeccompAction
    /// The errno (for `errno`) or the message (for `trace`); nil is `EPERM`.
    public var errnoRet: UInt32?
    /// Conditions on the arguments, all of which must hold; none matches every call.
    public var args: [SeccompArgument]

    /// A rule.
    ///
    /// - Parameters:
    ///   - names: The system calls.
    ///   - action: What happens to them.
    ///   - errnoRet: The errno.
    ///   - args: Conditions on the arguments.
    public init(names: [String], action: SeccompAction, errnoRet: UInt32? = nil, args: [SeccompArgument] = []) {
        self.names = names
        self.action = action
        self.errnoRet = errnoRet
        self.args = args
    }

    /// Reads a rule: an element of `syscalls`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        names = try object.required("names")
        action = try object.required("action")
        errnoRet = try object.optional("errnoRet")
        args = try object.list("args")
    }

    /// The rule as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("names", names)
        object.encode("action", action)
        object.encode("errnoRet", errnoRet)
        object.encode(nonEmpty: "args", args)
        return object.json
    }
}

/// A condition on one argument of a system call.
public struct SeccompArgument: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Which argument, from 0 to 5.
    public var index: UInt32
    /// What it is compared with; the mask for `maskedEqual`.
    public var value: UInt64
    /// What the masked argument must equal, for `maskedEqual`.
    public var valueTwo: UInt64
    /// How it is compared.
    public var op: SeccompOperator

    /// A condition.
    ///
    /// - Parameters:
    ///   - index: Which argument.
    ///   - op: How it is compared.
    ///   - value: What with, or the mask.
    ///   - valueTwo: What the masked argument must equal.
    public init(_ index: UInt32, _ op: SeccompOperator, _ value: UInt64, valueTwo: UInt64 = 0) {
        self.index = index
        self.value = value
        self.valueTwo = valueTwo
        self.op = op
    }

    /// Reads a condition: an element of `args`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        index = try object.required("index")
        value = try object.required("value")
        valueTwo = try object.optional("valueTwo") ?? 0
        op = try object.required("op")
    }

    /// The condition as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("index", index)
        object.encode("value", value)
        if valueTwo != 0 { object.encode("valueTwo", valueTwo) }
        object.encode("op", op)
        return object.json
    }
}
