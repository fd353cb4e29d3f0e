public import JSON

/// What a runtime can do on Linux (features-linux.md).
public struct LinuxFeatures: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Kinds of namespace.
    public var namespaces: [String]?
    /// Capabilities, by name.
    public var capabilities: [String]?
    /// Control groups.
    public var cgroup: CgroupFeatures?
    /// System call filters.
    public var seccomp: SeccompFeatures?
    /// Whether AppArmor profiles are obeyed.
    public var apparmor: Bool?
    /// Whether SELinux labels are obeyed.
    public var selinux: Bool?
    /// Intel's resource director.
    public var intelRdt: IntelRdtFeatures?
    /// Memory policies.
    public var memoryPolicy: MemoryPolicyFeatures?
    /// Whether mounts can have id mappings of their own.
    public var idmapMounts: Bool?
    /// Whether network devices can be moved in.
    public var netDevices: Bool?

    /// What a runtime can do on Linux; nil says "unknown".
    ///
    /// - Parameters:
    ///   - namespaces: Kinds of namespace.
    ///   - capabilities: Capabilities.
    ///   - cgroup: Control groups.
    ///   - seccomp: System call filters.
    ///   - apparmor: Whether AppArmor profiles are obeyed.
    ///   - selinux: Whether SELinux labels are obeyed.
    ///   - intelRdt: Intel's resource director.
    ///   - memoryPolicy: Memory policies.
    ///   - idmapMounts: Whether mounts can have id mappings.
    ///   - netDevices: Whether network devices can be moved in.
    public init(
        namespaces: [String]? = nil, capabilities: [String]? = nil, cgroup: CgroupFeatures? = nil,
        seccomp: SeccompFeatures? = nil, apparmor: Bool? = nil, selinux: Bool? = nil,
        intelRdt: IntelRdtFeatures? = nil, memoryPolicy: MemoryPolicyFeatures? = nil, idmapMounts: Bool? = nil,
        netDevices: Bool? = nil
    ) {
        self.namespaces = namespaces
        self.capabilities = capabilities
        self.cgroup = cgroup
        self.seccomp = seccomp
        self.apparmor = apparmor
        self.selinux = selinux
        self.intelRdt = intelRdt
        self.memoryPolicy = memoryPolicy
        self.idmapMounts = idmapMounts
        self.netDevices = netDevices
    }

    /// Reads the section: the `linux` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        namespaces = try object.optional("namespaces")
        capabilities = try object.optional("capabilities")
        cgroup = try object.optional("cgroup")
        seccomp = try object.optional("seccomp")
        apparmor = try object.optional("apparmor", as: Switch.self)?.enabled
        selinux = try object.optional("selinux", as: Switch.self)?.enabled
        intelRdt = try object.optional("intelRdt")
        memoryPolicy = try object.optional("memoryPolicy")
        idmapMounts = try object.optional("mountExtensions", as: MountExtensions.self)?.idmap?.enabled
        netDevices = try object.optional("netDevices", as: Switch.self)?.enabled
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("namespaces", namespaces)
        object.encode("capabilities", capabilities)
        object.encode("cgroup", cgroup)
        object.encode("seccomp", seccomp)
        object.encode("apparmor", apparmor.map(Switch.init))
        object.encode("selinux", selinux.map(Switch.init))
        object.encode("intelRdt", intelRdt)
        object.encode("memoryPolicy", memoryPolicy)
        object.encode("mountExtensions", idmapMounts.map { MountExtensions(idmap: Switch(enabled: $0)) })
        object.encode("netDevices", netDevices.map(Switch.init))
        return object.json
    }
}

/// An object whose one member says whether something is there.
private struct Switch: JSONDecodable, JSONEncodable {
    let enabled: Bool?

    init(enabled: Bool) { self.enabled = enabled }

    init(json: JSONValue) throws(JSONDecodingError) { enabled = try json.asObject().optional("enabled") }

    var json: JSONValue {
        var object = JSONObject()
        object.encode("enabled", enabled)
        return object.json
    }
}

/// The object around the switch for idmapped mounts.
private struct MountExtensions: JSONDecodable, JSONEncodable {
    let idmap: Switch?

    init(idmap: Switch) { self.idmap = idmap }

    init(json: JSONValue) throws(JSONDecodingError) { idmap = try json.asObject().optional("idmap") }

    var json: JSONValue {
        var object = JSONObject()
        object.encode("idmap", idmap)
        return object.json
    }
}
