import Glibc
import Testing

/// Where mounts land: always inside the rootfs, whatever links it holds.
@Suite(.needsRoot) struct MountTargetTests {
    let scratch = Scratch()

    @Test func missingDirectoryIsMade() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.mount("/one/two/three", type: "bind", source: shared, ["bind"])
            $0.payload("write", "/one/two/three/file")
        }
        _ = try container.run().succeeded()
        #expect(Files.list(shared) == ["file"])
    }

    @Test func missingFileIsMadeForAFile() throws {
        let file = try scratch.makeFile("file", "text")
        let facts = try scratch.facts {
            $0.mount("/one/two/file", type: "bind", source: file, ["bind"])
            $0.payload("read", "/one/two/file")
        }
        #expect(facts["read /one/two/file"] == "text")
    }

    @Test(arguments: [("/nowhere/file", "nowhere/file"), ("../up/file", "up/file"), ("beside", "etc/beside")])
    func whatALinkLeadsToIsMade(_ content: String, _ place: String) throws {
        if Runtime.current.kind == .crun && content == "beside" { return }  // 1.8 refuses it.
        let file = try scratch.makeFile("file", "text")
        let container = try scratch.container {
            $0.mount("/etc/link", type: "bind", source: file, ["bind"])
            $0.payload("read", "/etc/link", "/" + place)
        }
        try check(symlink(content, container.bundle.rootfs + "/etc/link"), "symlink")
        let facts = try container.run().succeeded().facts
        #expect(facts["read /etc/link"] == "text")
        #expect(facts["read /\(place)"] == "text")
        #expect(try Files.read(container.bundle.rootfs + "/" + place) == "")
        #expect(!Files.exists("/nowhere"))
    }

    @Test func linkStaysInsideTheRootfs() throws {
        let shared = try scratch.makeDirectory("shared")
        let outside = try scratch.makeDirectory("outside")
        let container = try scratch.container {
            $0.mount("/link/target", type: "bind", source: shared, ["bind"])
            $0.payload("write", "/link/target/file")
        }
        // Absolute, to a directory that exists outside and does not inside.
        try check(symlink(outside, container.bundle.rootfs + "/link"), "symlink")
        let output = try container.run()
        #expect(Files.list(outside) == [])
        if output.status == 0 { #expect(Files.list(shared) == ["file"]) }
    }

    @Test func linkThatClimbsStaysInsideTheRootfs() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.mount("/data/link", type: "bind", source: shared, ["bind"])
            $0.payload("write", "/etc/here/file")
        }
        try check(symlink("../../../../../../../etc/here", container.bundle.rootfs + "/data/link"), "symlink")
        try Files.makeDirectory(container.bundle.rootfs + "/etc/here")
        _ = try container.run().succeeded()
        #expect(Files.list(shared) == ["file"])
        #expect(!Files.exists("/etc/here"))
    }

    @Test func dotsStayInsideTheRootfs() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.mount("/../../../data/../data", type: "bind", source: shared, ["bind"])
            $0.payload("write", "/data/file")
        }
        let output = try container.run()
        if output.status == 0 { #expect(Files.list(shared) == ["file"]) }
        #expect(Files.list(container.bundle.directory) == ["config.json", "rootfs"])
    }

    @Test(arguments: ["/proc", "/sys", "/dev"]) func linkInPlaceOfASystemDirectoryDoesNotEscape(_ path: String) throws {
        if path == "/dev" && Runtime.current.kind == .runc { return }  // CVE-2026-41579
        let outside = try scratch.makeDirectory("outside")
        let container = try scratch.container { $0.payload("exit", "0") }
        let target = container.bundle.rootfs + path
        try check(rmdir(target), "rmdir", target)
        try check(symlink(outside, target), "symlink", target)
        // Refused, or made inside: a rootfs without the directory the link names.
        _ = try container.run()
        #expect(Files.list(outside) == [])
    }

    @Test func directoryOntoAFileIsRefused() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container { $0.mount("/etc/file", type: "bind", source: shared, ["bind"]) }
        try Files.write("", to: container.bundle.rootfs + "/etc/file")
        try container.creating().run().refused()
    }

    /// It would lie below what becomes the root, and be missing.
    @Test(.agentrtOnly) func directoryOntoALinkToTheRootIsRefused() throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container { $0.mount("/link", type: "bind", source: shared, ["bind"]) }
        try check(symlink("/", container.bundle.rootfs + "/link"), "symlink")
        let message = try container.creating().run().refused()
        #expect(message.contains("over the root, to which a link leads"), "\(message)")
    }

    @Test func fileOntoADirectoryIsRefused() throws {
        let file = try scratch.makeFile("file")
        let container = try scratch.container { $0.mount("/data", type: "bind", source: file, ["bind"]) }
        try container.creating().run().refused()
    }

    @Test func mountsOnlyReadOnlyRootsNeedAreMadeBeforeItIsReadOnly() throws {
        let shared = try scratch.makeDirectory("shared")
        let facts = try scratch.facts {
            $0.root["root"]["readonly"] = true
            $0.mount("/new/place", type: "bind", source: shared, ["bind"])
            $0.payload("write", "/new/place/file", ",", "write", "/new/file")
        }
        #expect(facts["write /new/place/file"] == "ok")
        #expect(facts["write /new/file"] == "EROFS")
    }

    // The specification wants it absolute, and has old configurations read like this.
    @Test func relativeDestinationIsBelowTheRoot() throws {
        let table = try scratch.mounts { $0.mount("data", type: "tmpfs", source: "tmpfs") }
        #expect(table["/data"] != nil)
    }
}
