internal import CLinux
internal import Glibc

/// Calls that make, move and remove names below an open directory. A name is one component: it is never walked.
extension FileDescriptor {
    /// Makes a directory (mkdirat(2)).
    ///
    /// - Parameters:
    ///   - name: Its name in this directory.
    ///   - mode: Its permissions, less the umask.
    /// - Throws: ``SystemCallError`` naming it.
    public func makeDirectory(_ name: String, mode: UInt32 = 0o755) throws(SystemCallError) {
        try named("mkdir", name) { linux_syscall(Int(LINUX_SYS_mkdirat), Int(rawValue), $0, Int(mode), 0, 0, 0) }
    }

    /// Makes a directory where there is none; what is there already must not be a link.
    ///
    /// - Parameters:
    ///   - name: Its name in this directory.
    ///   - mode: Its permissions, less the umask.
    /// - Returns: The open directory, and whether it was made now.
    /// - Throws: ``SystemCallError`` naming it.
    public func makeDirectoryIfMissing(_ name: String, mode: UInt32 = 0o755) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try makeDirectory(name, mode: mode)
            return true
        } catch  where error.errno == .fileExists {
            return false
        }
    }

    /// Opens a name of this directory, never following a link.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - flags: How to open it.
    ///   - mode: Permissions of a file that is made.
    /// - Returns: The open file.
    /// - Throws: ``SystemCallError`` naming it.
    public func open(_ name: String, _ flags: OpenFlags, mode: UInt32 = 0) throws(SystemCallError) -> FileDescriptor {
        let bits = flags.union(.noFollow).rawValue | O_CLOEXEC
        return FileDescriptor(
            owning: Int32(
                try named("open", name) {
                    linux_syscall(Int(LINUX_SYS_openat), Int(rawValue), $0, Int(bits), Int(mode), 0, 0)
                }))
    }

    /// Removes a file (unlinkat(2)).
    ///
    /// - Parameter name: Its name in this directory.
    /// - Throws: ``SystemCallError`` naming it.
    public func removeFile(_ name: String) throws(SystemCallError) {
        try named("unlink", name) { linux_syscall(Int(LINUX_SYS_unlinkat), Int(rawValue), $0, 0, 0, 0, 0) }
    }

    /// Removes an empty directory (unlinkat(2), AT_REMOVEDIR).
    ///
    /// - Parameter name: Its name in this directory.
    /// - Throws: ``SystemCallError`` naming it.
    public func removeDirectory(_ name: String) throws(SystemCallError) {
        try named("rmdir", name) {
            linux_syscall(Int(LINUX_SYS_unlinkat), Int(rawValue), $0, Int(AT_REMOVEDIR), 0, 0, 0)
        }
    }

    /// Makes a symbolic link (symlinkat(2)).
    ///
    /// - Parameters:
    ///   - target: The text it holds.
    ///   - name: Its name in this directory.
    /// - Throws: ``SystemCallError`` naming it.
    public func makeSymbolicLink(to target: String, _ name: String) throws(SystemCallError) {
        try named("symlink", name) { name in
            target.withCString { target in
                linux_syscall(Int(LINUX_SYS_symlinkat), word(target), Int(rawValue), name, 0, 0, 0)
            }
        }
    }

    /// Makes a device node or FIFO (mknodat(2)); the mode is applied whole, whatever the umask.
    ///
    /// - Parameters:
    ///   - name: Its name in this directory.
    ///   - kind: What it is: a device or a FIFO.
    ///   - permissions: Its permission bits.
    ///   - device: Which device.
    /// - Throws: ``SystemCallError`` naming it.
    public func makeNode(
        _ name: String, kind: FileStatus.Kind, permissions: UInt32, device: DeviceNumber
    ) throws(SystemCallError) {
        let type: mode_t
        switch kind {
        case .characterDevice: type = S_IFCHR
        case .blockDevice: type = S_IFBLK
        case .fifo: type = S_IFIFO
        default: throw SystemCallError(call: "mknod", object: quoted(name), errno: .invalidArgument)
        }
        try named("mknod", name) {
            linux_syscall(
                Int(LINUX_SYS_mknodat), Int(rawValue), $0, Int(type | mode_t(permissions)), Int(device.packed), 0, 0)
        }
        try changeMode(name, permissions)
    }

    /// Sets permission bits of a name that is not a link (fchmodat(2)).
    ///
    /// - Parameters:
    ///   - name: The name in this directory.
    ///   - permissions: The bits.
    /// - Throws: ``SystemCallError`` naming it.
    public func changeMode(_ name: String, _ permissions: UInt32) throws(SystemCallError) {
        try named("chmod", name) {
            linux_syscall(Int(LINUX_SYS_fchmodat), Int(rawValue), $0, Int(permissions), 0, 0, 0)
        }
    }

    /// Sets the owner of a name, not following a link (fchownat(2)).
    ///
    /// - Parameters:
    ///   - name: The name in this directory; empty for what this descriptor is open on.
    ///   - uid: The owner.
    ///   - gid: The group.
    /// - Throws: ``SystemCallError`` naming it.
    public func changeOwner(_ name: String = "", uid: UInt32, gid: UInt32) throws(SystemCallError) {
        let flags = name.isEmpty ? 0x1000 /* AT_EMPTY_PATH */ : Int(AT_SYMLINK_NOFOLLOW)
        try named("chown", name) {
            linux_syscall(Int(LINUX_SYS_fchownat), Int(rawValue), $0, Int(uid), Int(gid), flags, 0)
        }
    }

    /// Renames within this directory (renameat2(2)), over what stands at the new name.
    ///
    /// - Parameters:
    ///   - name: The present name.
    ///   - newName: The new name.
    /// - Throws: ``SystemCallError`` naming it.
    public func rename(_ name: String, to newName: String) throws(SystemCallError) {
        try named("rename", name) { name in
            newName.withCString { newName in
                linux_syscall(
                    Int(LINUX_SYS_renameat2), Int(rawValue), name, Int(rawValue), word(newName), 0, 0)
            }
        }
    }

    /// The status of a name, not following a link; nil where nothing is there.
    ///
    /// - Parameter name: The name in this directory.
    /// - Returns: The status, or nil.
    /// - Throws: ``SystemCallError`` naming it.
    public func status(of name: String) throws(SystemCallError) -> FileStatus? {
        try fileStatus(of: name, inDirectory: rawValue)
    }

    /// Removes a name and, where it is a directory, all below it; follows no link and leaves no file system.
    ///
    /// - Parameter name: The name in this directory; nothing there is no error.
    /// - Throws: ``SystemCallError`` naming what could not be removed.
    public func removeTree(_ name: String) throws(SystemCallError) {
        guard let status = try status(of: name) else { return }
        guard status.kind == .directory else { return try removeFile(name) }
        do throws(SystemCallError) {
            return try removeDirectory(name)  // One that is empty need not be readable.
        } catch  where error.errno != .notEmpty && error.errno != .fileExists {
            throw error
        } catch {}
        // A directory may shut even its owner out.
        if status.permissions & 0o700 != 0o700, status.uid == effectiveUserID() { try changeMode(name, 0o700) }
        let directory = try openFile(
            name, below: self, [.readOnly, .directory, .noFollow], resolve: [.beneath, .noCrossDevice, .noSymlinks])
        for entry in try directory.entries(path: name) { try directory.removeTree(entry) }
        try removeDirectory(name)
    }

    /// Takes an advisory lock on the open file (flock(2)); it ends with the descriptor.
    ///
    /// - Parameters:
    ///   - kind: Whether others may have the lock too.
    ///   - waits: Whether to wait for another holder; otherwise a held lock is EAGAIN.
    /// - Throws: ``SystemCallError``.
    public func lock(_ kind: LockKind = .exclusive, waits: Bool = true) throws(SystemCallError) {
        let operation = kind == .shared ? LOCK_SH : LOCK_EX
        try systemCall("flock", LINUX_SYS_flock, Int(rawValue), Int(waits ? operation : operation | LOCK_NB))
    }

    /// Gives the lock up, for every descriptor of this open file, a child's copies among them (flock(2), LOCK_UN).
    ///
    /// - Throws: ``SystemCallError``.
    public func unlock() throws(SystemCallError) {
        try systemCall("flock", LINUX_SYS_flock, Int(rawValue), Int(LOCK_UN))
    }

    /// Makes a call on a name, which must be non-empty text without NUL.
    @discardableResult
    private func named(
        _ call: StaticString, _ name: String, _ body: (Int) -> Int
    ) throws(SystemCallError) -> Int {
        try checked(call, object: quoted(name)) { name.withCString { body(word($0)) } }
    }
}

/// Who may hold a lock at a time.
public enum LockKind: Sendable {
    /// Any number of holders.
    case shared
    /// One holder.
    case exclusive
}

/// Makes a directory by path (mkdir(2)).
///
/// - Parameters:
///   - path: The directory; its parent must exist.
///   - mode: Its permissions, less the umask.
/// - Throws: ``SystemCallError`` naming it.
public func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemCallError) {
    let result = path.withCString { linux_syscall(Int(LINUX_SYS_mkdirat), Int(AT_FDCWD), word($0), Int(mode), 0, 0, 0) }
    try checked("mkdir", object: quoted(path)) { result }
}

/// Removes an empty directory by path (rmdir(2)).
///
/// - Parameter path: The directory.
/// - Throws: ``SystemCallError`` naming it.
public func removeDirectory(_ path: String) throws(SystemCallError) {
    let result = path.withCString {
        linux_syscall(Int(LINUX_SYS_unlinkat), Int(AT_FDCWD), word($0), Int(AT_REMOVEDIR), 0, 0, 0)
    }
    try checked("rmdir", object: quoted(path)) { result }
}
