public import JSON

/// Programs the runtime runs as the container changes state (config.md, POSIX-platform Hooks).
public struct Hooks: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Deprecated; during `create`, before ``createRuntime``, in the runtime's namespaces.
    public var prestart: [Hook]
    /// During `create`, after the namespaces are there and before pivot_root, in the runtime's namespaces.
    public var createRuntime: [Hook]
    /// During `create`, after ``createRuntime`` and before pivot_root, in the container's namespaces.
    public var createContainer: [Hook]
    /// During `start`, before the user's program runs, in the container's namespaces.
    public var startContainer: [Hook]
    /// During `start`, after the user's program runs, in the runtime's namespaces.
    public var poststart: [Hook]
    /// After `delete` has removed the container, in the runtime's namespaces.
    public var poststop: [Hook]

    /// A point in a container's life at which hooks run, in the order in which they come.
    public enum Phase: String, CaseIterable, Sendable {
        /// See ``Hooks/prestart``.
        case prestart
        /// See ``Hooks/createRuntime``.
        case createRuntime
        /// See ``Hooks/createContainer``.
        case createContainer
        /// See ``Hooks/startContainer``.
        case startContainer
        /// See ``Hooks/poststart``.
        case poststart
        /// See ``Hooks/poststop``.
        case poststop
    }

    /// Hooks for the given phases.
    ///
    /// - Parameters:
    ///   - prestart: See ``prestart``.
    ///   - createRuntime: See ``createRuntime``.
    ///   - createContainer: See ``createContainer``.
    ///   - startContainer: See ``startContainer``.
    ///   - poststart: See ``poststart``.
    ///   - poststop: See ``poststop``.
    public init(
        prestart: [Hook] = [], createRuntime: [Hook] = [], createContainer: [Hook] = [],
        startContainer: [Hook] = [], poststart: [Hook] = [], poststop: [Hook] = []
    ) {
        self.prestart = prestart
        self.createRuntime = createRuntime
        self.createContainer = createContainer
        self.startContainer = startContainer
        self.poststart = poststart
        self.poststop = poststop
    }

    /// Whether there is no hook at all.
    public var isEmpty: Bool {
        prestart.isEmpty && createRuntime.isEmpty && createContainer.isEmpty && startContainer.isEmpty
            && poststart.isEmpty && poststop.isEmpty
    }

    /// The hooks of a phase, in the order in which they run.
    ///
    /// - Parameter phase: The point in the container's life.
    public subscript(phase: Phase) -> [Hook] {
        switch phase {
        case .prestart: prestart
        case .createRuntime: createRuntime
        case .createContainer: createContainer
        case .startContainer: startContainer
        case .poststart: poststart
        case .poststop: poststop
        }
    }

    /// Reads the hooks: the `hooks` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        prestart = try object.list("prestart")
        createRuntime = try object.list("createRuntime")
        createContainer = try object.list("createContainer")
        startContainer = try object.list("startContainer")
        poststart = try object.list("poststart")
        poststop = try object.list("poststop")
    }

    /// The hooks as a value.
    public var json: JSONValue {
        var object = JSONObject()
        for phase in Phase.allCases { object.encode(nonEmpty: phase.rawValue, self[phase]) }
        return object.json
    }
}

/// A program to run; it reads the container's ``State`` from its standard input.
public struct Hook: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The program, absolute.
    public var path: String
    /// Its arguments, the program's own name first; empty passes ``path`` alone.
    public var args: [String]
    /// Its whole environment, each entry `NAME=value`; nil where the bundle does not say.
    public var env: [String]?
    /// Seconds after which it is killed and counts as failed; nil waits for ever.
    public var timeout: Int?

    /// A program to run.
    ///
    /// - Parameters:
    ///   - path: The program.
    ///   - args: Its arguments, its own name first.
    ///   - env: Its environment; nil leaves it to the runtime.
    ///   - timeout: Seconds it may take.
    public init(path: String, args: [String] = [], env: [String]? = nil, timeout: Int? = nil) {
        self.path = path
        self.args = args
        self.env = env
        self.timeout = timeout
    }

    /// Reads a hook: an element of one of the phases.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        path = try object.required("path")
        args = try object.list("args")
        env = try object.optional("env")
        timeout = try object.optional("timeout")
    }

    /// The hook as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("path", path)
        object.encode(nonEmpty: "args", args)
        object.encode("env", env)
        object.encode("timeout", timeout)
        return object.json
    }
}
