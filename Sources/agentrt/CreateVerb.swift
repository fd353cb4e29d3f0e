internal import ContainerRuntime
internal import LinuxSystem

/// `create [--bundle DIR] ID`
enum CreateVerb {
    static let options: [Arguments.Option] = [
        .value("bundle", "b"), .value("config", "f"), .value("console-socket"), .value("pid-file"),
        .flag("no-new-keyring"), .flag("no-pivot"), .value("preserve-fds"), .value("pidfd-socket"),
        .flag("allow-degraded"),
    ]

    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: options)
        let container = try arguments.container(global, verb: "create")
        let bundle = try Bundle(directory: arguments["bundle"] ?? ".", configPath: arguments["config"])
        var options = try createOptions(arguments, global)
        if arguments.has("allow-degraded") {
            options.tellUnheld = UnheldLimits(LimitNames(bundle.spec), note: global.log.note).add
        }
        try container.create(bundle, options: options)
        return 0
    }

    /// The service manager's socket (sd_notify(3)); one without a place in the file system cannot be mounted.
    static var notifySocket: String? {
        processEnvironmentVariable("NOTIFY_SOCKET").flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// What `create` and `run` take alike.
    static func createOptions(_ arguments: Arguments, _ global: GlobalOptions) throws(UsageError) -> CreateOptions {
        if arguments.has("no-pivot") {
            throw UsageError("--no-pivot is refused: the host's mounts would stay in the container's mount namespace")
        }
        var options = CreateOptions()
        (options.preservedDescriptors, options.listeningDescriptors) = try arguments.preservedDescriptors()
        options.pidfdSocket = arguments["pidfd-socket"]
        if !arguments.has("profile") { options.notifySocket = notifySocket }
        options.controlGroups = global.controlGroups
        options.consoleSocket = arguments["console-socket"]
        options.pidFile = arguments["pid-file"]
        if let path = processEnvironmentVariable("AGENTRT_RESOLV_CONF") { options.gate.resolverConfiguration = path }
        if let path = processEnvironmentVariable("AGENTRT_HOSTS") { options.gate.hosts = path }
        options.sharesKeyring = arguments.has("no-new-keyring")
        return options
    }
}

extension Arguments {
    /// The container that the verb's one argument names.
    func container(_ global: GlobalOptions, verb: String) throws -> Container {
        let words = positional + (command ?? [])
        guard words.count == 1 else {
            throw UsageError("\"\(verb)\" takes one container id, got \(words.count) arguments")
        }
        return Container(id: try ContainerID(words[0]), root: global.root, report: global.log.note)
    }

    /// How many descriptors `--preserve-fds` and socket activation keep, and how many of them, from 3 on, are sockets to
    /// accept on (sd_listen_fds(3)): LISTEN_FDS counts unless LISTEN_PID says that it is meant for somebody else.
    func preservedDescriptors() throws(UsageError) -> (count: Int32, listening: Int32) {
        var listening: Int32 = 0
        let isMeant = processEnvironmentVariable("LISTEN_PID").map { $0 == "\(currentProcessID())" } ?? true
        if let text = processEnvironmentVariable("LISTEN_FDS"), isMeant, !has("profile") {
            listening = try Self.descriptors(text, "LISTEN_FDS", from: 3)
        }
        let preserved = try self["preserve-fds"].map { text throws(UsageError) in
            try Self.descriptors(text, "--preserve-fds", from: 3 + listening)
        }
        return (listening + (preserved ?? 0), listening)
    }

    private static func descriptors(_ text: String, _ origin: String, from first: Int32) throws(UsageError) -> Int32 {
        guard let count = Int32(digits: text), (0...65_536).contains(count) else {
            throw UsageError("\(origin) is \"\(text)\", not a number of descriptors")
        }
        // One that is not open would become one of the runtime's own.
        for number in first..<(first + count) where !UnownedDescriptor(number).isOpen {
            throw UsageError("\(origin): descriptor \(number) is not open")
        }
        return count
    }
}
