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

    @Test func whatAsksForNothingPasses() {
        let linux = Linux(seccomp: Seccomp(defaultAction: .errno), mountLabel: "")
        #expect(line(Spec(process: Process(apparmorProfile: "", selinuxLabel: ""), linux: linux)) == nil)
        #expect(line(Spec()) == nil)
    }
}
