import LinuxSystem
import OCISpec
import Testing

@testable import AgentProfile

struct PlanSeccompTests {
    private let filter = SeccompPolicy.filter(for: .x86_64, Policy(projectDirectory: "/p"))

    private var permissive: Policy {
        var policy = Policy(projectDirectory: "/p")
        (policy.permitsMemfd, policy.unixSockets) = (true, .host)
        return policy
    }

    /// What the filter does with a call: every action that a rule with fulfilled conditions names, none twice; the
    /// default action where there is none.
    private func actions(_ name: String, _ arguments: UInt64...) -> Set<String> { actions(filter, name, arguments) }

    private func actions(_ filter: Seccomp, _ name: String, _ arguments: [UInt64]) -> Set<String> {
        var actions: Set<String> = []
        for rule in filter.syscalls where rule.names.contains(name) {
            let isFulfilled = rule.args.allSatisfy { condition in
                let value = arguments.indices.contains(Int(condition.index)) ? arguments[Int(condition.index)] : 0
                return switch condition.op {
                case .equal: value == condition.value
                case .notEqual: value != condition.value
                case .greaterThan: value > condition.value
                case .maskedEqual: value & condition.value == condition.valueTwo
                default: false
                }
            }
            if isFulfilled { actions.insert(rule.action == .allow ? "allow" : "\(rule.errnoRet ?? 0)") }
        }
        return actions.isEmpty ? ["38"] : actions
    }

    @Test func libseccompKnowsEveryName() {
        for machine in [ELFFile.Machine.x86_64, .aarch64] {
            for rule in SeccompPolicy.filter(for: machine, permissive).syscalls {
                for name in rule.names { #expect(SeccompFilter.knows(systemCall: name), "\(name)") }
            }
        }
    }

    @Test func noCallStandsInTwoLists() {
        var names: Set<String> = []
        for rule in filter.syscalls where rule.args.isEmpty {
            for name in rule.names { #expect(names.insert(name).inserted, "\(name)") }
        }
        for rule in filter.syscalls where !rule.args.isEmpty {
            #expect(names.isDisjoint(with: rule.names), "\(rule.names)")
        }
    }

    @Test func onlyTheMachinesOwnCallsAreLetThrough() {
        #expect(filter.architectures == [.x86_64])
        let other = SeccompPolicy.filter(for: .aarch64, Policy(projectDirectory: "/p"))
        #expect(other.architectures == [.aarch64])
        #expect(!other.syscalls[0].names.contains("open"))
        #expect(filter.defaultAction == .errno && filter.defaultErrnoRet == 38)
    }

    @Test func whatMakesTheListHoldIsClosed() {
        for name in ["memfd_create", "memfd_secret", "clone3", "io_uring_setup", "open_tree_attr", "a_later_call"] {
            #expect(actions(name) == ["38"], "\(name)")
        }
        for name in [
            "unshare", "setns", "mount", "move_mount", "ptrace", "process_vm_writev", "bpf", "keyctl", "chroot",
        ] {
            #expect(actions(name) == ["1"], "\(name)")
        }
        let other = SeccompPolicy.filter(for: .x86_64, permissive)
        #expect(other.syscalls[0].names.contains("memfd_create"))
    }

    @Test func processesAreMadeWithoutNamespaces() {
        #expect(actions("clone", 17) == ["allow"])
        // As pthread_create(3) does.
        #expect(actions("clone", 0x3D_0F00) == ["allow"])
        for flag: UInt64 in [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000] {
            #expect(actions("clone", flag | 17) == ["1"])
            #expect(actions("clone", flag | 1 << 40) == ["1"])
        }
    }

    @Test func terminalsTakeNoInputFromTools() {
        var random = SplitMix(seed: 5)
        let refused: Set<UInt64> = [0x5412, 0x541C]
        var requests = (0x5300..<0x5500).map { UInt64($0) }
        requests += refused.flatMap { request in (32..<64).map { request | 1 << $0 } }
        requests += refused.flatMap { request in (0..<32).map { request ^ 1 << $0 } }
        requests += (0..<2000).map { _ in random.next() }
        for request in requests {
            let expected = refused.contains(request & 0xFFFF_FFFF) ? "1" : "allow"
            if actions("ioctl", 0, request) != [expected] { Issue.record("\(request)") }
        }
    }

    @Test func filesAreNotLeased() {
        var random = SplitMix(seed: 7)
        let refused: Set<UInt64> = [1024, 1040]
        var commands = (0..<1100).map { UInt64($0) }
        commands += refused.flatMap { command in (32..<64).map { command | 1 << $0 } }
        commands += refused.flatMap { command in (0..<32).map { command ^ 1 << $0 } }
        commands += (0..<2000).map { _ in random.next() }
        for command in commands {
            let isNone = command & 1024 != 0 && command & 15 == 0
            let expected = refused.contains(command & 0xFFFF_FFFF) ? "13" : isNone ? "38" : "allow"
            if actions("fcntl", 0, command) != [expected] { Issue.record("\(command)") }
        }
    }

    @Test func memoryIsSharedToExecuteOnlyWhereThatIsPermitted() {
        var policy = Policy(projectDirectory: "/p")
        for flags: UInt64 in [0, 0x1000, 0x8000, 0x9000, 1 << 32 | 0x8000] {
            #expect(actions("shmat", 1, 0, flags) == ["allow"])
            policy.deniesWriteExecuteMemory = true
            let strict = SeccompPolicy.filter(for: .x86_64, policy)
            #expect(actions(strict, "shmat", [1, 0, flags]) == [flags & 0x8000 == 0 ? "allow" : "13"])
        }
    }

    @Test func socketsAreOfKnownFamilies() {
        for family in 0...64 as ClosedRange<UInt64> {
            let expected = family == 1 ? "13" : [2, 10, 16].contains(family) ? "allow" : "97"
            #expect(actions("socket", family, 2, 0) == [expected], "\(family)")
            #expect(actions("socketpair", family, 1, 0) == [family == 1 ? "allow" : "97"])
        }
        let all = SeccompPolicy.filter(for: .x86_64, permissive)
        for type: UInt64 in [1, 2, 3, 4, 5, 6, 10, 0x80801, 0x80802, 1 << 32 | 2, 0x80805] {
            let isConnected = [1, 5].contains(type & 0xF)
            #expect(actions("socket", 1, type) == ["13"])
            #expect(actions("socketpair", 1, type) == [isConnected ? "allow" : "13"], "\(type)")
            #expect(
                actions(all, "socket", [1, type]) == ["allow"] && actions(all, "socketpair", [1, type]) == ["allow"])
        }
        #expect(actions("socket", 16, 3, 12) == ["93"])
        #expect(actions("socket", 1 << 32 | 38, 5, 0) == ["97"])
    }
}
