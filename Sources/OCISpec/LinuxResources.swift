public import JSON

/// Limits of a container's control group (config-linux.md, Control groups); also what `update` reads.
public struct LinuxResources: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Which devices may be used; the last rule that matches decides.
    public var devices: [LinuxDeviceRule]
    /// Memory.
    public var memory: LinuxMemory?
    /// CPU time and CPUs.
    public var cpu: LinuxCPU?
    /// Number of tasks.
    public var pids: LinuxPids?
    /// Input and output on block devices.
    public var blockIO: LinuxBlockIO?
    /// Huge pages, by page size.
    public var hugepageLimits: [LinuxHugepageLimit]
    /// Class and priority of network packets; cgroup v1 only.
    public var network: LinuxNetwork?
    /// RDMA, by device name.
    public var rdma: [String: LinuxRdma]
    /// Files of the cgroup v2 group and what is written into them.
    public var unified: [String: String]

    /// Limits of the given kinds.
    ///
    /// - Parameters:
    ///   - devices: Which devices may be used.
    ///   - memory: Memory.
    ///   - cpu: CPU time and CPUs.
    ///   - pids: Number of tasks.
    ///   - blockIO: Input and output on block devices.
    ///   - hugepageLimits: Huge pages.
    ///   - network: Class and priority of packets.
    ///   - rdma: RDMA.
    ///   - unified: Files of the cgroup v2 group.
    public init(
        devices: [LinuxDeviceRule] = [], memory: LinuxMemory? = nil, cpu: LinuxCPU? = nil, pids: LinuxPids? = nil,
        blockIO: LinuxBlockIO? = nil, hugepageLimits: [LinuxHugepageLimit] = [], network: LinuxNetwork? = nil,
        rdma: [String: LinuxRdma] = [:], unified: [String: String] = [:]
    ) {
        self.devices = devices
        self.memory = memory
        self.cpu = cpu
        self.pids = pids
        self.blockIO = blockIO
        self.hugepageLimits = hugepageLimits
        self.network = network
        self.rdma = rdma
        self.unified = unified
    }

    /// Reads the limits: the `resources` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        devices = try object.list("devices")
        memory = try object.optional("memory")
        cpu = try object.optional("cpu")
        pids = try object.optional("pids")
        blockIO = try object.optional("blockIO")
        hugepageLimits = try object.list("hugepageLimits")
        network = try object.optional("network")
        rdma = try object.table("rdma")
        unified = try object.table("unified")
    }

    /// The limits as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode(nonEmpty: "devices", devices)
        object.encode("memory", memory)
        object.encode("cpu", cpu)
        object.encode("pids", pids)
        object.encode("blockIO", blockIO)
        object.encode(nonEmpty: "hugepageLimits", hugepageLimits)
        object.encode("network", network)
        object.encode(nonEmpty: "rdma", rdma)
        object.encode(nonEmpty: "unified", unified)
        return object.json
    }
}

/// Limits on memory (config-linux.md, Memory); in bytes, -1 for no limit.
public struct LinuxMemory: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What may be used at most.
    public var limit: Int64?
    /// What reclaim aims for when memory is short.
    public var reservation: Int64?
    /// Memory and swap together.
    public var swap: Int64?
    /// Kernel memory; obsolete.
    public var kernel: Int64?
    /// Kernel memory of TCP buffers; cgroup v1 only.
    public var kernelTCP: Int64?
    /// How readily pages are swapped, 0 to 100; cgroup v1 only.
    public var swappiness: UInt64?
    /// Whether processes wait instead of being killed at the limit; cgroup v1 only.
    public var disableOOMKiller: Bool?
    /// Whether children count towards the limit; always so on cgroup v2.
    public var useHierarchy: Bool?
    /// Whether an update to less than what is in use is refused.
    public var checkBeforeUpdate: Bool?

    /// Limits on memory.
    ///
    /// - Parameters:
    ///   - limit: What may be used at most.
    ///   - reservation: What reclaim aims for.
    ///   - swap: Memory and swap together.
    ///   - kernel: Kernel memory.
    ///   - kernelTCP: TCP buffers.
    ///   - swappiness: How readily pages are swapped.
    ///   - disableOOMKiller: Whether processes wait at the limit.
    ///   - useHierarchy: Whether children count.
    ///   - checkBeforeUpdate: Whether an update to less than in use is refused.
    public init(
        limit: Int64? = nil, reservation: Int64? = nil, swap: Int64? = nil, kernel: Int64? = nil,
        kernelTCP: Int64? = nil, swappiness: UInt64? = nil, disableOOMKiller: Bool? = nil,
        useHierarchy: Bool? = nil, checkBeforeUpdate: Bool? = nil
    ) {
        self.limit = limit
        self.reservation = reservation
        self.swap = swap
        self.kernel = kernel
        self.kernelTCP = kernelTCP
        self.swappiness = swappiness
        self.disableOOMKiller = disableOOMKiller
        self.useHierarchy = useHierarchy
        self.checkBeforeUpdate = checkBeforeUpdate
    }

    /// Reads the limits: the `memory` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        limit = try object.optional("limit")
        reservation = try object.optional("reservation")
        swap = try object.optional("swap")
        kernel = try object.optional("kernel")
        kernelTCP = try object.optional("kernelTCP")
        swappiness = try object.optional("swappiness")
        disableOOMKiller = try object.optional("disableOOMKiller")
        useHierarchy = try object.optional("useHierarchy")
        checkBeforeUpdate = try object.optional("checkBeforeUpdate")
    }

    /// The limits as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("limit", limit)
        object.encode("reservation", reservation)
        object.encode("swap", swap)
        object.encode("kernel", kernel)
        object.encode("kernelTCP", kernelTCP)
        object.encode("swappiness", swappiness)
        object.encode("disableOOMKiller", disableOOMKiller)
        object.encode("useHierarchy", useHierarchy)
        object.encode("checkBeforeUpdate", checkBeforeUpdate)
        return object.json
    }
}

/// Limits on CPU time, and which CPUs (config-linux.md, CPU).
public struct LinuxCPU: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Share of CPU time beside other groups, 2 to 262144.
    public var shares: UInt64?
    /// Microseconds of CPU time in each ``period``; -1 for no limit.
    public var quota: Int64?
    /// Microseconds of unused quota that may be used on top.
    public var burst: UInt64?
    /// Length of a period in microseconds.
    public var period: UInt64?
    /// Microseconds of real-time CPU time in each ``realtimePeriod``; cgroup v1 only.
    public var realtimeRuntime: Int64?
    /// Length of a real-time period in microseconds; cgroup v1 only.
    public var realtimePeriod: UInt64?
    /// CPUs, such as `0-3,7`.
    public var cpus: String?
    /// Memory nodes, such as `0-1`.
    public var mems: String?
    /// 1 for `SCHED_IDLE`, 0 for the usual.
    public var idle: Int64?

    /// Limits on CPU time.
    ///
    /// - Parameters:
    ///   - shares: Share of CPU time.
    ///   - quota: Microseconds in each period.
    ///   - burst: Microseconds on top.
    ///   - period: Microseconds of a period.
    ///   - realtimeRuntime: Real-time microseconds in each period.
    ///   - realtimePeriod: Microseconds of a real-time period.
    ///   - cpus: Which CPUs.
    ///   - mems: Which memory nodes.
    ///   - idle: Whether the group is idle.
    public init(
        shares: UInt64? = nil, quota: Int64? = nil, burst: UInt64? = nil, period: UInt64? = nil,
        realtimeRuntime: Int64? = nil, realtimePeriod: UInt64? = nil, cpus: String? = nil, mems: String? = nil,
        idle: Int64? = nil
    ) {
        self.shares = shares
        self.quota = quota
        self.burst = burst
        self.period = period
        self.realtimeRuntime = realtimeRuntime
        self.realtimePeriod = realtimePeriod
        self.cpus = cpus
        self.mems = mems
        self.idle = idle
    }

    /// Reads the limits: the `cpu` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        shares = try object.optional("shares")
        quota = try object.optional("quota")
        burst = try object.optional("burst")
        period = try object.optional("period")
        realtimeRuntime = try object.optional("realtimeRuntime")
        realtimePeriod = try object.optional("realtimePeriod")
        cpus = try object.text("cpus")
        mems = try object.text("mems")
        idle = try object.optional("idle")
    }

    /// The limits as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("shares", shares)
        object.encode("quota", quota)
        object.encode("burst", burst)
        object.encode("period", period)
        object.encode("realtimeRuntime", realtimeRuntime)
        object.encode("realtimePeriod", realtimePeriod)
        object.encode("cpus", cpus)
        object.encode("mems", mems)
        object.encode("idle", idle)
        return object.json
    }
}
