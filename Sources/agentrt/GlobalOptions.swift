internal import ContainerRuntime
internal import LinuxSystem

/// The options before the verb: those of runc, and crun's `--cgroup-manager`.
struct GlobalOptions {
    let root: StateRoot
    let log: Log
    let showsHelp: Bool
    let showsVersion: Bool
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
        log = Log(path: arguments["log"], isJSON: format == "json")
        showsHelp = arguments.has("help")
        showsVersion = arguments.has("version")
        verb = arguments.positional.first
        verbArguments = arguments.command ?? []
    }

    /// Refuses what is read but not built yet.
    func checkSupported() throws(UsageError) {
        if arguments.has("systemd-cgroup") || arguments["cgroup-manager"] == "systemd" {
            throw UsageError("the systemd cgroup driver is not supported yet")
        }
        if let name = arguments["cgroup-manager"], name != "cgroupfs" {
            throw UsageError("--cgroup-manager \"\(name)\" is not supported; known: cgroupfs")
        }
        if let value = arguments["rootless"], !["true", "false", "auto"].contains(value) {
            throw UsageError("--rootless is \"\(value)\", not true, false or auto")
        }
    }
}
