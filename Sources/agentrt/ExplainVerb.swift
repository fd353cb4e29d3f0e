internal import AgentProfile
internal import JSON

/// `explain FILE [--agent A] [--tool T] [--project DIR] [--json]`: what a profile permits, from its plan.
enum ExplainVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(global.verbArguments, options: ProfileOptions.all + [.flag("json")])
        guard arguments.positional.count == 1, arguments.command == nil else {
            throw UsageError("\"explain\" takes one profile file")
        }
        let file = try ProfileFile.read(path: arguments.positional[0])
        let resolution = try ProfileOptions.resolve(file, arguments, global)
        let answers = try SandboxAnswers(policy: resolution.policy, caller: try ProfileOptions.caller())
        let explanation = answers.explanation(notes: resolution.notes + resolution.advice)
        let positions = ProfilePositions(file)
        return Output.print(
            arguments.has("json")
                ? JSONWriter.string(explanation.json(positions), layout: .indented) : explanation.text(positions))
    }
}
