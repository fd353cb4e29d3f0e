/// Namespaces, mounts, parts of the kernel, other processes.
extension Escape {
    static let kernel: [Escape] = [
        // 12: namespaces of one's own, in which mounts would be executable.
        bash("namespace-user", "works unshare user"),
        bash("namespace-mount", "works unshare mnt"),
        bash("namespace-network", "works unshare net"),
        bash("namespace-pid", "works unshare pid"),
        bash("namespace-user-and-mount", "works unshare user , unshare mnt , mount tmpfs tmpfs $W"),
        python("namespace-by-clone", "".withClone(0x1000_0011)),
        python("namespace-by-clone-mount", "".withClone(0x2_0011)),
        python("namespace-by-clone-high-bits", "".withClone(0x10_1000_0011)),
        python(
            "namespace-by-clone3",
            """
            arguments = (ctypes.c_ulonglong * 11)(0x10000000, 0, 0, 0, 17)
            pid = call(435, ctypes.byref(arguments), 88)
            if pid == 0: os._exit(0)
            os.waitpid(pid, 0)
            """),
        python("namespace-join", "call(308, os.open('/proc/self/ns/uts', os.O_RDONLY), 0)"),
        bash("namespace-of-outsider", "exec 3< /proc/$PID/ns/mnt"),
        // 49 and the like: arguments that fail harmlessly where the call is let through.
        bash("call-of-32-bits", "works syscall32 20"),
        bash("call-of-x32", "works syscall 0x40000027").withoutControl,  // This kernel may be built without it.
        bash("bpf", "past syscall bpf 5 0 0"),
        bash("io-uring", "past syscall 425 1 0"),
        bash("io-uring-enter", "past syscall 426 -1 0 0 0 0"),
        bash("io-uring-register", "past syscall 427 -1 0 0 0"),
        bash("perf", "past syscall 298 0 0 -1 -1 0"),
        bash("userfaultfd", "past syscall 323 0"),
        bash("keyctl", "past syscall keyctl 0 -3 0"),
        bash("add-key", "past syscall 248 0 0 0 0 0"),
        bash("request-key", "past syscall 249 0 0 0 0"),
        bash("fanotify", "past syscall 300 0 0"),
        bash("open-by-handle", "past syscall 304 -100 0 0"),
        bash("name-to-handle", "past syscall 303 -100 0 0 0 0"),
        bash("module", "past syscall 175 0 0 0").withoutControl,
        bash("module-of-file", "past syscall 313 -1 0 8").withoutControl,
        bash("module-removal", "past syscall 176 0 0").withoutControl,
        bash("kexec", "past syscall 246 0 999 0 0").withoutControl,
        bash("kexec-of-file", "past syscall 320 -1 -1 0 0 8").withoutControl,
        bash("reboot", "past syscall 169 0 0 0 0"),
        bash("swap-on", "past syscall 167 0 0"),
        bash("swap-off", "past syscall 168 0"),
        bash("accounting", "past syscall 163 1"),
        bash("quota", "past syscall 179 0x80000300 0 0 0"),
        bash("kernel-log", "past syscall 103 10 0 0"),
        bash("set-time", "past syscall 227 0 1"),
        bash("set-time-of-day", "past syscall 164 1 1"),
        bash("adjust-time", "past syscall 159 1"),
        bash("set-host-name", "past syscall sethostname 0 -1"),
        bash("set-domain-name", "past syscall 171 0 -1"),
        bash("port-access", "past syscall 172 3").withoutControl,
        bash("lookup-cookie", "past syscall 212 0 0 0").withoutControl,  // Gone from newer kernels.
        bash("seccomp-listener", "past syscall 317 1 8 0"),
        bash("call-of-the-future", "works syscall 9999").withoutControl,  // There is none.
        bash("input-for-terminal", "past ioctl 0 0x5412"),
        bash("input-for-terminal-high-bits", "past ioctl 0 0x100005412"),
        bash("console-selection", "past ioctl 0 0x541c"),
        bash("console-selection-high-bits", "past ioctl 0 0x7f0000000000541c"),
        python(
            "input-for-own-terminal",
            """
            import pty, termios
            master, slave = pty.openpty()
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            fcntl.ioctl(slave, termios.TIOCSTI, b"x")
            """),
        // Rights.
        bash("become-root", "works syscall 105 0").unlessOwnedByRoot,
        bash("become-another", "works syscall 105 54321"),
        bash("set-groups", "works syscall 116 0 0"),
        python("raise-capabilities", "call(157, 47, 2, 21, 0, 0)").withoutControl,  // Needs it inheritable first.
        python("priority", "os.setpriority(os.PRIO_PROCESS, 0, -20)"),
        python("real-time", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"),
        python("hang-up", "call(153)").withoutControl,  // Would hang up the terminal of whoever tests.
    ]

    static let mounting: [Escape] = [
        bash("mount-tmpfs", "works mount tmpfs tmpfs $W"),
        bash("mount-proc", "works mount proc proc $W"),
        bash("mount-bind", "works mount none /usr $W bind"),
        bash("mount-remount", "works mount none none $P bind remount").withoutControl,  // No mount point outside.
        bash("unmount", "works mount tmpfs tmpfs $W , umount $W"),
        bash("unmount-mask", "works umount $P/.env && evil cat $P/.env").withoutControl,  // The same.
        bash("chroot", "past syscall 161 0"),
        bash("pivot-root", "past syscall 155 0 0"),
        bash("open-tree", "past syscall 428 -100 0 1"),
        bash("move-mount", "past syscall 429 -1 0 -1 0 0"),
        bash("fsopen", "past syscall 430 0 0"),
        bash("fsconfig", "past syscall 431 -1 0 0 0 0"),
        bash("fsmount", "past syscall 432 -1 0 0"),
        bash("fspick", "past syscall 433 -100 0 0"),
        bash("mount-setattr", "past syscall 442 -100 0 0 0 0"),
        python("mount-control-groups", "assert libc.mount(b'none', W.encode(), b'cgroup2', 0, None) == 0"),
        python(
            "mount-overlay",
            """
            os.makedirs(W + "/u"), os.makedirs(W + "/w")
            options = f"lowerdir={P}/src,upperdir={W}/u,workdir={W}/w".encode()
            assert libc.mount(b"none", (P + "/doc").encode(), b"overlay", 0, options) == 0
            """),
    ]

    static let processes: [Escape] = [
        // 19, 29, 50: the sandbox's own first process, and processes outside.
        bash("trace-initial-process", "past syscall ptrace 16 1").withoutControl,  // It is the machine's own there.
        bash("trace-me", "works syscall ptrace 0"),
        bash("read-memory-of-others", "past syscall 310 1 0 0 0 0 0"),
        bash("write-memory-of-others", "past syscall 311 1 0 0 0 0 0"),
        bash("take-descriptor", "past syscall 438 -1 0 0"),
        bash("compare-processes", "past syscall 312 1 1 9 0 0").withoutControl,
        bash("initial-memory", "exec 3<> /proc/1/mem").byAgentrtAlone.withoutControl,
        bash("initial-root", "ls /proc/1/root/").byAgentrtAlone.withoutControl,
        bash("initial-descriptor", "exec 3< /proc/1/fd/0").byAgentrtAlone.withoutControl,
        bash("runtime-image", "exec 3<> /proc/1/exe").byAgentrtAlone.withoutControl,
        bash("environment-of-outsider", "cat /proc/$PID/environ"),
        bash("memory-of-outsider", "exec 3< /proc/$PID/mem"),
        bash("root-of-outsider", "ls /proc/$PID/root/"),
        bash("signal-to-outsider", "kill -0 $PID"),
        python("limits-of-outsider", "import resource; resource.prlimit(PID, resource.RLIMIT_NOFILE)"),
        python("handle-of-outsider", "os.pidfd_open(PID)"),
        bash("environment-of-harness", "[[ -n $SECRET_KEY ]]"),
        python("descriptor-of-harness", "os.listdir('/proc/self/fd/9')").withoutControl,  // Passed in by the tests.
        python("descriptors", "assert any(os.path.exists(f'/proc/self/fd/{n}') for n in range(4, 1024))")
            .withoutControl,
    ]
}

extension String {
    /// A clone(2) by number with these flags, and the end of its child.
    fileprivate func withClone(_ flags: Int) -> String {
        """
        pid = call(56, \(flags), 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0)
        """
    }
}
