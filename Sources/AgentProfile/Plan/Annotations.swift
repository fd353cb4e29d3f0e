internal import JSON
internal import LinuxSystem
internal import NetworkRules
internal import OCISpec

/// The keys of config.json's annotations by which a bundle tells agentrt what the specification has no words for; see
/// `spec/annotations.md`.
public enum Annotations {
    /// `true`: an init of agentrt's own is process 1, reaps orphans and forwards signals.
    public static let initProcess = "dev.agentrt.init"
    /// JSON, `{"execute":[PATH…],"write":[PATH…]}`: what Landlock lets be executed, and opened for writing; a directory
    /// stands for all below it.
    public static let landlock = "dev.agentrt.landlock"
    /// `true`: files in memory must not be executed; the filter refuses to make them, and vm.memfd_noexec=2 is a second
    /// lock where the kernel lets it be set.
    public static let memfdNoExec = "dev.agentrt.memfd_noexec"
    /// `true`: memory that can be written, or could be, is never executed (PR_SET_MDWE).
    public static let denyWriteExecute = "dev.agentrt.denyWriteExecuteMemory"
    /// JSON, `{"listed":[PATH…]}`: the runtime that stays with the container connects in its stead, to its own unix
    /// sockets and to these.
    public static let unixSockets = "dev.agentrt.unixSockets"
    /// JSON, `{"allow":[TARGET…]}`: the names and addresses that a gate connects to; all others are out of reach.
    public static let network = "dev.agentrt.network"
    /// What the files were that are mounted and executed, a line each: one that is not is refused.
    public static let pins = "dev.agentrt.pins"
    /// JSON: the profile that the bundle was made of, and for whom, so that it can be planned again.
    public static let profile = "dev.agentrt.profile"
    /// JSON, as `linux.resources`: the limits of the control group above the call's, the session's.
    public static let sessionResources = "dev.agentrt.session.resources"
    /// `real`: sources of binds are free of symbolic links, and one that has got a link since is refused.
    public static let sources = "dev.agentrt.sources"
    /// The most time the container may take, in milliseconds.
    public static let wallTime = "dev.agentrt.wallTime"
    /// The most time on processors that all processes together may take, in milliseconds.
    public static let cpuTime = "dev.agentrt.cpuTime"
    /// The most bytes of standard output and standard error together.
    public static let output = "dev.agentrt.output"
    /// The version of these annotations: `1`.
    public static let version = "dev.agentrt.version"

    /// The annotations of a sandbox.
    static func make(
        _ policy: Policy, executables: Set<PathKey>, mounts: [PlannedMount], pins: FilePins, isInSession: Bool
    ) -> [String: String] {
        var rules = JSONObject()
        rules.encode("execute", executables.sorted().map(\.path))
        rules.encode("write", writablePlaces(mounts, policy))
        var annotations = [
            initProcess: "true", landlock: JSONWriter.string(rules),
            memfdNoExec: policy.permitsMemfd ? "false" : "true",
            Self.pins: pins.text, sources: "real", version: "1",
        ]
        if policy.unixSockets == .own {
            var sockets = JSONObject()
            sockets.encode("listed", policy.listedSockets)
            annotations[unixSockets] = JSONWriter.string(sockets)
        }
        if policy.deniesWriteExecuteMemory { annotations[denyWriteExecute] = "true" }
        if let wallTime = policy.resources.wallTime { annotations[Self.wallTime] = String(wallTime) }
        if let cpuTime = policy.resources.cpuTime { annotations[Self.cpuTime] = String(cpuTime) }
        if let output = policy.resources.output { annotations[Self.output] = String(output) }
        if case .allow(let list) = policy.network { annotations[network] = JSONWriter.string(list) }
        if isInSession, let limits = policy.sessionResources.limits {
            annotations[sessionResources] = JSONWriter.string(limits)
        }
        return annotations
    }

    /// The mounts that may be written, without those that lie below another one.
    ///
    /// Not procfs where memory that was written is never executed: /proc/self/mem writes into memory that nobody else may.
    private static func writablePlaces(_ mounts: [PlannedMount], _ policy: Policy) -> [String] {
        let places = mounts.map(\.mount).filter { mount in
            !mount.options.contains("ro") && !(policy.deniesWriteExecuteMemory && mount.type == "proc")
        }.map(\.destination)
        return places.filter { place in !places.contains { place.isPath(below: $0) } }
    }
}
