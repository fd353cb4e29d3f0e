internal import LinuxSystem

/// A throw-away project with a profile, and what lies around it on the host: a secret, programs, somebody who listens.
final class Playground {
    /// Where all of it is.
    let directory: String
    /// Where each attempt finds what it needs.
    let surroundings: Surroundings
    /// What this machine has of what attempts need.
    private(set) var available: Set<Attempt.Need> = []

    private var listeners: [FileDescriptorBox] = []
    private var outsider: ProcessHandle?
    private var sharedMemory: Int?
    private static let bash = "/usr/bin/bash"

    var project: String { surroundings.project }
    /// Where agentrt keeps its state in the meantime.
    var stateRoot: String { directory + "/state" }

    /// Lays it out.
    ///
    /// - Parameter parent: The directory to make it in.
    /// - Throws: ``SystemCallError``; what was made is removed.
    init(in parent: String) throws(SystemCallError) {
        let name = "agentrt-selftest-" + (try randomBytes(6)).map { String($0, radix: 16) }.joined()
        directory = parent + "/" + name
        try LinuxSystem.makeDirectory(directory, mode: 0o700)
        let (listener, port) = try Steps.listenOnLoopback()
        listeners.append(listener)
        let (pid, process) = try Self.startOutsider()
        outsider = process
        surroundings = Surroundings(
            project: directory + "/project", outsider: Int(pid), port: port, abstractName: name)
        do throws(SystemCallError) {
            try layOutHost(name)
            try layOutProject()
        } catch {
            // The reason to stop is the first failure, which is told; a second one says no more.
            try? remove()
            throw error
        }
    }

    /// Removes all of it.
    ///
    /// - Throws: ``SystemCallError``.
    func remove() throws(SystemCallError) {
        listeners = []
        if let outsider {
            try outsider.send(signal: Signals.kill)
            _ = try outsider.waitForEnd()
        }
        outsider = nil
        if let sharedMemory { try attempt("shmctl", .number(sharedMemory), 0, 0) }
        sharedMemory = nil
        let parent = try openFile(directory.parentPath, [.path, .directory])
        try parent.removeTree(String(directory.dropFirst(directory.parentPath.count + 1)))
    }

    // MARK: The host

    /// A process with a number that no process of a new sandbox has.
    private static func startOutsider() throws(SystemCallError) -> (Int32, ProcessHandle) {
        while true {
            switch try cloneProcess([]) {
            case .child:
                do throws(SystemCallError) { try setParentDeathSignal(Signals.kill) } catch { endProcess(1) }
                while true { sleep(milliseconds: 1_000_000) }
            case .parent(let pid, let process):
                if pid > 64 { return (pid, process) }
                try process.send(signal: Signals.kill)
                _ = try process.waitForEnd()
            }
        }
    }

    private func layOutHost(_ name: String) throws(SystemCallError) {
        try LinuxSystem.makeDirectory(stateRoot, mode: 0o700)
        try LinuxSystem.makeDirectory(directory + "/other")
        try write("outside\n", to: directory + "/secret.txt")
        _ = try Steps.copy("/proc/self/exe", to: directory + "/payload")
        #if arch(x86_64)
            available.insert(.x86)
        #endif
        if Steps.loader != nil { available.insert(.loader) }
        if let status = try fileStatus(Self.bash), status.permissions & 0o111 != 0 {
            available.insert(.bash)
            _ = try Steps.copy(Self.bash, to: directory + "/bash")
        }
        do throws(SystemCallError) {
            try attempt("setxattr", .text(directory + "/secret.txt"), "user.selftest", "x", 1, 0)
            available.insert(.xattr)
        } catch {}  // This file system has none.
        do throws(SystemCallError) {
            _ = try openFile(directory, Steps.withoutName, mode: 0o600)
            available.insert(.filesWithoutName)
        } catch {}  // Nor files without a name.
        for path in [[0] + Array(name.utf8), Array((directory + "/socket").utf8) + [0]] {
            let socket = try Steps.socket(1, 1)
            let (address, length) = Steps.unixAddress(path)
            try attempt("bind", .descriptor(socket), address, length)
            try attempt("listen", .descriptor(socket), 16)
            listeners.append(FileDescriptorBox(socket))
        }
        // IPC_CREAT|IPC_EXCL, for the user alone.
        sharedMemory = try attempt("shmget", .number(surroundings.outsider), 4096, 0o3600)
    }

    // MARK: The project

    /// Makes the project anew.
    func layOutProject() throws(SystemCallError) {
        let parent = try openFile(directory, [.readOnly, .directory])
        try parent.removeTree("project")
        try parent.removeTree("other")
        for path in [
            "other", "project", "project/src", "project/src/empty", "project/doc", "project/vault", "project/temp",
            "project/temp/fixed", "project/temp/fixed/deep", "project/.git", "project/.git/hooks",
            "project/.git/objects",
            "project/.git/refs",
        ] { try LinuxSystem.makeDirectory(directory + "/" + path) }
        for (path, text) in [
            ("src/main.txt", "source\n"), (".env", "KEY=secret\n"), ("vault/key", "secret\n"),
            ("temp/private", "secret\n"), ("temp/fixed/deep/rule", "rule\n"),
            (".git/HEAD", "ref: refs/heads/main\n"),
            (".git/config", "[core]\n\tbare = false\n"), ("temp/profile.json", profile),
        ] { try write(text, to: project + "/" + path) }
        try attempt("symlinkat", .text(directory + "/secret.txt"), -100, .text(project + "/src/link-out"))
        // The socket on which somebody outside listens, by a name in the project.
        try attempt("linkat", -100, .text(directory + "/socket"), -100, .text(project + "/src/socket"), 0)
        // Other names of the same files: they are large, and this is done again after each attempt that changes some.
        for path in ["probe", "src/payload"] { try link("payload", project + "/" + path) }
        if available.contains(.bash) { try link("bash", project + "/src/bash") }
    }

    private var profile: String {
        let executables = ["<project root>/probe"] + (available.contains(.bash) ? [Self.bash] : [])
        return """
            {
              "readOnlyPaths": ["<project root>/", "<project root>/temp/fixed/deep"],
              "writeablePaths": ["<project root>/doc", "<project root>/temp", "<project root>/.git"],
              "deniedPaths": ["<project root>/.env", "<project root>/vault", "<project root>/temp/private"],
              "allowedExecutables": [\(executables.map { "\"\($0)\"" }.joined(separator: ", "))],
              "resources": { "wallTime": "20s" }
            }

            """
    }

    private func link(_ name: String, _ path: String) throws(SystemCallError) {
        try attempt("linkat", -100, .text(directory + "/" + name), -100, .text(path), 0)
    }

    private func write(_ text: String, to path: String) throws(SystemCallError) {
        try openFile(path, [.writeOnly, .create, .truncate], mode: 0o644).write(text)
    }

    // MARK: What must not change

    /// Removes what an attempt may leave where it may write.
    func clean() throws(SystemCallError) {
        for (path, names) in [
            ("doc", try directoryEntries(project + "/doc")), ("temp", ["own", "f", "link", "public", "d"]),
            (".git", ["config.lock"]),
        ] {
            // Outside of a sandbox an attempt may have removed or renamed it.
            guard try fileStatus(project + "/" + path)?.kind == .directory else { continue }
            let directory = try openFile(project + "/" + path, [.readOnly, .directory])
            for name in names { try directory.removeTree(name) }
        }
    }

    /// All that no attempt may change, as text that can be compared.
    func fingerprint() throws(SystemCallError) -> [String] {
        var lines: [String] = []
        for name in try directoryEntries(directory).sorted() where name != "state" { try add(name, to: &lines) }
        for path in ["/dev/null", "/proc/sys/kernel/core_pattern", "/etc/passwd"] {
            let status = try fileStatus(path)
            // The kernel's own files have a new time each time they are looked up anew.
            let time = path.hasPrefix("/proc/") ? 0 : status?.changed ?? 0
            lines.append("\(path) \(status.map { "\($0.permissions) \($0.uid) \(time)" } ?? "missing")")
        }
        lines.append(String(decoding: try readFile("/proc/sys/kernel/hostname"), as: UTF8.self))
        return lines
    }

    private func add(_ path: String, to lines: inout [String]) throws(SystemCallError) {
        guard let status = try fileStatus(directory + "/" + path, followsLink: false) else { return }
        let isWritable = ["project/doc", "project/temp", "project/.git"].contains(path)
        let times = isWritable ? "" : " \(status.modified) \(status.changed)"
        lines.append("\(path) \(status.kind) \(status.permissions) \(status.uid) \(status.inode)\(times)")
        guard status.kind == .directory, path != "project/doc" else { return }
        for name in try directoryEntries(directory + "/" + path).sorted() { try add(path + "/" + name, to: &lines) }
    }
}
