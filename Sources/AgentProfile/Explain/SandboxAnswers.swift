internal import LinuxSystem
internal import NetworkRules

/// Answers questions about a sandbox from its plan, without running anything: what the kernel will do, and why.
public final class SandboxAnswers {
    let policy: Policy
    let caller: Caller
    let parts: PlanParts
    let files: HostFiles
    let tree: SandboxTree
    let machine: ELFFile.Machine

    /// Plans what a policy comes to for a caller.
    ///
    /// - Parameters:
    ///   - policy: What a tool may do.
    ///   - caller: Who asks.
    /// - Throws: ``PlanError`` where the policy cannot be kept on this host.
    public convenience init(policy: Policy, caller: Caller) throws(PlanError) {
        try self.init(policy: policy, caller: caller, files: HostFiles(), machine: .native)
    }

    /// The same, on a host that may be a made-up one.
    init(policy: Policy, caller: Caller, files: HostFiles, machine: ELFFile.Machine) throws(PlanError) {
        self.policy = policy
        self.caller = caller
        self.files = files
        self.machine = machine
        parts = try PlanParts(policy, command: nil, caller: caller, files: files, machine: machine)
        tree = SandboxTree(parts: parts, files: files, groups: caller.uid == 0 ? [] : caller.groups)
    }

    /// Answers a question.
    ///
    /// - Parameter question: The question; a relative path leads from the project.
    /// - Returns: The answer.
    public func answer(_ question: Question) -> Verdict {
        // Files may have come and gone since the last one.
        files.forget()
        return switch question {
        case .read(let path): read(absolute(path))
        case .write(let path): write(absolute(path))
        case .execute(let path): execute(absolute(path))
        case .connect(let target): connect(target)
        }
    }

    private func absolute(_ path: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : policy.projectDirectory + "/" + path
    }

    // MARK: Reading

    private func read(_ path: String) -> Verdict {
        switch tree.way(path) {
        case .refused(let place, let error): return blocked(place, error, asked: path, list: .readOnly)
        case .missing(_, let missing): return absent(missing, .readOnly)
        case .place(let place, _):
            if place.kind == .nothing { return absent(place.path, .readOnly) }
            if place.isDenied { return denied(place, asked: place.path, .readOnly) }
            if place.isKernels { return readKernels(place) }
            guard tree.permits(.read, place) else { return notPermitted(place, "read") }
            return .yes(place.level == nil ? .rootFileSystem : .mount, rule(of: place), seen(place))
        }
    }

    private func readKernels(_ place: SandboxTree.Place) -> Verdict {
        if let mask = BundlePlan.maskedPaths(of: parts.user).first(where: { place.path.isPath(in: $0) }) {
            return .no(.mount, "ENODATA", Verdict.everySandbox, "\(quoted(mask)) is covered, and reads as empty")
        }
        return .yes(.kernel, Verdict.everySandbox, "every sandbox has its own /proc and /dev")
    }

    // MARK: Writing

    private func write(_ path: String) -> Verdict {
        switch tree.way(path) {
        case .refused(let place, let error): return blocked(place, error, asked: path, list: .writable)
        case .missing(let directory, let missing):
            if directory.isHosts || directory.level?.isFresh ?? false { return make(missing, in: directory) }
            return absent(missing, .writable)
        case .place(let place, let parent):
            if place.kind == .nothing {
                if parent.isHosts || parent.level?.isFresh ?? false { return make(place.path, in: parent) }
                if place.isKernels { return writeKernels(place) }
                return parent.isDenied ? denied(parent, asked: place.path, .writable) : absent(place.path, .writable)
            }
            if place.isDenied { return denied(place, asked: place.path, .writable) }
            if place.isKernels { return writeKernels(place) }
            guard let level = place.level else {
                return .no(
                    .rootFileSystem, "EROFS", Verdict.everySandbox, "it is made for the sandbox, and read-only",
                    remedy: remedy(place.path, .writable))
            }
            guard level.access == .writable else { return readOnly(place.path, level) }
            return change(place)
        }
    }

    private func change(_ place: SandboxTree.Place) -> Verdict {
        let isDirectory = place.kind == .directory
        guard tree.permits(.write, place), !isDirectory || tree.permits(.search, place) else {
            return notPermitted(place, "write")
        }
        if place.isHosts, isReadOnlyOnHost(place.path) {
            return .no(.mount, "EROFS", rule(of: place), "its file system is mounted read-only on the host")
        }
        return .yes(.mount, rule(of: place), seen(place))
    }

    /// A new name, with the directories that are missing above it.
    private func make(_ path: String, in directory: SandboxTree.Place) -> Verdict {
        guard let level = directory.level else { return absent(path, .writable) }
        guard level.access == .writable else { return readOnly(path, level) }
        var verdict = change(directory)
        if verdict.isPermitted { verdict.reason = "it can be made: " + verdict.reason }
        return verdict
    }

    private func writeKernels(_ place: SandboxTree.Place) -> Verdict {
        let path = place.path
        func no(_ error: String, _ reason: String) -> Verdict { .no(.mount, error, Verdict.everySandbox, reason) }
        if path.isPath(in: "/dev") {
            if place.kind == .device || path.isPath(in: "/dev/shm") {
                return .yes(.kernel, Verdict.everySandbox, "every sandbox has its own /dev")
            }
            let isOwners = !parts.user.isServedByRoot && !path.isPath(in: "/dev/pts")
            return isOwners
                ? .yes(.kernel, Verdict.everySandbox, "every sandbox has its own /dev, in memory")
                : .no(.permissions, "EACCES", Verdict.everySandbox, "only root may make files in /dev")
        }
        if policy.deniesWriteExecuteMemory {
            return .no(.landlock, "EACCES", Verdict.everySandbox, "denyWriteExecuteMemory: nothing of /proc is written")
        }
        if let mask = BundlePlan.maskedPaths(of: parts.user).first(where: { path.isPath(in: $0) }) {
            return no("EACCES", "\(quoted(mask)) is covered")
        }
        if let place = BundlePlan.readonlyPaths.first(where: { path.isPath(in: $0) }) {
            return no("EROFS", "\(quoted(place)) is read-only in every sandbox")
        }
        guard place.kind == .file, tree.permits(.write, place) else {
            return .no(.kernel, "EACCES", Verdict.everySandbox, "procfs lets nobody make or write it")
        }
        return .yes(.kernel, Verdict.everySandbox, "procfs, as far as a process may change itself")
    }

    private func readOnly(_ path: String, _ level: MountPlan.Level) -> Verdict {
        let isExecutable = parts.programs.inventory.executables.contains(PathKey(level.path))
        let rule = ruleText(tree.rule(of: path)?.origin ?? level.origin)
        if isExecutable, let access = parts.rules.access(to: path), access == .writable {
            return .no(
                .mount, "EROFS", rule, "what may be executed is mounted read-only over itself",
                remedy: "take it from allowedExecutables")
        }
        return .no(
            .mount, "EROFS", rule, "mounted read-only\(with(level, path))", remedy: remedy(path, .writable))
    }
}

// MARK: - What answers have in common

extension SandboxAnswers {
    /// A place that no rule shows.
    func absent(_ path: String, _ access: Policy.Access) -> Verdict {
        let own = tree.place(path)
        if own.isDenied {
            var verdict = denied(own, asked: path, access)
            verdict.error = access == .writable ? "EACCES" : "ENOENT"
            return verdict
        }
        let place = tree.place(path.parentPath)
        // Only whether the host has it, which the caller knows.
        let isOnHost = (try? files.resolve(path)) ?? nil
        let isInMemory = place.level?.isFresh ?? false
        if place.isHosts || isInMemory && isOnHost == nil {
            return .no(.kernel, "ENOENT", rule(of: place), "there is no such file")
        }
        if isOnHost == nil, access == .readOnly {
            return .no(
                .kernel, "ENOENT", Verdict.noRule, "there is no such file, neither in the sandbox nor on this host")
        }
        return .no(
            .rootFileSystem, access == .writable && place.kind == .directory ? "EROFS" : "ENOENT", Verdict.noRule,
            "it is not in the sandbox",
            remedy: remedy(path, access))
    }

    func denied(_ place: SandboxTree.Place, asked path: String, _ access: Policy.Access) -> Verdict {
        let level = place.level
        let rule = ruleText(level?.origin ?? "")
        let isSame = level?.path.isSamePath(as: path) ?? false
        let name = remedyPath(path)
        if let level, parts.rules.access(to: level.path) != .denied {
            return .no(.mount, "EACCES", rule, level.reason, remedy: "add \(name) to \(access.rawValue)")
        }
        return .no(
            .mount, "EACCES", rule, "covered by a mask without permissions\(level.map { with($0, path) } ?? "")",
            remedy: isSame
                ? "take \(name) from deniedPaths" : "add \(name) to \(access.rawValue): the more specific path decides")
    }

    /// Something on the way that stops.
    func blocked(_ place: SandboxTree.Place, _ error: String, asked path: String, list: Policy.Access) -> Verdict {
        if place.isDenied { return denied(place, asked: path, list) }
        let reason =
            switch error {
            case "ENOTDIR": "\(quoted(place.path)) is no directory"
            case "ELOOP": "\(quoted(place.path)) is a symbolic link in a circle"
            default: "\(quoted(place.path)) cannot be searched by the sandbox's user \(parts.user.uid)"
            }
        return .no(error == "EACCES" ? .permissions : .kernel, error, rule(of: place), reason)
    }

    func notPermitted(_ place: SandboxTree.Place, _ what: String) -> Verdict {
        .no(
            .permissions, "EACCES", rule(of: place),
            "its owner and mode do not let the sandbox's user \(parts.user.uid) \(what) it",
            remedy: "chmod or chown it on the host")
    }

    /// How something that may be done is there.
    func seen(_ place: SandboxTree.Place) -> String {
        guard let level = place.level else { return "made for the sandbox" }
        if level.isFresh { return "in memory, for this call: \(level.reason)" }
        return "mounted \(level.access == .writable ? "writeable" : "read-only")\(with(level, place.path))"
    }

    func with(_ level: MountPlan.Level, _ path: String) -> String {
        level.path.isSamePath(as: path) ? "" : " with \(quoted(level.path))"
    }

    func rule(of place: SandboxTree.Place) -> String {
        place.level == nil ? Verdict.everySandbox : ruleText(tree.rule(of: place.path)?.origin ?? "")
    }

    func ruleText(_ origin: String) -> String {
        if origin == "network" { return networkRule }
        return origin.isEmpty ? Verdict.everySandbox : origin
    }

    func remedy(_ path: String, _ access: Policy.Access) -> String? {
        if PolicyResolver.reservedDirectory(of: [path], access: access) != nil { return nil }
        let name = remedyPath(path)
        let listed = parts.rules.rules[PathKey(path)]
        if let listed, !listed.origin.hasPrefix("built-in"), listed.access == .readOnly, access == .writable {
            return "move \(name) from readOnlyPaths to writeablePaths"
        }
        return "add \(name) to \(access.rawValue)"
    }

    /// A path as a profile would name it.
    func remedyPath(_ path: String) -> String {
        let project = policy.projectDirectory
        if path.isSamePath(as: project) { return quoted("<project root>/") }
        guard path.isPath(below: project) else { return quoted(path) }
        return quoted("<project root>" + String(Substring(path.utf8.dropFirst(project.utf8.count))))
    }

    private func isReadOnlyOnHost(_ path: String) -> Bool { files.mountFlags(path).contains(.readOnly) }
}
