import Testing

/// `process.capabilities`: five sets, each as it is listed.
@Suite(.needsRoot) struct CapabilityTests {
    let scratch = Scratch()

    /// The masks of a few capabilities.
    private static let chown: UInt64 = 1 << 0
    private static let kill: UInt64 = 1 << 5
    private static let bind: UInt64 = 1 << 10
    private static let admin: UInt64 = 1 << 21

    @Test func eachSetIsAsListed() throws {
        let facts = try scratch.facts {
            $0.process["capabilities"] = [
                "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "effective": ["CAP_CHOWN", "CAP_NET_BIND_SERVICE"],
                "inheritable": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
                "ambient": ["CAP_NET_BIND_SERVICE"],
            ]
            // Not root: execve gives root the whole bounding set again.
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("caps")
        }
        #expect(mask(facts["bounding"]) == Self.chown | Self.kill | Self.bind)
        #expect(mask(facts["inheritable"]) == Self.kill | Self.bind)
        #expect(mask(facts["ambient"]) == Self.bind)
        // After execve these are the ambient set.
        #expect(mask(facts["permitted"]) == Self.bind)
        #expect(mask(facts["effective"]) == Self.bind)
    }

    @Test func rootHasTheBoundingSet() throws {
        let facts = try scratch.facts {
            $0.capabilities(["CAP_CHOWN", "CAP_KILL"], in: ["bounding", "permitted", "effective"])
            $0.payload("caps")
        }
        for set in ["bounding", "permitted", "effective"] { #expect(mask(facts[set]) == Self.chown | Self.kill) }
        for set in ["inheritable", "ambient"] { #expect(mask(facts[set]) == 0) }
    }

    @Test func userHasNoneWithoutAmbientOnes() throws {
        let facts = try scratch.facts {
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.capabilities(["CAP_CHOWN"], in: ["bounding", "permitted", "effective"])
            $0.payload("caps")
        }
        #expect(mask(facts["bounding"]) == Self.chown)
        for set in ["permitted", "effective", "inheritable", "ambient"] { #expect(mask(facts[set]) == 0, "\(set)") }
    }

    @Test func noneMeansNone() throws {
        let facts = try scratch.facts {
            $0.process["capabilities"] = [
                "bounding": [], "permitted": [], "effective": [], "inheritable": [], "ambient": [],
            ]
            $0.payload("caps", ",", "chown", "1", "1", "/data", ",", "sethostname", "x")
        }
        for set in ["bounding", "permitted", "effective", "inheritable", "ambient"] {
            #expect(mask(facts[set]) == 0, "\(set)")
        }
        #expect(facts["chown /data"] == "EPERM")
        #expect(facts["sethostname x"] == "EPERM")
    }

    @Test func theyDecideWhatRootMay() throws {
        let facts = try scratch.facts {
            $0.capabilities(["CAP_SYS_ADMIN"], in: ["bounding", "permitted", "effective"])
            $0.payload("sethostname", "new", ",", "chown", "1", "1", "/data")
        }
        #expect(facts["sethostname new"] == "ok")
        #expect(facts["chown /data"] == "EPERM")
    }

    @Test func theyStayWithASeccompFilterAndWithoutNoNewPrivileges() throws {
        let facts = try scratch.facts {
            $0.process["noNewPrivileges"] = false
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.capabilities(["CAP_CHOWN"])
            $0.linux["seccomp"] = ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": []]
            $0.payload("caps", ",", "security")
        }
        for set in ["bounding", "permitted", "effective", "inheritable", "ambient"] {
            #expect(mask(facts[set]) == Self.chown, "\(set): what loads the filter is not left over")
        }
        #expect(facts["seccomp"] == "2")
        #expect(facts["no_new_privs"] == "0")
    }

    @Test(.differs(.runc, "warns"), .differs(.crun, "1.8 warns")) func unknownOneIsRefused() throws {
        let container = try scratch.container { $0.capabilities(["CAP_FLY"], in: ["bounding"]) }
        let message = try container.creating().run().refused()
        #expect(message.contains("process.capabilities.bounding[0]") && message.contains("CAP_FLY"))
    }

    private func mask(_ text: String?) -> UInt64? { text.flatMap { UInt64($0, radix: 16) } }
}
