internal import ContainerRuntime
internal import JSON
internal import LinuxSystem
internal import OCISpec

/// `update [--resources FILE|-] [--memory BYTES …] ID`: changes the limits of a container.
enum UpdateVerb {
    /// runc's options, the member of `linux.resources` that each sets, and how its value is written.
    private static let limits: [(option: String, group: String, key: String, kind: Kind)] = [
        ("memory", "memory", "limit", .bytes), ("memory-reservation", "memory", "reservation", .bytes),
        ("memory-swap", "memory", "swap", .bytes), ("kernel-memory", "memory", "kernel", .bytes),
        ("kernel-memory-tcp", "memory", "kernelTCP", .bytes), ("cpu-share", "cpu", "shares", .number),
        ("cpu-quota", "cpu", "quota", .number), ("cpu-period", "cpu", "period", .number),
        ("cpu-burst", "cpu", "burst", .number), ("cpu-idle", "cpu", "idle", .number),
        ("cpu-rt-runtime", "cpu", "realtimeRuntime", .number), ("cpu-rt-period", "cpu", "realtimePeriod", .number),
        ("cpuset-cpus", "cpu", "cpus", .text), ("cpuset-mems", "cpu", "mems", .text),
        ("pids-limit", "pids", "limit", .number), ("blkio-weight", "blockIO", "weight", .number),
    ]

    private enum Kind { case bytes, number, text }

    /// Those for which 0 means "not said", and whether -1 lifts the limit.
    private static let zeroSaysNothing = [
        "memory": true, "memory-reservation": true, "pids-limit": true, "cpu-quota": true, "cpu-period": false,
        "cpu-share": false, "cpu-rt-runtime": false, "cpu-rt-period": false, "blkio-weight": false,
    ]

    static func run(_ global: GlobalOptions) throws -> Int32 {
        let arguments = try Arguments(
            global.verbArguments,
            options: limits.map { .value($0.option) } + [
                .value("resources", "r"), .value("l3-cache-schema"), .value("mem-bw-schema"), .flag("allow-degraded"),
            ])
        if arguments.has("allow-degraded") {
            throw UsageError(
                "--allow-degraded is for run and create: what stands in for a control group cannot be changed later")
        }
        let container = try arguments.container(global, verb: "update")
        for option in ["l3-cache-schema", "mem-bw-schema"] where arguments[option] != nil {
            throw UsageError("--\(option): Intel RDT is not supported yet")
        }
        let given = limits.filter { arguments[$0.option] != nil }
        let json: JSONValue
        if let file = arguments["resources"] {
            if let option = given.first?.option {
                throw UsageError("--\(option) does not go with --resources, which says all")
            }
            json = try Self.json(of: file)
        } else if given.isEmpty {
            throw UsageError(
                "\"update\" takes limits: --resources FILE, or options such as --memory; see update --help")
        } else {
            json = try Self.json(of: given.map { ($0, arguments[$0.option] ?? "") })
        }
        try container.update(try LinuxResources(json: json))
        return 0
    }

    private static func json(of file: String) throws -> JSONValue {
        let limit = 16 << 20
        let bytes =
            // Nothing else of this verb reads standard input.
            file == "-" ? try FileDescriptor(owning: 0).readAll(limit: limit) : try readFile(file, limit: limit)
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw UsageError("--resources \(file): \(error)")
        }
    }

    private static func json(
        of values: [((option: String, group: String, key: String, kind: Kind), String)]
    ) throws(UsageError) -> JSONValue {
        var groups: [String: JSONObject] = [:]
        for (limit, text) in values {
            let value = limit.kind == .text ? text.json : try number(text, of: limit.option, limit.kind).json
            groups[limit.group, default: JSONObject()].append(limit.key, value)
        }
        return groups.mapValues(\.json).json
    }

    private static func number(_ text: String, of option: String, _ kind: Kind) throws(UsageError) -> Int64 {
        guard let number = kind == .bytes ? bytes(text) : Int64(text) else {
            let what = kind == .bytes ? "number of bytes, such as 512m" : "whole number"
            throw UsageError("--\(option): \"\(text)\" is no \(what)")
        }
        // Whoever gives it means something by it, and the specification takes it for "not said".
        if number == 0, let isLiftable = zeroSaysNothing[option] {
            throw UsageError("--\(option): 0 changes nothing" + (isLiftable ? "; -1 lifts the limit" : ""))
        }
        return number
    }

    /// Bytes, with a unit of 1024 as runc and Docker write it: `512m`, `2GiB`; -1 is no limit.
    static func bytes(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isNumber || $0 == "-" }
        guard let number = Int64(digits) else { return nil }
        let factor: Int64
        switch text.dropFirst(digits.count).lowercased() {
        case "", "b": factor = 1
        case "k", "kb", "kib": factor = 1 << 10
        case "m", "mb", "mib": factor = 1 << 20
        case "g", "gb", "gib": factor = 1 << 30
        case "t", "tb", "tib": factor = 1 << 40
        default: return nil
        }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: factor)
        return overflows || number < -1 ? nil : bytes
    }
}
