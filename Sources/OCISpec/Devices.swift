public import JSON

/// A device node to make in the container (config-linux.md, Devices; mknod(2)).
public struct LinuxDevice: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What kind of node.
    public var type: Kind
    /// Where, absolute inside the container.
    public var path: String
    /// Major number; nil for a FIFO.
    public var major: Int64?
    /// Minor number; nil for a FIFO.
    public var minor: Int64?
    /// Permission bits; nil leaves the choice to the runtime.
    public var fileMode: UInt32?
    /// Owner, as the container counts; nil is 0.
    public var uid: UInt32?
    /// Group, as the container counts; nil is 0.
    public var gid: UInt32?

    /// The kinds of node mknod(1) makes.
    public enum Kind: String, Keyword {
        /// A character device.
        case character = "c"
        /// An unbuffered character device, the same on Linux.
        case unbuffered = "u"
        /// A block device.
        case block = "b"
        /// A FIFO.
        case fifo = "p"

        /// What the words stand for.
        public static var kind: String { "device type" }
    }

    /// A device node.
    ///
    /// - Parameters:
    ///   - type: What kind of node.
    ///   - path: Where.
    ///   - major: Major number.
    ///   - minor: Minor number.
    ///   - fileMode: Permission bits.
    ///   - uid: Owner.
    ///   - gid: Group.
    public init(
        _ type: Kind, path: String, major: Int64? = nil, minor: Int64? = nil, fileMode: UInt32? = nil,
        uid: UInt32? = nil, gid: UInt32? = nil
    ) {
        self.type = type
        self.path = path
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        self.uid = uid
        self.gid = gid
    }

    /// Reads a device node: an element of `devices`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        type = try object.required("type")
        path = try object.required("path")
        major = try object.optional("major")
        minor = try object.optional("minor")
        fileMode = try object.optional("fileMode")
        uid = try object.optional("uid")
        gid = try object.optional("gid")
    }

    /// The device node as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("type", type)
        object.encode("path", path)
        object.encode("major", major)
        object.encode("minor", minor)
        object.encode("fileMode", fileMode)
        object.encode("uid", uid)
        object.encode("gid", gid)
        return object.json
    }
}

/// One rule on which devices the container may use; later rules override earlier ones (config-linux.md, Allowed Device
/// list).
public struct LinuxDeviceRule: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Whether the rule allows or denies.
    public var allow: Bool
    /// Which kind of device; nil is all.
    public var type: Kind?
    /// Major number; nil is any, and so is -1 as engines write it.
    public var major: Int64?
    /// Minor number; nil is any, and so is -1 as engines write it.
    public var minor: Int64?
    /// What for: of the letters `r` (read), `w` (write), `m` (make the node); nil is all.
    public var access: String?

    /// The kinds of device a rule can be about.
    public enum Kind: String, Keyword {
        /// Every device.
        case all = "a"
        /// Character devices.
        case character = "c"
        /// Block devices.
        case block = "b"

        /// What the words stand for.
        public static var kind: String { "device type" }
    }

    /// A rule on devices.
    ///
    /// - Parameters:
    ///   - allow: Whether it allows or denies.
    ///   - type: Which kind of device.
    ///   - major: Major number.
    ///   - minor: Minor number.
    ///   - access: What for.
    public init(
        allow: Bool, type: Kind? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil
    ) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// Reads a rule: an element of `resources.devices`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        allow = try object.required("allow")
        type = try object.optional("type")
        major = try object.optional("major")
        minor = try object.optional("minor")
        access = try object.text("access")
    }

    /// The rule as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("allow", allow)
        object.encode("type", type)
        object.encode("major", major)
        object.encode("minor", minor)
        object.encode("access", access)
        return object.json
    }
}

/// How a network device of the host appears in the container (config-linux.md, Network Devices).
public struct LinuxNetDevice: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Its name inside; nil keeps the one it has outside.
    public var name: String?

    /// A network device.
    ///
    /// - Parameter name: Its name inside.
    public init(name: String? = nil) { self.name = name }

    /// Reads a network device: a member of `netDevices`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        name = try json.asObject().text("name")
    }

    /// The network device as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("name", name)
        return object.json
    }
}
