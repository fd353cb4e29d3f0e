internal import CSeccomp

/// An architecture whose calls a filter covers, with its calls' numbers as libseccomp knows them.
public struct SeccompNumbers: Sendable {
    private let token: UInt32

    /// This machine's own.
    public static var native: SeccompNumbers { SeccompNumbers(token: seccomp_arch_native()) }

    private init(token: UInt32) { self.token = token }

    /// An architecture by libseccomp's name, such as `x86_64` or `x32`; nil where libseccomp does not know it.
    ///
    /// - Parameter name: The name.
    public init?(architecture name: String) {
        token = seccomp_arch_resolve_name(name)
        if token == 0 { return nil }
    }

    /// What the kernel calls it in `struct seccomp_data` (AUDIT_ARCH_…). x32 is x86-64 there: only the numbers differ.
    public var auditArchitecture: UInt32 { isX32 ? Self.x86 : token }

    /// Whether its calls are those of x86-64 with ``x32Bit`` set.
    public var isX32: Bool { token == 0x4000_003E }  // SCMP_ARCH_X32

    /// AUDIT_ARCH_X86_64
    public static let x86: UInt32 = 0xC000_003E
    /// What tells a call of x32 from one of x86-64 (X32_SYSCALL_BIT).
    public static let x32Bit: UInt32 = 0x4000_0000

    /// The number of a call; nil where the architecture has none of this name.
    ///
    /// - Parameter name: The call.
    /// - Returns: The number.
    public func number(of name: String) -> UInt32? {
        let number = seccomp_syscall_resolve_name_arch(token, name)
        return number < 0 ? nil : UInt32(number)
    }
}
