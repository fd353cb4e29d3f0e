import Glibc
import Testing

/// What agentrt does in a call's stead it does with the call's rights, and for the call alone.
@Suite(.needsRoot, .agentrtOnly) struct UnixSocketRightsTests {
    private let sockets = UnixSocketTests()

    /// Where a directory in memory was mounted, the program can put a link to one of the host's.
    @Test(arguments: Identity.allCases) func aMovedDirectoryIsNotTheCalls(_ identity: Identity) throws {
        let project = try sockets.project(identity, ", \"network\": \"host\"")
        let server = try sockets.listen(project, "src/s")
        let output = try sockets.python(
            project,
            """
            home = os.environ["HOME"]
            above = os.path.dirname(home)
            try:
                os.rename(above, above + ".moved"); os.mkdir(above); os.symlink(P + "/src", home)
            except OSError: pass
            print(refused(lambda: client(P + "/src/s")))
            """, variables: ["HOME": "/tmp/agentrt-tests-of/moving/home"])
        #expect(output.standardOutput == "13\n", "\(output)")
        #expect(!server.standardOutput.contains("reached"))
    }

    /// A listed socket is reached by the rights of the call, not by agentrt's.
    @Test(arguments: [Identity.rootInRootsProject, .rootInUsersProject]) func ownerAndModeHold(
        _ identity: Identity
    ) throws {
        let scratch = Scratch()
        let path = try scratch.makeDirectory("served") + "/s"
        let listen = """
            import socket, os, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chown(sys.argv[1], 1001, 1001)
            os.chmod(sys.argv[1], 0o600); s.listen(8)
            print("ready", flush=True)
            while True: s.accept(); print("reached", flush=True)
            """
        let server = try Command("/usr/bin/python3", ["-c", listen, path]).start()
        try server.waitForOutput("ready")
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/python3"], more: ",\n\"tools\": { \"t\": {} }")
        let text = try Files.read(project.profile)
            .replacing("\"<project root>/\"]", with: "\"<project root>/\", \"\(path)\"]")
        try Files.write(text, to: project.profile)
        let output = try sockets.python(project, "print(refused(lambda: client(\"\(path)\")))")
        #expect(output.standardOutput == "13\n", "\(output)")
        #expect(!server.standardOutput.contains("reached"))
        withExtendedLifetime(scratch) {}
    }

    /// A server in the call sees the call's user, by whatever name it is reached: not agentrt's.
    @Test(arguments: Identity.allCases) func aServerSeesTheCallsUser(_ identity: Identity) throws {
        let project = try sockets.project(identity)
        let output = try sockets.python(
            project,
            """
            import struct
            for name in ("\\0abstract", "/tmp/s", P + "/temp/s"):
                listener = server(name); kept = client(name)
                seen = listener.accept()[0].getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                assert struct.unpack("iII", seen) == (0, os.getuid(), os.getgid()), (name, struct.unpack("iII", seen))
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// Root may keep its capabilities as another user (SECBIT_NO_SETUID_FIXUP); what it connects as a call's, without.
    @Test func rightsDoNotOutliveTheUser() throws {
        let scratch = Scratch()
        let path = try scratch.makeDirectory("served") + "/s"
        let listen = """
            import socket, os, sys
            s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o600); s.listen(8)
            print("ready", flush=True)
            while True: s.accept(); print("reached", flush=True)
            """
        let server = try Command("/usr/bin/python3", ["-c", listen, path]).start()
        try server.waitForOutput("ready")
        let project = try sockets.project(.rootInUsersProject)
        let text = try Files.read(project.profile)
            .replacing("\"<project root>/\"]", with: "\"<project root>/\", \"\(path)\"]")
        try Files.write(text, to: project.profile)
        // PR_SET_SECUREBITS.
        let start =
            "import ctypes, os, sys; assert ctypes.CDLL(None).prctl(28, 4, 0, 0, 0) == 0; "
            + "os.execv(sys.argv[1], sys.argv[1:])"
        let program = UnixSocketTests.prelude + "print(refused(lambda: client(\"\(path)\")))"
        var command = Command(
            "/usr/bin/python3",
            [
                "-c", start, Runtime.current.path, "--root", try project.scratch.stateRoot, "run", "--profile",
                project.profile, "--project", project.directory, "--", "/usr/bin/python3", "-c", program,
            ])
        command.directory = project.directory
        let output = try command.run()
        #expect(output.standardOutput == "13\n", "\(output)")
        #expect(!server.standardOutput.contains("reached"))
        withExtendedLifetime(scratch) {}
    }

    /// One process makes a socket wait while another connects it: agentrt goes on all the same, and keeps limits.
    @Test func aSocketThatIsMadeToWaitHoldsNothingUp() throws {
        let project = try sockets.project(.rootInUsersProject, ", \"resources\": { \"wallTime\": \"60s\" }")
        let output = try sockets.python(
            project,
            """
            import fcntl
            full = server("/tmp/full"); full.listen(0); kept = [client("/tmp/full")]
            waiting = socket.socket(1, 1)
            if os.fork() == 0:
                while True:
                    fcntl.fcntl(waiting, fcntl.F_SETFL, os.O_NONBLOCK); fcntl.fcntl(waiting, fcntl.F_SETFL, 0)
            if os.fork() == 0:
                while True: waiting.connect_ex("/tmp/full")
            other = server("/tmp/other")
            end = time.monotonic() + 3
            while time.monotonic() < end: kept.append(client("/tmp/other")); kept.append(other.accept()[0]); kept = kept[:1]
            print("done", flush=True)
            os._exit(0)
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }
}
