internal import Cgroup
public import JSON
internal import LinuxSystem
internal import OCISpec

/// Something that `events` tells of: runc's object with `type`, `id` and, for figures, `data`.
public enum ContainerEvent {
    /// What the container uses.
    case statistics(JSONValue)
    /// A process was killed for want of memory.
    case outOfMemory
}

extension Container {
    /// What a running container uses, in runc's words and units.
    ///
    /// - Returns: The figures.
    /// - Throws: ``RuntimeError`` where the container does not run or has no control group.
    public func statistics() throws(RuntimeError) -> JSONValue {
        let groups = try runningGroups()
        return try during("cgroup") { try groups.statistics() }
    }

    /// Tells what a running container uses, again and again, and when it runs out of memory; returns when it has ended.
    ///
    /// - Parameters:
    ///   - milliseconds: How often figures are told.
    ///   - tell: Told of each event; what it returns says whether to go on.
    /// - Throws: ``RuntimeError`` where the container does not run or has no control group.
    public func watch(every milliseconds: Int64, _ tell: (ContainerEvent) -> Bool) throws(RuntimeError) {
        let groups = try runningGroups()
        do throws(SystemCallError) {
            try groups.watch(every: milliseconds, tell)
        } catch  where error.errno == .noDevice || error.errno == .noSuchFile {
            return  // The group is gone, and the container with it.
        } catch {
            throw RuntimeError("cgroup: \(error)")
        }
    }

    private func runningGroups() throws(RuntimeError) -> WatchedGroups {
        let directory = try StateDirectory(opening: id, in: root, locks: false)
        let record = try directory.load()
        let status = try directory.status(record)
        let cannot = "no events of container \(quoted(id.description))"
        guard status == .created || status == .running || status == .paused else {
            throw RuntimeError("\(cannot): container not running (it is \(status.rawValue))")
        }
        guard let record, let cgroup = try record.openCgroup() else {
            throw RuntimeError("\(cannot): it has no control group of its own")
        }
        return WatchedGroups(unified: cgroup, legacy: LegacyGroups(places: record.legacyCgroups))
    }
}

/// The control groups of a container: the one that holds its processes, and those on cgroup v1 that hold limits.
private struct WatchedGroups {
    let unified: Cgroup
    let legacy: LegacyGroups

    func statistics() throws(SystemCallError) -> JSONValue {
        var metrics = try unified.metrics()
        try legacy.add(to: &metrics)
        return metrics.json
    }

    func watch(every milliseconds: Int64, _ tell: (ContainerEvent) -> Bool) throws(SystemCallError) {
        let life = try WatchedFile("cgroup.events", in: unified.directory.descriptor)
        var files = [life]
        var memory: WatchedFile?
        do throws(SystemCallError) {
            let file = try WatchedFile("memory.events", in: unified.directory.descriptor)
            files.append(file)
            memory = file
        } catch  where error.errno == .noSuchFile {
            memory = nil  // The group has no memory controller.
        }
        let legacyEvents = try legacy.outOfMemoryEvents()
        func now() -> Int64 { bootTime() / 1_000_000 }
        var kills = try memory.map { file throws(SystemCallError) in Self.kills(try file.contents()) } ?? 0
        guard tell(.statistics(try statistics())) else { return }
        var due = now() + milliseconds
        while try life.contents().contains("populated 1") {
            let isReady = try waitForChange(
                of: files, orReady: [legacyEvents?.rawValue ?? -1], milliseconds: max(0, due - now()))
            if let legacyEvents, isReady.last == true {
                try legacyEvents.reset()
                // The counter tells of the group's removal too (memory.rst, OOM Control).
                guard try legacy.areThere() else { return }
                if !tell(.outOfMemory) { return }
            }
            if let memory {
                let count = Self.kills(try memory.contents())
                if count > kills, !tell(.outOfMemory) { return }
                kills = count
            }
            if now() >= due {
                guard tell(.statistics(try statistics())) else { return }
                due = now() + milliseconds
            }
        }
    }

    /// `oom_kill N` of memory.events.
    private static func kills(_ text: String) -> UInt64 {
        text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }.flatMap { UInt64($0.dropFirst(9)) } ?? 0
    }
}
