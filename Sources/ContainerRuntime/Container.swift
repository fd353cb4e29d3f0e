public import LinuxSystem

/// A container by name; each verb is an extension in a file of its own.
public struct Container: Sendable {
    /// The container's name.
    public let id: ContainerID
    /// Where its state is kept.
    public let root: StateRoot

    /// Told, a line each, what went wrong without changing anything, such as a poststop hook that failed.
    public let report: @Sendable (String) -> Void

    /// The container of that name; it need not exist.
    ///
    /// - Parameters:
    ///   - id: The name.
    ///   - root: Where its state is kept.
    ///   - report: Told what went wrong without changing anything.
    public init(id: ContainerID, root: StateRoot, report: @escaping @Sendable (String) -> Void) {
        self.id = id
        self.root = root
        self.report = report
    }
}

/// Who makes the control group of a new container.
public enum ControlGroupDriver: Sendable {
    /// The runtime, in the file system.
    case runtime
    /// systemd, as a scope.
    case systemd
    /// Nobody: the container stays in the caller's, and can be neither limited nor paused.
    case none
}

/// How a container is made; see the properties.
public struct CreateOptions {
    /// A unix socket that is sent the master of the container's terminal.
    public var consoleSocket: String?
    /// A file that the first process's id is written to.
    public var pidFile: String?
    /// Whether the container shares the caller's session keyring.
    public var sharesKeyring = false
    /// Who makes the container's control group.
    public var controlGroups = ControlGroupDriver.runtime
    /// How many of the caller's descriptors from 3 on the program keeps.
    public var preservedDescriptors: Int32 = 0
    /// How many of these are sockets to accept on, which the program is told of (sd_listen_fds(3)).
    public var listeningDescriptors: Int32 = 0
    /// A unix socket that is sent a pidfd of the first process.
    public var pidfdSocket: String?
    /// The service manager's socket, by which it is told that the container is ready (sd_notify(3)).
    public var notifySocket: String?
    /// Writes a bundle that lives only as long as the container, into the directory it is given: `bundle` in the
    /// container's state directory, see ``StateRoot/bundlePath(of:)``.
    public var writeBundle: ((borrowing FileDescriptor) throws -> Void)?
    /// Where the gate of a network by name finds what the host knows of names.
    public var gate = GateOptions()
    /// The ``WarmKeeper`` that is asked for what it has ready; nil for none.
    public var warm: String?
    /// Where the sandbox waits for a call, with `run` alone; nil where it is made for one.
    public var standby: StandbyCall?
    /// Whether `run` always reads what the container used; otherwise only where a limit may have ended it.
    public var readsStatistics = false
    /// Who is told of calls that the program makes; nil for nobody, which costs nothing. With `run` alone.
    public var watch: CallWatch?
    /// Who is told, before the program starts, of each limit that no control group of this host holds; nil where such a
    /// limit is refused.
    public var tellUnheld: ((UnheldLimit) -> Void)?

    /// Nothing special.
    public init() {}
}
