import JSON

/// The value of a text, read as plain JSON unless said otherwise.
func parsed(_ text: String, comments: Bool = false, depth: Int = 128) throws(JSONSyntaxError) -> JSONValue {
    try parsed(Array(text.utf8), comments: comments, depth: depth)
}

/// The value of bytes that need not be UTF-8.
func parsed(_ bytes: [UInt8], comments: Bool = false, depth: Int = 128) throws(JSONSyntaxError) -> JSONValue {
    try JSONParser.parse(bytes, options: JSONParser.Options(allowsComments: comments, maximumDepth: depth))
}

/// The text of the error that reading causes, or nil.
func syntaxError(_ bytes: [UInt8], comments: Bool = false, depth: Int = 128) -> String? {
    do throws(JSONSyntaxError) {
        _ = try parsed(bytes, comments: comments, depth: depth)
        return nil
    } catch {
        return error.description
    }
}

/// The text of the error that reading causes, or nil.
func syntaxError(_ text: String, comments: Bool = false, depth: Int = 128) -> String? {
    syntaxError(Array(text.utf8), comments: comments, depth: depth)
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
