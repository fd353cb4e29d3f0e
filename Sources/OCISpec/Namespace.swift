public import JSON

/// A namespace of the container, new or joined (config-linux.md, Namespaces).
public struct LinuxNamespace: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Which kind.
    public var type: Kind
    /// File of an existing namespace to join, absolute outside; nil makes a new one.
    public var path: String?

    /// The kinds of namespace (namespaces(7)).
    public enum Kind: String, Keyword {
        /// Process ids.
        case pid
        /// Network devices, addresses, ports.
        case network
        /// Mount points.
        case mount
        /// System V and POSIX inter-process communication.
        case ipc
        /// Host and domain name.
        case uts
        /// User and group ids, and the capabilities over the others.
        case user
        /// The root of the control group hierarchy.
        case cgroup
        /// The monotonic and boot-time clocks.
        case time

        /// What the words stand for.
        public static var kind: String { "namespace type" }
    }

    /// A namespace.
    ///
    /// - Parameters:
    ///   - type: Which kind.
    ///   - path: File of an existing one to join.
    public init(_ type: Kind, path: String? = nil) {
        self.type = type
        self.path = path
    }

    /// Reads a namespace: an element of `namespaces`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        type = try object.required("type")
        path = try object.text("path")
    }

    /// The namespace as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("type", type)
        object.encode("path", path)
        return object.json
    }
}

/// How mounts travel between a mount point and its copies in other namespaces (mount_namespaces(7)).
public enum MountPropagation: String, Keyword {
    /// In both directions.
    case shared
    /// Inwards only.
    case slave
    /// Not at all.
    case `private`
    /// Not at all, and it cannot be bind-mounted.
    case unbindable
    /// ``shared``, for the mounts below as well.
    case rshared
    /// ``slave``, for the mounts below as well.
    case rslave
    /// ``private``, for the mounts below as well.
    case rprivate
    /// ``unbindable``, for the mounts below as well.
    case runbindable

    /// What the words stand for.
    public static var kind: String { "mount propagation" }
}

/// Offsets of the clocks in a time namespace (config-linux.md, Offset for Time Namespace; time_namespaces(7)).
public struct TimeOffsets: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Offset of `CLOCK_MONOTONIC`.
    public var monotonic: TimeOffset?
    /// Offset of `CLOCK_BOOTTIME`.
    public var boottime: TimeOffset?

    /// Offsets of clocks.
    ///
    /// - Parameters:
    ///   - monotonic: Offset of `CLOCK_MONOTONIC`.
    ///   - boottime: Offset of `CLOCK_BOOTTIME`.
    public init(monotonic: TimeOffset? = nil, boottime: TimeOffset? = nil) {
        self.monotonic = monotonic
        self.boottime = boottime
    }

    /// Reads the `timeOffsets` object; a clock that cannot have an offset is an error.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        for member in object.members where member.key != "monotonic" && member.key != "boottime" {
            throw JSONDecodingError(
                "unknown clock \"\(member.key)\" (known: monotonic, boottime)", at: member.keyOffset)
        }
        monotonic = try object.optional("monotonic")
        boottime = try object.optional("boottime")
    }

    /// The offsets as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("monotonic", monotonic)
        object.encode("boottime", boottime)
        return object.json
    }
}

/// What is added to a clock: seconds, and nanoseconds on top.
public struct TimeOffset: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Whole seconds, also negative.
    public var secs: Int64
    /// Nanoseconds on top, below one second.
    public var nanosecs: UInt32

    /// An offset.
    ///
    /// - Parameters:
    ///   - secs: Whole seconds.
    ///   - nanosecs: Nanoseconds on top.
    public init(secs: Int64 = 0, nanosecs: UInt32 = 0) {
        self.secs = secs
        self.nanosecs = nanosecs
    }

    /// Reads an offset: a clock's object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        secs = try object.optional("secs") ?? 0
        nanosecs = try object.optional("nanosecs") ?? 0
    }

    /// The offset as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("secs", secs)
        object.encode("nanosecs", nanosecs)
        return object.json
    }
}
