import Testing

/// System calls that would break what holds a sandbox, tried by a listed program: in agentrt, and in runc, which has the
/// same filter from the same bundle.
@Suite(.needsRoot, .agentrtOnly) struct ProfileSystemCallTests {
    /// What the payload is told, and what it must say.
    private static let attempts: [(words: String, answer: String)] = [
        // Files to execute, out of nothing.
        ("syscall memfd_create", "ENOSYS"), ("syscall 447", "ENOSYS"),
        // Namespaces, by every way.
        ("syscall unshare 0x10000000", "EPERM"), ("syscall unshare 0", "EPERM"), ("syscall setns 0 0", "EPERM"),
        ("syscall clone3 0 88", "ENOSYS"), ("syscall 56 0x10000011", "EPERM"), ("syscall 56 0x20011", "EPERM"),
        ("syscall 56 0x10010000011", "EPERM"),
        // Mounts, old and new.
        ("mount tmpfs tmpfs /tmp", "EPERM"), ("umount /tmp", "EPERM"), ("syscall 161 0", "EPERM"),
        ("syscall 428 0 0 1", "EPERM"), ("syscall 429", "EPERM"), ("syscall 430", "EPERM"), ("syscall 442", "EPERM"),
        ("syscall 467", "ENOSYS"),
        // Other processes, and parts of the kernel.
        ("syscall ptrace 16 1", "EPERM"), ("syscall 310 1", "EPERM"), ("syscall 311 1", "EPERM"),
        ("syscall 438 0 0", "EPERM"), ("syscall bpf 0 0 0", "EPERM"), ("syscall keyctl 0", "EPERM"),
        ("syscall 298", "EPERM"), ("syscall 323", "EPERM"), ("syscall 425 1", "ENOSYS"), ("syscall 304", "EPERM"),
        // Input for somebody else's terminal, with bits the kernel does not look at too.
        ("ioctl 0 0x5412", "EPERM"), ("ioctl 0 0x100005412", "EPERM"), ("ioctl 0 0x541c", "EPERM"),
        ("ioctl 0 0x8000541c", "ENOTTY"), ("ioctl 0 0x5401", "ENOTTY"),
        // Sockets past the network namespace.
        ("socket 40 1", "EAFNOSUPPORT"), ("socket 38 5", "EAFNOSUPPORT"), ("socket 17 3", "EAFNOSUPPORT"),
        ("syscall socket 16 3 12", "EPROTONOSUPPORT"), ("socket 1 1", "ok"), ("socket 1 2", "EACCES"),
        ("socket 2 1", "ok"),
        // What makes data executable, calls of the future, devices.
        ("syscall personality 0x400000", "ENOSYS"), ("syscall 999", "ENOSYS"), ("mknod /tmp/d b 8 0", "EPERM"),
    ]

    #if arch(x86_64)
        @Test(arguments: Identity.allCases) func attemptsEndAsOnAKernelThatRefuses(_ identity: Identity) throws {
            let project = try SandboxedProject(identity, executables: ["<project root>/payload"])
            try Files.linkOrCopy(Session.shared.get().payload, to: project.directory + "/payload")
            let payload = project.directory + "/payload"
            let words = Self.attempts.map { $0.words.split(separator: " ").map(String.init) }.joined(separator: [","])
            let expected = Self.attempts.map(\.answer)
            try check(try project.run([payload] + words), against: expected)

            // runc 1.1 refuses a user namespace without a user 0, which a user's bundle has.
            guard identity != .user else { return }
            let bundle = try project.scratch.path("made")
            _ = try Command(
                Runtime.current.path,
                ["bundle", project.profile, "--project", project.directory, "--output", bundle, "--", payload] + words
            ).run().succeeded()
            let runc = Command(
                "/usr/sbin/runc",
                ["--root", try project.scratch.stateRoot, "run", "--bundle", bundle, "test-\(uniqueNumber())"])
            // Nobody stays there to connect unix sockets in its stead.
            let index = try #require(Self.attempts.firstIndex { $0.words == "socket 1 1" })
            try check(try runc.run(), against: expected[..<index] + ["EACCES"] + expected[(index + 1)...])
        }

        /// The other entries into the kernel end the program: a filter sees their numbers as other calls.
        @Test func otherArchitecturesEndTheProgram() throws {
            let project = try SandboxedProject(.rootInUsersProject, executables: ["<project root>/payload"])
            try Files.linkOrCopy(Session.shared.get().payload, to: project.directory + "/payload")
            for words in [["syscall32", "20"], ["syscall", "0x40000027"]] {
                let output = try project.run([project.directory + "/payload"] + words)
                #expect(output.status == 128 + 31 && output.standardOutput.isEmpty, "\(output)")
            }
        }
    #endif

    private func check(_ output: Output, against expected: [String]) throws {
        let lines = output.standardOutput.split(separator: "\n")
        #expect(lines.count == expected.count, "\(output)")
        for (line, (attempt, answer)) in zip(lines, zip(Self.attempts, expected)) {
            let said = line.split(separator: "=", maxSplits: 1).last.map(String.init)
            // A number is a call that went through.
            #expect(said == answer, "\(attempt.words): \(line)")
        }
    }
}
