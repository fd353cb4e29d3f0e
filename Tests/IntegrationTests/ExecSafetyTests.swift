import Glibc
import Testing

/// `exec` must not be the way around what holds the container's own process, nor a way out.
@Suite(.needsRoot) struct ExecSafetyTests {
    let scratch = Scratch()

    private func running(_ configure: (inout Config) throws -> Void) throws -> Container {
        let container = try scratch.container {
            $0.payload("pause")
            try configure(&$0)
        }
        try container.create()
        try container.start()
        return container
    }

    @Test func seccompHolds() throws {
        let container = try running {
            $0.linux["seccomp"] = [
                "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["sync"], "action": "SCMP_ACT_ERRNO"]],
            ]
        }
        let facts = try container.exec(payload: "syscall", "sync", ",", "security").succeeded().facts
        #expect(facts["syscall sync"] == "EPERM")
        #expect(facts["seccomp"] == "2")
    }

    /// A running sandbox of which only the payload may be executed.
    private func sandbox() throws -> (container: Container, runtime: RunningProcess) {
        let container = try scratch.container {
            $0.annotations = [
                "dev.agentrt.landlock": "{\"execute\": [\"/payload\"]}", "dev.agentrt.init": "true",
                "dev.agentrt.memfd_noexec": "true",
            ]
            $0.payload("say", "ready", ",", "pause")
        }
        let runtime = try container.running().start()
        try runtime.waitForOutput("ready")
        return (container, runtime)
    }

    @Test(.agentrtOnly) func landlockHolds() throws {
        let (container, runtime) = try sandbox()
        defer { runtime.kill(SIGKILL) }
        let facts = try container.exec(
            payload: "exec", "/payload", "exit", "3", ",", "exec", "/bin/busybox", "true"
        ).succeeded().facts
        #expect(facts["exec /payload"] == "exit 3")
        #expect(facts["exec /bin/busybox"] == "EACCES")
        let refused = try container.exec(["/bin/busybox", "true"]).run()
        #expect(refused.status == 126 && refused.message.contains("permission denied"))
    }

    @Test(.agentrtOnly) func sandboxGetsNoFileOfTheHost() throws {
        let (container, runtime) = try sandbox()
        defer { runtime.kill(SIGKILL) }
        let facts = try container.exec(payload: "readlink", "/proc/self/fd/1", "/proc/self/fd/2").succeeded().facts
        for number in [1, 2] { #expect(facts["readlink /proc/self/fd/\(number)"]?.hasPrefix("pipe:") == true) }
        let message = try container.exec(["/payload", "exit", "0"], ["--detach"]).run().refused()
        #expect(message.contains("descriptor 1"))
    }

    @Test func noDescriptorComesAlong() throws {
        let container = try running { _ in }
        let directory = open("/", O_RDONLY | O_DIRECTORY)
        defer { close(directory) }
        var command = container.exec(["/payload", "fds"])
        command.inherited = [7: directory, 9: directory]
        let facts = try command.run().succeeded().facts
        #expect(facts.below("fd.").keys.sorted() == ["0", "1", "2"])
    }

    @Test func preservedDescriptorsComeAlong() throws {
        let container = try running { _ in }
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        var command = container.exec(["/payload", "fds"], ["--preserve-fds", "2"])
        command.inherited = [3: file, 4: file, 5: file]
        let facts = try command.run().succeeded().facts
        #expect(facts.below("fd.").keys.sorted() == ["0", "1", "2", "3", "4"])
    }

    @Test(.differs(.crun, "1.8 has no such option"), .differs(.runc, "1.1 has no such option"))
    func pidfdIsSent() throws {
        let container = try running { _ in }
        let socket = try ConsoleSocket(path: scratch.path("pidfd"))
        let process = try container.exec(["/payload", "pause"], ["--detach", "--pidfd-socket", socket.path]).start()
        let descriptor = try socket.receiveDescriptor()
        defer { close(descriptor) }
        _ = try process.wait().succeeded()
        let facts = try Files.read("/proc/self/fdinfo/\(descriptor)")
        #expect(facts.contains("Pid:"))
    }

    @Test(.differs(.crun, "1.8 wants one that is open")) func socketsOfActivationComeAlong() throws {
        let container = try running { _ in }
        let null = open("/dev/null", O_RDONLY)
        defer { close(null) }
        for isMeant in [true, false] {
            var command = container.exec(["/payload", "fds", ",", "env", ",", "process"])
            command.inherited = [3: null, 4: null]
            command.environment["LISTEN_FDS"] = "2"
            if isMeant {
                // The variable names the process itself, which only that process can know.
                command.arguments = ["-c", "LISTEN_PID=$$ exec \"$@\"", "sh", command.program] + command.arguments
                command.program = "/bin/sh"
            } else {
                command.environment["LISTEN_PID"] = "1"
            }
            let facts = try command.run().succeeded().facts
            #expect(facts.below("fd.").count == (isMeant ? 5 : 3))
            #expect(facts["env.LISTEN_FDS"] == (isMeant ? "2" : nil))
            agentrtOnly { if isMeant { #expect(facts["env.LISTEN_PID"] == facts["pid"]) } }
        }
    }

    @Test(.differs(.crun, "1.8 has this hole")) func workingDirectoryOutsideIsRefused() throws {
        let container = try running { _ in }
        let directory = open("/", O_RDONLY | O_DIRECTORY)
        defer { close(directory) }
        for number in 3..<10 {
            var command = container.exec(["/payload", "list", "."], ["--cwd", "/proc/self/fd/\(number)"])
            command.inherited = [7: directory]
            #expect(try command.run().status != 0, "CVE-2024-21626")
        }
    }

    @Test(
        .agentrtOnly,
        arguments: ["", "root", "0:", ":0", "-1", "0:0:0", "0x0", " 0", "1e3", "4294967296", "2147483648"])
    func userThatCannotBeReadIsRefused(_ user: String) throws {
        let container = try running { _ in }
        try container.exec(["/payload", "ids"], ["--user", user]).run().refused()
    }

    @Test(.agentrtOnly) func badInputIsRefused() throws {
        let container = try running { _ in }
        let file = try scratch.makeFile("bad.json", "{\"args\": []")
        for words in [
            [], [container.id], ["no-such", "/payload"], ["../x", "/payload"], ["--nope", container.id, "/payload"],
            ["--env", "NAME", container.id, "/payload"], ["--cap", "CAP_NONSENSE", container.id, "/payload"],
            ["--cwd", "relative", container.id, "/payload"], ["-g", "staff", container.id, "/payload"],
            ["--preserve-fds", "many", container.id, "/payload"], ["--process", file, container.id],
            ["--process", file + ".gone", container.id], ["--process", file, container.id, "/payload"],
            ["--console-socket", file, container.id, "/payload"], ["--tty", "--detach", container.id, "/payload"],
            ["--cgroup", "../..", container.id, "/payload"], ["--cgroup", "none", container.id, "/payload"],
            ["--apparmor", "profile", container.id, "/payload"], ["--process-label", "l", container.id, "/payload"],
        ] {
            try container.command(["exec"] + words).run().refused()
        }
        #expect(try container.status() == "running")
    }

    @Test(.agentrtOnly) func runtimeItselfIsNoProgram() throws {
        let container = try running {
            $0.mount("/runtime", type: "bind", source: Runtime.current.path, ["bind"])
        }
        try Files.write("#!/runtime\n", to: container.bundle.rootfs + "/script", mode: 0o755)
        // The same as the interpreter of an ELF file; the name that is there has 27 characters.
        let patch =
            "s|/lib64/ld-linux-x86-64\\.so\\.2|/proc/self/exe\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00|"
        let elf = container.bundle.rootfs + "/elf"
        _ = try Command("/bin/sh", ["-euc", "LC_ALL=C sed '\(patch)' /bin/true >'\(elf)'; chmod 755 '\(elf)'"])
            .run().succeeded()
        for program in ["/runtime", "/script", "/elf"] {
            let output = try container.exec([program]).run()
            #expect(output.status == 126 && output.message.contains("runtime itself"), "CVE-2019-5736: \(output)")
        }
    }

    /// CVE-2016-9962: what enters is looked into from its birth on, by whoever in the container has most rights over it.
    @Test(arguments: [false, true]) func processThatEntersCannotBeLookedInto(_ hasUserNamespace: Bool) throws {
        let (container, spy) = try spiedOn(hasUserNamespace, refusals: 200) { _ in }
        var command = container.exec(["/payload", "exit", "0"])
        command.environment["SECRET"] = Self.secret
        for _ in 0..<3000 where !spy.standardOutput.contains("spied") { _ = try command.run().succeeded() }
        #expect(spy.standardOutput == "ready\nspied\n")
    }

    /// The same with one that is held before its execve(2), its rights given up.
    @Test(arguments: [false, true]) func processAboutToExecuteCannotBeLookedInto(_ hasUserNamespace: Bool) throws {
        let socket = try ConsoleSocket(path: scratch.path("l"))
        let (container, spy) = try spiedOn(hasUserNamespace, refusals: 500, listener: socket) {
            $0.linux["seccomp"] = SeccompNotifyTests.filter("execve", socket.path)
        }
        var command = container.exec(["/payload", "exit", "7"])
        command.environment["SECRET"] = Self.secret
        let exec = try command.start()
        let listener = try socket.receiveDescriptor()
        defer { close(listener) }
        try spy.waitForOutput("spied")
        try SeccompNotifyTests.answer(listener)
        #expect(try exec.wait().status == 7)
        #expect(spy.standardOutput == "ready\nspied\n")
    }

    private static let secret = "of whoever calls the runtime"

    /// A container whose program looks into what enters until it was refused so often.
    private func spiedOn(
        _ hasUserNamespace: Bool, refusals: Int, listener: ConsoleSocket? = nil,
        _ configure: (inout Config) throws -> Void
    ) throws -> (container: Container, spy: RunningProcess) {
        let container = try scratch.container {
            if hasUserNamespace {
                $0.userNamespace()
                $0.capabilities(["CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_KILL"])
            }
            $0.payload("spy", Self.secret, "\(refusals)", ",", "pause")
            try configure(&$0)
        }
        let spy = try container.create()
        let own = try listener?.receiveDescriptor()
        let start = try container.command("start", container.id).start()
        if let own {
            try SeccompNotifyTests.answer(own, atMost: 1)
            close(own)
        }
        _ = try start.wait().succeeded()
        try spy.waitForOutput("ready")
        return (container, spy)
    }
}

/// `exec` by a user without rights.
@Suite struct ExecRootlessTests {
    let scratch = Scratch(user: RootlessTests.user)

    private func running(_ annotations: Node) throws -> Container {
        let container = try scratch.container {
            $0.userNamespace(ofUser: RootlessTests.user, group: RootlessTests.group)
            $0.linux["cgroupsPath"] = nil
            $0.linux["resources"] = nil
            $0.payload("say", "ready", ",", "pause")
            $0.annotations = annotations
        }
        let process = try container.create()
        try container.start()
        try process.waitForOutput("ready")
        return container
    }

    @Test func joinsAsTheUser() throws {
        let facts = try running([:]).exec(payload: "ids", ",", "process").succeeded().facts
        #expect(facts["uid"] == "0 0 0")
    }

    @Test(.agentrtOnly) func joinsBesideAReapingInit() throws {
        let facts = try running(["dev.agentrt.init": "true"]).exec(payload: "ids").succeeded().facts
        #expect(facts["uid"] == "0 0 0")
    }
}
