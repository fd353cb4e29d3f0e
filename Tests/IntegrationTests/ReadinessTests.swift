import Glibc
import Testing

/// `NOTIFY_SOCKET`: a service manager is told when the program of the container says that it is ready.
@Suite(.needsRoot) struct ReadinessTests {
    let scratch = Scratch()

    @Test(.differs(.crun, "1.8 is silent without systemd"), arguments: [false, true])
    func runTellsWhenTheProgramIsReady(_ hasUserNamespace: Bool) throws {
        if hasUserNamespace, Runtime.current.kind == .runc { return }  // 1.1 passes nothing on there.
        let manager = try Manager(scratch.path("manager"))
        let container = try scratch.container {
            if hasUserNamespace { $0.userNamespace() }
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("notify", "STATUS=not yet", "MAINPID=1", "READY=1\nSTATUS=now", ",", "env", ",", "pause")
        }
        var command = container.running()
        command.environment["NOTIFY_SOCKET"] = manager.path
        let run = try command.start()
        let message = try manager.receive()
        #expect(message.contains("READY=1") && !message.contains("STATUS"))
        agentrtOnly { #expect(message == "READY=1", "the runtime stays the main process") }
        try run.waitForOutput("env.NOTIFY_SOCKET=")
        let theirs = Facts(run.standardOutput)["env.NOTIFY_SOCKET"]
        agentrtOnly { #expect(theirs == manager.path + "/notify") }
        let directory = String(try #require(theirs).split(separator: "/").dropLast().joined(separator: "/"))
        let mounts = try MountTable(Files.read("/proc/\(container.pid())/mountinfo"))
        #expect(mounts["/" + directory]?.options.isSuperset(of: ["ro", "nosuid", "nodev", "noexec"]) == true)
        try container.kill("KILL")
        _ = try run.wait()
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(.differs(.crun, "1.8 is silent without systemd")) func startWaitsForIt() throws {
        let manager = try Manager(scratch.path("manager"))
        let container = try scratch.container {
            $0.payload("trap", "USR1", ",", "notify", "READY=1", ",", "pause")
        }
        var create = container.creating()
        create.environment["NOTIFY_SOCKET"] = manager.path
        let process = try create.start()
        _ = try process.wait().succeeded()
        var command = container.command("start", container.id)
        command.environment["NOTIFY_SOCKET"] = manager.path
        let start = try command.start()
        try process.waitForOutput("ready")
        try container.kill("USR1")
        // The other verbs do not wait for what `start` waits for.
        #expect(try container.status() == "running")
        let messages = try manager.receive() + "\n" + manager.receive()
        #expect(try messages.contains("READY=1") && messages.contains("MAINPID=\(container.pid())"))
        _ = try start.wait().succeeded()
        try container.delete("--force")
    }

    @Test(.differs(.crun, "1.8 is silent without systemd")) func startReturnsWhereTheProgramEndsWithoutAWord() throws {
        let manager = try Manager(scratch.path("manager"))
        let container = try scratch.container { $0.payload("exit", "0") }
        for verb in [container.creating(), container.command("start", container.id)] {
            var command = verb
            command.environment["NOTIFY_SOCKET"] = manager.path
            _ = try command.start().wait().succeeded()
        }
        try container.waitForStatus("stopped")
    }

    @Test(.agentrtOnly) func sandboxHasNone() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.landlock": "{\"execute\": [\"/payload\"]}"]
            $0.payload("env")
        }
        var command = container.running()
        command.environment["NOTIFY_SOCKET"] = try scratch.path("manager")
        let facts = try command.run().succeeded().facts
        #expect(facts["env.NOTIFY_SOCKET"] == nil && facts["env.PATH"] != nil)
    }
}

/// The socket of a service manager.
private final class Manager {
    let path: String
    private let socket: Int32

    init(_ path: String) throws {
        self.path = path
        socket = try check(Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0), "socket")
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try check(status, "bind", path)
    }

    deinit { close(socket) }

    /// The next datagram. What comes along is closed, as the manager does with the pipe of a barrier.
    func receive() throws -> String {
        var poll = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, 30_000) == 1 else { throw Failure("nobody told the service manager anything") }
        var data = [UInt8](repeating: 0, count: 4096)
        let count = try check(Int32(recv(socket, &data, data.count, 0)), "recv", path)
        return String(decoding: data.prefix(Int(count)), as: UTF8.self)
    }
}
