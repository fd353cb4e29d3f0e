internal import JSON

/// Reads a profile from its JSON form. Every key is known, every value has the wanted type, every text is sound;
/// what paths name on the disk is not looked at.
enum ProfileReader {
    /// The longest name of an agent or a tool.
    static let nameLimit = 64

    /// Reads a file's value.
    static func profile(_ json: JSONValue) throws(ProfileProblem) -> Profile {
        let root = try ProfileObject(json, at: Place(path: "", offset: json.offset))
        guard let agents = root["agents"] else {
            try root.allow(ProfileKeys.single)
            _ = try root.string("$schema")
            return Profile(agents: [try agent(root, name: nil)], agentsPlace: nil)
        }
        try refuseMixing(root)
        try root.allow(ProfileKeys.file)
        _ = try root.string("$schema")
        let list = try ProfileObject(agents.json, at: agents.place)
        if list.members.isEmpty { throw ProfileProblem("no agent: name at least one", at: agents.place) }
        var profile = Profile(agents: [], agentsPlace: agents.place)
        profile.extends = try root.string("extends")
        for member in list.members {
            let place = try named(member, in: list)
            profile.agents.append(try agent(try ProfileObject(member.value, at: place), name: member.key))
        }
        return profile
    }

    /// A file says what its one agent may do, or names several: not both, since it would be open whom the first is for.
    private static func refuseMixing(_ root: ProfileObject) throws(ProfileProblem) {
        for member in root.members where member.key != "extends" && ProfileKeys.agent.contains(member.key) {
            throw ProfileProblem(
                "stands beside \"agents\": move it into an agent, or leave \"agents\" out",
                at: root.keyPlace(member))
        }
    }

    private static func agent(_ object: ProfileObject, name: String?) throws(ProfileProblem) -> Profile.Agent {
        if name != nil { try object.allow(ProfileKeys.agent) }
        var agent = Profile.Agent(name: name, grants: try grants(object))
        agent.extends = try object.string("extends")
        guard let tools = object["tools"] else { return agent }
        let list = try ProfileObject(tools.json, at: tools.place)
        for member in list.members {
            let tool = try ProfileObject(member.value, at: try named(member, in: list))
            try tool.allow(ProfileKeys.grants)
            agent.tools.append(Profile.Tool(name: member.key, grants: try grants(tool)))
        }
        return agent
    }

    /// The place of an agent or a tool whose name is fit to stand in file names and cgroup paths.
    private static func named(
        _ member: JSONObject.Member, in list: ProfileObject
    ) throws(ProfileProblem) -> Place {
        let name = member.key.utf8
        let isSound =
            name.count <= nameLimit && name.first.map { isNameByte($0) && $0 != UInt8(ascii: "-") } ?? false
            && name.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") }
        guard isSound else {
            throw ProfileProblem(
                "a name is 1 to \(nameLimit) letters, digits, '_', '-' and '.', and begins with a letter, digit or '_'",
                at: list.keyPlace(member))
        }
        return list.place.member(member.key, at: member.value.offset)
    }

    private static func grants(_ object: ProfileObject) throws(ProfileProblem) -> Profile.Grants {
        var grants = Profile.Grants(place: object.place)
        grants.readOnlyPaths = try object.paths("readOnlyPaths")
        grants.writablePaths = try writablePaths(object)
        grants.deniedPaths = try object.paths("deniedPaths")
        grants.allowedExecutables = try object.paths("allowedExecutables")
        grants.network = try object.network("network")
        grants.helpers = try object.bool("helpers")
        grants.memfd = try object.bool("memfd")
        grants.unixSockets = try object.unixSockets("unixSockets")
        grants.deniesWriteExecuteMemory = try object.bool("denyWriteExecuteMemory")
        try readEnvironment(object, into: &grants)
        try readResources(object, into: &grants)
        return grants
    }

    /// The list has two spellings: the users' and the dictionary's.
    private static func writablePaths(_ object: ProfileObject) throws(ProfileProblem) -> [Profile.PathEntry]? {
        guard let second = object["writablePaths"] else { return try object.paths("writeablePaths") }
        if object["writeablePaths"] != nil {
            throw ProfileProblem("the same as \"writeablePaths\", which stands here too: keep one", at: second.place)
        }
        return try object.paths("writablePaths")
    }

    private static func readEnvironment(
        _ object: ProfileObject, into grants: inout Profile.Grants
    ) throws(ProfileProblem) {
        guard let value = object["environment"] else { return }
        let environment = try ProfileObject(value.json, at: value.place)
        try environment.allow(ProfileKeys.environment)
        grants.passedEnvironment = try environment.variableNames("pass")
        grants.setEnvironment = try environment.variables("set")
    }

    private static func readResources(
        _ object: ProfileObject, into grants: inout Profile.Grants
    ) throws(ProfileProblem) {
        guard let value = object["resources"] else { return }
        let resources = try ProfileObject(value.json, at: value.place)
        try resources.allow(ProfileKeys.resources)
        grants.memory = try resources.quantity("memory", Quantity.memory)
        grants.milliCPUs = try resources.quantity("cpus", Quantity.milliCPUs)
        grants.pids = try resources.quantity("pids", Quantity.pids)
        grants.wallTime = try resources.quantity("wallTime", Quantity.time)
        grants.cpuTime = try resources.quantity("cpuTime", Quantity.time)
        grants.output = try resources.quantity("output", Quantity.bytes)
    }
}
