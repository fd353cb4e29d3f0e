internal import LinuxSystem
internal import OCISpec

/// User namespaces that exist for the sake of their maps, which mounts are shown through (mount_setattr(2),
/// MOUNT_ATTR_IDMAP).
///
/// A process is born into each, its maps are written, its namespace is opened, and it ends: the kernel keeps the maps as
/// long as a mount has them.
final class MappingNamespaces {
    private var made: [(IDMapPlan.Source, FileDescriptorBox)] = []
    private let plan: InitPlan

    /// - Parameter plan: Whose user namespace `idmap` without mappings means.
    init(_ plan: InitPlan) { self.plan = plan }

    /// The namespace for a mount.
    ///
    /// - Parameters:
    ///   - source: Which maps.
    ///   - origin: Where the bundle asks for them.
    /// - Returns: The namespace, open.
    /// - Throws: ``RuntimeError``.
    func namespace(_ source: IDMapPlan.Source, origin: String) throws(RuntimeError) -> FileDescriptorBox {
        if let (_, namespace) = made.first(where: { $0.0 == source }) { return namespace }
        let namespace: FileDescriptorBox
        switch source {
        case .mount(let uidMappings, let gidMappings):
            namespace = try make(IDMaps(uidMappings: uidMappings, gidMappings: gidMappings, origin: origin))
        case .container:
            // The container's own does not exist yet; one with the same maps does as well.
            if let joined = plan.joinedNamespaces.first(where: { $0.kind == .user }) {
                namespace = try during(joined.origin) { () throws(SystemCallError) in
                    FileDescriptorBox(try openFile(joined.path, .readOnly))
                }
            } else {
                namespace = try make(
                    IDMaps(uidMappings: plan.uidMappings, gidMappings: plan.gidMappings, origin: "linux"))
            }
        }
        made.append((source, namespace))
        return namespace
    }

    private func make(_ maps: IDMaps) throws(RuntimeError) -> FileDescriptorBox {
        let parent = currentProcessID()
        switch try during("user namespace of \(maps.origin)", { try cloneProcess(.user) }) {
        case .child: Self.keep(of: parent)
        case .parent(let pid, let process):
            defer { end(process) }
            try maps.write(of: pid)
            return try during("user namespace of \(maps.origin)") { () throws(SystemCallError) in
                FileDescriptorBox(try openFile("/proc/\(pid)/ns/user", .readOnly))
            }
        }
    }

    private func end(_ process: ProcessHandle) {
        // A child that has not been waited for can be signalled and waited for.
        _ = try? process.send(signal: Signals.kill)
        _ = try? process.waitForEnd()
    }

    private static func keep(of parent: Int32) -> Never {
        do throws(SystemCallError) {
            try setParentDeathSignal(Signals.kill)
        } catch {
            endProcess(1)
        }
        while parentProcessID() == parent { sleep(milliseconds: 60_000) }
        endProcess(0)
    }
}

/// How a mount's owners are shown.
struct IDMapPlan: Equatable {
    /// Where the maps come from.
    enum Source: Equatable {
        /// The mount has its own.
        case mount(uidMappings: [IDMapping], gidMappings: [IDMapping])
        /// The maps of the container's user namespace.
        case container
    }

    let source: Source
    /// Whether the mounts below are shown so too (`ridmap`).
    let isRecursive: Bool
}
