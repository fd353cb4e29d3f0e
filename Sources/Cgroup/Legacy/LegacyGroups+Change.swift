public import LinuxSystem
public import OCISpec

/// Changes of the limits of groups with processes in them.
extension LegacyGroups {
    /// Refuses a change that the kernel would refuse without saying why, before anything is written.
    ///
    /// - Parameter resources: The new limits.
    /// - Throws: ``CgroupError``.
    public func check(changeTo resources: LinuxResources) throws(CgroupError) {
        guard let cpu = resources.cpu, let place = places["cpu"] else { return }
        try attempt { () throws(SystemCallError) in
            // -1 where there is no quota.
            CPUBurst(
                quota: try number(place + "/cpu.cfs_quota_us"), burst: try number(place + "/cpu.cfs_burst_us") ?? 0)
        }.check(changeTo: cpu)
    }

    /// Where the limit on memory is to be lifted, lifts the one on memory and swap, which cannot be the lower one
    /// (memory.rst), as runc does.
    ///
    /// - Parameter resources: The new limits.
    /// - Throws: `SystemCallError`.
    public func liftSwap(with resources: inout LinuxResources) throws(SystemCallError) {
        guard let place = places["memory"], let limit = resources.memory?.limit, limit < 0,
            resources.memory?.swap ?? 0 == 0, try text(place + "/memory.memsw.limit_in_bytes") != nil
        else { return }
        resources.memory?.swap = -1
    }

    /// Changes the limits of groups with processes in them: all of them, or none.
    ///
    /// - Parameter settings: The new limits.
    /// - Returns: The limits as they were, to be written again by ``restore(_:)``.
    /// - Throws: ``CgroupError``; then they are as they were.
    public func change(to settings: LegacySettings) throws(CgroupError) -> [ControlSetting] {
        var undo: [ControlSetting] = []
        do throws(CgroupError) {
            try writeInTurn(settings.settings) { setting throws(CgroupError) in
                let place = places[setting.controller ?? ""] ?? ""
                let text = try attempt { () throws(SystemCallError) in try self.text(place + "/" + setting.file) }
                try Self.write(setting, into: place)
                undo.append(
                    ControlSetting(
                        setting.file, String((text ?? "").prefix { $0 != "\n" }),
                        origin: setting.origin + " (as it was)"))
            }
        } catch {
            try restore(undo.reversed())
            throw error
        }
        return undo.reversed()
    }

    /// Takes a change back, from its last step on.
    ///
    /// - Parameter settings: What ``change(to:)`` gave.
    /// - Throws: ``CgroupError``.
    public func restore(_ settings: [ControlSetting]) throws(CgroupError) {
        for setting in settings { try Self.write(setting, into: places[setting.controller ?? ""] ?? "") }
    }

    /// These groups, and new ones for those of the settings whose controller has none yet, with processes in them.
    ///
    /// - Parameters:
    ///   - settings: The settings.
    ///   - path: Where the new groups are made.
    ///   - hierarchies: In which hierarchies.
    ///   - processes: Tells the processes, which may grow while they are moved.
    /// - Returns: All groups; the new ones have no limits yet.
    /// - Throws: ``CgroupError``.
    public func extended(
        for settings: LegacySettings, at path: CgroupPath, in hierarchies: LegacyHierarchies,
        processes: () throws(SystemCallError) -> [Int32]
    ) throws(CgroupError) -> LegacyGroups {
        let missing = settings.controllers.filter { places[$0] == nil }
        if missing.isEmpty { return self }
        let new = try Self.make(path, in: hierarchies, settings: .none, controllers: missing)
        try attempt { () throws(SystemCallError) in
            var taken: Set<Int32> = []
            while true {
                let rest = try processes().filter { !taken.contains($0) }
                if rest.isEmpty { return }
                for process in rest {
                    do throws(SystemCallError) { try new.take(process) } catch  where error.errno == .noSuchProcess {}
                    taken.insert(process)
                }
            }
        }
        return LegacyGroups(places: places.merging(new.places))
    }
}
