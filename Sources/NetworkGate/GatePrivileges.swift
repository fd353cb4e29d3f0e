internal import LinuxSystem

/// Gives up what the gate does not need: it opens no file, starts no program, and is nobody.
enum GatePrivileges {
    /// The overflow user, which owns nothing (`nobody`).
    private static let nobody: UInt32 = 65534

    /// Raises the number of descriptors as far as is permitted and needed.
    ///
    /// - Returns: How many descriptors there may be.
    static func raiseDescriptorLimit(to wanted: UInt64) throws(SystemCallError) -> UInt64 {
        let limit = try resourceLimit(.nofile)
        let most = min(limit.hard, max(limit.soft, wanted))
        try setResourceLimit(.nofile, soft: most, hard: most)
        return most
    }

    /// Drops user, capabilities and the right to most system calls, for good.
    static func drop() throws(SystemCallError) {
        try setResourceLimit(.core, soft: 0, hard: 0)
        if effectiveUserID() == 0 {
            try setCredentials(uid: nobody, gid: nobody, groups: [])
            try ProcessCapabilities.set(effective: [], permitted: [], inheritable: [])
        }
        try setDumpable(false)
        try setNoNewPrivileges()
        let filter = try SeccompFilter(defaultAction: .fail(1 /* EPERM */))
        for call in systemCalls where SeccompFilter.knows(systemCall: call) {
            try filter.addRule(.allow, systemCall: call)
        }
        for family: UInt64 in [2, 10] {
            try filter.addRule(
                .allow, systemCall: "socket",
                when: [SeccompFilter.ArgumentCondition(index: 0, .equal, value: family, secondValue: 0)])
        }
        // A thread's name.
        try filter.addRule(
            .allow, systemCall: "prctl",
            when: [SeccompFilter.ArgumentCondition(index: 0, .equal, value: 15, secondValue: 0)])
        // Threads only: nothing without CLONE_THREAD (0x10000). The flags of clone3 lie in memory, out of a filter's sight:
        // the C library falls back to clone.
        try filter.addRule(
            .allow, systemCall: "clone",
            when: [SeccompFilter.ArgumentCondition(index: 0, .maskedEqual, value: 0x10000, secondValue: 0x10000)])
        try filter.addRule(.fail(38 /* ENOSYS */), systemCall: "clone3")
        try InstallableSeccompFilter(try filter.compiled(), flags: 0).install()
    }

    /// What an event loop over sockets calls.
    private static let systemCalls = [
        "accept4", "bind", "brk", "clock_gettime", "clock_nanosleep", "close", "connect", "epoll_create",
        "epoll_create1", "epoll_ctl",
        "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "exit", "exit_group", "fcntl", "futex", "getpeername",
        "getpid", "getrandom", "getsockname", "getsockopt", "gettid", "gettimeofday", "listen", "lseek", "madvise",
        "mmap", "mprotect", "mremap", "munmap", "nanosleep", "poll", "ppoll", "read", "readv", "recvfrom",
        "recvmmsg", "recvmsg", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
        "sched_getaffinity", "sched_yield", "sendmmsg", "sendmsg", "sendto", "set_robust_list", "setsockopt",
        "shutdown", "sigaltstack", "fstat", "newfstatat", "timerfd_create", "timerfd_settime", "write", "writev",
    ]
}
