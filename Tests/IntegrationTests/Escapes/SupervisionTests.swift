import Glibc
import Testing

/// The end of a call is the end of all of it, whatever the tool does to stay.
@Suite(.needsRoot, .agentrtOnly) struct SupervisionTests {
    private static let users: [Identity] = [.rootInUsersProject, .user]

    /// Ways to outlive one's call; `NAME` is a name for the processes by which a test finds them.
    static let ways: [(name: String, program: String)] = [
        (
            "ignores signals",
            "for s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n  except Exception: pass"
        ),
        ("leaves its session", "if os.fork() == 0: os.setsid()"),
        ("forks twice", "if os.fork() == 0:\n  os.setsid()\n  if os.fork(): os._exit(0)"),
        ("leaves its parent", "if os.fork(): os._exit(0)"),
        ("stops the first process", "os.kill(1, signal.SIGSTOP); os.fork()"),
        ("kills the first process", "os.kill(1, signal.SIGKILL); os.fork()"),
        ("stops everybody", "os.fork() or os.kill(-1, signal.SIGSTOP)"),
        ("closes its descriptors", "os.fork(); os.closerange(0, 1024)"),
        ("stops itself", "os.fork() or os.kill(os.getpid(), signal.SIGSTOP)"),
        ("forks on", "for _ in range(200):\n  if os.fork() == 0:\n    os.setsid()\n    break"),
        ("waits for nobody", "os.open(os.environ['FIFO'], os.O_RDONLY) if os.fork() else None"),
    ]

    private func project(_ identity: Identity, more: String = "") throws -> SandboxedProject {
        try SandboxedProject(identity, executables: ["/usr/bin/python3"], more: more)
    }

    /// A program that says it is ready, and then stays in this way.
    private func program(_ way: String, _ project: SandboxedProject, _ name: String) throws -> [String] {
        let fifo = project.directory + "/temp/fifo"
        try check(mkfifo(fifo, 0o666), "mkfifo", fifo)
        let text = """
            import os, signal, time  # \(name)
            os.environ["FIFO"] = "\(fifo)"
            print("ready", flush=True)
            \(way)
            while True: time.sleep(1)
            """
        return ["python3", "-c", text]
    }

    /// The processes of this machine whose command line holds a name, but for agentrt's own.
    private func processes(_ name: String) -> [String] {
        Files.list("/proc").filter { entry in
            guard Int(entry) != nil, let text = try? Files.read("/proc/\(entry)/cmdline") else { return false }
            return text.contains(name) && !text.contains("--profile")
        }
    }

    @Test(arguments: users, ways.map(\.name)) func theTimeEndsAll(_ identity: Identity, _ way: String) throws {
        let project = try project(identity, more: ",\n\"resources\": { \"wallTime\": \"1500ms\" }")
        let name = "marked-\(uniqueNumber())-"
        let text = try #require(Self.ways.first { $0.name == way }).program
        let output = try project.run(program(text, project, name))
        // The one that leaves its parent has ended when that has, and its child with it.
        let status: Int32 = way == "leaves its parent" || way == "forks twice" && output.status == 0 ? 0 : 124
        #expect(output.status == status, "\(output)")
        try eventually("the end of \(way)") { processes(name).isEmpty }
    }

    @Test(arguments: users, ways.map(\.name)) func agentrtsOwnDeathEndsAll(_ identity: Identity, _ way: String) throws {
        if way == "leaves its parent" { return }  // Ends at once.
        let project = try project(identity)
        let name = "marked-\(uniqueNumber())-"
        let text = try #require(Self.ways.first { $0.name == way }).program
        let call = try project.command(program(text, project, name), [], .nothing).start()
        try call.waitForOutput("ready")
        try eventually("\(way) to run") { !processes(name).isEmpty }
        call.kill(SIGKILL)
        try eventually("the end of \(way)") { processes(name).isEmpty }
        // And the next call begins as if nothing had been.
        #expect(try project.run("python3", "-c", "print(1)").standardOutput == "1\n")
    }

    /// What has been left behind does not write any more when the call has returned.
    @Test(arguments: users) func nothingIsWrittenAfterTheEnd(_ identity: Identity) throws {
        let project = try project(identity)
        let text = """
            import os, time
            if os.fork() == 0:
                os.setsid()
                while True:
                    open("temp/log", "a").write("x")
            while not os.path.exists("temp/log") or os.path.getsize("temp/log") < 1: time.sleep(0.01)
            """
        _ = try project.run("python3", "-c", text).succeeded()
        let size = try #require(Files.status(project.directory + "/temp/log")).st_size
        usleep(100_000)
        #expect(Files.status(project.directory + "/temp/log")?.st_size == size)
    }
}
