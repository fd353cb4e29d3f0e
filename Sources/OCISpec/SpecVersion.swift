internal import JSON

/// Refuses what is not a version of the specification this module implements: SemVer, 1.0.0 to 1.3.x, also with a
/// pre-release or build suffix (config.md, Specification version).
func checkVersion(_ key: String, _ text: String) throws(JSONDecodingError) {
    guard let version = SemanticVersion(text) else {
        throw refusal(key, "\"\(text)\" is not a version such as \(Spec.supportedVersion)")
    }
    if version.major == 1, version.minor <= 3 { return }
    let relation = version.major < 1 ? "older" : "newer"
    throw refusal(key, "\(text) is \(relation) than what is supported: 1.0.0 to 1.3.x")
}

/// The first two numbers of a version as SemVer 2.0 writes it: `1.2.3`, `1.2.3-rc.1`, `1.2.3+build`.
///
/// Read byte by byte: it is the first check of every start.
private struct SemanticVersion {
    let major: Int
    let minor: Int

    init?(_ text: String) {
        var rest = text.utf8[...]
        guard let major = Self.number(&rest), Self.take(".", from: &rest), let minor = Self.number(&rest),
            Self.take(".", from: &rest), Self.number(&rest) != nil
        else { return nil }
        if Self.take("-", from: &rest), !Self.takeIdentifiers(from: &rest) { return nil }
        if Self.take("+", from: &rest), !Self.takeIdentifiers(from: &rest) { return nil }
        guard rest.isEmpty else { return nil }
        self.major = major
        self.minor = minor
    }

    /// Takes a number without sign or leading zero; nil where there is none.
    private static func number(_ rest: inout Substring.UTF8View) -> Int? {
        let isZero = rest.first == UInt8(ascii: "0")
        var number: Int?
        while let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            if isZero, number != nil { return nil }
            let (tens, overflows) = (number ?? 0).multipliedReportingOverflow(by: 10)
            let (sum, isTooMuch) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if overflows || isTooMuch { return nil }
            number = sum
            rest.removeFirst()
        }
        return number
    }

    /// Takes one character, if it is there.
    private static func take(_ character: Unicode.Scalar, from rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// Takes words of letters, digits and hyphens with dots between them; false where one is empty.
    private static func takeIdentifiers(from rest: inout Substring.UTF8View) -> Bool {
        repeat {
            let length = rest.count
            while let byte = rest.first, isIdentifierByte(byte) { rest.removeFirst() }
            if rest.count == length { return false }
        } while take(".", from: &rest)
        return true
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
