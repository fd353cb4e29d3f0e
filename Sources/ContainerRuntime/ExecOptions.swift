public import OCISpec

/// How a process is added to a container; see the properties.
public struct ExecOptions {
    /// The process as `--process` gives it; nil where the container's own is taken and changed.
    public var process: Process?
    /// Program and arguments, without a ``process``.
    public var command: [String] = []
    /// Variables beside the container's, each `NAME=value`; they win.
    public var environment: [String] = []
    /// The working directory; nil for the container's.
    public var workingDirectory: String?
    /// The user; nil for the container's.
    public var uid: UInt32?
    /// The group; nil for the container's.
    public var gid: UInt32?
    /// Groups beside the container's.
    public var additionalGroups: [UInt32] = []
    /// Capabilities beside the container's, by name.
    public var capabilities: [String] = []
    /// Whether no program that it executes gains rights; where the container says so, it holds in any case.
    public var setsNoNewPrivileges = false
    /// The AppArmor profile; nil for the container's.
    public var apparmorProfile: String?
    /// The SELinux label; nil for the container's.
    public var selinuxLabel: String?
    /// Whether it gets a new terminal.
    public var hasTerminal = false
    /// A unix socket that is sent the master of its terminal.
    public var consoleSocket: String?
    /// A file that its id is written to.
    public var pidFile: String?
    /// A control group below the container's; nil for the container's own.
    public var cgroup: String?
    /// How many of the caller's descriptors from 3 on it keeps.
    public var preservedDescriptors: Int32 = 0
    /// How many of these are sockets to accept on, which the program is told of (sd_listen_fds(3)).
    public var listeningDescriptors: Int32 = 0
    /// A unix socket that is sent a pidfd of the process.
    public var pidfdSocket: String?
    /// Whether a paused container is no error: then it begins when the container is resumed.
    public var ignoresPaused = false
    /// Whether nobody waits for its end.
    public var isDetached = false

    /// Nothing special.
    public init() {}

    /// The process that is meant.
    ///
    /// - Parameter own: The container's.
    /// - Returns: The process; not validated.
    func process(from own: Process) -> Process {
        if var process {
            if hasTerminal { process.terminal = true }
            return process
        }
        var process = own
        process.args = command
        process.terminal = hasTerminal
        process.consoleSize = nil
        if let workingDirectory { process.cwd = workingDirectory }
        if let uid { process.user.uid = uid }
        if let gid { process.user.gid = gid }
        process.user.additionalGids += additionalGroups
        if setsNoNewPrivileges { process.noNewPrivileges = true }
        if let apparmorProfile { process.apparmorProfile = apparmorProfile }
        if let selinuxLabel { process.selinuxLabel = selinuxLabel }
        for variable in environment {
            let name = variable.prefix { $0 != "=" } + "="
            process.env.removeAll { $0.hasPrefix(name) }
            process.env.append(variable)
        }
        // Never inheritable ones: a program of the container could take those up by its file (CVE-2022-29162).
        if !capabilities.isEmpty, var sets = process.capabilities ?? (process.user.uid == 0 ? nil : LinuxCapabilities())
        {
            sets.bounding += capabilities
            sets.permitted += capabilities
            sets.effective += capabilities
            // Of these only the ones that the container's own process has inheritable (``ProcessPlan``).
            sets.ambient += capabilities
            process.capabilities = sets
        }
        return process
    }
}
