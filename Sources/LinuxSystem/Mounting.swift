internal import CLinux
internal import Glibc

/// What a mount forbids (mount_setattr(2), linux/mount.h).
public struct MountAttributes: OptionSet, Equatable, Sendable {
    /// The kernel's bits.
    public let rawValue: UInt64

    /// Attributes from the kernel's bits.
    ///
    /// - Parameter rawValue: The bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Nothing can be written through it.
    public static let readOnly = MountAttributes(rawValue: 0x01)
    /// Set-user-ID, set-group-ID and file capabilities have no effect.
    public static let noSetUserID = MountAttributes(rawValue: 0x02)
    /// Device nodes cannot be opened.
    public static let noDevices = MountAttributes(rawValue: 0x04)
    /// Nothing can be executed or mapped executable.
    public static let noExecution = MountAttributes(rawValue: 0x08)
    /// Access times are not updated; one value of the access-time field ``accessTimeField``.
    public static let noAccessTime = MountAttributes(rawValue: 0x10)
    /// Access times are always updated; one value of the access-time field.
    public static let strictAccessTime = MountAttributes(rawValue: 0x20)
    /// The bits of the access-time field; all clear is relatime.
    public static let accessTimeField = MountAttributes(rawValue: 0x70)
    /// Access times of directories are not updated.
    public static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)
    /// Owners are shown through the id mapping of a user namespace.
    public static let idMapped = MountAttributes(rawValue: 0x10_0000)
    /// Symbolic links are not followed.
    public static let noSymlinkFollowing = MountAttributes(rawValue: 0x20_0000)
}

/// How mounts and unmounts spread between copies of a mount (mount_namespaces(7)).
public enum MountPropagation: UInt64, Equatable, Sendable {
    /// Not at all, and it cannot be bind mounted.
    case unbindable = 0x2_0000
    /// Not at all.
    case isolated = 0x4_0000
    /// From the peer here, never from here.
    case slave = 0x8_0000
    /// Both ways.
    case shared = 0x10_0000
}

/// A mount, or a tree of them, by the descriptor of its root: attached somewhere, or not yet.
public struct MountTree: ~Copyable {
    /// The root of the mount (O_PATH).
    public let descriptor: FileDescriptor

    private init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Copies the mount at a path, for a bind mount (open_tree(2)).
    ///
    /// - Parameters:
    ///   - path: A path from the working directory.
    ///   - isRecursive: Whether the mounts below come along.
    ///   - followsLink: Whether a link at the end of the path is followed, or copied itself.
    /// - Throws: ``SystemCallError`` naming the path.
    public init(copying path: String, isRecursive: Bool, followsLink: Bool = true) throws(SystemCallError) {
        // AT_SYMLINK_NOFOLLOW
        let flags = Self.copyFlags | (isRecursive ? Self.recursive : 0) | (followsLink ? 0 : 0x100)
        let result = path.withCString {
            linux_syscall(Int(LINUX_SYS_open_tree), Int(AT_FDCWD), word($0), flags, 0, 0, 0)
        }
        self.init(FileDescriptor(owning: Int32(try checked("open_tree", object: quoted(path)) { result })))
    }

    /// Copies the mount that a descriptor lies in, rooted where the descriptor is (open_tree(2)).
    ///
    /// - Parameters:
    ///   - file: An open file or directory of this mount namespace.
    ///   - isRecursive: Whether the mounts below come along.
    /// - Throws: ``SystemCallError``.
    public init(copying file: borrowing FileDescriptor, isRecursive: Bool) throws(SystemCallError) {
        let number = file.rawValue
        let flags = Self.copyFlags | Self.emptyPath | (isRecursive ? Self.recursive : 0)
        let result = "".withCString { linux_syscall(Int(LINUX_SYS_open_tree), Int(number), word($0), flags, 0, 0, 0) }
        self.init(FileDescriptor(owning: Int32(try checked("open_tree") { result })))
    }

    /// Takes over the descriptor of a tree that another process copied.
    ///
    /// - Parameter descriptor: The tree's root.
    /// - Returns: The tree.
    public static func received(_ descriptor: consuming FileDescriptor) -> MountTree { MountTree(descriptor) }

    /// Makes a new file system that is mounted nowhere yet (fsopen(2), fsconfig(2), fsmount(2)).
    ///
    /// - Parameters:
    ///   - type: The kind of file system, such as `tmpfs`.
    ///   - source: What it is called in mountinfo; nil for none.
    ///   - options: Its own options, as mount(8) has them: `key` or `key=value`.
    ///   - attributes: What the mount forbids.
    /// - Throws: ``SystemCallError`` naming the type or the option, with the kernel's own message where it gave one.
    public init(
        newFileSystem type: String, source: String?, options: [String],
        attributes: MountAttributes
    ) throws(SystemCallError) {
        let context = FileDescriptor(
            owning: Int32(
                try checked("fsopen", object: quoted(type)) {
                    type.withCString { linux_syscall(Int(LINUX_SYS_fsopen), word($0), 1, 0, 0, 0, 0) }
                }))
        if let source { try Self.configure(context, "source", source) }
        for option in options {
            guard let equals = option.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                try Self.configure(context, option, nil)
                continue
            }
            try Self.configure(
                context, String(option[..<equals]), String(option[option.utf8.index(after: equals)...]))
        }
        // FSCONFIG_CMD_CREATE
        let number = context.rawValue
        do throws(SystemCallError) {
            try systemCall("fsconfig", LINUX_SYS_fsconfig, Int(number), 6, object: quoted(type))
        } catch {
            throw Self.explained(error, context)
        }
        self.init(
            FileDescriptor(
                owning: Int32(
                    try systemCall(
                        "fsmount", LINUX_SYS_fsmount, Int(number), 1, Int(attributes.rawValue), object: quoted(type)))))
    }

    /// Attaches the tree on top of a file or directory (move_mount(2)).
    ///
    /// - Parameter target: Where; a descriptor, so that nothing is looked up.
    /// - Throws: ``SystemCallError``.
    public func attach(to target: borrowing FileDescriptor) throws(SystemCallError) {
        let number = target.rawValue
        let result = "".withCString { empty in
            // MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
            linux_syscall(
                Int(LINUX_SYS_move_mount), Int(descriptor.rawValue), word(empty), Int(number), word(empty), 0x44, 0)
        }
        try checked("move_mount") { result }
    }

    /// Attaches the tree on top of a path from the working directory.
    ///
    /// - Parameter path: Where.
    /// - Throws: ``SystemCallError`` naming the path.
    public func attach(to path: String) throws(SystemCallError) {
        let result = path.withCString { path in
            "".withCString { empty in
                linux_syscall(
                    Int(LINUX_SYS_move_mount), Int(descriptor.rawValue), word(empty), Int(AT_FDCWD), word(path), 0x04, 0
                )
            }
        }
        try checked("move_mount", object: quoted(path)) { result }
    }

    /// Changes what the mount forbids and how it propagates (mount_setattr(2)).
    ///
    /// - Parameters:
    ///   - setting: Attributes to set.
    ///   - clearing: Attributes to clear first.
    ///   - propagation: How it propagates from now on; nil leaves that.
    ///   - isRecursive: Whether the mounts below change too.
    ///   - idMap: The user namespace of ``MountAttributes/idMapped``; nil without it.
    /// - Throws: ``SystemCallError``.
    public func change(
        setting: MountAttributes = [], clearing: MountAttributes = [], propagation: MountPropagation? = nil,
        isRecursive: Bool = false, idMap: FileDescriptorBox? = nil
    ) throws(SystemCallError) {
        try Self.change(
            Int(descriptor.rawValue), "", setting: setting, clearing: clearing, propagation: propagation,
            flags: Self.emptyPath | (isRecursive ? Self.recursive : 0), idMap: idMap?.descriptor.rawValue)
    }

    /// Changes how the mount at a path, and all below it, propagates.
    ///
    /// - Parameters:
    ///   - path: The mount.
    ///   - propagation: How it propagates from now on.
    ///   - isRecursive: Whether the mounts below change too.
    /// - Throws: ``SystemCallError``.
    public static func setPropagation(
        at path: String, _ propagation: MountPropagation, isRecursive: Bool
    ) throws(SystemCallError) {
        try change(Int(AT_FDCWD), path, propagation: propagation, flags: isRecursive ? recursive : 0, idMap: nil)
    }

    private static let copyFlags = 1 | Int(O_CLOEXEC)  // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    private static let recursive = 0x8000  // AT_RECURSIVE
    private static let emptyPath = 0x1000  // AT_EMPTY_PATH

    private static func change(
        _ directory: Int, _ path: String, setting: MountAttributes = [], clearing: MountAttributes = [],
        propagation: MountPropagation?, flags: Int, idMap: Int32?
    ) throws(SystemCallError) {
        // struct mount_attr of linux/mount.h.
        var attributes: (set: UInt64, clear: UInt64, propagation: UInt64, userNamespace: UInt64) = (
            setting.rawValue, clearing.rawValue, propagation?.rawValue ?? 0, UInt64(idMap ?? 0)
        )
        let result = path.withCString { path in
            withUnsafePointer(to: &attributes) { attributes in
                linux_syscall(Int(LINUX_SYS_mount_setattr), directory, word(path), flags, word(attributes), 32, 0)
            }
        }
        try checked("mount_setattr", object: path.isEmpty ? "" : quoted(path)) { result }
    }

    private static func configure(
        _ context: borrowing FileDescriptor, _ key: String, _ value: String?
    ) throws(SystemCallError) {
        let number = Int(context.rawValue)
        let result = key.withCString { key in
            guard let value else {  // FSCONFIG_SET_FLAG
                return linux_syscall(Int(LINUX_SYS_fsconfig), number, 0, word(key), 0, 0, 0)
            }
            return value.withCString { value in  // FSCONFIG_SET_STRING
                linux_syscall(Int(LINUX_SYS_fsconfig), number, 1, word(key), word(value), 0, 0)
            }
        }
        do throws(SystemCallError) {
            try checked("mount option", object: quoted(value.map { "\(key)=\($0)" } ?? key)) { result }
        } catch {
            throw explained(error, context)
        }
    }

    /// Adds what the file system itself wrote into its context about a failure.
    private static func explained(
        _ error: SystemCallError, _ context: borrowing FileDescriptor
    ) -> SystemCallError {
        // The log is read message by message; none, or a failure to read, leaves the plain error.
        guard let bytes = try? context.read(upTo: 512), let text = String(validating: bytes, as: UTF8.self) else {
            return error
        }
        let message = text.dropFirst(2).prefix { $0 != "\n" }  // "e message"
        return SystemCallError(call: error.call, object: "\(error.object) (\(message))", errno: error.errno)
    }
}

/// Makes the working directory, a mount, the root of this mount namespace, and drops the old root (pivot_root(2)).
///
/// - Throws: ``SystemCallError``.
public func pivotRootToWorkingDirectory() throws(SystemCallError) {
    let result = ".".withCString { linux_syscall(Int(LINUX_SYS_pivot_root), word($0), word($0), 0, 0, 0, 0) }
    try checked("pivot_root") { result }
    // The old root now lies on top of the new one; MNT_DETACH takes it and all below it away at once.
    try unmountDetached(".")
    try changeDirectory("/")
}

/// Takes the mount at a path away, at once and with all below it (umount2(2), MNT_DETACH).
///
/// - Parameter path: The mount.
/// - Throws: ``SystemCallError`` naming it.
public func unmountDetached(_ path: String) throws(SystemCallError) {
    let result = path.withCString { linux_syscall(Int(LINUX_SYS_umount2), word($0), Int(MNT_DETACH), 0, 0, 0, 0) }
    try checked("umount", object: quoted(path)) { result }
}

/// Changes the working directory (chdir(2)).
///
/// - Parameter path: The directory.
/// - Throws: ``SystemCallError`` naming it.
public func changeDirectory(_ path: String) throws(SystemCallError) {
    let result = path.withCString { linux_syscall(Int(LINUX_SYS_chdir), word($0), 0, 0, 0, 0, 0) }
    try checked("chdir", object: quoted(path)) { result }
}

extension FileDescriptor {
    /// Makes this directory the working directory (fchdir(2)).
    ///
    /// - Throws: ``SystemCallError``.
    public func makeWorkingDirectory() throws(SystemCallError) {
        try systemCall("fchdir", LINUX_SYS_fchdir, Int(rawValue))
    }
}

/// The working directory's path as the kernel sees it (getcwd(2)).
///
/// - Returns: The path; it begins with `(unreachable)` where the directory lies outside the root.
/// - Throws: ``SystemCallError``.
public func workingDirectory() throws(SystemCallError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let result = buffer.withUnsafeMutableBytes { buffer in
        linux_syscall(Int(LINUX_SYS_getcwd), word(buffer.baseAddress), buffer.count, 0, 0, 0, 0)
    }
    let length = try checked("getcwd") { result }
    return String(decoding: buffer.prefix(max(length - 1, 0)), as: UTF8.self)
}
