import Testing

/// Bundles that are wrong, or ask for what cannot be given: refused by name, with nothing left behind.
@Suite(.needsRoot) struct RefusalTests {
    let scratch = Scratch()

    @Test func missingConfigIsNamed() throws {
        let container = try scratch.container()
        _ = try Command("/bin/rm", [container.bundle.configPath]).run().succeeded()
        #expect(try refusal(of: container).contains("config.json"))
    }

    @Test func missingBundleIsNamed() throws {
        let container = try scratch.container()
        let message = try container.mustRefuse("create", "--bundle", "/no/such/bundle", container.id)
        #expect(message.contains("/no/such/bundle"))
    }

    @Test func syntaxErrorHasLineAndColumn() throws {
        let container = try scratch.container()
        try container.bundle.write("{\n  \"ociVersion\": \"1.0.2\",\n  \"process\": }\n}")
        let message = try refusal(of: container)
        agentrtOnly { #expect(message.contains("line 3, column 14")) }
    }

    /// A wrong value at a path, set by the closure.
    @Test(
        .differs(.crun, "1.8 reads past most"),
        arguments: [
            ("process.user.uid", "zero"), ("process.args[0]", ""), ("process.terminal", "no"),
            ("mounts[0].options", "ro"),
            ("linux.namespaces[0].type", ""), ("root.readonly", "yes"), ("process.rlimits[0].soft", "many"),
            ("linux.maskedPaths[2]", ""), ("annotations.key", ""),
        ])
    func wrongTypeHasItsPath(_ path: String, _ text: String) throws {
        let wrong: Node = text.isEmpty ? 17 : "\(text)"
        let container = try scratch.container {
            switch path {
            case "process.user.uid": $0.process["user"]["uid"] = wrong
            case "process.args[0]": $0.process["args"] = [wrong]
            case "process.terminal": $0.process["terminal"] = wrong
            case "mounts[0].options": $0.mounts[0]["options"] = wrong
            case "linux.namespaces[0].type": $0.linux["namespaces"][0]["type"] = wrong
            case "root.readonly": $0.root["root"]["readonly"] = wrong
            case "process.rlimits[0].soft": $0.process["rlimits"][0]["soft"] = wrong
            case "linux.maskedPaths[2]": $0.linux["maskedPaths"][2] = wrong
            default: $0.annotations = ["key": wrong]
            }
        }
        let message = try refusal(of: container)
        agentrtOnly { #expect(message.contains(path)) }
    }

    @Test(.agentrtOnly, arguments: ["", "2.0.0", "0.9.0", "1", "one"])
    func unknownVersionIsRefused(_ version: String) throws {
        let container = try scratch.container { $0.root["ociVersion"] = "\(version)" }
        #expect(try refusal(of: container).contains("ociVersion"))
    }

    @Test(arguments: ["1.0.0", "1.0.2-dev", "1.1.0", "1.2.1", "1.3.0"])
    func versionsThatAreKnown(_ version: String) throws {
        if Runtime.current.kind == .crun && !version.hasPrefix("1.0") { return }  // 1.8 knows no later one
        _ = try scratch.run { $0.root["ociVersion"] = "\(version)" }.succeeded()
    }

    @Test(.agentrtOnly) func containerWithoutAMountNamespaceIsRefused() throws {
        let container = try scratch.container {
            $0.share("mount")
            ($0.linux["maskedPaths"], $0.linux["readonlyPaths"]) = ([], [])
        }
        #expect(try refusal(of: container).contains("linux.namespaces: a container without a mount namespace"))
    }

    @Test func unknownMembersArePassedOver() throws {
        let status = try scratch.run {
            $0.root["org.example"] = ["key": 1]
            $0.process["futureField"] = true
        }.status
        #expect(status == 0, "the specification has runtimes ignore what they do not know")
    }

    /// What a bundle may ask for and this version does not do yet. As each is built, its line goes.
    static let unbuilt: [(String, Node)] = [
        ("linux.intelRdt", ["closID": "group"])
    ]

    @Test(.agentrtOnly, arguments: unbuilt) func whatIsNotBuiltIsRefusedByName(_ path: String, _ value: Node) throws {
        let words = path.split(separator: ".").map(String.init)
        let container = try scratch.container { $0.root[words[0]][words[1]] = value }
        #expect(try refusal(of: container).contains(path))
    }

    /// What engines write when nobody asked for a limit.
    static let emptyLimits: [(String, Node)] = [
        ("memory", [:]), ("cpu", [:]), ("pids", ["limit": -1]), ("pids", ["limit": 0]),
        ("memory", ["disableOOMKiller": false]), ("memory", ["limit": -1, "swap": -1]), ("cpu", ["shares": 0]),
        ("blockIO", [:]), ("hugepageLimits", []), ("network", [:]),
    ]

    @Test(arguments: emptyLimits) func valueThatLimitsNothingIsTaken(_ key: String, _ value: Node) throws {
        if Runtime.current.kind == .crun && ["pids", "network"].contains(key) { return }  // where it has cgroup v1
        _ = try scratch.run { $0.linux["resources"][key] = value }.succeeded()
    }

    @Test func deviceRulesAsEnginesWriteThemAreTaken() throws {
        let status = try scratch.run {
            $0.linux["resources"]["devices"] = [
                ["allow": false, "access": "rwm"],
                ["allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"],
                ["allow": true, "type": "c", "major": 1, "minor": 5, "access": "rwm"],
                ["allow": true, "type": "c", "major": 1, "minor": 8, "access": "rwm"],
                ["allow": true, "type": "c", "major": 1, "minor": 9, "access": "rwm"],
                ["allow": true, "type": "c", "major": 5, "minor": 0, "access": "rwm"],
                ["allow": true, "type": "c", "major": 5, "minor": 1, "access": "rwm"],
                ["allow": true, "type": "c", "major": 136, "access": "rwm"],
                ["allow": true, "type": "c", "major": 5, "minor": 2, "access": "rwm"],
                ["allow": true, "type": "c", "major": 10, "minor": 200, "access": "rwm"],
                ["allow": true, "type": "c", "major": -1, "minor": -1, "access": "m"],
                ["allow": true, "type": "b", "access": "m"],
            ]
        }.status
        #expect(status == 0)
    }

    @Test(arguments: ["../../escape", "/../../escape", "/agentrt-tests/../../.."])
    func cgroupsPathDoesNotEscape(_ path: String) throws {
        let container = try scratch.container { $0.linux["cgroupsPath"] = .text(path) }
        _ = try container.run()
        #expect(Files.list("/sys/fs").allSatisfy { !$0.contains("escape") })
        for hierarchy in Files.list("/sys/fs/cgroup") {
            #expect(!Files.exists("/sys/fs/cgroup/\(hierarchy)/../escape"))
        }
    }

    @Test func processThatIsMissingIsRefused() throws {
        let container = try scratch.container { $0.root["process"] = nil }
        try refusal(of: container)
    }

    @Test func rootThatIsMissingIsRefused() throws {
        let container = try scratch.container { $0.root["root"] = nil }
        try refusal(of: container)
    }

    @discardableResult
    private func refusal(of container: Container) throws -> String {
        let message = try container.creating().run().refused()
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        #expect(try container.controlGroups() == [])
        return message
    }
}
