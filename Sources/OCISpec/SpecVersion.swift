internal import JSON

/// Refuses what is not a version of the specification this module implements: SemVer, 1.0.0 to 1.3.x, also with a
/// pre-release or build suffix (config.md, Specification version).
func checkVersion(_ key: String, _ text: String) throws(JSONDecodingError) {
    guard let (major, minor) = semanticVersion(text) else {
        throw refusal(key, "\"\(text)\" is not a version such as \(Spec.supportedVersion)")
    }
    if major == 1, minor <= 3 { return }
    let isOlder = major < 1
    throw refusal(key, "\(text) is \(isOlder ? "older" : "newer") than what is supported: 1.0.0 to 1.3.x")
}

/// The first two numbers of a SemVer 2.0 version, or nil where the text is not one.
private func semanticVersion(_ text: String) -> (major: Int, minor: Int)? {
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, !isDottedWord(parts[1]) { return nil }
    let release = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if release.count == 2, !isDottedWord(release[1]) { return nil }
    let numbers = release[0].split(separator: ".", omittingEmptySubsequences: false).compactMap(versionNumber)
    guard numbers.count == 3, release[0].utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 else { return nil }
    return (numbers[0], numbers[1])
}

/// A number without sign or leading zero.
private func versionNumber(_ text: Substring) -> Int? {
    let isPlain = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    guard isPlain, text == "0" || text.utf8.first != UInt8(ascii: "0") else { return nil }
    return Int(text)
}

/// Whether a text is identifiers of letters, digits and hyphens with dots between them.
private func isDottedWord(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
        !word.isEmpty
            && word.unicodeScalars.allSatisfy {
                ("a"..."z") ~= $0 || ("A"..."Z") ~= $0 || ("0"..."9") ~= $0 || $0 == "-"
            }
    }
}
