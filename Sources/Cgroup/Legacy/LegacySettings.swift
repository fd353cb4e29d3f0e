public import OCISpec

/// What a bundle's limits come to on cgroup v1: the specification's own words, most of which began as these files.
///
/// Source: runtime-spec config-linux.md, Control groups; the kernel's Documentation/admin-guide/cgroup-v1/memory.rst,
/// cpusets.rst, pids.rst; Documentation/scheduler/sched-bwc.rst.
public struct LegacySettings: Equatable, Sendable {
    /// The settings, in the order in which they are written.
    public internal(set) var settings: [ControlSetting] = []

    /// No limits.
    public static let none = LegacySettings()

    private init() {}

    /// Whether there is nothing to set.
    public var isEmpty: Bool { settings.isEmpty }

    /// Translates limits.
    ///
    /// - Parameters:
    ///   - resources: The limits that cgroup v1 holds, see ``LegacyHierarchies/split(_:)``.
    ///   - origin: Their place in the bundle.
    /// - Throws: ``CgroupError`` with the JSON path for what cannot be.
    public init(_ resources: LinuxResources, origin: String = "linux.resources") throws(CgroupError) {
        func add(_ file: String, _ value: String, _ path: String) {
            settings.append(ControlSetting(file, value, origin: "\(origin).\(path)"))
        }
        if let memory = resources.memory {
            if (memory.kernel ?? 0) > 0 {
                throw CgroupError("\(origin).memory.kernel: kernels no longer have it")
            }
            if let limit = memory.limit, limit != 0 {
                add("memory.limit_in_bytes", "\(max(limit, -1))", "memory.limit")
            }
            if let swap = memory.swap, swap != 0 {
                if swap > 0, swap < memory.limit ?? 0 {
                    throw CgroupError("\(origin).memory.swap: \(swap) is below memory.limit, which it includes")
                }
                add("memory.memsw.limit_in_bytes", "\(max(swap, -1))", "memory.swap")
            }
            if let soft = memory.reservation, soft != 0 {
                add("memory.soft_limit_in_bytes", "\(max(soft, -1))", "memory.reservation")
            }
            if let limit = memory.kernelTCP, limit > 0 {
                add("memory.kmem.tcp.limit_in_bytes", "\(limit)", "memory.kernelTCP")
            } else if let limit = memory.limit, limit != 0 {
                // What connections hold is counted apart there, and without a limit of its own by nobody.
                add("memory.kmem.tcp.limit_in_bytes", "\(max(limit, -1))", "memory.limit")
            }
            if let swappiness = memory.swappiness { add("memory.swappiness", "\(swappiness)", "memory.swappiness") }
            if memory.disableOOMKiller == true { add("memory.oom_control", "1", "memory.disableOOMKiller") }
        }
        if let cpu = resources.cpu {
            if let period = cpu.period, period != 0 { add("cpu.cfs_period_us", "\(period)", "cpu.period") }
            if let quota = cpu.quota, quota != 0 { add("cpu.cfs_quota_us", "\(max(quota, -1))", "cpu.quota") }
            if let burst = cpu.burst { add("cpu.cfs_burst_us", "\(burst)", "cpu.burst") }
            if let period = cpu.realtimePeriod, period != 0 {
                add("cpu.rt_period_us", "\(period)", "cpu.realtimePeriod")
            }
            if let runtime = cpu.realtimeRuntime, runtime != 0 {
                add("cpu.rt_runtime_us", "\(runtime)", "cpu.realtimeRuntime")
            }
            if let idle = cpu.idle { add("cpu.idle", "\(idle)", "cpu.idle") }
            if cpu.idle != 1, let shares = cpu.shares, shares != 0 { add("cpu.shares", "\(shares)", "cpu.shares") }
            if let cpus = cpu.cpus, !cpus.isEmpty { add("cpuset.cpus", cpus, "cpu.cpus") }
            if let mems = cpu.mems, !mems.isEmpty { add("cpuset.mems", mems, "cpu.mems") }
        }
        if let limit = resources.pids?.limit, limit != 0 {
            add("pids.max", limit < 0 ? "max" : "\(limit)", "pids.limit")
        }
    }

    /// Those that change a new group.
    public var forNewGroup: LegacySettings {
        var changes = self
        changes.settings.removeAll { setting in
            setting.value == "-1" || setting.value == "max" || setting.file == "cpu.shares" && setting.value == "1024"
                || setting.file == "cpu.idle" && setting.value == "0"
        }
        return changes
    }

    /// The controllers that the settings need.
    var controllers: [String] {
        var controllers: [String] = []
        for case let name? in settings.map(\.controller) where !controllers.contains(name) { controllers.append(name) }
        return controllers
    }

    /// The settings of one controller.
    func settings(of controller: String) -> [ControlSetting] { settings.filter { $0.controller == controller } }
}
