import Glibc
import Testing

/// Bind mounts: what of the host a container sees, and what it may do with it.
@Suite(.needsRoot) struct BindMountTests {
    let scratch = Scratch()

    @Test func directoryIsTheHosts() throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.write("from the host", to: shared + "/file")
        let facts = try scratch.facts {
            $0.mount("/data", type: "bind", source: shared, ["bind", "rw"])
            $0.payload("read", "/data/file", ",", "write", "/data/reply", "from inside")
        }
        #expect(facts["read /data/file"] == "from the host")
        #expect(try Files.read(shared + "/reply") == "from inside")
    }

    @Test func typeMayBeMissingWhereTheOptionsSayBind() throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.write("text", to: shared + "/file")
        let facts = try scratch.facts {
            $0.mount("/data", source: shared, ["rbind"])
            $0.payload("read", "/data/file")
        }
        #expect(facts["read /data/file"] == "text")
    }

    @Test func remountChangesWhatTheMountForbids() throws {
        let shared = try scratch.makeDirectory("shared")
        let facts = try scratch.facts {
            $0.mount("/data", type: "bind", source: shared, ["bind"])
            $0.mount("/data", type: "none", source: shared, ["bind", "remount", "ro"])
            $0.payload("write", "/data/file", "x")
        }
        #expect(facts["write /data/file"] == "EROFS")
    }

    @Test(.agentrtOnly) func remountOfAFileSystemsOwnOptionsIsRefused() throws {
        let container = try scratch.container { $0.mount("/dev", type: "tmpfs", ["remount", "size=1m"]) }
        #expect(try container.creating().run().refused().contains("a remount changes mount flags only, not size"))
    }

    @Test func fileOntoAFile() throws {
        let file = try scratch.makeFile("file", "from the host")
        let container = try scratch.container {
            $0.mount("/etc/config", type: "bind", source: file, ["bind", "ro"])
            $0.payload("read", "/etc/config", ",", "overwrite", "/etc/config", "x", ",", "unlink", "/etc/config")
        }
        try Files.write("of the rootfs", to: container.bundle.rootfs + "/etc/config")
        let facts = try container.run().succeeded().facts
        #expect(facts["read /etc/config"] == "from the host")
        #expect(facts["overwrite /etc/config"] == "EROFS")
        #expect(facts["unlink /etc/config"] == "EBUSY")
        #expect(try Files.read(container.bundle.rootfs + "/etc/config") == "of the rootfs")
    }

    @Test func relativeSourceIsBelowTheBundle() throws {
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: "beside", ["bind"])
            $0.payload("read", "/data/file")
        }
        try Files.makeDirectory(container.bundle.directory + "/beside")
        try Files.write("text", to: container.bundle.directory + "/beside/file")
        #expect(try container.run().facts["read /data/file"] == "text")
    }

    @Test func readOnlyRefusesEveryChange() throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.write("text", to: shared + "/file")
        let facts = try scratch.facts {
            $0.mount("/data", type: "bind", source: shared, ["bind", "ro"])
            $0.payload(
                "write", "/data/new", ",", "overwrite", "/data/file", ",", "unlink", "/data/file", ",",
                "mkdir", "/data/directory", ",", "chmod", "0777", "/data/file", ",", "rename", "/data/file", "/data/x")
        }
        for verb in ["overwrite", "unlink", "chmod", "rename"] { #expect(facts["\(verb) /data/file"] == "EROFS") }
        #expect(facts["write /data/new"] == "EROFS")
        #expect(facts["mkdir /data/directory"] == "EROFS")
        #expect(Files.list(shared) == ["file"])
    }

    @Test func flagsHold() throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.linkOrCopy(Session.shared.get().payload, to: shared + "/program")
        _ = try Command("/bin/mknod", [shared + "/null", "c", "1", "3"]).run().succeeded()
        let facts = try scratch.facts {
            $0.mount("/data", type: "bind", source: shared, ["bind", "nosuid", "nodev", "noexec"])
            $0.payload("exec", "/data/program", "exit", "0", ",", "open", "/data/null")
        }
        #expect(facts["exec /data/program"] == "EACCES")
        #expect(facts["open /data/null"] == "EACCES")
    }

    @Test func flagsOfTheSourceStay() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: shared, ["bind", "ro"])
            $0.payload("cat", "/proc/self/mountinfo")
        }
        let script = "mount -t tmpfs -o nosuid,nodev,noexec none '\(shared)'"
        let output = try container.running().afterMounts(script).run().succeeded()
        let mount = try #require(MountTable(output.standardOutput)["/data"])
        #expect(mount.options.contains("ro"))
        agentrtOnly { #expect(mount.options.isSuperset(of: ["nosuid", "nodev", "noexec"])) }
    }

    @Test(arguments: [("bind", false), ("rbind", true)])
    func mountsBelowTheSourceComeWithRbindAlone(_ option: String, _ isSeen: Bool) throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.makeDirectory(shared + "/sub")
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: shared, [option])
            $0.payload("open", "/data/sub/file")
        }
        let script = "mount -t tmpfs none '\(shared)/sub'; touch '\(shared)/sub/file'"
        let facts = try container.running().afterMounts(script).run().succeeded().facts
        #expect(facts["open /data/sub/file"] == (isSeen ? "ok" : "ENOENT"))
    }

    @Test func readOnlyIsForTheTopAlone() throws {
        #expect(try writesBelow(options: ["rbind", "ro"]) == ["EROFS", "ok"])
    }

    @Test(.differs(.crun, "1.8 takes it for ro")) func recursiveReadOnlyIsForAll() throws {
        #expect(try writesBelow(options: ["rbind", "rro"]) == ["EROFS", "EROFS"])
    }

    @Test(arguments: ["rnoexec", "rnosuid", "rnodev"]) func recursiveFlagsAreForAll(_ option: String) throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.makeDirectory(shared + "/sub")
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: shared, ["rbind", option])
            $0.payload("cat", "/proc/self/mountinfo")
        }
        let output = try container.running().afterMounts("mount -t tmpfs none '\(shared)/sub'").run().succeeded()
        let table = MountTable(output.standardOutput)
        #expect(table["/data"]?.options.contains(String(option.dropFirst())) == true)
        #expect(table["/data/sub"]?.options.contains(String(option.dropFirst())) == true)
    }

    @Test func missingSourceIsRefused() throws {
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: "/no/such/source", ["bind"])
        }
        let message = try container.creating().run().refused()
        #expect(message.contains("/no/such/source"))
        agentrtOnly { #expect(message.contains("mounts[6]")) }
    }

    /// What writing to the top of a bind mount gives, and what writing to a mount below it.
    private func writesBelow(options: [String]) throws -> [String?] {
        let shared = try scratch.makeDirectory("shared")
        try Files.makeDirectory(shared + "/sub")
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: shared, options)
            $0.payload("write", "/data/file", ",", "write", "/data/sub/file")
        }
        let facts = try container.running().afterMounts("mount -t tmpfs none '\(shared)/sub'").run().succeeded().facts
        return [facts["write /data/file"], facts["write /data/sub/file"]]
    }
}
