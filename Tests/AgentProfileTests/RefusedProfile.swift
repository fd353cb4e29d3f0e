import Testing

@testable import AgentProfile

/// A profile's text and the line that it is refused with, after the file's name.
struct RefusedProfile: Sendable, CustomTestStringConvertible {
    let profile: String
    let line: String

    init(_ profile: String, _ line: String) {
        self.profile = profile
        self.line = line
    }

    var testDescription: String { line }

    /// Reads the text and compares what comes of it.
    func check() {
        do {
            _ = try ProfileFile.parse(Array(profile.utf8), path: "p.json")
            Issue.record("read: \(profile)")
        } catch {
            #expect("\(error)" == "p.json:" + line)
        }
    }
}
