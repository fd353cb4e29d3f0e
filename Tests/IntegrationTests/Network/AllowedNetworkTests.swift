import Testing

/// `"network": { "allow": […] }`: what is reached, by name, port and address, and what is not.
@Suite(.needsRoot, .agentrtOnly) struct AllowedNetworkTests {
    static let list = [
        "web.test", "*.sub.test:8443", "10.1.2.3:5432", "[2001:db8:1::10]:9999", "alias.test", "six.test:80",
        "big.test",
        "listed.test:80", "dead-then-alive.test:80", "mixed.test:80",
    ]

    @Test(arguments: Identity.allCases) func whatIsAllowedIsReachedAndNothingElse(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: Self.list)
        let output = try sandbox.run(
            "python3", "-c",
            """
            from client import *
            for host, port in [
                ("web.test", 80), ("web.test", 443), ("WEB.Test.", 80), ("one.sub.test", 8443), ("two.one.sub.test", 8443),
                ("10.1.2.3", 5432), ("2001:db8:1::10", 9999), ("alias.test", 80), ("six.test", 80), ("big.test", 443),
                ("listed.test", 80), ("dead-then-alive.test", 80), ("mixed.test", 80),
                ("web.test", 8443), ("one.sub.test", 80), ("10.1.2.3", 80), ("203.0.113.10", 80), ("2001:db8:1::10", 80),
                ("web.test", 22), ("sub.test", 8443), ("evil.test", 80), ("web.test.evil.test", 80), ("nosuch.sub.test", 8443),
            ]:
                print(host, port, talk(host, port))
            """)
        #expect(
            try output.succeeded().standardOutput == """
                web.test 80 end after 5 from 203.0.113.10:80
                web.test 443 end after 5 from 203.0.113.10:443
                WEB.Test. 80 end after 5 from 203.0.113.10:80
                one.sub.test 8443 end after 5 from 203.0.113.10:8443
                two.one.sub.test 8443 end after 5 from 203.0.113.10:8443
                10.1.2.3 5432 end after 5 from 10.1.2.3:5432
                2001:db8:1::10 9999 end after 5 from 2001:db8:1::10:9999
                alias.test 80 end after 5 from 203.0.113.10:80
                six.test 80 end after 5 from 2001:db8:1::10:80
                big.test 443 end after 5 from 203.0.113.10:443
                listed.test 80 end after 5 from 203.0.113.10:80
                dead-then-alive.test 80 end after 5 from 203.0.113.10:80
                mixed.test 80 end after 5 from 203.0.113.10:80
                web.test 8443 ECONNRESET
                one.sub.test 80 ECONNRESET
                10.1.2.3 80 ECONNRESET
                203.0.113.10 80 ECONNRESET
                2001:db8:1::10 80 ECONNRESET
                web.test 22 ECONNREFUSED
                sub.test 8443 EAI_AGAIN
                evil.test 80 EAI_AGAIN
                web.test.evil.test 80 EAI_AGAIN
                nosuch.sub.test 8443 EAI_NONAME

                """)
        #expect(
            sandbox.refusals == [
                "answer mixed.test 127.0.0.1", "address web.test 8443", "address one.sub.test 80",
                "address 10.1.2.3 80",
                "address 203.0.113.10 80", "address 2001:db8:1::10 80", "name sub.test", "name evil.test",
                "name web.test.evil.test",
            ])
        // One line for whoever reads standard error, with the first of them.
        let line = output.standardError.split(separator: "\n").first { $0.hasPrefix("agentrt: network: ") } ?? ""
        #expect(
            line.hasPrefix("agentrt: network: mixed.test (127.0.0.1: loopback address") && line.contains("and more"))
        // No name that is not allowed was asked for outside, and nobody else was connected to.
        #expect(
            sandbox.host.questions.isDisjoint(with: ["sub.test", "evil.test", "web.test.evil.test", "listed.test"]))
        #expect(sandbox.host.connections.count == 13)
    }

    /// Programs that know of no proxy, and the usual client of HTTP.
    @Test(arguments: Identity.allCases) func toolsNeedNoProxy(_ identity: Identity) throws {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test"])
        let output = try sandbox.run(
            "bash", "-c",
            """
            curl -sS --max-time 20 http://web.test/ http://web.test:443/
            exec 3<>/dev/tcp/web.test/80 && echo raw >&3 && read -r line <&3 && echo "$line"
            getent ahosts web.test >/dev/null && echo found
            """)
        #expect(
            output.standardOutput
                == "hello from 203.0.113.10:80\nhello from 203.0.113.10:443\nraw\nfound\n", "\(output)")
    }

    @Test func eachDirectionEndsForItself() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        #expect(try sandbox.value("talk('web.test', 80, b'x' * 3_000_000)") == "end after 3000000 from 203.0.113.10:80")
        #expect(try sandbox.value("talk('web.test', 80, b'')") == "end after 0 from 203.0.113.10:80")
        // What breaks outside breaks inside: a part is not taken for the whole.
        #expect(try sandbox.value("broken('web.test', 80)").hasPrefix("ECONNRESET"))
    }

    /// What a program has sent before it ends goes out, and the call does not wait for an answer that nobody reads.
    @Test func theLastBytesOfTheContainerArrive() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: ["web.test"])
        _ = try sandbox.run(
            "python3", "-c",
            """
            import os, socket
            connections = [socket.create_connection(("web.test", 80)) for _ in range(20)]
            for connection in connections:
                connection.sendall(b"LAST" + b"x" * 200_000)
            os._exit(0)
            """
        ).succeeded()
        try eventually("all bytes") { sandbox.host.events.filter { $0 == "last 200004" }.count == 20 }
    }

    @Test(arguments: [Identity.rootInUsersProject, .user]) func aThousandConnectionsAtOnce(_ identity: Identity) throws
    {
        let sandbox = try NetworkSandbox(identity, allow: ["web.test"])
        #expect(
            try sandbox.value("__import__('resource').setrlimit(7, (4096, 4096)) or many('web.test', 443, 1000)")
                == "1000")
        #expect(sandbox.host.connections.count == 1000)
    }

    @Test func namesServersAreAskedInTheirWays() throws {
        let sandbox = try NetworkSandbox(
            .rootInUsersProject,
            allow: ["web.test", "broken.test", "silent.test", "empty.test", "missing.test", "forged.test"])
        let facts = """
            [ask([b"web", b"test"]), ask([b"web", b"test"], over_stream=True), ask([b"web", b"test"], server="8.8.8.8"),
             datagram("2001:db8::53", 53), ask([b"web", b"test"], 28), ask([b"web", b"test"], 65),
             ask([b"web", b"test"], 16), ask([b"broken", b"test"]), ask([b"silent", b"test"]), ask([b"empty", b"test"]),
             ask([b"missing", b"test"]), ask([b"forged", b"test"])]
            """
        // Found three times, by version 4; nothing of the other kinds; SERVFAIL twice; there without an address; NXDOMAIN; SERVFAIL.
        #expect(
            try sandbox.value(facts)
                == "[(0, 1), (0, 1), (0, 1), 'ECONNREFUSED', (0, 0), (0, 0), (0, 0), (2, 0), (2, 0), (0, 0), (3, 0), (2, 0)]"
        )
    }

    @Test func aSandboxServesItselfOnOtherPorts() throws {
        let sandbox = try NetworkSandbox(.user, allow: ["web.test"])
        let output = try sandbox.run(
            "python3", "-c",
            """
            from client import *
            import threading
            server = socket.create_server(("127.0.0.1", 3000))
            threading.Thread(target=lambda: server.accept()[0].sendall(b"own\\n"), daemon=True).start()
            print(socket.create_connection(("localhost", 3000)).recv(10))
            import itertools
            for host, port in itertools.product(["127.0.0.1", "0.0.0.0", "198.18.0.1", "::1", "::"], [80, 443]):
                print(host, port, take(host, port))
            print(take("0.0.0.0", 53, socket.SOCK_DGRAM), take("127.0.0.1", 53), take("198.18.0.1", 53, socket.SOCK_DGRAM))
            """
        ).succeeded()
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines.first == "b'own\\n'")
        #expect(lines.dropFirst().allSatisfy { !$0.contains("taken") } && lines.count == 12, "\(output)")
    }

    @Test func anEmptyListIsNoNetwork() throws {
        let sandbox = try NetworkSandbox(.rootInUsersProject, allow: [])
        #expect(
            try sandbox.value("[talk('203.0.113.10', 80), lookup('web.test'), talk('10.1.2.3', 5432)]")
                == "['ENETUNREACH', 'EAI_AGAIN', 'ENETUNREACH']")
        #expect(sandbox.host.events == ["ready"])
    }
}
