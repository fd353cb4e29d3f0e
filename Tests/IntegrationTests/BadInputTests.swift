import Glibc
import Testing

/// Bad input at every verb: one clear line, status 1, and nothing has changed.
@Suite(.needsRoot, .agentrtOnly) struct BadInputTests {
    let scratch = Scratch()

    /// The verbs of a container that is there, and what else each needs to be complete.
    private static let verbs = [
        "state", "start", "kill", "delete", "pause", "resume", "ps", "exec", "update", "events",
    ]

    private func words(_ verb: String, _ id: String) -> [String] {
        switch verb {
        case "exec": [verb, id, "/payload"]
        case "update": [verb, "--pids-limit", "5", id]
        case "events": [verb, "--stats", id]
        default: [verb, id]
        }
    }

    private func created() throws -> Container {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        return container
    }

    /// What must stay as it is.
    private func facts(_ container: Container) throws -> [String] {
        try Files.list(container.root).sorted() + [
            container.status() ?? "", Files.read("\(container.root)/\(container.id)/state.json"),
        ]
    }

    @Test(arguments: verbs) func badIDs(_ verb: String) throws {
        let container = try created()
        let before = try facts(container)
        let long = String(repeating: "x", count: 256)
        for id in [
            "", ".", "..", "../\(container.id)", "\(container.id)/", "a/b", ".x", "é", "a b", "a\nb", long, "none",
        ] {
            let message = try container.command(words(verb, id)).run().refused()
            #expect(message.contains("container"), "\(message)")
        }
        #expect(try facts(container) == before)
    }

    @Test(arguments: verbs + ["create", "run", "list", "features", "spec"]) func unknownOptions(_ verb: String) throws {
        let container = try created()
        let before = try facts(container)
        let message = try container.command([verb, "--frobnicate", container.id]).run().refused()
        #expect(message.contains("\"--frobnicate\""), "\(message)")
        #expect(try facts(container) == before)
    }

    @Test(arguments: verbs) func missingAndFurtherArguments(_ verb: String) throws {
        let container = try created()
        let before = try facts(container)
        try container.command([verb]).run().refused()
        if verb != "exec", verb != "ps" {
            try container.command(words(verb, container.id) + ["SOMETHING", "else"]).run().refused()
        }
        #expect(try facts(container) == before)
    }

    @Test(arguments: ["", "{", "[]", "{}", "\u{0}", "{\"pid\": \"1\"}", "{\"ociVersion\": \"1.0.2\", \"pid\": 1}"])
    func damagedRecord(_ text: String) throws {
        let container = try created()
        let pid = try container.pid()
        let path = "\(container.root)/\(container.id)/state.json"
        try Files.write(text, to: path)
        for verb in Self.verbs {
            let message = try container.command(words(verb, container.id)).run().refused()
            #expect(message.contains("state.json"), "\(verb): \(message)")
        }
        #expect(kill(pid, 0) == 0, "the container is untouched")
        #expect(try Files.read(path) == text)
        // By force it goes; what cannot be known of it is ended here.
        try container.delete("--force")
        #expect(!Files.exists("\(container.root)/\(container.id)"))
        _ = kill(pid, SIGKILL)
    }

    @Test func wrongStates() throws {
        let container = try scratch.container { $0.payload("trap", "TERM") }
        try container.create()
        try refuse(["resume"], container)
        try container.start()
        try refuse(["start", "resume", "delete"], container)
        _ = try container.command("pause", container.id).run().succeeded()
        try refuse(["start", "pause", "exec", "delete"], container)
        _ = try container.command("resume", container.id).run().succeeded()
        try container.kill("KILL")
        try container.waitForStatus("stopped")
        try refuse(["start", "kill", "pause", "resume", "exec", "update"], container)
    }

    private func refuse(_ verbs: [String], _ container: Container) throws {
        let before = try facts(container)
        for verb in verbs {
            let message = try container.command(words(verb, container.id)).run().refused()
            #expect(message.contains(container.id), "\(verb): \(message)")
        }
        #expect(try facts(container) == before)
    }

    @Test func bundleThatIsGoneIsNotNeeded() throws {
        let container = try created()
        _ = try Command("/bin/mv", [container.bundle.directory, container.bundle.directory + "-gone"]).run().succeeded()
        try container.start()
        #expect(try container.exec(payload: "exit", "3").status == 3)
        try container.kill("KILL")
        try container.waitForStatus("stopped")
        try container.delete()
    }

    /// The id of the first process is another's by now: that one is neither seen nor touched.
    @Test func processIDThatIsReused() throws {
        let container = try created()
        usleep(30_000)  // A process's start is known to a hundredth of a second: ids do not come round in less.
        let other = try scratch.holder("ids")
        let path = "\(container.root)/\(container.id)/state.json"
        let record = try Files.read(path)
        let own = try container.pid()
        try Files.write(record.replacing("\"pid\":\(own)", with: "\"pid\":\(other.pid)"), to: path)
        #expect(try container.status() == "stopped")
        try refuse(["start", "kill", "pause", "resume", "exec", "update"], container)
        try container.delete()
        #expect(kill(other.pid, 0) == 0)
        #expect(try !Files.read("/proc/\(other.pid)/stat").contains(") Z "))
    }
}
