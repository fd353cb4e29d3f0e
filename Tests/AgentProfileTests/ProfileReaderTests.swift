import Testing

@testable import AgentProfile

/// What is wrong with a file by itself: one line, with the place of what is wrong.
struct ProfileReaderTests {
    typealias Case = RefusedProfile

    static let knownAtTop =
        "known are $schema, extends, readOnlyPaths, writeablePaths, writablePaths, deniedPaths, allowedExecutables, "
        + "network, environment, resources, helpers, memfd, unixSockets, denyWriteExecuteMemory, tools"
    static let knownInTool =
        "known are readOnlyPaths, writeablePaths, writablePaths, deniedPaths, allowedExecutables, network, "
        + "environment, resources, helpers, memfd, unixSockets, denyWriteExecuteMemory"

    static let syntax = [
        Case("", "1:1: no JSON value: the text is empty"),
        Case("{", "1:2: expected a key, found the end of the text"),
        Case(#"{ "readOnlyPaths": ["/usr",] }"#, "1:28: expected a value, found ']'"),
        Case("{\n  \"readOnlyPaths\": [\"/usr\"\n  \"deniedPaths\": [] }", #"3:3: expected ',' or ']', found '"'"#),
        Case(#"{ "network": "none", "network": "host" }"#, #"1:22: duplicate key "network""#),
        Case("{ 'network': 'none' }", "1:3: expected a key, found '''"),
        Case(#"{ "network": "none" } x"#, "1:23: unexpected 'x' after the end of the value"),
        Case("{ /* not closed", "1:3: the comment is not closed"),
        Case("{ \"readOnlyPaths\": [\"a\nb\"] }", "1:23: a control character in a string must be escaped"),
        Case("\u{FEFF}{}", " begins with a byte order mark: save it as UTF-8 without one"),
        Case(String(repeating: "[", count: 100_000), "1:17: nested more than 16 deep"),
        Case(#"{ "tools": { "a": { "x": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]] } } }"#, "1:39: nested more than 16 deep"),
    ]

    static let keys = [
        Case("[]", "1:1: expected an object, found an array"),
        Case(#""text""#, "1:1: expected an object, found a string"),
        Case(
            "{ \"agents\": { \"documentation\": {\n  \"readOnlyPath\": [] } } }",
            #"2:3: agents.documentation.readOnlyPath: unknown key; did you mean "readOnlyPaths"?"#),
        Case(#"{ "writeable": [] }"#, #"1:3: writeable: unknown key; did you mean "writeablePaths"?"#),
        Case(#"{ "readonlypaths": [] }"#, #"1:3: readonlypaths: unknown key; did you mean "readOnlyPaths"?"#),
        Case(#"{ "line\nfeed": [] }"#, "1:3: [\"line\\nfeed\"]: unknown key; \(knownAtTop)"),
        Case(
            #"{ "agents": { "a": {} }, "network": "none" }"#,
            #"1:26: network: stands beside "agents": move it into an agent, or leave "agents" out"#),
        Case(#"{ "agents": {}, "comment": "x" }"#, "1:17: comment: unknown key; known are $schema, extends, agents"),
        Case(#"{ "agents": {} }"#, "1:13: agents: no agent: name at least one"),
        Case(#"{ "agents": [] }"#, "1:13: agents: expected an object, found an array"),
        Case(
            #"{ "agents": { "": {} } }"#,
            #"1:15: agents[""]: a name is 1 to 64 letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'"#
        ),
        Case(
            #"{ "agents": { "../x": {} } }"#,
            #"1:15: agents["../x"]: a name is 1 to 64 letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'"#
        ),
        Case(
            #"{ "tools": { "-x": {} } }"#,
            "1:14: tools.-x: a name is 1 to 64 letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'"
        ),
        Case(#"{ "tools": { "x": { "tools": {} } } }"#, "1:21: tools.x.tools: unknown key; \(knownInTool)"),
        Case(#"{ "tools": { "x": { "extends": "y" } } }"#, "1:21: tools.x.extends: unknown key; \(knownInTool)"),
        Case(
            #"{ "writeablePaths": [], "writablePaths": [] }"#,
            #"1:42: writablePaths: the same as "writeablePaths", which stands here too: keep one"#),
        Case(#"{ "resources": { "memroy": 1 } }"#, #"1:18: resources.memroy: unknown key; did you mean "memory"?"#),
        Case(#"{ "environment": { "LANG": "C" } }"#, "1:20: environment.LANG: unknown key; known are pass, set"),
        Case(
            #"{ "readOnlyPaths": [{ "paths": "/usr" }] }"#,
            #"1:23: readOnlyPaths[0].paths: unknown key; did you mean "path"?"#),
    ]

    static let types = [
        Case(#"{ "readOnlyPaths": "/usr" }"#, "1:20: readOnlyPaths: expected an array, found a string"),
        Case(#"{ "readOnlyPaths": [1] }"#, "1:21: readOnlyPaths[0]: expected a path or an object, found a number"),
        Case(#"{ "readOnlyPaths": null }"#, "1:20: readOnlyPaths: expected an array, found null"),
        Case(#"{ "readOnlyPaths": [{}] }"#, #"1:21: readOnlyPaths[0]: "path" is missing"#),
        Case(
            #"{ "readOnlyPaths": [{ "path": 1 }] }"#,
            "1:31: readOnlyPaths[0].path: expected a string, found a number"),
        Case(
            #"{ "readOnlyPaths": [{ "path": "/usr", "optional": "yes" }] }"#,
            "1:51: readOnlyPaths[0].optional: expected true or false, found a string"),
        Case(
            #"{ "readOnlyPaths": [{ "path": "/usr", "create": true }] }"#,
            "1:49: readOnlyPaths[0].create: only a path that may be written can be made"),
        Case(#"{ "network": true }"#, #"1:14: network: expected "none", "host" or an object, found a boolean"#),
        Case(
            #"{ "network": "full" }"#,
            #"1:14: network: unknown network "full"; known are "none", "host" and { "allow": […] }"#),
        Case(#"{ "network": {} }"#, #"1:14: network: "allow" is missing"#),
        Case(
            #"{ "network": { "allow": ["https://x"] } }"#,
            #"1:26: network.allow[0]: "https://x" is not of the form "[*.]NAME[:PORT]" or "ADDRESS[/LENGTH][:PORT]""#),
        Case(
            #"{ "network": { "allow": ["x:0"] } }"#,
            #"1:26: network.allow[0]: the port in "x:0" is not between 1 and 65535"#),
        Case(
            #"{ "network": { "allow": ["example.com\u0000.org"] } }"#,
            #"1:26: network.allow[0]: "example.com\0.org" is not of the form "[*.]NAME[:PORT]" or "ADDRESS[/LENGTH][:PORT]""#
        ),
        Case(#"{ "environment": [] }"#, "1:18: environment: expected an object, found an array"),
        Case(
            #"{ "environment": { "pass": ["A=B"] } }"#,
            #"1:29: environment.pass[0]: "A=B" is no name of a variable: letters, digits and '_', no digit first"#),
        Case(
            #"{ "environment": { "pass": [""] } }"#,
            #"1:29: environment.pass[0]: "" is no name of a variable: letters, digits and '_', no digit first"#),
        Case(
            #"{ "environment": { "set": { "1A": "x" } } }"#,
            #"1:29: environment.set.1A: "1A" is no name of a variable: letters, digits and '_', no digit first"#),
        Case(
            #"{ "environment": { "set": { "A": 1 } } }"#,
            "1:34: environment.set.A: expected a string, found a number"),
        Case(
            #"{ "environment": { "set": { "A": "x\u0000" } } }"#,
            "1:34: environment.set.A: the value holds a NUL character"),
        Case(#"{ "helpers": 1 }"#, "1:14: helpers: expected true or false, found a number"),
        Case(
            #"{ "unixSockets": "all" }"#,
            "1:18: unixSockets: unknown value \"all\"; known are \"none\", \"own\" and \"host\""),
        Case(
            #"{ "denyWriteExecuteMemory": 1 }"#, "1:29: denyWriteExecuteMemory: expected true or false, found a number"),
        Case(#"{ "memfd": "true" }"#, "1:12: memfd: expected true or false, found a string"),
        Case(#"{ "tools": [] }"#, "1:12: tools: expected an object, found an array"),
        Case(#"{ "$schema": 1 }"#, "1:14: $schema: expected a string, found a number"),
    ]

    static let paths = [
        Case(#"{ "readOnlyPaths": [""] }"#, "1:21: readOnlyPaths[0]: the path is empty"),
        Case(#"{ "readOnlyPaths": ["/a\u0000b"] }"#, #"1:21: readOnlyPaths[0]: "/a\u{0}b" holds a NUL character"#),
        Case(#"{ "readOnlyPaths": ["/a\nb"] }"#, #"1:21: readOnlyPaths[0]: "/a\nb" holds a line feed"#),
        Case(
            #"{ "readOnlyPaths": ["/a\u001b[31m"] }"#,
            #"1:21: readOnlyPaths[0]: "/a\u{1b}[31m" holds the control character U+001B"#),
        Case(
            #"{ "readOnlyPaths": ["/a\u202eb"] }"#,
            #"1:21: readOnlyPaths[0]: "/a\u{202e}b" holds the control character U+202E"#),
        Case(
            "{ \"readOnlyPaths\": [\"/\(String(repeating: "x/", count: 2048))\"] }",
            "1:21: readOnlyPaths[0]: 4097 bytes long; a path has at most 4095"),
        Case(
            "{ \"readOnlyPaths\": [\"/\(String(repeating: "x", count: 256))\"] }",
            "1:21: readOnlyPaths[0]: a name in it is 256 bytes long; a name has at most 255"),
    ]

    @Test(arguments: syntax + keys + types + paths)
    func refusesWithOneLine(_ example: RefusedProfile) { example.check() }
}
