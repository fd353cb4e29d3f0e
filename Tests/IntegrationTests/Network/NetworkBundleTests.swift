import Glibc
import Testing

/// `dev.agentrt.network` in a bundle of any kind: under agentrt, and under a runtime that passes it over.
@Suite(.needsRoot) struct NetworkBundleTests {
    let scratch = Scratch()

    private func container(
        _ script: String, _ list: String = #"{"allow":["web.test:443","203.0.113.10:80"]}"#,
        _ configure: (inout Config) throws -> Void = { _ in }
    ) throws -> Container {
        try scratch.container {
            $0.annotations = ["dev.agentrt.network": .text(list)]
            $0.shell(script)
            try configure(&$0)
        }
    }

    @Test(.agentrtOnly) func runOfABundleHasAGate() throws {
        let host = try NetworkHost(scratch)
        let container = try container(
            """
            echo one | nc 203.0.113.10 80; echo two | nc 203.0.113.10 443; echo three | nc 10.1.2.3 80
            nslookup -type=a web.test 198.18.0.1 | grep -o 'Address: 198.*'
            nslookup -type=a evil.test 198.18.0.1 | grep -io refused; true
            """)
        let output = try host.inside(container.running()).run().succeeded()
        #expect(
            output.standardOutput
                == "one\nend after 4 from 203.0.113.10:80\nAddress: 198.18.0.2\nREFUSED\n", "\(output)")
        #expect(
            output.standardError.contains(
                "agentrt: network: 203.0.113.10:443 (network.allow does not have it), 10.1.2.3:80"))
    }

    /// All capabilities over the network namespace do not lead out of it.
    @Test(.agentrtOnly) func capabilitiesDoNotLeadOut() throws {
        let host = try NetworkHost(scratch)
        let container = try container(
            """
            ip route del local default dev lo table local; ip link set lo down; ip link set lo up
            ip address add 203.0.113.77/24 dev lo; ip link add d0 type dummy; ip link set d0 up
            ip address add 10.1.2.1/24 dev d0; ip route add default via 10.1.2.9 dev d0
            echo x | timeout 3 nc -w 2 10.1.2.3 5432; ping -c 1 -W 1 8.8.8.8; true
            """
        ) { $0.capabilities(["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"]) }
        _ = try host.inside(container.running()).run()
        #expect(host.events == ["ready"])
    }

    @Test(.agentrtOnly) func theGateStaysWithACreatedContainer() throws {
        let host = try NetworkHost(scratch)
        let container = try container("echo one | nc 203.0.113.10 80; while :; do sleep 1; done")
        let process = try host.inside(container.creating()).start()
        _ = try process.wait().succeeded()
        let gate = try GateOnHost.writing(container.root + "/" + container.id + "/network.log")
        try container.start()
        try process.waitForOutput("end after 4 from 203.0.113.10:80")
        #expect(gate.lives)
        try container.kill("KILL")
        try eventually("the end of the gate") { !gate.lives }
        try container.delete()
        #expect(!Files.exists(container.root + "/" + container.id))
    }

    @Test(.agentrtOnly) func aDeletedContainerHasNoGate() throws {
        let host = try NetworkHost(scratch)
        let container = try container("sleep 60")
        _ = try host.inside(container.creating()).run().succeeded()
        let gate = try GateOnHost.writing(container.root + "/" + container.id + "/network.log")
        try container.delete("--force")
        try eventually("the end of the gate") { !gate.lives }
    }

    @Test(
        .agentrtOnly,
        arguments: [
            (#"{"allow":[]}"#, "allows nothing"), ("[]", "object"), (#"{"allow":["a b"]}"#, "not of the form"),
            (#"{"allow":["web.test"],"deny":[]}"#, "unknown member"),
        ])
    func aListThatIsNoneIsRefused(_ list: String, _ reason: String) throws {
        let message = try container("true", list).running().run().refused()
        #expect(message.contains("annotations.dev.agentrt.network") && message.contains(reason))
    }

    @Test(.agentrtOnly) func itNeedsANewNetworkNamespace() throws {
        #expect(
            try container("true") { $0.share("network") }.running().run().refused().contains(
                "needs a new network namespace"))
        let holder = try scratch.holder("unshare", "net")
        let joined = try container("true") { $0.namespace("network", path: "/proc/\(holder.pid)/ns/net") }
        #expect(try joined.running().run().refused().contains("needs a new network namespace"))
    }

    /// Another runtime passes the annotation over; then there is loopback and no more.
    @Test(.differs(.agentrt, "it obeys the annotation")) func underAnotherRuntimeThereIsNoNetwork() throws {
        let output = try container("echo x | nc -w 2 203.0.113.10 80; echo $?; ip route | wc -l").run()
        #expect(output.standardOutput == "1\n0\n", "\(output)")
    }
}
