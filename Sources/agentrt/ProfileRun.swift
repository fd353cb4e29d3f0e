internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// `run --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD ARG…`: plan, run, delete.
enum ProfileRun {
    static func run(_ global: GlobalOptions, _ arguments: Arguments) throws -> Int32 {
        guard let file = arguments["profile"], let command = arguments.command, !command.isEmpty else {
            throw UsageError("\"run --profile\" needs a command after \"--\"")
        }
        guard arguments.positional.isEmpty else {
            throw UsageError("\"run --profile\" takes no bundle: put the command after \"--\"")
        }
        for name in ["bundle", "config", "console-socket", "detach", "keep"] where arguments.has(name) {
            throw UsageError("--\(name) does not go with --profile")
        }
        let id = try arguments["id"].map { try ContainerID($0) } ?? .random()
        let hasTerminal =
            arguments.has("tty") || !arguments.has("no-tty") && isTerminal(0) && isTerminal(1)
        let resolution = try ProfileOptions.resolve(file, arguments)
        let plan = try ProfileOptions.plan(
            resolution, command: command, hasTerminal: hasTerminal,
            session: arguments["session"].map { Session(name: $0, call: UInt64(currentProcessID())) })
        for note in resolution.notes + plan.notes { global.log.note(note) }

        var options = try CreateVerb.createOptions(arguments, global)
        options.writeBundle = { directory in try BundleWriter.write(plan, into: directory) }
        let bundle = Bundle(path: try global.root.bundlePath(of: id), spec: plan.spec)
        return try RunVerb.run(
            bundle, id: id, global, arguments, options: options, limits: LimitNames(resolution.policy))
    }
}
