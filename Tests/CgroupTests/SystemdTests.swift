import DBus
import OCISpec
import Testing

@testable import Cgroup

struct ScopeNameTests {
    @Test(arguments: [
        ("machine.slice:libpod:3f2a", "machine.slice", "libpod-3f2a.scope"),
        (
            "kubepods-burstable-pod1_2.slice:cri-containerd:ab", "kubepods-burstable-pod1_2.slice",
            "cri-containerd-ab.scope"
        ),
        ("::name", "system.slice", "name.scope"), ("-.slice:a:b", "-.slice", "a-b.scope"),
    ])
    func names(_ path: String, _ slice: String, _ unit: String) throws {
        let name = try ScopeName(path, id: "id", isOfUser: false)
        #expect(name.slice == slice && name.unit == unit)
    }

    @Test func whatIsNotSaidIsUsual() throws {
        #expect(try ScopeName(nil, id: "a", isOfUser: false).slice == "system.slice")
        #expect(try ScopeName(nil, id: "a", isOfUser: true).slice == "user.slice")
        #expect(try ScopeName(nil, id: "a", isOfUser: true).unit == "agentrt-a.scope")
    }

    @Test(arguments: [
        "/a/b", "a:b", "a.slice:b:c:d", "a:b:c", "a/b.slice:c:d", "../a.slice:b:c", "a--b.slice:c:d", "-a.slice:b:c",
        "a-.slice:b:c", ".slice:b:c", "a.slice::", "a.slice:b:c.slice", "a.slice:b:c/d", "a.slice:b:c\n", "a.slice:ü:c",
    ])
    func refuses(_ path: String) {
        let error = #expect(throws: CgroupError.self) { try ScopeName(path, id: "id", isOfUser: false) }
        #expect(error?.description.hasPrefix("linux.cgroupsPath: ") == true)
    }
}

struct UnitPropertyTests {
    @Test func limitsBecomeProperties() throws {
        var resources = LinuxResources()
        resources.memory = LinuxMemory(limit: 64 << 20, reservation: 1 << 20, swap: 96 << 20)
        resources.cpu = LinuxCPU(shares: 1024, quota: 50_000, period: 20_000, cpus: "0-1,9", mems: "0")
        resources.pids = LinuxPids(limit: -1)
        func property(_ name: String, _ value: DBusValue) -> DBusValue {
            .structure([.string(name), .variant(value)])
        }
        #expect(
            try ControlSettings(resources).unitProperties == [
                property("MemoryMax", .uint64(64 << 20)), property("MemoryLow", .uint64(1 << 20)),
                property("MemorySwapMax", .uint64(32 << 20)), property("CPUQuotaPerSecUSec", .uint64(2_500_000)),
                property("CPUQuotaPeriodUSec", .uint64(20_000)), property("CPUWeight", .uint64(100)),
                property("AllowedCPUs", .array(of: "y", [.byte(3), .byte(2)])),
                property("AllowedMemoryNodes", .array(of: "y", [.byte(1)])), property("TasksMax", .uint64(.max)),
            ])
    }

    @Test func aSmallQuotaIsRoundedUp() throws {
        var resources = LinuxResources()
        resources.cpu = LinuxCPU(quota: 1000, period: 1_000_000)
        #expect(
            try ControlSettings(resources).unitProperties.first
                == .structure([.string("CPUQuotaPerSecUSec"), .variant(.uint64(10_000))]))
    }
}
