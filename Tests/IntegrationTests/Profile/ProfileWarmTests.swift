import Glibc
import Testing

/// Calls that start from what `agentrt warm` has ready are sandboxes like any other, and the first that would not be
/// starts without it.
@Suite(.needsRoot, .agentrtOnly) struct ProfileWarmTests {
    /// A plan is not kept while a file it was made from is a moment old.
    private func settle() { usleep(60_000) }

    /// Runs a line of bash from what is ready.
    ///
    /// Something may be mounted on the machine at any time, and then the next call starts cold.
    private func warm(_ project: SandboxedProject, _ line: String) throws -> Output {
        for _ in 0..<20 {
            let call = try bash(project, line)
            if call.isWarm { return call.output }
        }
        throw Failure("no call started warm")
    }

    /// Runs a line of bash, from what is ready if it can.
    private func bash(_ project: SandboxedProject, _ line: String) throws -> (output: Output, isWarm: Bool) {
        let report = try project.scratch.path("report-\(uniqueNumber())")
        let output = try project.run(["/usr/bin/bash", "-c", line], options: ["--warm", "--report", report])
        return (output, try Files.read(report).contains("\"warm\": true"))
    }

    private func sockets(_ project: SandboxedProject) throws -> [String] {
        Files.list(try project.scratch.stateRoot + "/.warm")
    }

    // MARK: What a call has

    @Test(arguments: Identity.allCases) func aCallIsTheSandboxThatItWouldBe(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        settle()
        let line = "ls / /dev /dev/shm /etc /tmp $HOME 2>&1; id; ls -l /dev | wc -l; cat src/main.txt; ls -id src doc"
        let cold = try bash(project, line)
        #expect(!cold.isWarm)
        let keeper = try project.keepWarm("/usr/bin/bash")
        for _ in 0..<3 {
            let warm = try warm(project, line)
            #expect(warm.standardOutput == cold.output.standardOutput, "\(warm) \(cold)")
        }
        let output = try bash(project, "echo written > doc/file; : < \(project.secret)").output
        #expect(output.status != 0 && Files.exists(project.directory + "/doc/file"), "\(output)")
        let refused = try warm(project, "echo x > src/new || echo x > /dev/new || echo x > /etc/new || /usr/bin/id")
        #expect(refused.status != 0 && !refused.standardOutput.contains("uid="), "\(refused)")
        keeper.kill(SIGTERM)
        #expect(try keeper.wait().status == 0 && sockets(project) == [])
    }

    @Test(arguments: Identity.allCases) func nothingIsLeftOfTheCallBefore(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        settle()
        let keeper = try project.keepWarm("/usr/bin/bash")
        let places = ["/tmp", "/dev/shm", "/run", "$HOME"]
        let write = places.map { "echo left > \($0)/left" }.joined(separator: "; ")
        #expect(try warm(project, write + "; echo left > /tmp/left && echo done").standardOutput == "done\n")
        let found = try warm(project, "for p in \(places.joined(separator: " ")); do [ ! -e $p/left ] || echo $p; done")
        #expect(found.standardOutput == "" && found.status == 0, "\(found)")
        withExtendedLifetime(keeper) {}
    }

    @Test(arguments: Identity.allCases) func callsShareTheirNetworkAndNothingElse(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        settle()
        let keeper = try project.keepWarm("/usr/bin/bash")
        let look = "ls -l /proc/self/ns; ls -d /proc/[0-9]*"
        _ = try warm(project, "ls")
        let first = try project.start(
            "/usr/bin/bash", "-c", look + "; echo ready; read -r line", options: ["--warm"], input: .pipe)
        try first.waitForOutput("ready")
        let second = try warm(project, look)
        func namespaces(_ text: String) -> [String: Substring] {
            var found: [String: Substring] = [:]
            for line in text.split(separator: "\n") {
                guard let link = line.split(separator: " ").last, let colon = link.firstIndex(of: ":") else { continue }
                found[String(link[..<colon])] = link
            }
            return found
        }
        let (one, other) = (namespaces(first.standardOutput), namespaces(second.standardOutput))
        for kind in ["mnt", "pid", "ipc", "uts", "cgroup"] {
            #expect(one[kind] != nil && one[kind] != other[kind], "\(kind): \(one) \(other)")
        }
        #expect(one["net"] != nil && one["net"] == other["net"])
        // Neither sees a process of the other's: init, bash that became ls.
        #expect(second.standardOutput.split(separator: "\n").count { $0.hasPrefix("/proc/") } == 2)
        withExtendedLifetime(keeper) {}
    }

    // MARK: What has changed meanwhile

    @Test func aCallThatNeedsAnotherPlanStartsWithoutIt() throws {
        let project = try SandboxedProject(.user, more: ",\n\"deniedPaths\": [\"<project root>/src/*.key\"]")
        let key = project.directory + "/src/old.key"
        try Files.write("secret\n", to: key)
        settle()
        let keeper = try project.keepWarm("/usr/bin/bash")
        _ = try warm(project, "ls src")

        // A file that a pattern denies, and another in the place of one that was masked.
        try Files.write("secret\n", to: project.directory + "/src/new.key")
        try Files.write("secret\n", to: project.directory + "/moved")
        try check(rename(project.directory + "/moved", key), "rename", key)
        for _ in 0..<20 {
            let read = try bash(project, "read -r a < src/new.key || read -r b < src/old.key; echo \"$a$b\"")
            #expect(read.output.standardOutput == "\n", "\(read)")
            settle()
        }
        // What is ready is made anew for the plan that calls have now.
        try eventually("a warm call") { try bash(project, "ls src").isWarm }
        withExtendedLifetime(keeper) {}
    }

    @Test func aMountOfTheHostIsSeen() throws {
        let project = try SandboxedProject(.rootInRootsProject)
        let (root, source) = (try project.scratch.stateRoot, project.directory + "/src")
        settle()
        let words = "--profile \(project.profile) --project \(project.directory)"
        let script = """
            cd \(project.directory)
            exec 4< <(exec \(Runtime.current.path) --root \(root) warm \(words) -- /usr/bin/bash)
            keeper=$!
            read -r line <&4
            call() { \(Runtime.current.path) --root \(root) run --warm \(words) -- /usr/bin/bash -c 'ls src'; }
            call 2>/dev/null
            mount -t tmpfs tmpfs \(source)
            : > \(source)/from-the-mount
            # Whoever asks first need not be a call.
            python3 -c 'import glob, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            s.connect(glob.glob("\(root)/.warm/*")[0])'
            call 2>/dev/null
            call 2>/dev/null
            umount \(source)
            call 2>/dev/null
            kill $keeper
            """
        let output = try Command("/usr/bin/unshare", ["--mount", "/bin/bash", "-euc", script]).run().succeeded()
        #expect(output.standardOutput == "main.txt\nfrom-the-mount\nfrom-the-mount\nmain.txt\n", "\(output)")
    }

    // MARK: The keeper

    @Test func withoutAKeeperACallStartsAsEver() throws {
        let project = try SandboxedProject(.user)
        settle()
        let call = try bash(project, "ls src")
        #expect(!call.isWarm && call.output.standardOutput == "main.txt\n", "\(call)")
    }

    @Test func thereIsOneKeeperForCallsOfAKind() throws {
        let project = try SandboxedProject(.user)
        settle()
        let keeper = try project.keepWarm("/usr/bin/bash")
        let second = try project.warmCommand("/usr/bin/bash").run()
        #expect(second.status == 1 && second.message.contains("kept warm already"), "\(second)")
        // Killed, it leaves a socket on which nobody listens.
        keeper.kill(SIGKILL)
        _ = try keeper.wait()
        #expect(try sockets(project).count == 1)
        #expect(try !bash(project, "ls src").isWarm)
        let third = try project.keepWarm("/usr/bin/bash")
        _ = try warm(project, "ls src")
        withExtendedLifetime(third) {}
    }

    @Test func aKeeperThatIsStoppedHoldsNobodyUp() throws {
        let project = try SandboxedProject(.user)
        settle()
        let keeper = try project.keepWarm("/usr/bin/bash")
        keeper.kill(SIGSTOP)
        let call = try bash(project, "ls src")
        #expect(!call.isWarm && call.output.standardOutput == "main.txt\n", "\(call)")
        keeper.kill(SIGCONT)
    }

    @Test func theKeeperEndsWithWhoeverStartedIt() throws {
        let project = try SandboxedProject(.rootInRootsProject)
        settle()
        let command = try project.warmCommand("/usr/bin/bash")
        let words = (["exec", command.program] + command.arguments).joined(separator: " ")
        var shell = Command("/bin/sh", ["-c", "(cd \(project.directory); \(words)) & read -r line"])
        shell.input = .pipe
        let starter = try shell.start()
        try starter.waitForOutput("ready")
        #expect(try sockets(project).count == 1)
        starter.kill(SIGKILL)
        try eventually("the end of the keeper") { try sockets(project) == [] }
    }

    @Test func whatCallsCannotShareIsRefused() throws {
        let project = try SandboxedProject(.user, more: ",\n\"network\": { \"allow\": [\"192.0.2.1:80\"] }")
        settle()
        let output = try project.warmCommand("/usr/bin/bash").run()
        #expect(output.status == 1 && output.message.contains("its network by name"), "\(output)")
        #expect(try sockets(project) == [])
        let words = try project.warmCommand("/usr/bin/false").run()
        #expect(words.status == 1 && words.message.contains("allowedExecutables"), "\(words)")
    }
}
