internal import Cgroup
internal import LinuxSystem
internal import OCISpec

extension Container {
    /// Stops all processes of the container where they are, and returns when all stand still.
    ///
    /// - Throws: ``RuntimeError`` where the container neither is created nor runs, or has no control group.
    public func pause() throws(RuntimeError) {
        try changeFreezer("pause") { status in
            status == .created || status == .running ? nil : "container not running (it is \(status.rawValue))"
        } change: { cgroup throws(CgroupError) in
            try cgroup.freeze()
        }
    }

    /// Lets all processes of a paused container go on.
    ///
    /// - Throws: ``RuntimeError`` where the container is not paused.
    public func resume() throws(RuntimeError) {
        try changeFreezer("resume") { status in
            status == .paused ? nil : "container not paused (it is \(status.rawValue))"
        } change: { cgroup throws(CgroupError) in
            try cgroup.thaw()
        }
    }

    private func changeFreezer(
        _ verb: String, refusal: (State.Status) -> String?, change: (Cgroup) throws(CgroupError) -> Void
    ) throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: true)
        let record = try directory.load()
        let cannot = "cannot \(verb) container \(quoted(id.description))"
        if let why = refusal(try directory.status(record)) { throw RuntimeError("\(cannot): \(why)") }
        guard let cgroup = try record?.openCgroup() else {
            throw RuntimeError("\(cannot): it has no control group of its own")
        }
        try during(cannot) { () throws(CgroupError) in try change(cgroup) }
    }
}
