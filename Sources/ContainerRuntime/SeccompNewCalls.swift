internal import LinuxSystem

/// What a filter answers to system calls that are newer than its profile: ENOSYS, as a kernel without them would, so
/// that programs fall back to what the profile's author knew. The default action would tell them that they are
/// forbidden, and many do not try anything else then (runc and crun do the same).
///
/// Newer are the calls with a number above the highest that the profile names, for each architecture by itself: numbers
/// are given out in order. In front of the filter stand, for each architecture:
///
///     if arch == A and number > highest of A: return ENOSYS
enum SeccompNewCalls {
    /// The highest number that the profile names on one architecture, as the kernel shows it to a filter.
    struct Highest: Equatable {
        let architecture: UInt32
        let isX32: Bool
        let number: UInt32
    }

    /// The highest numbers.
    ///
    /// - Parameters:
    ///   - names: All calls that the profile names.
    ///   - architectures: All that the filter covers.
    /// - Returns: One for each architecture that has any of the calls.
    static func highest(of names: [String], on architectures: [SeccompNumbers]) -> [Highest] {
        var found: [Highest] = []
        for architecture in architectures {
            let (kernelName, isX32) = (architecture.auditArchitecture, architecture.isX32)
            if found.contains(where: { $0.architecture == kernelName && $0.isX32 == isX32 }) { continue }
            guard let number = names.compactMap(architecture.number).max() else { continue }
            found.append(Highest(architecture: kernelName, isX32: isX32, number: number))
        }
        return found
    }

    /// The instructions to put in front of a filter; none where there is nothing to compare with.
    static func instructions(_ highest: [Highest]) -> [UInt8] {
        var sections: [[Instruction]] = []
        for own in highest where !own.isX32 {
            let x32 = highest.first { $0.isX32 && $0.architecture == own.architecture }
            let body = own.architecture == SeccompNumbers.x86 ? section(own, x32: x32) : section(own)
            // To the next section where the architecture is another.
            sections.append([.skipUnless(equal: own.architecture, count: UInt8(body.count))] + body)
        }
        if sections.isEmpty { return [] }
        var all = [Instruction.load(4)] + sections.flatMap { $0 }
        for place in all.indices where all[place].isJumpToEnd {
            all[place].value = UInt32(all.count - place - 1)
        }
        return all.flatMap(\.bytes)
    }

    private static func section(_ own: Highest) -> [Instruction] {
        [.load(0), .jumpIf(above: own.number, 0, else: 1), .noSystemCall, .jumpToEnd]
    }

    /// Of x86-64: x32's calls have another highest number, or are the filter's own affair.
    private static func section(_ own: Highest, x32: Highest?) -> [Instruction] {
        let bit = SeccompNumbers.x32Bit
        guard let x32 else {
            return [
                .load(0), .jumpIf(above: bit - 1, 2, else: 0), .jumpIf(above: own.number, 0, else: 1), .noSystemCall,
                .jumpToEnd,
            ]
        }
        return [
            .load(0), .jumpIf(above: bit - 1, 2, else: 0), .jumpIf(above: own.number, 0, else: 3), .noSystemCall,
            .jumpIf(above: x32.number, 0, else: 1), .noSystemCall, .jumpToEnd,
        ]
    }

    /// One `struct sock_filter` (linux/filter.h).
    private struct Instruction {
        let code: UInt16
        var (ifTrue, ifFalse): (UInt8, UInt8)
        var value: UInt32

        /// BPF_LD | BPF_W | BPF_ABS: 0 is the call's number, 4 the architecture (struct seccomp_data).
        static func load(_ offset: UInt32) -> Instruction {
            Instruction(code: 0x20, ifTrue: 0, ifFalse: 0, value: offset)
        }
        /// BPF_JMP | BPF_JEQ | BPF_K
        static func skipUnless(equal value: UInt32, count: UInt8) -> Instruction {
            Instruction(code: 0x15, ifTrue: 0, ifFalse: count, value: value)
        }
        /// BPF_JMP | BPF_JGT | BPF_K
        static func jumpIf(above value: UInt32, _ ifTrue: UInt8, else ifFalse: UInt8) -> Instruction {
            Instruction(code: 0x25, ifTrue: ifTrue, ifFalse: ifFalse, value: value)
        }
        /// BPF_RET | BPF_K, SECCOMP_RET_ERRNO with ENOSYS.
        static let noSystemCall = Instruction(code: 0x06, ifTrue: 0, ifFalse: 0, value: 0x0005_0000 | 38)
        /// BPF_JMP | BPF_JA, to the filter; how far is known when all is there.
        static let jumpToEnd = Instruction(code: 0x05, ifTrue: 0, ifFalse: 0, value: 0)

        var isJumpToEnd: Bool { code == 0x05 }

        var bytes: [UInt8] {
            let (low, high) = (code & 0xFF, code >> 8)
            let head = [UInt8(low), UInt8(high), ifTrue, ifFalse]
            return head + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
    }
}
