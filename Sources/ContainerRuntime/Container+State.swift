internal import Cgroup
internal import LinuxSystem
public import OCISpec

extension Container {
    /// The container's state (runtime-spec runtime.md, Query State).
    ///
    /// - Returns: The state.
    /// - Throws: ``RuntimeError`` where there is no such container.
    public func state() throws(RuntimeError) -> State { try details().state }

    /// The state with what `list` and the engines want besides.
    ///
    /// - Returns: The state and the rest.
    /// - Throws: ``RuntimeError`` where there is no such container.
    public func details() throws(RuntimeError) -> ContainerDetails {
        try StateDirectory(opening: id, in: root, locks: false).details(id, nil)
    }
}

extension StateRoot {
    /// All containers, as ``Container/details()`` has each. What is the same for all of them is looked up once.
    ///
    /// - Parameter failed: Told which one is there and could not be read, and why.
    /// - Returns: The containers, by their ids.
    /// - Throws: ``RuntimeError``, and what `failed` throws.
    public func containers(_ failed: (ContainerID, RuntimeError) throws -> Void) throws -> [ContainerDetails] {
        let ids = try containerIDs()
        if ids.isEmpty { return [] }
        let directory = FileDescriptorBox(try open())
        let hierarchy = try during("cgroup") { try UnifiedHierarchy.ofHost() }
        var containers: [ContainerDetails] = []
        for id in ids {
            do throws(RuntimeError) {
                containers.append(
                    try StateDirectory(opening: id, in: self, directory, locks: false).details(id, hierarchy))
            } catch {
                // One that went meanwhile is no failure.
                let isThere = try during("state directory") { try directory.descriptor.status(of: id.description) }
                if isThere != nil { try failed(id, error) }
            }
        }
        return containers
    }
}

extension StateDirectory {
    /// The state with what `list` and the engines want besides.
    ///
    /// - Parameters:
    ///   - id: The container.
    ///   - hierarchy: The host's cgroup v2, where it is known already.
    /// - Returns: The state and the rest.
    /// - Throws: ``RuntimeError``.
    fileprivate func details(_ id: ContainerID, _ hierarchy: UnifiedHierarchy?) throws(RuntimeError) -> ContainerDetails
    {
        let owner = try during(path) { try directory.status() }.uid
        guard let record = try load() else {
            let state = State(ociVersion: "1.3.0", id: id.description, status: .creating, bundle: "")
            return ContainerDetails(state: state, rootfs: "", created: 0, systemdScope: nil, owner: owner)
        }
        let status = try status(record, in: hierarchy)
        return ContainerDetails(
            state: record.state(id, status), rootfs: record.rootfs, created: record.created,
            systemdScope: record.systemdScope, owner: owner)
    }
}

/// A container as `list` shows it.
public struct ContainerDetails: Sendable {
    /// The state of the specification.
    public let state: State
    /// The absolute path of its root file system on the host; empty where it is being made.
    public let rootfs: String
    /// When it was made, in nanoseconds since 1970; 0 where it is being made.
    public let created: Int64
    /// The scope that systemd made for it; nil where there is none.
    public let systemdScope: String?
    /// The user it belongs to.
    public let owner: UInt32
}

extension ContainerRecord {
    /// The state of the specification. A stopped container has no process.
    func state(_ id: ContainerID, _ status: State.Status) -> State {
        State(
            ociVersion: ociVersion, id: id.description, status: status, pid: status == .stopped ? 0 : pid,
            bundle: bundle, annotations: annotations)
    }
}
