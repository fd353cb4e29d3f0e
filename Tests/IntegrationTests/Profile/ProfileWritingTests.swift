import Glibc
import Testing

/// What a read-only mount does not stop is stopped all the same: FIFOs, leases, memory behind the kernel's back.
@Suite(.needsRoot, .agentrtOnly) struct ProfileWritingTests {
    /// A project with FIFOs on which somebody outside waits. It lies in no directory which a sandbox has in memory, unless
    /// a test asks for that.
    private final class Place {
        let project: SandboxedProject
        let directory: String

        init(_ identity: Identity, _ more: String = "", in parent: String = "/var/tmp") throws {
            directory = "\(parent)/agentrt-test-\(getpid())-\(uniqueNumber())"
            project = try SandboxedProject(identity, executables: ["/usr/bin/bash", "/usr/bin/python3"], more: more)
            try Files.makeDirectory(directory)
            for name in ["src", "doc", "temp"] { try Files.makeDirectory(directory + "/" + name) }
            for name in ["src/fifo", "doc/fifo"] {
                try check(mkfifo(directory + "/" + name, 0o666), "mkfifo", name)
                try check(chmod(directory + "/" + name, 0o666), "chmod", name)
            }
            try Files.write("text\n", to: directory + "/src/main.txt")
            let owner = "\(identity.owner):\(identity.owner)"
            _ = try Command("/usr/bin/chown", ["-R", owner, directory]).run().succeeded()
        }

        deinit { do { try Files.removeTree(directory) } catch { print("cannot clean up: \(error)") } }

        func addToReadOnlyPaths(_ path: String) throws {
            let text = try Files.read(project.profile)
            let key = "\"readOnlyPaths\": ["
            try Files.write(text.replacing(key, with: key + "\"\(path)\", "), to: project.profile)
        }

        func python(_ text: String, _ words: [String] = [], input: Command.Input = .nothing) throws -> Output {
            var command = try project.command(["/usr/bin/python3", "-c", Self.prelude + text] + words, [], input)
            command.arguments = command.arguments.map { $0 == project.directory ? directory : $0 }
            command.directory = directory
            return try command.run()
        }

        private static let prelude = """
            import ctypes, fcntl, os, sys
            def refused(body):
                try: body()
                except OSError as error: return error.errno
                return 0
            def opened(path, flags): return refused(lambda: os.close(os.open(path, flags)))

            """
    }

    @Test(arguments: Identity.allCases) func aFIFOThatIsListedForReadingIsNotWritten(_ identity: Identity) throws {
        let place = try Place(identity)
        let output = try place.python(
            """
            P = os.getcwd()
            os.symlink(P + "/src/fifo", "/tmp/link")
            for path in ("src/fifo", P + "/src/fifo", "/tmp/link", "/proc/self/cwd/src/fifo"):
                for flags in (os.O_RDWR, os.O_WRONLY | os.O_NONBLOCK, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK):
                    assert opened(path, flags) == 13, (path, flags)
            kept = os.open("src/fifo", os.O_RDONLY | os.O_NONBLOCK)
            for path in (f"/proc/self/fd/{kept}", f"/dev/fd/{kept}"): assert opened(path, os.O_RDWR) == 13
            held = os.open("src/fifo", os.O_PATH)
            assert opened(f"/proc/self/fd/{held}", os.O_RDWR) == 13
            assert refused(lambda: os.link("src/fifo", "doc/other")) != 0
            # What may be written is written as ever, by whatever name.
            assert opened("doc/fifo", os.O_RDWR) == 0
            for place in ("doc", "temp", "/tmp", "/dev/shm", os.environ["HOME"]):
                assert opened(place + "/new", os.O_RDWR | os.O_CREAT) == 0, place
                os.mkdir(place + "/sub"); os.rename(place + "/new", place + "/sub/new")
                assert opened(place + "/sub/new", os.O_WRONLY | os.O_APPEND) == 0
                os.mkfifo(place + "/own"); assert opened(place + "/own", os.O_RDWR) == 0
                assert opened(place, os.O_TMPFILE | os.O_RDWR) in (0, 95)
            for path in ("/dev/null", "/dev/zero", "/dev/full", "/proc/self/comm", "/dev/stdout", "/proc/self/fd/2"):
                assert opened(path, os.O_WRONLY) == 0, path
            master, slave = os.openpty(); assert opened(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY) == 0
            end, start = os.pipe()
            assert opened(f"/proc/self/fd/{start}", os.O_WRONLY) == 0
            assert opened("src/main.txt", os.O_RDWR) == 30
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// Landlock's rules hold for all that is below a place, so FIFOs below what may be written are covered.
    @Test(arguments: Identity.allCases) func aFIFOBelowWhatMayBeWrittenIsCovered(_ identity: Identity) throws {
        let place = try Place(identity, in: "/tmp")
        let top = place.directory
        for name in ["doc/kept/deep", "src/a/b"] { try Files.makeDirectory("\(top)/\(name)") }
        let covered = ["src/fifo", "src/a/b/fifo", "doc/kept/fifo", "doc/kept/deep/fifo"]
        for name in covered where Files.status("\(top)/\(name)") == nil {
            try check(mkfifo("\(top)/\(name)", 0o666), "mkfifo", name)
            try check(chmod("\(top)/\(name)", 0o666), "chmod", name)
        }
        try Files.write("text\n", to: top + "/src/a/b/text")
        _ = try Command("/usr/bin/chown", ["-R", "\(identity.owner):\(identity.owner)", top]).run().succeeded()
        try place.addToReadOnlyPaths("<project root>/doc/kept")
        let opening = """
            for path in sys.argv[1:]:
                for flags in (os.O_RDWR, os.O_WRONLY | os.O_NONBLOCK, os.O_RDONLY | os.O_NONBLOCK, os.O_WRONLY | os.O_CREAT):
                    assert opened(path, flags) == 13, (path, flags)
                assert refused(lambda: os.unlink(path)) and refused(lambda: os.rename(path, "doc/other"))
                assert refused(lambda: os.link(path, "doc/other"))
            assert open("src/a/b/text").read() == "text\\n" and opened("doc/fifo", os.O_RDWR) == 0
            os.mkfifo("doc/new"); assert opened("doc/new", os.O_RDWR) == 0; os.unlink("doc/new")
            print("done")
            """
        #expect(try place.python(opening, covered).standardOutput == "done\n")
        // One that comes between two calls is covered in the second, whose plan is kept.
        usleep(40_000)
        #expect(try place.python(opening, covered).standardOutput == "done\n")
        try check(mkfifo(top + "/src/a/later", 0o666), "mkfifo", top)
        try check(chmod(top + "/src/a/later", 0o666), "chmod", top)
        let output = try place.python(opening, covered + ["src/a/later"])
        #expect(output.standardOutput == "done\n", "\(output)")
        #expect(output.standardError.contains("/src/a/later\" is covered: a FIFO"), "\(output)")
    }

    /// What cannot be listed cannot be searched for FIFOs, and whoever knows a name in it could write there.
    @Test func aDirectoryThatCannotBeListedIsCovered() throws {
        let place = try Place(.user, in: "/tmp")
        let top = place.directory
        for (name, mode) in [("entered", 0o711), ("shut", 0o700)] as [(String, mode_t)] {
            try Files.makeDirectory("\(top)/src/\(name)")
            try check(chmod("\(top)/src/\(name)", mode), "chmod", name)
            try check(mkfifo("\(top)/src/\(name)/fifo", 0o666), "mkfifo", name)
            try check(chmod("\(top)/src/\(name)/fifo", 0o666), "chmod", name)
        }
        let output = try place.python(
            "print(*[opened(f'src/{name}/fifo', os.O_RDWR) for name in ('entered', 'shut')], len(os.listdir('src')))")
        #expect(output.standardOutput == "13 13 4\n", "\(output)")
        #expect(output.standardError.contains("/src/entered\" is covered: cannot be searched"), "\(output)")
        #expect(!output.standardError.contains("/src/shut\" is covered"), "\(output)")
    }

    /// Neither below a place in memory nor elsewhere: a device of the host's, and a socket on which somebody waits.
    @Test(arguments: ["/tmp", "/var/tmp"], [Identity.rootInUsersProject, .rootInRootsProject])
    func devicesAndSocketsOfAReadableTreeAreOutOfReach(_ parent: String, _ identity: Identity) throws {
        let place = try Place(identity, in: parent)
        let null = dev_t(1 << 8 | 3)
        try check(mknod(place.directory + "/src/null", S_IFCHR | 0o666, null), "mknod", place.directory)
        try check(chmod(place.directory + "/src/null", 0o666), "chmod", place.directory)
        let server = Command(
            "/usr/bin/python3",
            [
                "-c",
                "import socket,sys,os\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o666)\n"
                    + "s.listen(4);print('ready',flush=True);sys.stdin.read()",
                place.directory + "/src/socket",
            ])
        var waiting = server
        waiting.input = .pipe
        let running = try waiting.start()
        try running.waitForOutput("ready")
        let output = try place.python(
            """
            import socket
            print(*[opened("src/null", flags) for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR)],
                  refused(lambda: socket.socket(socket.AF_UNIX).connect("src/socket")))
            """)
        #expect(output.standardOutput == "13 13 13 13\n", "\(output)")
        withExtendedLifetime(running) {}
    }

    /// A program that is added to a call is held by the same rules.
    @Test func anAddedProgramWritesNoFIFOEither() throws {
        let place = try Place(.rootInUsersProject)
        let id = "writing-\(uniqueNumber())"
        var command = try place.project.command(
            ["/usr/bin/python3", "-c", "import time; print('ready', flush=True); time.sleep(60)"], ["--id", id],
            .nothing)
        command.arguments = command.arguments.map { $0 == place.project.directory ? place.directory : $0 }
        command.directory = place.directory
        let call = try command.start()
        try call.waitForOutput("ready")
        let text = "exec 3<> src/fifo && echo written; exec 3<> doc/fifo && echo kept; exec 3> /tmp/x && echo new"
        let added = try Command(
            Runtime.current.path,
            ["--root", try place.project.scratch.stateRoot, "exec", id, "/usr/bin/bash", "-c", text]
        ).run()
        #expect(added.standardOutput == "kept\nnew\n", "\(added)")
        #expect(added.standardError.contains("src/fifo: Permission denied"))
    }

    /// A FIFO that is handed in as standard input is read; nobody writes into it what its next reader takes for the caller's.
    @Test(arguments: Identity.allCases) func whatIsHandedInToReadIsNotWritten(_ identity: Identity) throws {
        let place = try Place(identity)
        let fifo = place.directory + "/doc/../src/fifo"
        let holder = try check(open(fifo, O_RDWR | O_CLOEXEC), "open", fifo)
        defer { close(holder) }
        var command = try place.project.command(
            ["/usr/bin/bash", "-c", "read -r line; echo \"$line\"; echo evil > /proc/self/fd/0 || echo refused"], [],
            .nothing)
        command.arguments = command.arguments.map { $0 == place.project.directory ? place.directory : $0 }
        var shell = Command(
            "/usr/bin/bash", ["-c", "exec \"$@\" < \(fifo)", "bash", command.program] + command.arguments)
        (shell.user, shell.directory, shell.environment) = (command.user, place.directory, command.environment)
        _ = "line\n".withCString { write(holder, $0, 5) }
        #expect(try shell.run().standardOutput == "line\nrefused\n")
        #expect(Files.status(fifo)?.st_uid == identity.owner)
    }

    /// Who holds a lease of a file makes others wait who open it.
    @Test(arguments: Identity.allCases) func filesAreNotLeased(_ identity: Identity) throws {
        let place = try Place(identity)
        let output = try place.python(
            """
            for path in ("src/main.txt", "doc/new"):
                file = os.open(path, os.O_RDONLY | (os.O_CREAT if path == "doc/new" else 0))
                for kind in (fcntl.F_RDLCK, fcntl.F_WRLCK):
                    assert refused(lambda: fcntl.fcntl(file, 1024, kind)) == 13
                    libc = ctypes.CDLL(None, use_errno=True)
                    assert libc.syscall(72, file, ctypes.c_long(1 << 32 | 1024), kind) == -1 and ctypes.get_errno() == 13
                fcntl.flock(file, fcntl.LOCK_EX); fcntl.fcntl(file, fcntl.F_GETFL)
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    @Test(arguments: [true, false]) func whatIsWrittenOfProcIsAnswered(_ isDenied: Bool) throws {
        let project = try SandboxedProject(.rootInUsersProject, more: ", \"denyWriteExecuteMemory\": \(isDenied)")
        let path = "/proc/pressure/cpu"
        guard Files.status(path) != nil else { return }
        #expect(try project.answers("write \(path)\n") == [isDenied ? "EACCES" : "ok"])
    }

    /// What root may read of the host's memory without any capability.
    @Test func pagesOfTheHostAreNotSeen() throws {
        let project = try SandboxedProject(.rootInRootsProject, executables: ["/usr/bin/bash", "/usr/bin/cat"])
        for name in ["kpageflags", "kpagecount", "kpagecgroup"] where Files.status("/proc/" + name) != nil {
            let output = try project.run("/usr/bin/cat", "/proc/" + name)
            #expect(output.standardOutput.isEmpty && output.status == 0, "\(output.status)")
        }
    }

    /// Two ways to execute what was written that PR_SET_MDWE does not see.
    @Test(arguments: [true, false], Identity.allCases) func memoryThatIsExecutedIsNotWrittenByAnotherName(
        _ isDenied: Bool, _ identity: Identity
    ) throws {
        let place = try Place(identity, ", \"denyWriteExecuteMemory\": \(isDenied)")
        let output = try place.python(
            """
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_void_p
            segment = libc.shmget(0, 4096, 0o1700)
            written = libc.shmat(segment, None, 0)
            executed = libc.shmat(segment, None, 0o110000)
            print(executed == ctypes.c_void_p(-1).value, ctypes.get_errno(), written != executed)
            print(*[opened(path, os.O_RDWR) for path in ("/proc/self/mem", "/proc/thread-self/mem", f"/proc/{os.getpid()}/mem")])
            """)
        #expect(output.standardOutput == (isDenied ? "True 13 True\n13 13 13\n" : "False 0 True\n0 0 0\n"), "\(output)")
    }
}
