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

    /// Waits until the container has ended and all its output has been passed on.
    func waitForEnd() throws(RuntimeError) -> RunResult {
        let relay = try console.map { master throws(RuntimeError) in try TerminalRelay(master: master) }
        let deadline = wallTime.map { bootTime() + $0 * 1_000_000 }
        let socket = channel
        var channelIsOpen = true
        var programEnd: ProcessEnd?
        while true {
            let left = deadline.map { max(0, ($0 - bootTime() + 999_999) / 1_000_000) }
            let ready = try during("wait") {
                try waitUntilReady(
                    [
                        process.descriptor.rawValue, signals.descriptor.rawValue,
                        channelIsOpen ? socket.descriptor.rawValue : -1, relay?.input ?? -1, relay?.output ?? -1,
                        memoryEvents?.rawValue ?? -1,
                    ], milliseconds: left)
            }
            if ready[2] {
                switch try socket.receiveMessage()?.message {
                case .failed(let status, let message):
                    _ = try during("wait") { try process.waitForEnd() }
                    throw RuntimeError(message, exitStatus: status)
                case .ended(let end): programEnd = end
                default: channelIsOpen = false
                }
                continue
            }
            if ready[1] { try passSignals(relay) }
            if ready[3] || ready[4] { try relay?.carry(input: ready[3], output: ready[4]) }
            if ready[5] { try endForMemory() }
            if ready[0] {
                try relay?.drain()
                let end = try during("wait") { try process.waitForEnd() }
                return RunResult(reason: reason(programEnd, end, deadline))
            }
            if let deadline, bootTime() >= deadline { try killForTime() }
        }
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

    private func killForTime() throws(RuntimeError) {
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
            do throws(SystemCallError) {
                try process.send(signal: signal)
            } catch  where error.errno == .noSuchProcess {
                continue
            } catch {
                throw RuntimeError("pass signal \(Signals.name(signal)) on: \(error)")
            }
        }
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
        legacyGroups = launch.legacyGroups
        memoryEvents = try during("memory limit") { () throws(SystemCallError) in
            killsOneByOne ? try launch.legacyGroups?.outOfMemoryEvents() : nil
        }
    }
}
