import Testing

@testable import ContainerRuntime

struct SeccompNewCallsTests {
    private static let x86: UInt32 = 0xC000_003E
    private static let i386: UInt32 = 0x4000_0003

    /// What the stub answers: ENOSYS, or that it leaves the call to the filter behind it.
    private func isNew(_ number: UInt32, _ architecture: UInt32, _ highest: [SeccompNewCalls.Highest]) -> Bool? {
        let bytes = SeccompNewCalls.instructions(highest)
        func word(_ place: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * $1) } }
        var (place, value) = (0, UInt32(0))
        for _ in 0..<100 {
            if place == bytes.count / 8 { return false }
            let operand = word(place * 8 + 4)
            let (ifTrue, ifFalse) = (Int(bytes[place * 8 + 2]), Int(bytes[place * 8 + 3]))
            switch UInt16(bytes[place * 8]) {
            case 0x20: value = operand == 4 ? architecture : number
            case 0x15: place += value == operand ? ifTrue : ifFalse
            case 0x25: place += value > operand ? ifTrue : ifFalse
            case 0x05: place += Int(operand)
            case 0x06: return operand == 0x5_0026
            default: return nil
            }
            place += 1
        }
        return nil
    }

    @Test(
        arguments: [
            (0, false), (300, false), (301, true), (0x3FFF_FFFF, true), (0x4000_0000, false), (0x4000_0200, false),
            (0xFFFF_FFFF, false),
        ] as [(UInt32, Bool)])
    func oneArchitecture(_ number: UInt32, _ expected: Bool) {
        let highest = [SeccompNewCalls.Highest(architecture: Self.x86, isX32: false, number: 300)]
        #expect(isNew(number, Self.x86, highest) == expected)
        #expect(isNew(number, Self.i386, highest) == false)
    }

    @Test(
        arguments: [
            (301, true, true), (300, false, true), (200, false, false), (0x4000_0005, false, true),
            (0x4000_0006, true, true),
        ] as [(UInt32, Bool, Bool)])
    func threeArchitectures(_ number: UInt32, _ onX86: Bool, _ onI386: Bool) {
        let highest = [
            SeccompNewCalls.Highest(architecture: Self.x86, isX32: false, number: 300),
            SeccompNewCalls.Highest(architecture: Self.i386, isX32: false, number: 200),
            SeccompNewCalls.Highest(architecture: Self.x86, isX32: true, number: 0x4000_0005),
        ]
        #expect(isNew(number, Self.x86, highest) == onX86)
        #expect(isNew(number, Self.i386, highest) == onI386)
        #expect(isNew(number, 0xC000_00B7, highest) == false)
    }

    @Test func nothingToCompareWith() { #expect(SeccompNewCalls.instructions([]).isEmpty) }
}
