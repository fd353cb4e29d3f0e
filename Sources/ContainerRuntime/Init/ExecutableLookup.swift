internal import LinuxSystem

/// Finds the container's program before anything waits for it, so that `create` can say that it is missing.
enum ExecutableLookup {
    /// The path of a program, from inside the container.
    ///
    /// - Parameters:
    ///   - command: A path, or a name to look for in `search`.
    ///   - search: The container's PATH.
    /// - Returns: The path that is executed.
    /// - Throws: ``RuntimeError`` in the words that engines look for, with the exit status of a shell.
    static func path(of command: String, search: String?) throws(RuntimeError) -> String {
        if command.contains("/") {
            try check(command, command)
            return command
        }
        var denied: RuntimeError?
        for directory in (search ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(
            separator: ":")
        {
            let path = directory + "/" + command
            do throws(RuntimeError) {
                try check(path, command)
                return path
            } catch  where error.exitStatus == 126 {
                denied = error
            } catch {
                continue
            }
        }
        throw denied
            ?? RuntimeError(
                "executable file `\(command)` not found in $PATH: no such file or directory", exitStatus: 127)
    }

    private static func check(_ path: String, _ command: String) throws(RuntimeError) {
        let status: FileStatus?
        do throws(SystemCallError) {
            status = try fileStatus(path)
        } catch  where error.errno == .permissionDenied {
            throw RuntimeError("exec \(quoted(command)): permission denied", exitStatus: 126)
        } catch {
            throw RuntimeError("exec \(quoted(command)): \(error.errno)", exitStatus: 126)
        }
        guard let status else {
            throw RuntimeError(
                "executable file `\(command)` not found: no such file or directory",
                exitStatus: 127)
        }
        if status.kind == .directory {
            throw RuntimeError("exec \(quoted(command)): is a directory: permission denied", exitStatus: 126)
        }
        if status.permissions & 0o111 == 0 {
            throw RuntimeError("exec \(quoted(command)): permission denied", exitStatus: 126)
        }
        try refuseOwnImage(path, command, isLast: false)
    }

    /// Refuses the runtime's own file, directly or as the interpreter of a script or of an ELF file: the container could
    /// reach it through the new process, and write it where it has the right to (CVE-2019-5736).
    ///
    /// - Parameters:
    ///   - path: What is about to be executed.
    ///   - command: What it is called in messages.
    ///   - isLast: Whether this is the check right before the exec, with the container's rights.
    /// - Throws: ``RuntimeError`` where it is the runtime, or cannot be judged.
    static func refuseOwnImage(_ path: String, _ command: String, isLast: Bool) throws(RuntimeError) {
        // Looked up through the link of the kernel while /proc may be the container's: the file itself was recorded
        // before the root was changed.
        guard let own = ownImage else { return }
        var path = path
        for _ in 0..<5 {  // The kernel follows as many interpreters.
            let next: String?
            do throws(SystemCallError) {
                guard let status = try fileStatus(path) else { return }
                guard status.device != own.device || status.inode != own.inode else {
                    throw SystemCallError(call: "exec", errno: .permissionDenied)
                }
                next = try interpreter(path)
            } catch  where error.call == "exec" {
                throw RuntimeError("exec \(quoted(command)): is the runtime itself: permission denied", exitStatus: 126)
            } catch  where isLast && error.errno == .permissionDenied {
                return  // Judged before with the runtime's rights; without them a program need not be readable.
            } catch {
                // What cannot be judged is refused.
                throw RuntimeError("exec \(quoted(command)): \(error)", exitStatus: 126)
            }
            guard let next else { return }
            path = next
        }
    }

    /// The interpreter that a script's first line names, or an ELF file; nil for what has none.
    private static func interpreter(_ path: String) throws(SystemCallError) -> String? {
        // A FIFO would wait for somebody to write into it.
        let file = try openFile(path, [.readOnly, .nonBlocking, .noControllingTerminal])
        let start = try file.read(upTo: 4096)
        let name: ArraySlice<UInt8>
        if start.starts(with: "#!".utf8) {
            let line = start[2..<min(256, start.count)].prefix { $0 != 10 }
            guard let word = line.split(whereSeparator: { $0 == 32 || $0 == 9 }).first else { return nil }
            name = word
        } else if let place = ELFInterpreter.place(in: start) {
            name = try file.read(at: place.offset, upTo: min(place.length, 4096)).prefix { $0 != 0 }
        } else {
            return nil
        }
        guard let text = String(validating: name, as: UTF8.self) else {
            // A name that no text can hold could not be judged.
            throw SystemCallError(call: "interpreter", object: quoted(path), errno: .illegalByteSequence)
        }
        return text
    }

    /// The runtime's own file, recorded in the host's tree.
    nonisolated(unsafe) private static var ownImage: FileStatus?

    /// Records the runtime's own file; to be called while the host's /proc is in place.
    static func recordOwnImage() throws(RuntimeError) {
        ownImage = try during("/proc/self/exe") { try fileStatus("/proc/self/exe") }
    }
}
