public import LinuxSystem

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

    /// Makes the group, and what is missing above it, and sets its limits.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - hierarchy: In which hierarchy.
    ///   - settings: The group's limits.
    ///   - parentSettings: The limits of the group above it, which a session's calls share.
    /// - Returns: The group; it may have been there before.
    /// - Throws: ``CgroupError``; what was made for it is gone again.
    public static func make(
        _ path: CgroupPath, in hierarchy: UnifiedHierarchy, settings: ControlSettings = .none,
        parentSettings: ControlSettings = .none
    ) throws(CgroupError) -> Cgroup {
        // A group above may be removed, once empty, between two steps of this: then start again.
        var attempts = 0
        while true {
            do throws(CgroupError) {
                let group = try descend(path, in: hierarchy, settings, parentSettings)
                do throws(CgroupError) {
                    try group.apply(settings)
                } catch {
                    if group.isNew { try attempt { () throws(SystemCallError) in try group.remove() } }
                    throw error
                }
                return group
            } catch  where error.isRemoval && attempts < 100 {
                attempts += 1
            } catch {
                let failure = error
                try attempt { () throws(SystemCallError) in try removeEmptyGroups(above: path, in: hierarchy) }
                throw failure
            }
        }
    }

    /// Goes down to a group, making what is missing, and passes its controllers on to it.
    private static func descend(
        _ path: CgroupPath, in hierarchy: UnifiedHierarchy, _ settings: ControlSettings,
        _ parentSettings: ControlSettings
    ) throws(CgroupError) -> Cgroup {
        let own = settings.controllers
        let shared = parentSettings.controllers
        var directory = try attempt { () throws(SystemCallError) in
            try openFile(hierarchy.mountPoint, [.readOnly, .directory])
        }
        var (place, isNew) = (hierarchy.mountPoint, false)
        for (index, name) in path.components.enumerated() {
            let isParent = index == path.components.count - 1
            if isParent, !parentSettings.isEmpty { try share(parentSettings, in: directory, place) }
            try passOn(isParent ? own : own.merging(shared), to: directory, place)
            directory = try attempt { () throws(SystemCallError) in
                isNew = try directory.makeDirectoryIfMissing(name, mode: mode)
                return try directory.open(name, [.readOnly, .directory])
            }
            place += "/" + name
        }
        return Cgroup(directory: directory, path: path, isNew: isNew, hierarchy: hierarchy)
    }

    /// Lets a group that is there have controllers that it was made without.
    ///
    /// - Parameter settings: What they are needed for.
    /// - Throws: ``CgroupError`` that says what stands in the way.
    public func obtainControllers(for settings: ControlSettings) throws(CgroupError) {
        _ = try Self.descend(path, in: hierarchy, settings, .none)
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

    /// Opens a group that somebody else made and delegated, and sets its limits.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - hierarchy: In which hierarchy.
    ///   - settings: The group's limits.
    /// - Returns: The group.
    /// - Throws: ``CgroupError``.
    public static func openDelegated(
        _ path: CgroupPath, in hierarchy: UnifiedHierarchy, settings: ControlSettings
    ) throws(CgroupError) -> Cgroup {
        guard let group = try attempt({ () throws(SystemCallError) in try open(path, in: hierarchy) }) else {
            throw CgroupError("the control group \(quoted(path.description)) is gone")
        }
        try require(settings.controllers, in: group.directory.descriptor, group.absolutePath)
        try group.apply(settings)
        return group
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
        if !isOwn { try dropDeviceAccess() }
        try Self.removeEmptyGroups(above: path, in: hierarchy)
    }

    /// Removes a group that was made here, unless it holds processes, and those above that are empty now.
    ///
    /// - Parameters:
    ///   - path: Where.
    ///   - hierarchy: In which hierarchy.
    /// - Returns: Whether it is gone; what somebody else made is left alone, and is no matter of this.
    /// - Throws: `SystemCallError`.
    public static func removeIfEmpty(
        _ path: CgroupPath, in hierarchy: UnifiedHierarchy
    ) throws(SystemCallError) -> Bool {
        guard try removeIfEmpty(hierarchy.mountPoint + path.description) else { return false }
        try removeEmptyGroups(above: path, in: hierarchy)
        return true
    }

    /// Removes a group that was made here, in any hierarchy, unless it holds processes.
    ///
    /// - Returns: Whether it is gone, or somebody else's.
    static func removeIfEmpty(_ place: String) throws(SystemCallError) -> Bool {
        guard let status = try fileStatus(place, followsLink: false), isMarked(status) else { return true }
        do throws(SystemCallError) { try removeTree(place) } catch  where error.errno == .busy { return false }
        return true
    }

    /// Removes those of the groups above that were made here and hold nothing any more, from the lowest up.
    private static func removeEmptyGroups(
        above path: CgroupPath, in hierarchy: UnifiedHierarchy
    ) throws(SystemCallError) {
        for parent in path.parents {
            let place = hierarchy.mountPoint + parent
            // One that is gone was removed by the last of the other containers in it, or was never made.
            guard let status = try fileStatus(place, followsLink: false) else { continue }
            guard isMarked(status) else { break }
            do throws(SystemCallError) {
                try removeDirectory(place)
            } catch {
                break  // Still in use by others: it stays.
            }
        }
    }

    static func isMarked(_ status: FileStatus) -> Bool { status.permissions & 0o1000 != 0 }

    /// Removes the groups below; one that holds a process is EBUSY, as it would be for rmdir(2).
    private func empty() throws(SystemCallError) {
        do throws(SystemCallError) {
            if try isPopulated() { throw SystemCallError(call: "rmdir", object: absolutePath, errno: .busy) }
            try Self.removeGroups(below: absolutePath)
        } catch  where error.errno == .noSuchFile || error.errno == .noDevice {
            return  // Somebody has removed it: files of a removed group answer ENODEV.
        }
    }

    static func removeTree(_ path: String) throws(SystemCallError) {
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
