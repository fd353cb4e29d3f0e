internal import ContainerRuntime
internal import JSON
internal import LinuxSystem

/// Finds out what this host can enforce for whoever asks, by doing it in processes of its own; nothing is left behind.
public struct Examination {
    private let isRoot = effectiveUserID() == 0
    /// What a process needs so that it may mount: nothing for root, a user namespace for others.
    private var mounting: NamespaceSet { isRoot ? [.mount] : [.user, .mount] }

    /// An examination.
    public init() {}

    /// Examines the kernel, then tries sandboxes.
    ///
    /// - Parameters:
    ///   - directory: Where a throw-away project is made and removed again.
    ///   - progress: Told each finding as it is known.
    /// - Returns: The findings.
    public func findings(in directory: String, _ progress: (Finding) -> Void) -> [Finding] {
        var findings: [Finding] = []
        func note(_ finding: Finding) {
            findings.append(finding)
            progress(finding)
        }
        for examine in [
            kernel, userNamespace, mounts, nestedProc, landlock, seccomp, seccompNotify, memfd, writeOrExecute, overlay,
            fanotify, subordinateIDs, idMappedMounts,
        ] { note(examine()) }
        for finding in SandboxTrials(directory).findings() { note(finding) }
        return findings
    }

    // MARK: The kernel

    private func kernel() -> Finding {
        let name = "kernel 5.14"
        // The last of the calls that the floor stands for, and the first of each kind.
        for (call, arguments) in [
            ("clone3", [0, 0]), ("openat2", [-1, 0, 0, 0]), ("mount_setattr", [-1, 0, 0, 0, 0]),
            ("close_range", [9, 8, 0]),
            ("pidfd_open", [-1, 0]), ("faccessat2", [-1, 0, 0, 0]),
        ] as [(String, [Int])] {
            do throws(SystemCallError) {
                try attempt(call, arguments.map { .number($0) })
            } catch  where error.errno == .notImplemented {
                return .no(
                    name, "\(release) does not let \(call)(2) through",
                    "a kernel from 5.14 on, and around it no filter without \(call)", isNeeded: true)
            } catch {
                continue  // It is there, and refuses what makes no sense.
            }
        }
        return .yes(name, release, isNeeded: true)
    }

    private var release: String {
        // For people: what cannot be read is left out.
        guard let bytes = try? readFile("/proc/sys/kernel/osrelease", limit: 256) else { return "Linux" }
        return "Linux " + String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
    }

    private func userNamespace() -> Finding {
        let ending = TrialProcess.run([.user, .mount, .pid, .ipc, .uts, .network, .cgroup]) {
            () throws(SystemCallError) in
            _ = try MountTree(newFileSystem: "tmpfs", source: nil, options: [], attributes: [])
            return "with mounts, processes and network of its own"
        }
        var finding = ending.finding("user namespace", isNeeded: !isRoot)
        switch ending {
        case .succeeded: break
        case .failed(_, let errno):
            let obstacle = UserNamespaceObstacle(of: errno)
            (finding.detail, finding.remedy) = (obstacle.cause, obstacle.remedy)
        case .notBorn(let error):
            let obstacle = UserNamespaceObstacle(of: error.errno)
            (finding.detail, finding.remedy) = (obstacle.cause, obstacle.remedy)
        }
        return finding
    }

    private func mounts() -> Finding {
        TrialProcess.run(mounting) { () throws(SystemCallError) in
            try MountTree.setPropagation(at: "/", .slave, isRecursive: true)
            let tree = try MountTree(copying: "/etc", isRecursive: true)
            try tree.change(setting: [.readOnly, .noExecution, .noSetUserID, .noDevices], isRecursive: true)
            try tree.attach(to: "/etc")
            return "read-only and noexec, by descriptor"
        }.finding("mounts", isNeeded: true) { _ in
            isRoot ? "CAP_SYS_ADMIN, which the container around holds back" : nil
        }
    }

    private func nestedProc() -> Finding {
        let namespaces = mounting.union([.pid])
        return TrialProcess.run(namespaces) { () throws(SystemCallError) in
            _ = try MountTree(newFileSystem: "proc", source: nil, options: [], attributes: [])
            return "a fresh /proc can be mounted"
        }.finding("proc", isNeeded: true) { _ in
            OuterRefusal.proc.remedy + "; or run --allow-degraded, which says what is lost"
        }
    }

    private func landlock() -> Finding {
        let name = "Landlock"
        // The version is told with the finding; what decides is the trial.
        let version = (try? ExecutionRuleSet.supportedVersion()) ?? 0
        return TrialProcess.run { () throws(SystemCallError) in
            try setNoNewPrivileges()
            let rules = try ExecutionRuleSet()
            try rules.enforce()
            let refusal = attemptExecution("/proc/self/exe", ["agentrt", "--version"])
            guard refusal.errno == .permissionDenied else { throw refusal }
            return "ABI \(version), refuses to execute what no rule names"
        }.finding(name, isNeeded: true) { _ in
            version == 0
                ? "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock in the list of the boot parameter lsm=" : nil
        }
    }

    private func seccomp() -> Finding {
        TrialProcess.run { () throws(SystemCallError) in
            try setNoNewPrivileges()
            let filter = try SeccompFilter(defaultAction: .allow)
            try filter.addRule(.fail(13), systemCall: "sync")
            try InstallableSeccompFilter(try filter.compiled(), flags: 0).install()
            do throws(SystemCallError) {
                try attempt("sync")
            } catch  where error.errno == .permissionDenied {
                return "filters calls"
            }
            throw SystemCallError(call: "seccomp", errno: .notSupported)
        }.finding("seccomp", isNeeded: true) { _ in "a kernel with CONFIG_SECCOMP_FILTER" }
    }

    private func seccompNotify() -> Finding {
        TrialProcess.run { () throws(SystemCallError) in
            // SECCOMP_GET_ACTION_AVAIL of SECCOMP_RET_USER_NOTIF.
            try attempt("seccomp", 2, 0, .bytes([0, 0, 0xC0, 0x7F]))
            return "a supervisor can be told of calls"
        }.finding("seccomp notify") { _ in "a kernel from 5.5 on" }
    }

    private func memfd() -> Finding {
        let namespaces: NamespaceSet = isRoot ? [.pid] : [.user, .pid]
        return TrialProcess.run(namespaces) { () throws(SystemCallError) in
            try openFile("/proc/sys/vm/memfd_noexec", .writeOnly).write("2")
            do throws(SystemCallError) {
                try attempt("memfd_create", "doctor", 0x10 /* MFD_EXEC */)
            } catch {
                return "vm.memfd_noexec=2 holds in a pid namespace"
            }
            throw SystemCallError(call: "vm.memfd_noexec", errno: .notSupported)
        }.finding("memfd_noexec") { _ in
            isRoot
                ? "a kernel from 6.3 on" : "only root of the host may set it; the filter refuses memfd_create instead"
        }
    }

    private func writeOrExecute() -> Finding {
        TrialProcess.run { () throws(SystemCallError) in
            // PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN; then mmap(2) of a page that can be written and executed.
            try attempt("prctl", 65, 1, 0, 0, 0)
            do throws(SystemCallError) {
                try attempt("mmap", 0, 4096, 7, 0x22, -1, 0)
            } catch {
                return "memory that can be written is never executed (PR_SET_MDWE)"
            }
            throw SystemCallError(call: "prctl PR_SET_MDWE", errno: .notSupported)
        }.finding("MDWE") { _ in "a kernel from 6.3 on" }
    }

    private func overlay() -> Finding {
        TrialProcess.run(mounting) { () throws(SystemCallError) in
            try enterScratch()
            for name in ["lower", "upper", "work"] { try makeDirectory(name) }
            let place = try workingDirectory()
            var options = ["lower", "upper", "work"].map { name in "\(name)dir=\(place)/\(name)" }
            if !isRoot { options.append("userxattr") }
            _ = try MountTree(newFileSystem: "overlay", source: nil, options: options, attributes: [])
            return isRoot ? "can be mounted" : "can be mounted in a user namespace"
        }.finding("overlayfs") { _ in "a kernel from 5.11 on with CONFIG_OVERLAY_FS (modprobe overlay)" }
    }

    /// A directory in memory that nobody else sees, as the working directory.
    private func enterScratch() throws(SystemCallError) {
        try MountTree.setPropagation(at: "/", .slave, isRecursive: true)
        let tree = try MountTree(newFileSystem: "tmpfs", source: nil, options: ["mode=755"], attributes: [])
        try tree.attach(to: "/tmp")
        try changeDirectory("/tmp")
    }

    private func fanotify() -> Finding {
        let name = "fanotify"
        guard isRoot else { return .notTried(name, "permission events are for root") }
        return TrialProcess.run([.mount]) { () throws(SystemCallError) in
            try enterScratch()
            try openFile("file", [.writeOnly, .create], mode: 0o600).write("")
            // FAN_CLASS_CONTENT, O_RDONLY; FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD.
            let group = try attempt("fanotify_init", 4, 0)
            try attempt("fanotify_mark", .number(group), 1, 0x10000, -100, "file")
            return "opens can be decided (permission events)"
        }.finding(name) { _ in
            "CAP_SYS_ADMIN of the host, and a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS"
        }
    }

    private func subordinateIDs() -> Finding {
        SubordinateIDs.finding()
    }

    private func idMappedMounts() -> Finding {
        let name = "idmapped mounts"
        guard isRoot else { return .notTried(name, "they are for root") }
        var able: [String] = []
        var unable: [String] = []
        for path in ["/", "/home", "/tmp", "/var/lib"] {
            let kind = FileSystemKind.name(at: path)
            let isAble = IDMapTrial.succeeds(at: path)
            let text = "\(kind) (\(path))"
            if isAble { able.append(text) } else { unable.append(text) }
        }
        let detail = [
            able.isEmpty ? nil : "on " + able.joined(separator: ", "),
            unable.isEmpty ? nil : "not on " + unable.joined(separator: ", "),
        ].compactMap { $0 }.joined(separator: "; ")
        return able.isEmpty ? .no(name, detail) : .yes(name, detail)
    }
}
