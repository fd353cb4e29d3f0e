public import JSON

/// Limits on input and output of block devices (config-linux.md, Block IO).
public struct LinuxBlockIO: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// Share beside other groups, 10 to 1000.
    public var weight: UInt16?
    /// Share of the group's own tasks beside its children; cgroup v1 only.
    public var leafWeight: UInt16?
    /// Share by device.
    public var weightDevice: [LinuxWeightDevice]
    /// Bytes read a second, by device.
    public var throttleReadBpsDevice: [LinuxThrottleDevice]
    /// Bytes written a second, by device.
    public var throttleWriteBpsDevice: [LinuxThrottleDevice]
    /// Reads a second, by device.
    public var throttleReadIOPSDevice: [LinuxThrottleDevice]
    /// Writes a second, by device.
    public var throttleWriteIOPSDevice: [LinuxThrottleDevice]

    /// Limits on input and output.
    ///
    /// - Parameters:
    ///   - weight: Share beside other groups.
    ///   - leafWeight: Share of the group's own tasks.
    ///   - weightDevice: Share by device.
    ///   - throttleReadBpsDevice: Bytes read a second.
    ///   - throttleWriteBpsDevice: Bytes written a second.
    ///   - throttleReadIOPSDevice: Reads a second.
    ///   - throttleWriteIOPSDevice: Writes a second.
    public init(
        weight: UInt16? = nil, leafWeight: UInt16? = nil, weightDevice: [LinuxWeightDevice] = [],
        throttleReadBpsDevice: [LinuxThrottleDevice] = [], throttleWriteBpsDevice: [LinuxThrottleDevice] = [],
        throttleReadIOPSDevice: [LinuxThrottleDevice] = [], throttleWriteIOPSDevice: [LinuxThrottleDevice] = []
    ) {
        self.weight = weight
        self.leafWeight = leafWeight
        self.weightDevice = weightDevice
        self.throttleReadBpsDevice = throttleReadBpsDevice
        self.throttleWriteBpsDevice = throttleWriteBpsDevice
        self.throttleReadIOPSDevice = throttleReadIOPSDevice
        self.throttleWriteIOPSDevice = throttleWriteIOPSDevice
    }

    /// Reads the limits: the `blockIO` object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        weight = try object.optional("weight")
        leafWeight = try object.optional("leafWeight")
        weightDevice = try object.list("weightDevice")
        throttleReadBpsDevice = try object.list("throttleReadBpsDevice")
        throttleWriteBpsDevice = try object.list("throttleWriteBpsDevice")
        throttleReadIOPSDevice = try object.list("throttleReadIOPSDevice")
        throttleWriteIOPSDevice = try object.list("throttleWriteIOPSDevice")
    }

    /// The limits as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("weight", weight)
        object.encode("leafWeight", leafWeight)
        object.encode(nonEmpty: "weightDevice", weightDevice)
        object.encode(nonEmpty: "throttleReadBpsDevice", throttleReadBpsDevice)
        object.encode(nonEmpty: "throttleWriteBpsDevice", throttleWriteBpsDevice)
        object.encode(nonEmpty: "throttleReadIOPSDevice", throttleReadIOPSDevice)
        object.encode(nonEmpty: "throttleWriteIOPSDevice", throttleWriteIOPSDevice)
        return object.json
    }
}

/// The share of one block device.
public struct LinuxWeightDevice: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The device's major number.
    public var major: Int64
    /// The device's minor number.
    public var minor: Int64
    /// Share beside other groups, 10 to 1000.
    public var weight: UInt16?
    /// Share of the group's own tasks beside its children; cgroup v1 only.
    public var leafWeight: UInt16?

    /// The share of a device.
    ///
    /// - Parameters:
    ///   - major: Major number.
    ///   - minor: Minor number.
    ///   - weight: Share beside other groups.
    ///   - leafWeight: Share of the group's own tasks.
    public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
        self.major = major
        self.minor = minor
        self.weight = weight
        self.leafWeight = leafWeight
    }

    /// Reads the share: an element of `weightDevice`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        major = try object.required("major")
        minor = try object.required("minor")
        weight = try object.optional("weight")
        leafWeight = try object.optional("leafWeight")
    }

    /// The share as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("major", major)
        object.encode("minor", minor)
        object.encode("weight", weight)
        object.encode("leafWeight", leafWeight)
        return object.json
    }
}

/// A rate on one block device.
public struct LinuxThrottleDevice: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The device's major number.
    public var major: Int64
    /// The device's minor number.
    public var minor: Int64
    /// Bytes or operations a second; 0 for no limit.
    public var rate: UInt64

    /// A rate on a device.
    ///
    /// - Parameters:
    ///   - major: Major number.
    ///   - minor: Minor number.
    ///   - rate: Bytes or operations a second.
    public init(major: Int64, minor: Int64, rate: UInt64) {
        self.major = major
        self.minor = minor
        self.rate = rate
    }

    /// Reads the rate: an element of one of the throttle lists.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        major = try object.required("major")
        minor = try object.required("minor")
        rate = try object.required("rate")
    }

    /// The rate as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("major", major)
        object.encode("minor", minor)
        object.encode("rate", rate)
        return object.json
    }
}
