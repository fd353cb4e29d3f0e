import Foundation
import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

struct StateTests {
    private let scratch: TemporaryDirectory
    private var root: StateRoot { StateRoot(path: scratch.path + "/root", runtimeDirectory: nil) }
    private var cache: String { scratch.path + "/root/.cache/seccomp" }

    init() throws { scratch = try TemporaryDirectory() }

    @Test func defaultPaths() {
        let uid = effectiveUserID()
        #expect(StateRoot(path: "/x", runtimeDirectory: "/run/user/1").path == "/x")
        #expect(StateRoot(path: nil, runtimeDirectory: "/r").path == (uid == 0 ? "/run/agentrt" : "/r/agentrt"))
        let fallback = uid == 0 ? "/run/agentrt" : "/tmp/agentrt-\(uid)"
        #expect(StateRoot(path: nil, runtimeDirectory: nil).path == fallback)
        #expect(StateRoot(path: nil, runtimeDirectory: "relative").path == fallback)
    }

    @Test func makesItsDirectoryForTheOwnerAlone() throws {
        let status = try StateRoot(path: root.path + "/a/b", runtimeDirectory: nil).open().status()
        #expect(status.permissions & 0o077 == 0)
        #expect(try fileStatus(root.path + "/a/b")?.inode == status.inode)
    }

    @Test(arguments: [0o720, 0o702, 0o777]) func refusesARootThatOthersMayWrite(_ mode: Int) throws {
        _ = try root.open()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: root.path)
        #expect(failure { _ = try root.open() }?.contains("others own or may write") == true)
    }

    @Test func refusesALink() throws {
        try FileManager.default.createSymbolicLink(atPath: root.path, withDestinationPath: scratch.path)
        #expect(failure { _ = try root.open() }?.hasPrefix("state directory: ") == true)
    }

    @Test(arguments: ["/", "//", "/.", "/./"]) func refusesALinkWithASlashBehindIt(_ end: String) throws {
        try FileManager.default.createSymbolicLink(atPath: root.path, withDestinationPath: scratch.path)
        let root = StateRoot(path: root.path + end, runtimeDirectory: nil)
        #expect(failure { _ = try root.open() }?.hasPrefix("state directory: ") == true)
    }

    @Test func slashesAtTheEndAreLeftOut() {
        #expect(
            ["/a/b//", "/a/b/.", "/", "/.", "./", "a/"].map { StateRoot(path: $0, runtimeDirectory: nil).path }
                == ["/a/b", "/a/b", "/", "/", ".", "a"])
    }

    @Test(arguments: [(0o777, false), (0o702, false), (0o1777, true), (0o755, true)])
    func refusesARootBelowWhatOthersMayWrite(_ mode: Int, _ isTaken: Bool) throws {
        let above = scratch.path + "/above"
        try makeDirectory(above)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: above)
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: above)
        for path in [above + "/root", above + "/a/root", scratch.path + "/link/root"] {
            let line = failure { _ = try StateRoot(path: path, runtimeDirectory: nil).open() }
            #expect((line == nil) == isTaken, "\(path): \(line ?? "taken")")
            if let line { #expect(line.contains("\(above)\", which others own or may write")) }
        }
    }

    @Test(.enabled(if: effectiveUserID() == 0, "needs root")) func refusesARootBelowWhatOthersOwn() throws {
        let above = scratch.path + "/above"
        try makeDirectory(above)
        try openFile(above, .readOnly).changeOwner(uid: 1, gid: 1)
        let line = failure { _ = try StateRoot(path: above + "/root", runtimeDirectory: nil).open() }
        #expect(line?.contains("others own or may write") == true)
    }

    // MARK: Seccomp

    private let profile = Seccomp(
        defaultAction: .errno, syscalls: [SeccompRule(names: ["read", "write"], action: .allow)])

    /// The instructions that would be installed.
    private func instructions(_ profile: Seccomp) throws -> [UInt8] {
        let filter = try SeccompCompilation(profile, stateRoot: root).installable()
        let program = try #require(
            Mirror(reflecting: filter).descendant("program") as? UnsafeMutableRawPointer)
        let start = try #require(program.load(fromByteOffset: 8, as: UnsafeRawPointer?.self))
        return Array(UnsafeRawBufferPointer(start: start, count: Int(program.load(as: UInt16.self)) * 8))
    }

    @Test func aKeptFilterIsTheSame() throws {
        let first = try instructions(profile)
        #expect(!first.isEmpty)
        let name = try #require(try directoryEntries(cache).first)
        let inode = try fileStatus(cache + "/" + name)?.inode
        #expect(try instructions(profile) == first)
        #expect(try fileStatus(cache + "/" + name)?.inode == inode)
        #expect(try directoryEntries(cache) == [name])
    }

    @Test func aForeignFilterIsNotUsed() throws {
        let other = Seccomp(defaultAction: .allow)
        let permissive = try instructions(other)
        let foreign = try readFile(cache + "/" + (try #require(try directoryEntries(cache).first)))
        try FileManager.default.removeItem(atPath: cache)
        let first = try instructions(profile)
        let name = try #require(try directoryEntries(cache).first)
        for content in [foreign, [], Array("00000001".utf8), [UInt8](repeating: 48, count: 4096)] {
            try openFile(cache + "/" + name, [.writeOnly, .truncate]).write(content)
            #expect(try instructions(profile) == first)
        }
        #expect(permissive != first)
    }

    @Test func unknownCallsMayOnlyBeLeftDenied() throws {
        let known = try instructions(profile)
        var lenient = profile
        lenient.syscalls[0].names.append("no_such_call")
        #expect(try instructions(lenient) == known)
        let strict = Seccomp(defaultAction: .allow, syscalls: [SeccompRule(names: ["no_such_call"], action: .errno)])
        #expect(
            failure { _ = try instructions(strict) }
                == "linux.seccomp.syscalls[0]: unknown system call \"no_such_call\"")
    }
}
