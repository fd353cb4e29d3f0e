/// The environment of a tool: little that is set, what the policy passes on, what the policy sets.
struct EnvironmentPlan {
    /// The variables.
    private(set) var variables: [String: String]
    /// Where programs are looked for, in order.
    let searchPath: [String]
    /// The shell, where one is listed.
    let shell: String?

    /// The directories of programs in the order in which distributions search them.
    private static let conventionalDirectories = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]
    private static let shells = ["bash", "zsh", "fish", "dash", "ash", "ksh", "mksh", "sh"]

    /// Decides the environment.
    ///
    /// - Parameters:
    ///   - policy: What is passed on and set.
    ///   - caller: Whose variables are passed on.
    ///   - user: The sandbox's user.
    ///   - programs: What is listed.
    ///   - project: The project's directory, free of links.
    ///   - files: The host.
    /// - Throws: ``PlanError``.
    init(
        _ policy: Policy, caller: Caller, user: ContainerUser, programs: ProgramInventory, project: String,
        files: HostFiles
    ) throws(PlanError) {
        let directories = Self.directories(programs, project: project)
        shell = try Self.shell(programs, preferred: caller.variable("SHELL"), files)
        variables = [
            "HOME": user.home, "LOGNAME": user.name, "PATH": directories.joined(separator: ":"), "TMPDIR": "/tmp",
            "USER": user.name,
        ]
        if let shell { variables["SHELL"] = shell }
        for name in policy.passedEnvironment { variables[name] = caller.variable(name) ?? variables[name] }
        variables.merge(policy.setEnvironment) { _, set in set }
        searchPath = (variables["PATH"] ?? "").searchDirectories
    }

    /// The variables as a process takes them, sorted by name.
    var list: [String] { variables.sorted { PathKey($0.key) < PathKey($1.key) }.map { "\($0.key)=\($0.value)" } }

    /// The directories of what is listed: special ones first, in the profile's order, since who lists a program outside
    /// the conventional places wants that one; then the conventional places; the project's own last, where the tool may
    /// be able to put files.
    private static func directories(_ programs: ProgramInventory, project: String) -> [String] {
        let listed = programs.programs.map(\.path.parentPath) + programs.directories
        let conventional = conventionalDirectories.filter { directory in
            programs.inventory.executables.contains { $0.path.parentPath.isSamePath(as: directory) }
                || listed.contains { directory.isPath(in: $0) }
        }
        var special: [String] = []
        for directory in listed
        where !conventionalDirectories.contains(where: { $0.isPath(in: directory) })
            && !special.contains(where: { $0.isSamePath(as: directory) })
        {
            special.append(directory)
        }
        let outside = special.filter { !$0.isPath(in: project) }
        return outside + conventional + special.filter { $0.isPath(in: project) }
    }

    /// The caller's shell, by the name it is listed by, or else a shell that is listed.
    private static func shell(
        _ programs: ProgramInventory, preferred: String?, _ files: HostFiles
    ) throws(PlanError) -> String? {
        if let preferred, preferred.utf8.first == UInt8(ascii: "/"), let file = try files.resolve(preferred)?.path,
            let program = programs.programs.first(where: { $0.file.isSamePath(as: file) })
        {
            return program.path
        }
        for name in shells {
            if let program = programs.programs.first(where: { $0.path.lastComponent.isSamePath(as: name) }) {
                return program.path
            }
        }
        return nil
    }
}
