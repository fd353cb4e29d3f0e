internal import JSON

/// A part of a configuration that can say what is wrong with it beyond what its types rule out.
protocol Validatable {
    /// Checks the part and what is below it.
    ///
    /// - Throws: ``JSONDecodingError`` with the path below this part.
    func validate() throws(JSONDecodingError)
}

extension Validatable {
    /// Checks the part as the member `key` of the one above.
    func validate(as key: String) throws(JSONDecodingError) {
        do throws(JSONDecodingError) { try validate() } catch { throw error.below(key) }
    }
}

extension Array where Element: Validatable {
    /// Checks the elements as those of the member `key`.
    func validate(as key: String) throws(JSONDecodingError) {
        for (index, element) in enumerated() {
            do throws(JSONDecodingError) { try element.validate() } catch { throw error.below(index).below(key) }
        }
    }
}

/// An error about the member `key`: `key: message`.
func refusal(_ key: String, _ message: String) -> JSONDecodingError {
    JSONDecodingError(message, at: 0, path: key)
}

/// Refuses a text with a NUL byte: the kernel would see only what is before it.
func checkText(_ key: String, _ text: String?) throws(JSONDecodingError) {
    if let text, text.utf8.contains(0) { throw refusal(key, "contains a NUL byte") }
}

/// Refuses a list in which a text has a NUL byte.
func checkTexts(_ key: String, _ texts: [String]) throws(JSONDecodingError) {
    for (index, text) in texts.enumerated() where text.utf8.contains(0) {
        throw refusal("\(key)[\(index)]", "contains a NUL byte")
    }
}

/// Refuses a table with an empty name or a NUL byte in a name or value.
func checkTable(_ key: String, _ table: [String: String]) throws(JSONDecodingError) {
    if table.isEmpty { return }
    for (name, value) in table.sorted(by: { $0.key < $1.key }) {
        if name.isEmpty { throw refusal(key, "a key is empty") }
        if name.utf8.contains(0) { throw refusal(key, "a key contains a NUL byte") }
        if value.utf8.contains(0) { throw refusal("\(key).\(name)", "contains a NUL byte") }
    }
}

/// Refuses a path that does not start at the root, or has a NUL byte.
func checkAbsolute(_ key: String, _ path: String) throws(JSONDecodingError) {
    try checkText(key, path)
    if path.isEmpty { throw refusal(key, "is empty") }
    if !path.isAbsolutePath { throw refusal(key, "\"\(path)\" is not an absolute path") }
}

/// Refuses a list with a path that does not start at the root, or has a NUL byte.
func checkAbsolute(_ key: String, _ paths: [String]) throws(JSONDecodingError) {
    for (index, path) in paths.enumerated() {
        do throws(JSONDecodingError) { try checkAbsolute("", path) } catch {
            throw JSONDecodingError(error.message, at: 0, path: "\(key)[\(index)]")
        }
    }
}

/// Refuses a user or group id that a signed 32-bit number cannot hold: programs that read it as one, as several engines
/// did (CVE-2024-40635), end up with another id, such as root's.
func checkID(_ key: String, _ id: UInt32?) throws(JSONDecodingError) {
    if let id, id > UInt32(Int32.max) { throw refusal(key, "\(id) is above \(Int32.max)") }
}

/// Refuses anything but a list such as `0-3,7`; what it lists are `what`.
func checkNumberList(_ key: String, _ text: String?, of what: String) throws(JSONDecodingError) {
    guard let text else { return }
    let isValid = text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
        let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = ends.compactMap { end in
            end.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? UInt32(end) : nil
        }
        guard numbers.count == ends.count, let first = numbers.first, let last = numbers.last else { return false }
        return first <= last
    }
    if !isValid { throw refusal(key, "\"\(text)\" is not a list of \(what) such as 0-3,7") }
}

extension String {
    /// Whether the text starts with a slash; by bytes, so that a combining character after it changes nothing.
    var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }
}
