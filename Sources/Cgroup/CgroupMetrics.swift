public import LinuxSystem

/// The counters of a control group as the kernel names them. A member is empty or nil where the group lacks its
/// controller.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/psi.rst.
public struct CgroupMetrics: Sendable {
    /// An amount in use, the most that was in use at once, and the limit; nil for a limit is none.
    public struct Amount: Sendable {
        /// In use now.
        public let current: UInt64
        /// The most at once (Linux 5.19 or later).
        public let peak: UInt64?
        /// What may be in use.
        public let limit: UInt64?
        /// How often the limit was met.
        public let limitHits: UInt64?
    }

    /// How long tasks have waited for something: shares of the last 10, 60 and 300 seconds in percent, and microseconds
    /// since the group was made.
    public struct Pressure: Sendable {
        /// In percent, of the last 10, 60 and 300 seconds.
        public let averages: [Double]
        /// In microseconds.
        public let total: UInt64
    }

    /// One line of io.stat.
    public struct Device: Sendable {
        /// The device's numbers.
        public let (major, minor): (UInt64, UInt64)
        /// `rbytes`, `wbytes`, `rios`, `wios`, `dbytes`, `dios`.
        public let counters: [String: UInt64]
    }

    /// Bytes of memory.
    public internal(set) var memory: Amount?
    /// Bytes of swap.
    public let swap: Amount?
    /// memory.stat: bytes and counts.
    public let memoryParts: [String: UInt64]
    /// Tasks.
    public internal(set) var pids: Amount?
    /// cpu.stat: microseconds and counts.
    public let cpu: [String: UInt64]
    /// io.stat.
    public let devices: [Device]
    /// Bytes of huge pages, by their size (`2MB`).
    public let hugePages: [String: Amount]
    /// Pressure by resource (`cpu`, `memory`, `io`), then of `some` and `full`.
    public let pressure: [String: [String: Pressure]]
}

extension Cgroup {
    /// What the group counts.
    ///
    /// - Returns: The counters.
    /// - Throws: `SystemCallError`.
    public func metrics() throws(SystemCallError) -> CgroupMetrics {
        let memoryEvents = try flatKeys("memory.events")
        var hugePages: [String: CgroupMetrics.Amount] = [:]
        for name in try directoryEntries(absolutePath) where name.hasPrefix("hugetlb.") && name.hasSuffix("MB.current")
        {
            let size = String(name.dropFirst("hugetlb.".count).dropLast(".current".count))
            let events = try flatKeys("hugetlb.\(size).events")
            hugePages[size] = try amount("hugetlb.\(size)", hits: events["max"])
        }
        var pressure: [String: [String: CgroupMetrics.Pressure]] = [:]
        for resource in ["cpu", "memory", "io"] {
            pressure[resource] = try text(resource + ".pressure").map(Self.pressure)
        }
        return CgroupMetrics(
            memory: try amount("memory", hits: memoryEvents["max"]),
            swap: try amount("memory.swap", hits: flatKeys("memory.swap.events")["max"]),
            memoryParts: try flatKeys("memory.stat"),
            pids: try amount("pids", hits: flatKeys("pids.events")["max"]), cpu: try flatKeys("cpu.stat"),
            devices: try (text("io.stat") ?? "").split(separator: "\n").compactMap(Self.device), hugePages: hugePages,
            pressure: pressure)
    }

    /// The memory that the group uses, and may use.
    ///
    /// - Returns: The amounts in bytes; nil where the group has no memory controller.
    /// - Throws: `SystemCallError`.
    public func memory() throws(SystemCallError) -> CgroupMetrics.Amount? { try amount("memory", hits: nil) }

    /// `NAME.current`, `NAME.peak` and `NAME.max`.
    private func amount(_ name: String, hits: UInt64?) throws(SystemCallError) -> CgroupMetrics.Amount? {
        guard let current = try number(name + ".current") else { return nil }
        return CgroupMetrics.Amount(
            current: current, peak: try number(name + ".peak"), limit: try number(name + ".max"), limitHits: hits)
    }

    /// The number in a file; nil for `max`, and where the group has none of that name.
    private func number(_ file: String) throws(SystemCallError) -> UInt64? {
        try text(file).flatMap { UInt64($0.prefix { $0 != "\n" }) }
    }

    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`
    private static func pressure(_ text: String) -> [String: CgroupMetrics.Pressure] {
        var kinds: [String: CgroupMetrics.Pressure] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let values = words.dropFirst().compactMap { $0.split(separator: "=").last }
            guard let kind = words.first, values.count == 4, let total = UInt64(values[3]) else { continue }
            kinds[String(kind)] = CgroupMetrics.Pressure(
                averages: values.dropLast().compactMap { Double($0) }, total: total)
        }
        return kinds
    }

    /// `8:0 rbytes=0 wbytes=0 …`
    private static func device(_ line: Substring) -> CgroupMetrics.Device? {
        let words = line.split(separator: " ")
        let numbers = (words.first ?? "").split(separator: ":").compactMap { UInt64($0) }
        guard numbers.count == 2 else { return nil }
        var counters: [String: UInt64] = [:]
        for word in words.dropFirst() {
            let pair = word.split(separator: "=")
            if pair.count == 2 { counters[String(pair[0])] = UInt64(pair[1]) }
        }
        return CgroupMetrics.Device(major: numbers[0], minor: numbers[1], counters: counters)
    }
}
