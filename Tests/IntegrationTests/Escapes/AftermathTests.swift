import Glibc
import Testing

/// What a call leaves where it may write, and what the next call, agentrt itself or its caller make of it.
@Suite(.needsRoot, .agentrtOnly) struct AftermathTests {
    private static let users: [Identity] = [.rootInUsersProject, .user]
    private static let programs = ["bash", "cp", "ls", "ln", "mkfifo", "mv", "rm", "python3"].map { "/usr/bin/" + $0 }

    /// Runs agentrt by any path and with any root, for any profile.
    private func run(
        _ project: SandboxedProject, _ line: String, program: String = Runtime.current.path, globals: [String],
        options: [String] = []
    ) throws -> Output {
        var command = Command(
            program,
            globals + ["run", "--profile", project.profile, "--project", project.directory] + options
                + ["--", "/usr/bin/bash", "-c", line])
        command.user = project.identity.caller
        command.directory = project.directory
        return try command.run()
    }

    // MARK: agentrt's own

    /// Plans are kept in the state: whoever wrote them would decide what the next call may do.
    /// As a user: root keeps no state where somebody else could exchange it.
    @Test func theStateIsInNobodysReach() throws {
        let project = try SandboxedProject(.user, executables: Self.programs)
        let root = project.directory + "/temp/state"
        for line in ["ls temp/state", "echo evil > temp/state/evil", "mv temp/state temp/s", "rm -r temp/state"] {
            let output = try run(project, line, globals: ["--root", root])
            #expect(output.status != 0 && output.standardOutput.isEmpty, "\(line): \(output)")
        }
        #expect(Files.exists(root + "/.cache/plans") && !Files.exists(root + "/evil"))
        // In a path that may only be read as well: it holds what other calls were given.
        try Files.write(Files.read(project.profile).replacing("/temp\"]", with: "\"]"), to: project.profile)
        #expect(try run(project, "ls temp/state", globals: ["--root", root]).standardOutput.isEmpty)
    }

    @Test(arguments: users) func theProgramIsNotExchanged(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: Self.programs)
        let program = project.directory + "/temp/agentrt"
        _ = try Command("/bin/cp", [Runtime.current.path, program]).run().succeeded()
        try check(chown(program, identity.owner, identity.owner), "chown", program)
        let before = try #require(Files.status(program))
        let globals = try ["--root", project.scratch.stateRoot]
        for line in [
            "mv temp/agentrt temp/old", "rm -f temp/agentrt", "cp --remove-destination /usr/bin/ls temp/agentrt",
            "echo evil >> temp/agentrt", "cp /usr/bin/ls temp/x; mv temp/x temp/agentrt",
        ] {
            let output = try run(project, line, program: program, globals: globals)
            #expect(output.status != 0, "\(line): \(output)")
        }
        let after = try #require(Files.status(program))
        #expect(before.st_ino == after.st_ino && before.st_size == after.st_size)
        // The gate beside it would be run by the next call with a network.
        #expect(try run(project, ":", program: program, globals: globals).standardError.contains("agentrt-gate"))
    }

    /// A caller that names the same file for each call finds there what the call before it has made.
    @Test(arguments: ["--report", "--id-file", "--pid-file", "--log"]) func resultsFollowNoLink(_ option: String) throws
    {
        for (line, left) in [
            ("ln -s ../../secret.txt temp/result", "a link"), ("mkfifo temp/result", "a FIFO"),
            ("python3 -c 'import socket; socket.socket(1).bind(\"temp/result\")'", "a socket"),
        ] {
            let project = try SandboxedProject(.user, executables: Self.programs)
            let root = try ["--root", project.scratch.stateRoot]
            _ = try run(project, line, globals: root).succeeded()
            let words = [option, project.directory + "/temp/result"]
            let isGlobal = option == "--log"
            let output = try run(
                project, "echo ran; exit 3", globals: root + (isGlobal ? words : []), options: isGlobal ? [] : words)
            // The log is for errors: there is none here. The others are opened before the tool begins.
            // The id of the process is known when there is one.
            let isEarly = option != "--pid-file"
            if !isGlobal {
                #expect(output.status == 1 && (!isEarly || output.standardOutput.isEmpty), "\(left): \(output)")
            }
            if isGlobal {
                var command = Command(Runtime.current.path, root + words + ["no-such-verb"])
                command.user = Identity.userID
                let output = try command.run()
                #expect(output.status == 1 && output.standardError.contains("temp/result"), "\(left): \(output)")
            }
            #expect(try Files.read(project.secret) == "outside\n", "\(left)")
        }
    }

    @Test func resultsGoWhereTheCallerSays() throws {
        let project = try SandboxedProject(.user)
        let globals = try ["--root", project.scratch.stateRoot]
        let path = try project.scratch.makeFile("report.json", String(repeating: "old", count: 1000))
        _ = try run(project, ":", globals: globals, options: ["--report", path]).succeeded()
        #expect(try Files.read(path).hasSuffix("}\n") && !Files.read(path).contains("old"))
    }

    @Test func aBundleIsNotWrittenThroughALink() throws {
        let project = try SandboxedProject(.user, executables: Self.programs)
        let outside = try project.scratch.makeDirectory("outside")
        let globals = try ["--root", project.scratch.stateRoot]
        _ = try run(project, "ln -s \(outside) temp/bundle", globals: globals).succeeded()
        var command = Command(
            Runtime.current.path,
            ["bundle", project.profile, "--project", project.directory, "--output", project.directory + "/temp/bundle"])
        command.user = Identity.userID
        #expect(try command.run().status == 1)
        #expect(Files.list(outside).isEmpty)
    }

    /// The status is the tool's to choose; why it ended is not.
    @Test(arguments: [124, 137, 126, 127]) func aStatusIsNoReason(_ status: Int) throws {
        let project = try SandboxedProject(.user, more: ",\n\"resources\": { \"wallTime\": \"60s\" }")
        let path = try project.scratch.path("report.json")
        let output = try run(
            project, "exit \(status)", globals: ["--root", project.scratch.stateRoot], options: ["--report", path])
        #expect(output.status == status && !output.standardError.contains("killed"), "\(output)")
        #expect(try Files.read(path).contains("\"reason\": \"exited\""))
    }

    // MARK: The next call

    @Test(arguments: ["writeablePaths", "readOnlyPaths", "allowedExecutables"])
    func aLinkGrantsNothingToTheNextCall(_ key: String) throws {
        let project = try SandboxedProject(.user, executables: Self.programs)
        let outside = try project.scratch.makeDirectory("outside")
        try Files.write("outside\n", to: outside + "/file")
        let globals = try ["--root", project.scratch.stateRoot]
        _ = try run(project, "ln -s \(outside) doc/sub", globals: globals).succeeded()
        let text = try Files.read(project.profile).replacing(
            "\"\(key)\": [", with: "\"\(key)\": [\"<project root>/doc/sub\", ")
        try Files.write(text, to: project.profile)
        let output = try run(project, "ls \(outside); echo evil > \(outside)/file", globals: globals)
        #expect(output.status == 1 && output.standardOutput.isEmpty, "\(output)")
        #expect(try Files.read(outside + "/file") == "outside\n")
    }

    /// Two calls at a time exchange a directory that may be written for a link and back, while others start.
    @Test(arguments: users) func exchangesWhileCallsStartReachNothing(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: Self.programs)
        let outside = try project.scratch.makeDirectory("outside")
        try Files.makeDirectory(project.directory + "/doc/sub")
        try check(chown(project.directory + "/doc/sub", identity.owner, identity.owner), "chown", "sub")
        let globals = try ["--root", project.scratch.stateRoot]
        let exchanging = """
            import ctypes, os
            os.symlink("\(outside)", "doc/link")
            libc = ctypes.CDLL(None)
            print("ready", flush=True)
            while True: libc.syscall(316, -100, b"doc/sub", -100, b"doc/link", 2)
            """
        let first = try project.start("python3", "-c", exchanging)
        defer { first.kill(SIGKILL) }
        try first.waitForOutput("ready")
        // A profile of its own, since the first call's is in use.
        let text = try Files.read(project.profile).replacing(
            "<project root>/temp\"", with: "<project root>/temp\", \"<project root>/doc/sub\"")
        try Files.write(text, to: project.profile)
        for _ in 0..<60 { _ = try run(project, "echo evil > doc/sub/evil; ls \(outside)/.", globals: globals) }
        #expect(Files.list(outside).isEmpty)
    }

    /// A descriptor that another call passes on is not executed where its file is not listed. They meet only where the
    /// profile permits it.
    @Test(arguments: users) func descriptorsOfAnotherCallAreNotExecuted(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: Self.programs,
            more: ",\n\"unixSockets\": \"host\", "
                + "\"tools\": { \"narrow\": { \"allowedExecutables\": [\"/usr/bin/python3\"] } }")
        let giving = """
            import array, os, socket
            listener = socket.socket(socket.AF_UNIX)
            listener.bind("temp/socket")
            listener.listen()
            print("ready", flush=True)
            client, _ = listener.accept()
            file = os.open("/usr/bin/ls", os.O_RDONLY)
            client.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
            client.recv(1)
            """
        let wide = try project.start("python3", "-c", giving)
        defer { wide.kill(SIGKILL) }
        try wide.waitForOutput("ready")
        let taking = """
            import os, socket, sys
            client = socket.socket(socket.AF_UNIX)
            client.connect("temp/socket")
            _, files, _, _ = socket.recv_fds(client, 1, 1)
            print("received", flush=True)
            os.execve(files[0], ["ls", "/"], {})
            """
        let output = try project.run(["python3", "-c", taking], options: ["--tool", "narrow"])
        #expect(output.standardOutput == "received\n" && output.status == 1, "\(output)")
        #expect(output.standardError.contains("PermissionError"), "\(output)")
    }

    // MARK: Names

    @Test(arguments: ["${HOME}", "a\"b", "~", "a'b c", "[x]", "$(id)", "-rf", "a\\b"])
    func aProjectsNameIsOnlyAName(_ name: String) throws {
        let project = try SandboxedProject(.user, executables: Self.programs)
        let directory = try project.scratch.path(name)
        try check(rename(project.directory, directory), "rename", name)
        var command = Command(
            Runtime.current.path,
            [
                "--root", try project.scratch.stateRoot, "run", "--profile", project.profile, "--project", directory,
                "--", "/usr/bin/bash", "-c", "echo ok > doc/f; ls ..",
            ])
        command.user = Identity.userID
        let output = try command.run()
        #expect(output.status == 0 && output.standardOutput == "\(name)\n" || output.status == 1, "\(output)")
        if output.status == 0 { #expect(Files.exists(directory + "/doc/f")) }
    }

    @Test func namesAreNoPathsAndNoOptions() throws {
        let project = try SandboxedProject(.user)
        let globals = try ["--root", project.scratch.stateRoot]
        for options in [
            ["--session", "../x"], ["--session", "a/b"], ["--session", "."], ["--tool", "../x"], ["--agent", "../x"],
            ["--id", "../x"], ["--id", ".."], ["--id", "-x"],
        ] {
            let output = try run(project, "echo ran", globals: globals, options: options)
            #expect(output.status == 1 && output.standardOutput.isEmpty, "\(options): \(output)")
        }
        for word in ["--help", "--", "../x", "", "/bin/../usr/bin/id", "-c"] {
            let output = try project.run([word])
            #expect(output.status == 1 && output.standardOutput.isEmpty, "\(word): \(output)")
        }
    }
}
