internal import LinuxSystem
internal import OCISpec

/// Writes a new user namespace's id maps from outside (user_namespaces(7)).
struct IDMaps {
    let uidMappings: [IDMapping]
    let gidMappings: [IDMapping]
    /// Where the bundle has them.
    var origin = "linux"

    /// The mappings that a bundle asks for. Where it leaves them out a user gets the only ones that the kernel permits:
    /// root inside is the caller; root itself must say whom it means (decision 0050).
    ///
    /// - Parameter linux: The bundle's.
    /// - Returns: The mappings.
    static func mappings(of linux: Linux) -> (uids: [IDMapping], gids: [IDMapping]) {
        guard effectiveUserID() != 0, linux.uidMappings.isEmpty, linux.gidMappings.isEmpty else {
            return (linux.uidMappings, linux.gidMappings)
        }
        return (
            [IDMapping(containerID: 0, hostID: effectiveUserID(), size: 1)],
            [IDMapping(containerID: 0, hostID: effectiveGroupID(), size: 1)]
        )
    }

    /// Looks ids of a namespace up: which id it is outside, nil for one that is not mapped.
    static func table(_ mappings: [IDMapping]) -> (UInt32) -> UInt32? {
        { id in
            for mapping in mappings where id >= mapping.containerID && id - mapping.containerID < mapping.size {
                let (outside, isTooLarge) = mapping.hostID.addingReportingOverflow(id - mapping.containerID)
                return isTooLarge ? nil : outside
            }
            return nil
        }
    }

    /// Whether the caller writes a map of groups without any right, which the kernel permits only where setgroups(2) is
    /// denied in the namespace for good.
    static func denyGroups(_ gidMappings: [IDMapping]) -> Bool {
        effectiveUserID() != 0 && isOwn(effectiveGroupID(), gidMappings)
    }

    /// Writes the maps of a process's user namespace, a user's own id by itself and more by ``IDMapHelper``.
    func write(of pid: Int32) throws(RuntimeError) {
        let (uid, gid) = (effectiveUserID(), effectiveGroupID())
        if Self.denyGroups(gidMappings) { try put("deny", "/proc/\(pid)/setgroups", "user namespace") }
        if uid == 0 || Self.isOwn(gid, gidMappings) {
            try put(text(gidMappings), "/proc/\(pid)/gid_map", "\(origin).gidMappings")
        } else {
            try IDMapHelper.groups.write(gidMappings, ownID: gid, of: pid, origin: "\(origin).gidMappings")
        }
        if uid == 0 || Self.isOwn(uid, uidMappings) {
            try put(text(uidMappings), "/proc/\(pid)/uid_map", "\(origin).uidMappings")
        } else {
            try IDMapHelper.users.write(uidMappings, ownID: uid, of: pid, origin: "\(origin).uidMappings")
        }
    }

    /// Whether nothing is mapped but the caller's own id.
    private static func isOwn(_ id: UInt32, _ mappings: [IDMapping]) -> Bool {
        mappings.count == 1 && mappings[0].size == 1 && mappings[0].hostID == id
    }

    private func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    private func put(_ text: String, _ path: String, _ what: String) throws(RuntimeError) {
        do throws(SystemCallError) {
            try openFile(path, .writeOnly).write(text)
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
    }
}
