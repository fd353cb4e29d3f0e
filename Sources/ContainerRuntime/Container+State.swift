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
    /// - Returns: The state, when the container was made, and who owns it.
    /// - Throws: ``RuntimeError`` where there is no such container.
    public func details() throws(RuntimeError) -> ContainerDetails {
        let directory = try StateDirectory(opening: id, in: root, locks: false)
        let owner = try during(directory.path) { try directory.directory.status() }.uid
        guard let record = try directory.load() else {
            let state = State(ociVersion: "1.3.0", id: id.description, status: .creating, bundle: "")
            return ContainerDetails(state: state, created: 0, owner: owner)
        }
        let status = try directory.status(record)
        return ContainerDetails(state: record.state(id, status), created: record.created, owner: owner)
    }
}

/// A container as `list` shows it.
public struct ContainerDetails: Sendable {
    /// The state of the specification.
    public let state: State
    /// When it was made, in nanoseconds since 1970; 0 where it is being made.
    public let created: Int64
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
