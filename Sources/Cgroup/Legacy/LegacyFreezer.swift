public import LinuxSystem

/// The freezer of cgroup v1, which agentrt itself does not use: a process that somebody has frozen there does not die, not
/// even of SIGKILL, until it is let go (freezer-subsystem.rst).
public enum LegacyFreezer {
    /// Takes processes out of frozen groups, which lets them go on; the groups and what else is in them stay frozen.
    ///
    /// - Parameter processes: Their ids.
    /// - Throws: `SystemCallError`.
    public static func release(_ processes: [Int32]) throws(SystemCallError) {
        var mountPoint: String?
        for process in processes {
            guard let group = try group(of: process), group != "/" else { continue }
            if mountPoint == nil { mountPoint = try UnifiedHierarchy.legacyPlace(of: "freezer") }
            guard let mountPoint else { return }
            do throws(SystemCallError) {
                let state = try readFile("\(mountPoint)\(group)/freezer.state", limit: 64)
                if state.starts(with: "THAWED".utf8) { continue }
                try openFile(mountPoint + "/cgroup.procs", .writeOnly).write("\(process)")
            } catch  where error.errno == .noSuchFile || error.errno == .noSuchProcess {
                continue  // The group or the process is gone.
            }
        }
    }

    /// The group that a process is in: `6:freezer:/frozen` (cgroups(7)); nil where there is no such hierarchy.
    private static func group(of process: Int32) throws(SystemCallError) -> String? {
        let text: String
        do throws(SystemCallError) {
            text = String(decoding: try readFile("/proc/\(process)/cgroup", limit: 65_536), as: UTF8.self)
        } catch  where error.errno == .noSuchFile || error.errno == .noSuchProcess {
            return nil
        }
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            if fields.count == 3, fields[1].split(separator: ",").contains("freezer") { return String(fields[2]) }
        }
        return nil
    }
}
