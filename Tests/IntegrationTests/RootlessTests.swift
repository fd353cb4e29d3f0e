import Glibc
import Testing

/// The runtime run by a user without any rights: everything comes from a user namespace of one id.
@Suite struct RootlessTests {
    /// Somebody without rights: whoever runs the tests, where that is not root.
    static let user: UInt32 = geteuid() == 0 ? 12345 : geteuid()
    static let group: UInt32 = geteuid() == 0 ? 12345 : getegid()

    let scratch = Scratch(user: RootlessTests.user)

    @Test func runsAndReturnsTheStatus() throws {
        #expect(try run { $0.payload("exit", "7") }.status == 7)
    }

    @Test(.agentrtOnly) func deletesWhatEvenItsOwnerMayNotRead() throws {
        // What a container that is gone may leave in a bundle below the state directory.
        let container = try container { _ in }
        let place = container.root + "/" + container.id
        for path in ["", "/bundle", "/bundle/closed", "/bundle/closed/inner"] {
            try Files.makeDirectory(place + path)
            try Files.write("", to: place + path + "/file")
        }
        for path in ["/bundle/closed/inner", "/bundle/closed", "/bundle"] {
            try check(chmod(place + path, 0), "chmod", path)
        }
        if geteuid() == 0 {
            _ = try Command("/bin/chown", ["-R", "\(Self.user):\(Self.group)", place]).run().succeeded()
        }
        try container.delete("--force")
        #expect(!Files.exists(place))
    }

    @Test func rootInsideIsTheUserOutside() throws {
        let container = try container { $0.payload("ids", ",", "write", "/data/file") }
        let facts = try container.run().succeeded().facts
        #expect(facts["uid"] == "0 0 0")
        #expect(facts["gid"] == "0 0 0")
        let status = try #require(Files.status(container.bundle.rootfs + "/data/file"))
        #expect(status.st_uid == Self.user && status.st_gid == Self.group)
    }

    @Test(.differs(.runc, "1.1 wants mappings")) func withoutMappingsRootIsTheUser() throws {
        let container = try container {
            $0.linux["uidMappings"] = nil
            $0.linux["gidMappings"] = nil
            $0.payload("ids", ",", "read", "/proc/self/uid_map", "/proc/self/gid_map", ",", "write", "/data/file")
        }
        let facts = try container.run().succeeded().facts
        #expect(facts["uid"] == "0 0 0")
        for (file, id) in [("uid_map", Self.user), ("gid_map", Self.group)] {
            let map = try #require(facts["read /proc/self/\(file)"]).split(separator: " ").map(String.init)
            #expect(map == ["0", "\(id)", "1"])
        }
        #expect(try #require(Files.status(container.bundle.rootfs + "/data/file")).st_uid == Self.user)
    }

    @Test func outOfMemoryScoreCanBeRaised() throws {
        let facts = try run {
            $0.process["oomScoreAdj"] = 987
            $0.payload("read", "/proc/self/oom_score_adj")
        }.succeeded().facts
        #expect(facts["read /proc/self/oom_score_adj"] == "987")
    }

    @Test(.differs(.runc, "1.1 wants id 0 mapped")) func idInsideMayBeAnyOther() throws {
        let facts = try run {
            for key in ["uidMappings", "gidMappings"] { $0.linux[key][0]["containerID"] = 1000 }
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.process["capabilities"] = nil
            $0.payload("ids", ",", "caps", ",", "write", "/data/file")
        }.succeeded().facts
        #expect(facts["uid"] == "1000 1000 1000")
        #expect(facts["effective"] == "0")
        #expect(facts["write /data/file"] == "ok")
    }

    @Test func fileSystemsAndDevicesAreThere() throws {
        let facts = try run {
            $0.mount("/data", type: "tmpfs", source: "tmpfs", ["size=1m"])
            $0.process["args"] = Node(
                ["/payload", "stat", "/dev/null", "/dev/zero", "/dev/tty", ",", "overwrite", "/dev/null", "x", ","]
                    + ["statfs", "/data", "/proc", "/dev/pts", ",", "list", "/proc/1/task", ",", "process"])
        }.succeeded().facts
        #expect(facts["stat /dev/null"]?.contains(" 1:3 ") == true)
        #expect(facts["stat /dev/zero"]?.contains(" 1:5 ") == true)
        #expect(facts["overwrite /dev/null"] == "ok")
        #expect(facts["statfs /data"] == "1021994 1048576")
        #expect(facts["statfs /proc"]?.hasPrefix("9fa0 ") == true)
        #expect(facts["statfs /dev/pts"]?.hasPrefix("1cd1 ") == true)
        #expect(facts["pid"] == "1")
    }

    @Test(.needsRoot) func mayNotDoMoreThanTheUser() throws {
        let secret = try scratch.makeFile("secret", "secret")
        try check(chown(secret, 0, 0), "chown", secret)
        try check(chmod(secret, 0o600), "chmod", secret)
        let facts = try run {
            $0.mount("/etc/secret", type: "bind", source: secret, ["bind"])
            $0.capabilities(
                ["CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_MKNOD"], in: ["bounding", "permitted", "effective"])
            $0.payload(
                "open", "/etc/secret", ",", "write", "/etc/secret", ",", "mknod", "/data/null", "c", "1", "3", ",",
                "chown", "5", "5", "/data")
        }.succeeded().facts
        #expect(facts["open /etc/secret"] == "EACCES")
        #expect(facts["write /etc/secret"] == "EACCES")
        #expect(facts["mknod /data/null"] == "EPERM")
        #expect(facts["chown /data"] == "EINVAL")
    }

    @Test func readOnlyAndMaskedPathsHold() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try container {
            $0.mount("/data", type: "bind", source: shared, ["rbind", "ro"])
            $0.linux["maskedPaths"] = ["/etc/secret"]
            $0.root["root"]["readonly"] = true
            $0.payload("write", "/data/file", ",", "write", "/etc/new", ",", "read", "/etc/secret")
        }
        try Files.write("secret", to: container.bundle.rootfs + "/etc/secret")
        let facts = try container.run().succeeded().facts
        #expect(facts["write /data/file"] == "EROFS")
        #expect(facts["write /etc/new"] == "EROFS")
        #expect(facts["read /etc/secret"] == "")
    }

    @Test func seccompHolds() throws {
        let facts = try run {
            $0.linux["seccomp"] = [
                "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["sync"], "action": "SCMP_ACT_ERRNO"]],
            ]
            $0.payload("syscall", "sync", ",", "security")
        }.succeeded().facts
        #expect(facts["syscall sync"] == "EPERM")
        #expect(facts["no_new_privs"] == "1")
    }

    @Test func wholeLifeWorks() throws {
        let container = try container { $0.payload("trap", "TERM") }
        let process = try container.create()
        #expect(try container.status() == "created")
        try container.start()
        try process.waitForOutput("ready")
        try container.kill("TERM")
        try container.waitForStatus("stopped")
        #expect(process.standardOutput.contains("signal=TERM"))
        try container.delete()
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(.agentrtOnly) func stateIsInTheUsersOwnDirectoryByDefault() throws {
        let container = try container { $0.payload("exit", "3") }
        let runtimeDirectory = try scratch.makeDirectory("runtime", mode: 0o700)
        var command = Command(Runtime.current.path, ["run", "--bundle", container.bundle.directory, container.id])
        command.user = Self.user
        command.environment["XDG_RUNTIME_DIR"] = runtimeDirectory
        #expect(try command.run().status == 3)
        #expect(Files.list(runtimeDirectory) == ["agentrt"])
    }

    @Test func mappingOfAnotherUserIsRefused() throws {
        let container = try container { $0.linux["uidMappings"][0]["hostID"] = 0 }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("uidMappings")) }
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(.agentrtOnly) func withoutAUserNamespaceItIsRefused() throws {
        let container = try container { $0.share("user") }
        #expect(try container.creating().run().refused().contains("user namespace"))
    }

    /// A container as `runc spec --rootless` has it.
    private func container(_ configure: (inout Config) throws -> Void) throws -> Container {
        try scratch.container {
            $0.userNamespace(ofUser: Self.user, group: Self.group)
            $0.linux["cgroupsPath"] = nil
            $0.linux["resources"] = nil
            $0.mount(
                "/dev/pts", type: "devpts", source: "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"])
            try configure(&$0)
        }
    }

    private func run(_ configure: (inout Config) throws -> Void) throws -> Output { try container(configure).run() }
}
