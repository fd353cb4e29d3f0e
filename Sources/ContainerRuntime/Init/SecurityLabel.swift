internal import LinuxSystem
internal import OCISpec

/// What a Linux security module makes the program be from its exec on: an AppArmor profile or an SELinux label
/// (config.md, Linux Process; apparmor.d(5), proc_pid_attr(5)).
///
/// It is written through the host's procfs, opened and verified before anything of the container is there: a container
/// that mounts something else on its /proc, or links it elsewhere, cannot have the write go nowhere or to another file
/// (CVE-2019-16884, CVE-2019-19921, CVE-2023-28642, CVE-2025-52881).
struct SecurityLabel {
    private let origin: String
    /// Files below the process's directory, the first that is there is written.
    private let attributes: [String]
    private let text: String
    private let procfs: FileDescriptorBox

    /// An AppArmor profile.
    init(apparmorProfile profile: String) throws(RuntimeError) {
        origin = "process.apparmorProfile"
        try Self.requireAppArmor(origin)
        attributes = ["self/attr/apparmor/exec", "self/attr/exec"]
        text = "exec " + profile
        procfs = try Self.openProcfs(origin)
    }

    /// An SELinux label.
    init(selinuxLabel label: String) throws(RuntimeError) {
        origin = "process.selinuxLabel"
        try Self.requireSELinux(origin)
        attributes = ["self/attr/exec"]
        text = label
        procfs = try Self.openProcfs(origin)
    }

    /// Those that a process asks for.
    static func all(_ process: Process) throws(RuntimeError) -> [SecurityLabel] {
        var labels: [SecurityLabel] = []
        if let profile = process.apparmorProfile, !profile.isEmpty {
            labels.append(try SecurityLabel(apparmorProfile: profile))
        }
        if let label = process.selinuxLabel, !label.isEmpty { labels.append(try SecurityLabel(selinuxLabel: label)) }
        return labels
    }

    /// Has the next exec of this process take it.
    func apply() throws(RuntimeError) {
        try during("\(origin): \(quoted(text))") { () throws(SystemCallError) in
            for (index, attribute) in attributes.enumerated() {
                do throws(SystemCallError) {
                    let file = try openFile(
                        attribute, below: procfs.descriptor, .writeOnly,
                        resolve: [.beneath, .noMagicLinks, .noCrossDevice])
                    return try file.write(text)
                } catch  where error.errno == .noSuchFile && error.call == "openat2" && index + 1 < attributes.count {
                    continue
                }
            }
        }
    }

    // MARK: The host

    private static func requireAppArmor(_ origin: String) throws(RuntimeError) {
        let path = "/sys/module/apparmor/parameters/enabled"
        let isEnabled = try during(origin) { () throws(SystemCallError) in
            guard try fileStatus(path) != nil else { return false }
            return try readFile(path).first == UInt8(ascii: "Y")
        }
        if !isEnabled { throw RuntimeError("\(origin): apparmor is not enabled on the system") }
    }

    /// - Parameter origin: Where the bundle asks for a label.
    /// - Throws: ``RuntimeError`` where the host has no SELinux.
    static func requireSELinux(_ origin: String) throws(RuntimeError) {
        let isEnabled = try during(origin) { () throws(SystemCallError) in
            do throws(SystemCallError) {
                // SELINUX_MAGIC
                return try openFile("/sys/fs/selinux", [.path, .directory]).fileSystemMagic() == 0xf97c_ff8c
            } catch  where error.errno == .noSuchFile || error.errno == .notDirectory {
                return false
            }
        }
        if !isEnabled { throw RuntimeError("\(origin): selinux is not enabled on the system") }
    }

    /// The root of a procfs, no part of one and nothing that is mounted over it.
    private static func openProcfs(_ origin: String) throws(RuntimeError) -> FileDescriptorBox {
        try during(origin) { () throws(SystemCallError) in
            let directory = try openFile("/proc", [.path, .directory, .noFollow])
            // PROC_SUPER_MAGIC and PROC_ROOT_INO
            guard try directory.fileSystemMagic() == 0x9fa0, try directory.status().inode == 1 else {
                throw SystemCallError(call: "open", object: "\"/proc\", no procfs", errno: .invalidArgument)
            }
            return FileDescriptorBox(directory)
        }
    }
}
