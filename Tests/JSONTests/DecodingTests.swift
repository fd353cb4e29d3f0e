import JSON
import Testing

@Suite("Reading values")
struct DecodingTests {
    private struct Point: JSONDecodable {
        let x: Int32
        let labels: [String]

        init(json: JSONValue) throws(JSONDecodingError) {
            let object = try json.asObject()
            x = try object.required("x")
            labels = try object.optional("labels") ?? []
        }
    }

    private static func error<Value: JSONDecodable>(_ text: String, as type: Value.Type) throws -> JSONDecodingError? {
        let json = try parsed(text)
        do throws(JSONDecodingError) {
            _ = try Value(json: json)
            return nil
        } catch {
            return error
        }
    }

    @Test("members may be missing or null, or must be there")
    func members() throws {
        #expect(try Point(json: parsed(#"{"x":1}"#)).labels == [])
        #expect(try Point(json: parsed(#"{"x":1,"labels":null,"more":[]}"#)).labels == [])
        #expect(try Point(json: parsed(#"{"labels":["a","b"],"x":-1}"#)).labels == ["a", "b"])
        #expect(try Self.error("{}", as: Point.self)?.description == "x: is missing")
        #expect(try Self.error(#"{"x":null}"#, as: Point.self)?.description == "x: is missing")
    }

    @Test("errors name the path and know the place")
    func paths() throws {
        let text = #"{"a": [{"x": 1}, {"x": 1, "labels": ["b", 2]}]}"#
        let error = try Self.error(text, as: [String: [Point]].self)
        #expect(error?.description == "a[1].labels[1]: expected a string, found a number")
        #expect(error?.path == "a[1].labels[1]")
        #expect(error?.offset == 42)
        #expect(
            try Self.error("[[1],[true]]", as: [[Int]].self)?.description
                == "[1][0]: expected a whole number, found a boolean")
        #expect(try Self.error("1", as: Point.self)?.description == "expected an object, found a number")
        #expect(try Self.error(#" {"y":1}"#, as: Point.self)?.offset == 1)
    }

    @Test(
        "kinds are told apart",
        arguments: [
            ("null", "null"), ("true", "a boolean"), ("1", "a number"),
            ("18446744073709551615", "a number"), ("\"1\"", "a string"), ("[]", "an array"), ("{}", "an object"),
        ])
    func kinds(text: String, kind: String) throws {
        func check<Value: JSONDecodable>(_ type: Value.Type, _ wanted: String) throws {
            let error = try Self.error(text, as: type)?.description
            if kind != wanted.replacingWhole { #expect(error == "expected \(wanted), found \(kind)") }
        }
        try check(String.self, "a string")
        try check(Bool.self, "a boolean")
        try check(Int.self, "a whole number")
        try check(Double.self, "a number")
        try check([Int].self, "an array")
        try check([String: Int].self, "an object")
    }

    @Test(
        "whole numbers fit their type or are refused",
        arguments: [
            ("9223372036854775807", nil), ("-9223372036854775808", nil),
            ("9223372036854775808", "9223372036854775808 is not between -9223372036854775808 and 9223372036854775807"),
            ("1.0", "expected a whole number, found 1.0"), ("1e2", "expected a whole number, found 100.0"),
            ("18446744073709551616", "expected a whole number, found 1.8446744073709552e+19"),
        ] as [(String, String?)])
    func wholeNumbers(text: String, error: String?) throws {
        #expect(try Self.error(text, as: Int64.self)?.description == error)
        #expect(try Self.error(text, as: Int.self)?.description == error)
    }

    @Test("narrow numbers")
    func narrowNumbers() throws {
        #expect(try UInt16(json: parsed("65535")) == 65535)
        #expect(try Self.error("65536", as: UInt16.self)?.description == "65536 is not between 0 and 65535")
        #expect(try Self.error("-1", as: UInt16.self)?.description == "-1 is not between 0 and 65535")
        #expect(try UInt32(json: parsed("4294967295")) == .max)
        #expect(
            try Self.error("4294967296", as: UInt32.self)?.description == "4294967296 is not between 0 and 4294967295")
        #expect(try Int32(json: parsed("-2147483648")) == .min)
        #expect(
            try Self.error("2147483648", as: Int32.self)?.description
                == "2147483648 is not between -2147483648 and 2147483647")
        #expect(try UInt64(json: parsed("18446744073709551615")) == .max)
        #expect(try Self.error("-1", as: UInt64.self)?.description == "-1 is not between 0 and 18446744073709551615")
        #expect(try Double(json: parsed("18446744073709551615")) == 18_446_744_073_709_551_616)
        #expect(try Double(json: parsed("-3")) == -3)
    }

    @Test("an error's text stays on one line")
    func controls() {
        let error = JSONDecodingError("unknown \"\u{1b}[2J\"", at: 0, path: "a\nb").below("c")
        #expect(error.description == #"c.a\u{a}b: unknown "\u{1b}[2J""#)
    }
}

extension String {
    /// The kind a wanted kind is found as.
    fileprivate var replacingWhole: String { self == "a whole number" ? "a number" : self }
}
