import Testing

/// Whether there is a CPU besides the first.
private let hasSecondProcessor = (try? Files.read("/sys/devices/system/cpu/online"))?.hasPrefix("0-") == true

/// `process.execCPUAffinity`: on which CPUs a program that `exec` adds may run.
@Suite(
    .needsRoot, .differs(.runc, "before 1.3 knows none"), .differs(.crun, "1.8 knows none"),
    .enabled(if: hasSecondProcessor, "the machine has one CPU"))
struct ExecAffinityTests {
    let scratch = Scratch()

    private func running(_ affinity: Node) throws -> Container {
        let container = try scratch.container {
            $0.root["ociVersion"] = "1.3.0"
            $0.process["execCPUAffinity"] = affinity
            $0.payload("pause")
        }
        try container.create()
        try container.start()
        return container
    }

    /// A service that is pinned to a CPU does not pin what it starts; a sandbox is pinned as its caller is.
    @Test(.differs(.runc, "1.1 passes it on"), .differs(.crun, "1.8 passes it on")) func callersDoNotHold() throws {
        let container = try scratch.container { $0.payload("pause") }
        var create = container.creating()
        (create.program, create.arguments) = ("/usr/bin/taskset", ["-c", "0", create.program] + create.arguments)
        _ = try create.run().succeeded()
        let own = try processors(Files.read("/proc/self/status"))
        #expect(try processors(Files.read("/proc/\(container.pid())/status")) == own)
        var exec = container.exec(["/payload", "cat", "/proc/self/status"])
        (exec.program, exec.arguments) = ("/usr/bin/taskset", ["-c", "0", exec.program] + exec.arguments)
        #expect(try processors(exec.run().succeeded().standardOutput) == own)
    }

    private func processors(_ status: String) -> String? {
        status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }?.split(separator: "\t").last
            .map(String.init)
    }

    static let lists: [(Node, String)] = [
        (["final": "1"], "1"), (["initial": "1"], "1"), (["initial": "1", "final": "0"], "0"),
        (["initial": "", "final": "1,4000"], "1"),
    ]

    @Test(arguments: lists) func addedProgramGetsTheContainers(_ affinity: Node, _ expected: String) throws {
        let status = try running(affinity).exec(payload: "cat", "/proc/self/status").succeeded().standardOutput
        #expect(processors(status) == expected)
    }

    @Test func firstProcessIsNotMeant() throws {
        let own = try processors(Files.read("/proc/self/status"))
        let container = try running(["initial": "0", "final": "1"])
        #expect(try processors(Files.read("/proc/\(container.pid())/status")) == own)
    }

    @Test(arguments: [(#""execCPUAffinity": {"final": "1"},"#, "1"), ("", "0")])
    func processFileGoesBeforeTheContainers(_ member: String, _ expected: String) throws {
        let container = try running(["final": "0"])
        let file = try scratch.makeFile(
            "process.json", #"{"args": ["/payload", "cat", "/proc/self/status"], \#(member) "cwd": "/"}"#)
        let output = try container.command("exec", "--process", file, container.id).run().succeeded()
        #expect(processors(output.standardOutput) == expected)
    }

    @Test(.agentrtOnly, arguments: [("initial", "4000"), ("final", "4000"), ("final", "9000")])
    func processorsThatAreNotThereAreNamed(_ stage: String, _ list: String) throws {
        let container = try running([stage: "\(list)"])
        let message = try container.exec(payload: "cat", "/proc/self/status").refused()
        #expect(message.contains("process.execCPUAffinity.\(stage)"))
    }
}
