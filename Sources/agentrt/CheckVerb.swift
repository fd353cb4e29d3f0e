internal import AgentProfile

/// `check FILE [--project DIR]`: validates a profile on this host, and says what its author may not expect.
enum CheckVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: [.value("project")])
        guard arguments.positional.count == 1, arguments.command == nil else {
            throw UsageError("\"check\" takes one profile file")
        }
        let check = try checkProfile(
            file: arguments.positional[0], context: try ProfileOptions.context(arguments, global))
        return Output.print(
            (check.summary + check.notes.map { "note: " + $0 }).map { $0 + "\n" }.joined())
    }
}
