internal import Cgroup
internal import JSON

/// The figures of `events` as runc writes them and containerd's and cAdvisor's readers take them: times in nanoseconds,
/// no limit as the largest number.
extension CgroupMetrics {
    var json: JSONValue {
        var object = JSONObject()
        object.append("cpu", processors)
        object.append("memory", memoryUse)
        object.append("pids", (pids?.summary(["current", "limit"]) ?? JSONObject()).json)
        object.append("blkio", blockDevices)
        object.append("hugetlb", hugePages.mapValues { $0.usage.json }.json)
        return object.json
    }

    private var processors: JSONValue {
        func nanoseconds(_ key: String) -> JSONValue { ((cpu[key] ?? 0) &* 1000).json }
        var usage = JSONObject()
        usage.append("total", nanoseconds("usage_usec"))
        usage.append("kernel", nanoseconds("system_usec"))
        usage.append("user", nanoseconds("user_usec"))
        var throttling = JSONObject()
        throttling.append("periods", (cpu["nr_periods"] ?? 0).json)
        throttling.append("throttledPeriods", (cpu["nr_throttled"] ?? 0).json)
        throttling.append("throttledTime", nanoseconds("throttled_usec"))
        var object = JSONObject()
        object.append("usage", usage.json)
        object.append("throttling", throttling.json)
        object.encode("psi", psi("cpu"))
        return object.json
    }

    private var memoryUse: JSONValue {
        var object = JSONObject()
        object.encode("cache", memoryParts["file"])
        if let memory { object.append("usage", memory.usage.json) }
        if let swap { object.append("swap", swap.usage.json) }
        object.append("raw", memoryParts.json)
        object.encode("psi", psi("memory"))
        return object.json
    }

    private var blockDevices: JSONValue {
        func entries(_ counters: [(key: String, operation: String)]) -> JSONValue {
            devices.flatMap { device in
                counters.map { counter in
                    var entry = JSONObject()
                    entry.append("major", device.major.json)
                    entry.append("minor", device.minor.json)
                    entry.append("op", counter.operation.json)
                    entry.append("value", (device.counters[counter.key] ?? 0).json)
                    return entry.json
                }
            }.json
        }
        var object = JSONObject()
        object.append(
            "ioServiceBytesRecursive", entries([("rbytes", "Read"), ("wbytes", "Write"), ("dbytes", "Discard")]))
        object.append("ioServicedRecursive", entries([("rios", "Read"), ("wios", "Write"), ("dios", "Discard")]))
        object.encode("psi", psi("io"))
        return object.json
    }

    private func psi(_ resource: String) -> JSONValue? {
        pressure[resource]?.mapValues { pressure in
            var object = JSONObject()
            for (key, average) in zip(["avg10", "avg60", "avg300"], pressure.averages) {
                object.append(key, average.json)
            }
            object.append("total", pressure.total.json)
            return object.json
        }.json
    }
}

extension CgroupMetrics.Amount {
    /// In use and limit, under these names.
    fileprivate func summary(_ keys: [String]) -> JSONObject {
        var object = JSONObject()
        object.append(keys[0], current.json)
        object.append(keys[1], (limit ?? .max).json)
        return object
    }

    /// With the peak, and how often the limit was met.
    fileprivate var usage: JSONObject {
        var object = summary(["usage", "limit"])
        object.encode("max", peak)
        object.append("failcnt", (limitHits ?? 0).json)
        return object
    }
}
