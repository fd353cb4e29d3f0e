internal import LinuxSystem
internal import OCISpec

extension Seccomp {
    /// The filter with streams and packets of AF_UNIX permitted, which the runtime connects (``ConnectionSupervisor``);
    /// datagrams stay refused, since they are sent to a path without being connected.
    ///
    /// Rules of socket(2) for AF_UNIX are replaced; a filter that has none is left as it is.
    var permittingSupervisedSockets: Seccomp {
        func concernsUnixSockets(_ rule: SeccompRule) -> Bool {
            rule.names == ["socket"] && rule.args.contains { $0.index == 0 && $0.op == .equal && $0.value == 1 }
        }
        guard syscalls.contains(where: concernsUnixSockets) else { return self }
        var filter = self
        filter.syscalls.removeAll(where: concernsUnixSockets)
        // The kernel looks at the low four bits of the type: 0001 is SOCK_STREAM, 0101 SOCK_SEQPACKET.
        func rule(_ action: SeccompAction, mask: UInt64, value: UInt64) -> SeccompRule {
            SeccompRule(
                names: ["socket"], action: action, errnoRet: action == .allow ? nil : 13,
                args: [SeccompArgument(0, .equal, 1), SeccompArgument(1, .maskedEqual, mask, valueTwo: value)])
        }
        filter.syscalls += [rule(.allow, mask: 0b1011, value: 0b0001), rule(.errno, mask: 0b0001, value: 0)]
        filter.syscalls += [0b0010, 0b1000].map { rule(.errno, mask: $0, value: $0) }
        return filter
    }
}

extension ConnectionSupervisor {
    /// Whether this process may take copies of the sockets of processes that it starts: not where Yama forbids it
    /// altogether, or an outer container's filter does.
    static var isPossible: Bool {
        do throws(SystemCallError) {
            // A file like any other: this process has one for as long as it looks.
            let file = try openFile("/proc/self/status", .readOnly)
            _ = try ProcessHandle(pid: currentProcessID()).copyDescriptor(file.rawValue)
            let scope = "/proc/sys/kernel/yama/ptrace_scope"
            guard try fileStatus(scope) != nil else { return true }
            return try readFile(scope, limit: 16).first != UInt8(ascii: "3")
        } catch {
            return false  // Then there are no unix sockets, which is the safe side.
        }
    }
}

extension InitPlan {
    /// Where the container has file systems in memory to itself, which nothing that is mounted later covers; nil where
    /// the runtime does not connect in its stead.
    var supervisedPlaces: [String]? {
        guard supervisesConnections else { return nil }
        return mounts.enumerated().compactMap { index, mount in
            guard case .fileSystem("tmpfs", _) = mount.source else { return nil }
            let isCovered = mounts[(index + 1)...].contains {
                (mount.destination + "/").hasPrefix($0.destination + "/")
            }
            return isCovered ? nil : mount.destination
        }
    }
}
