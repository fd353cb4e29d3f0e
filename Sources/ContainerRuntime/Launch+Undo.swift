internal import Cgroup
internal import LinuxSystem
internal import OCISpec

extension Launch {
    /// Unmakes what has been made, in reverse order, and runs the poststop hooks (runtime-spec runtime.md, Lifecycle:
    /// a step that fails goes on with the container's deletion). A step that fails is reported and does not stop the
    /// others; the failure that led here is told by whoever calls.
    func undo() {
        attempt {
            guard let process else { return }
            try process.send(signal: Signals.kill)
            _ = try process.waitForEnd()
        }
        attempt { try gate?.kill() }
        attempt { try endScopeKeeper() }
        attempt { _ = try streams?.finish() }
        attempt { try cgroup?.remove() }
        attempt { try legacyGroups?.remove() }
        attempt { if cgroup != nil, let scope = controlGroup.scope { try SystemdManager().stop(scope.unit) } }
        attempt { try directory?.remove() }
        attempt { try call.end() }
        (process, directory) = (nil, nil)
        container.runPoststop(plan.hooks.poststop, state(.stopped, pid: 0))
    }

    private func attempt(_ step: () throws -> Void) {
        do {
            try step()
        } catch {
            container.report("undo: \(error)")
        }
    }
}
