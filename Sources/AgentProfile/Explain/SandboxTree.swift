internal import LinuxSystem

/// The tree of files as the processes of a sandbox see it, path by path: mounts, masks, and what is made for it.
struct SandboxTree {
    /// What stands at a path.
    struct Place {
        /// The kinds of thing that are told apart.
        enum Kind: Equatable {
            case nothing, directory, file, link(target: String), device, socket, fifo
        }

        /// The path, free of links.
        let path: String
        /// The mount it is seen through; nil for the root file system, and for what the kernel has in /proc and /dev.
        let level: MountPlan.Level?
        /// What it is.
        let kind: Kind
        /// What the host says of it; nil for what is not the host's.
        var status: FileStatus?
        /// Whether it is /proc or /dev, or in one of them.
        var isKernels = false
        /// Whether it is the asking process's own in /proc, and belongs to it whoever runs `why`.
        var isOwnProcess = false

        var isDenied: Bool { level?.access == .denied }
        /// Whether it is the host's own.
        var isHosts: Bool { level.map { !$0.isFresh && $0.access != .denied } ?? false }
    }

    /// Where a path leads.
    enum Way {
        /// To something, or to a name that is free in an existing directory.
        case place(Place, parent: Place)
        /// To a name in a directory that is missing itself: the nearest existing directory.
        case missing(below: Place, path: String)
        /// Nowhere: a directory on the way cannot be searched, is none, or links go in a circle.
        case refused(Place, error: String)
    }

    let parts: PlanParts
    let files: HostFiles
    let groups: [UInt32]

    /// What stands at a path that is free of links.
    func place(_ path: String) -> Place {
        if path.isPath(in: "/proc") { return inProc(path) }
        guard let level = parts.mounts.mount(over: path) else {
            if path.isPath(in: "/dev") { return inDev(path) }
            return Place(path: path, level: nil, kind: path.isRootPath ? .directory : kind(of: made(path)))
        }
        if level.access == .denied {
            if !path.isSamePath(as: level.path) {
                return Place(
                    path: path, level: level, kind: kind(of: parts.mounts.masks.entry(at: path, in: level.path)))
            }
            let isDirectory = parts.view.nodes[PathKey(path)]?.isDirectory ?? false
            return Place(path: path, level: level, kind: isDirectory ? .directory : .file)
        }
        if level.isFresh {
            if path.isSamePath(as: level.path) { return Place(path: path, level: level, kind: .directory) }
            if parts.mounts.copiedPlaces.contains(where: { $0.isSamePath(as: level.path) }), let entry = made(path) {
                return Place(path: path, level: level, kind: kind(of: entry))
            }
            let isOnTheWay = parts.mounts.places.keys.contains { $0.path.isPath(below: path) }
            return Place(path: path, level: level, kind: isOnTheWay ? .directory : .nothing)
        }
        return host(path, level)
    }

    private func host(_ path: String, _ level: MountPlan.Level) -> Place {
        // What is made when the call starts is there.
        if parts.rules.directoriesToCreate.contains(where: { $0.isSamePath(as: path) }) {
            return Place(path: path, level: level, kind: .directory)
        }
        // What cannot be looked at was refused by the permissions of its directory before.
        guard let status = try? files.status(path) else { return Place(path: path, level: level, kind: .nothing) }
        let kind: Place.Kind =
            switch status.kind {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .link(target: (try? files.link(at: path)) ?? "")
            case .characterDevice, .blockDevice: .device
            case .fifo: .fifo
            case .socket: .socket
            }
        return Place(path: path, level: level, kind: kind, status: status)
    }

    private func made(_ path: String) -> FileTree.Entry? { parts.rootfs.tree["/" + RootfsPlan.directory + path] }

    private func kind(of entry: FileTree.Entry?) -> Place.Kind {
        switch entry {
        case nil: .nothing
        case .directory: .directory
        case .file: .file
        case .link(let target): .link(target: target)
        }
    }

    // MARK: The kernel's own

    private static let devices = ["full", "null", "ptmx", "random", "tty", "urandom", "zero"]

    private func inDev(_ path: String) -> Place {
        let name = path.lastComponent
        let isTop = path.parentPath.isSamePath(as: "/dev")
        let kind: Place.Kind =
            if path.isSamePath(as: "/dev") || isTop && ["pts", "shm"].contains(name) {
                .directory
            } else if isTop, Self.devices.contains(name) {
                .device
            } else if isTop, let number = ["stdin", "stdout", "stderr"].firstIndex(of: name) {
                .link(target: "/proc/self/fd/\(number)")
            } else if isTop, name == "fd" {
                .link(target: "/proc/self/fd")
            } else {
                .nothing
            }
        return Place(path: path, level: nil, kind: kind, isKernels: true)
    }

    /// The process that asks has the files that every process has; of others only the first one is known to be there. The
    /// rest of /proc is the same as outside.
    private func inProc(_ path: String) -> Place {
        func place(_ kind: Place.Kind, _ status: FileStatus? = nil, isOwn: Bool = false) -> Place {
            Place(path: path, level: nil, kind: kind, status: status, isKernels: true, isOwnProcess: isOwn)
        }
        let names = path.pathComponents.dropFirst()
        let isOwn = names.first == "self" || names.first == "thread-self"
        if isOwn {
            if names.count == 1 { return place(.directory, isOwn: true) }
            // Magic links: to what is the sandbox's, and not what this program has there.
            if names.count == 2, names.last == "root" { return place(.link(target: "/"), isOwn: true) }
            if names.count == 2, names.last == "cwd" { return place(.link(target: parts.rules.project), isOwn: true) }
        } else if let name = names.first, name != "1", name.utf8.allSatisfy({ (48...57).contains($0) }) {
            return place(.nothing)
        }
        guard let status = try? files.status(path) else { return place(.nothing) }
        switch status.kind {
        case .directory: return place(.directory, status, isOwn: isOwn)
        // /proc/mounts and /proc/net.
        case .symbolicLink where names.count == 1:
            return place(.link(target: (try? files.link(at: path)) ?? ""), status)
        default: return place(.file, status, isOwn: isOwn)
        }
    }

    // MARK: Ways

    /// Follows a path as the kernel does (path_resolution(7)).
    func way(_ path: String) -> Way {
        var pending = Array(path.pathComponents.reversed())
        var current = place("/")
        var links = 0
        guard !pending.isEmpty else { return .place(current, parent: current) }
        while let name = pending.popLast() {
            guard current.kind == .directory else { return .refused(current, error: "ENOTDIR") }
            guard permits(.search, current) else { return .refused(current, error: "EACCES") }
            if name == ".." {
                current = place(current.path.parentPath)
                if pending.isEmpty { return .place(current, parent: current) }
                continue
            }
            let next = place(current.path.appendingComponent(name))
            switch next.kind {
            case .link(let target):
                links += 1
                guard links <= 40 else { return .refused(next, error: "ELOOP") }
                if target.utf8.first == UInt8(ascii: "/") { current = place("/") }
                pending += target.pathComponents.reversed()
                if pending.isEmpty { return .place(current, parent: current) }
            case .nothing where !pending.isEmpty:
                let rest = [next.path] + pending.reversed()
                return .missing(below: current, path: rest.joined(separator: "/"))
            default:
                if pending.isEmpty { return .place(next, parent: current) }
                current = next
            }
        }
        return .place(current, parent: current)
    }

    // MARK: Permissions

    /// What can be done with a file, as a permission bit.
    enum Permission: UInt32 {
        case search = 1, write = 2, read = 4
    }

    /// Whether owner and permission bits let the sandbox's user do it; it has no capability that would stand above them.
    func permits(_ permission: Permission, _ place: Place) -> Bool {
        if place.isDenied {
            // A mask; in one that holds something, names can be looked up.
            guard permission == .search, let level = place.level else { return false }
            return !place.path.isSamePath(as: level.path) || parts.mounts.masks.hasContents(level.path)
        }
        guard let status = place.status else { return true }
        let user = parts.user
        let shift: UInt32 =
            if status.uid == user.uid || place.isOwnProcess {
                6
            } else if status.gid == user.gid || groups.contains(status.gid) { 3 } else {
                0
            }
        return status.permissions >> shift & permission.rawValue != 0
    }

    /// The place in the profile that speaks of a path most specifically, and why; nil where none does.
    func rule(of path: String) -> (origin: String, reason: String)? {
        var place = path
        while true {
            if let node = parts.view.nodes[PathKey(place)] { return (node.origin, node.reason) }
            if place.isRootPath { return nil }
            place = place.parentPath
        }
    }
}
