public import JSON

/// What a runtime tells about a container (runtime.md, State): to `state`, and to hooks on their standard input.
public struct State: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Version of the runtime specification the state follows.
    public var ociVersion: String
    /// The container's id.
    public var id: String
    /// Where the container is in its life.
    public var status: Status
    /// The container's process, as the runtime counts; nil where there is none.
    public var pid: Int32?
    /// The bundle's directory, absolute.
    public var bundle: String
    /// The annotations of the configuration.
    public var annotations: [String: String]

    /// Where a container is in its life (runtime.md, Lifecycle).
    public enum Status: String, Keyword {
        /// `create` is at work.
        case creating
        /// `create` is done, the user's program has not started.
        case created
        /// The user's program has started and not ended.
        case running
        /// The process has ended.
        case stopped
        /// The processes are frozen; not of the specification, but what engines know from every runtime.
        case paused

        /// What the words stand for.
        public static var kind: String { "container status" }
    }

    /// A state.
    ///
    /// - Parameters:
    ///   - ociVersion: Version of the specification.
    ///   - id: The container's id.
    ///   - status: Where it is in its life.
    ///   - pid: Its process.
    ///   - bundle: Its bundle.
    ///   - annotations: Its annotations.
    public init(
        ociVersion: String = Spec.supportedVersion, id: String, status: Status, pid: Int32? = nil, bundle: String,
        annotations: [String: String] = [:]
    ) {
        self.ociVersion = ociVersion
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }

    /// Reads a state; a `pid` of 0 is none.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        ociVersion = try object.required("ociVersion")
        id = try object.required("id")
        status = try object.required("status")
        let pid: Int32? = try object.optional("pid")
        self.pid = pid == 0 ? nil : pid
        bundle = try object.required("bundle")
        annotations = try object.table("annotations")
    }

    /// The state as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("ociVersion", ociVersion)
        object.encode("id", id)
        // In runc's order, and crun's: there are scripts that match the text.
        object.encode("pid", pid)
        object.encode("status", status)
        object.encode("bundle", bundle)
        object.encode(nonEmpty: "annotations", annotations)
        return object.json
    }
}

/// What goes with the notification descriptor of a seccomp filter over the listener socket (config-linux.md, The
/// Container Process State).
public struct ContainerProcessState: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The name of the seccomp notification descriptor in ``fds``.
    public static let seccompFdName = "seccompFd"

    /// Version of the runtime specification.
    public var ociVersion: String
    /// Names of the descriptors, in the order in which they are passed.
    public var fds: [String]
    /// The filtered process, as the runtime counts.
    public var pid: Int32
    /// What the configuration gives as `listenerMetadata`.
    public var metadata: String?
    /// The container's state.
    public var state: State

    /// What goes with the descriptor.
    ///
    /// - Parameters:
    ///   - ociVersion: Version of the specification.
    ///   - fds: Names of the descriptors.
    ///   - pid: The filtered process.
    ///   - metadata: The `listenerMetadata`.
    ///   - state: The container's state.
    public init(
        ociVersion: String = Spec.supportedVersion, fds: [String] = [ContainerProcessState.seccompFdName],
        pid: Int32, metadata: String? = nil, state: State
    ) {
        self.ociVersion = ociVersion
        self.fds = fds
        self.pid = pid
        self.metadata = metadata
        self.state = state
    }

    /// Reads what goes with the descriptor: the object sent over the socket.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        ociVersion = try object.required("ociVersion")
        fds = try object.list("fds")
        pid = try object.required("pid")
        metadata = try object.text("metadata")
        state = try object.required("state")
    }

    /// What goes with the descriptor, as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("ociVersion", ociVersion)
        object.encode("fds", fds)
        object.encode("pid", pid)
        object.encode("metadata", metadata)
        object.encode("state", state)
        return object.json
    }
}
