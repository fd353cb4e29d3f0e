public import JSON

/// A value from a closed set of words, such as a namespace type or a seccomp action.
///
/// Decoding any other word is an error that names it and the words there are: what this runtime does not know it
/// cannot enforce, so nothing is guessed.
public protocol Keyword: RawRepresentable<String>, CaseIterable, Equatable, Sendable, JSONDecodable, JSONEncodable {
    /// What the words stand for, in the singular and without an article: `namespace type`.
    static var kind: String { get }
}

extension Keyword {
    /// Reads the word.
    ///
    /// - Parameter json: A string of the set.
    /// - Throws: ``JSONDecodingError`` for another kind of value and for a word outside the set.
    public init(json: JSONValue) throws(JSONDecodingError) {
        let word = try String(json: json)
        guard let value = Self(rawValue: word) else {
            throw JSONDecodingError("unknown \(Self.kind) \"\(word)\" (\(Self.suggestion(for: word)))", at: json.offset)
        }
        self = value
    }

    /// The word as a JSON string.
    public var json: JSONValue { rawValue.json }

    /// The known words, or the nearest of them where there are too many for one line.
    private static func suggestion(for word: String) -> String {
        let words = allCases.map(\.rawValue)
        if words.count <= 10 { return "known: " + words.joined(separator: ", ") }
        let nearest = words.min { editDistance($0, word) < editDistance($1, word) }
        return "nearest known: \(nearest ?? "none")"
    }
}
