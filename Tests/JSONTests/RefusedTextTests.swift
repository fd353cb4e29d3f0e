import JSON
import Testing

/// Texts that RFC 8259 does not call JSON, and those it lets a reader refuse; each with what is said about it.
@Suite("Refused texts")
struct RefusedTextTests {
    @Test(
        "structure",
        arguments: [
            ("", "line 1, column 1: no JSON value: the text is empty"),
            (" \n ", "line 2, column 2: no JSON value: the text is empty"),
            ("[", "line 1, column 2: expected a value, found the end of the text"),
            ("[1", "line 1, column 3: expected ',' or ']', found the end of the text"),
            ("[1,", "line 1, column 4: expected a value, found the end of the text"),
            ("[1,]", "line 1, column 4: expected a value, found ']'"),
            ("[,1]", "line 1, column 2: expected a value, found ','"),
            ("[1 2]", "line 1, column 4: expected ',' or ']', found '2'"),
            ("[1}", "line 1, column 3: expected ',' or ']', found '}'"),
            ("]", "line 1, column 1: expected a value, found ']'"),
            ("{", "line 1, column 2: expected a key, found the end of the text"),
            ("{]", "line 1, column 2: expected a key, found ']'"),
            ("{\"a\"", "line 1, column 5: expected ':' after the key \"a\", found the end of the text"),
            ("{\"a\":", "line 1, column 6: expected a value, found the end of the text"),
            ("{\"a\" 1}", "line 1, column 6: expected ':' after the key \"a\", found '1'"),
            ("{\"a\":1", "line 1, column 7: expected ',' or '}', found the end of the text"),
            ("{\"a\":1,}", "line 1, column 8: expected a key, found '}'"),
            ("{\"a\":1 \"b\":2}", "line 1, column 8: expected ',' or '}', found '\"'"),
            ("{a:1}", "line 1, column 2: expected a key, found 'a'"),
            ("{'a':1}", "line 1, column 2: expected a key, found '''"),
            ("{1:1}", "line 1, column 2: expected a key, found '1'"),
            ("{\"a\":1]", "line 1, column 7: expected ',' or '}', found ']'"),
            ("1 2", "line 1, column 3: unexpected '2' after the end of the value"),
            ("{}{}", "line 1, column 3: unexpected '{' after the end of the value"),
            ("[]\n\n x", "line 3, column 2: unexpected 'x' after the end of the value"),
            ("\u{feff}{}", "line 1, column 1: expected a value, found a character outside ASCII"),
            ("[\u{a0}1]", "line 1, column 2: expected a value, found a character outside ASCII"),
            ("[\u{c}1]", "line 1, column 2: expected a value, found a control character"),
            ("[\0]", "line 1, column 2: expected a value, found a control character"),
            ("1\0", "line 1, column 2: unexpected a control character after the end of the value"),
            ("é", "line 1, column 1: expected a value, found a character outside ASCII"),
            ("[\"é\", x]", "line 1, column 7: expected a value, found 'x'"),
            ("{\n  \"é\": [\n    1,\n    ?\n", "line 4, column 5: expected a value, found '?'"),
            ("// c\n1", "line 1, column 1: expected a value, found '/'"),
            ("[1 /* c */]", "line 1, column 4: expected ',' or ']', found '/'"),
            ("[1]#", "line 1, column 4: unexpected '#' after the end of the value"),
        ])
    func structure(text: String, error: String) {
        #expect(syntaxError(text) == error)
    }

    @Test("words", arguments: ["nul", "tru", "fals", "True", "NULL", "nulL", "t", "n", "f", "undefined", "NaN"])
    func words(text: String) {
        let expected = ["n": "'null'", "t": "'true'", "f": "'false'"][text.prefix(1)]
        let error = expected.map { "expected \($0)" } ?? "expected a value, found '\(text.prefix(1))'"
        #expect(syntaxError(text) == "line 1, column 1: \(error)")
    }

    @Test(
        "numbers",
        arguments: [
            ("-", "line 1, column 2: expected a digit, found the end of the text"),
            ("+1", "line 1, column 1: expected a value, found '+'"),
            (".5", "line 1, column 1: expected a value, found '.'"),
            ("1.", "line 1, column 3: expected a digit, found the end of the text"),
            ("1.e1", "line 1, column 3: expected a digit, found 'e'"),
            ("1e", "line 1, column 3: expected a digit, found the end of the text"),
            ("1e+", "line 1, column 4: expected a digit, found the end of the text"),
            ("1e1.5", "line 1, column 4: unexpected '.' after the end of the value"),
            ("01", "line 1, column 1: a number cannot start with 0"),
            ("-01", "line 1, column 2: a number cannot start with 0"),
            ("00", "line 1, column 1: a number cannot start with 0"),
            ("--1", "line 1, column 2: expected a digit, found '-'"),
            ("-a", "line 1, column 2: expected a digit, found 'a'"),
            ("1a", "line 1, column 2: unexpected 'a' after the end of the value"),
            ("0x10", "line 1, column 2: unexpected 'x' after the end of the value"),
            ("1_000", "line 1, column 2: unexpected '_' after the end of the value"),
            ("Infinity", "line 1, column 1: expected a value, found 'I'"),
            ("-Infinity", "line 1, column 2: expected a digit, found 'I'"),
            ("[1e309]", "line 1, column 2: the number is too large"),
            ("[-1e400]", "line 1, column 2: the number is too large"),
            ("\u{661}", "line 1, column 1: expected a value, found a character outside ASCII"),
        ])
    func numbers(text: String, error: String) {
        #expect(syntaxError(text) == error)
    }

    @Test(
        "strings",
        arguments: [
            ("\"", "line 1, column 1: the string is not closed"),
            ("[\"a]", "line 1, column 2: the string is not closed"),
            ("\"\\", "line 1, column 2: the string is not closed"),
            ("\"a\\\"", "line 1, column 1: the string is not closed"),
            ("\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"),
            ("\"\\n\t\"", "line 1, column 4: a control character in a string must be escaped"),
            ("\"\0\"", "line 1, column 2: a control character in a string must be escaped"),
            ("\"\u{1f}\"", "line 1, column 2: a control character in a string must be escaped"),
            (#""\x41""#, "line 1, column 2: unknown escape"),
            (#""\'""#, "line 1, column 2: unknown escape"),
            (#""\U0041""#, "line 1, column 2: unknown escape"),
            ("\"\\\u{e9}\"", "line 1, column 2: unknown escape"),
            (#""\u12""#, "line 1, column 6: expected four hexadecimal digits"),
            (#""\u12g4""#, "line 1, column 6: expected four hexadecimal digits"),
            (#""\u+123""#, "line 1, column 4: expected four hexadecimal digits"),
            ("\"\\u00\u{ff11}1\"", "line 1, column 6: expected four hexadecimal digits"),
            (#""\u123"#, "line 1, column 7: expected four hexadecimal digits"),
            (#""\ud800""#, "line 1, column 2: an unpaired surrogate"),
            (#""a\udc00""#, "line 1, column 3: an unpaired surrogate"),
            (#""\ud800\u0041""#, "line 1, column 2: an unpaired surrogate"),
            (#""\ud800\ud800\udc00""#, "line 1, column 2: an unpaired surrogate"),
            (#""\udc00\ud800""#, "line 1, column 2: an unpaired surrogate"),
            (#""\ud800\n""#, "line 1, column 2: an unpaired surrogate"),
            (#""\ud800\"#, "line 1, column 2: an unpaired surrogate"),
            (#""\ud800\u"#, "line 1, column 10: expected four hexadecimal digits"),
            ("'a'", "line 1, column 1: expected a value, found '''"),
        ])
    func strings(text: String, error: String) {
        #expect(syntaxError(text) == error)
    }

    @Test(
        "bytes that are not UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88],
            [0xFF], [0xFE], [0x61, 0xE9], [0xC0, 0xAF], [0xF0, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(syntaxError([quote] + bytes + [quote]) == "line 1, column 2: the string is not UTF-8")
        let afterEscape = Array("\"\\n".utf8)
        #expect(syntaxError(afterEscape + bytes + [quote]) == "line 1, column 4: the string is not UTF-8")
        #expect(
            syntaxError([UInt8(ascii: "{"), quote] + bytes + [quote]) == "line 1, column 3: the string is not UTF-8")
        #expect(syntaxError(bytes) != nil)
    }

    @Test("a key that stands twice, among few and among many", arguments: [2, 15, 16, 17, 18, 40])
    func duplicateKeys(count: Int) {
        let keys = (0..<count - 1).map { "\"k\($0)\":\($0)" }
        for repeated in [0, count - 2] {
            let text = "{" + keys.joined(separator: ",") + ",\"k\(repeated)\":0}"
            let column = text.utf8.count - "\"k\(repeated)\":0}".utf8.count + 1
            #expect(syntaxError(text) == "line 1, column \(column): duplicate key \"k\(repeated)\"")
        }
        #expect(syntaxError("{" + keys.joined(separator: ",") + "}") == nil)
    }

    @Test("keys that differ only in how they are escaped or composed are the same")
    func sameKeys() {
        #expect(syntaxError(#"{"a":1,"\u0061":2}"#) == #"line 1, column 8: duplicate key "a""#)
        // No dictionary could hold both.
        #expect(syntaxError("{\"\u{e9}\":1,\"e\u{301}\":2}")?.contains("duplicate key") == true)
        #expect(syntaxError(#"{"a":{"a":1},"A":{"a":2}}"#) == nil)
    }

    @Test("what an error quotes stays on its line and shows itself")
    func quotedControls() {
        let text = #"{"a\n\u001b[31m\u202e\u0085":1,"a\n\u001b[31m\u202e\u0085":2}"#
        #expect(
            syntaxError(text) == #"line 1, column 32: duplicate key "a\u{a}\u{1b}[31m\u{202e}\u{85}""#)
    }
}
