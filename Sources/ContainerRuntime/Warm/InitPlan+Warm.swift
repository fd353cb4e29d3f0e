internal import LinuxSystem
internal import OCISpec

/// What calls of a sandbox can share of its file system, and what each makes for itself.
extension InitPlan {
    /// What each call mounts for itself, by its place in ``mounts``: every file system but /dev, and the bind mounts that
    /// a new file system covers.
    ///
    /// /dev is shared, and so it is read-only: its nodes are devices, which that does not concern.
    var ownMounts: [Int] {
        var own: [Int] = []
        for index in mounts.indices where mounts[index].destination != "/dev" {
            // The nearest of those that it lies below: none covers an earlier one (``obstacleToSharing``).
            if mounts[index].isBind {
                // What lies in a bind mount is copied with it.
                guard let holder = own.last(where: { isBelow(mounts[index].destination, mounts[$0].destination) }),
                    !mounts[holder].isBind
                else { continue }
            }
            own.append(index)
        }
        return own
    }

    /// Whether a path lies in a mount.
    func hasMount(above path: String) -> Bool { mounts.contains { isBelow(path, $0.destination) } }

    private func isBelow(_ path: String, _ directory: String) -> Bool {
        let (path, directory) = (path.utf8, directory.utf8)
        return path.starts(with: directory) && path.dropFirst(directory.count).first == UInt8(ascii: "/")
    }

    /// Why calls cannot share anything of this bundle; nil where they can.
    var obstacleToSharing: String? {
        guard annotations.executablePaths != nil, newNamespaces.isSuperset(of: [.mount, .pid]),
            joinedNamespaces.isEmpty, timeOffsets.isEmpty, sysctls.isEmpty, hooks.isEmpty, networkDevices.isEmpty
        else { return "it is not the bundle of a profile" }
        if annotations.network != nil {
            return "its network by name is made for each call alone"
        }
        if process.hasTerminal { return "a call with a terminal gets a /dev of its own" }
        guard rootPropagation == .private || rootPropagation == .rprivate else {
            return "its mounts follow the host's (linux.rootfsPropagation)"
        }
        for path in maskedPaths + readonlyPaths where !isBelow(path, "/proc") && !isBelow(path, "/sys") {
            return "\(quoted(path)) is masked, which is not in /proc"
        }
        for (index, mount) in mounts.enumerated() {
            if mount.idMap != nil || mount.source == .remount || mount.source == .cgroup {
                return "\(mount.origin) is of a kind that is made for each call alone"
            }
            if case .link = mount.source { return "\(mount.origin) is a link" }
            let isBelowBind = mounts[..<index].contains { $0.isBind && isBelow(mount.destination, $0.destination) }
            if mount.options.copiesUp, isBelowBind { return "\(mount.origin) copies files of the host" }
            // What covers an earlier mount would have to be mounted again with it.
            if mounts[..<index].contains(where: {
                $0.destination == mount.destination || isBelow($0.destination, mount.destination)
            }) {
                return "\(mount.origin) covers another"
            }
        }
        return nil
    }

    /// Takes namespaces that are ready in the place of new ones.
    mutating func use(_ warm: WarmNamespaces) throws(RuntimeError) {
        guard warm.kinds == newNamespaces.intersection([.mount, .network, .user]) else {
            throw RuntimeError("warm: namespaces of another bundle")
        }
        newNamespaces.subtract(warm.kinds)
        self.warm = warm
    }
}

extension MountPlan {
    /// Whether it shows files that there are.
    var isBind: Bool { if case .bind = source { true } else { false } }
}
