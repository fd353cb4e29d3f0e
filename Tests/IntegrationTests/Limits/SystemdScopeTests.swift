import Glibc
import Testing

/// Containers whose control groups systemd makes, as root and as a user: `--systemd-cgroup`.
///
/// Run by `scripts/test` in `scripts/cgroup2-vm --systemd`, as root and as a user.
@Suite(.agentrtOnly, .serialized) struct SystemdScopeTests {
    let scratch = Scratch()

    private static let limits: Node = [
        "memory": ["limit": 67_108_864, "swap": 67_108_864], "cpu": ["quota": 50_000, "period": 100_000],
        "pids": ["limit": 50],
    ]

    private func container(_ path: String?, _ configure: (inout Config) throws -> Void) throws -> Container {
        try scratch.container {
            if geteuid() != 0 { $0.userNamespace(ofUser: geteuid(), group: getegid()) }
            $0.linux["cgroupsPath"] = path.map(Node.text) ?? nil
            $0.linux["resources"] = Self.limits
            try configure(&$0)
        }
    }

    /// A unit of its own name, and the bundle's path for it.
    private func name() -> (unit: String, path: String) {
        let number = uniqueNumber()
        return ("agentrt-tests-\(number).scope", "agentrt-tests.slice:agentrt-tests:\(number)")
    }

    private func systemctl(_ words: String...) throws -> Output {
        try Command("/usr/bin/systemctl", (geteuid() == 0 ? [] : ["--user"]) + words, ownBus: true).run()
    }

    private func property(_ name: String, of unit: String) throws -> String {
        String(try systemctl("show", unit, "-p", name, "--value").succeeded().standardOutput.dropLast())
    }

    private func created(_ container: Container) throws {
        _ = try container.command(
            ["create", "--bundle", container.bundle.directory, container.id], globals: ["--systemd-cgroup"]
        ).start().wait().succeeded()
    }

    @Test func theScopeHoldsTheLimitsAndKeepsThem() throws {
        let (unit, path) = name()
        let container = try container(path) { $0.payload("pause") }
        try created(container)
        try container.start()
        #expect(try container.state()["systemd-scope"].text == unit)
        #expect(try property("Slice", of: unit) == "agentrt-tests.slice")
        #expect(try property("Delegate", of: unit) == "yes")
        let group = try "/sys/fs/cgroup" + property("ControlGroup", of: unit)
        #expect(group.hasSuffix("/agentrt.slice/agentrt-tests.slice/" + unit))
        for _ in 0..<2 {
            #expect(try Files.read(group + "/memory.max") == "67108864\n")
            #expect(try Files.read(group + "/memory.swap.max") == "0\n")
            #expect(try Files.read(group + "/cpu.max") == "50000 100000\n")
            #expect(try Files.read(group + "/pids.max") == "50\n")
            #expect(try Files.read(group + "/cgroup.procs") == "\(container.pid())\n")
            // systemd writes again what it knows of.
            _ = try systemctl("daemon-reload").succeeded()
        }
        try container.delete("--force")
        #expect(!Files.exists(group))
        #expect(try property("LoadState", of: unit) == "not-found")
    }

    @Test func updateIsSystemdsToo() throws {
        let (unit, path) = name()
        let container = try container(path) { $0.payload("pause") }
        try created(container)
        _ = try container.command("update", "--memory", "32m", "--pids-limit", "40", container.id).run().succeeded()
        let group = try "/sys/fs/cgroup" + property("ControlGroup", of: unit)
        for _ in 0..<2 {
            #expect(try Files.read(group + "/memory.max") == "33554432\n")
            #expect(try Files.read(group + "/pids.max") == "40\n")
            #expect(try property("MemoryMax", of: unit) == "33554432")
            _ = try systemctl("daemon-reload").succeeded()
        }
        try container.delete("--force")
    }

    @Test func aRefusedUpdateLeavesTheScopeAsItWas() throws {
        let (unit, path) = name()
        let container = try container(path) { $0.payload("pause") }
        try created(container)
        let names = ["MemoryMax", "MemoryLow", "TasksMax", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "CPUWeight"]
        let group = try "/sys/fs/cgroup" + property("ControlGroup", of: unit)
        let files = ["memory.max", "memory.low", "pids.max", "cpu.max", "cpu.weight"]
        func state() throws -> [String] {
            try names.map { try property($0, of: unit) } + files.map { try Files.read("\(group)/\($0)") }
        }
        let before = try state()
        #expect(before[0] == "67108864" && before[2] == "50")
        var command = container.command("update", "-r", "-", container.id)
        command.input = .text(
            #"""
            {"memory":{"limit":33554432,"reservation":1048576},"pids":{"limit":5},
            "cpu":{"quota":20000,"period":50000,"shares":512},"unified":{"memory.nope":"1"}}
            """#)
        let message = try command.run().refused()
        #expect(message.contains("linux.resources.unified.memory.nope: this kernel has no memory.nope"), "\(message)")
        for _ in 0..<2 {
            #expect(try state() == before)
            // What systemd had in mind to write is written now.
            _ = try systemctl("daemon-reload").succeeded()
        }
        try container.delete("--force")
    }

    @Test func aScopeWithoutANameIsNamedAfterTheContainer() throws {
        let container = try container(nil) { $0.payload("pause") }
        try created(container)
        #expect(try property("ActiveState", of: "agentrt-\(container.id).scope") == "active")
        try container.delete("--force")
    }

    @Test func aScopeThatIsThereIsLeftAlone() throws {
        let (unit, path) = name()
        let first = try container(path) { $0.payload("pause") }
        try created(first)
        let second = try container(path) { $0.payload("pause") }
        let message = try second.mustRefuse(
            "create", "--bundle", second.bundle.directory, second.id, globals: ["--systemd-cgroup"])
        #expect(message.contains(unit) && message.contains("already"))
        #expect(try first.status() == "created")
        #expect(!Files.exists(second.root + "/" + second.id))
        try first.delete("--force")
    }

    @Test func theMemoryLimitKillsTheProgram() throws {
        let (unit, path) = name()
        let container = try container(path) {
            $0.process["args"] = ["/bin/busybox", "dd", "if=/dev/zero", "of=/dev/null", "bs=134217728", "count=1"]
        }
        let output = try container.command(
            ["run", "--bundle", container.bundle.directory, container.id], globals: ["--systemd-cgroup"]
        ).run()
        #expect(output.status == 137, "\(output)")
        try eventually("the scope to be gone") { try property("LoadState", of: unit) == "not-found" }
    }

    @Test func nothingStaysWhereAgentrtIsKilled() throws {
        let (unit, path) = name()
        let container = try container(path) { $0.payload("pause") }
        let running = try container.command(
            ["run", "--bundle", container.bundle.directory, container.id], globals: ["--systemd-cgroup"]
        ).start()
        try eventually("the program to run") {
            try container.command("state", container.id).run().standardOutput.contains("\"running\"")
        }
        running.kill(SIGKILL)
        try eventually("the scope to be gone") { try property("LoadState", of: unit) == "not-found" }
        try container.delete()
    }

    @Test(
        arguments: [
            ("/a/b", [:], "linux.cgroupsPath: under systemd it has the form SLICE:PREFIX:NAME"),
            (
                "a.slice:b:c", ["org.systemd.property.Environment": "'X=1'"],
                "annotations.org.systemd.property.Environment: "
            ),
        ] as [(String, [String: String], String)])
    func whatIsNotForSystemdIsRefused(_ path: String, _ annotations: [String: String], _ words: String) throws {
        let container = try container(path) {
            for (key, value) in annotations { $0.root["annotations"][key] = .text(value) }
        }
        let message = try container.mustRefuse(
            "create", "--bundle", container.bundle.directory, container.id, globals: ["--systemd-cgroup"])
        #expect(message.contains(words))
    }
}

extension Command {
    /// A command with the caller's own message bus.
    fileprivate init(_ program: String, _ arguments: [String], ownBus: Bool) {
        self.init(program, arguments)
        if ownBus, geteuid() != 0 {
            environment["XDG_RUNTIME_DIR"] = "/run/user/\(geteuid())"
            environment["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/run/user/\(geteuid())/bus"
        }
    }
}
