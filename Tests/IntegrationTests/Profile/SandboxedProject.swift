import Glibc
import Testing

/// Who runs agentrt, and whose project it is.
enum Identity: String, CaseIterable, CustomTestStringConvertible {
    case rootInUsersProject, rootInRootsProject, user

    static let userID: UInt32 = 12345

    var owner: UInt32 { self == .rootInRootsProject ? 0 : Self.userID }
    var caller: UInt32? { self == .user ? Self.userID : nil }
    var testDescription: String { rawValue }
}

/// A project with a profile beside it: `src`, `doc`, `temp`, a script, and a secret file outside.
final class SandboxedProject {
    let scratch: Scratch
    let identity: Identity
    let directory: String
    let profile: String
    /// A file outside the project that the caller itself can read.
    let secret: String

    /// The user's first example, with more keys or executables where a test asks for them.
    init(
        _ identity: Identity, executables: [String] = ["/usr/bin/bash", "/usr/bin/ls", "/usr/bin/curl"],
        more: String = ""
    ) throws {
        self.identity = identity
        scratch = Scratch(user: identity.caller)
        directory = try scratch.makeDirectory("project")
        for name in ["src", "doc", "temp"] { try Files.makeDirectory(directory + "/" + name) }
        try Files.write("source\n", to: directory + "/src/main.txt")
        try Files.write(
            "#!/usr/bin/bash\nls src && id; cp src/main.txt temp/; python3 -c 1\n", to: directory + "/test-script.sh")
        try check(chmod(directory + "/test-script.sh", 0o755), "chmod", directory)
        secret = try scratch.makeFile("secret.txt", "outside\n")
        let list = executables.map { "\"\($0)\"" }.joined(separator: ", ")
        profile = try scratch.makeFile(
            "profile.json",
            """
            {
              "readOnlyPaths": ["<project root>/"],
              "writeablePaths": ["<project root>/doc", "<project root>/temp"],
              "allowedExecutables": [\(list)]\(more)
            }
            """)
        _ = try Command("/usr/bin/chown", ["-R", "\(identity.owner):\(identity.owner)", directory]).run().succeeded()
    }

    /// Runs a command in the sandbox.
    func run(_ words: String..., options: [String] = [], input: Command.Input = .nothing) throws -> Output {
        try run(words, options: options, input: input)
    }

    /// The same, with the words in an array.
    func run(
        _ words: [String], options: [String] = [], variables: [String: String] = [:], input: Command.Input = .nothing
    ) throws -> Output {
        var command = try command(words, options, input)
        command.environment.merge(variables) { _, new in new }
        return try command.run()
    }

    /// Starts a command in the sandbox, and goes on.
    func start(
        _ words: String..., options: [String] = [], input: Command.Input = .nothing
    ) throws -> RunningProcess {
        try command(words, options, input).start()
    }

    func command(_ words: [String], _ options: [String], _ input: Command.Input) throws -> Command {
        try command("run", options, words, input)
    }

    private func command(
        _ verb: String, _ options: [String], _ words: [String], _ input: Command.Input
    ) throws -> Command {
        var command = Command(
            Runtime.current.path,
            ["--root", try scratch.stateRoot, verb, "--profile", profile, "--project", directory] + options
                + ["--"] + words)
        command.user = identity.caller
        command.directory = directory
        command.input = input
        command.environment["HOME"] = "/nonexistent"
        command.environment["SECRET_KEY"] = "of the harness"
        return command
    }

    /// What keeps calls of a program ready.
    func warmCommand(_ program: String) throws -> Command { try command("warm", [], [program], .nothing) }

    /// Keeps calls of a program ready, until the test lets go of it.
    func keepWarm(_ program: String) throws -> RunningProcess {
        let keeper = try warmCommand(program).start()
        try keeper.waitForOutput("ready\n")
        return keeper
    }

    /// Runs a line of bash in the sandbox.
    func bash(_ line: String) throws -> Output { try run("/usr/bin/bash", "-c", line) }
}
