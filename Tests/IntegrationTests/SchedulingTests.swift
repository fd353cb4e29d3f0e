import Glibc
import Testing

/// `process.scheduler`, `process.ioPriority`, `linux.memoryPolicy`: how the program is given CPUs, disks and memory.
@Suite(.needsRoot, .differs(.crun, "1.8 takes 1.0 only")) struct SchedulingTests {
    let scratch = Scratch()

    @Test(arguments: [("SCHED_OTHER", 0, 5), ("SCHED_BATCH", 3, 7), ("SCHED_IDLE", 5, 0)])
    func timeSharingPolicy(_ policy: String, _ number: Int, _ nice: Int) throws {
        let facts = try facts(["policy": "\(policy)", "nice": .number(nice)])
        #expect(facts["scheduler"] == "\(number)")
        #expect(facts["nice"] == "\(nice)")
    }

    @Test(arguments: [("SCHED_FIFO", 1), ("SCHED_RR", 2)])
    func realTimePolicy(_ policy: String, _ number: Int) throws {
        let output = try scratch.run {
            $0.process["scheduler"] = ["policy": "\(policy)", "priority": 3]
            $0.payload("process")
        }
        // A kernel with real-time group scheduling refuses it in a group without a share.
        if output.status != 0 {
            #expect(output.message.contains("process.scheduler") && output.message.contains("not permitted"))
        } else {
            #expect(output.facts["scheduler"] == "\(number)")
        }
    }

    @Test func flagOfTheScheduler() throws {
        let facts = try facts(["policy": "SCHED_BATCH", "nice": 1, "flags": ["SCHED_FLAG_RESET_ON_FORK"]])
        // SCHED_RESET_ON_FORK | SCHED_BATCH
        #expect(facts["scheduler"] == "\(0x4000_0003)")
    }

    @Test(.agentrtOnly) func whatTheKernelRefusesIsNamed() throws {
        // In no kernel so far.
        let container = try scratch.container { $0.process["scheduler"] = ["policy": "SCHED_ISO"] }
        let message = try container.creating().run().refused()
        #expect(message.contains("process.scheduler: sched_setattr: invalid argument"))
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(
        .differs(.runc, "passes the kernel's word on"),
        arguments: [
            (["deadline": 20_000_000, "period": 20_000_000], "requires `runtime`"),
            (["runtime": 10_000_000], "requires `deadline`"),
            (["runtime": 0, "deadline": 20_000_000], "runtime must be greater than 0"),
            (["runtime": 3000, "deadline": 2000], "runtime (3000) must be <= deadline (2000)"),
            (["runtime": 2000, "deadline": 4000, "period": 3000], "deadline (4000) must be <= period (3000)"),
            (["runtime": 500, "deadline": 2000], "runtime (500) must be between 1024 and "),
        ])
    func deadlineThatCannotBe(_ values: [String: Int], _ reason: String) throws {
        let container = try scratch.container {
            $0.root["ociVersion"] = "1.2.0"
            $0.process["scheduler"] = ["policy": "SCHED_DEADLINE"]
            for (key, value) in values { $0.process["scheduler"][key] = .number(value) }
        }
        let message = try container.creating().run().refused()
        #expect(message.contains("sched_setattr: `SCHED_DEADLINE` \(reason)"))
    }

    @Test(arguments: [("IOPRIO_CLASS_RT", 1, 2), ("IOPRIO_CLASS_BE", 2, 7), ("IOPRIO_CLASS_IDLE", 3, 0)])
    func inputOutputPriority(_ name: String, _ number: Int, _ level: Int) throws {
        let facts = try scratch.facts {
            $0.root["ociVersion"] = "1.2.0"
            $0.process["ioPriority"] = ["class": "\(name)", "priority": .number(level)]
            $0.payload("process")
        }
        #expect(facts["ioprio"] == "\(number) \(level)")
    }

    @Test(
        .differs(.runc, "before 1.4 knows none"),
        arguments: [
            ("MPOL_BIND", "0", [], "bind:0"), ("MPOL_INTERLEAVE", "0", ["MPOL_F_STATIC_NODES"], "interleave=static:0"),
            ("MPOL_LOCAL", "", [], "local"), ("MPOL_PREFERRED", "0", [], "prefer:0"),
            ("MPOL_DEFAULT", "", [], "default"),
        ])
    func memoryPolicy(_ mode: String, _ nodes: String, _ flags: [String], _ shown: String) throws {
        let output = try scratch.run {
            $0.root["ociVersion"] = "1.3.0"
            $0.linux["memoryPolicy"] = ["mode": "\(mode)", "flags": Node(flags)]
            if !nodes.isEmpty { $0.linux["memoryPolicy"]["nodes"] = .text(nodes) }
            $0.shell("cat /proc/self/numa_maps")
        }.succeeded()
        let line = output.standardOutput.split(separator: "\n").first ?? ""
        #expect(line.split(separator: " ").dropFirst().first.map(String.init) == shown)
    }

    @Test(.agentrtOnly, arguments: ["900", "5000"]) func memoryOfNodesThatAreNotThere(_ node: String) throws {
        let container = try scratch.container {
            $0.linux["memoryPolicy"] = ["mode": "MPOL_BIND", "nodes": .text(node)]
        }
        #expect(try container.creating().run().refused().contains("linux.memoryPolicy"))
    }

    @Test(arguments: [("LINUX", "0"), ("LINUX32", "0x8")]) func personality(_ domain: String, _ shown: String) throws {
        let facts = try scratch.facts {
            $0.linux["personality"] = ["domain": "\(domain)"]
            $0.payload("process")
        }
        #expect(facts["personality"] == shown)
    }

    private func facts(_ scheduler: Node) throws -> Facts {
        try scratch.facts {
            $0.root["ociVersion"] = "1.2.0"
            $0.process["scheduler"] = scheduler
            $0.payload("process")
        }
    }
}
