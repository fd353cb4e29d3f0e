internal import LinuxSystem
internal import OCISpec

/// One mount of the container, decided: nothing is parsed after the clone.
struct MountPlan {
    /// What is mounted.
    enum Source: Equatable {
        /// An existing tree of the host.
        case bind(path: String, isRecursive: Bool)
        /// A new file system.
        case fileSystem(type: String, source: String)
        /// The container's own view of the unified control group hierarchy.
        case cgroup
        /// Nothing new: a mount that is there already is changed.
        case remount
        /// A link with this content, made in the container's files.
        case link(String)
    }

    var source: Source
    /// The path in the container.
    let destination: String
    /// Whether that is the root: what is mounted over it is the container's root file system from then on.
    let isRoot: Bool
    var options: MountOptions
    /// How owners are shown; nil as they are.
    let idMap: IDMapPlan?
    /// Where the bundle says so: `mounts[3]`.
    let origin: String

    /// Decides a mount.
    ///
    /// - Parameters:
    ///   - mount: As the bundle has it.
    ///   - index: Its place among the bundle's mounts.
    ///   - bundle: The bundle's absolute path, which relative sources start from.
    ///   - label: The SELinux label of new file systems.
    /// - Throws: ``RuntimeError`` with the JSON path.
    init(_ mount: Mount, index: Int, bundle: String, label: String? = nil) throws(RuntimeError) {
        origin = "mounts[\(index)]"
        destination = mount.destination
        isRoot = mount.destination.split(separator: "/").allSatisfy { $0 == "." }
        do throws(RuntimeError) {
            var options = try MountOptions(mount.options)
            // procfs, sysfs and mqueue have labels of their own.
            if let label, !options.isBind, !options.isRemount, !Self.labelled.contains(mount.type ?? "none") {
                options.data.append(MountOptions.Data(index: mount.options.count, key: "context", value: label))
            }
            self.options = options
        } catch {
            throw RuntimeError("\(origin).\(error)")
        }
        if !mount.uidMappings.isEmpty {
            idMap = IDMapPlan(
                source: .mount(uidMappings: mount.uidMappings, gidMappings: mount.gidMappings),
                isRecursive: options.isIDMappedRecursively)
        } else {
            idMap =
                options.isIDMapped
                ? IDMapPlan(source: .container, isRecursive: options.isIDMappedRecursively) : nil
        }
        let type = mount.type ?? "none"
        if options.isRemount {
            source = .remount
        } else if options.isBind || type == "bind" || type == "rbind" {
            guard let path = mount.source, !path.isEmpty else {
                throw RuntimeError("\(origin).source: is missing; a bind mount needs one")
            }
            let place = path.hasPrefix("/") ? path : bundle + "/" + path
            if options.copiesLink, let content = try Self.content(ofLink: place, origin) {
                source = .link(content)
            } else {
                source = .bind(path: place, isRecursive: options.bindsRecursively || type == "rbind")
            }
        } else if type == "cgroup" || type == "cgroup2" {
            source = .cgroup
        } else if type == "none" {
            throw RuntimeError("\(origin).type: is missing; only a bind mount can do without")
        } else {
            source = .fileSystem(type: type, source: mount.source ?? type)
        }
        if idMap != nil {
            guard case .bind = source else {
                throw RuntimeError("\(origin).options: id maps are for bind mounts of files and directories only")
            }
        }
        if isRoot {
            switch source {
            case .bind, .fileSystem: break
            case .cgroup, .remount, .link:
                throw RuntimeError("\(origin).destination: only another root file system goes over the root")
            }
            // crun refuses it too: that would copy the whole of the root file system into memory.
            if options.copiesUp { throw RuntimeError("\(origin).options: \"tmpcopyup\" is not for the root") }
        }
        if options.copiesUp, type != "tmpfs" {
            throw RuntimeError("\(origin).options: \"tmpcopyup\" is for a tmpfs")
        }
        if source == .remount, !options.data.isEmpty {
            throw RuntimeError("\(origin).options: a remount changes mount flags only, not \(options.data[0].key)")
        }
        if case .bind = source, let data = options.data.first(where: { !Self.ignoredOnBind.contains($0.key) }) {
            throw RuntimeError("\(origin).options[\(data.index)]: \(quoted(data.key)) has no meaning for a bind mount")
        }
        if source == .cgroup, let data = options.data.first(where: { !Self.ignoredOnCgroup.contains($0.key) }) {
            throw RuntimeError(
                "\(origin).options[\(data.index)]: \(quoted(data.key)) is no option of control groups "
                    + "(Invalid argument)")
        }
    }

    /// What the whole hierarchy is mounted with, which is the host's to say (cgroup-v2.rst, Mounting).
    private static let ignoredOnCgroup: Set<String> = [
        "nsdelegate", "favordynmods", "memory_recursiveprot", "memory_localevents", "memory_hugetlb_accounting",
        "pids_localevents",
    ]

    private static let labelled = ["proc", "sysfs", "mqueue", "cgroup", "cgroup2", "bind", "rbind", "none"]

    /// What a link of the host says; nil where the path is none.
    private static func content(ofLink path: String, _ origin: String) throws(RuntimeError) -> String? {
        try during("\(origin).source") { () throws(SystemCallError) in
            guard try fileStatus(path, followsLink: false)?.kind == .symbolicLink else { return nil }
            return try linkTarget(path)
        }
    }

    /// Options of whole file systems that mount(8) ignores for a bind mount.
    private static let ignoredOnBind: Set<String> = ["sync", "dirsync", "mand", "lazytime", "mode", "size", "z", "Z"]
}
