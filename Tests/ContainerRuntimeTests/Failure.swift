import Foundation

@testable import ContainerRuntime

/// The line that a step fails with; nil where it does not fail.
func failure(_ step: () throws -> Void) -> String? {
    do {
        try step()
        return nil
    } catch {
        return "\(error)"
    }
}

/// A directory of one test's own; it goes with the last reference.
final class TemporaryDirectory {
    let path = "/tmp/agentrt-runtime-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
