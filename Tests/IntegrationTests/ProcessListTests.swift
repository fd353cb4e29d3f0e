import Glibc
import Testing

/// `ps`: the container's processes, as the host counts them.
@Suite(.needsRoot) struct ProcessListTests {
    let scratch = Scratch()

    private func running() throws -> Container {
        let container = try scratch.container { $0.payload("orphan", ",", "pause") }
        let process = try container.create()
        try container.start()
        try process.waitForOutput("orphan=")
        return container
    }

    private func list(_ container: Container) throws -> [Int] {
        let text = try container.command("ps", "--format", "json", container.id).run().succeeded().standardOutput
        return try Node(parsing: text).elements.compactMap(\.number)
    }

    @Test func jsonHasTheProcessesOfTheHost() throws {
        let container = try running()
        let processes = try list(container)
        #expect(processes.count == 2)
        #expect(try processes.contains(Int(container.pid())))
        for process in processes { #expect(try Files.read("/proc/\(process)/cmdline").hasPrefix("/payload")) }
    }

    @Test func tableHasTheirLinesAlone() throws {
        let container = try running()
        let text = try container.command("ps", container.id).run().succeeded().standardOutput
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].contains("PID"))
        #expect(lines.dropFirst().allSatisfy { $0.contains("/payload") })
        let other = try container.command("ps", container.id, "-e", "-o", "ppid,pid,args").run().succeeded()
        #expect(other.standardOutput.split(separator: "\n").first?.split(separator: " ") == ["PPID", "PID", "COMMAND"])
        #expect(other.standardOutput.split(separator: "\n").count == 3)
    }

    @Test func createdHasItsInit() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        #expect(try list(container) == [Int(container.pid())])
    }

    @Test func pausedStillHasThem() throws {
        let container = try running()
        _ = try container.command("pause", container.id).run().succeeded()
        #expect(try list(container).count == 2)
    }

    @Test func stoppedHasNone() throws {
        let container = try scratch.container()
        try container.create()
        try container.start()
        try container.waitForStatus("stopped")
        #expect(try list(container) == [])
        let table = try container.command("ps", container.id).run().succeeded().standardOutput
        #expect(table.split(separator: "\n").count == 1)
    }

    @Test(.agentrtOnly) func groupsBelowAreCounted() throws {
        let container = try running()
        let group = try #require(container.controlGroups().first)
        try Files.makeDirectory(group + "/below")
        try Files.write("\(container.pid())", to: group + "/below/cgroup.procs")
        #expect(try list(container).count == 2)
        _ = try container.command("kill", "--all", container.id, "HUP").run().succeeded()
        try container.delete("--force")
    }

    @Test func badInputIsRefused() throws {
        let container = try running()
        for words in [
            [], ["no-such"], ["--nope", container.id], ["--format", "xml", container.id], ["--format"],
            [container.id, "-o", "args"], [container.id, "--no-such-option-of-ps"],
        ] {
            let output = try container.command(["ps"] + words).run()
            // runc 1.1 takes any other format for json, and prints nothing.
            if Runtime.current.kind == .runc, words.contains("xml") { continue }
            #expect(output.status != 0, "\(output)")
            try agentrtOnly { _ = try output.refused() }
        }
    }
}
