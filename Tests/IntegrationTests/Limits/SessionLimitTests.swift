import Glibc
import Testing

/// Caps per tool within the cap of its agent, on a host whose controllers are on cgroup v2 (`scripts/cgroup2-vm`).
@Suite(.needsRoot, .agentrtOnly, .serialized) struct SessionLimitTests {
    private static let executables = ["bash", "sleep", "dd", "cat"].map { "/usr/bin/" + $0 }

    /// A project whose profile has limits for the agent and, closer, for a tool `small`.
    private func project(agent: String, tool: String, _ identity: Identity = .rootInUsersProject) throws
        -> SandboxedProject
    {
        try SandboxedProject(
            identity, executables: Self.executables,
            more: ",\n\"resources\": { \(agent) },\n\"tools\": { \"small\": { \"resources\": { \(tool) } } }")
    }

    @Test func toolLiesInItsSessionWithItsOwnLimits() throws {
        let project = try project(
            agent: "\"memory\": \"256MiB\", \"cpus\": 1.5, \"pids\": 100", tool: "\"memory\": \"64MiB\", \"pids\": 20")
        let session = "s" + uniqueNumber()
        let call = try project.start("sleep", "60", options: ["--session", session, "--tool", "small"])
        let above = "/sys/fs/cgroup/agentrt/" + session
        try eventually("the call to run") {
            Files.list(above).contains { $0.hasPrefix("small-") && Files.exists("\(above)/\($0)/cgroup.procs") }
                && (try? Files.read(above + "/cgroup.events").contains("populated 1")) == true
        }
        let own = try above + "/" + #require(Files.list(above).first { $0.hasPrefix("small-") })
        for (file, value) in [("memory.max", "268435456"), ("cpu.max", "150000 100000"), ("pids.max", "100")] {
            #expect(try Files.read("\(above)/\(file)") == value + "\n")
        }
        for (file, value) in [
            ("memory.max", "67108864"), ("memory.swap.max", "0"), ("memory.oom.group", "1"), ("pids.max", "20"),
            ("cpu.max", "150000 100000"),
        ] {
            #expect(try Files.read("\(own)/\(file)") == value + "\n")
        }
        kill(call.pid, SIGTERM)
        #expect(try call.wait().status == 143)
        #expect(!Files.exists(above), "a session ends with its last call")
    }

    @Test func toolAtItsLimitLeavesItsNeighbourAlone() throws {
        let project = try project(agent: "\"memory\": \"256MiB\"", tool: "\"memory\": \"32MiB\"")
        let session = "s" + uniqueNumber()
        let neighbour = try project.start(
            "bash", "-c", "read -r line; echo \"$line\"", options: ["--session", session], input: .pipe)
        let output = try project.run(
            "bash", "-c", "dd if=/dev/zero of=/dev/null bs=128M count=1; echo lives",
            options: ["--session", session, "--tool", "small"])
        #expect(output.status == 137 && output.standardOutput.isEmpty, "the whole call ends: \(output)")
        #expect(
            output.message
                == "agentrt: killed: memory limit 32MiB reached (peak 32MiB); raise tools.small.resources.memory")
        try Files.write("works on\n", descriptor: #require(neighbour.input))
        #expect(try neighbour.wait().standardOutput == "works on\n")
    }

    @Test func aCallThatFindsNoRoomNamesTheLimit() throws {
        let project = try project(agent: "\"pids\": 3", tool: "\"pids\": 2")
        let session = "s" + uniqueNumber()
        // An init and a shell.
        let other = try project.start(
            "bash", "-c", "echo ready; read -r", options: ["--session", session], input: .pipe)
        try other.waitForOutput("ready", timeout: 60)
        let message = try project.run("bash", "-c", "echo ran", options: ["--session", session, "--tool", "small"])
            .refused()
        #expect(
            message.hasSuffix("within tools.small.resources.pids, 2, or resources.pids, 3, can be made to start with"),
            "\(message)")
        try Files.write("end\n", descriptor: #require(other.input))
        _ = try other.wait()
    }

    @Test func callsTogetherNeverExceedTheirAgent() throws {
        let project = try project(agent: "\"memory\": \"64MiB\", \"pids\": 12", tool: "\"memory\": \"60MiB\"")
        let session = "s" + uniqueNumber()
        // Each call may take 60 MiB, both together 64.
        let calls = try (0..<2).map { _ in
            try project.start(
                "bash", "-c", "dd if=/dev/zero of=/dev/null bs=48M count=1000000",
                options: ["--session", session, "--tool", "small"])
        }
        var outputs: [Output] = []
        try eventually("one call to be killed", within: 60) {
            let events = try? Files.read("/sys/fs/cgroup/agentrt/\(session)/memory.events")
            return events.map { !$0.contains("oom_kill 0\n") } ?? false
        }
        for call in calls {
            kill(call.pid, SIGTERM)
            outputs.append(try call.wait())
        }
        let killed = outputs.filter { $0.status == 137 }
        #expect(!killed.isEmpty, "\(outputs)")
        for output in killed {
            #expect(
                output.message.contains("killed: the session's memory limit 64MiB reached")
                    && output.message.hasSuffix("raise resources.memory"), "\(output)")
        }
    }

    @Test func manyCallsShareTheirProcesses() throws {
        let project = try project(agent: "\"pids\": 12", tool: "\"pids\": 12")
        let session = "s" + uniqueNumber()
        // Each call is an init and its program: six fit. Calls that begin together may keep one another out, too.
        let calls = try (0..<8).map { _ in
            try project.start("sleep", "60", options: ["--session", session, "--tool", "small"])
        }
        let above = "/sys/fs/cgroup/agentrt/" + session
        try eventually("the calls to have begun, or to have ended", within: 60) {
            let running = Files.list(above).filter { $0.hasPrefix("small-") }.count
            let refused = calls.filter { $0.poll() != nil }.count
            return running + refused == 8 && (try? Files.read(above + "/pids.current")) == "\(2 * running)\n"
        }
        for call in calls { kill(call.pid, SIGTERM) }
        let outputs = try calls.map { try $0.wait() }
        let ran = outputs.filter { $0.status == 143 }
        let refused = outputs.filter { $0.status != 143 }
        #expect((1...6).contains(ran.count) && ran.count + refused.count == 8)
        #expect(refused.allSatisfy { $0.message.contains("resource temporarily unavailable") }, "\(refused)")
        #expect(!Files.exists(above))
    }

    /// Some work and end by themselves, some want more memory than a tool has, and together they want more processes
    /// than their agent has.
    @Test func fiftyCallsAtOnceStayWithinTheirAgent() throws {
        let project = try project(
            agent: "\"memory\": \"96MiB\", \"pids\": 60, \"cpus\": 0.5", tool: "\"memory\": \"24MiB\", \"pids\": 8")
        let options = ["--session", "s" + uniqueNumber(), "--tool", "small"]
        let above = "/sys/fs/cgroup/agentrt/" + options[1]
        // Keeps the session, whose figures are read when the others have ended.
        let keeper = try project.start("cat", options: options, input: .pipe)
        try eventually("the session to be there", within: 60) {
            (try? Files.read(above + "/cgroup.events").contains("populated 1")) == true
        }
        let before = try figures(of: above, "cpu.stat")["usage_usec"] ?? 0
        let began = ContinuousClock.now
        let calls = try (0..<50).map { number in
            try number % 3 == 0
                ? project.start("bash", "-c", "exec dd if=/dev/zero of=/dev/null bs=64M count=1", options: options)
                : project.start("bash", "-c", "for ((i = 0; i < 5000; i++)); do :; done; exit 7", options: options)
        }
        let outputs = try calls.map { try $0.wait(timeout: 300) }
        let used = try (figures(of: above, "cpu.stat")["usage_usec"] ?? 0) - before
        let elapsed = (ContinuousClock.now - began) / .microseconds(1)
        for (number, output) in outputs.enumerated() {
            if output.message.contains("resource temporarily unavailable") || output.message.contains("pids limit") {
                #expect(output.status != 0 && output.status != 7, "\(output)")  // One too many for the agent.
            } else if number % 3 == 0 {
                #expect(output.status == 137 && output.message.contains("memory limit "), "\(output)")
            } else if output.message.contains("the session's memory limit 96MiB reached") {
                #expect(output.status == 137, "\(output)")  // All together wanted too much, and this one had most.
            } else {
                #expect(output.status == 7 && output.standardError.isEmpty, "\(output)")
            }
        }
        #expect(outputs.contains { $0.status == 7 } && outputs.contains { $0.status == 137 })
        // The kernel counts these two from 5.19 and 6.1 on.
        #expect(try peak(of: above, "memory.peak") ?? 0 <= 96 << 20)
        #expect(try peak(of: above, "pids.peak") ?? 0 <= 60)
        // Of each 100 ms half, and of the periods at both ends the whole.
        #expect(Double(used) <= 0.5 * elapsed * 1.05 + 200_000, "\(used) µs of \(elapsed)")
        #expect(try figures(of: above, "cpu.stat")["nr_throttled"] ?? 0 > 0)
        keeper.closeInput()
        #expect(try keeper.wait().status == 0)
        #expect(!Files.exists(above))
    }

    private func figures(of group: String, _ file: String) throws -> [Substring: Int] {
        let pairs = try Files.read("\(group)/\(file)").split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], Int($0[1]) ?? 0) })
    }

    private func peak(of group: String, _ file: String) throws -> Int? {
        Files.exists("\(group)/\(file)") ? try Int(Files.read("\(group)/\(file)").trimmed) : nil
    }

    @Test func sessionUnderOtherLimitsIsNotJoined() throws {
        let first = try project(agent: "\"memory\": \"64MiB\"", tool: "\"pids\": 9")
        let second = try project(agent: "\"memory\": \"128MiB\"", tool: "\"pids\": 9")
        let session = "s" + uniqueNumber()
        let call = try first.start("cat", options: ["--session", session], input: .pipe)
        try eventually("the call to run") {
            (try? Files.read("/sys/fs/cgroup/agentrt/\(session)/cgroup.events").contains("populated 1")) == true
        }
        let message = try second.run("sleep", "0", options: ["--session", session]).refused()
        #expect(message.contains("runs under another memory.max; end it, or take another --session"), "\(message)")
        #expect(try first.run("sleep", "0", options: ["--session", session]).status == 0)
        kill(call.pid, SIGTERM)
        _ = try call.wait()
    }

    @Test func killedOrchestratorLeavesNothing() throws {
        let project = try project(agent: "\"memory\": \"64MiB\"", tool: "\"pids\": 9")
        let session = "s" + uniqueNumber()
        let above = "/sys/fs/cgroup/agentrt/" + session
        let call = try project.start("sleep", "60", options: ["--session", session])
        try eventually("the call to run") {
            (try? Files.read(above + "/cgroup.events").contains("populated 1")) == true
        }
        kill(call.pid, SIGKILL)
        _ = try call.wait()
        try eventually("the tool to end") { try Files.read(above + "/cgroup.events").contains("populated 0") }
        // What the killed runtime left is no obstacle for the next call, and gone with the container.
        #expect(try project.run("sleep", "0", options: ["--session", session]).status == 0)
        for id in Files.list(try project.scratch.stateRoot) where !id.hasPrefix(".") {
            _ = try Command(Runtime.current.path, ["--root", project.scratch.stateRoot, "delete", id]).run()
        }
        #expect(!Files.exists(above))
    }
}
