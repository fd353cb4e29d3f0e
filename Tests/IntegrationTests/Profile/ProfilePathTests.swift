import Glibc
import Testing

/// Paths inside paths, to any depth, for a program that tries its best.
@Suite(.needsRoot, .agentrtOnly) struct ProfilePathTests {
    /// A project whose profile is all writeable, but for some of it.
    private func project(_ identity: Identity) throws -> SandboxedProject {
        let project = try SandboxedProject(identity)
        for directory in ["vault", "vault/open", "vault/open/own", "etc/deep/fixed"] {
            var path = project.directory
            for component in directory.split(separator: "/") {
                path += "/\(component)"
                if !Files.exists(path) { try Files.makeDirectory(path) }
            }
        }
        for file in [".env", "vault/key", "vault/open/note", "etc/deep/fixed/rule"] {
            try Files.write("secret\n", to: project.directory + "/" + file)
        }
        try Files.write(
            """
            {
              "writeablePaths": ["<project root>/", "<project root>/vault/open/own"],
              "readOnlyPaths": ["<project root>/vault/open", "<project root>/etc/deep/fixed"],
              "deniedPaths": ["<project root>/vault", "<project root>/.env"],
              "allowedExecutables": ["/usr/bin/bash", "/usr/bin/cat", "/usr/bin/chmod", "/usr/bin/cp", "/usr/bin/ln",
                                     "/usr/bin/ls", "/usr/bin/mkdir", "/usr/bin/mv", "/usr/bin/rm"]
            }
            """, to: project.profile)
        _ = try Command(
            "/usr/bin/chown", ["-R", "\(identity.owner):\(identity.owner)", project.directory, project.profile]
        ).run().succeeded()
        return project
    }

    @Test(arguments: Identity.allCases) func theMostSpecificPathWins(_ identity: Identity) throws {
        let project = try project(identity)
        for (line, isAllowed) in [
            ("echo text > new", true), ("cat .env", false), ("cat vault/key", false), ("ls vault", false),
            ("cat vault/open/note", true), ("echo x > vault/open/note", false), ("echo x > vault/open/own/f", true),
            ("ls vault/open/own", true), ("cat etc/deep/fixed/rule", true), ("echo x > etc/deep/fixed/rule", false),
            ("echo x > etc/deep/f", true), ("cat vault/open/../key", false), ("echo x > vault/new", false),
        ] {
            let output = try project.bash(line)
            #expect((output.status == 0) == isAllowed, "\(line): \(output)")
        }
    }

    /// Landlock refuses both with EXDEV where no rule permits them, which mv hides by copying.
    @Test(arguments: Identity.allCases) func filesGetNamesInOtherDirectories(_ identity: Identity) throws {
        let project = try project(identity)
        for place in [project.directory + "/doc", "/tmp", "/dev/shm", "~"] {
            let line = """
                cd \(place) && mkdir a b a/d && echo text > a/f && exec 3<a/f 4<a/d &&
                ln a/f b/g && [ a/f -ef b/g ] && mv a/f b/f && [ /dev/fd/3 -ef b/f ] && mv a/d b/ && [ /dev/fd/4 -ef b/d ]
                """
            let output = try project.bash(line)
            #expect(output.status == 0, "\(place): \(output)")
        }
    }

    /// What SECURITY.md says of files that appear later: within a denied directory nothing is there, whatever comes; a
    /// denied file that is written to stays denied; a pattern holds for what the next call finds.
    @Test(arguments: Identity.allCases) func whatIsDeniedIsDeniedWhileACallRuns(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity,
            more: #", "deniedPaths": ["<project root>/src/vault", "<project root>/src/key", "<project root>/**/*.pem"]"#
        )
        let source = project.directory + "/src"
        try Files.makeDirectory(source + "/vault")
        try Files.write("secret\n", to: source + "/key")
        let reads = ["src/vault/late", "src/key", "src/late.pem", "temp/late.pem"].map {
            "read -r line < \($0) && echo \"\($0) $line\""
        }.joined(separator: "; ")
        let call = try project.start(
            "/usr/bin/bash", "-c", "echo begun; until [[ -e temp/go ]]; do :; done; \(reads); echo end")
        try call.waitForOutput("begun")
        for (name, text) in [
            ("src/vault/late", "secret\n"), ("src/key", "another secret\n"), ("src/late.pem", "late\n"),
            ("temp/late.pem", "late\n"), ("temp/go", ""),
        ] { try Files.write(text, to: project.directory + "/" + name) }
        let output = try call.wait()
        #expect(output.standardOutput == "begun\nsrc/late.pem late\ntemp/late.pem late\nend\n", "\(output)")
        #expect(output.standardError.contains("src/vault/late: Permission denied"), "\(output)")
        #expect(output.standardError.contains("src/key: Permission denied"), "\(output)")
        let next = try project.bash(reads + "; echo end")
        #expect(next.standardOutput == "end\n", "\(next)")
    }

    @Test(arguments: Identity.allCases) func whatIsProtectedStaysInItsPlace(_ identity: Identity) throws {
        let project = try project(identity)
        for line in [
            // Out of the way, with all that is above it.
            "mv .env env2", "mv vault vault2", "mv vault/open/own o", "mv etc etc2", "mv etc/deep d",
            "mv etc/deep/fixed f",
            "rm -rf etc", "rm -f .env",
            // Another name, other permissions, a cover.
            "ln .env env2", "ln etc/deep/fixed/rule r", "chmod 644 .env", "chmod 755 vault", "cp .env copy",
            "ln -sf /etc .env", "cp -f doc/../src/main.txt .env", "exec 3<.env", "exec 3<vault",
        ] {
            let output = try project.bash(line)
            #expect(output.status != 0, "\(line): \(output)")
        }
        #expect(try Files.read(project.directory + "/.env") == "secret\n")
        #expect(try Files.read(project.directory + "/etc/deep/fixed/rule") == "secret\n")
        #expect(Files.list(project.directory + "/vault").sorted() == ["key", "open"])
        #expect(Files.status(project.directory + "/.env").map { $0.st_mode & 0o777 } == 0o644)
    }

    @Test(arguments: Identity.allCases) func nothingIsMadeOnTheHostToMountOn(_ identity: Identity) throws {
        let project = try project(identity)
        let before = try tree(project.directory)
        #expect(try project.bash("ls").status == 0)
        #expect(try tree(project.directory) == before)
    }

    @Test(arguments: Identity.allCases) func missingDirectoriesAreMadeForTheUser(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let home = try project.scratch.makeDirectory("made")
        try check(chown(home, identity.owner, identity.owner), "chown", home)
        try Files.write(
            """
            {
              "writeablePaths": [{ "path": "\(home)/cache/tool", "create": true }],
              "allowedExecutables": ["/usr/bin/bash"]
            }
            """, to: project.profile)
        #expect(try project.bash("echo text > \(home)/cache/tool/file").status == 0)
        #expect(try Files.read(home + "/cache/tool/file") == "text\n")
        #expect(Files.status(home + "/cache")?.st_uid == identity.owner)
        #expect(try project.bash("echo text > \(home)/cache/file").status != 0 || !Files.exists(home + "/cache/file"))
    }

    @Test(arguments: Identity.allCases) func theWholeFileSystemCanBeRead(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        try Files.write(
            """
            {
              "readOnlyPaths": ["/"], "writeablePaths": ["<project root>/doc"], "deniedPaths": ["/etc/hostname"],
              "allowedExecutables": ["/usr/bin/bash", "/usr/bin/ls"]
            }
            """, to: project.profile)
        let shown = try project.bash("[[ -r /etc/os-release && -d /bin/ && -r src/main.txt ]] && ls /run && ls /")
        #expect(shown.status == 0, "\(shown)")
        let names = Set(shown.standardOutput.split(separator: "\n").map(String.init))
        #expect(names.isSuperset(of: ["bin", "etc", "usr", "var", "proc", "dev", "run", "tmp"]))
        #expect(!names.contains("sys"))
        #expect(try project.bash("echo text > doc/file").status == 0)
        for line in ["/usr/bin/id", "read x </etc/hostname", "echo x > src/main.txt", "echo x > /var/x", "ls /sys"] {
            #expect(try project.bash(line).status != 0, "\(line)")
        }
    }

    private func tree(_ directory: String) throws -> String {
        try Command("/usr/bin/find", [directory, "-printf", "%p %m %U %s\\n"]).run().succeeded().standardOutput
    }
}
