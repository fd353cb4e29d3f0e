internal import LinuxSystem
internal import OCISpec

/// The root file system of a bundle: nothing but what mounts are mounted on, links, and the few files of `/etc` that are
/// made. With it, what denied places are covered with.
public struct RootfsPlan: Equatable, Sendable {
    /// The bundle's directory, less config.json: `/rootfs` and `/masks`.
    public private(set) var tree = FileTree()
    /// Directories of the host that the profile wants made where they are missing, parents first.
    public let directoriesToCreate: [String]

    /// Directories of the tree all below which belongs to the sandbox's user, where root writes it.
    public let ownedDirectories: [String]

    /// Where the root file system is in the bundle.
    static let directory = "rootfs"
    static let hostname = "agentrt"
    /// Where a host that keeps all programs and libraries in /usr has links; `#!/bin/sh` must lead somewhere.
    static let usualLinks = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]

    /// Plans the root file system.
    ///
    /// - Parameters:
    ///   - mounts: What is mounted.
    ///   - user: The sandbox's user.
    ///   - shell: The user's shell, if any is listed.
    ///   - network: What of the network is reachable.
    ///   - closure: What was loaded by whom, for the loader's table.
    ///   - directoriesToCreate: What is made on the host.
    ///   - files: The host.
    /// - Throws: ``PlanError``.
    init(
        mounts: MountPlan, user: ContainerUser, shell: String?, network: Policy.Network, closure: LibraryClosure,
        directoriesToCreate: [String], files: HostFiles
    ) throws(PlanError) {
        self.directoriesToCreate = directoriesToCreate
        ownedDirectories = mounts.copiedPlaces.map { "/" + Self.directory + $0 }
        for place in MountOptions.fixed.prefix(2) { add(.directory(mode: 0o755), at: place.mount.destination) }
        for (path, entry) in mounts.rootEntries { add(entry, at: path) }
        try addUsualLinks(mounts, files)
        addMadeFiles(user, shell, mounts)
        if case .allow = network { make("/etc/resolv.conf", Self.resolverConfiguration, mounts) }
        try addLoaderTable(closure, mounts, files)
        for (path, entry) in mounts.masks.tree.entries { tree.add(entry, at: path) }
    }

    private mutating func add(_ entry: FileTree.Entry, at path: String) {
        tree.add(entry, at: "/" + Self.directory + path)
    }

    private mutating func addUsualLinks(_ mounts: MountPlan, _ files: HostFiles) throws(PlanError) {
        for path in Self.usualLinks where mounts.mount(over: path) == nil {
            for link in try files.resolve(path)?.links ?? [] where link.path.isSamePath(as: path) {
                add(.link(target: link.target), at: path)
            }
        }
    }

    private mutating func addMadeFiles(_ user: ContainerUser, _ shell: String?, _ mounts: MountPlan) {
        make(
            "/etc/passwd", "\(user.name):x:\(user.uid):\(user.gid)::\(user.home):\(shell ?? "/usr/sbin/nologin")\n",
            mounts)
        make("/etc/group", "\(user.group):x:\(user.gid):\n", mounts)
        make("/etc/hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t\(Self.hostname)\n", mounts)
        make("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n", mounts)
    }

    /// The gate's own address. It answers at every other one too.
    private static let resolverConfiguration = "nameserver 198.18.0.1\n"

    /// The host's table of libraries, less what is not in the sandbox: it would tell what the host has, and a copy saves
    /// a mount.
    private mutating func addLoaderTable(
        _ closure: LibraryClosure, _ mounts: MountPlan, _ files: HostFiles
    ) throws(PlanError) {
        guard let cache = closure.cache else { return }
        var isSeen: [PathKey: Bool] = [:]
        for directory in Set(cache.entries.map { PathKey($0.path.parentPath) }) {
            guard let resolved = try files.resolve(directory.path) else { continue }
            let level = mounts.mount(over: resolved.path)
            isSeen[directory] = level.map { !$0.isFresh && $0.access != .denied } ?? false
        }
        let bytes = cache.bytes { entry in
            closure.namesTakenFromCache.contains(PathKey(entry.name)) || isSeen[PathKey(entry.path.parentPath)] ?? false
        }
        make("/etc/ld.so.cache", bytes, mounts)
    }

    /// Adds a file, unless the host's own is there by the policy or for the network.
    private mutating func make(_ path: String, _ contents: String, _ mounts: MountPlan) {
        make(path, Array(contents.utf8), mounts)
    }

    private mutating func make(_ path: String, _ contents: [UInt8], _ mounts: MountPlan) {
        guard mounts.mount(over: path) == nil else { return }
        add(.file(contents: contents, mode: 0o644), at: path)
    }
}
