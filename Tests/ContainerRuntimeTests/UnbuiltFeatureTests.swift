import OCISpec
import Testing

@testable import ContainerRuntime

struct UnbuiltFeatureTests {
    private func line(_ spec: Spec) -> String? { failure { try refuseWhatIsNotBuilt(spec) } }

    @Test(arguments: [
        ("apparmorProfile", Process(apparmorProfile: "x")), ("selinuxLabel", Process(selinuxLabel: "x")),
        ("scheduler", Process(scheduler: Scheduler(policy: .batch))),
        ("ioPriority", Process(ioPriority: IOPriority(.idle, priority: 0))),
        ("execCPUAffinity", Process(execCPUAffinity: ExecCPUAffinity(initial: "0"))),
    ])
    func ofTheProcess(_ name: String, _ process: Process) {
        #expect(line(Spec(process: process))?.hasPrefix("process.\(name): ") == true)
    }

    @Test(arguments: [
        ("mountLabel", Linux(mountLabel: "x")), ("intelRdt", Linux(intelRdt: IntelRdt())),
        ("memoryPolicy", Linux(memoryPolicy: MemoryPolicy(.local))),
        ("netDevices", Linux(netDevices: ["e": LinuxNetDevice()])),
        ("seccomp", Linux(seccomp: Seccomp(defaultAction: .notify))),
        ("seccomp", Linux(seccomp: Seccomp(defaultAction: .allow, listenerPath: "/l"))),
        (
            "seccomp",
            Linux(seccomp: Seccomp(defaultAction: .allow, syscalls: [SeccompRule(names: ["read"], action: .notify)]))
        ),
    ])
    func ofLinux(_ name: String, _ linux: Linux) {
        #expect(line(Spec(linux: linux))?.hasPrefix("linux.\(name): ") == true)
    }

    @Test(arguments: [
        ("memory.limit", LinuxResources(memory: LinuxMemory(limit: 1))),
        ("memory.reservation", LinuxResources(memory: LinuxMemory(reservation: 1))),
        ("memory.swap", LinuxResources(memory: LinuxMemory(swap: 1))),
        ("memory.kernel", LinuxResources(memory: LinuxMemory(kernel: 1))),
        ("memory.kernelTCP", LinuxResources(memory: LinuxMemory(kernelTCP: 1))),
        ("memory.swappiness", LinuxResources(memory: LinuxMemory(swappiness: 1))),
        ("memory.disableOOMKiller", LinuxResources(memory: LinuxMemory(disableOOMKiller: true))),
        ("cpu.shares", LinuxResources(cpu: LinuxCPU(shares: 2))),
        ("cpu.quota", LinuxResources(cpu: LinuxCPU(quota: 1))),
        ("cpu.burst", LinuxResources(cpu: LinuxCPU(burst: 1))),
        ("cpu.realtimeRuntime", LinuxResources(cpu: LinuxCPU(realtimeRuntime: 1))),
        ("cpu.realtimePeriod", LinuxResources(cpu: LinuxCPU(realtimePeriod: 1))),
        ("cpu.idle", LinuxResources(cpu: LinuxCPU(idle: 1))), ("cpu.cpus", LinuxResources(cpu: LinuxCPU(cpus: "0"))),
        ("cpu.mems", LinuxResources(cpu: LinuxCPU(mems: "0"))),
        ("pids.limit", LinuxResources(pids: LinuxPids(limit: 1))),
        ("blockIO", LinuxResources(blockIO: LinuxBlockIO(weight: 10))),
        ("hugepageLimits", LinuxResources(hugepageLimits: [LinuxHugepageLimit(pageSize: "2MB", limit: 1)])),
        ("network", LinuxResources(network: LinuxNetwork(classID: 1))),
        ("rdma", LinuxResources(rdma: ["m": LinuxRdma(hcaHandles: 1)])),
        ("unified.cpu.max", LinuxResources(unified: ["cpu.max": "1"])),
    ])
    func ofResources(_ name: String, _ resources: LinuxResources) {
        let text = line(Spec(linux: Linux(resources: resources)))
        #expect(text == "linux.resources.\(name): resource limits are not supported yet")
    }

    @Test func whatAsksForNothingPasses() {
        let resources = LinuxResources(
            devices: [LinuxDeviceRule(allow: false, access: "rwm")],
            memory: LinuxMemory(limit: -1, swap: 0, swappiness: 0, disableOOMKiller: false, useHierarchy: true),
            cpu: LinuxCPU(shares: 0, quota: -1, period: 100_000, cpus: ""), pids: LinuxPids(limit: 0),
            blockIO: LinuxBlockIO(weight: 0, leafWeight: 0), network: LinuxNetwork(classID: 0))
        let linux = Linux(resources: resources, seccomp: Seccomp(defaultAction: .errno), mountLabel: "")
        #expect(line(Spec(process: Process(apparmorProfile: "", selinuxLabel: ""), linux: linux)) == nil)
        #expect(line(Spec()) == nil)
    }
}
