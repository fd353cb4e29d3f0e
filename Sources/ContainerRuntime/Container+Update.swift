internal import Cgroup
internal import LinuxSystem
public import OCISpec

extension Container {
    /// Changes the limits of a container while it runs: all that are given, or none.
    ///
    /// Rules for devices stay as they were made, as with runc and crun: engines send them along unchanged.
    ///
    /// - Parameter resources: The new limits; what is left out stays.
    /// - Throws: ``RuntimeError`` with the JSON path of a limit that cannot be, or where the container has stopped.
    public func update(_ resources: LinuxResources) throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: true)
        let record = try directory.load()
        let cannot = "cannot update container \(quoted(id.description))"
        let status = try directory.status(record)
        guard status == .created || status == .running || status == .paused else {
            throw RuntimeError("\(cannot): container not running (it is \(status.rawValue))")
        }
        try during("linux.resources") { try resources.validate() }
        guard var record, let cgroup = try record.openCgroup() else {
            throw RuntimeError("\(cannot): it has no control group of its own")
        }
        let hierarchies = try during(cannot) { () throws(SystemCallError) in
            // All of them: a limit that is lifted may be there.
            record.systemdScope == nil
                ? try LegacyHierarchies.ofHost(beside: UnifiedHierarchy.ofHost()) : .none
        }
        var (legacy, unified) = hierarchies.split(resources)
        let settings = try during(cannot) { () throws(CgroupError) in try cgroup.settings(for: unified) }
        var groups = LegacyGroups(places: record.legacyCgroups)
        try during(cannot) { () throws(SystemCallError) in try groups.liftSwap(with: &legacy) }
        let legacySettings = try during(cannot) { () throws(CgroupError) in try LegacySettings(legacy) }
        try during(cannot) { () throws(CgroupError) in try groups.check(changeTo: legacy) }
        if !legacySettings.isEmpty {
            groups = try during(cannot) { () throws(CgroupError) in
                try groups.extended(for: legacySettings, at: cgroup.path, in: hierarchies) {
                    () throws(SystemCallError) in
                    try cgroup.allProcesses()
                }
            }
            // Written down first: what is in the record is removed with the container.
            record.legacyCgroups = groups.places
            try directory.save(record)
        }
        try during(cannot) { () throws(CgroupError) in
            let before = try groups.change(to: legacySettings)
            do throws(CgroupError) {
                if let scope = record.systemdScope {
                    try Self.change(scope, cgroup, to: settings)
                } else {
                    try cgroup.obtainControllers(for: settings)
                    try cgroup.change(to: settings)
                }
            } catch {
                try groups.restore(before)
                throw error
            }
        }
    }

    /// Changes the limits of a scope: in systemd, which would otherwise write its own again whenever it is reloaded, and
    /// in the group, where they are exact and some are not systemd's.
    private static func change(
        _ scope: String, _ cgroup: Cgroup, to settings: ControlSettings
    ) throws(CgroupError) {
        // systemd writes after it has answered: what was there is read before it is told.
        let values = try cgroup.values(before: settings)
        let manager = try SystemdManager()
        let limits = try manager.change(scope, to: settings)
        do throws(CgroupError) {
            try cgroup.change(to: settings)
        } catch {
            try manager.restore(limits, of: scope)
            try cgroup.restore(values)
            throw error
        }
    }
}
