internal import ContainerRuntime
internal import JSON
internal import LinuxSystem
internal import OCISpec

/// `exec [options] ID CMD…`, or `exec --process FILE ID`: a further program in a container.
enum ExecVerb {
    private static let options: [Arguments.Option] = [
        .value("process", "p"), .flag("detach", "d"), .flag("tty", "t"), .value("console-socket"), .value("cwd"),
        .value("env", "e"), .value("user", "u"), .value("additional-gids", "g"), .value("cap", "c"),
        .flag("no-new-privs"), .value("preserve-fds"), .value("pid-file"), .value("cgroup"), .flag("ignore-paused"),
        .value("process-label"), .value("apparmor"), .value("pidfd-socket"),
    ]
    /// What a process file says itself.
    private static let saidByFile = [
        "cwd", "env", "user", "additional-gids", "cap", "no-new-privs", "process-label", "apparmor",
    ]

    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: options, stopsAtPositional: true)
        var words = arguments.positional + (arguments.command ?? [])
        guard !words.isEmpty else { throw UsageError("\"exec\" takes a container id and a command") }
        let container = Container(
            id: try ContainerID(words.removeFirst()), root: global.root, report: global.log.note)
        if words.first == "--" { words.removeFirst() }
        return try container.exec(execOptions(arguments, command: words))
    }

    /// The words that are the verb's own for certain, not the command's.
    static func ownWords(_ words: [String]) -> ArraySlice<String> { words.prefix { $0.hasPrefix("-") } }

    private static func execOptions(_ arguments: Arguments, command: [String]) throws -> ExecOptions {
        var options = ExecOptions()
        if let path = arguments["process"] {
            if let word = command.first {
                throw UsageError("--process holds the command: \"\(word)\" is one too many")
            }
            for name in saidByFile where arguments.has(name) {
                throw UsageError("--\(name) does not go with --process, which says it")
            }
            options.process = try process(path)
        } else if command.isEmpty {
            throw UsageError("\"exec\" takes a command after the container id, or --process")
        }
        options.command = command
        options.environment = try arguments.values("env").map(variable)
        options.workingDirectory = arguments["cwd"]
        if let text = arguments["user"] { (options.uid, options.gid) = try user(text) }
        options.additionalGroups = try arguments.values("additional-gids").flatMap { try groups($0) }
        options.capabilities = arguments.values("cap")
        options.setsNoNewPrivileges = arguments.has("no-new-privs")
        options.apparmorProfile = arguments["apparmor"]
        options.selinuxLabel = arguments["process-label"]
        options.hasTerminal = arguments.has("tty")
        options.isDetached = arguments.has("detach")
        options.consoleSocket = arguments["console-socket"]
        options.pidFile = arguments["pid-file"]
        options.cgroup = arguments["cgroup"]
        options.ignoresPaused = arguments.has("ignore-paused")
        (options.preservedDescriptors, options.listeningDescriptors) = try arguments.preservedDescriptors()
        options.pidfdSocket = arguments["pidfd-socket"]
        return options
    }

    private static func process(_ path: String) throws -> Process {
        do {
            return try Process(json: JSONParser.parse(readFile(path, limit: 16 << 20)))
        } catch {
            throw UsageError("--process \(quoted(path)): \(error)")
        }
    }

    private static func variable(_ text: String) throws(UsageError) -> String {
        guard let end = text.utf8.firstIndex(of: UInt8(ascii: "=")), end != text.startIndex else {
            throw UsageError("--env is \"\(text)\", not NAME=value")
        }
        return text
    }

    /// `UID` or `UID:GID`, in digits only: what cannot be read must not become another user (CVE-2026-30892).
    private static func user(_ text: String) throws(UsageError) -> (UInt32, UInt32?) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let ids = parts.map { id($0) }
        guard let uid = ids[0], !ids.contains(nil) else {
            throw UsageError("--user is \"\(text)\", not UID or UID:GID in digits, each below 2147483648")
        }
        return (uid, ids.count > 1 ? ids[1] : nil)
    }

    private static func groups(_ text: String) throws(UsageError) -> [UInt32] {
        let ids = text.split(separator: ",", omittingEmptySubsequences: false).map { id($0) }
        guard !ids.contains(nil) else { throw UsageError("--additional-gids is \"\(text)\", not group ids in digits") }
        return ids.compactMap(\.self)
    }

    private static func id(_ text: Substring) -> UInt32? {
        guard let number = Int32(digits: text) else { return nil }
        return UInt32(exactly: number)
    }
}
