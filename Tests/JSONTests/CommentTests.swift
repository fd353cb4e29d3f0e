import JSON
import Testing

@Suite("Comments")
struct CommentTests {
    @Test(
        "count as white space where allowed",
        arguments: [
            ("// c\n1", "1"), ("1// c", "1"), ("1 // c\n", "1"), ("/**/1", "1"), ("/***/1/* * / */", "1"),
            ("/*/*/1", "1"), ("/* // */ 1", "1"), ("// /*\n1", "1"), ("[/*a*/1/*b*/,/*c*/2/*d*/]/*e*/", "[1,2]"),
            ("{/*a*/\"k\"/*b*/:/*c*/1/*d*/,/*e*/\"l\":2/*f*/}", "{\"k\":1,\"l\":2}"), ("{// c\n}", "{}"),
            ("[// c\r\n]", "[]"), ("/* \u{e9}\n\"[{ */\"//\"", "\"//\""), ("//\n//\n1", "1"),
        ])
    func allowed(text: String, written: String) throws {
        #expect(JSONWriter.string(try parsed(text, comments: true)) == written)
        #expect(syntaxError(text) != nil)
    }

    @Test(
        "are refused where they are none",
        arguments: [
            ("/", "line 1, column 1: expected a value, found '/'"),
            ("/1", "line 1, column 1: expected a value, found '/'"),
            ("1 / 2", "line 1, column 3: expected a value, found '/'"),
            ("/*", "line 1, column 1: the comment is not closed"),
            ("/*/", "line 1, column 1: the comment is not closed"),
            ("/* *", "line 1, column 1: the comment is not closed"),
            ("[1,\n /* ]", "line 2, column 2: the comment is not closed"),
            ("// c", "line 1, column 5: no JSON value: the text is empty"),
            ("/* c */", "line 1, column 8: no JSON value: the text is empty"),
            ("1 */", "line 1, column 3: unexpected '*' after the end of the value"),
            ("# c\n1", "line 1, column 1: expected a value, found '#'"),
            ("1/**/2", "line 1, column 6: unexpected '2' after the end of the value"),
            ("tr/**/ue", "line 1, column 1: expected 'true'"),
        ])
    func refused(text: String, error: String) {
        #expect(syntaxError(text, comments: true) == error)
    }
}
