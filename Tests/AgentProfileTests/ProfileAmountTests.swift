import Testing

@testable import AgentProfile

/// Memory, processors, processes and time, as authors write them.
struct ProfileAmountTests {
    typealias Case = RefusedProfile

    static let amounts = [
        Case(
            #"{ "resources": { "memory": "512" } }"#,
            #"1:28: resources.memory: "512" has no unit: say MiB, GiB, MB or GB (as in "512MiB")"#),
        Case(
            #"{ "resources": { "memory": "512M" } }"#,
            #"1:28: resources.memory: unknown unit "M": say MiB, GiB, MB or GB (as in "512MiB")"#),
        Case(
            #"{ "resources": { "memory": "512mib" } }"#,
            #"1:28: resources.memory: unknown unit "mib": say MiB, GiB, MB or GB (as in "512MiB")"#),
        Case(
            #"{ "resources": { "memory": 512 } }"#,
            #"1:28: resources.memory: 512 bytes are too few to start anything: say at least "1MiB""#),
        Case(#"{ "resources": { "memory": 0 } }"#, "1:28: resources.memory: must be above 0"),
        Case(#"{ "resources": { "memory": -1 } }"#, "1:28: resources.memory: must be above 0"),
        Case(#"{ "resources": { "memory": "-1GiB" } }"#, "1:28: resources.memory: must be above 0"),
        Case(#"{ "resources": { "memory": "0GiB" } }"#, "1:28: resources.memory: must be above 0"),
        Case(#"{ "resources": { "memory": "99999999TiB" } }"#, "1:28: resources.memory: too large"),
        Case(#"{ "resources": { "memory": "99999999999999999999GiB" } }"#, "1:28: resources.memory: too large"),
        Case(#"{ "resources": { "memory": 18446744073709551615 } }"#, "1:28: resources.memory: too large"),
        Case(
            #"{ "resources": { "memory": "GiB" } }"#,
            #"1:28: resources.memory: "GiB" is not a number with a unit: say MiB, GiB, MB or GB (as in "512MiB")"#),
        Case(
            #"{ "resources": { "memory": "1.GiB" } }"#,
            #"1:28: resources.memory: "1.GiB" is not a number with a unit: say MiB, GiB, MB or GB (as in "512MiB")"#),
        Case(
            #"{ "resources": { "memory": 1.5e9 } }"#,
            #"1:28: resources.memory: expected a whole number of bytes or a text like "512MiB", found a number"#),
        Case(#"{ "resources": { "cpus": 0 } }"#, "1:26: resources.cpus: must be above 0"),
        Case(
            #"{ "resources": { "cpus": 0.001 } }"#,
            "1:26: resources.cpus: must be at least 0.01: the kernel knows no less"),
        Case(#"{ "resources": { "cpus": 1e9 } }"#, "1:26: resources.cpus: must be at most 65536"),
        Case(
            #"{ "resources": { "cpus": "2" } }"#,
            "1:26: resources.cpus: expected a number of processors, found a string"),
        Case(#"{ "resources": { "pids": 0 } }"#, "1:26: resources.pids: must be above 0"),
        Case(
            #"{ "resources": { "pids": 1.5 } }"#,
            "1:26: resources.pids: expected a whole number of processes, found a number"),
        Case(
            #"{ "resources": { "pids": 1 } }"#,
            "1:26: resources.pids: 1 is too few: one process waits for the command, say at least 2"),
        Case(#"{ "resources": { "pids": 99999999999 } }"#, "1:26: resources.pids: must be at most 4194304"),
        Case(
            #"{ "resources": { "wallTime": "30" } }"#,
            #"1:30: resources.wallTime: "30" has no unit: say ms, s, m, h or d (as in "30m")"#),
        Case(
            #"{ "resources": { "wallTime": "30min" } }"#,
            #"1:30: resources.wallTime: unknown unit "min": say ms, s, m, h or d (as in "30m")"#),
        Case(#"{ "resources": { "wallTime": 0 } }"#, "1:30: resources.wallTime: must be above 0"),
        Case(#"{ "resources": { "wallTime": "0s" } }"#, "1:30: resources.wallTime: must be above 0"),
        Case(#"{ "resources": { "wallTime": 9223372036854775807 } }"#, "1:30: resources.wallTime: too large"),
        Case(
            #"{ "resources": { "wallTime": true } }"#,
            #"1:30: resources.wallTime: expected whole seconds or a text like "30m", found a boolean"#),
    ]

    @Test(arguments: amounts)
    func refusesWithOneLine(_ example: RefusedProfile) { example.check() }

    static let memory: [(String, UInt64)] = [
        ("1048576", 1 << 20), (#""512MiB""#, 512 << 20), (#""512Mi""#, 512 << 20), (#""2GB""#, 2_000_000_000),
        (#""2 GiB""#, 2 << 30), (#""1.5GiB""#, 3 << 29), (#""2000kB""#, 2_000_000), (#""1048576B""#, 1 << 20),
        (#""1TiB""#, 1 << 40), (#""2.000001MB""#, 2_000_001),
    ]

    @Test(arguments: memory) func readsMemory(_ text: String, _ bytes: UInt64) throws {
        #expect(try resources("memory", text).memory?.value == bytes)
    }

    static let times: [(String, UInt64)] = [
        ("30", 30_000), (#""500ms""#, 500), (#""120s""#, 120_000), (#""30m""#, 1_800_000), (#""1h""#, 3_600_000),
        (#""1.5h""#, 5_400_000), (#""2d""#, 172_800_000), (#""1 s""#, 1000),
    ]

    @Test(arguments: times) func readsTimes(_ text: String, _ milliseconds: UInt64) throws {
        #expect(try resources("wallTime", text).wallTime?.value == milliseconds)
    }

    @Test func readsProcessorsAndProcesses() throws {
        #expect(try resources("cpus", "1.5").milliCPUs?.value == 1500)
        #expect(try resources("cpus", "2").milliCPUs?.value == 2000)
        #expect(try resources("cpus", "0.01").milliCPUs?.value == 10)
        #expect(try resources("pids", "64").pids?.value == 64)
    }

    private func resources(_ key: String, _ value: String) throws -> Profile.Grants {
        let text = #"{ "resources": { "\#(key)": \#(value) } }"#
        return try ProfileFile.parse(Array(text.utf8), path: "p.json").profile.agents[0].grants
    }
}
