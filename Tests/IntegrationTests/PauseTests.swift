import Glibc
import Testing

/// `pause` and `resume`: all processes of a container stand still, and go on.
@Suite(.needsRoot) struct PauseTests {
    let scratch = Scratch()

    /// A container whose program counts without end.
    private func counting() throws -> (container: Container, process: RunningProcess) {
        let container = try scratch.container {
            $0.shell("i=0; while :; do i=$((i+1)); echo count=$i; sleep 0.01; done")
        }
        let process = try container.create()
        try container.start()
        try process.waitForOutput("count=2")
        return (container, process)
    }

    @Test func pausedStandsStillAndGoesOn() throws {
        let (container, process) = try counting()
        _ = try container.command("pause", container.id).run().succeeded()
        #expect(try container.status() == "paused")
        let before = process.standardOutput
        usleep(100_000)
        #expect(process.standardOutput == before)
        let list = try container.command("list", "--format", "json").run().succeeded().standardOutput
        #expect(try Node(parsing: list)[0]["status"].text == "paused")
        _ = try container.command("resume", container.id).run().succeeded()
        #expect(try container.status() == "running")
        try eventually("the program to go on") { process.standardOutput != before }
    }

    @Test func createdCanBePaused() throws {
        let container = try scratch.container { $0.payload("say", "ran") }
        let process = try container.create()
        _ = try container.command("pause", container.id).run().succeeded()
        #expect(try container.status() == "paused")
        try container.mustRefuse("start", container.id)
        _ = try container.command("resume", container.id).run().succeeded()
        #expect(try container.status() == "created")
        try container.start()
        try process.waitForOutput("ran")
    }

    @Test func whatIsPausedIsNotPausedOrDeleted() throws {
        let (container, _) = try counting()
        _ = try container.command("pause", container.id).run().succeeded()
        let message = try container.mustRefuse("pause", container.id)
        agentrtOnly { #expect(message.hasSuffix("container not running (it is paused)")) }
        try container.mustRefuse("delete", container.id)
        #expect(try container.status() == "paused")
    }

    @Test func whatIsNotPausedIsNotResumed() throws {
        let (container, _) = try counting()
        let message = try container.mustRefuse("resume", container.id)
        agentrtOnly { #expect(message.hasSuffix("container not paused (it is running)")) }
        try container.kill("KILL")
        try container.waitForStatus("stopped")
        try container.mustRefuse("resume", container.id)
        try container.mustRefuse("pause", container.id)
    }

    @Test(arguments: [[], ["--all"]]) func killEndsAPausedContainer(_ flags: [String]) throws {
        let (container, _) = try counting()
        _ = try container.command("pause", container.id).run().succeeded()
        _ = try container.command(["kill"] + flags + [container.id, "KILL"]).run().succeeded()
        try container.waitForStatus("stopped")
        try container.delete()
        #expect(try container.controlGroups() == [])
    }

    @Test func otherSignalsWaitForResume() throws {
        let container = try scratch.container { $0.payload("trap", "USR1") }
        let process = try container.create()
        try container.start()
        try process.waitForOutput("ready")
        _ = try container.command("pause", container.id).run().succeeded()
        try container.kill("USR1")
        usleep(50_000)
        #expect(try container.status() == "paused" && !process.standardOutput.contains("signal"))
        _ = try container.command("resume", container.id).run().succeeded()
        try process.waitForOutput("signal=USR1")
    }

    @Test func deleteForceEndsAPausedContainer() throws {
        let (container, _) = try counting()
        let pid = try container.pid()
        _ = try container.command("pause", container.id).run().succeeded()
        try container.delete("--force")
        try eventually("the end of the container's process") { !Files.exists("/proc/\(pid)/exe") }
        try container.mustRefuse("state", container.id)
        #expect(try container.controlGroups() == [])
    }

    @Test(.agentrtOnly) func groupsBelowStandStillToo() throws {
        let (container, _) = try counting()
        let group = try #require(container.controlGroups().first)
        try Files.makeDirectory(group + "/below")
        try Files.write("\(container.pid())", to: group + "/below/cgroup.procs")
        _ = try container.command("pause", container.id).run().succeeded()
        #expect(try Files.read(group + "/below/cgroup.events").contains("frozen 1"))
        try container.delete("--force")
    }

    @Test(arguments: ["pause", "resume"]) func badInputIsRefused(_ verb: String) throws {
        let container = try scratch.container { $0.payload("pause") }
        for words in [[verb], [verb, "no-such"], [verb, container.id, "more"], [verb, "--nope", container.id]] {
            let output = try container.command(words).run()
            #expect(output.status != 0)
            try agentrtOnly { _ = try output.refused() }
        }
        let message = try container.mustRefuse(verb, "no-such")
        agentrtOnly { #expect(message.contains("does not exist")) }
    }
}
