import LinuxSystem
import OCISpec
import Testing

@testable import Cgroup

/// Rules on devices, and the program that they become, which is interpreted here.
struct DeviceAccessTests {
    typealias Kind = LinuxDeviceRule.Kind

    private static let denyAll = LinuxDeviceRule(allow: false, access: "rwm")
    private static let allowAll = LinuxDeviceRule(allow: true, type: .all, major: -1, minor: -1, access: "rwm")
    /// Every use that the kernel asks about.
    private static let uses: [DeviceAccess.Use] = [.making, .reading, .writing, [.reading, .writing]]
    private static let devices: [(Kind, UInt32, UInt32)] = [
        (.character, 1, 3), (.character, 1, 1), (.character, 5, 0), (.character, 5, 1), (.character, 136, 17),
        (.character, 10, 200), (.character, 10, 229), (.block, 1, 3), (.block, 8, 0), (.block, 8, 16), (.block, 7, 0),
        (.character, 0, 0), (.block, 4095, 0xF_FFFF), (.character, 4095, 0xF_FFFF),
    ]

    private func rule(
        _ allow: Bool, _ kind: Kind?, _ major: Int64?, _ minor: Int64?, _ access: String?
    ) -> LinuxDeviceRule {
        LinuxDeviceRule(allow: allow, type: kind, major: major, minor: minor, access: access)
    }

    /// The specification's own words: the list in order, the last entry about each use of a device decides.
    private func reference(
        _ rules: [LinuxDeviceRule], _ use: DeviceAccess.Use, _ kind: Kind, _ major: UInt32, _ minor: UInt32
    )
        -> Bool
    {
        let standard: [(Int64, Int64)] = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, -1)]
        let defaults =
            [rule(true, .character, nil, nil, "m"), rule(true, .block, nil, nil, "m")]
            + standard.map { rule(true, .character, $0.0, $0.1, nil) }
        var list = defaults
        for rule in rules {
            list.append(rule)
            let isAll = rule.type ?? .all == .all && (rule.major ?? -1) == -1 && (rule.minor ?? -1) == -1
            if isAll, Set(rule.access ?? "rwm").count == 3, !rule.allow { list += defaults }
        }
        let letters: [(Character, DeviceAccess.Use)] = [("m", .making), ("r", .reading), ("w", .writing)]
        for (letter, bit) in letters where use.contains(bit) {
            let last = list.last {
                let kinds: [Kind] = [.all, kind]
                return kinds.contains($0.type ?? .all) && [-1, Int64(major)].contains($0.major ?? -1)
                    && [-1, Int64(minor)].contains($0.minor ?? -1) && ($0.access ?? "rwm").contains(letter)
            }
            guard last?.allow == true else { return false }
        }
        return true
    }

    private func check(_ rules: [LinuxDeviceRule], _ comment: Comment = "") throws {
        let access = DeviceAccess(rules)
        let program = access.program
        for (kind, major, minor) in Self.devices {
            for use in Self.uses {
                let expected = reference(rules, use, kind, major, minor)
                let what: Comment = "\(kind) \(major):\(minor) \(use.rawValue) of \(rules) \(comment)"
                #expect(access.permits(use, of: kind, major, minor) == expected, what)
                let answer = try Interpreter(program).answer(use, kind, major, minor)
                #expect(answer == (expected ? 1 : 0), what)
            }
        }
    }

    @Test func rulesOfEngines() throws {
        try check([Self.denyAll])
        try check([Self.allowAll])
        try check([])
        try check([Self.denyAll, rule(false, .character, 10, 229, "rwm")])
        let docker: [LinuxDeviceRule] = [
            Self.denyAll, rule(true, .character, 1, 5, "rwm"), rule(true, .character, 1, 3, "rwm"),
            rule(true, .character, 1, 9, "rwm"), rule(true, .character, 1, 8, "rwm"),
            rule(true, .character, 5, 0, "rwm"), rule(true, .character, 5, 1, "rwm"),
            rule(false, .character, 10, 229, "rwm"),
        ]
        try check(docker)
        #expect(DeviceAccess(docker).program.count < 40)
    }

    @Test func laterRulesWin() throws {
        let disk = rule(true, .block, 8, 0, "rw")
        try check([Self.denyAll, disk, rule(false, .block, 8, 0, "w")])
        try check([Self.denyAll, rule(false, .block, 8, 0, "w"), disk])
        try check([disk, Self.denyAll])
        try check([Self.allowAll, rule(false, .block, nil, nil, "rwm"), disk])
        try check([Self.denyAll, rule(false, nil, nil, nil, "m")])
        try check([Self.denyAll, rule(false, .character, 1, 3, nil)])
        try check([Self.allowAll, rule(false, nil, nil, 0, "rw"), rule(true, nil, 8, nil, "r")])
        try check([Self.denyAll, rule(true, .block, 8, nil, "r"), rule(true, .block, nil, 0, "w")])
    }

    @Test func numbersThatNoDeviceHasMatchNothing() throws {
        try check([Self.denyAll, rule(true, .block, 4096, nil, nil), rule(true, .character, 1, 1 << 20, nil)])
        #expect(
            DeviceAccess([Self.denyAll, rule(true, nil, 4096, 0, nil)]) == DeviceAccess([Self.denyAll]))
    }

    @Test func everythingNeedsNoProgram() {
        #expect(DeviceAccess([Self.allowAll]).permitsEverything)
        #expect(DeviceAccess([Self.denyAll, Self.allowAll]).permitsEverything)
        #expect(DeviceAccess([Self.allowAll, rule(true, .block, 8, 0, nil)]).permitsEverything)
        #expect(!DeviceAccess([Self.allowAll, Self.denyAll]).permitsEverything)
        #expect(!DeviceAccess([]).permitsEverything)
    }

    @Test func whatIsCoveredIsLeftOut() {
        let twice = [Self.denyAll, rule(true, .character, 1, 3, "rwm"), rule(true, .character, 1, 3, "r")]
        #expect(DeviceAccess(twice).program.count <= DeviceAccess([Self.denyAll]).program.count + 3)
        #expect(DeviceAccess([Self.denyAll, rule(true, .character, 1, 3, nil)]).rules.count == 10)
    }

    @Test func tooManyRulesAreTold() {
        let many = (0..<2500).map { rule(true, .block, 8, $0, "r") }
        #expect(!DeviceAccess(many).fitsProgram)
        #expect(DeviceAccess(Array(many.prefix(1900))).program.count < 32_000)
    }

    @Test func randomListsMeanTheSame() throws {
        var random = SystemRandomNumberGenerator()
        for round in 0..<300 {
            let rules = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                let device = Self.devices.randomElement(using: &random) ?? (.block, 8, 0)
                return rule(
                    .random(using: &random), [.all, .character, .block, nil].randomElement(using: &random) ?? nil,
                    [nil, -1, Int64(device.1)].randomElement(using: &random) ?? nil,
                    [nil, -1, Int64(device.2)].randomElement(using: &random) ?? nil,
                    ["r", "w", "m", "rw", "rwm", "rm", nil].randomElement(using: &random) ?? nil)
            }
            try check(rules, "round \(round)")
        }
    }
}

/// As much of the kernel's virtual machine as the programs need; any other instruction is an error, as is a path to one
/// that is never reached or does not end.
private struct Interpreter {
    struct Fault: Error { let text: String }

    let program: [BPFInstruction]

    init(_ program: [BPFInstruction]) { self.program = program }

    func answer(_ use: DeviceAccess.Use, _ kind: LinuxDeviceRule.Kind, _ major: UInt32, _ minor: UInt32) throws
        -> UInt64
    {
        let context: [Int16: UInt32] = [0: UInt32(use.rawValue) << 16 | (kind == .block ? 1 : 2), 4: major, 8: minor]
        var registers: [UInt64?] = Array(repeating: nil, count: 11)
        func low(_ number: Int) throws -> UInt32 {
            guard let value = registers[number] else { throw Fault(text: "r\(number) is read before it is set") }
            return UInt32(truncatingIfNeeded: value)
        }
        var index = 0
        for _ in 0...program.count {
            guard program.indices.contains(index) else { throw Fault(text: "left the program at \(index)") }
            let instruction = program[index]
            let (target, source) = (Int(instruction.registers & 15), Int(instruction.registers >> 4))
            let number = UInt32(bitPattern: instruction.immediate)
            index += 1
            switch instruction.code {
            case 0x61 where source == 1: registers[target] = context[instruction.offset].map(UInt64.init)
            case 0xBC: registers[target] = UInt64(try low(source))
            case 0x74: registers[target] = UInt64(try low(target) >> number)
            case 0x64: registers[target] = UInt64(try low(target) << number)
            case 0x54: registers[target] = UInt64(try low(target) & number)
            case 0x4C: registers[target] = UInt64(try low(target) | low(source))
            case 0xB7: registers[target] = UInt64(number)
            case 0x16: if try low(target) == number { index += Int(instruction.offset) }
            case 0x56: if try low(target) != number { index += Int(instruction.offset) }
            case 0x46: if try low(target) & number != 0 { index += Int(instruction.offset) }
            case 0x95:
                guard let answer = registers[0] else { throw Fault(text: "r0 is not set") }
                return answer
            default: throw Fault(text: "instruction \(instruction)")
            }
        }
        throw Fault(text: "does not end")
    }
}
