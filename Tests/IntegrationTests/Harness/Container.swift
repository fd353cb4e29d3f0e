import Glibc

/// One container id under one state root, driven through the runtime's command line.
final class Container {
    let id: String
    let bundle: Bundle
    let root: String
    let user: UInt32?

    private var isUsed = false

    init(id: String, bundle: Bundle, root: String, user: UInt32? = nil) {
        self.id = id
        self.bundle = bundle
        self.root = root
        self.user = user
    }

    /// The runtime with global flags, a verb and its arguments.
    func command(_ arguments: String..., globals: [String] = []) -> Command { command(arguments, globals: globals) }

    func command(_ arguments: [String], globals: [String] = []) -> Command {
        isUsed = true
        var command = Command(Runtime.current.path, ["--root", root] + globals + arguments)
        command.user = user
        if let user { command.environment["XDG_RUNTIME_DIR"] = root + "/\(user)" }
        return command
    }

    /// `create`; the container's output goes to what the output of this command is.
    func creating(_ flags: [String] = []) -> Command {
        command(["create", "--bundle", bundle.directory] + flags + [id])
    }

    /// `create`, which must succeed. The process returned is over; the container writes to its output.
    @discardableResult
    func create(_ flags: [String] = []) throws -> RunningProcess {
        let process = try creating(flags).start()
        _ = try process.wait().succeeded()
        return process
    }

    /// `start`, which must succeed.
    func start() throws { _ = try command("start", id).run().succeeded() }

    /// `run` in the foreground, to its end.
    func run(_ flags: [String] = []) throws -> Output { try running(flags).run() }

    /// `run` in the foreground.
    func running(_ flags: [String] = []) -> Command { command(["run", "--bundle", bundle.directory] + flags + [id]) }

    /// `state` as JSON, which must succeed.
    func state() throws -> Node { try Node(parsing: command("state", id).run().succeeded().standardOutput) }

    /// The status that `state` gives.
    func status() throws -> String? { try state()["status"].text }

    /// The process id that `state` gives.
    func pid() throws -> pid_t {
        guard let pid = try state()["pid"].number else { throw Failure("no pid in the state of \(id)") }
        return pid_t(pid)
    }

    /// `kill`, which must succeed.
    func kill(_ signal: String) throws { _ = try command("kill", id, signal).run().succeeded() }

    /// `delete`, which must succeed.
    func delete(_ flags: String...) throws { _ = try command(["delete"] + flags + [id]).run().succeeded() }

    /// Runs a verb that must be refused: status 1 and nothing on standard output.
    ///
    /// - Returns: The message, for expectations about its words.
    @discardableResult
    func mustRefuse(_ arguments: String..., globals: [String] = []) throws -> String {
        try command(arguments, globals: globals).run().refused()
    }

    /// Waits until `state` says so.
    func waitForStatus(_ wanted: String) throws {
        try eventually("\(id) to be \(wanted)") { try status() == wanted }
    }

    /// Its control groups, in every hierarchy that the runtime may have used.
    func controlGroups() throws -> [String] {
        let parent = try Session.shared.get().controlGroup
        return (["/sys/fs/cgroup"] + Files.list("/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)" })
            .filter { Files.exists($0 + "/cgroup.procs") }.map { "\($0)\(parent)/\(id)" }.filter(Files.exists)
    }

    /// Whatever a test left behind.
    func cleanUp() {
        guard isUsed, Files.exists("\(root)/\(id)") else { return }
        do { _ = try command("delete", "--force", id).run() } catch { print("cannot delete \(id): \(error)") }
    }
}
