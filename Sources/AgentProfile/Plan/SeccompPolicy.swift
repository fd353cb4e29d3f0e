internal import OCISpec

/// The system calls a tool may make.
///
/// An allow-list: what is not named fails with ENOSYS, as on a kernel that does not have it, so that programs and the C
/// library fall back to older calls, and a call that a later kernel adds is closed until somebody has looked at it. Calls
/// that every kernel has and that are refused fail with EPERM, as they do for any unprivileged user.
/// `spec/decisions/0021-seccomp-allow-list.md` weighs this against a deny-list.
enum SeccompPolicy {
    /// The filter for a machine.
    ///
    /// - Parameters:
    ///   - machine: The only architecture whose calls are let through; the kernel kills a process that makes others.
    ///   - policy: What the sandbox may do: make files in memory, from which the loader could run anything, or connect
    ///     to unix sockets.
    /// - Returns: The filter.
    static func filter(for machine: ELFFile.Machine, _ policy: Policy) -> Seccomp {
        var allowed = SystemCalls.unconditional
        if machine == .x86_64 { allowed += SystemCalls.onlyX86 }
        if policy.permitsMemfd { allowed += ["memfd_create", "memfd_secret"] }
        var rules = [SeccompRule(names: allowed.sorted(), action: .allow)]
        rules += clone + sockets(policy.unixSockets) + terminal + leases + personality
        rules += sharedMemory(isExecuted: !policy.deniesWriteExecuteMemory)
        rules.append(
            SeccompRule(
                // A listener would let a tool answer calls of others in the kernel's stead (seccomp_unotify(2)).
                names: ["seccomp"], action: .allow, args: [SeccompArgument(1, .maskedEqual, 0x8, valueTwo: 0)]))
        var refused = SystemCalls.refused
        if machine == .x86_64 { refused += ["ioperm", "iopl"] }
        rules.append(SeccompRule(names: refused.sorted(), action: .errno, errnoRet: notPermitted))
        return Seccomp(
            defaultAction: .errno, defaultErrnoRet: notImplemented,
            architectures: [machine == .x86_64 ? .x86_64 : .aarch64], syscalls: rules)
    }

    private static let notPermitted: UInt32 = 1
    private static let permissionDenied: UInt32 = 13
    private static let notImplemented: UInt32 = 38
    private static let protocolNotSupported: UInt32 = 93
    private static let addressFamilyNotSupported: UInt32 = 97

    /// New processes and threads, but no new namespace. clone3(2), whose flags no filter can see, is not there at all:
    /// the C library falls back to clone(2), whose flags are its first argument on both machines.
    private static var clone: [SeccompRule] {
        // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
        let flags: [UInt64] = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        let all = flags.reduce(0, |)
        let allowed = SeccompRule(
            names: ["clone"], action: .allow, args: [SeccompArgument(0, .maskedEqual, all, valueTwo: 0)])
        return [allowed]
            + flags.map { flag in
                SeccompRule(
                    names: ["clone"], action: .errno, errnoRet: notPermitted,
                    args: [SeccompArgument(0, .maskedEqual, flag, valueTwo: flag)])
            }
    }

    /// Sockets of the machine itself and of IP, and the kernel's routing tables, which the resolver reads.
    ///
    /// Who can make a unix socket can connect it to any that a path leads to, on a read-only mount as well, and a filter
    /// sees no path. So only `host` permits it here; for `own` agentrt, where it stays with the container, permits
    /// streams and connects them itself (``Annotations/unixSockets``). Datagrams can be sent to a path without being
    /// connected, from a pair of sockets too.
    private static func sockets(_ unixSockets: Policy.UnixSockets) -> [SeccompRule] {
        let (unix, inet, inet6, netlink): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 10, 16)
        func rule(
            _ name: String, _ action: SeccompAction, _ errno: UInt32? = nil, _ arguments: SeccompArgument...
        ) -> SeccompRule { SeccompRule(names: [name], action: action, errnoRet: errno, args: arguments) }

        let known = [unix, inet, inet6]
        var rules = [inet, inet6].map { rule("socket", .allow, nil, SeccompArgument(0, .equal, $0)) }
        if unixSockets == .host {
            rules += ["socket", "socketpair"].map { rule($0, .allow, nil, SeccompArgument(0, .equal, unix)) }
        } else {
            rules.append(rule("socket", .errno, permissionDenied, SeccompArgument(0, .equal, unix)))
            // The kernel looks at the low four bits of the type; streams (0001) and packets (0101) are always connected.
            func pair(_ action: SeccompAction, mask: UInt64, value: UInt64) -> SeccompRule {
                rule(
                    "socketpair", action, action == .allow ? nil : permissionDenied, SeccompArgument(0, .equal, unix),
                    SeccompArgument(1, .maskedEqual, mask, valueTwo: value))
            }
            rules += [pair(.allow, mask: 0b1011, value: 0b0001), pair(.errno, mask: 0b0001, value: 0)]
            rules += [0b0010, 0b1000].map { pair(.errno, mask: $0, value: $0) }
        }
        // Protocol 0 of AF_NETLINK is routing.
        rules += [
            rule("socket", .allow, nil, SeccompArgument(0, .equal, netlink), SeccompArgument(2, .equal, 0)),
            rule(
                "socket", .errno, protocolNotSupported, SeccompArgument(0, .equal, netlink),
                SeccompArgument(2, .notEqual, 0)),
        ]
        // All other families as on a kernel built without them: AF_ALG, AF_PACKET, AF_VSOCK and what comes later.
        rules += (0..<netlink).filter { !known.contains($0) }.map {
            rule("socket", .errno, addressFamilyNotSupported, SeccompArgument(0, .equal, $0))
        }
        return rules + [
            rule("socket", .errno, addressFamilyNotSupported, SeccompArgument(0, .greaterThan, netlink)),
            rule("socketpair", .errno, addressFamilyNotSupported, SeccompArgument(0, .notEqual, unix)),
        ]
    }

    /// ioctl(2) with any request but TIOCSTI (0x5412) and TIOCLINUX (0x541C), which put input into a terminal.
    ///
    /// The kernel looks at the low 32 bits only, so that 1<<32 | TIOCSTI is TIOCSTI too, and a filter can say that bits
    /// are equal but not that they differ: so each rule lets through what differs from both in one way.
    private static var terminal: [SeccompRule] {
        let common: UInt64 = 0x5410  // Both requests without their last four bits, which are 0010 and 1100.
        var conditions: [(mask: UInt64, value: UInt64)] = (4..<32).map { bit in
            (1 << bit, ~common & 1 << bit)
        }
        // The last four bits: odd; 0000 and 0100; 0110 and 1110; 1000 and 1010.
        conditions += [(0b0001, 0b0001), (0b1011, 0b0000), (0b0111, 0b0110), (0b1101, 0b1000)]
        return conditions.map { mask, value in
            SeccompRule(
                names: ["ioctl"], action: .allow, args: [SeccompArgument(1, .maskedEqual, mask, valueTwo: value)])
        }
            + [0x5412, 0x541C].map { request in
                SeccompRule(
                    names: ["ioctl"], action: .errno, errnoRet: notPermitted,
                    args: [SeccompArgument(1, .maskedEqual, 0xFFFF_FFFF, valueTwo: request)])
            }
    }

    /// fcntl(2) with any command but F_SETLEASE (1024) and F_SETDELEG (1040).
    ///
    /// Who holds a lease of a file, which takes no right to write it, holds up for 45 s whoever opens it outside.
    ///
    /// All commands below 1024 are let through, and of those from there on the ones that have one of the last four bits:
    /// the kernel has no others.
    private static var leases: [SeccompRule] {
        func rule(_ action: SeccompAction, mask: UInt64, value: UInt64) -> SeccompRule {
            SeccompRule(
                names: ["fcntl"], action: action, errnoRet: action == .allow ? nil : permissionDenied,
                args: [SeccompArgument(1, .maskedEqual, mask, valueTwo: value)])
        }
        return [rule(.allow, mask: 1024, value: 0)] + [1, 2, 4, 8].map { rule(.allow, mask: $0, value: $0) }
            + [rule(.errno, mask: 0xFFFF_FFEF, value: 1024)]
    }

    /// shmat(2), with SHM_EXEC (0x8000) only where memory that can be written may be executed: a segment that is attached
    /// twice can be written in one place and executed in the other, and PR_SET_MDWE looks at each by itself.
    private static func sharedMemory(isExecuted: Bool) -> [SeccompRule] {
        let flag: UInt64 = 0x8000
        if isExecuted { return [SeccompRule(names: ["shmat"], action: .allow)] }
        return [
            SeccompRule(
                names: ["shmat"], action: .allow, args: [SeccompArgument(2, .maskedEqual, flag, valueTwo: 0)]),
            SeccompRule(
                names: ["shmat"], action: .errno, errnoRet: permissionDenied,
                args: [SeccompArgument(2, .maskedEqual, flag, valueTwo: flag)]),
        ]
    }

    /// personality(2) to ask, and for what uname(2) says; not to make data executable (READ_IMPLIES_EXEC).
    private static var personality: [SeccompRule] {
        [0x0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF].map { value in
            SeccompRule(names: ["personality"], action: .allow, args: [SeccompArgument(0, .equal, value)])
        }
    }
}
