import Glibc
import Testing

/// `process.terminal`: a new terminal inside, through `run`'s own or a console socket.
@Suite(.needsRoot) struct TerminalTests {
    let scratch = Scratch()

    @Test func programHasAControllingTerminal() throws {
        let output = try run(Pseudoterminal()) { $0.payload("tty", ",", "process") }
        let facts = Facts(output)
        #expect(facts["tty.0"]?.hasPrefix("yes 136:") == true)
        #expect(facts["tty.1"] == facts["tty.0"])
        #expect(facts["tty.2"] == facts["tty.0"])
        #expect(facts["open /dev/tty"] == "ok")
        #expect(facts["foreground"] == "yes")
        #expect(facts["sid"] == facts["pid"])
    }

    @Test func terminalIsTheContainersOwn() throws {
        let output = try run(Pseudoterminal()) {
            $0.payload("readlink", "/proc/self/fd/0", ",", "stat", "/dev/console")
        }
        let facts = Facts(output)
        #expect(facts["readlink /proc/self/fd/0"] == "/dev/pts/0", "the first of its own devpts")
        #expect(facts["stat /dev/console"]?.hasPrefix("character ") == true)
    }

    // runc sets the size when the program runs already, crun 1.8 only when it changes.
    @Test(.agentrtOnly) func windowSizeIsTheOuterTerminalsFromTheStart() throws {
        let terminal = try Pseudoterminal(rows: 33, columns: 101)
        #expect(try Facts(run(terminal) { $0.payload("tty") })["winsize"] == "33 101")
    }

    @Test(.differs(.crun, "1.8 misses the first change")) func windowSizeFollows() throws {
        let terminal = try Pseudoterminal(rows: 20, columns: 70)
        let container = try scratch.container {
            $0.shell("echo ready; until [ \"$(stty size)\" = '44 120' ]; do sleep 0.01; done; echo resized")
            $0.process["terminal"] = true
        }
        let process = try start(container, on: terminal)
        try terminal.waitFor("ready")
        try terminal.resize(rows: 44, columns: 120)
        try terminal.waitFor("resized")
        _ = try process.wait().succeeded()
    }

    @Test(.differs(.crun, "writes carriage returns"), .differs(.runc, "wants a terminal outside"))
    func fileGetsTheLinesAsTheyAreWritten() throws {
        let output = try scratch.run { terminalConfig(&$0, ["say", "one", ",", "say", "two"]) }
        #expect(try output.succeeded().standardOutput == "one\ntwo\n")
    }

    @Test func typingReachesTheProgramAndControlDEndsIt() throws {
        let terminal = try Pseudoterminal()
        let container = try scratch.container { terminalConfig(&$0, ["say", "ready", ",", "cat"]) }
        let process = try start(container, on: terminal)
        try terminal.waitFor("ready")
        try terminal.type("hello\n\u{4}")
        #expect(try process.wait().status == 0)
        terminal.drain()
        #expect(terminal.output == "ready\r\nhello\r\nhello\r\n", "one echo, by the terminal inside")
    }

    @Test func controlCInterruptsTheProgramAndNotTheRuntime() throws {
        let terminal = try Pseudoterminal()
        let container = try scratch.container { terminalConfig(&$0, ["trap", "INT", ",", "exit", "5"]) }
        let process = try start(container, on: terminal)
        try terminal.waitFor("ready")
        try terminal.type("\u{3}")
        #expect(try process.wait().status == 5)
        terminal.drain()
        #expect(terminal.output.contains("signal=INT"))
    }

    @Test func modesOfTheOuterTerminalAreRestored() throws {
        let terminal = try Pseudoterminal()
        let before = terminal.localModes
        let container = try scratch.container { terminalConfig(&$0, ["say", "ready", ",", "cat"]) }
        let process = try start(container, on: terminal)
        try terminal.waitFor("ready")
        #expect(terminal.localModes & tcflag_t(ECHO | ICANON | ISIG) == 0, "raw while the container runs")
        try terminal.type("\u{4}")
        _ = try process.wait()
        #expect(terminal.localModes == before)
    }

    @Test func withoutTerminalThereIsNone() throws {
        let facts = try scratch.facts { $0.payload("tty", ",", "stat", "/dev/console") }
        #expect(facts["tty.0"]?.hasPrefix("no") == true)
        #expect(facts["open /dev/tty"] == "ENXIO")
    }

    @Test func consoleSocketReceivesTheTerminal() throws {
        let socket = try ConsoleSocket(path: scratch.path("console"))
        let container = try scratch.container { terminalConfig(&$0, ["tty", ",", "trap", "TERM"]) }
        let create = try container.creating(["--console-socket", socket.path]).start()
        let terminal = try socket.receive()
        _ = try create.wait().succeeded()
        try terminal.resize(rows: 31, columns: 99)
        try container.start()
        try terminal.waitFor("ready")
        let facts = Facts(terminal.output)
        #expect(facts["tty.1"]?.hasPrefix("yes 136:") == true)
        #expect(facts["winsize"] == "31 99")
    }

    @Test func consoleSizeIsTheInitialSize() throws {
        let socket = try ConsoleSocket(path: scratch.path("console"))
        let container = try scratch.container {
            terminalConfig(&$0, ["pause"])
            $0.process["consoleSize"] = ["height": 27, "width": 77]
        }
        let create = try container.creating(["--console-socket", socket.path]).start()
        let terminal = try socket.receive()
        _ = try create.wait().succeeded()
        #expect(terminal.size == (27, 77))
    }

    @Test func createWithATerminalNeedsAConsoleSocket() throws {
        let container = try scratch.container { terminalConfig(&$0, ["pause"]) }
        let message = try container.creating().run().refused()
        #expect(message.contains("console"))
    }

    @Test(.differs(.crun, "ignores the socket")) func consoleSocketNeedsATerminal() throws {
        let socket = try ConsoleSocket(path: scratch.path("console"))
        let container = try scratch.container { $0.payload("pause") }
        try container.creating(["--console-socket", socket.path]).run().refused()
    }

    @Test func consoleSocketMustExist() throws {
        let container = try scratch.container { terminalConfig(&$0, ["pause"]) }
        try container.creating(["--console-socket", scratch.path("nobody")]).run().refused()
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    private func terminalConfig(_ config: inout Config, _ words: [String]) {
        config.process["terminal"] = true
        config.process["args"] = Node(["/payload"] + words)
    }

    private func start(_ container: Container, on terminal: Pseudoterminal) throws -> RunningProcess {
        var command = container.running()
        command.input = .terminal(terminal.path)
        return try command.start()
    }

    /// Runs to the end; what appeared on the terminal.
    private func run(_ terminal: Pseudoterminal, _ configure: (inout Config) throws -> Void) throws -> String {
        let container = try scratch.container {
            try configure(&$0)
            $0.process["terminal"] = true
        }
        let output = try start(container, on: terminal).wait()
        terminal.drain()
        #expect(output.status == 0, "\(terminal.output)")
        return terminal.output
    }
}
