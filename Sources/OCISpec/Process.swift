public import JSON

/// What runs in the container (config.md, Process).
public struct Process: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Whether the process gets a pseudo-terminal; its master goes to the console socket.
    public var terminal: Bool
    /// Size of the terminal; ignored without one.
    public var consoleSize: ConsoleSize?
    /// Ids the process runs with.
    public var user: User
    /// The program and its arguments; the program is looked up in the container's `PATH`.
    public var args: [String]
    /// The environment, each entry `NAME=value`.
    public var env: [String]
    /// The working directory, absolute inside the container.
    public var cwd: String
    /// Capabilities the process has; nil leaves it none.
    public var capabilities: LinuxCapabilities?
    /// Resource limits (setrlimit(2)).
    public var rlimits: [Rlimit]
    /// Whether executing a program can never add privileges (prctl(2), `PR_SET_NO_NEW_PRIVS`).
    public var noNewPrivileges: Bool
    /// The AppArmor profile the program starts under.
    public var apparmorProfile: String?
    /// How readily the kernel kills the process when memory runs out, -1000 to 1000; nil leaves it alone.
    public var oomScoreAdj: Int32?
    /// How the process is scheduled (sched_setattr(2)).
    public var scheduler: Scheduler?
    /// The SELinux label the program starts under.
    public var selinuxLabel: String?
    /// How the process's input and output is scheduled (ioprio_set(2)).
    public var ioPriority: IOPriority?
    /// CPUs for processes that `exec` adds to the container.
    public var execCPUAffinity: ExecCPUAffinity?

    /// A process of the given parts.
    ///
    /// - Parameters:
    ///   - terminal: Whether it gets a pseudo-terminal.
    ///   - consoleSize: Size of that terminal.
    ///   - user: Ids it runs with.
    ///   - args: Program and arguments.
    ///   - env: Environment.
    ///   - cwd: Working directory.
    ///   - capabilities: Capabilities it has.
    ///   - rlimits: Resource limits.
    ///   - noNewPrivileges: Whether it can never gain privileges.
    ///   - apparmorProfile: AppArmor profile.
    ///   - oomScoreAdj: Adjustment of the out-of-memory score.
    ///   - scheduler: Scheduling.
    ///   - selinuxLabel: SELinux label.
    ///   - ioPriority: Scheduling of input and output.
    ///   - execCPUAffinity: CPUs of processes added later.
    public init(
        terminal: Bool = false, consoleSize: ConsoleSize? = nil, user: User = User(), args: [String] = [],
        env: [String] = [], cwd: String = "/", capabilities: LinuxCapabilities? = nil, rlimits: [Rlimit] = [],
        noNewPrivileges: Bool = false, apparmorProfile: String? = nil, oomScoreAdj: Int32? = nil,
        scheduler: Scheduler? = nil, selinuxLabel: String? = nil, ioPriority: IOPriority? = nil,
        execCPUAffinity: ExecCPUAffinity? = nil
    ) {
        self.terminal = terminal
        self.consoleSize = consoleSize
        self.user = user
        self.args = args
        self.env = env
        self.cwd = cwd
        self.capabilities = capabilities
        self.rlimits = rlimits
        self.noNewPrivileges = noNewPrivileges
        self.apparmorProfile = apparmorProfile
        self.oomScoreAdj = oomScoreAdj
        self.scheduler = scheduler
        self.selinuxLabel = selinuxLabel
        self.ioPriority = ioPriority
        self.execCPUAffinity = execCPUAffinity
    }

    /// Reads the `process` object, which is also the whole of the file that `exec --process` takes.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        terminal = try object.flag("terminal")
        consoleSize = try object.optional("consoleSize")
        user = try object.optional("user") ?? User()
        args = try object.list("args")
        env = try object.list("env")
        cwd = try object.required("cwd")
        capabilities = try object.optional("capabilities")
        rlimits = try object.list("rlimits")
        noNewPrivileges = try object.flag("noNewPrivileges")
        apparmorProfile = try object.text("apparmorProfile")
        oomScoreAdj = try object.optional("oomScoreAdj")
        scheduler = try object.optional("scheduler")
        selinuxLabel = try object.text("selinuxLabel")
        ioPriority = try object.optional("ioPriority")
        execCPUAffinity = try object.optional("execCPUAffinity")
    }

    /// The process as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode(flag: "terminal", terminal)
        object.encode("consoleSize", consoleSize)
        object.encode("user", user)
        object.encode(nonEmpty: "args", args)
        object.encode(nonEmpty: "env", env)
        object.encode("cwd", cwd)
        object.encode("capabilities", capabilities)
        object.encode(nonEmpty: "rlimits", rlimits)
        object.encode(flag: "noNewPrivileges", noNewPrivileges)
        object.encode("apparmorProfile", apparmorProfile)
        object.encode("oomScoreAdj", oomScoreAdj)
        object.encode("scheduler", scheduler)
        object.encode("selinuxLabel", selinuxLabel)
        object.encode("ioPriority", ioPriority)
        object.encode("execCPUAffinity", execCPUAffinity)
        return object.json
    }
}

/// Size of a terminal in characters (config.md, Process, `consoleSize`).
public struct ConsoleSize: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Rows.
    public var height: UInt16
    /// Columns.
    public var width: UInt16

    /// A terminal size.
    ///
    /// - Parameters:
    ///   - height: Rows.
    ///   - width: Columns.
    public init(height: UInt16, width: UInt16) {
        self.height = height
        self.width = width
    }

    /// Reads a terminal size: the `consoleSize` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        height = try object.required("height")
        width = try object.required("width")
    }

    /// The size as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("height", height)
        object.encode("width", width)
        return object.json
    }
}
