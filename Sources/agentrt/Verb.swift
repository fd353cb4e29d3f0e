internal import LinuxSystem
internal import SelfTest

/// The verbs, and what each takes.
enum Verb {
    /// Runs the verb of the command line.
    ///
    /// - Parameter global: The options before the verb, the verb and what follows it.
    /// - Returns: The exit status.
    /// - Throws: What one line can say.
    static func run(_ global: GlobalOptions) throws -> Int32 {
        if global.showsHelp { return Output.print(HelpText.overview) }
        if global.showsVersion { return Output.print(HelpText.version) }
        guard let verb = global.verb else { throw UsageError("no command given; see agentrt --help") }
        if global.verbArguments.contains(where: { $0 == "--help" || $0 == "-h" }), let help = help(verb, global) {
            return Output.print(help)
        }
        switch verb {
        case "create": return try CreateVerb.run(global)
        case "start": return try StartVerb.run(global)
        case "state": return try StateVerb.run(global)
        case "kill": return try KillVerb.run(global)
        case "delete": return try DeleteVerb.run(global)
        case "run": return try RunVerb.run(global)
        case "exec": return try ExecVerb.run(global)
        case "ps": return try PsVerb.run(global)
        case "pause": return try PauseVerb.run(global)
        case "resume": return try ResumeVerb.run(global)
        case "update": return try UpdateVerb.run(global)
        case "events": return try EventsVerb.run(global)
        case "list": return try ListVerb.run(global)
        case "features": return try FeaturesVerb.run(global)
        case "spec": return try SpecVerb.run(global)
        case "bundle": return try BundleVerb.run(global)
        case "check": return try CheckVerb.run(global)
        case "doctor": return try DoctorVerb.run(global)
        case "explain": return try ExplainVerb.run(global)
        case "warm": return try WarmVerb.run(global)
        case "why": return WhyVerb.run(global)
        case "selftest": return try SelftestVerb.run(global)
        case Probe.verb: return try Probe.run(global.verbArguments)
        case "help": return Output.print(HelpText.overview)
        case "checkpoint", "restore":
            throw UsageError("\"\(verb)\" is not supported: agentrt neither saves nor restores running containers")
        case "learn":
            throw UsageError("\"\(verb)\" is not supported yet")
        default: throw UsageError("unknown command \"\(verb)\"; see agentrt --help")
        }
    }

    /// The help of a verb; nil where `--help` stands in the command that is to be run.
    private static func help(_ verb: String, _ global: GlobalOptions) -> String? {
        // What follows the container of `exec` is a command.
        let words = verb == "exec" ? ExecVerb.ownWords(global.verbArguments) : global.verbArguments[...]
        let own = words.prefix { $0 != "--" }
        guard own.contains("--help") || own.contains("-h") else { return nil }
        return HelpText.verbs[verb]
    }
}

/// Standard output, which may be closed or full.
enum Output {
    /// Prints a text.
    ///
    /// - Parameter text: With its line feeds.
    /// - Returns: 0, or 1 where it could not be written.
    static func print(_ text: String) -> Int32 {
        do throws(SystemCallError) {
            try UnownedDescriptor(1).write(Array(text.utf8))
            return 0
        } catch {
            return 1
        }
    }
}
