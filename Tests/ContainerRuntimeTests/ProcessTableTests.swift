import Testing

@testable import ContainerRuntime

struct ProcessTableTests {
    private let table = """
        UID        PID  PPID CMD
        root         1     0 init
        root        12     1 sh -c 12 34
        root       123    12 sleep 1
        """

    @Test func linesAreChosenByTheColumn() {
        let lines = ProcessTable.lines(of: [12, 34], in: table)
        #expect(lines?.count == 2)
        #expect(lines?.last?.hasSuffix("sh -c 12 34") == true)
    }

    @Test func headingStaysAlone() {
        #expect(ProcessTable.lines(of: [], in: table) == ["UID        PID  PPID CMD"])
    }

    @Test(arguments: ["", "COMMAND\nsleep\n"]) func tableWithoutTheColumnIsNone(_ table: String) {
        #expect(ProcessTable.lines(of: [1], in: table) == nil)
    }

    @Test func lastColumnMayBeTheIds() {
        #expect(ProcessTable.lines(of: [7], in: "CMD PID\nsleep 7\nx\n") == ["CMD PID", "sleep 7"])
    }
}
