import Testing

@testable import ContainerRuntime

struct CallFrameTests {
    @Test(
        arguments: [
            (["/bin/true"], []), (["bash", "-c", "echo a\nb", ""], ["PATH=/bin", "EMPTY=", "é=ü"]),
            (["", "", ""], [""]),
        ] as [([String], [String])])
    func callsRoundTrip(_ arguments: [String], _ environment: [String]) {
        let read = CallFrame(
            CallFrame(arguments: arguments, environment: environment, ownInheritance: "0 -22").bytes)
        #expect(read?.arguments == arguments && read?.environment == environment)
        #expect(read?.ownInheritance == "0 -22")
    }

    @Test(arguments: [
        "", "\0", "1\0", "1\0\0", "0\0\0a\0", "2\0\0a\0", "1\0\0a", "-1\0\0a\0", "x\0\0a\0", "99999999999\0\0a\0",
        "17\n/bundle",
    ])
    func garbageIsNoCall(_ text: String) { #expect(CallFrame(Array(text.utf8)) == nil) }

    @Test func theFirstOfTwoVariablesCounts() {
        let frame = CallFrame(arguments: ["a"], environment: ["A=1", "AB=2", "A=3", "C=x=y", "D", "E=\u{301}x"])
        #expect(frame.variable("A") == "1" && frame.variable("AB") == "2" && frame.variable("C") == "x=y")
        #expect(frame.variable("E") == "\u{301}x")
        #expect(frame.variable("D") == nil && frame.variable("B") == nil)
    }
}
