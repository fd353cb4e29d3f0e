import Glibc
import Testing

/// `process`: who the program is, with what, and where.
@Suite(.needsRoot) struct ProcessTests {
    let scratch = Scratch()

    /// podman's `--group-add keep-groups`, in crun's words.
    @Test(.differs(.runc, "knows no such annotation"), arguments: ["1", "0", nil])
    func groupsOfTheCallerAreKept(_ annotation: String?) throws {
        let container = try scratch.container {
            if let annotation { $0.annotations = ["run.oci.keep_original_groups": .text(annotation)] }
            $0.payload("ids")
        }
        var command = container.running()
        command.arguments = ["--groups", "7,8", command.program] + command.arguments
        command.program = "/usr/bin/setpriv"
        let groups = try command.run().succeeded().facts["groups"]
        #expect(groups == (annotation == "1" ? "7 8" : ""))
    }

    @Test func userGroupAndFurtherGroups() throws {
        let facts = try scratch.facts {
            $0.process["user"] = ["uid": 1000, "gid": 1001, "additionalGids": [7, 1002]]
            $0.payload("ids")
        }
        #expect(facts["uid"] == "1000 1000 1000")
        #expect(facts["gid"] == "1001 1001 1001")
        #expect(facts["groups"] == "7 1002")
    }

    @Test func groupsOfTheRuntimeDoNotComeAlong() throws {
        let container = try scratch.container { $0.payload("ids") }
        var command = container.running()
        command.arguments = ["--groups=4,20,27", "--", command.program] + command.arguments
        command.program = "/usr/bin/setpriv"
        #expect(try command.run().succeeded().facts["groups"] == "")
    }

    @Test(arguments: [(0o077, "0077"), (0o000, "0000"), (0o027, "0027")])
    func umask(_ mask: Int, _ shown: String) throws {
        let facts = try scratch.facts {
            $0.process["user"]["umask"] = .number(mask)
            $0.payload("process")
        }
        #expect(facts["umask"] == shown)
    }

    @Test func umaskIsTheUsualOneByDefault() throws {
        #expect(try scratch.facts { $0.payload("process") }["umask"] == "0022")
    }

    @Test func workingDirectory() throws {
        let facts = try scratch.facts {
            $0.process["cwd"] = "/data"
            $0.payload("process")
        }
        #expect(facts["cwd"] == "/data")
    }

    @Test func missingWorkingDirectoryIsMade() throws {
        let container = try scratch.container {
            $0.process["cwd"] = "/new/place"
            $0.payload("process")
        }
        #expect(try container.run().succeeded().facts["cwd"] == "/new/place")
        #expect(Files.exists(container.bundle.rootfs + "/new/place"))
    }

    @Test(.differs(.crun, "takes a relative one"), arguments: ["relative", ""])
    func workingDirectoryMustBeAbsolute(_ path: String) throws {
        let container = try scratch.container { $0.process["cwd"] = .text(path) }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("process.cwd")) }
    }

    @Test func environmentIsWhatIsListed() throws {
        var command = try scratch.container {
            $0.process["env"] = ["PATH=/bin", "EMPTY=", "SPACED=a b", "EQUALS=a=b", "HOME=/data"]
            $0.payload("env")
        }.running()
        command.environment["SECRET"] = "of the host"
        let facts = try command.run().succeeded().facts
        #expect(
            facts.below("env.") == ["PATH": "/bin", "EMPTY": "", "SPACED": "a b", "EQUALS": "a=b", "HOME": "/data"])
    }

    @Test(.differs(.crun, "passes all on, of which programs find the first"))
    func overriddenVariableIsThereOnce() throws {
        let output = try scratch.run {
            $0.process["env"] = ["ONE=two", "PATH=/bin", "ONE=", "ONE=a=b", "HOME=/data"]
            $0.payload("env")
        }.succeeded()
        let variables = output.standardOutput.split(separator: "\n").filter { $0.hasPrefix("env.ONE=") }
        #expect(variables == ["env.ONE=a=b"])
    }

    @Test(
        .differs(.crun, "leaves an empty one"), .differs(.runc, "1.1 leaves an empty one"),
        arguments: [["HOME="], ["HOME=/data", "HOME="], []])
    func homeIsOfThePasswordFileWhereNoneIsGiven(_ variables: [String]) throws {
        let container = try scratch.container {
            $0.process["env"] = Node(["PATH=/bin"] + variables)
            $0.payload("env")
        }
        try Files.write("some:x:0:0::/data/home:\n", to: container.bundle.rootfs + "/etc/passwd")
        let facts = try container.run().succeeded().facts
        #expect(facts.below("env.") == ["PATH": "/bin", "HOME": "/data/home"])
    }

    @Test func programIsFoundThroughTheContainersPath() throws {
        let output = try scratch.run {
            $0.process["env"] = ["PATH=/nowhere:/bin"]
            $0.process["args"] = ["echo", "found"]
        }
        #expect(try output.succeeded().standardOutput == "found\n")
    }

    @Test func argumentsArePassedAsTheyStand() throws {
        let words = ["", "a b", "'\"$x\\", "é\n", "-x", "--"]
        let facts = try scratch.facts { $0.process["args"] = Node(["/payload", "argv"] + words + ["end"]) }
        #expect(facts["argv.0"] == "")
        #expect(facts["argv.1"] == "a b")
        #expect(facts["argv.2"] == "'\"$x\\")
        #expect(facts["argv.6"] == "end")
    }

    @Test(arguments: ["/no/such/program", "no-such-program"])
    func missingProgramFailsBeforeStart(_ program: String) throws {
        let container = try scratch.container { $0.process["args"] = ["\(program)"] }
        let message = try container.creating().run().refused()
        // podman tells a missing command from other failures by these words.
        agentrtOnly { #expect(message.contains("executable file `\(program)` not found")) }
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(arguments: ["/etc", "/etc/not-executable"])
    func programThatMayNotRunFailsBeforeStart(_ program: String) throws {
        let container = try scratch.container { $0.process["args"] = ["\(program)"] }
        try Files.write("text", to: container.bundle.rootfs + "/etc/not-executable")
        let output = try container.run()
        #expect(output.status != 0)
        agentrtOnly { #expect(output.message.contains("permission denied") && output.message.contains(program)) }
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test(arguments: [[], [""]]) func argumentsMustNameAProgram(_ arguments: [String]) throws {
        let container = try scratch.container { $0.process["args"] = Node(arguments) }
        try container.creating().run().refused()
    }

    @Test func resourceLimits() throws {
        let facts = try scratch.facts {
            $0.process["rlimits"] = [
                ["type": "RLIMIT_NOFILE", "soft": 100, "hard": 200], ["type": "RLIMIT_CORE", "soft": 0, "hard": 0],
                ["type": "RLIMIT_FSIZE", "soft": 1_000_000, "hard": 2_000_000],
            ]
            $0.payload("rlimits")
        }
        #expect(facts["RLIMIT_NOFILE"] == "100 200")
        #expect(facts["RLIMIT_CORE"] == "0 0")
        #expect(facts["RLIMIT_FSIZE"] == "1000000 2000000")
    }

    @Test func unknownResourceLimitIsRefused() throws {
        let container = try scratch.container {
            $0.process["rlimits"] = [["type": "RLIMIT_PATIENCE", "soft": 1, "hard": 1]]
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("process.rlimits[0].type") && message.contains("RLIMIT_PATIENCE")) }
    }

    @Test(.agentrtOnly) func resourceLimitThatIsListedTwiceIsRefused() throws {
        let limit: Node = ["type": "RLIMIT_CORE", "soft": 0, "hard": 0]
        let container = try scratch.container { $0.process["rlimits"] = [limit, limit] }
        try container.creating().run().refused()
    }

    @Test func outOfMemoryScore() throws {
        let facts = try scratch.facts {
            $0.process["oomScoreAdj"] = 321
            $0.payload("read", "/proc/self/oom_score_adj")
        }
        #expect(facts["read /proc/self/oom_score_adj"] == "321")
    }

    @Test(arguments: [(true, "1"), (false, "0")]) func noNewPrivileges(_ isAsked: Bool, _ shown: String) throws {
        let facts = try scratch.facts {
            $0.process["noNewPrivileges"] = .bool(isAsked)
            $0.payload("security")
        }
        #expect(facts["no_new_privs"] == shown)
    }

    @Test func setuidProgramIsHeldBackByNoNewPrivileges() throws {
        let container = try scratch.container {
            $0.process["user"] = ["uid": 1000, "gid": 1000]
            $0.payload("exec", "/data/setuid", "ids")
        }
        _ = try Command("/bin/cp", [container.bundle.rootfs + "/payload", container.bundle.rootfs + "/data/setuid"])
            .run().succeeded()
        try check(chmod(container.bundle.rootfs + "/data/setuid", 0o4755), "chmod")
        #expect(try container.run().succeeded().facts["uid"] == "1000 1000 1000")
    }

    @Test func signalsAreAtTheirDefaults() throws {
        let container = try scratch.container { $0.payload("signals") }
        let shell = Command("/bin/sh", ["-c", "trap '' INT TERM HUP PIPE USR1; exec \"$@\"", "sh"])
        var command = container.running()
        command.arguments = shell.arguments + [command.program] + command.arguments
        command.program = shell.program
        let facts = try command.run().succeeded().facts
        #expect(facts["blocked"] == "0")
        // 32 and 33 are the C library's own, which nothing but the kernel's call resets.
        let ignored = try UInt64(#require(facts["ignored"]), radix: 16).map { $0 & ~0x1_8000_0000 }
        agentrtOnly { #expect(ignored == 0, "what the caller ignores is the caller's") }
    }

    @Test func programLeadsItsSession() throws {
        let facts = try scratch.facts { $0.payload("process") }
        #expect(facts["sid"] == "1")
        #expect(facts["pgid"] == "1")
    }
}
