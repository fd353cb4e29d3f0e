// Questions about a sandbox, answered by doing it: "VERB WHAT" a line of standard input, "VERB WHAT=ok" or an error a line
// of standard output.
#include "payload.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/// Puts `first` and `second` together; the program ends where they do not fit.
static void join(char *into, size_t size, const char *first, const char *second) {
    if (strlen(first) + strlen(second) >= size) bad_usage("too long:", first);
    strcpy(into, first);
    strcat(into, second);
}

static int tried_read(const char *path) {
    // Not blocking: opening a FIFO would wait for its other end.
    int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file != -1) close(file);
    return file == -1 ? -1 : 0;
}

/// Makes a file, and the directories that are missing above it; takes all of them away again.
static int made(char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file != -1) {
        close(file);
        unlink(path);
        return 0;
    }
    if (errno != ENOENT) return -1;
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) return -1;
    *slash = 0;
    int result = mkdir(path, 0700);
    bool is_new = result == 0;
    if (result == -1 && errno == ENOENT) {
        char inner[4096];
        join(inner, sizeof inner, path, "/x");
        // The parent first: as `mkdir -p` would.
        char above[4096];
        join(above, sizeof above, path, "");
        char *upper = strrchr(above, '/');
        if (!upper || upper == above) return -1;
        *upper = 0;
        if (mkdir(above, 0700) == -1) return -1;
        result = made(inner);
        int error = errno;
        rmdir(above);
        errno = error;
        return result;
    }
    if (result == -1) return -1;
    *slash = '/';
    result = made(path);
    int error = errno;
    *slash = 0;
    if (is_new) rmdir(path);
    errno = error;
    return result;
}

static int tried_write(const char *path) {
    struct stat status;
    char name[4096];
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        join(name, sizeof name, path, "/.question");
        return made(name);
    }
    int file = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file != -1) {
        close(file);
        return 0;
    }
    if (errno != ENOENT) return -1;
    join(name, sizeof name, path, "");
    char target[4096];
    ssize_t count = readlink(name, target, sizeof target - 1);
    if (count > 0) {  // a link to nothing: what it leads to would be made
        target[count] = 0;
        char *slash = strrchr(name, '/');
        slash[1] = 0;
        char directory[4096];
        join(directory, sizeof directory, target[0] == '/' ? "" : name, "");
        join(name, sizeof name, directory, target);
    }
    return made(name);
}

static int tried_execution(const char *path) {
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC)) return -1;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0), dup2(null, 1), dup2(null, 2);
        char *words[] = {(char *)path, NULL}, *none[] = {NULL};
        execve(path, words, none);
        error = errno;
        if (write(ends[1], &error, sizeof error) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &error, sizeof error) < 0) error = errno;  // its end: the program has been executed
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    errno = error;
    return error ? -1 : 0;
}

/// ADDRESS:PORT, [ADDRESS]:PORT, or the path of a socket. A server that is not there has been reached, too.
static int tried_connection(char *target) {
    int result = -1;
    if (target[0] == '/') {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        join(address.sun_path, sizeof address.sun_path, target, "");
        int socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        result = connect(socket_, (struct sockaddr *)&address, sizeof address);
        int error = errno;
        close(socket_);
        errno = error;
        return result;
    }
    char *colon = strrchr(target, ':');
    if (!colon) bad_usage("no port in", target);
    char host[64];
    snprintf(host, sizeof host, "%.*s", (int)(colon - target), target);
    char *name = host;
    if (*name == '[') name++, name[strlen(name) - 1] = 0;
    struct sockaddr_in version4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(colon + 1))};
    struct sockaddr_in6 version6 = {.sin6_family = AF_INET6, .sin6_port = version4.sin_port};
    bool is6 = inet_pton(AF_INET, name, &version4.sin_addr) != 1;
    if (is6 && inet_pton(AF_INET6, name, &version6.sin6_addr) != 1) bad_usage("no address:", name);
    int socket_ = socket(is6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    result = is6 ? connect(socket_, (struct sockaddr *)&version6, sizeof version6)
                 : connect(socket_, (struct sockaddr *)&version4, sizeof version4);
    int error = errno;
    close(socket_);
    errno = error;
    return result == -1 && error == ECONNREFUSED ? 0 : result;
}

static void ask(char **arguments) {
    (void)arguments;
    char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *what = strchr(line, ' ');
        if (!what) bad_usage("no question:", line);
        *what++ = 0;
        char copy[8192];
        join(copy, sizeof copy, what, "");
        if (!strcmp(line, "read")) report("read", what, tried_read(copy));
        else if (!strcmp(line, "write")) report("write", what, tried_write(copy));
        else if (!strcmp(line, "exec")) report("exec", what, tried_execution(copy));
        else if (!strcmp(line, "connect")) report("connect", what, tried_connection(copy));
        else bad_usage("no question:", line);
    }
}

const struct verb questions[] = {
    {"ask", 0, ask, "answer questions from standard input by trying"},
    {},
};
