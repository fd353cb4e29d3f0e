internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// Stays with a running process of a container: passes signals on, carries its terminal's bytes, keeps its time, learns
/// its end.
struct Supervision {
    let process: ProcessHandle
    let channel: FrameSocket
    /// The master of its terminal, where this process keeps it.
    let console: FileDescriptorBox?
    /// The longest time it may run, in milliseconds.
    let wallTime: Int64?
    let signals: SignalQueue
    /// The container's groups on cgroup v1, where this process keeps watch over their memory.
    var legacyGroups: LegacyGroups?
    /// Counts up when memory is out, where the kernel would kill one process of a sandbox that has to end as a whole.
    var memoryEvents: EventCounter?
    /// The longest time on processors, in milliseconds, and the group whose time it is.
    var cpuTime: Int64?
    var cgroup: Cgroup?
    /// What its group had taken before, in milliseconds.
    var timeBefore: Int64 = 0
    /// The most bytes of output, and what counts them where there is no terminal.
    var output: Int64?
    var streams: StreamRelay?
    /// Tells of the program's calls; nil where nobody asked.
    var observer: CallObserver?
    /// The container's socket for a service manager, until it is ready.
    var readiness: ReadinessSocket?
    /// The call that it has waited for; nil where it has begun at once.
    var standby: StandbyCall?

    /// Waits until the container has ended and all its output has been passed on.
    func waitForEnd() throws(RuntimeError) -> RunResult {
        let relay = try console.map { master throws(RuntimeError) in
            try TerminalRelay(master: master, outputLimit: output)
        }
        let deadline = wallTime.map { bootTime() + $0 * 1_000_000 }
        let socket = channel
        var channelIsOpen = true
        var programEnd: ProcessEnd?
        var processorTime = cpuTime.map { ProcessorTimeWatch(limit: timeBefore + $0) }
        var isOverLimit: RunResult.Reason?
        var (readiness, caller) = (readiness, standby?.caller)
        while true {
            var left = deadline.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
            if isOverLimit == nil, let due = processorTime?.millisecondsUntilDue { left = min(left ?? due, due) }
            let connections = observer?.connections ?? (descriptors: [], milliseconds: nil)
            if let patience = connections.milliseconds { left = min(left ?? patience, patience) }
            let ready = try during("wait") {
                try waitUntilReady(
                    [
                        process.descriptor.rawValue, signals.descriptor.rawValue,
                        channelIsOpen ? socket.descriptor.rawValue : -1, relay?.input ?? -1, relay?.output ?? -1,
                        memoryEvents?.rawValue ?? -1,
                        streams?.meter?.descriptor.rawValue ?? -1, observer?.number ?? -1,
                        readiness?.descriptor.rawValue ?? -1, caller?.descriptor.rawValue ?? -1,
                    ], writable: connections.descriptors, milliseconds: left)
            }
            if ready[2] {
                channelIsOpen = try hear(&programEnd, isOverLimit: isOverLimit != nil)
                continue
            }
            if ready[8], try readiness?.attend(mainProcess: nil) == true { readiness = nil }
            if ready[9], let waiting = caller, try !pass(signalOf: waiting) {
                caller = nil
                try kill()
            }
            if ready[10...].contains(true) || connections.milliseconds != nil { try observer?.finishConnections() }
            if ready[7] { try observer?.attend() }
            if ready[1] { try passSignals(relay) }
            if ready[3] || ready[4] { try relay?.carry(input: ready[3], output: ready[4]) }
            if ready[5] { try endForMemory() }
            if ready[0] {
                try relay?.drain()
                let end = try during("wait") { try process.waitForEnd() }
                if relay?.isLimitReached == true { isOverLimit = outputLimit }
                return RunResult(reason: isOverLimit ?? reason(programEnd, end, deadline))
            }
            if let deadline, bootTime() >= deadline { try kill() }
            if isOverLimit != nil { continue }
            if ready[6], try streams?.endMeter() == true { isOverLimit = outputLimit }
            if relay?.isLimitReached == true { isOverLimit = outputLimit }
            if let cgroup, try processorTime?.isUp(in: cgroup) == true {
                isOverLimit = .cpuTime(milliseconds: cpuTime ?? 0)
            }
            if isOverLimit != nil { try kill() }
        }
    }

    /// Takes what init has to say.
    ///
    /// - Parameters:
    ///   - programEnd: How the program has ended, where that is what it says.
    ///   - isOverLimit: Whether it was ended for a limit.
    /// - Returns: Whether it may have more to say.
    /// - Throws: ``RuntimeError`` where the program could not be started.
    private func hear(_ programEnd: inout ProcessEnd?, isOverLimit: Bool) throws(RuntimeError) -> Bool {
        switch try channel.receiveMessage()?.message {
        case .failed(let status, let message):
            _ = try during("wait") { try process.waitForEnd() }
            throw RuntimeError(message, exitStatus: status)
        case .ended(let end): programEnd = end
        case .endedAlone(let end):
            programEnd = end
            if !isOverLimit, streams?.carriesBytes != true { standby?.finish(early: end) }
            try channel.sendIfHeard(.proceed)
        default: return false
        }
        return true
    }

    /// A reaping init ends with the program's status, and with 124 when it has kept the time itself.
    private func reason(_ programEnd: ProcessEnd?, _ initEnd: ProcessEnd, _ deadline: Int64?) -> RunResult.Reason {
        if let programEnd { return .ended(programEnd) }
        if let wallTime, let deadline {
            // Either this process was the first to see that the time was up, or the init was.
            if bootTime() >= deadline || initEnd == .exited(ReapingInit.timeoutStatus) {
                return .wallTime(milliseconds: wallTime)
            }
        }
        return .ended(initEnd)
    }

    /// Ends the sandbox when the kernel has killed a process of it, which follows the event.
    private func endForMemory() throws(RuntimeError) {
        try during("memory limit") { () throws(SystemCallError) in
            try memoryEvents?.reset()
            for _ in 0..<100 {
                if try legacyGroups?.hasKilledForMemory() == true { break }
                sleep(milliseconds: 1)
            }
            guard try legacyGroups?.hasKilledForMemory() == true else { return }
            do throws(SystemCallError) {
                try process.send(signal: Signals.kill)
            } catch  where error.errno == .noSuchProcess {
                return
            }
        }
    }

    private var outputLimit: RunResult.Reason? {
        output.map { .output(bytes: $0) }
    }

    private func kill() throws(RuntimeError) {
        do throws(SystemCallError) {
            try process.send(signal: Signals.kill)
        } catch  where error.errno == .noSuchProcess {
            return
        } catch {
            throw RuntimeError("kill: \(error)")
        }
    }

    private func passSignals(_ relay: TerminalRelay?) throws(RuntimeError) {
        while let (signal, _) = try during("signals", { try signals.next() }) {
            if signal == Signals.child { continue }
            if signal == Signals.windowChange, let relay {
                try relay.passWindowSize()
                continue
            }
            try pass(signal)
        }
    }

    private func pass(_ signal: Int32) throws(RuntimeError) {
        do throws(SystemCallError) {
            try process.send(signal: signal)
        } catch  where error.errno == .noSuchProcess {
            return
        } catch {
            throw RuntimeError("pass signal \(Signals.name(signal)) on: \(error)")
        }
    }

    /// Passes a signal on that the caller has got.
    ///
    /// - Returns: Whether there was one; without, the caller has ended.
    private func pass(signalOf caller: FrameSocket) throws(RuntimeError) -> Bool {
        guard let frame = try during("warm", { try caller.receive() })?.bytes, frame.count == 1 else { return false }
        try pass(Int32(frame[0]))
        return true
    }
}

extension Supervision {
    /// Of a container's first process.
    init(_ launch: Launch, signals: SignalQueue) throws(RuntimeError) {
        guard let process = launch.process, let channel = launch.channel else {
            throw RuntimeError("the container was not launched")
        }
        self.init(
            process: process, channel: channel, console: launch.console, wallTime: launch.plan.annotations.wallTime,
            signals: signals)
        let killsOneByOne = launch.plan.annotations.hasReapingInit && launch.controlGroup.killsOneByOne
        (observer, readiness) = (launch.observer, launch.readiness)
        standby = launch.options.standby
        legacyGroups = launch.legacyGroups
        memoryEvents = try during("memory limit") { () throws(SystemCallError) in
            killsOneByOne ? try launch.legacyGroups?.outOfMemoryEvents() : nil
        }
        (cgroup, streams) = (launch.cgroup, launch.streams)
        (cpuTime, output) = (launch.plan.annotations.cpuTime, launch.plan.annotations.output)
        if launch.options.standby != nil, cpuTime != nil, let cgroup {
            // What it took to get ready is not the call's.
            timeBefore = Int64(try during("cgroup") { try cgroup.processorTime() } / 1000)
        }
    }
}

/// Looks, now and then, how much time on processors a container has taken: the more often, the nearer the limit.
private struct ProcessorTimeWatch {
    private let limit: Int64
    private var due = bootTime()

    /// What this process had taken before.
    private let ownTimeAtStart = ownProcessorTime()

    init(limit milliseconds: Int64) { limit = milliseconds }

    /// How long to wait before the next look.
    var millisecondsUntilDue: Int64 { max(0, (due - bootTime() + 999_999) / 1_000_000) }

    /// Looks, where it is time to.
    mutating func isUp(in cgroup: Cgroup) throws(RuntimeError) -> Bool {
        guard bootTime() >= due else { return false }
        // A group of version 2 counts this with any controllers or none.
        let counted = Int64(try during("cgroup") { try cgroup.processorTime() } / 1000)
        // Carrying output and making connections are the call's work too.
        let used = counted + (ownProcessorTime() - ownTimeAtStart) / 1_000_000
        // What several processors take between two looks is a part of what is left.
        due = bootTime() + min(max((limit - used) / 8, 10), 500) * 1_000_000
        return used >= limit
    }
}
