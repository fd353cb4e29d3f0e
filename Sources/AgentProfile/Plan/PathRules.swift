internal import LinuxSystem

/// The policy's path rules as they stand on the host now: what exists, and what is a directory.
struct PathRules {
    /// One rule.
    struct Rule {
        /// The file or directory.
        let path: String
        /// Whether it is a directory.
        let isDirectory: Bool
        /// What may be done with it.
        let access: Policy.Access
        /// The place in the profile that says so.
        let origin: String
    }

    /// The project's directory.
    let project: String
    /// What the project's directory is.
    let projectStatus: FileStatus
    /// The rules, by path.
    private(set) var rules: [PathKey: Rule] = [:]
    /// Directories that the profile wants made where they are missing, parents first.
    private(set) var directoriesToCreate: [String] = []

    private let files: HostFiles

    /// Looks at the paths of a policy.
    ///
    /// - Parameters:
    ///   - policy: The policy; its paths are free of links.
    ///   - files: The host.
    /// - Throws: ``PlanError`` where a path is missing, or a link has come into one since the profile was read.
    init(_ policy: Policy, files: HostFiles) throws(PlanError) {
        self.files = files
        project = policy.projectDirectory
        guard let resolved = try files.resolve(project), resolved.status.kind == .directory, resolved.links.isEmpty
        else {
            throw PlanError("the project \(quoted(project)) is no longer a directory")
        }
        projectStatus = resolved.status
        for rule in policy.paths {
            do throws(PlanError) {
                try add(rule)
            } catch {
                throw error.attributed(to: rule.origin)
            }
        }
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

    private mutating func add(_ rule: Policy.PathRule) throws(PlanError) {
        guard let resolved = try files.resolve(rule.path) else {
            if rule.createsDirectory { return try addMissingDirectory(rule) }
            if rule.isOptional || rule.access == .denied { return }
            throw PlanError("\(quoted(rule.path)) does not exist any more")
        }
        if let link = resolved.links.first {
            throw PlanError("\(quoted(rule.path)) leads through a link now: \(quoted(link.path))")
        }
        insert(rule, isDirectory: resolved.status.kind == .directory)
    }

    private mutating func addMissingDirectory(_ rule: Policy.PathRule) throws(PlanError) {
        var missing = [rule.path]
        var parent = rule.path.parentPath
        while try files.resolve(parent) == nil {
            missing.append(parent)
            parent = parent.parentPath
        }
        guard let resolved = try files.resolve(parent), resolved.status.kind == .directory, resolved.links.isEmpty
        else {
            throw PlanError("\(quoted(rule.path)) cannot be made: \(quoted(parent)) is not a directory")
        }
        for path in missing.reversed() where !directoriesToCreate.contains(where: { $0.isSamePath(as: path) }) {
            directoriesToCreate.append(path)
        }
        insert(rule, isDirectory: true)
    }

    private mutating func insert(_ rule: Policy.PathRule, isDirectory: Bool) {
        rules[PathKey(rule.path)] = Rule(
            path: rule.path, isDirectory: isDirectory, access: rule.access, origin: rule.origin)
    }
}
