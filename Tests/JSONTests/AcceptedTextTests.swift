import JSON
import Testing

/// Texts that RFC 8259 calls JSON, and what they are when written again.
@Suite("Accepted texts")
struct AcceptedTextTests {
    @Test(
        "values",
        arguments: [
            ("null", "null"), ("true", "true"), ("false", "false"), ("\"\"", "\"\""), ("\"a\"", "\"a\""),
            ("[]", "[]"), ("{}", "{}"), ("[ ]", "[]"), ("{ }", "{}"), ("[null]", "[null]"),
            ("[1,2, 3 ,4]", "[1,2,3,4]"), ("[[],[[]]]", "[[],[[]]]"), ("{\"a\":{\"b\":[]}}", "{\"a\":{\"b\":[]}}"),
            (" \t\r\n null \t\r\n ", "null"), ("{\"\":0}", "{\"\":0}"), ("{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}"),
            ("[\n\"a\"\r,\t1 ]", "[\"a\",1]"),
        ])
    func values(text: String, written: String) throws {
        #expect(JSONWriter.string(try parsed(text)) == written)
    }

    @Test(
        "whole numbers",
        arguments: [
            ("0", "0"), ("-0", "0"), ("7", "7"), ("-1", "-1"), ("123456789", "123456789"),
            ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
            ("9223372036854775808", "9223372036854775808"), ("18446744073709551615", "18446744073709551615"),
        ])
    func wholeNumbers(text: String, written: String) throws {
        let value = try parsed(text)
        let isWhole =
            switch value.content {
            case .integer, .unsigned: true
            default: false
            }
        #expect(isWhole)
        #expect(JSONWriter.string(value) == written)
    }

    @Test(
        "other numbers",
        arguments: [
            ("0.0", 0.0), ("-0.0", -0.0), ("1.5", 1.5), ("1e3", 1000), ("1E3", 1000), ("1e+3", 1000), ("25e-1", 2.5),
            ("0e0", 0), ("0.1e1", 1), ("-1.25E2", -125), ("18446744073709551616", 18_446_744_073_709_551_616),
            ("-9223372036854775809", -9_223_372_036_854_775_808), ("1e308", 1e308), ("1e-400", 0),
            ("123456789012345678901234567890", 123_456_789_012_345_677_877_719_597_056),
            ("0.00000000000000000000000000000000000000001", 1e-41),
        ])
    func otherNumbers(text: String, number: Double) throws {
        guard case .real(let found) = try parsed(text).content else {
            Issue.record("not read as a real number")
            return
        }
        #expect(found == number)
        #expect(found.sign == number.sign)
    }

    @Test(
        "strings",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "A\u{e9}\u{20ac}"),
            (#""\ud83d\ude00""#, "\u{1f600}"), (#""\uD800\uDC00 \uDBFF\uDFFF""#, "\u{10000} \u{10ffff}"),
            (#""\u0000""#, "\0"), (#""a\u0000b""#, "a\0b"), (#""\uFFFF\ufffe""#, "\u{ffff}\u{fffe}"),
            ("\"\u{e9}\u{20ac}\u{1f600}\"", "\u{e9}\u{20ac}\u{1f600}"), ("\"\u{7f}\"", "\u{7f}"),
            ("\"\u{2028}\u{2029}\"", "\u{2028}\u{2029}"), ("\"\u{feff}\"", "\u{feff}"), (#""\\u0041""#, "\\u0041"),
            (#""x\\""#, "x\\"), ("\"// no comment /* here */\"", "// no comment /* here */"),
        ])
    func strings(text: String, content: String) throws {
        guard case .string(let found) = try parsed(text).content else {
            Issue.record("not read as a string")
            return
        }
        #expect(Array(found.utf8) == Array(content.utf8))
    }

    @Test("every value knows where it stands")
    func offsets() throws {
        let text = " {\"a\" : [1, \"é\", {\"b\": null}] , \"c\":true}"
        let object = try parsed(text).asObject()
        #expect(object.offset == 1)
        #expect(object.members.map(\.keyOffset) == [2, 33])
        #expect(object["a"]?.offset == 8)
        guard case .array(let elements) = object["a"]?.content else {
            Issue.record("no array")
            return
        }
        #expect(elements.map(\.offset) == [9, 12, 18])
        #expect(try elements[2].asObject()["b"]?.offset == 24)
        #expect(object["c"]?.offset == 37)
    }

    @Test("large texts")
    func largeTexts() throws {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(try String(json: parsed("\"\(long)\"")) == long)
        let escaped = String(repeating: "\\n", count: 1 << 16)
        #expect(try String(json: parsed("\"\(escaped)\"")).utf8.count == 1 << 16)
        let numbers = "[" + Array(repeating: "7", count: 100_000).joined(separator: ",") + "]"
        #expect(try [Int](json: parsed(numbers)).count == 100_000)
        let members = "{" + (0..<20_000).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        #expect(try [String: Int](json: parsed(members))["k19999"] == 19_999)
        let digits = String(repeating: "9", count: 300)
        #expect(try Double(json: parsed(digits)) == 1e300)
        #expect(try parsed(String(repeating: " ", count: 1 << 20) + "1").offset == 1 << 20)
    }

    @Test("nesting up to the limit, and not one deeper")
    func depth() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(syntaxError(nested(128, "[", "]")) == nil)
        #expect(syntaxError(nested(129, "[", "]")) == "line 1, column 129: nested more than 128 deep")
        #expect(syntaxError(nested(128, "{\"a\":", "}")) == nil)
        #expect(syntaxError(nested(129, "{\"a\":", "}")) == "line 1, column 641: nested more than 128 deep")
        #expect(syntaxError("[[]]", depth: 1) == "line 1, column 2: nested more than 1 deep")
        #expect(syntaxError("[[],[],{}]", depth: 2) == nil)
        #expect(syntaxError("1", depth: 0) == nil)
        // Far deeper than any stack.
        #expect(
            syntaxError(String(repeating: "[", count: 5_000_000)) == "line 1, column 129: nested more than 128 deep")
    }
}
