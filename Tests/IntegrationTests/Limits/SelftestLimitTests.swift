import Testing

/// `agentrt selftest` on another kernel, which the virtual machine has: that of Debian 12, with cgroup v2 alone.
@Suite(.needsRoot, .agentrtOnly, .serialized) struct SelftestLimitTests {
    @Test(arguments: [nil, Identity.userID]) func allIsRefused(_ user: UInt32?) throws {
        let scratch = Scratch(user: user)
        var command = Command(Runtime.current.path, ["selftest", "--json"])
        command.user = user
        command.environment["TMPDIR"] = try scratch.makeDirectory("playground")
        let report = try Node(parsing: command.run(timeout: 600).succeeded().standardOutput)
        #expect(report["passed"] == true)
        // Some kinds of files are missing there.
        #expect(report["attempts"].elements.count { $0["result"].text == "refused" } >= 250)
        #expect(Files.list(try scratch.path("playground")).isEmpty)
    }
}
