import Testing

@testable import LinuxSystem

/// Digests, and the comparison of files with what they were.
struct FilePinTests {
    // MARK: The digest

    /// FIPS 180-4's own examples, and lengths on both sides of what a block's padding takes.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
        (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
    func digests(_ text: String, _ digest: String) {
        for part in [1_000_000, 64, 63, 7] where text.utf8.count / part < 20_000 {
            var sum = SHA256()
            var bytes = ArraySlice(text.utf8)
            while !bytes.isEmpty {
                sum.update(Array(bytes.prefix(part)))
                bytes = bytes.dropFirst(part)
            }
            #expect(sum.digest() == digest, "in parts of \(part)")
        }
    }

    // MARK: Comparing

    private func pin(_ path: String, pinsContent: Bool = true) throws -> FilePin {
        let status = try #require(try fileStatus(path))
        return FilePin(status, pinsContent: pinsContent)
    }

    private func difference(_ pin: FilePin, _ path: String) throws -> String? {
        try pin.difference(from: try #require(try fileStatus(path, followsLink: false))) {
            () throws(SystemCallError) in try openFile(path, .readOnly)
        }
    }

    @Test func whatDiffersIsSaid() throws {
        let directory = try TemporaryDirectory()
        let (file, other) = (directory.path + "/file", directory.path + "/other")
        func write(_ text: String, to path: String) throws {
            try openFile(path, [.writeOnly, .create, .truncate], mode: 0o644).write(text)
        }
        try write("content", to: file)
        try write("content", to: other)
        let pin = try pin(file)
        var pins = FilePins()
        pins.add(pin, at: file)
        try pins.addDigests { path throws(SystemCallError) in try openFile(path, .readOnly) }
        let known = try #require(pins.pin(of: file))
        let identity = try self.pin(file, pinsContent: false)

        #expect(try difference(pin, file) == nil)
        #expect(try difference(pin, other)?.hasPrefix("was replaced (inode ") == true)

        try write("content", to: file)
        #expect(try difference(known, file) == nil, "the same content, written again")
        #expect(try difference(pin, file) == "was written (another mtime)", "no digest to go by")
        #expect(try difference(identity, file) == nil)

        try write("CONTENT", to: file)
        #expect(try difference(known, file) == "was written (its content has another SHA-256)")
        try write("longer content", to: file)
        #expect(try difference(known, file) == "was written (14 bytes, not 7)")
        #expect(try difference(identity, file) == nil, "only the identity counts")

        #expect(try difference(known, directory.path) == "is a directory now, not a file")
    }

    @Test func theFileThatIsReadIsTheOneThatWasCompared() throws {
        let directory = try TemporaryDirectory()
        let (file, other) = (directory.path + "/file", directory.path + "/other")
        for path in [file, other] { try openFile(path, [.writeOnly, .create], mode: 0o644).write("content") }
        var pin = try pin(file)
        pin.content = .init(size: 7, modified: 1, changed: 1, digest: String(repeating: "0", count: 64))
        let words = try pin.difference(from: try #require(try fileStatus(file))) { () throws(SystemCallError) in
            try openFile(other, .readOnly)
        }
        #expect(words == "was replaced")
    }

    @Test func hardLinkChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/linked"
        try openFile(file, [.writeOnly, .create], mode: 0o755).write("content")
        var pin = try pin(file)
        pin.content = .init(
            size: 7, modified: try #require(pin.content).modified, changed: 1, digest: nil)
        #expect(pin.comparison(to: try #require(try fileStatus(file))) == .same)
        pin.content?.digest = String(repeating: "0", count: 64)
        #expect(
            pin.comparison(to: try #require(try fileStatus(file)))
                == .undecided(digest: String(repeating: "0", count: 64)))
    }

    // MARK: As text

    @Test func textIsReadBack() throws {
        var pins = FilePins()
        for path in ["/", "/proc/self/exe", "/dev/null"] { pins.add(try pin(path), at: path) }
        pins.add(
            FilePin(
                kind: .regular, device: DeviceNumber(major: 8, minor: 1), inode: .max,
                content: .init(
                    size: 0, modified: -5, changed: .max, digest: String(repeating: "0a", count: 32))), at: "/a b/ö")
        let text = pins.text
        #expect(FilePins(text: text) == pins)
        #expect(
            text.hasSuffix(
                "\nf 8 1 18446744073709551615 0 -5 9223372036854775807 \(String(repeating: "0a", count: 32)) /a b/ö"))
        #expect(FilePins(text: "") == FilePins())
    }

    @Test func aPathIsOneLineWhateverItHolds() throws {
        var pins = FilePins()
        for path in ["/a\nb", "/a\\nb", "/\\", "/\\\n"] { pins.add(try pin("/"), at: path) }
        #expect(pins.text.utf8.count { $0 == UInt8(ascii: "\n") } == 3)
        #expect(FilePins(text: pins.text) == pins)
    }

    @Test(arguments: [
        "f", "f 8 1 5", "f 8 1 5 name", "x 8 1 5 /a", "f 8 1 /a", "f 8 1 5 7 /a", "f 8 1 5 7 1 /a", "d 8 1 5 7 1 1 /a",
        "f 8 1 5 7 1 1 00 /a", "f 8 4294967296 5 /a", "f 8 1 18446744073709551616 /a", "f 8 1 -5 /a", "f  8 1 5 /a",
        "f 8 1 5 /a\\t", "f 8 1 5 /a\\",
        "f 8 1 5 /a\n\nf 8 1 5 /b", "f 8 1 5 7 1 9223372036854775808 /a",
        "f 8 1 5 7 1 1 0A00000000000000000000000000000000000000000000000000000000000000 /a",
    ])
    func damagedTextIsNone(_ text: String) {
        #expect(FilePins(text: text) == nil)
    }
}
