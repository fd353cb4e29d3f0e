import Glibc
import Testing

/// The OCI runtime that the tests drive: the static build, or what AGENTRT_TEST_RUNTIME names.
///
/// The suites run on crun and runc too, which proves the tests and not only the runtime.
struct Runtime {
    enum Kind: String {
        case agentrt, crun, runc, other
    }

    let path: String
    let kind: Kind

    static let current: Runtime = {
        let path = getenv("AGENTRT_TEST_RUNTIME").map { String(cString: $0) } ?? projectRoot + "/.build-static/agentrt"
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return Runtime(path: path, kind: Kind(rawValue: name) ?? .other)
    }()

    /// The checkout, from where this file was compiled.
    static let projectRoot = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()

    /// A missing runtime fails every test; it never skips one.
    func mustExist() throws {
        guard access(path, X_OK) == 0 else { throw Failure("no runtime at \(path): run scripts/build first") }
    }
}

/// Expectations about agentrt's own words and ways, where the OCI specification leaves them open.
func agentrtOnly(_ expectations: () throws -> Void) rethrows {
    if Runtime.current.kind == .agentrt { try expectations() }
}

extension Trait where Self == ConditionTrait {
    /// The test needs root's rights on the host.
    static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root") }

    /// The test is about what only agentrt promises.
    static var agentrtOnly: Self { .enabled(if: Runtime.current.kind == .agentrt, "about agentrt only") }

    /// The test is about a host that has controllers on cgroup v1, beside cgroup v2.
    static var hostIsHybrid: Self {
        .enabled(if: Files.exists("/sys/fs/cgroup/memory/cgroup.procs"), "needs controllers on cgroup v1")
    }

    /// A runtime that is known to differ, and how.
    static func differs(_ kind: Runtime.Kind, _ how: Comment) -> Self {
        .disabled(if: Runtime.current.kind == kind, how)
    }
}
