import JSON

/// A JSON value that a test writes as a literal and changes in place: `config["process"]["user"]["uid"] = 1000`.
///
/// Members come into being when they are set, and go when they are set to nil.
enum Node: Equatable {
    case null
    case bool(Bool)
    case number(Int)
    case real(Double)
    case text(String)
    case list([Node])
    case object([String: Node])

    /// A member of an object; nil for every other value.
    subscript(key: String) -> Node {
        get {
            guard case .object(let members) = self else { return .null }
            return members[key] ?? .null
        }
        set {
            var members: [String: Node] = [:]
            if case .object(let present) = self { members = present }
            members[key] = newValue == .null ? nil : newValue
            self = .object(members)
        }
    }

    /// An element of a list; nil for every other value and beyond its end.
    subscript(index: Int) -> Node {
        get { elements.indices.contains(index) ? elements[index] : .null }
        set {
            var elements = elements
            elements[index] = newValue
            self = .list(elements)
        }
    }

    /// The elements of a list; empty for every other value.
    var elements: [Node] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }

    /// The names of an object's members; empty for every other value.
    var keys: Set<String> {
        guard case .object(let members) = self else { return [] }
        return Set(members.keys)
    }

    /// The string; nil for every other value.
    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    /// The whole number; nil for every other value.
    var number: Int? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// Adds an element at the end of a list, or begins one.
    mutating func append(_ element: Node) { self = .list(elements + [element]) }

    /// Takes the elements out for which the predicate holds.
    mutating func removeAll(where predicate: (Node) -> Bool) { self = .list(elements.filter { !predicate($0) }) }
}

extension Node: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(nilLiteral: ()) { self = .null }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(floatLiteral value: Double) { self = .real(value) }
    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: Node...) { self = .list(elements) }
    init(dictionaryLiteral members: (String, Node)...) {
        self = .object(Dictionary(members) { _, last in last })
    }

    /// A list of strings.
    init(_ strings: [String]) { self = .list(strings.map(Node.text)) }
}

extension Node: JSONEncodable {
    var json: JSONValue {
        switch self {
        case .null: JSONValue(.null)
        case .bool(let value): value.json
        case .number(let value): value.json
        case .real(let value): value.json
        case .text(let value): value.json
        case .list(let values): values.json
        case .object(let members): members.json
        }
    }

    /// Reads JSON text.
    init(parsing text: String) throws { self.init(try JSONParser.parse(Array(text.utf8))) }

    private init(_ value: JSONValue) {
        switch value.content {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .number(Int(value))
        case .unsigned(let value): self = .real(Double(value))
        case .real(let value): self = .real(value)
        case .string(let value): self = .text(value)
        case .array(let values): self = .list(values.map(Node.init))
        case .object(let object):
            self = .object(Dictionary(object.members.map { ($0.key, Node($0.value)) }) { _, last in last })
        }
    }
}
