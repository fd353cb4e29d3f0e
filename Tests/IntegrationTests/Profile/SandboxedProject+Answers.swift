import JSON
import Testing

/// `why` and the kernel, asked the same.
extension SandboxedProject {
    /// What `why` answers to questions, a line each: `ok`, or the error that it foretells.
    func answers(_ questions: String) throws -> [String] {
        var command = try command([], [], .text(questions))
        command.arguments = Array(command.arguments[..<2]) + ["why", profile, "--batch", "--project", directory]
        let lines = try command.run(timeout: 60).succeeded().standardOutput.split(separator: "\n")
        return try lines.map { line in
            let object = try JSONParser.parse(Array(line.utf8)).asObject()
            let isPermitted: Bool = try object.required("permitted")
            return isPermitted ? "ok" : try object.required("errno")
        }
    }

    /// What a program in the sandbox gets for the same questions. The payload must be in the project, and listed.
    func facts(_ questions: String) throws -> [String] {
        let tried = try run([directory + "/payload", "ask"], input: .text(questions)).succeeded()
        return tried.standardOutput.split(separator: "\n").map { $0.split(separator: "=").last.map(String.init) ?? "" }
    }

    /// Asks both, and compares.
    func compareAnswers(
        to questions: [String], _ comment: String = "", _ location: SourceLocation = #_sourceLocation
    ) throws {
        let text = questions.map { $0 + "\n" }.joined()
        let (answered, facts) = (try answers(text), try facts(text))
        #expect(answered.count == questions.count && facts.count == questions.count, sourceLocation: location)
        var differences: [String] = []
        for (question, (answer, fact)) in zip(questions, zip(answered, facts)) where answer != fact {
            // Which of two reasons comes first is the kernel's matter.
            if answer != "ok", fact != "ok" { continue }
            differences.append("\(question): why says \(answer), the kernel \(fact)")
        }
        #expect(differences.isEmpty, "\(comment)\(differences.joined(separator: "\n"))", sourceLocation: location)
    }
}
