// What the process is: identity, limits, environment. None of these changes anything.
#include "payload.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

static void ids(char **arguments) {
    (void)arguments;
    uid_t uid[3];
    gid_t gid[3], groups[256];
    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    printf("uid=%u %u %u\ngid=%u %u %u\ngroups=", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
    int count = getgroups(256, groups);
    for (int index = 0; index < count; index++) printf(index ? " %u" : "%u", groups[index]);
    printf("\n");
}

static void caps(char **arguments) {
    (void)arguments;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) == -1) return report("caps", "get", -1);
    unsigned long long bounding = 0, ambient = 0;
    for (int capability = 0; capability < 64; capability++) {
        if (prctl(PR_CAPBSET_READ, capability) == 1) bounding |= 1ULL << capability;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1) ambient |= 1ULL << capability;
    }
#define SET(name, field) printf(name "=%llx\n", (unsigned long long)data[1].field << 32 | data[0].field)
    SET("inheritable", inheritable);
    SET("permitted", permitted);
    SET("effective", effective);
    printf("bounding=%llx\nambient=%llx\n", bounding, ambient);
}

static void security(char **arguments) {
    (void)arguments;
    printf("no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    printf("seccomp=%d\n", prctl(PR_GET_SECCOMP));
    printf("dumpable=%d\n", prctl(PR_GET_DUMPABLE));
    printf("securebits=%d\n", prctl(PR_GET_SECUREBITS));
    printf("keepcaps=%d\n", prctl(PR_GET_KEEPCAPS));
    int signal = 0;
    prctl(PR_GET_PDEATHSIG, &signal);
    printf("parent_death_signal=%d\n", signal);
}

static void rlimits(char **arguments) {
    (void)arguments;
    static const char *const names[] = {"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
        "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
    for (int resource = 0; resource < 16; resource++) {
        struct rlimit limit;
        getrlimit(resource, &limit);
        printf("RLIMIT_%s=%lu %lu\n", names[resource], limit.rlim_cur, limit.rlim_max);
    }
}

static void process(char **arguments) {
    (void)arguments;
    char path[PATH_MAX];
    mode_t mask = umask(0);
    umask(mask);
    printf("umask=%04o\ncwd=%s\npid=%d\nppid=%d\nsid=%d\npgid=%d\n", mask, getcwd(path, sizeof path) ? path : "",
        getpid(), getppid(), getsid(0), getpgid(0));
    printf("personality=%#x\nnice=%d\nscheduler=%d\n", personality(0xffffffff), getpriority(PRIO_PROCESS, 0),
        sched_getscheduler(0));
    int priority = (int)syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
    printf("ioprio=%d %d\n", (int)IOPRIO_PRIO_CLASS(priority), (int)IOPRIO_PRIO_DATA(priority));
}

static void env(char **arguments) {
    (void)arguments;
    for (char **variable = environ; *variable; variable++) printf("env.%s\n", *variable);
}

static void argv(char **arguments) {
    for (int index = 0; arguments[index]; index++) printf("argv.%d=%s\n", index, arguments[index]);
}

static void signals(char **arguments) {
    (void)arguments;
    // From the kernel's own words: sigprocmask would leave out what libc keeps for itself.
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return report("signals", "/proc/self/status", -1);
    while (fgets(line, sizeof line, status)) {
        unsigned long long set;
        if (sscanf(line, "SigBlk: %llx", &set) == 1) printf("blocked=%llx\n", set);
        if (sscanf(line, "SigIgn: %llx", &set) == 1) printf("ignored=%llx\n", set);
    }
    fclose(status);
}

static void fds(char **arguments) {
    (void)arguments;
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) == -1) continue;
        char link[64], target[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        printf("fd.%d=%.*s\n", fd, length < 0 ? 1 : (int)length, length < 0 ? "?" : target);
    }
}

static void names(char **arguments) {
    (void)arguments;
    struct utsname host;
    uname(&host);
    printf("hostname=%s\ndomainname=%s\n", host.nodename, host.domainname);
}

static void namespaces(char **arguments) {
    (void)arguments;
    static const char *const kinds[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    for (int index = 0; index < 8; index++) {
        char path[64], target[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[index]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0) report("ns", kinds[index], -1);
        else printf("ns.%s=%.*s\n", kinds[index], (int)length, target);
    }
}

static void tty(char **arguments) {
    (void)arguments;
    struct winsize size = {0};
    for (int fd = 0; fd < 3; fd++) {
        struct stat status = {0};
        fstat(fd, &status);
        printf("tty.%d=%s %u:%u\n", fd, isatty(fd) ? "yes" : "no", major(status.st_rdev), minor(status.st_rdev));
    }
    if (ioctl(0, TIOCGWINSZ, &size) == 0) printf("winsize=%d %d\n", size.ws_row, size.ws_col);
    int controlling = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    report("open", "/dev/tty", controlling);
    printf("foreground=%s\n", tcgetpgrp(0) == getpgrp() ? "yes" : "no");
}

static void stat_path(char **arguments) {
    for (; *arguments; arguments++) {
        struct stat status;
        if (lstat(*arguments, &status) == -1) {
            report("stat", *arguments, -1);
            continue;
        }
        const char *type = S_ISREG(status.st_mode) ? "file" : S_ISDIR(status.st_mode) ? "directory"
            : S_ISLNK(status.st_mode) ? "link" : S_ISCHR(status.st_mode) ? "character"
            : S_ISBLK(status.st_mode) ? "block" : S_ISFIFO(status.st_mode) ? "fifo" : "socket";
        printf("stat %s=%s %04o %u:%u %u:%u %ld\n", *arguments, type, status.st_mode & 07777, status.st_uid,
            status.st_gid, major(status.st_rdev), minor(status.st_rdev), (long)status.st_size);
    }
}

static void link_target(char **arguments) {
    for (; *arguments; arguments++) {
        char target[PATH_MAX];
        ssize_t length = readlink(*arguments, target, sizeof target - 1);
        if (length < 0) report("readlink", *arguments, -1);
        else printf("readlink %s=%.*s\n", *arguments, (int)length, target);
    }
}

static void file_system(char **arguments) {
    for (; *arguments; arguments++) {
        struct statfs status;
        if (statfs(*arguments, &status) == -1) report("statfs", *arguments, -1);
        else printf("statfs %s=%lx %lu\n", *arguments, (long)status.f_type, status.f_blocks * status.f_bsize);
    }
}

static int is_entry(const struct dirent *entry) { return strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."); }

static void list(char **arguments) {
    for (; *arguments; arguments++) {
        struct dirent **entries;
        int count = scandir(*arguments, &entries, is_entry, alphasort);
        if (count == -1) {
            report("list", *arguments, -1);
            continue;
        }
        printf("list %s=", *arguments);
        for (int index = 0; index < count; index++) printf(index ? " %s" : "%s", entries[index]->d_name);
        printf("\n");
    }
}

const struct verb facts[] = {
    {"ids", 0, ids, "user, group and supplementary group ids"},
    {"caps", 0, caps, "the five capability sets, hexadecimal"},
    {"security", 0, security, "no_new_privs, seccomp mode, dumpable, securebits"},
    {"rlimits", 0, rlimits, "every rlimit: soft hard"},
    {"process", 0, process, "umask, cwd, pid, session, personality, priorities"},
    {"env", 0, env, "the environment"},
    {"argv", 0, argv, "its own arguments"},
    {"signals", 0, signals, "blocked and ignored signals"},
    {"fds", 0, fds, "open file descriptors"},
    {"names", 0, names, "host name and NIS domain name"},
    {"namespaces", 0, namespaces, "what /proc/self/ns links to"},
    {"tty", 0, tty, "which of 0-2 are terminals, window size"},
    {"stat", 1, stat_path, "PATH…: type mode uid:gid major:minor size"},
    {"readlink", 1, link_target, "PATH…: what the link says"},
    {"statfs", 1, file_system, "PATH…: file system type and size"},
    {"list", 1, list, "DIR…: its entries"},
    {NULL, 0, NULL, NULL},
};
