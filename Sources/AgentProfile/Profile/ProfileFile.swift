internal import JSON
internal import LinuxSystem

/// A profile file that was read: its values, and its text to name places in it.
public struct ProfileFile: Sendable {
    /// A profile is a page or two; a longer file is not one.
    static let sizeLimit = 1 << 20

    /// The file, as the caller named it.
    public let path: String
    /// What it says.
    public let profile: Profile

    let text: [UInt8]

    /// Reads and checks a file, without looking at what it names.
    ///
    /// - Parameter path: The file.
    /// - Returns: Its content.
    /// - Throws: ``ProfileError`` with the first thing that is wrong.
    public static func read(path: String) throws(ProfileError) -> ProfileFile {
        let text: [UInt8]
        let isFile: Bool
        do throws(SystemCallError) {
            // Not blocking: opening a FIFO would wait for its writer.
            let file = try openFile(path, [.readOnly, .nonBlocking])
            isFile = try [.regular, .directory].contains(file.status().kind)
            text = isFile ? try file.readAll(limit: sizeLimit) : []
        } catch {
            let reason = error.errno == .fileTooLarge ? "larger than 1 MiB: not a profile" : "\(error.errno)"
            throw ProfileError(file: path, message: reason)
        }
        guard isFile else { throw ProfileError(file: path, message: "is no regular file") }
        return try parse(text, path: path)
    }

    /// Reads a profile from a text that is at hand.
    ///
    /// - Parameters:
    ///   - text: The UTF-8 text.
    ///   - path: The name of the file it came from.
    /// - Returns: Its content.
    /// - Throws: ``ProfileError`` with the first thing that is wrong.
    public static func parse(_ text: [UInt8], path: String) throws(ProfileError) -> ProfileFile {
        if text.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw ProfileError(file: path, message: "begins with a byte order mark: save it as UTF-8 without one")
        }
        let json: JSONValue
        do throws(JSONSyntaxError) {
            json = try JSONParser.parse(text, options: .init(allowsComments: true, maximumDepth: 16))
        } catch {
            throw ProfileError(error, file: path)
        }
        do throws(ProfileProblem) {
            return ProfileFile(path: path, profile: try ProfileReader.profile(json), text: text)
        } catch {
            throw ProfileError(error, file: path, text: text)
        }
    }

    /// Resolves what the file says for one agent, one tool and one project on this host.
    ///
    /// Looks at the disk, changes nothing.
    ///
    /// - Parameters:
    ///   - agent: The agent's name; nil where the file holds one only.
    ///   - tool: The tool's name, or nil for the agent itself.
    ///   - context: Whom and what it is resolved for.
    /// - Returns: The policy, and what to tell about it.
    /// - Throws: ``ProfileError`` with the first thing that is wrong.
    public func resolve(
        agent: String?, tool: String? = nil, context: ResolutionContext
    ) throws(ProfileError) -> PolicyResolution {
        do throws(ProfileProblem) {
            if let extends = profile.extends { throw notYet(extends) }
            let chosen = try choose(agent: agent)
            if let extends = chosen.extends { throw notYet(extends) }
            var resolver = try PolicyResolver(context: context, profileFile: path)
            return try resolver.resolve(chosen, tool: try choose(tool: tool, of: chosen))
        } catch {
            throw ProfileError(error, file: path, text: text)
        }
    }

    private func notYet(_ extends: Placed<String>) -> ProfileProblem {
        ProfileProblem("not supported yet: write out what it would bring", at: extends.place)
    }

    private func choose(agent name: String?) throws(ProfileProblem) -> Profile.Agent {
        guard let place = profile.agentsPlace else {
            if let name {
                throw ProfileProblem(
                    "no agent \(quotedOnOneLine(name)): the file holds one profile, without \"agents\"",
                    at: nil)
            }
            return profile.agents[0]
        }
        guard let name else {
            if profile.agents.count == 1 { return profile.agents[0] }
            throw ProfileProblem("several agents: say which with --agent (\(names(of: profile.agents)))", at: place)
        }
        for agent in profile.agents where agent.name == name { return agent }
        throw ProfileProblem("no agent \(quotedOnOneLine(name)); there is \(names(of: profile.agents))", at: place)
    }

    private func choose(tool name: String?, of agent: Profile.Agent) throws(ProfileProblem) -> Profile.Tool? {
        guard let name else { return nil }
        for tool in agent.tools where tool.name == name { return tool }
        let known = agent.tools.map(\.name).joined(separator: ", ")
        throw ProfileProblem(
            "no tool \(quotedOnOneLine(name)); there is \(known.isEmpty ? "none" : known)", at: agent.grants.place)
    }

    private func names(of agents: [Profile.Agent]) -> String {
        agents.map { $0.name ?? "" }.joined(separator: ", ")
    }
}

/// Whom and what a profile is resolved for.
public struct ResolutionContext: Equatable, Sendable {
    /// The project: `<project root>`, an absolute path.
    public var projectDirectory: String
    /// The home directory: `~/`, an absolute path.
    public var homeDirectory: String
    /// The caller's environment: `${NAME}`.
    public var environment: [String: String]
    /// Where agentrt keeps its state, with plans that later calls take as they are; nil where nothing is kept.
    public var stateDirectory: String?
    /// The programs that agentrt consists of, by their real paths.
    public var ownPrograms: [String]

    /// A context; see the properties.
    ///
    /// - Parameters:
    ///   - projectDirectory: The project.
    ///   - homeDirectory: The home directory.
    ///   - environment: The caller's environment.
    ///   - stateDirectory: Where agentrt keeps its state.
    ///   - ownPrograms: The programs that agentrt consists of.
    public init(
        projectDirectory: String, homeDirectory: String, environment: [String: String], stateDirectory: String? = nil,
        ownPrograms: [String] = []
    ) {
        self.projectDirectory = projectDirectory
        self.homeDirectory = homeDirectory
        self.environment = environment
        self.stateDirectory = stateDirectory
        self.ownPrograms = ownPrograms
    }
}

/// What a profile comes to.
public struct PolicyResolution: Equatable, Sendable {
    /// What may be done.
    public var policy: Policy
    /// What the profile's author would not expect and should know of this policy, one line each.
    public var notes: [String]
    /// What could be said better in the profile, one line each; for `agentrt check`.
    public var advice: [String]
}
