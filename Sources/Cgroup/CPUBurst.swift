internal import OCISpec

/// What a group may spend on processors in a period, and what of the unused it may spend on top, in microseconds.
///
/// The kernel takes no burst above the quota and says EINVAL, whichever of the two is written
/// (Documentation/scheduler/sched-bwc.rst).
struct CPUBurst {
    /// nil for no limit.
    let quota: UInt64?
    let burst: UInt64

    /// Refuses a change of one of the two that the other, which stays, does not go with.
    ///
    /// - Parameter cpu: The change.
    /// - Throws: ``CgroupError`` with the JSON path of what is changed.
    func check(changeTo cpu: LinuxCPU) throws(CgroupError) {
        if let new = cpu.quota, new > 0, cpu.burst == nil, UInt64(new) < burst {
            throw CgroupError(
                "linux.resources.cpu.quota: \(new) is below the burst of \(burst) that the group has; "
                    + "give cpu.burst with it")
        }
        if let new = cpu.burst, (cpu.quota ?? 0) == 0, let quota, new > quota {
            throw CgroupError(
                "linux.resources.cpu.burst: \(new) is above the quota of \(quota) that the group has; "
                    + "give cpu.quota with it")
        }
    }
}
