public import JSON

/// What a host can or cannot do, found out by doing it.
public struct Finding: Equatable, Sendable {
    /// How it came out.
    public enum Outcome: String, Sendable {
        /// It works.
        case yes
        /// It does not.
        case no
        /// It could not be tried, or does not concern this user.
        case notTried = "-"
    }

    /// What was tried.
    public var name: String
    /// How it came out.
    public var outcome: Outcome
    /// What was found: a version, a reason.
    public var detail: String
    /// What makes it work, where that is known.
    public var remedy: String?
    /// Whether a profile's sandbox needs it.
    public var isNeeded: Bool

    static func yes(_ name: String, _ detail: String, isNeeded: Bool = false) -> Finding {
        Finding(name: name, outcome: .yes, detail: detail, isNeeded: isNeeded)
    }

    static func no(_ name: String, _ detail: String, _ remedy: String? = nil, isNeeded: Bool = false) -> Finding {
        Finding(name: name, outcome: .no, detail: detail, remedy: remedy, isNeeded: isNeeded)
    }

    static func notTried(_ name: String, _ detail: String) -> Finding {
        Finding(name: name, outcome: .notTried, detail: detail, isNeeded: false)
    }

    /// Whether it stands in the way of a sandbox.
    public var isObstacle: Bool { isNeeded && outcome == .no }
}

extension Finding: JSONEncodable {
    /// The finding as an object.
    public var json: JSONValue {
        var object = JSONObject()
        object.encode("name", name)
        object.encode("result", outcome == .notTried ? "notTried" : outcome.rawValue)
        object.encode("needed", isNeeded)
        object.encode("detail", detail)
        object.encode("remedy", remedy)
        return object.json
    }
}
