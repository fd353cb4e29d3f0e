import Glibc
import Testing

/// `list`: every container under the state root.
@Suite(.needsRoot) struct ListTests {
    let scratch = Scratch()

    @Test func isEmptyAtFirst() throws {
        let container = try scratch.container()
        let output = try container.command("list", "--format", "json").run().succeeded()
        #expect(try Node(parsing: output.standardOutput).elements.isEmpty)
    }

    @Test func jsonHasWhatEnginesRead() throws {
        let created = try scratch.container { $0.payload("pause") }
        let running = try scratch.container { $0.payload("pause") }
        try created.create()
        try running.create()
        try running.start()
        let list = try Node(parsing: created.command("list", "--format", "json").run().succeeded().standardOutput)
        #expect(list.elements.count == 2)
        for (container, status) in [(created, "created"), (running, "running")] {
            let entry = try #require(list.elements.first { $0["id"].text == container.id })
            #expect(entry["status"].text == status)
            #expect(try entry["pid"].number == Int(container.pid()))
            #expect(entry["bundle"].text == container.bundle.directory)
            if Runtime.current.kind != .crun { #expect(entry["rootfs"].text == container.bundle.rootfs) }
            #expect(entry["created"].text?.contains("T") == true)
            #expect(["root", "0"].contains(entry["owner"].text))
        }
    }

    @Test func tableHasALineEach() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        let lines = try container.command("list").run().succeeded().standardOutput.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(try #require(lines.first).split(separator: " ").first == "ID" || lines[0].hasPrefix("NAME"))
        #expect(lines[1].contains(container.id) && lines[1].contains("created"))
        agentrtOnly { #expect(lines.allSatisfy { $0.last != " " }) }
    }

    @Test func quietHasIdsAlone() throws {
        let container = try scratch.container { $0.payload("pause") }
        try container.create()
        #expect(try container.command("list", "-q").run().succeeded().standardOutput == container.id + "\n")
    }

    @Test func stoppedOnesAreThereUntilTheyAreDeleted() throws {
        let container = try scratch.container()
        try container.create()
        try container.start()
        try container.waitForStatus("stopped")
        #expect(try container.command("list", "-q").run().succeeded().standardOutput == container.id + "\n")
        try container.delete()
        #expect(try container.command("list", "-q").run().succeeded().standardOutput == "")
    }

    @Test(.agentrtOnly) func damagedRecordHidesNoOther() throws {
        let good = try scratch.container { $0.payload("pause") }
        let bad = try scratch.container { $0.payload("pause") }
        try good.create()
        try bad.create()
        let pid = try bad.pid()
        try Files.write("{", to: "\(bad.root)/\(bad.id)/state.json")
        #expect(try good.command("list", "-q").run().succeeded().standardOutput.contains(good.id))
        #expect(try good.status() == "created")
        let list = try good.command("list").run().succeeded()
        #expect(list.standardOutput.contains(good.id) && !list.standardOutput.contains(bad.id))
        #expect(list.standardError.contains("\(bad.id): "))
        try check(kill(pid, SIGKILL), "kill")
        try bad.delete("--force")
    }
}
