internal import LinuxSystem
internal import NetworkRules

/// Turns what a profile says into a policy for one agent, one tool, one project and this host.
///
/// It looks at the disk and changes nothing there; the same profile, project and disk give the same policy.
struct PolicyResolver {
    /// The project's real path.
    let project: String
    /// What placeholders stand for.
    let template: PathTemplate
    /// The profile file, as the caller named it.
    let profileFile: String
    /// Where agentrt keeps its state, and the programs that it consists of.
    let stateDirectory: String?
    let ownPrograms: [String]
    /// What the profile's author would not expect and should know.
    var notes: [String] = []
    /// What could be said better.
    var advice: [String] = []

    /// A resolver for a project.
    ///
    /// - Parameters:
    ///   - context: Whom and what it resolves for.
    ///   - profileFile: The file that the profile came from.
    /// - Throws: ``ProfileProblem`` where the project is no directory that can be one.
    init(context: ResolutionContext, profileFile: String) throws(ProfileProblem) {
        self.profileFile = profileFile
        stateDirectory = context.stateDirectory
        ownPrograms = context.ownPrograms
        project = try Self.projectDirectory(context.projectDirectory)
        guard context.homeDirectory.utf8.first == UInt8(ascii: "/") else {
            throw ProfileProblem("the home directory \(quotedOnOneLine(context.homeDirectory)) is relative", at: nil)
        }
        try ProfileObject.checkPath(context.homeDirectory, at: nil)
        template = PathTemplate(
            project: project, home: context.homeDirectory, environment: context.environment)
    }

    /// Resolves an agent, or a tool of it.
    ///
    /// - Parameters:
    ///   - agent: The agent.
    ///   - tool: The tool, or nil.
    /// - Returns: The policy, and what to tell about it.
    /// - Throws: ``ProfileProblem`` with the first thing that is wrong.
    mutating func resolve(
        _ agent: Profile.Agent, tool: Profile.Tool?
    ) throws(ProfileProblem) -> PolicyResolution {
        var grants = try grants(of: agent.grants)
        let agentRules = grants.rulesByPath
        let sessionResources = grants.resources
        try requireTrusted(&grants, writtenBy: agentRules)
        if let tool {
            grants = try narrowed(grants, to: tool.grants)
            try requireTrusted(&grants, writtenBy: agentRules)
        }
        try dropDenied(&grants)
        let interpreterLinks = try requireInterpreters(grants.executables)
        noteExecutables(grants)
        advise(grants)
        adviseOnEnvironment(grants)
        adviseOnHardLinks(grants)
        adviseOnSockets(grants)
        let links = links(of: grants, interpreterLinks)
        removeRepeated(&grants)
        try protect(&grants)

        var policy = Policy(projectDirectory: project)
        policy.agent = agent.name
        policy.tool = tool?.name
        policy.paths = grants.paths.map(\.rule)
        policy.links = links
        policy.executables = grants.executables.map(\.rule)
        policy.network = grants.network.value
        if grants.network.place.path.hasSuffix("network") { policy.networkOrigin = grants.network.place.path }
        policy.passedEnvironment = grants.passed
        policy.setEnvironment = grants.set
        policy.resources = grants.resources
        policy.sessionResources = sessionResources
        policy.grantsHelpers = grants.helpers.value
        policy.permitsMemfd = grants.memfd.value
        policy.unixSockets = grants.unixSockets.value
        if grants.unixSockets.place.path.hasSuffix("unixSockets") {
            policy.unixSocketsOrigin = grants.unixSockets.place.path
        }
        policy.listedSockets = listedSockets(grants)
        policy.deniesWriteExecuteMemory = grants.deniesWriteExecuteMemory.value
        return PolicyResolution(policy: policy, notes: notes, advice: advice)
    }

    /// What the keys of an agent come to.
    private mutating func grants(of written: Profile.Grants) throws(ProfileProblem) -> ResolvedGrants {
        var grants = ResolvedGrants(
            place: written.place, network: try network(written.network) ?? Placed(.none, at: written.place),
            helpers: written.helpers ?? Placed(true, at: written.place),
            memfd: written.memfd ?? Placed(false, at: written.place),
            unixSockets: written.unixSockets ?? Placed(.own, at: written.place),
            deniesWriteExecuteMemory: written.deniesWriteExecuteMemory ?? Placed(false, at: written.place))
        grants.paths = try pathRules(of: written)
        grants.executables = try executables(written.allowedExecutables ?? [])
        grants.passed = (written.passedEnvironment ?? []).map(\.value)
        for variable in written.setEnvironment ?? [] {
            grants.set[variable.name] = try template.value(of: variable)
            grants.usedVariables.formUnion(PathTemplate.variableNames(in: variable.value))
        }
        grants.memory = written.memory
        grants.milliCPUs = written.milliCPUs
        grants.pids = written.pids
        grants.wallTime = written.wallTime
        grants.cpuTime = written.cpuTime
        grants.output = written.output
        return grants
    }

    /// What `network` comes to.
    func network(_ written: Placed<Profile.Network>?) throws(ProfileProblem) -> Placed<Policy.Network>? {
        switch written?.value {
        case nil: return nil
        case .none?: return written.map { Placed(.none, at: $0.place) }
        case .host?: return written.map { Placed(.host, at: $0.place) }
        case .allow(let targets)?:
            let place = written?.place ?? Place(path: "network", offset: 0)
            do throws(NetworkRuleError) {
                return Placed(.allow(try AllowList(targets.map(\.value))), at: place)
            } catch {
                throw ProfileProblem(error.description, at: place)
            }
        }
    }

    /// Every link that must be there for a listed name to work, once, in the order of the profile.
    private func links(of grants: ResolvedGrants, _ interpreterLinks: [Policy.Link]) -> [Policy.Link] {
        var seen: Set<Policy.Link> = []
        let granted = grants.paths.filter { $0.access != .denied }
        return (granted.flatMap(\.links) + interpreterLinks).filter { seen.insert($0).inserted }
    }

    private static func projectDirectory(_ path: String) throws(ProfileProblem) -> String {
        func problem(_ reason: String) -> ProfileProblem {
            ProfileProblem("the project directory \(quotedOnOneLine(path)) \(reason)", at: nil)
        }
        guard path.utf8.first == UInt8(ascii: "/") else { throw problem("is relative") }
        try ProfileObject.checkPath(path, at: nil)
        let resolved: ResolvedPath
        do throws(SystemCallError) {
            resolved = try ResolvedPath(path)
        } catch {
            throw problem("cannot be reached: \(error.errno)")
        }
        guard let kind = resolved.kind else { throw problem("does not exist") }
        guard kind == .directory else { throw problem("is not a directory") }
        guard resolved.path != "/" else { throw problem("is the whole file system") }
        if let reserved = reservedDirectory(of: [path, resolved.path], access: .writable) {
            throw problem("lies in \(reserved), which every sandbox has of its own")
        }
        // A link's target may hold what the profile's own texts may not.
        try ProfileObject.checkPath(resolved.path, at: nil)
        return resolved.path
    }

    /// The directory at or above one of these paths that every sandbox has of its own, or that no sandbox may write.
    ///
    /// - Parameters:
    ///   - paths: A path as it is listed, and where it leads.
    ///   - access: What is asked for.
    /// - Returns: The directory, or nil.
    static func reservedDirectory(of paths: [String], access: Policy.Access) -> String? {
        if access == .denied { return nil }
        for path in paths where !isPath(path, atOrBelow: "/dev/shm") || path == "/dev/shm" {
            for directory in ["/proc", "/dev"] where isPath(path, atOrBelow: directory) { return directory }
            if access == .writable, isPath(path, atOrBelow: "/sys") { return "/sys" }
        }
        return nil
    }
}
