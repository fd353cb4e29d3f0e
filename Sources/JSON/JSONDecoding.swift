/// A value that is well-formed JSON but not what was asked for.
public struct JSONDecodingError: Error, CustomStringConvertible, Sendable {
    /// The way from the root to the value: `linux.mounts[3].options`; empty at the root.
    public private(set) var path: String
    /// What is wrong, in lower case and without a full stop.
    public let message: String
    /// Offset in bytes of the value in the text it came from.
    public let offset: Int

    /// An error at a value; the path is added on the way up.
    ///
    /// - Parameters:
    ///   - message: What is wrong.
    ///   - offset: The value's first byte.
    ///   - path: The path below the value, where the message is about a part of it.
    public init(_ message: String, at offset: Int, path: String = "") {
        self.message = message
        self.offset = offset
        self.path = path
    }

    /// `path: message`, on one line.
    public var description: String { (path.isEmpty ? message : "\(path): \(message)").onOneLine }

    /// The same error seen from one level up: below the member `key`.
    ///
    /// - Parameter key: The member's name.
    /// - Returns: The error with the longer path.
    public func below(_ key: String) -> JSONDecodingError {
        var error = self
        error.path = path.isEmpty ? key : path.hasPrefix("[") ? key + path : key + "." + path
        return error
    }

    /// The same error seen from one level up: below element `index`.
    ///
    /// - Parameter index: The element, from 0.
    /// - Returns: The error with the longer path.
    public func below(_ index: Int) -> JSONDecodingError { below("[\(index)]") }
}

/// A type that can be read from a JSON value.
public protocol JSONDecodable {
    /// Reads the value.
    /// - Throws: ``JSONDecodingError`` where it is not of the wanted form.
    init(json: JSONValue) throws(JSONDecodingError)
}

extension JSONValue {
    /// An error about this value: `expected WHAT, found KIND`.
    ///
    /// - Parameter what: What was wanted, with its article.
    /// - Returns: The error, to be thrown.
    public func expected(_ what: String) -> JSONDecodingError {
        JSONDecodingError("expected \(what), found \(kindName)", at: offset)
    }

    /// This value as an object.
    ///
    /// - Returns: The object.
    /// - Throws: ``JSONDecodingError`` for any other kind.
    public func asObject() throws(JSONDecodingError) -> JSONObject {
        guard case .object(let object) = content else { throw expected("an object") }
        return object
    }
}

// The readers of members, numbers and collections are inlinable: a configuration is read once, cold, and the generic code
// would spend more on looking up types and witnesses than the specialised code on reading.

extension JSONObject {
    /// The value of a key that may be missing; `null` counts as missing, as Go's encoders write it.
    ///
    /// - Parameters:
    ///   - key: The member's name.
    ///   - type: What to read it as.
    /// - Returns: The value, or nil.
    /// - Throws: ``JSONDecodingError`` with its path, where the value is of another form.
    @inlinable
    public func optional<Value: JSONDecodable>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(JSONDecodingError) -> Value? {
        guard let value = self[key] else { return nil }
        if case .null = value.content { return nil }
        do throws(JSONDecodingError) {
            return try Value(json: value)
        } catch {
            throw error.below(key)
        }
    }

    /// The value of a key that must be there.
    ///
    /// - Parameters:
    ///   - key: The member's name.
    ///   - type: What to read it as.
    /// - Returns: The value.
    /// - Throws: ``JSONDecodingError`` where it is missing or of another form.
    @inlinable
    public func required<Value: JSONDecodable>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(JSONDecodingError) -> Value {
        guard let value = try optional(key, as: type) else {
            throw JSONDecodingError("is missing", at: offset, path: key)
        }
        return value
    }
}

extension String: JSONDecodable {
    /// Reads a string.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .string(let text) = json.content else { throw json.expected("a string") }
        self = text
    }
}

extension Bool: JSONDecodable {
    /// Reads `true` or `false`.
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .bool(let value) = json.content else { throw json.expected("a boolean") }
        self = value
    }
}

extension JSONDecodable where Self: FixedWidthInteger {
    /// Reads a whole number that fits the type.
    @inlinable
    public init(json: JSONValue) throws(JSONDecodingError) {
        switch json.content {
        case .integer(let number):
            guard let exact = Self(exactly: number) else { throw Self.outOfRange("\(number)", json) }
            self = exact
        case .unsigned(let number):
            guard let exact = Self(exactly: number) else { throw Self.outOfRange("\(number)", json) }
            self = exact
        case .real(let number):
            throw JSONDecodingError("expected a whole number, found \(number)", at: json.offset)
        default: throw json.expected("a whole number")
        }
    }

    @usableFromInline
    static func outOfRange(_ number: String, _ json: JSONValue) -> JSONDecodingError {
        JSONDecodingError("\(number) is not between \(Self.min) and \(Self.max)", at: json.offset)
    }
}

extension Int: JSONDecodable {}
extension Int32: JSONDecodable {}
extension Int64: JSONDecodable {}
extension UInt16: JSONDecodable {}
extension UInt32: JSONDecodable {}
extension UInt64: JSONDecodable {}

extension Double: JSONDecodable {
    /// Reads any number.
    public init(json: JSONValue) throws(JSONDecodingError) {
        switch json.content {
        case .integer(let number): self = Double(number)
        case .unsigned(let number): self = Double(number)
        case .real(let number): self = number
        default: throw json.expected("a number")
        }
    }
}

extension Array: JSONDecodable where Element: JSONDecodable {
    /// Reads an array, element by element.
    @inlinable
    public init(json: JSONValue) throws(JSONDecodingError) {
        guard case .array(let values) = json.content else { throw json.expected("an array") }
        self = []
        reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            do throws(JSONDecodingError) {
                append(try Element(json: value))
            } catch {
                throw error.below(index)
            }
        }
    }
}

extension Dictionary: JSONDecodable where Key == String, Value: JSONDecodable {
    /// Reads an object whose keys are free, member by member.
    @inlinable
    public init(json: JSONValue) throws(JSONDecodingError) {
        self = [:]
        for member in try json.asObject().members {
            do throws(JSONDecodingError) {
                self[member.key] = try Value(json: member.value)
            } catch {
                throw error.below(member.key)
            }
        }
    }
}
