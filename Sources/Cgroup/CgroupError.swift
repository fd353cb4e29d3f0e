public import LinuxSystem

/// A control group that cannot be as asked for.
public struct CgroupError: Error, CustomStringConvertible, Sendable {
    /// What and why, in lower case and without a full stop.
    public let description: String
    /// The kernel's reason, where it was the kernel that refused.
    public let errno: Errno?

    /// An error.
    ///
    /// - Parameters:
    ///   - description: What and why.
    ///   - errno: The kernel's reason, where it was the kernel that refused.
    public init(_ description: String, errno: Errno? = nil) {
        self.description = description
        self.errno = errno
    }

    /// An error of a call.
    init(_ error: SystemCallError) { self.init(error.description, errno: error.errno) }

    /// Whether a group was removed while something was done with it: then its files are no longer found, or are of no
    /// device where they were open.
    var isRemoval: Bool { errno == .noSuchFile || errno == .noDevice }

    /// Whether this process lacks the right, as that to a group which nobody has delegated to it.
    public var isLackOfRights: Bool {
        [.permissionDenied, .readOnlyFileSystem, .notPermitted].contains(errno)
    }
}
