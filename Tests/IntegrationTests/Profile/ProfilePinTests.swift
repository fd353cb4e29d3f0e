import Glibc
import Testing

/// A bundle is run later than it is planned: what is mounted and executed then must be what it was made with.
@Suite(.needsRoot, .agentrtOnly) struct ProfilePinTests {
    /// A bundle that runs the project's script, which `bash` reads, in a project with a mount for `doc` and `temp`.
    private final class Made {
        let project: SandboxedProject
        let bundle: String
        let script: String

        init(_ identity: Identity, words: [String] = ["./test-script.sh"], more: String = "") throws {
            project = try SandboxedProject(
                identity, executables: ["/usr/bin/bash", "<project root>/test-script.sh"], more: more)
            script = project.directory + "/test-script.sh"
            bundle = try project.scratch.path("made")
            try write("#!/usr/bin/bash\necho first $(<src/main.txt)\n")
            var command = Command(
                Runtime.current.path,
                ["bundle", project.profile, "--project", project.directory, "--output", bundle, "--"] + words)
            command.user = identity.caller
            command.environment["HOME"] = "/nonexistent"
            _ = try command.run().succeeded()
        }

        /// Writes the script anew in its place.
        func write(_ text: String) throws {
            try Files.write(text, to: script)
            try check(chmod(script, 0o755), "chmod", script)
        }

        func run(_ options: String...) throws -> Output {
            var command = Command(
                Runtime.current.path,
                ["--root", try project.scratch.stateRoot, "run"] + options + [
                    "--bundle", bundle, "pin-\(uniqueNumber())",
                ])
            command.user = project.identity.caller
            command.environment["HOME"] = "/nonexistent"
            return try command.run()
        }

        /// Runs, expecting the refusal that names a file and what is different about it, and nothing else.
        func expectRefusal(_ path: String, _ words: String, _ location: SourceLocation = #_sourceLocation) throws {
            let output = try run()
            #expect(output.status == 1 && output.standardOutput.isEmpty, "\(output)", sourceLocation: location)
            let line = output.message
            #expect(
                line.hasPrefix("agentrt: \"\(path)\" has changed since the plan was made: it \(words)")
                    && line.contains("--replan") && line.utf8.count { $0 == UInt8(ascii: "\n") } <= 1, "\(line)",
                sourceLocation: location)
        }
    }

    @Test func hardLinksMadeMeanwhileChangeNothing() throws {
        let made = try Made(.rootInUsersProject)
        // They change the script's ctime again and again, while calls are planned, made and run.
        let linker = try Command(
            "/bin/sh", ["-c", "while ln \"$0\" \"$0.link\" && rm \"$0.link\"; do :; done", made.script]
        ).start()
        defer {
            kill(linker.pid, SIGKILL)
            _ = try? linker.wait()
        }
        for _ in 0..<10 {
            #expect(try made.run().succeeded().standardOutput == "first source\n")
            #expect(try made.project.run("./test-script.sh").succeeded().standardOutput == "first source\n")
        }
    }

    @Test(arguments: Identity.allCases) func aReplacedExecutableIsRefused(_ identity: Identity) throws {
        let made = try Made(identity)
        #expect(try made.run().succeeded().standardOutput == "first source\n")
        // The same bytes under the same name, and another file: somebody may have it open for writing.
        try check(rename(made.script, made.script + ".old"), "rename", made.script)
        try made.write("#!/usr/bin/bash\necho first $(<src/main.txt)\n")
        try made.expectRefusal(made.script, "was replaced (inode ")
        // Put back, which changes its ctime: the content decides.
        try check(rename(made.script + ".old", made.script), "rename", made.script)
        #expect(try made.run().succeeded().standardOutput == "first source\n")
    }

    @Test(arguments: Identity.allCases) func aWrittenExecutableIsRefused(_ identity: Identity) throws {
        let made = try Made(identity)
        try made.write("#!/usr/bin/bash\necho other $(<src/main.txt)\n")
        try made.expectRefusal(made.script, "was written (its content has another SHA-256)")
        try made.write("#!/usr/bin/bash\necho longer than it was $(<src/main.txt)\n")
        try made.expectRefusal(made.script, "was written (57 bytes, not 44)")
        try check(unlink(made.script), "unlink", made.script)
        try made.expectRefusal(made.script, "is gone")
    }

    /// Times can be set back by whoever owns the file; the time of change cannot.
    @Test func timesThatAreSetBackHideNothing() throws {
        let made = try Made(.rootInUsersProject)
        let before = try #require(Files.status(made.script))
        try made.write("#!/usr/bin/bash\necho other $(<src/main.txt)\n")
        var times = [before.st_atim, before.st_mtim]
        try check(utimensat(AT_FDCWD, made.script, &times, 0), "utimensat", made.script)
        try made.expectRefusal(made.script, "was written (its content has another SHA-256)")
    }

    @Test(arguments: Identity.allCases) func aFileThatWasOnlyTouchedIsAccepted(_ identity: Identity) throws {
        let made = try Made(identity)
        try check(utimensat(AT_FDCWD, made.script, nil, 0), "utimensat", made.script)
        try check(chmod(made.script, 0o775), "chmod", made.script)
        #expect(try made.run().succeeded().standardOutput == "first source\n")
        try made.write("#!/usr/bin/bash\necho first $(<src/main.txt)\n")
        #expect(try made.run().succeeded().standardOutput == "first source\n")
    }

    @Test(arguments: Identity.allCases) func anotherDirectoryInTheSourcesPlaceIsRefused(_ identity: Identity) throws {
        let made = try Made(identity)
        let doc = made.project.directory + "/doc"
        // What is in it may change.
        try Files.write("new", to: doc + "/file")
        #expect(try made.run().status == 0)
        try check(rename(doc, doc + ".old"), "rename", doc)
        try Files.makeDirectory(doc)
        try made.expectRefusal(doc, "was replaced (inode ")
        try check(rmdir(doc), "rmdir", doc)
        try Files.write("no directory", to: doc)
        try made.expectRefusal(doc, "is a file now, not a directory")
        try check(unlink(doc), "unlink", doc)
        try made.expectRefusal(doc, "is gone")
        try check(symlink("doc.old", doc), "symlink", doc)
        try made.expectRefusal(doc, "is a symbolic link now, or a directory on the way to it is one")
        try check(unlink(doc), "unlink", doc)
        try check(rename(doc + ".old", doc), "rename", doc)
        #expect(try made.run().status == 0)
    }

    /// The same directory by its path, and something else mounted over it since.
    @Test func aMountOverTheSourceIsRefused() throws {
        let made = try Made(.rootInRootsProject)
        let doc = made.project.directory + "/doc"
        let output = try Command(
            "/usr/bin/unshare",
            [
                "-m", "bash", "-c", "mount -t tmpfs none \"$0\" && exec \"$@\"", doc, Runtime.current.path, "--root",
                try made.project.scratch.stateRoot, "run", "--bundle", made.bundle, "pin-\(uniqueNumber())",
            ]
        ).run()
        #expect(output.status == 1 && output.message.contains("\"\(doc)\" has changed since the plan was made"))
    }

    /// A listed directory is one by its identity: what is in it is decided when it is executed. A program in it that is
    /// listed as well is pinned, though it is seen through the mount of the directory.
    @Test func aProgramWithoutAMountOfItsOwnIsRefused() throws {
        let project = try SandboxedProject(.rootInRootsProject)
        let bin = try project.scratch.makeDirectory("bin")
        let tool = bin + "/tool"
        func write(_ text: String) throws {
            try Files.write("#!/usr/bin/bash\necho \(text)\n", to: tool)
            try check(chmod(tool, 0o755), "chmod", tool)
        }
        for (list, isPinned) in [("", false), (#", "\#(tool)""#, true)] {
            try write("first")
            try Files.write(
                #"{"readOnlyPaths":["\#(bin)/"],"allowedExecutables":["/usr/bin/bash","\#(bin)/"\#(list)]}"#,
                to: project.profile)
            let bundle = try project.scratch.path("made-\(isPinned)")
            _ = try Command(
                Runtime.current.path,
                ["bundle", project.profile, "--project", project.directory, "--output", bundle, "--", tool]
            ).run().succeeded()
            func run() throws -> Output {
                try Command(
                    Runtime.current.path,
                    ["--root", project.scratch.stateRoot, "run", "--bundle", bundle, "pin-\(uniqueNumber())"]
                ).run()
            }
            #expect(try run().succeeded().standardOutput == "first\n")
            try write("other")
            let output = try run()
            if isPinned {
                #expect(output.status == 1 && output.message.contains("\"\(tool)\" has changed since"), "\(output)")
            } else {
                #expect(output.standardOutput == "other\n", "\(output)")
            }
        }
    }

    /// A program that is added later finds what the call was made with, or nothing.
    @Test(arguments: Identity.allCases) func execTakesWhatTheCallWasMadeWith(_ identity: Identity) throws {
        for isBundle in [false, true] {
            let made = try Made(identity, words: ["bash", "-c", "echo ready; read -r line"])
            let id = "pin-\(uniqueNumber())"
            var call = try made.project.command(
                ["bash", "-c", "echo ready; read -r line"], ["--id", id], .pipe)
            if isBundle {
                call.arguments = Array(call.arguments[..<2]) + ["run", "--bundle", made.bundle, id]
            }
            let running = try call.start()
            try running.waitForOutput("ready")
            func added(_ words: String...) throws -> Output {
                var command = Command(
                    Runtime.current.path, ["--root", try made.project.scratch.stateRoot, "exec", id] + words)
                command.user = identity.caller
                return try command.run()
            }
            #expect(try added("./test-script.sh").succeeded().standardOutput == "first source\n")
            // Another file in its place, with the same words.
            try check(rename(made.script, made.script + ".old"), "rename", made.script)
            try made.write("#!/usr/bin/bash\necho first $(<src/main.txt)\n")
            let replaced = try added("./test-script.sh")
            #expect(replaced.status != 0 && replaced.message.contains("it was replaced (inode "), "\(replaced)")
            try check(rename(made.script + ".old", made.script), "rename", made.script)
            #expect(try added("./test-script.sh").succeeded().standardOutput == "first source\n")
            // The same file with other words is refused, whatever is to be executed.
            try made.write("#!/usr/bin/bash\necho other $(<src/main.txt)\n")
            for words in ["./test-script.sh", made.script, "/usr/bin/bash"] {
                let output = try added(words)
                #expect(output.status != 0 && output.standardOutput.isEmpty, "\(output)")
                #expect(
                    output.message.contains("\"\(made.script)\" has changed since the plan was made"), "\(output)")
            }
            running.closeInput()
            _ = try running.wait()
        }
    }

    // MARK: Planning again

    @Test(arguments: Identity.allCases) func replanTakesWhatIsThereNow(_ identity: Identity) throws {
        let made = try Made(identity)
        try made.write("#!/usr/bin/bash\necho second $(<src/main.txt)\n")
        try made.expectRefusal(made.script, "was written")
        #expect(try made.run("--replan").succeeded().standardOutput == "second source\n")
        // The bundle is as it was, and so is what it says.
        try made.expectRefusal(made.script, "was written")
    }

    @Test func replanTakesTheProfileAsItIsNow() throws {
        let made = try Made(.rootInUsersProject, words: ["bash", "-c", "echo x > doc/new; echo $PWD"])
        #expect(try made.run("--replan").succeeded().standardOutput == made.project.directory + "\n")
        #expect(Files.exists(made.project.directory + "/doc/new"))
        try Files.write(
            #"{"readOnlyPaths":["<project root>/"],"allowedExecutables":["/usr/bin/bash"]}"#, to: made.project.profile)
        let output = try made.run("--replan")
        #expect(output.standardError.contains("doc/new: Read-only file system"), "\(output)")
    }

    @Test func replanNeedsABundleThatNamesItsProfile() throws {
        let scratch = Scratch()
        let directory = try scratch.makeDirectory("bundle")
        _ = try Command(Runtime.current.path, ["spec", "--bundle", directory]).run().succeeded()
        let output = try Command(Runtime.current.path, ["run", "--replan", "--bundle", directory, "x"]).run()
        #expect(output.status == 1 && output.message.contains("annotations.dev.agentrt.profile"), "\(output)")
    }

    @Test func aDirectoryThatIsMadeIsPinnedToo() throws {
        let made = try Made(
            .rootInUsersProject, words: ["bash", "-c", "echo x > cache/file"],
            more: #", "tools": {"t": {}}, "environment": {}"#)
        #expect(try made.run().status != 0, "there is no such directory")
        try Files.write(
            #"""
            {"readOnlyPaths":["<project root>/"], "writeablePaths":[{"path":"<project root>/cache/","create":true}],
             "allowedExecutables":["/usr/bin/bash"]}
            """#, to: made.project.profile)
        let second = try made.project.scratch.path("second")
        _ = try Command(
            Runtime.current.path,
            [
                "bundle", made.project.profile, "--project", made.project.directory, "--output", second, "--", "bash",
                "-c", "echo x > cache/file",
            ]
        ).run().succeeded()
        let config = try Files.read(second + "/config.json")
        #expect(config.contains(" \(made.project.directory)/cache"), "a line of dev.agentrt.pins")
    }

    /// What is planned for a call is compared as well; a plan that is kept is made anew where a file has changed.
    @Test(arguments: Identity.allCases) func aCallTakesWhatIsThereNow(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/bash", "<project root>/test-script.sh"])
        for text in ["first", "second", "third"] {
            let script = project.directory + "/test-script.sh"
            try Files.write("#!/usr/bin/bash\necho \(text)\n", to: script)
            try check(chmod(script, 0o755), "chmod", script)
            #expect(try project.run("./test-script.sh").succeeded().standardOutput == text + "\n")
            try check(rename(project.directory + "/doc", project.directory + "/\(text)"), "rename", "doc")
            try Files.makeDirectory(project.directory + "/doc")
            try check(chown(project.directory + "/doc", identity.owner, identity.owner), "chown", "doc")
            #expect(try project.bash("echo x > doc/new").status == 0)
            #expect(Files.list(project.directory + "/doc") == ["new"])
        }
    }
}
