import Testing

@testable import AgentProfile

/// Paths of the three lists: placeholders, form, and what is there.
struct ProfilePathTests {
    /// Entries of `readOnlyPaths` and what comes of them, in a project that holds `doc/`, `temp/` and `file`.
    static let entries: [(String, String)] = [
        (#""<project root>""#, "PROJECT"),
        (#""<project root>/""#, "PROJECT/"),
        (#""<project root>//doc/./""#, "PROJECT/doc/"),
        (#""<project root>/doc/.""#, "PROJECT/doc/"),
        (#""~""#, "HOME"),
        (#""~/""#, "HOME/"),
        (#""${HERE}/doc""#, "PROJECT/doc"),
        (#""${HERE}/${WHAT}""#, "PROJECT/doc/"),
        (#""<project root>/$$HOME""#, "PROJECT/$HOME"),
        (#""<project root>/[[]x]""#, "PROJECT/[x] optional"),
        (#"{ "path": "<project root>/none", "optional": true }"#, "PROJECT/none optional"),
        (#"{ "path": "<project root>/file" }"#, "PROJECT/file"),
    ]

    @Test(arguments: entries) func resolves(_ entry: String, _ expected: String) throws {
        let scratch = try ProfileScratch("file", "$HOME", "[x]")
        scratch.environment["HERE"] = scratch.project
        scratch.environment["WHAT"] = "doc/"
        let policy = try scratch.resolve("{ \"readOnlyPaths\": [\(entry)] }").policy
        #expect(scratch.lines(policy) == ["readOnly \(expected) <- readOnlyPaths[0]"])
    }

    /// Entries of `readOnlyPaths` and why they are refused.
    static let refused: [(String, String)] = [
        (#""doc""#, #""doc" is relative: begin it with "/", "~/" or "<project root>/""#),
        (#""./doc""#, #""./doc" is relative: begin it with "/", "~/" or "<project root>/""#),
        (#""$HOME/x""#, #""$" alone: write "${NAME}" for a variable, "$$" for the character"#),
        (#""${HOME/x""#, #""${" is not closed"#),
        (#""${NOT_SET}/x""#, "${NOT_SET} is not set in the environment"),
        (#""${EMPTY}/x""#, "${EMPTY} is empty in the environment"),
        (#""${LANG}/x""#, #""${LANG}/x" is relative: begin it with "/", "~/" or "<project root>/""#),
        (#""~root/x""#, #""~root/x": known is "~/", the home directory of whoever runs it"#),
        (#""<project root>x""#, #""<project root>x": known is "<project root>/""#),
        (#""<project>/x""#, #"unknown placeholder "<project>"; known is "<project root>""#),
        (#""/x/<project root>""#, #""<project root>" stands at the beginning of a path only"#),
        (#""<project root>/../x""#, #"".." in a path: write out where it leads"#),
        (#""/usr/..""#, #"".." in a path: write out where it leads"#),
        (#""${UP}/x""#, #"".." in a path: write out where it leads"#),
        (#""${LINES}/x""#, #""/a\nb/x" holds a line feed"#),
        (#""${LONG}/x""#, "4098 bytes long; a path has at most 4095"),
        (#""<project root>/top""#, #""PROJECT/top" is the whole file system: name the directories that are meant"#),
        (#""<project root>/none""#, #""PROJECT/none" does not exist: make it, or say { "path": …, "optional": true }"#),
        (
            #""<project root>/file/x""#,
            #""PROJECT/file/x" does not exist: make it, or say { "path": …, "optional": true }"#
        ),
        (#""<project root>/file/""#, #""PROJECT/file" is not a directory, as the slash at its end says"#),
        (#""<project root>/loop""#, #""PROJECT/loop" cannot be reached: too many levels of symbolic links"#),
        (#""/proc/self""#, #""/proc/self" lies in /proc, which every sandbox has of its own: leave it out"#),
        (#""/dev/null""#, #""/dev/null" lies in /dev, which every sandbox has of its own: leave it out"#),
        (
            #""<project root>/device""#,
            #""PROJECT/device" lies in /dev, which every sandbox has of its own: leave it out"#
        ),
        (
            #""<project root>/*.none""#,
            #""<project root>/*.none" matches nothing: make it, or say { "path": …, "optional": true }"#
        ),
        (#""<project root>/a**""#, #""**" stands alone between two slashes"#),
        (#""<project root>/[ab""#, #""[" is not closed; "[[]" means the character itself"#),
        (#""<project root>/[z-a]""#, #"a range in "[…]" runs backwards"#),
    ]

    @Test(arguments: refused) func refuses(_ entry: String, _ reason: String) throws {
        let scratch = try ProfileScratch("file")
        try scratch.link("loop", to: "loop")
        try scratch.link("top", to: "/")
        try scratch.link("device", to: "/dev/null")
        scratch.environment["UP"] = "/usr/.."
        scratch.environment["LINES"] = "/a\nb"
        scratch.environment["LONG"] = String(repeating: "/xxxxxxx", count: 512)
        let line = scratch.outcome("{ \"readOnlyPaths\": [\(entry)] }")
        #expect(line == "profile.json:1:21: readOnlyPaths[0]: \(reason)")
    }

    @Test func makesOnlyWhatMayBeWritten() throws {
        let scratch = try ProfileScratch("file")
        func outcome(_ path: String) -> String {
            scratch.outcome(#"{ "writeablePaths": [{ "path": "\#(path)", "create": true }] }"#)
        }
        let policy = try scratch.resolve(
            #"{ "writeablePaths": [{ "path": "~/a/b", "create": true, "optional": true }] }"#
        ).policy
        #expect(scratch.lines(policy) == ["writable HOME/a/b optional create <- writeablePaths[0]"])
        let place = "profile.json:1:32: writeablePaths[0]: "
        #expect(outcome("<project root>/file") == place + #""PROJECT/file" is there already, and is not a directory"#)
        #expect(outcome("~/x*") == place + #""~/x*" has wildcards: it cannot be made"#)
        try scratch.link("dangling", to: "nothing")
        #expect(
            outcome("<project root>/dangling") == place
                + #""PROJECT/dangling" is a link to nothing: it cannot be made a directory"#)
        #expect(outcome("/sys/x") == place + #""/sys/x" lies in /sys, which no sandbox may write"#)
    }

    @Test func theWholeFileSystemCanOnlyBeRead() throws {
        let scratch = try ProfileScratch()
        let resolution = try scratch.resolve(#"{ "readOnlyPaths": ["//."] }"#)
        let lines = scratch.lines(resolution.policy)
        #expect(lines.contains("readOnly /usr optional <- readOnlyPaths[0]"))
        #expect(lines.contains("readOnly PROJECT optional <- readOnlyPaths[0]"))
        for place in ["", "proc", "dev", "sys", "run", "tmp"] {
            #expect(!lines.contains { $0.hasPrefix("readOnly /\(place) ") || $0.hasPrefix("readOnly /\(place)/ ") })
        }
        #expect(resolution.notes.count == 1)
        #expect(
            resolution.notes[0].hasPrefix(#"readOnlyPaths[0]: "/" is every file of this host that you can read, but"#))
        for list in ["writeablePaths", "deniedPaths"] {
            #expect(
                scratch.outcome("{ \"\(list)\": [\"/\"] }").hasSuffix(
                    #""/" is the whole file system: name the directories that are meant"#))
        }
    }

    @Test func whatIsListedBesideTheWholeFileSystemGoesFirst() throws {
        let scratch = try ProfileScratch()
        let policy = try scratch.resolve(
            #"{ "readOnlyPaths": ["/", "/tmp"], "deniedPaths": ["/etc"], "writeablePaths": ["/var", "<project root>"] }"#
        ).policy
        let lines = scratch.lines(policy).filter { line in
            ["/tmp", "/etc", "/var", "PROJECT"].contains { line.contains(" \($0)/ ") || line.contains(" \($0) ") }
        }
        #expect(
            lines == [
                "readOnly /tmp <- readOnlyPaths[1]", "writable /var <- writeablePaths[0]",
                "writable PROJECT <- writeablePaths[1]", "denied /etc <- deniedPaths[0]",
            ])
    }

    @Test func aToolOfAnAgentThatReadsEverythingGetsNoMore() throws {
        let scratch = try ProfileScratch()
        func outcome(_ path: String) -> String {
            scratch.outcome(
                "{ \"readOnlyPaths\": [\"/\"], \"tools\": { \"t\": { \"readOnlyPaths\": [\"\(path)\"] } } }", tool: "t")
        }
        #expect(outcome("/usr/share") == "ok")
        #expect(outcome("/run").hasSuffix(#""/run" is beyond the agent: none of its lists has it"#))
    }

    @Test func aPathBelongsInOneList() throws {
        let scratch = try ProfileScratch("a.pem")
        try scratch.link("papers", to: "doc")
        func outcome(_ readOnly: String, _ denied: String) -> String {
            scratch.outcome(#"{ "readOnlyPaths": ["\#(readOnly)"], "deniedPaths": ["\#(denied)"] }"#)
        }
        #expect(
            outcome("<project root>/doc", "<project root>/doc/")
                == "profile.json:1:60: deniedPaths[0]: \"PROJECT/doc\" stands in readOnlyPaths[0] too: "
                + "a path belongs in one list")
        #expect(
            outcome("<project root>/doc", "<project root>/papers")
                == "profile.json:1:60: deniedPaths[0]: \"PROJECT/papers\", that is \"PROJECT/doc\", "
                + "stands in readOnlyPaths[0] too: a path belongs in one list")
        #expect(outcome("<project root>/a.pem", "<project root>/*.pem").contains("stands in readOnlyPaths[0] too"))
        let twice = try scratch.resolve(#"{ "readOnlyPaths": ["<project root>", "<project root>/"] }"#).policy
        #expect(scratch.lines(twice) == ["readOnly PROJECT/ <- readOnlyPaths[0]"])
    }

    @Test func theProjectIsADirectoryOfItsOwn() throws {
        let scratch = try ProfileScratch("file")
        func outcome(_ project: String) -> String {
            let context = ResolutionContext(projectDirectory: project, homeDirectory: "/root", environment: [:])
            do throws(ProfileError) {
                let resolution = try ProfileFile.parse(Array("{}".utf8), path: "p").resolve(
                    agent: nil, context: context)
                return resolution.policy.projectDirectory
            } catch {
                return "\(error)".replacing("p: the project directory ", with: "")
            }
        }
        #expect(outcome("here") == #""here" is relative"#)
        #expect(outcome("/") == #""/" is the whole file system"#)
        #expect(outcome("/usr/..") == #""/usr/.." is the whole file system"#)
        #expect(outcome("/none") == #""/none" does not exist"#)
        #expect(outcome("/proc/self").hasSuffix("lies in /proc, which every sandbox has of its own"))
        #expect(outcome(scratch.project + "/file").hasSuffix("is not a directory"))
        try scratch.link(scratch.root + "/link", to: "project")
        #expect(outcome(scratch.root + "/link/") == scratch.project)
    }
}
