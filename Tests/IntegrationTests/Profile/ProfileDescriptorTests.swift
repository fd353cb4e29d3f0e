import Glibc
import Testing

/// What the caller redirects standard input, output and error to lies on a mount of the host: none of it may be a way
/// around the executable list or around what is read-only.
@Suite(.needsRoot, .agentrtOnly) struct ProfileDescriptorTests {
    private static let loader = "/lib64/ld-linux-x86-64.so.2"

    /// Runs a line of bash with a shell's redirections, as a harness does.
    private func run(_ project: SandboxedProject, _ line: String, _ redirection: String) throws -> Output {
        var command = try Command(
            "/usr/bin/bash",
            [
                "-c", "exec \"$@\" \(redirection)", "-", Runtime.current.path, "--root", project.scratch.stateRoot,
                "run", "--profile", project.profile, "--project", project.directory, "--", "bash", "-c", line,
            ])
        command.user = project.identity.caller
        command.directory = project.directory
        return try command.run()
    }

    @Test(arguments: Identity.allCases) func theLoaderRunsNoFileFromStandardInput(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let output = try run(project, "\(Self.loader) /proc/self/fd/0", "< /usr/bin/id")
        #expect(output.status != 0 && !output.standardOutput.contains("uid="), "\(output)")
    }

    @Test(arguments: Identity.allCases) func theLoaderRunsNoFileWrittenToStandardOutput(_ identity: Identity) throws {
        let project = try SandboxedProject(
            identity, executables: ["/usr/bin/bash", "/usr/bin/cat"],
            // The loader may wait for ever for a pipe that is no program.
            more: ",\n\"resources\": { \"wallTime\": \"2s\" }")
        try Files.linkOrCopy("/usr/bin/id", to: project.directory + "/temp/payload")
        let out = project.directory + "/temp/out"
        let line = "cat temp/payload; exec 3< /proc/self/fd/1; exec 1>&2; \(Self.loader) /proc/self/fd/3"
        let output = try run(project, line, "> \(out)")
        #expect(!output.standardError.contains("uid="), "\(output)")
    }

    @Test(arguments: Identity.allCases) func aReadOnlyFileStaysSoAsStandardInput(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let output = try run(project, "read -r line; echo \"$line\"; echo evil > /proc/self/fd/0", "< src/main.txt")
        #expect(output.standardOutput == "source\n", "\(output)")
        #expect(try Files.read(project.directory + "/src/main.txt") == "source\n")
    }

    /// Whoever owns a device may change its mode by descriptor, on any mount: /dev/null of the host as its root's.
    @Test(arguments: Identity.allCases, [3, 5, 7, 8, 9] as [dev_t])
    func aDeviceOfTheHostIsNotTheOneThatIsHandedIn(_ identity: Identity, _ minor: dev_t) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/python3", "/usr/bin/bash"])
        let device = try project.scratch.path("device")
        try check(mknod(device, S_IFCHR | 0o666, 1 << 8 | minor), "mknod", device)
        try check(chmod(device, 0o666), "chmod", device)
        try check(chown(device, identity.owner, identity.owner), "chown", device)
        let program = """
            import os
            for file in (0, 1, 2, "/dev/stdin", "/proc/self/fd/1"):
                for change in (lambda: os.chmod(file, 0o600), lambda: os.utime(file, (1, 1))):
                    try: change()
                    except OSError: pass
            os.write(1, b"x" * 10) if os.stat(1).st_rdev != os.makedev(1, 7) else None
            assert os.fstat(0).st_rdev == os.makedev(1, \(minor)) and len(os.read(0, 1)) == (0 if \(minor) == 3 else 1)
            os.close(0)
            """
        try Files.write(program, to: project.directory + "/src/change.py")
        let output = try run(
            project, "exec /usr/bin/python3 src/change.py", "< \(device) > \(device) 2> \(device)")
        #expect(output.status == 0, "\(output)")
        let status = try #require(Files.status(device))
        #expect(status.st_mode & 0o7777 == 0o666 && status.st_mtim.tv_sec > 1)
    }

    @Test(arguments: Identity.allCases) func aDirectoryAsStandardInputOpensNothing(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let output = try run(project, "ls /proc/self/fd/0/ && ls /proc/self/fd/0/..", "< /etc")
        #expect(output.status != 0 && output.standardOutput.isEmpty, "\(output)")
    }

    @Test(arguments: Identity.allCases) func redirectedOutputArrivesWholeAndInOrder(_ identity: Identity) throws {
        let project = try SandboxedProject(identity)
        let out = project.directory + "/temp/out"
        let line = "for ((i = 0; i < 20000; i++)); do echo \"line $i\"; done; echo end >&2; exit 3"
        #expect(try run(project, line, "> \(out) 2>&1").status == 3)
        let text = try Files.read(out)
        #expect(text.contains("line 0\nline 1\n") && text.hasSuffix("line 19999\nend\n"))
    }
}
