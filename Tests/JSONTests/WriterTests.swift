import JSON
import Testing

@Suite("Writing")
struct WriterTests {
    @Test(
        "strings are escaped where JSON demands it",
        arguments: [
            ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#),
            ("\0\u{1}\u{8}\u{c}\u{1f}", #""\u0000\u0001\u0008\u000c\u001f""#), ("\u{7f}", #""\u007f""#),
            ("\u{e9}\u{1f600}\u{2028}", "\"\u{e9}\u{1f600}\u{2028}\""),
        ])
    func strings(content: String, written: String) throws {
        #expect(JSONWriter.string(content) == written)
        #expect(try String(json: parsed(written)) == content)
    }

    @Test(
        "numbers are read back as they were",
        arguments: [
            0, -0.0, 0.1, 1.5, -2, 1e21, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 123_456_789.123, 1e-7,
        ])
    func reals(number: Double) throws {
        let found = try Double(json: parsed(JSONWriter.string(number)))
        #expect(found == number)
        #expect(found.sign == number.sign)
    }

    @Test("numbers that JSON does not have become null", arguments: [Double.infinity, -.infinity, .nan])
    func notNumbers(number: Double) {
        #expect(JSONWriter.string(number) == "null")
    }

    @Test("whole numbers")
    func wholeNumbers() {
        #expect(JSONWriter.string([Int64.min, -1, 0, Int64.max]) == "[-9223372036854775808,-1,0,9223372036854775807]")
        #expect(JSONWriter.string([UInt64.max, 1]) == "[18446744073709551615,1]")
        #expect(JSONWriter.string([UInt16.max]) == "[65535]")
    }

    @Test("dictionaries are sorted, objects keep their order")
    func order() {
        #expect(JSONWriter.string(["b": 1, "a": 2, "B": 3]) == #"{"B":3,"a":2,"b":1}"#)
        var object = JSONObject()
        object.encode("z", 1)
        object.encode("none", Int?.none)
        object.encode("a", [true, false])
        #expect(JSONWriter.string(object) == #"{"z":1,"a":[true,false]}"#)
    }

    @Test("layouts")
    func layouts() throws {
        let value = try parsed(#"{"a":[1,{"b":null}],"c":{},"d":[]}"#)
        #expect(JSONWriter.string(value) == #"{"a":[1,{"b":null}],"c":{},"d":[]}"#)
        #expect(
            JSONWriter.string(value, layout: .indented) == """
                {
                  "a": [
                    1,
                    {
                      "b": null
                    }
                  ],
                  "c": {},
                  "d": []
                }

                """)
    }
}
