internal import ContainerRuntime
internal import LinuxSystem

/// `create [--bundle DIR] ID`
enum CreateVerb {
    static let options: [Arguments.Option] = [
        .value("bundle", "b"), .value("config", "f"), .value("console-socket"), .value("pid-file"),
        .flag("no-new-keyring"), .flag("no-pivot"), .value("preserve-fds"),
    ]

    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: options)
        let container = try arguments.container(global, verb: "create")
        let bundle = try Bundle(directory: arguments["bundle"] ?? ".", configPath: arguments["config"])
        try container.create(bundle, options: try createOptions(arguments, global))
        return 0
    }

    /// What `create` and `run` take alike.
    static func createOptions(_ arguments: Arguments, _ global: GlobalOptions) throws(UsageError) -> CreateOptions {
        if arguments.has("no-pivot") { throw UsageError("--no-pivot is not supported yet") }
        var options = CreateOptions()
        options.preservedDescriptors = try arguments.preservedDescriptors()
        options.usesSystemd = global.usesSystemd
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

    /// How many descriptors `--preserve-fds` keeps.
    func preservedDescriptors() throws(UsageError) -> Int32 {
        guard let text = self["preserve-fds"] else { return 0 }
        guard let count = Int32(digits: text), (0...65_536).contains(count) else {
            throw UsageError("--preserve-fds is \"\(text)\", not a number of descriptors")
        }
        // One that is not open would become one of the runtime's own.
        for number in 3..<(3 + count) where !UnownedDescriptor(number).isOpen {
            throw UsageError("--preserve-fds: descriptor \(number) is not open")
        }
        return count
    }
}
