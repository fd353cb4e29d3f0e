public import JSON

extension AllowList: JSONEncodable {
    /// `{"allow":["docs.python.org"]}`: the value of the annotation `dev.agentrt.network`.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("allow", targets.map(\.description))
        return object.json
    }

    /// Reads the value of the annotation.
    ///
    /// - Parameter text: The JSON text.
    /// - Throws: ``NetworkRuleError``, or an error of the JSON reader.
    public init(annotation text: some Collection<UInt8>) throws {
        let object = try JSONParser.parse(Array(text)).asObject()
        for member in object.members where member.key != "allow" {
            throw NetworkRuleError("unknown member \"\(member.key)\"")
        }
        let entries = try object.required("allow", as: [String].self)
        if entries.isEmpty { throw NetworkRuleError("allows nothing: leave it out") }
        var targets: [AllowedTarget] = []
        for entry in entries { targets.append(try AllowedTarget(entry)) }
        try self.init(targets)
    }
}
