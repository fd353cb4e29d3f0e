public import LinuxSystem

/// A container by name; each verb is an extension in a file of its own.
public struct Container: Sendable {
    /// The container's name.
    public let id: ContainerID
    /// Where its state is kept.
    public let root: StateRoot

    /// The container of that name; it need not exist.
    ///
    /// - Parameters:
    ///   - id: The name.
    ///   - root: Where its state is kept.
    public init(id: ContainerID, root: StateRoot) {
        self.id = id
        self.root = root
    }
}

/// How a container is made; see the properties.
public struct CreateOptions {
    /// A unix socket that is sent the master of the container's terminal.
    public var consoleSocket: String?
    /// A file that the first process's id is written to.
    public var pidFile: String?
    /// Whether the container shares the caller's session keyring.
    public var sharesKeyring = false
    /// Writes a bundle that lives only as long as the container, into the directory it is given: `bundle` in the
    /// container's state directory, see ``StateRoot/bundlePath(of:)``.
    public var writeBundle: ((borrowing FileDescriptor) throws -> Void)?

    /// Nothing special.
    public init() {}
}
