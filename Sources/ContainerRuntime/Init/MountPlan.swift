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
    }

    let source: Source
    /// The path in the container.
    let destination: String
    let options: MountOptions
    /// Where the bundle says so: `mounts[3]`.
    let origin: String

    /// Decides a mount.
    ///
    /// - Parameters:
    ///   - mount: As the bundle has it.
    ///   - index: Its place among the bundle's mounts.
    ///   - bundle: The bundle's absolute path, which relative sources start from.
    /// - Throws: ``RuntimeError`` with the JSON path.
    init(_ mount: Mount, index: Int, bundle: String) throws(RuntimeError) {
        origin = "mounts[\(index)]"
        destination = mount.destination
        if mount.destination.split(separator: "/").allSatisfy({ $0 == "." }) {
            throw RuntimeError("\(origin).destination: mounting over the root file system is not supported yet")
        }
        if !mount.uidMappings.isEmpty || !mount.gidMappings.isEmpty {
            throw RuntimeError("\(origin).uidMappings: idmapped mounts are not supported yet")
        }
        do throws(RuntimeError) {
            options = try MountOptions(mount.options)
        } catch {
            throw RuntimeError("\(origin).\(error)")
        }
        let type = mount.type ?? "none"
        if options.isRemount {
            source = .remount
        } else if options.isBind || type == "bind" || type == "rbind" {
            guard let path = mount.source, !path.isEmpty else {
                throw RuntimeError("\(origin).source: is missing; a bind mount needs one")
            }
            source = .bind(
                path: path.hasPrefix("/") ? path : bundle + "/" + path,
                isRecursive: options.bindsRecursively || type == "rbind")
        } else if type == "cgroup" || type == "cgroup2" {
            source = .cgroup
        } else if type == "none" {
            throw RuntimeError("\(origin).type: is missing; only a bind mount can do without")
        } else {
            source = .fileSystem(type: type, source: mount.source ?? type)
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
    }

    /// Options of whole file systems that mount(8) ignores for a bind mount.
    private static let ignoredOnBind: Set<String> = ["sync", "dirsync", "mand", "lazytime", "mode", "size", "z", "Z"]
}
