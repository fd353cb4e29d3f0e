import JSON
import Testing

@testable import AgentProfile

/// The profiles of `bundles/`, as a user would take them.
struct ProfileSampleTests {
    private func sample(_ name: String) throws -> ProfileFile {
        try ProfileFile.read(path: "\(repository)/bundles/\(name)/profile.json")
    }

    @Test func documentationGrantsWhatItSays() throws {
        let scratch = try ProfileScratch()
        let resolution = try sample("documentation").resolve(agent: nil, context: scratch.context)
        #expect(
            scratch.lines(resolution.policy) == [
                "readOnly PROJECT/ <- readOnlyPaths[0]",
                "writable PROJECT/doc <- writeablePaths[0]",
                "writable PROJECT/temp <- writeablePaths[1]",
                "execute /usr/bin/bash <- allowedExecutables[0]",
                "execute /usr/bin/ls <- allowedExecutables[1]",
                "execute /usr/bin/curl <- allowedExecutables[2]",
            ])
        #expect(resolution.policy.projectDirectory == scratch.project)
        #expect(resolution.policy.network == .none)
        #expect(resolution.notes == [])
    }

    @Test func documentationScriptNeedsTheScript() throws {
        let scratch = try ProfileScratch()
        let file = try sample("documentation-script")
        #expect(throws: ProfileError.self) { try file.resolve(agent: nil, context: scratch.context) }
        try scratch.write("#!/usr/bin/env -S bash\nls\n", to: "test-script.sh", mode: 0o755)
        #expect(throws: ProfileError.self) { try file.resolve(agent: nil, context: scratch.context) }
        try scratch.write("#!/bin/bash\nls\n", to: "test-script.sh", mode: 0o755)
        let policy = try file.resolve(agent: nil, context: scratch.context).policy
        #expect(scratch.lines(policy).suffix(1) == ["execute PROJECT/test-script.sh <- allowedExecutables[3]"])
        // The interpreter is listed as /usr/bin/bash: where /bin is a link, the sandbox needs the link.
        let bin = try ResolvedPath("/bin").path
        #expect(policy.links == (bin == "/bin" ? [] : [Policy.Link(path: "/bin", target: "usr/bin")]))
    }

    @Test func openCodeWritesTheProjectAndItsOwnFolders() throws {
        let scratch = try ProfileScratch("node_modules/", ".git/hooks/", ".git/config")
        try scratch.makeDirectory(scratch.home + "/.cache/opencode")
        let policy = try sample("opencode").resolve(agent: nil, context: scratch.context).policy
        let lines = scratch.lines(policy)
        #expect(
            lines.filter { $0.hasPrefix("writable") } == [
                "writable PROJECT/ <- writeablePaths[0]",
                "writable PROJECT/node_modules/ optional <- writeablePaths[1]",
                "writable HOME/.config/opencode/ create <- writeablePaths[2]",
                "writable HOME/.cache/opencode/ create <- writeablePaths[3]",
                "writable HOME/.local/share/opencode/ create <- writeablePaths[4]",
                "writable HOME/.local/state/opencode/ create <- writeablePaths[5]",
            ])
        #expect(lines.contains("readOnly /usr/ <- readOnlyPaths[0]"))
        #expect(lines.contains("readOnly HOME/.opencode/bin/ optional <- readOnlyPaths[9]"))
        #expect(lines.contains("readOnly PROJECT/.git/hooks <- built-in: git hooks"))
        #expect(lines.contains("execute /usr <- allowedExecutables[0]"))
        for name in ["/bin", "/sbin", "/lib", "/lib64"] {
            guard let kind = try ResolvedPath(name).links.first else { continue }
            #expect(policy.links.contains(kind))
        }
        #expect(policy.network == .host)
        #expect(policy.setEnvironment["PATH"] == scratch.home + "/.opencode/bin:/usr/local/bin:/usr/bin:/bin")
        #expect(policy.setEnvironment["TMPDIR"] == "/tmp")
    }

    @Test func resourcesAndToolsNarrowEveryTool() throws {
        let scratch = try ProfileScratch("keys/a.pem", ".env")
        let file = try sample("resources-and-tools")
        let bash = try file.resolve(agent: "documentation", tool: "bash", context: scratch.context).policy
        #expect(bash.resources.wallTime == 2000)
        #expect(bash.executables.count == 5)
        let read = try file.resolve(agent: "documentation", tool: "read", context: scratch.context).policy
        #expect(
            scratch.lines(read) == [
                "readOnly PROJECT/ <- agents.documentation.readOnlyPaths[0]",
                "denied PROJECT/.env optional <- agents.documentation.deniedPaths[0]",
                "denied PROJECT/keys/a.pem optional <- agents.documentation.deniedPaths[1]",
                "execute /usr/bin/cat <- agents.documentation.tools.read.allowedExecutables[0]",
                "execute /usr/bin/ls <- agents.documentation.tools.read.allowedExecutables[1]",
            ])
        #expect(read.passedEnvironment == [])
        #expect(read.setEnvironment == ["TMPDIR": "/tmp", "DOCS": scratch.project + "/doc", "LC_ALL": "C"])
        #expect(read.resources.wallTime == 500)
    }

    @Test func checkTellsWhatAFileComesTo() throws {
        let scratch = try ProfileScratch()
        let path = "\(repository)/bundles/resources-and-tools/profile.json"
        let check = try checkProfile(file: path, context: scratch.context)
        #expect(
            check.summary == [
                "agent documentation: 1 read-only path, 2 writeable paths, 1 denied path, 5 executables, network none, "
                    + "wall time 1800s",
                "agent documentation, tool bash: 1 read-only path, 2 writeable paths, 1 denied path, 5 executables, "
                    + "network none, wall time 2s",
                "agent documentation, tool read: 1 read-only path, 0 writeable paths, 1 denied path, 2 executables, "
                    + "network none, wall time 0.5s",
                "agent review: 1 read-only path, 0 writeable paths, 0 denied paths, 2 executables, network none, "
                    + "wall time 60s",
            ])
        #expect(
            check.notes == [
                "agents.documentation.deniedPaths[1]: \"<project root>/**/*.pem\" denies what is there when a call "
                    + "starts; a file made during the call is denied from the next call on",
                "agents.documentation: bash will run any script given as a file or on the command line, listed or not, "
                    + "with all that this profile grants",
            ])
    }

    @Test func checkFindsWhatIsWrongInATool() throws {
        let scratch = try ProfileScratch()
        let path = scratch.root + "/p.json"
        try scratch.write(
            "{\n  \"tools\": { \"x\": {\n    \"network\": \"host\" } } }", to: path)
        #expect(throws: ProfileError.self) { try checkProfile(file: path, context: scratch.context) }
    }
}
