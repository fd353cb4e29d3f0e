import Foundation
import Testing

@testable import LinuxSystem

struct InheritanceTests {
    /// What a process passes on that a command line makes of `sleep`.
    private func inheritance(_ words: [String]) throws -> Inheritance {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words + ["/usr/bin/sleep", "60"]
        try process.run()
        defer { process.terminate() }
        let pid = process.processIdentifier
        for _ in 0..<5000 where try readFile("/proc/\(pid)/comm") != Array("sleep\n".utf8) { usleep(1000) }
        return try Inheritance(of: pid)
    }

    @Test func aCopyPassesTheSameOn() throws {
        #expect(try inheritance([]) == inheritance(["env"]))
        // What a runtime settles in any case.
        #expect(try inheritance([]) == inheritance(["bash", "-c", "umask 077; trap '' HUP; exec \"$@\"", "-"]))
    }

    @Test(
        arguments: [
            "prlimit --nofile=60", "nice -n 3", "taskset 1", "ionice --class idle", "choom --adjust 300 --",
            "setpriv --no-new-privs",
        ])
    func whatIsPassedOnIsSeen(_ change: String) throws {
        #expect(try inheritance(change.split(separator: " ").map(String.init)) != inheritance([]), "\(change)")
    }

    @Test(
        .enabled(if: getuid() == 0, "needs root"),
        arguments: [
            "unshare --net", "unshare --uts", "unshare --ipc", "unshare --mount", "setpriv --groups 7",
            "setpriv --bounding-set -chown", "setpriv --reuid 7", "chrt --batch 0",
        ])
    func whatRootChangesIsSeen(_ change: String) throws {
        #expect(try inheritance(change.split(separator: " ").map(String.init)) != inheritance([]), "\(change)")
    }

    @Test func aProcessThatIsGoneIsAnError() throws {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/true")
        try process.run()
        process.waitUntilExit()
        #expect(throws: SystemCallError.self) { try Inheritance(of: process.processIdentifier) }
    }

    @Test func oneOfTwoTakesWhatWasCounted() throws {
        let counter = try EventCounter(count: 1)
        let copy = EventCounter(FileDescriptorBox(FileDescriptor(owning: dup(counter.rawValue))))
        #expect(try counter.take() && !copy.take() && !counter.take())
        try copy.add()
        #expect(try counter.take())
    }
}
