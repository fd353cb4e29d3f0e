import JSON
import OCISpec
import Testing

/// One rule: a change to a valid configuration, and the error it must cause; nil where it must cause none.
struct Rule: CustomStringConvertible, Sendable {
    let description: String
    let error: String?
    let change: @Sendable (inout Spec) -> Void

    init(_ description: String, _ error: String?, _ change: @escaping @Sendable (inout Spec) -> Void) {
        self.description = description
        self.error = error
        self.change = change
    }

    /// A rule about the `linux` section.
    static func linux(
        _ description: String, _ error: String?, _ change: @escaping @Sendable (inout Linux) -> Void
    ) -> Rule {
        Rule(description, error) { spec in
            var linux = spec.linux ?? Linux()
            change(&linux)
            spec.linux = linux
        }
    }

    /// A rule about the process.
    static func process(
        _ description: String, _ error: String?, _ change: @escaping @Sendable (inout Process) -> Void
    ) -> Rule {
        Rule(description, error) { spec in
            var process = spec.process ?? Process()
            change(&process)
            spec.process = process
        }
    }

    /// A rule about the resources.
    static func resources(
        _ description: String, _ error: String?, _ resources: LinuxResources
    ) -> Rule {
        .linux(description, error) { $0.resources = resources }
    }

    /// A rule about the one mount there is.
    static func mount(_ description: String, _ error: String?, _ mount: Mount) -> Rule {
        Rule(description, error) { $0.mounts = [mount] }
    }

    func check() {
        var spec = Spec.example()
        change(&spec)
        let changed = spec
        let found = JSONValue.errorText { () throws(JSONDecodingError) in try changed.validate() }
        #expect(found == error)
    }
}

@Suite("Rules the types cannot say")
struct ValidationTests {
    @Test(
        "versions",
        arguments: [
            ("1.0.0", true), ("1.0.2-dev", true), ("1.0.0-rc5", true), ("1.1.0+build.7", true), ("1.2.1", true),
            ("1.3.0", true), ("1.3.17", true), ("1.3.0-rc.1+x-y", true), ("1.4.0", false), ("1.10.0", false),
            ("2.0.0", false), ("0.9.0", false), ("1.3", false), ("1", false), ("", false), ("1.3.0.1", false),
            ("01.3.0", false), ("1.03.0", false), ("1.3.0-", false), ("1.3.0-rc..1", false), ("1.3.0+", false),
            ("1.3.0-rc_1", false), ("v1.3.0", false), (" 1.3.0", false), ("1.3.-1", false), ("1.3.0\n", false),
            ("1..0", false), ("99999999999999999999.0.0", false), ("1.3.0-\u{e9}", false), ("1.٣.0", false),
        ])
    func versions(version: String, isValid: Bool) {
        var spec = Spec.example()
        spec.ociVersion = version
        let changed = spec
        let error = JSONValue.errorText { () throws(JSONDecodingError) in try changed.validate() }
        #expect((error == nil) == isValid)
        #expect(error?.hasPrefix("ociVersion: ") ?? true)
    }

    @Test("the root of the configuration", arguments: rootRules)
    func root(rule: Rule) { rule.check() }

    static let rootRules = [
        Rule("valid", nil) { _ in },
        Rule("root missing", "root: is missing") { $0.root = nil },
        Rule("root empty", "root.path: is empty") { $0.root = Root(path: "") },
        Rule("no process yet", nil) { $0.process = nil },
        Rule("hostname of 64 bytes", nil) { $0.hostname = String(repeating: "h", count: 64) },
        Rule("hostname of 65 bytes", "hostname: is longer than 64 bytes") {
            $0.hostname = String(repeating: "h", count: 65)
        },
        Rule("domainname without namespace", "domainname: needs a uts namespace") {
            $0.hostname = nil
            $0.domainname = "d"
            $0.linux?.namespaces = [LinuxNamespace(.mount)]
        },
        Rule("hostname in a joined namespace", nil) {
            $0.linux?.namespaces = [LinuxNamespace(.mount), LinuxNamespace(.uts, path: "/proc/1/ns/uts")]
        },
        Rule("annotation without a name", "annotations: a key is empty") { $0.annotations = ["": "a"] },
        Rule("annotation name with NUL", "annotations: a key contains a NUL byte") { $0.annotations = ["a\0": ""] },
        Rule("hook timeout negative", "hooks.createRuntime[0].timeout: -1 is not above 0") {
            $0.hooks.createRuntime = [Hook(path: "/a", timeout: -1)]
        },
        Rule("hook path empty", "hooks.startContainer[1].path: is empty") {
            $0.hooks.startContainer = [Hook(path: "/a"), Hook(path: "")]
        },
        Rule("platform without linux section", "zos: the configuration is not for Linux") {
            $0.linux = nil
            $0.foreignPlatforms = [.zos]
        },
        Rule("platform beside the linux section", nil) { $0.foreignPlatforms = [.windows] },
    ]

    @Test("mounts", arguments: mountRules)
    func mounts(rule: Rule) { rule.check() }

    static let one = [IDMapping(containerID: 0, hostID: 5, size: 1)]
    static let mountRules: [Rule] = [
        .mount("relative destination", nil, Mount(destination: "tmp", type: "tmpfs")),
        .mount("empty destination", "mounts[0].destination: is empty", Mount(destination: "", type: "tmpfs")),
        .mount(
            "no type and no bind", "mounts[0].type: is missing, though the options hold neither bind nor rbind",
            Mount(destination: "/a", source: "/b", options: ["ro"])),
        .mount("bind without type", nil, Mount(destination: "/a", source: "/b", options: ["bind"])),
        .mount("bind by type", nil, Mount(destination: "/a", type: "bind", source: "/b")),
        .mount(
            "bind by type without source", "mounts[0].source: is missing, though this is a bind mount",
            Mount(destination: "/a", type: "bind")),
        .mount("remount", nil, Mount(destination: "/a", options: ["remount", "ro"])),
        .mount("remount of a bind", nil, Mount(destination: "/a", options: ["remount", "bind", "ro"])),
        .mount(
            "user ids mapped alone", "mounts[0].gidMappings: is missing beside its counterpart",
            Mount(destination: "/a", source: "/b", options: ["bind"], uidMappings: one)),
        .mount(
            "group ids mapped alone", "mounts[0].uidMappings: is missing beside its counterpart",
            Mount(destination: "/a", source: "/b", options: ["bind"], gidMappings: one)),
        .mount(
            "own mapping without a user namespace", nil,
            Mount(destination: "/a", source: "/b", options: ["bind", "idmap"], uidMappings: one, gidMappings: one)),
        .mount(
            "mapping empty", "mounts[0].gidMappings[0].size: is 0",
            Mount(
                destination: "/a", source: "/b", options: ["bind"], uidMappings: one,
                gidMappings: [IDMapping(containerID: 0, hostID: 0, size: 0)])),
        .mount(
            "ridmap without mapping", "mounts[0].options: ridmap needs uidMappings or a user namespace",
            Mount(destination: "/a", source: "/b", options: ["rbind", "ridmap"])),
        Rule("idmap with the container's user namespace", nil) {
            $0 = .example(rootless: (1000, 1000))
            $0.mounts = [Mount(destination: "/a", source: "/b", options: ["rbind", "idmap"])]
        },
    ]

    @Test("the process", arguments: processRules)
    func process(rule: Rule) { rule.check() }

    static let processRules: [Rule] = [
        .process("empty cwd", "process.cwd: is empty") { $0.cwd = "" },
        .process("program empty", "process.args[0]: is empty: there is nothing to run") { $0.args = [""] },
        .process("empty argument", nil) { $0.args = ["a", ""] },
        .process("environment without =", "process.env[1]: \"HOME\" is not of the form NAME=value") {
            $0.env = ["A=", "HOME"]
        },
        .process("environment without name", "process.env[0]: \"=a\" has no name before the =") { $0.env = ["=a"] },
        .process("highest id", nil) { $0.user = User(uid: 2_147_483_647, gid: 2_147_483_647) },
        .process("gid too high", "process.user.gid: 2147483648 is above 2147483647") { $0.user.gid = 1 << 31 },
        .process("extra group too high", "process.user.additionalGids[1]: 4294967295 is above 2147483647") {
            $0.user.additionalGids = [1, .max]
        },
        .process("umask too high", "process.user.umask: 512 is above 511 (0777)") { $0.user.umask = 512 },
        .process("umask highest", nil) { $0.user.umask = 0o777 },
        .process("soft limit above hard", "process.rlimits[0].soft: 2 is above the hard limit, 1") {
            $0.rlimits = [Rlimit(.core, hard: 1, soft: 2)]
        },
        .process("no limits", nil) { $0.rlimits = [Rlimit(.core, hard: .max, soft: .max)] },
        .process("score too low", "process.oomScoreAdj: -1001 is not between -1000 and 1000") {
            $0.oomScoreAdj = -1001
        },
        .process("score highest", nil) { $0.oomScoreAdj = 1000 },
        .process("nice too high", "process.scheduler.nice: 20 is not between -20 and 19") {
            $0.scheduler = Scheduler(policy: .other, nice: 20)
        },
        .process("priority missing its policy", "process.scheduler.priority: is only for SCHED_FIFO and SCHED_RR") {
            $0.scheduler = Scheduler(policy: .batch, priority: 1)
        },
        .process("priority 0 of any policy", nil) { $0.scheduler = Scheduler(policy: .idle, priority: 0) },
        .process("priority too high", "process.scheduler.priority: 100 is not between 1 and 99") {
            $0.scheduler = Scheduler(policy: .fifo, priority: 100)
        },
        .process("deadline without its policy", "process.scheduler.runtime: is only for SCHED_DEADLINE") {
            $0.scheduler = Scheduler(policy: .other, runtime: 1)
        },
        .process("priority class out of range", "process.ioPriority.priority: 8 is not between 0 and 7") {
            $0.ioPriority = IOPriority(.idle, priority: 8)
        },
        .process("CPU list", nil) { $0.execCPUAffinity = ExecCPUAffinity(initial: "0,2-3", final: "7") },
        .process("CPU list upside down", "process.execCPUAffinity.final: \"3-1\" is not a list of CPUs such as 0-3,7") {
            $0.execCPUAffinity = ExecCPUAffinity(final: "3-1")
        },
        .process("CPU list with gap", "process.execCPUAffinity.initial: \"0,,1\" is not a list of CPUs such as 0-3,7") {
            $0.execCPUAffinity = ExecCPUAffinity(initial: "0,,1")
        },
        .process("CPU list signed", "process.execCPUAffinity.initial: \"+1\" is not a list of CPUs such as 0-3,7") {
            $0.execCPUAffinity = ExecCPUAffinity(initial: "+1")
        },
    ]

    @Test("a process is required for start")
    func requiredProcess() throws {
        #expect(try Spec.example().requiredProcess().args == ["sh"])
        let spec = Spec(root: Root(path: "rootfs"))
        #expect(
            JSONValue.errorText { () throws(JSONDecodingError) in _ = try spec.requiredProcess() }
                == "process: is missing")
    }
}
