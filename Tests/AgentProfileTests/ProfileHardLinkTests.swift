import Glibc
import Testing

@testable import AgentProfile

/// Files that have another name are told, where they are listed by themselves.
struct ProfileHardLinkTests {
    @Test func otherNamesOfListedFilesAreTold() throws {
        let scratch = try ProfileScratch("doc/", "doc/written", "doc/denied", "doc/read", "doc/single")
        for (name, count) in [("written", 2), ("denied", 1), ("read", 1)] {
            for index in 0..<count {
                #expect(link(scratch.project + "/doc/" + name, scratch.project + "/\(name)\(index)") == 0)
            }
        }
        let text = """
            { "readOnlyPaths": ["<project root>/", "<project root>/doc/read"],
              "writeablePaths": ["<project root>/doc/written", "<project root>/doc/single"],
              "deniedPaths": ["<project root>/doc/denied"] }
            """
        let advice = try scratch.resolve(text).advice.filter { $0.contains("hard links") }
        let doc = scratch.project + "/doc"
        #expect(
            advice == [
                "writeablePaths[0]: \"\(doc)/written\" has 2 other names (hard links): what is written to it is written "
                    + "to the file behind all of them",
                "deniedPaths[0]: \"\(doc)/denied\" has another name (hard links): it is denied by this one only",
            ])
    }
}
