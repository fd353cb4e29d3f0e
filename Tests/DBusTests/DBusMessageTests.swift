import Testing

@testable import DBus

struct DBusMessageTests {
    private let hello = DBusMessage(
        calling: "Hello", of: "org.freedesktop.DBus", on: "/org/freedesktop/DBus", at: "org.freedesktop.DBus")

    @Test func aCallHasTheBytesOfTheSpecification() {
        let bytes = hello.bytes(serial: 1)
        // Order, kind, flags, version; no body; serial 1; 109 bytes of fields.
        #expect(Array(bytes.prefix(16)) == [0x6c, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 109, 0, 0, 0])
        // Field 1 is an object path of 21 bytes, with its end.
        #expect(Array(bytes[16..<24]) == [1, 1, 0x6f, 0, 21, 0, 0, 0])
        #expect(Array(bytes[24..<46]) == Array("/org/freedesktop/DBus".utf8) + [0])
        #expect(bytes.count == 128)
    }

    @Test(
        arguments: [
            .byte(7), .boolean(true), .uint32(.max), .uint64(1 << 40), .string("zwölf"), .objectPath("/a/b"),
            .signature("a(sv)"), .array(of: "y", [.byte(1), .byte(2)]), .array(of: "t", []),
            .array(of: "t", [.uint64(5)]),
            .structure([.string("a"), .variant(.array(of: "u", [.uint32(1)]))]),
            .array(of: "(sv)", [.structure([.string("MemoryMax"), .variant(.uint64(64))])]),
            .array(of: "(sa(sv))", []),
        ] as [DBusValue])
    func valuesComeBackAsTheyWere(_ value: DBusValue) throws {
        var message = hello
        message.body = [.byte(1), value, .string("end")]
        let bytes = message.bytes(serial: 9)
        #expect(try DBusMessage.length(of: bytes[...]) == bytes.count)
        #expect(try DBusMessage(bytes) == message)
    }

    @Test func whatIsCutShortIsNoMessage() throws {
        var message = hello
        message.body = [.array(of: "(sv)", [.structure([.string("a"), .variant(.string("b"))])])]
        let bytes = message.bytes(serial: 1)
        for count in bytes.indices {
            #expect(throws: DBusError.self) { try DBusMessage(Array(bytes.prefix(count))) }
        }
    }

    @Test func anyBytesAreReadOrRefused() {
        var message = hello
        message.body = [.array(of: "(sv)", [.structure([.string("a"), .variant(.string("b"))])]), .uint64(1)]
        let bytes = message.bytes(serial: 1)
        var isRefused = 0
        for position in bytes.indices {
            for byte: UInt8 in [0, 1, 0x28, 0x61, 0x7f, 0x80, 0xff] {
                var changed = bytes
                changed[position] = byte
                do { _ = try DBusMessage(changed) } catch { isRefused += 1 }
            }
        }
        #expect(isRefused > 100)
    }

    @Test func lengthsAreNotBelieved() {
        var bytes = hello.bytes(serial: 1)
        bytes.replaceSubrange(4..<8, with: [0xff, 0xff, 0xff, 0xff])
        #expect(throws: DBusError.self) { try DBusMessage.length(of: bytes[...]) }
        #expect(throws: DBusError.self) { try DBusMessage.length(of: ([0x41] + bytes.dropFirst())[...]) }
    }

    @Test func bigEndianIsReadToo() throws {
        var reader = WireReader([0, 0, 0, 2, 0x68, 0x69, 0, 0, 0, 0, 0, 1], isBigEndian: true)
        #expect(try reader.values(of: "su") == [.string("hi"), .uint32(1)])
    }
}
