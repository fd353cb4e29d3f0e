import Testing

@testable import ContainerRuntime

struct NumberListTests {
    @Test(
        arguments: [
            ("", []), ("0", [1]), ("0-3,7", [0b1000_1111]), ("63", [1 << 63]), ("64", [0, 1]), ("1,66-67", [2, 12]),
        ] as [(String, [UInt])])
    func bits(_ list: String, _ words: [UInt]) throws {
        #expect(try NumberList.bits(list, limit: 1024, origin: "x") == words)
    }

    @Test(arguments: ["1024", "5-2", "0-99999999999"]) func refuses(_ list: String) {
        let line = failure { _ = try NumberList.bits(list, limit: 1024, origin: "linux.memoryPolicy.nodes") }
        #expect(line == "linux.memoryPolicy.nodes: \"\(list)\" is not within 0 to 1023")
    }
}
