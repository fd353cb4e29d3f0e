internal import Cgroup
internal import JSON
internal import LinuxSystem
internal import OCISpec

/// What the runtime writes down about a container: what cannot be learnt from the kernel later.
///
/// The status is not in it: that is derived each time (``ContainerStatus``).
struct ContainerRecord: JSONDecodable, JSONEncodable {
    /// The bundle's ociVersion.
    var ociVersion: String
    /// The absolute path of the bundle.
    var bundle: String
    /// The absolute path of the root file system on the host.
    var rootfs: String
    /// The bundle's annotations.
    var annotations: [String: String]
    /// The container's first process.
    var pid: Int32
    /// When that process started, in clock ticks since boot: with the pid it names one process only.
    var startTime: UInt64
    /// When the container was made, in nanoseconds since 1970.
    var created: Int64
    /// Path of its control group from the root of the hierarchy; nil where it has none.
    var cgroupPath: String?
    /// The directories of its groups on cgroup v1, by controller; empty where no limit is held there.
    var legacyCgroups: LegacyPlaces
    /// Resource limits that stand in for limits which no control group holds; they are every added process's too.
    var standIns: [Rlimit]
    /// The scope that systemd made for it; nil where the group was made here.
    var systemdScope: String?
    /// Hooks to run after the container is deleted: the bundle may be gone by then.
    var poststop: [Hook]
    /// Hooks to run after the container is started.
    var poststart: [Hook]
    /// Whether the container has a process id namespace of its own: then all ends with its first process.
    var hasOwnPIDNamespace: Bool
    /// The call that made it, by its name among the unfinished ones (``UnfinishedCall``).
    var call: String

    init(
        ociVersion: String, bundle: String, rootfs: String, annotations: [String: String], pid: Int32,
        startTime: UInt64, created: Int64, cgroupPath: String?, legacyCgroups: LegacyPlaces, standIns: [Rlimit],
        systemdScope: String?, hooks: Hooks, hasOwnPIDNamespace: Bool, call: String
    ) {
        self.ociVersion = ociVersion
        self.bundle = bundle
        self.rootfs = rootfs
        self.annotations = annotations
        self.pid = pid
        self.startTime = startTime
        self.created = created
        self.cgroupPath = cgroupPath
        self.legacyCgroups = legacyCgroups
        self.standIns = standIns
        self.systemdScope = systemdScope
        poststop = hooks.poststop
        poststart = hooks.poststart
        self.hasOwnPIDNamespace = hasOwnPIDNamespace
        self.call = call
    }

    init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        ociVersion = try object.required("ociVersion")
        bundle = try object.required("bundle")
        rootfs = try object.optional("rootfs") ?? ""
        annotations = try object.optional("annotations") ?? [:]
        pid = try object.required("pid")
        startTime = try object.required("startTime")
        created = try object.required("created")
        cgroupPath = try object.optional("cgroupPath")
        legacyCgroups = try LegacyPlaces(object["legacyCgroups"]?.asObject() ?? JSONObject())
        standIns = try object.optional("standIns") ?? []
        systemdScope = try object.optional("systemdScope")
        poststop = try object.optional("poststop") ?? []
        poststart = try object.optional("poststart") ?? []
        hasOwnPIDNamespace = try object.required("hasOwnPIDNamespace")
        call = try object.optional("call") ?? ""
    }

    var json: JSONValue {
        var object = JSONObject()
        object.encode("ociVersion", ociVersion)
        object.encode("bundle", bundle)
        object.encode("rootfs", rootfs)
        if !annotations.isEmpty { object.encode("annotations", annotations) }
        object.encode("pid", pid)
        object.encode("startTime", startTime)
        object.encode("created", created)
        object.encode("cgroupPath", cgroupPath)
        if !legacyCgroups.isEmpty { object.append("legacyCgroups", legacyCgroups.json) }
        if !standIns.isEmpty { object.encode("standIns", standIns) }
        object.encode("systemdScope", systemdScope)
        if !poststop.isEmpty { object.encode("poststop", poststop) }
        if !poststart.isEmpty { object.encode("poststart", poststart) }
        object.encode("hasOwnPIDNamespace", hasOwnPIDNamespace)
        object.encode("call", call)
        return object.json
    }
}

extension LegacyPlaces {
    fileprivate init(_ object: JSONObject) throws(JSONDecodingError) {
        self = [:]
        for member in object.members { self[member.key] = try object.required(member.key, as: String.self) }
    }

    fileprivate var json: JSONValue {
        var object = JSONObject()
        for place in all { object.encode(place.controller, place.path) }
        return object.json
    }
}
