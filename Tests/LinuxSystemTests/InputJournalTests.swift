import Testing

@testable import LinuxSystem

/// What a computation looked at, and whether it is as it was. One at a time: there is one journal in a process.
@Suite(.serialized) struct InputJournalTests {
    private let place: TemporaryDirectory

    init() throws {
        place = try TemporaryDirectory()
        try place.write("one\n", to: "file")
        try makeDirectory(place.path + "/directory")
        try makeDirectory(place.path + "/listed")
        try place.open().makeSymbolicLink(to: "file", "link")
    }

    private func holds(_ text: [UInt8], _ variables: [String: String] = ["SET": "value"]) -> Bool {
        InputJournal.isCurrent(text[...]) { variables[$0] }
    }

    /// Looks at everything once, and gives the journal as text.
    private func journal() throws -> [UInt8] {
        let (_, journal) = try InputJournal.keep {
            _ = try readFile(place.path + "/file")
            _ = try fileStatus(place.path + "/directory")
            _ = try fileStatus(place.path + "/missing")
            _ = try directoryEntries(place.path + "/listed")
            _ = try linkTarget(place.path + "/link")
            InputJournal.note(variable: "SET", "value")
            InputJournal.note(variable: "UNSET", nil)
        }
        return try #require(journal.text)
    }

    @Test func whatIsAsItWasHolds() throws {
        let text = try journal()
        #expect(holds(text))
        // What was passed through may change in itself.
        try place.write("", to: "directory/new")
        #expect(holds(text))
    }

    @Test func aFileThatWasWritten() throws {
        let text = try journal()
        try place.write("two\n", to: "file")
        #expect(!holds(text))
    }

    @Test func aFileThatCame() throws {
        let text = try journal()
        try place.write("", to: "missing")
        #expect(!holds(text))
    }

    @Test func aNameInADirectoryThatWasListed() throws {
        let text = try journal()
        try place.write("", to: "listed/new")
        #expect(!holds(text))
    }

    @Test func anotherLinkInThePlace() throws {
        let text = try journal()
        try place.open().removeFile("link")
        try place.open().makeSymbolicLink(to: "file", "link")
        #expect(!holds(text))
    }

    @Test func anotherDirectoryInThePlace() throws {
        let text = try journal()
        try place.open().rename("directory", to: "old")
        try makeDirectory(place.path + "/directory")
        #expect(!holds(text))
    }

    @Test func otherPermissions() throws {
        let text = try journal()
        try place.open().changeMode("directory", 0o700)
        #expect(!holds(text))
    }

    @Test(arguments: [["SET": "other"], [:], ["SET": "value", "UNSET": ""]]) func variables(_ now: [String: String])
        throws
    {
        #expect(!holds(try journal(), now))
    }

    @Test func aTextThatIsDamaged() throws {
        let text = try journal()
        for length in 1..<text.count where text[length - 1] != UInt8(ascii: "\n") {
            #expect(!holds(Array(text[..<length])))
        }
        for letter in ["X", "F", "V", "\n"] { #expect(!holds(Array(letter.utf8) + text)) }
    }

    @Test func whatChangedRightBeforeIsNotSettled() throws {
        let (_, journal) = try InputJournal.keep { _ = try readFile(place.path + "/file") }
        #expect(!journal.isSettled)
        let (_, settled) = try InputJournal.keep { _ = try readFile("/etc/passwd") }
        #expect(settled.isSettled)
    }

    @Test func aFileThatChangesMeanwhile() throws {
        let (_, journal) = try InputJournal.keep {
            _ = try readFile(place.path + "/file")
            try place.open().removeFile("file")
            _ = try fileStatus(place.path + "/file")
        }
        #expect(journal.text == nil)
    }
}
