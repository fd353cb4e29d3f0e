import Glibc
import Testing

/// A tool at its cap costs its neighbour in the session no more than its share. What is compared is counted by the
/// kernel for both at the same moment, so that a slow or busy machine is slow for both.
///
/// Run on hosts of both versions of control groups: `scripts/test` runs it in `scripts/cgroup2-vm` too.
@Suite(.needsRoot, .agentrtOnly, .serialized) struct NeighbourTests {
    /// The session of one test: a neighbour that works and holds memory, beside a tool with low caps.
    private final class Agent {
        let project: SandboxedProject
        let session = "s" + uniqueNumber()
        let neighbour: RunningProcess
        static let held = 16 << 20

        init() throws {
            project = try SandboxedProject(
                .rootInUsersProject, executables: ["/usr/bin/bash", "/usr/bin/dd", "/usr/bin/sleep"],
                more: """
                    ,
                    "resources": { "memory": "96MiB", "cpus": 1, "pids": 64 },
                    "tools": {
                        "greedy": { "resources": { "memory": "32MiB", "cpus": 0.2, "pids": 12 } },
                        "neighbour": {}
                    }
                    """)
            neighbour = try project.start(
                "bash", "-c",
                "printf -v text '%\(Self.held)s' ''; echo ready; while :; do :; done & while :; do :; done",
                options: ["--session", session, "--tool", "neighbour"])
            try neighbour.waitForOutput("ready", timeout: 120)
        }

        func greedy(_ line: String) throws -> RunningProcess {
            let call = try project.start(
                "bash", "-c", line, options: ["--session", session, "--tool", "greedy"])
            try eventually("the greedy call to run", within: 60) { (try? processorTime("greedy")) ?? 0 > 0 }
            return call
        }

        /// A file of a tool's group; each controller may have a hierarchy of its own.
        func file(_ name: String, of tool: String, in controller: String) throws -> String {
            let places = ["/sys/fs/cgroup/\(controller)/agentrt/", "/sys/fs/cgroup/agentrt/"]
            guard let place = places.map({ $0 + session }).first(where: { Files.exists($0) }),
                let group = Files.list(place).first(where: { $0.hasPrefix(tool + "-") })
            else { throw Failure("\(tool) has no group in session \(session)") }
            return try Files.read("\(place)/\(group)/\(name)")
        }

        func figure(_ key: String, _ name: String, of tool: String, in controller: String) throws -> Int {
            let line = try file(name, of: tool, in: controller).split(separator: "\n").first {
                $0.hasPrefix(key + " ")
            }
            return try #require(line.flatMap { Int($0.dropFirst(key.count + 1)) }, "\(key) in \(name)")
        }

        /// Microseconds on processors, which version 2 counts with any controllers or none.
        func processorTime(_ tool: String) throws -> Int {
            try figure("usage_usec", "cpu.stat", of: tool, in: "unified")
        }

        /// Bytes in use.
        func memory(_ tool: String) throws -> Int {
            let isLegacy = Files.exists("/sys/fs/cgroup/memory/agentrt/" + session)
            let name = isLegacy ? "memory.usage_in_bytes" : "memory.current"
            return try #require(Int(file(name, of: tool, in: "memory").trimmed))
        }

        func end(_ call: RunningProcess) throws {
            kill(call.pid, SIGTERM)
            _ = try call.wait(timeout: 60)
        }
    }

    /// Eight loops against two, one for each processor: by processes the neighbour would have a quarter of what the tool
    /// has, as groups they have the same where the machine is too busy for the caps.
    @Test func aToolAtItsProcessorCapLeavesTheRest() throws {
        let agent = try Agent()
        let call = try agent.greedy("for i in 1 2 3 4 5 6 7; do while :; do :; done & done; while :; do :; done")
        let before = try (agent.processorTime("greedy"), agent.processorTime("neighbour"))
        try eventually("the tool to be held at its cap 20 times", within: 120) {
            try agent.figure("nr_throttled", "cpu.stat", of: "greedy", in: "cpu") >= 20
        }
        let used = try (agent.processorTime("greedy") - before.0, agent.processorTime("neighbour") - before.1)
        #expect(used.0 > 0 && 2 * used.1 >= used.0, "greedy \(used.0) µs, neighbour \(used.1) µs")
        try agent.end(call)
        try agent.end(agent.neighbour)
    }

    @Test func aToolAtItsProcessCapTakesNoneOfItsNeighbours() throws {
        let agent = try Agent()
        // Each round is more than fits; a shell that cannot fork waits before it tries again.
        let call = try agent.greedy("while :; do for i in {1..20}; do (while :; do :; done) & done; wait; done")
        let before = try (agent.processorTime("greedy"), agent.processorTime("neighbour"))
        let own = try agent.project.start(
            "bash", "-c", "for i in {1..100}; do (exit 7); (($? == 7)) || exit 1; done; echo all",
            options: ["--session", agent.session, "--tool", "neighbour"])
        #expect(try own.wait(timeout: 120).standardOutput == "all\n", "a neighbour makes processes")
        try eventually("the tool to be refused processes", within: 120) {
            try agent.figure("max", "pids.events", of: "greedy", in: "pids") >= 2
        }
        let used = try (agent.processorTime("greedy") - before.0, agent.processorTime("neighbour") - before.1)
        #expect(2 * used.1 >= used.0, "greedy \(used.0) µs, neighbour \(used.1) µs")
        try agent.end(call)
        try agent.end(agent.neighbour)
    }

    @Test func aToolThatIsKilledAtItsMemoryCapAgainAndAgainDisturbsNobody() throws {
        let agent = try Agent()
        let held = try agent.memory("neighbour")
        #expect(held >= Agent.held)
        var (greedy, before) = (0.0, try agent.processorTime("neighbour"))
        for _ in 0..<5 {
            let path = try agent.project.scratch.path("report.json")
            let output = try agent.project.run(
                "bash", "-c", "exec dd if=/dev/zero of=/dev/null bs=64M count=1",
                options: ["--session", agent.session, "--tool", "greedy", "--report", path])
            #expect(output.status == 137 && output.message.contains("memory limit 32MiB reached"), "\(output)")
            let report = try Node(parsing: Files.read(path))
            guard case .real(let seconds) = report["cpuSeconds"] else { throw Failure("no cpuSeconds: \(report)") }
            greedy += seconds * 1_000_000
            let now = try agent.processorTime("neighbour")
            #expect(now > before, "the neighbour works on")
            before = now
        }
        #expect(try Double(agent.processorTime("neighbour")) >= greedy, "greedy \(greedy) µs")
        // None of its memory was reclaimed for the other's sake, and it lives.
        #expect(try agent.memory("neighbour") >= Agent.held)
        #expect(agent.neighbour.poll() == nil)
        try agent.end(agent.neighbour)
    }
}
