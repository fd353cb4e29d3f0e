import Testing

/// A tool that may write a project must not lead git outside the sandbox to programs of the tool's choice.
@Suite(.needsRoot, .agentrtOnly) struct ProfileGitTests {
    enum Link: String, CaseIterable, CustomTestStringConvertible {
        case submodule, workTree
        var testDescription: String { rawValue }
    }

    @Test(arguments: Link.allCases, Identity.allCases)
    func gitOutsideObeysNoRepositoryOfATool(_ link: Link, _ identity: Identity) throws {
        let project = try SandboxedProject(identity, executables: ["/usr/bin/bash", "/usr/bin/mkdir", "/usr/bin/mv"])
        let main = project.directory
        func asOwner(_ script: String) throws -> Output {
            var command = Command("/bin/sh", ["-euc", script])
            command.user = identity.owner
            command.environment["HOME"] = "/nonexistent"
            return try command.run()
        }
        let repositories = """
            exec 2>&1; umask 022
            git() { command git -c user.name=a -c user.email=a@b -c protocol.file.allow=always "$@"; }
            git init -q '\(main)'; cd '\(main)'; mkdir own; git init -q own/source
            git -C own/source commit -q --allow-empty -m one
            git submodule --quiet add '\(main)/own/source' lib; git commit -q -m one
            git worktree add -q '\(main)/own/beside'
            """
        _ = try asOwner(repositories).succeeded()
        try Files.write(
            #"{ "writeablePaths": ["<project root>/"], "#
                + #""allowedExecutables": ["/usr/bin/bash", "/usr/bin/mkdir", "/usr/bin/mv"] }"#, to: project.profile)
        let evidence = main + "/evidence"
        let repository = """
            cd '\(main)'; mkdir -p evil/objects evil/refs/heads; echo 'ref: refs/heads/master' > evil/HEAD
            printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = "echo > \(evidence); false"\\n' > evil/config
            """
        let (lead, look) =
            switch link {
            case .submodule: ("echo 'gitdir: ../evil' > lib/.git", "git -C '\(main)' status")
            case .workTree:
                ("echo '\(main)/evil' > .git/worktrees/beside/commondir", "git -C '\(main)/own/beside' status")
            }
        let output = try project.bash(repository + "\n" + lead)
        #expect(output.status != 0, "\(output)")
        _ = try asOwner(look + " || :")
        #expect(!Files.exists(evidence), "git outside ran the tool's program")
        // Without a sandbox it works: else the test would prove nothing.
        let control = try asOwner("\(repository)\n\(lead)\n\(look) || :")
        #expect(Files.exists(evidence), "the attack does not work without a sandbox either: \(control)")
        // Nor by moving what holds these files; last, since mv(1) copies and removes what it may.
        for line in ["mv .git/worktrees w", "mv .git/worktrees/beside w", "mv lib l", "mv lib/.git g"] {
            let moved = try project.bash("cd '\(main)' && " + line)
            #expect(moved.status != 0, "\(line): \(moved)")
        }
    }
}
