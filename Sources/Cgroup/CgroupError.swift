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

    /// What a limit needs and this host has not; nil for any other failure.
    public private(set) var lack: Lack?

    /// What nothing can be limited without.
    public struct Lack: Equatable, Sendable {
        /// What it is.
        public let means: Means
        /// Why it is not there.
        public let reason: String

        /// What it is.
        public enum Means: Equatable, Sendable {
            /// A controller, by its name: `memory`.
            case controller(String)
            /// A file of the group: `cpu.max.burst`.
            case file(String)
        }
    }

    /// An error for want of something.
    ///
    /// - Parameters:
    ///   - origin: Where the limit is asked for.
    ///   - lack: What it needs.
    ///   - remedy: What helps.
    init(_ origin: String, lack: Lack, remedy: String? = nil) {
        self.init("\(origin): \(lack.reason)" + (remedy.map { "; " + $0 } ?? ""))
        self.lack = lack
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
