import Glibc
import Testing

/// The gate as a process: when it comes and goes, and what it may do.
@Suite(.needsRoot, .agentrtOnly) struct NetworkGateLifeTests {
    /// A program that holds a connection, and says when it breaks and whether there is a network then.
    private static let holding = """
        from client import *
        connection = socket.create_connection(("web.test", 80))
        connection.sendall(b"here\\n")
        connection.recv(100)
        print("ready", flush=True)
        try:
            print("read", connection.recv(100), flush=True)
        except OSError as error:
            print("read", named(error), flush=True)
        # The kernel closes one socket after the other.
        while (what := talk("203.0.113.10", 80)) == "ECONNRESET":
            pass
        print("then", what, lookup("web.test"), flush=True)
        """

    private func hold(_ sandbox: NetworkSandbox) throws -> RunningProcess {
        let process = try sandbox.command("python3", "-c", Self.holding).start()
        try process.waitForOutput("ready")
        return process
    }

    @Test(arguments: Identity.allCases) func aKilledGateIsNoNetwork(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test", "203.0.113.10:80"])
        let process = try hold(sandbox)
        let gate = try GateOnHost(of: process.pid)
        kill(gate.pid, SIGKILL)
        let output = try process.wait()
        #expect(output.status == 0, "\(output)")
        // The kernel closes what the gate held: the connection breaks, and nobody listens or answers any more.
        #expect(!output.standardOutput.contains("end after"), "\(output)")
        #expect(output.standardOutput.contains("then ECONNREFUSED EAI_AGAIN"), "\(output)")
        #expect(output.standardError.contains("network gate: was killed by signal KILL"))
        #expect(Files.list(try sandbox.project.scratch.stateRoot).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(arguments: Identity.allCases) func aKilledRuntimeTakesContainerAndGateAlong(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test"])
        let process = try hold(sandbox)
        let gate = try GateOnHost(of: process.pid)
        kill(process.pid, SIGKILL)
        _ = try process.wait()
        try eventually("the end of the gate") { !gate.lives }
    }

    @Test(arguments: Identity.allCases) func theGateMayDoNothingElse(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test"])
        let process = try hold(sandbox)
        let gate = try GateOnHost(of: process.pid)
        let status = try gate.status()
        let user = identity == .user ? Identity.userID : 65534
        #expect(
            status["Uid"] == "\(user) \(user) \(user) \(user)" && status["Gid"] == "\(user) \(user) \(user) \(user)")
        #expect(status["Groups"] == "")
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] { #expect(status[set] == "0000000000000000") }
        #expect(status["NoNewPrivs"] == "1" && status["Seccomp"] == "2")
        // Its descriptors: standard ones, the loop's, what was handed over, and no file but the log.
        let files = gate.files
        #expect(Set(files.filter { $0 != "/dev/null" }).count == 1 && files.contains { $0.hasSuffix("/network.log") })
        process.kill(SIGKILL)
    }

    /// Connections whose other end does not read, full of bytes and half closed, fill the kernel's buffers and no more.
    @Test func memoryIsBounded() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["203.0.113.10:9001"])
        let process = try sandbox.command(
            "python3", "-c",
            """
            import resource, socket, time
            resource.setrlimit(7, (4096, 4096))
            connections = [socket.create_connection(("203.0.113.10", 9001)) for _ in range(500)]
            for connection in connections:
                connection.setblocking(False)
            block = bytes(1 << 20)
            # Round after round, as long as anything goes.
            quiet = 0
            while quiet < 20:
                sent = 0
                for connection in connections:
                    try:
                        sent += connection.send(block)
                    except BlockingIOError:
                        pass
                quiet = 0 if sent else quiet + 1
                time.sleep(0.01)
            for connection in connections:
                connection.shutdown(socket.SHUT_WR)
            print("full", flush=True)
            time.sleep(60)
            """
        ).start()
        try process.waitForOutput("full", timeout: 60)
        let gate = try GateOnHost(of: process.pid)
        let peak = try gate.status()["VmHWM"]?.split(separator: " ").first.flatMap { Int($0) } ?? 0
        #expect(peak > 1000 && peak < 400_000, "\(peak) KiB")
        process.kill(SIGTERM)
        _ = try process.wait()
        #expect(!gate.lives)
    }

    @Test func theGateEndsWithTheCall() throws {
        let sandbox = try NetworkSandbox(.user, allow: ["web.test"])
        let process = try sandbox.command("sleep", "60").start()
        try eventually("the gate") { GateOnHost.pid(of: process.pid) != nil }
        let gate = try GateOnHost(of: process.pid)
        process.kill(SIGTERM)
        #expect(try process.wait().status == 128 + SIGTERM)
        #expect(!gate.lives)
    }

    @Test func callsOfASessionHaveAGateEach() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        let processes = try (0..<3).map { _ in
            try sandbox.command("python3", "-c", Self.holding, options: ["--session", "s-\(uniqueNumber())"]).start()
        }
        for process in processes { try process.waitForOutput("ready") }
        let gates = try processes.map { try GateOnHost(of: $0.pid) }
        #expect(Set(gates.map(\.pid)).count == 3)
        processes[0].kill(SIGKILL)
        try eventually("the end of the first gate") { !gates[0].lives }
        #expect(gates[1].lives && gates[2].lives)
    }

    /// Nothing of a call is made where the program is not there.
    @Test func aMissingGateIsNamed() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        let alone = try sandbox.project.scratch.path("alone")
        try Files.makeDirectory(alone)
        _ = try Command("/bin/cp", [Runtime.current.path, alone + "/agentrt"]).run().succeeded()
        var command = try sandbox.project.command(["bash", "-c", "echo ran"], [], .nothing)
        command.program = alone + "/agentrt"
        let message = try command.run().refused()
        #expect(message.contains("\(alone)/agentrt-gate") && message.contains("not there"))
        #expect(Files.list(try sandbox.project.scratch.stateRoot).filter { !$0.hasPrefix(".") } == [])
    }

    /// A gate that does not come up is an error before the program has run.
    @Test(arguments: [("/bin/true", "ended with status 0"), ("/bin/false", "ended with status 1")])
    func aGateThatEndsEarlyIsNamed(_ program: String, _ reason: String) throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        let broken = try sandbox.project.scratch.path("broken")
        try Files.makeDirectory(broken)
        _ = try Command("/bin/cp", [Runtime.current.path, broken + "/agentrt"]).run().succeeded()
        _ = try Command("/bin/cp", [program, broken + "/agentrt-gate"]).run().succeeded()
        var command = try sandbox.project.command(["bash", "-c", "echo ran"], [], .nothing)
        command.program = broken + "/agentrt"
        #expect(try command.run().refused().contains("network gate: \(reason)"))
        #expect(Files.list(try sandbox.project.scratch.stateRoot).filter { !$0.hasPrefix(".") } == [])
    }

    @Test func byHandItSaysWhoStartsIt() throws {
        let output = try Command(Runtime.current.path + "-gate").run()
        #expect(output.status == 2 && output.message == "agentrt-gate: is started by agentrt, not by hand")
    }
}

/// A gate, seen from the host.
struct GateOnHost {
    let pid: pid_t

    /// The gate of the container that a runtime runs.
    init(of runtime: pid_t) throws {
        guard let pid = Self.pid(of: runtime) else { throw Failure("process \(runtime) has no gate") }
        self.pid = pid
    }

    init(pid: pid_t) { self.pid = pid }

    static func pid(of runtime: pid_t) -> pid_t? {
        all().first { (try? fields(of: $0)["PPid"]) == "\(runtime)" }
    }

    /// All gates of the machine.
    static func all() -> [pid_t] {
        Files.list("/proc").compactMap { pid_t($0) }.filter { (try? fields(of: $0)["Name"]) == "agentrt-gate" }
    }

    /// Whether it is there, and no zombie.
    var lives: Bool {
        guard let state = (try? status())?["State"] else { return false }
        return !state.hasPrefix("Z")
    }

    /// The files that it has open, by path.
    var files: [String] {
        // A descriptor may be closed meanwhile, or the process gone.
        Files.list("/proc/\(pid)/fd").compactMap { try? Files.linkTarget("/proc/\(pid)/fd/\($0)") }
            .filter { $0.hasPrefix("/") }
    }

    /// The gate that writes a container's log.
    static func writing(_ log: String) throws -> GateOnHost {
        guard let pid = all().first(where: { GateOnHost(pid: $0).files.contains(log) }) else {
            throw Failure("no gate writes \(log)")
        }
        return GateOnHost(pid: pid)
    }

    func status() throws -> [String: String] { try Self.fields(of: pid) }

    private static func fields(of pid: pid_t) throws -> [String: String] {
        var fields: [String: String] = [:]
        for line in try Files.read("/proc/\(pid)/status").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[String(parts[0])] =
                parts.count == 1 ? "" : parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return fields
    }
}
