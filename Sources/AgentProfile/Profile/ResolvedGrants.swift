internal import LinuxSystem

/// What an agent or a tool may do, looked up on this host; every part still knows where the profile says so.
struct ResolvedGrants {
    /// The agent or the tool whose list the executables come from.
    var place: Place
    /// The path rules; no path stands twice.
    var paths: [ResolvedRule] = []
    /// The executables; no path stands twice.
    var executables: [ResolvedExecutable] = []
    /// What of the network is reachable.
    var network: Placed<Policy.Network>
    /// Names of variables that come along.
    var passed: [String] = []
    /// Variables that are set.
    var set: [String: String] = [:]
    /// Names of variables of the caller that stand in the values of ``set``.
    var usedVariables: Set<String> = []
    /// The limits.
    var memory: Placed<UInt64>?
    var milliCPUs: Placed<UInt64>?
    var pids: Placed<UInt64>?
    var wallTime: Placed<UInt64>?
    var cpuTime: Placed<UInt64>?
    var output: Placed<UInt64>?
    /// Whether programs get their private helpers.
    var helpers: Placed<Bool>
    /// Whether memfd_create(2) is permitted.
    var memfd: Placed<Bool>
    /// Which unix sockets can be reached.
    var unixSockets: Placed<Policy.UnixSockets>
    /// Whether memory that was written is never executed.
    var deniesWriteExecuteMemory: Placed<Bool>

    /// The most that may be used.
    var resources: Policy.Resources {
        var resources = Policy.Resources()
        resources.memory = memory?.value
        resources.milliCPUs = milliCPUs?.value
        resources.pids = pids?.value
        resources.wallTime = wallTime?.value
        resources.cpuTime = cpuTime?.value
        resources.output = output?.value
        for (name, place) in [
            ("memory", memory?.place), ("cpus", milliCPUs?.place), ("pids", pids?.place),
            ("wallTime", wallTime?.place), ("cpuTime", cpuTime?.place), ("output", output?.place),
        ] {
            resources.places[name] = place?.path
        }
        return resources
    }

    /// The rules by their real path.
    var rulesByPath: PathMap<ResolvedRule> { PathMap(paths) }
}

/// A path rule and how it came about.
struct ResolvedRule {
    /// The rule, by its real path.
    var rule: Policy.PathRule
    /// Where the profile says so.
    var place: Place
    /// The path as listed, placeholders replaced.
    var listed: String
    /// The links from the listed path to the real one.
    var links: [Policy.Link] = []
    /// Whether an entry lists the real path itself.
    var isDirect: Bool
    /// What is there, or nil.
    var kind: FileStatus.Kind?
    /// Whether a wildcard found it.
    var isMatch = false

    var path: String { rule.path }
    var access: Policy.Access { rule.access }
}

/// An executable and how it came about.
struct ResolvedExecutable {
    /// The rule, by its listed path.
    var rule: Policy.ExecutableRule
    /// Where the profile says so.
    var place: Place
    /// Where the listed path leads.
    var resolved: ResolvedPath
    /// What is in the file; nil for a directory, and for what is missing and may be.
    var content: ExecutableContent?
    /// The pattern that found it, as written, or nil.
    var pattern: String?

    var path: String { rule.path }
    var realPath: String { resolved.path }
    var isDirectory: Bool { resolved.kind == .directory }
    /// The name that a program calls it by, in its real directory.
    var name: String { resolved.names.first ?? resolved.path }
}

extension PathMap<ResolvedRule> {
    /// The rules by their real path.
    init(_ rules: [ResolvedRule]) {
        self.init()
        for rule in rules { self[rule.path] = rule }
    }
}

extension [ResolvedExecutable] {
    /// The entry that lets a file be executed by the name `name`, which lies in its real directory.
    func granting(_ name: String) -> ResolvedExecutable? {
        first { executable in
            executable.isDirectory
                ? isPath(name, atOrBelow: executable.realPath)
                : executable.resolved.names.contains { $0.utf8.elementsEqual(name.utf8) }
        }
    }
}

extension Policy.Access {
    /// How much it lets be done: nothing, reading, writing.
    var rank: Int {
        switch self {
        case .denied: 0
        case .readOnly: 1
        case .writable: 2
        }
    }
}
