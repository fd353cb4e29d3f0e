import Glibc
import Testing

/// What a call, or anybody beside it, does to the project between two calls must not widen the next one.
@Suite(.needsRoot, .agentrtOnly) struct ProfileSourceTests {
    @Test(arguments: ["src", "../outside"]) func aDirectoryExchangedForALinkIsNotFollowed(_ target: String) throws {
        let project = try SandboxedProject(.rootInUsersProject)
        let outside = try project.scratch.makeDirectory("outside")
        let bundle = try project.scratch.path("made")
        let line = "echo evil > temp/new; echo evil > src/new"
        _ = try Command(
            Runtime.current.path,
            ["bundle", project.profile, "--project", project.directory, "--output", bundle, "--", "bash", "-c", line]
        ).run().succeeded()
        try check(rename(project.directory + "/temp", project.directory + "/temp.real"), "rename", "temp")
        try check(symlink(target, project.directory + "/temp"), "symlink", "temp")
        // The id of its own: its control group is every root's.
        let id = "exchanged-\(uniqueNumber())"
        let output = try Command(
            Runtime.current.path, ["--root", project.scratch.stateRoot, "run", "--bundle", bundle, id]
        ).run()
        #expect(output.status != 0 && output.message.contains("temp"), "\(output)")
        #expect(Files.list(outside).isEmpty)
        #expect(Files.list(project.directory + "/src") == ["main.txt"])
    }

    @Test func masksGiveNoRightsOverTheHostsNullDevice() throws {
        let before = try #require(Files.status("/dev/null"))
        let project = try SandboxedProject(.rootInRootsProject, executables: ["/usr/bin/busybox"])
        let output = try project.run("busybox", "touch", "-d", "@1", "/proc/keys")
        #expect(output.status != 0, "\(output)")
        let after = try #require(Files.status("/dev/null"))
        #expect(before.st_mode == after.st_mode && before.st_mtim.tv_sec == after.st_mtim.tv_sec)
    }
}
