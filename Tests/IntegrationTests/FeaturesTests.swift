import Testing

/// `features`: what is listed is taken in a bundle, and what is not listed is refused.
@Suite(.needsRoot, .differs(.crun, "1.8 has no features")) struct FeaturesTests {
    let scratch = Scratch()

    private func features() throws -> Node {
        let container = try scratch.container()
        return try Node(parsing: container.command("features").run().succeeded().standardOutput)
    }

    private func texts(_ list: Node) -> [String] { list.elements.compactMap(\.text) }

    @Test func versionsAreThoseThatBundlesMayHave() throws {
        let features = try features()
        for key in ["ociVersionMin", "ociVersionMax"] {
            let version = try #require(features[key].text)
            _ = try scratch.run { $0.root["ociVersion"] = "\(version)" }.succeeded()
        }
    }

    @Test func hooksThatAreListedRun() throws {
        let phases = texts(try features()["hooks"])
        #expect(Set(phases).count == 6)
        let log = try scratch.path("hooks")
        let output = try scratch.run {
            for phase in phases {
                // Not all run in the namespaces of the host, so not all see the file; that they are taken is what counts.
                $0.root["hooks"][phase] = [
                    ["path": "/bin/sh", "args": ["sh", "-c", "echo \(phase) >>\(log) || true"]]
                ]
            }
        }
        #expect(output.status == 0, "\(output)")
        #expect(try Files.read(log).contains("createRuntime\n"))
        _ = try scratch.run { $0.root["hooks"]["noSuchPhase"] = [["path": "/bin/false"]] }.succeeded()
    }

    @Test(.differs(.runc, "1.1 lists \"defaults\", and hands it to the tmpfs")) func mountOptionsThatAreListedAreTaken()
        throws
    {
        let options = texts(try features()["mountOptions"])
        #expect(options.count > 50 && Set(options).count == options.count)
        let container = try scratch.container {
            $0.mount("/data", type: "tmpfs", source: "tmpfs")
            for option in options {
                switch option {
                case "bind", "rbind", "copy-symlink", "src-nofollow", "dest-nofollow":
                    $0.mount("/data/\(option)", type: "none", source: "/usr", [option, "bind"])
                case "idmap", "ridmap":
                    let mapping: Node = ["containerID": 0, "hostID": 5, "size": 9]
                    $0.root["mounts"].append([
                        "destination": "/data/\(option)", "source": "/usr", "options": ["bind", "\(option)"],
                        "uidMappings": [mapping], "gidMappings": [mapping],
                    ])
                case "remount": $0.mount("/data", type: "none", source: "none", [option, "nosuid"])
                default: $0.mount("/data/\(option)", type: "tmpfs", source: "tmpfs", [option])
                }
            }
        }
        let output = try container.run()
        #expect(output.status == 0, "\(output)")
    }

    @Test(.agentrtOnly, arguments: ["idmap=uids=0-5-9", "rbindmap", "rnothing"])
    func mountOptionsThatAreNotListedAreRefused(_ option: String) throws {
        #expect(try !texts(features()["mountOptions"]).contains(option))
        let container = try scratch.container { $0.mount("/data", type: "bind", source: "/usr", ["bind", option]) }
        #expect(try container.creating().run().refused().contains("mounts[6]"))
    }

    @Test func namespacesThatAreListedAreMade() throws {
        let kinds = texts(try features()["linux"]["namespaces"])
        let output = try scratch.run { config in
            for kind in kinds where kind != "user" { config.namespace(kind) }
            config.userNamespace()
            config.payload("readlink", "/proc/self/ns/time", "/proc/self/ns/user", "/proc/self/ns/cgroup")
        }
        #expect(output.status == 0, "\(output)")
        agentrtOnly { #expect(Set(kinds) == ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"]) }
    }

    @Test func capabilitiesThatAreListedAreTaken() throws {
        let names = texts(try features()["linux"]["capabilities"])
        // Only what may be kept: the tests' own root need not have all of them.
        let status = try scratch.run { config in
            config.process["capabilities"] = [:]
            config.capabilities(names, in: ["bounding"])
            config.payload("cat", "/proc/self/status")
        }.succeeded()
        agentrtOnly {
            let last = (try? Files.read("/proc/sys/kernel/cap_last_cap")) ?? ""
            #expect("\(names.count - 1)\n" == last, "all of this kernel")
        }
        #expect(status.standardOutput.contains("CapBnd:"))
    }

    @Test func filtersAreTakenAsListed() throws {
        let seccomp = try features()["linux"]["seccomp"]
        for action in texts(seccomp["actions"]) where action != "SCMP_ACT_NOTIFY" {
            let rule: Node = ["names": ["acct"], "action": .text(action)]
            _ = try scratch.run {
                $0.linux["seccomp"] = ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]]
            }.succeeded()
        }
        for key in ["archs", "supportedFlags"] {
            // runc lists what libseccomp has, also of the other byte order, which no filter here can hold.
            let words = seccomp[key].elements.filter { Runtime.current.kind == .agentrt || $0 == "SCMP_ARCH_X86_64" }
            _ = try scratch.run {
                $0.linux["seccomp"] = ["defaultAction": "SCMP_ACT_ALLOW"]
                $0.linux["seccomp"][key == "archs" ? "architectures" : "flags"] = .list(words)
            }.succeeded()
        }
    }

    @Test(.agentrtOnly) func whatIsOffIsRefused() throws {
        let linux = try features()["linux"]
        #expect(linux["intelRdt"]["enabled"] == false)
        // RefusalTests has a bundle for each of them.
    }

    @Test(arguments: [["features", "more"], ["features", "--nope"]]) func badInputIsRefused(_ words: [String]) throws {
        let output = try scratch.container().command(words).run()
        if Runtime.current.kind != .agentrt && words.last == "more" { return }  // It takes anything.
        #expect(output.status != 0)
        try agentrtOnly { _ = try output.refused() }
    }
}
