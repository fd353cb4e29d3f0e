import Testing

@testable import NetworkRules

@Suite struct AllowListTests {
    @Test(arguments: [
        ("docs.python.org", "docs.python.org"), ("DOCS.Python.ORG.", "docs.python.org"),
        ("*.Example.org:8443", "*.example.org:8443"), ("10.1.2.3:5432", "10.1.2.3:5432"), ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.0/8:22", "10.0.0.0/8:22"), ("2001:db8::10", "2001:db8::10"), ("[2001:db8::10]", "2001:db8::10"),
        ("[2001:DB8::10]:443", "[2001:db8::10]:443"), ("[2001:db8::/32]:443", "[2001:db8::/32]:443"),
        ("2001:db8::/32", "2001:db8::/32"), ("[::ffff:10.0.0.1]:80", "10.0.0.1:80"), ("a_b-c.x:65535", "a_b-c.x:65535"),
        ("0.0.0.0/0:443", "0.0.0.0/0:443"), ("printer", "printer"),
    ])
    func entriesHaveOneForm(_ text: String, _ form: String) throws {
        let target = try AllowedTarget(text)
        #expect(target.description == form)
        #expect(try AllowedTarget(form) == target)
    }

    @Test(arguments: [
        "", "*", "*.", "*.*.org", "a.*.org", "*x.org", ".org", "a..org", "a.org:", "a.org:x", "a.org:80:80",
        "a.org:+80",
        "http://a.org", "a.org/path", "user@a.org", "a b", "a\0.org", "ä.org", "a.org\n", "[a.org]:80", "[10.0.0.1]:80",
        "[::1", "[::1]80", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "2001:db8::/129",
        String(repeating: "a", count: 64) + ".org", String(repeating: "a.", count: 127) + "org",
    ])
    func malformedEntriesAreRefused(_ text: String) {
        #expect(throws: NetworkRuleError.self) { try AllowedTarget(text) }
    }

    @Test(arguments: [
        ("a.org:0", "not between 1 and 65535"), ("a.org:65536", "not between 1 and 65535"), ("a.org:53", "port 53"),
        ("10.0.0.1/8", "did you mean 10.0.0.0/8?"), ("127.1", "four decimal numbers"),
        ("0x7f000001:80", "four decimal numbers"), ("2130706433", "four decimal numbers"),
        ("0177.0.0.1", "four decimal numbers"), ("1.2.3.256", "four decimal numbers"), ("localhost:80", "127.0.0.1"),
        ("db.localhost", "127.0.0.1"), ("0.0.0.0", "cannot be reached"), ("224.0.0.1", "cannot be reached"),
        ("198.18.0.5:80", "cannot be reached"), ("[ff02::1]:80", "cannot be reached"), ("[::]:80", "cannot be reached"),
    ])
    func entriesThatMeanSomethingElseSayWhy(_ text: String, _ reason: String) throws {
        let error = try #require(throws: NetworkRuleError.self) { try AllowedTarget(text) }
        #expect(error.description.contains(reason), "\(error)")
    }

    private func list(_ entries: String...) throws -> AllowList { try AllowList(entries.map { try AllowedTarget($0) }) }

    @Test func namesArePermittedToTheLetter() throws {
        let list = try list("docs.python.org", "*.example.org:8443", "printer:631")
        for name in ["docs.python.org", "a.example.org", "a.b.example.org", "printer"] {
            #expect(list.permits(name: name))
        }
        for name in [
            "python.org", "xdocs.python.org", "docs.python.org.evil.com", "example.org", ".example.org", "xexample.org",
            "example.org.evil.com", "a.example.orgx", "", "org",
        ] {
            #expect(!list.permits(name: name), "\(name)")
        }
        #expect(list.permits(name: "docs.python.org", port: 80) && list.permits(name: "docs.python.org", port: 443))
        #expect(!list.permits(name: "docs.python.org", port: 8443))
        #expect(list.permits(name: "a.example.org", port: 8443) && !list.permits(name: "a.example.org", port: 443))
        #expect(list.ports == [80, 443, 631, 8443])
    }

    @Test func aRangePermitsSpecialAddressesOnlyWhereItIsOneOfThem() throws {
        let all = try list("0.0.0.0/0", "::/0")
        for text in ["1.1.1.1", "2606::1"] {
            let address = try #require(NetworkAddress(text))
            #expect(all.permits(address: address, port: 443))
        }
        for text in [
            "10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.0.1", "168.63.129.16", "0.0.0.0", "224.0.0.1", "::1",
            "fe80::1", "fd00::1", "64:ff9b::7f00:1",
        ] {
            let address = try #require(NetworkAddress(text))
            #expect(!all.permits(address: address, port: 443), "\(text)")
        }
        let some = try list("10.1.0.0/16:5432", "169.254.169.254:80", "127.0.0.1:8080", "[fd00::/8]:443")
        func permits(_ text: String, _ port: UInt16) throws -> Bool {
            some.permits(address: try #require(NetworkAddress(text)), port: port)
        }
        #expect(try permits("10.1.2.3", 5432) && permits("169.254.169.254", 80) && permits("127.0.0.1", 8080))
        #expect(try permits("fd12::1", 443))
        #expect(try !permits("10.1.2.3", 80) && !permits("10.2.0.1", 5432) && !permits("169.254.169.253", 80))
        #expect(try !permits("127.0.0.2", 8080) && !permits("1.1.1.1", 5432))
    }

    @Test func answersAreRefusedWhereTheyReachIntoTheHost() throws {
        let list = try list("db.test:5432", "10.1.0.0/16:5432")
        func objection(_ text: String, _ port: UInt16) throws -> String? {
            list.objection(toAnswer: try #require(NetworkAddress(text)).unmapped, port: port)
        }
        #expect(try objection("203.0.113.10", 5432) == nil)
        #expect(try objection("10.1.2.3", 5432) == nil)
        #expect(try objection("10.1.2.3", 80) == "private")
        #expect(try objection("127.0.0.1", 5432) == "loopback")
        #expect(try objection("::ffff:127.0.0.1", 5432) == "loopback")
        #expect(try objection("::1", 5432) == "loopback")
    }

    @Test(
        arguments: [
            ("a.org", "a.org:443", nil), ("a.org:443", "a.org", 80), ("*.a.org", "b.a.org", nil),
            ("*.a.org", "*.b.a.org", nil),
            ("*.a.org", "*.a.org", nil), ("*.a.org", "a.org", 80), ("b.a.org", "*.a.org", 80),
            ("*.a.org", "*.xa.org", 80),
            ("10.0.0.0/8:22", "10.1.2.3:22", nil), ("10.1.2.3:22", "10.0.0.0/8:22", 22),
            ("0.0.0.0/0", "10.0.0.0/8", 80),
            ("0.0.0.0/0", "1.1.1.0/24", nil), ("a.org", "1.1.1.1", 80), ("1.1.1.1", "a.org", 80),
        ] as [(String, String, UInt16?)])
    func aToolsEntryLiesWithinItsAgents(_ agent: String, _ tool: String, _ port: UInt16?) throws {
        #expect(try list(agent).firstUncoveredPort(of: AllowedTarget(tool)) == port)
    }

    @Test func listsAreBounded() throws {
        #expect(throws: NetworkRuleError.self) {
            try AllowList((0..<65).map { try AllowedTarget("a.org:\(1000 + $0)") })
        }
        #expect(throws: NetworkRuleError.self) {
            try AllowList((0..<1025).map { try AllowedTarget("n\($0).org") })
        }
    }

    @Test func theAnnotationIsReadAsItIsWritten() throws {
        let list = try list("docs.python.org", "*.example.org:8443", "[2001:db8::/32]:443")
        let text = #"{"allow":["docs.python.org","*.example.org:8443","[2001:db8::/32]:443"]}"#
        #expect(try AllowList(annotation: text.utf8) == list)
        for text in [
            "", "[]", "{}", #"{"allow":[]}"#, #"{"allow":["a.org"],"deny":[]}"#, #"{"allow":["a org"]}"#,
            #"{"allow":"a.org"}"#,
        ] {
            #expect(throws: (any Error).self) { try AllowList(annotation: text.utf8) }
        }
    }

    @Test func messagesAreReadAsTheyAreWritten() {
        let sockets = [
            GateMessage.Socket(isDatagram: true, isVersion6: false, port: 53),
            GateMessage.Socket(isDatagram: false, isVersion6: true, port: 65535),
        ]
        for message in [.rules([1, 2]), .sockets(sockets), .complete, .ready, .failed("why")] as [GateMessage] {
            #expect(GateMessage(frame: message.frame) == message)
        }
        for frame in [[], [0], [3, 0], [2, 1], [2, 2, 4, 0, 53], [2, 1, 5, 0, 53], [9]] as [[UInt8]] {
            #expect(GateMessage(frame: frame) == nil)
        }
    }
}
