import Testing

@testable import Cgroup

struct CgroupPathTests {
    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a//./b/", "/a/b"), ("a/b", "/agentrt/a/b"), ("./a", "/agentrt/a"), ("/a/./b/.", "/a/b"),
        ("a/.", "/agentrt/a"),
        ("/.a", "/.a"), ("/a..b", "/a..b"),
    ])
    func places(_ text: String, _ place: String) throws {
        #expect(try CgroupPath(text).description == place)
    }

    @Test(arguments: [
        ("../a", "leads out"), ("/a/../../b", "leads out"), ("/", "names the root"), ("/./", "names the root"),
        ("/a\nb", "line feed"), ("a\0b", "NUL"),
    ])
    func refuses(_ text: String, _ why: String) {
        let error = #expect(throws: CgroupError.self) { try CgroupPath(text) }
        #expect(error?.description.contains(why) == true)
    }

    @Test func namesHaveTheFileSystemsLength() throws {
        let longest = String(repeating: "a", count: 255)
        #expect(try CgroupPath(longest).components == ["agentrt", longest])
        #expect(throws: CgroupError.self) { try CgroupPath(longest + "a") }
    }
}
