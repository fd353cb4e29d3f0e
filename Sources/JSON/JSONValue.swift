/// A value read from JSON text, with the place it was read from.
public struct JSONValue: Sendable {
    /// What the value is.
    public let content: Content
    /// Offset in bytes of the value's first byte in the text it came from; 0 for a value made in memory.
    public let offset: Int

    /// The six kinds of value of RFC 8259.
    public enum Content: Sendable {
        /// The literal `null`.
        case null
        /// `true` or `false`.
        case bool(Bool)
        /// A number without fraction or exponent that fits 64 bits, signed.
        case integer(Int64)
        /// A number without fraction or exponent above `Int64.max` that fits 64 bits, unsigned.
        case unsigned(UInt64)
        /// Every other number.
        case real(Double)
        /// A string, its escapes resolved.
        case string(String)
        /// An array.
        case array([JSONValue])
        /// An object.
        case object(JSONObject)
    }

    /// A value with the place it was read from.
    ///
    /// - Parameters:
    ///   - content: What the value is.
    ///   - offset: Its first byte in the text it came from.
    public init(_ content: Content, offset: Int = 0) {
        self.content = content
        self.offset = offset
    }

    /// The kind in a word, as error messages name it.
    public var kindName: String {
        switch content {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .unsigned, .real: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object, in the order of the text; no key stands twice.
public struct JSONObject: Sendable {
    /// One member of an object.
    public struct Member: Sendable {
        /// The member's name, its escapes resolved.
        public let key: String
        /// Offset in bytes of the name's opening quote; 0 for a member made in memory.
        public let keyOffset: Int
        /// The member's value.
        public let value: JSONValue

        /// A member with the place of its name.
        ///
        /// - Parameters:
        ///   - key: The member's name.
        ///   - value: Its value.
        ///   - keyOffset: The name's first byte in the text it came from.
        public init(key: String, value: JSONValue, keyOffset: Int = 0) {
            self.key = key
            self.keyOffset = keyOffset
            self.value = value
        }
    }

    /// The members, in the order of the text.
    public private(set) var members: [Member]
    /// Offset in bytes of the opening brace; 0 for an object made in memory.
    public let offset: Int

    /// An object of the given members.
    ///
    /// - Parameters:
    ///   - members: The members; the caller vouches that no key stands twice.
    ///   - offset: The opening brace in the text they came from.
    public init(_ members: [Member] = [], offset: Int = 0) {
        self.members = members
        self.offset = offset
    }

    /// The value of a key, or nil where the object has no such member.
    ///
    /// - Parameter key: The name to look for.
    public subscript(key: String) -> JSONValue? {
        // Objects of a configuration have a handful of members: a scan beats a table.
        for member in members where member.key == key { return member.value }
        return nil
    }

    /// Adds a member at the end; for building objects to write.
    ///
    /// - Parameters:
    ///   - key: A name that the object does not have yet.
    ///   - value: Its value.
    public mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
    }
}
