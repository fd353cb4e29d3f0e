internal import NetworkRules

/// What there is to say about a profile file as a whole.
public struct ProfileCheck: Equatable, Sendable {
    /// What each agent and each tool comes to, a line each.
    public var summary: [String] = []
    /// What the author would not expect, and what could be said better, a line each, none twice.
    public var notes: [String] = []
}

/// Checks a whole profile file on this host: every agent, and every tool of it. Nothing is made or changed.
///
/// - Parameters:
///   - file: The profile file.
///   - context: Whom and what it is resolved for.
/// - Returns: What it comes to.
/// - Throws: ``ProfileError`` with the first thing that is wrong.
public func checkProfile(file: String, context: ResolutionContext) throws(ProfileError) -> ProfileCheck {
    let profileFile = try ProfileFile.read(path: file)
    var check = ProfileCheck()
    for agent in profileFile.profile.agents {
        try check.add(profileFile, agent, tool: nil, context)
        for tool in agent.tools { try check.add(profileFile, agent, tool: tool.name, context) }
    }
    return check
}

extension ProfileCheck {
    fileprivate mutating func add(
        _ file: ProfileFile, _ agent: Profile.Agent, tool: String?, _ context: ResolutionContext
    ) throws(ProfileError) {
        let resolution = try file.resolve(agent: agent.name, tool: tool, context: context)
        summary.append(Self.line(resolution.policy))
        for note in resolution.notes + resolution.advice where !notes.contains(note) { notes.append(note) }
    }

    private static func text(_ network: Policy.Network) -> String {
        switch network {
        case .none: "none"
        case .host: "host"
        case .allow(let list): list.targets.map(\.description).joined(separator: " ")
        }
    }

    /// `agent documentation, tool bash: 1 read-only path, 2 writeable paths, …`.
    private static func line(_ policy: Policy) -> String {
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        func paths(_ access: Policy.Access) -> Int { policy.paths.count { $0.access == access } }
        let whom = [policy.agent.map { "agent \($0)" } ?? "profile", policy.tool.map { "tool \($0)" }]
        var parts = [
            count(paths(.readOnly), "read-only path"), count(paths(.writable), "writeable path"),
            count(paths(.denied), "denied path"), count(policy.executables.count, "executable"),
            "network \(Self.text(policy.network))",
        ]
        if let memory = policy.resources.memory { parts.append("memory \(Quantity.memoryText(memory))") }
        if let cpus = policy.resources.milliCPUs { parts.append("cpus \(Quantity.thousandthsText(cpus))") }
        if let pids = policy.resources.pids { parts.append("pids \(pids)") }
        if let time = policy.resources.wallTime { parts.append("wall time \(Quantity.timeText(time))") }
        if let time = policy.resources.cpuTime { parts.append("cpu time \(Quantity.timeText(time))") }
        if let output = policy.resources.output { parts.append("output \(Quantity.memoryText(output))") }
        return whom.compactMap { $0 }.joined(separator: ", ") + ": " + parts.joined(separator: ", ")
    }
}
