import Glibc
import Testing

/// `linux.devices`, and what /dev holds without being asked.
@Suite(.needsRoot) struct DeviceTests {
    let scratch = Scratch()

    @Test(arguments: [
        ("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"), ("urandom", "1:9"), ("tty", "5:0"),
    ])
    func defaultDeviceIsThere(_ name: String, _ number: String) throws {
        let facts = try scratch.facts { $0.payload("stat", "/dev/\(name)") }
        #expect(facts["stat /dev/\(name)"] == "character 0666 0:0 \(number) 0")
    }

    @Test func defaultLinksAreThere() throws {
        let names = ["fd", "stdin", "stdout", "stderr", "ptmx"]
        let facts = try scratch.facts { config in
            config.process["args"] = Node(["/payload", "readlink"] + names.map { "/dev/\($0)" })
        }
        let targets = ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "pts/ptmx"]
        for (name, target) in zip(names, targets) { #expect(facts["readlink /dev/\(name)"] == target) }
    }

    @Test func defaultDevicesWork() throws {
        let facts = try scratch.facts {
            $0.payload(
                "overwrite", "/dev/null", "x", ",", "overwrite", "/dev/full", "x", ",",
                "overwrite", "/dev/stdout", "", ",", "open", "/dev/urandom", "/dev/zero", "/dev/random", "/dev/ptmx")
        }
        #expect(facts["overwrite /dev/null"] == "ok")
        #expect(facts["overwrite /dev/full"] == "ENOSPC")
        #expect(facts["overwrite /dev/stdout"] == "ok")
        for name in ["urandom", "zero", "random", "ptmx"] { #expect(facts["open /dev/\(name)"] == "ok") }
    }

    @Test func devicesAreMadeAsListed() throws {
        let facts = try scratch.facts {
            $0.linux["devices"] = [
                ["path": "/dev/one", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 12, "gid": 34],
                ["path": "/dev/sub/two", "type": "b", "major": 7, "minor": 200, "fileMode": 0o600],
                ["path": "/dev/three", "type": "p", "fileMode": 0o622],
                ["path": "/data/four", "type": "u", "major": 1, "minor": 3],
            ]
            $0.payload("stat", "/dev/one", "/dev/sub/two", "/dev/three", "/data/four")
        }
        #expect(facts["stat /dev/one"] == "character 0640 12:34 1:5 0")
        #expect(facts["stat /dev/sub/two"] == "block 0600 0:0 7:200 0")
        #expect(facts["stat /dev/three"]?.hasPrefix("fifo 0622 0:0") == true)
        #expect(facts["stat /data/four"]?.hasPrefix("character ") == true)
        #expect(facts["stat /data/four"]?.contains(" 1:3 ") == true)
    }

    @Test(.differs(.crun, "1.8 leaves the owner as it was")) func deviceWithANewModeReplacesADefaultOne() throws {
        let facts = try scratch.facts {
            $0.linux["devices"] = [
                ["path": "/dev/full", "type": "c", "major": 1, "minor": 7, "fileMode": 0o600, "uid": 7, "gid": 8]
            ]
            $0.payload("stat", "/dev/full")
        }
        #expect(facts["stat /dev/full"] == "character 0600 7:8 1:7 0")
    }

    /// Where the host has no such node, or another mode: crun makes them too, runc binds the host's.
    @Test(.agentrtOnly) func devicesOfAUserNamespaceAreMadeAsListed() throws {
        let facts = try scratch.facts {
            $0.userNamespace(hostID: 100_000, size: 65_536)
            $0.linux["devices"] = [
                ["path": "/dev/one", "type": "b", "major": 1, "minor": 5, "fileMode": 0o157, "uid": 10, "gid": 11],
                ["path": "/dev/sub/full", "type": "c", "major": 1, "minor": 7, "fileMode": 0o600],
                ["path": "/dev/zero", "type": "c", "major": 1, "minor": 5, "uid": 70_000],
            ]
            $0.payload(
                "stat", "/dev/one", "/dev/sub/full", "/dev/zero", ",", "overwrite", "/dev/sub/full", "x")
        }
        #expect(facts["stat /dev/one"] == "block 0157 10:11 1:5 0")
        #expect(facts["stat /dev/sub/full"] == "character 0600 0:0 1:7 0")
        #expect(facts["overwrite /dev/sub/full"] == "ENOSPC")
        // An owner that is not mapped: the host's node is bound, as it is.
        #expect(facts["stat /dev/zero"]?.hasSuffix(" 1:5 0") == true)
    }

    @Test func linkInPlaceOfADirectoryDoesNotEscape() throws {
        let outside = try scratch.makeDirectory("outside")
        let container = try scratch.container {
            $0.linux["devices"] = [["path": "/data/link/device", "type": "c", "major": 1, "minor": 3]]
        }
        try check(symlink(outside, container.bundle.rootfs + "/data/link"), "symlink")
        _ = try container.run()
        #expect(Files.list(outside) == [])
    }

    @Test(.differs(.crun, "1.8 makes a character device of it")) func unknownTypeIsRefused() throws {
        let container = try scratch.container {
            $0.linux["devices"] = [["path": "/dev/x", "type": "z", "major": 1, "minor": 3]]
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.devices[0].type")) }
    }

    @Test func deviceThatIsNotAllowedCannotBeMade() throws {
        let facts = try scratch.facts { $0.payload("mknod", "/dev/disk", "b", "8", "0") }
        #expect(facts["mknod /dev/disk"] == "EPERM")
    }
}
