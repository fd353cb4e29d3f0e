internal import JSON

extension JSONObject {
    /// The text of a key, or nil where it is missing or empty.
    ///
    /// Writers in Go cannot tell an empty string from an absent one, and no field of the specification gives the empty
    /// string a meaning of its own.
    func text(_ key: String) throws(JSONDecodingError) -> String? {
        guard let text = try optional(key, as: String.self), !text.isEmpty else { return nil }
        return text
    }

    /// The elements of a key; none where it is missing.
    func list<Element: JSONDecodable>(_ key: String) throws(JSONDecodingError) -> [Element] {
        try optional(key) ?? []
    }

    /// The members of a key whose own keys are free; none where it is missing.
    func table<Value: JSONDecodable>(_ key: String) throws(JSONDecodingError) -> [String: Value] {
        try optional(key) ?? [:]
    }

    /// Whether a key is there and true.
    func flag(_ key: String) throws(JSONDecodingError) -> Bool { try optional(key) ?? false }

    /// Adds a member unless its list or table is empty.
    mutating func encode(nonEmpty key: String, _ value: some JSONEncodable & Collection) {
        if !value.isEmpty { append(key, value.json) }
    }

    /// Adds a member where it is true; absent means false.
    mutating func encode(flag key: String, _ value: Bool) {
        if value { append(key, value.json) }
    }
}
