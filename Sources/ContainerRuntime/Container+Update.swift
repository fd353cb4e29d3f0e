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
            record.systemdScope == nil
                ? try LegacyHierarchies.ofHost(for: [resources], beside: UnifiedHierarchy.ofHost()) : .none
        }
        let (legacy, unified) = hierarchies.split(resources)
        let settings = try during(cannot) { () throws(CgroupError) in try cgroup.settings(for: unified) }
        let legacySettings = try during(cannot) { () throws(CgroupError) in try LegacySettings(legacy) }
        var groups = LegacyGroups(places: record.legacyCgroups)
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
                    // It would write its own values again whenever it is reloaded.
                    try SystemdManager().change(scope, to: settings)
                } else {
                    try cgroup.obtainControllers(for: settings)
                }
                try cgroup.change(to: settings)
            } catch {
                try groups.restore(before)
                throw error
            }
        }
    }
}
