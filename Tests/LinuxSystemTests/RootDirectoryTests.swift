import Testing

@testable import LinuxSystem

struct RootDirectoryTests {
    private let scratch: TemporaryDirectory

    init() throws {
        scratch = try TemporaryDirectory()
        try makeDirectory(scratch.path + "/etc")
        try scratch.write("inside", to: "etc/passwd")
        try scratch.open().makeSymbolicLink(to: "/etc", "link")
        try scratch.open().makeSymbolicLink(to: "../../../../etc", "up")
        try scratch.open().makeSymbolicLink(to: "/nowhere/at/all", "dangling")
    }

    private func root() throws -> RootDirectory { RootDirectory(try scratch.open()) }

    @Test(arguments: ["/etc/passwd", "/link/passwd", "/up/passwd", "/../../etc/passwd", "link/../etc/passwd"])
    func staysInside(_ path: String) throws {
        let text = String(decoding: try root().open(path, .readOnly).readAll(), as: UTF8.self)
        #expect(text == "inside")
    }

    @Test func whatADanglingLinkLeadsToIsMade() throws {
        #expect(reason { _ = try root().open("/dangling", .readOnly) } == .noSuchFile)
        let made = try root().openMakingFile("/dangling").status()
        #expect(made.inode == (try fileStatus(scratch.path + "/nowhere/at/all"))?.inode)
        #expect(try linkTarget(scratch.path + "/dangling") == "/nowhere/at/all")
    }

    @Test(arguments: [("../../../high/there", "/high/there"), ("/abs/there", "/abs/there"), ("beside", "/etc/beside")])
    func directoryBehindADanglingLink(_ content: String, _ place: String) throws {
        try scratch.open().makeSymbolicLink(to: content, "etc/out")
        let made = try root().openMakingDirectory("/link/out/below").status()
        #expect(made.kind == .directory)
        #expect(made.inode == (try fileStatus(scratch.path + place + "/below"))?.inode)
    }

    @Test func linksInACircleEnd() throws {
        try scratch.open().makeSymbolicLink(to: "other/x", "one")
        try scratch.open().makeSymbolicLink(to: "one/x", "other")
        #expect(reason { _ = try root().openMakingFile("/one") } == .tooManyLinks)
        #expect(reason { _ = try root().openMakingDirectory("/one") } == .tooManyLinks)
    }

    @Test func makesDirectories() throws {
        let made = try root().openMakingDirectory("/a//./b/c/").status()
        #expect(made.inode == (try fileStatus(scratch.path + "/a/b/c"))?.inode)
        #expect(made.kind == .directory)
        let linked = try root().openMakingDirectory("/link/new/deep").status()
        #expect(linked.inode == (try fileStatus(scratch.path + "/etc/new/deep"))?.inode)
    }

    @Test func makesFiles() throws {
        let made = try root().openMakingFile("/up/x/y").status()
        #expect(made.kind == .regular)
        #expect(made.size == 0)
        #expect(made.inode == (try fileStatus(scratch.path + "/etc/x/y"))?.inode)
        _ = try root().openMakingFile("/etc/passwd")
        #expect(try scratch.read("etc/passwd") == "inside")
    }

    @Test func aFileIsNoDirectory() throws {
        #expect(reason { _ = try root().openMakingDirectory("/etc/passwd") } == .notDirectory)
        #expect(reason { _ = try root().openMakingFile("/etc/passwd/x") } == .notDirectory)
    }

    @Test func theRootHasNoParent() throws {
        #expect(reason { _ = try root().openParent(of: "/") } == .invalidArgument)
        #expect(reason { _ = try root().openParent(of: "/etc/..") } == .invalidArgument)
        #expect(try root().openParent(of: "/link/node").1 == "node")
    }
}
