import Glibc
import Testing

/// Mounts of file systems made for the container, and the flags of any mount.
@Suite(.needsRoot) struct FileSystemMountTests {
    let scratch = Scratch()

    @Test func standardMountsAreThere() throws {
        let table = try scratch.mounts { _ in }
        for (target, type) in [
            ("/proc", "proc"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"), ("/dev/shm", "tmpfs"),
            ("/dev/mqueue", "mqueue"), ("/sys", "sysfs"),
        ] {
            #expect(table[target]?.type == type, "\(target)")
        }
        #expect(table["/sys"]?.options.isSuperset(of: ["ro", "nosuid", "nodev", "noexec"]) == true)
        #expect(table["/dev"]?.options.contains("nosuid") == true)
    }

    @Test func nothingOfTheHostIsMounted() throws {
        // /proc and /sys appear once more for each read-only or masked path below them.
        let table = try scratch.mounts {
            $0.linux["maskedPaths"] = []
            $0.linux["readonlyPaths"] = []
        }
        let expected: Set = ["/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"]
        #expect(Set(table.mounts.map(\.target)) == expected)
    }

    @Test func procIsOfThePidNamespace() throws {
        let facts = try scratch.facts { $0.payload("list", "/proc/1/task", ",", "readlink", "/proc/1/exe") }
        #expect(facts["list /proc/1/task"] == "1")
        #expect(facts["readlink /proc/1/exe"] == "/payload")
    }

    @Test(.differs(.runc, "1.1 gives it the mode of the directory below")) func tmpfsHasSizeModeAndOwner() throws {
        let facts = try scratch.facts {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["size=1m", "mode=0751", "uid=12", "gid=34"])
            $0.payload("statfs", "/data", ",", "stat", "/data")
        }
        #expect(facts["statfs /data"] == "1021994 1048576")
        #expect(facts["stat /data"]?.hasPrefix("directory 0751 12:34") == true, "\(facts)")
    }

    @Test(.differs(.crun, "1.8 leaves it to the kernel")) func tmpfsWithoutAModeHasThatOfItsPlace() throws {
        let container = try scratch.container {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["ro"])
            $0.mount("/made", type: "tmpfs", source: "tmpfs")
            $0.payload("stat", "/data", "/made")
        }
        try check(chmod(container.bundle.rootfs + "/data", 0o1712), "chmod")
        let facts = try container.run().succeeded().facts
        #expect(facts["stat /data"]?.contains("1712") == true, "\(facts)")
        #expect(facts["stat /made"]?.contains("1777") == true, "\(facts)")
    }

    /// What the runtime makes in it is made before it becomes read-only.
    @Test(.differs(.crun, "1.8 looks for cgroup v2 alone"), .differs(.runc, "wants a terminal outside"))
    func readOnlyTmpfsHoldsMountsDevicesAndTheTerminal() throws {
        let container = try scratch.container {
            for place in ["/dev/pts", "/dev"] { $0.unmount(place) }
            $0.mount("/dev", type: "tmpfs", source: "tmpfs", ["ro", "nosuid", "mode=755"])
            $0.mount("/dev/pts", type: "devpts", source: "devpts", ["newinstance", "ptmxmode=0666"])
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["ro"])
            $0.mount("/data/below/here", type: "tmpfs", source: "tmpfs")
            $0.process["terminal"] = true
            $0.payload(
                "write", "/dev/new", ",", "write", "/data/new", ",", "write", "/data/below/here/new", ",", "stat",
                "/dev/null", "/dev/console")
        }
        let facts = try container.run().succeeded().facts
        #expect(facts["write /dev/new"] == "EROFS")
        #expect(facts["write /data/new"] == "EROFS")
        #expect(facts["write /data/below/here/new"] == "ok")
        #expect(facts["stat /dev/null"]?.hasPrefix("character") == true, "\(facts)")
        #expect(facts["stat /dev/console"]?.hasPrefix("character") == true, "\(facts)")
    }

    @Test func tmpfsIsEmptyAndGoesWithTheContainer() throws {
        let container = try scratch.container {
            $0.mount("/data", type: "tmpfs", source: "tmpfs")
            $0.payload("list", "/data", ",", "write", "/data/new")
        }
        try Files.write("", to: container.bundle.rootfs + "/data/hidden")
        let facts = try container.run().succeeded().facts
        #expect(facts["list /data"] == "")
        #expect(facts["write /data/new"] == "ok")
        #expect(Files.list(container.bundle.rootfs + "/data") == ["hidden"])
    }

    @Test func tmpcopyupBeginsWithWhatWasThere() throws {
        let container = try scratch.container {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["tmpcopyup"])
            $0.payload(
                "read", "/data/file", ",", "stat", "/data/sub/deep", ",", "readlink", "/data/link", ",",
                "write", "/data/file", "changed")
        }
        let data = container.bundle.rootfs + "/data"
        try Files.write("text", to: data + "/file")
        try Files.makeDirectory(data + "/sub")
        try Files.write("deep", to: data + "/sub/deep", mode: 0o640)
        _ = try Command("/bin/ln", ["-s", "/etc/passwd", data + "/link"]).run().succeeded()
        let facts = try container.run().succeeded().facts
        #expect(facts["read /data/file"] == "text")
        #expect(facts["stat /data/sub/deep"]?.hasPrefix("file 0640 0:0") == true)
        #expect(facts["readlink /data/link"] == "/etc/passwd")
        #expect(facts["write /data/file"] == "ok")
        #expect(try Files.read(data + "/file") == "text")
    }

    @Test func devptsIsNewAndHasItsOptions() throws {
        let facts = try scratch.facts { $0.payload("list", "/dev/pts", ",", "stat", "/dev/pts/ptmx", "/dev/ptmx") }
        #expect(facts["list /dev/pts"] == "ptmx")
        #expect(facts["stat /dev/pts/ptmx"]?.hasPrefix("character 0666") == true)
        #expect(facts["stat /dev/ptmx"]?.hasPrefix("link") == true)
    }

    @Test(.differs(.crun, "1.8 leaves the tmpfs above the hierarchies writable"))
    func cgroupShowsTheContainersOwnReadOnly() throws {
        let output = try scratch.run {
            $0.namespace("cgroup")
            $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup", ["nosuid", "noexec", "nodev", "ro"])
            $0.payload("list", "/sys/fs/cgroup", ",", "mkdir", "/sys/fs/cgroup/new", ",", "cat", "/proc/self/mountinfo")
        }.succeeded()
        #expect(output.facts["list /sys/fs/cgroup"] != "")
        #expect(try #require(output.facts["mkdir /sys/fs/cgroup/new"]) != "ok")
        let groups = MountTable(output.standardOutput).mounts.filter { $0.type.hasPrefix("cgroup") }
        #expect(!groups.isEmpty)
        #expect(groups.allSatisfy { $0.root == "/" && $0.options.contains("ro") })
    }

    @Test(arguments: [
        ("ro", "ro"), ("nosuid", "nosuid"), ("nodev", "nodev"), ("noexec", "noexec"), ("noatime", "noatime"),
        ("nodiratime", "nodiratime"), ("relatime", "relatime"),
    ])
    func flagIsOfTheMount(_ option: String, _ shown: String) throws {
        let table = try scratch.mounts { $0.mount("/data", type: "tmpfs", source: "tmpfs", [option]) }
        #expect(table["/data"]?.options.contains(shown) == true)
    }

    @Test(arguments: [("sync", "sync"), ("dirsync", "dirsync"), ("mand", "rw"), ("iversion", "rw"), ("silent", "rw")])
    func flagIsOfTheFileSystem(_ option: String, _ shown: String) throws {
        if Runtime.current.kind == .crun && ["iversion", "silent"].contains(option) { return }  // 1.8 knows neither
        let table = try scratch.mounts { $0.mount("/data", type: "tmpfs", source: "tmpfs", [option]) }
        #expect(table["/data"]?.superOptions.contains(shown) == true)
    }

    @Test(.differs(.crun, "1.8 forgets no flag")) func laterOptionWins() throws {
        let table = try scratch.mounts {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["ro", "noexec", "nosuid", "nodev", "rw", "exec"])
        }
        #expect(table["/data"]?.options.contains("rw") == true)
        #expect(table["/data"]?.options.contains("noexec") == false)
        #expect(table["/data"]?.options.contains("nosuid") == true)
    }

    @Test func laterMountCoversAnEarlierOne() throws {
        let file = try scratch.makeFile("file", "second")
        let facts = try scratch.facts {
            $0.mount("/data", type: "tmpfs", source: "tmpfs")
            $0.mount("/data/sub/file", type: "bind", source: file, ["bind"])
            $0.payload("read", "/data/sub/file")
        }
        #expect(facts["read /data/sub/file"] == "second")
    }

    @Test func unknownFileSystemIsRefused() throws {
        let container = try scratch.container { $0.mount("/data", type: "nosuchfs", source: "none") }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("nosuchfs") && message.contains("mounts[6]")) }
    }

    @Test func unknownOptionOfAFileSystemIsRefused() throws {
        let container = try scratch.container { $0.mount("/data", type: "tmpfs", source: "none", ["nosuchoption"]) }
        try container.creating().run().refused()
    }

    @Test(.agentrtOnly) func unknownOptionOfABindMountIsRefused() throws {
        let container = try scratch.container { $0.mount("/data", type: "bind", source: "/tmp", ["bind", "readonly"]) }
        let message = try container.creating().run().refused()
        #expect(message.contains("mounts[6].options[1]") && message.contains("readonly"))
    }
}
