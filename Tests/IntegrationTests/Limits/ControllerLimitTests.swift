import Glibc
import Testing

/// Limits of a bundle on a host whose controllers are on cgroup v2: what the group holds, and what the kernel does.
///
/// Run by `scripts/test` in `scripts/cgroup2-vm`; a host that binds controllers to cgroup v1 refuses these limits.
@Suite(.needsRoot, .agentrtOnly, .serialized) struct ControllerLimitTests {
    let scratch = Scratch()

    /// A bundle's limits, and a file of the group with what it then holds.
    static let values: [(String, Node, String, String)] = [
        ("memory", ["limit": 67_108_864], "memory.max", "67108864"),
        ("memory", ["limit": 67_108_864, "swap": 67_108_864], "memory.swap.max", "0"),
        ("memory", ["swap": 0], "memory.swap.max", "0"),
        ("memory", ["reservation": 1_048_576], "memory.low", "1048576"),
        ("cpu", ["quota": 30_000, "period": 90_000], "cpu.max", "30000 90000"),
        ("cpu", ["quota": 30_000, "burst": 10_000], "cpu.max.burst", "10000"),
        ("cpu", ["shares": 512], "cpu.weight", "59"),
        ("cpu", ["idle": 1], "cpu.idle", "1"),
        ("cpu", ["cpus": "1", "mems": "0"], "cpuset.cpus", "1"),
        ("pids", ["limit": 33], "pids.max", "33"),
        ("hugepageLimits", [["pageSize": "2MB", "limit": 4_194_304]], "hugetlb.2MB.rsvd.max", "4194304"),
        ("unified", ["memory.high": "33554432"], "memory.high", "33554432"),
        ("unified", ["memory.oom.group": "1"], "memory.oom.group", "1"),
        ("unified", ["cgroup.max.depth": "3"], "cgroup.max.depth", "3"),
    ]

    @Test(arguments: values) func groupHoldsTheLimit(
        _ key: String, _ limit: Node, _ file: String, _ value: String
    ) throws {
        let container = try scratch.container {
            $0.linux["resources"][key] = limit
            $0.payload("pause")
        }
        try container.create()
        #expect(try Files.read(group(of: container) + "/" + file) == value + "\n")
        #expect(try Files.read(group(of: container) + "/cgroup.procs") == "\(container.pid())\n")
        try container.delete("--force")
        #expect(try !Files.exists(group(of: container)))
    }

    @Test func blockDevicesAreThrottled() throws {
        let disk = try #require(Files.status("/dev/vda"), "the machine has a disk of its own for this")
        let (major, minor) = (Int(disk.st_rdev >> 8), Int(disk.st_rdev & 255))
        let container = try scratch.container {
            $0.linux["resources"]["blockIO"]["throttleReadBpsDevice"] = [
                ["major": .number(major), "minor": .number(minor), "rate": 1_048_576]
            ]
            $0.linux["resources"]["blockIO"]["throttleWriteIOPSDevice"] = [
                ["major": .number(major), "minor": .number(minor), "rate": 50]
            ]
            $0.payload("pause")
        }
        try container.create()
        let text = try Files.read(group(of: container) + "/io.max")
        #expect(text == "\(major):\(minor) rbps=1048576 wbps=max riops=max wiops=50\n")
    }

    @Test func memoryLimitEndsTheProgramAndSaysSo() throws {
        let output = try scratch.run {
            $0.linux["resources"]["memory"] = ["limit": 16_777_216, "swap": 16_777_216]
            $0.shell("dd if=/dev/zero of=/dev/null bs=64M count=1; echo lives")
        }
        // dd alone is killed, and the shell goes on: the specification's limit ends what took the memory.
        #expect(output.standardOutput == "lives\n" && output.status == 0, "\(output)")
        let whole = try scratch.run {
            $0.linux["resources"]["memory"] = ["limit": 16_777_216, "swap": 16_777_216]
            $0.shell("exec dd if=/dev/zero of=/dev/null bs=64M count=1")
        }
        #expect(whole.status == 137)
        #expect(
            whole.message
                == "agentrt: killed: memory limit 16MiB reached (peak 16MiB); raise linux.resources.memory.limit")
    }

    @Test func reportSaysWhatWasUsed() throws {
        let path = try scratch.path("report.json")
        let container = try scratch.container {
            $0.linux["resources"]["memory"] = ["limit": 16_777_216, "swap": 16_777_216]
            $0.linux["resources"]["pids"] = ["limit": 5]
            $0.linux["resources"]["cpu"] = ["quota": 10_000, "period": 100_000]
            $0.shell("for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done")
        }
        let output = try container.run(["--report", path])
        #expect(output.status == 2 && output.message.contains("pids limit 5 reached"), "\(output)")
        let report = try Node(parsing: Files.read(path))
        #expect(report["reason"].text == "pids" && report["exitStatus"].number == 2)
        #expect(report["pidsPeak"].number ?? 5 == 5)  // The kernel counts it from 6.1 on.
        #expect(report["pidsLimitHits"].number == 1)
        #expect((report["memoryPeakBytes"].number ?? 0) > 0)
        #expect(try Files.read(path).contains(/"throttledSeconds": [0-9.]*[1-9]/))
    }

    @Test func reportCountsWithoutLimitsToo() throws {
        let path = try scratch.path("report.json")
        _ = try scratch.container { $0.payload("exit", "0") }.run(["--report", path]).succeeded()
        let report = try Node(parsing: Files.read(path))
        for key in ["memoryPeakBytes", "pidsPeak", "pidsLimitHits", "memoryKills", "readBytes", "writtenBytes"] {
            #expect(report[key].number != nil, "\(key) in \(report)")
        }
    }

    @Test func cpusetIsWhereTheProgramRuns() throws {
        let facts = try scratch.run {
            $0.linux["resources"]["cpu"] = ["cpus": "1"]
            $0.payload("cat", "/proc/self/status")
        }.succeeded()
        #expect(facts.standardOutput.contains("Cpus_allowed_list:\t1\n"))
    }

    static let refused: [(String, Node, String)] = [
        ("cpu", ["cpus": "99"], "linux.resources.cpu.cpus: the kernel refuses \"99\" for cpuset.cpus"),
        ("memory", ["swappiness": 60], "linux.resources.memory.swappiness: only cgroup v1 has it"),
        ("memory", ["swap": 4096], "linux.resources.memory.swap: counts memory and swap together"),
        ("unified", ["memory.nope": "1"], "linux.resources.unified.memory.nope: this kernel has no memory.nope"),
        (
            "unified", ["nope.max": "1"],
            "linux.resources.unified.nope.max: the requested cgroup controller `nope` is not available"
        ),
        ("unified", ["cgroup.procs": "1"], "linux.resources.unified.cgroup.procs: is no limit: "),
        ("unified", ["cgroup.freeze": "1"], "linux.resources.unified.cgroup.freeze: is no limit: "),
        ("hugepageLimits", [["pageSize": "3MB", "limit": 1]], "linux.resources.hugepageLimits[0]: this kernel has no"),
        (
            "blockIO", ["throttleReadBpsDevice": [["major": 250, "minor": 250, "rate": 1]]],
            "linux.resources.blockIO.throttleReadBpsDevice[0]: there is no such block device"
        ),
        ("rdma", ["none0": ["hcaHandles": 1]], "linux.resources.rdma.none0: there is no such device, for rdma.max"),
        ("memory", ["limit": 65536], "linux.resources.memory.limit: killed while it was started"),
    ]

    @Test(arguments: refused) func whatCannotBeHeldIsRefused(_ key: String, _ limit: Node, _ why: String) throws {
        let container = try scratch.container { $0.linux["resources"][key] = limit }
        let output = try container.command("create", "--bundle", container.bundle.directory, container.id).run()
        #expect(output.status != 0 && output.message.contains(why), "\(output)")
        #expect(try !Files.exists(group(of: container)) && Files.list(container.root).allSatisfy { $0.hasPrefix(".") })
    }

    @Test func smallestMemoryStartsAProgram() throws {
        _ = try scratch.run { $0.linux["resources"]["memory"] = ["limit": 524_288] }.succeeded()
    }

    /// The kernel lets such a group pass on pids, which threads can be counted by, but not take the children's processes.
    @Test(arguments: [
        ("memory", "/below", "holds processes, so that it can pass no controller on"),
        ("pids", "/between/below", "holds processes"), ("pids", "/below", "holds processes"),
    ])
    func parentWithProcessesIsNamed(_ key: String, _ path: String, _ why: String) throws {
        let parent = "/sys/fs/cgroup/" + uniqueNumber()
        try Files.makeDirectory(parent)
        let holder = try scratch.holder("ids")
        try Files.write("\(holder.pid)", to: parent + "/cgroup.procs")
        defer {
            kill(holder.pid, SIGKILL)
            for _ in 0..<100 where rmdir(parent) == -1 { usleep(10_000) }
        }
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = .text(String(parent.dropFirst("/sys/fs/cgroup".count)) + path)
            $0.linux["resources"][key] = ["limit": 4_000_000]
        }
        let message = try container.run().refused()
        #expect(message.contains(why), "\(message)")
        #expect(!Files.exists(parent + "/between") && !Files.exists(parent + "/below"))
    }

    @Test func threadedParentIsNamed() throws {
        let domain = "/sys/fs/cgroup/" + uniqueNumber()
        let parent = domain + "/threaded"
        try Files.makeDirectory(domain)
        try Files.makeDirectory(parent)
        try Files.write("threaded", to: parent + "/cgroup.type")
        defer { for path in [parent, domain] { rmdir(path) } }
        let container = try scratch.container {
            $0.linux["cgroupsPath"] = .text(String(parent.dropFirst("/sys/fs/cgroup".count)) + "/below")
            $0.linux["resources"]["memory"] = ["limit": 99_999_999]
        }
        let message = try container.run().refused()
        #expect(message.contains("linux.resources.memory.limit: ") && message.contains("threaded"), "\(message)")
    }

    /// A container that may write its control groups divides what it was given, and cannot give itself more: its own
    /// limits are above the boundary of delegation (cgroup-v2.rst, `nsdelegate`, Model of Delegation).
    @Test func delegationEndsAtTheContainersGroup() throws {
        try #require(Files.read("/proc/self/mounts").contains("nsdelegate"))
        let output = try scratch.run {
            $0.namespace("cgroup")
            $0.mount("/sys/fs/cgroup", type: "cgroup", source: "cgroup", ["nosuid", "noexec", "nodev", "rw"])
            $0.linux["resources"] = ["memory": ["limit": 67_108_864], "pids": ["limit": 33]]
            $0.shell(
                """
                cd /sys/fs/cgroup
                for file in memory.max pids.max; do echo max >$file && echo "$file was lifted"; done
                mkdir inner && echo 0 >inner/cgroup.procs && echo '+memory +pids' >cgroup.subtree_control || exit 3
                echo 1048576 >inner/memory.high && echo 9 >inner/pids.max || exit 4
                cat memory.max inner/memory.high pids.max inner/pids.max
                """)
        }
        #expect(output.status == 0 && output.standardOutput == "67108864\n1048576\n33\n9\n", "\(output)")
    }

    private func group(of container: Container) throws -> String {
        try "/sys/fs/cgroup" + Session.shared.get().controlGroup + "/" + container.id
    }
}
