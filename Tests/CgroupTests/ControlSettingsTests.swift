import OCISpec
import Testing

@testable import Cgroup

struct ControlSettingsTests {
    private func lines(_ resources: LinuxResources) throws -> [String] {
        try ControlSettings(resources).settings.map { "\($0.file)=\($0.value)" }
    }

    @Test func memoryAndSwapAreCountedApart() throws {
        let memory = LinuxMemory(limit: 1 << 20, reservation: 4096, swap: 3 << 20)
        #expect(
            try lines(LinuxResources(memory: memory))
                == ["memory.max=1048576", "memory.low=4096", "memory.swap.max=2097152"])
    }

    @Test func noSwapAtAll() throws {
        #expect(try lines(LinuxResources(memory: LinuxMemory(swap: 0))) == ["memory.swap.max=0"])
    }

    @Test func whatAsksForNothingSetsNothing() throws {
        let resources = LinuxResources(
            devices: [LinuxDeviceRule(allow: false, access: "rwm")],
            memory: LinuxMemory(limit: 0, swappiness: 0, disableOOMKiller: false, useHierarchy: true),
            cpu: LinuxCPU(shares: 0, quota: 0, period: 0, cpus: ""), pids: LinuxPids(limit: 0),
            blockIO: LinuxBlockIO(weight: 0, leafWeight: 0), network: LinuxNetwork(classID: 0))
        #expect(try lines(resources) == [])
        #expect(try ControlSettings(LinuxResources()).isEmpty)
    }

    @Test func minusOneTakesALimitAway() throws {
        let resources = LinuxResources(
            memory: LinuxMemory(limit: -1, swap: -1), cpu: LinuxCPU(quota: -1, period: 5000), pids: LinuxPids(limit: -1)
        )
        #expect(
            try lines(resources) == ["memory.max=max", "memory.swap.max=max", "cpu.max=max 5000", "pids.max=max"])
        #expect(try ControlSettings(resources).forNewGroup.isEmpty)
        #expect(try ControlSettings(LinuxResources(cpu: LinuxCPU(shares: 1024))).forNewGroup.isEmpty)
    }

    @Test func processorsInOrder() throws {
        let cpu = LinuxCPU(shares: 512, quota: 5000, burst: 100, period: 10_000, cpus: "0-1", mems: "0")
        #expect(
            try lines(LinuxResources(cpu: cpu)) == [
                "cpu.max=5000 10000", "cpu.max.burst=100", "cpu.weight=59", "cpuset.cpus=0-1", "cpuset.mems=0",
            ])
        #expect(try lines(LinuxResources(cpu: LinuxCPU(shares: 512, idle: 1))) == ["cpu.idle=1"])
        #expect(try lines(LinuxResources(cpu: LinuxCPU(period: 9000))) == ["cpu.max=max 9000"])
    }

    @Test(
        arguments: [
            (0, 1), (2, 1), (3, 2), (512, 59), (1024, 100), (2048, 174), (262_143, 10_000), (262_144, 10_000),
            (UInt64.max, 10_000),
        ] as [(UInt64, Int)])
    func weightOfShares(_ shares: UInt64, _ weight: Int) {
        #expect(CPUWeight(shares: shares).weight == weight)
    }

    @Test func inputAndOutput() throws {
        var blockIO = LinuxBlockIO()
        blockIO.weight = 10
        blockIO.weightDevice = [LinuxWeightDevice(major: 8, minor: 0, weight: 1000)]
        blockIO.throttleReadBpsDevice = [LinuxThrottleDevice(major: 8, minor: 16, rate: 1024)]
        blockIO.throttleWriteIOPSDevice = [LinuxThrottleDevice(major: 8, minor: 16, rate: 0)]
        let settings = try ControlSettings(LinuxResources(blockIO: blockIO)).settings
        #expect(
            settings.map { "\($0.file)=\($0.value)" } == [
                "io.bfq.weight=default 10", "io.bfq.weight=8:0 1000", "io.max=8:16 rbps=1024", "io.max=8:16 wiops=max",
            ])
        #expect(settings.compactMap(\.alternative?.value) == ["default 1", "8:0 10000"])
        #expect(settings[2].origin == "linux.resources.blockIO.throttleReadBpsDevice[0]")
    }

    @Test func hugePagesAndRDMA() throws {
        let resources = LinuxResources(
            hugepageLimits: [LinuxHugepageLimit(pageSize: "2MB", limit: UInt64.max)],
            rdma: ["mlx5_1": LinuxRdma(hcaHandles: 3, hcaObjects: 10)])
        #expect(
            try lines(resources) == [
                "hugetlb.2MB.max=max", "hugetlb.2MB.rsvd.max=max", "rdma.max=mlx5_1 hca_handle=3 hca_object=10",
            ])
    }

    @Test func theKernelsOwnWordsComeLast() throws {
        let resources = LinuxResources(
            memory: LinuxMemory(limit: 4096),
            unified: ["memory.high": "1024", "io.max": "8:0 rbps=1\n8:1 rbps=2\n", "cgroup.max.depth": "1"])
        let settings = try ControlSettings(resources)
        #expect(
            settings.settings.map { "\($0.file)=\($0.value)" } == [
                "memory.max=4096", "cgroup.max.depth=1", "io.max=8:0 rbps=1", "io.max=8:1 rbps=2", "memory.high=1024",
            ])
        #expect(settings.controllers.map(\.name) == ["memory", "io"])
    }

    @Test(arguments: [
        (LinuxResources(memory: LinuxMemory(swap: 4096)), "memory.swap: counts memory and swap together"),
        (LinuxResources(memory: LinuxMemory(limit: 8192, swap: 4096)), "memory.swap: 4096 is below"),
        (LinuxResources(memory: LinuxMemory(kernelTCP: 4096)), "memory.kernelTCP: only cgroup v1"),
        (LinuxResources(memory: LinuxMemory(swappiness: 1)), "memory.swappiness: only cgroup v1"),
        (LinuxResources(memory: LinuxMemory(disableOOMKiller: true)), "memory.disableOOMKiller: only cgroup v1"),
        (LinuxResources(cpu: LinuxCPU(realtimeRuntime: 1)), "cpu.realtimeRuntime: only cgroup v1"),
        (LinuxResources(unified: ["memory.max": "\n"]), "unified.memory.max: is empty"),
    ])
    func refuses(_ resources: LinuxResources, _ why: String) {
        let error = #expect(throws: CgroupError.self) { try ControlSettings(resources) }
        #expect(error?.description.hasPrefix("linux.resources." + why) == true, "\(error?.description ?? "")")
    }
}
