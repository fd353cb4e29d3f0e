import Glibc
import Testing

/// `linux.seccomp`: what the kernel answers to a system call.
@Suite(.needsRoot) struct SeccompTests {
    let scratch = Scratch()

    @Test func listedCallFailsAndOthersDoNot() throws {
        let facts = try attempt(
            Self.rule(["names": ["getcwd"], "action": "SCMP_ACT_ERRNO"]), "syscall", "getcwd", "0", "0", ",", "syscall",
            "getppid", ",", "security")
        #expect(facts["syscall getcwd"] == "EPERM")
        #expect(facts["syscall getppid"] == "0")
        #expect(facts["seccomp"] == "2")
    }

    @Test func withoutItThereIsNoFilter() throws {
        #expect(try scratch.facts { $0.payload("security") }["seccomp"] == "0")
    }

    @Test func errnoIsTheOneListed() throws {
        let facts = try attempt(
            Self.rule(["names": ["getcwd", "sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18]), "syscall", "getcwd",
            "0", "0", ",", "syscall", "sync")
        #expect(facts["syscall getcwd"] == "EXDEV")
        #expect(facts["syscall sync"] == "EXDEV")
    }

    @Test func allowListAnswersTheDefaultToEverythingElse() throws {
        let facts = try attempt(
            [
                "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
                "syscalls": [["names": Node(Self.needed), "action": "SCMP_ACT_ALLOW"]],
            ], "syscall", "sync", ",", "syscall", "getppid", ",", "syscall", "471")
        #expect(facts["syscall sync"] == "ENOSYS")
        #expect(facts["syscall getppid"] == "0")
        #expect(facts["syscall 471"] == "ENOSYS", "also a call that no table knows")
    }

    @Test func defaultErrnoIsPermissionDenied() throws {
        let facts = try attempt(
            [
                "defaultAction": "SCMP_ACT_ERRNO",
                "syscalls": [["names": Node(Self.needed), "action": "SCMP_ACT_ALLOW"]],
            ], "syscall", "sync")
        #expect(facts["syscall sync"] == "EPERM")
    }

    @Test(arguments: ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"])
    func actionThatEndsTheProgram(_ action: String) throws {
        let output = try scratch.run {
            $0.linux["seccomp"] = Self.rule(["names": ["sync"], "action": "\(action)"])
            $0.payload("say", "before", ",", "syscall", "sync", ",", "say", "after")
        }
        #expect(output.status == 128 + SIGSYS)
        #expect(output.standardOutput == "before\n")
    }

    @Test func logLetsTheCallThrough() throws {
        #expect(try answer(toSyncUnder: "SCMP_ACT_LOG") == "0")
    }

    @Test func traceWithoutATracerIsNotThere() throws {
        #expect(try answer(toSyncUnder: "SCMP_ACT_TRACE") == "ENOSYS")
    }

    /// Which of getpriority's second arguments 4, 5 and 6 a comparison with 5 refuses.
    @Test(arguments: [
        ("SCMP_CMP_EQ", [false, true, false]), ("SCMP_CMP_NE", [true, false, true]),
        ("SCMP_CMP_LT", [true, false, false]), ("SCMP_CMP_LE", [true, true, false]),
        ("SCMP_CMP_GT", [false, false, true]), ("SCMP_CMP_GE", [false, true, true]),
    ])
    func argumentIsCompared(_ operation: String, _ expected: [Bool]) throws {
        let refused = try (4...6).map { try priority(of: $0, under: [["index": 1, "value": 5, "op": "\(operation)"]]) }
        #expect(refused == expected)
    }

    @Test func maskedArgumentIsCompared() throws {
        let comparison: Node = ["index": 1, "value": 0xF0, "valueTwo": 0x30, "op": "SCMP_CMP_MASKED_EQ"]
        #expect(try priority(of: 0x35, under: [comparison]))
        #expect(try priority(of: 0xF35, under: [comparison]))
        #expect(try !priority(of: 0x45, under: [comparison]))
    }

    @Test func argumentsOfOneRuleMustAllMatch() throws {
        let both: Node = [
            ["index": 0, "value": 0, "op": "SCMP_CMP_EQ"], ["index": 1, "value": 5, "op": "SCMP_CMP_EQ"],
        ]
        #expect(try priority(of: 5, under: both))
        #expect(try !priority(of: 6, under: both))
    }

    @Test func argumentsOfOneIndexAreAlternatives() throws {
        // What libseccomp refuses in one rule, engines write all the same: runc and crun make a rule of each.
        let either: Node = [
            ["index": 1, "value": 5, "op": "SCMP_CMP_EQ"], ["index": 1, "value": 7, "op": "SCMP_CMP_EQ"],
        ]
        #expect(try priority(of: 5, under: either))
        #expect(try priority(of: 7, under: either))
        #expect(try !priority(of: 6, under: either))
    }

    @Test func upperHalfOfAnArgumentCounts() throws {
        let comparison: Node = [["index": 1, "value": 0x1_0000_0005, "op": "SCMP_CMP_EQ"]]
        #expect(try priority(of: 0x1_0000_0005, under: comparison))
        #expect(try !priority(of: 5, under: comparison))
    }

    @Test func thirtyTwoBitCallsAreFilteredWhereTheArchitectureIsListed() throws {
        let facts = try attempt(
            [
                "defaultAction": "SCMP_ACT_ALLOW",
                "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                "syscalls": [["names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18]],
            ], "syscall32", "64", ",", "syscall", "getppid")
        #expect(facts["syscall32 64"] == "-18")
        #expect(facts["syscall getppid"] == "EXDEV")
    }

    @Test func thirtyTwoBitCallsEndTheProgramElsewhere() throws {
        let output = try scratch.run {
            $0.linux["seccomp"] = ["defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"]]
            $0.payload("syscall32", "64")
        }
        #expect(output.status == 128 + SIGSYS)
    }

    @Test(
        .differs(.runc, "1.1 knows no flags"),
        arguments: [
            [], ["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_TSYNC"],
            ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG"],
        ])
    func flagsAreTaken(_ flags: [String]) throws {
        let facts = try attempt(
            [
                "defaultAction": "SCMP_ACT_ALLOW", "flags": Node(flags),
                "syscalls": [["names": ["sync"], "action": "SCMP_ACT_ERRNO"]],
            ], "syscall", "sync")
        #expect(facts["syscall sync"] == "EPERM")
    }

    /// Filters with one unknown word each, and where it stands.
    static let unknownWords: [(Node, String)] = [
        (["defaultAction": "SCMP_ACT_SHRUG"], "defaultAction"),
        (["defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NONSENSE"]], "flags[0]"),
        (["defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_ABACUS"]], "architectures[0]"),
        (rule(["names": ["sync"], "action": "SCMP_ACT_SHRUG"]), "syscalls[0].action"),
        (
            rule([
                "names": ["sync"], "action": "SCMP_ACT_ERRNO",
                "args": [["index": 0, "value": 1, "op": "SCMP_CMP_NONSENSE"]],
            ]), "syscalls[0].args[0].op"
        ),
        (
            rule([
                "names": ["sync"], "action": "SCMP_ACT_ERRNO",
                "args": [["index": 6, "value": 1, "op": "SCMP_CMP_EQ"]],
            ]), "syscalls[0].args[0].index"
        ),
    ]

    @Test(arguments: unknownWords)
    func unknownWordIsRefused(_ seccomp: Node, _ path: String) throws {
        if Runtime.current.kind == .crun && path == "flags[0]" { return }  // ignores it
        let container = try scratch.container { $0.linux["seccomp"] = seccomp }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.seccomp.\(path)")) }
    }

    @Test func filterHoldsForWhatTheProgramStarts() throws {
        let facts = try attempt(
            Self.rule(["names": ["sync"], "action": "SCMP_ACT_ERRNO"]), "exec", "/payload", "syscall", "sync")
        #expect(facts["syscall sync"] == "EPERM")
    }

    /// They are programs of the container, as untrusted as its own.
    @Test(.differs(.crun, "runs them before it"), arguments: [true, false], [true, false])
    func filterHoldsForStartContainerHooks(_ isFiltered: Bool, _ hasNoNewPrivileges: Bool) throws {
        let container = try scratch.container {
            $0.process["noNewPrivileges"] = hasNoNewPrivileges ? true : false
            let calls: Node = ["names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"]
            if isFiltered { $0.linux["seccomp"] = Self.rule(calls) }
            $0.hooks["startContainer"] = [["path": "/payload", "args": ["payload", "mkdir", "/data/made"]]]
        }
        _ = try container.run().succeeded()
        #expect(Files.exists(container.bundle.rootfs + "/data/made") == !isFiltered)
    }

    @Test func userWithoutCapabilitiesAndWithoutNoNewPrivilegesIsFilteredToo() throws {
        let facts = try scratch.facts {
            $0.process["noNewPrivileges"] = false
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.process["capabilities"] = nil
            $0.linux["seccomp"] = Self.rule(["names": ["sync"], "action": "SCMP_ACT_ERRNO"])
            $0.payload("syscall", "sync", ",", "security")
        }
        #expect(facts["syscall sync"] == "EPERM")
        #expect(facts["no_new_privs"] == "0")
    }

    /// What a static program, and a runtime that loads the filter early, cannot do without.
    static let needed = [
        "execve", "brk", "arch_prctl", "set_tid_address", "set_robust_list", "rseq", "prlimit64", "readlinkat",
        "readlink", "getrandom", "mprotect", "exit_group", "newfstatat", "fstat", "write", "writev", "getppid", "mmap",
        "munmap", "uname", "close", "openat", "read", "futex", "rt_sigreturn", "epoll_pwait", "nanosleep", "capget",
        "capset", "prctl", "setgid", "setuid", "setgroups", "chdir", "getppid", "fcntl", "epoll_ctl", "tgkill",
        "getpid", "gettid", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "madvise", "clone", "faccessat2",
        "faccessat", "statfs", "fstatfs", "getdents64", "fchdir", "close_range", "ioctl",
    ]

    /// A filter that allows everything but for one rule.
    private static func rule(_ rule: Node) -> Node { ["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]] }

    private func attempt(_ seccomp: Node, _ words: String...) throws -> Facts {
        try scratch.facts {
            $0.linux["seccomp"] = seccomp
            $0.process["args"] = Node(["/payload"] + words)
        }
    }

    private func answer(toSyncUnder action: String) throws -> String? {
        try attempt(
            Self.rule(["names": ["sync"], "action": "\(action)"]), "syscall", "sync")["syscall sync"]
    }

    /// Whether a rule with these comparisons refuses getpriority for a second argument.
    private func priority(of argument: Int, under comparisons: Node) throws -> Bool {
        let rule: Node = [
            "names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18, "args": comparisons,
        ]
        let facts = try attempt(Self.rule(rule), "syscall", "getpriority", "0", "\(argument)")
        return facts["syscall getpriority"] == "EXDEV"
    }
}
