import Glibc
import Testing

/// `SCMP_ACT_NOTIFY`: a supervisor outside decides on calls, through a listener that the runtime hands over.
@Suite(.needsRoot) struct SeccompNotifyTests {
    let scratch = Scratch()

    @Test(arguments: ["sync", "sendmsg", "recvmsg", "close"])
    func supervisorAnswersTheCall(_ call: String) throws {
        let (facts, _) = try supervised(call) { $0.payload("syscall", "sync", ",", "security") }
        #expect(facts["syscall sync"] == (call == "sync" ? "EXDEV" : "0"))
        #expect(facts["seccomp"] == "2")
    }

    @Test func messageSaysWhose() throws {
        let (_, message) = try supervised("sync") {
            $0.linux["seccomp"]["listenerMetadata"] = "some=thing"
            $0.annotations = ["org.example": "kept"]
            $0.payload("syscall", "sync")
        }
        #expect(message["ociVersion"].text?.isEmpty == false)
        #expect(message["fds"].elements.compactMap(\.text) == ["seccompFd"])
        #expect(message["metadata"].text == "some=thing")
        #expect((message["pid"].number ?? 0) > 0)
        #expect(message["state"]["pid"].number == message["pid"].number)
        #expect(message["state"]["status"].text == "creating")
        #expect(message["state"]["annotations"]["org.example"].text == "kept")
    }

    @Test func withoutNoNewPrivileges() throws {
        let (facts, _) = try supervised("sync") {
            $0.process["noNewPrivileges"] = false
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("syscall", "sync", ",", "caps")
        }
        #expect(facts["syscall sync"] == "EXDEV")
        #expect(facts["effective"] == "0")
    }

    @Test(arguments: [["SECCOMP_FILTER_FLAG_TSYNC"], ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]])
    func flags(_ flags: [String]) throws {
        if Runtime.current.kind == .crun { return }  // 1.8 knows no WAIT_KILLABLE_RECV
        let (facts, _) = try supervised("sync") {
            $0.linux["seccomp"]["flags"] = Node(flags)
            $0.payload("syscall", "sync")
        }
        #expect(facts["syscall sync"] == "EXDEV")
    }

    @Test(arguments: [false, true]) func execHasAListenerOfItsOwn(_ noNewPrivileges: Bool) throws {
        let socket = try ConsoleSocket(path: scratch.path("l"))
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter("sync", socket.path)
            $0.linux["seccomp"]["listenerMetadata"] = "some=thing"
            $0.process["noNewPrivileges"] = .bool(noNewPrivileges)
            $0.payload("pause")
        }
        try container.create()
        let (_, own) = try socket.receiveMessage()
        try container.start()
        for flags in [[], ["--detach"]] {
            let log = "/data/log-\(flags.count)"
            let script = "/payload syscall sync >\(log); echo end >>\(log)"
            let exec = try container.command(["exec"] + flags + [container.id, "/bin/sh", "-c", script]).start()
            let (text, listener) = try socket.receiveMessage()
            try Self.answer(listener)
            close(listener)
            _ = try exec.wait().succeeded()
            try eventually("the program to end") {
                try Files.read(container.bundle.rootfs + log) == "syscall sync=EXDEV\nend\n"
            }
            let message = try Node(parsing: text)
            #expect(message["metadata"].text == "some=thing")
            let state = message["state"]
            #expect(state["id"].text == container.id && state["status"].text == "running")
            #expect(try state["pid"].number == Int(container.pid()))
            #expect(message["pid"].number.map { $0 > 1 && $0 != state["pid"].number } == true)
        }
        close(own)
        try container.delete("--force")
    }

    @Test func execIsRefusedWhereNobodyListensAnyMore() throws {
        let socket = try ConsoleSocket(path: scratch.path("l"))
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter("sync", socket.path)
            $0.payload("pause")
        }
        try container.create()
        let (_, own) = try socket.receiveMessage()
        try container.start()
        try Files.removeTree(socket.path)
        let output = try container.command("exec", container.id, "/payload", "write", "/data/ran").run()
        #expect(output.status != 0 && !Files.exists(container.bundle.rootfs + "/data/ran"))
        agentrtOnly { #expect(output.message.contains("linux.seccomp.listenerPath: failed to connect")) }
        close(own)
        try container.delete("--force")
    }

    @Test func nobodyListens() throws {
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter("sync", try scratch.path("nobody"))
        }
        let message = try container.creating().run().refused()
        agentrtOnly {
            #expect(message.contains("linux.seccomp.listenerPath: failed to connect with seccomp agent"))
            #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        }
    }

    @Test func writeCannotBeNotified() throws {
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter("write", try scratch.path("nobody"))
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("SCMP_ACT_NOTIFY cannot be used for the write syscall")) }
    }

    @Test(.agentrtOnly) func listenerPathIsNeeded() throws {
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter("sync", nil)
        }
        #expect(try container.creating().run().refused().contains("linux.seccomp.listenerPath: is missing"))
    }

    /// With the supervisor answering EXDEV to sync(2), and going on with every other call.
    private func supervised(
        _ call: String, _ configure: (inout Config) throws -> Void
    ) throws -> (facts: Facts, message: Node) {
        let socket = try ConsoleSocket(path: scratch.path("l"))
        let container = try scratch.container {
            $0.linux["seccomp"] = Self.filter(call, socket.path)
            try configure(&$0)
        }
        let process = try container.running().start()
        let (text, listener) = try socket.receiveMessage()
        defer { close(listener) }
        try Self.answer(listener)
        return (try process.wait().succeeded().facts, try Node(parsing: text))
    }

    static func filter(_ call: String, _ path: String?) -> Node {
        var filter: Node = [
            "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["\(call)"], "action": "SCMP_ACT_NOTIFY"]],
        ]
        if let path { filter["listenerPath"] = .text(path) }
        return filter
    }

    private static func control(_ file: Int32, _ request: UInt, _ memory: UnsafeMutableRawBufferPointer) -> Int32 {
        guard let start = memory.baseAddress else { return -1 }
        return ioctl(file, request, start)
    }

    /// Answers until the last filtered process is gone, or often enough (seccomp_unotify(2)).
    static func answer(_ listener: Int32, atMost count: Int = .max) throws {
        for _ in 0..<count {
            var poll = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 30_000) == 1 else { throw Failure("no call was notified") }
            if poll.revents & Int16(POLLIN) == 0 { return }
            // struct seccomp_notif: id, pid, flags, then struct seccomp_data, which begins with the call's number.
            var request = [UInt64](repeating: 0, count: 10)
            let received = request.withUnsafeMutableBytes { control(listener, 0xC050_2100, $0) }
            if received < 0 {
                if errno == ENOENT || errno == EINTR { continue }  // The caller is gone.
                throw Failure.call("SECCOMP_IOCTL_NOTIF_RECV", "")
            }
            let isSync = Int32(truncatingIfNeeded: request[2]) == 162
            // struct seccomp_notif_resp: id, value, error, flags: SECCOMP_USER_NOTIF_FLAG_CONTINUE.
            var response: [UInt64] = [request[0], 0, isSync ? UInt64(UInt32(bitPattern: -EXDEV)) : 1 << 32]
            let sent = response.withUnsafeMutableBytes { control(listener, 0xC018_2101, $0) }
            if sent < 0, errno != ENOENT { throw Failure.call("SECCOMP_IOCTL_NOTIF_SEND", "") }
        }
    }
}

/// What a filter answers to calls that are newer than its profile.
@Suite(.needsRoot, .differs(.crun, "leaves it to the profile")) struct SeccompNewCallTests {
    let scratch = Scratch()

    /// 471 is above all that the profile names; 162, sync, and 400, which is no call, are not.
    @Test(arguments: [("SCMP_ACT_ERRNO", "EPERM"), ("SCMP_ACT_ALLOW", "0")])
    func newCallIsNotImplemented(_ action: String, _ sync: String) throws {
        let facts = try scratch.facts {
            $0.linux["seccomp"] = Self.profile(action)
            $0.payload("syscall", "471", ",", "syscall", "sync")
        }
        #expect(facts["syscall 471"] == "ENOSYS")
        #expect(facts["syscall sync"] == sync)
    }

    @Test func newCallOfAProfileForSeveralArchitectures() throws {
        let facts = try scratch.facts {
            $0.linux["seccomp"] = Self.profile("SCMP_ACT_ERRNO")
            $0.linux["seccomp"]["architectures"] = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
            $0.payload("syscall", "471", ",", "syscall", "sync")
        }
        #expect(facts["syscall 471"] == "ENOSYS")
        #expect(facts["syscall sync"] == "EPERM")
    }

    @Test func newCallWithinWhatIsKnownGetsTheDefault() throws {
        let facts = try scratch.facts {
            $0.linux["seccomp"] = Self.profile("SCMP_ACT_ERRNO")
            $0.payload("syscall", "425")  // io_uring_setup, which the profile does not name, below faccessat2.
        }
        #expect(facts["syscall 425"] == "EPERM")
    }

    private static func profile(_ action: String) -> Node {
        if action == "SCMP_ACT_ALLOW" { return ["defaultAction": "SCMP_ACT_ALLOW"] }
        return [
            "defaultAction": "\(action)",
            "syscalls": [["names": Node(SeccompTests.needed), "action": "SCMP_ACT_ALLOW"]],
        ]
    }
}
