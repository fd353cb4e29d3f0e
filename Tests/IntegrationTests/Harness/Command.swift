import Glibc

/// A program to run outside containers, its output kept in files.
///
/// Files, not pipes: a container that `create` leaves behind holds its output open, and a pipe would never end.
struct Command {
    /// Where standard input comes from.
    enum Input {
        /// /dev/null.
        case nothing
        /// A file that holds this text.
        case text(String)
        /// A pipe, which the test writes to through ``RunningProcess/input``.
        case pipe
        /// A terminal by its path, which becomes 0, 1 and 2 and the controlling terminal.
        case terminal(String)
    }

    var program: String
    var arguments: [String]
    var input = Input.nothing
    var directory: String?
    /// Descriptors of this process that the program gets besides 0-2: its number to ours.
    var inherited: [Int32: Int32] = [:]
    /// The user and group id to run as, without further groups.
    var user: UInt32?
    var environment: [String: String] = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

    init(_ program: String, _ arguments: [String] = []) {
        self.program = program
        self.arguments = arguments
    }

    /// The same program in a mount namespace of its own, after a shell script has prepared it.
    ///
    /// - Parameter preparation: Runs as root with `set -e`; the machine's own mounts stay as they are.
    /// - Returns: The command to run in place of this one.
    func afterMounts(_ preparation: String) -> Command {
        var command = self
        command.program = "/usr/bin/unshare"
        command.arguments =
            ["--mount", "--propagation", "private", "/bin/sh", "-euc", preparation + "\nexec \"$@\"", "sh", program]
            + arguments
        return command
    }

    /// Runs to the end.
    func run(timeout seconds: Int = 30) throws -> Output { try start().wait(timeout: seconds) }

    /// Starts and goes on.
    func start() throws -> RunningProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }

        let output = try temporaryFile()
        let errors = try temporaryFile()
        var given: [Int32] = []
        defer { given.forEach { close($0) } }
        var writeEnd: Int32?
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF

        switch input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .text(let text):
            let file = try temporaryFile()
            given.append(file)
            try Files.write(text, descriptor: file)
            lseek(file, 0, SEEK_SET)
            posix_spawn_file_actions_adddup2(&actions, file, 0)
        case .pipe:
            let (readable, writable) = try makePipe()
            given.append(readable)
            writeEnd = writable
            posix_spawn_file_actions_adddup2(&actions, readable, 0)
        case .terminal(let path):
            flags |= 0x80  // POSIX_SPAWN_SETSID, which Swift does not see
            posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        }
        if case .terminal = input {
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
            posix_spawn_file_actions_adddup2(&actions, 0, 2)
        } else {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, errors, 2)
        }
        for (theirs, ours) in inherited { posix_spawn_file_actions_adddup2(&actions, ours, theirs) }

        // Whatever this process ignores or blocks, the program starts with the defaults.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var words = [program] + arguments
        if let directory { words = ["/usr/bin/env", "--chdir=\(directory)"] + words }
        if let user, user != geteuid() {
            let identity = ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--"]
            words = ["/usr/bin/setpriv"] + identity + words
        }
        var argv = words.map { strdup($0) } + [nil]
        var environ = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argv + environ).forEach { free($0) } }
        var pid: pid_t = 0
        let status = posix_spawn(&pid, words[0], &actions, &attributes, &argv, &environ)
        if status != 0 { throw Failure("cannot run \(words[0]): \(String(cString: strerror(status)))") }
        return RunningProcess(pid: pid, words: words, output: output, errors: errors, input: writeEnd)
    }

    /// A file without a name, so that nothing has to take it away.
    private func temporaryFile() throws -> Int32 {
        let path = "/tmp/agentrt-output-\(uniqueNumber())"
        let file = try check(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600), "open", path)
        unlink(path)
        return file
    }

    /// A pipe whose ends no other test's program inherits, not even one that starts at this moment.
    private func makePipe() throws -> (readable: Int32, writable: Int32) {
        let path = "/tmp/agentrt-pipe-\(uniqueNumber())"
        try check(mkfifo(path, 0o600), "mkfifo", path)
        defer { unlink(path) }
        let readable = try check(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), "open", path)
        let writable = try check(open(path, O_WRONLY | O_CLOEXEC), "open", path)
        try check(fcntl(readable, F_SETFL, 0), "fcntl", path)
        return (readable, writable)
    }
}

/// A number that no test of this or another run has.
func uniqueNumber() -> String { "\(getpid())-\(counter.next())" }

private let counter = Counter()

/// Numbers that are given once, to tests that run in parallel.
private final class Counter: @unchecked Sendable {
    private var value = 0
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(lock, nil) }

    func next() -> Int {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        value += 1
        return value
    }
}
