import Glibc
import Testing

/// `run`: the container in the foreground, as if the program ran without one.
@Suite(.needsRoot) struct RunTests {
    let scratch = Scratch()

    @Test(arguments: [0, 1, 7, 127, 255]) func exitStatusIsTheProgrammes(_ status: Int32) throws {
        #expect(try scratch.run { $0.payload("exit", "\(status)") }.status == status)
    }

    @Test(arguments: [("KILL", SIGKILL), ("TERM", SIGTERM), ("HUP", SIGHUP)])
    func statusOfAProgramEndedByASignalIs128PlusIt(_ name: String, _ signal: Int32) throws {
        // Not with a pid namespace of its own: the first process of one ignores what it does not handle.
        let container = try scratch.container {
            $0.share("pid")
            $0.payload("say", "ready", ",", "pause")
        }
        let process = try container.running().start()
        try process.waitForOutput("ready")
        try container.kill(name)
        #expect(try process.wait().status == 128 + signal)
    }

    @Test func inputAndOutputPassThrough() throws {
        let text = (1...20_000).map { "line \($0)" }.joined(separator: "\n")
        var command = try scratch.container { $0.payload("cat") }.running()
        command.input = .text(text)
        #expect(try command.run().succeeded().standardOutput == text)
    }

    @Test func standardErrorStaysApart() throws {
        let output = try scratch.run { $0.payload("say", "out", ",", "complain", "err") }
        #expect(output.standardOutput == "out\n")
        #expect(output.standardError == "err\n")
    }

    @Test func endOfInputReachesTheProgram() throws {
        var command = try scratch.container { $0.shell("while read line; do echo \"got $line\"; done; echo end") }
            .running()
        command.input = .pipe
        let process = try command.start()
        try Files.write("one\n", descriptor: #require(process.input))
        try process.waitForOutput("got one")
        process.closeInput()
        #expect(try process.wait().standardOutput == "got one\nend\n")
    }

    @Test func pipesAreTheUsersToOpenAnew() throws {
        var command = try scratch.container {
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.shell("cat /dev/stdin")
        }.running()
        // One that a shell has made: what tests write to is a FIFO with a name, which stays its owner's.
        command.arguments = ["-c", "cat | \"$@\"", "sh", command.program] + command.arguments
        command.program = "/bin/sh"
        command.input = .pipe
        let process = try command.start()
        try Files.write("one\n", descriptor: #require(process.input))
        try process.waitForOutput("one")
        process.closeInput()
        #expect(try process.wait().status == 0)
    }

    @Test(.agentrtOnly) func filesOfTheHostKeepTheirOwner() throws {
        let file = try scratch.makeFile("output")
        let container = try scratch.container {
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("say", "out")
        }
        var command = container.running()
        command.arguments = ["-c", "exec \"$@\" >\"$0\"", file, command.program] + command.arguments
        command.program = "/bin/sh"
        _ = try command.run().succeeded()
        var status = stat()
        try check(lstat(file, &status), "lstat")
        #expect(status.st_uid == 0)
        #expect(try Files.read(file) == "out\n")
    }

    @Test(arguments: [("TERM", SIGTERM), ("INT", SIGINT), ("HUP", SIGHUP), ("USR1", SIGUSR1), ("QUIT", SIGQUIT)])
    func signalsAreForwarded(_ name: String, _ signal: Int32) throws {
        let container = try scratch.container { $0.payload("trap", name, ",", "exit", "9") }
        let process = try container.running().start()
        try process.waitForOutput("ready")
        process.kill(signal)
        let output = try process.wait()
        #expect(output.standardOutput.contains("signal=\(name)"))
        #expect(output.status == 9)
    }

    @Test func nothingIsLeftBehind() throws {
        let container = try scratch.container()
        _ = try container.run().succeeded()
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        let groups = try container.controlGroups()
        #expect(groups == [])
        #expect(try !Files.read("/proc/self/mountinfo").contains(container.bundle.directory))
    }

    @Test func nothingIsLeftBehindByAFailure() throws {
        let container = try scratch.container { $0.process["args"] = ["/no/such/program"] }
        #expect(try container.run().status != 0)
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        let groups = try container.controlGroups()
        #expect(groups == [])
    }

    @Test func backgroundProcessesEndWithTheProgram() throws {
        let container = try scratch.container { $0.payload("orphan", ",", "say", "ready", ",", "trap", "TERM") }
        let process = try container.running().start()
        try process.waitForOutput("ready")
        let namespace = try Files.linkTarget("/proc/\(container.pid())/ns/pid")
        process.kill(SIGTERM)
        _ = try process.wait().succeeded()
        try eventually("the end of the orphan") { processes(inPidNamespace: namespace) == [] }
    }

    @Test(.agentrtOnly) func killedRuntimeLeavesNoOrphan() throws {
        let container = try scratch.container { $0.payload("orphan", ",", "say", "ready", ",", "pause") }
        let process = try container.running().start()
        try process.waitForOutput("ready")
        let namespace = try Files.linkTarget("/proc/\(container.pid())/ns/pid")
        process.kill(SIGKILL)
        _ = try process.wait()
        try eventually("the end of the container") { processes(inPidNamespace: namespace) == [] }
        try container.delete("--force")
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        let groups = try container.controlGroups()
        #expect(groups == [])
    }

    @Test func detachedRunsOn() throws {
        let container = try scratch.container { $0.payload("pause") }
        let pidFile = try scratch.path("pid")
        _ = try container.run(["--detach", "--pid-file", pidFile]).succeeded()
        #expect(try container.status() == "running")
        #expect(try Files.read(pidFile) == "\(container.pid())")
        try container.delete("--force")
    }

    @Test(.differs(.crun, "1.8 has no --keep")) func keptContainerIsThereAfterwards() throws {
        let container = try scratch.container()
        _ = try container.run(["--keep"]).succeeded()
        #expect(try container.status() == "stopped")
        try container.delete()
    }

    @Test func bundleIsTheCurrentDirectory() throws {
        let container = try scratch.container { $0.payload("say", "here") }
        var command = container.command("run", container.id)
        command.directory = container.bundle.directory
        #expect(try command.run().succeeded().standardOutput == "here\n")
    }

    private func processes(inPidNamespace namespace: String) -> [String] {
        Files.list("/proc").filter {
            Int($0) != nil && (try? Files.linkTarget("/proc/\($0)/ns/pid")) == namespace
        }
    }
}
