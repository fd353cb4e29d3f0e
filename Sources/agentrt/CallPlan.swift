internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem
internal import OCISpec

/// The plan of a tool call.
enum CallPlan {
    /// One that is kept, perhaps since an earlier call.
    case kept(KeptPlan)
    /// One for this call alone.
    case new(BundlePlan, notes: [String], limits: LimitNames)

    /// Takes the plan that is kept, or makes one and keeps it where that is possible.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - command: The command.
    ///   - id: The container that it is for.
    ///   - global: Where plans are kept.
    /// - Returns: The plan.
    /// - Throws: What one line can say.
    static func make(
        _ request: PlanRequest, command: [String], id: ContainerID, _ global: GlobalOptions
    ) throws -> CallPlan {
        let call = UInt64(currentProcessID())
        if var kept = store(global, makesIt: false)?.plan(for: request, processEnvironmentVariable) {
            try kept.prepare(command, call: call)
            return .kept(kept)
        }
        // Made first: a plan denies it, where it would lie in what the profile exposes.
        _ = try global.root.bundlePath(of: id)
        let ((resolution, plan), journal) = try InputJournal.keep {
            let resolution = try ProfileOptions.resolve(
                try ProfileFile.read(path: request.profile), request, global)
            let plan = try ProfileOptions.plan(resolution, command: command, request, call: call)
            return (resolution, plan)
        }
        let limits = LimitNames(resolution.policy)
        let notes = resolution.notes + plan.notes
        if let kept = store(global, makesIt: true)?.keep(
            plan, for: request, journal, notes: notes, context: limits.object)
        {
            return .kept(kept)
        }
        return .new(plan, notes: notes, limits: limits)
    }

    /// Where plans are kept; nil where nothing can be, which costs time and no more.
    static func store(_ global: GlobalOptions, makesIt: Bool) -> PlanStore? {
        do {
            guard let directory = try global.root.openCache("plans", makesIt: makesIt) else { return nil }
            return PlanStore(directory: FileDescriptorBox(directory), path: try global.root.cachePath("plans"))
        } catch {
            return nil  // What is wrong with the root is told when the container's directory is made.
        }
    }
}
