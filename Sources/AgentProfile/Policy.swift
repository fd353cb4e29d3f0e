public import NetworkRules

/// What one tool call may do: a profile, resolved for one agent, one tool, one project and this host.
///
/// All paths are absolute, free of `.`, `..`, doubled and trailing slashes; placeholders are replaced and globs expanded.
/// The project and the paths of ``paths`` are real paths, without symbolic links; executables keep the listed name.
/// Compare paths by their bytes: Swift's `==` takes canonically equivalent names for the same.
/// Translation (``BundlePlan``) reads nothing but this and the files it names.
public struct Policy: Equatable, Sendable {
    /// What may be done below a path.
    public enum Access: String, Equatable, Sendable {
        /// Read, never written.
        case readOnly = "readOnlyPaths"
        /// Read and written.
        case writable = "writeablePaths"
        /// Neither; answers EACCES.
        case denied = "deniedPaths"
    }

    /// One path of the profile's lists; the most specific rule that covers a file decides.
    public struct PathRule: Equatable, Sendable {
        /// The file or directory.
        public var path: String
        /// What may be done with it.
        public var access: Access
        /// Whether the profile says, by a trailing slash, that it is a directory.
        public var mustBeDirectory = false
        /// Whether it may be missing; then the rule has no effect.
        public var isOptional = false
        /// Whether it is made, as a directory, where it is missing.
        public var createsDirectory = false
        /// Where the profile says so: `agents.documentation.readOnlyPaths[0]`.
        public var origin: String

        /// A rule; see the properties.
        public init(
            path: String, access: Access, mustBeDirectory: Bool = false, isOptional: Bool = false,
            createsDirectory: Bool = false, origin: String
        ) {
            self.path = path
            self.access = access
            self.mustBeDirectory = mustBeDirectory
            self.isOptional = isOptional
            self.createsDirectory = createsDirectory
            self.origin = origin
        }
    }

    /// One entry of `allowedExecutables`.
    public struct ExecutableRule: Equatable, Sendable {
        /// A file, or a directory all of whose files may be executed.
        public var path: String
        /// Whether it may be missing; then the rule has no effect.
        public var isOptional = false
        /// Where the profile says so: `allowedExecutables[2]`.
        public var origin: String

        /// A rule; see the properties.
        public init(path: String, isOptional: Bool = false, origin: String) {
            self.path = path
            self.isOptional = isOptional
            self.origin = origin
        }
    }

    /// A symbolic link that a listed path leads through; the sandbox has it too, so that the listed name works.
    public struct Link: Equatable, Hashable, Sendable {
        /// The link, in its real directory.
        public var path: String
        /// The text it holds, which may be relative.
        public var target: String

        /// A link; see the properties.
        public init(path: String, target: String) {
            self.path = path
            self.target = target
        }
    }

    /// What of the network is reachable.
    public enum Network: Equatable, Sendable {
        /// A network namespace of its own with nothing but loopback.
        case none
        /// The host's network.
        case host
        /// A network namespace of its own, and a gate that connects to what the list names.
        case allow(AllowList)
    }

    /// Which unix sockets a call can reach, the least first.
    public enum UnixSockets: String, Comparable, Sendable {
        /// None by path or name; connected pairs of streams (socketpair(2)) there always are.
        case none
        /// Those that the call's own processes have made, as streams.
        case own
        /// All that lie in a path that is listed, too.
        case host

        /// Whether one permits less than another.
        public static func < (left: UnixSockets, right: UnixSockets) -> Bool {
            left != right && (left == .none || right == .host)
        }
    }

    /// The most that may be used; nil where nothing is said.
    public struct Resources: Equatable, Sendable {
        /// Memory in bytes.
        public var memory: UInt64?
        /// Processors, in thousandths.
        public var milliCPUs: UInt64?
        /// Processes and threads.
        public var pids: UInt64?
        /// Time from start to end, in milliseconds.
        public var wallTime: UInt64?
        /// Time on processors of all processes together, in milliseconds.
        public var cpuTime: UInt64?
        /// Bytes of standard output and standard error together.
        public var output: UInt64?

        /// Where the profile says so, by the limit's name: `tools.bash.resources.memory`.
        public var places: [String: String] = [:]

        /// No limits.
        public init() {}
    }

    /// The project: the profile's `<project root>`, and the working directory.
    public var projectDirectory: String
    /// The agent's name in the profile, or nil where the file holds a single profile.
    public var agent: String?
    /// The tool's name in the profile, or nil.
    public var tool: String?
    /// The rules of `readOnlyPaths`, `writeablePaths` and `deniedPaths`, in the profile's order; no path stands twice.
    public var paths: [PathRule] = []
    /// The links on the way to the paths of ``paths`` and to the interpreters of listed scripts. Those that lie inside a
    /// granted directory are there by themselves; the way of a listed executable is the executable's own matter.
    public var links: [Link] = []
    /// The rules of `allowedExecutables`, in the profile's order.
    public var executables: [ExecutableRule] = []
    /// What of the network is reachable.
    public var network: Network = .none
    /// Where the profile says so: `agents.documentation.network`; empty where it says nothing.
    public var networkOrigin = ""
    /// Names of the caller's environment variables that come along.
    public var passedEnvironment: [String] = []
    /// Variables that are set, by name; they win over passed ones.
    public var setEnvironment: [String: String] = [:]
    /// The most that one call may use.
    public var resources = Resources()
    /// The most that the agent's calls of one session may use together; its wall time is each call's own.
    public var sessionResources = Resources()
    /// Whether programs that live by private helpers (git, gcc) get them without being listed.
    public var grantsHelpers = true
    /// Whether memfd_create(2) is permitted.
    public var permitsMemfd = false
    /// Which unix sockets can be reached.
    public var unixSockets = UnixSockets.own
    /// Where the profile says so; empty where it says nothing.
    public var unixSocketsOrigin = ""
    /// Unix sockets that an entry of the profile lists by themselves, which are reached with ``UnixSockets/own`` too.
    public var listedSockets: [String] = []
    /// Whether memory that was written is never executed (prctl(2), PR_SET_MDWE).
    public var deniesWriteExecuteMemory = false

    /// A policy that grants nothing.
    ///
    /// - Parameter projectDirectory: The project.
    public init(projectDirectory: String) { self.projectDirectory = projectDirectory }
}
