internal import Cgroup
internal import LinuxSystem

/// Bears processes; where one is to live in namespaces that exist, by a process in between, the joiner, which moves into
/// them, bears it there as a child of this process, and ends: so that this process stays where it is.
enum Joiner {
    /// Makes a process with clone3(2).
    ///
    /// - Parameters:
    ///   - namespaces: Namespaces that are new for it.
    ///   - cgroup: The control group it is born in.
    ///   - asSibling: Whether it becomes a child of this process's parent.
    ///   - body: Its whole life.
    /// - Returns: Its id and handle.
    /// - Throws: ``RuntimeError`` in this process.
    static func clone(
        _ namespaces: NamespaceSet, into cgroup: Cgroup?, asSibling: Bool, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let what = cgroup.map { "clone into cgroup \(quoted($0.absolutePath))" } ?? "clone"
        let born: CloneResult
        do throws(SystemCallError) {
            born = try cloneProcess(namespaces, intoCgroup: cgroup?.directory, asSibling: asSibling)
        } catch  where error.errno == .notSupported && cgroup != nil {
            // cgroup-v2.rst, Threads: an invalid domain.
            throw RuntimeError("\(what): a group above it holds processes or is threaded, so that it can hold none")
        } catch  where namespaces.contains(.user) && isAboutNamespaces(error.errno) {
            throw RuntimeError("user namespace: \(error): \(UserNamespaceObstacle(of: error.errno))")
        } catch  where error.errno == .notPermitted && !namespaces.isEmpty && effectiveUserID() == 0 {
            throw RuntimeError(
                "\(what): \(error): root here has no CAP_SYS_ADMIN, which the container around holds back; run as another "
                    + "user of it (--user 1000 with docker and podman), or with --cap-add SYS_ADMIN --cap-add NET_ADMIN"
            )
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
        switch born {
        case .child: body()
        case .parent(let pid, let process): return (pid, process)
        }
    }

    /// What clone3(2) fails with where namespaces are forbidden, and a filter in its stead.
    private static func isAboutNamespaces(_ errno: Errno) -> Bool {
        [.notPermitted, .permissionDenied, .noSpace, .notImplemented, .invalidArgument].contains(errno)
    }

    /// Makes a process in namespaces that exist.
    ///
    /// - Parameters:
    ///   - joinerCgroup: The control group that the joiner is born in, and with it the process; nil for this one's own.
    ///   - cgroup: The one that the process is born in, instead.
    ///   - join: Moves the joiner; returns what is new for the process.
    ///   - body: The process's whole life.
    /// - Returns: The process's id and handle; it is a child of this process.
    /// - Throws: ``RuntimeError`` in this process, whichever it was that failed.
    static func bear(
        bornIn joinerCgroup: Cgroup? = nil, into cgroup: Cgroup? = nil,
        join: () throws(RuntimeError) -> NamespaceSet, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let (reportNumber, joinerNumber) = try during("socketpair") { try FrameSocket.pair() }
        let report = FrameSocket(FileDescriptor(owning: reportNumber))
        let joinerEnd = FileDescriptorBox(FileDescriptor(owning: joinerNumber))
        let (_, joiner) = try clone([], into: joinerCgroup, asSibling: false) {
            _ = FileDescriptor(owning: reportNumber)
            let channel = FrameSocket(FileDescriptor(owning: joinerNumber))
            do throws(RuntimeError) {
                // One that waits, in a frozen group perhaps, does not outlive whoever waits for it.
                try during("parent-death signal") { try setParentDeathSignal(Signals.kill) }
                let new = try join()
                let (pid, _) = try clone(new, into: cgroup, asSibling: true) {
                    _ = FileDescriptor(owning: joinerNumber)
                    body()
                }
                try during("report") { try channel.send(Array("\(pid)".utf8)) }
                endProcess(0)
            } catch {
                // If this cannot be told, the runtime sees the socket close without a report.
                _ = try? channel.send(.failed(status: error.exitStatus, message: error.description))
                endProcess(1)
            }
        }
        withExtendedLifetime(joinerEnd) {}
        // Only the joiner's end is left, which closes with it.
        _ = consume joinerEnd
        let frame = try during("join namespaces") { try report.receive() }
        _ = try during("join namespaces") { try joiner.waitForEnd() }
        guard let bytes = frame?.bytes else { throw RuntimeError("join namespaces: the joiner died") }
        if case .failed(let status, let message) = InitMessage(frame: bytes) {
            throw RuntimeError(message, exitStatus: status)
        }
        guard let pid = Int32(String(decoding: bytes, as: UTF8.self)) else {
            throw RuntimeError("join namespaces: the joiner's report is no process id")
        }
        // A child of this process that has not been reaped: the id cannot have passed to another.
        return (pid, try during("join namespaces") { try ProcessHandle(pid: pid) })
    }
}
