import Glibc
import Testing

/// What a call takes of the host's memory, in every way that it can hold some, is what its limit says.
@Suite(.needsRoot, .agentrtOnly, .serialized, .enabled(if: ExhaustionAttempt.canBeHeld, "needs a memory controller"))
struct ExhaustionTests {
    @Test(arguments: ExhaustionAttempt.all, Identity.allCases.filter { $0 != .user })
    func memoryIsNotTaken(_ attempt: ExhaustionAttempt, _ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/python3"],
            more: ", \"resources\": { \"memory\": \"64MiB\", \"pids\": 64, \"wallTime\": \"60s\" }")
        let report = try project.scratch.path("report.json")
        let output = try project.run(
            ["/usr/bin/python3", "-c", ExhaustionAttempt.prelude + attempt.program], options: ["--report", report])
        let why = try Node(parsing: Files.read(report))["reason"].text
        switch attempt.end {
        case .killed: #expect(output.status == 137 && why == "memory", "\(attempt.name): \(output)")
        case .limited:
            #expect(output.status == 137 || output.standardOutput == "limited\n", "\(attempt.name): \(output)")
        }
    }

    /// Without a limit on memory too: empty files have no size, and take memory that cannot be swapped.
    @Test(arguments: Identity.allCases) func directoriesInMemoryHoldNoEndOfFiles(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/python3"])
        let output = try project.run(
            "/usr/bin/python3", "-c",
            """
            import os
            for place in ("/tmp", "/run", "/dev/shm", os.environ["HOME"]):
                files = os.statvfs(place).f_files
                assert 0 < files <= 262144, (place, files)
            count = 0
            try:
                while count < 70000: os.mkdir(f"/dev/shm/{count}"); count += 1
            except OSError as error: print(error.errno, 65000 < count < 65537)
            """)
        #expect(output.standardOutput == "28 True\n", "\(output)")
    }
}

/// A way to take memory.
struct ExhaustionAttempt: CustomTestStringConvertible, Sendable {
    /// `limited`: the kernel may refuse more, or kill.
    enum End { case killed, limited }

    let name: String
    let end: End
    let program: String

    var testDescription: String { name }

    /// Whether this machine's memory controller can be given to a call.
    static let canBeHeld =
        Files.exists("/sys/fs/cgroup/memory/memory.limit_in_bytes")
        || (try? Files.read("/sys/fs/cgroup/cgroup.controllers").contains("memory")) ?? false

    static let prelude = """
        import ctypes, mmap, os, socket, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        kept = []
        def fill(descriptor, size=65536):
            os.set_blocking(descriptor, False)
            try:
                while True: os.write(descriptor, b"x" * size)
            except BlockingIOError: pass
        def write_all(path):
            with open(path, "wb") as file:
                while True: file.write(b"x" * (1 << 20)); file.flush()
        # What is more than twice the limit is more than can be held.
        def more_than(mebibytes):
            if sum(held) >= mebibytes << 20: print("taken"); sys.exit(1)
        held = []

        """

    static let all: [ExhaustionAttempt] = [
        ExhaustionAttempt("private memory", "while True: kept.append(bytearray(1 << 20))"),
        ExhaustionAttempt(
            "shared mappings", "while True: kept.append(mmap.mmap(-1, 65536)); kept[-1].write(b'x' * 65536)"),
        ExhaustionAttempt("a file in /tmp", "write_all('/tmp/x')"),
        ExhaustionAttempt("a file in /dev/shm", "write_all('/dev/shm/x')"),
        ExhaustionAttempt("a file in the home", "write_all(os.environ['HOME'] + '/x')"),
        ExhaustionAttempt(
            "a file that has no name",
            "f = os.open('/tmp', os.O_TMPFILE | os.O_RDWR)\nwhile True: os.write(f, b'x' * (1 << 20))"),
        ExhaustionAttempt("empty files", "for i in range(250000): os.close(os.open(f'/tmp/{i}', os.O_CREAT))"),
        ExhaustionAttempt("directories", "for i in range(250000): os.mkdir(f'/tmp/{i}')"),
        ExhaustionAttempt("links", "for i in range(250000): os.symlink('x' * 4000, f'/tmp/{i}')"),
        ExhaustionAttempt(
            "attributes",
            """
            for i in range(250000):
                os.close(os.open(f'/tmp/{i}', os.O_CREAT))
                try: os.setxattr(f'/tmp/{i}', 'user.x', b'x' * 60000)
                except OSError: pass
            """),
        ExhaustionAttempt(
            "pipes",
            """
            for i in range(40):
                if os.fork() == 0:
                    while True:
                        try: kept.append(os.pipe()); fill(kept[-1][1])
                        except OSError: time.sleep(60)
            time.sleep(60)
            """),
        ExhaustionAttempt(
            "unix sockets",
            """
            while True:
                a, b = socket.socketpair(); kept.append((a, b))
                a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24); fill(a.fileno())
            """),
        ExhaustionAttempt(
            "descriptors that are nowhere but in sockets",
            """
            import array
            while True:
                a, b = socket.socketpair(); a.setblocking(False); kept.append((a, b))
                try:
                    while True:
                        f = os.open("/tmp", os.O_TMPFILE | os.O_RDWR); os.write(f, b"x" * 65536)
                        a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f]))]); os.close(f)
                except OSError: os.close(f)
            """),
        ExhaustionAttempt(
            "segments of System V",
            """
            while True:
                segment = libc.shmget(0, 1 << 24, 0o1600)
                ctypes.memset(libc.shmat(segment, None, 0), 1, 1 << 24)
            """),
        ExhaustionAttempt(
            "message queues",
            """
            text = ctypes.create_string_buffer(8 + 8000); text[0] = b'\\x01'
            while (queue := libc.msgget(0, 0o1600)) >= 0:
                while libc.msgsnd(queue, text, 8000, 0o4000) == 0: pass
            time.sleep(60)
            """),
        ExhaustionAttempt(
            "page tables",
            "while True: kept.append(mmap.mmap(-1, 1 << 31)); [kept[-1][i] for i in range(0, 1 << 31, 1 << 21)]"
        ),
        ExhaustionAttempt(
            "connections over loopback", end: .limited,
            """
            server = socket.create_server(("127.0.0.1", 0), backlog=100)
            began = time.monotonic()
            for i in range(400):
                if time.monotonic() - began > 20: break
                a = socket.create_connection(server.getsockname()); c, _ = server.accept(); kept += [a, c]
                a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 26); a.setblocking(False)
                try:
                    while True: held.append(a.send(b"x" * 65536)); more_than(200)
                except BlockingIOError: pass
            print("limited")
            """),
    ]

    init(_ name: String, end: End = .killed, _ program: String) {
        (self.name, self.end, self.program) = (name, end, program)
    }
}
