internal import CLinux
internal import Glibc

/// A Landlock rule set that governs one right: to execute files (landlock(7), linux/landlock.h).
///
/// Reading and writing are the mounts' work; a rule set that governs them too costs 6 to 17 % on open-heavy work.
public struct ExecutionRuleSet: ~Copyable {
    private let descriptor: FileDescriptor

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
    /// - Throws: ``SystemCallError``; ENOSYS or EOPNOTSUPP where the kernel has no Landlock.
    public init() throws(SystemCallError) {
        // struct landlock_ruleset_attr: handled_access_fs; LANDLOCK_ACCESS_FS_EXECUTE is bit 0.
        var handled: UInt64 = 1
        let result = withUnsafePointer(to: &handled) {
            linux_syscall(Int(LINUX_SYS_landlock_create_ruleset), word($0), 8, 0, 0, 0, 0)
        }
        descriptor = FileDescriptor(owning: Int32(try checked("landlock_create_ruleset") { result }))
    }

    /// Permits a file, or all files below a directory, to be executed.
    ///
    /// - Parameter file: The file or directory, open (O_PATH is enough).
    /// - Throws: ``SystemCallError``.
    public borrowing func permit(_ file: borrowing FileDescriptor) throws(SystemCallError) {
        // struct landlock_path_beneath_attr, packed: u64 access, s32 descriptor.
        var rule: (access: UInt64, descriptor: Int32) = (1, file.rawValue)
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
