import Testing

/// How `run --profile` and what it starts end, and what is refused before anything is made.
@Suite(.needsRoot, .agentrtOnly) struct ProfileRunTests {
    @Test(arguments: [("exit 7", 7), ("kill -TERM $$", 143), ("kill -ABRT $$", 134), ("kill -KILL $$", 137)])
    func theStatusIsTheShells(_ line: String, _ status: Int32) throws {
        #expect(try SandboxedProject(.rootInUsersProject).bash(line).status == status)
    }

    @Test(arguments: Identity.allCases) func wallTimeEndsTheWholeTree(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/bash", "/usr/bin/sleep"],
            more: ",\n\"resources\": { \"wallTime\": \"500ms\" }")
        let output = try project.bash("trap '' TERM; (trap '' TERM; sleep 60; echo late > doc/late) & sleep 60")
        #expect(output.status == 124, "\(output)")
        #expect(output.message.contains("killed: wall time limit 0.5s reached"))
        #expect(Files.list(project.directory + "/doc").isEmpty)
    }

    @Test func orphansEndWithTheCall() throws {
        let project = try SandboxedProject(.rootInUsersProject, executables: ["/usr/bin/bash", "/usr/bin/sleep"])
        #expect(try project.bash("(sleep 1; echo late > doc/late) & disown; exit 0").status == 0)
        _ = try Command("/usr/bin/sleep", ["1.5"]).run()
        #expect(Files.list(project.directory + "/doc").isEmpty)
    }

    /// Only root may limit there, and no user may.
    @Test(
        .hostIsHybrid,
        arguments: [
            ("\"memory\": \"1GiB\"", "agentrt: resources.memory: "), ("\"cpus\": 1.5", "agentrt: resources.cpus: "),
            ("\"pids\": 64", "agentrt: resources.pids: "),
        ])
    func limitsThatAUserCannotHoldAreRefused(_ limit: String, _ path: String) throws {
        let project = try SandboxedProject(.user, more: ",\n\"resources\": { \(limit) }")
        #expect(try project.run("ls").refused().contains(path))
    }

    @Test(arguments: [
        (",\n\"readOnlyPath\": []", "did you mean \"readOnlyPaths\"?"),
        (",\n\"network\": { \"allow\": [\"127.1\"] }", "four decimal numbers"),
        (",\n\"deniedPaths\": [\"relative\"]", "relative"),
        (",\n\"deniedPaths\": [\"/no/such/file\"]", "/no/such/file"),
        (",\n\"deniedPaths\": [\"${NO_SUCH_VARIABLE}/x\"]", "NO_SUCH_VARIABLE"),
        (",\n\"network\": \"none\", \"network\": \"host\"", "duplicate key"),
        (", ]", "line 4"),
    ])
    func aBadProfileIsOneLineAndMakesNothing(_ more: String, _ expected: String) throws {
        let project = try SandboxedProject(.rootInUsersProject, more: more)
        let message = try project.run("ls").refused()
        #expect(message.contains(expected) || message.contains(":4:"), "\(message)")
        let root = try project.scratch.stateRoot
        #expect(!Files.exists(root) || Files.list(root).isEmpty)
    }

    @Test func deniedFilesAnswerThatTheyAreDenied() throws {
        for identity in Identity.allCases {
            let project = try SandboxedProject(
                identity, more: ",\n\"deniedPaths\": [\"<project root>/src/main.txt\"]")
            let output = try project.bash("read -r line < src/main.txt; echo \"[$line]\"; echo x > src/main.txt")
            #expect(output.standardOutput == "[]\n" && output.standardError.contains("Permission denied"), "\(output)")
            #expect(try Files.read(project.directory + "/src/main.txt") == "source\n")
        }
    }
}
