import Glibc
import Testing

/// `linux.netDevices`: devices of the host that go into the container.
@Suite(.needsRoot, .differs(.crun, "1.8 knows none"), .differs(.runc, "before 1.4 knows none"))
struct NetworkDeviceTests {
    let scratch = Scratch()

    @Test func deviceMovesWithItsAddressesAndIsUp() throws {
        let output = try run(in: ["addr add 192.0.2.7/24 dev art0", "-6 addr add 2001:db8::7/64 dev art0 nodad"]) {
            $0.linux["netDevices"] = ["art0": [:]]
            $0.shell("cat /proc/net/dev /proc/net/fib_trie /proc/net/if_inet6; cat /sys/class/net/art0/flags")
        }.succeeded()
        #expect(output.standardOutput.contains("art0:"))
        #expect(output.standardOutput.contains("192.0.2.7"))
        #expect(output.standardOutput.contains("20010db8000000000000000000000007"))
        #expect(output.standardOutput.contains("0x1003"), "IFF_UP | IFF_BROADCAST | IFF_MULTICAST")
    }

    @Test(arguments: [("eth0", "eth0"), ("net%d", "net0"), ("art1", "art1")])
    func deviceGetsItsNewName(_ asked: String, _ given: String) throws {
        let output = try run {
            $0.linux["netDevices"] = ["art0": ["name": "\(asked)"]]
            $0.payload("list", "/sys/class/net")
        }.succeeded()
        #expect(
            output.facts["list /sys/class/net"]?.split(separator: " ").sorted()
                == [given, "lo"].sorted().map { $0[...] })
    }

    @Test func nameThatIsTakenIsAnError() throws {
        let output = try run { $0.linux["netDevices"] = ["art0": ["name": "lo"]] }
        #expect(output.status != 0)
        agentrtOnly { #expect(output.message.contains("linux.netDevices.art0")) }
    }

    @Test func missingDeviceIsNamed() throws {
        let output = try run { $0.linux["netDevices"] = ["none0": [:]] }
        #expect(output.status != 0)
        agentrtOnly {
            #expect(output.message.contains("linux.netDevices.none0: network device \"none0\": no such device"))
        }
    }

    /// Runs a container in a network namespace made for it, which has the device art0 and its peer.
    private func run(in settings: [String] = [], _ configure: (inout Config) -> Void) throws -> Output {
        let container = try scratch.container {
            $0.root["ociVersion"] = "1.3.0"
            configure(&$0)
        }
        var command = container.running()
        let steps = (["link add art0 type veth peer name art1"] + settings).map { "/sbin/ip \($0)" } + ["exec \"$@\""]
        command.arguments =
            ["--net", "--", "/bin/sh", "-c", steps.joined(separator: " && "), "sh", command.program] + command.arguments
        command.program = "/usr/bin/unshare"
        return try command.run()
    }
}
