public import LinuxSystem

/// What a control group has used and run into. A value is nil where the kernel does not count it for the group.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
public struct CgroupStatistics: Equatable, Sendable {
    /// The most memory in use at once, in bytes (memory.peak, Linux 5.19).
    public var memoryPeak: UInt64?
    /// How often the group's own limit or one below it left no memory (`oom` of memory.events).
    public var memoryLimitHits: UInt64?
    /// Processes of the group that were killed for want of memory, its own or of a group above (`oom_kill`).
    public var memoryKills: UInt64?
    /// The most tasks at once (pids.peak, Linux 6.1).
    public var pidsPeak: UInt64?
    /// How often a task could not be made for the limit (`max` of pids.events).
    public var pidsLimitHits: UInt64?
    /// Time on processors, in microseconds: all, in the program, in the kernel (cpu.stat).
    public var cpuTime: UInt64?
    /// The part of ``cpuTime`` that programs took.
    public var userTime: UInt64?
    /// The part of ``cpuTime`` that the kernel took.
    public var systemTime: UInt64?
    /// Time that tasks had to wait for the cpu limit, in microseconds (`throttled_usec` of cpu.stat).
    public var throttledTime: UInt64?
    /// Bytes read from block devices (io.stat).
    public var bytesRead: UInt64?
    /// Bytes written to block devices (io.stat).
    public var bytesWritten: UInt64?

    /// Nothing counted.
    public init() {}
}

extension Cgroup {
    /// What the group has used so far.
    ///
    /// - Returns: The figures.
    /// - Throws: `SystemCallError`.
    public func statistics() throws(SystemCallError) -> CgroupStatistics {
        var statistics = CgroupStatistics()
        statistics.memoryPeak = try text("memory.peak").flatMap { UInt64($0.prefix { $0 != "\n" }) }
        statistics.pidsPeak = try text("pids.peak").flatMap { UInt64($0.prefix { $0 != "\n" }) }
        let memory = try flatKeys("memory.events")
        (statistics.memoryLimitHits, statistics.memoryKills) = (memory["oom"], memory["oom_kill"])
        statistics.pidsLimitHits = try flatKeys("pids.events")["max"]
        let cpu = try flatKeys("cpu.stat")
        statistics.cpuTime = cpu["usage_usec"]
        (statistics.userTime, statistics.systemTime) = (cpu["user_usec"], cpu["system_usec"])
        statistics.throttledTime = cpu["throttled_usec"]
        if let devices = try text("io.stat") {
            (statistics.bytesRead, statistics.bytesWritten) = (0, 0)
            // DEVICE rbytes=N wbytes=N rios=N …
            for field in devices.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
                let pair = field.split(separator: "=")
                guard pair.count == 2, let value = UInt64(pair[1]) else { continue }
                if pair[0] == "rbytes" { statistics.bytesRead? += value }
                if pair[0] == "wbytes" { statistics.bytesWritten? += value }
            }
        }
        return statistics
    }

    /// Time on processors of all processes so far, in microseconds (`usage_usec` of cpu.stat).
    ///
    /// - Returns: The time; 0 where the group is gone.
    /// - Throws: `SystemCallError`.
    public func processorTime() throws(SystemCallError) -> UInt64 { try flatKeys("cpu.stat")["usage_usec"] ?? 0 }

    /// A file of `KEY VALUE` lines; empty where the group has none of that name.
    func flatKeys(_ file: String) throws(SystemCallError) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for line in (try text(file) ?? "").split(separator: "\n") {
            let pair = line.split(separator: " ")
            if pair.count == 2 { values[String(pair[0])] = UInt64(pair[1]) }
        }
        return values
    }

    /// A file's text; nil where the group has none of that name, or has been removed (by systemd, say).
    func text(_ file: String) throws(SystemCallError) -> String? {
        do throws(SystemCallError) {
            return String(
                decoding: try directory.descriptor.open(file, .readOnly).readAll(limit: 1 << 20), as: UTF8.self)
        } catch
            where error.errno == .noSuchFile || error.errno == .notSupported
            || error.errno == .noDevice
        {
            return nil
        }
    }
}
