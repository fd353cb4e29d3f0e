/// The system calls of ``SeccompPolicy``, by what they are for. Only calls that libseccomp 2.5.4 knows by name.
enum SystemCalls {
    /// Calls that are let through with any arguments, on every machine.
    static let unconditional =
        files + directories + attributes + descriptors + memory + processes + signals + time + identity + scheduling
        + communication + networking

    private static let files = [
        "openat", "openat2", "close", "close_range", "read", "readv", "pread64", "preadv", "preadv2", "write", "writev",
        "pwrite64", "pwritev", "pwritev2", "lseek", "ftruncate", "truncate", "fallocate", "fsync", "fdatasync", "sync",
        "syncfs", "sync_file_range", "fadvise64", "readahead", "sendfile", "splice", "tee", "vmsplice",
        "copy_file_range", "flock",
    ]

    private static let directories = [
        "mkdirat", "mknodat", "unlinkat", "renameat", "renameat2", "linkat", "symlinkat", "readlinkat", "getdents64",
        "getcwd", "chdir", "fchdir", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    ]

    private static let attributes = [
        "fstat", "newfstatat", "statx", "statfs", "fstatfs", "faccessat", "faccessat2", "fchmod", "fchmodat", "fchown",
        "fchownat", "utimensat", "umask", "setxattr", "lsetxattr", "fsetxattr", "getxattr", "lgetxattr", "fgetxattr",
        "listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr",
    ]

    private static let descriptors = [
        "dup", "dup3", "pipe2", "eventfd2", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
        "ppoll", "pselect6", "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    ]

    private static let memory = [
        "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "mincore", "msync", "mlock", "mlock2", "mlockall",
        "munlock", "munlockall", "remap_file_pages", "pkey_alloc", "pkey_free", "pkey_mprotect", "membarrier",
        "get_mempolicy", "set_mempolicy", "mbind",
    ]

    private static let processes = [
        "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid", "gettid", "getpgid",
        "setpgid", "getsid", "setsid", "set_tid_address", "set_robust_list", "get_robust_list", "futex", "futex_waitv",
        "rseq", "prctl", "getrlimit", "setrlimit", "prlimit64", "getrusage", "uname", "sysinfo", "getrandom", "getcpu",
        "pidfd_open", "pidfd_send_signal", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
    ]

    private static let signals = [
        "kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigqueueinfo",
        "rt_tgsigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "restart_syscall",
    ]

    private static let time = [
        "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "getitimer", "setitimer",
        "times", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
    ]

    /// Without capabilities the kernel grants none of these more than there is already.
    private static let identity = [
        "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid", "setreuid",
        "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capget", "capset",
    ]

    private static let scheduling = [
        "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getattr", "sched_setattr", "sched_getparam",
        "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_get_priority_max",
        "sched_get_priority_min", "sched_rr_get_interval", "getpriority", "setpriority", "ioprio_get", "ioprio_set",
    ]

    /// Within the sandbox's own IPC namespace.
    private static let communication = [
        "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr", "msgget", "msgsnd",
        "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl", "shmget", "shmdt", "shmctl",
    ]

    private static let networking = [
        "bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt", "setsockopt",
        "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
    ]

    /// Calls that x86-64 has kept from its beginnings; newer machines have only their successors above.
    static let onlyX86 = [
        "open", "creat", "stat", "lstat", "access", "chmod", "chown", "lchown", "mkdir", "rmdir", "mknod", "unlink",
        "rename", "link", "symlink", "readlink", "getdents", "dup2", "pipe", "eventfd", "epoll_create", "epoll_wait",
        "poll", "select", "signalfd", "inotify_init", "fork", "vfork", "getpgrp", "pause", "alarm", "time", "utime",
        "utimes", "futimesat", "arch_prctl",
    ]

    /// Calls that fail with EPERM: they change the machine, look into other processes, make namespaces or mounts, or open
    /// parts of the kernel that no tool needs.
    static let refused = [
        // Mounts, and roots.
        "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
        "fspick",
        "mount_setattr",
        // Namespaces.
        "unshare", "setns",
        // Other processes.
        "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
        // Files by handle, past all paths.
        "open_by_handle_at", "fanotify_init",
        // Parts of the kernel with a history.
        "bpf", "perf_event_open", "userfaultfd", "add_key", "keyctl", "request_key",
        // The machine.
        "acct", "clock_settime", "delete_module", "finit_module", "init_module", "kexec_file_load", "kexec_load",
        "quotactl", "reboot", "sethostname", "setdomainname", "settimeofday", "swapoff", "swapon", "syslog", "vhangup",
    ]
}
