import Glibc
import JSON
import Testing

/// What a sandbox refuses is told as it happens and in the report, with the rule and the change, and nothing inside can
/// forge, flood or stop it.
@Suite(.needsRoot, .agentrtOnly) struct DenialTests {
    private func objects(_ text: String) throws -> [JSONObject] {
        try text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)).asObject() }
    }

    private func report(_ path: String) throws -> (denials: [JSONObject], count: Int64) {
        let object = try JSONParser.parse(Array(Files.read(path).utf8)).asObject()
        guard case .array(let denials)? = object["denials"]?.content else { throw Failure("no denials in \(path)") }
        return (try denials.map { try $0.asObject() }, try object.required("denialCount"))
    }

    private func text(_ object: JSONObject, _ key: String) throws -> String { try object.optional(key) ?? "" }

    @Test(arguments: Identity.allCases) func refusedProgramsAndConnectionsAreTold(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let place = try project.scratch.makeDirectory("reports")
        let (reportFile, eventFile) = (place + "/report.json", place + "/events")
        let output = try project.run(
            ["bash", "-c", "/usr/bin/id -u; src/../test-script.sh; echo >/dev/tcp/10.1.2.3/80; ls src; exit 3"],
            options: ["--report", reportFile, "--events", eventFile])
        #expect(output.status == 3, "\(output)")
        #expect(output.standardOutput.contains("main.txt"))
        let (denials, count) = try report(reportFile)
        #expect(count == 3 && denials.count == 3, "\(denials)")
        let program = try #require(try denials.first { try text($0, "target") == "/usr/bin/id" })
        #expect(try text(program, "call") == "exec")
        #expect(try text(program, "errno") == "ENOENT")
        #expect(try text(program, "remedy") == "add \"/usr/bin/id\" to allowedExecutables")
        guard case .array(let words)? = program["argv"]?.content else { throw Failure("no argv") }
        #expect(words.count == 2)
        let script = try #require(try denials.first { try text($0, "target").hasSuffix("/test-script.sh") })
        #expect(try text(script, "layer") == "mount")
        #expect(try text(script, "rule").contains("profile.json:2:"))
        let connection = try #require(try denials.first { try text($0, "call") == "connect" })
        #expect(try text(connection, "target") == "10.1.2.3:80")
        #expect(try text(connection, "errno") == "ENETUNREACH")
        #expect(try text(connection, "remedy").contains("\"allow\": [\"10.1.2.3:80\"]"))

        let events = try objects(Files.read(eventFile))
        #expect(events.count == 3)
        for event in events {
            #expect(try text(event, "time").hasSuffix("Z"))
            let pid: Int64 = try event.required("pid")
            #expect(pid > 1)
        }
        #expect(
            output.message.hasPrefix(
                "agentrt: denied: exec \"/usr/bin/id\" (add \"/usr/bin/id\" to allowedExecutables)"))
    }

    @Test(arguments: Identity.allCases) func refusedOpensAreToldOnRequest(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let file = try project.scratch.makeDirectory("reports") + "/report.json"
        let line =
            "read x <\(project.secret); echo x >src/main.txt; echo x >doc/new; read x <doc/new; read x <none; true"
        let output = try project.run(["bash", "-c", line], options: ["--report", file, "--audit"])
        #expect(output.status == 0, "\(output)")
        let opened = try report(file).denials.filter { try text($0, "call") == "open" }
        let targets = try opened.map { try text($0, "target") }
        #expect(targets.contains(project.secret) && targets.contains(project.directory + "/src/main.txt"), "\(targets)")
        #expect(!targets.contains { $0.hasSuffix("doc/new") || $0.hasSuffix("/none") }, "\(targets)")
        // Without being asked for they are not told.
        let quiet = try project.run(["bash", "-c", line], options: ["--report", file])
        #expect(quiet.status == 0)
        #expect(try report(file).denials.isEmpty)
    }

    @Test func namesThatAreLookedUpAreTold() throws {
        let project = try SandboxedProject(.rootInUsersProject, executables: ["/usr/bin/python3"])
        let file = try project.scratch.makeDirectory("reports") + "/report.json"
        let output = try project.run(
            ["python3", "-c", "import socket\ntry: socket.getaddrinfo('example.org', 443)\nexcept OSError: pass"],
            options: ["--report", file])
        #expect(output.status == 0, "\(output)")
        let denials = try report(file).denials
        #expect(
            try denials.contains { try text($0, "reason").contains("a name is looked up") }, "\(denials)")
    }

    @Test func aFloodIsCountedAndNotKept() throws {
        let project = try SandboxedProject(.user)
        let place = try project.scratch.makeDirectory("reports")
        let output = try project.run(
            [
                "bash", "-c",
                "for ((i = 0; i < 400; i++)); do (exec /usr/bin/id) 2>/dev/null; (exec src/main.txt) ; done",
            ],
            options: ["--report", place + "/report.json", "--events", place + "/events"])
        #expect(output.status != 0)
        let (denials, count) = try report(place + "/report.json")
        #expect(count >= 400 && denials.count <= 2)
        let id: Int64 = try #require(try denials.first { try text($0, "target") == "/usr/bin/id" }).required(
            "count")
        #expect(id == 400)
        #expect(try objects(Files.read(place + "/events")).count == Int(count))
    }

    @Test func theProgramHasNoHandInIt() throws {
        let project = try SandboxedProject(.rootInUsersProject)
        let output = try project.run(["ls", "/proc/self/fd"], options: ["--report", project.scratch.path("r")])
        #expect(output.standardOutput.split(separator: "\n").count <= 4, "\(output)")
        for number in ["0", "2"] {
            let refused = try project.run(["ls"], options: ["--events", number])
            #expect(refused.status == 1 && refused.message.contains("is the program's too"), "\(refused)")
        }
        #expect(try project.run(["ls"], options: ["--events", "77"]).message.contains("is not open"))
        let bundle = try project.scratch.bundle { $0.payload("exit", "0") }
        let plain = try Command(
            Runtime.current.path, ["--root", project.scratch.stateRoot, "run", "--audit", bundle.directory]
        ).run()
        #expect(plain.status == 1 && plain.message.contains("goes with --profile"), "\(plain)")
    }
}
