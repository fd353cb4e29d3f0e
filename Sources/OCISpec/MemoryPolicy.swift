public import JSON

/// NUMA memory policy of the container (config-linux.md, Memory policy; set_mempolicy(2)).
public struct MemoryPolicy: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The mode.
    public var mode: Mode
    /// Nodes, such as `0-1,3`; nil for the modes without any.
    public var nodes: String?
    /// What goes with the mode.
    public var flags: [Flag]

    /// Modes of set_mempolicy(2).
    public enum Mode: String, Keyword {
        /// The system's default.
        case `default` = "MPOL_DEFAULT"
        /// From the nodes only.
        case bind = "MPOL_BIND"
        /// From the nodes in turn.
        case interleave = "MPOL_INTERLEAVE"
        /// From the nodes in turn, by weight.
        case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
        /// From one node first.
        case preferred = "MPOL_PREFERRED"
        /// From the nodes first.
        case preferredMany = "MPOL_PREFERRED_MANY"
        /// From the node of the CPU.
        case local = "MPOL_LOCAL"

        /// What the words stand for.
        public static var kind: String { "memory policy mode" }
    }

    /// What goes with a mode.
    public enum Flag: String, Keyword {
        /// The kernel may move pages between nodes.
        case numaBalancing = "MPOL_F_NUMA_BALANCING"
        /// Nodes are relative to the allowed ones.
        case relativeNodes = "MPOL_F_RELATIVE_NODES"
        /// Nodes stay as given when the allowed ones change.
        case staticNodes = "MPOL_F_STATIC_NODES"

        /// What the words stand for.
        public static var kind: String { "memory policy flag" }
    }

    /// A policy.
    ///
    /// - Parameters:
    ///   - mode: The mode.
    ///   - nodes: The nodes.
    ///   - flags: What goes with the mode.
    public init(_ mode: Mode, nodes: String? = nil, flags: [Flag] = []) {
        self.mode = mode
        self.nodes = nodes
        self.flags = flags
    }

    /// Reads a policy: the `memoryPolicy` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        mode = try object.required("mode")
        nodes = try object.text("nodes")
        flags = try object.list("flags")
    }

    /// The policy as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("mode", mode)
        object.encode("nodes", nodes)
        object.encode(nonEmpty: "flags", flags)
        return object.json
    }
}

/// What personality(2) presents to the process (config-linux.md, Personality).
public struct Personality: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The execution domain.
    public var domain: Domain
    /// Flags; the specification defines none so far.
    public var flags: [String]

    /// Execution domains.
    public enum Domain: String, Keyword {
        /// The native one.
        case linux = "LINUX"
        /// `uname` shows a 32-bit machine.
        case linux32 = "LINUX32"

        /// What the words stand for.
        public static var kind: String { "personality domain" }
    }

    /// A personality.
    ///
    /// - Parameters:
    ///   - domain: The execution domain.
    ///   - flags: Flags.
    public init(_ domain: Domain, flags: [String] = []) {
        self.domain = domain
        self.flags = flags
    }

    /// Reads a personality: the `personality` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        domain = try object.required("domain")
        flags = try object.list("flags")
    }

    /// The personality as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("domain", domain)
        object.encode(nonEmpty: "flags", flags)
        return object.json
    }
}

/// Cache and memory bandwidth of the container on CPUs that can share them out (config-linux.md, IntelRdt).
public struct IntelRdt: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Class of service, a directory of the `resctrl` file system; nil uses the container's id.
    public var closID: String?
    /// Lines for the `schemata` file, as they are.
    public var schemata: [String]
    /// Schema of the L3 cache, a line `L3:0=7f;1=7f`.
    public var l3CacheSchema: String?
    /// Schema of the memory bandwidth, a line `MB:0=70;1=20`.
    public var memBwSchema: String?
    /// Whether the container gets a monitoring group of its own.
    public var enableMonitoring: Bool

    /// A share of cache and bandwidth.
    ///
    /// - Parameters:
    ///   - closID: Class of service.
    ///   - schemata: Lines for the `schemata` file.
    ///   - l3CacheSchema: Schema of the L3 cache.
    ///   - memBwSchema: Schema of the memory bandwidth.
    ///   - enableMonitoring: Whether it gets a monitoring group.
    public init(
        closID: String? = nil, schemata: [String] = [], l3CacheSchema: String? = nil, memBwSchema: String? = nil,
        enableMonitoring: Bool = false
    ) {
        self.closID = closID
        self.schemata = schemata
        self.l3CacheSchema = l3CacheSchema
        self.memBwSchema = memBwSchema
        self.enableMonitoring = enableMonitoring
    }

    /// Reads a share: the `intelRdt` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        closID = try object.text("closID")
        schemata = try object.list("schemata")
        l3CacheSchema = try object.text("l3CacheSchema")
        memBwSchema = try object.text("memBwSchema")
        enableMonitoring = try object.flag("enableMonitoring")
    }

    /// The share as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("closID", closID)
        object.encode(nonEmpty: "schemata", schemata)
        object.encode("l3CacheSchema", l3CacheSchema)
        object.encode("memBwSchema", memBwSchema)
        object.encode(flag: "enableMonitoring", enableMonitoring)
        return object.json
    }
}
