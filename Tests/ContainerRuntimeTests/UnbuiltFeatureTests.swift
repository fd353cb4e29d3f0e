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

    private static let denyAll = LinuxDeviceRule(allow: false, access: "rwm")

    @Test(arguments: [
        [denyAll, LinuxDeviceRule(allow: true, type: .character, major: 10, minor: 229, access: "rwm")],
        [denyAll, LinuxDeviceRule(allow: true, type: .block, major: 8, minor: 0, access: "r")],
        [denyAll, LinuxDeviceRule(allow: true, type: .block, access: "rm")],
        [denyAll, LinuxDeviceRule(allow: true, type: .character, major: 1, access: "r")],
        [denyAll, LinuxDeviceRule(allow: true, access: "rwm")],
        [denyAll, LinuxDeviceRule(allow: true, major: 1, minor: 3, access: "rwm")],
        [denyAll, LinuxDeviceRule(allow: false, type: .character, major: 1, minor: 3, access: "w")],
        [denyAll, denyAll],
        [
            LinuxDeviceRule(allow: true, type: .character, major: 1, minor: 3, access: "rwm"),
            LinuxDeviceRule(allow: false, type: .character, major: 10, minor: 229, access: "rwm"),
        ],
    ])
    func unusualDeviceRules(_ rules: [LinuxDeviceRule]) {
        let text = line(Spec(linux: Linux(resources: LinuxResources(devices: rules))))
        #expect(text?.hasPrefix("linux.resources.devices[1]: ") == true, "\(text ?? "taken")")
    }

    @Test(arguments: [
        LinuxDeviceRule(allow: true), LinuxDeviceRule(allow: false, access: "m"),
        LinuxDeviceRule(allow: false, type: .block), LinuxDeviceRule(allow: false, type: .all, major: 8),
    ])
    func unusualFirstDeviceRule(_ rule: LinuxDeviceRule) {
        let text = line(Spec(linux: Linux(resources: LinuxResources(devices: [rule]))))
        #expect(text?.hasPrefix("linux.resources.devices[0]: ") == true, "\(text ?? "taken")")
    }

    @Test(arguments: [
        (LinuxDeviceRule.Kind.character, -1, -1, "m"), (.block, -1, -1, "m"), (.character, 1, 3, "rwm"),
        (.character, 1, 8, "rwm"), (.character, 1, 7, "rwm"), (.character, 5, 0, "rwm"), (.character, 1, 5, "rwm"),
        (.character, 1, 9, "rwm"), (.character, 5, 1, "rwm"), (.character, 136, -1, "rwm"), (.character, 5, 2, "rwm"),
        (.character, 10, 200, "rwm"), (.character, 136, 7, "rw"), (.block, 8, 0, "m"),
    ])
    func usualDeviceRulesPass(_ kind: LinuxDeviceRule.Kind, _ major: Int64, _ minor: Int64, _ access: String) {
        var rule = LinuxDeviceRule(allow: true, type: kind, major: major, minor: minor, access: access)
        #expect(line(Spec(linux: Linux(resources: LinuxResources(devices: [Self.denyAll, rule])))) == nil)
        if major == -1 { rule.major = nil }
        if minor == -1 { rule.minor = nil }
        #expect(line(Spec(linux: Linux(resources: LinuxResources(devices: [rule])))) == nil)
    }

    @Test func whatDockerDeniesBesidesPasses() {
        let rules = [
            Self.denyAll, LinuxDeviceRule(allow: false, type: .character, major: 10, minor: 229, access: "rwm"),
        ]
        #expect(line(Spec(linux: Linux(resources: LinuxResources(devices: rules)))) == nil)
    }

    @Test func whatAsksForNothingPasses() {
        let linux = Linux(seccomp: Seccomp(defaultAction: .errno), mountLabel: "")
        #expect(line(Spec(process: Process(apparmorProfile: "", selinuxLabel: ""), linux: linux)) == nil)
        #expect(line(Spec()) == nil)
    }
}
