public import JSON

/// The ids a process runs with, as the container's user namespace counts them (config.md, POSIX-platform User).
public struct User: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// User id.
    public var uid: UInt32
    /// Primary group id.
    public var gid: UInt32
    /// File mode creation mask; nil leaves the runtime's own.
    public var umask: UInt32?
    /// Supplementary group ids.
    public var additionalGids: [UInt32]

    /// Ids for a process.
    ///
    /// - Parameters:
    ///   - uid: User id.
    ///   - gid: Primary group id.
    ///   - umask: File mode creation mask.
    ///   - additionalGids: Supplementary group ids.
    public init(uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.umask = umask
        self.additionalGids = additionalGids
    }

    /// Reads the `user` object; absent ids are 0, as with the other runtimes.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        uid = try object.optional("uid") ?? 0
        gid = try object.optional("gid") ?? 0
        umask = try object.optional("umask")
        additionalGids = try object.list("additionalGids")
    }

    /// The ids as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("uid", uid)
        object.encode("gid", gid)
        object.encode("umask", umask)
        object.encode(nonEmpty: "additionalGids", additionalGids)
        return object.json
    }
}

/// The capabilities of a process, by set (config.md, Linux Process; capabilities(7)).
///
/// Names are kept as they stand (`CAP_NET_BIND_SERVICE`): which of them the kernel knows is for the runtime to see.
public struct LinuxCapabilities: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What programs executed later can gain at most.
    public var bounding: [String]
    /// What the kernel checks.
    public var effective: [String]
    /// What stays over execve(2) for programs that ask for it.
    public var inheritable: [String]
    /// What the process may make effective.
    public var permitted: [String]
    /// What stays over execve(2) of any program.
    public var ambient: [String]

    /// Capability sets.
    ///
    /// - Parameters:
    ///   - bounding: What can be gained at most.
    ///   - effective: What the kernel checks.
    ///   - inheritable: What programs may keep.
    ///   - permitted: What may be made effective.
    ///   - ambient: What every program keeps.
    public init(
        bounding: [String] = [], effective: [String] = [], inheritable: [String] = [], permitted: [String] = [],
        ambient: [String] = []
    ) {
        self.bounding = bounding
        self.effective = effective
        self.inheritable = inheritable
        self.permitted = permitted
        self.ambient = ambient
    }

    /// Reads the sets: the `capabilities` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        bounding = try object.list("bounding")
        effective = try object.list("effective")
        inheritable = try object.list("inheritable")
        permitted = try object.list("permitted")
        ambient = try object.list("ambient")
    }

    /// The sets as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode(nonEmpty: "bounding", bounding)
        object.encode(nonEmpty: "effective", effective)
        object.encode(nonEmpty: "inheritable", inheritable)
        object.encode(nonEmpty: "permitted", permitted)
        object.encode(nonEmpty: "ambient", ambient)
        return object.json
    }
}

/// One limit of setrlimit(2) (config.md, POSIX process, `rlimits`).
public struct Rlimit: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Which resource.
    public var type: Resource
    /// What only a privileged process can raise; in the resource's unit, `UInt64.max` for no limit.
    public var hard: UInt64
    /// What is enforced; in the resource's unit, `UInt64.max` for no limit.
    public var soft: UInt64

    /// A resource that setrlimit(2) can limit.
    public enum Resource: String, Keyword {
        /// Address space, in bytes.
        case addressSpace = "RLIMIT_AS"
        /// Core dump, in bytes.
        case core = "RLIMIT_CORE"
        /// CPU time, in seconds.
        case cpu = "RLIMIT_CPU"
        /// Data segment, in bytes.
        case data = "RLIMIT_DATA"
        /// A file the process writes, in bytes.
        case fileSize = "RLIMIT_FSIZE"
        /// Locks; without effect since Linux 2.4.25.
        case locks = "RLIMIT_LOCKS"
        /// Locked memory, in bytes.
        case memlock = "RLIMIT_MEMLOCK"
        /// POSIX message queues of the user, in bytes.
        case msgqueue = "RLIMIT_MSGQUEUE"
        /// Ceiling of the nice value, as 20 minus it.
        case nice = "RLIMIT_NICE"
        /// File descriptors, one more than the highest.
        case nofile = "RLIMIT_NOFILE"
        /// Processes and threads of the user.
        case nproc = "RLIMIT_NPROC"
        /// Resident set, in bytes; without effect since Linux 2.4.30.
        case rss = "RLIMIT_RSS"
        /// Ceiling of the real-time priority.
        case rtprio = "RLIMIT_RTPRIO"
        /// CPU time of a real-time process between two blocking calls, in microseconds.
        case rttime = "RLIMIT_RTTIME"
        /// Queued signals of the user.
        case sigpending = "RLIMIT_SIGPENDING"
        /// Stack, in bytes.
        case stack = "RLIMIT_STACK"

        /// What the words stand for.
        public static var kind: String { "resource limit" }
    }

    /// A limit.
    ///
    /// - Parameters:
    ///   - type: Which resource.
    ///   - hard: The ceiling.
    ///   - soft: What is enforced.
    public init(_ type: Resource, hard: UInt64, soft: UInt64) {
        self.type = type
        self.hard = hard
        self.soft = soft
    }

    /// Reads a limit: an element of `rlimits`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        type = try object.required("type")
        hard = try object.required("hard")
        soft = try object.required("soft")
    }

    /// The limit as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("type", type)
        object.encode("hard", hard)
        object.encode("soft", soft)
        return object.json
    }
}
