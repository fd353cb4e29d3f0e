internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// `bundle FILE [--agent A] [--tool T] [--project DIR] --output DIR [-- CMD ARG…]`: makes an OCI bundle of a profile.
enum BundleVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments,
            options: ProfileOptions.all + [.value("output", "o"), .value("session"), .flag("tty", "t")])
        guard arguments.positional.count == 1 else { throw UsageError("\"bundle\" takes one profile file") }
        guard let output = arguments["output"] else { throw UsageError("\"bundle\" needs --output DIR") }
        let file = arguments.positional[0]
        let resolution = try ProfileOptions.resolve(file, arguments, global)
        let command = try command(arguments, resolution.policy)
        let request = PlanRequest(
            profile: try canonicalPath(file), agent: arguments["agent"], tool: arguments["tool"],
            project: resolution.policy.projectDirectory, session: arguments["session"], program: command[0],
            hasTerminal: arguments.has("tty"))
        var plan = try ProfileOptions.plan(resolution, command: command, request, call: 1)
        if !plan.rootfs.directoriesToCreate.isEmpty {
            // What is not there cannot be pinned.
            try BundleWriter.createHostDirectories(plan)
            plan = try ProfileOptions.plan(resolution, command: command, request, call: 1)
        }
        try plan.makeLasting(for: request)
        try BundleWriter.write(plan, to: output)
        for note in resolution.notes + plan.notes { global.log.note(note) }
        return 0
    }

    /// The command; without one the first executable of the profile, which a caller of the bundle can replace.
    private static func command(_ arguments: Arguments, _ policy: Policy) throws(UsageError) -> [String] {
        if let command = arguments.command, !command.isEmpty { return command }
        guard let first = policy.executables.first else {
            throw UsageError("the profile lists no executable, and no command stands after \"--\"")
        }
        return [first.path]
    }
}
