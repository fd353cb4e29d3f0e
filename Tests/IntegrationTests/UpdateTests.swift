import Glibc
import Testing

/// `update` and `events` where no controller is needed: what they refuse, and what is counted everywhere.
@Suite(.needsRoot, .agentrtOnly) struct UpdateTests {
    let scratch = Scratch()

    private func running() throws -> Container {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        try container.start()
        return container
    }

    static let refused: [([String], String)] = [
        ([], "\"update\" takes limits"),
        (["--allow-degraded", "--memory", "64m"], "--allow-degraded is for run and create: "),
        (["--memory", "much"], "--memory: \"much\" is no number of bytes"),
        (["--memory", "-2"], "--memory: \"-2\" is no number of bytes"),
        (["--memory", "99999999999999t"], "--memory: \"99999999999999t\" is no number of bytes"),
        (["--memory", "0"], "--memory: 0 changes nothing; -1 lifts the limit"),
        (["--cpu-share", "0"], "--cpu-share: 0 changes nothing"),
        (["--pids-limit", "1.5"], "--pids-limit: \"1.5\" is no whole number"),
        (["--cpu-rt-runtime", "5"], "linux.resources.cpu.realtimeRuntime: "),
        (["--kernel-memory", "5m"], "linux.resources.memory.kernel: "),
        (["--l3-cache-schema", "L3:0=f"], "--l3-cache-schema: "),
        (["--resources", "/no/such"], "/no/such"),
        (["--resources", "/dev/null"], "--resources /dev/null: "),
        (["--resources", "-", "--memory", "5m"], "--memory does not go with --resources"),
        (["--blkio-weight", "5"], "blockIO.weight"),
        (["--nope"], "unknown option \"--nope\""),
    ]

    @Test(arguments: refused) func badLimitsAreRefused(_ words: [String], _ why: String) throws {
        let container = try running()
        let message = try container.command(["update"] + words + [container.id]).run().refused()
        #expect(message.contains(why), "\(message)")
        #expect(try container.status() == "running")
    }

    @Test func stoppedAndMissingContainersAreRefused() throws {
        let container = try running()
        for words in [["update", "--pids-limit", "5"], ["events"], ["events", "--stats"]] {
            #expect(try container.command(words + ["no-such"]).run().refused().contains("does not exist"))
            #expect(try container.command(words).run().refused().contains("takes one container id"))
        }
        try container.kill("KILL")
        try container.waitForStatus("stopped")
        for words in [["update", "--pids-limit", "5"], ["events"], ["events", "--stats"]] {
            let message = try container.command(words + [container.id]).run().refused()
            #expect(message.contains("container not running (it is stopped)"), "\(message)")
        }
    }

    @Test(arguments: ["0s", "5", "-1s", "s", "1y"]) func badIntervalsAreRefused(_ interval: String) throws {
        let container = try running()
        let message = try container.mustRefuse("events", "--interval", interval, container.id)
        #expect(message.contains("--interval: \"\(interval)\""))
    }

    @Test func eventsComeUntilTheContainerEnds() throws {
        let container = try running()
        let events = try container.command("events", "--interval", "10ms", container.id).start()
        try eventually("three events") { events.standardOutput.split(separator: "\n").count >= 3 }
        try container.kill("KILL")
        let lines = try events.wait().succeeded().standardOutput.split(separator: "\n")
        for line in lines {
            let event = try Node(parsing: String(line))
            #expect(event["type"].text == "stats" && event["id"].text == container.id)
            // Every group counts the time of its processors.
            #expect(event["data"]["cpu"]["usage"]["total"].number != nil)
        }
    }
}
