import Glibc
import Testing

/// Interpreters with their own libraries, wherever these are kept.
@Suite(.needsRoot, .agentrtOnly) struct ProfileInterpreterTests {
    @Test(arguments: Identity.allCases) func aVirtualEnvironmentsPythonFindsItsPackages(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["<project root>/.venv/bin/python", "/usr/bin/python3"])
        _ = try Command("/usr/bin/python3", ["-m", "venv", "--without-pip", project.directory + "/.venv"]).run()
            .succeeded()
        let library = try #require(Files.list(project.directory + "/.venv/lib").first)
        let packages = project.directory + "/.venv/lib/\(library)/site-packages"
        try Files.write("answer = 42\n", to: packages + "/own_package.py")
        let output = try project.run(
            ".venv/bin/python", "-c", "import own_package, sys; print(own_package.answer, sys.prefix)")
        #expect(output.standardOutput == "42 \(project.directory)/.venv\n", "\(output)")
    }

    @Test(arguments: Identity.allCases) func perlLoadsItsModules(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/perl"])
        let output = try project.run(
            "perl", "-MPOSIX=floor", "-MDigest::SHA=sha1_hex", "-MStorable", "-e", "print floor(42.5), sha1_hex('')")
        #expect(output.standardOutput == "42da39a3ee5e6b4b0d3255bfef95601890afd80709", "\(output)")
    }

    @Test func convertersAndLocalesOfTheCLibraryWork() throws {
        let project = try SandboxedProject(
            .rootInUsersProject, executables: ["/usr/bin/iconv", "/usr/bin/bash"],
            more: ", \"environment\": { \"set\": { \"LC_ALL\": \"C.UTF-8\" } }")
        let output = try project.bash(
            "printf '\\xc3\\xa4' | iconv -f UTF-8 -t ISO-8859-15 | iconv -f CP1252 -t UTF-16LE")
        #expect(output.standardOutput.unicodeScalars.first?.value == 0xE4 || output.status == 0, "\(output)")
    }

    /// A listed name may lead through links that lie in the home directory, as version managers have them.
    @Test(arguments: Identity.allCases) func aProgramInTheHomeRunsByItsLink(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let home = try project.scratch.makeDirectory("home")
        for directory in [".tools", ".tools/v2", ".tools/v2/bin"] { try Files.makeDirectory(home + "/" + directory) }
        _ = try Command("/bin/cp", [Session.shared.get().payload, home + "/.tools/v2/bin/tool"]).run().succeeded()
        try check(symlink("v2", home + "/.tools/current"), "symlink", home)
        _ = try Command("/usr/bin/chown", ["-hR", "\(identity.owner):\(identity.owner)", home]).run().succeeded()
        try Files.write(
            "{ \"allowedExecutables\": [\"~/.tools/current/bin/tool\", \"/usr/bin/bash\"] }", to: project.profile)
        var command = Command(
            Runtime.current.path,
            [
                "--root", try project.scratch.stateRoot, "run", "--profile", project.profile, "--project",
                project.directory, "--", "bash", "-c",
                "tool say found; echo own > ~/own && echo own > ~/.tools/own && echo $HOME",
            ])
        command.user = identity.caller
        command.environment["HOME"] = home
        let output = try command.run()
        #expect(output.standardOutput == "found\n\(home)\n", "\(output)")
        // The home is the sandbox's own: nothing of it is the host's.
        #expect(Files.list(home) == [".tools"] && Files.list(home + "/.tools").sorted() == ["current", "v2"])
    }
}
