import Glibc
import Testing

/// A call that gets the sandbox that `agentrt warm` has standing by is a call like any other, and one that would make
/// another sandbox does not get it.
@Suite(.needsRoot, .agentrtOnly) struct ProfileStandbyTests {
    private let bash = "/usr/bin/bash"

    /// A project whose plan can be kept: one is not while a file that it was made from is a moment old.
    private func project(_ identity: Identity, more: String = "") throws -> SandboxedProject {
        let project = try SandboxedProject(identity, more: more)
        usleep(60_000)
        return project
    }

    private func command(_ project: SandboxedProject, _ line: String, input: Command.Input = .nothing) throws -> Command
    {
        var command = try project.command([bash, "-c", line], ["--warm"], input)
        command.arguments.insert("--debug", at: 0)
        return command
    }

    /// A shell that runs a line in the sandbox, with what stands before and behind.
    private func shell(_ project: SandboxedProject, _ before: String, _ line: String, _ behind: String) throws
        -> Command
    {
        let words = try command(project, line)
        let quoted = ([words.program] + words.arguments).map { "'\($0)'" }.joined(separator: " ")
        var shell = Command("/bin/bash", ["-c", "cd \(project.directory); \(before) \(quoted) \(behind)"])
        shell.environment = words.environment
        shell.user = words.user
        return shell
    }

    private func stoodBy(_ output: Output) -> Bool {
        (output.standardError + output.standardOutput).contains("had a sandbox that stood by")
    }

    /// Runs a line in a sandbox that stood by.
    private func call(_ project: SandboxedProject, _ line: String) throws -> Output {
        try call(command(project, line))
    }

    /// Runs a command until its call had a sandbox that stood by. Something may be mounted on the machine at any time,
    /// which ends what stands by, and the next one is a moment away.
    private func call(_ command: Command) throws -> Output {
        for _ in 0..<50 {
            let output = try command.run()
            if stoodBy(output) { return output }
            usleep(50_000)
        }
        throw Failure("no sandbox stood by")
    }

    private func containers(_ project: SandboxedProject) throws -> [String] {
        Files.list(try project.scratch.stateRoot).filter { !$0.hasPrefix(".") }
    }

    // MARK: The call

    @Test(arguments: Identity.allCases) func itIsTheSandboxThatItWouldBe(_ identity: Identity) throws {
        let project = try project(identity)
        let line = """
            ls / /dev /dev/shm /etc /tmp $HOME 2>&1; id; ls -l /dev | wc -l; cat src/main.txt; pwd; env; umask; ulimit -a
            ls -l /proc/self/fd | wc -l; grep -E '^(Cap|Seccomp|NoNew|Groups|Sig)' /proc/self/status; echo $0 $$ $PPID
            """
        let cold = try project.bash(line)
        let keeper = try project.keepWarm(bash)
        for _ in 0..<3 {
            let output = try call(project, line)
            #expect(output.standardOutput == cold.standardOutput, "\(output) \(cold)")
        }
        let refused = try call(project, "echo x > src/new || : < \(project.secret) || /usr/bin/id || echo x > /dev/new")
        #expect(refused.status != 0 && !refused.standardOutput.contains("uid="), "\(refused)")
        keeper.kill(SIGTERM)
        #expect(try keeper.wait().status == 0)
        try eventually("nothing left") { try containers(project) == [] }
    }

    @Test(arguments: Identity.allCases) func argumentsStreamsAndStatusAreTheCallers(_ identity: Identity) throws {
        let project = try project(identity)
        let keeper = try project.keepWarm(bash)
        let line = "read -r a; echo \"out $a\"; echo err >&2; exit 7"
        let output = try call(command(project, line, input: .text("line of the caller\n")))
        #expect(output.standardOutput == "out line of the caller\n" && output.status == 7, "\(output)")
        #expect(output.standardError.contains("err\n"))
        withExtendedLifetime(keeper) {}
    }

    @Test func aFileGetsItsOutputWholeBeforeTheCallEnds() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let path = try project.scratch.path("output")
        let output = try call(shell(project, "", "for i in {1..20000}; do echo \"line $i\"; done", "> \(path)"))
        #expect(try Files.read(path).split(separator: "\n").count == 20_000, "\(output)")
        withExtendedLifetime(keeper) {}
    }

    @Test(arguments: Identity.allCases) func pipesReachTheProgram(_ identity: Identity) throws {
        let project = try project(identity)
        let keeper = try project.keepWarm(bash)
        let line = "read -r a; echo \"out $a\" > /dev/stdout; echo err > /dev/stderr"
        let output = try call(shell(project, "echo in | (", line, ") 2>&1 | cat"))
        #expect(output.standardOutput.contains("out in\n") && output.standardOutput.contains("err\n"), "\(output)")
        withExtendedLifetime(keeper) {}
    }

    // MARK: Its end

    @Test func signalsReachTheProgram() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let running = try start(
            project, "trap 'echo got it; exit 5' USR1; echo ready; while :; do read -r -t 1 x; done")
        running.kill(SIGUSR1)
        let output = try running.wait()
        #expect(output.status == 5 && output.standardOutput == "ready\ngot it\n", "\(output)")
        withExtendedLifetime(keeper) {}
    }

    @Test(arguments: [SIGKILL, SIGTERM]) func itEndsWithItsCaller(_ signal: Int32) throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let running = try start(project, "trap '' TERM; (echo ready; while :; do read -r -t 1 x < <(:); done) & wait")
        // A tool that ignores a signal ends with its caller all the same.
        running.kill(signal)
        if signal != SIGKILL { running.kill(SIGKILL) }
        _ = try running.wait()
        try eventually("one that stands by, and nothing else") { try containers(project).count <= 1 }
        withExtendedLifetime(keeper) {}
    }

    @Test func itGoesOnWhenTheKeeperIsKilled() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let running = try start(project, "echo ready; read -r x; echo \"$x\"", input: .pipe)
        keeper.kill(SIGKILL)
        _ = try keeper.wait()
        let text = "went on\n"
        let count = text.utf8.count
        #expect(write(try #require(running.input), text, count) == count)
        let output = try running.wait()
        #expect(output.status == 0 && output.standardOutput == "ready\nwent on\n", "\(output)")
        try eventually("nothing left") { try containers(project) == [] }
    }

    @Test func itIsCarriedOutOnceWhateverIsKilled() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let running = try start(project, "echo run >> temp/log; echo ready; read -r x", input: .pipe)
        // The process that runs the call, which has the sandbox for a child.
        let words = ["--parent", "\(keeper.pid)", "--oldest"]
        let pid = try Command("/usr/bin/pgrep", words).run().succeeded().standardOutput
        kill(try #require(pid_t(pid.dropLast())), SIGKILL)
        let output = try running.wait()
        #expect(output.status == 1 && output.message.contains("was killed"), "\(output)")
        #expect(try Files.read(project.directory + "/temp/log") == "run\n")
        withExtendedLifetime(keeper) {}
    }

    @Test func aSignalAtItsEndMakesNoSecondCall() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        var calls = 0
        for _ in 0..<40 {
            let running = try command(project, "trap '' USR1; echo run >> temp/log").start()
            // The keeper's patience is over, and each signal is passed on at once.
            let end = ContinuousClock.now + .milliseconds(150)
            while running.poll() == nil, ContinuousClock.now < end {
                if Files.list(project.directory + "/temp") != [] { running.kill(SIGUSR1) }
            }
            _ = try running.wait()
            calls += 1
        }
        let log = try Files.read(project.directory + "/temp/log")
        #expect(log.split(separator: "\n").count <= calls, "\(log)")
        withExtendedLifetime(keeper) {}
    }

    @Test func aSignalBeforeItIsNotForIt() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        let pid = try Command("/usr/bin/pgrep", ["--parent", "\(keeper.pid)"]).run().succeeded().standardOutput
        kill(try #require(pid_t(pid.dropLast())), SIGTERM)
        #expect(try call(project, "echo done").standardOutput == "done\n")
        withExtendedLifetime(keeper) {}
    }

    @Test func aKeeperThatIsStoppedHoldsNobodyUp() throws {
        let project = try project(.rootInUsersProject)
        let keeper = try project.keepWarm(bash)
        keeper.kill(SIGSTOP)
        // More than can wait to be heard.
        for _ in 0..<70 {
            let output = try command(project, "echo done").run()
            #expect(output.status == 0 && output.standardOutput == "done\n" && !stoodBy(output), "\(output)")
        }
        keeper.kill(SIGCONT)
        #expect(try call(project, "echo done").standardOutput == "done\n")
        withExtendedLifetime(keeper) {}
    }

    @Test func itsLimitsCountFromTheCall() throws {
        let project = try project(.user, more: ",\n\"resources\": { \"wallTime\": \"1s\" }")
        let keeper = try project.keepWarm(bash)
        sleep(2)  // It has waited for longer than a call may take.
        let quick = try call(project, "echo done")
        #expect(quick.status == 0 && quick.standardOutput == "done\n", "\(quick)")
        let slow = try call(project, "while :; do :; done")
        #expect(slow.status == 124 && slow.standardError.contains("wall time limit"), "\(slow)")
        withExtendedLifetime(keeper) {}
    }

    // MARK: Who does not get it

    @Test func aCallerThatPassesOtherThingsOnMakesItsOwn() throws {
        let project = try project(.user)
        let keeper = try project.keepWarm(bash)
        _ = try call(project, ":")
        let changes = [
            "ulimit -n 77; exec", "exec nice -n 5", "exec taskset 1", "ulimit -v 4000000; exec",
            "exec setarch --addr-no-randomize", "exec setpriv --no-new-privs", "exec choom --adjust 500 --",
        ]
        for change in changes {
            let output = try shell(project, change, "ulimit -n", "").run()
            #expect(output.status == 0 && !stoodBy(output), "\(change): \(output)")
            if change.contains("-n 77") { #expect(output.standardOutput == "77\n") }
        }
        // What nobody can see from outside: a Landlock domain, which denies to write, and a rule about memory.
        let landlock = """
            import ctypes, os, sys
            c = ctypes.CDLL(None, use_errno=True)
            c.prctl(38, 1, 0, 0, 0)
            rights = ctypes.c_uint64(2)
            domain = c.syscall(444, ctypes.byref(rights), 8, 0)
            assert domain >= 0 and c.syscall(446, domain, 0) == 0
            os.execv(sys.argv[1], sys.argv[1:])
            """
        let memory = """
            import ctypes, os, sys
            assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0
            os.execv(sys.argv[1], sys.argv[1:])
            """
        for (name, change) in [("landlock", landlock), ("memory", memory)] {
            let script = try project.scratch.makeFile(name + ".py", change)
            let output = try shell(project, "exec python3 \(script)", "echo written > temp/\(name)", "").run()
            #expect(!stoodBy(output), "\(output)")
        }
        #expect(!Files.exists(project.directory + "/temp/landlock"))
        withExtendedLifetime(keeper) {}
    }

    @Test func whatChangesThePlanEndsIt() throws {
        let project = try project(.user, more: ",\n\"deniedPaths\": [\"<project root>/src/*.key\"]")
        let key = project.directory + "/src/old.key"
        try Files.write("secret\n", to: key)
        usleep(60_000)
        let keeper = try project.keepWarm(bash)
        _ = try call(project, ":")
        try eventually("one that stands by") { try containers(project).count == 1 }
        // A file that a pattern denies, and another in the place of one that was masked.
        try Files.write("secret\n", to: project.directory + "/src/new.key")
        try Files.write("secret\n", to: project.directory + "/moved")
        try check(rename(project.directory + "/moved", key), "rename", key)
        let line = "read -r a < src/new.key || read -r b < src/old.key; echo \"$a$b\""
        for _ in 0..<10 {
            let output = try command(project, line).run()
            #expect(output.standardOutput == "\n", "\(output)")
            usleep(60_000)
        }
        #expect(try call(project, line).standardOutput == "\n")
        withExtendedLifetime(keeper) {}
    }

    /// Starts a line in a sandbox that stood by, up to `ready`.
    private func start(
        _ project: SandboxedProject, _ line: String, input: Command.Input = .nothing
    ) throws -> RunningProcess {
        for _ in 0..<50 {
            try eventually("one that stands by") { try containers(project).count == 1 }
            let before = try containers(project)
            let running = try command(project, line, input: input).start()
            try running.waitForOutput("ready\n")
            // Its sandbox was there before.
            let children = try Command("/usr/bin/pgrep", ["--parent", "\(running.pid)"]).run().standardOutput
            if children.isEmpty, try containers(project).contains(where: before.contains) { return running }
            running.kill(SIGKILL)
            _ = try running.wait()
        }
        throw Failure("no sandbox stood by")
    }
}
