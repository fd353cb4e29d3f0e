import Glibc
import JSON
import Testing

/// `agentrt selftest`, which makes its own attempts: here only whether it does what it says.
@Suite(.needsRoot, .agentrtOnly) struct SelftestTests {
    private func command(_ user: UInt32?, _ scratch: Scratch, _ words: [String]) throws -> Command {
        var command = Command(Runtime.current.path, ["selftest"] + words)
        command.user = user
        command.environment["HOME"] = "/nonexistent"
        command.environment["TMPDIR"] = try scratch.makeDirectory("playground")
        return command
    }

    @Test(arguments: [nil, Identity.userID]) func allIsRefusedAndNothingIsLeft(_ user: UInt32?) throws {
        let scratch = Scratch(user: user)
        let output = try command(user, scratch, ["--json"]).run(timeout: 300).succeeded()
        let report = try Node(parsing: output.standardOutput)
        #expect(report["passed"] == true)
        let attempts = report["attempts"].elements
        for attempt in attempts {
            let result = attempt["result"].text ?? ""
            #expect(["refused", "permitted"].contains(result), "\(attempt["name"].text ?? "?"): \(result)")
        }
        #expect(attempts.count { $0["result"].text == "refused" } >= 250)
        // Each of these shows that the attempt can succeed.
        #expect(attempts.count { $0["outside"].text == "succeeded" } >= 120)
        #expect(Files.list(try scratch.path("playground")).isEmpty)
    }

    @Test func theTableSaysTheSame() throws {
        let scratch = Scratch()
        let output = try command(nil, scratch, []).run(timeout: 300).succeeded()
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines.first?.hasPrefix("attempt ") == true, "\(output)")
        #expect(lines.contains { $0.hasPrefix("exec-written ") && $0.contains(" refused ") })
        #expect(lines.last?.contains(" attempts refused, ") == true, "\(output)")
    }

    /// Where even what is listed cannot be executed every attempt is refused, and nothing is proved.
    @Test func aSandboxInWhichNothingWorksDoesNotPass() throws {
        let scratch = Scratch()
        let command = try command(nil, scratch, [])
        let playground = try scratch.path("playground")
        let output = try command.afterMounts("mount -t tmpfs -o noexec none \(playground)").run(timeout: 300)
        #expect(output.status == 1 && output.standardOutput.contains("DOES NOT WORK"), "\(output)")
    }

    /// The probe outside of a sandbox: what is refused inside succeeds here.
    @Test func theProbeTellsTheTruth() throws {
        let scratch = Scratch()
        let project = try scratch.makeDirectory("project")
        let secret = try scratch.makeFile("secret.txt", "outside\n")
        for (name, answer) in [("read-outside", "succeeded"), ("read-denied", "succeeded"), ("setuid", "refused")] {
            if name == "read-denied" { try Files.write("x", to: project + "/.env") }
            var command = Command(Runtime.current.path, ["selftest-probe", name, project, "1", "1", "none"])
            command.user = name == "setuid" ? Identity.userID : nil
            let output = try command.run().succeeded()
            #expect(output.standardOutput.hasPrefix("begun\n\(answer)\t"), "\(name): \(output)")
        }
        #expect(try Files.read(secret) == "outside\n")
        #expect(try Command(Runtime.current.path, ["selftest-probe", "no-such-attempt"]).run().status == 2)
    }
}
