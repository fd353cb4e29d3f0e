import JSON
import Testing

/// Damaged and made-up texts, the same in every run.
@Suite("Fuzz")
struct FuzzTests {
    static let seeds = [
        #"{"ociVersion":"1.3.0","process":{"args":["sh","-c","echo \"\u00e9\ud83d\ude00\""],"user":{"uid":0}}}"#,
        #"[0,-1,1.5e3,18446744073709551615,true,false,null,"",[],{}]"#,
        "{\"a\":/* c */[1,// d\n2],\"\u{e9}\":\"\u{1f600}\"}",
        #"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":0,"k":1,"l":2,"m":3,"n":4,"o":5,"p":6,"q":7}"#,
        "[[[[[[[[{\"x\":[[[\"\\\\\\\"\\n\"]]]}]]]]]]]]",
    ].map { Array($0.utf8) }

    /// Pieces that matter to the reader, so that damage often makes sense.
    static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "0", "-", ".", "e", "1e999", "true",
        "nul",
        "//", "/*", "*/", "\n", "\0", "\u{e9}", "\"a\":", "9223372036854775808",
    ].map { Array($0.utf8) }

    @Test("damaged texts are read or refused, and what is read can be written and read again", arguments: 0..<8)
    func mutations(run: Int) throws {
        var random = SeededGenerator(state: UInt64(run))
        var accepted = 0
        for _ in 0..<1000 {
            let text = Self.damaged(&random)
            for comments in [false, true] {
                do throws(JSONSyntaxError) {
                    let value = try parsed(text, comments: comments, depth: 16)
                    accepted += 1
                    let written = JSONWriter.bytes(value)
                    #expect(JSONWriter.bytes(try parsed(written)) == written)
                    let indented = JSONWriter.bytes(value, layout: .indented)
                    #expect(JSONWriter.bytes(try parsed(indented)) == written)
                } catch {
                    let lines = text.count { $0 == UInt8(ascii: "\n") } + 1
                    #expect((1...lines).contains(error.position.line))
                    #expect((1...text.count + 1).contains(error.position.column))
                    #expect(!error.message.isEmpty)
                }
            }
        }
        // Both ways were taken.
        #expect((50...1900).contains(accepted))
    }

    @Test("made-up values are the same after writing and reading", arguments: 0..<8)
    func roundTrips(run: Int) throws {
        var random = SeededGenerator(state: UInt64(1000 + run))
        for _ in 0..<200 {
            let value = Self.madeUp(&random, depth: 0)
            let written = JSONWriter.bytes(value)
            #expect(JSONWriter.bytes(try parsed(written)) == written)
            #expect(JSONWriter.bytes(try parsed(JSONWriter.bytes(value, layout: .indented))) == written)
        }
    }

    private static func damaged(_ random: inout SeededGenerator) -> [UInt8] {
        var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...text.count, using: &random)
            let end = min(text.count, place + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: text.removeSubrange(place..<end)
            case 1: text.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)], at: place)
            case 2: text.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 3: text.insert(contentsOf: text[place..<end], at: place)
            default: if place < text.count { text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            }
        }
        return text
    }

    private static func madeUp(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 7), using: &random) {
        case 0: return JSONValue(.null)
        case 1: return JSONValue(.bool(Bool.random(using: &random)))
        case 2: return JSONValue(.integer(Int64.random(in: .min ... .max, using: &random)))
        case 3: return JSONValue(.unsigned(UInt64.random(in: 1 << 63 ... .max, using: &random)))
        case 4:
            let number = Double(bitPattern: random.next())
            return JSONValue(.real(number.isFinite ? number : 0))
        case 5, 6: return JSONValue(.string(word(&random)))
        case 7:
            return JSONValue(
                .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in madeUp(&random, depth: depth + 1) }))
        default:
            let keys = Set((0..<Int.random(in: 0..<30, using: &random)).map { _ in word(&random) })
            return JSONValue(
                .object(
                    JSONObject(
                        keys.sorted().map { JSONObject.Member(key: $0, value: madeUp(&random, depth: depth + 1)) })))
        }
    }

    private static func word(_ random: inout SeededGenerator) -> String {
        var word = ""
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let range: ClosedRange<UInt32> = Bool.random(using: &random) ? 0...0x7F : 0...0x10FFFF
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random)) {
                word.unicodeScalars.append(scalar)
            }
        }
        return word
    }
}
