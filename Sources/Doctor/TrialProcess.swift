internal import LinuxSystem

/// Something that is tried in a process of its own, so that whatever it changes ends with it.
enum TrialProcess {
    /// How a trial ended.
    enum Ending {
        case succeeded(String)
        case failed(call: String, Errno)
        /// The process could not be made.
        case notBorn(SystemCallError)
    }

    /// Tries something.
    ///
    /// - Parameters:
    ///   - namespaces: New namespaces of the process. In a new user namespace it is root.
    ///   - body: What is tried; its result is told.
    /// - Returns: How it ended.
    static func run(
        _ namespaces: NamespaceSet = [], _ body: () throws(SystemCallError) -> String
    ) -> Ending {
        do throws(SystemCallError) {
            let ids = (effectiveUserID(), effectiveGroupID())
            let (ownNumber, otherNumber) = try FrameSocket.pair()
            let own = FrameSocket(FileDescriptor(owning: ownNumber))
            let other = FileDescriptorBox(FileDescriptor(owning: otherNumber))
            let born: CloneResult
            do throws(SystemCallError) {
                born = try cloneProcess(namespaces)
            } catch {
                return .notBorn(error)
            }
            switch born {
            case .child:
                let report = FrameSocket(FileDescriptor(owning: otherNumber))
                var text: String
                do throws(SystemCallError) {
                    if namespaces.contains(.user) { try becomeRoot(of: ids) }
                    text = "y" + (try body())
                } catch {
                    text = "n\(error.errno.rawValue) \(error.description)"
                }
                // Without a report the trial has failed.
                _ = try? report.send(Array(text.utf8))
                endProcess(0)
            case .parent(_, let process):
                withExtendedLifetime(other) {}
                return try ending(process, own)
            }
        } catch {
            return .failed(call: error.description, error.errno)
        }
    }

    private static func ending(_ process: ProcessHandle, _ own: FrameSocket) throws(SystemCallError) -> Ending {
        let end = try process.waitForEnd()
        // The other end is still open here: nothing is read that was not sent.
        guard end == .exited(0), try waitUntilReady([own.descriptor.rawValue], milliseconds: 0)[0],
            let bytes = try own.receive()?.bytes
        else { return .failed(call: "ended by \(end)", .inputOutput) }
        let text = String(decoding: bytes, as: UTF8.self)
        if text.hasPrefix("y") { return .succeeded(String(text.dropFirst())) }
        let words = text.dropFirst().split(separator: " ", maxSplits: 1)
        return .failed(
            call: words.last.map(String.init) ?? "", Errno(rawValue: words.first.flatMap { Int32($0) } ?? 5))
    }

    /// Maps the one id, as every user may (user_namespaces(7)).
    private static func becomeRoot(of ids: (UInt32, UInt32)) throws(SystemCallError) {
        try openFile("/proc/self/setgroups", .writeOnly).write("deny")
        try openFile("/proc/self/gid_map", .writeOnly).write("0 \(ids.1) 1\n")
        try openFile("/proc/self/uid_map", .writeOnly).write("0 \(ids.0) 1\n")
    }
}

extension TrialProcess.Ending {
    /// The ending as a finding.
    ///
    /// - Parameters:
    ///   - name: What was tried.
    ///   - isNeeded: Whether a sandbox needs it.
    ///   - remedy: What makes it work, by how it failed.
    /// - Returns: The finding.
    func finding(_ name: String, isNeeded: Bool = false, _ remedy: (Errno) -> String? = { _ in nil }) -> Finding {
        switch self {
        case .succeeded(let detail): .yes(name, detail, isNeeded: isNeeded)
        case .failed(let call, let errno): .no(name, call, remedy(errno), isNeeded: isNeeded)
        case .notBorn(let error): .no(name, error.description, remedy(error.errno), isNeeded: isNeeded)
        }
    }
}
