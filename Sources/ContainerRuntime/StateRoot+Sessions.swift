internal import Cgroup
internal import LinuxSystem

/// A session: calls that share the limits of their agent, in one control group.
public struct SessionDetails: Sendable {
    /// Its name, as `--session` gave it.
    public let name: String
    /// The control groups of its calls, by their names in the session's (`TOOL-NUMBER`).
    public let calls: [String]
    /// How many processes its calls have now.
    public let processes: Int
    /// Bytes of memory that its calls use now; nil where the kernel does not count them for the session.
    public let memory: UInt64?
    /// How many they may use; nil for no limit.
    public let memoryLimit: UInt64?
}

extension StateRoot {
    /// The sessions of this user that have calls, sorted by name: of all orchestrators, whatever their state roots.
    ///
    /// They are read from the control groups, as nothing else is shared by all who may call.
    ///
    /// - Returns: The sessions; none where there is no cgroup v2, or nothing of it is this user's.
    /// - Throws: ``RuntimeError``.
    public func sessions() throws(RuntimeError) -> [SessionDetails] {
        guard let hierarchy = try during("cgroup", { try UnifiedHierarchy.ofHost() }) else { return [] }
        // Below the root of the hierarchy the groups are root's.
        if effectiveUserID() != 0, try during("cgroup", { try hierarchy.delegatedGroup() }).isEmpty { return [] }
        var others: Set<String> = []
        for id in try containerIDs() {
            // A container may have groups of its own below its group, and is no session.
            if let path = try cgroupPath(of: id) { others.insert(path) }
        }
        return try during("cgroup") { () throws -> [SessionDetails] in
            let legacy = try LegacyHierarchies.ofHost(beside: hierarchy)
            var sessions: [SessionDetails] = []
            for name in try hierarchy.groups(in: ControlGroupPlan.path("", in: hierarchy)) {
                let path = try ControlGroupPlan.path(name, in: hierarchy)
                if others.contains(path.description) { continue }
                let calls = try hierarchy.groups(in: path)
                if calls.isEmpty { continue }
                sessions.append(try SessionDetails(name, path, calls: calls, in: hierarchy, legacy))
            }
            return sessions
        }
    }
}

extension SessionDetails {
    fileprivate init(
        _ name: String, _ path: CgroupPath, calls: [String], in hierarchy: UnifiedHierarchy, _ legacy: LegacyHierarchies
    ) throws {
        self.name = name
        self.calls = calls
        var processes = 0
        for call in calls {
            let group = try Cgroup.open(CgroupPath("\(path)/\(call)"), in: hierarchy)
            processes += try group?.processes().count ?? 0
        }
        self.processes = processes
        let memory = try legacy.memory(of: path) ?? Cgroup.open(path, in: hierarchy)?.memory()
        self.memory = memory?.current
        memoryLimit = memory?.limit
    }
}
