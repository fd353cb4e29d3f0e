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

    /// Writes the maps of a process's user namespace.
    func write(of pid: Int32) throws(RuntimeError) {
        let isPrivileged = effectiveUserID() == 0
        if !isPrivileged {
            // The kernel's condition for a map written without CAP_SETGID.
            try put("deny", "/proc/\(pid)/setgroups", "user namespace")
        }
        try put(text(gidMappings), "/proc/\(pid)/gid_map", "\(origin).gidMappings")
        try put(text(uidMappings), "/proc/\(pid)/uid_map", "\(origin).uidMappings")
    }

    private func text(_ mappings: [IDMapping]) -> String {
        mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
    }

    private func put(_ text: String, _ path: String, _ what: String) throws(RuntimeError) {
        do throws(SystemCallError) {
            try openFile(path, .writeOnly).write(text)
        } catch  where error.errno == .notPermitted && effectiveUserID() != 0 {
            throw RuntimeError(
                "\(what): a user may map only the own id, once (here \(effectiveUserID()) and \(effectiveGroupID()))")
        } catch {
            throw RuntimeError("\(what): \(error)")
        }
    }
}
