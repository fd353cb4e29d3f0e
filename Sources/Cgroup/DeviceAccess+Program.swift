public import LinuxSystem
internal import OCISpec

extension DeviceAccess {
    /// The rules as a program for the kernel, which answers 1 for a use that is permitted and 0 for another.
    ///
    /// The kernel's checks of a program take the longer the more branches it has, and a container waits for them. So there
    /// is one chain of tests for character and one for block devices, a rule is one jump where it can be, and no jump
    /// tells the checker what a later one would decide by.
    ///
    /// Source: linux/bpf.h, struct bpf_cgroup_dev_ctx.
    public var program: [BPFInstruction] {
        let characters = chain(for: .character)
        return [
            load(.kind, offset: 0),
            BPFInstruction(0xBC, Register.use.rawValue, source: Register.kind.rawValue),
            BPFInstruction(0x74, Register.use.rawValue, immediate: 16),
            BPFInstruction(0x54, Register.kind.rawValue, immediate: 0xFFFF),
            load(.major, offset: 4),
            load(.minor, offset: 8),
            // major << 20 | minor: a device by one number.
            BPFInstruction(0xBC, Register.device.rawValue, source: Register.major.rawValue),
            BPFInstruction(0x64, Register.device.rawValue, immediate: 20),
            BPFInstruction(0x4C, Register.device.rawValue, source: Register.minor.rawValue),
            BPFInstruction(
                Jump.ifEqual.rawValue, Register.kind.rawValue, offset: Int16(characters.count),
                immediate: 1 /* BPF_DEVCG_DEV_BLOCK */),
        ] + characters + chain(for: .block)
    }

    /// Whether the program is short enough for jumps of 16 bits, and for the kernel.
    public var fitsProgram: Bool { rules.count <= 2000 }

    private enum Register: UInt8 {
        case kind = 2
        /// What of the use no rule has decided on yet.
        case use = 3
        case device = 4
        case major = 5
        case minor = 6
    }

    /// Jumps by 32 bits.
    private enum Jump: UInt8 {
        case ifEqual = 0x16
        case ifNotEqual = 0x56
        case ifAnyBit = 0x46
    }

    private func load(_ register: Register, offset: Int16) -> BPFInstruction {
        BPFInstruction(0x61, register.rawValue, source: 1, offset: offset)
    }

    private func chain(for kind: LinuxDeviceRule.Kind) -> [BPFInstruction] {
        var chain = Chain()
        for rule in rules where rule.kind == .all || rule.kind == kind {
            guard chain.isOpen else { break }
            chain.add(rule)
        }
        return chain.finished(permitsOthers)
    }

    /// Tests for one kind of device; each ends in an answer or goes on to the next.
    private struct Chain {
        private var instructions: [BPFInstruction] = []
        private var jumpsToPermit: [Int] = []
        private var jumpsToDeny: [Int] = []
        /// Whether what is added next can be reached: the kernel refuses what cannot.
        private(set) var isOpen = true

        mutating func add(_ rule: Rule) {
            let device = Self.test(rule)
            if rule.use == .all {
                guard let (register, number) = device else { return end(rule.permits) }
                return jump(.ifEqual, register, number, to: rule.permits)
            }
            let bits = Int32(rule.use.rawValue)
            if let (register, number) = device {
                let length: Int16 = rule.permits ? 2 : 1
                instructions.append(
                    BPFInstruction(
                        Jump.ifNotEqual.rawValue, register.rawValue, offset: length, immediate: number))
            }
            if rule.permits {
                instructions.append(BPFInstruction(0x54, Register.use.rawValue, immediate: 7 & ~bits))
                jump(.ifEqual, .use, 0, to: true)
            } else {
                jump(.ifAnyBit, .use, bits, to: false)
            }
        }

        /// What shows that a device is one of the rule's; nil where each is.
        private static func test(_ rule: Rule) -> (Register, Int32)? {
            switch (rule.major, rule.minor) {
            case (let major?, let minor?): (.device, Int32(bitPattern: major << 20 | minor))
            case (let major?, nil): (.major, Int32(major))
            case (nil, let minor?): (.minor, Int32(minor))
            case (nil, nil): nil
            }
        }

        private mutating func jump(_ jump: Jump, _ register: Register, _ number: Int32, to permit: Bool) {
            if permit { jumpsToPermit.append(instructions.count) } else { jumpsToDeny.append(instructions.count) }
            instructions.append(BPFInstruction(jump.rawValue, register.rawValue, immediate: number))
        }

        /// Answers: r0 = 1 or 0, exit.
        private mutating func end(_ permits: Bool) {
            instructions += [BPFInstruction(0xB7, immediate: permits ? 1 : 0), BPFInstruction(0x95)]
            isOpen = false
        }

        func finished(_ permitsOthers: Bool) -> [BPFInstruction] {
            var chain = self
            if chain.isOpen { chain.end(permitsOthers) }
            for (jumps, permits) in [(jumpsToPermit, true), (jumpsToDeny, false)] where !jumps.isEmpty {
                for index in jumps { chain.instructions[index].offset = Int16(chain.instructions.count - index - 1) }
                chain.end(permits)
            }
            return chain.instructions
        }
    }
}
