internal import Cgroup
internal import LinuxSystem

extension ControlGroupPlan {
    /// The scope that a container becomes.
    ///
    /// - Throws: ``RuntimeError`` for what is not built for systemd.
    static func scope(
        _ cgroupsPath: String?, _ id: ContainerID, hasSessionLimits: Bool, annotations: [String: String]
    ) throws(RuntimeError) -> ScopeName {
        if hasSessionLimits {
            throw RuntimeError(
                "annotations.dev.agentrt.session.resources: under systemd a session has no limits; limit the slice")
        }
        // crun and runc would set these (CVE-2024-3154 is what became of it).
        if let key = annotations.keys.sorted().first(where: { $0.hasPrefix("org.systemd.property.") }) {
            throw RuntimeError("annotations.\(key): properties of the scope are not taken from a bundle")
        }
        do throws(CgroupError) {
            return try ScopeName(cgroupsPath, id: id.description, isOfUser: try SystemdManager().isOfUser)
        } catch {
            throw RuntimeError(error.description)
        }
    }

    /// Lets systemd make the group.
    ///
    /// - Parameters:
    ///   - scope: The scope that it becomes.
    ///   - process: What is in it until the container is.
    /// - Returns: The group.
    /// - Throws: ``RuntimeError``; then nothing is left but the process.
    mutating func make(_ scope: ScopeName, holding process: Int32) throws(RuntimeError) -> Cgroup {
        guard let hierarchy else { throw RuntimeError("--systemd-cgroup: there is no cgroup v2 here") }
        do throws(CgroupError) {
            let manager = try SystemdManager()
            let path = try manager.start(scope, holding: process, settings: settings)
            do throws(CgroupError) {
                return try openDelegated(path, in: hierarchy)
            } catch {
                try manager.stop(scope.unit)
                throw error
            }
        } catch {
            throw RuntimeError("\(quoted(scope.unit)): \(error)")
        }
    }

    private mutating func openDelegated(
        _ path: CgroupPath, in hierarchy: UnifiedHierarchy
    ) throws(CgroupError) -> Cgroup {
        while true {
            do throws(CgroupError) {
                return try Cgroup.openDelegated(path, in: hierarchy, settings: settings)
            } catch {
                if !forgo(error) { throw error }
            }
        }
    }
}

/// A process that does nothing but be in a scope: systemd makes none without a process, and the container's first one is
/// born in the scope's group, so that it never is in another.
enum ScopeKeeper {
    /// Starts one; it ends with this process.
    static func start() throws(RuntimeError) -> (pid: Int32, process: ProcessHandle) {
        let parent = currentProcessID()
        switch try during("scope", { try cloneProcess([]) }) {
        case .child: keep(of: parent)
        case .parent(let pid, let process): return (pid, process)
        }
    }

    private static func keep(of parent: Int32) -> Never {
        do throws(SystemCallError) {
            try setParentDeathSignal(Signals.kill)
        } catch {
            endProcess(1)
        }
        // The parent may have died before it was to be told of: then there is another.
        while parentProcessID() == parent { sleep(milliseconds: 60_000) }
        endProcess(0)
    }
}
