public import LinuxSystem

/// Why this host does not let this process make or use a user namespace, and what lets it (user_namespaces(7)).
///
/// The kernel says no more than EPERM or ENOSPC; the cause is looked for only once it has said so.
public struct UserNamespaceObstacle: Equatable, CustomStringConvertible, Sendable {
    /// What forbids it: `user.max_user_namespaces is 0`.
    public let cause: String
    /// What lets it, to be done as root or by whoever started the container around; nil where nobody can say.
    public let remedy: String?

    /// Both, as the end of a message.
    public var description: String { remedy.map { "\(cause); \($0)" } ?? cause }

    /// Looks for the cause of a failure.
    ///
    /// - Parameter errno: What clone3(2), or the first call that needs a capability in the new namespace, failed with.
    public init(of errno: Errno) {
        (cause, remedy) = Self.found(errno)
    }

    private static func found(_ errno: Errno) -> (cause: String, remedy: String?) {
        if number("/proc/sys/user/max_user_namespaces") == 0 {
            return (
                "user namespaces are switched off: user.max_user_namespaces is 0",
                "as root: sysctl -w user.max_user_namespaces=65536"
            )
        }
        if errno == .noSpace {
            return (
                "there are as many user namespaces as may be, or they are 32 deep",
                "as root: raise the sysctl user.max_user_namespaces"
            )
        }
        if effectiveUserID() != 0, number("/proc/sys/kernel/unprivileged_userns_clone") == 0 {
            return (
                "user namespaces are for root only: kernel.unprivileged_userns_clone is 0",
                "as root: sysctl -w kernel.unprivileged_userns_clone=1"
            )
        }
        if let filtered = filterAround(errno) { return filtered }
        if isRestrictedByAppArmor { return (appArmorCause, appArmorRemedy) }
        if errno == .invalidArgument { return ("this kernel is built without user namespaces (CONFIG_USER_NS)", nil) }
        if errno == .notPermitted, isInChroot {
            return (
                "this process runs in a chroot, where nobody may make user namespaces", "start it outside of the chroot"
            )
        }
        return ("a security module, or the container around, forbids user namespaces (\(errno))", nil)
    }

    /// Whether AppArmor takes the capabilities in new user namespaces away from programs without a profile, as Ubuntu
    /// has it from 23.10 on: the namespace is made, and the first mount in it fails.
    public static var isRestrictedByAppArmor: Bool {
        effectiveUserID() != 0 && number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1
    }

    /// The same as a message.
    static let appArmorCause = "AppArmor restricts user namespaces: kernel.apparmor_restrict_unprivileged_userns is 1"
    /// A profile for this program alone; the other way would lift the restriction for all.
    static var appArmorRemedy: String {
        // For a message: a program whose path cannot be found is named as it is called.
        let program = (try? canonicalPath("/proc/self/exe")) ?? "/usr/local/bin/agentrt"
        return "as root: printf 'abi <abi/4.0>,\\nprofile agentrt \(program) flags=(unconfined) { userns, }\\n' "
            + ">/etc/apparmor.d/agentrt && apparmor_parser -r /etc/apparmor.d/agentrt"
    }

    /// A filter for system calls that was there before this program was.
    private static func filterAround(_ errno: Errno) -> (cause: String, remedy: String?)? {
        guard [.notPermitted, .notImplemented, .permissionDenied].contains(errno), statusField("Seccomp:") == "2" else {
            return nil
        }
        return (
            "a seccomp filter of the container or service around refuses new user namespaces",
            "let it permit clone3, unshare and mount: --security-opt seccomp=unconfined with docker and podman, "
                + "seccompProfile Unconfined with Kubernetes, no RestrictNamespaces= in a systemd unit"
        )
    }

    private static var isInChroot: Bool {
        // The root of a process is a mount point, unless chroot(2) has moved it (proc_pid_mountinfo(5)).
        guard let text = try? readFile("/proc/self/mountinfo", limit: 1 << 24) else { return false }
        return !text.split(separator: UInt8(ascii: "\n")).contains { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count > 4 && fields[4].elementsEqual("/".utf8)
        }
    }

    // What cannot be read is not the cause that is looked for.

    private static func number(_ path: String) -> Int? {
        // A setting that this kernel has not forbids nothing.
        guard let bytes = try? readFile(path, limit: 64) else { return nil }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func statusField(_ name: String) -> String? {
        // Without procfs no filter is known of.
        guard let bytes = try? readFile("/proc/self/status", limit: 65_536) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: "\t").last.map(String.init)
    }
}
