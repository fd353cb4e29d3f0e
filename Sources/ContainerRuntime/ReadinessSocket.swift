internal import LinuxSystem
internal import OCISpec

/// Tells the service manager that the container is ready, when its program says so (sd_notify(3)).
///
/// The container has a socket of its own, in a directory of its state that is mounted read-only where the manager's
/// socket is outside. Of what is sent there `READY=1` alone is passed on, in the runtime's words: the manager's socket
/// takes orders too.
struct ReadinessSocket: Sendable {
    private static let name = "notify"
    private let socket: DatagramSocket
    /// The manager's socket.
    private let manager: String
    private let report: @Sendable (String) -> Void

    /// The socket, to wait on.
    var descriptor: FileDescriptor { _read { yield socket.descriptor } }

    /// Has a container's configuration lead to its socket.
    ///
    /// - Parameters:
    ///   - spec: The configuration.
    ///   - place: The path of the container's state directory, which need not be there yet.
    ///   - manager: The manager's socket.
    static func add(to spec: inout Spec, in place: String, at manager: String) {
        spec.mounts.append(
            Mount(
                destination: manager, type: "bind", source: "\(place)/\(name)",
                options: ["bind", "ro", "nosuid", "nodev", "noexec"]))
        spec.process?.env.append("NOTIFY_SOCKET=\(manager)/\(name)")
    }

    /// Makes the directory that is mounted.
    ///
    /// - Parameter state: The container's state directory.
    /// - Throws: ``RuntimeError``.
    static func makeDirectory(in state: StateDirectory) throws(RuntimeError) {
        try during("NOTIFY_SOCKET") { () throws(SystemCallError) in
            try state.directory.makeDirectory(name, mode: 0o755)
            try state.directory.changeMode(name, 0o755)
        }
    }

    /// Makes the container's socket; nil where the container was created without.
    ///
    /// - Parameters:
    ///   - state: The container's state directory.
    ///   - manager: The manager's socket.
    ///   - report: Told where the manager could not be.
    /// - Throws: ``RuntimeError``.
    init?(
        in state: StateDirectory, for manager: String, report: @escaping @Sendable (String) -> Void
    ) throws(RuntimeError) {
        guard try during("NOTIFY_SOCKET", { try state.directory.status(of: Self.name) }) != nil else { return nil }
        socket = try during("NOTIFY_SOCKET") { () throws(SystemCallError) in
            let directory = try state.directory.open(Self.name, [.readOnly, .directory])
            let socket = try DatagramSocket(binding: Self.name, in: directory)
            // Whichever user the program is: nobody but the container gets there.
            try directory.changeMode(Self.name, 0o777)
            return socket
        }
        (self.manager, self.report) = (manager, report)
    }

    /// Reads what the container has sent, and tells the manager where it is ready.
    ///
    /// - Parameter pid: The process that is the service's main one from then on; nil leaves it as it is.
    /// - Returns: Whether it is ready.
    /// - Throws: ``RuntimeError``.
    func attend(mainProcess pid: Int32?) throws(RuntimeError) -> Bool {
        // Not for as long as there are some: the container may send them faster than they are read.
        for _ in 0..<16 {
            guard let datagram = try during("NOTIFY_SOCKET", { try socket.receive() }) else { return false }
            let lines = datagram.split(separator: UInt8(ascii: "\n"))
            guard lines.contains(where: { $0.elementsEqual("READY=1".utf8) }) else { continue }
            do throws(SystemCallError) {
                try tell(pid)
            } catch {
                report("NOTIFY_SOCKET: \(error)")  // The container runs all the same.
            }
            return true
        }
        return false
    }

    private func tell(_ pid: Int32?) throws(SystemCallError) {
        let socket = try DatagramSocket(connectedTo: manager)
        let mainProcess = pid.map { "MAINPID=\($0)\n" } ?? ""
        try socket.send(Array("\(mainProcess)READY=1".utf8))
        // Whoever has ended by the time it is read is nobody's: the manager closes the pipe once it has come so far
        // (sd_notify_barrier(3)). One that does not is not waited for longer than systemd's own library does.
        let (reader, writer) = try FrameSocket.pipe()
        try socket.send(Array("BARRIER=1".utf8), descriptors: [writer.descriptor.rawValue])
        writer.close()
        _ = try waitUntilReady([reader.descriptor.rawValue], milliseconds: 5000)
    }

    /// Waits until the container is ready, or has ended.
    ///
    /// - Parameters:
    ///   - process: Its first process.
    ///   - pid: Its id.
    /// - Throws: ``RuntimeError``.
    func wait(for process: ProcessHandle, pid: Int32) throws(RuntimeError) {
        while true {
            let ready = try during("NOTIFY_SOCKET") {
                try waitUntilReady([descriptor.rawValue, process.descriptor.rawValue])
            }
            if ready[0], try attend(mainProcess: pid) { return }
            if ready[1] { return }
        }
    }
}

extension Container {
    /// The container's socket for a service manager; nil where it was created without.
    func readinessSocket(in state: StateDirectory, for manager: String) throws(RuntimeError) -> ReadinessSocket? {
        try ReadinessSocket(in: state, for: manager, report: report)
    }
}
