import Cgroup
import JSON
import LinuxSystem
import OCISpec
import Testing

@testable import ContainerRuntime

struct IdentityTests {
    @Test(arguments: ["a", "A-b_c+d.e", "0", "a..b", "_", "+", String(repeating: "x", count: 255)])
    func goodNames(_ name: String) throws { #expect(try ContainerID(name).description == name) }

    @Test(arguments: [
        "", ".", "..", ".a", "-a", "a/b", "a b", "a\n", "é", "a:b", "a\0", String(repeating: "x", count: 256),
    ])
    func badNames(_ name: String) throws {
        let message = try #require(failure { _ = try ContainerID(name) })
        #expect(message.hasPrefix("invalid ") && message.contains("container ID \"") && message.contains("use letters"))
    }

    @Test func randomNamesDiffer() throws {
        let names = try (0..<50).map { _ in try ContainerID.random() }
        #expect(Set(names).count == 50)
    }

    @Test(
        arguments: [
            .proceed, .hooksDue, .console, .ready, .failed(status: 127, message: "no \"é\""),
            .failed(status: 1, message: ""),
            .ended(.exited(3)), .ended(.signalled(9)), .endedAlone(.exited(0)), .endedAlone(.signalled(15)),
        ] as [InitMessage])
    func framesRoundTrip(_ message: InitMessage) { #expect(InitMessage(frame: message.frame) == message) }

    @Test(
        arguments: [[], [0], [8], [1, 0], [4, 4], [5], [6], [6, 1, 2], [7], [9], [9, 6], [9, 1, 0], [255]] as [[UInt8]])
    func garbageIsNoFrame(_ frame: [UInt8]) { #expect(InitMessage(frame: frame) == nil) }

    @Test func aLongMessageFitsAFrame() {
        #expect(InitMessage.failed(status: 1, message: String(repeating: "x", count: 99_999)).frame.count == 8002)
    }

    @Test func recordsRoundTrip() throws {
        let record = ContainerRecord(
            ociVersion: "1.2.0", bundle: "/b", rootfs: "/b/r", annotations: ["k": "v"], pid: 42,
            startTime: UInt64(Int64.max), created: 1_700_000_000_000_000_000, cgroupPath: "/agentrt/x",
            legacyCgroups: ["memory": "/sys/fs/cgroup/memory/a"],
            standIns: [Rlimit(.nproc, hard: 7, soft: 7)], systemdScope: "agentrt-x.scope",
            hooks: Hooks(
                poststart: [Hook(path: "/a", args: ["a"], env: ["X=1"], timeout: 5)], poststop: [Hook(path: "/z")]),
            hasOwnPIDNamespace: true, call: "1-2")
        let read = try ContainerRecord(json: JSONParser.parse(JSONWriter.bytes(record)))
        #expect(JSONWriter.string(read) == JSONWriter.string(record))
        #expect(read.startTime == UInt64(Int64.max))
        #expect(read.poststart == record.poststart)
        #expect(read.poststop == [Hook(path: "/z")])
        #expect(read.rootfs == "/b/r")
        #expect(read.annotations == ["k": "v"])
        #expect(read.cgroupPath == "/agentrt/x")
        #expect(read.standIns == record.standIns)
        #expect(read.hasOwnPIDNamespace)
    }

    @Test func aRecordNeedsItsProcess() {
        let line = failure {
            _ = try ContainerRecord(json: JSONParser.parse(Array("{\"ociVersion\":\"1\",\"bundle\":\"/\"}".utf8)))
        }
        #expect(line?.contains("pid") == true)
    }

    @Test func annotationsAreRead() throws {
        let read = try RuntimeAnnotations([
            "dev.agentrt.init": "true", "dev.agentrt.landlock": #"{"execute":["/bin"],"write":["/tmp"]}"#,
            "dev.agentrt.memfd_noexec": "2", "dev.agentrt.sources": "real", "dev.agentrt.wallTime": "1500",
            "dev.agentrt.version": "x", "dev.agentrt.pins": "d 8 1 2 /usr", "dev.agentrt.profile": "{}",
            "org.other": "y", "dev.agentrt.unixSockets": #"{"listed":["/s"]}"#,
            "dev.agentrt.denyWriteExecuteMemory": "true",
        ])
        #expect(read.listedUnixSockets == ["/s"] && read.deniesWriteExecuteMemory)
        #expect(read.pins?.entries.map(\.path) == ["/usr"])
        #expect(read.namesProfile)
        #expect(read.hasReapingInit)
        #expect(read.executablePaths == ["/bin"] && read.writablePaths == ["/tmp"])
        let older = try RuntimeAnnotations(["dev.agentrt.landlock": #"{"execute":["/bin"]}"#])
        #expect(older.executablePaths == ["/bin"] && older.writablePaths == nil)
        #expect(read.forbidsMemfdExecution)
        #expect(read.hasRealSources)
        #expect(read.wallTime == 1500)
        #expect(try RuntimeAnnotations(["org.other": "y"]) == RuntimeAnnotations([:]))
        #expect(try RuntimeAnnotations(["dev.agentrt.init": "false"]) == RuntimeAnnotations([:]))
    }

    @Test(arguments: [
        ("init", "yes"), ("memfd_noexec", "1"), ("sources", "any"), ("wallTime", "0"), ("wallTime", "-1"),
        ("wallTime", "+1"),
        ("wallTime", "1s"), ("landlock", "[]"), ("landlock", "{}"), ("landlock", "{\"execute\":[],\"read\":[]}"),
        ("landlock", #"{"write":[]}"#), ("landlock", #"{"execute":[],"write":"/"}"#),
        ("landlock", "no"), ("nope", "1"), ("", "1"), ("pins", "/usr"), ("pins", "d 8 1 /usr"), ("wallTime", "5"),
        ("unixSockets", "own"), ("unixSockets", #"{"listed":"/"}"#), ("unixSockets", "{}"),
        ("denyWriteExecuteMemory", "1"),
    ])
    func annotationsRefused(_ key: String, _ value: String) {
        let line = failure { _ = try RuntimeAnnotations(["dev.agentrt." + key: value]) }
        #expect(line?.hasPrefix("annotations.dev.agentrt.\(key): ") == true, "\(line ?? "accepted")")
    }

    @Test func capabilities() throws {
        let sets = try ProcessPlan.Capabilities(
            LinuxCapabilities(
                bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_KILL"], inheritable: ["CAP_KILL"],
                permitted: ["CAP_KILL", "CAP_CHOWN"], ambient: ["CAP_KILL", "CAP_CHOWN"]))
        #expect(sets.bounding == CapabilitySet(rawValue: 0x21))
        #expect(sets.permitted == sets.bounding)
        #expect(sets.ambient == CapabilitySet(rawValue: 0x20))
        let unknown = failure {
            _ = try ProcessPlan.Capabilities(LinuxCapabilities(bounding: ["CAP_KILL", "CAP_NOPE"]))
        }
        #expect(unknown == "process.capabilities.bounding[1]: unknown capability \"CAP_NOPE\"")
        let excess = failure { _ = try ProcessPlan.Capabilities(LinuxCapabilities(effective: ["CAP_KILL"])) }
        #expect(excess?.hasPrefix("process.capabilities.effective: ") == true)
    }
}
