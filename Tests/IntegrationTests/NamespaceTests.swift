import Testing

/// `linux.namespaces`: new ones, the runtime's own, and those of somebody else.
@Suite(.needsRoot) struct NamespaceTests {
    let scratch = Scratch()

    /// The name of a kind in config.json and in /proc/PID/ns.
    static let kinds = [
        ("pid", "pid"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts"), ("mount", "mnt"), ("cgroup", "cgroup"),
    ]

    @Test(arguments: kinds) func newOneIsTheContainersOwn(_ kind: String, _ link: String) throws {
        let facts = try scratch.facts {
            $0.namespace(kind)
            $0.payload("namespaces")
        }
        #expect(try facts["ns.\(link)"] != Files.linkTarget("/proc/self/ns/\(link)"))
    }

    @Test(arguments: kinds.filter { $0.0 != "mount" })
    func kindThatIsNotListedIsTheRuntimesOwn(_ kind: String, _ link: String) throws {
        let facts = try scratch.facts {
            $0.share(kind)
            if kind == "uts" { $0.root["hostname"] = nil }
            if kind == "ipc" { $0.unmount("/dev/mqueue") }
            $0.payload("namespaces")
        }
        #expect(try facts["ns.\(link)"] == Files.linkTarget("/proc/self/ns/\(link)"))
    }

    @Test(arguments: kinds.filter { !["mount", "pid"].contains($0.0) })
    func joinsTheOneAtAPath(_ kind: String, _ link: String) throws {
        let path = try "/proc/\(scratch.holder("unshare", link).pid)/ns/\(link)"
        let facts = try scratch.facts {
            $0.namespace(kind, path: path)
            $0.payload("namespaces")
        }
        #expect(try facts["ns.\(link)"] == Files.linkTarget(path))
        #expect(try facts["ns.\(link)"] != Files.linkTarget("/proc/self/ns/\(link)"))
    }

    @Test func joinsAPidNamespace() throws {
        let first = try scratch.container { $0.payload("pause") }
        try first.create()
        try first.start()
        let path = try "/proc/\(first.pid())/ns/pid"
        let facts = try scratch.facts {
            $0.namespace("pid", path: path)
            $0.payload("namespaces", ",", "process")
        }
        #expect(try facts["ns.pid"] == Files.linkTarget(path))
        #expect(facts["pid"] != "1", "the first container's program is")
    }

    // The others mount in the namespace itself, where its owner finds what they leave.
    @Test(.agentrtOnly) func joinedMountNamespaceIsTheViewAndNotThePlace() throws {
        let shared = try scratch.makeDirectory("shared")
        let holder = try scratch.holder(
            "unshare", "mnt", ",", "mount", "tmpfs", "none", shared, ",", "write", shared + "/file", "in its view")
        let before = try Files.read("/proc/\(holder.pid)/mountinfo")
        let facts = try scratch.facts {
            $0.namespace("mount", path: "/proc/\(holder.pid)/ns/mnt")
            $0.mount("/data", type: "bind", source: shared, ["bind"])
            $0.payload("read", "/data/file")
        }
        #expect(facts["read /data/file"] == "in its view")
        #expect(try Files.read("/proc/\(holder.pid)/mountinfo") == before)
        #expect(Files.list(shared) == [])
    }

    @Test func joinsTheNamespacesOfAnotherContainer() throws {
        // What pods do: one container holds them, the others join.
        let first = try scratch.container { $0.payload("pause") }
        try first.create()
        let pid = try first.pid()
        let facts = try scratch.facts {
            for (kind, link) in [("network", "net"), ("ipc", "ipc"), ("uts", "uts")] {
                $0.namespace(kind, path: "/proc/\(pid)/ns/\(link)")
            }
            $0.root["hostname"] = nil
            $0.payload("names")
        }
        #expect(facts["hostname"] == "container")
    }

    @Test func programIsProcessOne() throws {
        #expect(try scratch.facts { $0.payload("process") }["pid"] == "1")
    }

    @Test func newNetworkHasOnlyALoopbackThatIsUp() throws {
        let facts = try scratch.facts { $0.payload("list", "/sys/class/net", ",", "read", "/sys/class/net/lo/flags") }
        #expect(facts["list /sys/class/net"] == "lo")
        #expect(facts["read /sys/class/net/lo/flags"] == "0x9", "up, loopback")
    }

    @Test(.differs(.runc, "1.1 knows no time namespaces"), .differs(.crun, "1.8 refuses the bundle's version"))
    func newTimeNamespaceWithOffsets() throws {
        let output = try scratch.run {
            $0.namespace("time")
            $0.linux["timeOffsets"] = ["boottime": ["secs": 1_000_000, "nanosecs": 0]]
            $0.payload("namespaces", ",", "cat", "/proc/uptime")
        }.succeeded()
        #expect(try output.facts["ns.time"] != Files.linkTarget("/proc/self/ns/time"))
        let uptime = output.standardOutput.split(separator: "\n").last?.split(separator: ".").first
        #expect(try Int(#require(uptime)) ?? 0 > 1_000_000)
    }

    @Test(arguments: ["/no/such/namespace", "/dev/null", "/proc/self/ns/mnt"])
    func pathThatIsNoNetworkNamespaceIsRefused(_ path: String) throws {
        let container = try scratch.container { $0.namespace("network", path: path) }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains(path)) }
    }

    @Test(.differs(.crun, "takes the last")) func kindThatIsListedTwiceIsRefused() throws {
        let container = try scratch.container { $0.linux["namespaces"].append(["type": "uts"]) }
        try container.creating().run().refused()
    }

    @Test func unknownKindIsRefused() throws {
        let container = try scratch.container { $0.linux["namespaces"].append(["type": "weather"]) }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.namespaces[5].type") && message.contains("weather")) }
    }
}
