internal import LinuxSystem

/// What a container around this process refuses to a sandbox in it, though it lets it make namespaces.
public enum OuterRefusal: Int32, CaseIterable, Sendable {
    /// A fresh procfs: the kernel permits it only to who sees all of the one around (mount_namespaces(7)).
    case proc = 1
    /// A host name.
    case hostname = 2
    /// To have further user namespaces limited (user.max_user_namespaces).
    case namespaceLimit = 4

    /// Why it is refused, as far as that can be told from the outside, and what lets it.
    public var remedy: String {
        switch self {
        case .proc, .namespaceLimit:
            "the container around covers parts of /proc, or has them read-only: --security-opt systempaths=unconfined "
                + "(docker), --security-opt unmask=ALL (podman), procMount: Unmasked (Kubernetes)"
        case .hostname:
            "a seccomp filter of the container around refuses it: --security-opt seccomp=unconfined (docker, podman), "
                + "seccompProfile Unconfined (Kubernetes)"
        }
    }

    /// What is refused, by the failure of init; nil for one that has another reason.
    static func behind(_ message: String) -> OuterRefusal? {
        if message.contains("fsmount \"proc\""), message.contains("\(Errno.notPermitted)") { return .proc }
        if message.hasPrefix("linux.sysctl.user.max_user_namespaces") { return .namespaceLimit }
        return message.hasPrefix("hostname: ") && message.hasSuffix("\(Errno.notPermitted)") ? .hostname : nil
    }

    /// Tries all of them in a process of its own.
    ///
    /// - Parameter namespaces: The namespaces that the sandbox has of its own.
    /// - Returns: What is refused; nothing where it cannot be tried, as the start of the sandbox will say why.
    static func all(in namespaces: NamespaceSet) -> [OuterRefusal] {
        do throws(SystemCallError) {
            switch try cloneProcess(namespaces.intersection([.user, .mount, .pid, .uts])) {
            case .child:
                var refused: Int32 = 0
                for refusal in allCases where refusal.holds(in: namespaces) { refused |= refusal.rawValue }
                endProcess(refused)
            case .parent(_, let process):
                guard case .exited(let refused) = try process.waitForEnd() else { return [] }
                return allCases.filter { refused & $0.rawValue != 0 }
            }
        } catch {
            return []
        }
    }

    private func holds(in namespaces: NamespaceSet) -> Bool {
        do throws(SystemCallError) {
            switch self {
            case .proc:
                guard namespaces.contains(.pid) else { return false }
                _ = try MountTree(newFileSystem: "proc", source: nil, options: [], attributes: [])
            case .hostname:
                guard namespaces.contains(.uts) else { return false }
                try setHostname("agentrt")
            case .namespaceLimit:
                guard namespaces.contains(.user) else { return false }
                _ = try openFile("/proc/sys/user/max_user_namespaces", .writeOnly)
            }
            return false
        } catch {
            return error.errno == (self == .namespaceLimit ? .readOnlyFileSystem : .notPermitted)
        }
    }
}

extension InitPlan {
    /// Has the sandbox do without what the container around refuses.
    ///
    /// - Returns: What is lost, a line each; nothing where all is permitted.
    mutating func doWithoutWhatIsRefused() -> [(what: String, loss: String)] {
        // Landlock is what keeps the environments and files of the processes shut that the outer procfs shows.
        guard annotations.executablePaths != nil, let writable = annotations.writablePaths else { return [] }
        var losses: [(what: String, loss: String)] = []
        for refusal in OuterRefusal.all(in: newNamespaces) {
            switch refusal {
            case .proc:
                guard let index = mounts.firstIndex(where: { $0.isFreshProc }) else { continue }
                mounts[index] = mounts[index].bindingOuterProc()
                annotations.writablePaths = writable.filter { $0 != mounts[index].destination }
                losses.append(
                    (
                        "a /proc of its own",
                        "the one around is there, read-only: its processes and their arguments can be seen"
                    ))
            case .hostname:
                if hostname == nil { continue }
                hostname = nil
                losses.append(("a host name of its own", "the one around can be seen"))
            case .namespaceLimit:
                limitsUserNamespaces = false
                losses.append(("user.max_user_namespaces=0", "the filter alone refuses further user namespaces"))
            }
            losses[losses.count - 1].loss += "; " + refusal.remedy
        }
        return losses
    }
}

extension MountPlan {
    /// Whether it is a procfs.
    fileprivate var isFreshProc: Bool {
        if case .fileSystem("proc", _) = source { true } else { false }
    }

    /// The procfs around with all that covers parts of it, read-only.
    fileprivate func bindingOuterProc() -> MountPlan {
        var plan = self
        plan.source = .bind(path: "/proc", isRecursive: true)
        plan.options.settingRecursively = options.setting.union(.readOnly)
        return plan
    }
}
