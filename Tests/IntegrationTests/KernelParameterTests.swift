import Testing

/// Host name, domain name and sysctls: what belongs to the container's namespaces, and what does not.
@Suite(.needsRoot) struct KernelParameterTests {
    let scratch = Scratch()

    @Test func hostName() throws {
        let facts = try scratch.facts {
            $0.root["hostname"] = "other"
            $0.payload("names")
        }
        #expect(facts["hostname"] == "other")
    }

    @Test(.differs(.runc, "1.1 ignores it"), .differs(.crun, "1.8 ignores it")) func domainName() throws {
        let facts = try scratch.facts {
            $0.root["domainname"] = "example.org"
            $0.payload("names")
        }
        #expect(facts["domainname"] == "example.org")
    }

    @Test(arguments: ["hostname", "domainname"]) func nameNeedsANamespaceOfItsOwn(_ key: String) throws {
        if key == "domainname" && Runtime.current.kind != .agentrt { return }  // they ignore it
        let before = try Files.read("/proc/sys/kernel/\(key)")
        let container = try scratch.container {
            $0.share("uts")
            $0.root["hostname"] = nil
            $0.root[key] = "other"
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains(key)) }
        #expect(try Files.read("/proc/sys/kernel/\(key)") == before)
    }

    @Test(arguments: [
        ("net.ipv4.ip_forward", "1"), ("net.ipv4.ping_group_range", "0\t5"), ("kernel.shmmni", "1234"),
        ("kernel.msgmax", "5678"), ("fs.mqueue.msg_max", "20"), ("kernel.domainname", "example.org"),
    ])
    func sysctlIsSet(_ name: String, _ value: String) throws {
        let path = "/proc/sys/" + name.replacing(".", with: "/")
        let before = try Files.read(path)
        let facts = try scratch.facts {
            $0.linux["sysctl"] = ["\(name)": "\(value)"]
            $0.payload("read", path)
        }
        #expect(facts["read \(path)"] == value)
        #expect(try Files.read(path) == before, "the host's own is untouched")
    }

    @Test func sysctlMayBeWrittenWithSlashes() throws {
        let facts = try scratch.facts {
            $0.linux["sysctl"] = ["net/ipv4/ip_forward": "1"]
            $0.payload("read", "/proc/sys/net/ipv4/ip_forward")
        }
        #expect(facts["read /proc/sys/net/ipv4/ip_forward"] == "1")
    }

    @Test(arguments: [
        "kernel.panic", "vm.swappiness", "fs.file-max", "kernel.core_pattern", "net/../kernel/panic",
        "net.ipv4.no_such",
        "", ".", "user.max_user_namespaces",
    ])
    func sysctlThatIsNoNamespacesIsRefused(_ name: String) throws {
        let container = try scratch.container { $0.linux["sysctl"] = ["\(name)": "1"] }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.sysctl") && message.contains(name)) }
    }

    @Test(.differs(.runc, "1.1 knows no domainname"), arguments: ["kernel.domainname", "kernel/domainname"])
    func domainNameThatIsSetTwice(_ name: String) throws {
        func container(_ value: String) throws -> Container {
            try scratch.container {
                $0.root["domainname"] = "example.org"
                $0.linux["sysctl"] = ["\(name)": .text(value)]
            }
        }
        #expect(try container("example.org").run().status == 0)
        let message = try container("example.net").creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.sysctl.\(name): is not what \"domainname\" says")) }
    }

    @Test(arguments: [("network", "net.ipv4.ip_forward"), ("ipc", "kernel.shmmni"), ("uts", "kernel.domainname")])
    func sysctlNeedsItsNamespace(_ kind: String, _ name: String) throws {
        let path = "/proc/sys/" + name.replacing(".", with: "/")
        let before = try Files.read(path)
        let container = try scratch.container {
            $0.share(kind)
            $0.root["hostname"] = nil
            if kind == "ipc" { $0.unmount("/dev/mqueue") }
            $0.linux["sysctl"] = ["\(name)": "17"]
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains(name)) }
        #expect(try Files.read(path) == before)
    }

    @Test(.agentrtOnly) func sysctlValueWithALineFeedIsRefused() throws {
        let container = try scratch.container { $0.linux["sysctl"] = ["net.ipv4.ip_forward": "1\n0"] }
        try container.creating().run().refused()
    }

    @Test func hostNameAndItsSysctlMustNotDiffer() throws {
        let container = try scratch.container { $0.linux["sysctl"] = ["kernel.hostname": "other"] }
        try container.creating().run().refused()
    }
}
