internal import JSON
public import LinuxSystem
public import OCISpec

/// What a plan is asked for by: two requests that are the same get the same plan, as long as the world is as it was.
///
/// The arguments of the command are not among it, but for the program: they change from call to call and decide nothing.
public struct PlanRequest: Equatable, Sendable {
    /// The profile's path, as it was given.
    public var profile: String
    /// The agent, where one is named.
    public var agent: String?
    /// The tool, where one is named.
    public var tool: String?
    /// The project's real path.
    public var project: String
    /// The session's name; nil without one.
    public var session: String?
    /// The program, by name or path.
    public var program: String
    /// Whether the tool gets a terminal.
    public var hasTerminal: Bool

    /// A request; see the properties.
    public init(
        profile: String, agent: String?, tool: String?, project: String, session: String?, program: String,
        hasTerminal: Bool
    ) {
        self.profile = profile
        self.agent = agent
        self.tool = tool
        self.project = project
        self.session = session
        self.program = program
        self.hasTerminal = hasTerminal
    }

    /// The request as a bundle holds it, so that it can be planned again; the program is that of its configuration.
    var annotation: String {
        var object = JSONObject()
        object.encode("file", profile)
        object.encode("agent", agent)
        object.encode("tool", tool)
        object.encode("project", project)
        object.encode("session", session)
        return JSONWriter.string(object)
    }

    /// What a bundle was asked for by.
    ///
    /// - Parameter spec: The bundle's configuration.
    /// - Throws: ``PlanError`` where the bundle does not say, or what it says makes no sense.
    public init(of spec: Spec) throws(PlanError) {
        guard let text = spec.annotations[Annotations.profile] else {
            throw PlanError("the bundle does not say which profile it was made of (annotations.\(Annotations.profile))")
        }
        guard let program = spec.process?.args.first else { throw PlanError("the bundle has no program") }
        do {
            let object = try JSONParser.parse(Array(text.utf8)).asObject()
            self.init(
                profile: try object.required("file"), agent: try object.optional("agent"),
                tool: try object.optional("tool"), project: try object.required("project"),
                session: try object.optional("session"), program: program,
                hasTerminal: spec.process?.terminal ?? false)
        } catch {
            throw PlanError("annotations.\(Annotations.profile): \(error)")
        }
    }

    /// What plans of this request are known by: letters and digits.
    ///
    /// - Returns: The name.
    /// - Throws: ``SystemCallError``.
    public func name() throws(SystemCallError) -> String { try keyAndName().name }

    func keyAndName() throws(SystemCallError) -> (key: String, name: String) {
        let key = try key()
        return (key, nameHash(of: Array(key.utf8)))
    }

    /// The request and who makes it, with which version of this program, as one text.
    ///
    /// - Returns: The text.
    /// - Throws: ``SystemCallError``.
    private func key() throws(SystemCallError) -> String {
        // Another build plans otherwise, whatever its version says.
        guard let program = try fileStatus("/proc/self/exe") else {
            throw SystemCallError(call: "stat", object: "/proc/self/exe", errno: .noSuchFile)
        }
        var object = JSONObject()
        object.encode("build", "\(program.device.packed) \(program.inode) \(program.size) \(program.changed)")
        object.encode("uid", effectiveUserID())
        object.encode("gid", effectiveGroupID())
        object.encode("directory", try workingDirectory())
        object.encode("profile", profile)
        object.encode("agent", agent)
        object.encode("tool", tool)
        object.encode("project", project)
        object.encode("session", session)
        object.encode("program", self.program)
        object.encode("terminal", hasTerminal)
        return JSONWriter.string(object)
    }
}
