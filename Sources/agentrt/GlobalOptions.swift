internal import ContainerRuntime
internal import LinuxSystem

/// The options before the verb: those of runc, and crun's `--cgroup-manager`.
struct GlobalOptions {
    let root: StateRoot
    let log: Log
    let showsHelp: Bool
    let showsVersion: Bool
    /// Who makes the control groups of new containers.
    let controlGroups: ControlGroupDriver
    /// The verb; nil where there is none.
    let verb: String?
    /// What follows the verb.
    let verbArguments: [String]
    private let arguments: Arguments

    init(_ words: some Collection<String>) throws(UsageError) {
        arguments = try Arguments(
            words,
            options: [
                .value("root"), .value("log"), .value("log-format"), .value("log-level"), .flag("debug"),
                .flag("systemd-cgroup"), .value("cgroup-manager"), .value("rootless"), .flag("help", "h"),
                .flag("version", "v"),
            ], stopsAtPositional: true)
        root = StateRoot(path: arguments["root"], runtimeDirectory: processEnvironmentVariable("XDG_RUNTIME_DIR"))
        let format = arguments["log-format"] ?? "text"
        guard format == "text" || format == "json" else {
            throw UsageError("--log-format is \"\(format)\", not text or json")
        }
        log = Log(
            path: arguments["log"], isJSON: format == "json",
            isDebugging: arguments.has("debug") || arguments["log-level"] == "debug")
        showsHelp = arguments.has("help")
        showsVersion = arguments.has("version")
        controlGroups =
            switch arguments["cgroup-manager"] {
            case "disabled": .none
            case "systemd": .systemd
            default: arguments.has("systemd-cgroup") ? .systemd : .runtime
            }
        verb = arguments.positional.first
        verbArguments = arguments.command ?? []
    }

    /// Whether nothing is asked for but a state root, and to be told more.
    var isPlain: Bool { arguments.has(onlyAmong: ["root", "debug"]) }

    /// Refuses what is not understood.
    func checkSupported() throws(UsageError) {
        if let name = arguments["cgroup-manager"], !["cgroupfs", "systemd", "disabled"].contains(name) {
            throw UsageError("--cgroup-manager \"\(name)\" is not supported; known: cgroupfs, systemd, disabled")
        }
        if let value = arguments["rootless"], !["true", "false", "auto"].contains(value) {
            throw UsageError("--rootless is \"\(value)\", not true, false or auto")
        }
    }
}
