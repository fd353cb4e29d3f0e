internal import Cgroup
internal import LinuxSystem
internal import OCISpec

extension Container {
    /// Removes what is left of a stopped container (runtime-spec runtime.md, Delete).
    ///
    /// - Parameter force: Whether one that runs is ended first, and one that does not exist is no error.
    /// - Throws: ``RuntimeError``.
    public func delete(force: Bool = false) throws(RuntimeError) {
        let directory: StateDirectory
        do throws(RuntimeError) {
            if force { try endWhatHoldsUp() }
            directory = try StateDirectory(opening: id, in: root, locks: true)
        } catch {
            if force, try !root.containerIDs().contains(id) { return }
            throw error
        }
        // A record that cannot be read names nothing to end; by force its directory still goes.
        var record: ContainerRecord?
        do throws(RuntimeError) {
            record = try directory.load()
        } catch {
            guard force else { throw error }
        }
        let status = try directory.status(record)
        // One that is being made is locked by whoever makes it: no lock, no maker, so it is left over.
        guard force || status.canDelete || record == nil else {
            throw RuntimeError(
                "cannot delete container \(quoted(id.description)): it is \(status.rawValue), not stopped; use --force")
        }
        if let record, let process = try directory.liveProcess(record) { try endFirstProcess(process, record) }
        if record == nil { try endWhatIsLeft() }
        try remove(record, try record?.openCgroup(), directory)
    }

    /// Ends the first process of a container that another call does not let go of for a second. So does one that was killed
    /// while its init stands still in a frozen group: init has copies of the call's descriptors until it goes on.
    private func endWhatHoldsUp() throws(RuntimeError) {
        let directory = try StateDirectory(opening: id, in: root, locks: false)
        if try during(directory.path, { try directory.isFree(within: 1000) }) { return }
        if let record = try directory.load(), let process = try directory.liveProcess(record) {
            try endFirstProcess(process, record)
        } else {
            try endWhatIsLeft()
        }
    }

    /// Ends what lives in the control group of a container that has no record: the one that the call which makes it has
    /// noted, else the one that a container of this name has by default.
    private func endWhatIsLeft() throws(RuntimeError) {
        guard let hierarchy = try during("cgroup", { try UnifiedHierarchy.ofHost() }) else { return }
        var places = try UnfinishedCall.places(of: id, in: root)
        if places.isEmpty { places = [.group(try ControlGroupPlan.path(id.description, in: hierarchy))] }
        for place in places {
            switch place {
            case .none: continue
            case .scope(let unit):
                try during("remove \(quoted(unit))") { () throws(CgroupError) in try SystemdManager().stop(unit) }
            case .group(let path):
                if try root.hasContainer(in: path, except: id) { continue }
                try during("cgroup") { try Cgroup.open(path, in: hierarchy)?.remove() }
            }
        }
    }

    /// Kills the first process, and waits for its end.
    func endFirstProcess(_ process: ProcessHandle, _ record: ContainerRecord) throws(RuntimeError) {
        let cgroup = try record.openCgroup()
        do throws(SystemCallError) {
            try process.send(signal: Signals.kill)
        } catch  where error.errno == .noSuchProcess {
            return
        } catch {
            throw RuntimeError("kill: \(error)")
        }
        try during("freezer") { () throws(SystemCallError) in
            // Init waits for all that it would leave behind.
            try LegacyFreezer.release([record.pid] + (try cgroup?.processes() ?? []))
        }
        // A pidfd can be read from once its process has ended.
        let ready = try during("wait") { try waitUntilReady([process.descriptor.rawValue], milliseconds: 10_000) }
        guard ready[0] else { throw RuntimeError("container \(quoted(id.description)) does not end") }
    }

    /// Removes control group and state, then runs the poststop hooks; also the end of `run`.
    func remove(
        _ record: ContainerRecord?, _ cgroup: Cgroup?, _ directory: StateDirectory
    ) throws(RuntimeError) {
        if let cgroup {
            try during("remove cgroup \(quoted(cgroup.absolutePath))") { try cgroup.remove() }
        }
        if let places = record?.legacyCgroups, !places.isEmpty {
            try during("remove cgroup") { try LegacyGroups(places: places).remove() }
        }
        if let scope = record?.systemdScope {
            try during("remove \(quoted(scope))") { () throws(CgroupError) in try SystemdManager().stop(scope) }
        }
        try directory.remove()
        // The state copies a Dictionary, whose first use has Swift's runtime search all protocol conformances.
        if let record, !record.poststop.isEmpty { runPoststop(record.poststop, record.state(id, .stopped)) }
    }

    /// Runs the hooks of a container that is gone. A failure changes nothing any more: it is reported, and the remaining
    /// hooks run (runtime-spec runtime.md, Lifecycle).
    func runPoststop(_ hooks: [Hook], _ state: State) {
        let runner = HookRunner(state: state)
        for (index, hook) in hooks.enumerated() {
            do throws(RuntimeError) {
                try runner.run(hook, phase: .poststop, index: index)
            } catch {
                report(error.description)
            }
        }
    }
}
