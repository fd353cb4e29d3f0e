public import Cgroup
public import LinuxSystem
internal import OCISpec

/// How a container that was run to its end ended.
public struct RunResult: Sendable {
    /// How the program ended.
    public enum Reason: Sendable {
        /// By itself, or by a signal.
        case ended(ProcessEnd)
        /// Its time was up.
        case wallTime(milliseconds: Int64)
        /// Its processes had taken their time on processors.
        case cpuTime(milliseconds: Int64)
        /// It had written more than it may.
        case output(bytes: Int64)
        /// It was killed for want of memory: at the container's own limit, or one above it.
        case memory(ofSession: Bool)
    }

    /// How the program ended.
    public var reason: Reason
    /// What it used; nil without a control group, or where nobody looked.
    public var statistics: CgroupStatistics?
    /// From before the container was made to its end, in nanoseconds.
    public var wallTime: Int64 = 0
    /// Whether it started from what a ``WarmKeeper`` had ready.
    public var isWarm = false

    /// What the gate of a network by name refused, in the order in which it was asked for.
    public var networkRefusals: [NetworkRefusal] = []

    init(reason: Reason) { self.reason = reason }

    /// The status that `run` exits with: the program's, 128 and a signal's number, or 124 for the time.
    public var exitStatus: Int32 {
        switch reason {
        case .ended(let end): end.shellStatus
        case .wallTime: ReapingInit.timeoutStatus
        case .memory, .cpuTime, .output: 128 + Signals.kill
        }
    }
}

extension Container {
    /// Creates the container, starts it, stays with it until it ends, and deletes it.
    ///
    /// The container ends with this process, however that ends.
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - options: How it is created.
    ///   - keeps: Whether the stopped container stays, for `delete`.
    /// - Returns: How the program ended.
    /// - Throws: ``RuntimeError`` where it could not be started; then nothing of it is left.
    public func run(
        _ bundle: Bundle, options: CreateOptions = CreateOptions(), keeps: Bool = false
    ) throws(RuntimeError) -> RunResult {
        // Blocked before anything is made: a signal that comes early is passed on, not lost and not the end of this.
        let signals = try during("signals") { try SignalQueue() }
        var began = bootTime()
        let launch = try Launch(self, bundle: bundle, options: options, staysAttached: true)
        try launch.run()
        if let standby = options.standby {
            try standby.awaitCall(launch, signals)
            began = bootTime()
        }
        do throws(RuntimeError) {
            try HookRunner(state: launch.state(.running, pid: launch.pid)).run(
                launch.plan.hooks.poststart, phase: .poststart)
        } catch {
            launch.undo()
            throw error
        }
        try launch.directory?.unlock()
        if keeps { try launch.call.end() }
        let end: Result<RunResult, RuntimeError>
        do throws(RuntimeError) {
            var result = try Supervision(launch, signals: signals).waitForEnd()
            if let limit = launch.plan.annotations.output, try launch.streams?.endMeter() == true {
                result.reason = .output(bytes: limit)
            }
            result.wallTime = bootTime() - began
            result.isWarm = launch.plan.warm != nil
            if options.readsStatistics || launch.controlGroup.hasLimits && result.exitStatus != 0 {
                try account(launch, &result)
            }
            if let gate = launch.gate {
                result.networkRefusals = try gate.finish(in: launch.directory, report: report)
            }
            end = .success(result)
        } catch {
            end = .failure(error)
        }
        for number in try launch.streams?.finish() ?? [] {
            report("descriptor \(number): some output could not be written")
        }
        if case .success(let result) = end, case .ended(let programEnd) = result.reason {
            options.standby?.finish(early: programEnd)
        }
        if !keeps {
            try finish(launch)
            try launch.call.end()
        }
        return try end.get()
    }

    /// Creates the container and starts it, and leaves it alone.
    ///
    /// - Parameters:
    ///   - bundle: The bundle.
    ///   - options: How it is created.
    /// - Throws: ``RuntimeError`` where it could not be started; then nothing of it is left.
    public func runDetached(_ bundle: Bundle, options: CreateOptions = CreateOptions()) throws(RuntimeError) {
        let call = try makeCreated(bundle, options)
        do throws(RuntimeError) {
            try start(notifySocket: options.notifySocket)
        } catch {
            try delete(force: true)
            try call.end()
            throw error
        }
        try call.end()
    }

    /// Reads what the ended container used, and whether want of memory ended it.
    private func account(_ launch: Launch, _ result: inout RunResult) throws(RuntimeError) {
        guard let cgroup = launch.cgroup else { return }
        let statistics = try during("cgroup") { () throws(SystemCallError) in
            var statistics = try cgroup.statistics()
            try launch.legacyGroups?.add(to: &statistics)
            return statistics
        }
        result.statistics = statistics
        if case .ended(.signalled(Signals.kill)) = result.reason, (statistics.memoryKills ?? 0) > 0 {
            result.reason = .memory(ofSession: statistics.memoryLimitHits == 0)
        }
    }

    /// Removes the ended container; one that somebody else has deleted meanwhile is no error.
    private func finish(_ launch: Launch) throws(RuntimeError) {
        guard let directory = launch.directory, try directory.relock() else { return }
        try remove(launch.record, launch.cgroup, directory)
    }
}
