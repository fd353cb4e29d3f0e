import Foundation

@testable import LinuxSystem

/// A directory of one test's own; it goes with the last reference.
final class TemporaryDirectory {
    let path = "/tmp/agentrt-linux-\(UUID().uuidString)"

    init() throws { try makeDirectory(path) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> FileDescriptor { try openFile(path, [.readOnly, .directory]) }

    func write(_ text: String, to name: String) throws {
        try openFile(path + "/" + name, [.writeOnly, .create, .truncate], mode: 0o644).write(text)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try readFile(path + "/" + name), as: UTF8.self)
    }
}

/// The reason for which a step failed; nil where it did not.
func reason(_ step: () throws -> Void) -> Errno? {
    do {
        try step()
        return nil
    } catch {
        return (error as? SystemCallError)?.errno
    }
}
