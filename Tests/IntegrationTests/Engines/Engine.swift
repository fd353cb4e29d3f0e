import Glibc

/// What the suites of container engines share: an image made here, and limits that this kind of machine bears.
///
/// Engines come from the distribution. Each is given directories of its own in the test's scratch, so that nothing of an
/// engine that runs on the machine is seen or touched.
enum Engine {
    /// The name of the image.
    static let image = "localhost/agentrt-tests/box"

    /// Engines ask for the highest limits on open files and processes; where root lacks CAP_SYS_RESOURCE, as in many
    /// virtual machines, no runtime may raise them.
    static let resourceLimits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]

    /// Writes a root file system as a tar archive: busybox, two users, and a few empty directories.
    static func makeImage(_ scratch: Scratch) throws -> String {
        let root = try scratch.makeDirectory("image")
        for name in ["bin", "dev", "etc", "proc", "root", "run", "sys"] { try Files.makeDirectory("\(root)/\(name)") }
        try Files.makeDirectory(root + "/tmp", mode: 0o1777)
        // A copy: tar notices when other tests take further names of a file that it reads.
        _ = try Command("/bin/cp", [Session.shared.get().busybox, root + "/bin/busybox"]).run().succeeded()
        for applet in [
            "cat", "dd", "echo", "env", "false", "hostname", "id", "ls", "ps", "sh", "sleep", "stty", "touch", "true",
            "tty",
        ] {
            try check(symlink("busybox", "\(root)/bin/\(applet)"), "symlink", applet)
        }
        try Files.write("root:x:0:0:root:/root:/bin/sh\ntool:x:1000:1000::/tmp:/bin/sh\n", to: root + "/etc/passwd")
        try Files.write("root:x:0:\ntool:x:1000:\n", to: root + "/etc/group")
        let archive = try scratch.path("image.tar")
        _ = try Command("/bin/tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]).run().succeeded()
        return archive
    }

    /// A script whose program ends when it is told to, as a service does.
    static let service = ["sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"]
}

/// A daemon of an engine; it and the processes below it end when the test lets go of it.
final class EngineDaemon {
    let process: RunningProcess

    /// Starts a daemon and waits until it answers.
    ///
    /// - Parameters:
    ///   - command: The daemon.
    ///   - probe: A command that succeeds once the daemon is ready.
    /// - Throws: ``Failure`` where the daemon ends or never answers.
    init(_ command: Command, probe: Command) throws {
        process = try command.start()
        let process = process
        try eventually("an answer of \(command.program)", within: 60) {
            if let end = process.poll() { throw Failure("\(end)") }
            return try probe.run().status == 0
        }
    }

    deinit {
        process.kill(SIGTERM)
        do { _ = try process.wait(timeout: 60) } catch { print("\(error)") }
    }
}
