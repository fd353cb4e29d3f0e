public import NetworkRules

/// What an author writes in a profile file, as plain values: checked for form, not yet looked up on the disk.
public struct Profile: Equatable, Sendable {
    /// The agents, in the order of the file; a file without `agents` holds one, without a name.
    public var agents: [Agent]
    /// Where the file names its agents; nil where it holds one profile without a name.
    public var agentsPlace: Place?
    /// What all agents of the file build on; not supported yet.
    public var extends: Placed<String>?

    /// One agent and its tools.
    public struct Agent: Equatable, Sendable {
        /// The name under `agents`, or nil.
        public var name: String?
        /// What the agent may do.
        public var grants: Grants
        /// What the agent builds on; not supported yet.
        public var extends: Placed<String>?
        /// Tools that may do less than the agent, in the order of the file.
        public var tools: [Tool] = []
    }

    /// One tool of an agent.
    public struct Tool: Equatable, Sendable {
        /// The name under `tools`.
        public var name: String
        /// What the tool may do; what it leaves out is the agent's.
        public var grants: Grants
    }

    /// The keys that agents and tools share; nil where a key is not written.
    public struct Grants: Equatable, Sendable {
        /// Where the object stands.
        public var place: Place
        /// What may be read.
        public var readOnlyPaths: [PathEntry]?
        /// What may be read and written: `writeablePaths` or `writablePaths`.
        public var writablePaths: [PathEntry]?
        /// What may be neither read nor written.
        public var deniedPaths: [PathEntry]?
        /// What may be executed.
        public var allowedExecutables: [PathEntry]?
        /// What of the network is reachable.
        public var network: Placed<Network>?
        /// Names of variables that come along from the caller.
        public var passedEnvironment: [Placed<String>]?
        /// Variables that are set, in the order of the file.
        public var setEnvironment: [Variable]?
        /// Memory in bytes.
        public var memory: Placed<UInt64>?
        /// Processors, in thousandths.
        public var milliCPUs: Placed<UInt64>?
        /// Processes and threads.
        public var pids: Placed<UInt64>?
        /// Time from start to end, in milliseconds.
        public var wallTime: Placed<UInt64>?
        /// Time on processors of all processes together, in milliseconds.
        public var cpuTime: Placed<UInt64>?
        /// Bytes of standard output and standard error together.
        public var output: Placed<UInt64>?
        /// Whether programs that live by private helpers get them.
        public var helpers: Placed<Bool>?
        /// Whether memfd_create(2) is permitted.
        public var memfd: Placed<Bool>?
        /// Which unix sockets can be reached.
        public var unixSockets: Placed<Policy.UnixSockets>?
        /// Whether memory that was written is never executed.
        public var deniesWriteExecuteMemory: Placed<Bool>?

        /// Grants of which nothing is written yet.
        ///
        /// - Parameter place: Where the object stands.
        public init(place: Place) { self.place = place }
    }

    /// One entry of a list of paths.
    public struct PathEntry: Equatable, Sendable {
        /// The path as written, placeholders and wildcards included.
        public var text: String
        /// Whether it may be missing.
        public var isOptional = false
        /// Whether it is made, as a directory, where it is missing.
        public var createsDirectory = false
        /// Where it stands.
        public var place: Place
    }

    /// What `network` says.
    public enum Network: Equatable, Sendable {
        /// Loopback only.
        case none
        /// The host's network.
        case host
        /// Names and addresses, with a port or without.
        case allow([Placed<AllowedTarget>])
    }

    /// One variable of `environment.set`.
    public struct Variable: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The value as written, placeholders included.
        public var value: String
        /// Where it stands.
        public var place: Place
    }
}

/// Where a value stands in a profile file.
public struct Place: Equatable, Sendable {
    /// The way from the root: `agents.documentation.readOnlyPaths[0]`; empty at the root.
    public var path: String
    /// Offset in bytes of the value in the text.
    public var offset: Int

    /// A place in a file.
    ///
    /// - Parameters:
    ///   - path: The way from the root.
    ///   - offset: Offset in bytes of the value.
    public init(path: String, offset: Int) {
        self.path = path
        self.offset = offset
    }

    /// The place of a member of the object that stands here.
    ///
    /// - Parameters:
    ///   - key: The member's name.
    ///   - offset: Offset in bytes of what is meant: its name or its value.
    /// - Returns: The place.
    public func member(_ key: String, at offset: Int) -> Place {
        let isPlain = !key.isEmpty && key.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "$") }
        let step = isPlain ? (path.isEmpty ? key : "." + key) : "[\(quotedOnOneLine(key))]"
        return Place(path: path + step, offset: offset)
    }

    /// The place of an element of the array that stands here.
    ///
    /// - Parameters:
    ///   - index: The element, from 0.
    ///   - offset: Offset in bytes of the element.
    /// - Returns: The place.
    public func element(_ index: Int, at offset: Int) -> Place { Place(path: "\(path)[\(index)]", offset: offset) }
}

/// A value and where it stands.
public struct Placed<Value: Equatable & Sendable>: Equatable, Sendable {
    /// The value.
    public var value: Value
    /// Where it stands.
    public var place: Place

    /// A value at a place.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - place: Where it stands.
    public init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}
