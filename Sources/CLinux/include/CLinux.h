/* What Swift's Glibc module hides: variadic calls, macros and numbers behind _GNU_SOURCE. No logic lives here. */
#ifndef CLINUX_H
#define CLINUX_H

#include <linux/stat.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/* syscall(2) with every argument a word; an error comes back as a negative number, so errno is never read late. */
long linux_syscall(long number, long a, long b, long c, long d, long e, long f);

/* clone3(2) without a stack: returns twice, as fork(2) does; an error comes back as a negative number. */
long linux_clone3(void *arguments, size_t size);

/* ioctl(2) with a pointer or a word as its argument; an error comes back as a negative number. */
long linux_ioctl(int fd, unsigned long request, void *argument);
long linux_ioctl_word(int fd, unsigned long request, long argument);

/* sendmsg(2) and recvmsg(2) of one frame and the descriptors that travel with it (SCM_RIGHTS). Errors are negative. */
long linux_send_frame(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count);
long linux_receive_frame(int socket, void *bytes, size_t capacity, int *fds, size_t fd_capacity, size_t *fd_count,
                         int *truncated);

/* connect(2) to a unix socket by path; an error comes back as a negative number. */
long linux_connect_unix(int socket, const char *path);

/* bind(2) of a unix socket to a path, which is made; an error comes back as a negative number. */
long linux_bind_unix(int socket, const char *path);

/* makedev(3), major(3) and minor(3): the kernel's own packing of a device number. */
uint64_t linux_makedev(uint32_t major, uint32_t minor);
uint32_t linux_major(uint64_t device);
uint32_t linux_minor(uint64_t device);

/* The command line of this process, as the loader handed it over, and its end by NULL. */
char **linux_arguments(void);

/* The environment of this process: `environ`, which Swift 6 refuses as shared mutable state. */
char **linux_environment(void);

/* tcgetattr(3), cfmakeraw(3) and tcsetattr(3) in one: raw mode, the old settings kept in `saved`. */
long linux_terminal_make_raw(int fd, void *saved);
long linux_terminal_restore(int fd, const void *saved);
long linux_terminal_leave_line_feeds(int fd);
size_t linux_terminal_settings_size(void);

/* getpid(2) through the 32-bit entry of x86-64 (int 0x80), which has other numbers; -1 on other machines. */
long linux_getpid_of_32_bits(void);

#define LINUX_SYSCALL(name) LINUX_SYS_##name = SYS_##name

enum {
    LINUX_SYSCALL(bpf), LINUX_SYSCALL(capget), LINUX_SYSCALL(chdir), LINUX_SYSCALL(clock_nanosleep), LINUX_SYSCALL(close_range),
    LINUX_SYSCALL(dup3), LINUX_SYSCALL(eventfd2), LINUX_SYSCALL(execve), LINUX_SYSCALL(execveat), LINUX_SYSCALL(exit_group),
    LINUX_SYSCALL(faccessat2), LINUX_SYSCALL(fchdir), LINUX_SYSCALL(fchmod), LINUX_SYSCALL(fchmodat),
    LINUX_SYSCALL(fchown), LINUX_SYSCALL(fchownat), LINUX_SYSCALL(fcntl), LINUX_SYSCALL(flock),
    LINUX_SYSCALL(fsconfig), LINUX_SYSCALL(fsmount), LINUX_SYSCALL(fsopen), LINUX_SYSCALL(fstatfs),
    LINUX_SYSCALL(ftruncate), LINUX_SYSCALL(getcwd), LINUX_SYSCALL(getdents64), LINUX_SYSCALL(getrandom),
    LINUX_SYSCALL(kill), LINUX_SYSCALL(landlock_add_rule), LINUX_SYSCALL(landlock_create_ruleset),
    LINUX_SYSCALL(landlock_restrict_self), LINUX_SYSCALL(lseek), LINUX_SYSCALL(memfd_create),
    LINUX_SYSCALL(mkdirat), LINUX_SYSCALL(mknodat), LINUX_SYSCALL(mount_setattr), LINUX_SYSCALL(move_mount),
    LINUX_SYSCALL(open_tree), LINUX_SYSCALL(openat), LINUX_SYSCALL(openat2), LINUX_SYSCALL(personality),
    LINUX_SYSCALL(pidfd_open), LINUX_SYSCALL(pidfd_send_signal), LINUX_SYSCALL(pipe2),
    LINUX_SYSCALL(pivot_root), LINUX_SYSCALL(ppoll), LINUX_SYSCALL(prctl), LINUX_SYSCALL(pread64),
    LINUX_SYSCALL(prlimit64),
    LINUX_SYSCALL(read), LINUX_SYSCALL(readlinkat), LINUX_SYSCALL(renameat2), LINUX_SYSCALL(rt_sigaction), LINUX_SYSCALL(rt_sigprocmask),
    LINUX_SYSCALL(seccomp), LINUX_SYSCALL(setdomainname), LINUX_SYSCALL(setgroups), LINUX_SYSCALL(sethostname),
    LINUX_SYSCALL(setns), LINUX_SYSCALL(setresgid), LINUX_SYSCALL(setresuid), LINUX_SYSCALL(setsid),
    LINUX_SYSCALL(signalfd4), LINUX_SYSCALL(socket), LINUX_SYSCALL(socketpair), LINUX_SYSCALL(statx),
    LINUX_SYSCALL(symlinkat), LINUX_SYSCALL(umask), LINUX_SYSCALL(umount2), LINUX_SYSCALL(unlinkat),
    LINUX_SYSCALL(unshare), LINUX_SYSCALL(utimensat), LINUX_SYSCALL(waitid), LINUX_SYSCALL(write),
    LINUX_SYSCALL(keyctl), LINUX_SYSCALL(linkat), LINUX_SYSCALL(getgroups), LINUX_SYSCALL(close),
    LINUX_SYSCALL(bind), LINUX_SYSCALL(listen), LINUX_SYSCALL(accept4), LINUX_SYSCALL(setsockopt),
    LINUX_SYSCALL(connect), LINUX_SYSCALL(getsockopt),
    LINUX_SYSCALL(get_mempolicy), LINUX_SYSCALL(ioprio_get), LINUX_SYSCALL(ioprio_set),
    LINUX_SYSCALL(pidfd_getfd), LINUX_SYSCALL(sched_setaffinity),
    LINUX_SYSCALL(sched_setattr), LINUX_SYSCALL(set_mempolicy),
};

#endif
