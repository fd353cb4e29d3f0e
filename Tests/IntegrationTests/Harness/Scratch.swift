import Glibc
import JSON

/// A place of one test's own: bundles, a state root and the containers in it. All of it goes when the test ends.
///
///     @Suite(.needsRoot) struct ProcessTests {
///         let scratch = Scratch()
final class Scratch {
    /// Who the runtime runs as; nil is the tests' own user.
    let user: UInt32?

    private var made: String?
    private var containers: [Container] = []
    private var holders: [RunningProcess] = []

    init(user: UInt32? = nil) { self.user = user }

    deinit {
        holders.removeAll()
        containers.forEach { $0.cleanUp() }
        if let made {
            do { try Files.removeTree(made) } catch { print("cannot clean up: \(error)") }
        }
    }

    /// The directory itself.
    var directory: String {
        get throws {
            if let made { return made }
            let path = try Session.shared.get().directory + "/\(uniqueNumber())"
            try Files.makeDirectory(path)
            try Files.makeDirectory(path + "/state", mode: 0o700)
            try give(path)
            try give(path + "/state")
            made = path
            return path
        }
    }

    /// What the runtime gets as `--root`.
    var stateRoot: String { get throws { try directory + "/state" } }

    /// A file or directory beside the bundles, which bundles may bind.
    func path(_ name: String) throws -> String { try directory + "/" + name }

    /// Makes a directory beside the bundles.
    func makeDirectory(_ name: String, mode: mode_t = 0o755) throws -> String {
        let path = try path(name)
        try Files.makeDirectory(path, mode: mode)
        try give(path)
        return path
    }

    /// Makes a file beside the bundles.
    func makeFile(_ name: String, _ text: String = "", mode: mode_t = 0o644) throws -> String {
        let path = try path(name)
        try Files.write(text, to: path, mode: mode)
        try give(path)
        return path
    }

    /// Makes the runtime's user the owner, where that is somebody else.
    private func give(_ path: String) throws {
        if let user, user != geteuid() { try check(chown(path, user, user), "chown", path) }
    }

    /// A bundle with its own rootfs: busybox, the payload, and a few empty directories.
    func bundle(_ configure: (inout Config) throws -> Void = { _ in }) throws -> Bundle {
        let number = uniqueNumber()
        let bundle = try Bundle(directory: makeDirectory("bundle-\(number)"), id: "test-\(number)")
        try bundle.makeRootfs(owner: user)
        var config = Config()
        config.linux["cgroupsPath"] = try .text(Session.shared.get().controlGroup + "/" + bundle.id)
        try configure(&config)
        try bundle.write(config)
        return bundle
    }

    /// A container of a new bundle, not created yet.
    func container(_ configure: (inout Config) throws -> Void = { _ in }) throws -> Container {
        try container(of: bundle(configure))
    }

    /// A container of a bundle, not created yet.
    func container(of bundle: Bundle, id: String? = nil) throws -> Container {
        let container = Container(id: id ?? bundle.id, bundle: bundle, root: try stateRoot, user: user)
        containers.append(container)
        return container
    }

    /// Runs a new bundle to its end.
    func run(_ configure: (inout Config) throws -> Void = { _ in }) throws -> Output {
        try container(configure).run()
    }

    /// What the payload said in a run that must have succeeded.
    func facts(_ configure: (inout Config) throws -> Void) throws -> Facts {
        try run(configure).succeeded().facts
    }

    /// The mount table inside a container.
    func mounts(_ configure: (inout Config) throws -> Void) throws -> MountTable {
        let output = try run {
            try configure(&$0)
            $0.payload("cat", "/proc/self/mountinfo")
        }
        return try MountTable(output.succeeded().standardOutput)
    }

    /// A payload outside of containers that stays until the test ends; it has said `ready` when this returns.
    func holder(_ words: String...) throws -> RunningProcess {
        let command = try Command(Session.shared.get().payload, words + [",", "say", "ready", ",", "pause"])
        let process = try command.start()
        try process.waitForOutput("ready")
        holders.append(process)
        return process
    }
}
