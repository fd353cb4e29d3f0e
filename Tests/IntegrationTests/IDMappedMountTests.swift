import Glibc
import Testing

/// Mounts whose owners are shown through id maps: `uidMappings`, `gidMappings`, `idmap`, `ridmap`.
@Suite(.needsRoot, .differs(.crun, "1.8 has another form")) struct IDMappedMountTests {
    let scratch = Scratch()

    @Test(arguments: [["bind"], ["bind", "idmap"], ["rbind", "ridmap"]])
    func ownersAreShownThroughTheMountsMaps(_ options: [String]) throws {
        let source = try source()
        let facts = try scratch.facts {
            mount(source, options, to: 5000, &$0)
            $0.payload("stat", "/data/file", "/data/other", ",", "write", "/data/new", "x")
        }
        #expect(facts["stat /data/file"]?.contains(" 5000:5000 ") == true)
        #expect(facts["stat /data/other"]?.contains(" 5007:5007 ") == true)
        // The writer, user 0, has no id on disk.
        #expect(facts["write /data/new"] == "EOVERFLOW")
    }

    @Test func whatIsWrittenGetsTheIDOnDisk() throws {
        let source = try source()
        _ = try scratch.run {
            mount(source, ["bind"], to: 5000, &$0)
            $0.process["user"] = ["uid": 5007, "gid": 5007]
            $0.payload("write", "/data/new", "x")
        }.succeeded()
        var status = stat()
        try check(lstat(source + "/new", &status), "lstat", source)
        #expect(status.st_uid == 7 && status.st_gid == 7)
    }

    @Test func inAUserNamespaceWithTheContainersMaps() throws {
        let source = try source()
        let facts = try scratch.facts {
            $0.userNamespace()
            $0.mount("/data", type: "bind", source: source, ["bind", "idmap"])
            $0.payload("stat", "/data/file", "/data/other", ",", "write", "/data/new", "x")
        }
        #expect(facts["stat /data/file"]?.contains(" 0:0 ") == true)
        #expect(facts["stat /data/other"]?.contains(" 7:7 ") == true)
        #expect(facts["write /data/new"] == "ok")
        var status = stat()
        try check(lstat(source + "/new", &status), "lstat", source)
        #expect(status.st_uid == 0)
    }

    @Test(arguments: [("idmap", "0:0"), ("ridmap", "5000:5000")])
    func mountsBelow(_ option: String, _ owner: String) throws {
        let source = try source()
        try Files.makeDirectory(source + "/below")
        let container = try scratch.container {
            mount(source, ["rbind", option], to: 5000, &$0)
            $0.payload("stat", "/data/file", "/data/below")
        }
        let facts = try container.running().afterMounts("mount -t tmpfs tmpfs \(source)/below").run().succeeded().facts
        #expect(facts["stat /data/file"]?.contains(" 5000:5000 ") == true)
        #expect(facts["stat /data/below"]?.contains(" \(owner) ") == true)
    }

    @Test(.agentrtOnly) func fileSystemWithoutIDMapsIsNamed() throws {
        let container = try scratch.container {
            mount("/proc/self", ["bind"], to: 5000, &$0)
        }
        let message = try container.creating().run().refused()
        #expect(message.contains("mounts[6].uidMappings: mount_setattr: invalid argument (maybe the file system"))
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(.agentrtOnly) func onlyBindMounts() throws {
        let container = try scratch.container {
            $0.userNamespace()
            $0.mount("/data", type: "tmpfs", ["idmap"])
        }
        #expect(try container.creating().run().refused().contains("mounts[6].options: id maps are for bind mounts"))
    }

    /// A directory with a file of user 0 and one of user 7.
    private func source() throws -> String {
        let source = try scratch.makeDirectory("source", mode: 0o777)
        try Files.write("", to: source + "/file")
        try Files.write("", to: source + "/other")
        try check(chown(source + "/other", 7, 7), "chown", source)
        return source
    }

    private func mount(_ source: String, _ options: [String], to first: Int, _ config: inout Config) {
        let mapping: Node = ["containerID": 0, "hostID": .number(first), "size": 100]
        config.root["mounts"].append([
            "destination": "/data", "type": "bind", "source": .text(source), "options": Node(options),
            "uidMappings": [mapping], "gidMappings": [mapping],
        ])
    }
}

/// `copy-symlink`, `src-nofollow`, `dest-nofollow`: links that are meant themselves.
@Suite(.needsRoot, .differs(.runc, "has none of them"), .differs(.crun, "1.8 has copy-symlink only"))
struct LinkMountTests {
    let scratch = Scratch()

    @Test func linkIsCopied() throws {
        let link = try link(to: "/somewhere/else")
        let facts = try scratch.facts {
            $0.mount("/data/new/link", type: "bind", source: link, ["bind", "copy-symlink"])
            $0.payload("readlink", "/data/new/link")
        }
        #expect(facts["readlink /data/new/link"] == "/somewhere/else")
    }

    @Test func whatIsNoLinkIsMountedAllTheSame() throws {
        let file = try scratch.makeFile("file", "text")
        let facts = try scratch.facts {
            $0.mount("/data/file", type: "bind", source: file, ["bind", "copy-symlink"])
            $0.payload("read", "/data/file")
        }
        #expect(facts["read /data/file"] == "text")
    }

    @Test(arguments: [("/somewhere/else", true), ("/another", false)])
    func linkThatIsThere(_ content: String, _ isTaken: Bool) throws {
        let link = try link(to: "/somewhere/else")
        let container = try scratch.container {
            $0.mount("/data/link", type: "bind", source: link, ["bind", "copy-symlink"])
        }
        try check(symlink(content, container.bundle.rootfs + "/data/link"), "symlink", content)
        #expect((try container.run().status == 0) == isTaken)
    }

    @Test func linkIsMounted() throws {
        let link = try link(to: "/somewhere/else")
        let facts = try scratch.facts {
            $0.mount("/data/link", type: "bind", source: link, ["bind", "src-nofollow"])
            $0.payload("readlink", "/data/link")
        }
        #expect(facts["readlink /data/link"] == "/somewhere/else")
    }

    @Test func linkIsMountedOver() throws {
        let file = try scratch.makeFile("file", "text")
        let container = try scratch.container {
            $0.mount("/data/link", type: "bind", source: file, ["bind", "dest-nofollow"])
            $0.payload("read", "/data/link", "/data/target")
        }
        try Files.write("of the rootfs", to: container.bundle.rootfs + "/data/target")
        try check(symlink("target", container.bundle.rootfs + "/data/link"), "symlink", "target")
        let facts = try container.run().succeeded().facts
        #expect(facts["read /data/link"] == "text")
        #expect(facts["read /data/target"] == "of the rootfs")
    }

    /// Where the kernel's own links lead is not the bundle's to say.
    @Test func linkOfProcIsNotMountedOver() throws {
        let link = try link(to: "/somewhere/else")
        let container = try scratch.container {
            $0.mount("/proc/self", type: "bind", source: link, ["bind", "src-nofollow", "dest-nofollow"])
            $0.payload("write", "/data/ran")
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("\"/proc/self\"") && message.contains("over a link of the kernel's")) }
    }

    private func link(to target: String) throws -> String {
        let path = try scratch.path("link")
        try check(symlink(target, path), "symlink", path)
        return path
    }
}
