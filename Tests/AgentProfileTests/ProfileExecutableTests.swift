import Testing

@testable import AgentProfile

/// What may stand in `allowedExecutables`.
struct ProfileExecutableTests {
    private func outcome(_ scratch: ProfileScratch, _ entries: String...) -> String {
        let list = entries.map { "\"\($0)\"" }.joined(separator: ", ")
        return scratch.outcome("{ \"allowedExecutables\": [\(list)] }")
    }

    /// The first bytes of a file, its mode, and why it is refused.
    static let files: [(String, Int, String)] = [
        ("#!/usr/bin/bash\n", 0o644, #"may not be executed: no x bit; "chmod +x" sets it"#),
        ("", 0o755, "is empty: neither a program nor a script"),
        ("echo hello\n", 0o755, ##"is neither an ELF program nor a script: its first line must begin with "#!""##),
        ("#!\n", 0o755, ##"names no interpreter after "#!""##),
        (
            "#!/usr/bin/bash\r\n", 0o755,
            "has a first line that ends with a carriage return: save it with Unix line ends"
        ),
        ("#!bin/bash\n", 0o755, #"is run by "bin/bash": a relative path, which may be anything"#),
        ("#!/none/bash\n", 0o755, #"is run by "/none/bash", which does not exist"#),
        ("#!/bin/cat\n", 0o755, #"is run by "/bin/cat", which is not listed: add "/bin/cat" to allowedExecutables"#),
        (
            "#!/usr/bin/env cat\n", 0o755,
            #"is run by "cat" (through "/usr/bin/env"), which is not listed: add "/usr/bin/cat" to allowedExecutables"#
        ),
        (
            "#!/usr/bin/env -S A=b nothing-like-it -x\n", 0o755,
            #"is run by "nothing-like-it" (through "/usr/bin/env"), which is not listed: add its path to allowedExecutables"#
        ),
        ("#!/\(String(repeating: "x", count: 300))\n", 0o755, "has a first line longer than the kernel reads"),
        ("\u{7F}ELF", 0o755, "is cut short: not a whole ELF program"),
        (elf(), 0o755, "is built for another machine (ELF number 0), this machine is \(machine)"),
        (elf([18: 3, 4: 1]), 0o755, "is built for i386, this machine is \(machine)"),
        (elf([5: 2]), 0o755, "is built for a big-endian machine, this machine is \(machine)"),
    ]

    #if arch(x86_64)
        static let machine = "x86_64"
    #elseif arch(arm64)
        static let machine = "aarch64"
    #endif

    /// The head of a 64-bit little-endian program for no machine, some bytes replaced.
    static func elf(_ changes: [Int: UInt8] = [:]) -> String {
        var head: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]
        for (index, byte) in changes { head[index] = byte }
        return String(decoding: head, as: UTF8.self)
    }

    @Test(arguments: files) func refusesAFile(_ content: String, _ mode: Int, _ reason: String) throws {
        let scratch = try ProfileScratch()
        try scratch.write(content, to: "x.sh", mode: mode)
        #expect(
            outcome(scratch, "<project root>/x.sh", "/usr/bin/env", "/usr/bin/bash")
                == "profile.json:1:26: allowedExecutables[0]: \"PROJECT/x.sh\" \(reason)")
    }

    /// First lines that are fine with env, bash and /bin/sh listed.
    static let lines = [
        "#!/usr/bin/bash", "#!/bin/bash", "#! /bin/bash -eu", "#!\t/bin/bash\t", "#!/usr/bin/env bash",
        "#!/bin/env -S bash -e", "#!/usr/bin/env -S -u X A=1 bash", "#!/usr/bin/env -Sbash -e", "#!/bin/sh",
        "#!/usr/bin/env",
    ]

    @Test(arguments: lines) func takesAScript(_ line: String) throws {
        let scratch = try ProfileScratch()
        try scratch.write(line + "\n", to: "x.sh", mode: 0o755)
        #expect(outcome(scratch, "/usr/bin/env", "/usr/bin/bash", "/bin/sh", "<project root>/x.sh") == "ok")
    }

    @Test func theRealFileOfAnInterpreterIsNotItsName() throws {
        let scratch = try ProfileScratch()
        try scratch.link(scratch.home + "/sh", to: "/usr/bin/bash")
        try scratch.write("#!\(scratch.home)/sh\n", to: "x.sh", mode: 0o755)
        #expect(outcome(scratch, "<project root>/x.sh", "/usr/bin/bash").contains("which is not listed: add"))
        #expect(outcome(scratch, "<project root>/x.sh", "~/sh") == "ok")
        #expect(outcome(scratch, "<project root>/x.sh", "~/") == "ok")
    }

    @Test func refusesWhatIsNoFile() throws {
        let scratch = try ProfileScratch()
        let place = "profile.json:1:26: allowedExecutables[0]: "
        #expect(
            outcome(scratch, "/opt/none/bash") == place
                + #""/opt/none/bash" does not exist: "bash" is at "/usr/bin/bash" here"#)
        #expect(
            outcome(scratch, "/usr/bin/no-such-thing") == place
                + #""/usr/bin/no-such-thing" does not exist: make it, or say { "path": …, "optional": true }"#)
        #expect(
            outcome(scratch, "/usr/bin/bash/") == place
                + #""/usr/bin/bash" is not a directory, as the slash at its end says"#)
        #expect(outcome(scratch, "/") == place + #""/" is the whole file system: name what is meant"#)
        #expect(outcome(scratch, "/proc/self/exe") != "ok")
        #expect(
            outcome(scratch, "/usr/share/*-license") == place
                + #""/usr/share/*-license" matches nothing that can be executed: "#
                + #"make it, or say { "path": …, "optional": true }"#)
    }

    @Test func takesDirectoriesPatternsAndWhatMayBeMissing() throws {
        let scratch = try ProfileScratch("bin/data")
        try scratch.write("#!/usr/bin/env bash\n", to: "bin/a", mode: 0o755)
        try scratch.write("#!/usr/bin/perl\n", to: "bin/b", mode: 0o755)
        let text = #"""
            { "allowedExecutables": ["/usr/bin/env", "/usr/bin/bash", "<project root>/bin/*", "<project root>/doc/",
              { "path": "/opt/none", "optional": true }] }
            """#
        let resolution = try scratch.resolve(text)
        #expect(
            scratch.lines(resolution.policy) == [
                "execute /usr/bin/env <- allowedExecutables[0]", "execute /usr/bin/bash <- allowedExecutables[1]",
                "execute PROJECT/bin/a optional <- allowedExecutables[2]",
                "execute PROJECT/bin/b optional <- allowedExecutables[2]",
                "execute PROJECT/doc <- allowedExecutables[3]", "execute /opt/none optional <- allowedExecutables[4]",
            ])
        #expect(
            resolution.notes.map(scratch.named) == [
                "allowedExecutables[2]: 1 of the scripts that \"<project root>/bin/*\" finds cannot start, "
                    + "their interpreter is not listed: \"PROJECT/bin/b\" is one"
            ])
    }

    @Test func saysWhatTheListGrants() throws {
        let scratch = try ProfileScratch()
        try scratch.write("#!/usr/bin/bash\n", to: "temp/x.sh", mode: 0o755)
        try scratch.write("#!/usr/bin/bash\n", to: scratch.home + "/busybox", mode: 0o755)
        try scratch.link(scratch.home + "/ls", to: "busybox")
        try scratch.link(scratch.home + "/make", to: "/usr/bin/env")
        let text = #"""
            { "writeablePaths": ["<project root>/temp"],
              "allowedExecutables": ["/usr/bin/bash", "<project root>/temp/x.sh", "~/ls", "~/make"] }
            """#
        let resolution = try scratch.resolve(text)
        #expect(
            resolution.notes.map(scratch.named) == [
                "allowedExecutables[1]: \"PROJECT/temp/x.sh\" lies in a writeable path: it is mounted read-only over itself",
                "allowedExecutables[2]: \"HOME/ls\" is \"HOME/busybox\", many programs in one file: "
                    + "listing it grants them all",
            ])
        #expect(
            resolution.advice.prefix(2) == [
                "bash will run any script given as a file or on the command line, listed or not, "
                    + "with all that this profile grants",
                "make and all that calls system(3) start commands through /bin/sh, which is not listed",
            ])
    }

    @Test func variablesThatLoadCodeAreAdvisedOn() throws {
        let scratch = try ProfileScratch()
        let text = #"""
            { "environment": { "pass": ["TERM", "NODE_OPTIONS"], "set": { "LD_PRELOAD": "/x", "A": "1" } },
              "allowedExecutables": ["/usr/bin/ls"] }
            """#
        let line = "environment has LD_PRELOAD, NODE_OPTIONS, by which listed programs load code that no list names"
        #expect(try scratch.resolve(text).advice.contains(line))
        let harmless = text.replacing("NODE_OPTIONS", with: "LANG").replacing("LD_PRELOAD", with: "LD_BIND_NOW")
        #expect(try !scratch.resolve(harmless).advice.contains { $0.contains("environment") })
    }

    @Test func aDeniedExecutableIsAContradiction() throws {
        let scratch = try ProfileScratch()
        try scratch.write("#!/usr/bin/bash\n", to: "temp/x.sh", mode: 0o755)
        let text = #"""
            { "deniedPaths": ["<project root>/temp"],
              "allowedExecutables": ["/usr/bin/bash", "<project root>/temp/x.sh"] }
            """#
        #expect(
            scratch.outcome(text)
                == "profile.json:2:43: allowedExecutables[1]: \"PROJECT/temp/x.sh\" is denied by deniedPaths[0]: "
                + "take it out of one of them")
        #expect(try scratch.resolve(text.replacing("x.sh", with: "*.sh")).policy.executables.count == 1)
    }
}
