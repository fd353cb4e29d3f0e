internal import AgentProfile
internal import ContainerRuntime
internal import LinuxSystem

/// The options by which `run --profile`, `bundle` and `check` say whose profile is meant, for which project.
enum ProfileOptions {
    static let all: [Arguments.Option] = [.value("agent"), .value("tool"), .value("project")]

    /// Reads a profile and resolves it for the agent, tool and project of the command line.
    static func resolve(
        _ file: String, _ arguments: Arguments, _ global: GlobalOptions
    ) throws -> PolicyResolution {
        try resolve(try ProfileFile.read(path: file), arguments, global)
    }

    /// The same of a file that is read already.
    static func resolve(
        _ file: ProfileFile, _ arguments: Arguments, _ global: GlobalOptions
    ) throws -> PolicyResolution {
        try file.resolve(agent: arguments["agent"], tool: arguments["tool"], context: context(arguments, global))
    }

    /// The same for what a plan is asked for by.
    static func resolve(
        _ file: ProfileFile, _ request: PlanRequest, _ global: GlobalOptions
    ) throws -> PolicyResolution {
        try file.resolve(
            agent: request.agent, tool: request.tool, context: context(project: request.project, global))
    }

    /// Who asks a question about a profile.
    static func caller() throws(SystemCallError) -> Caller {
        var caller = Caller(uid: effectiveUserID(), gid: effectiveGroupID(), environment: callerEnvironment())
        caller.groups = try supplementaryGroups()
        return caller
    }

    /// The project is the current directory, unless said otherwise.
    static func context(_ arguments: Arguments, _ global: GlobalOptions) throws -> ResolutionContext {
        try context(project: try projectDirectory(arguments), global)
    }

    private static func context(project: String, _ global: GlobalOptions) throws -> ResolutionContext {
        let environment = callerEnvironment()
        let own = try canonicalPath("/proc/self/exe")
        let directory = own.prefix(upTo: own.utf8.lastIndex(of: UInt8(ascii: "/")) ?? own.startIndex)
        let state = global.root.path
        return ResolutionContext(
            projectDirectory: project, homeDirectory: environment["HOME"] ?? "/", environment: environment,
            stateDirectory: state.hasPrefix("/") ? state : try workingDirectory() + "/" + state,
            ownPrograms: [own, directory + "/agentrt-gate"])
    }

    /// What `<project root>` stands for, its links resolved.
    static func projectDirectory(_ arguments: Arguments) throws(SystemCallError) -> String {
        try canonicalPath(arguments["project"] ?? ".")
    }

    /// What a call of a tool is planned by: the same for `warm` as for the calls that it is for.
    static func request(
        _ file: String, _ arguments: Arguments, program: String, hasTerminal: Bool
    ) throws(SystemCallError) -> PlanRequest {
        PlanRequest(
            profile: file, agent: arguments["agent"], tool: arguments["tool"],
            project: try projectDirectory(arguments), session: arguments["session"], program: program,
            hasTerminal: hasTerminal)
    }

    /// Plans the bundle of a command.
    ///
    /// - Parameters:
    ///   - resolution: What the profile says.
    ///   - command: The command.
    ///   - request: What else the plan is asked for by.
    ///   - call: The number of the call in its session.
    /// - Returns: The plan.
    /// - Throws: `PlanError`.
    static func plan(
        _ resolution: PolicyResolution, command: [String], _ request: PlanRequest, call: UInt64
    ) throws -> BundlePlan {
        try BundlePlan.make(
            policy: resolution.policy, command: command,
            caller: Caller(
                uid: effectiveUserID(), gid: effectiveGroupID(), environment: callerEnvironment(),
                hasTerminal: request.hasTerminal),
            session: request.session.map { Session(name: $0, call: call) })
    }

    /// The caller's variables.
    static func callerEnvironment() -> [String: String] {
        var variables: [String: String] = [:]
        for variable in processEnvironment() {
            // Byte by byte: a sign behind it may combine with it.
            let bytes = variable.utf8
            guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: bytes[..<equals], as: UTF8.self)
            // Of one that stands twice the first counts, as for getenv(3).
            if variables[name] == nil {
                variables[name] = String(decoding: bytes[bytes.index(after: equals)...], as: UTF8.self)
            }
        }
        return variables
    }
}
