import Foundation
import Testing

@testable import LinuxSystem

struct TreeTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    @Test func removalFollowsNoLink() throws {
        for name in ["keep", "tree", "tree/deep"] { try makeDirectory(scratch.path + "/" + name) }
        try scratch.write("kept", to: "keep/file")
        try scratch.write("gone", to: "tree/deep/file")
        try openFile(scratch.path + "/tree", [.readOnly, .directory]).makeSymbolicLink(to: "../keep", "link")
        try scratch.open().makeSymbolicLink(to: "keep", "top")
        try scratch.open().removeTree("tree")
        try scratch.open().removeTree("top")
        try scratch.open().removeTree("missing")
        #expect(try directoryEntries(scratch.path) == ["keep"])
        #expect(try scratch.read("keep/file") == "kept")
    }

    @Test func removesWhatNobodyMayRead() throws {
        try makeDirectory(scratch.path + "/tree")
        try makeDirectory(scratch.path + "/tree/closed")
        try makeDirectory(scratch.path + "/tree/closed/inner")
        try openFile(scratch.path + "/tree", [.readOnly, .directory]).changeMode("closed", 0)
        try scratch.open().removeTree("tree")
        #expect(try directoryEntries(scratch.path).isEmpty)
    }

    @Test func copiesAllButSockets() throws {
        for name in ["from", "from/dir", "to"] { try makeDirectory(scratch.path + "/" + name) }
        try scratch.write("text", to: "from/dir/file")
        let from = try openFile(scratch.path + "/from", [.readOnly, .directory])
        try from.makeSymbolicLink(to: "/nowhere", "link")
        try from.changeMode("dir", 0o1750)
        try from.makeNode("fifo", kind: .fifo, permissions: 0o640, device: DeviceNumber(major: 0, minor: 0))
        try from.copyContents(to: try openFile(scratch.path + "/to", [.readOnly, .directory]))
        #expect(try directoryEntries(scratch.path + "/to") == ["dir", "fifo", "link"])
        #expect(try scratch.read("to/dir/file") == "text")
        #expect(try linkTarget(scratch.path + "/to/link") == "/nowhere")
        #expect(try fileStatus(scratch.path + "/to/dir")?.permissions == 0o1750)
        #expect(try fileStatus(scratch.path + "/to/dir/file")?.permissions == 0o644)
        #expect(try fileStatus(scratch.path + "/to/fifo")?.kind == .fifo)
    }

    @Test func canonicalPathResolvesLinks() throws {
        try makeDirectory(scratch.path + "/dir")
        try scratch.open().makeSymbolicLink(to: "dir", "link")
        #expect(try canonicalPath(scratch.path + "/link/../link/.") == scratch.path + "/dir")
        #expect(reason { _ = try canonicalPath(scratch.path + "/none") } == .noSuchFile)
    }

    @Test func linkTargetNeedsALink() throws {
        try scratch.write("", to: "file")
        #expect(reason { _ = try linkTarget(scratch.path + "/file") } == .invalidArgument)
        #expect(reason { _ = try linkTarget(scratch.path + "/none") } == .noSuchFile)
    }

    @Test func readFileHasALimit() throws {
        try scratch.write("12345", to: "file")
        #expect(try readFile(scratch.path + "/file", limit: 5).count == 5)
        #expect(reason { _ = try readFile(scratch.path + "/file", limit: 4) } == .fileTooLarge)
    }
}
