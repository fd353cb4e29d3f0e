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
        guard let record, let cgroup = try record.openCgroup() else {
            throw RuntimeError("\(cannot): it has no control group of its own")
        }
        try during(cannot) { () throws(CgroupError) in
            let settings = try cgroup.settings(for: resources)
            if let scope = record.systemdScope {
                // It would write its own values again whenever it is reloaded.
                try SystemdManager().change(scope, to: settings)
            } else {
                try cgroup.obtainControllers(for: settings)
            }
            try cgroup.change(to: settings)
        }
    }
}
