internal import LinuxSystem

/// The last steps before the program: from the runtime's rights to the container's. The order is that of design and
/// kernel: scheduling, limits, labels, bounding set, ids, parent-death signal, capabilities, ambient set, no_new_privs.
struct PrivilegeDrop {
    let process: ProcessPlan
    /// Whether the kernel lets this user namespace set groups.
    let setsGroups: Bool
    /// Whether this container ends when the runtime dies.
    let diesWithRuntime: Bool
    /// Whether a filter or a rule set follows, which without no_new_privs takes CAP_SYS_ADMIN.
    let filtersFollow: Bool

    /// Carries the steps out in this process.
    func apply() throws(RuntimeError) {
        try process.scheduling.apply()
        for limit in process.limits {
            try during("process.rlimits") {
                try setResourceLimit(limit.kind, soft: limit.soft, hard: limit.hard)
            }
        }
        for label in process.securityLabels { try label.apply() }
        if let capabilities = process.capabilities {
            try during("process.capabilities.bounding") {
                try ProcessCapabilities.limitBounding(to: capabilities.bounding)
            }
        }
        try during("process.user") { try ProcessCapabilities.keepOverUserChange() }
        try during("process.user") {
            try setCredentials(uid: process.uid, gid: process.gid, groups: setsGroups ? process.additionalGroups : nil)
        }
        if let mask = process.fileModeMask { setFileModeMask(mask) }
        if diesWithRuntime {
            // Asked for again: a change of user id clears it (prctl(2)).
            try during("parent-death signal") { try setParentDeathSignal(Signals.kill) }
        }
        // What the filters need stays in force until execve, which takes away what is neither bounding nor ambient.
        let needsRight = filtersFollow || process.notifyingFilter != nil
        let kept: CapabilitySet = needsRight && !process.setsNoNewPrivileges ? .systemAdministration : []
        if let capabilities = process.capabilities {
            try during("process.capabilities") {
                try ProcessCapabilities.set(
                    effective: capabilities.effective.union(kept), permitted: capabilities.permitted.union(kept),
                    inheritable: capabilities.inheritable)
                try ProcessCapabilities.setAmbient(capabilities.ambient)
            }
        }
        if process.capabilities == nil, process.uid != 0 {
            // No sets were asked for: this user has none, as after any change of user.
            try during("process.user") {
                try ProcessCapabilities.set(effective: kept, permitted: kept, inheritable: [])
            }
        }
        if process.setsNoNewPrivileges {
            try during("process.noNewPrivileges") { try setNoNewPrivileges() }
        }
    }
}
