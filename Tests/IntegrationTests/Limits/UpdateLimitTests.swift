import Glibc
import Testing

/// `update` and `events` on a host whose controllers are on cgroup v2. Run by `scripts/test` in `scripts/cgroup2-vm`.
@Suite(.needsRoot, .agentrtOnly, .serialized) struct UpdateLimitTests {
    let scratch = Scratch()

    private func created(_ resources: Node = .null) throws -> Container {
        let container = try scratch.container {
            if resources != .null { $0.linux["resources"] = resources }
            $0.payload("pause")
        }
        try container.create()
        return container
    }

    private func file(_ name: String, of container: Container) throws -> String {
        try Files.read("/sys/fs/cgroup" + Session.shared.get().controlGroup + "/\(container.id)/\(name)").trimmed
    }

    /// Options, and a file of the group with what it then holds.
    static let options: [([String], String, String)] = [
        (["--memory", "64m"], "memory.max", "67108864"),
        (["--memory", "67108864", "--memory-swap", "96m"], "memory.swap.max", "33554432"),
        (["--memory-reservation", "1MiB"], "memory.low", "1048576"),
        (["--pids-limit", "7"], "pids.max", "7"),
        (["--cpu-share", "512"], "cpu.weight", "59"),
        (["--cpu-quota", "30000", "--cpu-period", "90000"], "cpu.max", "30000 90000"),
        (["--cpu-quota", "30000", "--cpu-burst", "10000"], "cpu.max.burst", "10000"),
        (["--cpu-idle", "1"], "cpu.idle", "1"),
        (["--cpuset-cpus", "1", "--cpuset-mems", "0"], "cpuset.cpus", "1"),
        (["--blkio-weight", "200"], "io.weight", "default 1920"),
    ]

    /// A container that was made without limits has no controllers yet.
    @Test(arguments: options) func optionSetsTheLimit(_ words: [String], _ name: String, _ value: String) throws {
        let container = try created()
        let output = try container.command(["update"] + words + [container.id]).run()
        if name == "io.weight", output.status != 0 {
            // The kernel has neither BFQ's weight nor the cost model's.
            #expect(
                output.message.contains("linux.resources.blockIO.weight: this kernel has no io.weight"), "\(output)")
            return
        }
        _ = try output.succeeded()
        #expect(try file(name, of: container) == value)
        #expect(try container.status() == "created")
    }

    @Test func whatIsLeftOutStays() throws {
        let container = try created([
            "memory": ["limit": 67_108_864], "cpu": ["quota": 20_000, "period": 50_000], "pids": ["limit": 9],
        ])
        _ = try container.command("update", "--cpu-period", "80000", container.id).run().succeeded()
        #expect(try file("cpu.max", of: container) == "20000 80000")
        _ = try container.command("update", "--cpu-quota", "30000", container.id).run().succeeded()
        #expect(try file("cpu.max", of: container) == "30000 80000")
        _ = try container.command("update", "--memory-swap", "96m", container.id).run().succeeded()
        #expect(try file("memory.swap.max", of: container) == "33554432")
        #expect(try file("memory.max", of: container) == "67108864" && file("pids.max", of: container) == "9")
        _ = try container.command("update", "--pids-limit", "-1", "--memory", "-1", container.id).run().succeeded()
        #expect(try file("pids.max", of: container) == "max" && file("memory.max", of: container) == "max")
    }

    @Test func resourcesAreReadFromStandardInputAndFiles() throws {
        let container = try created()
        let text = #"{"memory":{"limit":67108864},"unified":{"memory.high":"33554432"},"devices":[{"allow":false}]}"#
        var command = container.command("update", "--resources", "-", container.id)
        command.input = .text(text)
        _ = try command.run().succeeded()
        #expect(try file("memory.max", of: container) == "67108864")
        #expect(try file("memory.high", of: container) == "33554432")
        let path = try scratch.makeFile("resources.json", #"{"pids":{"limit":11}}"#)
        _ = try container.command("update", "-r", path, container.id).run().succeeded()
        #expect(try file("pids.max", of: container) == "11")
    }

    @Test func allOrNothing() throws {
        let container = try created(["memory": ["limit": 67_108_864], "pids": ["limit": 9]])
        var command = container.command("update", "-r", "-", container.id)
        command.input = .text(#"{"memory":{"limit":33554432},"pids":{"limit":5},"cpu":{"cpus":"99"}}"#)
        let message = try command.run().refused()
        #expect(message.contains("linux.resources.cpu.cpus: the kernel refuses \"99\""), "\(message)")
        #expect(try file("memory.max", of: container) == "67108864" && file("pids.max", of: container) == "9")
    }

    @Test func lessThanIsInUseIsRefusedWhereThatIsAskedFor() throws {
        let container = try created(["memory": ["limit": 67_108_864]])
        var command = container.command("update", "-r", "-", container.id)
        command.input = .text(#"{"memory":{"limit":4096,"checkBeforeUpdate":true}}"#)
        let message = try command.run().refused()
        #expect(message.contains("linux.resources.memory.limit: 4096 is less than the "), "\(message)")
        #expect(try file("memory.max", of: container) == "67108864")
    }

    @Test func whatNothingHoldsIsRefused() throws {
        let container = try created(["pids": ["limit": 9]])
        var command = container.command("update", "-r", "-", container.id)
        command.input = .text(#"{"pids":{"limit":5},"unified":{"nope.max":"1"}}"#)
        let message = try command.run().refused()
        #expect(
            message.contains("linux.resources.unified.nope.max: the requested cgroup controller `nope` is not"),
            "\(message)")
        #expect(try file("pids.max", of: container) == "9")
    }

    @Test func eventsTellWhatIsUsedAndWhenMemoryIsOut() throws {
        let container = try scratch.container {
            $0.linux["resources"] = ["memory": ["limit": 16_777_216, "swap": 16_777_216], "pids": ["limit": 9]]
            $0.shell("cat; dd if=/dev/zero of=/dev/null bs=64M count=1; cat /dev/zero >/dev/null")
        }
        var create = container.creating()
        create.input = .pipe
        let process = try create.start()
        _ = try process.wait().succeeded()
        try container.start()
        let stats = try Node(
            parsing: container.command("events", "--stats", container.id).run().succeeded().standardOutput)
        #expect(stats["type"].text == "stats" && stats["id"].text == container.id)
        #expect(stats["data"]["memory"]["usage"]["limit"].number == 16_777_216)
        #expect(stats["data"]["pids"]["limit"].number == 9 && stats["data"]["pids"]["current"].number == 2)
        #expect(stats["data"]["memory"]["raw"]["anon"].number != nil)
        let events = try container.command("events", "--interval", "1h", container.id).start()
        try events.waitForOutput("\"stats\"")
        process.closeInput()
        try events.waitForOutput(#"{"type":"oom","id":"\#(container.id)"}"#)
        try container.kill("KILL")
        _ = try events.wait().succeeded()
    }
}
