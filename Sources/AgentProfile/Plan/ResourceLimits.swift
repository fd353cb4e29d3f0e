internal import OCISpec

extension Policy.Resources {
    /// Length of the period that processor time is dealt out in, in microseconds: the kernel's default.
    private static let cpuPeriod: UInt64 = 100_000

    /// The limits as a bundle has them; nil without any that a control group holds.
    var limits: LinuxResources? {
        var resources = LinuxResources()
        if let memory {
            let bytes = Int64(clamping: memory)
            // No swap on top: a cap on memory that swaps instead slows down the whole machine.
            resources.memory = LinuxMemory(limit: bytes, swap: bytes)
        }
        if let milliCPUs {
            resources.cpu = LinuxCPU(
                quota: Int64(clamping: milliCPUs * Self.cpuPeriod / 1000), period: Self.cpuPeriod)
        }
        if let pids { resources.pids = LinuxPids(limit: Int64(clamping: pids)) }
        return resources == LinuxResources() ? nil : resources
    }
}
