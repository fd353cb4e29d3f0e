internal import CLinux
internal import CSeccomp
internal import Glibc

/// A seccomp filter as libseccomp's rules (seccomp(2), libseccomp's man pages), compiled to the kernel's BPF bytes.
public struct SeccompFilter: ~Copyable {
    /// What happens to a system call.
    public enum Action: Equatable, Sendable {
        /// The process is killed by SIGSYS.
        case killProcess
        /// The thread is killed.
        case killThread
        /// SIGSYS is sent.
        case trap
        /// The call fails with this error number.
        case fail(UInt32)
        /// A tracer is asked, and given this number.
        case trace(UInt32)
        /// The call is made and logged.
        case log
        /// The call is made.
        case allow
        /// A supervisor decides.
        case notify

        var code: UInt32 {
            switch self {
            case .killProcess: 0x8000_0000
            case .killThread: 0
            case .trap: 0x0003_0000
            case .fail(let errno): 0x0005_0000 | errno & 0xFFFF
            case .trace(let value): 0x7FF0_0000 | value & 0xFFFF
            case .log: 0x7FFC_0000
            case .allow: 0x7FFF_0000
            case .notify: 0x7FC0_0000
            }
        }
    }

    /// How an argument is compared.
    public enum Comparison: Sendable {
        /// `!=`
        case notEqual
        /// `<`
        case less
        /// `<=`
        case lessOrEqual
        /// `==`
        case equal
        /// `>=`
        case greaterOrEqual
        /// `>`
        case greater
        /// `argument & value == second value`
        case maskedEqual

        var code: scmp_compare {
            switch self {
            case .notEqual: SCMP_CMP_NE
            case .less: SCMP_CMP_LT
            case .lessOrEqual: SCMP_CMP_LE
            case .equal: SCMP_CMP_EQ
            case .greaterOrEqual: SCMP_CMP_GE
            case .greater: SCMP_CMP_GT
            case .maskedEqual: SCMP_CMP_MASKED_EQ
            }
        }
    }

    /// A condition on one argument.
    public struct ArgumentCondition: Sendable {
        let argument: scmp_arg_cmp
        /// Which argument, 0 to 5.
        public var index: UInt32 { argument.arg }

        /// A condition.
        ///
        /// - Parameters:
        ///   - index: Which argument, 0 to 5.
        ///   - comparison: How it is compared.
        ///   - value: With what; for `maskedEqual` the mask.
        ///   - secondValue: For `maskedEqual` what the masked argument is.
        public init(index: UInt32, _ comparison: Comparison, value: UInt64, secondValue: UInt64) {
            argument = scmp_arg_cmp(arg: index, op: comparison.code, datum_a: value, datum_b: secondValue)
        }
    }

    private let context: scmp_filter_ctx

    /// An empty filter for the native architecture.
    ///
    /// - Parameter defaultAction: What happens to calls that no rule names.
    /// - Throws: ``SystemCallError`` where libseccomp has no memory.
    public init(defaultAction: Action) throws(SystemCallError) {
        guard let context = seccomp_init(defaultAction.code) else {
            throw SystemCallError(call: "seccomp_init", errno: .invalidArgument)
        }
        self.context = context
        // no_new_privs is set, or not, as the bundle says, never by the library.
        seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0)
    }

    deinit { seccomp_release(context) }

    /// libseccomp's version, which with the rules decides what comes out of ``compiled()``.
    public static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }

    /// Adds an architecture whose calls the rules cover too.
    ///
    /// - Parameter name: libseccomp's name, such as `x86_64` or `x32`.
    /// - Returns: Whether libseccomp knows it.
    /// - Throws: ``SystemCallError``.
    public borrowing func addArchitecture(_ name: String) throws(SystemCallError) -> Bool {
        let token = seccomp_arch_resolve_name(name)
        guard token != 0 else { return false }
        let result = seccomp_arch_add(context, token)
        if result == -EEXIST { return true }
        try checked("seccomp_arch_add", object: name) { Int(result) }
        return true
    }

    /// Whether libseccomp knows a system call by name, on any architecture.
    ///
    /// - Parameter name: The call.
    /// - Returns: Whether it does.
    public static func knows(systemCall name: String) -> Bool {
        seccomp_syscall_resolve_name(name) != -1  // __NR_SCMP_ERROR
    }

    /// Adds a rule.
    ///
    /// - Parameters:
    ///   - action: What happens.
    ///   - name: To which system call.
    ///   - conditions: Under which conditions on its arguments, all of which must hold.
    /// - Throws: ``SystemCallError`` naming the call.
    public borrowing func addRule(
        _ action: Action, systemCall name: String, when conditions: [ArgumentCondition] = []
    ) throws(SystemCallError) {
        let number = seccomp_syscall_resolve_name(name)
        let result = seccomp_rule_add_array(
            context, action.code, number, UInt32(conditions.count), conditions.map(\.argument))
        try checked("seccomp_rule_add", object: quoted(name)) { Int(result) }
    }

    /// The filter as the kernel takes it: an array of `struct sock_filter`, 8 bytes each.
    ///
    /// - Returns: The bytes.
    /// - Throws: ``SystemCallError``.
    public borrowing func compiled() throws(SystemCallError) -> [UInt8] {
        // libseccomp 2.5 exports to a descriptor only.
        let memory = FileDescriptor(
            owning: Int32(
                try checked("memfd_create") {
                    "seccomp".withCString { linux_syscall(Int(LINUX_SYS_memfd_create), word($0), 1, 0, 0, 0, 0) }
                }))
        let number = memory.rawValue
        let context = context
        try checked("seccomp_export_bpf") { Int(seccomp_export_bpf(context, number)) }
        try systemCall("lseek", LINUX_SYS_lseek, Int(number), 0, 0)
        return try memory.readAll()
    }
}

/// A compiled filter, laid out for the kernel ahead of time: nothing is allocated when it is installed.
public struct InstallableSeccompFilter: @unchecked Sendable {
    private let program: UnsafeMutableRawPointer
    private let flags: UInt32

    /// Lays a filter out; the memory is kept until the process ends.
    ///
    /// - Parameters:
    ///   - bytes: The filter, as ``SeccompFilter/compiled()`` gives it.
    ///   - flags: The flags of seccomp(2), SECCOMP_SET_MODE_FILTER.
    public init(_ bytes: [UInt8], flags: UInt32) {
        let instructions = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
        bytes.withUnsafeBytes {
            instructions.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(instructions), byteCount: $0.count)
        }
        // struct sock_fprog: a 16-bit count, then the pointer.
        program = .allocate(byteCount: 16, alignment: 8)
        program.storeBytes(of: 0, as: UInt64.self)
        program.storeBytes(of: UInt16(bytes.count / 8), as: UInt16.self)
        program.storeBytes(of: UInt(bitPattern: instructions), toByteOffset: 8, as: UInt.self)
        self.flags = flags
    }

    /// Installs the filter in this process, for good (seccomp(2)).
    ///
    /// - Returns: For a filter with a listener its descriptor, else 0.
    /// - Throws: ``SystemCallError``.
    @discardableResult
    public func install() throws(SystemCallError) -> Int {
        try systemCall("seccomp", LINUX_SYS_seccomp, 1, Int(flags), word(program))
    }
}
