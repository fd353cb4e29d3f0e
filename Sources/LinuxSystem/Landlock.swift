internal import CLinux
internal import Glibc

/// A Landlock rule set that governs the right to execute files, and where it is asked for the right to open them for
/// writing (landlock(7), linux/landlock.h).
///
/// Reading is the mounts' work; a rule set that governs it too costs 6 to 17 % on open-heavy work. So is writing, but for
/// FIFOs, which a read-only mount lets be written.
///
/// Whatever it governs, the kernel refuses with EXDEV to give a file a name in another directory, unless a rule permits
/// that too (LANDLOCK_ACCESS_FS_REFER, version 2): ``permitRenames(below:)``.
public struct ExecutionRuleSet: ~Copyable {
    private let descriptor: FileDescriptor
    /// Whether this kernel knows the right to rename and link from one directory to another.
    private let governsRenames: Bool

    // LANDLOCK_ACCESS_FS_EXECUTE, LANDLOCK_ACCESS_FS_WRITE_FILE and LANDLOCK_ACCESS_FS_REFER.
    private static let execute: UInt64 = 1
    private static let write: UInt64 = 1 << 1
    private static let refer: UInt64 = 1 << 13

    /// The Landlock version of this kernel.
    ///
    /// - Returns: 1 or above; 0 where the kernel has no Landlock or has it switched off.
    /// - Throws: ``SystemCallError`` for any other failure.
    public static func supportedVersion() throws(SystemCallError) -> Int {
        do throws(SystemCallError) {
            return try systemCall(
                "landlock_create_ruleset", LINUX_SYS_landlock_create_ruleset, 0, 0, 1 /* …_VERSION */)
        } catch  where error.errno == .notImplemented || error.errno == .notSupported {
            return 0
        }
    }

    /// A rule set that permits no file to be executed.
    ///
    /// - Parameter governsWriting: Whether it permits none to be opened for writing either. Pipes and files without a file
    ///   system that anybody has mounted can be opened in any case.
    /// - Throws: ``SystemCallError``; ENOSYS or EOPNOTSUPP where the kernel has no Landlock.
    public init(governsWriting: Bool = false) throws(SystemCallError) {
        let governsRenames = try Self.supportedVersion() >= 2
        // struct landlock_ruleset_attr: handled_access_fs.
        var handled = Self.execute | (governsRenames ? Self.refer : 0) | (governsWriting ? Self.write : 0)
        let result = withUnsafePointer(to: &handled) {
            linux_syscall(Int(LINUX_SYS_landlock_create_ruleset), word($0), 8, 0, 0, 0, 0)
        }
        descriptor = FileDescriptor(owning: Int32(try checked("landlock_create_ruleset") { result }))
        self.governsRenames = governsRenames
    }

    /// Permits a file, or all files below a directory, to be executed.
    ///
    /// - Parameter file: The file or directory, open (O_PATH is enough).
    /// - Throws: ``SystemCallError``.
    public borrowing func permit(_ file: borrowing FileDescriptor) throws(SystemCallError) {
        try permit(Self.execute, file)
    }

    /// Permits files below a directory to be renamed and linked from one directory to another, where mounts and modes
    /// let them. The kernel still refuses what would make a file executable that was not.
    ///
    /// Without it, and on kernels with version 1 of Landlock, rename(2) and link(2) from one directory to another fail
    /// with EXDEV.
    ///
    /// - Parameter directory: The directory, open (O_PATH is enough).
    /// - Throws: ``SystemCallError``.
    public borrowing func permitRenames(below directory: borrowing FileDescriptor) throws(SystemCallError) {
        guard governsRenames else { return }
        try permit(Self.refer, directory)
    }

    /// Permits a file, or all files below a directory, to be opened for writing.
    ///
    /// - Parameter file: The file or directory, open (O_PATH is enough).
    /// - Throws: ``SystemCallError``.
    public borrowing func permitWriting(_ file: borrowing FileDescriptor) throws(SystemCallError) {
        try permit(Self.write, file.rawValue)
    }

    /// Permits the file behind a descriptor to be opened anew for writing, where the descriptor can be written to.
    ///
    /// - Parameter descriptor: An open one, or a number that is none; pipes and sockets need no rule.
    /// - Throws: ``SystemCallError``.
    public borrowing func permitWriting(_ descriptor: UnownedDescriptor) throws(SystemCallError) {
        guard try descriptor.isOpenForWriting() else { return }
        do throws(SystemCallError) {
            try permit(Self.write, descriptor.rawValue)
        } catch  where error.errno == .badFileDescriptorState {
            return  // A file of the kernel's own: no rule set governs it.
        }
    }

    private borrowing func permit(_ right: UInt64, _ file: borrowing FileDescriptor) throws(SystemCallError) {
        try permit(right, file.rawValue)
    }

    private borrowing func permit(_ right: UInt64, _ file: Int32) throws(SystemCallError) {
        // struct landlock_path_beneath_attr, packed: u64 access, s32 descriptor.
        var rule: (access: UInt64, descriptor: Int32) = (right, file)
        let number = descriptor.rawValue
        let result = withUnsafePointer(to: &rule) {
            linux_syscall(Int(LINUX_SYS_landlock_add_rule), Int(number), 1 /* …_PATH_BENEATH */, word($0), 0, 0, 0)
        }
        try checked("landlock_add_rule") { result }
    }

    /// Puts the rule set in force in this process and all it starts, for good (landlock_restrict_self(2)).
    ///
    /// - Throws: ``SystemCallError``.
    public borrowing func enforce() throws(SystemCallError) {
        try systemCall("landlock_restrict_self", LINUX_SYS_landlock_restrict_self, Int(descriptor.rawValue), 0)
    }
}
