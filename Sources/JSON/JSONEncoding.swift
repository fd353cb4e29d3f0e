/// A type that can be written as a JSON value.
public protocol JSONEncodable {
    /// The value to write.
    var json: JSONValue { get }
}

extension JSONObject {
    /// Adds a member where there is a value; nil writes nothing.
    ///
    /// - Parameters:
    ///   - key: A name that the object does not have yet.
    ///   - value: What to write.
    @inlinable
    public mutating func encode(_ key: String, _ value: (some JSONEncodable)?) {
        if let value { append(key, value.json) }
    }
}

extension JSONObject: JSONEncodable {
    /// The object as a value.
    public var json: JSONValue { JSONValue(.object(self), offset: offset) }
}

extension JSONValue: JSONEncodable {
    /// The value itself.
    public var json: JSONValue { self }
}

extension String: JSONEncodable {
    /// The string as a value.
    public var json: JSONValue { JSONValue(.string(self)) }
}

extension Bool: JSONEncodable {
    /// `true` or `false`.
    public var json: JSONValue { JSONValue(.bool(self)) }
}

extension JSONEncodable where Self: FixedWidthInteger {
    /// The number as a value.
    public var json: JSONValue {
        if let number = Int64(exactly: self) { return JSONValue(.integer(number)) }
        return JSONValue(.unsigned(UInt64(truncatingIfNeeded: self)))
    }
}

extension Int: JSONEncodable {}
extension Int32: JSONEncodable {}
extension Int64: JSONEncodable {}
extension UInt16: JSONEncodable {}
extension UInt32: JSONEncodable {}
extension UInt64: JSONEncodable {}

extension Double: JSONEncodable {
    /// The number as a value.
    public var json: JSONValue { JSONValue(.real(self)) }
}

extension Array: JSONEncodable where Element: JSONEncodable {
    /// The elements, in order.
    public var json: JSONValue { JSONValue(.array(map { $0.json })) }
}

extension Dictionary: JSONEncodable where Key == String, Value: JSONEncodable {
    /// The members, sorted by key so that the same dictionary gives the same bytes.
    public var json: JSONValue {
        // As members first: lists of these are known to Swift's runtime, lists of this dictionary's elements are not.
        var members: [JSONObject.Member] = []
        for (key, value) in self { members.append(JSONObject.Member(key: key, value: value.json)) }
        members.sort { $0.key < $1.key }
        return JSONValue(.object(JSONObject(members)))
    }
}
