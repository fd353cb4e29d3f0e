import Glibc
import Testing

/// The command line itself: global flags, unknown words, the forms of `run`.
@Suite(.needsRoot) struct CommandLineTests {
    let scratch = Scratch()

    @Test(
        .agentrtOnly,
        arguments: [
            [], ["frobnicate"], ["--frobnicate", "list"], ["state"], ["state", "a", "b"],
            ["state", "--frobnicate", "a"],
            ["create"], ["start"], ["kill"], ["delete"], ["run"], ["list", "extra"], ["list", "--format", "xml"],
            ["--log-format", "xml", "list"], ["--root"], ["create", "--bundle"], ["--cgroup-manager", "magic", "list"],
        ])
    func wrongWordsAreOneLineAndStatusOne(_ words: [String]) throws {
        var command = Command(Runtime.current.path, words)
        command.environment["XDG_RUNTIME_DIR"] = try scratch.directory
        command.directory = try scratch.makeDirectory("empty")
        let message = try command.run().refused()
        #expect(message.hasPrefix("agentrt: "))
        #expect(!message.hasSuffix("."))
    }

    @Test(.agentrtOnly) func unknownWordsAreNamedAndTheNearestOptionIsToo() throws {
        let container = try scratch.container()
        #expect(try container.mustRefuse("stat", "x").contains("\"stat\""))
        #expect(try container.mustRefuse("delete", "--forc", "x").contains("--force"))
    }

    @Test func helpAndVersionSucceed() throws {
        for words in [["--help"], ["--version"], ["run", "--help"]] {
            let output = try Command(Runtime.current.path, words).run().succeeded()
            #expect(!output.standardOutput.isEmpty)
        }
        let version = try Command(Runtime.current.path, ["--version"]).run().standardOutput
        #expect(version.hasPrefix("\(Runtime.current.kind.rawValue) version "), "podman reads the first line")
        #expect(version.contains("spec: 1."))
        agentrtOnly { #expect(version.contains("\n+SYSTEMD "), "where crun says what it was built with") }
    }

    @Test func rootIsWhereStateIs() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        #expect(Files.exists("\(container.root)/\(container.id)"))
        // Others must not read what a container was given.
        #expect(try #require(Files.status("\(container.root)/\(container.id)")).st_mode & 0o077 & 0o066 == 0)
    }

    @Test func rootIsMadeWhereItIsMissing() throws {
        let container = try scratch.container()
        let root = try scratch.path("new/state/root")
        let words = ["--root", root, "run", "--bundle", container.bundle.directory, container.id]
        _ = try Command(Runtime.current.path, words).run().succeeded()
        #expect(Files.exists(root))
    }

    @Test func errorsGoToTheLogAsJSONForEngines() throws {
        let container = try scratch.container()
        let log = try scratch.path("log.json")
        _ = try container.command("state", "no-such-container", globals: ["--log", log, "--log-format", "json"])
            .run().refused()
        let entry = try Node(parsing: String(#require(Files.read(log).split(separator: "\n").last)))
        #expect(entry["level"].text == "error")
        #expect(try #require(entry["time"].text).contains("T"))
        agentrtOnly { #expect(entry["msg"].text?.contains("no-such-container") == true) }
    }

    @Test func errorsGoToTheLogAsText() throws {
        let container = try scratch.container()
        let log = try scratch.path("log.text")
        _ = try container.command("state", "no-such-container", globals: ["--log", log]).run().refused()
        agentrtOnly {
            let text = (try? Files.read(log)) ?? ""
            #expect(text.contains("level=error") && text.contains("no-such-container"))
        }
    }

    @Test(.needsRoot, .differs(.runc, "has no such option")) func withoutAControlGroup() throws {
        let disabled = ["--cgroup-manager", "disabled"]
        let container = try scratch.container {
            $0.share("cgroup")
            $0.linux["resources"] = nil
            $0.shell("cat /proc/self/cgroup")
        }
        let output = try container.command(
            "run", "--bundle", container.bundle.directory, container.id, globals: disabled
        ).run().succeeded()
        #expect(output.standardOutput.split(separator: "\n").last == "0::\(try ownUnifiedGroup())")
        #expect(try container.controlGroups() == [])
        let limited = try scratch.container {
            $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup")
            $0.linux["resources"] = ["pids": ["limit": 9]]
        }
        let create = limited.command("create", "--bundle", limited.bundle.directory, limited.id, globals: disabled)
        let outcome = try create.run()
        agentrtOnly {
            #expect(outcome.message.contains("linux.resources.pids.limit: --cgroup-manager disabled"), "\(outcome)")
        }
    }

    @Test(.needsRoot, .agentrtOnly) func withoutAControlGroupTheCallersIsHidden() throws {
        let container = try scratch.container {
            $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup")
            $0.linux["resources"] = nil
            $0.payload("list", "/sys/fs/cgroup")
        }
        let output = try container.command(
            "run", "--bundle", container.bundle.directory, container.id, globals: ["--cgroup-manager", "disabled"]
        ).run().succeeded()
        #expect(output.facts["list /sys/fs/cgroup"] == "")
    }

    private func ownUnifiedGroup() throws -> String {
        let line = try Files.read("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
        return String(try #require(line).dropFirst(3))
    }

    @Test(arguments: [["--debug"], ["--rootless", "false"], ["--rootless=auto"], ["--cgroup-manager", "cgroupfs"]])
    func flagsOfEnginesAreTaken(_ flags: [String]) throws {
        let isTheirs: [Runtime.Kind: String] = [.runc: "--cgroup-manager", .crun: "--rootless"]
        if let word = isTheirs[Runtime.current.kind], flags[0].hasPrefix(word) { return }
        let container = try scratch.container { $0.payload("exit", "4") }
        let words = ["run", "--bundle", container.bundle.directory, container.id]
        #expect(try container.command(words, globals: flags).run().status == 4)
    }

    @Test(.agentrtOnly) func descriptorsThatAreClosedBecomeDevNull() throws {
        let container = try scratch.container {
            $0.shell("(/payload readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 >/data/fds); true")
        }
        let run = container.running()
        let script = "exec \"$@\" <&- >&- 2>&-"
        let output = try Command("/bin/sh", ["-c", script, "sh", run.program] + run.arguments).run().succeeded()
        #expect(output.standardOutput.isEmpty && output.standardError.isEmpty)
        let links = try Files.read(container.bundle.rootfs + "/data/fds").split(separator: "\n")
        #expect(links.count == 3 && links.allSatisfy { $0.hasSuffix("=/dev/null") }, "\(links)")
    }

    @Test(
        .agentrtOnly,
        arguments: [
            (["--help"], ["--session", "--cgroup-manager"]), (["create", "--help"], ["--preserve-fds"]),
            (["run", "--help"], ["--session", "--preserve-fds"]), (["bundle", "--help"], ["--session"]),
        ])
    func helpHasTheOptions(_ words: [String], _ options: [String]) throws {
        let text = try Command(Runtime.current.path, words).run().succeeded().standardOutput
        for option in options { #expect(text.contains(option), "\(words)") }
    }

    @Test func doubleHyphenEndsTheOptions() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        _ = try container.command("state", "--", container.id).run().succeeded()
        _ = try container.command("delete", "--force", "--", container.id).run().succeeded()
    }

    @Test(.agentrtOnly) func runTakesABundleAndMakesUpTheId() throws {
        let container = try scratch.container { $0.payload("say", "hello") }
        let idFile = try scratch.path("id")
        let output = try container.command("run", "--id-file", idFile, container.bundle.directory).run().succeeded()
        #expect(output.standardOutput == "hello\n")
        #expect(try !Files.read(idFile).isEmpty)
        let named = try container.command("run", "--id", "named", container.bundle.directory).run().succeeded()
        #expect(named.standardOutput == "hello\n")
    }

    @Test(.agentrtOnly) func runAsksWhichOfTwoBundlesIsMeant() throws {
        let container = try scratch.container { $0.payload("say", "outer") }
        let inner = try scratch.bundle { $0.payload("say", "inner") }
        let name = try #require(inner.directory.split(separator: "/").last.map(String.init))
        var command = container.command("run", name)
        command.directory = try scratch.directory
        #expect(try command.run().succeeded().standardOutput == "inner\n", "a directory with config.json, none here")

        try Files.makeDirectory(container.bundle.directory + "/both")
        try Files.write("{}", to: container.bundle.directory + "/both/config.json")
        command = container.command("run", "both")
        command.directory = container.bundle.directory
        let message = try command.run().refused()
        #expect(message.contains("./both") && message.contains("--bundle"))
        command = container.command("run", "plain-id")
        command.directory = container.bundle.directory
        #expect(try command.run().succeeded().standardOutput == "outer\n")
    }

    @Test func specWritesABundleThatRuns() throws {
        let bundle = try scratch.bundle()
        _ = try Command("/bin/rm", [bundle.configPath]).run().succeeded()
        _ = try Command(Runtime.current.path, ["spec", "--bundle", bundle.directory]).run().succeeded()
        let config = try Node(parsing: Files.read(bundle.configPath))
        #expect(config["process"]["args"] == ["sh"])
        #expect(config["root"]["path"].text == "rootfs")
        var changed = Config()
        changed.root = config
        changed.process["terminal"] = false
        changed.payload("exit", "6")
        changed.linux["cgroupsPath"] = try .text(Session.shared.get().controlGroup + "/" + bundle.id)
        try bundle.write(changed)
        #expect(try scratch.container(of: bundle).run().status == 6)
        // It overwrites nothing.
        let again = try Command(Runtime.current.path, ["spec", "--bundle", bundle.directory]).run()
        #expect(again.status == 1)
    }
}
