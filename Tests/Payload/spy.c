// Looks into every process that enters the container, as one inside would that wants what the runtime has of the host
// (CVE-2016-9962).
#include "payload.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// At the same address in every process that runs this program, which is static.
static const char image[64] = "the container's own program";

static const char *mark;
static long refusals, wanted;

/// Opens PATH of /proc/PID; notes that the kernel refused.
static int look(pid_t pid, const char *path, int flags) {
    char full[300];
    snprintf(full, sizeof full, "/proc/%d/%s", pid, path);
    int file = open(full, flags | O_CLOEXEC);
    if (file == -1 && (errno == EACCES || errno == EPERM)) refusals++;
    return file;
}

static void tell(pid_t pid, const char *what, const char *got) {
    printf("leaked %s of %d: %s\n", what, pid, got);
    fflush(stdout);
}

static void look_at_environment(pid_t pid) {
    static char text[65536];
    int file = look(pid, "environ", O_RDONLY);
    if (file == -1) return;
    ssize_t length = read(file, text, sizeof text);
    if (length > 0 && memmem(text, (size_t)length, mark, strlen(mark))) tell(pid, "environment", mark);
    close(file);
}

static void look_at_memory(pid_t pid) {
    char found[sizeof image] = "";
    int file = look(pid, "mem", O_RDWR);
    if (file == -1) return;
    ssize_t length = pread(file, found, sizeof found, (off_t)(long)image);
    // Nothing is read of a process that has ended; one that has another program has something else there, or nothing.
    if (length > 0 ? memcmp(found, image, sizeof image) != 0 : length == -1) tell(pid, "memory", "of another program");
    close(file);
}

static void look_at_files(pid_t pid) {
    char path[300], target[300];
    static const char *const links[] = {"exe", "root", "cwd"};
    for (int index = 0; index < 3; index++) {
        snprintf(path, sizeof path, "/proc/%d/%s", pid, links[index]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length == -1 && (errno == EACCES || errno == EPERM)) refusals++;
        if (length <= 0) continue;
        target[length] = 0;
        if (strcmp(target, index ? "/" : "/payload")) tell(pid, links[index], target);
    }
    int directory = look(pid, "fd", O_RDONLY | O_DIRECTORY);
    DIR *files = directory == -1 ? NULL : fdopendir(directory);
    for (struct dirent *entry; files && (entry = readdir(files));) {
        if (atoi(entry->d_name) < 3) continue;
        // The numbers alone are root's to see; what they lead to is not.
        ssize_t length = readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);
        int file = openat(dirfd(files), entry->d_name, O_PATH | O_CLOEXEC);
        if (length == -1 && file == -1 && errno == EACCES) refusals++;
        if (length != -1) tell(pid, "descriptor", "where it leads");
        if (file != -1) tell(pid, "descriptor", entry->d_name);
        if (file != -1) close(file);
    }
    if (files) closedir(files);
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int number = 3; process != -1 && number < 16; number++) {
        int copy = (int)syscall(SYS_pidfd_getfd, process, number, 0);
        if (copy == -1) {
            if (errno == EPERM) refusals++;
            continue;
        }
        tell(pid, "descriptor", "by pidfd_getfd");
        close(copy);
    }
    if (process != -1) close(process);
}

/// One that is traced and then executes a program was traced before it did.
static void trace(pid_t pid) {
    if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXEC) == -1) {
        if (errno == EPERM) refusals++;
        return;
    }
    for (int status; waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status);) {
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) tell(pid, "trace", "before its program");
        ptrace(PTRACE_CONT, pid, NULL, status >> 16 ? 0 : (long)WSTOPSIG(status));
    }
}

/// spy MARK NUMBER: looks into whatever comes until it has been refused so often.
static void spy(char **arguments) {
    mark = arguments[0];
    wanted = number(arguments[1]);
    printf("ready\n");
    fflush(stdout);
    while (refusals < wanted) {
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; processes && (entry = readdir(processes));) {
            pid_t pid = atoi(entry->d_name);
            if (pid <= 0 || pid == getpid()) continue;
            look_at_environment(pid);
            look_at_memory(pid);
            look_at_files(pid);
            trace(pid);
        }
        if (processes) closedir(processes);
    }
    printf("spied\n");
    fflush(stdout);
}

const struct verb spying[] = {
    {"spy", 2, spy, "MARK NUMBER: looks into what enters the container until it was refused so often"},
    {NULL, 0, NULL, NULL},
};
