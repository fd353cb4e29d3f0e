internal import LinuxSystem

/// Finds the program of a command among the listed executables.
struct CommandPlan {
    /// The command, its program by its path.
    let arguments: [String]

    /// Finds the program.
    ///
    /// - Parameters:
    ///   - command: The program, by name or path, and its arguments.
    ///   - environment: Where programs are looked for by name.
    ///   - directory: The working directory, from which relative paths lead.
    ///   - inventory: What may be executed.
    ///   - rules: What is visible beside.
    ///   - files: The host.
    /// - Throws: ``PlanError`` where the program may not be executed.
    init(
        _ command: [String], environment: EnvironmentPlan, directory: String, inventory: Inventory,
        rules: PathRules, files: HostFiles
    ) throws(PlanError) {
        guard let program = command.first, !program.isEmpty else { throw PlanError("no command is given") }
        guard !command.contains(where: { $0.utf8.contains(0) }) else {
            throw Self.nulByte
        }
        let candidates: [String]
        if !program.utf8.contains(UInt8(ascii: "/")) {
            candidates = environment.searchPath.map { $0.appendingComponent(program) }
        } else if program.utf8.first == UInt8(ascii: "/") {
            candidates = [program]
        } else {
            candidates = [([directory] + program.pathComponents).joined(separator: "/")]
        }
        for path in candidates {
            guard let resolved = try files.resolve(path), resolved.status.kind == .regular,
                inventory.permitsExecution(of: resolved.path),
                resolved.links.allSatisfy({ link in
                    inventory.links[PathKey(link.path)] != nil || rules.access(to: link.path) != nil
                        || RootfsPlan.usualLinks.contains { $0.isSamePath(as: link.path) }
                })
            else { continue }
            arguments = [path] + command.dropFirst()
            return
        }
        throw try Self.refusal(program, candidates, files)
    }

    static let nulByte = PlanError("the command holds a NUL byte, which no argument can")

    /// Why a program may not be executed, and what to write so that it may.
    private static func refusal(
        _ program: String, _ candidates: [String], _ files: HostFiles
    ) throws(PlanError) -> PlanError {
        let hostPaths = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map {
            $0.appendingComponent(program)
        }
        for path in candidates + (program.utf8.contains(UInt8(ascii: "/")) ? [] : hostPaths) {
            guard let resolved = try files.resolve(path), resolved.status.kind == .regular else { continue }
            return PlanError(
                "\(quoted(program)) is not an allowed executable; add \(quoted(path)) to allowedExecutables")
        }
        return PlanError("\(quoted(program)) is not an allowed executable, and there is none of that name")
    }
}
