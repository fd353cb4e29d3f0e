public import JSON

/// The root file system of the container (config.md, Root).
public struct Root: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Directory of the root file system, absolute or relative to the bundle.
    public var path: String
    /// Whether it is mounted read-only inside.
    public var readonly: Bool

    /// A root file system.
    ///
    /// - Parameters:
    ///   - path: Its directory.
    ///   - readonly: Whether it is read-only inside.
    public init(path: String, readonly: Bool = false) {
        self.path = path
        self.readonly = readonly
    }

    /// Reads a root file system: the `root` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        path = try object.required("path")
        readonly = try object.flag("readonly")
    }

    /// The root file system as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("path", path)
        object.encode(flag: "readonly", readonly)
        return object.json
    }
}

/// One mount of the container (config.md, Mounts).
public struct Mount: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Where, inside the container; a relative path, which is deprecated, starts at the container's root too.
    public var destination: String
    /// File system type as in `/proc/filesystems`; nil, or anything, for a bind mount.
    public var type: String?
    /// A device, or the file or directory of a bind mount: absolute or relative to the bundle.
    public var source: String?
    /// Options as in fstab(5).
    public var options: [String]
    /// How the mount's user ids are mapped; needs `gidMappings` too (config-linux.md, mount options `idmap`).
    public var uidMappings: [IDMapping]
    /// How the mount's group ids are mapped; needs `uidMappings` too.
    public var gidMappings: [IDMapping]

    /// A mount.
    ///
    /// - Parameters:
    ///   - destination: Where, inside the container.
    ///   - type: File system type.
    ///   - source: What is mounted.
    ///   - options: Options as in fstab(5).
    ///   - uidMappings: How user ids are mapped.
    ///   - gidMappings: How group ids are mapped.
    public init(
        destination: String, type: String? = nil, source: String? = nil, options: [String] = [],
        uidMappings: [IDMapping] = [], gidMappings: [IDMapping] = []
    ) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
        self.uidMappings = uidMappings
        self.gidMappings = gidMappings
    }

    /// Reads a mount: an element of `mounts`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        destination = try object.required("destination")
        type = try object.text("type")
        source = try object.text("source")
        options = try object.list("options")
        uidMappings = try object.list("uidMappings")
        gidMappings = try object.list("gidMappings")
    }

    /// The mount as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("destination", destination)
        object.encode("type", type)
        object.encode("source", source)
        object.encode(nonEmpty: "options", options)
        object.encode(nonEmpty: "uidMappings", uidMappings)
        object.encode(nonEmpty: "gidMappings", gidMappings)
        return object.json
    }
}

/// A range of user or group ids of a container and the ids outside that stand for them (config-linux.md, User namespace
/// mappings).
public struct IDMapping: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// First id inside.
    public var containerID: UInt32
    /// First id outside.
    public var hostID: UInt32
    /// How many ids.
    public var size: UInt32

    /// A range of ids.
    ///
    /// - Parameters:
    ///   - containerID: First id inside.
    ///   - hostID: First id outside.
    ///   - size: How many ids.
    public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }

    /// Reads a range: an element of `uidMappings` or `gidMappings`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        containerID = try object.required("containerID")
        hostID = try object.required("hostID")
        size = try object.required("size")
    }

    /// The range as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("containerID", containerID)
        object.encode("hostID", hostID)
        object.encode("size", size)
        return object.json
    }
}
