internal import JSON

/// The keys of the profile format; the reader knows no others, and a test holds the schema to them.
enum ProfileKeys {
    /// Of a file that names its agents.
    static let file = ["$schema", "extends", "agents"]
    /// Of an agent and of a tool.
    static let grants = [
        "readOnlyPaths", "writeablePaths", "writablePaths", "deniedPaths", "allowedExecutables", "network",
        "environment", "resources", "helpers", "memfd", "unixSockets", "denyWriteExecuteMemory",
    ]
    /// Of an agent.
    static let agent = ["extends"] + grants + ["tools"]
    /// Of a file that holds one profile without a name.
    static let single = ["$schema"] + agent
    /// Of a path entry in its long form.
    static let pathEntry = ["path", "optional", "create"]
    /// Of `network` in its long form.
    static let network = ["allow"]
    /// Of `environment`.
    static let environment = ["pass", "set"]
    /// Of `resources`.
    static let resources = ["memory", "cpus", "pids", "wallTime", "cpuTime", "output"]
}

/// The known name nearest to one that is not known, where one is near enough to have been meant.
func nearestName(to name: String, among known: [String]) -> String? {
    guard name.utf8.count <= 64 else { return nil }
    if name.utf8.count >= 4, let longer = known.first(where: { $0.hasPrefix(name) }) { return longer }
    let wanted = name.lowercased()
    var best: (name: String, distance: Int)?
    for candidate in known {
        let distance = editDistance(wanted, candidate.lowercased())
        if distance < best?.distance ?? Int.max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, min(wanted.utf8.count, best.name.utf8.count) / 3) else { return nil }
    return best.name
}
