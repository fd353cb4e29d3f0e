import Glibc
import Testing

/// Limits of an ordinary user: in a group that is delegated to it, and without one (`scripts/cgroup2-vm`).
@Suite(.needsRoot, .agentrtOnly, .serialized) struct DelegatedLimitTests {
    /// What a login has under systemd: a group of the user's, with the session's processes in one below it.
    private func withDelegation(
        _ isDelegated: Bool, controllers: String = "+memory +pids +cpu", _ body: (String) throws -> Void
    ) throws {
        let slice = "/sys/fs/cgroup/" + uniqueNumber()
        let group = slice + "/user"
        for place in [slice, group, group + "/session"] { try Files.makeDirectory(place) }
        try Files.write("+memory +pids +cpu", to: "/sys/fs/cgroup/cgroup.subtree_control")
        try Files.write(controllers, to: slice + "/cgroup.subtree_control")
        if isDelegated {
            for place in [group, group + "/session"] {
                for file in ["", "/cgroup.procs", "/cgroup.subtree_control"] {
                    try check(chown(place + file, Identity.userID, Identity.userID), "chown", place)
                }
            }
        }
        defer {
            for place in [group + "/agentrt", group + "/session", group, slice] { rmdir(place) }
        }
        try body(group)
    }

    /// Runs agentrt as the user, in the session's group.
    private func run(
        _ project: SandboxedProject, in group: String, _ words: String..., options: [String] = []
    ) throws -> Output {
        let runtime =
            [
                Runtime.current.path, "--root", try project.scratch.stateRoot, "run", "--profile", project.profile,
                "--project", project.directory,
            ] + options + ["--"]
        let user = "\(Identity.userID)"
        let become = ["setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--"]
        var command = Command(
            "/bin/sh",
            ["-euc", "echo $$ >\(group)/session/cgroup.procs; exec \"$@\"", "sh"] + become + runtime + words)
        command.environment["HOME"] = "/nonexistent"
        return try command.run()
    }

    private func project() throws -> SandboxedProject {
        try SandboxedProject(
            .user, executables: ["/usr/bin/bash", "/usr/bin/dd"], more: ",\n\"resources\": { \"memory\": \"32MiB\" }")
    }

    @Test func delegatedGroupHoldsTheLimit() throws {
        try withDelegation(true) { group in
            let output = try run(
                project(), in: group, "bash", "-c", "dd if=/dev/zero of=/dev/null bs=64M count=1; echo lives")
            #expect(output.status == 137 && output.standardOutput.isEmpty, "\(output)")
            #expect(output.message.contains("memory limit 32MiB reached"))
            #expect(!Files.exists(group + "/agentrt"))
        }
    }

    @Test func withoutDelegationTheMessageSaysHowToGetIt() throws {
        try withDelegation(false) { group in
            let message = try run(project(), in: group, "bash", "-c", "echo lives").refused()
            #expect(message.hasPrefix("agentrt: resources.memory: "))
            #expect(message.contains("systemd-run --user --scope --property=Delegate=yes"), "\(message)")
        }
    }

    @Test func missingControllerIsNamed() throws {
        try withDelegation(true, controllers: "+pids") { group in
            let message = try run(project(), in: group, "bash", "-c", "echo lives").refused()
            #expect(message.contains("does not pass the memory controller on, and is not this user's"), "\(message)")
            #expect(message.contains("Delegate=cpu cpuset io memory pids"))
        }
    }

    /// What the delegated group has is held by it; a resource limit stands in for what it has not.
    @Test func missingControllerIsDoneWithoutWhereThatIsPermitted() throws {
        try withDelegation(true, controllers: "+pids") { group in
            let project = try SandboxedProject(
                .user, executables: ["/usr/bin/bash", "/usr/bin/cat"],
                more: ",\n\"resources\": { \"memory\": \"32MiB\", \"pids\": 9 }")
            let report = try project.scratch.path("report.json")
            let output = try run(
                project, in: group, "bash", "-c", "ulimit -d; ulimit -u; cat /proc/self/cgroup",
                options: ["--allow-degraded", "--report", report])
            #expect(output.status == 0, "\(output)")
            #expect(
                output.standardError.hasPrefix(
                    "agentrt: note: not enforced: resources.memory, but for each process by itself (RLIMIT_DATA): "))
            let lines = output.standardOutput.split(separator: "\n")
            try #require(lines.count == 3, "\(output)")
            #expect(lines[0] == "32768" && lines[1] != "9")
            let degraded = try Node(parsing: Files.read(report))["degraded"].elements
            #expect(degraded.map { $0["limit"].text } == ["resources.memory"])
            #expect(try Node(parsing: Files.read(report))["pidsLimitHits"].number == 0)
        }
    }
}
