public import LinuxSystem

/// The unified hierarchy (cgroup v2) of this host.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
public struct UnifiedHierarchy: Sendable {
    /// Where it is mounted.
    public let mountPoint: String

    /// Whether no legacy hierarchies are beside it.
    var isAlone: Bool { mountPoint == "/sys/fs/cgroup" }

    /// Finds the hierarchy: alone at `/sys/fs/cgroup`, or beside the legacy ones at `/sys/fs/cgroup/unified`.
    ///
    /// - Returns: The hierarchy, or nil where this host has none.
    /// - Throws: `SystemCallError` for any other failure than that a place is missing.
    public static func ofHost() throws(SystemCallError) -> UnifiedHierarchy? {
        for place in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
            do throws(SystemCallError) {
                // CGROUP2_SUPER_MAGIC of linux/magic.h.
                if try openFile(place, [.path, .directory]).fileSystemMagic() == 0x6367_7270 {
                    return UnifiedHierarchy(mountPoint: place)
                }
            } catch  where error.errno == .noSuchFile || error.errno == .notDirectory {
                continue
            }
        }
        return nil
    }
}

extension UnifiedHierarchy {
    /// The groups right below a group.
    ///
    /// - Parameter path: The group.
    /// - Returns: Their names, sorted; none where the group is missing.
    /// - Throws: `SystemCallError`.
    public func groups(in path: CgroupPath) throws(SystemCallError) -> [String] {
        do throws(SystemCallError) {
            return try directoryListing(mountPoint + path.description).filter { $0.kind == .directory }.map(\.name)
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return []
        }
    }

    /// The group that this process is in (cgroups(7), /proc/PID/cgroup).
    ///
    /// - Returns: Its names from the root down; none for the root itself.
    /// - Throws: `SystemCallError`.
    func ownGroup() throws(SystemCallError) -> [String] {
        let text = try readFile("/proc/self/cgroup", limit: 1 << 20)
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "0::".utf8) {
            return line.dropFirst(3).split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        }
        return []
    }

    /// The topmost group around this process's own that belongs to this process's user: what has been delegated to it
    /// (cgroup-v2.rst, Delegation).
    ///
    /// - Returns: Its names from the root down; none where nothing has been delegated.
    /// - Throws: `SystemCallError`.
    public func delegatedGroup() throws(SystemCallError) -> [String] {
        var group = try ownGroup()
        var delegated: [String] = []
        while !group.isEmpty {
            let place = mountPoint + "/" + group.joined(separator: "/")
            for file in ["", "/cgroup.procs", "/cgroup.subtree_control"] {
                guard try fileStatus(place + file)?.uid == effectiveUserID() else { return delegated }
            }
            delegated = group
            group.removeLast()
        }
        return delegated
    }

    /// Where cgroup v1 holds a controller, which is why cgroup v2 has it not.
    ///
    /// - Parameter controller: Its name.
    /// - Returns: The mount point of its hierarchy, or nil where it is not on v1 either.
    /// - Throws: `SystemCallError`.
    static func legacyPlace(of controller: String) throws(SystemCallError) -> String? {
        // v2 says io and v1 blkio.
        let name = controller == "io" ? "blkio" : controller
        let text = String(decoding: try readFile("/proc/self/mountinfo", limit: 1 << 24), as: UTF8.self)
        for line in text.split(separator: "\n") {
            // ID PARENT DEVICE ROOT MOUNTPOINT OPTIONS [FIELD…] - TYPE SOURCE SUPEROPTIONS
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 3, dash > 5 else { continue }
            if fields[dash + 1] == "cgroup", fields[dash + 3].split(separator: ",").contains(Substring(name)) {
                return String(fields[4])
            }
        }
        return nil
    }
}
