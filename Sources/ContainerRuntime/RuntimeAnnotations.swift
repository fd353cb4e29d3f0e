internal import JSON
internal import LinuxSystem
internal import NetworkRules
internal import OCISpec

/// What a bundle asks of agentrt beyond the OCI specification; see spec/annotations.md.
struct RuntimeAnnotations: Equatable {
    /// Whether a reaping init runs at pid 1, with the program as its child.
    var hasReapingInit = false
    /// The paths, in the container, that may be executed; nil puts no Landlock rule set in force.
    var executablePaths: [String]?
    /// The paths, in the container, below which files may be opened for writing; nil leaves that to the mounts.
    var writablePaths: [String]?
    /// Whether memory files must not be executed (``MemfdProtection``).
    var forbidsMemfdExecution = false
    /// Whether memory that was written is never executed (prctl(2), PR_SET_MDWE).
    var deniesWriteExecuteMemory = false
    /// The unix sockets that the container reaches beside those of its own processes, by the runtime
    /// (``ConnectionSupervisor``); nil where the filter alone decides.
    var listedUnixSockets: [String]?
    /// Whether sources of bind mounts are free of symbolic links, so that one on the way was put there since.
    var hasRealSources = false
    /// What files were when the bundle was made (``checkIdentity(of:_:)``); nil where nothing is compared.
    var pins: FilePins?
    /// Whether the bundle says of which profile it was made, so that it can be planned again.
    var namesProfile = false
    /// The longest time the container may run, in milliseconds; nil for ever.
    var wallTime: Int64?

    /// The longest time on processors, of all processes together, in milliseconds; nil for ever.
    var cpuTime: Int64?
    /// The most bytes of standard output and standard error together; nil for any number.
    var output: Int64?

    /// What of the network may be reached, through a gate; nil without one.
    var network: AllowList?

    /// The limits of the session's control group, which holds the container's; nil without any.
    var sessionResources: LinuxResources?

    /// Whether the program keeps the supplementary groups of whoever calls: podman's `--group-add keep-groups`, in crun's
    /// words (`run.oci.keep_original_groups`).
    var keepsGroups = false

    /// What the names of all of the runtime's own begin with.
    static let prefix = "dev.agentrt."

    /// Reads the annotations below `dev.agentrt.`, and one of crun's; others are not the runtime's.
    init(_ annotations: [String: String]) throws(RuntimeError) {
        if !annotations.isEmpty { keepsGroups = annotations["run.oci.keep_original_groups"] == "1" }
        for (key, value) in annotations.sorted(by: { $0.key < $1.key }) where key.hasPrefix(Self.prefix) {
            // Made only where it is thrown: quoting the pins costs more than reading them.
            func invalid() -> RuntimeError { RuntimeError("annotations.\(key): \(quoted(value)) is not a value of it") }
            switch key.dropFirst(Self.prefix.count) {
            case "init":
                guard let flag = Bool(value) else { throw invalid() }
                hasReapingInit = flag
            case "landlock":
                let object = try Self.object(value, key: key, members: ["execute", "write"])
                (executablePaths, writablePaths) = try during("annotations.\(key)") {
                    (try object.required("execute", as: [String].self), try object.optional("write", as: [String].self))
                }
            case "memfd_noexec":
                guard let flag = Bool(value) ?? (value == "2" ? true : nil) else { throw invalid() }
                forbidsMemfdExecution = flag
            case "denyWriteExecuteMemory":
                guard let flag = Bool(value) else { throw invalid() }
                deniesWriteExecuteMemory = flag
            case "unixSockets":
                let object = try Self.object(value, key: key, members: ["listed"])
                listedUnixSockets = try during("annotations.\(key)") {
                    try object.required("listed", as: [String].self)
                }
            case "network":
                network = try during("annotations.\(key)") { try AllowList(annotation: value.utf8) }
            case "pins":
                guard let pins = FilePins(text: value) else { throw invalid() }
                self.pins = pins
            case "profile": namesProfile = true  // Read where it is planned again.
            case "session.resources": sessionResources = try Self.resources(value, key: key)
            case "sources":
                guard value == "real" else { throw invalid() }
                hasRealSources = true
            case "wallTime":
                guard let time = Int64(digits: value), time > 0 else { throw invalid() }
                // Nanoseconds are counted in 64 bits; more than thirty years is for ever.
                wallTime = min(time, 1_000_000_000_000)
            case "cpuTime":
                guard let time = Int64(digits: value), time > 0 else { throw invalid() }
                cpuTime = min(time, 1_000_000_000_000)
            case "output":
                guard let bytes = Int64(digits: value), bytes > 0 else { throw invalid() }
                output = bytes
            case "version": continue
            default: throw RuntimeError("annotations.\(key): unknown to this version of agentrt")
            }
        }
        if let sockets = listedUnixSockets, sockets.count > CallWatchEnd.socketLimit {
            throw RuntimeError(
                "annotations.dev.agentrt.unixSockets: \(sockets.count) sockets; \(CallWatchEnd.socketLimit) are the most"
            )
        }
        if hasReapingInit == false, wallTime != nil {
            // Nobody would be left to keep the time once `create` and `start` have returned.
            throw RuntimeError("annotations.dev.agentrt.wallTime: needs dev.agentrt.init=true")
        }
    }

    /// Refuses, where nobody stays with the container, the limits that whoever stays would keep.
    func checkSupervised(_ staysAttached: Bool) throws(RuntimeError) {
        if staysAttached { return }
        for (name, limit) in [("cpuTime", cpuTime), ("output", output)] where limit != nil {
            throw RuntimeError("annotations.\(Self.prefix)\(name): only \"run\" keeps it, and not with --detach")
        }
    }

    private static func resources(_ value: String, key: String) throws(RuntimeError) -> LinuxResources {
        try during("annotations.\(key)") {
            let resources = try LinuxResources(json: JSONParser.parse(Array(value.utf8)))
            try resources.validate()
            return resources
        }
    }

    private static func object(_ value: String, key: String, members: [String]) throws(RuntimeError) -> JSONObject {
        try during("annotations.\(key)") {
            let object = try JSONParser.parse(Array(value.utf8)).asObject()
            for member in object.members where !members.contains(member.key) {
                throw RuntimeError("unknown member \(quoted(member.key))")
            }
            return object
        }
    }
}
