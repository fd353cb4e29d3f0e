public import JSON

/// Limit on the number of tasks (config-linux.md, PIDs).
public struct LinuxPids: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Tasks at most; -1 for no limit.
    public var limit: Int64?

    /// A limit on tasks.
    ///
    /// - Parameter limit: Tasks at most.
    public init(limit: Int64? = nil) { self.limit = limit }

    /// Reads the limit: the `pids` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        limit = try json.asObject().optional("limit")
    }

    /// The limit as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("limit", limit)
        return object.json
    }
}

/// Limit on huge pages of one size (config-linux.md, Huge page limits).
public struct LinuxHugepageLimit: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Page size, such as `2MB` or `64KB`.
    public var pageSize: String
    /// Bytes at most.
    public var limit: UInt64

    /// A limit on huge pages.
    ///
    /// - Parameters:
    ///   - pageSize: Page size.
    ///   - limit: Bytes at most.
    public init(pageSize: String, limit: UInt64) {
        self.pageSize = pageSize
        self.limit = limit
    }

    /// Reads the limit: an element of `hugepageLimits`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        pageSize = try object.required("pageSize")
        limit = try object.required("limit")
    }

    /// The limit as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("pageSize", pageSize)
        object.encode("limit", limit)
        return object.json
    }
}

/// Class and priority of network packets (config-linux.md, Network); cgroup v1 only.
public struct LinuxNetwork: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What packets are tagged with.
    public var classID: UInt32?
    /// Priority by interface.
    public var priorities: [InterfacePriority]

    /// Priority of packets on one interface.
    public struct InterfacePriority: Equatable, Sendable, JSONDecodable, JSONEncodable {
        /// The interface.
        public var name: String
        /// Its priority.
        public var priority: UInt32

        /// A priority.
        ///
        /// - Parameters:
        ///   - name: The interface.
        ///   - priority: Its priority.
        public init(name: String, priority: UInt32) {
            self.name = name
            self.priority = priority
        }

        /// Reads a priority: an element of `priorities`.
        public init(json: JSONValue) throws(JSONDecodingError) {
            let object = try json.asObject()
            name = try object.required("name")
            priority = try object.required("priority")
        }

        /// The priority as a value.
        public var json: JSONValue {
            var object = JSONObject()
            object.encode("name", name)
            object.encode("priority", priority)
            return object.json
        }
    }

    /// Class and priorities.
    ///
    /// - Parameters:
    ///   - classID: What packets are tagged with.
    ///   - priorities: Priority by interface.
    public init(classID: UInt32? = nil, priorities: [InterfacePriority] = []) {
        self.classID = classID
        self.priorities = priorities
    }

    /// Reads class and priorities: the `network` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        classID = try object.optional("classID")
        priorities = try object.list("priorities")
    }

    /// Class and priorities as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("classID", classID)
        object.encode(nonEmpty: "priorities", priorities)
        return object.json
    }
}

/// Limits on one RDMA device (config-linux.md, RDMA).
public struct LinuxRdma: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Handles that can be opened.
    public var hcaHandles: UInt32?
    /// Objects that can be made.
    public var hcaObjects: UInt32?

    /// Limits on a device.
    ///
    /// - Parameters:
    ///   - hcaHandles: Handles that can be opened.
    ///   - hcaObjects: Objects that can be made.
    public init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
        self.hcaHandles = hcaHandles
        self.hcaObjects = hcaObjects
    }

    /// Reads the limits: a member of `rdma`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        hcaHandles = try object.optional("hcaHandles")
        hcaObjects = try object.optional("hcaObjects")
    }

    /// The limits as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("hcaHandles", hcaHandles)
        object.encode("hcaObjects", hcaObjects)
        return object.json
    }
}
