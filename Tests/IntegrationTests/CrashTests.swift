import Glibc
import Testing

/// Calls of the runtime that are killed on the way: the next call clears away what they left.
@Suite(.needsRoot, .agentrtOnly) struct CrashTests {
    let scratch = Scratch()

    /// The calls that change what a killed call leaves. One that is killed before any other leaves what it would leave
    /// before the next of these.
    private static let changes: Set = [
        "execve", "openat", "mkdirat", "unlinkat", "renameat2", "write", "pwrite64", "flock", "mknodat", "symlinkat",
        "fchmodat", "clone", "clone3", "kill", "pidfd_send_signal", "sendmsg", "wait4", "waitid", "exit_group",
    ]

    @Test func killedCreateIsClearedAway() throws {
        let container = try limitedContainer()
        try killEverywhere(container, container.creating())
    }

    @Test func killedDetachedRunIsClearedAway() throws {
        let container = try limitedContainer()
        try killEverywhere(container, container.running(["--detach"]))
    }

    @Test func killedRunIsClearedAway() throws {
        let container = try limitedContainer(ending: true)
        try killEverywhere(container, container.running())
    }

    @Test(arguments: [Identity.rootInUsersProject, .user]) func killedCallOfASessionIsClearedAway(
        _ identity: Identity
    ) throws {
        let limits = identity == .user ? "" : ", \"resources\": { \"memory\": \"256MiB\", \"pids\": 50 }"
        let project = try SandboxedProject(identity, executables: ["/usr/bin/true"], more: limits)
        let session = "s" + uniqueNumber()
        let call = try project.command(["true"], ["--session", session], .nothing)
        try killEverywhere(call, root: project.scratch.stateRoot, next: call) {
            try groups("/agentrt").filter { $0.hasSuffix("/" + session) }
        }
    }

    /// A call that runs and is killed leaves a container that ends with it, not one that nobody asked to delete.
    @Test func stoppedContainerThatSomebodyMadeStays() throws {
        let kept = try scratch.container { $0.payload("exit", "0") }
        try kept.create()
        try kept.start()
        try kept.waitForStatus("stopped")
        _ = try scratch.container { $0.payload("exit", "0") }.run().succeeded()
        #expect(try kept.status() == "stopped")
        try kept.delete()
    }

    @Test func containerThatTookADeadCallsNameAndGroupStays() throws {
        let container = try limitedContainer()
        // Killed when the container is complete, before the call is noted as finished.
        let notes = try changesOf(container.creating()).filter { $0 == "unlinkat" }.count
        try container.delete("--force")
        try kill(container.creating(), at: "unlinkat", notes)
        let root = try scratch.stateRoot
        let note = try #require(Files.list(root + "/.calls").first)
        let saved = try Files.read(root + "/.calls/" + note)
        try container.delete("--force")
        // The next call clears the note away; it comes back, as if it had come late.
        try container.create()
        try Files.write(saved, to: root + "/.calls/" + note)
        _ = try scratch.container { $0.payload("exit", "0") }.run().succeeded()
        #expect(try container.status() == "created")
        #expect(try !container.controlGroups().isEmpty)
        #expect(Files.list(root + "/.calls").isEmpty)
        try container.delete("--force")
    }

    /// Init stands still before it can close what it has of the killed call's lock.
    @Test func createThatWasKilledInAFrozenGroupIsDeleted() throws {
        let path = try Session.shared.get().controlGroup + "/frozen-" + uniqueNumber()
        let hierarchy = try #require(
            ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].first { Files.exists($0 + "/cgroup.controllers") })
        let above = hierarchy + path
        try Files.makeDirectory(above)
        defer {
            try? Files.write("0", to: above + "/cgroup.freeze")
            rmdir(above)
        }
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = .text(path + "/container")
            $0.payload("pause")
        }
        try Files.write("1", to: above + "/cgroup.freeze")
        let create = try container.creating().start()
        let processes = above + "/container/cgroup.procs"
        try eventually("init to be born") { try Files.exists(processes) && Files.read(processes) != "" }
        create.kill(SIGKILL)
        _ = try create.wait()
        try container.delete("--force")
        #expect(!Files.exists(above + "/container"))
        #expect(Files.list(container.root).allSatisfy { $0.hasPrefix(".") })
    }

    // MARK: Killing

    private func limitedContainer(ending: Bool = false) throws -> Container {
        try scratch.container {
            $0.linux["resources"]["memory"] = ["limit": 67_108_864]
            $0.linux["resources"]["pids"] = ["limit": 33]
            if ending { $0.payload("exit", "0") } else { $0.payload("pause") }
        }
    }

    private func killEverywhere(_ container: Container, _ command: Command) throws {
        let next = try scratch.container { $0.payload("exit", "0") }.running()
        try killEverywhere(command, root: container.root, next: next) {
            try container.controlGroups()
        } after: {
            _ = try container.command("delete", "--force", container.id).run().succeeded()
        }
    }

    /// Kills a call at each of its system calls that change something, and looks for what is left after the next call.
    private func killEverywhere(
        _ command: Command, root: String, next: Command, groups: () throws -> [String], after: () throws -> Void = {}
    ) throws {
        _ = try command.run().succeeded()  // What is made once and kept is there from now on.
        try after()
        let changes = try changesOf(command)
        try after()
        var (counts, killed): ([String: Int], Int) = ([:], 0)
        for name in changes {
            counts[name, default: 0] += 1
            let number = counts[name] ?? 0
            if try kill(command, at: name, number) { killed += 1 }
            // A call that had finished, or a container that was complete: it is its caller's.
            if Files.list(root + "/.calls").isEmpty { try after() }
            let output = try next.run().succeeded()
            #expect(output.standardError.isEmpty, "after \(name) \(number)")
            // What was dying while the next call looked is gone with the one after.
            try eventually("all to be gone after \(name) \(number)") {
                let names = Files.list(root).filter { !$0.hasPrefix(".") } + Files.list(root + "/.calls")
                if try names.isEmpty && groups().isEmpty { return true }
                _ = try next.run().succeeded()
                return false
            }
        }
        #expect(killed > 30, "\(killed) of \(changes.count)")
    }

    /// The changing calls that a command makes, in their order.
    private func changesOf(_ command: Command) throws -> [String] {
        let log = try scratch.makeFile("calls.log", mode: 0o666)
        _ = try traced(command, ["-q", "-o", log]).run().succeeded()
        try eventually("the trace to be complete") { try Files.read(log).contains("+++ exited with 0 +++") }
        return try Files.read(log).split(separator: "\n").map { String($0.prefix { $0 != "(" }) }
            .filter(Self.changes.contains)
    }

    /// Kills a command when it is about to make a system call for the n-th time.
    ///
    /// - Returns: Whether it was killed; a run need not make the same calls as the one before.
    @discardableResult
    private func kill(_ command: Command, at name: String, _ number: Int) throws -> Bool {
        let options = ["-qqq", "-o", "/dev/null", "-e", "inject=\(name):signal=KILL:when=\(number)"]
        let status = try traced(command, options).run().status
        #expect(status == 137 || status == 0, "\(name) \(number)")
        return status == 137
    }

    /// `-D`: strace is no parent of what it traces, and does not wait for its children.
    private func traced(_ command: Command, _ options: [String]) -> Command {
        var traced = command
        traced.program = "/usr/bin/strace"
        traced.arguments = ["-D"] + options + [command.program] + command.arguments
        return traced
    }

    private func groups(_ parent: String) throws -> [String] {
        (["/sys/fs/cgroup"] + Files.list("/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)" })
            .flatMap { place in Files.list(place + parent).map { "\(place)\(parent)/\($0)" } }
    }
}
