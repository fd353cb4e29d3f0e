// What the process may do: each verb tries one operation and prints `ok` or the name of the error.
#include "payload.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_to(const char *verb, char **arguments, int flags) {
    int fd = open(arguments[0], O_WRONLY | O_CLOEXEC | flags, 0666);
    long result = fd;
    if (fd >= 0 && arguments[1]) result = write(fd, arguments[1], strlen(arguments[1]));
    report(verb, arguments[0], result);
    if (fd >= 0) close(fd);
}

static void write_file(char **arguments) { write_to("write", arguments, O_CREAT | O_TRUNC); }
static void append_file(char **arguments) { write_to("append", arguments, O_CREAT | O_APPEND); }
static void overwrite_file(char **arguments) { write_to("overwrite", arguments, 0); }

static void open_file(char **arguments) {
    for (; *arguments; arguments++) {
        int fd = open(*arguments, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        report("open", *arguments, fd);
        if (fd >= 0) close(fd);
    }
}

/// `read PATH=` and the first bytes, up to the end of the line.
static void read_file(char **arguments) {
    for (; *arguments; arguments++) {
        char text[4096];
        int fd = open(*arguments, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);
        if (length < 0) report("read", *arguments, -1);
        else printf("read %s=%.*s\n", *arguments, (int)length, text);
        if (fd >= 0) close(fd);
    }
}

static void make_directory(char **arguments) { report("mkdir", arguments[0], mkdir(arguments[0], 0777)); }
static void remove_file(char **arguments) { report("unlink", arguments[0], unlink(arguments[0])); }
static void rename_file(char **arguments) { report("rename", arguments[0], rename(arguments[0], arguments[1])); }
static void link_file(char **arguments) { report("link", arguments[1], link(arguments[0], arguments[1])); }

static void make_symlink(char **arguments) {
    report("symlink", arguments[1], symlink(arguments[0], arguments[1]));
}

static void change_mode(char **arguments) {
    report("chmod", arguments[1], chmod(arguments[1], (mode_t)number(arguments[0])));
}

static void change_owner(char **arguments) {
    report("chown", arguments[2], chown(arguments[2], (uid_t)number(arguments[0]), (gid_t)number(arguments[1])));
}

/// mknod PATH c|b|p MAJOR MINOR
static void make_node(char **arguments) {
    mode_t type = *arguments[1] == 'c' ? S_IFCHR : *arguments[1] == 'b' ? S_IFBLK : S_IFIFO;
    dev_t device = type == S_IFIFO ? 0 : makedev(number(arguments[2]), number(arguments[3]));
    report("mknod", arguments[0], mknod(arguments[0], type | 0666, device));
}

/// Runs a program in a child: `exec PATH=exit N`, `=signal N` or the error of execve.
static void execute(char **arguments) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) == -1) return report("exec", arguments[0], -1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execv(arguments[0], arguments);
        int error = errno;
        _exit(write(failure[1], &error, sizeof error) == sizeof error ? 0 : 99);
    }
    close(failure[1]);
    int error = 0, status = 0;
    ssize_t length = read(failure[0], &error, sizeof error);
    waitpid(child, &status, 0);
    close(failure[0]);
    errno = error;
    if (length == sizeof error) report("exec", arguments[0], -1);
    else if (WIFSIGNALED(status)) printf("exec %s=signal %d\n", arguments[0], WTERMSIG(status));
    else printf("exec %s=exit %d\n", arguments[0], WEXITSTATUS(status));
}

/// mount TYPE SOURCE TARGET [ro]
static void mount_it(char **arguments) {
    unsigned long flags = 0;
    for (char **option = arguments + 3; *option; option++) {
        if (!strcmp(*option, "ro")) flags |= MS_RDONLY;
        else if (!strcmp(*option, "bind")) flags |= MS_BIND;
        else if (!strcmp(*option, "remount")) flags |= MS_REMOUNT;
        else if (!strcmp(*option, "shared")) flags |= MS_SHARED;
        else bad_usage("unknown mount option:", *option);
    }
    report("mount", arguments[2], mount(arguments[1], arguments[2], arguments[0], flags, NULL));
}

static void unmount_it(char **arguments) { report("umount", arguments[0], umount2(arguments[0], MNT_DETACH)); }

static void set_host_name(char **arguments) {
    report("sethostname", arguments[0], sethostname(arguments[0], strlen(arguments[0])));
}

/// ioctl PATH-or-number-of-fd REQUEST
static void control(char **arguments) {
    int fd = *arguments[0] == '/' ? open(arguments[0], O_RDWR | O_CLOEXEC) : (int)number(arguments[0]);
    char buffer[4096] = {0};
    report("ioctl", arguments[1], fd < 0 ? -1 : ioctl(fd, (unsigned long)number(arguments[1]), buffer));
}

static void make_socket(char **arguments) {
    int fd = socket((int)number(arguments[0]), (int)number(arguments[1]) | SOCK_CLOEXEC, 0);
    report("socket", arguments[0], fd);
    if (fd >= 0) close(fd);
}

static const struct {
    const char *name;
    long value;
} calls[] = {
    {"getcwd", SYS_getcwd}, {"getpid", SYS_getpid}, {"getppid", SYS_getppid}, {"personality", SYS_personality},
    {"sethostname", SYS_sethostname}, {"kill", SYS_kill}, {"clone3", SYS_clone3}, {"unshare", SYS_unshare},
    {"setns", SYS_setns}, {"memfd_create", SYS_memfd_create}, {"mount", SYS_mount}, {"ptrace", SYS_ptrace},
    {"setpriority", SYS_setpriority}, {"getpriority", SYS_getpriority}, {"socket", SYS_socket}, {"bpf", SYS_bpf},
    {"keyctl", SYS_keyctl}, {"openat2", SYS_openat2}, {"close_range", SYS_close_range}, {"sync", SYS_sync},
};

/// syscall NAME-or-NUMBER [ARGUMENT…]: `syscall NAME=RESULT` or the error. Arguments are numbers.
static void system_call(char **arguments) {
    long call = -1, values[6] = {0};
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++)
        if (!strcmp(calls[index].name, arguments[0])) call = calls[index].value;
    if (call == -1) call = number(arguments[0]);
    for (int index = 0; index < 6 && arguments[index + 1]; index++) values[index] = number(arguments[index + 1]);
    fflush(stdout);
    long result = syscall(call, values[0], values[1], values[2], values[3], values[4], values[5]);
    if (result == -1 && errno < 4096 && !strerrorname_np(errno)) printf("syscall %s=errno %d\n", arguments[0], errno);
    else if (result == -1) report("syscall", arguments[0], -1);
    else printf("syscall %s=%ld\n", arguments[0], result);
}

/// A call through the 32-bit entry, which a filter for one architecture alone would not see.
static void system_call_32(char **arguments) {
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number(arguments[0])), "b"(0L), "c"(0L), "d"(0L) : "memory");
    printf("syscall32 %s=%ld\n", arguments[0], result);
#else
    printf("syscall32 %s=unavailable\n", arguments[0]);
#endif
}

const struct verb attempts[] = {
    {"write", 1, write_file, "PATH [TEXT]: create or truncate, then write"},
    {"append", 1, append_file, "PATH [TEXT]: create or open at the end, then write"},
    {"overwrite", 1, overwrite_file, "PATH [TEXT]: open what exists, then write"},
    {"open", 1, open_file, "PATH…: open for reading"},
    {"read", 1, read_file, "PATH…: the first 4096 bytes"},
    {"mkdir", 1, make_directory, "PATH"},
    {"unlink", 1, remove_file, "PATH"},
    {"rename", 2, rename_file, "FROM TO"},
    {"link", 2, link_file, "FROM TO"},
    {"symlink", 2, make_symlink, "TARGET PATH"},
    {"chmod", 2, change_mode, "MODE PATH"},
    {"chown", 3, change_owner, "UID GID PATH"},
    {"mknod", 2, make_node, "PATH c|b|p MAJOR MINOR"},
    {"exec", 1, execute, "PATH [ARGUMENT…]: in a child"},
    {"mount", 3, mount_it, "TYPE SOURCE TARGET [ro|bind|remount|shared]…"},
    {"umount", 1, unmount_it, "PATH"},
    {"sethostname", 1, set_host_name, "NAME"},
    {"ioctl", 2, control, "PATH|FD REQUEST"},
    {"socket", 2, make_socket, "FAMILY TYPE"},
    {"syscall", 1, system_call, "NAME|NUMBER [ARGUMENT…]"},
    {"syscall32", 1, system_call_32, "NUMBER: through int 0x80"},
    {NULL, 0, NULL, NULL},
};
