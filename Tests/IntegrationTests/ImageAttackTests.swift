import Glibc
import Testing

/// What a root file system holds, or a configuration says, that runtimes have fallen for: it is refused, or stays inside.
@Suite(.needsRoot) struct ImageAttackTests {
    let scratch = Scratch()

    /// What /etc/passwd may be.
    enum Users: String, CaseIterable {
        case fifo, zeros, sparse, lines, kernelLog, directory, loop
    }

    /// CVE-2026-47262: the runtime looks for the user's home in a file that waits for ever, or has no end.
    @Test(.agentrtOnly, arguments: Users.allCases) func theUsersAreNoFile(_ users: Users) throws {
        let container = try scratch.container {
            $0.process["env"] = ["PATH=/bin"]
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("env")
        }
        let etc = container.bundle.rootfs + "/etc"
        if Files.status(etc) == nil { try Files.makeDirectory(etc) }
        let path = etc + "/passwd"
        if Files.status(path) != nil { try Files.removeTree(path) }
        switch users {
        case .fifo: try check(mkfifo(path, 0o666), "mkfifo", path)
        case .zeros: try check(symlink("/dev/zero", path), "symlink", path)
        case .kernelLog: try check(symlink("/proc/kmsg", path), "symlink", path)
        case .loop: try check(symlink("passwd", path), "symlink", path)
        case .directory: try Files.makeDirectory(path)
        case .sparse:
            try Files.write("", to: path)
            try check(truncate(path, 1 << 36), "truncate", path)
        case .lines: try Files.write(String(repeating: "x:x:1:1::/nowhere:\n", count: 1 << 17), to: path)
        }
        // It would wait, or take memory, until the harness gives up.
        var command = container.running()
        command.arguments = ["-c", "ulimit -v 4000000; exec \"$@\"", "bash", command.program] + command.arguments
        command.program = "/usr/bin/bash"
        let facts = try command.run(timeout: 20).succeeded().facts
        #expect(facts["env.HOME"] == "/")
    }

    /// A program, or the interpreter of one, that waits to be written into.
    @Test(.differs(.crun, "waits"), .differs(.runc, "waits"), arguments: ["/fifo", "/script"])
    func theProgramIsAFIFO(_ program: String) throws {
        let container = try scratch.container { $0.process["args"] = [.text(program)] }
        let rootfs = container.bundle.rootfs
        try check(mkfifo(rootfs + "/fifo", 0o777), "mkfifo", rootfs)
        try check(chmod(rootfs + "/fifo", 0o777), "chmod", rootfs)
        try Files.write("#!/fifo\n", to: rootfs + "/script", mode: 0o755)
        let output = try container.running().run(timeout: 20)
        #expect(output.status == 126, "\(output)")
    }

    /// CVE-2026-30892: what is no user is taken for root.
    @Test(arguments: [
        "", ":", "0x0", "1e3", " 0", "0 ", "-1", "4294967295", "4294967296", "18446744073709551616", ":1000", "1000:x",
        "1000:0:0", "root", "nobody:nogroup", "1000\n", "１", "0\u{0}1", "1000:4294967295", "1000:-1", "1,0",
    ]) func whatIsNoUserIsNotRoot(_ user: String) throws {
        if Runtime.current.kind != .agentrt { return }
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        try container.start()
        let output = try container.exec(["/payload", "ids"], ["--user", user]).run()
        // A NUL ends a word before anybody reads it.
        if user.contains("\u{0}") { return }
        #expect(output.status != 0 && output.standardOutput.isEmpty, "\(output)")
    }

    /// CVE-2021-43784: a length that does not fit into 16 bits makes the rest of a configuration something else.
    @Test(.agentrtOnly) func longValuesAreWhatTheyAre() throws {
        let long = String(repeating: "x", count: 70_000)
        let container = try scratch.container {
            $0.process["env"] = ["PATH=/bin", "HOME=/", .text("LONG=\(long)")]
            $0.payload("env", ",", "ids")
            $0.process["user"] = ["uid": 1000, "gid": 1000]
        }
        let facts = try container.run().succeeded().facts
        #expect(facts["env.LONG"] == long && facts["uid"] == "1000 1000 1000")
        for configure: (inout Config) -> Void in [
            { $0.mount("/data", type: "bind", source: "/" + long, ["bind"]) },
            { $0.mount("/" + long, type: "tmpfs", source: "tmpfs", []) },
            { $0.mount("/data", type: "tmpfs", source: "tmpfs", ["size=" + long]) },
            { $0.process["cwd"] = .text("/" + long) },
            { $0.linux["namespaces"] = [["type": "mount"], ["type": "pid", "path": .text("/" + long)]] },
            { $0.linux["cgroupsPath"] = .text("/" + long) },
            { $0.root["hostname"] = .text(long) },
        ] {
            let refused = try scratch.container {
                configure(&$0)
                $0.payload("ids")
            }
            let output = try refused.run()
            #expect(output.status != 0 && !output.standardOutput.contains("uid"), "\(output.standardError.prefix(300))")
        }
    }

    /// CVE-2024-3154: a property of systemd's by annotation, for whoever may only annotate.
    @Test(
        .agentrtOnly,
        arguments: [
            "ExecStartPre", "Environment", "BindPaths", "CollectMode", "TimeoutStopUSec", "", "a.b", "ExecStartPre\n",
        ]) func systemdGetsNoPropertyByAnnotation(_ name: String) throws
    {
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = "a.slice:b:c"
            $0.root["annotations"]["org.systemd.property." + name] = "['/bin/touch /evil']"
            $0.payload("ids")
        }
        let message = try container.mustRefuse(
            "run", "--bundle", container.bundle.directory, container.id, globals: ["--systemd-cgroup"])
        #expect(message.contains("org.systemd.property."), "\(message)")
    }

    /// CVE-2025-52565: the terminal is shown as /dev/console while /dev is exchanged for one whose terminal is a link.
    @Test func theConsoleIsTheTerminal() throws {
        let container = try scratch.container {
            $0.unmount("/dev")
            $0.unmount("/dev/pts")
            $0.unmount("/dev/shm")
            $0.unmount("/dev/mqueue")
            $0.mount("/dev/pts", type: "devpts", source: "devpts", ["newinstance", "ptmxmode=0666"])
            $0.process["terminal"] = true
            $0.payload("statfs", "/dev/console", ",", "stat", "/dev/console")
        }
        let rootfs = container.bundle.rootfs
        let outside = try scratch.makeFile("outside", "kept")
        for name in ["dev", "other"] where Files.status(rootfs + "/" + name) == nil {
            try Files.makeDirectory(rootfs + "/" + name)
        }
        try Files.makeDirectory(rootfs + "/other/pts")
        for (target, name) in [
            ("/proc/sysrq-trigger", "pts/0"), ("/proc/self/attr/exec", "pts/ptmx"), (outside, "console"),
        ] { try check(symlink(target, rootfs + "/other/" + name), "symlink", name) }
        let swapper = try scratch.holder("swap", rootfs + "/dev", rootfs + "/other")
        for _ in 0..<20 {
            let socket = try ConsoleSocket(path: scratch.path("console-\(uniqueNumber())"))
            let create = try container.creating(["--console-socket", socket.path]).start()
            let output = try create.wait()
            if output.status == 0 {
                let master = try socket.receiveDescriptor()
                try container.start()
                let text = Self.everything(of: master)
                close(master)
                #expect(!text.contains("statfs /dev/console=proc") && !text.contains("regular"), "\(text)")
            }
            _ = try container.command("delete", "--force", container.id).run()
        }
        swapper.kill(SIGKILL)
        #expect(try Files.read(outside) == "kept")
    }

    private static func everything(of master: Int32) -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(master, &buffer, buffer.count)
            if count <= 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }
}

/// The same, for users without rights.
@Suite struct ImageAttackRootlessTests {
    let scratch = Scratch(user: RootlessTests.user)

    /// CVE-2023-25809: without a control group namespace of its own the container's view of the groups can be written.
    @Test func theGroupsOfTheUserAreNotWritten() throws {
        for options in [["nosuid", "noexec", "nodev", "relatime"], ["rw"]] {
            let container = try scratch.container {
                $0.userNamespace(ofUser: RootlessTests.user, group: RootlessTests.group)
                $0.linux["cgroupsPath"] = nil
                $0.linux["resources"] = nil
                $0.share("cgroup")
                $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup", options)
                $0.payload(
                    "mkdir", "/sys/fs/cgroup/evil", ",", "write", "/sys/fs/cgroup/cgroup.procs", "0", ",", "list",
                    "/sys/fs/cgroup")
            }
            let output = try container.run()
            guard output.status == 0 else { continue }  // Refused.
            #expect(output.facts["mkdir /sys/fs/cgroup/evil"] != "ok", "\(output)")
            #expect(output.facts["write /sys/fs/cgroup/cgroup.procs"] != "ok", "\(output)")
        }
    }
}
