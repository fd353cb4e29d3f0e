import Glibc
import Testing

/// A call reaches the unix sockets that its own processes have made, whatever lies in the paths that it may read or write.
@Suite(.needsRoot, .agentrtOnly) struct UnixSocketTests {
    /// What the programs below begin with: `server` and `client` of a path, `refused`, which tells why not.
    static let prelude = """
        import array, os, socket, sys, threading, time
        P = os.getcwd()
        def server(path, kind=socket.SOCK_STREAM):
            listener = socket.socket(socket.AF_UNIX, kind)
            listener.bind(path)
            listener.listen(16)
            return listener
        def client(path, kind=socket.SOCK_STREAM):
            connection = socket.socket(socket.AF_UNIX, kind)
            connection.connect(path)
            return connection
        def refused(body):
            try: body()
            except OSError as error: return error.errno
            return 0

        """

    func project(_ identity: Identity, _ more: String = "") throws -> SandboxedProject {
        try SandboxedProject(identity, executables: ["/usr/bin/bash", "/usr/bin/python3"], more: more)
    }

    func python(
        _ project: SandboxedProject, _ text: String, _ words: String..., variables: [String: String] = [:]
    ) throws -> Output {
        try project.run(["/usr/bin/python3", "-c", Self.prelude + text] + words, variables: variables)
    }

    /// A server outside, which says who has come.
    func listen(_ project: SandboxedProject, _ name: String) throws -> RunningProcess {
        let text = """
            import socket, os, sys
            s = socket.socket(socket.AF_UNIX)
            s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); os.chown(sys.argv[1], int(sys.argv[2]), -1)
            s.listen(64)
            print("ready", flush=True)
            while True: s.accept(); print("reached", flush=True)
            """
        let server = try Command(
            "/usr/bin/python3", ["-c", text, project.directory + "/" + name, "\(project.identity.owner)"]
        ).start()
        try server.waitForOutput("ready")
        return server
    }

    @Test(arguments: Identity.allCases) func itsOwnAreReached(_ identity: Identity) throws {
        let project = try project(identity)
        let output = try python(
            project,
            """
            kept = []
            for place in ["/tmp/s", "/dev/shm/s", "/run/s" if os.getuid() == 0 else "/tmp/t", P + "/temp/s", "temp/t", "\\0name"]:
                for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
                    name = place + str(kind)
                    listener = server(name, kind)
                    kept.append(listener)
                    connection = client(name, kind)
                    accepted = listener.accept()[0]
                    connection.send(b"text")
                    assert accepted.recv(9) == b"text"
            # Descriptors travel; names that are links, and links that have moved, lead there as well.
            left, right = socket.socketpair()
            socket.send_fds(left, [b"x"], [1])
            assert len(socket.recv_fds(right, 1, 1)[1]) == 1
            os.symlink("/tmp/s1", "/tmp/link")
            client("/tmp/link")
            os.rename("/tmp/s1", "/tmp/moved")
            client("/tmp/moved")
            # A queue that is full: whoever waits is let in later, whoever does not is told at once.
            listener = server("/tmp/full")
            listener.listen(0)
            first = client("/tmp/full")
            hurried = socket.socket(socket.AF_UNIX)
            hurried.setblocking(False)
            assert refused(lambda: hurried.connect("/tmp/full")) == 11
            waiting = threading.Thread(target=lambda: client("/tmp/full"))
            waiting.start()
            listener.accept()
            listener.accept()
            waiting.join()
            assert refused(lambda: client("/tmp/none")) == 2
            assert refused(lambda: client("/tmp")) == 111
            """)
        #expect(output.status == 0, "\(output)")
    }

    @Test(arguments: Identity.allCases) func connectionsOverTheNetworkAreMadeAsEver(_ identity: Identity) throws {
        let output = try python(
            try project(identity),
            """
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                listener = socket.socket(family)
                listener.bind((address, 0))
                listener.listen(64)
                for blocks in (True, False):
                    connection = socket.socket(family)
                    connection.setblocking(blocks)
                    assert connection.connect_ex(listener.getsockname()) == (0 if blocks else 115)
                    accepted = listener.accept()[0]
                    accepted.send(b"x")
                    connection.setblocking(True)
                    assert connection.recv(1) == b"x"
                assert connection.connect_ex(listener.getsockname()) in (0, 106)
                assert socket.socket(family).connect_ex((address, 1)) == 111
                names = socket.socket(family, socket.SOCK_DGRAM)
                assert names.connect_ex((address, 9)) == 0 and names.getpeername()[1] == 9
            assert socket.socket().connect_ex(("192.0.2.1", 80)) == 101
            # Many at a time, of which each waits for itself.
            listener.listen(512)
            threads = [threading.Thread(target=lambda: socket.create_connection(listener.getsockname()[:2])) for _ in range(64)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            """)
        #expect(output.status == 0, "\(output)")
    }

    @Test(arguments: Identity.allCases) func othersAreNot(_ identity: Identity) throws {
        let project = try project(identity)
        let servers = try ["src/s", "temp/s", "doc/s"].map { try listen(project, $0) }
        let output = try python(
            project,
            """
            for name in [P + "/src/s", "src/s", "temp/s", P + "/src/../doc/s"]: assert refused(lambda: client(name)) == 13, name
            os.chdir("src")
            assert refused(lambda: client("s")) == 13
            assert refused(lambda: client("../temp/s")) == 13
            os.chdir("..")
            os.symlink(P + "/src/s", "/tmp/link")
            assert refused(lambda: client("/tmp/link")) == 13
            os.link("temp/s", "temp/other")
            assert refused(lambda: client("temp/other")) == 13
            os.rename("temp/other", "temp/moved")
            assert refused(lambda: client("temp/moved")) == 13
            for kind in (2, 3, 2 | 0o2000000, 1 << 4 | 2, 6, 10):
                assert refused(lambda: socket.socket(1, kind)) == 13, kind
                assert refused(lambda: socket.socketpair(1, kind)) == 13, kind
            """)
        #expect(output.status == 0, "\(output)")
        for server in servers { #expect(!server.standardOutput.contains("reached"), "\(server.standardOutput)") }
    }

    /// While one thread connects, others change the path, the address and the descriptor that it has named.
    /// With the host's network come its abstract names, which nobody can tell from the call's own.
    @Test(arguments: Identity.allCases) func abstractNamesOfTheHostAreNot(_ identity: Identity) throws {
        let project = try project(identity, ", \"network\": \"host\"")
        let name = "test-host-" + uniqueNumber()
        let listen = """
            import socket
            s = socket.socket(socket.AF_UNIX); s.bind("\\0\(name)"); s.listen(8)
            print("ready", flush=True)
            while True: s.accept(); print("reached", flush=True)
            """
        let server = try Command("/usr/bin/python3", ["-c", listen]).start()
        try server.waitForOutput("ready")
        let output = try python(
            project,
            """
            assert refused(lambda: client("\\0\(name)")) == 13
            print(refused(lambda: client("\\0nobody")))
            """)
        #expect(output.standardOutput == "13\n", "\(output)")
        #expect(!server.standardOutput.contains("reached"))
    }

    @Test(arguments: Identity.allCases) func othersAreNotReachedByARaceEither(_ identity: Identity) throws {
        let project = try project(identity)
        let server = try listen(project, "src/s")
        let output = try python(
            project,
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            mine = server("/tmp/mine"); mine.listen(4096)
            web = socket.socket(); web.bind(("127.0.0.1", 0)); web.listen(4096)
            def address(path): return b"\\x01\\x00" + path.encode() + b"\\0"
            other, own = address(P + "/src/s"), address("/tmp/mine")
            inet = b"\\x02\\x00" + web.getsockname()[1].to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
            buffer = ctypes.create_string_buffer(128)
            end = time.time() + 1.5
            number = os.dup(web.fileno())
            def flip(body):
                while time.time() < end: body()
            def paths():
                for target in ("/tmp/mine", P + "/src/s"):
                    os.symlink(target, "/tmp/new"); os.rename("/tmp/new", "/tmp/flip")
            def memory():
                for text in (own, other, inet): buffer.raw = text.ljust(128, b"\\0")
            def descriptors():
                for family in (1, 2):
                    made = socket.socket(family); os.dup2(made.fileno(), number)
            paths(); memory()
            threads = [threading.Thread(target=flip, args=(body,)) for body in (paths, memory, descriptors)]
            for thread in threads: thread.start()
            tries = 0
            while time.time() < end:
                try: client("/tmp/flip").close()
                except OSError: pass
                fresh = socket.socket(1, 1)
                libc.connect(fresh.fileno(), buffer, len(other))
                libc.connect(number, buffer, len(other))
                libc.connect(number, buffer, 16)
                tries += 1
            for thread in threads: thread.join()
            print("tries", tries > 0)
            """)
        #expect(output.standardOutput.contains("tries True"), "\(output)")
        #expect(!server.standardOutput.contains("reached"))
    }

    @Test(arguments: Identity.allCases) func oneThatIsMadeLaterIsNone(_ identity: Identity) throws {
        let project = try project(identity)
        let text = """
            print("begun", flush=True)
            while not os.path.exists("temp/go"): time.sleep(0.01)
            for name in ("src/late", "temp/late"): print(refused(lambda: client(name)), flush=True)
            """
        let call = try project.start("/usr/bin/python3", "-c", Self.prelude + text)
        try call.waitForOutput("begun")
        let servers = try ["src/late", "temp/late"].map { try listen(project, $0) }
        try Files.write("", to: project.directory + "/temp/go")
        #expect(try call.wait().succeeded().standardOutput == "begun\n13\n13\n")
        for server in servers { #expect(!server.standardOutput.contains("reached")) }
    }

    /// Two calls that may write one directory cannot meet at a socket there.
    @Test(arguments: Identity.allCases) func anotherCallsIsNone(_ identity: Identity) throws {
        let project = try project(identity)
        let text = """
            listener = server("temp/meeting")
            client("temp/meeting")
            print("listens", flush=True)
            while not os.path.exists("temp/go"): time.sleep(0.01)
            """
        let first = try project.start("/usr/bin/python3", "-c", Self.prelude + text)
        try first.waitForOutput("listens")
        let second = try python(project, "print(refused(lambda: client('temp/meeting')))")
        #expect(second.standardOutput == "13\n", "\(second)")
        try Files.write("", to: project.directory + "/temp/go")
        _ = try first.wait().succeeded()
    }

    @Test(arguments: Identity.allCases) func aProfileMayAskForNoneOrAll(_ identity: Identity) throws {
        let text = """
            print(refused(lambda: server("/tmp/s")), refused(lambda: client("/tmp/s")), refused(lambda: client("src/s")),
                  refused(lambda: socket.socketpair(1, 2)), refused(lambda: socket.socketpair()))
            """
        for (value, expected) in [("none", "13 13 13 13 0\n"), ("own", "0 0 13 13 0\n"), ("host", "0 0 0 0 0\n")] {
            let project = try project(identity, ", \"unixSockets\": \"\(value)\"")
            let server = try listen(project, "src/s")
            // A socket that is nobody's any more refuses, and one that is listened on does not.
            let kept = text.replacing("server(\"/tmp/s\")", with: "globals().update(kept=server(\"/tmp/s\"))")
            #expect(try python(project, kept).standardOutput == expected)
            #expect(server.standardOutput.contains("reached") == (value == "host"))
        }
    }

    /// A socket that an entry names is reached, and no other one that a call puts in its place.
    @Test(arguments: Identity.allCases) func whatIsListedByItselfIsReached(_ identity: Identity) throws {
        let project = try project(identity)
        let servers = try ["src/s", "src/other", "temp/s", "temp/other"].map { try listen(project, $0) }
        let profile = try Files.read(project.profile)
        let lists = #""readOnlyPaths": ["<project root>/src/s", "<project root>/s*/othe[r]", "<project root>/temp/s","#
        try Files.write(
            profile.replacing("\"readOnlyPaths\": [", with: lists), to: project.profile)
        let text = """
            print(*[refused(lambda: client(name)) for name in ("src/s", "src/other", "temp/s", "temp/other")])
            print(refused(lambda: os.rename("temp/other", "temp/s")) != 0, refused(lambda: client("temp/s")))
            """
        #expect(try python(project, text).standardOutput == "0 13 13 13\nTrue 13\n")
        #expect(servers.map { $0.standardOutput.contains("reached") } == [true, false, false, false])
        let checked = try Command(
            Runtime.current.path, ["check", project.profile, "--project", project.directory]
        ).run().succeeded()
        let told = checked.standardOutput + checked.standardError
        #expect(told.contains("temp/s\" is a socket in a writeable directory"), "\(told)")
        let questions = ["src/s", "src/other", "temp/s"].map { "connect \(project.directory)/\($0)\n" }.joined()
        #expect(try project.answers(questions) == ["ok", "EACCES", "EACCES"])
    }

    /// Where nobody stays to connect in its stead there are none: in a bundle that another runtime runs, in a container
    /// that was created, and in a program that is added.
    @Test func withoutTheRuntimeThereAreNone() throws {
        let project = try project(.rootInUsersProject)
        let server = try listen(project, "src/s")
        let bundle = try project.scratch.path("made")
        let text = Self.prelude + "print(refused(lambda: client('src/s')), refused(lambda: server('/tmp/s')))"
        _ = try Command(
            Runtime.current.path,
            [
                "bundle", project.profile, "--project", project.directory, "--output", bundle, "--", "python3", "-c",
                text,
            ]
        ).run().succeeded()
        let runc = try Command(
            "/usr/sbin/runc",
            ["--root", project.scratch.stateRoot, "run", "--bundle", bundle, "test-\(uniqueNumber())"]
        ).run()
        #expect(runc.standardOutput == "13 13\n", "\(runc)")
        let id = "unix-\(uniqueNumber())"
        let wait = "print(refused(lambda: server('/tmp/s')), flush=True); time.sleep(60)"
        let call = try project.start(
            "/usr/bin/python3", "-c", Self.prelude + wait, options: ["--id", id])
        try call.waitForOutput("0")
        let added = try Command(
            Runtime.current.path,
            ["--root", project.scratch.stateRoot, "exec", id, "/usr/bin/python3", "-c", text]
        ).run()
        #expect(added.standardOutput == "13 13\n", "\(added)")
        #expect(!server.standardOutput.contains("reached"))
    }

    /// Nothing that a program does with its sockets holds the runtime up, or ends it.
    @Test func theRuntimeIsNotHeldUp() throws {
        let project = try project(.rootInUsersProject, ", \"resources\": { \"wallTime\": \"20s\" }")
        let output = try python(
            project,
            """
            import struct
            # Waits that never end, more than the runtime has descriptors for, and their ends.
            silent = server("/tmp/silent"); silent.listen(0); kept = client("/tmp/silent")
            children = []
            for _ in range(230):
                pid = os.fork()
                if pid == 0:
                    refused(lambda: client("/tmp/silent")); os._exit(0)
                children.append(pid)
            # A socket whose last owner would wait for its data to be taken.
            web = socket.socket(); web.bind(("127.0.0.1", 0)); web.listen(8)
            slow = socket.create_connection(web.getsockname())
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
            slow.setblocking(False)
            try:
                while True: slow.send(bytes(65536))
            except BlockingIOError: pass
            def again():
                for _ in range(200): slow.connect_ex(web.getsockname())
            threads = [threading.Thread(target=again) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            for pid in children: os.kill(pid, 9)
            for pid in children: os.waitpid(pid, 0)
            # What is no socket, no descriptor, no address.
            assert refused(lambda: socket.socket(fileno=os.open("/dev/null", 0))) != 0
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            def connect(*words):
                ctypes.set_errno(0); libc.connect(*words); return ctypes.get_errno()
            assert connect(1 << 20, b"", 0) == 9
            assert connect(os.open("/dev/null", 0), bytes(16), 16) == 88
            s = socket.socket(1, 1).fileno()
            opened = socket.socket(1, 1); s = opened.fileno()
            assert connect(s, bytes(16), 16) == 22
            assert connect(s, ctypes.c_void_p(1), 16) == 14
            assert connect(s, bytes(300), 300) == 22
            assert connect(s, bytes(16), -1) == 22
            listener = server("/tmp/s"); client("/tmp/s")
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }
}
