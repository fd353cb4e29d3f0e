internal import AgentProfile
internal import JSON
internal import OCISpec

/// The limits of a run as a message names them: how much, and what to raise.
struct LimitNames {
    /// A limit, and where it is written down.
    struct Limit: JSONDecodable, JSONEncodable {
        let amount: String
        let place: String

        init(amount: String, place: String) {
            self.amount = amount
            self.place = place
        }

        init(json: JSONValue) throws(JSONDecodingError) {
            let object = try json.asObject()
            amount = try object.required("amount")
            place = try object.required("place")
        }

        var json: JSONValue {
            var object = JSONObject()
            object.encode("amount", amount)
            object.encode("place", place)
            return object.json
        }
    }

    var memory: Limit?
    var sessionMemory: Limit?
    var pids: Limit?
    /// The limits on time and output, by the last part of their name.
    var others: [String: Limit] = [:]
    /// Where a profile has a limit, by the place of the bundle that was made of it.
    private(set) var places: [String: String] = [:]

    /// The limits as they were kept with a plan.
    init(_ object: JSONObject) throws(JSONDecodingError) {
        memory = try object.optional("memory")
        sessionMemory = try object.optional("sessionMemory")
        pids = try object.optional("pids")
        others = try object.optional("others") ?? [:]
        places = try object.optional("places") ?? [:]
    }

    /// To be kept with a plan.
    var object: JSONObject {
        var object = JSONObject()
        object.encode("memory", memory)
        object.encode("sessionMemory", sessionMemory)
        object.encode("pids", pids)
        if !others.isEmpty { object.encode("others", others) }
        if !places.isEmpty { object.encode("places", places) }
        return object
    }

    /// The limits of a bundle.
    init(_ spec: Spec) {
        let resources = spec.linux?.resources
        for name in ["cpuTime", "output", "wallTime"] {
            let key = "dev.agentrt." + name
            if let value = spec.annotations[key].flatMap({ UInt64($0) }) {
                others[name] = Limit(amount: Self.text(name, value), place: "annotations." + key)
            }
        }
        if let bytes = resources?.memory?.limit {
            memory = Limit(amount: Quantity.memoryText(UInt64(clamping: bytes)), place: "linux.resources.memory.limit")
        } else if let text = resources?.unified["memory.max"] {
            memory = Limit(amount: text, place: "linux.resources.unified.memory.max")
        }
        if let limit = resources?.pids?.limit { pids = Limit(amount: "\(limit)", place: "linux.resources.pids.limit") }
    }

    /// The limits of a profile's call.
    init(_ policy: Policy) {
        let own = policy.resources
        memory = own.memory.map {
            Limit(amount: Quantity.memoryText($0), place: own.places["memory"] ?? "resources.memory")
        }
        pids = own.pids.map { Limit(amount: "\($0)", place: own.places["pids"] ?? "resources.pids") }
        for (name, value) in [("cpuTime", own.cpuTime), ("output", own.output), ("wallTime", own.wallTime)] {
            guard let value else { continue }
            others[name] = Limit(amount: Self.text(name, value), place: own.places[name] ?? "resources." + name)
        }
        let session = policy.sessionResources
        sessionMemory = session.memory.map {
            Limit(amount: Quantity.memoryText($0), place: session.places["memory"] ?? "resources.memory")
        }
        places["annotations.dev.agentrt.cpuTime"] = own.places["cpuTime"]
        for (name, keys) in [
            ("memory", ["memory.limit", "memory.swap"]), ("cpus", ["cpu.quota", "cpu.period"]),
            ("pids", ["pids.limit"]),
        ] {
            for key in keys {
                places["linux.resources." + key] = own.places[name]
                places["annotations.dev.agentrt.session.resources." + key] = session.places[name]
            }
        }
    }

    /// A message that names limits as a profile has them, not as the bundle that was made of it.
    ///
    /// - Parameter message: What the runtime said.
    /// - Returns: The message.
    func placed(_ message: String) -> String {
        var message = message
        for (place, name) in places {
            if let range = message.firstRange(of: place) { message.replaceSubrange(range, with: name) }
        }
        return message
    }

    private static func text(_ name: String, _ value: UInt64) -> String {
        name == "output" ? Quantity.memoryText(value) : Quantity.timeText(value)
    }
}
