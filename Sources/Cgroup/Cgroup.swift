public import LinuxSystem

/// The unified hierarchy (cgroup v2) of this host.
///
/// Source: the kernel's Documentation/admin-guide/cgroup-v2.rst.
public struct UnifiedHierarchy: Sendable {
    /// Where it is mounted.
    public let mountPoint: String

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

/// One container's control group: made before the container, removed after it.
public struct Cgroup: Sendable {
    /// The directory, for clone3(2)'s CLONE_INTO_CGROUP and the group's files.
    public let directory: FileDescriptorBox
    /// Its path from the root of the hierarchy.
    public let path: CgroupPath
    /// Its path in the file system.
    public let absolutePath: String
    /// Whether it was made with this value, not found.
    public let isNew: Bool
    private let hierarchy: UnifiedHierarchy

    /// The sticky bit, which means nothing in this file system, marks what is made here: ``remove()`` leaves what
    /// somebody else made, whenever that was and whoever calls it.
    private static let mode: UInt32 = 0o1755

    /// Makes the group, and what is missing above it.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - hierarchy: In which hierarchy.
    /// - Returns: The new group.
    /// - Throws: ``CgroupError`` where a group of that path already holds processes; `SystemCallError` as text within.
    public static func make(_ path: CgroupPath, in hierarchy: UnifiedHierarchy) throws(SystemCallError) -> Cgroup {
        // A group above may be removed, once empty, between two steps of this: then start again.
        var attempts = 0
        while true {
            do throws(SystemCallError) {
                var directory = try openFile(hierarchy.mountPoint, [.readOnly, .directory])
                var isNew = false
                for name in path.components {
                    isNew = try directory.makeDirectoryIfMissing(name, mode: mode)
                    directory = try directory.open(name, [.readOnly, .directory])
                }
                return Cgroup(directory: directory, path: path, isNew: isNew, hierarchy: hierarchy)
            } catch  where error.errno == .noSuchFile && attempts < 100 {
                attempts += 1
            }
        }
    }

    /// Opens a group that was made before.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - hierarchy: In which hierarchy.
    /// - Returns: The group, or nil where it is gone.
    /// - Throws: `SystemCallError`.
    public static func open(_ path: CgroupPath, in hierarchy: UnifiedHierarchy) throws(SystemCallError) -> Cgroup? {
        do throws(SystemCallError) {
            let directory = try openFile(hierarchy.mountPoint + path.description, [.readOnly, .directory])
            return Cgroup(directory: directory, path: path, isNew: false, hierarchy: hierarchy)
        } catch  where error.errno == .noSuchFile {
            return nil
        }
    }

    private init(directory: consuming FileDescriptor, path: CgroupPath, isNew: Bool, hierarchy: UnifiedHierarchy) {
        self.isNew = isNew
        self.directory = FileDescriptorBox(directory)
        self.path = path
        self.hierarchy = hierarchy
        absolutePath = hierarchy.mountPoint + path.description
    }

    /// Whether any process lives in the group or below it (cgroup.events).
    ///
    /// - Returns: Whether one does.
    /// - Throws: `SystemCallError`.
    public func isPopulated() throws(SystemCallError) -> Bool {
        let events = try directory.descriptor.open("cgroup.events", .readOnly).readAll(limit: 4096)
        return events.split(separator: 10).contains { $0.elementsEqual("populated 1".utf8) }
    }

    /// Ends every process in the group and below it (cgroup.kill, Linux 5.14).
    ///
    /// - Throws: `SystemCallError`.
    public func killAll() throws(SystemCallError) {
        try directory.descriptor.open("cgroup.kill", .writeOnly).write("1")
    }

    /// The processes directly in the group (cgroup.procs).
    ///
    /// - Returns: Their ids.
    /// - Throws: `SystemCallError`.
    public func processes() throws(SystemCallError) -> [Int32] {
        let text = try directory.descriptor.open("cgroup.procs", .readOnly).readAll()
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
    }

    /// Stops or continues every process in the group and below it (cgroup.freeze).
    ///
    /// - Parameter isFrozen: Whether they stop.
    /// - Throws: `SystemCallError`.
    public func setFrozen(_ isFrozen: Bool) throws(SystemCallError) {
        try directory.descriptor.open("cgroup.freeze", .writeOnly).write(isFrozen ? "1" : "0")
    }

    /// Removes the group with what the container made below it, and the groups above that are empty now; but none that
    /// somebody else made: such a group of the container's own is emptied.
    ///
    /// What still runs in it is ended first.
    ///
    /// - Throws: `SystemCallError` where it cannot be removed within two seconds.
    public func remove() throws(SystemCallError) {
        var waited = 0
        let isOwn = isNew ? true : Self.isMarked(try directory.descriptor.status())
        while true {
            do throws(SystemCallError) {
                if isOwn { try Self.removeTree(absolutePath) } else { try empty() }
                break
            } catch  where error.errno == .busy && waited < 2000 {
                if try isPopulated() { try killAll() }
                // A killed process leaves its group a moment after it was reaped.
                if waited > 0 { sleep(milliseconds: 1) }
                waited += 1
            }
        }
        for parent in path.parents {
            let place = hierarchy.mountPoint + parent
            // One that is gone was removed by the last of the other containers in it; it may be there again.
            guard let status = try fileStatus(place, followsLink: false), Self.isMarked(status) else { break }
            do throws(SystemCallError) {
                try removeDirectory(place)
            } catch {
                break  // Still in use by others: it stays.
            }
        }
    }

    private static func isMarked(_ status: FileStatus) -> Bool { status.permissions & 0o1000 != 0 }

    /// Removes the groups below; one that holds a process is EBUSY, as it would be for rmdir(2).
    private func empty() throws(SystemCallError) {
        do throws(SystemCallError) {
            if try isPopulated() { throw SystemCallError(call: "rmdir", object: absolutePath, errno: .busy) }
            try Self.removeGroups(below: absolutePath)
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return  // Somebody has removed it: files of a removed group answer ENODEV.
        }
    }

    private static func removeTree(_ path: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            return try removeDirectory(path)
        } catch  where error.errno == .noSuchFile {
            return
        } catch  where error.errno == .busy {
            try removeGroups(below: path)  // If that is why.
            try removeDirectory(path)
        }
    }

    private static func removeGroups(below path: String) throws(SystemCallError) {
        for name in try directoryEntries(path) {
            guard try fileStatus(path + "/" + name, followsLink: false)?.kind == .directory else { continue }
            try removeTree(path + "/" + name)
        }
    }
}
