import Testing

/// What an attacker would try who has read what is promised: by ways that few programs ever go.
@Suite(.needsRoot, .agentrtOnly) struct UnusualAttemptTests {
    private static let prelude = """
        import ctypes, errno, fcntl, os, resource, socket, struct, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def system(number, *words):
            result = libc.syscall(number, *[ctypes.c_long(word) for word in words])
            return 0 if result >= 0 else ctypes.get_errno()
        def refused(body):
            try: body()
            except OSError as error: return error.errno
            return 0

        """

    private func python(_ identity: Identity, _ text: String, more: String = "") throws -> Output {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/python3"], more: more)
        return try project.run("/usr/bin/python3", "-c", Self.prelude + text)
    }

    /// Root without capabilities still owns what procfs gives to root: each file is looked for that it could write.
    @Test(arguments: Identity.allCases) func nothingOfTheKernelsCanBeWritten(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            null = os.stat("/dev/null").st_rdev
            found = []
            for place, directories, files in os.walk("/proc"):
                if place == "/proc":
                    directories[:] = [n for n in directories if not n.isdigit() and n not in ("self", "thread-self")]
                for name in files:
                    path = place + "/" + name
                    # What is masked is /dev/null.
                    if path.startswith("/proc/pressure/") or os.lstat(path).st_rdev == null: continue
                    if refused(lambda: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))) == 0: found.append(path)
            print(found)
            """)
        #expect(output.standardOutput == "[]\n", "\(output)")
    }

    /// Of process 1, which is agentrt's, nothing can be learnt or taken but what every process shows.
    @Test(arguments: Identity.allCases) func theInitialProcessIsShut(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            shut = ["environ", "mem", "maps", "smaps", "auxv", "exe", "cwd", "root", "fdinfo/0", "ns/mnt",
                    "ns/user",
                    "ns/net", "pagemap", "stack", "syscall", "io", "personality",
                    "task/1/mem", "task/1/environ"]
            for name in shut:
                assert refused(lambda: os.read(os.open("/proc/1/" + name, os.O_RDONLY), 1)) in (1, 13), name
            # Root may list them, and open none.
            try: numbers = os.listdir("/proc/1/fd")
            except OSError: numbers = []
            for number in numbers: assert refused(lambda: os.open("/proc/1/fd/" + number, os.O_RDONLY)) == 13, number
            process = libc.syscall(434, 1, 0)
            for number in range(0xFF01, 0xFF0B): assert libc.ioctl(process, number, 0) == -1, hex(number)
            for number, words in ((310, (1, 0, 0, 0, 0, 0)), (311, (1, 0, 0, 0, 0, 0)),
                                  (312, (1, os.getpid(), 0, 0, 0)),
                                  (438, (process, 0, 0)), (440, (process, 0, 0, 0, 0)), (448, (process, 0)),
                                  (256, (1, 0, 0, 0)), (279, (1, 0, 0, 0, 0, 0)), (101, (16, 1, 0, 0)),
                                  (308, (process, 0))):
                assert system(number, *words) != 0, number
            assert refused(lambda: os.kill(1, 19)) == 0 and refused(lambda: os.kill(1, 9)) == 0
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// Requests to file systems, by descriptors of what may be read, of a program, and of what may be written.
    @Test(arguments: Identity.allCases) func fileSystemsAreNotChanged(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            requests = [("freeze", 0xC0045877, 4), ("trim", 0xC0185879, 24), ("shutdown", 0x8004587D, 4),
                ("label", 0x41009432, 256), ("grow", 0x40086610, 8), ("swap files", 0xC028660F, 40),
                ("block map", 1, 4)]
            attributes = [("flags", 0x40086602, struct.pack("l", 0x10)), ("more flags", 0x401C5820, bytes(28)),
                ("generation", 0x40087602, struct.pack("l", 9)), ("verity", 0x40806685, bytes(128)),
                ("encryption", 0x800C6613, bytes(12)), ("key", 0xC0506617, bytes(80))]
            for path in ("src", "src/main.txt", sys.executable, "doc", "/tmp"):
                file = os.open(path, os.O_RDONLY)
                for name, number, size in requests:
                    assert refused(lambda: fcntl.ioctl(file, number, bytes(size))) != 0, (path, name)
                for name, number, value in attributes:
                    if path in ("doc", "/tmp") and name != "flags": continue
                    if path == "/tmp" and name == "flags": continue
                    assert refused(lambda: fcntl.ioctl(file, number, value)) != 0, (path, name)
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// What is counted for the whole host.
    @Test(arguments: Identity.allCases) func whatAllShareIsNotUsedUp(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            context = ctypes.c_ulong(0)
            assert libc.syscall(206, 1000, ctypes.byref(context)) == -1
            kept = []
            def terminals():
                while len(kept) < 1000: kept.append(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
            assert refused(terminals) == 28 and len(kept) <= 256, len(kept)
            assert libc.mlockall(3) != 0 or resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] < 1 << 30
            for clock in (8, 9): assert system(283, clock, 0) != 0
            assert libc.sched_setscheduler(0, 2, ctypes.byref(ctypes.c_int(1))) == -1
            assert system(251, 1, 0, 1 << 13) != 0 and libc.setpriority(0, 0, -1) != 0
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// Protocols of the kernel's that a tool may load, and options that reach beyond its network.
    @Test(arguments: Identity.allCases) func networkProtocolsStayFew(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            for protocol in ((2, 1, 132), (2, 2, 115), (2, 2, 1), (10, 2, 58), (2, 3, 255), (16, 3, 4), (16, 3, 12),
                             (16, 3, 15), (16, 3, 16), (16, 3, 20), (17, 3, 0), (40, 1, 0), (38, 5, 0), (41, 2, 0),
                             (44, 3, 0), (30, 2, 0)):
                assert refused(lambda: socket.socket(*protocol)) != 0, protocol
            peer = socket.socket()
            for level, option, value in ((1, 36, struct.pack("i", 7)), (1, 32, struct.pack("i", 1 << 28)),
                                         (0, 19, struct.pack("i", 1)),
                                         (1, 33, struct.pack("i", 1 << 28)), (0, 64, bytes(84)), (41, 64, bytes(84))):
                assert refused(lambda: peer.setsockopt(level, option, value)) != 0, (level, option)
            main, other = os.openpty()
            for number in (0x5412, 0x541C, 0x541D, 0x5437, 0x541F):
                assert refused(lambda: fcntl.ioctl(other, number, bytes(4))) != 0, hex(number)
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }

    /// A namespace can be named by descriptor; neither its parent nor another one is had from it.
    @Test(arguments: Identity.allCases) func namespacesLeadNowhere(_ identity: Identity) throws {
        let output = try python(
            identity,
            """
            for name in os.listdir("/proc/self/ns"):
                own = os.open("/proc/self/ns/" + name, os.O_RDONLY)
                for number in (0xB702, 0x8010B70B, 0x8010B70C):
                    assert refused(lambda: fcntl.ioctl(own, number, bytes(64))) != 0, (name, hex(number))
                assert system(308, own, 0) == 1
                user = libc.ioctl(own, 0xB701)
                if user >= 0: assert system(308, user, 0) == 1 and libc.ioctl(user, 0xB702) == -1, name
            for path in ("uid_map", "gid_map", "setgroups", "timens_offsets"):
                assert refused(lambda: os.write(os.open("/proc/self/" + path, os.O_WRONLY), b"0 0 1")) != 0, path
            print("done")
            """)
        #expect(output.standardOutput == "done\n", "\(output)")
    }
}
