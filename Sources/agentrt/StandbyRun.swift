internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// A call of `run --warm` from both its ends: the process that makes it, and the one that has a sandbox waiting for it.
enum StandbyRun {
    /// Has a sandbox that stands by run a command.
    ///
    /// - Returns: What became of the call; nothing has begun where what is asked for is not what a sandbox is made for.
    /// - Throws: What one line can say.
    static func call(
        _ request: PlanRequest, command: [String], _ global: GlobalOptions, _ arguments: Arguments
    ) throws -> WarmCall.Outcome {
        guard !request.hasTerminal, global.isPlain, arguments.has(onlyAmong: options) else { return .refused }
        let outcome = try WarmCall.run(
            by: try request.name(), in: global.root, arguments: command, environment: processEnvironment())
        switch outcome {
        case .ended: global.log.debug("warm: the call had a sandbox that stood by")
        case .refused, .unanswered: global.log.debug("warm: no sandbox stood by")
        }
        return outcome
    }

    /// What chooses a plan; all else is for a call that is made afresh.
    private static let options: Set = ["profile", "agent", "tool", "project", "session", "warm", "no-tty"]

    /// Makes a sandbox, waits for its call, and runs it.
    static func run(_ call: StandbyCall, _ plan: KeptPlan, _ command: [String], _ global: GlobalOptions) {
        do {
            var plan = plan
            try plan.prepare(command, call: UInt64(currentProcessID()))
            var options = CreateOptions()
            options.standby = call
            call.onCall = { for note in plan.notes { global.log.note(note) } }
            let status = try RunVerb.run(
                Bundle(path: plan.path, spec: plan.spec), id: .random(), global, try Arguments([], options: []),
                options: options, limits: try LimitNames(plan.context))
            call.finish(status: status)
        } catch {
            let failure = error as? RuntimeError
            if call.hasBegun { global.log.error(failure?.description ?? "\(error)") }
            call.finish(status: failure?.exitStatus ?? 1, message: "\(error)")
        }
    }
}
