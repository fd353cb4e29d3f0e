internal import NetworkRules

extension PolicyResolver {
    /// What is left of an agent's grants for a tool: what both permit. What the tool leaves out is the agent's; what it
    /// asks for beyond the agent is an error that names both.
    ///
    /// - Parameters:
    ///   - agent: What the agent may do.
    ///   - tool: What the tool says.
    /// - Returns: What the tool may do.
    /// - Throws: ``ProfileProblem`` where the tool asks for more.
    mutating func narrowed(
        _ agent: ResolvedGrants, to tool: Profile.Grants
    ) throws(ProfileProblem) -> ResolvedGrants {
        var grants = agent
        grants.paths = try narrowedPaths(agent, tool)
        if let entries = tool.allowedExecutables {
            grants.executables = try narrowedExecutables(agent, entries)
            grants.place = tool.place
        }
        if let network = try network(tool.network) {
            try requireWithin(agent.network, network, written: tool.network)
            grants.network = network
        }
        try narrowEnvironment(&grants, agent, tool)
        grants.memory = try narrowed(agent.memory, tool.memory, Quantity.memoryText)
        grants.milliCPUs = try narrowed(agent.milliCPUs, tool.milliCPUs, Quantity.thousandthsText)
        grants.pids = try narrowed(agent.pids, tool.pids) { "\($0)" }
        grants.wallTime = try narrowed(agent.wallTime, tool.wallTime, Quantity.timeText)
        grants.cpuTime = try narrowed(agent.cpuTime, tool.cpuTime, Quantity.timeText)
        grants.output = try narrowed(agent.output, tool.output, Quantity.memoryText)
        grants.helpers = try narrowed(agent.helpers, tool.helpers)
        grants.memfd = try narrowed(agent.memfd, tool.memfd)
        if let sockets = tool.unixSockets {
            guard sockets.value <= agent.unixSockets.value else {
                throw beyond(
                    "\"\(sockets.value.rawValue)\"", agent.unixSockets.place,
                    "is \"\(agent.unixSockets.value.rawValue)\"", at: sockets.place)
            }
            grants.unixSockets = sockets
        }
        if let denies = tool.deniesWriteExecuteMemory {
            if agent.deniesWriteExecuteMemory.value, !denies.value {
                throw beyond("false", agent.deniesWriteExecuteMemory.place, "says true", at: denies.place)
            }
            grants.deniesWriteExecuteMemory = denies
        }
        return grants
    }

    // MARK: Paths

    /// At every path that either names, the lesser of what the two permit there. So an agent's denied path stays
    /// denied, and its read-only path below a tool's writeable one stays read-only.
    private mutating func narrowedPaths(
        _ agent: ResolvedGrants, _ tool: Profile.Grants
    ) throws(ProfileProblem) -> [ResolvedRule] {
        let own = try pathRules(of: tool)
        let agentRules = agent.rulesByPath
        for rule in own where rule.access != .denied { try requireWithin(agentRules, rule) }

        let ownRules = PathMap(own)
        var toolRules = ownRules
        for rule in agent.paths where ownRules[rule.path] == nil && isInherited(rule.access, by: tool) {
            toolRules[rule.path] = rule
        }

        var result: [ResolvedRule] = []
        var resultRules = PathMap<ResolvedRule>()
        // Parents first, so that a rule which says no more than the one above it can be left out.
        let candidates = own + agent.paths.filter { ownRules[$0.path] == nil }
        for candidate in candidates.sorted(by: { $0.path.utf8.count < $1.path.utf8.count }) {
            guard let fromAgent = agentRules.covering(candidate.path),
                let fromTool = toolRules.covering(candidate.path)
            else {
                // What only the tool denies lies outside all that is granted.
                if candidate.access == .denied { result.append(candidate) }
                continue
            }
            let lesser = fromAgent.access.rank < fromTool.access.rank ? fromAgent : fromTool
            var rule = candidate
            if rule.access != lesser.access {
                rule.rule.access = lesser.access
                rule.rule.origin = lesser.rule.origin
                if rule.rule.createsDirectory { rule.rule.isOptional = true }
                rule.rule.createsDirectory = false
            }
            // A rule of the agent that the tool did not take over, and that makes no difference any more.
            let isLeft = toolRules[rule.path] == nil || candidate.access != rule.access
            if isLeft, resultRules.covering(rule.path)?.access == rule.access { continue }
            result.append(rule)
            resultRules[rule.path] = rule
        }
        return ordered(result, like: candidates)
    }

    /// A list that a tool leaves out is the agent's; denied paths are always the agent's too.
    private func isInherited(_ access: Policy.Access, by tool: Profile.Grants) -> Bool {
        switch access {
        case .readOnly: tool.readOnlyPaths == nil
        case .writable: tool.writablePaths == nil
        case .denied: true
        }
    }

    private func requireWithin(_ agent: PathMap<ResolvedRule>, _ rule: ResolvedRule) throws(ProfileProblem) {
        let path = quotedOnOneLine(rule.listed)
        guard let granted = agent.covering(rule.path) else {
            throw ProfileProblem("\(path) is beyond the agent: none of its lists has it", at: rule.place)
        }
        guard granted.access.rank < rule.access.rank else { return }
        throw beyond(
            path, granted.place, granted.access == .denied ? "denies it" : "grants reading only", at: rule.place)
    }

    private func ordered(_ rules: [ResolvedRule], like order: [ResolvedRule]) -> [ResolvedRule] {
        var positions = PathMap<Int>()
        for (index, rule) in order.enumerated() { positions[rule.path] = index }
        return rules.sorted { positions[$0.path] ?? 0 < positions[$1.path] ?? 0 }
    }

    // MARK: The rest

    private mutating func narrowedExecutables(
        _ agent: ResolvedGrants, _ entries: [Profile.PathEntry]
    ) throws(ProfileProblem) -> [ResolvedExecutable] {
        let own = try executables(entries)
        for executable in own where executable.resolved.kind != nil {
            let granting = agent.executables.granting(executable.name)
            guard granting == nil || (executable.isDirectory && granting?.isDirectory == false) else { continue }
            throw ProfileProblem(
                "\(quotedOnOneLine(executable.path)) is beyond the agent: its allowedExecutables do not have it",
                at: executable.place)
        }
        return own
    }

    /// A tool reaches at most what its agent does, entry by entry and port by port.
    private func requireWithin(
        _ agent: Placed<Policy.Network>, _ tool: Placed<Policy.Network>, written: Placed<Profile.Network>?
    ) throws(ProfileProblem) {
        switch (agent.value, tool.value) {
        case (.host, _), (_, .none): return
        case (_, .host):
            let reason = agent.value == .none ? "is \"none\"" : "allows some names"
            throw beyond("\"host\"", agent.place, reason, at: tool.place)
        case (let outer, .allow):
            guard case .allow(let targets)? = written?.value else { return }
            for target in targets {
                guard case .allow(let list) = outer else {
                    throw beyond("\"\(target.value)\"", agent.place, "is \"none\"", at: target.place)
                }
                if let port = list.firstUncoveredPort(of: target.value) {
                    throw beyond(
                        "port \(port) of \"\(target.value)\"", agent.place, "does not allow it", at: target.place)
                }
            }
        }
    }

    private func narrowEnvironment(
        _ grants: inout ResolvedGrants, _ agent: ResolvedGrants, _ tool: Profile.Grants
    ) throws(ProfileProblem) {
        if let names = tool.passedEnvironment {
            for name in names where !agent.passed.contains(name.value) {
                throw ProfileProblem(
                    "\(quotedOnOneLine(name.value)) is beyond the agent: its environment.pass does not have it",
                    at: name.place)
            }
            grants.passed = names.map(\.value)
        }
        // A constant grants nothing of the host; a variable of the caller does.
        let known = agent.usedVariables.union(agent.passed).union(["HOME"])
        for variable in tool.setEnvironment ?? [] {
            for name in PathTemplate.variableNames(in: variable.value) where !known.contains(name) {
                throw ProfileProblem(
                    "${\(onOneLine(name))} is beyond the agent: its environment does not have it", at: variable.place)
            }
            grants.set[variable.name] = try template.value(of: variable)
        }
    }

    private func narrowed(
        _ agent: Placed<UInt64>?, _ tool: Placed<UInt64>?, _ text: (UInt64) -> String
    ) throws(ProfileProblem) -> Placed<UInt64>? {
        guard let tool else { return agent }
        if let agent, tool.value > agent.value {
            throw beyond(text(tool.value), agent.place, "says \(text(agent.value))", at: tool.place)
        }
        return tool
    }

    private func narrowed(_ agent: Placed<Bool>, _ tool: Placed<Bool>?) throws(ProfileProblem) -> Placed<Bool> {
        guard let tool else { return agent }
        if tool.value, !agent.value { throw beyond("true", agent.place, "does not permit it", at: tool.place) }
        return tool
    }

    private func beyond(_ what: String, _ agent: Place, _ reason: String, at place: Place) -> ProfileProblem {
        let name = agent.path.isEmpty ? "it" : agent.path
        return ProfileProblem("\(what) is beyond the agent: \(name) \(reason)", at: place)
    }
}
