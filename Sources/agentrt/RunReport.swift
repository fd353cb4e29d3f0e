internal import AgentProfile
internal import Cgroup
internal import ContainerRuntime
internal import JSON
internal import LinuxSystem

/// How a run ended: the line on stderr for a limit that ended it, and `--report`.
struct RunReport {
    let result: RunResult
    let limits: LimitNames
    /// What was refused; nil where nobody asked.
    var denials: DenialLog?
    /// What no control group held; nil where that is refused.
    var unheld: UnheldLimits?

    /// The lines for who watches: one a limit that was reached.
    var lines: [String] {
        var lines: [String] = []
        switch result.reason {
        case .ended: break
        case .wallTime(let milliseconds):
            let amount = limits.others["wallTime"]?.amount ?? "\(milliseconds) ms"
            lines.append("killed: wall time limit \(amount) reached" + remedy("wallTime"))
        case .cpuTime(let milliseconds):
            let amount = limits.others["cpuTime"]?.amount ?? "\(milliseconds) ms"
            lines.append("killed: cpu time limit \(amount) reached" + remedy("cpuTime"))
        case .output(let bytes):
            lines.append(
                "killed: output limit \(limits.others["output"]?.amount ?? "\(bytes)B") reached" + remedy("output"))
        case .memory(let isSession):
            let peak = result.statistics?.memoryPeak.map { " (peak \(Quantity.memoryText($0)))" } ?? ""
            guard let limit = isSession ? limits.sessionMemory : limits.memory else {
                lines.append("killed: out of memory\(peak); a control group above this one, or the host, has none left")
                break
            }
            let whose = isSession ? "the session's " : ""
            lines.append("killed: \(whose)memory limit \(limit.amount) reached\(peak); raise \(limit.place)")
        }
        if let hits = result.statistics?.pidsLimitHits, hits > 0, let limit = limits.pids, result.exitStatus != 0 {
            let howOften = hits == 1 ? "" : ", \(hits) times"
            lines.append("pids limit \(limit.amount) reached\(howOften); raise \(limit.place)")
        }
        if let line = networkLine { lines.append(line) }
        if let line = denials?.line { lines.append(line) }
        return lines
    }

    private func remedy(_ name: String) -> String { limits.others[name].map { "; raise \($0.place)" } ?? "" }

    /// Whether the program failed after it could not make a process or thread.
    private var isOutOfPids: Bool { (result.statistics?.pidsLimitHits ?? 0) > 0 && result.exitStatus != 0 }

    /// What the gate refused, in one line.
    private var networkLine: String? {
        let refusals = result.networkRefusals
        if refusals.isEmpty { return nil }
        var shown = refusals.prefix(5).filter { $0.kind != "more" }.map { refusal in
            let target =
                refusal.name.map { name in name + (refusal.port.map { ":\($0)" } ?? "") }
                ?? refusal.address.map { address in
                    let host = address.contains(":") ? "[\(address)]" : address
                    return host + (refusal.port.map { ":\($0)" } ?? "")
                } ?? "?"
            let reason = refusal.kind == "answer" && refusal.address != nil ? "\(refusal.address ?? ""): " : ""
            return "\(target) (\(reason)\(refusal.reason ?? "refused"))"
        }
        if refusals.count > shown.count { shown.append("and more") }
        return "network: " + shown.joined(separator: ", ")
    }

    /// The report; spec/cli.md has its members.
    var json: JSONValue {
        var object = JSONObject()
        object.encode("exitStatus", result.exitStatus)
        switch result.reason {
        case .ended(.exited) where isOutOfPids: object.encode("reason", "pids")
        case .ended(.exited): object.encode("reason", "exited")
        case .ended(.signalled(let signal)):
            object.encode("reason", "signal")
            object.encode("signal", Signals.name(signal))
        case .wallTime: object.encode("reason", "wallTime")
        case .memory: object.encode("reason", "memory")
        case .cpuTime: object.encode("reason", "cpuTime")
        case .output: object.encode("reason", "output")
        }
        object.encode("wallSeconds", Double(result.wallTime / 1000) / 1_000_000)
        if result.isWarm { object.encode("warm", true) }
        if let statistics = result.statistics {
            func seconds(_ microseconds: UInt64?) -> Double? { microseconds.map { Double($0) / 1_000_000 } }
            object.encode("cpuSeconds", seconds(statistics.cpuTime))
            object.encode("userSeconds", seconds(statistics.userTime))
            object.encode("systemSeconds", seconds(statistics.systemTime))
            object.encode("throttledSeconds", seconds(statistics.throttledTime))
            object.encode("memoryPeakBytes", statistics.memoryPeak)
            object.encode("memoryKills", statistics.memoryKills)
            object.encode("pidsPeak", statistics.pidsPeak)
            object.encode("pidsLimitHits", statistics.pidsLimitHits)
            object.encode("readBytes", statistics.bytesRead)
            object.encode("writtenBytes", statistics.bytesWritten)
        }
        if let unheld { object.encode("degraded", unheld.json) }
        if let denials {
            object.encode("denials", denials.denials)
            object.encode("denialCount", denials.total)
        }
        if !result.networkRefusals.isEmpty { object.encode("network", result.networkRefusals) }
        return object.json
    }
}
