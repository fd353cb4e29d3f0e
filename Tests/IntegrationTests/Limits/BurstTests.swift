import Testing

/// Quota and burst of processors, which bound one another, on hosts of both versions of control groups: `scripts/test`
/// runs it in `scripts/cgroup2-vm` too.
@Suite(.needsRoot, .agentrtOnly) struct BurstTests {
    let scratch = Scratch()

    /// What a group holds, in microseconds; -1 is no quota.
    private struct Held: Equatable {
        var quota, burst, pids: String

        init(quota: String, burst: String, pids: String = "9") {
            (self.quota, self.burst, self.pids) = (quota, burst, pids)
        }

        init(of container: Container) throws {
            let group = try Session.shared.get().controlGroup + "/" + container.id
            func value(_ controller: String, _ names: String...) throws -> String {
                let places = names.flatMap {
                    ["/sys/fs/cgroup\(group)/\($0)", "/sys/fs/cgroup/\(controller)\(group)/\($0)"]
                }
                let place = try #require(places.first(where: Files.exists), "\(controller) of \(group)")
                return try String(Files.read(place).trimmed.prefix { $0 != " " })
            }
            quota = try value("cpu", "cpu.max", "cpu.cfs_quota_us")
            if quota == "max" { quota = "-1" }
            burst = try value("cpu", "cpu.max.burst", "cpu.cfs_burst_us")
            pids = try value("pids", "pids.max")
        }
    }

    /// The kernel takes no quota below the burst, and no burst above the quota, whichever comes first.
    @Test func quotaAndBurstChangeTogether() throws {
        let container = try scratch.container {
            $0.linux["resources"] = ["cpu": ["quota": 50_000, "burst": 40_000], "pids": ["limit": 9]]
            $0.payload("pause")
        }
        try container.create()
        for words in [["--cpu-quota", "20000"], ["--cpu-burst", "60000"]] {
            let message = try container.command(["update", "--pids-limit", "5"] + words + [container.id]).run()
                .refused()
            #expect(message.contains(" that the group has; give cpu."), "\(message)")
            #expect(try Held(of: container) == Held(quota: "50000", burst: "40000"))
        }
        for (quota, burst) in [("20000", "10000"), ("90000", "80000"), ("-1", "100000"), ("30000", "0")] {
            let words = ["update", "--cpu-quota", quota, "--cpu-burst", burst, container.id]
            _ = try container.command(words).run().succeeded()
            #expect(try Held(of: container) == Held(quota: quota, burst: burst))
        }
        try container.delete("--force")
    }
}
