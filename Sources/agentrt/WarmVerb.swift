internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// `warm --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD`: keeps ready, as long as it runs, what
/// calls of `run --warm` with the same words have in common.
enum WarmVerb {
    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments, options: ProfileOptions.all + [.value("profile"), .value("session")])
        guard let file = arguments["profile"], arguments.positional.isEmpty,
            let command = arguments.command, let program = command.first
        else { throw UsageError("\"warm\" needs --profile FILE, and the tool's command after \"--\"") }
        let request = try ProfileOptions.request(file, arguments, program: program, hasTerminal: false)
        let plan = try plan(request, command, global)
        for note in plan.notes { global.log.note(note) }
        // Sandboxes that are made ahead would keep open what only this process was given.
        try closeInherited(from: 3)
        let keeper = try WarmKeeper(plan.name, in: global.root)
        do {
            try keep(keeper, plan, command, global)
        } catch {
            try keeper.leave()
            throw error
        }
        try keeper.leave()
        return 0
    }

    /// A plan that is kept. One is not while what it is made from has changed a moment ago, as a profile that was just
    /// written has.
    private static func plan(
        _ request: PlanRequest, _ command: [String], _ global: GlobalOptions
    ) throws -> KeptPlan {
        for _ in 0..<20 {
            if case .kept(let plan) = try CallPlan.make(request, command: command, id: .random(), global) {
                return plan
            }
            sleep(milliseconds: 50)
        }
        throw RuntimeError(
            "warm: the plan is for one call alone: what it is made from is still changing, or missing")
    }

    private static func keep(
        _ keeper: WarmKeeper, _ plan: KeptPlan, _ command: [String], _ global: GlobalOptions
    ) throws {
        func bundle(_ plan: KeptPlan) throws -> WarmBundle {
            guard let inputs = plan.inputs else { throw RuntimeError("warm: the record of the plan is damaged") }
            return WarmBundle(Bundle(path: plan.path, spec: plan.spec), use: plan, inputs: inputs) { call in
                StandbyRun.run(call, plan, command, global)
            }
        }
        try keeper.prepare(bundle(plan))
        do throws(RuntimeError) {
            try keeper.awaitStandby()
        } catch {
            global.log.error(error.description)
        }
        // Whoever waits for this knows that the next call is a warm one.
        if Output.print("ready\n") != 0 { throw RuntimeError("warm: standard output cannot be written") }
        try keeper.serve(
            find: { path in try CallPlan.store(global, makesIt: false)?.plan(at: path).map(bundle) },
            report: global.log.error)
    }
}
