import Testing

/// A bundle made of a profile refuses the same by itself under another runtime.
@Suite(.needsRoot, .agentrtOnly) struct ProfileBundleTests {
    @Test func runcRefusesTheSame() throws {
        let runc = "/usr/sbin/runc"
        try #require(Files.exists(runc), "scripts/requirements test installs runc")
        for (line, isAllowed) in [
            ("ls src", true), ("echo text > doc/file", true), ("echo evil > src/file", false), ("/usr/bin/id", false),
            ("read -r line < /etc/shadow", false), ("echo '#!/usr/bin/bash' > temp/x && ./temp/x", false),
            ("curl -sS --max-time 5 http://192.0.2.1/", false),
            ("/lib64/ld-linux-x86-64.so.2 /usr/bin/id", false),
        ] {
            let project = try SandboxedProject(.rootInUsersProject)
            let bundle = try project.scratch.path("made")
            _ = try Command(
                Runtime.current.path,
                [
                    "bundle", project.profile, "--project", project.directory, "--output", bundle, "--", "bash", "-c",
                    line,
                ]
            ).run().succeeded()
            for runtime in [runc, Runtime.current.path] {
                let id = "test-\(uniqueNumber())"
                let output = try Command(
                    runtime, ["--root", project.scratch.stateRoot, "run", "--bundle", bundle, id]
                ).run()
                #expect((output.status == 0) == isAllowed, "\(runtime): \(line): \(output)")
            }
        }
    }

    @Test func aBundleIsNotWrittenOverAnother() throws {
        let project = try SandboxedProject(.rootInUsersProject)
        let words = ["bundle", project.profile, "--project", project.directory, "--output"]
        let directory = try project.scratch.makeDirectory("taken")
        try Files.write("mine", to: directory + "/file")
        let refused = try Command(Runtime.current.path, words + [directory]).run()
        #expect(refused.status == 1 && refused.standardOutput.isEmpty)
        #expect(Files.list(directory) == ["file"])
    }
}
