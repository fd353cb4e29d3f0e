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
    // The runtime, whose image is larger, has something else there. Nothing is there yet in a program that is being
    // executed, or no more in one that ends.
    if (length > 0 && memcmp(found, image, (size_t)length)) tell(pid, "memory", "of another program");
    close(file);
}

/// Where a link of /proc/PID leads; false where that cannot be seen.
static bool follow(pid_t pid, const char *link, char target[300]) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, link);
    ssize_t length = readlink(path, target, 299);
    if (length == -1 && (errno == EACCES || errno == EPERM)) refusals++;
    target[length < 0 ? 0 : length] = 0;
    return length > 0;
}

static void look_at_files(pid_t pid) {
    char target[300];
    static const char *const links[] = {"exe", "root", "cwd"};
    for (int index = 0; index < 3; index++)
        if (follow(pid, links[index], target) && strcmp(target, index ? "/" : "/payload"))
            tell(pid, links[index], target);
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

static void trace(pid_t pid) {
    if (ptrace(PTRACE_SEIZE, pid, NULL, 0) == -1) {
        if (errno == EPERM) refusals++;
        return;
    }
    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
    char program[300];
    for (int status; waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status);) {
        // One that executes a program is not to be traced before that is decided (ptrace_attach, cred_guard_mutex).
        if (follow(pid, "exe", program) && strcmp(program, "/payload")) tell(pid, "trace", program);
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
