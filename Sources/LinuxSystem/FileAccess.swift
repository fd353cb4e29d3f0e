internal import CLinux
internal import Glibc

/// How a file is opened (open(2)).
public struct OpenFlags: OptionSet, Sendable {
    /// The kernel's bits.
    public let rawValue: Int32

    /// Flags from the kernel's bits.
    ///
    /// - Parameter rawValue: The bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// For reading only.
    public static let readOnly = OpenFlags([])
    /// For writing only.
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    /// For both.
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    /// Make it where it is missing.
    public static let create = OpenFlags(rawValue: O_CREAT)
    /// Fail where it exists.
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    /// Cut it to length 0.
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    /// Write at the end.
    public static let append = OpenFlags(rawValue: O_APPEND)
    /// Fail where it is not a directory.
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    /// Fail where the last component is a symbolic link.
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    /// Do not wait.
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// Do not make a terminal the controlling one.
    public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    /// Only a place in the tree; nothing can be read through it (O_PATH).
    public static let path = OpenFlags(rawValue: 0x200000)
}

/// How openat2(2) walks a path.
public struct ResolveFlags: OptionSet, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt64

    /// Flags from the kernel's bits.
    ///
    /// - Parameter rawValue: The bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Cross no mount point.
    public static let noCrossDevice = ResolveFlags(rawValue: 0x01)
    /// Follow no magic link of procfs.
    public static let noMagicLinks = ResolveFlags(rawValue: 0x02)
    /// Follow no symbolic link at all.
    public static let noSymlinks = ResolveFlags(rawValue: 0x04)
    /// Stay below the starting directory; leaving it is an error.
    public static let beneath = ResolveFlags(rawValue: 0x08)
    /// Take the starting directory for the root: `..`, `/` and links stay inside.
    public static let inRoot = ResolveFlags(rawValue: 0x10)
}

/// Opens a file by path from the working directory; always closed on exec.
///
/// - Parameters:
///   - path: The path.
///   - flags: How to open it.
///   - mode: Permissions of a file that is made.
/// - Returns: The open file.
/// - Throws: ``SystemCallError`` naming the path.
public func openFile(
    _ path: String, _ flags: OpenFlags, mode: UInt32 = 0
) throws(SystemCallError) -> FileDescriptor {
    let result = path.withCString { path in
        linux_syscall(
            Int(LINUX_SYS_openat), Int(AT_FDCWD), word(path), Int(flags.rawValue | O_CLOEXEC), Int(mode), 0, 0)
    }
    if InputJournal.isKept { noteOpening(of: path, flags) }
    return FileDescriptor(owning: Int32(try checked("open", object: quoted(path)) { result }))
}

/// Opens a file for a result, empty, making it where it is missing.
///
/// It may lie where a tool has been: so no link at its end is followed, and nothing is opened that is no file, where
/// another program would wait or get what was meant for nobody. Below /dev and /proc everything is taken.
///
/// - Parameters:
///   - path: The path.
///   - appends: Whether what it holds stays.
/// - Returns: The open file.
/// - Throws: ``SystemCallError`` naming the path; ELOOP for a link, EEXIST for what is no file.
public func openResultFile(_ path: String, appends: Bool = false) throws(SystemCallError) -> FileDescriptor {
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") {
        return try openFile(path, [.writeOnly, .create, appends ? .append : .truncate], mode: 0o644)
    }
    let file = try openFile(
        path, [.writeOnly, .create, .noFollow, .nonBlocking, appends ? .append : []], mode: 0o644)
    guard try file.status().kind == .regular else {
        throw SystemCallError(call: "open", object: quoted(path) + " (no regular file)", errno: .fileExists)
    }
    if !appends { try file.truncate() }
    return file
}

/// Notes what a path leads to that is about to be read.
private func noteOpening(of path: String, _ flags: OpenFlags) {
    // A failure is noted too, and is not for here to tell: the file is open, or its opening has failed.
    _ = try? fileStatus(path, followsLink: !flags.contains(.noFollow))
}

/// Opens a file below a directory, the walk bounded by `resolve` (openat2(2)); always closed on exec.
///
/// - Parameters:
///   - path: The path from the directory.
///   - directory: Where the walk starts; nil for the working directory.
///   - flags: How to open it.
///   - resolve: How to walk.
///   - mode: Permissions of a file that is made.
/// - Returns: The open file.
/// - Throws: ``SystemCallError`` naming the path.
public func openFile(
    _ path: String, below directory: borrowing FileDescriptor, _ flags: OpenFlags, resolve: ResolveFlags,
    mode: UInt32 = 0
) throws(SystemCallError) -> FileDescriptor {
    let number = directory.rawValue
    // struct open_how of linux/openat2.h.
    var how: (flags: UInt64, mode: UInt64, resolve: UInt64) = (
        UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)), UInt64(mode), resolve.rawValue
    )
    while true {
        let result = path.withCString { path in
            withUnsafePointer(to: &how) { how in
                linux_syscall(Int(LINUX_SYS_openat2), Int(number), word(path), word(how), 24, 0, 0)
            }
        }
        // EAGAIN: a rename raced with the walk of ".."; the kernel asks to try again (openat2(2)).
        if result == Int(-EAGAIN), !flags.contains(.nonBlocking) { continue }
        return FileDescriptor(owning: Int32(try checked("openat2", object: quoted(path)) { result }))
    }
}

extension FileDescriptor {
    /// Reads up to a number of bytes (read(2)).
    ///
    /// - Parameter limit: The most bytes to read.
    /// - Returns: What was there; empty at the end of the file.
    /// - Throws: ``SystemCallError``.
    public func read(upTo limit: Int) throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let number = rawValue
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do throws(SystemCallError) {
                count = try systemCall("read", LINUX_SYS_read, Int(number), word(buffer.baseAddress), limit)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads to the end of the file.
    ///
    /// - Parameter limit: The most bytes that are taken; a longer file is an error (EFBIG).
    /// - Returns: All bytes.
    /// - Throws: ``SystemCallError``.
    public func readAll(limit: Int = 1 << 30) throws(SystemCallError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = 16 * 1024
        while true {
            let part = try read(upTo: chunk)
            if part.isEmpty { return bytes }
            // A short read is the last but for the one that finds the end, of nearly all files that are read here.
            chunk = part.count < chunk ? 512 : min(chunk * 2, 1 << 20)
            if bytes.isEmpty { bytes = part } else { bytes += part }
            if bytes.count > limit { throw SystemCallError(call: "read", errno: .fileTooLarge) }
        }
    }

    /// Cuts the file to length 0 (ftruncate(2)).
    ///
    /// - Throws: ``SystemCallError``.
    func truncate() throws(SystemCallError) {
        try systemCall("ftruncate", LINUX_SYS_ftruncate, Int(rawValue), 0)
    }

    /// Writes all bytes (write(2)).
    ///
    /// - Parameter bytes: What to write.
    /// - Throws: ``SystemCallError``.
    public func write(_ bytes: [UInt8]) throws(SystemCallError) {
        var start = 0
        while start < bytes.count {
            let number = rawValue
            let result = bytes.withUnsafeBytes { buffer in
                linux_syscall(
                    Int(LINUX_SYS_write), Int(number), word(buffer.baseAddress) + start, bytes.count - start, 0, 0, 0)
            }
            if result == Int(-EINTR) { continue }
            start += try checked("write") { result }
        }
    }

    /// Writes a text as UTF-8, in one write(2): what files of procfs and cgroupfs ask for.
    ///
    /// - Parameter text: What to write.
    /// - Throws: ``SystemCallError``.
    public func write(_ text: String) throws(SystemCallError) { try write(Array(text.utf8)) }
}

/// Reads a whole file.
///
/// - Parameters:
///   - path: The file.
///   - limit: The most bytes that are taken; a longer file is an error (EFBIG).
/// - Returns: Its bytes.
/// - Throws: ``SystemCallError`` naming the path.
public func readFile(_ path: String, limit: Int = 1 << 30) throws(SystemCallError) -> [UInt8] {
    let file = try openFile(path, .readOnly)
    do throws(SystemCallError) {
        return try file.readAll(limit: limit)
    } catch {
        throw SystemCallError(call: error.call, object: quoted(path), errno: error.errno)
    }
}
