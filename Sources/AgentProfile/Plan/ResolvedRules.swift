internal import LinuxSystem

/// The policy's path rules after links are followed: what they really name on this host.
struct ResolvedRules {
    /// One rule.
    struct Rule {
        /// The file or directory, free of links.
        let path: String
        /// Whether it is a directory.
        let isDirectory: Bool
        /// What may be done with it.
        let access: Policy.Access
        /// The place in the profile that says so.
        let origin: String
    }

    /// The project, free of links.
    let project: HostFiles.Resolved
    /// The rules, by path.
    private(set) var rules: [PathKey: Rule] = [:]
    /// The links that lead to them.
    private(set) var links: [HostFiles.Link] = []
    /// Directories that the profile wants made where they are missing, parents first.
    private(set) var directoriesToCreate: [String] = []
    /// What the reader of the plan should know.
    private(set) var notes: [String] = []

    private let files: HostFiles
    /// The links of each granting rule, to be judged when all rules are known.
    private var linksOfRules: [(rule: Policy.PathRule, resolved: HostFiles.Resolved)] = []

    /// Places whose content the sandbox makes itself, and which no rule may touch.
    private static let reserved = ["/proc", "/dev"]

    /// Follows the rules of a policy.
    init(_ policy: Policy, files: HostFiles) throws(PlanError) {
        self.files = files
        guard let project = try files.resolve(policy.projectDirectory), project.status.kind == .directory else {
            throw PlanError("the project \"\(policy.projectDirectory)\" is not a directory")
        }
        self.project = project
        links = project.links
        // Grants first: a denied link is followed as far as it leads to something that is granted.
        for rule in policy.paths where rule.access != .denied { try add(rule) }
        for rule in policy.paths where rule.access == .denied { try add(rule) }
        try checkLinks()
    }

    /// What the most specific rule says of a path; nil where no rule covers it.
    func access(to path: String) -> Policy.Access? {
        var place = path
        while true {
            if let rule = rules[PathKey(place)] { return rule.access }
            if place.isRootPath { return nil }
            place = place.parentPath
        }
    }

    /// Whether a rule names something at or below a path.
    func hasRule(in directory: String) -> Bool { rules.values.contains { $0.path.isPath(in: directory) } }

    private mutating func add(_ rule: Policy.PathRule) throws(PlanError) {
        do throws(PlanError) {
            guard let resolved = try files.resolve(rule.path) else { return try addMissing(rule) }
            linksOfRules.append((rule, resolved))
            let isDirectory = resolved.status.kind == .directory
            if rule.mustBeDirectory, !isDirectory { throw PlanError("\"\(rule.path)\" is not a directory") }
            if resolved.path.isRootPath { return try addRoot(rule) }
            try insert(rule, path: resolved.path, isDirectory: isDirectory)
            links += resolved.links
        } catch {
            throw error.attributed(to: rule.origin)
        }
    }

    private mutating func insert(_ rule: Policy.PathRule, path: String, isDirectory: Bool) throws(PlanError) {
        for place in Self.reserved where path.isPath(in: place) {
            throw PlanError("\"\(rule.path)\" lies in \(place), which the sandbox makes itself")
        }
        if let other = rules[PathKey(path)], other.access != rule.access {
            throw PlanError(
                "\"\(rule.path)\" leads to \"\(path)\", of which \(other.origin) says otherwise")
        }
        rules[PathKey(path)] = Rule(path: path, isDirectory: isDirectory, access: rule.access, origin: rule.origin)
    }

    /// A rule for `/` is one for each name in it, less what the sandbox makes itself.
    private mutating func addRoot(_ rule: Policy.PathRule) throws(PlanError) {
        guard rule.access != .denied else { return }
        let made = Self.reserved + ["/sys", "/tmp", "/run"]
        for entry in try files.entries("/") {
            let path = "/" + entry.name
            guard !made.contains(where: { $0.isSamePath(as: path) }), let status = try files.status(path) else {
                continue
            }
            switch status.kind {
            case .directory, .regular:
                // A more specific rule may have come before.
                if rules[PathKey(path)] == nil {
                    try insert(rule, path: path, isDirectory: status.kind == .directory)
                }
            case .symbolicLink: links += try files.resolve(path)?.links ?? []
            default: break
            }
        }
    }

    private mutating func addMissing(_ rule: Policy.PathRule) throws(PlanError) {
        if rule.isOptional, !rule.createsDirectory { return }
        switch rule.access {
        case .denied:
            notes.append(
                "\(rule.origin): \"\(rule.path)\" does not exist; a file that is made there later is not denied")
        case .readOnly, .writable:
            guard rule.createsDirectory else { throw PlanError("\"\(rule.path)\" does not exist") }
            var parent = rule.path.parentPath
            while try files.resolve(parent) == nil { parent = parent.parentPath }
            guard let resolved = try files.resolve(parent), resolved.status.kind == .directory else {
                throw PlanError("\"\(rule.path)\" cannot be made: \"\(parent)\" is not a directory")
            }
            linksOfRules.append((rule, resolved))
            var path = resolved.path
            for component in rule.path.utf8.dropFirst(parent.utf8.count).split(separator: UInt8(ascii: "/")) {
                path = path.appendingComponent(String(Substring(component)))
                if !directoriesToCreate.contains(where: { $0.isSamePath(as: path) }) {
                    directoriesToCreate.append(path)
                }
            }
            try insert(rule, path: path, isDirectory: true)
            links += resolved.links
        }
    }

    /// Refuses rules that a link could turn against their author: one in the project, which whoever wrote the project's
    /// files, or the tool in an earlier call, may have put there.
    private func checkLinks() throws(PlanError) {
        for (rule, resolved) in linksOfRules where rule.access != .denied {
            for link in resolved.links where isChangeable(link) {
                throw PlanError(
                    "\"\(rule.path)\" passes through the symbolic link \"\(link.path)\"; name the file it leads to",
                    origin: rule.origin)
            }
        }
    }

    /// Whether a link lies where the project's authors or the tool can put links.
    private func isChangeable(_ link: HostFiles.Link) -> Bool {
        link.path.isPath(below: project.path) || access(to: link.path) == .writable
    }

    /// Whether a link lies where the tool can put links.
    func isWritable(_ link: HostFiles.Link) -> Bool { access(to: link.path) == .writable }
}
