import Glibc
import Testing

/// Limits on a host that has controllers on cgroup v1, beside cgroup v2 (decision 0015).
@Suite(.needsRoot, .hostIsHybrid) struct LegacyControlGroupTests {
    let scratch = Scratch()

    /// A bundle's limits, and a file of the group with what it then holds.
    static let values: [(String, Node, String, String)] = [
        ("memory", ["limit": 67_108_864], "memory/memory.limit_in_bytes", "67108864"),
        ("memory", ["limit": 67_108_864, "swap": 134_217_728], "memory/memory.memsw.limit_in_bytes", "134217728"),
        ("memory", ["reservation": 1_048_576], "memory/memory.soft_limit_in_bytes", "1048576"),
        ("memory", ["swappiness": 7], "memory/memory.swappiness", "7"),
        ("cpu", ["quota": 30_000, "period": 90_000], "cpu/cpu.cfs_quota_us", "30000"),
        ("cpu", ["quota": 30_000, "period": 90_000], "cpu/cpu.cfs_period_us", "90000"),
        ("cpu", ["shares": 512], "cpu/cpu.shares", "512"),
        ("cpu", ["cpus": "1", "mems": "0"], "cpuset/cpuset.cpus", "1"),
        ("pids", ["limit": 33], "pids/pids.max", "33"),
    ]

    private func place(_ file: String, of container: Container) throws -> String {
        let parts = file.split(separator: "/")
        return try "/sys/fs/cgroup/\(parts[0])" + Session.shared.get().controlGroup + "/\(container.id)/\(parts[1])"
    }

    private func value(_ file: String, of container: Container) throws -> String {
        try Files.read(place(file, of: container)).trimmed
    }

    @Test(.differs(.crun, "refuses hybrid hosts"), arguments: values) func groupHoldsTheLimit(
        _ key: String, _ limit: Node, _ file: String, _ value: String
    ) throws {
        let container = try scratch.container {
            $0.linux["resources"][key] = limit
            $0.payload("pause")
        }
        try container.create()
        #expect(try self.value(file, of: container) == value)
        let processes = try Files.read(place(file.split(separator: "/")[0] + "/cgroup.procs", of: container))
        #expect(try processes == "\(container.pid())\n")
        try container.start()
        try container.delete("--force")
        #expect(try container.controlGroups() == [])
    }

    @Test(.agentrtOnly) func memoryLimitEndsTheProgramAndSaysSo() throws {
        let path = try scratch.path("report.json")
        let container = try scratch.container {
            $0.linux["resources"]["memory"] = ["limit": 16_777_216, "swap": 16_777_216]
            $0.shell("exec dd if=/dev/zero of=/dev/null bs=64M count=1")
        }
        let output = try container.run(["--report", path])
        #expect(output.status == 137)
        #expect(
            output.message
                == "agentrt: killed: memory limit 16MiB reached (peak 16MiB); raise linux.resources.memory.limit")
        let report = try Node(parsing: Files.read(path))
        #expect(report["reason"].text == "memory" && report["memoryKills"].number == 1)
        #expect(report["memoryPeakBytes"].number == 16_777_216)
    }

    @Test(.agentrtOnly) func aSandboxEndsAsAWholeAtItsMemoryLimit() throws {
        let project = try SandboxedProject(
            .rootInUsersProject, executables: ["/usr/bin/bash", "/usr/bin/dd"],
            more: ",\n\"tools\": { \"small\": { \"resources\": { \"memory\": \"32MiB\" } } }")
        let output = try project.run(
            "bash", "-c", "dd if=/dev/zero of=/dev/null bs=128M count=1; echo lives; read -t 60 </dev/zero",
            options: ["--tool", "small"])
        #expect(output.status == 137, "\(output)")
        #expect(output.message.contains("killed: memory limit 32MiB reached"), "\(output)")
        #expect(output.message.contains("raise tools.small.resources.memory"))
    }

    @Test func pidsLimitHolds() throws {
        let output = try scratch.run {
            $0.linux["resources"]["pids"] = ["limit": 3]
            $0.shell("for i in 1 2 3 4 5; do sleep 1 & done; echo all")
        }
        #expect(output.status != 0 && !output.standardOutput.contains("all"), "\(output)")
        agentrtOnly { #expect(output.message.contains("pids limit 3 reached"), "\(output)") }
    }

    @Test(.agentrtOnly) func callsShareTheirSessionsLimits() throws {
        let project = try SandboxedProject(
            .rootInUsersProject, executables: ["/usr/bin/sleep", "/usr/bin/bash"],
            more: ",\n\"resources\": { \"pids\": 12, \"memory\": \"256MiB\" }"
                + ",\n\"tools\": { \"small\": { \"resources\": { \"pids\": 5 } } }")
        let session = "s" + uniqueNumber()
        let call = try project.start("sleep", "60", options: ["--session", session, "--tool", "small"])
        let above = "/sys/fs/cgroup/pids/agentrt/" + session
        try eventually("the call to run") {
            try Files.list(above).contains {
                try $0.hasPrefix("small-") && Files.read("\(above)/\($0)/cgroup.procs") != ""
            }
        }
        let own = try above + "/" + #require(Files.list(above).first { $0.hasPrefix("small-") })
        #expect(try Files.read(above + "/pids.max") == "12\n" && Files.read(own + "/pids.max") == "5\n")
        #expect(try Files.read("/sys/fs/cgroup/memory/agentrt/\(session)/memory.limit_in_bytes") == "268435456\n")
        let other = try project.run(
            "bash", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo all",
            options: ["--session", session])
        #expect(!other.standardOutput.contains("all"), "\(other)")
        kill(call.pid, SIGTERM)
        #expect(try call.wait().status == 143)
        for controller in ["pids", "memory", "unified"] {
            #expect(!Files.exists("/sys/fs/cgroup/\(controller)/agentrt/\(session)"))
        }
    }

    @Test(.agentrtOnly) func nothingStaysOfASessionWhoseLimitsAreRefused() throws {
        let session = try Session.shared.get().controlGroup + "/session-" + uniqueNumber()
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = .text(session + "/call")
            $0.root["annotations"] = ["dev.agentrt.session.resources": "{\"cpu\":{\"cpus\":\"99\"}}"]
            $0.payload("pause")
        }
        let output = try container.creating().run()
        #expect(output.status == 1 && output.message.contains("cpuset.cpus"), "\(output)")
        for hierarchy in ["cpuset", "unified"] {
            #expect(!Files.exists("/sys/fs/cgroup/\(hierarchy)\(session)"))
        }
    }

    @Test(.agentrtOnly) func aGroupThatIsTakenIsRefusedAndItsProcessesLive() throws {
        let path = try Session.shared.get().controlGroup + "/taken-" + uniqueNumber()
        let containers = try (0..<2).map { _ in
            try scratch.container {
                $0.linux["cgroupsPath"] = .text(path)
                $0.linux["resources"]["memory"] = ["limit": 67_108_864]
                $0.payload("pause")
            }
        }
        try containers[0].create()
        let refused = try containers[1].creating().run()
        #expect(refused.status == 1 && refused.message.contains("holds processes already"), "\(refused)")
        #expect(try containers[0].status() == "created")
        #expect(try Files.read("/sys/fs/cgroup/memory\(path)/cgroup.procs") == "\(containers[0].pid())\n")
        try containers[0].delete("--force")
    }

    /// Programs that size themselves by their limits read them there.
    @Test(.differs(.crun, "refuses hybrid hosts"), arguments: [true, false])
    func containerSeesItsLimits(_ hasOwnView: Bool) throws {
        let facts = try scratch.facts {
            if hasOwnView { $0.namespace("cgroup") }
            $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup", ["nosuid", "noexec", "nodev"])
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "pids": ["limit": 33]]
            $0.payload(
                "read", "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/pids/pids.max", ",",
                "overwrite", "/sys/fs/cgroup/pids/pids.max", "99", ",", "read", "/sys/fs/cgroup/unified/cgroup.procs",
                ",", "list", "/sys/fs/cgroup")
        }
        #expect(facts["read /sys/fs/cgroup/memory/memory.limit_in_bytes"] == "67108864")
        #expect(facts["read /sys/fs/cgroup/pids/pids.max"] == "33")
        agentrtOnly {
            #expect(facts["overwrite /sys/fs/cgroup/pids/pids.max"] == "EROFS")
            #expect(facts["read /sys/fs/cgroup/unified/cgroup.procs"] == "1")
            #expect(facts["list /sys/fs/cgroup"] == "memory pids unified")
        }
    }

    /// Programs look there for the way to the files of their limits; one that `exec` adds is in the same groups.
    @Test(.differs(.crun, "refuses hybrid hosts")) func viewOfControlGroupsBeginsAtTheContainers() throws {
        let container = try scratch.container {
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "pids": ["limit": 33]]
            $0.namespace("cgroup")
            $0.shell("cat /proc/self/cgroup >/seen; exec sleep 1000")
        }
        try container.create()
        try container.start()
        try eventually("the program to look") {
            try Files.exists(container.bundle.rootfs + "/seen") && Files.read(container.bundle.rootfs + "/seen") != ""
        }
        let added = try container.command("exec", container.id, "/bin/cat", "/proc/self/cgroup").run().succeeded()
        for text in [try Files.read(container.bundle.rootfs + "/seen"), added.standardOutput] {
            for controller in ["memory", "pids"] { #expect(text.contains(":\(controller):/\n"), "\(text)") }
        }
        try container.delete("--force")
    }

    /// Frozen by somebody else: SIGKILL alone would wait for ever.
    @Test(.differs(.runc, "1.1 waits in vain"), .differs(.crun, "refuses hybrid hosts"))
    func frozenContainerIsDeleted() throws {
        let container = try scratch.container { $0.shell("sleep 1000 & exec sleep 1000") }
        try container.create()
        try container.start()
        let group = "/sys/fs/cgroup/freezer/agentrt-test-\(container.id)"
        try Files.makeDirectory(group)
        defer {
            // Nothing that failed stays frozen.
            try? Files.write("THAWED", to: group + "/freezer.state")
            rmdir(group)
        }
        let unified = try #require(container.controlGroups().first { $0.contains("/unified/") })
        try eventually("both to run") { try Files.read(unified + "/cgroup.procs").split(separator: "\n").count == 2 }
        for pid in try Files.read(unified + "/cgroup.procs").split(separator: "\n") {
            try Files.write("\(pid)", to: group + "/cgroup.procs")
        }
        try Files.write("FROZEN", to: group + "/freezer.state")
        try container.delete("--force")
        #expect(try Files.read(group + "/cgroup.procs") == "")
        #expect(try Files.read(group + "/freezer.state").trimmed == "FROZEN", "what else is in it stays as it was")
        #expect(try container.controlGroups() == [])
    }

    @Test(.differs(.crun, "refuses hybrid hosts")) func updateChangesTheLimits() throws {
        let container = try scratch.container {
            $0.linux["resources"]["memory"] = ["limit": 67_108_864, "swap": 67_108_864]
            $0.payload("pause")
        }
        try container.create()
        try container.start()
        // A limit that grows over that of memory and swap together.
        for (limit, bytes) in [("128m", 134_217_728), ("32m", 33_554_432)] {
            _ = try container.command("update", "--memory", limit, "--memory-swap", limit, container.id).run()
                .succeeded()
            #expect(try value("memory/memory.limit_in_bytes", of: container) == "\(bytes)")
            #expect(try value("memory/memory.memsw.limit_in_bytes", of: container) == "\(bytes)")
        }
        // A controller that nothing was limited by before.
        _ = try container.command("update", "--pids-limit", "9", container.id).run().succeeded()
        #expect(try value("pids/pids.max", of: container) == "9")
        #expect(try value("pids/cgroup.procs", of: container) == "\(container.pid())")
        try container.delete("--force")
        #expect(try container.controlGroups() == [])
    }

    @Test(.differs(.crun, "refuses hybrid hosts")) func updateLiftsLimits() throws {
        let container = try scratch.container {
            $0.linux["resources"]["memory"] = ["limit": 67_108_864, "swap": 67_108_864]
            $0.linux["resources"]["pids"] = ["limit": 20]
            $0.payload("pause")
        }
        try container.create()
        try container.start()
        _ = try container.command("update", "--pids-limit", "-1", container.id).run().succeeded()
        #expect(try value("pids/pids.max", of: container) == "max")
        _ = try container.command("update", "--memory", "-1", container.id).run().succeeded()
        for file in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
            let limit = try #require(Int(value("memory/\(file)", of: container)))
            #expect(limit > 1 << 60, "\(file)")
        }
    }

    @Test(.agentrtOnly) func updateIsAllOrNothing() throws {
        let container = try scratch.container {
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "pids": ["limit": 9]]
            $0.payload("pause")
        }
        try container.create()
        var command = container.command("update", "-r", "-", container.id)
        command.input = .text(#"{"memory":{"limit":33554432},"pids":{"limit":5},"cpu":{"cpus":"99"}}"#)
        let message = try command.run().refused()
        #expect(message.contains("linux.resources.cpu.cpus: the kernel refuses \"99\""), "\(message)")
        #expect(try value("memory/memory.limit_in_bytes", of: container) == "67108864")
        #expect(try value("pids/pids.max", of: container) == "9")
    }

    /// Another runtime removes the group above whenever it is empty, as between two steps of this one.
    @Test(.agentrtOnly, arguments: [false, true]) func aGroupAboveMayBeRemovedMeanwhile(_ isSession: Bool) throws {
        let above = try Session.shared.get().controlGroup + "/above-" + uniqueNumber()
        let remover = try Command(
            "/bin/sh",
            ["-c", "while :; do rmdir \"$@\" 2>/dev/null; done", "sh"]
                + ["cpuset", "pids", "memory", "unified"].map { "/sys/fs/cgroup/\($0)\(above)" }
        ).start()
        defer { remover.kill(SIGKILL) }
        for number in 0..<20 {
            let container = try scratch.container {
                $0.linux["cgroupsPath"] = .text("\(above)/\(number)")
                $0.linux["resources"] = ["cpu": ["cpus": "0"], "pids": ["limit": 9], "memory": ["limit": 67_108_864]]
                if isSession { $0.annotations = ["dev.agentrt.session.resources": #"{"pids":{"limit":20}}"#] }
            }
            try container.create()
            #expect(try Files.read("/sys/fs/cgroup/pids\(above)/\(number)/pids.max") == "9\n")
            if isSession { #expect(try Files.read("/sys/fs/cgroup/pids\(above)/pids.max") == "20\n") }
            try container.delete("--force")
        }
    }

    @Test(.differs(.crun, "has no events")) func eventsTellWhenMemoryIsOut() throws {
        let container = try scratch.container {
            $0.linux["resources"] = ["memory": ["limit": 16_777_216, "swap": 16_777_216], "pids": ["limit": 9]]
            $0.shell("cat; dd if=/dev/zero of=/dev/null bs=64M count=1; cat; exec sleep 1000")
        }
        var create = container.creating()
        create.input = .pipe
        let process = try create.start()
        _ = try process.wait().succeeded()
        try container.start()
        let events = try container.command("events", "--interval", "1h", container.id).start()
        try agentrtOnly {
            try events.waitForOutput("\"stats\"")
            let line = events.standardOutput.split(separator: "\n").first
            let stats = try Node(parsing: String(#require(line)))
            #expect(stats["data"]["memory"]["usage"]["limit"].number == 16_777_216)
            #expect(stats["data"]["pids"]["limit"].number == 9)
        }
        // runc says nothing at first.
        if Runtime.current.kind == .runc { usleep(500_000) }
        process.closeInput()
        try events.waitForOutput(#"{"type":"oom","id":"\#(container.id)"}"#)
        try container.kill("KILL")
        try agentrtOnly {  // runc waits for the next figures.
            _ = try events.wait().succeeded()
            #expect(events.standardOutput.split(separator: "\n").filter { $0.contains("oom") }.count == 1)
        }
    }

    static let refused: [(String, Node, String)] = [
        ("cpu", ["cpus": "99"], "linux.resources.cpu.cpus: the kernel refuses \"99\" for cpuset.cpus"),
        ("memory", ["limit": 67_108_864, "swap": 4096], "linux.resources.memory.swap: 4096 is below memory.limit"),
        ("memory", ["limit": 67_108_864, "kernel": 4096], "linux.resources.memory.kernel: "),
        (
            "unified", ["memory.high": "33554432"],
            "linux.resources.unified.memory.high: the memory controller is not on"
        ),
        ("blockIO", ["weight": 100], "linux.resources.blockIO.weight: the io controller is not on cgroup v2 here"),
    ]

    @Test(.agentrtOnly, arguments: refused) func whatCannotBeHeldIsRefused(
        _ key: String, _ limit: Node, _ why: String
    ) throws {
        let container = try scratch.container { $0.linux["resources"][key] = limit }
        let output = try container.command("create", "--bundle", container.bundle.directory, container.id).run()
        #expect(output.status != 0 && output.message.contains(why), "\(output)")
        #expect(try container.controlGroups() == [] && Files.list(container.root).allSatisfy { $0.hasPrefix(".") })
    }

    @Test(.agentrtOnly) func nothingStaysWhereAgentrtIsKilled() throws {
        let container = try scratch.container {
            $0.linux["resources"]["pids"] = ["limit": 9]
            $0.payload("pause")
        }
        let running = try container.running().start()
        try eventually("the program to run") {
            try container.command("state", container.id).run().standardOutput.contains("\"running\"")
        }
        running.kill(SIGKILL)
        try container.waitForStatus("stopped")
        try container.delete()
        #expect(try container.controlGroups() == [])
    }
}
