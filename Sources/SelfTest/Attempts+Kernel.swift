internal import LinuxSystem

extension Attempt {
    /// Processes outside, and the sandbox's own first process.
    static let processes: [Attempt] = [
        Attempt("ptrace-attach", .seccomp, [.notPermitted], control: .notMade, Steps.call("ptrace", 16, 1, 0, 0)),
        Attempt("ptrace-seize", .seccomp, [.notPermitted], control: .notMade, Steps.call("ptrace", 0x4206, 1, 0, 0)),
        Attempt("ptrace-traceme", .seccomp, [.notPermitted], Steps.call("ptrace", 0, 0, 0, 0)),
        Attempt(
            "process-vm-readv", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("process_vm_readv", 1, 0, 0, 0, 0, 0)),
        Attempt(
            "process-vm-writev", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("process_vm_writev", 1, 0, 0, 0, 0, 0)),
        Attempt("pidfd-getfd", .seccomp, [.notPermitted], control: .notMade) { _ throws(SystemCallError) in
            let handle = FileDescriptor(owning: Int32(try attempt("pidfd_open", 1, 0)))
            try attempt("pidfd_getfd", .descriptor(handle), 0, 0)
            return .succeeded("a descriptor of process 1")
        },
        Attempt("kcmp", .seccomp, [.notPermitted], control: .notMade, Steps.call("kcmp", 1, 1, 0, 0, 0)),
        Attempt("process-madvise", .seccomp, [.notImplemented], control: .notMade) { _ throws(SystemCallError) in
            try attempt("process_madvise", number: 440, [-1, 0, 0, 20, 0])
            return .succeeded("advised")
        },
        Attempt("process-mrelease", .seccomp, [.notImplemented], control: .notMade) { _ throws(SystemCallError) in
            try attempt("process_mrelease", number: 448, [-1, 0])
            return .succeeded("released")
        },
        Attempt(
            "move-pages", .seccomp, [.notImplemented, .notPermitted], control: .notMade,
            Steps.call("move_pages", 1, 0, 0, 0, 0, 0)),
        Attempt(
            "initial-process-memory", .runtime, [.permissionDenied], control: .notMade,
            Steps.write(.readWrite) { _ in "/proc/1/mem" }),
        Attempt(
            "initial-process-environment", .runtime, [.permissionDenied], control: .notMade,
            Steps.read { _ in "/proc/1/environ" }),
        Attempt(
            "initial-process-root", .runtime, [.permissionDenied], control: .notMade,
            Steps.list { _ in "/proc/1/root/" }),
        Attempt(
            "initial-process-directory", .runtime, [.permissionDenied], control: .notMade,
            Steps.list { _ in "/proc/1/cwd/" }),
        Attempt("initial-process-descriptors", .runtime, control: .notMade) { _ throws(SystemCallError) in
            for number in 0..<64 {
                do throws(SystemCallError) {
                    _ = try openFile("/proc/1/fd/\(number)", [.path, .nonBlocking])
                    return .succeeded("opened descriptor \(number) of process 1")
                } catch  where error.errno == .permissionDenied || error.errno == .noSuchFile {
                    continue
                }
            }
            return .refused("not one of them")
        },
        Attempt(
            "initial-process-image", .runtime, [.permissionDenied], control: .notMade,
            Steps.read { _ in "/proc/1/exe" }),
        Attempt(
            "initial-process-image-write", .runtime, [.permissionDenied], control: .notMade,
            Steps.write { _ in "/proc/1/exe" }),
        Attempt(
            "initial-process-maps", .runtime, [.permissionDenied], control: .notMade,
            Steps.read { _ in "/proc/1/maps" }),
        Attempt(
            "own-image-write", .mounts, [.readOnlyFileSystem, .textFileBusy, .permissionDenied],
            control: .notMade, Steps.write { _ in "/proc/self/exe" }),
        Attempt(
            "outsider-environment", .namespaces, [.noSuchFile], control: .mustSucceed,
            Steps.read { "/proc/\($0.outsider)/environ" }),
        Attempt(
            "outsider-root", .namespaces, [.noSuchFile], control: .mustSucceed,
            Steps.list { "/proc/\($0.outsider)/root/" }),
        Attempt("outsider-signal", .namespaces, [.noSuchProcess], control: .mustSucceed) {
            place throws(SystemCallError) in
            // Signal 0: only whether it could be sent.
            try attempt("kill", .number(place.outsider), 0)
            return .succeeded("could signal \(place.outsider)")
        },
        Attempt("outsider-handle", .namespaces, [.noSuchProcess], control: .mustSucceed) {
            place throws(SystemCallError) in
            _ = FileDescriptor(owning: Int32(try attempt("pidfd_open", .number(place.outsider), 0)))
            return .succeeded("a handle of \(place.outsider)")
        },
        Attempt("outsider-limits", .namespaces, [.noSuchProcess], control: .mustSucceed) {
            place throws(SystemCallError) in
            try attempt("prlimit64", .number(place.outsider), 7, 0, .space(16))
            return .succeeded("read limits of \(place.outsider)")
        },
        Attempt("outsider-affinity", .namespaces, [.noSuchProcess], control: .mustSucceed) {
            place throws(SystemCallError) in
            try attempt("sched_getaffinity", .number(place.outsider), 128, .space(128))
            return .succeeded("read affinity of \(place.outsider)")
        },
        Attempt("oom-score", .capabilities, [.permissionDenied, .notPermitted], control: .notMade) {
            _ throws(SystemCallError) in
            try openFile("/proc/self/oom_score_adj", .writeOnly).write("-1000")
            return .succeeded("never killed for memory")
        },
    ]

    /// Parts of the kernel that have been a way to its memory. Arguments are such that the call fails harmlessly where
    /// it is let through.
    static let kernelParts: [Attempt] = [
        Attempt("bpf", .seccomp, [.notPermitted], Steps.call("bpf", 5, .space(128), 128)),
        Attempt("bpf-map", .seccomp, [.notPermitted], Steps.call("bpf", 0, .space(128), 128)),
        Attempt(
            "io-uring-setup", .seccomp, [.notImplemented, .notPermitted],
            Steps.call("io_uring_setup", 4, .space(120))),
        Attempt(
            "io-uring-enter", .seccomp, [.notImplemented, .notPermitted], control: .notMade,
            Steps.call("io_uring_enter", -1, 0, 0, 0, 0, 0)),
        Attempt(
            "io-uring-register", .seccomp, [.notImplemented, .notPermitted], control: .notMade,
            Steps.call("io_uring_register", -1, 0, 0, 0)),
        Attempt(
            "perf-event-open", .seccomp, [.notPermitted],
            Steps.call("perf_event_open", .space(128), 0, -1, -1, 0)),
        Attempt(
            "add-key", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("add_key", "user", "selftest", "x", 1, -1)),
        Attempt(
            "request-key", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("request_key", "user", "selftest", 0, 0)),
        Attempt("keyctl", .seccomp, [.notPermitted], Steps.call("keyctl", 0, -3, 0)),
        Attempt("fanotify", .seccomp, [.notPermitted], Steps.call("fanotify_init", 0, 0)),
        Attempt(
            "name-to-handle", .seccomp, [.notImplemented, .notPermitted],
            Steps.call("name_to_handle_at", -100, "/", .space(136), .space(8), 0)),
        Attempt(
            "open-by-handle", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("open_by_handle_at", -100, .space(136), 0)),
        Attempt(
            "seccomp-listener", .seccomp, [.notImplemented, .notPermitted], control: .notMade,
            Steps.call("seccomp", 1, 8, 0)),
        Attempt(
            "modify-ldt", .seccomp, [.notImplemented, .notPermitted], needs: [.x86], control: .notMade,
            Steps.call("modify_ldt", 1, 0, 0)),
        Attempt("iopl", .seccomp, [.notPermitted], needs: [.x86], control: .notMade, Steps.call("iopl", 3)),
        Attempt(
            "ioperm", .seccomp, [.notPermitted], needs: [.x86], control: .notMade,
            Steps.call("ioperm", 0x80, 1, 1)),
        Attempt("call-of-32-bits", .seccomp, needs: [.x86]) { _ throws(SystemCallError) in
            guard let result = attemptCallOf32Bits() else { return .refused("no such entry") }
            return result > 0 ? .succeeded("process \(result)") : .refused("\(result)")
        },
        Attempt("call-of-x32", .seccomp, needs: [.x86]) { _ throws(SystemCallError) in
            let result = try attempt("getpid", number: 0x4000_0027)
            return .succeeded("process \(result)")
        },
        Attempt("call-of-the-future", .seccomp, [.notImplemented], control: .notMade) { _ throws(SystemCallError) in
            try attempt("call 9999", number: 9999)
            return .succeeded("called")
        },
        Attempt("tiocsti", .seccomp, [.notPermitted], control: .notMade, Steps.call("ioctl", 0, 0x5412, "x")),
        Attempt(
            "tiocsti-high-bits", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("ioctl", 0, 0x1_0000_5412, "x")),
        Attempt("tioclinux", .seccomp, [.notPermitted], control: .notMade, Steps.call("ioctl", 0, 0x541C, "\u{3}")),
        Attempt(
            "tioclinux-high-bits", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("ioctl", 0, 0x7F00_0000_0000_541C, "\u{3}")),
    ]

    /// What changes the machine. None of these is made outside of a sandbox.
    static let machine: [Attempt] = [
        Attempt("init-module", .seccomp, [.notPermitted], control: .notMade, Steps.call("init_module", 0, 0, "")),
        Attempt("finit-module", .seccomp, [.notPermitted], control: .notMade, Steps.call("finit_module", -1, "", 0)),
        Attempt(
            "delete-module", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("delete_module", "agentrt-no-such-module", 0)),
        Attempt("kexec-load", .seccomp, [.notPermitted], control: .notMade, Steps.call("kexec_load", 0, 999, 0, 0)),
        Attempt(
            "kexec-file-load", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("kexec_file_load", -1, -1, 0, 0, 0)),
        Attempt("reboot", .seccomp, [.notPermitted], control: .notMade, Steps.call("reboot", 0, 0, 0, 0)),
        Attempt("swapon", .seccomp, [.notPermitted], control: .notMade, Steps.call("swapon", "/no/such/file", 0)),
        Attempt("swapoff", .seccomp, [.notPermitted], control: .notMade, Steps.call("swapoff", "/no/such/file")),
        Attempt("acct", .seccomp, [.notPermitted], control: .notMade, Steps.call("acct", "/no/such/file")),
        Attempt(
            "quotactl", .seccomp, [.notPermitted], control: .notMade,
            Steps.call("quotactl", 0x8000_0300, "/no/such/device", 0, 0)),
        Attempt("syslog", .seccomp, [.notPermitted], Steps.call("syslog", 10, 0, 0)),
        Attempt("vhangup", .seccomp, [.notPermitted], control: .notMade, Steps.call("vhangup")),
        Attempt("settimeofday", .seccomp, [.notPermitted], control: .notMade, Steps.call("settimeofday", 1, 1)),
        Attempt("clock-settime", .seccomp, [.notPermitted], control: .notMade, Steps.call("clock_settime", 0, 1)),
        Attempt(
            "adjtimex", .seccomp, [.notImplemented, .notPermitted], control: .notMade,
            Steps.call("adjtimex", 1)),
        Attempt("sethostname", .seccomp, [.notPermitted], control: .notMade, Steps.call("sethostname", "x", -1)),
        Attempt("setdomainname", .seccomp, [.notPermitted], control: .notMade, Steps.call("setdomainname", "x", -1)),
    ]
}
