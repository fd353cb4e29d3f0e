internal import DBus

/// Limits of a unit as systemd had them, see ``SystemdManager/change(_:to:)``.
public struct UnitLimits: Sendable {
    /// Pairs of a name and a value.
    let properties: [DBusValue]
}

extension ControlSettings {
    /// The limits as properties of a unit. systemd writes what it knows again whenever it is reloaded, so it must know
    /// of all that it could undo; the rest it leaves alone.
    ///
    /// Source: org.freedesktop.systemd1(5), systemd.resource-control(5).
    var unitProperties: [DBusValue] { settings.flatMap(\.unitProperties) }
}

extension ControlSetting {
    fileprivate var unitProperties: [DBusValue] {
        switch file {
        case "memory.max": amount("MemoryMax")
        case "memory.high": amount("MemoryHigh")
        case "memory.low": amount("MemoryLow")
        case "memory.min": amount("MemoryMin")
        case "memory.swap.max": amount("MemorySwapMax")
        case "pids.max": amount("TasksMax")
        case "cpu.weight": amount("CPUWeight")
        case "cpu.max": processorTime
        case "cpuset.cpus": numbers("AllowedCPUs")
        case "cpuset.mems": numbers("AllowedMemoryNodes")
        default: []
        }
    }

    private func property(_ name: String, _ value: DBusValue) -> DBusValue {
        .structure([.string(name), .variant(value)])
    }

    private func amount(_ name: String) -> [DBusValue] {
        if value == "max" { return [property(name, .uint64(.max))] }
        return UInt64(value).map { [property(name, .uint64($0))] } ?? []
    }

    /// `QUOTA PERIOD` in microseconds; systemd counts the quota for a second.
    private var processorTime: [DBusValue] {
        let words = value.split(separator: " ")
        let period = words.count > 1 ? UInt64(words[1]) ?? 100_000 : 100_000
        guard period > 0 else { return [] }
        guard words.first != "max" else { return [property("CPUQuotaPerSecUSec", .uint64(.max))] }
        guard let quota = words.first.flatMap({ UInt64($0) }), quota < 1 << 40 else { return [] }
        // systemd keeps hundredths of a second's permille: rounded up, so that a quota never becomes none.
        let second = (quota * 1_000_000 / period + 9_999) / 10_000 * 10_000
        return [
            property("CPUQuotaPerSecUSec", .uint64(second)), property("CPUQuotaPeriodUSec", .uint64(period)),
        ]
    }

    /// A list such as `0-2,7` as a bit mask, the lowest byte first.
    private func numbers(_ name: String) -> [DBusValue] {
        var bits: [UInt8] = []
        for range in value.split(separator: ",") {
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 16 else { return [] }
            if bits.count <= last / 8 { bits += Array(repeating: 0, count: last / 8 + 1 - bits.count) }
            for number in first...last { bits[number / 8] |= 1 << (number % 8) }
        }
        return [property(name, .array(of: "y", bits.map { .byte($0) }))]
    }
}
