import Glibc

/// What all tests of one run share: a directory, the payload, busybox and the parent of their control groups.
struct Session {
    let directory: String
    /// The payload as a file on the host.
    let payload: String
    let busybox: String
    /// The control group below which every test container is.
    let controlGroup: String

    static let shared = Result { try Session() }

    private init() throws {
        try Runtime.current.mustExist()
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/agentrt-tests.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure.call("mkdtemp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        controlGroup = "/agentrt-tests-\(getpid())"
        payload = directory + "/payload"
        busybox = directory + "/busybox"
        try check(chmod(directory, 0o755), "chmod", directory)
        atexit { Session.end() }

        let sources = ["payload.c", "facts.c", "attempts.c", "behaviours.c", "questions.c", "spy.c"]
        let flags = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-static", "-o", payload]
        _ = try Command("/usr/bin/gcc", flags + sources.map { "\(Runtime.projectRoot)/Tests/Payload/\($0)" })
            .run(timeout: 300).succeeded()
        _ = try Command("/bin/cp", ["/bin/busybox", busybox]).run().succeeded()
    }

    /// At the end of the run: the directory, and the groups that runtimes made above their containers' own.
    private static func end() {
        guard case .success(let session) = shared else { return }
        let hierarchies = ["/sys/fs/cgroup"] + Files.list("/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)" }
        for parent in hierarchies.map({ $0 + session.controlGroup }) {
            for group in Files.list(parent).map({ "\(parent)/\($0)" }) {
                // What a broken runtime could not end: all in these groups was started by this run.
                let processes = (try? Files.read(group + "/cgroup.procs")) ?? ""
                processes.split(separator: "\n").compactMap { pid_t($0) }.forEach { kill($0, SIGKILL) }
                for _ in 0..<100 where rmdir(group) == -1 && errno == EBUSY { usleep(10_000) }
            }
            rmdir(parent)
        }
        do { try Files.removeTree(session.directory) } catch { print("cannot clean up: \(error)") }
    }
}
