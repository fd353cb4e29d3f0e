public import JSON

/// What is particular to Linux (config-linux.md).
public struct Linux: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// How the user namespace maps user ids (config-linux.md, User namespace mappings).
    public var uidMappings: [IDMapping]
    /// How the user namespace maps group ids.
    public var gidMappings: [IDMapping]
    /// Kernel parameters by name, `net.ipv4.ip_forward` (config-linux.md, Sysctl).
    public var sysctl: [String: String]
    /// Limits of the container's control group (config-linux.md, Control groups).
    public var resources: LinuxResources?
    /// Where the container's control group is: a path, or `slice:prefix:name` for systemd.
    public var cgroupsPath: String?
    /// The container's own or joined namespaces; those not listed are the runtime's (config-linux.md, Namespaces).
    public var namespaces: [LinuxNamespace]
    /// Device nodes to make besides the default ones (config-linux.md, Devices).
    public var devices: [LinuxDevice]
    /// Network devices to move in, by their names outside (config-linux.md, Network Devices).
    public var netDevices: [String: LinuxNetDevice]
    /// The system call filter (config-linux.md, Seccomp).
    public var seccomp: Seccomp?
    /// Mount propagation of the root file system (config-linux.md, Rootfs Mount Propagation).
    public var rootfsPropagation: MountPropagation?
    /// Paths that cannot be read, absolute inside the container (config-linux.md, Masked Paths).
    public var maskedPaths: [String]
    /// Paths that cannot be written, absolute inside the container (config-linux.md, Readonly Paths).
    public var readonlyPaths: [String]
    /// SELinux label of the container's mounts (config-linux.md, Mount Label).
    public var mountLabel: String?
    /// Cache and memory bandwidth on Intel CPUs (config-linux.md, IntelRdt).
    public var intelRdt: IntelRdt?
    /// NUMA memory policy (config-linux.md, Memory policy).
    public var memoryPolicy: MemoryPolicy?
    /// What personality(2) presents to the process (config-linux.md, Personality).
    public var personality: Personality?
    /// Offsets of the clocks in the time namespace (config-linux.md, Offset for Time Namespace).
    public var timeOffsets: TimeOffsets?

    /// A Linux section of the given parts.
    ///
    /// - Parameters:
    ///   - uidMappings: Mapping of user ids.
    ///   - gidMappings: Mapping of group ids.
    ///   - sysctl: Kernel parameters.
    ///   - resources: Limits.
    ///   - cgroupsPath: Where the control group is.
    ///   - namespaces: Namespaces, new or joined.
    ///   - devices: Device nodes.
    ///   - netDevices: Network devices to move in.
    ///   - seccomp: The system call filter.
    ///   - rootfsPropagation: Propagation of the root file system.
    ///   - maskedPaths: Paths that cannot be read.
    ///   - readonlyPaths: Paths that cannot be written.
    ///   - mountLabel: SELinux label of mounts.
    ///   - intelRdt: Cache and memory bandwidth.
    ///   - memoryPolicy: NUMA policy.
    ///   - personality: What personality(2) presents.
    ///   - timeOffsets: Offsets of clocks.
    public init(
        uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = [], sysctl: [String: String] = [:],
        resources: LinuxResources? = nil, cgroupsPath: String? = nil, namespaces: [LinuxNamespace] = [],
        devices: [LinuxDevice] = [], netDevices: [String: LinuxNetDevice] = [:], seccomp: Seccomp? = nil,
        rootfsPropagation: MountPropagation? = nil, maskedPaths: [String] = [], readonlyPaths: [String] = [],
        mountLabel: String? = nil, intelRdt: IntelRdt? = nil, memoryPolicy: MemoryPolicy? = nil,
        personality: Personality? = nil, timeOffsets: TimeOffsets? = nil
    ) {
        self.uidMappings = uidMappings
        self.gidMappings = gidMappings
        self.sysctl = sysctl
        self.resources = resources
        self.cgroupsPath = cgroupsPath
        self.namespaces = namespaces
        self.devices = devices
        self.netDevices = netDevices
        self.seccomp = seccomp
        self.rootfsPropagation = rootfsPropagation
        self.maskedPaths = maskedPaths
        self.readonlyPaths = readonlyPaths
        self.mountLabel = mountLabel
        self.intelRdt = intelRdt
        self.memoryPolicy = memoryPolicy
        self.personality = personality
        self.timeOffsets = timeOffsets
    }

    /// Reads the section: the `linux` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        uidMappings = try object.list("uidMappings")
        gidMappings = try object.list("gidMappings")
        sysctl = try object.table("sysctl")
        resources = try object.optional("resources")
        cgroupsPath = try object.text("cgroupsPath")
        namespaces = try object.list("namespaces")
        devices = try object.list("devices")
        netDevices = try object.table("netDevices")
        seccomp = try object.optional("seccomp")
        rootfsPropagation = try object.optional("rootfsPropagation")
        maskedPaths = try object.list("maskedPaths")
        readonlyPaths = try object.list("readonlyPaths")
        mountLabel = try object.text("mountLabel")
        intelRdt = try object.optional("intelRdt")
        memoryPolicy = try object.optional("memoryPolicy")
        personality = try object.optional("personality")
        timeOffsets = try object.optional("timeOffsets")
    }

    /// The section as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode(nonEmpty: "uidMappings", uidMappings)
        object.encode(nonEmpty: "gidMappings", gidMappings)
        object.encode(nonEmpty: "sysctl", sysctl)
        object.encode("resources", resources)
        object.encode("cgroupsPath", cgroupsPath)
        object.encode(nonEmpty: "namespaces", namespaces)
        object.encode(nonEmpty: "devices", devices)
        object.encode(nonEmpty: "netDevices", netDevices)
        object.encode("seccomp", seccomp)
        object.encode("rootfsPropagation", rootfsPropagation)
        object.encode(nonEmpty: "maskedPaths", maskedPaths)
        object.encode(nonEmpty: "readonlyPaths", readonlyPaths)
        object.encode("mountLabel", mountLabel)
        object.encode("intelRdt", intelRdt)
        object.encode("memoryPolicy", memoryPolicy)
        object.encode("personality", personality)
        object.encode("timeOffsets", timeOffsets)
        return object.json
    }
}
