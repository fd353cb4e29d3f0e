public import OCISpec

/// What a bundle's limits come to on cgroup v2: values for files of the group, in the order in which they are written.
///
/// Values that ask for nothing (0 where runc and crun take it for "not said", a default) make no setting. What only
/// cgroup v1 can do is an error: a limit that is passed over is worse than none.
///
/// Source: runtime-spec config-linux.md, Control groups; the kernel's Documentation/admin-guide/cgroup-v2.rst.
public struct ControlSettings: Equatable, Sendable {
    /// The settings.
    public internal(set) var settings: [ControlSetting] = []

    /// No limits.
    public static let none = ControlSettings()

    private init() {}

    /// Whether there is nothing to set.
    public var isEmpty: Bool { settings.isEmpty }

    /// Translates a bundle's limits.
    ///
    /// - Parameters:
    ///   - resources: The limits, validated.
    ///   - origin: Their place in the bundle.
    /// - Throws: ``CgroupError`` with the JSON path for what cgroup v2 cannot do.
    public init(_ resources: LinuxResources, origin: String = "linux.resources") throws(CgroupError) {
        var writer = Writer(origin: origin)
        if let memory = resources.memory { try writer.add(memory) }
        if let cpu = resources.cpu { try writer.add(cpu) }
        if let limit = resources.pids?.limit, limit != 0 {
            writer.add("pids.max", limit < 0 ? "max" : "\(limit)", "pids.limit")
        }
        if let blockIO = resources.blockIO { try writer.add(blockIO) }
        writer.add(resources.hugepageLimits)
        for (device, limits) in resources.rdma.sorted(by: { $0.key < $1.key }) { writer.add(device, limits) }
        if let network = resources.network, (network.classID ?? 0) != 0 || !network.priorities.isEmpty {
            throw writer.onlyV1("network")
        }
        // Last: what is said in the kernel's own words wins.
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            guard !file.hasPrefix("cgroup.") || Self.commonFiles.contains(file) else {
                throw writer.refusal(
                    "unified.\(file)", "is no limit: the runtime alone moves, freezes and ends processes")
            }
            // Files such as io.max take one device a write.
            let lines = value.split(separator: "\n")
            if lines.isEmpty { throw writer.refusal("unified.\(file)", "is empty") }
            for line in lines { writer.add(file, String(line), "unified.\(file)") }
        }
        settings = writer.settings
    }

    /// Limits and switches of groups themselves. What else begins with `cgroup.` moves, freezes or ends processes, of the
    /// host too.
    private static let commonFiles = ["cgroup.max.depth", "cgroup.max.descendants", "cgroup.pressure"]

    /// Those that change a new group. What a new group has anyway needs no controller, and engines write much of it:
    /// limits of -1, the usual 1024 shares.
    public var forNewGroup: ControlSettings {
        var changes = self
        changes.settings.removeAll { setting in
            setting.value == "max" || setting.file == "cpu.max" && setting.value.hasPrefix("max ")
                || setting.file == "cpu.weight" && setting.value == "100"
                || setting.file == "cpu.idle" && setting.value == "0"
        }
        return changes
    }

    /// The controllers that the settings need, each with the place of the first setting that does.
    var controllers: [NeededController] {
        var controllers: [NeededController] = []
        for setting in settings {
            guard let name = setting.controller, !controllers.contains(where: { $0.name == name }) else { continue }
            controllers.append((name, setting.origin))
        }
        return controllers
    }
}

/// Collects settings.
private struct Writer {
    let origin: String
    var settings: [ControlSetting] = []

    mutating func add(_ file: String, _ value: String, _ path: String) {
        settings.append(ControlSetting(file, value, origin: "\(origin).\(path)"))
    }

    func onlyV1(_ path: String) -> CgroupError { refusal(path, "only cgroup v1 has it") }

    func refusal(_ path: String, _ why: String) -> CgroupError { CgroupError("\(origin).\(path): \(why)") }

    // MARK: Memory

    mutating func add(_ memory: LinuxMemory) throws(CgroupError) {
        if (memory.kernel ?? 0) > 0 { throw onlyV1("memory.kernel") }
        if (memory.kernelTCP ?? 0) > 0 { throw onlyV1("memory.kernelTCP") }
        if (memory.swappiness ?? 0) > 0 { throw onlyV1("memory.swappiness") }
        if memory.disableOOMKiller == true { throw onlyV1("memory.disableOOMKiller") }
        if let limit = memory.limit, limit != 0 { add("memory.max", amount(limit), "memory.limit") }
        if let reservation = memory.reservation, reservation != 0 {
            add("memory.low", amount(reservation), "memory.reservation")
        }
        // As crun has it: -1 is any amount of swap, and 0 none.
        if let swap = memory.swap {
            guard swap > 0 else { return add("memory.swap.max", swap < 0 ? "max" : "0", "memory.swap") }
            // The specification counts memory and swap together, cgroup v2 apart.
            guard let limit = memory.limit, limit > 0 else {
                throw refusal("memory.swap", "counts memory and swap together, so it needs memory.limit")
            }
            guard swap >= limit else {
                throw refusal("memory.swap", "\(swap) is below memory.limit, \(limit), which it includes")
            }
            add("memory.swap.max", "\(swap - limit)", "memory.swap")
        }
    }

    private func amount(_ bytes: Int64) -> String { bytes < 0 ? "max" : "\(bytes)" }

    // MARK: Processors

    mutating func add(_ cpu: LinuxCPU) throws(CgroupError) {
        if (cpu.realtimeRuntime ?? 0) != 0 { throw onlyV1("cpu.realtimeRuntime") }
        if (cpu.realtimePeriod ?? 0) != 0 { throw onlyV1("cpu.realtimePeriod") }
        let period = cpu.period.flatMap { $0 == 0 ? nil : $0 }
        if let quota = cpu.quota, quota != 0 {
            let share = quota < 0 ? "max" : "\(quota)"
            add("cpu.max", period.map { "\(share) \($0)" } ?? share, "cpu.quota")
        } else if let period {
            add("cpu.max", "max \(period)", "cpu.period")
        }
        if let burst = cpu.burst { add("cpu.max.burst", "\(burst)", "cpu.burst") }
        if let idle = cpu.idle { add("cpu.idle", "\(idle)", "cpu.idle") }
        // The kernel takes no weight for an idle group: it has the least.
        if cpu.idle != 1, let shares = cpu.shares, shares != 0 {
            add("cpu.weight", "\(CPUWeight(shares: shares).weight)", "cpu.shares")
        }
        if let cpus = cpu.cpus, !cpus.isEmpty { add("cpuset.cpus", cpus, "cpu.cpus") }
        if let mems = cpu.mems, !mems.isEmpty { add("cpuset.mems", mems, "cpu.mems") }
    }

    // MARK: Input and output

    mutating func add(_ blockIO: LinuxBlockIO) throws(CgroupError) {
        if (blockIO.leafWeight ?? 0) != 0 { throw onlyV1("blockIO.leafWeight") }
        if let weight = blockIO.weight, weight != 0 { try add(weight, of: nil, "blockIO.weight") }
        for (index, device) in blockIO.weightDevice.enumerated() {
            let path = "blockIO.weightDevice[\(index)]"
            if (device.leafWeight ?? 0) != 0 { throw onlyV1("\(path).leafWeight") }
            if let weight = device.weight, weight != 0 {
                try add(weight, of: "\(device.major):\(device.minor)", "\(path).weight")
            }
        }
        let throttles = [
            (blockIO.throttleReadBpsDevice, "rbps", "throttleReadBpsDevice"),
            (blockIO.throttleWriteBpsDevice, "wbps", "throttleWriteBpsDevice"),
            (blockIO.throttleReadIOPSDevice, "riops", "throttleReadIOPSDevice"),
            (blockIO.throttleWriteIOPSDevice, "wiops", "throttleWriteIOPSDevice"),
        ]
        for (devices, key, name) in throttles {
            for (index, device) in devices.enumerated() {
                let rate = device.rate == 0 ? "max" : "\(device.rate)"
                add("io.max", "\(device.major):\(device.minor) \(key)=\(rate)", "blockIO.\(name)[\(index)]")
            }
        }
    }

    /// BFQ's weights go from 1 to 1000, those of the cost model from 1 to 10000; the specification's from 10 to 1000.
    private mutating func add(_ weight: UInt16, of device: String?, _ path: String) throws(CgroupError) {
        guard (10...1000).contains(weight) else { throw refusal(path, "\(weight) is not between 10 and 1000") }
        let scaled = 1 + (Int(weight) - 10) * 9999 / 990
        let prefix = (device ?? "default") + " "
        settings.append(
            ControlSetting(
                "io.bfq.weight", prefix + "\(weight)", origin: "\(origin).\(path)",
                alternative: ControlSetting.Alternative(file: "io.weight", value: prefix + "\(scaled)")))
    }

    // MARK: Huge pages and RDMA

    mutating func add(_ limits: [LinuxHugepageLimit]) {
        for (index, limit) in limits.enumerated() {
            let bytes = limit.limit > UInt64(Int64.max) ? "max" : "\(limit.limit)"
            add("hugetlb.\(limit.pageSize).max", bytes, "hugepageLimits[\(index)]")
            // Reservations too: a mapping that is refused when made is better than SIGBUS when it is used.
            add("hugetlb.\(limit.pageSize).rsvd.max", bytes, "hugepageLimits[\(index)]")
        }
    }

    mutating func add(_ device: String, _ limits: LinuxRdma) {
        var value = device
        if let handles = limits.hcaHandles { value += " hca_handle=\(handles)" }
        if let objects = limits.hcaObjects { value += " hca_object=\(objects)" }
        add("rdma.max", value, "rdma.\(device)")
    }
}
