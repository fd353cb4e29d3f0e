import Glibc
import Testing

/// `exec`: a further program in a container that is there.
@Suite(.needsRoot) struct ExecTests {
    let scratch = Scratch()

    private func running(_ configure: (inout Config) throws -> Void = { _ in }) throws -> Container {
        let container = try scratch.container {
            $0.payload("pause")
            try configure(&$0)
        }
        try container.create()
        try container.start()
        return container
    }

    @Test func isInAllNamespacesOfTheContainer() throws {
        let container = try scratch.container {
            $0.namespace("cgroup")
            $0.payload("namespaces", ",", "say", "ready", ",", "pause")
        }
        let process = try container.create()
        try container.start()
        try process.waitForOutput("ready")
        let own = Facts(process.standardOutput)
        let facts = try container.exec(payload: "namespaces").succeeded().facts
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] {
            #expect(facts["ns.\(kind)"] == own["ns.\(kind)"], "\(kind)")
        }
    }

    @Test(.differs(.crun, "1.8 takes nothing of it without a process file")) func joinsAUserNamespaceToo() throws {
        let container = try running {
            $0.userNamespace()
            $0.process["user"] = ["uid": 5, "gid": 6, "additionalGids": [7]]
        }
        let facts = try container.exec(payload: "ids", ",", "read", "/proc/self/uid_map").succeeded().facts
        #expect(facts["uid"] == "5 5 5" && facts["gid"] == "6 6 6" && facts["groups"] == "7")
        #expect(facts["read /proc/self/uid_map"]?.contains("200000") == true)
    }

    @Test func isInTheContainersControlGroup() throws {
        let container = try running()
        let text = try container.exec(payload: "cat", "/proc/self/cgroup").succeeded().standardOutput
        let own = try Files.read("/proc/\(container.pid())/cgroup")
        #expect(text == own)
    }

    @Test(arguments: [0, 1, 7, 255]) func returnsTheStatus(_ status: Int32) throws {
        #expect(try running().exec(payload: "exit", "\(status)").status == status)
    }

    @Test func returnsASignalAs128AndItsNumber() throws {
        #expect(try running().exec(payload: "raise", "KILL").status == 128 + SIGKILL)
    }

    @Test func standardStreamsAreTheCallers() throws {
        let container = try running()
        var command = container.exec(["/payload", "cat", ",", "complain", "to error"])
        command.input = .text("from input")
        let output = try command.run().succeeded()
        #expect(output.standardOutput == "from input")
        #expect(output.standardError.contains("to error"))
    }

    @Test(.differs(.crun, "1.8 takes nothing of it without a process file")) func hasWhatTheContainersProcessHas()
        throws
    {
        let container = try running {
            $0.process["user"] = ["uid": 1000, "gid": 1001, "additionalGids": [1002]]
            $0.process["env"] = ["PATH=/bin", "NAME=value", "HOME=/data"]
            $0.process["cwd"] = "/data"
            $0.process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 100, "hard": 200]]
            $0.capabilities(["CAP_KILL"], in: ["bounding"])
            $0.capabilities([], in: ["effective", "permitted"])
        }
        let facts = try container.exec(
            payload: "ids", ",", "env", ",", "process", ",", "rlimits", ",", "caps", ",", "security"
        ).succeeded().facts
        #expect(facts["uid"] == "1000 1000 1000" && facts["gid"] == "1001 1001 1001" && facts["groups"] == "1002")
        #expect(facts.below("env.") == ["PATH": "/bin", "NAME": "value", "HOME": "/data"])
        #expect(facts["cwd"] == "/data")
        #expect(facts["RLIMIT_NOFILE"] == "100 200")
        #expect(facts["bounding"] == "20" && facts["effective"] == "0")
        #expect(facts["no_new_privs"] == "1")
    }

    @Test func optionsChangeIt() throws {
        let container = try running { $0.process["env"] = ["PATH=/bin", "NAME=value", "HOME=/"] }
        let facts = try container.exec(
            ["/payload", "ids", ",", "env", ",", "process", ",", "caps"],
            [
                "--user", "1000:1001", "--cwd", "/data", "--env", "NAME=other", "-e", "MORE=a=b", "--cap",
                "CAP_SYS_PTRACE",
            ]
        ).run().succeeded().facts
        #expect(facts["uid"] == "1000 1000 1000" && facts["gid"] == "1001 1001 1001")
        #expect(facts["cwd"] == "/data")
        #expect(facts.below("env.")["NAME"] == "other" && facts.below("env.")["MORE"] == "a=b")
        let bounding = try UInt64(#require(facts["bounding"]), radix: 16)
        #expect(bounding.map { $0 & 1 << 19 != 0 } == true)
        #expect(facts["inheritable"] == "0", "CVE-2022-29162")
    }

    @Test(.differs(.crun, "1.8 gives no ambient ones")) func capabilityIsAmbientWhereItIsInheritable() throws {
        let container = try running {
            $0.capabilities(["CAP_KILL", "CAP_SYSLOG"], in: ["bounding", "inheritable"])
            $0.capabilities(["CAP_KILL"], in: ["effective", "permitted", "ambient"])
        }
        func ambient(_ options: [String]) throws -> String? {
            try container.exec(["/payload", "caps"], options).run().succeeded().facts["ambient"]
        }
        #expect(try ambient([]) == "20")
        #expect(try ambient(["--cap", "CAP_SYSLOG", "--cap", "CAP_CHOWN"]) == "400000020")
    }

    @Test(.differs(.runc, "1.1 knows none"), .differs(.crun, "1.8 leaves it to the container's first process"))
    func hasTheContainersPersonality() throws {
        let container = try running { $0.linux["personality"] = ["domain": "LINUX32"] }
        #expect(try container.exec(payload: "process").succeeded().facts["personality"] == "0x8")
    }

    @Test(.differs(.crun, "1.8 has no such option"), .differs(.runc, "1.1 does not take its own option"))
    func furtherGroups() throws {
        let facts = try running().exec(["/payload", "ids"], ["-g", "7", "--additional-gids", "8"]).run().succeeded()
            .facts
        #expect(facts["groups"] == "7 8")
    }

    @Test func processFileSaysAll() throws {
        let container = try running()
        let file = try scratch.makeFile(
            "process.json",
            """
            {"args": ["/payload", "ids", ",", "env", ",", "process"], "cwd": "/etc", "env": ["A=b", "HOME=/"],
             "user": {"uid": 3, "gid": 4}}
            """)
        let output = try container.command("exec", "--process", file, container.id).run().succeeded()
        #expect(output.facts["uid"] == "3 3 3" && output.facts["cwd"] == "/etc")
        #expect(output.facts.below("env.") == ["A": "b", "HOME": "/"])
    }

    @Test func detachedGoesOnAndItsIdIsWritten() throws {
        let container = try running()
        let file = try scratch.path("pid")
        _ = try container.exec(["/payload", "pause"], ["--detach", "--pid-file", file]).run().succeeded()
        let pid = try Files.read(file)
        #expect(try Files.read("/proc/\(pid)/cmdline") == "/payload\0pause\0")
        try container.delete("--force")
        #expect(Self.hasEnded(pid))
    }

    /// Whoever adopted the process may not have reaped it yet.
    private static func hasEnded(_ pid: String) -> Bool {
        guard let left = try? Files.read("/proc/\(pid)/stat") else { return true }
        return left.contains(") Z ")
    }

    @Test func signalsArePassedOn() throws {
        let container = try running()
        let process = try container.exec(["/payload", "trap", "TERM", ",", "exit", "5"]).start()
        try process.waitForOutput("ready")
        process.kill(SIGTERM)
        let output = try process.wait()
        #expect(output.status == 5 && output.standardOutput.contains("signal=TERM"))
    }

    @Test(.agentrtOnly) func endsWithTheRuntime() throws {
        let container = try running()
        let file = try scratch.path("pid")
        let process = try container.exec(["/payload", "say", "ready", ",", "pause"], ["--pid-file", file]).start()
        try process.waitForOutput("ready")
        try eventually("the pid file") { try Files.exists(file) && !Files.read(file).isEmpty }
        let pid = try Files.read(file)
        process.kill(SIGKILL)
        _ = try process.wait()
        try eventually("the process to end") { Self.hasEnded(pid) }
        #expect(try container.status() == "running")
    }

    @Test(.differs(.crun, "1.8 relays nothing here")) func terminal() throws {
        let terminal = try Pseudoterminal(rows: 33, columns: 101)
        let container = try running()
        var command = container.exec(["/payload", "tty", ",", "process", ",", "exit", "3"], ["--tty"])
        command.input = .terminal(terminal.path)
        #expect(try command.start().wait().status == 3)
        terminal.drain()
        let facts = Facts(terminal.output)
        #expect(facts["tty.0"]?.hasPrefix("yes 136:") == true && facts["foreground"] == "yes")
        #expect(facts["sid"] == facts["pid"])
        agentrtOnly { #expect(facts["winsize"] == "33 101") }
    }

    @Test func consoleSocketReceivesTheTerminal() throws {
        let socket = try ConsoleSocket(path: scratch.path("console"))
        let container = try running()
        let file = try scratch.makeFile(
            "process.json",
            "{\"args\": [\"/payload\", \"tty\", \",\", \"say\", \"done\", \",\", \"pause\"], \"cwd\": \"/\", \"terminal\": true}"
        )
        let process = try container.command(
            "exec", "--process", file, "--console-socket", socket.path, "--detach", container.id
        ).start()
        let terminal = try socket.receive()
        _ = try process.wait().succeeded()
        try terminal.waitFor("done")
        #expect(Facts(terminal.output)["tty.1"]?.hasPrefix("yes 136:") == true)
    }

    @Test func isAllowedInACreatedContainer() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        #expect(try container.exec(payload: "exit", "4").status == 4)
        #expect(try container.status() == "created")
    }

    @Test(.differs(.crun, "1.8 waits until it is resumed")) func isRefusedInAPausedContainer() throws {
        let container = try running()
        _ = try container.command("pause", container.id).run().succeeded()
        let output = try container.exec(payload: "exit", "0")
        #expect(output.status != 0)
        agentrtOnly { #expect(output.message.contains("paused")) }
        try agentrtOnly {
            let process = try container.exec(["/payload", "say", "resumed"], ["--ignore-paused"]).start()
            _ = try container.command("resume", container.id).run().succeeded()
            #expect(try process.wait().succeeded().standardOutput == "resumed\n")
        }
        if Runtime.current.kind != .agentrt { _ = try container.command("resume", container.id).run() }
    }

    @Test func isRefusedInAStoppedContainer() throws {
        let container = try scratch.container()
        try container.create()
        try container.start()
        try container.waitForStatus("stopped")
        let message = try container.exec(payload: "exit", "0").refused()
        agentrtOnly { #expect(message.contains("not running")) }
    }

    @Test(arguments: [("/no/such", 127), ("no-such", 127), ("/etc", 126), ("/etc/text", 126)])
    func programThatCannotRun(_ program: String, _ status: Int32) throws {
        let container = try running()
        try Files.write("text", to: container.bundle.rootfs + "/etc/text")
        for flags in [[], ["--detach"]] {
            let output = try container.exec([program], flags).run()
            #expect(output.status != 0)
            // podman tells the cases apart by these words.
            agentrtOnly {
                #expect(output.status == status)
                #expect(output.message.contains(status == 127 ? "no such file or directory" : "permission denied"))
                #expect(output.message.contains(program))
            }
        }
    }

    @Test(.differs(.runc, "1.1 takes what is in the bundle now")) func configurationIsThatOfCreate() throws {
        let container = try running { $0.process["env"] = ["WHICH=first", "HOME=/"] }
        var changed = Config()
        changed.process["env"] = ["WHICH=second", "HOME=/"]
        try container.bundle.write(changed)
        #expect(try container.exec(payload: "env").succeeded().facts["env.WHICH"] == "first")
    }
}

extension Container {
    /// `exec` of a program.
    func exec(_ words: [String], _ flags: [String] = []) -> Command { command(["exec"] + flags + [id] + words) }

    /// `exec` of the payload, to its end.
    func exec(payload words: String...) throws -> Output { try exec(["/payload"] + words).run() }
}
