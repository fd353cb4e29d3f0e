import Glibc
import Testing

/// `--allow-degraded`: limits that the host cannot hold are told, and done without.
@Suite(.needsRoot, .agentrtOnly) struct DegradedTests {
    /// A tool's limits, of a user to whom no control group is delegated.
    private func project(_ resources: String, _ identity: Identity = .user) throws -> SandboxedProject {
        try SandboxedProject(
            identity, executables: ["bash", "cat", "dd", "sleep"].map { "/usr/bin/" + $0 },
            more: ",\n\"tools\": { \"small\": { \"resources\": { \(resources) } } }")
    }

    private func run(
        _ project: SandboxedProject, _ line: String, session: String? = nil
    ) throws -> (output: Output, degraded: [Node]) {
        let report = try project.scratch.path("report.json")
        let options = ["--tool", "small", "--allow-degraded", "--report", report]
        let output = try project.run(
            ["bash", "-c", line], options: options + (session.map { ["--session", $0] } ?? []))
        return (output, try Node(parsing: Files.read(report))["degraded"].elements)
    }

    private func words(_ degraded: [Node]) -> [String] {
        degraded.map { "\($0["limit"].text ?? "") \($0["held"].text ?? "") \($0["by"].text ?? "-")" }
    }

    @Test func withoutTheOptionTheCallIsRefused() throws {
        let project = try project("\"memory\": \"64MiB\"")
        _ = try project.run("bash", "-c", "echo ran", options: ["--tool", "small"]).refused()
    }

    @Test func whatIsLostIsToldBeforeTheProgramBegins() throws {
        let project = try project("\"memory\": \"64MiB\", \"cpus\": 0.5, \"pids\": 9, \"cpuTime\": \"2500ms\"")
        let (output, degraded) = try run(project, "echo began >&2; exit 7")
        #expect(output.status == 7)
        let lines = output.standardError.split(separator: "\n")
        try #require(lines.count == 4, "\(output)")
        let note = "agentrt: note: not enforced: tools.small.resources."
        #expect(lines[0].hasPrefix(note + "memory, but for each process by itself (RLIMIT_DATA): "))
        #expect(lines[1].hasPrefix(note + "cpus: "))
        #expect(lines[2].hasPrefix(note + "cpuTime, but for each process by itself (RLIMIT_CPU): "))
        #expect(lines[3] == "began")
        #expect(
            words(degraded) == [
                "tools.small.resources.memory eachProcess RLIMIT_DATA", "tools.small.resources.cpus nothing -",
                "tools.small.resources.pids whole RLIMIT_NPROC",
                "tools.small.resources.cpuTime eachProcess RLIMIT_CPU",
            ])
        #expect(degraded.allSatisfy { $0["reason"].text?.isEmpty == false })
        // Again, from a plan that is kept.
        #expect(try words(run(project, "exit 7").degraded) == words(degraded))
    }

    @Test func nothingIsToldWhereNothingIsLost() throws {
        let (output, degraded) = try run(project("\"wallTime\": \"60s\", \"output\": \"1KiB\""), "echo ran")
        #expect(output.status == 0 && output.standardError.isEmpty && degraded.isEmpty)
        let (filled, _) = try run(project("\"output\": \"1KiB\""), "while :; do echo yes; done")
        #expect(filled.status == 137 && filled.message.contains("output limit 1KiB reached"))
    }

    @Test func aProcessHasNoMoreMemory() throws {
        let project = try project("\"memory\": \"64MiB\"")
        let (output, _) = try run(
            project, "dd if=/dev/zero of=/dev/null bs=32M count=1 && ! dd if=/dev/zero of=/dev/null bs=128M count=1")
        #expect(output.status == 0 && output.standardError.contains("memory exhausted"), "\(output)")
        #expect(try run(project, "ulimit -d 999999").output.status != 0, "none may raise it")
    }

    /// The count is the call's own: another call of the same user has all of it too.
    @Test func processesAreCountedForEachCall() throws {
        let project = try project("\"pids\": 6")
        let other = try project.start(
            "bash", "-c", "for i in 1 2 3 4; do sleep 60 & done; echo ready; wait",
            options: ["--tool", "small", "--allow-degraded"])
        try other.waitForOutput("ready")
        // An init, this shell and four more.
        let (within, _) = try run(project, "for i in 1 2 3 4; do sleep 1 & done; wait")
        #expect(within.status == 0 && within.standardError.isEmpty, "\(within)")
        // bash tries again, until one has ended.
        let (output, _) = try run(project, "for i in 1 2 3 4 5; do sleep 1 & done; wait")
        #expect(output.standardError.contains("fork: retry: Resource temporarily unavailable"), "\(output)")
        kill(other.pid, SIGTERM)
        _ = try other.wait()
    }

    @Test func aProcessHasNoMoreTime() throws {
        let (output, _) = try run(project("\"cpuTime\": \"500ms\""), "while :; do :; done")
        #expect(output.status == 137, "\(output)")
    }

    @Test func aSessionsLimitsAreToldToo() throws {
        let project = try SandboxedProject(
            .user, executables: ["/usr/bin/bash"],
            more: ",\n\"resources\": { \"pids\": 20 },\n\"tools\": { \"small\": { \"resources\": { \"pids\": 9 } } }")
        let (output, degraded) = try run(project, "ulimit -u", session: "s" + uniqueNumber())
        #expect(output.standardOutput == "9\n")
        #expect(
            words(degraded) == [
                "tools.small.resources.pids whole RLIMIT_NPROC", "resources.pids eachCall RLIMIT_NPROC",
            ])
        #expect(output.message.hasPrefix("agentrt: note: not enforced: resources.pids, but for each call by itself"))
    }

    // MARK: Bundles

    /// A bundle of a user's.
    private func container(_ scratch: Scratch, _ configure: (inout Config) -> Void) throws -> Container {
        try scratch.container {
            $0.userNamespace(hostID: Int(Identity.userID), size: 1)
            $0.unmount("/dev/pts")
            configure(&$0)
        }
    }

    @Test func programsThatExecAddsAreHeldToo() throws {
        let scratch = Scratch(user: Identity.userID)
        let container = try container(scratch) {
            $0.linux["resources"] = ["pids": ["limit": 7], "memory": ["limit": 67_108_864]]
            $0.payload("pause")
        }
        #expect(try container.creating().run().refused().contains("linux.resources."))
        let created = try container.create(["--allow-degraded"]).wait()
        #expect(
            created.message.hasPrefix(
                "agentrt: note: not enforced: linux.resources.memory.limit, but for each process by itself"),
            "\(created)")
        try container.start()
        let limits = try container.command("exec", container.id, "/bin/cat", "/proc/self/limits").run().succeeded()
        #expect(limits.standardOutput.contains(/Max processes +7 +7\s/))
        #expect(limits.standardOutput.contains(/Max data size +67108864 +67108864\s/))
        try container.kill("KILL")
        try container.waitForStatus("stopped")
        try container.delete()
    }

    @Test func anInvalidValueIsRefusedAllTheSame() throws {
        let scratch = Scratch()
        let container = try scratch.container { $0.linux["resources"]["cpu"] = ["cpus": "99"] }
        let message = try container.run(["--allow-degraded"]).refused()
        #expect(message.contains("linux.resources.cpu.cpus: the kernel refuses \"99\""))
    }

    @Test func whereNoHierarchyIsMountedAllLimitsAreLost() throws {
        let scratch = Scratch()
        let container = try scratch.container {
            $0.linux["resources"] = ["pids": ["limit": 7], "cpu": ["quota": 50_000]]
            $0.payload("exit", "7")
        }
        let words = ["--root", container.root, "run", "--bundle", container.bundle.directory]
        func output(_ options: String...) throws -> Output {
            try Command(
                "/usr/bin/unshare",
                ["-m", "--propagation", "private", "sh", "-c", "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"", "sh"]
                    + [Runtime.current.path] + words + options + [container.id]
            ).run()
        }
        #expect(try output().refused().contains("linux.resources"))
        let degraded = try output("--allow-degraded")
        #expect(degraded.status == 7, "\(degraded)")
        #expect(
            degraded.standardError == """
                agentrt: note: not enforced: linux.resources.cpu.quota: there is no cgroup v2 here
                agentrt: note: not enforced: linux.resources.pids.limit: there is no cgroup v2 here

                """)
    }

    /// What one controller holds is held, though another is missing.
    @Test(.hostIsHybrid) func whatCanBeHeldIsHeld() throws {
        let scratch = Scratch()
        let container = try scratch.container {
            $0.linux["resources"] = ["pids": ["limit": 7], "blockIO": ["weight": 100]]
            $0.payload("pause")
        }
        let created = try container.create(["--allow-degraded"]).wait()
        #expect(
            created.message.hasPrefix(
                "agentrt: note: not enforced: linux.resources.blockIO.weight: the io controller is not on cgroup v2 here"
            ))
        let group = try Session.shared.get().controlGroup + "/" + container.id
        #expect(try Files.read("/sys/fs/cgroup/pids\(group)/pids.max") == "7\n")
        try container.delete("--force")
    }
}
