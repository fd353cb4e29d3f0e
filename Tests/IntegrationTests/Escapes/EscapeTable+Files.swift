/// Files that may be read only, that are denied or hidden, that are protected where something may be written; sockets.
extension Escape {
    static let files: [Escape] = [
        // 20: every call that changes a file.
        bash("write", "echo evil > $P/src/main.txt"),
        bash("append", "echo evil >> $P/src/main.txt"),
        bash("truncate", "truncate -s 0 $P/src/main.txt"),
        bash("mode", "chmod 777 $P/src/main.txt"),
        python("owner", "os.chown(P + '/src/main.txt', -1, -1)"),
        bash("times", "touch -d @1 $P/src/main.txt"),
        python("attribute", "os.setxattr(P + '/src/main.txt', 'user.x', b'y')"),
        bash("remove", "rm -f $P/src/main.txt"),
        python("remove-directory", "os.rmdir(P + '/src/empty')"),
        bash("rename", "mv $P/src/main.txt $P/src/other.txt"),
        python("rename-out", "os.rename(P + '/src/main.txt', W + '/main.txt')"),
        python("rename-in", "open(W + '/x', 'w').close(); os.rename(W + '/x', P + '/src/main.txt')"),
        python(
            "exchange",
            "open(W + '/x', 'w').close(); call(316, -100, (W + '/x').encode(), -100, (P + '/src/main.txt').encode(), 2)"
        ),
        bash("make-file", "> $P/src/new"),
        bash("make-directory", "mkdir $P/src/new"),
        bash("make-link", "ln -s /etc $P/src/new"),
        bash("make-fifo", "mkfifo $P/src/new"),
        python("make-socket", "socket.socket(socket.AF_UNIX).bind(P + '/src/new')"),
        bash("make-hard-link", "> $W/x; ln $W/x $P/src/new"),
        // 23
        bash("hard-link-out", "ln $P/src/main.txt $W/h"),
        python(
            "hard-link-of-descriptor",
            """
            file = os.open(P + "/src/main.txt", os.O_RDONLY)
            call(265, -100, f"/proc/self/fd/{file}".encode(), -100, (W + "/h").encode(), 0x400)
            """),
        // 29
        bash("reopen-for-writing", "exec 3< $P/src/main.txt; echo evil > /proc/self/fd/3"),
        python(
            "map-for-writing",
            """
            file = os.open(P + "/src/main.txt", os.O_RDWR)
            mmap.mmap(file, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            """),
        python(
            "flags-of-inode",
            """
            flags = ctypes.c_long(0x80)
            fcntl.ioctl(os.open(P + "/src/main.txt", os.O_RDONLY), 0x40086602, flags)
            """),
        python("times-by-descriptor", "os.utime(os.open(P + '/src/main.txt', os.O_RDONLY), (1, 1))"),
        python("mode-by-descriptor", "os.fchmod(os.open(P + '/src/main.txt', os.O_RDONLY), 0o777)"),
        bash("own-program", "chmod 777 $P/payload"),
        bash("library", "exec 3>> /lib/x86_64-linux-gnu/libc.so.6"),
        bash("loader-cache", "exec 3>> /etc/ld.so.cache"),
        bash("users", "exec 3>> /etc/passwd"),
        bash("root-directory", "mkdir /evil-$NAME && rm -r /evil-$NAME"),
        // 21, 22
        bash("link-written-through", "ln -s $P/src/main.txt $W/l; echo evil > $W/l"),
        bash("link-to-directory", "ln -s $O $W/l; [[ -e $W/l/secret.txt ]] && > $W/l/new"),
        bash("link-in-project", "[[ -e $P/src/link-out ]] && echo evil > $P/src/link-out"),
        // 33
        bash("make-block-device", "works mknod $W/d b 8 0"),
        bash("make-memory-device", "works mknod $W/d c 1 1"),
        bash("make-kernel-log", "works mknod $W/d c 1 11"),
        bash("device-memory", "[[ -e /dev/mem || -e /dev/kmsg || -e /dev/fuse || -e /dev/kvm || -e /dev/vda ]]"),
        // 47, 50
        bash("control-group", "[[ -n $(find /sys/fs/cgroup -name cgroup.procs -writable -print -quit) ]]"),
        bash("sysfs", "ls /sys/kernel"),
        bash("setting-of-kernel", "exec 3> /proc/sys/vm/drop_caches"),
        bash("setting-of-host-name", "exec 3> /proc/sys/kernel/hostname"),
        bash("magic-keys", "exec 3> /proc/sysrq-trigger").withoutControl,
        bash("kernel-memory", "[[ -s /proc/kcore ]] && cat /proc/kcore | { read -r -N 4; }").withoutControl,
        bash("kernel-keys", "[[ -n $(cat /proc/keys) ]]"),
        bash("kernel-timers", "[[ -n $(cat /proc/timer_list) ]]"),
        bash("kernel-addresses", "read -r address _ < /proc/kallsyms; [[ $address == *[1-9a-f]* ]]"),
    ]

    static let hidden: [Escape] = [
        bash("outside", "cat $O/secret.txt"),
        bash("outside-by-dots", "cat $P/../secret.txt"),
        bash("outside-by-proc-root", "cat /proc/self/root$O/secret.txt"),
        bash("outside-by-proc-directory", "cat /proc/self/cwd/../secret.txt"),
        bash("outside-by-link", "ln -s $O/secret.txt $W/l; cat $W/l"),
        bash("outside-by-link-in-project", "cat $P/src/link-out"),
        bash("outside-by-leaving", "cd .. && cat secret.txt"),
        bash("outside-by-find", "[[ -n $(find / -maxdepth 2 -name shadow -print -quit) ]]"),
        python("outside-by-descriptor", "os.open('../secret.txt', os.O_RDONLY, dir_fd=os.open(P, os.O_PATH))"),
        bash("write-outside", "[[ -e $O/secret.txt ]] && echo evil >> $O/secret.txt"),
        bash("shadow", "cat /etc/shadow"),
        bash("machine-id", "cat /etc/machine-id"),
        bash("home-of-root", "ls /root"),
        bash("other-homes", "[[ -n $(find /home /root -mindepth 1 -print -quit) ]]"),
        bash("state-of-runtime", "ls $O/state"),
        // 31: denied, by each of its names.
        bash("denied", "evil cat $P/.env"),
        bash("denied-by-pattern", "evil cat $P/src/.env"),
        bash("denied-by-dots", "evil cat $P/src/../.env"),
        bash("denied-by-link", "ln -s $P/.env $W/l; evil cat $W/l"),
        bash("denied-by-hard-link", "ln $P/.env $W/h && evil cat $W/h"),
        bash("denied-by-copy", "cp $P/.env $W/copy"),
        bash("denied-by-move", "mv $P/.env $W/moved"),
        bash("denied-by-mode", "chmod 644 $P/.env; evil cat $P/.env"),
        bash("denied-by-tar", "evil tar -cO -C $P .env"),
        bash("denied-by-git", "evil git diff --no-index /dev/null $P/.env"),
        bash("denied-by-proc-root", "evil cat /proc/self/root$P/.env"),
        python("denied-by-descriptor", "read(f\"/proc/self/fd/{os.open(P + '/.env', os.O_PATH)}\")"),
        python("denied-by-mapping", "mmap.mmap(os.open(P + '/.env', os.O_RDONLY), 0, prot=mmap.PROT_READ)"),
        bash("denied-directory", "ls $P/vault"),
        bash("denied-below-directory", "evil cat $P/vault/key"),
        bash("denied-written", "echo > $P/.env"),
        bash("denied-directory-written", "> $P/vault/new"),
    ]

    static let protected: [Escape] = [
        // 24: what is above a protected path cannot be renamed away.
        bash("git-renamed", "mv $P/.git $P/.git2"),
        bash("git-hooks-renamed", "mv $P/.git/hooks $P/.git/h"),
        bash("git-hooks-removed", "rm -r $P/.git/hooks"),
        bash("git-hook", "echo evil > $P/.git/hooks/pre-commit"),
        bash("git-hook-moved", "echo evil > $W/h; mv $W/h $P/.git/hooks/pre-commit"),
        bash("git-hook-linked", "ln -s $W/h $P/.git/hooks/post-checkout"),
        bash("git-configuration", "echo '[core]' >> $P/.git/config"),
        bash("git-configuration-by-git", "git -C $P config core.hooksPath $W"),
        bash("git-configuration-moved", "echo '[core]' > $W/c; mv $W/c $P/.git/config; [[ ! -e $W/c ]]"),
        bash("git-configuration-removed", "rm -f $P/.git/config"),
        bash(
            "git-repository-elsewhere",
            "echo $W > $P/.git/commondir; git -C $P rev-parse --git-common-dir | "
                + "{ read -r line; [[ $line == $W ]]; }"
        ).withoutControl,  // git wants a whole repository there.
        bash("ancestor-renamed", "mv $W/fixed $W/f"),
        bash("protected-renamed", "mv $W/fixed/deep $W/d"),
        bash("protected-removed", "rm -rf $W/fixed; [[ ! -e $W/fixed/deep/rule ]]"),
        bash("protected-written", "echo evil > $W/fixed/deep/rule"),
        python(
            "ancestor-exchanged",
            """
            os.mkdir(W + "/f")
            call(316, -100, (W + "/fixed").encode(), -100, (W + "/f").encode(), 2)
            """),
        bash("directory-for-link", "rm -rf $W && ln -s / $W"),
        // 25: what harnesses and editors obey, where it does not exist yet.
        bash("harness-settings", "mkdir $P/.claude && echo '{}' > $P/.claude/settings.json"),
        bash("shell-settings", "echo evil > $P/.envrc"),
        bash("editor-settings", "mkdir $P/.vscode && echo '{}' > $P/.vscode/tasks.json"),
        bash("servers-settings", "echo '{}' > $P/.mcp.json"),
        bash("submodules", "echo '[submodule \"x\"]' > $P/.gitmodules"),
        // 53
        bash("profile", "echo '{}' > $W/profile.json"),
        bash("profile-replaced", "echo '{}' > $W/p; mv $W/p $W/profile.json; [[ ! -e $W/p ]]"),
        bash("profile-removed", "rm -f $W/profile.json"),
        // 34
        python("memory-of-temporary-files", "open('/dev/shm/x', 'wb').write(bytes(2 << 30))").withoutControl,
    ]

    static let network: [Escape] = [
        // 37
        bash("loopback-of-host", "exec 3<> /dev/tcp/127.0.0.1/$PORT"),
        python("loopback-by-name", "socket.create_connection(('localhost', PORT))"),
        python("loopback-by-any", "socket.create_connection(('0.0.0.0', PORT))"),
        python(
            "loopback-mapped",
            """
            client = socket.socket(socket.AF_INET6)
            client.connect(("::ffff:127.0.0.1", PORT))
            """),
        python("loopback-by-multipath", "socket.socket(socket.AF_INET, 1, 262).connect(('127.0.0.1', PORT))"),
        python("route-outside", "socket.socket(2, 2).connect(('192.0.2.1', 53))").byRoute,
        python("route-to-metadata", "socket.socket(2, 2).connect(('169.254.169.254', 80))").byRoute,
        bash("datagram-outside", "echo x > /dev/udp/192.0.2.1/53").byRoute,
        python("raw", "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"),
        python("raw-version-6", "socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)"),
        python("packet", "socket.socket(17, 3, 0)"),
        // 38
        python("vsock", "socket.socket(40, 1)").withoutControl,  // Needs a module of the kernel.
        python("crypto", "socket.socket(38, 5)").withoutControl,  // The same.
        python("netfilter", "socket.socket(16, 3, 12)"),
        python("audit", "socket.socket(16, 3, 9)"),
        python("uevent", "socket.socket(16, 2, 15)"),
        python("abstract-socket", "socket.socket(1, 1).connect('\\0' + NAME)"),
        python("unix-socket", "socket.socket(1, 1).connect(O + '/socket')"),
        python(
            "unix-socket-by-link",
            """
            os.symlink(O + "/socket", W + "/s")
            socket.socket(1, 1).connect(W + "/s")
            """),
        python("listener-in-read-only-tree", "socket.socket(1, 1).connect(P + '/src/listener')"),
        python("listener-in-written-tree", "socket.socket(1, 1).connect(W + '/listener')"),
        python("listener-by-directory", "os.chdir(P + '/src'); socket.socket(1, 1).connect('listener')"),
        python(
            "listener-by-descriptor",
            "d = os.open(P + '/src', os.O_PATH); socket.socket(1, 1).connect(f'/proc/self/fd/{d}/listener')"),
        python(
            "listener-by-root-of-process",
            "os.chdir(f'/proc/{os.getpid()}/root'); socket.socket(1, 1).connect(P[1:] + '/src/listener')"),
        python("listener-by-hard-link", "os.link(W + '/listener', W + '/l'); socket.socket(1, 1).connect(W + '/l')"),
        python("listener-renamed", "os.rename(W + '/listener', W + '/r'); socket.socket(1, 1).connect(W + '/r')"),
        python(
            "listener-by-short-address",
            """
            os.chdir(W)
            os.rename("listener", "l")
            client = socket.socket(1, 1)
            if libc.connect(client.fileno(), b"\\x01\\0l".ljust(16, b"\\0"), 16): sys.exit(1)
            """),
        python("listener-without-blocking", "c = socket.socket(1, 1 | 2048); c.connect(P + '/src/listener')"),
        python("inbox", "socket.socket(1, 2).sendto(b'x', P + '/src/inbox')"),
        python("inbox-connected", "c = socket.socket(1, 2); c.connect(P + '/src/inbox'); c.send(b'x')"),
        python("inbox-by-pair", "socket.socketpair(1, 2)[0].sendto(b'x', P + '/src/inbox')"),
        python("inbox-by-pair-connected", "c = socket.socketpair(1, 2)[0]; c.connect(P + '/src/inbox'); c.send(b'x')"),
        python("inbox-by-message", "socket.socketpair(1, 2)[0].sendmsg([b'x'], [], 0, P + '/src/inbox')"),
        python("inbox-raw", "socket.socket(1, 3).sendto(b'x', P + '/src/inbox')"),
        python(
            "change-interface",
            """
            fcntl.ioctl(socket.socket(2, 2), 0x8914, b"lo".ljust(16, b"\\0") + b"\\x49\\0".ljust(24, b"\\0"))
            """
        ).withoutControl,  // It is the machine's own there.
    ]
}
