import Testing

/// Programs that people list, doing real work in the sandbox.
@Suite(.needsRoot, .agentrtOnly) struct ProfileToolTests {
    @Test(arguments: Identity.allCases) func gitReadsAndCommits(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/git", "/usr/bin/bash"],
            more: """
                ,
                  "environment": { "set": { "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory",
                                            "GIT_CONFIG_VALUE_0": "*" } }
                """)
        let output = try project.bash(
            """
            cd temp && git init -q . && echo text > file && git add file &&
            git -c user.name=n -c user.email=n@example.org commit -qm first && git log --format=%s && git fsck
            """)
        #expect(output.status == 0 && output.standardOutput == "first\n", "\(output)")
    }

    @Test(arguments: Identity.allCases) func pythonLoadsExtensionModules(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/python3"])
        let program = """
            import ctypes, hashlib, json, sqlite3, ssl, subprocess, zlib
            database = sqlite3.connect(":memory:")
            print(database.execute("select 6 * 7").fetchone()[0], zlib.decompress(zlib.compress(b"text")).decode())
            try:
                subprocess.run(["/usr/bin/id"])
            except (FileNotFoundError, PermissionError):
                print("refused")
            """
        let output = try project.run("python3", "-c", program)
        #expect(output.status == 0 && output.standardOutput == "42 text\nrefused\n", "\(output)")
    }

    @Test(arguments: Identity.allCases) func nodeRuns(_ identity: Identity) throws {
        let node = try #require(["/usr/bin/node", "/usr/local/bin/node"].first(where: Files.exists))
        let project = try SandboxedProject(identity, executables: [node])
        let output = try project.run(
            node, "-e", "require('fs').writeFileSync('temp/n', String([1, 2, 3].map(x => x * 2))); console.log(6 * 7)")
        #expect(output.status == 0 && output.standardOutput == "42\n", "\(output)")
        #expect(try Files.read(project.directory + "/temp/n") == "2,4,6")
    }

    @Test(arguments: Identity.allCases) func makeAndGccBuildWhatThenMayNotRun(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/gcc", "/usr/bin/make", "/usr/bin/bash", "/usr/bin/sh"])
        try Files.write(
            "#include <stdio.h>\nint main(void) { puts(\"built\"); }\n", to: project.directory + "/temp/main.c")
        try Files.write("main: main.c\n\tgcc -O1 -o main main.c\n", to: project.directory + "/temp/Makefile")
        let output = try project.bash("cd temp && make -s && [[ -f main ]] && ./main")
        #expect(output.status == 126 && output.standardOutput.isEmpty, "\(output)")
        #expect(try Command(project.directory + "/temp/main").run().succeeded().standardOutput == "built\n")
    }

    @Test(arguments: Identity.allCases) func aStaticMultiCallBinaryRuns(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/busybox"])
        let output = try project.run("busybox", "sh", "-c", "echo one > temp/f; busybox wc -l temp/f; /usr/bin/id")
        #expect(output.standardOutput == "1 temp/f\n" && output.status == 127, "\(output)")
        #expect(output.standardError.contains("many programs in one file"))
    }

    @Test(arguments: Identity.allCases) func aSymlinkedExecutableRunsByTheListedName(_ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/awk"])
        let output = try project.run("awk", "BEGIN { print 6 * 7; system(\"id\") }")
        #expect(output.standardOutput == "42\n", "\(output)")
    }
}
