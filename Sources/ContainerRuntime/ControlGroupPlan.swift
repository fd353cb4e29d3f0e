internal import Cgroup
internal import LinuxSystem
internal import OCISpec

/// The container's control group, decided before anything is made: where it lies, and its limits.
struct ControlGroupPlan {
    /// Where; nil on a host without a unified hierarchy.
    let path: CgroupPath?
    /// The scope that it becomes where systemd makes it; then ``path`` is known only to systemd.
    let scope: ScopeName?
    let hierarchy: UnifiedHierarchy?
    private(set) var settings: ControlSettings
    /// The limits of the session's group, right above the container's.
    private var sessionSettings: ControlSettings
    /// Where controllers are on cgroup v1, and the limits that are held there.
    private let legacy: LegacyHierarchies
    private var legacySettings: LegacySettings
    private var legacySessionSettings: LegacySettings
    /// The limits that this host cannot hold; nil where such a limit is an error.
    private(set) var forgone: [ForgoneLimit]?
    /// The bundle does not ask for this one.
    private var endsAsAWhole = false

    /// Decides.
    ///
    /// - Parameters:
    ///   - spec: The bundle's configuration, already validated.
    ///   - id: The container, which the group is named after where the bundle names none.
    ///   - annotations: What the bundle's annotations ask for.
    ///   - driver: Who makes it.
    ///   - permitsLoss: Whether limits that this host cannot hold are forgone, see ``forgone``.
    /// - Throws: ``RuntimeError`` with the JSON path of a limit that this host cannot hold, or a path that cannot be.
    init(
        _ spec: Spec, id: ContainerID, annotations: RuntimeAnnotations,
        by driver: ControlGroupDriver = .runtime, permitsLoss: Bool = false
    ) throws(RuntimeError) {
        let hierarchy = driver == .none ? nil : try during("cgroup") { try UnifiedHierarchy.ofHost() }
        self.hierarchy = hierarchy
        forgone = permitsLoss ? [] : nil
        let asked = spec.linux?.resources ?? LinuxResources()
        let askedOfSession = annotations.sessionResources ?? LinuxResources()
        // systemd puts a scope's limits where it has the controllers.
        legacy =
            driver != .runtime
            ? .none
            : try during("cgroup") { () throws(SystemCallError) in
                try LegacyHierarchies.ofHost(for: [asked, askedOfSession], beside: hierarchy)
            }
        do throws(CgroupError) {
            var (old, resources) = legacy.split(asked)
            if annotations.hasReapingInit, (resources.memory?.limit ?? 0) > 0,
                resources.unified["memory.oom.group"] == nil
            {
                // A sandbox ends as a whole at its limit: a tool that lost one process at random tells no truth.
                resources.unified["memory.oom.group"] = "1"
                endsAsAWhole = true
            }
            settings = try ControlSettings(resources).forNewGroup
            legacySettings = try LegacySettings(old).forNewGroup
            (old, resources) = legacy.split(askedOfSession)
            let origin = "annotations.dev.agentrt.session.resources"
            sessionSettings = try ControlSettings(resources, origin: origin)
            legacySessionSettings = try LegacySettings(old, origin: origin)
        } catch {
            throw RuntimeError(error.description)
        }
        if driver == .systemd {
            scope = try Self.scope(
                spec.linux?.cgroupsPath, id, hasSessionLimits: !sessionSettings.isEmpty, annotations: spec.annotations)
            path = nil
            return
        }
        scope = nil
        guard let hierarchy else {
            path = nil
            if permitsLoss {
                forgoAll(driver == .none ? "--cgroup-manager is disabled" : "there is no cgroup v2 here")
                return
            }
            if let setting = settings.settings.first ?? sessionSettings.settings.first {
                if driver == .none {
                    throw RuntimeError("\(setting.origin): --cgroup-manager disabled leaves nothing to hold the limit")
                }
                throw RuntimeError("\(setting.origin): there is no cgroup v2 here to hold the limit")
            }
            guard legacySettings.isEmpty, legacySessionSettings.isEmpty else {
                throw RuntimeError("linux.resources: limits need cgroup v2 mounted, beside cgroup v1 if need be")
            }
            return
        }
        path = try Self.path(spec.linux?.cgroupsPath ?? id.description, in: hierarchy)
        if !sessionSettings.isEmpty || !legacySessionSettings.isEmpty, let path, path.components.count < 2 {
            throw RuntimeError(
                "annotations.dev.agentrt.session.resources: linux.cgroupsPath names no group of a session")
        }
    }

    /// Where a control group is, or will be.
    enum Place {
        /// It is made here.
        case group(CgroupPath)
        /// systemd makes it, as this scope.
        case scope(String)
        /// There is none.
        case none
    }

    /// Where the group will be.
    var place: Place { path.map { .group($0) } ?? scope.map { .scope($0.unit) } ?? .none }

    /// Whether anything is limited.
    var hasLimits: Bool {
        !settings.isEmpty || !sessionSettings.isEmpty || !legacySettings.isEmpty || !legacySessionSettings.isEmpty
    }

    /// Whether the limit on memory is held by cgroup v1, where only one process at a time is killed.
    var killsOneByOne: Bool { legacySettings.settings.contains { $0.file == "memory.limit_in_bytes" } }

    /// Where a relative path lies: for root below the hierarchy's own root, for others below the group that is theirs.
    static func path(_ cgroupsPath: String, in hierarchy: UnifiedHierarchy) throws(RuntimeError) -> CgroupPath {
        let isAbsolute = cgroupsPath.utf8.first == UInt8(ascii: "/")
        let base = isAbsolute || effectiveUserID() == 0 ? [] : try during("cgroup") { try hierarchy.delegatedGroup() }
        return try during("linux.cgroupsPath") { try CgroupPath(cgroupsPath, below: base) }
    }

    /// Makes the group.
    ///
    /// - Returns: The group; nil where this user has none and needs none.
    /// - Throws: ``RuntimeError``.
    mutating func make() throws(RuntimeError) -> Cgroup? {
        guard let hierarchy, let path else { return nil }
        while true {
            do throws(CgroupError) {
                let cgroup = try Cgroup.make(path, in: hierarchy, settings: settings, parentSettings: sessionSettings)
                if !cgroup.isNew, try !holdsNothing(cgroup) {
                    throw CgroupError("container's cgroup is not empty: it holds processes already")
                }
                return cgroup
            } catch  where error.isLackOfRights && settings.isEmpty && sessionSettings.isEmpty {
                // A user without a group of its own goes without one where no limit is asked for.
                return nil
            } catch  where error.isLackOfRights {
                let reason = "cgroup \(quoted(path.description)) is not this user's"
                if forgone != nil {
                    forgoUnified(nil, reason)
                    continue
                }
                throw RuntimeError(
                    "\((settings.settings + sessionSettings.settings)[0].origin): \(reason); run agentrt below "
                        + "systemd-run --user --scope --property=Delegate=yes, or " + Cgroup.delegationHint)
            } catch {
                if forgo(error) { continue }
                throw RuntimeError("cgroup \(quoted(path.description)): \(error)")
            }
        }
    }

    /// Makes the groups of cgroup v1.
    ///
    /// - Returns: The groups; nil where no limit is held there.
    /// - Throws: ``RuntimeError``.
    mutating func makeLegacy() throws(RuntimeError) -> LegacyGroups? {
        while let path, !legacySettings.isEmpty || !legacySessionSettings.isEmpty {
            do throws(CgroupError) {
                return try LegacyGroups.make(
                    path, in: legacy, settings: legacySettings, parentSettings: legacySessionSettings)
            } catch  where error.isLackOfRights {
                let reason = "only root may limit with cgroup v1, and this host has the controller there"
                if forgone != nil {
                    forgoLegacy(nil, reason)
                    continue
                }
                throw RuntimeError(
                    "\((legacySettings.settings + legacySessionSettings.settings)[0].origin): \(reason) "
                        + "(boot with systemd.unified_cgroup_hierarchy=1)")
            } catch {
                if forgo(error) { continue }
                throw RuntimeError("cgroup \(quoted(path.description)): \(error)")
            }
        }
        return nil
    }

    // MARK: Forgoing

    /// Forgoes the limits that an error names the want of; false where that is no answer to it.
    mutating func forgo(_ error: CgroupError) -> Bool {
        guard forgone != nil, let lack = error.lack else { return false }
        let before = count
        forgoUnified(lack, lack.reason)
        forgoLegacy(lack, lack.reason)
        return count < before
    }

    private mutating func forgoAll(_ reason: String) {
        forgoUnified(nil, reason)
        forgoLegacy(nil, reason)
    }

    private mutating func forgoUnified(_ lack: CgroupError.Lack?, _ reason: String) {
        note(settings.forgo(lack), reason, isOfSession: false)
        note(sessionSettings.forgo(lack), reason, isOfSession: true)
    }

    private mutating func forgoLegacy(_ lack: CgroupError.Lack?, _ reason: String) {
        note(legacySettings.forgo(lack), reason, isOfSession: false)
        note(legacySessionSettings.forgo(lack), reason, isOfSession: true)
    }

    private mutating func note(_ settings: [ControlSetting], _ reason: String, isOfSession: Bool) {
        for setting in settings where setting.value != "max" && setting.value != "-1" {
            if endsAsAWhole, setting.file == "memory.oom.group" { continue }
            if forgone?.contains(where: { $0.setting.origin == setting.origin }) == true { continue }
            forgone?.append(ForgoneLimit(setting: setting, isOfSession: isOfSession, reason: reason))
        }
    }

    /// How many settings there are.
    private var count: Int {
        settings.settings.count + sessionSettings.settings.count + legacySettings.settings.count
            + legacySessionSettings.settings.count
    }

    /// What of the limits kept the container from starting, where its first process was killed; nil where none did.
    func startFailure(_ cgroup: Cgroup?, _ legacyGroups: LegacyGroups?) throws(RuntimeError) -> RuntimeError? {
        guard let cgroup, hasLimits else { return nil }
        let statistics = try during("cgroup") { () throws(SystemCallError) in
            var statistics = try cgroup.statistics()
            try legacyGroups?.add(to: &statistics)
            return statistics
        }
        guard (statistics.memoryKills ?? 0) > 0 else { return nil }
        let limits = (settings.settings + legacySettings.settings)
            .last { $0.file == "memory.max" || $0.file == "memory.limit_in_bytes" }
        guard let limit = limits, statistics.memoryLimitHits != 0
        else { return RuntimeError("killed for want of memory while it was started, at the limit of a group above") }
        return RuntimeError(
            "\(limit.origin): killed while it was started: \(limit.value) bytes of memory are too few; "
                + "a small program starts with 524288 (512KiB)", exitStatus: 128 + Signals.kill)
    }

    /// Names the limits that may have kept a process of the runtime's own from being made (clone(2), EAGAIN).
    func explained(_ error: RuntimeError) -> RuntimeError {
        guard error.description.hasSuffix("clone3: \(Errno.wouldBlock)") else { return error }
        let limits = [
            settings.settings, legacySettings.settings, sessionSettings.settings, legacySessionSettings.settings,
        ]
        .joined().filter { $0.file == "pids.max" && $0.value != "max" && $0.value != "-1" }
        .map { "\($0.origin), \($0.value)," }
        guard !limits.isEmpty else { return error }
        return RuntimeError(
            "\(error): no process more within \(limits.joined(separator: " or ")) can be made to start with",
            exitStatus: error.exitStatus)
    }

    private func holdsNothing(_ cgroup: Cgroup) throws(CgroupError) -> Bool {
        do throws(SystemCallError) {
            return try cgroup.processes().isEmpty
        } catch {
            throw CgroupError(error.description)
        }
    }
}
