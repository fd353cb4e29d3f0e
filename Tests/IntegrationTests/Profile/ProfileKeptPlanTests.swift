import Glibc
import Testing

/// A call like an earlier one plans nothing, and is told from one that must (decision 0016).
@Suite(.needsRoot, .agentrtOnly) struct ProfileKeptPlanTests {
    /// Bundles that are kept, by name.
    private func bundles(_ project: SandboxedProject) throws -> [String] {
        let store = try project.scratch.stateRoot + "/.cache/plans"
        return Files.exists(store) ? Files.list(store).filter { $0.contains("-") }.sorted() : []
    }

    /// Changes the profile, but nothing of what it says.
    private func touch(_ profile: String) throws { try Files.write(Files.read(profile) + "\n", to: profile) }

    /// A plan is not kept while a file it was made from is a moment old.
    private func settle() { usleep(60_000) }

    @Test(arguments: Identity.allCases) func aSecondCallTakesTheFirstOnesPlan(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        settle()
        #expect(try project.bash("ls doc; echo one").succeeded().standardOutput == "one\n")
        let kept = try bundles(project)
        #expect(kept.count == 1)
        #expect(try project.bash("echo two > doc/two; ls doc").succeeded().standardOutput == "two\n")
        #expect(try bundles(project) == kept)
        // Another program is another plan, which stands beside the first.
        #expect(try project.run("/usr/bin/ls", "doc").succeeded().standardOutput == "two\n")
        #expect(try bundles(project).count == 2)
    }

    @Test func whatItWasPlannedFromIsLookedAtAgain() throws {
        let project = try SandboxedProject(.user, more: ",\n\"deniedPaths\": [\"<project root>/src/*.key\"]")
        settle()
        #expect(try project.bash("ls src").succeeded().standardOutput == "main.txt\n")
        #expect(try bundles(project).count == 1)

        // A file that a pattern denies.
        try Files.write("secret\n", to: project.directory + "/src/new.key")
        #expect(try project.bash("read -r line < src/new.key").status != 0)

        // A directory in place of another.
        settle()
        _ = try project.bash("ls src").succeeded()
        try check(rename(project.directory + "/temp", project.directory + "/other"), "rename", "temp")
        try check(symlink("/etc", project.directory + "/temp"), "symlink", "temp")
        let output = try project.bash("echo x > temp/x")
        #expect(output.status != 0 && output.message.contains("temp"), "\(output)")
    }

    @Test func anotherProfileIsAnotherPlan() throws {
        let project = try SandboxedProject(.user)
        settle()
        _ = try project.run("/usr/bin/ls").succeeded()
        _ = try project.run("/usr/bin/ls").succeeded()
        try Files.write(
            #"{ "readOnlyPaths": ["<project root>/"], "allowedExecutables": ["/usr/bin/bash"] }"#, to: project.profile)
        let output = try project.run("/usr/bin/ls")
        #expect(output.status == 1 && output.message.contains("allowedExecutables"), "\(output)")
    }

    @Test func anotherExecutableIsAnotherPlan() throws {
        let project = try SandboxedProject(.user)
        let tool = project.directory + "/tool"
        try Files.write("#!/usr/bin/bash\necho first\n", to: tool, mode: 0o755)
        try Files.write(
            #"{ "readOnlyPaths": ["<project root>/"], "allowedExecutables": ["/usr/bin/bash", "<project root>/tool"] }"#,
            to: project.profile)
        settle()
        #expect(try project.run("./tool").succeeded().standardOutput == "first\n")
        // The interpreter of the new one is not listed: only planning says so.
        try Files.write("#!/usr/bin/python3\nprint('second')\n", to: tool, mode: 0o755)
        let output = try project.run("./tool")
        #expect(output.status == 1 && output.message.contains("python3"), "\(output)")
    }

    @Test func variablesThatItUsesCount() throws {
        let project = try SandboxedProject(.user, more: ",\n\"environment\": { \"pass\": [\"GREETING\"] }")
        settle()
        for word in ["hello", "hello", "goodbye"] {
            let output = try project.run(
                ["/usr/bin/bash", "-c", "echo $GREETING"], variables: ["GREETING": word, "UNUSED": word])
            #expect(try output.succeeded().standardOutput == word + "\n")
        }
        #expect(try bundles(project).count == 1)
    }

    @Test func aBundleInUseIsNotRemoved() throws {
        let project = try SandboxedProject(.user)
        settle()
        let call = try project.start("/usr/bin/bash", "-c", "echo ready; read -r line; ls /etc", input: .pipe)
        try call.waitForOutput("ready")
        let first = try bundles(project)
        // Planned anew, twice: the new bundle takes the place of the old one.
        for _ in 0..<2 {
            try touch(project.profile)
            settle()
            _ = try project.bash("ls doc").succeeded()
        }
        #expect(try bundles(project).count == 2 && bundles(project).contains(first[0]))
        call.closeInput()
        let output = try call.wait()
        #expect(output.standardOutput.contains("passwd"), "\(output)")
        // The next one that is kept takes it away.
        try touch(project.profile)
        settle()
        _ = try project.bash("ls doc").succeeded()
        #expect(try bundles(project).count == 1)
    }

    @Test func aDamagedStoreIsAnEmptyOne() throws {
        let project = try SandboxedProject(.user)
        settle()
        _ = try project.bash("ls").succeeded()
        let store = try project.scratch.stateRoot + "/.cache/plans"
        let record = try #require(Files.list(store).first { !$0.contains("-") })
        let text = try Files.read(store + "/" + record)
        for damage in ["", "{}", String(text.dropLast(text.utf8.count / 2)), text + "F", "x" + text] {
            try Files.write(damage, to: store + "/" + record)
            #expect(try project.bash("ls -d doc").succeeded().standardOutput == "doc\n")
        }
        // A record whose bundle is gone.
        for bundle in try bundles(project) { try Files.removeTree(store + "/" + bundle) }
        #expect(try project.bash("ls -d doc").succeeded().standardOutput == "doc\n")
    }

    @Test func manyPlansAreNotKeptForEver() throws {
        let project = try SandboxedProject(.user)
        settle()
        for number in 0..<70 {
            _ = try project.run(["/usr/bin/bash", "-c", ":"], options: ["--session", "s\(number)"]).succeeded()
        }
        #expect(try bundles(project).count <= 64)
    }
}
