import Testing

@testable import AgentProfile

/// The profiles of `bundles/`, as a user would take them.
struct ProfileSampleTests {
    @Test func documentationGrantsWhatItSays() throws {
        let scratch = try ProfileScratch()
        let file = try ProfileFile.read(path: repository + "/bundles/documentation/profile.json")
        let resolution = try file.resolve(agent: nil, context: scratch.context)
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
        let path = repository + "/bundles/documentation-script/profile.json"
        let file = try ProfileFile.read(path: path)
        #expect(throws: ProfileError.self) { try file.resolve(agent: nil, context: scratch.context) }
        try scratch.write("#!/bin/bash\nls\n", to: "test-script.sh", mode: 0o755)
        let resolution = try file.resolve(agent: nil, context: scratch.context)
        #expect(
            scratch.lines(resolution.policy).suffix(2) == [
                "execute /usr/bin/curl <- allowedExecutables[2]",
                "execute PROJECT/test-script.sh <- allowedExecutables[3]",
            ])
        #expect(scratch.lines(resolution.policy).contains("link /bin -> usr/bin"))
    }
}
