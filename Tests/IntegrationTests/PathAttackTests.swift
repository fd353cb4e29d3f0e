import Glibc
import Testing

/// Attacks of the kinds that runtimes have had CVEs for: each must end inside the container, with the host unchanged.
///
/// Whether the runtime refuses or carries on inside is its own affair, unless a test says so.
@Suite(.needsRoot) struct PathAttackTests {
    let scratch = Scratch()
    private static let rounds = 25

    /// What a bundle has made at a place, whose parent is swapped meanwhile with a link to the host.
    enum Making: String, CaseIterable {
        case directoryMount, fileMount, deepMount, device, copiedLink, workingDirectory, mask, readOnly
    }

    /// CVE-2021-30465, CVE-2019-18837, CVE-2024-45310, CVE-2026-41579: a directory on the way becomes a link while the
    /// runtime is at it.
    @Test(arguments: Making.allCases) func directoryIsSwappedForALinkToTheHost(_ making: Making) throws {
        if making == .copiedLink, Runtime.current.kind != .agentrt { return }
        let outside = try scratch.makeDirectory("outside")
        try Files.makeDirectory(outside + "/kept")
        let link = try scratch.path("link")
        try check(symlink("/anywhere", link), "symlink", link)
        let shared = try scratch.makeDirectory("shared")
        let file = try scratch.makeFile("file", "text")
        let container = try scratch.container {
            switch making {
            case .directoryMount: $0.mount("/data/way/target", type: "bind", source: shared, ["bind"])
            case .fileMount: $0.mount("/data/way/target", type: "bind", source: file, ["bind"])
            case .deepMount: $0.mount("/data/way/a/b/c", type: "bind", source: shared, ["bind"])
            case .device:
                $0.linux["devices"] = [
                    ["path": "/data/way/node", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666]
                ]
            case .copiedLink: $0.mount("/data/way/link", type: "bind", source: link, ["bind", "copy-symlink"])
            case .workingDirectory: $0.process["cwd"] = "/data/way/place"
            case .mask: $0.linux["maskedPaths"] = ["/data/way/kept"]
            case .readOnly: $0.linux["readonlyPaths"] = ["/data/way/kept"]
            }
            $0.payload("write", "/data/way/kept/from-inside", "x")
        }
        let data = container.bundle.rootfs + "/data"
        try Files.makeDirectory(data + "/way")
        try Files.makeDirectory(data + "/way/kept")
        try check(symlink(outside, data + "/link"), "symlink", data)
        let swapper = try scratch.holder("swap", data + "/way", data + "/link")
        for _ in 0..<Self.rounds { _ = try container.run() }
        swapper.kill(SIGKILL)
        #expect(Files.list(outside) == ["kept"])
        #expect(Files.list(outside + "/kept") == [])
        #expect(try Files.linkTarget(link) == "/anywhere")
    }

    /// CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-62596: /proc is a link, now and then.
    @Test func procIsSwappedForALink() throws {
        let container = try scratch.container {
            $0.payload("statfs", "/proc", "/data/proc", ",", "stat", "/proc/self/status", ",", "read", "/proc/keys")
        }
        let rootfs = container.bundle.rootfs
        try Files.makeDirectory(rootfs + "/data/proc")
        try check(symlink("data/proc", rootfs + "/link"), "symlink", rootfs)
        let swapper = try scratch.holder("swap", rootfs + "/proc", rootfs + "/link")
        for _ in 0..<Self.rounds {
            let output = try container.run()
            guard output.status == 0 else { continue }
            // A procfs has its masks; the link may be back by the time of the second look.
            let facts = output.facts
            if facts["statfs /proc"]?.hasPrefix("9fa0 ") == true {
                #expect(["", "ENOENT"].contains(facts["read /proc/keys"]))
            }
        }
        swapper.kill(SIGKILL)
        #expect(Files.list(rootfs + "/data/proc") == [])
    }

    /// CVE-2025-31133: what masks a file is the container's /dev/null, which is something else.
    @Test(arguments: ["link", "file"]) func nullIsSomethingElse(_ kind: String) throws {
        let secret = try scratch.makeFile("secret", "of the host")
        let container = try scratch.container {
            $0.unmount("/dev")
            $0.unmount("/dev/pts")
            $0.unmount("/dev/shm")
            $0.unmount("/dev/mqueue")
            $0.linux["maskedPaths"] = ["/etc/hidden"]
            $0.payload("read", "/etc/hidden", ",", "stat", "/etc/hidden")
        }
        let rootfs = container.bundle.rootfs
        try Files.write("to be hidden", to: rootfs + "/etc/hidden")
        if kind == "link" {
            try check(symlink(secret, rootfs + "/dev/null"), "symlink", rootfs)
        } else {
            try Files.write("not null", to: rootfs + "/dev/null")
        }
        let output = try container.run()
        if output.status == 0 {
            #expect(output.facts["read /etc/hidden"] == "")
            #expect(output.facts["stat /etc/hidden"]?.contains("1:3") == true)
        }
        #expect(try Files.read(secret) == "of the host")
    }

    /// CVE-2024-21626: the working directory is one of the host, through a descriptor that the runtime holds.
    @Test(arguments: [[], ["--preserve-fds", "7"]]) func workingDirectoryIsADescriptorOfTheHost(_ flags: [String])
        throws
    {
        let place = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try check(place, "open", "/")
        defer { close(place) }
        for number in 3..<20 {
            let container = try scratch.container {
                $0.process["cwd"] = "/proc/self/fd/\(number)"
                $0.payload("process", ",", "list", ".")
            }
            var command = container.running(flags)
            command.inherited = [9: place]
            let output = try command.run()
            #expect(output.status != 0, "descriptor \(number)")
            #expect(!output.standardOutput.contains("list .="))
        }
    }

    /// CVE-2025-52881: settings are written where the bundle has mounted something on /proc.
    @Test func settingsAreNotWrittenToAFalseProc() throws {
        let outside = try scratch.makeFile("outside", "untouched")
        let proc = try scratch.makeDirectory("proc")
        for directory in ["/sys", "/sys/net", "/sys/net/ipv4", "/self"] { try Files.makeDirectory(proc + directory) }
        for name in ["/sys/net/ipv4/ip_forward", "/self/oom_score_adj"] {
            try check(symlink(outside, proc + name), "symlink", proc)
        }
        let own = try Files.read("/proc/sys/net/ipv4/ip_forward")
        let container = try scratch.container {
            $0.unmount("/proc")
            $0.mount("/proc", type: "bind", source: proc, ["bind"])
            $0.linux["sysctl"] = ["net.ipv4.ip_forward": "1"]
            $0.process["oomScoreAdj"] = 500
            $0.linux["maskedPaths"] = []
            $0.linux["readonlyPaths"] = []
        }
        _ = try container.run()
        #expect(try Files.read(outside) == "untouched")
        #expect(try Files.read("/proc/sys/net/ipv4/ip_forward") == own)
    }

    /// CVE-2022-23648 and its kind: what is copied into a tmpfs holds links to the host.
    @Test(.agentrtOnly) func linksAreCopiedAsLinks() throws {
        let secret = try scratch.makeDirectory("secret")
        try Files.write("of the host", to: secret + "/file")
        let container = try scratch.container {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["tmpcopyup"])
            $0.payload("readlink", "/data/link", "/data/directory", ",", "read", "/data/link", "/data/directory/file")
        }
        try check(symlink(secret + "/file", container.bundle.rootfs + "/data/link"), "symlink")
        try check(symlink(secret, container.bundle.rootfs + "/data/directory"), "symlink")
        let facts = try container.run().succeeded().facts
        #expect(facts["readlink /data/link"] == secret + "/file")
        #expect(facts["read /data/link"] == "ENOENT")
        #expect(facts["read /data/directory/file"] == "ENOENT")
    }

    /// CVE-2022-24769, CVE-2022-29162, CVE-2022-27650, CVE-2025-27612: inheritable capabilities nobody asked for.
    @Test func inheritableCapabilitiesOfTheRuntimeDoNotComeAlong() throws {
        let container = try scratch.container { $0.payload("caps") }
        var command = container.running()
        command.arguments = ["--inh-caps=+kill,+net_raw", "--", command.program] + command.arguments
        command.program = "/usr/bin/setpriv"
        let facts = try command.run().succeeded().facts
        #expect(facts["inheritable"] == "0")
        #expect(facts["ambient"] == "0")
    }

    /// CVE-2024-40635: an id that overflows into root's.
    @Test(arguments: [4_294_967_295, 4_294_967_296, -1])
    func userIDThatOverflowsIsRefused(_ id: Int) throws {
        if Runtime.current.kind != .agentrt && id == 4_294_967_295 { return }  // fails later, or not
        let container = try scratch.container { $0.process["user"] = ["uid": .number(id), "gid": 0] }
        try container.creating().run().refused()
    }

    /// CVE-2019-5736, CVE-2016-9962: the program is the runtime's own file, by any way to it.
    @Test(.agentrtOnly, arguments: ["/proc/self/exe", "/proc/1/exe", "/link"])
    func programIsTheRuntimeItself(_ program: String) throws {
        let before = Files.status(Runtime.current.path)
        let container = try scratch.container { $0.process["args"] = [.text(program), "--version"] }
        try check(symlink("/proc/self/exe", container.bundle.rootfs + "/link"), "symlink")
        let output = try container.run()
        #expect(output.status != 0)
        let after = Files.status(Runtime.current.path)
        #expect(before?.st_mtim.tv_sec == after?.st_mtim.tv_sec && before?.st_size == after?.st_size)
    }

    /// CVE-2020-15257: a socket without a path, which containers in the host's network namespace could reach.
    @Test(.agentrtOnly) func runtimeHasNoAbstractSocket() throws {
        let container = try scratch.container {
            $0.share("network")
            $0.shell("cat /proc/net/unix")
        }
        let output = try container.run().succeeded().standardOutput
        #expect(output.split(separator: "\n").filter { $0.contains("agentrt") && $0.contains(" @") } == [])
    }
}

/// Labels of security modules, and what is done to have them written nowhere.
@Suite(.needsRoot, .agentrtOnly) struct SecurityLabelTests {
    let scratch = Scratch()
    private static let hasAppArmor = Files.exists("/sys/module/apparmor/parameters/enabled")
    private static let hasSELinux = Files.exists("/sys/fs/selinux/enforce")

    @Test(.enabled(if: !hasAppArmor, "the host has AppArmor")) func profileNeedsAppArmor() throws {
        let container = try scratch.container { $0.process["apparmorProfile"] = "docker-default" }
        let message = try container.creating().run().refused()
        #expect(message.contains("process.apparmorProfile: apparmor is not enabled on the system"))
    }

    @Test(.enabled(if: !hasSELinux, "the host has SELinux"), arguments: ["process.selinuxLabel", "linux.mountLabel"])
    func labelNeedsSELinux(_ path: String) throws {
        let words = path.split(separator: ".").map(String.init)
        let container = try scratch.container { $0.root[words[0]][words[1]] = "system_u:system_r:container_t:s0" }
        #expect(try container.creating().run().refused().contains("\(path): selinux is not enabled on the system"))
    }

    @Test(.enabled(if: hasAppArmor, "the host has no AppArmor")) func programGetsItsProfile() throws {
        let facts = try scratch.facts {
            $0.process["apparmorProfile"] = "unconfined"
            $0.payload("read", "/proc/self/attr/current")
        }
        #expect(facts["read /proc/self/attr/current"] == "unconfined")
    }

    /// CVE-2019-16884, CVE-2025-52881: on /proc lies something that takes any write.
    @Test(.enabled(if: hasAppArmor, "the host has no AppArmor"), arguments: [false, true])
    func profileThatIsNotThereIsAnError(_ hasFalseProc: Bool) throws {
        let proc = try scratch.makeDirectory("proc")
        for directory in ["/self", "/self/attr", "/self/attr/apparmor"] { try Files.makeDirectory(proc + directory) }
        for name in ["/self/attr/exec", "/self/attr/apparmor/exec"] { try Files.write("", to: proc + name) }
        let container = try scratch.container {
            $0.process["apparmorProfile"] = "no-such-profile"
            guard hasFalseProc else { return }
            $0.unmount("/proc")
            $0.mount("/proc", type: "bind", source: proc, ["bind"])
            ($0.linux["maskedPaths"], $0.linux["readonlyPaths"]) = ([], [])
        }
        #expect(try container.creating().run().refused().contains("process.apparmorProfile"))
        #expect(try Files.read(proc + "/self/attr/exec") == "")
    }
}
