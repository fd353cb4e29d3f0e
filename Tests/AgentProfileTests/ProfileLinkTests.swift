import Testing

@testable import AgentProfile

/// Listed paths that lead through symbolic links.
struct ProfileLinkTests {
    @Test func aGrantIsForTheRealPathAndKeepsTheListedName() throws {
        let scratch = try ProfileScratch()
        try scratch.write("", to: scratch.root + "/data/notes/file")
        try scratch.link(scratch.home + "/data", to: "../data")
        try scratch.link(scratch.root + "/data/papers", to: scratch.root + "/data/notes")
        let resolution = try scratch.resolve(#"{ "readOnlyPaths": ["~/data/papers/"] }"#)
        #expect(
            scratch.lines(resolution.policy) == [
                "readOnly ROOT/data/notes/ <- readOnlyPaths[0]", "link HOME/data -> ../data",
                "link ROOT/data/papers -> ROOT/data/notes",
            ])
        #expect(resolution.notes == [])
        let writable = try scratch.resolve(#"{ "writeablePaths": ["~/data"] }"#)
        #expect(
            writable.notes.map(scratch.named) == [
                "writeablePaths[0]: \"HOME/data\" leads by a link to \"ROOT/data\": that is what may be written"
            ])
    }

    @Test func aDeniedLinkDeniesWhatItLeadsTo() throws {
        let scratch = try ProfileScratch("secrets/env")
        try scratch.link(".env", to: "secrets/env")
        let text = #"{ "writeablePaths": ["<project root>/"], "deniedPaths": ["<project root>/.env"] }"#
        let policy = try scratch.resolve(text).policy
        #expect(scratch.lines(policy).contains("denied PROJECT/secrets/env <- deniedPaths[0]"))
        #expect(policy.links == [])
    }

    @Test func aLinkOutOfTheProjectIsNotFollowedIntoAGrant() throws {
        let scratch = try ProfileScratch()
        try scratch.write("", to: scratch.home + "/.ssh/id")
        try scratch.link("notes", to: "../home/.ssh")
        let reason =
            "\"PROJECT/notes\" leads by a link out of the project, to \"HOME/.ssh\": "
            + "list \"HOME/.ssh\" itself if it is meant"
        for list in ["readOnlyPaths", "writeablePaths"] {
            let line = scratch.outcome("{ \"\(list)\": [\"<project root>/notes/\"] }")
            #expect(line == "profile.json:1:\(list.count + 8): \(list)[0]: \(reason)")
        }
        #expect(scratch.outcome(#"{ "readOnlyPaths": ["<project root>/notes", "~/.ssh"] }"#) == "ok")
        #expect(scratch.outcome(#"{ "readOnlyPaths": ["<project root>/notes", "~/"] }"#) == "ok")
        #expect(
            scratch.outcome(#"{ "writeablePaths": ["<project root>/notes"], "readOnlyPaths": ["~/"] }"#)
                == "profile.json:1:22: writeablePaths[0]: \(reason)")
        let matched = try scratch.resolve(#"{ "readOnlyPaths": ["<project root>/*"] }"#)
        #expect(scratch.lines(matched.policy).allSatisfy { !$0.contains(".ssh") })
        #expect(
            matched.notes.map(scratch.named) == [
                "readOnlyPaths[0]: \"PROJECT/notes\" leads by a link out of the project, to \"HOME/.ssh\": it is left out"
            ])
    }

    @Test func aLinkThatACallCouldMakeIsNotFollowedIntoAGrant() throws {
        let scratch = try ProfileScratch("src/main.c")
        try scratch.link("temp/sub", to: "../src")
        let text = #"""
            {
              "readOnlyPaths": ["<project root>/"],
              "writeablePaths": ["<project root>/temp", "<project root>/temp/sub"]
            }
            """#
        #expect(
            scratch.outcome(text)
                == "profile.json:3:45: writeablePaths[1]: \"PROJECT/temp/sub\" leads to \"PROJECT/src\" by a link "
                + "that a call could change (it lies in writeablePaths[0]): list \"PROJECT/src\" itself if it is meant")
        #expect(scratch.outcome(text.replacing("temp/sub\"", with: "temp/sub\", \"<project root>/src\"")) == "ok")
    }

    @Test func theLinkMustBeTrustedForATool() throws {
        let scratch = try ProfileScratch("src/main.c")
        try scratch.link("temp/sub", to: "../src")
        let text = #"""
            {
              "readOnlyPaths": ["<project root>/"],
              "writeablePaths": ["<project root>/temp"],
              "tools": { "read": { "writeablePaths": [], "readOnlyPaths": ["<project root>/temp/sub"] } }
            }
            """#
        #expect(
            scratch.outcome(text, tool: "read")
                == "profile.json:4:64: tools.read.readOnlyPaths[0]: \"PROJECT/temp/sub\" leads to \"PROJECT/src\" by "
                + "a link that a call could change (it lies in writeablePaths[0]): "
                + "list \"PROJECT/src\" itself if it is meant")
    }

    @Test func anExecutableKeepsItsListedName() throws {
        let scratch = try ProfileScratch()
        try scratch.link(scratch.home + "/bin/awk", to: "alternatives/awk")
        try scratch.link(scratch.home + "/bin/alternatives/awk", to: "/usr/bin/env")
        let policy = try scratch.resolve(#"{ "allowedExecutables": ["~/bin/awk"] }"#).policy
        #expect(scratch.lines(policy) == ["execute HOME/bin/awk <- allowedExecutables[0]"])
    }

    @Test func anExecutableLinkOfTheProjectGrantsNothingByItself() throws {
        let scratch = try ProfileScratch()
        try scratch.link("tool.sh", to: "/usr/bin/env")
        try scratch.write("#!/usr/bin/env sh", to: "temp/real", mode: 0o755)
        try scratch.link("temp/tool", to: "real")
        let listed = #"{ "allowedExecutables": ["<project root>/tool.sh""#
        #expect(
            scratch.outcome(listed + "] }")
                == "profile.json:1:26: allowedExecutables[0]: \"PROJECT/tool.sh\" leads by a link out of the project, to "
                + "\"/usr/bin/env\": list \"/usr/bin/env\" itself if it is meant")
        #expect(scratch.outcome(listed + #", "/usr/bin/env"] }"#) == "ok")
        let pattern = #"""
            {
              "writeablePaths": ["<project root>/temp"],
              "allowedExecutables": ["/usr/bin/env", "/usr/bin/sh", "<project root>/temp/too*"]
            }
            """#
        let resolution = try scratch.resolve(pattern)
        #expect(resolution.policy.executables.count == 2)
        #expect(resolution.notes.map(scratch.named).contains { $0.hasSuffix("it is left out") })
    }
}
