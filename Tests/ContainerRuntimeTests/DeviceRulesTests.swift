import OCISpec
import Testing

@testable import ContainerRuntime

/// Which rules are those that every engine writes: without the right to have rules held, no others are taken.
struct DeviceRulesTests {
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
    func secondIsUnusual(_ rules: [LinuxDeviceRule]) {
        #expect(DeviceRules.firstUnusual(rules) == 1)
    }

    @Test(arguments: [
        LinuxDeviceRule(allow: false, access: "m"), LinuxDeviceRule(allow: false, type: .block),
        LinuxDeviceRule(allow: false, type: .all, major: 8),
    ])
    func firstIsUnusual(_ rule: LinuxDeviceRule) {
        #expect(DeviceRules.firstUnusual([rule]) == 0)
    }

    @Test(arguments: [
        (LinuxDeviceRule.Kind.character, -1, -1, "m"), (.block, -1, -1, "m"), (.character, 1, 3, "rwm"),
        (.character, 1, 8, "rwm"), (.character, 1, 7, "rwm"), (.character, 5, 0, "rwm"), (.character, 1, 5, "rwm"),
        (.character, 1, 9, "rwm"), (.character, 5, 1, "rwm"), (.character, 136, -1, "rwm"), (.character, 5, 2, "rwm"),
        (.character, 10, 200, "rwm"), (.character, 136, 7, "rw"), (.block, 8, 0, "m"),
    ])
    func whatEnginesWriteIsUsual(_ kind: LinuxDeviceRule.Kind, _ major: Int64, _ minor: Int64, _ access: String) {
        var rule = LinuxDeviceRule(allow: true, type: kind, major: major, minor: minor, access: access)
        #expect(DeviceRules.firstUnusual([Self.denyAll, rule]) == nil)
        if major == -1 { rule.major = nil }
        if minor == -1 { rule.minor = nil }
        #expect(DeviceRules.firstUnusual([rule]) == nil)
    }

    @Test func whatDockerDeniesBesidesIsUsual() {
        let fuse = LinuxDeviceRule(allow: false, type: .character, major: 10, minor: 229, access: "rwm")
        #expect(DeviceRules.firstUnusual([Self.denyAll, fuse]) == nil)
    }

    @Test func privilegedIsUsual() {
        let all = LinuxDeviceRule(allow: true, access: "rwm")
        #expect(DeviceRules.firstUnusual([all]) == nil)
        #expect(DeviceRules.firstUnusual([all, LinuxDeviceRule(allow: false, type: .block, access: "w")]) == 0)
    }
}
