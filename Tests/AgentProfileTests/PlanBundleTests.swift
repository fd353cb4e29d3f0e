import JSON
import LinuxSystem
import NetworkRules
import OCISpec
import Testing

@testable import AgentProfile

/// The configuration around the mounts: user, command, environment, root file system, annotations.
struct PlanBundleTests {
    private let host: PlanHost

    init() throws { host = try PlanHost() }

    private func refusal(_ policy: Policy, _ command: [String] = ["bash"], session: Session? = nil) -> String {
        host.outcome(policy, command, session: session)
    }

    @Test func theSamePolicyGivesTheSameBytes() throws {
        let policy = host.policy(readOnly: ["/usr", host.project], executables: ["/usr/bin/bash", "/usr/bin/curl"])
        let first = try host.plan(policy)
        let second = try host.plan(policy)
        #expect(JSONWriter.bytes(first.spec) == JSONWriter.bytes(second.spec))
        #expect(first.rootfs == second.rootfs)
        #expect(try Spec(json: JSONParser.parse(JSONWriter.bytes(first.spec))) == first.spec)
        try first.spec.validate()
    }

    @Test func aCallerIsTheUser() throws {
        let plan = try host.plan(host.policy())
        #expect(plan.spec.process?.user == User(uid: 1000, gid: 1000, umask: 0o022))
        let linux = try #require(plan.spec.linux)
        #expect(linux.uidMappings == [IDMapping(containerID: 1000, hostID: 1000, size: 1)])
        #expect(linux.namespaces.map(\.type) == [.pid, .mount, .ipc, .uts, .cgroup, .network, .user])
        #expect(
            plan.rootfs.tree["/rootfs/etc/passwd"]
                == .file(contents: Array("user:x:1000:1000::/home/user:/usr/bin/bash\n".utf8), mode: 0o644))
        #expect(
            plan.rootfs.tree["/rootfs/etc/group"] == .file(contents: Array("users:x:1000:\n".utf8), mode: 0o644))
        #expect(plan.notes == [])
    }

    @Test func rootActsForTheProjectsOwner() throws {
        host.caller.uid = 0
        host.caller.gid = 0
        let plan = try host.plan(host.policy())
        let owner = try #require(try host.files.status(host.project))
        #expect(plan.user.uid == owner.uid)
        #expect(plan.spec.linux?.namespaces.contains { $0.type == .user } == false)
        #expect(plan.notes.contains { $0.contains("belongs to root") } == (owner.uid == 0))
    }

    @Test func nothingIsLeftOfPrivileges() throws {
        let process = try #require(try host.plan(host.policy()).spec.process)
        #expect(process.capabilities == LinuxCapabilities())
        #expect(process.noNewPrivileges)
        #expect(process.rlimits == [Rlimit(.core, hard: 0, soft: 0)])
        #expect(try host.plan(host.policy()).spec.root == Root(path: "rootfs", readonly: true))
    }

    @Test func theEnvironmentIsMadeAndNotInherited() throws {
        try host.elf("/opt/tool/bin/tool", .program())
        var policy = host.policy(
            executables: ["\(host.project)/test-script.sh", "/usr/bin/bash", "/opt/tool/bin/tool", "/usr/bin/ls"])
        policy.passedEnvironment = ["LANG", "MISSING"]
        policy.setEnvironment = ["MODE": "test"]
        #expect(
            try host.plan(policy).spec.process?.env == [
                "HOME=/home/user", "LANG=C.UTF-8", "LOGNAME=user", "MODE=test",
                "PATH=/opt/tool/bin:/usr/bin:\(host.project)", "SHELL=/usr/bin/bash", "TMPDIR=/tmp", "USER=user",
            ])
        policy.setEnvironment = ["PATH": "/usr/bin", "HOME": "/home/else", "TMPDIR": "/run"]
        let process = try host.plan(policy).spec.process
        #expect(process?.env.contains("PATH=/usr/bin") == true)
        #expect(process?.env.contains("HOME=/home/else") == true)
        #expect(try host.plan(policy).mounts.contains { $0.mount.destination == "/home/else" })
    }

    @Test func commandsAreFoundAmongWhatIsListed() throws {
        let policy = host.policy(
            readOnly: [host.project], executables: ["/usr/bin/bash", "\(host.project)/test-script.sh"])
        func arguments(_ command: String...) throws -> [String]? { try host.plan(policy, command).spec.process?.args }
        #expect(try arguments("bash", "-c", "ls") == ["/usr/bin/bash", "-c", "ls"])
        #expect(try arguments("/bin/bash") == ["/bin/bash"])
        #expect(try arguments("./test-script.sh", "--", "-x") == ["\(host.project)/test-script.sh", "--", "-x"])
        #expect(try arguments("test-script.sh") == ["\(host.project)/test-script.sh"])
        #expect(
            refusal(policy, ["ls"]) == "\"ls\" is not an allowed executable; add \"/usr/bin/ls\" to allowedExecutables")
        #expect(
            refusal(policy, ["/bin/ls"])
                == "\"/bin/ls\" is not an allowed executable; add \"/bin/ls\" to allowedExecutables")
        #expect(
            refusal(policy, ["nothing"]) == "\"nothing\" is not an allowed executable, and there is none of that name")
        #expect(refusal(policy, []) == "no command is given")
        #expect(refusal(policy, ["bash", "a\0b"]) == "the command holds a NUL byte, which no argument can")
        // A library of the sandbox is no command.
        #expect(refusal(policy, ["/lib/x86_64-linux-gnu/libc.so.6"]).contains("is not an allowed executable"))
    }

    @Test func linksLeadToListedExecutables() throws {
        try host.elf("/usr/bin/mawk", .program(needs: "libc.so.6"))
        try host.link("/etc/alternatives/awk", to: "/usr/bin/mawk")
        try host.link("/usr/bin/awk", to: "/etc/alternatives/awk")
        try host.link("/usr/bin/nawk", to: "mawk")
        let policy = host.policy(executables: ["/usr/bin/awk"])
        let plan = try host.plan(policy, ["awk"])
        #expect(plan.spec.process?.args == ["/usr/bin/awk"])
        #expect(plan.rootfs.tree["/rootfs/usr/bin/awk"] == .link(target: "/etc/alternatives/awk"))
        #expect(plan.rootfs.tree["/rootfs/etc/alternatives/awk"] == .link(target: "/usr/bin/mawk"))
        #expect(plan.rootfs.tree["/rootfs/usr/bin/mawk"] == .file(contents: [], mode: 0o644))
        #expect(plan.rootfs.tree["/rootfs/bin"] == .link(target: "usr/bin"))
        // Another name of the same file is not in the sandbox.
        #expect(refusal(policy, ["nawk"]).contains("is not an allowed executable"))
    }

    @Test func onlyWhatIsListedMayBeExecuted() throws {
        let policy = host.policy(executables: ["/usr/bin/bash", "/usr/bin/curl", "\(host.project)/test-script.sh"])
        var annotations = try host.plan(policy).spec.annotations
        #expect(annotations.removeValue(forKey: "dev.agentrt.pins") != nil)
        #expect(
            annotations == [
                "dev.agentrt.init": "true",
                "dev.agentrt.landlock": #"{"execute":["/home/user/project/test-script.sh","/usr/bin/bash","#
                    + #""/usr/bin/curl","/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"],"#
                    + #""write":["/proc","/dev","/home/user","/run","/tmp"]}"#,
                "dev.agentrt.memfd_noexec": "true", "dev.agentrt.sources": "real", "dev.agentrt.version": "1",
                "dev.agentrt.unixSockets": #"{"listed":[]}"#,
            ])
    }

    @Test func onlyWhatIsListedMayBeOpenedForWriting() throws {
        var policy = host.policy(
            readOnly: [host.project], writable: ["\(host.project)/doc"],
            executables: ["/usr/bin/bash"])
        policy.deniesWriteExecuteMemory = true
        let text = try host.plan(policy).spec.annotations["dev.agentrt.landlock"]
        // Not /proc, whose mem files write into memory that is executed.
        #expect(text?.hasSuffix(#""write":["/dev","/home/user","/run","/tmp"]}"#) == true, "\(text ?? "none")")
    }

    @Test func whatIsMountedAndExecutedIsPinned() throws {
        let policy = host.policy(
            readOnly: [host.project], denied: ["\(host.project)/doc"],
            executables: ["/usr/bin/bash", "\(host.project)/test-script.sh"])
        let plan = try host.plan(policy)
        let pins = try #require(FilePins(text: plan.spec.annotations["dev.agentrt.pins"] ?? "none"))
        let sources = plan.spec.mounts.filter { $0.type == "bind" }.compactMap(\.source).filter { $0.hasPrefix("/") }
        #expect(sources.contains(host.project))
        #expect(Set(pins.entries.map(\.path)) == Set(sources + ["\(host.project)/test-script.sh"]))
        #expect(pins.entries.count == Set(pins.entries.map(\.path)).count)
        for entry in pins.entries {
            let isCode = entry.pin.kind == .regular
            #expect((entry.pin.content != nil) == isCode, "\(entry.path)")
            #expect(entry.pin.content?.digest == nil)
        }
    }

    @Test func theLoadersTableNamesOnlyWhatIsThere() throws {
        let plan = try host.plan(host.policy(executables: ["/usr/bin/bash", "/usr/bin/curl"]))
        guard case .file(let bytes, 0o644) = plan.rootfs.tree["/rootfs/etc/ld.so.cache"] else {
            Issue.record("no table")
            return
        }
        #expect(
            LoaderCache(bytes, machine: .x86_64)?.entries.map(\.name) == ["libgcc_s.so.1", "libcurl.so.4", "libc.so.6"])
    }

    @Test func aNetworkByNameHasItsOwnNamesAndNamespace() throws {
        var policy = host.policy(executables: ["/usr/bin/curl"])
        policy.network = .allow(try AllowList([AllowedTarget("docs.python.org"), AllowedTarget("10.1.2.3:5432")]))
        let plan = try host.plan(policy, ["curl"])
        #expect(plan.spec.linux?.namespaces.contains { $0.type == .network } == true)
        #expect(plan.spec.annotations["dev.agentrt.network"] == #"{"allow":["docs.python.org","10.1.2.3:5432"]}"#)
        #expect(
            plan.rootfs.tree["/rootfs/etc/resolv.conf"]
                == .file(contents: Array("nameserver 198.18.0.1\n".utf8), mode: 0o644))
        // The host's own lists of names and servers stay outside; certificates come along.
        #expect(try host.binds(policy, below: "/run") == [])
        #expect(try host.binds(policy, below: "/etc") == ["/etc/ssl/certs ro,nosuid,nodev,noexec"])
        guard case .file(let hosts, _)? = plan.rootfs.tree["/rootfs/etc/hosts"] else {
            Issue.record("no hosts")
            return
        }
        #expect(String(decoding: hosts, as: UTF8.self).hasPrefix("127.0.0.1\tlocalhost\n"))
        policy.network = .none
        #expect(try host.plan(policy, ["curl"]).spec.annotations["dev.agentrt.network"] == nil)
    }

    @Test func theNetworksFilesComeWithTheNetwork() throws {
        var policy = host.policy(executables: ["/usr/bin/curl"])
        #expect(try host.plan(policy, ["curl"]).rootfs.tree["/rootfs/etc/resolv.conf"] == nil)
        policy.network = .host
        let plan = try host.plan(policy, ["curl"])
        #expect(plan.spec.linux?.namespaces.contains { $0.type == .network } == false)
        // The resolver's file lies in /run, which is fresh: the link leads to a mount in it.
        #expect(plan.rootfs.tree["/rootfs/etc/resolv.conf"] == .link(target: "../run/resolved/stub-resolv.conf"))
        #expect(
            try host.binds(policy, below: "/run") == ["/run/resolved/stub-resolv.conf ro,nosuid,nodev,noexec"])
        #expect(
            try host.binds(policy, below: "/etc") == [
                "/etc/hosts ro,nosuid,nodev,noexec", "/etc/ssl/certs ro,nosuid,nodev,noexec",
            ])
        #expect(plan.rootfs.tree["/rootfs/etc/hosts"] == .file(contents: [], mode: 0o644))
    }

    @Test func limitsOfACall() throws {
        var policy = host.policy()
        #expect(try host.plan(policy).spec.linux?.resources == nil)
        policy.resources.wallTime = 1500
        policy.resources.memory = 1 << 20
        policy.resources.milliCPUs = 1500
        policy.resources.pids = 7
        let spec = try host.plan(policy).spec
        #expect(spec.annotations["dev.agentrt.wallTime"] == "1500")
        #expect(
            spec.linux?.resources
                == LinuxResources(
                    memory: LinuxMemory(limit: 1 << 20, swap: 1 << 20), cpu: LinuxCPU(quota: 150_000, period: 100_000),
                    pids: LinuxPids(limit: 7)))
    }

    @Test func limitsOfASession() throws {
        var policy = host.policy()
        policy.sessionResources.pids = 9
        let session = Session(name: "s1", call: 7)
        #expect(
            try host.plan(policy, session: session).spec.annotations["dev.agentrt.session.resources"]
                == "{\"pids\":{\"limit\":9}}")
        #expect(try host.plan(policy).spec.annotations["dev.agentrt.session.resources"] == nil)
        policy.sessionResources.pids = nil
        #expect(try host.plan(policy, session: session).spec.annotations["dev.agentrt.session.resources"] == nil)
    }

    @Test func aSessionNestsItsCalls() throws {
        var policy = host.policy()
        #expect(try host.plan(policy).spec.linux?.cgroupsPath == nil)
        policy.agent = "docs"
        #expect(
            try host.plan(policy, session: Session(name: "s1", call: 7)).spec.linux?.cgroupsPath == "s1/docs-7"
        )
        policy.tool = "bash"
        #expect(
            try host.plan(policy, session: Session(name: "s1", call: 8)).spec.linux?.cgroupsPath == "s1/bash-8"
        )
        for name in ["..", "a/b", "", ".x", "ü"] {
            #expect(refusal(policy, session: Session(name: name, call: 1)).contains("cannot name a control group"))
        }
    }

    @Test func whatHasChangedSinceTheProfileWasReadIsRefused() throws {
        try host.link("\(host.project)/link", to: "/etc")
        #expect(
            refusal(host.policy(writable: ["\(host.project)/link"]))
                == "writeablePaths[0]: \"/home/user/project/link\" leads through a link now: \"/home/user/project/link\""
        )
        #expect(
            refusal(host.policy(readOnly: ["/gone"])) == "readOnlyPaths[0]: \"/gone\" does not exist any more")
        #expect(
            refusal(host.policy(executables: ["/usr/bin/gone"]))
                == "allowedExecutables[0]: \"/usr/bin/gone\" does not exist")
    }

    @Test func missingDirectoriesAreMadeWhereTheProfileSaysSo() throws {
        var policy = host.policy()
        policy.paths = [
            .init(path: "/home/user/.cache/tool/a", access: .writable, createsDirectory: true, origin: "w[0]"),
            .init(path: "/home/user/.cache/tool/b", access: .writable, createsDirectory: true, origin: "w[1]"),
        ]
        let plan = try host.plan(policy)
        #expect(
            plan.rootfs.directoriesToCreate == [
                "/home/user/.cache", "/home/user/.cache/tool", "/home/user/.cache/tool/a", "/home/user/.cache/tool/b",
            ])
        #expect(plan.mounts.contains { $0.mount.destination == "/home/user/.cache/tool/b" })
    }
}
