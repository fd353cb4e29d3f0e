import Glibc
import Testing

/// `list --sessions`: the sessions that have calls now.
@Suite(.needsRoot, .agentrtOnly) struct SessionListTests {
    private func list(_ project: SandboxedProject, _ options: String...) throws -> String {
        try Command(Runtime.current.path, ["--root", project.scratch.stateRoot, "list", "--sessions"] + options)
            .run().succeeded().standardOutput
    }

    @Test func sessionIsListedWhileItHasCalls() throws {
        let project = try SandboxedProject(
            .rootInUsersProject, executables: ["/usr/bin/sleep"], more: ",\n\"resources\": { \"memory\": \"256MiB\" }")
        let session = "s" + uniqueNumber()
        let calls = try (0..<2).map { _ in try project.start("sleep", "60", options: ["--session", session]) }
        var found = Node.null
        try eventually("both calls to run") {
            let listed = try Node(parsing: list(project, "--format", "json"))
            found = listed.elements.first { $0["name"].text == session } ?? .null
            return found["calls"].elements.count == 2 && found["processes"].number == 4
        }
        #expect(found["memoryLimitBytes"].number == 268_435_456)
        #expect((found["memoryBytes"].number ?? 0) > 0)
        #expect(try list(project, "--quiet").split(separator: "\n").contains(Substring(session)))
        let row = try list(project).split(separator: "\n").first { $0.hasPrefix(session + " ") }
        #expect(try #require(row).hasSuffix("  256MiB"), "\(row ?? "")")

        for call in calls {
            kill(call.pid, SIGTERM)
            _ = try call.wait()
        }
        #expect(try !list(project, "--quiet").split(separator: "\n").contains(Substring(session)))
    }

    @Test func containerWithGroupsOfItsOwnIsNoSession() throws {
        let scratch = Scratch()
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = .null
            $0.payload("pause")
        }
        try container.create()
        let group =
            "/sys/fs/cgroup/" + (Files.exists("/sys/fs/cgroup/unified") ? "unified/" : "")
            + "agentrt/\(container.id)/inner"
        try Files.makeDirectory(group)
        let listed = try container.command("list", "--sessions", "--quiet").run().succeeded().standardOutput
        #expect(!listed.split(separator: "\n").contains(Substring(container.id)))
        try container.delete("--force")
        #expect(!Files.exists(group))
    }
}
