public import JSON

/// What a runtime can do with control groups (features-linux.md, Cgroup).
public struct CgroupFeatures: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Version 1 hierarchies.
    public var v1: Bool?
    /// The version 2 hierarchy.
    public var v2: Bool?
    /// Through systemd.
    public var systemd: Bool?
    /// Through a user's systemd.
    public var systemdUser: Bool?
    /// The rdma controller.
    public var rdma: Bool?

    /// What a runtime can do with control groups; nil says "unknown".
    ///
    /// - Parameters:
    ///   - v1: Version 1 hierarchies.
    ///   - v2: The version 2 hierarchy.
    ///   - systemd: Through systemd.
    ///   - systemdUser: Through a user's systemd.
    ///   - rdma: The rdma controller.
    public init(
        v1: Bool? = nil, v2: Bool? = nil, systemd: Bool? = nil, systemdUser: Bool? = nil, rdma: Bool? = nil
    ) {
        self.v1 = v1
        self.v2 = v2
        self.systemd = systemd
        self.systemdUser = systemdUser
        self.rdma = rdma
    }

    /// Reads the section: the `cgroup` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        v1 = try object.optional("v1")
        v2 = try object.optional("v2")
        systemd = try object.optional("systemd")
        systemdUser = try object.optional("systemdUser")
        rdma = try object.optional("rdma")
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("v1", v1)
        object.encode("v2", v2)
        object.encode("systemd", systemd)
        object.encode("systemdUser", systemdUser)
        object.encode("rdma", rdma)
        return object.json
    }
}

/// What a runtime can do with system call filters (features-linux.md, Seccomp).
public struct SeccompFeatures: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Whether filters are installed at all.
    public var enabled: Bool?
    /// Actions.
    public var actions: [String]?
    /// Operators.
    public var operators: [String]?
    /// Architectures.
    public var archs: [String]?
    /// Flags it knows.
    public var knownFlags: [String]?
    /// Flags that kernel and libseccomp take as well.
    public var supportedFlags: [String]?

    /// What a runtime can do with filters; nil says "unknown".
    ///
    /// - Parameters:
    ///   - enabled: Whether filters are installed at all.
    ///   - actions: Actions.
    ///   - operators: Operators.
    ///   - archs: Architectures.
    ///   - knownFlags: Flags it knows.
    ///   - supportedFlags: Flags that work here.
    public init(
        enabled: Bool? = nil, actions: [String]? = nil, operators: [String]? = nil, archs: [String]? = nil,
        knownFlags: [String]? = nil, supportedFlags: [String]? = nil
    ) {
        self.enabled = enabled
        self.actions = actions
        self.operators = operators
        self.archs = archs
        self.knownFlags = knownFlags
        self.supportedFlags = supportedFlags
    }

    /// Reads the section: the `seccomp` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        enabled = try object.optional("enabled")
        actions = try object.optional("actions")
        operators = try object.optional("operators")
        archs = try object.optional("archs")
        knownFlags = try object.optional("knownFlags")
        supportedFlags = try object.optional("supportedFlags")
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("enabled", enabled)
        object.encode("actions", actions)
        object.encode("operators", operators)
        object.encode("archs", archs)
        object.encode("knownFlags", knownFlags)
        object.encode("supportedFlags", supportedFlags)
        return object.json
    }
}

/// What a runtime can do with Intel's resource director (features-linux.md, Intel RDT).
public struct IntelRdtFeatures: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Whether the `intelRdt` section is obeyed.
    public var enabled: Bool?
    /// Whether its `schemata` are.
    public var schemata: Bool?
    /// Whether its `enableMonitoring` is.
    public var monitoring: Bool?

    /// What a runtime can do with the resource director; nil says "unknown".
    ///
    /// - Parameters:
    ///   - enabled: Whether the section is obeyed.
    ///   - schemata: Whether its `schemata` are.
    ///   - monitoring: Whether its `enableMonitoring` is.
    public init(enabled: Bool? = nil, schemata: Bool? = nil, monitoring: Bool? = nil) {
        self.enabled = enabled
        self.schemata = schemata
        self.monitoring = monitoring
    }

    /// Reads the section: the `intelRdt` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        enabled = try object.optional("enabled")
        schemata = try object.optional("schemata")
        monitoring = try object.optional("monitoring")
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("enabled", enabled)
        object.encode("schemata", schemata)
        object.encode("monitoring", monitoring)
        return object.json
    }
}

/// What a runtime can do with memory policies (features-linux.md, Memory policy).
public struct MemoryPolicyFeatures: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Modes.
    public var modes: [String]?
    /// Flags.
    public var flags: [String]?

    /// What a runtime can do with memory policies; nil says "unknown".
    ///
    /// - Parameters:
    ///   - modes: Modes.
    ///   - flags: Flags.
    public init(modes: [String]? = nil, flags: [String]? = nil) {
        self.modes = modes
        self.flags = flags
    }

    /// Reads the section: the `memoryPolicy` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        modes = try object.optional("modes")
        flags = try object.optional("flags")
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("modes", modes)
        object.encode("flags", flags)
        return object.json
    }
}
