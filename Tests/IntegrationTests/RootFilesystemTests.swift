import Glibc
import Testing

/// `root`, masked and read-only paths: what the container's file tree is made of.
@Suite(.needsRoot) struct RootFilesystemTests {
    let scratch = Scratch()

    @Test func rootIsTheRootfs() throws {
        let facts = try scratch.facts { $0.payload("list", "/", ",", "list", "/..", ",", "write", "/data/file") }
        #expect(facts["list /"] == "bin data dev etc payload proc run sys tmp")
        #expect(facts["list /.."] == facts["list /"])
        #expect(facts["write /data/file"] == "ok")
    }

    @Test func readOnlyRootRefusesEveryChange() throws {
        let container = try scratch.container {
            $0.root["root"]["readonly"] = true
            $0.payload("write", "/data/new", ",", "unlink", "/etc/file", ",", "chmod", "0777", "/etc/file")
        }
        try Files.write("", to: container.bundle.rootfs + "/etc/file")
        let facts = try container.run().succeeded().facts
        #expect(facts["write /data/new"] == "EROFS")
        #expect(facts["unlink /etc/file"] == "EROFS")
        #expect(facts["chmod /etc/file"] == "EROFS")
    }

    @Test func readOnlyIsOfTheContainerAndNotOfTheHost() throws {
        let container = try scratch.container {
            $0.root["root"]["readonly"] = true
            $0.payload("pause")
        }
        try container.create()
        try Files.write("", to: container.bundle.rootfs + "/data/file")
    }

    @Test func absolutePathNamesTheRootfs() throws {
        let other = try scratch.bundle()
        let facts = try scratch.facts {
            $0.root["root"]["path"] = .text(other.rootfs)
            $0.payload("write", "/data/file")
        }
        #expect(facts["write /data/file"] == "ok")
        #expect(Files.list(other.rootfs + "/data") == ["file"])
    }

    @Test(arguments: ["", "user", "shared"]) func whatIsMountedOverTheRootIsTheRoot(_ kind: String) throws {
        let other = try scratch.bundle()
        try Files.write("of the other", to: other.rootfs + "/etc/mark")
        let covered = try scratch.makeDirectory("covered")
        let container = try scratch.container {
            if kind == "user" { $0.userNamespace() }
            if kind == "shared" { $0.linux["rootfsPropagation"] = "shared" }
            $0.root["root"]["readonly"] = true
            let mounts: [Node] = [
                ["destination": "/data", "type": "bind", "source": .text(covered), "options": ["bind"]],
                ["destination": "/", "type": "bind", "source": .text(other.rootfs), "options": ["rbind"]],
            ]
            $0.root["mounts"] = .list(mounts + $0.root["mounts"].elements)
            $0.payload(
                "read", "/etc/mark", "/proc/self/comm", ",", "write", "/etc/new", ",", "list", "/data", ",", "say",
                "ready", ",", "pause")
        }
        try Files.write("", to: covered + "/file")
        let process = try container.create()
        try container.start()
        try process.waitForOutput("ready")
        let facts = Facts(process.standardOutput)
        #expect(facts["read /etc/mark"] == "of the other" && facts["read /proc/self/comm"] == "payload")
        #expect(facts["write /etc/new"] == "EROFS")
        #expect(facts["list /data"] == "", "what was mounted before is covered")
        let mounts = try Files.read("/proc/self/mountinfo")
        #expect(!mounts.contains(other.directory) && !mounts.contains(container.bundle.directory))
        let theirs = try MountTable(Files.read("/proc/\(container.pid())/mountinfo"))
        #expect(theirs["/proc/bus"]?.options.contains("ro") == true)
        try container.delete("--force")
    }

    @Test(.agentrtOnly, arguments: ["tmpcopyup", "remount,ro"]) func notOverTheRoot(_ options: String) throws {
        let container = try scratch.container {
            $0.mount("//.", type: "tmpfs", options.split(separator: ",").map(String.init))
        }
        let message = try container.creating().run().refused()
        #expect(message.contains("the root"), "\(message)")
    }

    @Test(arguments: ["no-such-rootfs", "config.json", ""]) func rootfsMustBeADirectory(_ path: String) throws {
        let container = try scratch.container { $0.root["root"]["path"] = .text(path) }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("root.path")) }
    }

    @Test func maskedFileIsEmptyAndMaskedDirectoryIsEmptyAndReadOnly() throws {
        let container = try scratch.container {
            $0.linux["maskedPaths"] = ["/etc/secret", "/data", "/no/such/path"]
            $0.capabilities(["CAP_DAC_OVERRIDE"])
            $0.payload(
                "read", "/etc/secret", ",", "list", "/data", ",", "write", "/data/new", ",", "read", "/data/file")
        }
        try Files.write("secret", to: container.bundle.rootfs + "/etc/secret")
        try Files.write("secret", to: container.bundle.rootfs + "/data/file")
        let output = try container.run().succeeded()
        #expect(output.facts["read /etc/secret"] == "")
        #expect(output.facts["list /data"] == "")
        #expect(output.facts["write /data/new"] == "EROFS")
        #expect(output.facts["read /data/file"] == "ENOENT")
    }

    @Test(.differs(.runc, "1.1 mounts twice"), .differs(.crun, "1.8 mounts twice"))
    func pathThatStandsTwiceIsMaskedOnce() throws {
        let table = try scratch.facts {
            $0.linux["maskedPaths"] = ["/data", "/data"]
            $0.linux["readonlyPaths"] = ["/etc", "/etc"]
            $0.payload("read", "/proc/self/mountinfo")
        }.text
        #expect(table.split(separator: " ").filter { $0 == "/data" }.count == 1, "\(table)")
        #expect(table.split(separator: " ").filter { $0 == "/etc" }.count == 1, "\(table)")
    }

    /// The rest of a path below a procfs is counted in bytes, not in characters.
    @Test func masksHoldInAProcWhoseNameIsNotASCII() throws {
        let place = "/data/größe/proc"
        let facts = try scratch.facts {
            $0.mount(place, type: "proc", source: "proc", ["nosuid", "noexec", "nodev"])
            $0.linux["maskedPaths"] = ["\(place)/version"]
            $0.linux["readonlyPaths"] = ["\(place)/sys"]
            $0.capabilities(["CAP_SYS_ADMIN"])
            $0.payload("read", place + "/version", ",", "overwrite", place + "/sys/kernel/domainname", "x")
        }
        #expect(facts["read " + place + "/version"] == "")
        #expect(facts["overwrite " + place + "/sys/kernel/domainname"] == "EROFS")
    }

    @Test func readOnlyPathsAreSo() throws {
        let container = try scratch.container {
            $0.linux["readonlyPaths"] = ["/etc/file", "/data", "/proc/sys", "/no/such/path"]
            $0.payload(
                "overwrite", "/etc/file", ",", "write", "/data/new", ",", "read", "/etc/file", ",",
                "overwrite", "/proc/sys/kernel/domainname")
        }
        try Files.write("text", to: container.bundle.rootfs + "/etc/file")
        let facts = try container.run().succeeded().facts
        #expect(facts["overwrite /etc/file"] == "EROFS")
        #expect(facts["write /data/new"] == "EROFS")
        #expect(facts["overwrite /proc/sys/kernel/domainname"] == "EROFS")
        #expect(facts["read /etc/file"] == "text")
    }

    @Test(arguments: ["maskedPaths", "readonlyPaths"]) func linkInAPathStaysInside(_ key: String) throws {
        let outside = try scratch.makeFile("outside", "text")
        let container = try scratch.container {
            $0.linux[key] = ["/data/link"]
            $0.payload("pause")
        }
        try check(symlink(outside, container.bundle.rootfs + "/data/link"), "symlink")
        // Refused or without effect: never a mount on the host's file.
        _ = try container.creating().run()
        #expect(try Files.read(outside) == "text")
        try Files.write("changed", to: outside)
    }

    @Test func openFilesOfTheHostDoNotComeAlong() throws {
        let facts = try scratch.facts { $0.payload("fds") }
        #expect(Set(facts.below("fd.").keys) == ["0", "1", "2"])
    }

    @Test func inheritedDescriptorIsClosed() throws {
        let directory = try check(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", "/")
        defer { close(directory) }
        let container = try scratch.container { $0.payload("fds") }
        for verb in ["run", "create"] {
            var command = container.command([verb, "--bundle", container.bundle.directory, container.id])
            command.inherited = [3: directory, 9: directory]
            let process = try command.start()
            _ = try process.wait().succeeded()
            if verb == "create" {
                try container.start()
                try container.waitForStatus("stopped")
            }
            #expect(Set(Facts(process.standardOutput).below("fd.").keys) == ["0", "1", "2"], "\(verb)")
        }
    }

    /// Whoever reads the other end of a pipe would wait for a container that nobody has started.
    @Test(.differs(.crun, "holds them until start"), arguments: [false, true])
    func createdContainerHoldsNoDescriptorOfItsCaller(_ hasUserNamespace: Bool) throws {
        let pipe = try scratch.path("pipe")
        try check(mkfifo(pipe, 0o600), "mkfifo", pipe)
        let readable = try check(open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC), "open", pipe)
        defer { close(readable) }
        let writable = try check(open(pipe, O_WRONLY | O_CLOEXEC), "open", pipe)
        let container = try scratch.container {
            if hasUserNamespace { $0.userNamespace() }
            $0.payload("pause")
        }
        var command = container.creating()
        command.inherited = [3: writable, 77: writable]
        _ = try command.run().succeeded()
        close(writable)
        #expect(try container.status() == "created")
        var reader = pollfd(fd: readable, events: Int16(POLLIN), revents: 0)
        #expect(poll(&reader, 1, 10_000) == 1 && reader.revents & Int16(POLLHUP) != 0, "the other end is still open")
    }

    @Test func preservedDescriptorsComeAlong() throws {
        let file = try scratch.makeFile("file", "text")
        let descriptor = try check(open(file, O_RDONLY | O_CLOEXEC), "open", file)
        defer { close(descriptor) }
        let container = try scratch.container { $0.payload("fds") }
        var command = container.running(["--preserve-fds", "2"])
        command.inherited = [3: descriptor, 4: descriptor, 5: descriptor]
        let facts = try command.run().succeeded().facts
        #expect(Set(facts.below("fd.").keys) == ["0", "1", "2", "3", "4"])
    }
}
