import Glibc
import Testing

/// `hooks`: six moments of a container's life at which somebody else's program runs.
@Suite(.needsRoot) struct HookTests {
    let scratch = Scratch()

    @Test(.differs(.runc, "1.1 runs poststart at the end of create")) func runInTheOrderOfTheSpecification() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            for phase in ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] {
                $0.hooks[phase] = [try hook(phase + ".0", log), try hook(phase + ".1", log)]
            }
            $0.hooks["startContainer"] = [inside("startContainer.0"), inside("startContainer.1")]
            $0.mount("/data/log", type: "bind", source: log, ["bind"])
            $0.payload("append", "/data/log", "hook=program\n")
        }
        try container.create()
        let created = [
            "prestart.0", "prestart.1", "createRuntime.0", "createRuntime.1", "createContainer.0",
            "createContainer.1",
        ]
        let before = try labels(log)
        #expect(before == created)
        try container.start()
        try container.waitForStatus("stopped")
        let started = try Set(labels(log).dropFirst(created.count))
        #expect(started == ["startContainer.0", "startContainer.1", "poststart.0", "poststart.1", "program"])
        let order = try labels(log)
        #expect(
            try #require(order.firstIndex(of: "startContainer.1")) < #require(order.firstIndex(of: "program")))
        try container.delete()
        #expect(try labels(log).suffix(2) == ["poststop.0", "poststop.1"])
        #expect(try labels(log).count == 13)
    }

    @Test func getTheStateOnStandardInput() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let phases = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"]
        let container = try scratch.container {
            for phase in phases { $0.hooks[phase] = [try hook(phase, log)] }
            $0.hooks["startContainer"] = [inside("startContainer")]
            $0.mount("/data/log", type: "bind", source: log, ["bind"])
            $0.annotations = ["org.example.key": "value"]
            $0.payload("pause")
        }
        try container.create()
        let pid = try container.pid()
        try container.start()
        try container.delete("--force")
        let facts = try Facts(Files.read(log))
        for phase in phases + ["startContainer"] {
            let state = try Node(parsing: #require(facts["\(phase).stdin"], "\(phase)"))
            #expect(state["id"].text == container.id, "\(phase)")
            if Runtime.current.kind != .crun || phase != "startContainer" {  // where crun says "/"
                #expect(state["bundle"].text == container.bundle.directory, "\(phase)")
            }
            #expect(state["annotations"]["org.example.key"].text == "value", "\(phase)")
            #expect(state["ociVersion"].text != nil, "\(phase)")
            if ["prestart", "createRuntime", "poststart"].contains(phase) {
                #expect(state["pid"].number == Int(pid), "\(phase)")
            }
            agentrtOnly {
                let expected = [
                    "startContainer": "created", "poststart": "running", "poststop": "stopped",
                ]
                #expect(state["status"].text == expected[phase] ?? "creating", "\(phase)")
            }
        }
    }

    @Test func runInTheNamespacesOfTheirPhase() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            for phase in ["prestart", "createRuntime", "createContainer", "poststart", "poststop"] {
                $0.hooks[phase] = [try hook(phase, log)]
            }
            $0.hooks["startContainer"] = [inside("startContainer")]
            $0.mount("/data/log", type: "bind", source: log, ["bind"])
            $0.payload("pause")
        }
        try container.create()
        let theirs = try Files.linkTarget("/proc/\(container.pid())/ns/mnt")
        let ours = try Files.linkTarget("/proc/self/ns/mnt")
        try container.start()
        try container.delete("--force")
        let facts = try Facts(Files.read(log))
        for phase in ["prestart", "createRuntime", "poststart", "poststop"] {
            #expect(facts["\(phase).mnt"] == ours, "\(phase)")
        }
        for phase in ["createContainer", "startContainer"] {
            #expect(facts["\(phase).mnt"] == theirs, "\(phase)")
        }
        #expect(facts["startContainer.hostname"] == "container")
    }

    @Test func beginInTheBundleOrTheRoot() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let onHost = ["prestart", "createRuntime", "poststart", "poststop"]
        let container = try scratch.container {
            for phase in onHost + ["createContainer"] { $0.hooks[phase] = [try hook(phase, log)] }
            $0.hooks["startContainer"] = [inside("startContainer")]
            $0.mount("/data/log", type: "bind", source: log, ["bind"])
            $0.process["cwd"] = "/data"
            $0.payload("pause")
        }
        try container.create()
        try container.start()
        try container.delete("--force")
        let facts = try Facts(Files.read(log))
        for phase in onHost {
            // runc 1.1 runs the last two where `start` and `delete` are called.
            if Runtime.current.kind == .runc, phase.hasPrefix("post") { continue }
            #expect(facts["\(phase).cwd"] == container.bundle.directory, "\(phase)")
        }
        if Runtime.current.kind != .crun {
            #expect(facts["createContainer.cwd"] == container.bundle.rootfs)
        }
        #expect(facts["startContainer.cwd"] == "/data")
    }

    @Test(.differs(.crun, "runs none")) func poststopRunsWhereTheBundleIsGone() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container { $0.hooks["poststop"] = [try hook("poststop", log)] }
        try container.create()
        try container.start()
        try container.waitForStatus("stopped")
        try Files.removeTree(container.bundle.directory)
        try container.delete()
        let facts = try Facts(Files.read(log))
        agentrtOnly { #expect(facts["poststop.cwd"] == "/") }
        #expect(try labels(log) == ["poststop"])
    }

    @Test func getTheirOwnEnvironmentAndArguments() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            var hook = try hook("label", log)
            hook["env"] = ["ONE=1", "TWO=a b"]
            $0.hooks["createRuntime"] = [hook]
        }
        var command = container.creating()
        command.environment["SECRET"] = "of the runtime"
        _ = try command.run().succeeded()
        #expect(try Facts(Files.read(log)).below("label.env.") == ["ONE": "1", "TWO": "a b"])
    }

    @Test func withoutAnEnvironmentTheyHaveTheRuntimes() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            for phase in ["prestart", "createRuntime"] { $0.hooks[phase] = [try hook(phase, log)] }
            var empty = try hook("empty", log)
            empty["env"] = []
            $0.hooks["prestart"] = [try hook("prestart", log), empty]
        }
        var command = container.creating()
        command.environment["MARK"] = "of the runtime"
        _ = try command.run().succeeded()
        let facts = try Facts(Files.read(log))
        for phase in ["prestart", "createRuntime"] {
            #expect(facts["\(phase).env.MARK"] == "of the runtime", "\(phase)")
        }
        agentrtOnly { #expect(facts.below("empty.env.") == [:], "an empty list is an environment") }
    }

    @Test(.differs(.crun, "passes its own on")) func insideTheyHaveTheContainersEnvironment() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            $0.hooks["startContainer"] = [inside("inside")]
            $0.mount("/data/log", type: "bind", source: log, ["bind"])
            $0.process["env"] = ["OWN=1"]
        }
        var command = container.creating()
        command.environment["SECRET"] = "of the runtime"
        _ = try command.run().succeeded()
        var start = container.command("start", container.id)
        start.environment["SECRET"] = "of the runtime"
        _ = try start.run().succeeded()
        try container.waitForStatus("stopped")
        let environment = try Facts(Files.read(log)).below("inside.env.")
        #expect(environment["OWN"] == "1")
        #expect(environment["SECRET"] == nil)
        #expect(environment["HOME"] == "/", "as the program has it")
    }

    @Test(.differs(.runc, "1.1 runs poststart at the end of create"), .differs(.crun, "1.8 leaves the container"))
    func failureAfterTheProgramStartedDeletesTheContainer() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            $0.hooks["poststart"] = [try failing()]
            $0.hooks["poststop"] = [try hook("poststop", log)]
            $0.payload("pause")
        }
        try container.create()
        let pid = try container.pid()
        #expect(try container.mustRefuse("start", container.id).contains("error running poststart hook #0"))
        #expect(try container.mustRefuse("state", container.id).contains("does not exist"))
        #expect(try labels(log) == ["poststop"])
        #expect(!Files.exists("/proc/\(pid)/root/payload"))
    }

    @Test(arguments: ["prestart", "createRuntime", "createContainer"])
    func failureStopsCreateAndNamesPhaseAndNumber(_ phase: String) throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            $0.hooks[phase] = [try hook("first", log), try failing(), try hook("third", log)]
            $0.hooks["poststop"] = [try hook("poststop", log)]
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("error running \(phase) hook #1: ")) }
        let ran = try labels(log)
        if Runtime.current.kind == .crun {
            #expect(ran.first == "first" && !ran.contains("third"))
        } else {
            #expect(ran == ["first", "poststop"], "what is undone is deleted, with its hooks")
        }
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    @Test func failureBeforeTheProgramStopsIt() throws {
        let container = try scratch.container {
            $0.hooks["startContainer"] = [["path": "/payload", "args": ["payload", "exit", "3"]]]
            $0.payload("write", "/data/ran")
        }
        _ = try container.run()
        #expect(!Files.exists(container.bundle.rootfs + "/data/ran"))
    }

    @Test(.differs(.runc, "1.1 does not wait for them"), .differs(.crun, "1.8 does not wait for them"))
    func failureBeforeTheProgramIsToldByStart() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container {
            $0.hooks["startContainer"] = [
                ["path": "/payload", "args": ["payload", "complain", "why", ",", "exit", "3"]]
            ]
            $0.hooks["poststart"] = [try hook("poststart", log)]
            $0.payload("write", "/data/ran")
        }
        try container.create()
        let message = try container.mustRefuse("start", container.id)
        #expect(message.contains("error running startContainer hook #0: exit status 3") && message.contains("why"))
        #expect(try container.status() == "stopped")
        #expect(!Files.exists(container.bundle.rootfs + "/data/ran"))
        #expect(try labels(log) == [], "what did not start has no poststart")
    }

    @Test(.agentrtOnly) func killedInAHookIsToldByStart() throws {
        let container = try scratch.container {
            $0.hooks["startContainer"] = [["path": "/payload", "args": ["payload", "pause"]]]
        }
        try container.create()
        let start = try container.command("start", container.id).start()
        try eventually("start to wait") { try container.status() == "running" }
        try container.kill("KILL")
        #expect(try start.wait().refused().contains("its init was killed"))
    }

    @Test func failureAfterTheEndIsOnlyReported() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let container = try scratch.container { $0.hooks["poststop"] = [try failing(), try hook("second", log)] }
        try container.create()
        try container.start()
        try container.waitForStatus("stopped")
        let output = try container.command("delete", container.id).run()
        let ran = try labels(log)
        agentrtOnly {
            #expect(output.status == 0)
            #expect(output.standardError.contains("poststop hook failed with exit code: 3 (hook #0)"))
            #expect(ran == ["second"])
            #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
        }
    }

    @Test(arguments: ["createRuntime", "createContainer"]) func timeoutEndsTheHookAndCreate(_ phase: String) throws {
        let container = try scratch.container {
            let program = try Session.shared.get().payload
            $0.hooks[phase] = [
                ["path": "\(program)", "args": ["payload", "pause"], "timeout": 1]
            ]
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("error running \(phase) hook #0: ") && message.contains("timeout")) }
    }

    /// More than a pipe holds, so that whoever writes the state waits for its reader.
    private static let longAnnotations: Node = ["org.example.long": "\(String(repeating: "x", count: 100_000))"]

    @Test(arguments: ["exec sleep 30", "while :; do echo complaint >&2; done"])
    func timeoutHoldsForOneThatDoesNotReadOrDoesNotStop(_ script: String) throws {
        let container = try scratch.container {
            $0.annotations = Self.longAnnotations
            $0.hooks["createRuntime"] = [["path": "/bin/sh", "args": ["sh", "-c", "\(script)"], "timeout": 1]]
        }
        let message = try container.creating().run(timeout: 10).refused()
        agentrtOnly { #expect(message.contains("createRuntime hook #0: timeout")) }
    }

    @Test(.agentrtOnly) func timeoutMayBeAnyNumber() throws {
        let output = try scratch.run {
            $0.hooks["createRuntime"] = [["path": "/bin/true", "timeout": .number(Int.max)]]
        }
        #expect(output.status == 0)
    }

    @Test(.differs(.runc, "1.1 passes its own SIGPIPE on")) func unreadStateIsNoSignalToTheProgram() throws {
        let output = try scratch.run {
            $0.annotations = Self.longAnnotations
            $0.hooks["poststart"] = [["path": "/bin/sh", "args": ["sh", "-c", "exec <&-; sleep 0.1"]]]
            $0.share("pid")  // or the program would be a first process, which the kernel keeps from signals
            $0.payload("sleep", "1")
        }
        #expect(output.status == 0)
    }

    @Test(.differs(.crun, "1.8 drops it")) func standardErrorOfAFailedHookIsTold() throws {
        let container = try scratch.container {
            let program = try Session.shared.get().payload
            $0.hooks["createRuntime"] = [
                ["path": "\(program)", "args": ["payload", "complain", "the reason", ",", "exit", "3"]]
            ]
        }
        let output = try container.creating().run()
        #expect(output.standardError.contains("the reason"))
        agentrtOnly { #expect(output.message.contains("exit status 3")) }
    }

    @Test(arguments: ["relative/path", "/no/such/hook"]) func hookThatCannotRunIsRefused(_ path: String) throws {
        let container = try scratch.container { $0.hooks["createRuntime"] = [["path": "\(path)"]] }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains(path)) }
    }

    @Test func runHasThemAll() throws {
        let log = try scratch.makeFile("log", mode: 0o666)
        let output = try scratch.run {
            for phase in ["createRuntime", "createContainer", "poststart", "poststop"] {
                $0.hooks[phase] = [try hook(phase, log)]
            }
        }
        #expect(output.status == 0)
        #expect(try labels(log) == ["createRuntime", "createContainer", "poststart", "poststop"])
    }

    /// A hook that finds the payload and the log at their places on the host.
    private func hook(_ label: String, _ log: String) throws -> Node {
        ["path": "\(try Session.shared.get().payload)", "args": ["payload", "hook", "\(log)", "\(label)"]]
    }

    /// A hook that finds both inside the container.
    private func inside(_ label: String) -> Node {
        ["path": "/payload", "args": ["payload", "hook", "/data/log", "\(label)"]]
    }

    private func failing() throws -> Node {
        ["path": "\(try Session.shared.get().payload)", "args": ["payload", "exit", "3"]]
    }

    private func labels(_ log: String) throws -> [String] {
        try Files.read(log).split(separator: "\n").filter { $0.hasPrefix("hook=") }.map { String($0.dropFirst(5)) }
    }
}
