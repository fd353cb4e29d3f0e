import Testing

@testable import AgentProfile

/// What is read-only inside a writeable path although no profile says so.
struct ProfileProtectionTests {
    static let open = #"{ "writeablePaths": ["<project root>/"] }"#

    private func builtIn(_ scratch: ProfileScratch, _ text: String = open) throws -> [String] {
        scratch.lines(try scratch.resolve(text).policy).filter { $0.contains("built-in") }
    }

    private func notes(_ scratch: ProfileScratch, _ text: String = open) throws -> [String] {
        try scratch.resolve(text).notes.map(scratch.named)
    }

    @Test func hooksAndConfiguration() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".git/config", ".git/HEAD")
        #expect(
            try builtIn(scratch) == [
                "readOnly PROJECT/.git/hooks <- built-in: git hooks",
                "readOnly PROJECT/.git/config <- built-in: git configuration",
                "denied PROJECT/.git/commondir optional <- built-in: git repository elsewhere",
            ])
        #expect(try notes(scratch) == [])
    }

    @Test func agentrtItselfAndItsState() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".git/config", "temp/state/", "bin/agentrt", "own/agentrt-gate")
        func builtIn(_ text: String) throws -> [String] {
            var context = scratch.context
            context.stateDirectory = scratch.project + "/temp/state"
            context.ownPrograms = [scratch.project + "/bin/agentrt", scratch.project + "/bin/agentrt-gate"]
            let resolution = try ProfileFile.parse(Array(text.utf8), path: "profile.json").resolve(
                agent: nil, context: context)
            return scratch.lines(resolution.policy).filter { $0.contains("agentrt") }
                + resolution.notes.map(scratch.named)
        }
        #expect(
            try builtIn(Self.open) == [
                "denied PROJECT/temp/state <- built-in: the state of agentrt",
                "readOnly PROJECT/bin/agentrt <- built-in: agentrt",
                "built-in: a call can make \"PROJECT/bin/agentrt-gate\", which agentrt runs: install agentrt elsewhere",
            ])
        #expect(
            try builtIn(#"{ "readOnlyPaths": ["<project root>/"] }"#) == [
                "denied PROJECT/temp/state <- built-in: the state of agentrt"
            ])
        #expect(try builtIn(#"{ "writeablePaths": ["<project root>/doc"] }"#) == [])
    }

    @Test func onlyWhereTheyCouldBeWritten() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".git/config")
        #expect(try builtIn(scratch, #"{ "readOnlyPaths": ["<project root>/"] }"#) == [])
        #expect(try builtIn(scratch, #"{ "writeablePaths": ["<project root>/doc"] }"#) == [])
        let readOnly = #"{ "writeablePaths": ["<project root>"], "readOnlyPaths": ["<project root>/.git"] }"#
        #expect(try builtIn(scratch, readOnly) == [])
    }

    @Test func aRuleOfTheProfileWins() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".git/config")
        let hooks = #"{ "writeablePaths": ["<project root>/", "<project root>/.git/hooks"] }"#
        #expect(
            try builtIn(scratch, hooks).map { $0.split(separator: " ")[1] } == [
                "PROJECT/.git/config", "PROJECT/.git/commondir",
            ])
    }

    @Test func aMissingPartMakesTheWholeReadOnly() throws {
        let scratch = try ProfileScratch(".git/config")
        #expect(try builtIn(scratch) == ["readOnly PROJECT/.git <- built-in: git directory without hooks"])
        #expect(
            try notes(scratch) == [
                "built-in: \"PROJECT/.git\" is read-only, since it has no \"hooks\" to protect: "
                    + "make it, and git can commit"
            ])
        let listed = #"{ "writeablePaths": ["<project root>/", "<project root>/.git"] }"#
        #expect(
            try notes(scratch, listed) == [
                "built-in: \"PROJECT/.git\" is writeable and has no \"hooks\": a call can make it, "
                    + "and git outside would obey it"
            ])
        #expect(try builtIn(scratch, listed).first == "readOnly PROJECT/.git/config <- built-in: git configuration")
    }

    @Test func aWorkTree() throws {
        let scratch = try ProfileScratch("main/.git/hooks/", "main/.git/config", "main/.git/worktrees/x/HEAD")
        try scratch.write("../..\n", to: "main/.git/worktrees/x/commondir")
        try scratch.write("gitdir: main/.git/worktrees/x\n", to: ".git")
        #expect(
            try builtIn(scratch) == [
                "readOnly PROJECT/.git <- built-in: git directory",
                "readOnly PROJECT/main/.git/worktrees/x/commondir <- built-in: git work tree",
                "readOnly PROJECT/main/.git/hooks <- built-in: git hooks",
                "readOnly PROJECT/main/.git/config <- built-in: git configuration",
                "denied PROJECT/main/.git/commondir optional <- built-in: git repository elsewhere",
            ])
    }

    @Test func aWorkTreeOfARepositoryOutOfReach() throws {
        let scratch = try ProfileScratch()
        try scratch.write("gitdir: /somewhere/else", to: ".git")
        #expect(try builtIn(scratch) == ["readOnly PROJECT/.git <- built-in: git directory"])
        try scratch.write("nonsense", to: ".git")
        #expect(try builtIn(scratch) == ["readOnly PROJECT/.git <- built-in: git directory"])
    }

    @Test func submodules() throws {
        let scratch = try ProfileScratch(
            ".git/hooks/", ".git/config", ".git/modules/lib/z/HEAD", ".git/modules/lib/z/hooks/",
            ".git/modules/lib/z/config", ".git/modules/bare/HEAD")
        let paths = try builtIn(scratch).map { $0.split(separator: " ")[1].dropFirst("PROJECT/.git/".count) }
        #expect(
            paths == [
                "hooks", "config", "commondir", "modules/bare", "modules/lib/z/hooks", "modules/lib/z/config",
                "modules/lib/z/commondir",
            ])
    }

    @Test func whatLeadsOtherWorkTreesToARepository() throws {
        let scratch = try ProfileScratch(
            ".git/hooks/", ".git/config", ".git/worktrees/x/HEAD", ".git/modules/s/HEAD", ".git/modules/s/hooks/")
        try scratch.write("../..\n", to: ".git/worktrees/x/commondir")
        try scratch.write("\(scratch.project)/beside/.git\n", to: ".git/worktrees/x/gitdir")
        try scratch.write("gitdir: ../.git/worktrees/x\n", to: "beside/.git")
        try scratch.write("[core]\n\tworktree = ../../../lib/s\n", to: ".git/modules/s/config")
        try scratch.write("gitdir: ../../.git/modules/s\n", to: "lib/s/.git")
        let paths = try builtIn(scratch).filter { $0.hasSuffix("git work tree") }.map { $0.split(separator: " ")[1] }
        #expect(
            paths == [
                "PROJECT/lib/s/.git", "PROJECT/.git/worktrees/x/commondir", "PROJECT/.git/worktrees/x/gitdir",
                "PROJECT/beside/.git",
            ])
    }

    @Test func whatTheConfigurationNames() throws {
        let scratch = try ProfileScratch(".git/hooks/", ".githooks/pre-commit", "gitconfig", "other")
        try scratch.write(
            """
            [core]
            \tHooksPath = .githooks ; ours
            [include] path = ../gitconfig
            [includeIf "gitdir:~/x"]
            path = "\(scratch.project)/oth\\
            er"
            [include]
                path = ~/.gitmore
                path = ../missing
            """, to: ".git/config")
        try scratch.write("", to: scratch.home + "/.gitmore")
        let paths = try builtIn(scratch).map { $0.split(separator: " ")[1] }
        #expect(paths.suffix(3) == ["PROJECT/.githooks", "PROJECT/gitconfig", "PROJECT/other"])
        #expect(
            try notes(scratch) == [
                "built-in: \"PROJECT/.git/../missing\" is missing: a call can make it, and git outside would obey it "
                    + "(git configuration)"
            ])
        // A place that is the project itself cannot be read-only in it.
        try scratch.write("[core]\nhooksPath = .\n", to: ".git/config")
        #expect(try builtIn(scratch).count == 3)
    }

    @Test func aLinkThatCanBeReplacedIsTold() throws {
        let scratch = try ProfileScratch("repository/hooks/", "repository/config")
        try scratch.link(".git", to: "repository")
        #expect(try builtIn(scratch).count == 3)
        #expect(
            try notes(scratch) == [
                "built-in: \"PROJECT/.git\" is a link in a writeable path: a call can replace it (git)"
            ])
    }

    @Test func theProfile() throws {
        let scratch = try ProfileScratch()
        try scratch.write(Self.open, to: "temp/profile.json")
        let file = try ProfileFile.read(path: scratch.project + "/temp/profile.json")
        let policy = try file.resolve(agent: nil, context: scratch.context).policy
        #expect(
            scratch.lines(policy) == [
                "writable PROJECT/ <- writeablePaths[0]",
                "readOnly PROJECT/temp/profile.json <- built-in: the profile",
            ])
    }

    @Test func aNewRepositoryIsAdvisedAgainst() throws {
        let advice = try ProfileScratch().resolve(Self.open).advice
        #expect(advice.contains("built-in: there is no .git in the project: a call can make one, hooks included"))
    }
}
