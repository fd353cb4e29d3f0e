internal import LinuxSystem
internal import OCISpec

/// How files in memory are kept from being executed, where `dev.agentrt.memfd_noexec` asks for it.
///
/// There are two locks: `vm.memfd_noexec`, and a system call filter without memfd_create(2). The kernel has the first from
/// 6.3 on, and lets it be set by root of the host for a pid namespace that was made for the container; elsewhere it would
/// be set for others, or not at all. There the filter must hold alone, as that of a profile's bundle does.
enum MemfdProtection {
    /// Decides whether the setting is written.
    ///
    /// - Parameters:
    ///   - isAsked: Whether the bundle asks for the protection.
    ///   - hasOwnSetting: Whether the container has a new pid namespace and no user namespace.
    ///   - seccomp: The bundle's filter.
    ///   - kernelHasSetting: Asked only where it matters.
    /// - Returns: Whether it is written.
    /// - Throws: ``RuntimeError`` where neither lock would hold.
    static func setsSysctl(
        isAsked: Bool, hasOwnSetting: Bool, seccomp: Seccomp?,
        kernelHasSetting: () throws(RuntimeError) -> Bool = Self.kernelHasSetting
    ) throws(RuntimeError) -> Bool {
        guard isAsked else { return false }
        if hasOwnSetting, try kernelHasSetting() { return true }
        if let seccomp, seccomp.refuses("memfd_create") { return false }
        let why =
            hasOwnSetting
            ? "needs Linux 6.3 and a /proc/sys that can be written" : "needs a new pid namespace and no user namespace"
        throw RuntimeError("annotations.dev.agentrt.memfd_noexec: \(why), or a linux.seccomp without memfd_create")
    }

    private static func kernelHasSetting() throws(RuntimeError) -> Bool {
        do throws(SystemCallError) {
            _ = try openFile("/proc/sys/vm/memfd_noexec", .writeOnly)
            return true
        } catch {
            // Missing before 6.3, and read-only in containers: the filter must hold alone.
            if [.noSuchFile, .readOnlyFileSystem].contains(error.errno) { return false }
            throw RuntimeError("vm.memfd_noexec: \(error)")
        }
    }
}

extension Seccomp {
    /// Whether no call of a name gets through, whatever its arguments.
    fileprivate func refuses(_ name: String) -> Bool {
        let rules = syscalls.filter { $0.names.contains(name) }
        return rules.allSatisfy(\.action.refuses) && (defaultAction.refuses || rules.contains(where: \.args.isEmpty))
    }
}

extension SeccompAction {
    fileprivate var refuses: Bool {
        switch self {
        case .errno, .kill, .killThread, .killProcess, .trap: true
        case .allow, .log, .notify, .trace: false
        }
    }
}
