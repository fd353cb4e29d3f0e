/// Programs that are not listed. The numbers are those of the research that this list goes back to.
extension Escape {
    static let all = execution + loaded + kernel + mounting + files + hidden + protected + network + processes

    static let execution: [Escape] = [
        // 1: other names of a path.
        bash("exec-path", "/usr/bin/env true"),
        bash("exec-alias-of-path", "/bin/env true"),
        bash("exec-through-proc-root", "/proc/self/root/usr/bin/env true"),
        bash("exec-through-dots", "evil $P/../tool say EVIL"),
        bash("exec-outside", "evil $O/tool say EVIL"),
        bash("exec-by-proc-directory", "evil /proc/self/cwd/../tool say EVIL"),
        bash("exec-in-project", "evil $P/src/tool say EVIL"),
        bash("exec-in-search-path", "PATH=$P/src:$PATH; evil tool say EVIL"),
        bash("exec-hashed", "hash -p $P/src/tool ls; evil ls say EVIL"),
        // 2: written files, wherever something may be written.
        bash("exec-written", "cat < $P/src/tool > $W/x; chmod +x $W/x; evil $W/x say EVIL"),
        bash("exec-written-to-doc", "cp $P/src/tool $P/doc/x; evil $P/doc/x say EVIL"),
        bash("exec-written-to-tmp", "x=/tmp/x-$NAME; cp $P/src/tool $x; evil $x say EVIL; s=$?; rm -f $x; exit $s"),
        bash("exec-written-to-shm", "x=/dev/shm/x-$NAME; cp $P/src/tool $x; evil $x say EVIL; s=$?; rm -f $x; exit $s"),
        bash("exec-written-to-home", "HOME=${HOME/#\\/nonexistent/$W}; cp $P/src/tool ~/x; evil ~/x say EVIL"),
        bash("exec-written-to-git", "cp $P/src/tool $P/.git/x; evil $P/.git/x say EVIL"),
        bash("exec-copy-of-listed", "cp $P/payload $W/x; evil $W/x say EVIL"),
        bash("exec-hard-link", "ln $P/src/tool $W/x && evil $W/x say EVIL"),
        bash("exec-hard-link-of-listed", "ln $P/payload $W/x && evil $W/x say EVIL"),
        bash("exec-link", "ln -s $P/src/tool $W/x; evil $W/x say EVIL"),
        bash("exec-link-to-outside", "ln -s $O/tool $W/x; evil $W/x say EVIL"),
        bash("exec-link-chain", "ln -s $O $W/o; ln -s o/tool $W/x; evil $W/x say EVIL"),
        bash("exec-moved", "cp $P/src/tool $W/x; mv $W/x $P/.git/y; evil $P/.git/y say EVIL"),
        bash("exec-renamed-over-listed", "cp $P/src/tool $W/x; mv $W/x $P/payload && evil $P/payload say EVIL"),
        python(
            "exec-without-name",
            """
            written = os.open(W, os.O_TMPFILE | os.O_RDWR, 0o755)
            os.write(written, read(P + "/src/tool"))
            readable = os.open(f"/proc/self/fd/{written}", os.O_RDONLY)
            os.close(written)
            os.execve(readable, ["tool", "exit", "0"], {})
            """),
        python(
            "exec-descriptor", "os.execve(os.open(P + '/src/tool', os.O_RDONLY), ['tool', 'exit', '0'], {})"),
        python(
            "exec-path-descriptor", "os.execve(os.open(P + '/src/tool', os.O_PATH), ['tool', 'exit', '0'], {})"),
        python(
            "exec-proc-descriptor",
            """
            file = os.open(P + "/src/tool", os.O_RDONLY)
            os.execv(f"/proc/self/fd/{file}", ["tool", "exit", "0"])
            """),
        python("exec-spawned", "os.waitpid(os.posix_spawn(P + '/src/tool', ['tool', 'exit', '0'], {}), 0)"),
        // 6: files in memory, from C and from Python.
        bash("memory-file", "works syscall memfd_create $(($$ * 0)) 0 || works syscall 319 0x400000 1"),
        python(
            "memory-file-exec",
            """
            file = os.memfd_create("x")
            os.write(file, read(P + "/src/tool"))
            os.execve(file, ["tool", "exit", "0"], {})
            """),
        python(
            "memory-file-exec-by-proc",
            """
            file = os.memfd_create("x", 0)
            os.write(file, read(P + "/src/tool"))
            os.execv(f"/proc/self/fd/{file}", ["tool", "exit", "0"])
            """),
        python(
            "memory-file-sealed",
            """
            file = call(319, b"x", 8)
            os.write(file, read(P + "/src/dynamic"))
            os.set_inheritable(file, True)
            os.execv("/lib64/ld-linux-x86-64.so.2", ["ld", f"/proc/self/fd/{file}", P + "/src/evil.txt"])
            """),
        python("memory-file-by-number", "call(319, b'x', 1)"),
        python("memory-secret", "call(447, 0)"),
        // 7: an interpreter is permitted, and runs nothing but itself.
        bash("script-with-unlisted-interpreter", "printf '#!/usr/bin/perl\\nexit 0\\n' > $W/s; chmod +x $W/s; $W/s"),
        bash("script-written", "printf '#!/usr/bin/bash\\nexit 0\\n' > $W/s; chmod +x $W/s; $W/s"),
        bash("script-of-listed-interpreter-runs", "echo '/usr/bin/env true' > $W/s; bash $W/s"),
        // 8: a listed script in a writeable directory.
        bash("listed-script-append", "echo 'echo EVIL' >> $W/build.sh; evil $W/build.sh"),
        bash("listed-script-replace", "cp $P/src/mark $W/m; mv $W/m $W/build.sh; [[ ! -e $W/m ]]"),
        bash("listed-script-remove", "rm -f $W/build.sh"),
        bash("listed-script-directory", "mv $W $P/temp2"),
        bash("listed-script-permissions", "chmod 777 $W/build.sh"),
        bash("listed-script-link-over", "ln -sf $P/src/mark $W/build.sh"),
        // 10: the name that a program is given is not the file that it is.
        bash("exec-under-listed-name", "evil eval '(exec -a /usr/bin/cat $P/src/tool say EVIL)'"),
        // 16, 17: programs that the kernel would run.
        bash("kernel-core-pattern", "exec 3> /proc/sys/kernel/core_pattern"),
        bash("kernel-modprobe", "exec 3> /proc/sys/kernel/modprobe").withoutControl,
        bash("kernel-poweroff-command", "exec 3> /proc/sys/kernel/poweroff_cmd"),
        bash("core-limit", "ulimit -Hc unlimited && ulimit -c unlimited"),
        // 18: programs that run others.
        python("run-by-python", "subprocess.run([P + '/src/tool', 'exit', '0'], check=True)"),
        bash("run-by-find", "evil find $P/src/evil.txt -exec $P/src/tool say EVIL \\;"),
        bash("run-by-xargs", "evil xargs $P/src/tool say EVIL < /dev/null"),
        bash("run-by-tar", "tar -cf $W/a -C $P/src evil.txt; evil tar -xf $W/a --to-command='cat'"),
        bash(
            "run-by-tar-checkpoint",
            "tar -cf $W/a -C $P src/evil.txt --checkpoint=1 --checkpoint-action=exec=\"$P/src/mark $W/marked\"; [[ -e $W/marked ]]"
        ),
        bash("run-by-awk", "mawk \"BEGIN { exit system(\\\"$P/src/mark $W/marked\\\") }\"; [[ -e $W/marked ]]"),
        bash("run-by-git-alias", "git -c alias.x=\"!$P/src/mark $W/marked\" x; [[ -e $W/marked ]]"),
        bash(
            "run-by-git-monitor",
            """
            printf '#!/usr/bin/bash\\n> %s/marked\\n' "$W" > $W/m; chmod +x $W/m; cd $W && git init -q r && cd r &&
            > f && git -c core.fsmonitor=$W/m status; [[ -e $W/marked ]]
            """),
        bash(
            "run-by-git-hook",
            """
            cd $W && git init -q r && cd r && mkdir -p .git/hooks && > f && git add f &&
            printf '#!/usr/bin/bash\\n> %s/marked\\n' "$W" > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
            git -c user.name=n -c user.email=e commit -qm m; [[ -e $W/marked ]]
            """),
        // 15: rights by the file's owner.
        bash("set-user-id", "[[ $($P/suid ids) == 'uid='*' 0 '* ]]").withoutControl.unlessOwnedByRoot,
        bash("set-user-id-made", "cp $P/payload $W/x && chmod u+s $W/x && evil $W/x say EVIL"),
    ]

    /// The loader, and what programs load.
    static let loaded: [Escape] = [
        // 3, 4: the loader as a program.
        bash("loader-in-project", "evil $LD $P/src/dynamic $P/src/evil.txt"),
        bash("loader-outside", "evil $LD /usr/bin/tac $P/src/evil.txt"),
        bash("loader-written", "cp $P/src/dynamic $W/x; evil $LD $W/x $P/src/evil.txt"),
        bash("loader-written-without-mode", "cat $P/src/dynamic > $W/x; evil $LD $W/x $P/src/evil.txt"),
        bash("loader-copied", "cp $LD $W/ld; evil $W/ld $P/src/dynamic $P/src/evil.txt"),
        bash("loader-link", "ln -s $P/src/dynamic $W/x; evil $LD $W/x $P/src/evil.txt"),
        bash("loader-descriptor", "evil eval 'exec 5< $P/src/dynamic; $LD /proc/self/fd/5 $P/src/evil.txt'"),
        bash("loader-standard-input", "evil eval '$LD /dev/stdin $P/src/evil.txt < $P/src/dynamic'"),
        bash("loader-preload", "evil $LD --preload $P/src/evil.so /usr/bin/ls $P"),
        bash("loader-audit", "evil $LD --audit $P/src/evil.so /usr/bin/ls $P"),
        bash(
            "loader-library-path",
            "cp $P/src/evil.so $W/libpcre2-8.so.0; cp $P/src/evil.so $W/libselinux.so.1; "
                + "evil $LD --library-path $W /usr/bin/ls $P"
        ).withoutControl,
        // 5: variables of the loader, and modules.
        bash("preload-variable", "LD_PRELOAD=$P/src/evil.so evil ls $P"),
        bash("preload-written", "cp $P/src/evil.so $W/e.so; LD_PRELOAD=$W/e.so evil ls $P"),
        bash("audit-variable", "LD_AUDIT=$P/src/evil.so evil ls $P"),
        bash("shell-builtin", "evil eval 'enable -f $P/src/evil.so evil'"),
        bash("shell-builtin-written", "cp $P/src/evil.so $W/e.so; evil eval 'enable -f $W/e.so evil'"),
        python("load-library", "ctypes.CDLL(P + '/src/evil.so')"),
        python(
            "load-library-written",
            "open(W + '/e.so', 'wb').write(read(P + '/src/evil.so')); ctypes.CDLL(W + '/e.so')"),
        bash("load-module", "cp $P/src/evil.so $W/evilmodule.so; PYTHONPATH=$W evil python3 -c 'import evilmodule'"),
        bash("load-awk-library", "LD_PRELOAD=$P/src/evil.so evil mawk 'BEGIN { print 1 }'"),
        python(
            "map-executable",
            "mmap.mmap(os.open(P + '/src/tool', os.O_RDONLY), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)"),
        python(
            "map-executable-written",
            """
            file = os.open(W + "/x", os.O_RDWR | os.O_CREAT, 0o755)
            os.write(file, b"\\xc3" * 4096)
            mmap.mmap(file, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            """),
        python(
            "map-then-executable",
            """
            file = os.open(P + "/src/tool", os.O_RDONLY)
            libc.mmap.restype = ctypes.c_void_p
            address = libc.mmap(None, 4096, 1, 2, file, 0)
            assert libc.mprotect(ctypes.c_void_p(address), 4096, 5) == 0
            """),
        python("personality", "call(135, 0x400000)"),
    ]
}
