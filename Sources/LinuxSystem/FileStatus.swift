internal import CLinux
internal import Glibc

/// What a file is (statx(2)).
public struct FileStatus: Equatable, Sendable {
    /// The kinds of file.
    public enum Kind: Sendable {
        /// A regular file.
        case regular
        /// A directory.
        case directory
        /// A symbolic link.
        case symbolicLink
        /// A character device.
        case characterDevice
        /// A block device.
        case blockDevice
        /// A FIFO.
        case fifo
        /// A socket.
        case socket
    }

    /// The kind of file.
    public let kind: Kind
    /// Permission bits, with set-user-ID, set-group-ID and sticky.
    public let permissions: UInt32
    /// Owner.
    public let uid: UInt32
    /// Group.
    public let gid: UInt32
    /// Length in bytes.
    public let size: UInt64
    /// Number of hard links.
    public let links: UInt32
    /// Number of the file in its file system.
    public let inode: UInt64
    /// The file system: major and minor number.
    public let device: DeviceNumber
    /// For a device node: which device.
    public let deviceNode: DeviceNumber
    /// When the content was last changed: nanoseconds since 1970.
    public let modified: Int64
    /// When content or status was last changed: nanoseconds since 1970. No program can set it (inode(7)).
    public let changed: Int64
    /// Kind and permissions in one number, as st_mode has them (inode(7)).
    let mode: UInt32

    init(_ status: statx) throws(SystemCallError) {
        switch mode_t(status.stx_mode) & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        case S_IFCHR: kind = .characterDevice
        case S_IFBLK: kind = .blockDevice
        case S_IFIFO: kind = .fifo
        case S_IFSOCK: kind = .socket
        default: throw SystemCallError(call: "statx", object: "unknown kind of file", errno: .invalidArgument)
        }
        permissions = UInt32(status.stx_mode) & 0o7777
        uid = status.stx_uid
        gid = status.stx_gid
        size = status.stx_size
        links = status.stx_nlink
        inode = status.stx_ino
        device = DeviceNumber(major: status.stx_dev_major, minor: status.stx_dev_minor)
        deviceNode = DeviceNumber(major: status.stx_rdev_major, minor: status.stx_rdev_minor)
        modified = status.stx_mtime.tv_sec &* 1_000_000_000 &+ Int64(status.stx_mtime.tv_nsec)
        changed = status.stx_ctime.tv_sec &* 1_000_000_000 &+ Int64(status.stx_ctime.tv_nsec)
        mode = UInt32(status.stx_mode)
    }
}

/// A device by its two numbers.
public struct DeviceNumber: Equatable, Hashable, Sendable {
    /// The driver.
    public let major: UInt32
    /// The device of that driver.
    public let minor: UInt32

    /// A device by its two numbers.
    ///
    /// - Parameters:
    ///   - major: The driver.
    ///   - minor: The device of that driver.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Both numbers as mknod(2) takes them.
    public var packed: UInt64 { linux_makedev(major, minor) }
}

/// What a path names.
///
/// - Parameters:
///   - path: The path.
///   - followsLink: Whether a symbolic link at the end is followed.
/// - Returns: The status, or nil where nothing is there (ENOENT, ENOTDIR).
/// - Throws: ``SystemCallError`` naming the path.
public func fileStatus(_ path: String, followsLink: Bool = true) throws(SystemCallError) -> FileStatus? {
    var status = statx()
    let result = path.withCString { path in
        statusCall(AT_FDCWD, path, followsLink ? 0 : AT_SYMLINK_NOFOLLOW, &status)
    }
    if result == Int(-ENOENT) || result == Int(-ENOTDIR) {
        InputJournal.note(path, followsLink: followsLink, nil)
        return nil
    }
    do throws(SystemCallError) {
        try checked("stat", object: quoted(path)) { result }
        let found = try FileStatus(status)
        InputJournal.note(path, followsLink: followsLink, found)
        return found
    } catch {
        InputJournal.noteFailure(path)
        throw error
    }
}

extension FileDescriptor {
    /// What the descriptor refers to.
    ///
    /// - Returns: The status.
    /// - Throws: ``SystemCallError``.
    public func status() throws(SystemCallError) -> FileStatus {
        var status = statx()
        let result = statusCall(rawValue, "", 0x1000 /* AT_EMPTY_PATH */, &status)
        try checked("statx") { result }
        return try FileStatus(status)
    }

    /// The magic number of the file system that the descriptor lies in (statfs(2), linux/magic.h).
    ///
    /// - Returns: The number.
    /// - Throws: ``SystemCallError``.
    public func fileSystemMagic() throws(SystemCallError) -> UInt32 {
        UInt32(truncatingIfNeeded: try fileSystemWord(0))
    }

    /// What the mount that the descriptor lies in does not permit (statfs(2), f_flags).
    ///
    /// - Returns: The flags.
    /// - Throws: ``SystemCallError``.
    public func mountFlags() throws(SystemCallError) -> MountStateFlags {
        MountStateFlags(rawValue: UInt64(bitPattern: Int64(try fileSystemWord(10))))
    }

    /// A word of struct statfs, which is 120 bytes: f_type is its first, f_flags its eleventh.
    private func fileSystemWord(_ index: Int) throws(SystemCallError) -> Int {
        let number = rawValue
        var buffer: [Int] = Array(repeating: 0, count: 16)
        let result = buffer.withUnsafeMutableBytes { buffer in
            linux_syscall(Int(LINUX_SYS_fstatfs), Int(number), word(buffer.baseAddress), 0, 0, 0, 0)
        }
        try checked("fstatfs") { result }
        return buffer[index]
    }
}

/// What a mount does not permit, as statfs(2) tells.
public struct MountStateFlags: OptionSet, Sendable {
    /// The bits of `f_flags`.
    public let rawValue: UInt64

    /// Flags by their bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nothing is written (ST_RDONLY).
    public static let readOnly = MountStateFlags(rawValue: 1)
    /// Nothing is executed (ST_NOEXEC).
    public static let noExec = MountStateFlags(rawValue: 8)
}

private func statusCall(
    _ directory: Int32, _ path: UnsafePointer<CChar>, _ flags: Int32, _ status: inout statx
) -> Int {
    withUnsafeMutablePointer(to: &status) { status in
        // 0x7FF: STATX_BASIC_STATS of linux/stat.h.
        linux_syscall(Int(LINUX_SYS_statx), Int(directory), word(path), Int(flags), 0x7FF, word(status), 0)
    }
}

/// See ``FileDescriptor/status(of:)``.
func fileStatus(of name: String, inDirectory directory: Int32) throws(SystemCallError) -> FileStatus? {
    var status = statx()
    let result = name.withCString { statusCall(directory, $0, AT_SYMLINK_NOFOLLOW, &status) }
    if result == Int(-ENOENT) { return nil }
    try checked("statx", object: quoted(name)) { result }
    return try FileStatus(status)
}

/// The target of a symbolic link, unresolved (readlink(2)).
///
/// - Parameter path: The link.
/// - Returns: The text it holds.
/// - Throws: ``SystemCallError`` naming the path.
public func linkTarget(_ path: String) throws(SystemCallError) -> String {
    if InputJournal.isKept { _ = try fileStatus(path, followsLink: false) }
    return try linkTarget(path, inDirectory: AT_FDCWD)
}

/// The target of a symbolic link in an open directory; see ``linkTarget(_:)``.
///
/// - Parameters:
///   - name: The link's name.
///   - directory: The directory.
/// - Returns: The text it holds.
/// - Throws: ``SystemCallError`` naming the link.
public func linkTarget(
    _ name: String, in directory: borrowing FileDescriptor
) throws(SystemCallError) -> String {
    try linkTarget(name, inDirectory: directory.rawValue)
}

private func linkTarget(_ path: String, inDirectory directory: Int32) throws(SystemCallError) -> String {
    var failure: Int = 0
    let text = String(unsafeUninitializedCapacity: 4096) { buffer in
        let result = path.withCString { path in
            linux_syscall(Int(LINUX_SYS_readlinkat), Int(directory), word(path), word(buffer.baseAddress), 4096, 0, 0)
        }
        if result < 0 { failure = result }
        return max(result, 0)
    }
    try checked("readlink", object: quoted(path)) { failure }
    return text
}
