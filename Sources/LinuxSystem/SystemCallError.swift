internal import Glibc
internal import CLinux

/// A system call that failed: which, on what, and why.
///
/// Described as `call "object": reason`, the form in which users see it.
public struct SystemCallError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The call's name, as its man page has it.
    public let call: String
    /// What the call worked on: a path, an option, a process; empty where the call says all.
    public let object: String
    /// The reason.
    public let errno: Errno

    /// A failed call.
    ///
    /// - Parameters:
    ///   - call: The call's name.
    ///   - object: What it worked on.
    ///   - errno: Why it failed.
    public init(call: String, object: String = "", errno: Errno) {
        self.call = call
        self.object = object
        self.errno = errno
    }

    /// `call "object": reason`.
    public var description: String {
        object.isEmpty ? "\(call): \(errno)" : "\(call) \(object): \(errno)"
    }
}

/// An error number of the kernel (errno(3)).
public struct Errno: Equatable, Hashable, RawRepresentable, CustomStringConvertible, Sendable {
    /// The number.
    public let rawValue: Int32

    /// An error number.
    ///
    /// - Parameter rawValue: The number, above 0.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Operation not permitted.
    public static let notPermitted = Errno(rawValue: EPERM)
    /// No such file or directory.
    public static let noSuchFile = Errno(rawValue: ENOENT)
    /// No such process.
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    /// Interrupted system call.
    public static let interrupted = Errno(rawValue: EINTR)
    /// No such device or address.
    public static let noSuchDeviceOrAddress = Errno(rawValue: ENXIO)
    /// Bad file descriptor.
    public static let badFileDescriptor = Errno(rawValue: EBADF)
    /// EBADFD
    public static let badFileDescriptorState = Errno(rawValue: EBADFD)
    /// No child processes.
    public static let noChild = Errno(rawValue: ECHILD)
    /// No such device.
    public static let noDevice = Errno(rawValue: ENODEV)
    /// Resource temporarily unavailable.
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    /// Permission denied.
    public static let permissionDenied = Errno(rawValue: EACCES)
    /// Device or resource busy.
    public static let busy = Errno(rawValue: EBUSY)
    /// File exists.
    public static let fileExists = Errno(rawValue: EEXIST)
    /// Invalid cross-device link.
    public static let crossDevice = Errno(rawValue: EXDEV)
    /// Not a directory.
    public static let notDirectory = Errno(rawValue: ENOTDIR)
    /// Is a directory.
    public static let isDirectory = Errno(rawValue: EISDIR)
    /// Invalid argument.
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// Numerical result out of range.
    public static let outOfRange = Errno(rawValue: ERANGE)
    /// Argument list too long: of a program in the kernel, too much to check.
    public static let tooBig = Errno(rawValue: E2BIG)
    /// No space left; of namespaces, that there are as many as there may be.
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// File too large.
    public static let fileTooLarge = Errno(rawValue: EFBIG)
    /// Read-only file system.
    public static let readOnlyFileSystem = Errno(rawValue: EROFS)
    /// Bad address.
    public static let badAddress = Errno(rawValue: EFAULT)
    /// No buffer space available.
    public static let noBufferSpace = Errno(rawValue: ENOBUFS)
    /// Connection refused.
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    /// Operation now in progress.
    public static let inProgress = Errno(rawValue: EINPROGRESS)
    /// Operation already in progress.
    public static let alreadyInProgress = Errno(rawValue: EALREADY)
    /// Broken pipe.
    public static let brokenPipe = Errno(rawValue: EPIPE)
    /// Connection reset by peer.
    public static let connectionReset = Errno(rawValue: ECONNRESET)
    /// File name too long.
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    /// Function not implemented.
    public static let notImplemented = Errno(rawValue: ENOSYS)
    /// Directory not empty.
    public static let notEmpty = Errno(rawValue: ENOTEMPTY)
    /// Too many levels of symbolic links.
    public static let tooManyLinks = Errno(rawValue: ELOOP)
    /// ETOOMANYREFS: more descriptors are on their way than the user may have open (unix(7)).
    public static let tooManyReferences = Errno(rawValue: ETOOMANYREFS)
    /// Operation not supported.
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// Invalid or incomplete multibyte character: a name that is not UTF-8.
    public static let illegalByteSequence = Errno(rawValue: EILSEQ)
    /// Input/output error.
    public static let inputOutput = Errno(rawValue: EIO)

    /// The C library's text, its first letter in lower case: `no such file or directory`.
    public var description: String {
        let text = String(cString: strerror(rawValue))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// A word that a system call takes: a number, a pointer or nothing.
@inline(__always)
func word(_ pointer: UnsafeRawPointer?) -> Int { Int(bitPattern: pointer) }

/// Makes a system call. The one place where a result becomes an error and EINTR is tried again.
///
/// - Parameters:
///   - name: The call's name, for the error.
///   - number: Its number on this architecture (`LINUX_SYS_…`).
///   - a: The first argument, a word as all others.
///   - b: The second.
///   - c: The third.
///   - d: The fourth.
///   - e: The fifth.
///   - f: The sixth.
///   - object: What the call works on, for the error; made only when it fails.
/// - Returns: The call's result, 0 or above.
/// - Throws: ``SystemCallError``.
@inline(__always)
@discardableResult
func systemCall(
    _ name: StaticString, _ number: some BinaryInteger, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0,
    _ e: Int = 0, _ f: Int = 0, object: @autoclosure () -> String = ""
) throws(SystemCallError) -> Int {
    while true {
        let result = linux_syscall(Int(number), a, b, c, d, e, f)
        if result >= 0 { return result }
        if result == Int(-EINTR) { continue }
        throw SystemCallError(call: "\(name)", object: object(), errno: Errno(rawValue: Int32(-result)))
    }
}

/// Turns the result of a shim function, negative for an error, into a result or an error.
///
/// - Parameters:
///   - name: The call's name, for the error.
///   - object: What the call works on, for the error.
///   - call: The call; made again when it was interrupted.
/// - Returns: The result, 0 or above.
/// - Throws: ``SystemCallError``.
@inline(__always)
@discardableResult
func checked(
    _ name: StaticString, object: @autoclosure () -> String = "", _ call: () -> Int
) throws(SystemCallError) -> Int {
    while true {
        let result = call()
        if result >= 0 { return result }
        if result == Int(-EINTR) { continue }
        throw SystemCallError(call: "\(name)", object: object(), errno: Errno(rawValue: Int32(-result)))
    }
}

/// A text as error messages show it: in double quotes; these, backslashes and control characters escaped, and what ends
/// a line or turns the direction of what follows.
///
/// - Parameter text: A path or another name.
/// - Returns: The quoted text.
public func quoted(_ text: String) -> String {
    // Nearly every text, and steps that succeed are named too.
    let isPlain = text.utf8.allSatisfy {
        $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"" + text + "\"" }
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\\x" + String(scalar.value, radix: 16)
        // C1 controls, of which terminals take U+009B for ESC [; marks and overrides of direction; separators of lines.
        case "\u{80}"..."\u{9F}", "\u{61C}", "\u{200E}"..."\u{200F}", "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}":
            result += "\\u{" + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
