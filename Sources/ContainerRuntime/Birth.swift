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
        if let user = plan.warm?.user {
            // Its new namespaces belong to the user namespace only if they are made by a process that is in it.
            return try Joiner.bear(
                into: cgroup,
                join: { () throws(RuntimeError) in
                    try during("join what is kept warm") { try user.descriptor.joinNamespace(.user) }
                    return plan.namespacesAtBirth
                }, body: body)
        }
        if plan.joinedNamespaces.isEmpty && plan.timeOffsets.isEmpty {
            return try Joiner.clone(plan.namespacesAtBirth, into: cgroup, asSibling: false, body: body)
        }
        return try makeThroughJoiner(into: cgroup, body: body)
    }

    private func makeThroughJoiner(
        into cgroup: Cgroup?, body: () -> Never
    ) throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let namespaces = try openJoined()
        return try Joiner.bear(
            into: cgroup,
            join: { () throws(RuntimeError) in
                try join(namespaces)
                guard !plan.timeOffsets.isEmpty else { return plan.namespacesAtBirth }
                try makeTimeNamespace()
                return plan.namespacesAtBirth.subtracting(.time)
            }, body: body)
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
