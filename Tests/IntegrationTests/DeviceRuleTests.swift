import Glibc
import Testing

/// `linux.resources.devices`: which devices may be made and opened, by whoever has all the rights to.
///
/// runc and crun hold the rules in cgroup v1 where the machine has its controller there.
@Suite(.needsRoot) struct DeviceRuleTests {
    let scratch = Scratch()

    private static let denyAll: Node = ["allow": false, "access": "rwm"]

    private static func allow(_ type: String, _ major: Int? = nil, _ minor: Int? = nil, _ access: String = "rwm")
        -> Node
    {
        var rule: Node = ["allow": true, "type": .text(type), "access": .text(access)]
        if let major { rule["major"] = .number(major) }
        if let minor { rule["minor"] = .number(minor) }
        return rule
    }

    private static func deny(_ type: String, _ major: Int? = nil, _ minor: Int? = nil, _ access: String = "rwm") -> Node
    {
        var rule = allow(type, major, minor, access)
        rule["allow"] = false
        return rule
    }

    /// What a container with these rules and CAP_MKNOD may do with nodes that it makes: loop-control, and loop 0 of
    /// block devices.
    private func facts(_ rules: [Node], _ configure: (inout Config) -> Void = { _ in }) throws -> Facts {
        try scratch.facts {
            $0.linux["resources"]["devices"] = .list(rules)
            $0.capabilities(["CAP_MKNOD"])
            $0.payload(
                "mknod", "/dev/a", "c", "10", "237", ",", "mknod", "/dev/b", "b", "7", "0", ",", "open", "/dev/a",
                "/dev/b",
                "/dev/null", "/dev/zero", ",", "overwrite", "/dev/null", "x")
            configure(&$0)
        }
    }

    @Test func whatIsNotPermittedDoesNotOpen() throws {
        let facts = try facts([Self.denyAll])
        // Nodes of any kind may be made, as engines expect it.
        #expect(facts["mknod /dev/a"] == "ok" && facts["mknod /dev/b"] == "ok")
        #expect(facts["open /dev/a"] == "EPERM" && facts["open /dev/b"] == "EPERM")
        #expect(facts["open /dev/null"] == "ok" && facts["open /dev/zero"] == "ok")
        #expect(facts["overwrite /dev/null"] == "ok")
    }

    @Test func whatIsPermittedOpens() throws {
        let facts = try facts([Self.denyAll, Self.allow("c", 10, 237, "r")])
        #expect(facts["open /dev/a"] == "ok" && facts["open /dev/b"] == "EPERM")
    }

    @Test func lastRuleDecides() throws {
        let control = Self.allow("c", 10, 237)
        let denied = try facts([Self.denyAll, control, Self.deny("c", 10, 237, "r")])
        #expect(denied["open /dev/a"] == "EPERM")
        let allowed = try facts([Self.denyAll, Self.deny("c", 10, 237, "r"), control])
        #expect(allowed["open /dev/a"] == "ok")
    }

    @Test func everythingAsPrivilegedEnginesWriteIt() throws {
        let facts = try facts([["allow": true, "access": "rwm"]])
        #expect(facts["open /dev/a"] == "ok")
        // Without a medium the kernel says so, which is past the rules.
        #expect(facts["open /dev/b"] != "EPERM")
    }

    @Test(.agentrtOnly) func nodesOfADeniedKindAreNotMade() throws {
        let facts = try facts([Self.denyAll, Self.deny("b", nil, nil, "m")])
        #expect(facts["mknod /dev/a"] == "ok" && facts["mknod /dev/b"] == "EPERM")
    }

    @Test(.agentrtOnly) func containerHasItsNodesWhereNoneMayBeMade() throws {
        let facts = try facts([Self.denyAll, Self.deny("a", nil, nil, "m")]) {
            $0.linux["devices"] = [["path": "/dev/own", "type": "c", "major": 1, "minor": 5]]
        }
        #expect(facts["mknod /dev/a"] == "EPERM" && facts["mknod /dev/b"] == "EPERM")
        #expect(facts["open /dev/null"] == "ok" && facts["overwrite /dev/null"] == "ok")
    }

    @Test(.agentrtOnly) func defaultDeviceMayBeDenied() throws {
        let facts = try facts([Self.denyAll, Self.deny("c", 1, 5, "rw")])
        #expect(facts["open /dev/zero"] == "EPERM" && facts["open /dev/null"] == "ok")
    }

    @Test func rulesHoldInAUserNamespace() throws {
        let facts = try scratch.facts {
            $0.userNamespace()
            $0.linux["resources"]["devices"] = [Self.denyAll]
            $0.linux["devices"] = [["path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11]]
            $0.payload("open", "/dev/kmsg", "/dev/null")
        }
        #expect(facts["open /dev/kmsg"] == "EPERM" && facts["open /dev/null"] == "ok")
    }

    @Test(.agentrtOnly) func rulesOfAGroupThatStaysAreReplacedAndGo() throws {
        let group = try Session.shared.get().controlGroup + "-\(uniqueNumber())"
        let isAlone = Files.exists("/sys/fs/cgroup/cgroup.controllers")
        let path = (isAlone ? "/sys/fs/cgroup" : "/sys/fs/cgroup/unified") + group
        try Files.makeDirectory(path)
        defer { rmdir(path) }
        for (rules, result) in [([Self.denyAll], "EPERM"), ([["allow": true]], "ok"), ([Self.denyAll], "EPERM")] {
            let facts = try facts(rules) { $0.linux["cgroupsPath"] = .text(group) }
            #expect(facts["open /dev/a"] == result)
        }
    }

    @Test(.agentrtOnly) func manyRulesAreTakenAndTooManyRefused() throws {
        let many = (0..<2500).map { Self.allow("b", 8, $0) }
        #expect(try facts([Self.denyAll] + many.prefix(1500))["open /dev/a"] == "EPERM")
        let container = try scratch.container { $0.linux["resources"]["devices"] = .list(many) }
        #expect(try container.creating().run().refused().contains("linux.resources.devices: are too many"))
        // Each of these makes the kernel's check of the others longer.
        let partial = try scratch.container {
            $0.linux["resources"]["devices"] = .list((0..<1900).map { Self.allow("b", 8, $0, "r") })
        }
        #expect(try partial.creating().run().refused().contains("linux.resources.devices: are too many"))
    }

    /// The kernel lets a user make no nodes; so the usual rules change nothing, and others cannot be held.
    @Test(.agentrtOnly) func withoutRootOnlyTheUsualRulesAreTaken() throws {
        let rootless = Scratch(user: 1000)
        func run(_ rules: [Node]) throws -> Output {
            try rootless.container {
                $0.linux["resources"]["devices"] = .list(rules)
                $0.linux["cgroupsPath"] = nil
                $0.userNamespace(hostID: 1000, size: 1)
                $0.mounts[2]["options"] = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
            }.run()
        }
        for rules in [[Self.denyAll], [["allow": true]], [Self.denyAll, Self.allow("c", 5, 1)]] {
            _ = try run(rules).succeeded()
        }
        let message = try run([Self.denyAll, Self.allow("c", 10, 229)]).refused()
        #expect(message.contains("linux.resources.devices[1]: only the host's root can have rules for devices held"))
    }
}
