import Glibc
import Testing

/// The limits that `run` keeps by itself: time on processors, and output.
@Suite(.needsRoot, .agentrtOnly) struct ProfileSupervisedLimitsTests {
    private func project(_ resources: String, _ identity: Identity = .rootInUsersProject) throws -> SandboxedProject {
        try SandboxedProject(
            identity, executables: ["bash", "cat", "head", "sleep"].map { "/usr/bin/" + $0 },
            more: ",\n\"resources\": { \(resources) }, \"tools\": { \"t\": {} }")
    }

    private func run(_ project: SandboxedProject, _ line: String) throws -> (output: Output, report: Node) {
        let path = try project.scratch.path("report.json")
        let output = try project.run(["bash", "-c", line], options: ["--tool", "t", "--report", path])
        return (output, try Node(parsing: Files.read(path)))
    }

    @Test func processorTimeOfAllProcessesIsLimited() throws {
        let project = try project("\"cpuTime\": \"400ms\"")
        let (output, report) = try run(
            project, "for i in 1 2 3; do (while :; do :; done) & done; while :; do :; done; echo late > doc/late")
        #expect(output.status == 137, "\(output)")
        #expect(output.message == "agentrt: killed: cpu time limit 0.4s reached; raise resources.cpuTime")
        #expect(report["reason"].text == "cpuTime" && report["exitStatus"].number == 137)
        #expect(Files.list(project.directory + "/doc").isEmpty)
    }

    /// What agentrt does for a call is the call's: 1.2 s of its own are permitted, unless they are spent on connections,
    /// which agentrt makes.
    @Test(arguments: [false, true]) func workThatACallMakesAgentrtDoIsCounted(_ connects: Bool) throws {
        let project = try SandboxedProject(
            .rootInUsersProject, executables: ["/usr/bin/python3"], more: ", \"resources\": { \"cpuTime\": \"2s\" }")
        let body =
            connects
            ? "s = socket.socket(socket.AF_UNIX); s.settimeout(0); [s.connect_ex('/tmp/none') for i in range(50)]"
            : "pass"
        let output = try project.run(
            "/usr/bin/python3", "-c",
            """
            import os, socket, time
            def own(): return sum(os.times()[:2])
            start = own()
            while own() - start < 1.2: \(body)
            print("done")
            """)
        #expect(output.status == (connects ? 137 : 0), "\(output)")
        #expect(output.standardOutput == (connects ? "" : "done\n"))
        if connects { #expect(output.standardError.contains("cpu time limit 2s reached"), "\(output)") }
    }

    @Test func timeAsleepIsNotCounted() throws {
        let (output, report) = try run(project("\"cpuTime\": \"5s\""), "sleep 0.3; exit 7")
        #expect(output.status == 7 && report["reason"].text == "exited", "\(output)")
    }

    @Test func outputIsLimitedOverBothDescriptors() throws {
        let (output, report) = try run(
            project("\"output\": \"1KiB\""), "head -c 600 /dev/zero; head -c 600 /dev/zero >&2; sleep 30")
        #expect(output.status == 137, "\(output.status)")
        #expect(output.standardOutput.utf8.count == 600)
        #expect(output.standardError.utf8.prefix { $0 == 0 }.count == 424)
        #expect(output.standardError.hasSuffix("agentrt: killed: output limit 1KiB reached; raise resources.output\n"))
        #expect(report["reason"].text == "output")
    }

    @Test func outputWithoutEndIsStoppedAndEndsTheCall() throws {
        let (output, report) = try run(project("\"output\": \"64KiB\""), "trap '' PIPE; while :; do echo yes; done")
        #expect(output.standardOutput.utf8.count == 65536 && output.status == 137)
        #expect(report["reason"].text == "output")
    }

    @Test func exactlyTheLimitIsPermitted() throws {
        let (output, report) = try run(project("\"output\": 1024"), "head -c 1000 /dev/zero; head -c 24 /dev/zero >&2")
        #expect(output.status == 0 && report["reason"].text == "exited", "\(output.status)")
        #expect(output.standardOutput.utf8.count == 1000 && output.standardError.utf8.count == 24)
    }

    @Test(arguments: ["dev.agentrt.cpuTime", "dev.agentrt.output"]) func withoutASupervisorTheyAreRefused(
        _ key: String
    ) throws {
        let scratch = Scratch()
        let container = try scratch.container { $0.annotations = [key: "1000"] }
        for words in [["create"], ["run", "--detach"]] {
            let message = try container.command(words + ["--bundle", container.bundle.directory, container.id]).run()
                .refused()
            #expect(message.contains("annotations.\(key): only \"run\" keeps it"), "\(message)")
        }
        let bad = try scratch.container { $0.annotations = [key: "0"] }
        #expect(try bad.run().refused().contains("annotations.\(key): "))
    }
}
