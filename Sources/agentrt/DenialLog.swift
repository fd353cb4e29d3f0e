internal import AgentProfile
internal import ContainerRuntime
internal import JSON
internal import LinuxSystem
internal import NetworkRules

/// What a sandbox refused, with the rule that did it and what to change: for the report, for those who watch, and as one
/// line for the model.
///
/// Whether a call is refused is answered from the plan (``SandboxAnswers``) while the call waits; the kernel decides.
final class DenialLog {
    /// Writes the line of an event.
    typealias EventWriter = ([UInt8]) throws(SystemCallError) -> Void

    /// One thing that was refused, however often.
    struct Denial: JSONEncodable {
        let call: String
        let target: String
        let pid: Int32?
        let arguments: [String]
        let verdict: Verdict
        var count = 1

        var json: JSONValue { json(tool: nil, time: nil) }

        func json(tool: String?, time: String?) -> JSONValue {
            var object = JSONObject()
            object.encode("time", time)
            object.encode("tool", tool)
            object.encode("call", call)
            object.encode("target", target)
            object.encode("pid", pid)
            if !arguments.isEmpty { object.encode("argv", arguments) }
            object.encode("errno", verdict.error)
            object.encode("rule", verdict.rule)
            object.encode("layer", verdict.layer.rawValue)
            object.encode("reason", verdict.reason)
            object.encode("remedy", verdict.remedy)
            if time == nil { object.encode("count", count) }
            return object.json
        }
    }

    /// The most different denials that are kept, and the most events that are written: a tool must not fill a disk.
    static let mostDenials = 200, mostEvents = 10_000

    /// What was refused, each once, in the order of its first time.
    private(set) var denials: [Denial] = []
    /// How often something was refused, what is not kept among it.
    private(set) var total = 0

    private let answers: SandboxAnswers
    private let positions: ProfilePositions
    private let tool: String?
    private let events: EventWriter?
    private var places: [String: Int] = [:]
    private let note: (String) -> Void
    private var eventsHaveFailed = false
    private var permitted: Set<String> = []

    /// A log.
    ///
    /// - Parameters:
    ///   - policy: What the tool may do.
    ///   - caller: Who asks.
    ///   - file: The profile.
    ///   - events: Where each denial is written as it happens; nil for nowhere.
    ///   - note: Told what went wrong with that.
    /// - Throws: `PlanError` where the policy cannot be kept on this host.
    init(
        _ policy: Policy, caller: Caller, file: ProfileFile, events: EventWriter?,
        note: @escaping (String) -> Void
    ) throws {
        answers = try SandboxAnswers(policy: policy, caller: caller)
        positions = ProfilePositions(file)
        tool = policy.tool ?? policy.agent
        self.events = events
        self.note = note
    }

    /// Whether a call is refused.
    func isRefused(_ kind: ObservedCall.Kind, _ target: String) -> Bool {
        let key = kind.rawValue + " " + target
        // A program that may be executed is executed again and again. Files come and go, and are looked at each time.
        if permitted.contains(key) { return false }
        let verdict = self.verdict(kind, target)
        // That a file is missing, or no program, is nobody's denial.
        if !verdict.isPermitted, verdict.layer != .kernel { return true }
        if verdict.isPermitted, kind == .execute, permitted.count < Self.mostDenials { permitted.insert(key) }
        return false
    }

    /// Takes a call that is refused.
    func observe(_ call: ObservedCall) {
        add(
            Denial(
                call: call.kind == .read || call.kind == .write ? "open" : call.kind.rawValue, target: call.target,
                pid: call.pid, arguments: call.arguments, verdict: placed(verdict(call.kind, call.target))))
    }

    private func verdict(_ kind: ObservedCall.Kind, _ target: String) -> Verdict {
        switch kind {
        case .execute: answers.answer(.execute(target))
        case .read: answers.answer(.read(target))
        case .write: answers.answer(.write(target))
        case .connect: answers.answerAttempt(toConnect: target)
        }
    }

    /// Takes what the gate refused, once the call has ended.
    func add(_ refusals: [NetworkRefusal]) {
        for refusal in refusals where refusal.kind == "name" || refusal.kind == "address" {
            guard let host = refusal.name ?? refusal.address else { continue }
            let name = host.contains(":") ? "[\(host)]" : host
            let target = refusal.port.map { "\(name):\($0)" } ?? host
            let verdict = answers.answer(.connect(target))
            guard !verdict.isPermitted else { continue }
            add(Denial(call: "connect", target: target, pid: nil, arguments: [], verdict: placed(verdict)))
        }
    }

    private func placed(_ verdict: Verdict) -> Verdict {
        var verdict = verdict
        verdict.rule = positions.text(of: verdict.rule)
        return verdict
    }

    private func add(_ denial: Denial) {
        total += 1
        let key = denial.call + " " + denial.target
        if let place = places[key] {
            denials[place].count += 1
        } else if denials.count < Self.mostDenials {
            places[key] = denials.count
            denials.append(denial)
        }
        write(denial)
    }

    private func write(_ denial: Denial) {
        guard let events, !eventsHaveFailed, total <= Self.mostEvents else { return }
        var value = denial.json(tool: tool, time: Timestamp.rfc3339(nanoseconds: wallClock()))
        if total == Self.mostEvents {
            var object = JSONObject()
            object.encode("more", true)
            value = object.json
        }
        do throws(SystemCallError) {
            try events(JSONWriter.bytes(value) + [10])
        } catch {
            eventsHaveFailed = true
            note("--events: \(error)")
        }
    }

    /// All of it in one line; nil where nothing was refused.
    var line: String? {
        if denials.isEmpty { return nil }
        var shown = denials.prefix(5).map { denial in
            "\(denial.call) \(quoted(denial.target))" + (denial.verdict.remedy.map { " (\($0))" } ?? "")
        }
        if denials.count > shown.count { shown.append("and \(denials.count - shown.count) more") }
        return "denied: " + shown.joined(separator: ", ")
    }
}
