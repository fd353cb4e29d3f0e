internal import LinuxSystem
internal import OCISpec

/// Kernel settings of the container: only those that belong to a namespace it has, so that none reaches the host.
///
/// Source: runtime-spec config-linux.md, Sysctl; namespaces(7).
enum Sysctls {
    /// Decides which files are written.
    ///
    /// - Parameters:
    ///   - settings: Name and value, as the bundle has them; the name's parts are separated by `.` or `/`.
    ///   - namespaces: The namespaces that the container does not share with the host.
    /// - Returns: Paths below /proc/sys with their values, sorted.
    /// - Throws: ``RuntimeError`` for a setting of the whole host, or of a namespace that is shared.
    static func decide(
        _ settings: [String: String], namespaces: NamespaceSet
    ) throws(RuntimeError) -> [(path: String, value: String)] {
        var decided: [(path: String, value: String)] = []
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            let origin = "linux.sysctl.\(name)"
            guard let path = Linux.sysctlPath(name) else {
                throw RuntimeError("\(origin): not the name of a kernel parameter")
            }
            guard let kind = Linux.namespace(ofSysctl: path) else {
                throw RuntimeError("\(origin): belongs to the whole machine, not to a namespace")
            }
            guard namespaces.contains(NamespaceSet(kind)) else {
                throw RuntimeError("\(origin): needs \(kind.withArticle) namespace of the container's own")
            }
            decided.append((path, value))
        }
        return decided
    }

    /// Writes the settings, from inside the container's namespaces, through the host's procfs.
    static func apply(_ settings: [(path: String, value: String)]) throws(RuntimeError) {
        for setting in settings { try apply(setting.path, setting.value) }
    }

    /// Writes one setting; see ``apply(_:)``.
    ///
    /// - Parameters:
    ///   - path: The path below /proc/sys.
    ///   - value: What is written.
    /// - Throws: ``RuntimeError`` naming the setting.
    static func apply(_ path: String, _ value: String) throws(RuntimeError) {
        try during("linux.sysctl.\(path.split(separator: "/").joined(separator: "."))=\(value)") {
            () throws(SystemCallError) in
            let directory = try openFile("/proc/sys", [.path, .directory])
            let file = try openFile(
                path, below: directory, .writeOnly, resolve: [.beneath, .noCrossDevice, .noSymlinks])
            try file.write(value)
        }
    }
}
