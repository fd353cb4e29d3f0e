import Testing

@testable import AgentProfile

/// Paths with wildcards, expanded on the disk.
struct ProfileWildcardTests {
    /// Patterns below the project and what they find there.
    static let patterns: [(String, [String])] = [
        ("*.pem", ["a.pem"]),
        ("*", [".env", ".git", "a.pem", "b", "doc", "link", "temp"]),
        ("**/*.pem", ["a.pem", "b/.hidden.pem", "b/c/d.pem"]),
        ("**/c/**/*.pem", ["b/c/d.pem"]),
        ("b/**", ["b/.hidden.pem", "b/c", "b/e"]),
        ("?.pem", ["a.pem"]),
        ("b/[ce]", ["b/c", "b/e"]),
        ("b/[!c.]", ["b/e"]),
        ("b/[a-d]/", ["b/c"]),
        ("*/c/d.pem", ["b/c/d.pem"]),
        ("*/", [".git", "b", "doc", "link", "temp"]),
        ("**/**/e", ["b/e"]),
        (".*", [".env", ".git"]),
        ("*v", [".env"]),
        ("*e*n*", [".env"]),
    ]

    @Test(arguments: patterns) func finds(_ pattern: String, _ expected: [String]) throws {
        let scratch = try ProfileScratch(".env", "a.pem", "b/.hidden.pem", "b/c/d.pem", "b/e", ".git/")
        try scratch.write("", to: scratch.root + "/outside/f.pem")
        try scratch.link("link", to: "../outside")
        try scratch.link("dangling.pem", to: "nothing")
        let text = #"{ "deniedPaths": ["<project root>/\#(pattern)"] }"#
        // A denied link denies what it leads to.
        let found = expected.map { $0 == "link" ? "ROOT/outside" : "PROJECT/" + $0 }
        let policy = try scratch.resolve(text).policy
        #expect(Set(policy.paths.map { scratch.named($0.path) }) == Set(found))
        #expect(policy.paths.allSatisfy { $0.isOptional && $0.access == .denied })
    }

    @Test func matchesComeSorted() throws {
        let scratch = try ProfileScratch("e\u{301}.x", "\u{e9}.x", "z.x", "Z.x", "a-b.x", "a/b.x")
        let policy = try scratch.resolve(#"{ "deniedPaths": ["<project root>/**/*.x"] }"#).policy
        let names = policy.paths.map { Array($0.path.utf8.dropFirst(scratch.project.utf8.count + 1)) }
        let expected = ["Z.x", "a-b.x", "a/b.x", "e\u{301}.x", "z.x", "\u{e9}.x"].map { Array($0.utf8) }
        #expect(names == expected)
    }

    @Test func aPlaceholderIsNoPattern() throws {
        let scratch = try ProfileScratch("x/file")
        scratch.environment["STAR"] = scratch.project + "/*"
        #expect(
            scratch.outcome(#"{ "deniedPaths": ["${STAR}/file"] }"#).hasSuffix(
                #""PROJECT/*/file" does not exist: make it, or say { "path": …, "optional": true }"#))
    }

    @Test func aDeniedPatternSaysWhatItCannot() throws {
        let scratch = try ProfileScratch()
        let resolution = try scratch.resolve(#"{ "deniedPaths": ["<project root>/**/*.pem"] }"#)
        #expect(resolution.policy.paths == [])
        #expect(
            resolution.notes == [
                "deniedPaths[0]: \"<project root>/**/*.pem\" denies what is there when a call starts; "
                    + "a file made during the call is denied from the next call on"
            ])
    }

    @Test func whatStandsBelowItsLikeIsLeftOut() throws {
        let scratch = try ProfileScratch("x.d/y.d", "x.d/open/z.d")
        let text = #"""
            {
              "readOnlyPaths": ["<project root>/", "<project root>/*/"],
              "writeablePaths": ["<project root>/x.d/open"],
              "deniedPaths": ["<project root>/**/*.d"]
            }
            """#
        #expect(scratch.outcome(text).contains("stands in readOnlyPaths[1] too"))
        let policy = try scratch.resolve(text.replacing("*/\"", with: "d*/\"")).policy
        #expect(
            scratch.lines(policy) == [
                "readOnly PROJECT/ <- readOnlyPaths[0]", "writable PROJECT/x.d/open <- writeablePaths[0]",
                "denied PROJECT/x.d optional <- deniedPaths[0]",
                "denied PROJECT/x.d/open/z.d optional <- deniedPaths[0]",
            ])
    }
}
