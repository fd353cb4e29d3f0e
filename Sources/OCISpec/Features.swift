public import JSON

/// What a runtime can do (features.md): the answer of the `features` verb.
///
/// A nil list or flag says "unknown"; an empty list says "none".
public struct Features: Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// The oldest version of the specification the runtime reads.
    public var ociVersionMin: String
    /// The newest version of the specification the runtime reads.
    public var ociVersionMax: String
    /// Hook phases it runs.
    public var hooks: [String]?
    /// Mount options it knows, without those that file systems take as data.
    public var mountOptions: [String]?
    /// What is particular to Linux.
    public var linux: LinuxFeatures?
    /// Free data about the runtime, such as its version.
    public var annotations: [String: String]
    /// Annotations of a configuration that can change what the runtime does; one that ends with `.` is a prefix.
    public var potentiallyUnsafeConfigAnnotations: [String]?

    /// What a runtime can do.
    ///
    /// - Parameters:
    ///   - ociVersionMin: The oldest version it reads.
    ///   - ociVersionMax: The newest version it reads.
    ///   - hooks: Hook phases.
    ///   - mountOptions: Mount options.
    ///   - linux: What is particular to Linux.
    ///   - annotations: Free data.
    ///   - potentiallyUnsafeConfigAnnotations: Annotations that change what it does.
    public init(
        ociVersionMin: String = "1.0.0", ociVersionMax: String = Spec.supportedVersion, hooks: [String]? = nil,
        mountOptions: [String]? = nil, linux: LinuxFeatures? = nil, annotations: [String: String] = [:],
        potentiallyUnsafeConfigAnnotations: [String]? = nil
    ) {
        self.ociVersionMin = ociVersionMin
        self.ociVersionMax = ociVersionMax
        self.hooks = hooks
        self.mountOptions = mountOptions
        self.linux = linux
        self.annotations = annotations
        self.potentiallyUnsafeConfigAnnotations = potentiallyUnsafeConfigAnnotations
    }

    /// Reads a runtime's answer: the features object.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let object = try json.asObject()
        ociVersionMin = try object.required("ociVersionMin")
        ociVersionMax = try object.required("ociVersionMax")
        hooks = try object.optional("hooks")
        mountOptions = try object.optional("mountOptions")
        linux = try object.optional("linux")
        annotations = try object.table("annotations")
        potentiallyUnsafeConfigAnnotations = try object.optional("potentiallyUnsafeConfigAnnotations")
    }

    /// The answer as a value.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("ociVersionMin", ociVersionMin)
        object.encode("ociVersionMax", ociVersionMax)
        object.encode("hooks", hooks)
        object.encode("mountOptions", mountOptions)
        object.encode("linux", linux)
        object.encode(nonEmpty: "annotations", annotations)
        object.encode("potentiallyUnsafeConfigAnnotations", potentiallyUnsafeConfigAnnotations)
        return object.json
    }
}
