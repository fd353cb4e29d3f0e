internal import LinuxSystem
internal import OCISpec

/// Refuses, by name, what a bundle asks for and this version cannot do. Nothing that is asked for is ever passed over.
///
/// - Parameter spec: The bundle's configuration.
/// - Throws: ``RuntimeError`` with the JSON path.
func refuseWhatIsNotBuilt(_ spec: Spec) throws(RuntimeError) {
    func refuse(_ isAsked: Bool, _ path: String, _ what: String) throws(RuntimeError) {
        if isAsked { throw RuntimeError("\(path): \(what) not supported yet") }
    }
    if let process = spec.process {
        try refuse(process.apparmorProfile?.isEmpty == false, "process.apparmorProfile", "AppArmor is")
        try refuse(process.selinuxLabel?.isEmpty == false, "process.selinuxLabel", "SELinux is")
        try refuse(process.scheduler != nil, "process.scheduler", "scheduling policies are")
        try refuse(process.ioPriority != nil, "process.ioPriority", "I/O priorities are")
        try refuse(process.execCPUAffinity != nil, "process.execCPUAffinity", "CPU affinities are")
    }
    guard let linux = spec.linux else { return }
    try refuse(linux.mountLabel?.isEmpty == false, "linux.mountLabel", "SELinux is")
    try refuse(linux.intelRdt != nil, "linux.intelRdt", "Intel RDT is")
    try refuse(linux.memoryPolicy != nil, "linux.memoryPolicy", "memory policies are")
    try refuse(!linux.netDevices.isEmpty, "linux.netDevices", "moving network devices is")
    if let resources = linux.resources { try refuseLimits(resources) }
    if let seccomp = linux.seccomp {
        let notifies = seccomp.defaultAction == .notify || seccomp.syscalls.contains { $0.action == .notify }
        try refuse(notifies || seccomp.listenerPath != nil, "linux.seccomp", "seccomp notification is")
    }
}

/// Refuses resource limits, which come with their own change; values that ask for nothing pass, as engines write them.
private func refuseLimits(_ resources: LinuxResources) throws(RuntimeError) {
    func refuse(_ value: (some BinaryInteger)?, _ path: String) throws(RuntimeError) {
        guard let value, value > 0 else { return }
        throw RuntimeError("linux.resources.\(path): resource limits are not supported yet")
    }
    try DeviceRules.refuseUnusual(resources.devices)
    try refuse(resources.memory?.limit, "memory.limit")
    try refuse(resources.memory?.reservation, "memory.reservation")
    try refuse(resources.memory?.swap, "memory.swap")
    try refuse(resources.memory?.kernel, "memory.kernel")
    try refuse(resources.memory?.kernelTCP, "memory.kernelTCP")
    try refuse(resources.memory?.swappiness, "memory.swappiness")
    if resources.memory?.disableOOMKiller == true {
        throw RuntimeError("linux.resources.memory.disableOOMKiller: resource limits are not supported yet")
    }
    try refuse(resources.cpu?.shares, "cpu.shares")
    try refuse(resources.cpu?.quota, "cpu.quota")
    try refuse(resources.cpu?.burst, "cpu.burst")
    try refuse(resources.cpu?.realtimeRuntime, "cpu.realtimeRuntime")
    try refuse(resources.cpu?.realtimePeriod, "cpu.realtimePeriod")
    try refuse(resources.cpu?.idle, "cpu.idle")
    for (list, name) in [(resources.cpu?.cpus, "cpus"), (resources.cpu?.mems, "mems")] where list?.isEmpty == false {
        throw RuntimeError("linux.resources.cpu.\(name): resource limits are not supported yet")
    }
    try refuse(resources.pids?.limit, "pids.limit")
    var blockIO = resources.blockIO ?? LinuxBlockIO()
    if blockIO.weight == 0 { blockIO.weight = nil }
    if blockIO.leafWeight == 0 { blockIO.leafWeight = nil }
    if blockIO != LinuxBlockIO() {
        throw RuntimeError("linux.resources.blockIO: resource limits are not supported yet")
    }
    if !resources.hugepageLimits.isEmpty {
        throw RuntimeError("linux.resources.hugepageLimits: resource limits are not supported yet")
    }
    if let network = resources.network, (network.classID ?? 0) != 0 || !network.priorities.isEmpty {
        throw RuntimeError("linux.resources.network: resource limits are not supported yet")
    }
    if !resources.rdma.isEmpty { throw RuntimeError("linux.resources.rdma: resource limits are not supported yet") }
    if let key = resources.unified.keys.sorted().first {
        throw RuntimeError("linux.resources.unified.\(key): resource limits are not supported yet")
    }
}
