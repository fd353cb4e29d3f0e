internal import ContainerRuntime
internal import JSON
internal import LinuxSystem
internal import OCISpec

/// `run` in its three forms: `run BUNDLE`, `run --bundle DIR ID`, `run --profile FILE … -- CMD`.
enum RunVerb {
    private static let options =
        CreateVerb.options + [
            .flag("detach", "d"), .flag("keep"), .flag("no-subreaper"), .value("id"), .value("id-file"),
            .flag("tty", "t"), .flag("no-tty", "T"), .value("profile"), .value("agent"), .value("tool"),
            .value("project"), .value("session"), .value("report"), .value("events"), .flag("audit"), .flag("replan"),
            .flag("warm"),
        ]

    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: options)
        if arguments.has("profile") { return try ProfileRun.run(global, arguments) }
        let names =
            ["agent", "tool", "project", "session", "warm"] + (arguments.has("replan") ? [] : ["events", "audit"])
        for name in names where arguments.has(name) { throw UsageError("--\(name) goes with --profile") }
        guard arguments.positional.count == 1, arguments.command == nil else {
            throw UsageError(
                "\"run\" takes a bundle or a container id, got \(arguments.positional.count + (arguments.command?.count ?? 0)) arguments"
            )
        }
        let (directory, id) = try target(arguments)
        var bundle = try Bundle(directory: directory, configPath: arguments["config"])
        if arguments.has("tty") { bundle.spec.process?.terminal = true }
        if arguments.has("no-tty") { bundle.spec.process?.terminal = false }
        if arguments.has("replan") { return try ProfileRun.runAgain(bundle, id: id, global, arguments) }
        return try run(bundle, id: id, global, arguments, options: try CreateVerb.createOptions(arguments, global))
    }

    /// Runs a bundle with the options of the command line.
    static func run(
        _ bundle: Bundle, id: ContainerID, _ global: GlobalOptions, _ arguments: Arguments, options: CreateOptions,
        limits: LimitNames? = nil, denials: DenialLog? = nil
    ) throws -> Int32 {
        if let path = arguments["id-file"] {
            try openResultFile(path).write(id.description)
        }
        let container = Container(id: id, root: global.root, report: global.log.note)
        let limits = limits ?? LimitNames(bundle.spec)
        let unheld = arguments.has("allow-degraded") ? UnheldLimits(limits, note: global.log.note) : nil
        var options = options
        options.tellUnheld = unheld.map { $0.add }
        if arguments.has("detach") {
            if arguments.has("report") {
                throw UsageError("--report does not go with --detach: nobody stays to write it")
            }
            try container.runDetached(bundle, options: options)
            return 0
        }
        // Opened before the container is made: a report that cannot be written is told while nothing has happened.
        let file = try arguments["report"].map { path in
            try openResultFile(path)
        }
        options.readsStatistics = file != nil
        if let denials {
            options.watch = CallWatch(
                tellsOpens: arguments.has("audit"), wants: denials.isRefused, tell: denials.observe)
        }
        let result: RunResult
        do throws(RuntimeError) {
            result = try container.run(bundle, options: options, keeps: arguments.has("keep"))
        } catch {
            throw RuntimeError(limits.placed(error.description), exitStatus: error.exitStatus)
        }
        denials?.add(result.networkRefusals)
        let report = RunReport(result: result, limits: limits, denials: denials, unheld: unheld)
        for line in report.lines { global.log.error(line) }
        try file?.write(JSONWriter.bytes(report.json, layout: .indented))
        return result.exitStatus
    }

    /// Whether the one argument is a bundle or an id; spec/cli.md has the rule.
    private static func target(_ arguments: Arguments) throws -> (directory: String, id: ContainerID) {
        let word = arguments.positional[0]
        if let directory = arguments["bundle"] {
            if arguments.has("id") { throw UsageError("with --bundle the argument is the id: --id is one too many") }
            return (directory, try ContainerID(word))
        }
        if arguments.has("config") { return (".", try ContainerID(word)) }
        let id = try arguments["id"].map { try ContainerID($0) }
        if word.contains("/") || word == "." || id != nil { return (word, try id ?? .random()) }
        let wordHolds = try fileStatus(word + "/config.json") != nil
        let currentHolds = try fileStatus("config.json") != nil
        if wordHolds && currentHolds {
            throw UsageError(
                "\"\(word)\" may be a bundle or an id of the bundle here: use \"./\(word)\" or \"--bundle . \(word)\"")
        }
        return wordHolds ? (word, try .random()) : (".", try ContainerID(word))
    }
}
