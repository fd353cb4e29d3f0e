internal import AgentProfile
internal import JSON
internal import LinuxSystem

/// `why FILE read|write|exec|connect WHAT [--agent A] [--tool T] [--project DIR] [--json]`: yes or no, and which rule
/// decides. The status is 0 for yes, 1 for no, and 2 where there is no answer. Without WHAT, questions are read from
/// standard input, one a line.
enum WhyVerb {
    /// The status where the question cannot be answered: as that of grep(1), which says yes and no by its status too.
    private static let noAnswer: Int32 = 2

    static func run(_ global: GlobalOptions) -> Int32 {
        do {
            return try answer(global)
        } catch {
            global.log.error("\(error)")
            return noAnswer
        }
    }

    private static func answer(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments, options: ProfileOptions.all + [.flag("json"), .flag("batch")])
        let words = arguments.positional + (arguments.command ?? [])
        let isBatch = arguments.has("batch")
        guard words.count == (isBatch ? 1 : 3) else {
            throw UsageError(
                isBatch
                    ? "\"why --batch\" takes one profile file"
                    : "\"why\" takes FILE, one of read, write, exec, connect, and what")
        }
        let file = try ProfileFile.read(path: words[0])
        let resolution = try ProfileOptions.resolve(file, arguments, global)
        let answers = try SandboxAnswers(policy: resolution.policy, caller: try ProfileOptions.caller())
        let positions = ProfilePositions(file)
        if isBatch { return try batch(answers, positions) }
        let question = try question(words[1], words[2])
        var verdict = answers.answer(question)
        verdict.rule = positions.text(of: verdict.rule)
        _ = Output.print(
            arguments.has("json")
                ? JSONWriter.string(verdict, layout: .indented) : text(verdict, words[1], words[2]))
        return verdict.isPermitted ? 0 : 1
    }

    /// Answers many questions at once: `VERB WHAT` a line in, an object a line out.
    private static func batch(_ answers: SandboxAnswers, _ positions: ProfilePositions) throws -> Int32 {
        var bytes: [UInt8] = []
        while case let more = try UnownedDescriptor(0).read(upTo: 65_536), !more.isEmpty { bytes += more }
        let input = String(decoding: bytes, as: UTF8.self)
        var output = ""
        for line in input.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard words.count == 2 else { throw UsageError("\"\(line)\" is no question: VERB WHAT is") }
            var verdict = answers.answer(try question(words[0], words[1]))
            verdict.rule = positions.text(of: verdict.rule)
            output += JSONWriter.string(verdict) + "\n"
        }
        return Output.print(output)
    }

    private static func question(_ verb: String, _ what: String) throws(UsageError) -> Question {
        guard !what.isEmpty, !what.utf8.contains(0) else { throw UsageError("\"why \(verb)\" is asked about nothing") }
        switch verb {
        case "read": return .read(what)
        case "write": return .write(what)
        case "exec", "execute": return .execute(what)
        case "connect": return .connect(what)
        default: throw UsageError("\"\(verb)\" is no question: read, write, exec and connect are")
        }
    }

    private static func text(_ verdict: Verdict, _ verb: String, _ what: String) -> String {
        var text = "\(verdict.isPermitted ? "yes" : "no"): \(verb) \(quoted(what))\n"
        text += "  rule    \(verdict.rule)\n"
        text += "  layer   \(verdict.layer.rawValue): \(verdict.reason)\(verdict.error.map { " (\($0))" } ?? "")\n"
        if let remedy = verdict.remedy { text += "  remedy  \(remedy)\n" }
        return text
    }
}
