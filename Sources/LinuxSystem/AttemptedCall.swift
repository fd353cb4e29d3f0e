internal import CLinux
internal import CSeccomp

/// An argument of an ``attempt(_:_:)``: a number, or bytes that the call is given the address of.
public enum CallArgument: ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation, Sendable {
    /// A number, a descriptor, flags.
    case number(Int)
    /// Bytes, which the call may also write into; what it wrote is lost.
    case bytes([UInt8])

    /// A number.
    ///
    /// - Parameter value: The number.
    public init(integerLiteral value: Int) { self = .number(value) }

    /// A text, handed over with a NUL at its end.
    ///
    /// - Parameter value: The text.
    public init(stringLiteral value: String) { self = .text(value) }

    /// A text, handed over with a NUL at its end.
    ///
    /// - Parameter text: The text.
    /// - Returns: The argument.
    public static func text(_ text: String) -> CallArgument { .bytes(Array(text.utf8) + [0]) }

    /// A descriptor.
    ///
    /// - Parameter descriptor: An open one.
    /// - Returns: Its number.
    public static func descriptor(_ descriptor: borrowing FileDescriptor) -> CallArgument {
        .number(Int(descriptor.rawValue))
    }

    /// Zeros for the call to write into.
    ///
    /// - Parameter count: How many.
    /// - Returns: The argument.
    public static func space(_ count: Int) -> CallArgument { .bytes([UInt8](repeating: 0, count: count)) }
}

/// Makes a system call by its name, whatever it is: to see whether the kernel refuses it here.
///
/// Nothing but an attempt to break out of a sandbox has a use for this: all other calls have a function of their own in
/// this module, which checks what it is given.
///
/// - Parameters:
///   - name: The call's name, as libseccomp knows it.
///   - arguments: At most six.
/// - Returns: The call's result, 0 or above.
/// - Throws: ``SystemCallError``; ENOSYS too where this architecture has no such call.
@discardableResult
public func attempt(_ name: String, _ arguments: CallArgument...) throws(SystemCallError) -> Int {
    try attempt(name, arguments)
}

/// The same, with the arguments in an array.
///
/// - Parameters:
///   - name: The call's name, as libseccomp knows it.
///   - arguments: At most six.
/// - Returns: The call's result, 0 or above.
/// - Throws: ``SystemCallError``.
@discardableResult
public func attempt(_ name: String, _ arguments: [CallArgument]) throws(SystemCallError) -> Int {
    let number = seccomp_syscall_resolve_name(name)
    guard number != -1 /* __NR_SCMP_ERROR */ else { preconditionFailure("no system call \(name)") }
    return try attempt(name, number: Int(number), arguments)
}

/// Makes a system call by its number; see ``attempt(_:_:)``.
///
/// - Parameters:
///   - name: What it is called in an error.
///   - number: Its number on this architecture.
///   - arguments: At most six.
/// - Returns: The call's result, 0 or above.
/// - Throws: ``SystemCallError``.
@discardableResult
public func attempt(
    _ name: String, number: Int, _ arguments: [CallArgument] = []
) throws(SystemCallError) -> Int {
    var words: [Int] = []
    var buffers: [UnsafeMutableBufferPointer<UInt8>] = []
    for argument in arguments {
        switch argument {
        case .number(let value): words.append(value)
        case .bytes(let bytes):
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
            _ = buffer.initialize(from: bytes)
            buffers.append(buffer)
            words.append(word(buffer.baseAddress))
        }
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    words += [Int](repeating: 0, count: 6 - words.count)
    while true {
        let result = linux_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5])
        if result >= 0 { return result }
        if result == Int(-Errno.interrupted.rawValue) { continue }
        throw SystemCallError(call: name, errno: Errno(rawValue: Int32(-result)))
    }
}

/// Executes a program by its path with these arguments and no environment; see ``attempt(_:_:)``.
///
/// - Parameters:
///   - path: The program.
///   - arguments: Its arguments, with its own name first.
///   - environment: Its variables, as `NAME=value`.
/// - Returns: Only where the kernel has refused: why.
public func attemptExecution(
    _ path: String, _ arguments: [String], environment: [String] = []
) -> SystemCallError {
    SystemCallError(
        call: "execve", errno: execute(CStringBlock([path]), CStringBlock(arguments), CStringBlock(environment)))
}

/// Executes a program by a descriptor and a path below it (execveat(2)); see ``attempt(_:_:)``.
///
/// - Parameters:
///   - path: The path; empty for the descriptor's file itself.
///   - descriptor: A directory, or the program.
///   - arguments: The program's arguments, with its own name first.
/// - Returns: Only where the kernel has refused: why.
public func attemptExecution(
    _ path: String, of descriptor: borrowing FileDescriptor, _ arguments: [String]
) -> SystemCallError {
    let (path, arguments, environment) = (CStringBlock([path]), CStringBlock(arguments), CStringBlock([]))
    let result = linux_syscall(
        Int(LINUX_SYS_execveat), Int(descriptor.rawValue), word(path.first), word(arguments.pointer),
        word(environment.pointer), 0x1000 /* AT_EMPTY_PATH */, 0)
    return SystemCallError(call: "execveat", errno: Errno(rawValue: Int32(-result)))
}

/// Makes getpid(2) through the 32-bit entry into the kernel; see ``attempt(_:_:)``.
///
/// - Returns: Its result; nil where the architecture has no such entry.
public func attemptCallOf32Bits() -> Int? {
    let result = linux_getpid_of_32_bits()
    return result == -1 ? nil : result
}
