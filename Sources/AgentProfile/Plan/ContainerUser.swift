internal import LinuxSystem

/// The user a tool runs as.
struct ContainerUser {
    /// Its number.
    let uid: UInt32
    /// Its group's number.
    let gid: UInt32
    /// Its name.
    let name: String
    /// Its group's name.
    let group: String
    /// Its home directory, as it is named.
    let home: String
    /// Whether it is the only user of a user namespace: so where the caller is no root.
    let isOnlyUser: Bool
    /// Whether it is another user than root, for whom root makes the sandbox.
    var isServedByRoot: Bool { !isOnlyUser && uid != 0 }
    /// What the reader of the plan should know.
    private(set) var notes: [String] = []

    /// Chooses the user: the caller or, where that is root, the one the project belongs to.
    ///
    /// - Parameters:
    ///   - caller: Who asks.
    ///   - policy: What for.
    ///   - project: The project's directory.
    ///   - files: The host, whose names for users and groups are used.
    /// - Throws: ``PlanError``.
    init(
        _ caller: Caller, policy: Policy, project: PathRules, files: HostFiles
    ) throws(PlanError) {
        if caller.uid != 0 {
            (uid, gid, isOnlyUser) = (caller.uid, caller.gid, true)
        } else {
            (uid, gid, isOnlyUser) = (project.projectStatus.uid, project.projectStatus.gid, false)
        }
        let user = try files.account(uid, in: "/etc/passwd")
        name = user?[0] ?? "agent"
        group = try files.account(gid, in: "/etc/group")?[0] ?? name
        let homes = [
            policy.setEnvironment["HOME"], caller.variable("HOME"), user.flatMap { $0.count > 5 ? $0[5] : nil },
        ]
        home = homes.compactMap { $0 }.first(where: Self.isHome) ?? "/home/\(name)"
        if uid == 0 {
            notes.append(
                "the project \(quoted(project.project)) belongs to root, so the tool runs as root without capabilities; "
                    + "give it to another user to run as that user")
        }
    }

    /// Whether a path can be a home: absolute, plain, and not the root directory.
    private static func isHome(_ path: String) -> Bool {
        let components = path.pathComponents
        return path.utf8.first == UInt8(ascii: "/") && !components.isEmpty && !components.contains("..")
            && !path.utf8.contains { $0 == UInt8(ascii: ":") || $0 < 0x20 }
    }
}

extension HostFiles {
    /// The fields of a user or group by number, from passwd(5) or group(5): the name first.
    fileprivate func account(_ number: UInt32, in path: String) throws(PlanError) -> [String]? {
        guard let bytes = try contents(path) else { return nil }
        let wanted = Array(String(number).utf8)
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count > 2, fields[2].elementsEqual(wanted), !fields[0].isEmpty else { continue }
            return fields.map { String(decoding: $0, as: UTF8.self) }
        }
        return nil
    }
}
