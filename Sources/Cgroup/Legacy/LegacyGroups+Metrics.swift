public import LinuxSystem

extension LegacyGroups {
    /// Adds what these groups count to the figures of the group of cgroup v2, which has no such controllers then.
    ///
    /// - Parameter metrics: The figures.
    /// - Throws: `SystemCallError`.
    public func add(to metrics: inout CgroupMetrics) throws(SystemCallError) {
        if let memory = try memory() { metrics.memory = memory }
        if let place = places["pids"], let current = try number(place + "/pids.current") {
            metrics.pids = CgroupMetrics.Amount(
                current: current, peak: try number(place + "/pids.peak"), limit: try number(place + "/pids.max"),
                limitHits: nil)
        }
    }

    /// Whether the groups have not been removed.
    ///
    /// - Returns: Whether all of them are there.
    /// - Throws: `SystemCallError`.
    public func areThere() throws(SystemCallError) -> Bool {
        for place in places.paths where try fileStatus(place) == nil { return false }
        return true
    }
}
