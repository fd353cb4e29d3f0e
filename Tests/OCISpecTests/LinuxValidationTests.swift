import JSON
import OCISpec
import Testing

@Suite("Rules of the linux section")
struct LinuxValidationTests {
    @Test("namespaces and what needs them", arguments: namespaceRules)
    func namespaces(rule: Rule) { rule.check() }

    static let namespaceRules: [Rule] = [
        .linux("path empty in memory", "linux.namespaces[0].path: is empty") {
            $0.namespaces[0].path = ""
        },
        .linux("masks without mount namespace", "linux.maskedPaths: needs a mount namespace") {
            $0.namespaces = [LinuxNamespace(.uts)]
        },
        .linux("read-only paths without mount namespace", "linux.readonlyPaths: needs a mount namespace") {
            $0.namespaces = [LinuxNamespace(.uts)]
            $0.maskedPaths = []
        },
        .linux("user namespace without mappings", nil) { $0.namespaces.append(LinuxNamespace(.user)) },
        .linux("every id mapped", nil) {
            $0.namespaces.append(LinuxNamespace(.user))
            $0.uidMappings = [IDMapping(containerID: 0, hostID: 0, size: .max)]
        },
        .linux("ids beyond the last", "linux.uidMappings[0]: reaches beyond the highest id, 4294967294") {
            $0.namespaces.append(LinuxNamespace(.user))
            $0.uidMappings = [IDMapping(containerID: 1, hostID: 0, size: .max)]
        },
        .linux("ids outside twice", "linux.uidMappings[1]: overlaps with uidMappings[0]") {
            $0.namespaces.append(LinuxNamespace(.user))
            $0.uidMappings = [
                IDMapping(containerID: 0, hostID: 10, size: 5), IDMapping(containerID: 9, hostID: 14, size: 1),
            ]
        },
        .linux("ids side by side", nil) {
            $0.namespaces.append(LinuxNamespace(.user))
            $0.uidMappings = [
                IDMapping(containerID: 5, hostID: 15, size: 5), IDMapping(containerID: 0, hostID: 10, size: 5),
            ]
        },
        .linux("time offsets without namespace", "linux.timeOffsets: needs a time namespace") {
            $0.timeOffsets = TimeOffsets(monotonic: TimeOffset(secs: 1))
        },
        .linux("time offset of a second", "linux.timeOffsets.boottime.nanosecs: 1000000000 is not below one second") {
            $0.namespaces.append(LinuxNamespace(.time))
            $0.timeOffsets = TimeOffsets(boottime: TimeOffset(nanosecs: 1_000_000_000))
        },
        .linux("net device without namespace", "linux.netDevices: needs a network namespace") {
            $0.namespaces.removeAll { $0.type == .network }
            $0.netDevices = ["eth0": LinuxNetDevice()]
        },
        .linux("net device template", nil) { $0.netDevices = ["eth0": LinuxNetDevice(name: "eth%d")] },
        .linux("net device template inside", "linux.netDevices.eth0.name: \"e%dh\" is not a device name") {
            $0.netDevices = ["eth0": LinuxNetDevice(name: "e%dh")]
        },
        .linux("net device name too long", "linux.netDevices: \"sixteen-bytes-xx\" is not a device name") {
            $0.netDevices = ["sixteen-bytes-xx": LinuxNetDevice()]
        },
        .linux("net device name with slash", "linux.netDevices: \"a/b\" is not a device name") {
            $0.netDevices = ["a/b": LinuxNetDevice()]
        },
        .linux("net device name with space", "linux.netDevices.eth0.name: \"a b\" is not a device name") {
            $0.netDevices = ["eth0": LinuxNetDevice(name: "a b")]
        },
        .linux("net device name of dots", "linux.netDevices: \"..\" is not a device name") {
            $0.netDevices = ["..": LinuxNetDevice()]
        },
    ]

    @Test("devices, memory policy, resource director", arguments: sectionRules)
    func sections(rule: Rule) { rule.check() }

    static let sectionRules: [Rule] = [
        .linux("device path relative", "linux.devices[0].path: \"dev/x\" is not an absolute path") {
            $0.devices = [LinuxDevice(.character, path: "dev/x", major: 1, minor: 3)]
        },
        .linux("device without major", "linux.devices[0].major: is missing") {
            $0.devices = [LinuxDevice(.block, path: "/dev/x", minor: 3)]
        },
        .linux("device without minor", "linux.devices[0].minor: is missing") {
            $0.devices = [LinuxDevice(.unbuffered, path: "/dev/x", major: 3)]
        },
        .linux("device number too high", "linux.devices[0].minor: 1048576 is not between 0 and 1048575") {
            $0.devices = [LinuxDevice(.character, path: "/dev/x", major: 4095, minor: 1 << 20)]
        },
        .linux("fifo without numbers", nil) { $0.devices = [LinuxDevice(.fifo, path: "/run/x")] },
        .linux("closID of the root", nil) { $0.intelRdt = IntelRdt(closID: "/") },
        .linux("closID above", "linux.intelRdt.closID: \"..\" is not the name of a directory") {
            $0.intelRdt = IntelRdt(closID: "..")
        },
        .linux("closID below", "linux.intelRdt.closID: \"a/b\" is not the name of a directory") {
            $0.intelRdt = IntelRdt(closID: "a/b")
        },
        .linux("schema with two lines", "linux.intelRdt.schemata[1]: contains a line break") {
            $0.intelRdt = IntelRdt(schemata: ["L3:0=f", "L3:0=f\nMB:0=1"])
        },
        .linux("bandwidth schema", "linux.intelRdt.memBwSchema: \"L3:0=f\" does not start with MB:") {
            $0.intelRdt = IntelRdt(memBwSchema: "L3:0=f")
        },
        .linux("nodes of a mode without any", "linux.memoryPolicy.nodes: MPOL_LOCAL takes none") {
            $0.memoryPolicy = MemoryPolicy(.local, nodes: "0")
        },
        .linux("no nodes", "linux.memoryPolicy.nodes: is missing, though MPOL_BIND needs it") {
            $0.memoryPolicy = MemoryPolicy(.bind)
        },
        .linux("preferred node or none", nil) { $0.memoryPolicy = MemoryPolicy(.preferred) },
        .linux(
            "node flags", "linux.memoryPolicy.flags: MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other"
        ) { $0.memoryPolicy = MemoryPolicy(.bind, nodes: "0", flags: [.staticNodes, .relativeNodes]) },
        .linux("personality flag", "linux.personality.flags: unknown personality flag \"X\" (none is known)") {
            $0.personality = Personality(.linux, flags: ["X"])
        },
    ]

    @Test("resources", arguments: resourceRules)
    func resources(rule: Rule) { rule.check() }

    static let resourceRules: [Rule] = [
        .resources(
            "rule on a device below every number", "linux.resources.devices[0].major: -2 is below -1",
            LinuxResources(devices: [LinuxDeviceRule(allow: true, major: -2)])),
        .resources(
            "rule with an unknown letter",
            "linux.resources.devices[0].access: \"rx\" holds other letters than r, w and m",
            LinuxResources(devices: [LinuxDeviceRule(allow: true, access: "rx")])),
        .resources(
            "memory below no limit", "linux.resources.memory.swap: -2 is below -1",
            LinuxResources(memory: LinuxMemory(limit: -1, swap: -2))),
        .resources(
            "swappiness", "linux.resources.memory.swappiness: 101 is above 100",
            LinuxResources(memory: LinuxMemory(swappiness: 101))),
        .resources(
            "burst above quota", "linux.resources.cpu.burst: 11 is above the quota, 10",
            LinuxResources(cpu: LinuxCPU(quota: 10, burst: 11))),
        .resources("burst without limit", nil, LinuxResources(cpu: LinuxCPU(quota: -1, burst: 11))),
        .resources(
            "CPU list", "linux.resources.cpu.cpus: \"0-\" is not a list of CPUs such as 0-3,7",
            LinuxResources(cpu: LinuxCPU(cpus: "0-"))),
        .resources(
            "idle", "linux.resources.cpu.idle: 2 is neither 0 nor 1", LinuxResources(cpu: LinuxCPU(idle: 2))),
        .resources(
            "no weight", "linux.resources.blockIO.weightDevice[0]: holds neither weight nor leafWeight",
            LinuxResources(blockIO: LinuxBlockIO(weightDevice: [LinuxWeightDevice(major: 8, minor: 0)]))),
        .resources(
            "throttled device", "linux.resources.blockIO.throttleWriteIOPSDevice[0].minor: -1 is below 0",
            LinuxResources(
                blockIO: LinuxBlockIO(
                    throttleWriteIOPSDevice: [LinuxThrottleDevice(major: 8, minor: -1, rate: 1)]))),
        .resources(
            "interface", "linux.resources.network.priorities[0].name: \"\" is not a device name",
            LinuxResources(network: LinuxNetwork(priorities: [.init(name: "", priority: 1)]))),
        .resources(
            "rdma device", "linux.resources.rdma: \"a b\" is not a device name",
            LinuxResources(rdma: ["a b": LinuxRdma(hcaHandles: 1)])),
    ]

    @Test(
        "page sizes",
        arguments: [
            ("2MB", true), ("64KB", true), ("1GB", true), ("512KB", true), ("64kB", false), ("0KB", false),
            ("02MB", false),
            ("MB", false), ("2TB", false), ("2M", false), ("2 MB", false), ("-2MB", false), ("", false), ("B", false),
        ])
    func pageSizes(size: String, isValid: Bool) {
        let resources = LinuxResources(hugepageLimits: [LinuxHugepageLimit(pageSize: size, limit: 1)])
        let error = JSONValue.errorText { () throws(JSONDecodingError) in try resources.validate() }
        #expect((error == nil) == isValid)
    }

    @Test(
        "files of the unified hierarchy",
        arguments: [
            ("memory.max", true), ("hugetlb.1GB.max", true), ("memory", false), ("", false), (".max", false),
            ("memory.", false), ("a..b", false), ("..", false), ("a/memory.max", false), ("memory.max\0", false),
        ])
    func unifiedFiles(file: String, isValid: Bool) {
        let resources = LinuxResources(unified: [file: "1"])
        let error = JSONValue.errorText { () throws(JSONDecodingError) in try resources.validate() }
        #expect((error == nil) == isValid)
    }

    @Test("seccomp", arguments: seccompRules)
    func seccomp(rule: Rule) { rule.check() }

    private static func filter(
        _ description: String, _ error: String?, _ rules: [SeccompRule], action: SeccompAction = .allow,
        errno: UInt32? = nil, listener: String? = nil, metadata: String? = nil
    ) -> Rule {
        .linux(description, error) {
            $0.seccomp = Seccomp(
                defaultAction: action, defaultErrnoRet: errno, listenerPath: listener, listenerMetadata: metadata,
                syscalls: rules)
        }
    }

    static let seccompRules: [Rule] = [
        filter("no rules", nil, []),
        filter("errno of allow", "linux.seccomp.defaultErrnoRet: does not go with SCMP_ACT_ALLOW", [], errno: 1),
        filter("errno", nil, [], action: .errno, errno: 4095),
        filter("errno too high", "linux.seccomp.defaultErrnoRet: 4096 is above 4095", [], action: .errno, errno: 4096),
        filter("message for the tracer", nil, [], action: .trace, errno: 65535),
        filter(
            "message too high", "linux.seccomp.syscalls[0].errnoRet: 65536 is above 65535",
            [SeccompRule(names: ["a"], action: .trace, errnoRet: 65536)]),
        filter(
            "errno of kill", "linux.seccomp.syscalls[0].errnoRet: does not go with SCMP_ACT_KILL_PROCESS",
            [SeccompRule(names: ["a"], action: .killProcess, errnoRet: 0)]),
        filter(
            "notify by default",
            "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY would stop the very call that hands the listener over", [],
            action: .notify, listener: "/s"),
        filter(
            "notify without listener", "linux.seccomp.listenerPath: is missing, though syscalls[1] has SCMP_ACT_NOTIFY",
            [SeccompRule(names: ["a"], action: .log), SeccompRule(names: ["b"], action: .notify)]),
        filter("notify", nil, [SeccompRule(names: ["b"], action: .notify)], listener: "/s", metadata: "m"),
        filter(
            "metadata alone", "linux.seccomp.listenerMetadata: is given without listenerPath", [], metadata: "m"),
        filter(
            "no names", "linux.seccomp.syscalls[0].names: is empty", [SeccompRule(names: [], action: .log)]),
        filter(
            "empty name", "linux.seccomp.syscalls[0].names[1]: is empty",
            [SeccompRule(names: ["a", ""], action: .log)]),
        filter(
            "seventh argument",
            "linux.seccomp.syscalls[0].args[0].index: 6 is above 5: a system call has six arguments",
            [SeccompRule(names: ["a"], action: .log, args: [SeccompArgument(6, .equal, 0)])]),
    ]
}
