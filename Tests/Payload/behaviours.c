// How the process lives: waiting, ending, signals, children, hooks; and what tests do outside containers with it.
#include "payload.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void end(char **arguments) {
    fflush(stdout);
    _exit((int)number(arguments[0]));
}

static void wait_seconds(char **arguments) { sleep((unsigned)number(arguments[0])); }

static void wait_forever(char **arguments) {
    (void)arguments;
    for (;;) pause();
}

static int signal_number(const char *name) {
    for (int signal = 1; signal < 32; signal++)
        if (!strcmp(sigabbrev_np(signal), name)) return signal;
    return (int)number(name);
}

/// Sends itself a signal with its default action, as the one process that pid 1 semantics do not shield it from.
static void raise_signal(char **arguments) {
    int number = signal_number(arguments[0]);
    signal(number, SIG_DFL);
    fflush(stdout);
    kill(getpid(), number);
}

static volatile sig_atomic_t received;
static void remember(int number) { received = number; }

/// Says `ready`, waits for one of the signals, names it.
static void trap(char **arguments) {
    sigset_t caught, before;
    sigemptyset(&caught);
    for (; *arguments; arguments++) {
        int number = signal_number(*arguments);
        sigaddset(&caught, number);
        struct sigaction action = {.sa_handler = remember};
        sigaction(number, &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &caught, &before);
    printf("ready\n");
    fflush(stdout);
    while (!received) sigsuspend(&before);
    printf("signal=%s\n", sigabbrev_np(received));
    received = 0;
}

static void say(char **arguments) { printf("%s\n", arguments[0]); }

static void complain(char **arguments) { fprintf(stderr, "%s\n", arguments[0]); }

/// Copies a file, or standard input, to standard output.
static void copy(char **arguments) {
    int source = *arguments ? open(*arguments, O_RDONLY | O_CLOEXEC) : 0;
    if (source < 0) return report("cat", *arguments, -1);
    char buffer[65536];
    ssize_t length;
    while ((length = read(source, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, (size_t)length, stdout);
    if (length < 0) report("cat", *arguments ? *arguments : "-", -1);
}

static void swap(char **arguments) {
    fflush(stdout);
    if (fork()) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        if (renameat2(AT_FDCWD, arguments[0], AT_FDCWD, arguments[1], RENAME_EXCHANGE) == -1) _exit(1);
}

/// Leaves a child in a session of its own behind, which outlives its parent and says nothing.
static void orphan(char **arguments) {
    (void)arguments;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        for (;;) pause();
    }
    printf("orphan=%d\n", child);
}

/// hook FILE LABEL: appends a line for the label, for where it is, for the environment and for standard input.
static void hook(char **arguments) {
    char input[65536];
    size_t length = fread(input, 1, sizeof input - 1, stdin);
    input[length] = 0;
    for (char *newline = input; (newline = strchr(newline, '\n'));) *newline = ' ';
    FILE *file = fopen(arguments[0], "ae");
    if (!file) {
        report("hook", arguments[0], -1);
        exit(97);
    }
    char namespace[64] = "", host[65] = "", directory[4096] = "";
    ssize_t size = readlink("/proc/self/ns/mnt", namespace, sizeof namespace - 1);
    gethostname(host, sizeof host);
    if (!getcwd(directory, sizeof directory)) directory[0] = 0;
    fprintf(file, "hook=%s\n", arguments[1]);
    for (char **variable = environ; *variable; variable++) fprintf(file, "%s.env.%s\n", arguments[1], *variable);
    fprintf(file, "%s.mnt=%.*s\n%s.hostname=%s\n", arguments[1], size < 0 ? 0 : (int)size, namespace, arguments[1],
        host);
    fprintf(file, "%s.cwd=%s\n", arguments[1], directory);
    fprintf(file, "%s.stdin=%s\n", arguments[1], input);
    fclose(file);
}

/// notify TEXT…: a datagram each, to the service manager's socket (sd_notify(3)).
static void notify(char **arguments) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    strncpy(address.sun_path, path ? path : "", sizeof address.sun_path - 1);
    int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    for (; *arguments; arguments++)
        report("notify", *arguments,
            sendto(out, *arguments, strlen(*arguments), 0, (struct sockaddr *)&address, sizeof address));
    close(out);
}

/// unshare KIND…: new namespaces for what comes next; `pid` needs `child` after it.
static void leave(char **arguments) {
    static const struct {
        const char *name;
        int flag;
    } kinds[] = {
        {"mnt", CLONE_NEWNS}, {"uts", CLONE_NEWUTS}, {"ipc", CLONE_NEWIPC}, {"net", CLONE_NEWNET},
        {"pid", CLONE_NEWPID}, {"user", CLONE_NEWUSER}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
    };
    for (; *arguments; arguments++)
        for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++)
            if (!strcmp(kinds[index].name, *arguments)) {
                report("unshare", *arguments, unshare(kinds[index].flag));
                // What is mounted from here on stays here, also where the host's mounts are shared.
                if (kinds[index].flag == CLONE_NEWNS) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
            }
}

/// Goes on in a child: the parent waits, and ends as it ends.
static void child(char **arguments) {
    (void)arguments;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) return;
    int status = 0;
    waitpid(child, &status, 0);
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

const struct verb behaviours[] = {
    {"exit", 1, end, "STATUS"},
    {"sleep", 1, wait_seconds, "SECONDS"},
    {"pause", 0, wait_forever, "until killed"},
    {"raise", 1, raise_signal, "SIGNAL: to itself"},
    {"trap", 1, trap, "SIGNAL…: says ready, waits for one, names it"},
    {"say", 1, say, "TEXT: to standard output"},
    {"complain", 1, complain, "TEXT: to standard error"},
    {"cat", 0, copy, "[PATH]: to standard output"},
    {"swap", 2, swap, "A B: exchanges them over and over, in a child that dies with it"},
    {"orphan", 0, orphan, "leaves a child behind"},
    {"hook", 2, hook, "FILE LABEL: appends label, place, environment, standard input"},
    {"notify", 1, notify, "TEXT...: to NOTIFY_SOCKET"},
    {"unshare", 1, leave, "KIND…: into new namespaces"},
    {"child", 0, child, "what follows runs in a child"},
    {NULL, 0, NULL, NULL},
};
