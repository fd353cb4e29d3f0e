internal import LinuxSystem

extension Attempt {
    /// Families of sockets that reach past a network namespace or into seldom used parts of the kernel, and what listens
    /// outside.
    static let sockets: [Attempt] = [
        Attempt("socket-vsock", .seccomp, noFamily, Steps.call("socket", 40, 1, 0)),
        Attempt("socket-packet", .seccomp, noFamily, Steps.call("socket", 17, 3, 0)),
        Attempt("socket-crypto", .seccomp, noFamily, Steps.call("socket", 38, 5, 0)),
        Attempt("socket-tipc", .seccomp, noFamily, Steps.call("socket", 30, 2, 0)),
        Attempt("socket-can", .seccomp, noFamily, Steps.call("socket", 29, 3, 1)),
        Attempt("socket-bluetooth", .seccomp, noFamily, Steps.call("socket", 31, 3, 1)),
        Attempt("socket-key", .seccomp, noFamily, Steps.call("socket", 15, 3, 2)),
        Attempt("socket-rds", .seccomp, noFamily, Steps.call("socket", 21, 5, 0)),
        Attempt("socket-nfc", .seccomp, noFamily, Steps.call("socket", 39, 5, 0)),
        Attempt("socket-smc", .seccomp, noFamily, Steps.call("socket", 43, 1, 0)),
        Attempt("socket-xdp", .seccomp, noFamily, Steps.call("socket", 44, 3, 0)),
        Attempt("socket-ax25", .seccomp, noFamily, Steps.call("socket", 3, 5, 0)),
        Attempt("socket-appletalk", .seccomp, noFamily, Steps.call("socket", 5, 2, 0)),
        Attempt("socket-netfilter", .seccomp, [.protocolNotSupported], Steps.call("socket", 16, 3, 12)),
        Attempt("socket-audit", .seccomp, [.protocolNotSupported], Steps.call("socket", 16, 3, 9)),
        Attempt("socket-uevent", .seccomp, [.protocolNotSupported], Steps.call("socket", 16, 2, 15)),
        Attempt("socketpair-vsock", .seccomp, noFamily, Steps.call("socketpair", 40, 1, 0, .space(8))),
        Attempt("socket-raw", .capabilities, [.notPermitted], Steps.call("socket", 2, 3, 1)),
        Attempt(
            "socket-raw-version-6", .capabilities, [.notPermitted, .addressFamilyNotSupported],
            Steps.call("socket", 10, 3, 58)),
        Attempt("change-interface", .capabilities, [.notPermitted], control: .notMade) { _ throws(SystemCallError) in
            // SIOCSIFFLAGS: struct ifreq with a name and flags.
            let socket = try Steps.socket(2, 2)
            let request = Array("lo".utf8) + [UInt8](repeating: 0, count: 38)
            try attempt("ioctl", .descriptor(socket), 0x8914, .bytes(request))
            return .succeeded("took the interface down")
        },
        Attempt("connect-loopback-of-the-host", .namespaces, [.connectionRefused], control: .mustSucceed) {
            place throws(SystemCallError) in
            let socket = try Steps.socket(2, 1)
            try attempt("connect", .descriptor(socket), Steps.address([127, 0, 0, 1], port: place.port), 16)
            return .succeeded("connected to port \(place.port) of the host")
        },
        Attempt("connect-address", .namespaces, [.networkUnreachable]) { _ throws(SystemCallError) in
            // Of a datagram socket only the route is looked up: nothing is sent (udp(7)).
            let socket = try Steps.socket(2, 2)
            try attempt("connect", .descriptor(socket), Steps.address([192, 0, 2, 1], port: 53), 16)
            return .succeeded("there is a route to 192.0.2.1")
        },
        Attempt("connect-metadata-service", .namespaces, [.networkUnreachable]) { _ throws(SystemCallError) in
            let socket = try Steps.socket(2, 2)
            try attempt("connect", .descriptor(socket), Steps.address([169, 254, 169, 254], port: 80), 16)
            return .succeeded("there is a route to 169.254.169.254")
        },
        Attempt("connect-version-6", .namespaces, [.networkUnreachable, .addressFamilyNotSupported]) {
            _ throws(SystemCallError) in
            let socket = try Steps.socket(10, 2)
            let address: [UInt8] =
                [10, 0, 0, 53, 0, 0, 0, 0, 0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 1, count: 16)
            try attempt("connect", .descriptor(socket), .bytes(address), 28)
            return .succeeded("there is a route to 2001:db8::")
        },
        Attempt("send-broadcast", .namespaces, [.networkUnreachable, .permissionDenied], control: .notMade) {
            _ throws(SystemCallError) in
            let socket = try Steps.socket(2, 2)
            try attempt(
                "sendto", .descriptor(socket), "x", 1, 0, Steps.address([224, 0, 0, 251], port: 5353), 16)
            return .succeeded("sent to 224.0.0.251")
        },
        Attempt("connect-abstract-socket", .namespaces, [.connectionRefused], control: .mustSucceed) {
            place throws(SystemCallError) in
            try Steps.connect(toUnixSocket: [0] + Array(place.abstractName.utf8))
            return .succeeded("connected to @\(place.abstractName)")
        },
        Attempt("connect-unix-socket", .rootFilesystem, [.noSuchFile], control: .mustSucceed) {
            place throws(SystemCallError) in
            try Steps.connect(toUnixSocket: Array((place.outside + "/socket").utf8) + [0])
            return .succeeded("connected")
        },
        Attempt("connect-unix-socket-of-the-project", .seccomp, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            try Steps.connect(toUnixSocket: Array((place.project + "/src/socket").utf8) + [0])
            return .succeeded("connected to a socket of somebody else")
        },
        Attempt("socketpair-of-datagrams", .seccomp, [.permissionDenied], Steps.call("socketpair", 1, 2, 0, .space(8))),
        Attempt("connect-docker", .rootFilesystem, [.noSuchFile]) { _ throws(SystemCallError) in
            try Steps.connect(toUnixSocket: Array("/var/run/docker.sock".utf8) + [0])
            return .succeeded("connected")
        },
        Attempt("shared-memory-of-the-host", .namespaces, [.noSuchFile], control: .mustSucceed) {
            place throws(SystemCallError) in
            try attempt("shmget", .number(place.outsider), 1, 0)
            return .succeeded("found")
        },
    ]

    private static let noFamily: [Errno] = [.addressFamilyNotSupported]

    /// Files that no sandbox shows, and those that it denies.
    static let hiddenFiles: [Attempt] = [
        Attempt(
            "read-outside", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.read { $0.outside + "/secret.txt" }),
        Attempt(
            "read-through-dots", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.read { $0.project + "/src/../../secret.txt" }),
        Attempt(
            "read-through-proc-root", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.read { "/proc/self/root" + $0.outside + "/secret.txt" }),
        Attempt(
            "read-through-proc-directory", .rootFilesystem, [.noSuchFile], control: .notMade,
            Steps.read { _ in "/proc/self/cwd/../secret.txt" }),
        Attempt(
            "read-through-link-in-project", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.read { $0.project + "/src/link-out" }),
        Attempt("read-through-own-link", .rootFilesystem, [.noSuchFile], control: .mustSucceed) {
            place throws(SystemCallError) in
            let path = place.writable + "/link"
            try attempt("symlinkat", .text(place.outside + "/secret.txt"), -100, .text(path))
            return try Steps.read { _ in path }(place)
        },
        Attempt("read-beneath-descriptor", .rootFilesystem, [.noSuchFile], control: .mustSucceed) {
            place throws(SystemCallError) in
            let directory = try openFile(place.project, [.path, .directory])
            _ = try openFile("../secret.txt", below: directory, .readOnly, resolve: [])
            return .succeeded("opened")
        },
        Attempt(
            "list-other-project", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.list { $0.outside + "/other" }),
        Attempt("list-neighbours", .rootFilesystem, control: .mustSucceed) { place throws(SystemCallError) in
            let names = try directoryEntries(place.outside)
            return names == ["project"] ? .refused("only the project") : .succeeded("\(names.count) names")
        },
        Attempt(
            "write-outside", .rootFilesystem, [.noSuchFile, .readOnlyFileSystem, .permissionDenied],
            control: .mustSucceed,
            Steps.write([.writeOnly, .create, .exclusive]) { $0.outside + "/other/new" }),
        Attempt("read-shadow", .rootFilesystem, [.noSuchFile], Steps.read { _ in "/etc/shadow" }),
        Attempt("read-host-name-file", .rootFilesystem, [.noSuchFile], Steps.read { _ in "/etc/machine-id" }),
        Attempt("list-home-of-root", .rootFilesystem, [.noSuchFile], Steps.list { _ in "/root/.ssh" }),
        Attempt("list-home", .rootFilesystem, control: .notMade) { _ throws(SystemCallError) in
            let home = processEnvironmentVariable("HOME") ?? "/"
            let names = try directoryEntries(home)
            return names.isEmpty ? .refused("empty") : .succeeded("\(home) holds \(names.count) names")
        },
        Attempt("environment-of-the-caller", .runtime, control: .mustSucceed) { _ throws(SystemCallError) in
            processEnvironmentVariable("AGENTRT_SELFTEST_SECRET") == nil
                ? .refused("not passed on") : .succeeded("the caller's variable is there")
        },
        Attempt("inherited-descriptors", .runtime, control: .mustSucceed) { _ throws(SystemCallError) in
            let open = (Int32(3)...1023).filter { UnownedDescriptor($0).isOpen }
            return open.isEmpty ? .refused("none") : .succeeded("descriptors \(open)")
        },
        Attempt(
            "read-denied", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.read { $0.project + "/.env" }),
        Attempt(
            "read-denied-in-writable", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.read { $0.guarded + "/private" }),
        Attempt(
            "list-denied", .mounts, [.permissionDenied], control: .mustSucceed,
            Steps.list { $0.project + "/vault" }),
        Attempt(
            "read-below-denied", .mounts, [.permissionDenied, .noSuchFile], control: .mustSucceed,
            Steps.read { $0.project + "/vault/key" }),
        Attempt("reopen-denied", .mounts, [.permissionDenied], control: .mustSucceed) {
            place throws(SystemCallError) in
            let file = try openFile(place.project + "/.env", .path)
            return try Steps.read { _ in "/proc/self/fd/\(file.rawValue)" }(place)
        },
        Attempt(
            "write-denied", .mounts, [.permissionDenied, .readOnlyFileSystem], control: .mustSucceed,
            Steps.write { $0.project + "/.env" }),
        Attempt(
            "permit-denied", .mounts, [.readOnlyFileSystem, .notPermitted, .permissionDenied],
            control: .notMade
        ) { place throws(SystemCallError) in
            try attempt("fchmodat", -100, .text(place.project + "/.env"), 0o644)
            return .succeeded("changed its mode")
        },
        Attempt("link-denied", .mounts, [.crossDevice, .notPermitted, .permissionDenied], control: .notMade) {
            place throws(SystemCallError) in
            let path = place.guarded + "/link"
            try attempt("linkat", -100, .text(place.guarded + "/private"), -100, .text(path), 0)
            return .succeeded("another name")
        },
        Attempt("rename-denied", .mounts, [.busy, .crossDevice, .readOnlyFileSystem], control: .notMade) {
            place throws(SystemCallError) in
            try attempt(
                "renameat2", -100, .text(place.guarded + "/private"), -100, .text(place.guarded + "/public"), 0)
            return .succeeded("renamed")
        },
        Attempt(
            "state-directory", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.list { $0.outside + "/state" }),
    ]

    /// Files of the kernel that tell of the machine or change it, and devices.
    static let kernelFiles: [Attempt] = [
        Attempt(
            "core-pattern", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/sys/kernel/core_pattern" }),
        Attempt(
            "modprobe-path", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/sys/kernel/modprobe" }),
        Attempt(
            "memory-settings", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/sys/vm/drop_caches" }),
        Attempt(
            "host-name-setting", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/sys/kernel/hostname" }),
        Attempt(
            "address-space-setting", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/sys/kernel/randomize_va_space" }),
        Attempt("sysrq", .masks, cannotWrite, control: .notMade, Steps.write { _ in "/proc/sysrq-trigger" }),
        Attempt(
            "interrupt-affinity", .masks, cannotWrite, control: .notMade,
            Steps.write { _ in "/proc/irq/default_smp_affinity" }),
        Attempt("kernel-memory", .masks, [.permissionDenied, .noSuchFile, .notPermitted], readsNothing("/proc/kcore")),
        Attempt("kernel-keys", .masks, [.permissionDenied, .noSuchFile], readsNothing("/proc/keys")),
        Attempt("kernel-timers", .masks, [.permissionDenied, .noSuchFile], readsNothing("/proc/timer_list")),
        Attempt("kernel-pages", .masks, [.permissionDenied, .noSuchFile], readsNothing("/proc/kpageflags")),
        Attempt("kernel-page-groups", .masks, [.permissionDenied, .noSuchFile], readsNothing("/proc/kpagecgroup")),
        Attempt("kernel-slabs", .masks, [.permissionDenied, .noSuchFile], readsNothing("/proc/slabinfo")),
        Attempt(
            "kernel-log-file", .capabilities, [.permissionDenied, .noSuchFile, .notPermitted],
            Steps.read { _ in "/proc/kmsg" }),
        Attempt(
            "sys-file-system", .rootFilesystem, [.noSuchFile], control: .mustSucceed,
            Steps.list { _ in "/sys/kernel" }),
        Attempt(
            "control-groups", .rootFilesystem, cannotWrite, control: .notMade,
            Steps.write { _ in "/sys/fs/cgroup/cgroup.procs" }),
        Attempt("debug-file-system", .rootFilesystem, [.noSuchFile], Steps.list { _ in "/sys/kernel/debug" }),
        Attempt("device-memory", .rootFilesystem, [.noSuchFile], Steps.read { _ in "/dev/mem" }),
        Attempt("device-log", .rootFilesystem, [.noSuchFile], Steps.read { _ in "/dev/kmsg" }),
        Attempt("device-fuse", .rootFilesystem, [.noSuchFile], Steps.write(.readWrite) { _ in "/dev/fuse" }),
        Attempt("device-kvm", .rootFilesystem, [.noSuchFile], Steps.write(.readWrite) { _ in "/dev/kvm" }),
        Attempt("device-tunnel", .rootFilesystem, [.noSuchFile], Steps.write(.readWrite) { _ in "/dev/net/tun" }),
        Attempt("device-loop", .rootFilesystem, [.noSuchFile], Steps.write(.readWrite) { _ in "/dev/loop-control" }),
        Attempt("device-others", .rootFilesystem, control: .mustSucceed) { _ throws(SystemCallError) in
            let known = [
                "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
                "stdout", "tty", "urandom", "zero",
            ]
            let others = try directoryEntries("/dev").filter { !known.contains($0) }
            return others.isEmpty ? .refused("none but the known") : .succeeded("/dev holds \(others.count) more")
        },
        Attempt("device-mode", .mounts, [.readOnlyFileSystem, .notPermitted], control: .notMade) {
            _ throws(SystemCallError) in
            let path = "/dev/null"
            guard let status = try fileStatus(path) else { return .refused("no \(path)") }
            // To what it is already. Where it is the host's and the change is let through, its time tells.
            try attempt("fchmodat", -100, .text(path), .number(Int(status.permissions)))
            return .refused("only the sandbox's own")
        },
        Attempt("make-block-device", .capabilities, [.notPermitted], control: .notMade, makeNode(0o60666, 8 << 8)),
        Attempt("make-memory-device", .capabilities, [.notPermitted], control: .notMade, makeNode(0o20666, 1 << 8 | 1)),
    ]

    private static let cannotWrite: [Errno] = [.readOnlyFileSystem, .noSuchFile, .permissionDenied]

    private static func readsNothing(_ path: String) -> Body {
        { _ throws(SystemCallError) in
            let bytes = try openFile(path, [.readOnly, .nonBlocking]).read(upTo: 64)
            return bytes.isEmpty ? .refused("empty") : .succeeded("read \(path)")
        }
    }

    private static func makeNode(_ mode: Int, _ device: Int) -> Body {
        { place throws(SystemCallError) in
            try attempt("mknodat", -100, .text(place.writable + "/node"), .number(mode), .number(device))
            return .succeeded("made")
        }
    }
}
