internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// `run --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD ARG…`: plan, run, delete.
enum ProfileRun {
    static func run(_ global: GlobalOptions, _ arguments: Arguments) throws -> Int32 {
        guard let file = arguments["profile"], let command = arguments.command, let program = command.first else {
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
        let request = PlanRequest(
            profile: file, agent: arguments["agent"], tool: arguments["tool"],
            project: try ProfileOptions.projectDirectory(arguments), session: arguments["session"], program: program,
            hasTerminal: hasTerminal)
        var options = try CreateVerb.createOptions(arguments, global)
        let call = UInt64(currentProcessID())

        let environment = ProfileOptions.callerEnvironment()
        if var kept = planStore(global, makesIt: false)?.plan(for: request, { environment[$0] }) {
            try kept.prepare(command, call: call)
            return try run(kept, id: id, global, arguments, options)
        }

        // Made first: a plan denies it, where it would lie in what the profile exposes.
        _ = try global.root.bundlePath(of: id)
        let ((resolution, plan), journal) = try InputJournal.keep {
            let resolution = try ProfileOptions.resolve(file, arguments, global)
            let plan = try ProfileOptions.plan(
                resolution, command: command, hasTerminal: hasTerminal,
                session: arguments["session"].map { Session(name: $0, call: call) })
            return (resolution, plan)
        }
        let limits = LimitNames(resolution.policy)
        let notes = resolution.notes + plan.notes
        if let kept = planStore(global, makesIt: true)?.keep(
            plan, for: request, journal, notes: notes, context: limits.object)
        {
            return try run(kept, id: id, global, arguments, options)
        }
        for note in notes { global.log.note(note) }
        options.writeBundle = { directory in try BundleWriter.write(plan, into: directory) }
        let bundle = Bundle(path: try global.root.bundlePath(of: id), spec: plan.spec)
        return try RunVerb.run(bundle, id: id, global, arguments, options: options, limits: limits)
    }

    /// Runs from a bundle that is kept, and in use until the call has ended.
    private static func run(
        _ kept: KeptPlan, id: ContainerID, _ global: GlobalOptions, _ arguments: Arguments, _ options: CreateOptions
    ) throws -> Int32 {
        for note in kept.notes { global.log.note(note) }
        let bundle = Bundle(path: kept.path, spec: kept.spec)
        let limits = try LimitNames(kept.context)
        let status = try RunVerb.run(bundle, id: id, global, arguments, options: options, limits: limits)
        return withExtendedLifetime(kept) { status }
    }

    /// Where plans are kept; nil where nothing can be, which costs time and no more.
    private static func planStore(_ global: GlobalOptions, makesIt: Bool) -> PlanStore? {
        do {
            guard let directory = try global.root.openCache("plans", makesIt: makesIt) else { return nil }
            return PlanStore(directory: FileDescriptorBox(directory), path: try global.root.cachePath("plans"))
        } catch {
            return nil  // What is wrong with the root is told when the container's directory is made.
        }
    }
}
