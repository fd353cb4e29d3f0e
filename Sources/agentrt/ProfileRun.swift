internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem
internal import OCISpec

/// `run --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD ARG…`: plan, run, delete.
enum ProfileRun {
    static func run(_ global: GlobalOptions, _ arguments: Arguments) throws -> Int32 {
        guard let file = arguments["profile"], let command = arguments.command, let program = command.first else {
            throw UsageError("\"run --profile\" needs a command after \"--\"")
        }
        guard arguments.positional.isEmpty else {
            throw UsageError("\"run --profile\" takes no bundle: put the command after \"--\"")
        }
        for name in ["bundle", "config", "replan"] where arguments.has(name) {
            throw UsageError("--\(name) does not go with --profile")
        }
        let hasTerminal =
            arguments.has("tty") || !arguments.has("no-tty") && isTerminal(0) && isTerminal(1)
        let request = try ProfileOptions.request(file, arguments, program: program, hasTerminal: hasTerminal)
        var usesWarm = arguments.has("warm")
        if usesWarm {
            switch try StandbyRun.call(request, command: command, global, arguments) {
            case .ended(let status): return status
            case .refused: break
            case .unanswered: usesWarm = false
            }
        }
        return try run(
            request, command: command, id: try arguments["id"].map { try ContainerID($0) } ?? .random(), global,
            arguments, usesWarm: usesWarm)
    }

    /// Runs what a bundle was made for, planned again from the profile that the bundle names.
    ///
    /// The bundle stays as it is: another container may run from it.
    static func runAgain(
        _ bundle: Bundle, id: ContainerID, _ global: GlobalOptions, _ arguments: Arguments
    ) throws -> Int32 {
        let request = try PlanRequest(of: bundle.spec)
        return try run(request, command: bundle.spec.process?.args ?? [], id: id, global, arguments)
    }

    /// Runs a call, by a plan that is kept or a new one.
    private static func run(
        _ request: PlanRequest, command: [String], id: ContainerID, _ global: GlobalOptions, _ arguments: Arguments,
        usesWarm: Bool = false
    ) throws -> Int32 {
        for name in ["console-socket", "detach", "keep"] where arguments.has(name) {
            throw UsageError("--\(name) does not go with --\(arguments.has("replan") ? "replan" : "profile")")
        }
        var options = try CreateVerb.createOptions(arguments, global)
        let denials = try denialLog(request, arguments, global)
        switch try CallPlan.make(request, command: command, id: id, global) {
        case .kept(let kept):
            if usesWarm { options.warm = kept.name }
            for note in kept.notes { global.log.note(note) }
            let status = try RunVerb.run(
                Bundle(path: kept.path, spec: kept.spec), id: id, global, arguments, options: options,
                limits: try LimitNames(kept.context), denials: denials)
            // In use until the call has ended.
            return withExtendedLifetime(kept) { status }
        case .new(let plan, let notes, let limits):
            for note in notes { global.log.note(note) }
            options.writeBundle = { directory in try BundleWriter.write(plan, into: directory) }
            return try RunVerb.run(
                Bundle(path: try global.root.bundlePath(of: id), spec: plan.spec), id: id, global, arguments,
                options: options, limits: limits, denials: denials)
        }
    }

    /// Who notes what is refused; nil where nobody asked, which costs nothing.
    private static func denialLog(
        _ request: PlanRequest, _ arguments: Arguments, _ global: GlobalOptions
    ) throws -> DenialLog? {
        guard arguments.has("report") || arguments.has("events") || arguments.has("audit") else { return nil }
        let profile = try ProfileFile.read(path: request.profile)
        let resolution = try ProfileOptions.resolve(profile, request, global)
        return try DenialLog(
            resolution.policy, caller: try ProfileOptions.caller(), file: profile,
            events: try eventWriter(arguments), note: global.log.note)
    }

    /// Where denials are written as they happen: a descriptor, or a file that they are added to.
    private static func eventWriter(_ arguments: Arguments) throws -> DenialLog.EventWriter? {
        guard let target = arguments["events"] else { return nil }
        guard let number = Int32(digits: target) else {
            let log = FileDescriptorBox(try openFile(target, [.writeOnly, .create, .append], mode: 0o644))
            return { bytes throws(SystemCallError) in try log.descriptor.write(bytes) }
        }
        let kept = arguments["preserve-fds"].flatMap { Int32(digits: $0) } ?? 0
        // What the program has too it could write to itself.
        guard number >= 3 + kept else { throw UsageError("--events: descriptor \(number) is the program's too") }
        let descriptor = UnownedDescriptor(number)
        guard descriptor.isOpen else { throw UsageError("--events: descriptor \(number) is not open") }
        return { bytes throws(SystemCallError) in try descriptor.write(bytes) }
    }
}
