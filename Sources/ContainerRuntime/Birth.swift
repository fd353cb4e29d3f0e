internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// Brings the container's first process into being, with its namespaces and in its control group.
struct Birth {
    let plan: InitPlan

    /// Makes the process; `body` is its whole life.
    ///
    /// - Parameters:
    ///   - cgroup: The control group it is born in.
    ///   - body: Runs in the new process and never returns.
    /// - Returns: The process's id and handle; it is a child of this process.
    /// - Throws: ``RuntimeError`` in this process.
    func make(
        into cgroup: Cgroup?, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        if plan.joinedNamespaces.isEmpty && plan.timeOffsets.isEmpty {
            return try clone(plan.newNamespaces, into: cgroup, asSibling: false, body: body)
        }
        return try makeThroughJoiner(into: cgroup, body: body)
    }

    private func clone(
        _ namespaces: NamespaceSet, into cgroup: Cgroup?, asSibling: Bool, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let what = cgroup.map { "clone into cgroup \(quoted($0.absolutePath))" } ?? "clone"
        let born: CloneResult
        do throws(SystemCallError) {
            born = try cloneProcess(namespaces, intoCgroup: cgroup?.directory, asSibling: asSibling)
        } catch  where error.errno == .notSupported && cgroup != nil {
            // cgroup-v2.rst, Threads: an invalid domain.
            throw RuntimeError("\(what): a group above it holds processes or is threaded, so that it can hold none")
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
        switch born {
        case .child: body()
        case .parent(let pid, let process): return (pid, process)
        }
    }

    /// Joins existing namespaces in a process of its own, which then bears init as this process's child and ends: so
    /// that this process stays where it is.
    private func makeThroughJoiner(
        into cgroup: Cgroup?, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let namespaces = try openJoined()
        let (reportNumber, joinerNumber) = try during("socketpair") { try FrameSocket.pair() }
        let report = FrameSocket(FileDescriptor(owning: reportNumber))
        let joinerEnd = FileDescriptorBox(FileDescriptor(owning: joinerNumber))
        switch try during("clone", { try cloneProcess([]) }) {
        case .child:
            let channel = FrameSocket(FileDescriptor(owning: joinerNumber))
            do throws(RuntimeError) {
                try join(namespaces)
                var new = plan.newNamespaces
                if !plan.timeOffsets.isEmpty {
                    try makeTimeNamespace()
                    new.remove(.time)
                }
                let (pid, _) = try clone(new, into: cgroup, asSibling: true, body: body)
                try during("report") { try channel.send(Array("\(pid)".utf8)) }
                endProcess(0)
            } catch {
                // If this cannot be told, the runtime sees the socket close without a report.
                _ = try? channel.send(.failed(status: error.exitStatus, message: error.description))
                endProcess(1)
            }
        case .parent(_, let joiner):
            _ = joinerEnd
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

    /// Makes a time namespace for the next child: offsets can be set only before anybody lives in it.
    private func makeTimeNamespace() throws(RuntimeError) {
        try during("linux.timeOffsets") { () throws(SystemCallError) in
            try unshareNamespaces(.time)
            try openFile("/proc/self/timens_offsets", .writeOnly).write(plan.timeOffsets)
        }
    }

    /// Opens all namespaces before any is joined: paths like /proc/self/ns/net mean this process's.
    private func openJoined() throws(RuntimeError) -> [(InitPlan.JoinedNamespace, FileDescriptorBox)] {
        var opened: [(InitPlan.JoinedNamespace, FileDescriptorBox)] = []
        for namespace in plan.joinedNamespaces {
            let file = try during(namespace.origin) { () throws(SystemCallError) in
                let file = try openFile(namespace.path, .readOnly)
                // NSFS_MAGIC: a path that is no namespace is told as such, not as EINVAL of setns.
                guard try file.fileSystemMagic() == 0x6e73_6673 else {
                    throw SystemCallError(
                        call: "open", object: "\(quoted(namespace.path)), no namespace", errno: .invalidArgument)
                }
                return FileDescriptorBox(file)
            }
            opened.append((namespace, file))
        }
        return opened
    }

    /// Joins the user namespace last, with this process's rights over the others; those that only the user namespace
    /// gives a right to come after it.
    private func join(_ namespaces: [(InitPlan.JoinedNamespace, FileDescriptorBox)]) throws(RuntimeError) {
        var later: [(InitPlan.JoinedNamespace, FileDescriptorBox)] = []
        let joinsUser = namespaces.contains { $0.0.kind == .user }
        for (namespace, file) in namespaces where namespace.kind != .user {
            do throws(SystemCallError) {
                try file.descriptor.joinNamespace(namespace.kind)
            } catch  where error.errno == .notPermitted && joinsUser {
                later.append((namespace, file))
            } catch {
                throw RuntimeError("\(namespace.origin): join \(quoted(namespace.path)): \(error)")
            }
        }
        for (namespace, file) in namespaces.filter({ $0.0.kind == .user }) + later {
            try during("\(namespace.origin): join \(quoted(namespace.path))") {
                try file.descriptor.joinNamespace(namespace.kind)
            }
        }
    }
}
