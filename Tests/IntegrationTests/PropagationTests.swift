import Testing

/// Mount propagation: what of the host's later mounts a container sees, and the other way round.
@Suite(.needsRoot) struct PropagationTests {
    let scratch = Scratch()

    @Test(arguments: [
        ("private", false, false), ("slave", false, true), ("shared", true, false),
        ("rprivate", false, false), ("rslave", false, true), ("rshared", true, false),
    ])
    func optionSetsThePropagationOfAMount(_ option: String, _ isShared: Bool, _ isSlave: Bool) throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.linux["rootfsPropagation"] = "shared"
            $0.mount("/data", type: "bind", source: shared, ["rbind", option])
            $0.payload("cat", "/proc/self/mountinfo")
        }
        let script = "mount -t tmpfs none '\(shared)'; mount --make-shared '\(shared)'"
        let command = container.running().afterMounts(script)
        let mount = try #require(MountTable(command.run().succeeded().standardOutput)["/data"])
        #expect(mount.isShared == isShared, "\(mount.propagation)")
        #expect(mount.isSlave == isSlave, "\(mount.propagation)")
    }

    @Test(.differs(.crun, "1.8 ignores it")) func unbindableIsSo() throws {
        let shared = try scratch.makeDirectory("shared")
        let table = try scratch.mounts { $0.mount("/data", type: "bind", source: shared, ["bind", "unbindable"]) }
        #expect(table["/data"]?.propagation == ["unbindable"])
    }

    @Test(
        .differs(.crun, "1.8 makes all of the host private first"),
        arguments: [("slave", "mounted later"), ("private", "")])
    func laterMountOfTheHostAppearsInASlave(_ option: String, _ expected: String) throws {
        let shared = try scratch.makeDirectory("shared")
        let container = try scratch.container {
            $0.mount("/data", type: "bind", source: shared, ["rbind", "r\(option)"])
            $0.shell("touch /tmp/ready; until [ -e /tmp/go ]; do sleep 0.01; done; cat /data/sub/file; true")
        }
        // One process makes the mounts before and while the container runs.
        let script = """
            mount -t tmpfs none '\(shared)'; mount --make-shared '\(shared)'; mkdir '\(shared)/sub'
            "$@" &
            until [ -e '\(container.bundle.rootfs)/tmp/ready' ]; do sleep 0.01; done
            mount -t tmpfs none '\(shared)/sub'; echo 'mounted later' > '\(shared)/sub/file'
            touch '\(container.bundle.rootfs)/tmp/go'
            wait $!; exit
            """
        let output = try container.running().afterMounts(script).run().succeeded()
        #expect(output.standardOutput.split(separator: "\n").first.map(String.init) ?? "" == expected)
    }

    @Test func mountInsideDoesNotReachTheHost() throws {
        let shared = try scratch.makeDirectory("shared")
        try Files.makeDirectory(shared + "/sub")
        let container = try scratch.container {
            $0.capabilities(["CAP_SYS_ADMIN"])
            $0.mount("/data", type: "bind", source: shared, ["rbind", "rslave"])
            $0.payload("mount", "tmpfs", "none", "/data/sub", ",", "write", "/data/sub/file")
        }
        let script = """
            mount -t tmpfs none '\(shared)'; mount --make-shared '\(shared)'; mkdir '\(shared)/sub'
            "$@"; ls '\(shared)/sub'; exit
            """
        let output = try container.running().afterMounts(script).run().succeeded()
        #expect(output.standardOutput == "mount /data/sub=ok\nwrite /data/sub/file=ok\n")
    }

    @Test(arguments: ["private", "slave", "shared", "unbindable"])
    func rootfsPropagationIsOfTheRoot(_ propagation: String) throws {
        // Each of the others is wrong about one or two where the host's mounts are shared.
        let wrong: [Runtime.Kind: [String]] = [.runc: ["shared", "unbindable"], .crun: ["slave"]]
        if wrong[Runtime.current.kind]?.contains(propagation) == true { return }
        let container = try scratch.container {
            $0.linux["rootfsPropagation"] = "\(propagation)"
            $0.payload("cat", "/proc/self/mountinfo")
        }
        let command = container.running().afterMounts("mount --make-rshared /")
        let root = try #require(MountTable(command.run().succeeded().standardOutput)["/"])
        switch propagation {
        case "shared": #expect(root.isShared)
        case "slave": #expect(root.isSlave && !root.isShared)
        case "unbindable": #expect(root.propagation == ["unbindable"])
        default: #expect(root.isPrivate)
        }
    }

    @Test func withoutRootfsPropagationNothingReachesTheHost() throws {
        let container = try scratch.container { $0.payload("cat", "/proc/self/mountinfo") }
        let command = container.running().afterMounts("mount --make-rshared /")
        let mounts = try MountTable(command.run().succeeded().standardOutput).mounts
        #expect(mounts.allSatisfy { !$0.isShared })
    }

    @Test(.differs(.crun, "ignores it")) func unknownRootfsPropagationIsRefused() throws {
        let container = try scratch.container { $0.linux["rootfsPropagation"] = "sideways" }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.rootfsPropagation") && message.contains("sideways")) }
    }
}
