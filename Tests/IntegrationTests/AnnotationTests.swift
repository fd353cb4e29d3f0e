import Glibc
import Testing

/// `dev.agentrt.*`: what a bundle asks of agentrt beyond the OCI specification.
@Suite(.needsRoot, .agentrtOnly) struct AnnotationTests {
    let scratch = Scratch()

    @Test func initMakesSignalsEndTheProgramAsOutside() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.init": "true"]
            $0.payload("process", ",", "say", "ready", ",", "pause")
        }
        let process = try container.running().start()
        try process.waitForOutput("ready")
        process.kill(SIGTERM)
        let output = try process.wait()
        #expect(output.status == 128 + SIGTERM)
        #expect(output.facts["pid"] != "1")
    }

    @Test(arguments: [("ABRT", SIGABRT), ("SEGV", SIGSEGV), ("TERM", SIGTERM)])
    func initReturnsTheStatusOfASignal(_ name: String, _ signal: Int32) throws {
        let output = try scratch.run {
            $0.annotations = ["dev.agentrt.init": "true"]
            $0.payload("raise", name)
        }
        #expect(output.status == 128 + signal)
    }

    @Test func initReturnsTheExitStatusAndReapsOrphans() throws {
        let output = try scratch.run {
            $0.annotations = ["dev.agentrt.init": "true"]
            $0.shell("(sleep 0.01 &) ; sleep 0.05; for d in /proc/[0-9]*; do cat $d/stat; done 2>/dev/null; exit 9")
        }
        #expect(output.status == 9)
        #expect(!output.standardOutput.contains(") Z "), "no zombie is left: \(output)")
    }

    @Test func initIsOutOfTheProgramsReach() throws {
        let facts = try scratch.facts {
            $0.annotations = ["dev.agentrt.init": "true"]
            $0.capabilities([])
            $0.payload("readlink", "/proc/1/exe", "/proc/1/root", ",", "open", "/proc/1/mem", "/proc/1/environ")
        }
        for path in ["/proc/1/exe", "/proc/1/root"] { #expect(facts["readlink \(path)"] == "EACCES") }
        for path in ["/proc/1/mem", "/proc/1/environ"] { #expect(facts["open \(path)"] == "EACCES") }
    }

    @Test func wallTimeEndsTheContainer() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.init": "true", "dev.agentrt.wallTime": "100"]
            $0.payload("orphan", ",", "pause")
        }
        let output = try container.run()
        #expect(output.status == 124)
        #expect(output.message.contains("wall time"))
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        #expect(try container.controlGroups() == [])
    }

    @Test func wallTimeMayBeAnyNumber() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.init": "true", "dev.agentrt.wallTime": "\(Int64.max)"]
        }
        #expect(try container.run().status == 0)
    }

    @Test func landlockLeavesOnlyTheListedProgramsToExecute() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.landlock": "{\"execute\": [\"/payload\"]}"]
            $0.payload("exec", "/payload", "exit", "3", ",", "exec", "/bin/busybox", "true", ",", "write", "/data/file")
        }
        let facts = try container.run().succeeded().facts
        #expect(facts["exec /payload"] == "exit 3")
        #expect(facts["exec /bin/busybox"] == "EACCES")
        #expect(facts["write /data/file"] == "ok", "reading and writing are the mounts' work")
    }

    @Test(arguments: [
        ("dev.agentrt.nonsense", "1"), ("dev.agentrt.init", "maybe"), ("dev.agentrt.wallTime", "-1"),
        ("dev.agentrt.landlock", "{"), ("dev.agentrt.landlock", "{\"read\": []}"),
    ])
    func unknownKeyOrValueIsRefused(_ key: String, _ value: String) throws {
        let container = try scratch.container { $0.annotations = ["\(key)": "\(value)"] }
        #expect(try container.creating().run().refused().contains(key))
    }

    @Test func memoryFilesAreNotExecutedByEitherLock() throws {
        let own = try scratch.facts {
            $0.annotations = ["dev.agentrt.memfd_noexec": "true"]
            $0.payload("read", "/proc/sys/vm/memfd_noexec")
        }
        #expect(own["read /proc/sys/vm/memfd_noexec"] == "2")
        _ = try scratch.run {
            $0.annotations = ["dev.agentrt.memfd_noexec": "true"]
            $0.userNamespace()
            $0.linux["seccomp"] = .withoutMemfd
        }.succeeded()
    }

    @Test(arguments: ["pid", "user"]) func memfdProtectionThatCannotBeGivenIsRefused(_ kind: String) throws {
        for seccomp in [Node.null, .withMemfd] {
            let container = try scratch.container {
                $0.annotations = ["dev.agentrt.memfd_noexec": "true"]
                if kind == "user" { $0.userNamespace() } else { $0.share("pid") }
                $0.linux["seccomp"] = seccomp
            }
            let message = try container.creating().run().refused()
            #expect(message.contains("annotations.dev.agentrt.memfd_noexec: needs a new pid namespace"))
        }
    }

    @Test func sandboxThatCannotBeBornDoesNotHang() throws {
        let container = try scratch.container {
            $0.annotations = ["dev.agentrt.landlock": "{\"execute\": [\"/payload\"]}"]
            $0.namespace("network", path: "/no/such/namespace")
        }
        // The output of a test is a file, so relays stand between.
        #expect(try container.running().run(timeout: 10).refused().contains("/no/such/namespace"))
    }

    @Test func annotationsOfOthersArePassedOver() throws {
        #expect(try scratch.run { $0.annotations = ["dev.agentrtx": "1", "org.example": "2"] }.status == 0)
    }
}

extension Node {
    fileprivate static let withMemfd: Node = [
        "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["bpf"], "action": "SCMP_ACT_ERRNO"]],
    ]
    fileprivate static let withoutMemfd: Node = [
        "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [["names": ["memfd_create"], "action": "SCMP_ACT_ERRNO"]],
    ]
}
