internal import LinuxSystem

/// All that is decided for a bundle before it is written down as one: what a configuration is made of, and what answers
/// questions about it. There is one way to decide it, so that answers and bundle agree.
struct PlanParts {
    /// The policy's path rules, as they stand on the host now.
    let rules: PathRules
    /// The user the tool runs as.
    let user: ContainerUser
    /// What the listed executables need.
    let programs: ProgramInventory
    /// The tool's variables.
    let environment: EnvironmentPlan
    /// The command, its program by its path; empty where none was asked for.
    let command: [String]
    /// The places where what may be done changes.
    let view: View
    /// The mounts that make it so.
    let mounts: MountPlan
    /// What stands below them.
    let rootfs: RootfsPlan
    /// The host's own mounts.
    let hostMounts: HostMounts

    /// What the user should know: one line each.
    var notes: [String] { user.notes + programs.inventory.notes + view.notes }

    /// Decides.
    ///
    /// - Parameters:
    ///   - policy: What the tool may do.
    ///   - command: The program, by name or path, and its arguments; nil where it is only asked about.
    ///   - caller: Who asks.
    ///   - files: The host.
    ///   - machine: What programs must be made for.
    /// - Throws: ``PlanError``.
    init(
        _ policy: Policy, command: [String]?, caller: Caller, files: HostFiles, machine: ELFFile.Machine
    ) throws(PlanError) {
        rules = try PathRules(policy, files: files)
        user = try ContainerUser(caller, policy: policy, project: rules, files: files)

        programs = ProgramInventory(policy, files: files, machine: machine)
        try programs.add(policy.executables)
        if policy.network != .none { try programs.addNetworkFiles(namesAreTheHosts: policy.network == .host) }
        environment = try EnvironmentPlan(
            policy, caller: caller, user: user, programs: programs, project: rules.project, files: files)
        let inventory = programs.inventory
        self.command =
            if let command {
                try CommandPlan(
                    command, environment: environment, directory: policy.projectDirectory, inventory: inventory,
                    rules: rules, files: files
                ).arguments
            } else {
                []
            }

        var view = try View(rules, inventory)
        let home = try view.addFreshDirectories(home: user.home, rules, files)
        try view.coverFIFOs(files: files)
        self.view = view
        let links =
            policy.links.map { HostFiles.Link(path: $0.path, target: $0.target) } + home
            + inventory.links.sorted { $0.key < $1.key }.map(\.value)
        hostMounts = try HostMounts(files)
        mounts = try MountPlan(
            view, links: links, options: MountOptions(hostMounts: hostMounts, user: user), files: files)
        rootfs = try RootfsPlan(
            mounts: mounts, user: user, shell: environment.shell, network: policy.network,
            closure: programs.closure, directoriesToCreate: rules.directoriesToCreate, files: files)
    }
}

extension ProgramInventory {
    /// Adds what the profile lists.
    fileprivate func add(_ executables: [Policy.ExecutableRule]) throws(PlanError) {
        for rule in executables {
            guard let resolved = try resolve(rule) else { continue }
            try add(rule, resolved)
        }
        try addProgramsOfDirectories()
    }
}

extension View {
    /// Adds the directories that every sandbox has to itself, and the project where one of them would hide it.
    ///
    /// - Parameters:
    ///   - home: The home directory; one that holds the project is the project's.
    ///   - rules: The policy's rules.
    ///   - files: The host.
    /// - Returns: The links that lead to the home directory.
    /// - Throws: ``PlanError``.
    fileprivate mutating func addFreshDirectories(
        home: String, _ rules: PathRules, _ files: HostFiles
    ) throws(PlanError) -> [HostFiles.Link] {
        let reason = "every sandbox has its own"
        addFresh("/tmp", mebibytes: 1024, mode: 0o1777, reason: reason)
        addFresh("/run", mebibytes: 64, mode: 0o755, reason: reason)
        let resolved = try files.resolve(home)
        let path = resolved?.path ?? "/" + home.pathComponents.joined(separator: "/")
        if !path.isPath(in: rules.project) {
            addFresh(path, mebibytes: 1024, mode: 0o700, reason: "the private home directory")
        }
        if let access = rules.access(to: rules.project), access != .denied {
            addHost(rules.project, access, reason: "the project")
        }
        return resolved?.links ?? []
    }
}
