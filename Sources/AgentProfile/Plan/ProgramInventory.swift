internal import LinuxSystem

/// Collects what the listed executables need to start and work.
final class ProgramInventory {
    /// What was collected.
    private(set) var inventory = Inventory()
    /// The listed executables that are files, in the profile's order.
    private(set) var programs: [ListedProgram] = []
    /// The listed directories, whose files may all be executed.
    private(set) var directories: [String] = []
    /// Finds libraries.
    let closure: LibraryClosure

    private let files: HostFiles
    private let hasNetwork: Bool
    private let grantsHelpers: Bool
    // What was looked into already, so that a library of ten programs is looked into once.
    private var finishedObjects: Set<PathKey> = []
    private var finishedLibraries: Set<PathKey> = []
    private var finishedTrees: Set<PathKey> = []
    private var directoriesToSearch: [(path: String, origin: String)] = []

    /// An empty collection.
    ///
    /// - Parameters:
    ///   - policy: What it is for.
    ///   - files: Where programs are.
    ///   - machine: What they must be made for.
    init(_ policy: Policy, files: HostFiles, machine: ELFFile.Machine) {
        self.files = files
        hasNetwork = policy.network != .none
        grantsHelpers = policy.grantsHelpers
        closure = LibraryClosure(
            files: files, machine: machine,
            preferredDirectories: policy.setEnvironment["LD_LIBRARY_PATH"]?.searchDirectories ?? [])
    }

    /// Adds an executable that the profile lists.
    ///
    /// - Parameters:
    ///   - rule: The profile's rule.
    ///   - resolved: Where its path leads.
    /// - Throws: ``PlanError``.
    func add(_ rule: Policy.ExecutableRule, _ resolved: HostFiles.Resolved) throws(PlanError) {
        if resolved.status.kind == .directory {
            inventory.add(resolved.links)
            inventory.add(
                resolved.path, isDirectory: true, isLoadable: true, isListed: true, origin: rule.origin,
                reason: "listed")
            inventory.permitExecution(of: resolved.path)
            directories.append(resolved.path)
            directoriesToSearch.append((resolved.path, rule.origin))
            return
        }
        let program: ListedProgram
        do throws(PlanError) {
            program = try ListedProgram(
                path: rule.path, resolved: resolved, origin: rule.origin, reason: "listed", closure: closure,
                files: files)
        } catch {
            // What only a wildcard found need not be a program.
            if rule.isOptional { return }
            throw error.attributed(to: rule.origin)
        }
        programs.append(program)
        try add(program, isNeeded: !rule.isOptional)
    }

    /// Adds what the programs in listed directories load.
    ///
    /// - Throws: ``PlanError``.
    func addProgramsOfDirectories() throws(PlanError) {
        // One in another is searched with that.
        for (path, origin) in directoriesToSearch where !directories.contains(where: { path.isPath(below: $0) }) {
            try addPrograms(in: path, origin)
        }
    }

    /// Adds what the network needs.
    ///
    /// - Parameter namesAreTheHosts: Whether names are looked up as on the host.
    /// - Throws: ``PlanError``.
    func addNetworkFiles(namesAreTheHosts: Bool) throws(PlanError) {
        try NetworkFiles.add(to: &inventory, namesAreTheHosts: namesAreTheHosts, files: files)
    }

    /// Follows the path of a rule; nil where it may be missing and is.
    func resolve(_ rule: Policy.ExecutableRule) throws(PlanError) -> HostFiles.Resolved? {
        do throws(PlanError) {
            if let resolved = try files.resolve(rule.path) { return resolved }
            if rule.isOptional { return nil }
            throw PlanError("\(quoted(rule.path)) does not exist")
        } catch {
            throw error.attributed(to: rule.origin)
        }
    }

    private func add(_ program: ListedProgram, isNeeded: Bool) throws(PlanError) {
        inventory.add(program.links)
        inventory.add(
            program.file, isLoadable: true, isListed: true, origin: program.origin, reason: program.reason)
        inventory.permitExecution(of: program.file)
        guard let object = program.object else { return }
        try addLoaded(by: object, origin: program.origin, isNeeded: isNeeded)
        try apply(HelperRule.forInterpreters, to: object.path, origin: program.origin)
        try addVirtualEnvironment(of: program)
        if grantsHelpers { try apply(HelperRule.forHelpers, to: object.path, origin: program.origin) }
    }

    /// Adds the loader and the libraries of a program or module.
    ///
    /// - Parameters:
    ///   - object: The program or module.
    ///   - origin: The place in the profile that it goes back to.
    ///   - isNeeded: Whether a missing library is an error: it is, where the profile lists the program itself.
    /// - Throws: ``PlanError``.
    private func addLoaded(by object: LoadedObject, origin: String, isNeeded: Bool) throws(PlanError) {
        guard finishedObjects.insert(PathKey(object.path)).inserted else { return }
        if let interpreter = object.file.interpreter {
            try addLoader(interpreter, of: object, origin: origin, isNeeded)
        }
        let result = try closure.closure(of: object)
        if isNeeded, let (name, user) = result.missing.first {
            throw PlanError(
                "\(quoted(user)) needs the library \(quoted(name)), which is nowhere on this host", origin: origin)
        }
        for library in result.libraries { try add(library, of: object, origin: origin) }
    }

    private func addLoader(
        _ path: String, of object: LoadedObject, origin: String, _ isNeeded: Bool
    ) throws(PlanError) {
        guard let loader = try files.resolve(path), loader.status.kind == .regular else {
            guard isNeeded else { return }
            throw PlanError("\(quoted(object.path)) is loaded by \(quoted(path)), which does not exist", origin: origin)
        }
        inventory.add(loader.links)
        inventory.add(loader.path, isLoadable: true, origin: origin, reason: "loader of \(quoted(object.path))")
        inventory.permitExecution(of: loader.path)
    }

    private func add(_ library: LoadedObject, of object: LoadedObject, origin: String) throws(PlanError) {
        inventory.add(library.links)
        inventory.add(library.path, isLoadable: true, origin: origin, reason: "library of \(quoted(object.path))")
        guard finishedLibraries.insert(PathKey(library.path)).inserted else { return }
        try apply(HelperRule.forLibraries, to: library.path, origin: origin)
    }

    /// Adds all programs in a listed directory: for what they load. What the kernel would not run is passed over.
    private func addPrograms(in directory: String, _ origin: String) throws(PlanError) {
        // A tree that holds the loader's own directories holds what its programs load.
        let libraries = closure.machine.defaultLibraryDirectories[1]
        if libraries.isPath(in: directory) { return }
        for entry in try files.entries(directory) {
            let path = directory.appendingComponent(entry.name)
            guard let resolved = try files.resolve(path) else { continue }
            if resolved.status.kind == .directory {
                if entry.kind == .directory { try addPrograms(in: path, origin) }
                continue
            }
            guard resolved.status.permissions & 0o111 != 0, let object = try closure.object(at: resolved.path),
                object.file.isProgram
            else { continue }
            try addLoaded(by: object, origin: origin, isNeeded: false)
            try apply(HelperRule.forInterpreters, to: object.path, origin: origin)
        }
    }
}

// MARK: - Rules

extension ProgramInventory {
    /// Adds what the rules for a file of this name say.
    private func apply(_ rules: [HelperRule], to path: String, origin: String) throws(PlanError) {
        let name = path.lastComponent
        for rule in rules where hasNetwork || !rule.needsNetwork {
            guard let match = rule.match(name) else { continue }
            let places = PathTemplates(file: path, match: match, files: files)
            let reason = "for \(quoted(path))"
            for path in try places.paths(rule.readable) { try addReadable(path, origin, reason) }
            for path in try places.paths(rule.modules) { try addModules(path, origin, reason) }
            for path in try places.paths(rule.plugins) { try addReadable(path, origin, reason, isLoadable: true) }
            for path in try places.paths(rule.executableDirectories) {
                try addReadable(path, origin, "helper programs " + reason, isLoadable: true, isExecutable: true)
            }
            for path in try places.paths(rule.executables) { try addHelper(path, origin, "helper " + reason) }
            for name in rule.libraries {
                let names = name.utf8.contains(UInt8(ascii: "/")) ? try places.paths([name]) : [name]
                for name in names {
                    guard let library = try closure.library(named: name) else { continue }
                    try add(library, of: library, origin: origin)
                    try addLoaded(by: library, origin: origin, isNeeded: false)
                }
            }
        }
    }

    private func addReadable(
        _ path: String, _ origin: String, _ reason: String, isLoadable: Bool = false, isExecutable: Bool = false
    ) throws(PlanError) {
        guard let resolved = try files.resolve(path) else { return }
        let isDirectory = resolved.status.kind == .directory
        guard isDirectory || resolved.status.kind == .regular else { return }
        inventory.add(resolved.links)
        inventory.add(
            resolved.path, isDirectory: isDirectory, isLoadable: isLoadable, origin: origin, reason: reason)
        if isExecutable { inventory.permitExecution(of: resolved.path) }
    }

    private func addModules(_ path: String, _ origin: String, _ reason: String) throws(PlanError) {
        guard let resolved = try files.resolve(path), resolved.status.kind == .directory else { return }
        try addReadable(path, origin, reason)
        guard finishedTrees.insert(PathKey(resolved.path)).inserted else { return }
        let tree = try ModuleTree(resolved.path, in: files)
        for directory in tree.directories {
            inventory.add(
                directory, isDirectory: true, isLoadable: true, origin: origin, reason: "modules " + reason)
        }
        for path in tree.sharedObjects {
            guard let object = try closure.object(at: path), object.path.isSamePath(as: path) else { continue }
            try addLoaded(by: object, origin: origin, isNeeded: false)
        }
    }

    private func addHelper(_ path: String, _ origin: String, _ reason: String) throws(PlanError) {
        guard let resolved = try files.resolve(path), resolved.status.kind == .regular,
            let program = try? ListedProgram(
                path: path, resolved: resolved, origin: origin, reason: reason, closure: closure, files: files)
        else { return }
        // Helpers bring what they load, but no helpers of their own.
        inventory.add(program.links)
        inventory.add(program.file, isLoadable: true, origin: origin, reason: reason)
        inventory.permitExecution(of: program.file)
        if let object = program.object { try addLoaded(by: object, origin: origin, isNeeded: false) }
    }

    /// Adds the modules of a Python virtual environment: its `python` is a link to a Python elsewhere.
    private func addVirtualEnvironment(of program: ListedProgram) throws(PlanError) {
        for path in [program.path] + program.links.map(\.path) {
            let environment = path.parentPath.parentPath
            guard path.lastComponent.matched(by: "python*") != nil,
                try files.resolve(environment.appendingComponent("pyvenv.cfg")) != nil
            else { continue }
            let reason = "for \(quoted(path))"
            try addReadable(environment.appendingComponent("pyvenv.cfg"), program.origin, reason)
            let places = PathTemplates(file: path, match: "", files: files)
            for path in try places.paths(["{prefix}/lib/python*/site-packages"]) {
                try addModules(path, program.origin, reason)
            }
        }
    }
}
