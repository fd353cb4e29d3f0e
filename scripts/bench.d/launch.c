// launch ROUNDS WARM-UP PAUSE CASES — runs commands in turn and measures each.
//
// CASES is a file. A line is one case: words with tabs between. The first word is the case's name. The second is a
// directory to hide from it under an empty tmpfs, in a mount namespace of its own, `-` for none to hide, or `=` where it
// stays in the mount namespace that there is. Then comes its command. `;` alone begins the next step of a case, `%` in a
// word becomes the number of the round. A case's time is the sum of its steps. A step that begins with the word `xN` is
// started N times at once, each with a number of its own, and takes until the last ends.
//
// Prints `name TAB round TAB wall µs TAB user µs TAB system µs TAB peak kB` for each round after the warm-up. Every
// round runs all cases in a new order, so that whatever else the machine does meets them alike, among it what the
// kernel still does for the program before. PAUSE is the time in ms between two.
//
// In C, and small: a process that is spawned counts the memory of its parent as its own peak until it calls execve.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { max_cases = 32, max_words = 128 };

struct sample {
    long wall, user, system, peak;
    int failed;
};

struct runner {
    const char *name, *hidden;
    char *words[max_words];  // of the command, steps ended by NULL, the whole by two
    int requests, answers;
};

static char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};

static void fail(const char *what) {
    fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
    exit(1);
}

static long microseconds(struct timeval time) { return time.tv_sec * 1000000L + time.tv_usec; }

/// Adds what a process that has ended took.
static void add(struct sample *sum, int status, const struct rusage *usage) {
    sum->user += microseconds(usage->ru_utime), sum->system += microseconds(usage->ru_stime);
    if (usage->ru_maxrss > sum->peak) sum->peak = usage->ru_maxrss;
    sum->failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static char *numbered(const char *word, int round) {
    char *text = NULL;
    const char *sign = strchr(word, '%');
    if (asprintf(&text, sign ? "%.*s%d%s" : "%.*s", sign ? (int)(sign - word) : (int)strlen(word), word, round,
            sign ? sign + 1 : "") < 0)
        fail("memory");
    return text;
}

/// Starts a program; standard error is kept for a failure to show.
static pid_t begin(char **words, int number, int errors) {
    char *argv[max_words];
    int count = 0;
    for (; words[count]; count++) argv[count] = numbered(words[count], number);
    argv[count] = NULL;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    pid_t child;
    errno = posix_spawn(&child, argv[0], &actions, NULL, argv, environment);
    if (errno) fail(argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    for (int index = 0; index < count; index++) free(argv[index]);
    return child;
}

/// Runs one step to its end.
static struct sample step(char **words, int round, int errors) {
    int copies = 1;
    if (sscanf(words[0], "x%d", &copies) == 1) words++;
    struct sample sum = {0};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int copy = 0; copy < copies; copy++) begin(words, round * copies + copy, errors);
    for (int copy = 0; copy < copies; copy++) {
        struct rusage usage;
        int status;
        if (wait4(-1, &status, 0, &usage) < 0) fail("wait4");
        add(&sum, status, &usage);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    sum.wall = (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
    return sum;
}

static struct sample all_steps(const struct runner *runner, int round, int errors) {
    struct sample sum = {0};
    for (char **words = (char **)runner->words; *words; words++) {
        struct sample one = step(words, round, errors);
        sum.wall += one.wall, sum.user += one.user, sum.system += one.system, sum.failed |= one.failed;
        if (one.peak > sum.peak) sum.peak = one.peak;
        while (*words) words++;
    }
    return sum;
}

/// Takes what has been written to a case's standard error, and shows it where the case has failed.
static void take(const struct runner *runner, int errors, int failed) {
    char text[65536];
    ssize_t length = read(errors, text, sizeof text);
    if (failed) fprintf(stderr, "launch: %s failed: %.*s\n", runner->name, length < 0 ? 0 : (int)length, text);
}

/// A view of the mounts of one's own, without what lies below a directory ("-" for none).
static void hide(const char *directory) {
    if (unshare(CLONE_NEWNS)) fail("unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) fail("mount");
    if (strcmp(directory, "-") && mount("none", directory, "tmpfs", 0, "size=64m")) fail(directory);
}

/// A process of its own for each case, so that its view of the mounts is prepared once and outside the measured time.
static void start(struct runner *runner) {
    int requests[2], answers[2];
    if (pipe2(requests, O_CLOEXEC) || pipe2(answers, O_CLOEXEC)) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child) {
        close(requests[0]), close(answers[1]);
        runner->requests = requests[1], runner->answers = answers[0];
        return;
    }
    close(requests[1]), close(answers[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strcmp(runner->hidden, "=")) hide(runner->hidden);
    // A pipe, as whoever calls tools has it.
    int errors[2];
    if (pipe2(errors, O_CLOEXEC) || fcntl(errors[0], F_SETFL, O_NONBLOCK)) fail("pipe");
    int round;
    while (read(requests[0], &round, sizeof round) == sizeof round) {
        struct sample sample = all_steps(runner, round, errors[1]);
        take(runner, errors[0], sample.failed);
        if (write(answers[1], &sample, sizeof sample) != sizeof sample) break;
    }
    _exit(0);
}

static int read_cases(const char *path, struct runner *runners) {
    FILE *file = fopen(path, "re");
    if (!file) fail(path);
    char *line = NULL;
    size_t size = 0;
    int count = 0;
    while (getline(&line, &size, file) > 0 && count < max_cases) {
        struct runner *runner = &runners[count++];
        char *text = strdup(line), *rest = text;
        text[strcspn(text, "\n")] = 0;
        runner->name = strsep(&rest, "\t");
        runner->hidden = strsep(&rest, "\t");
        int word = 0;
        while (rest && word < max_words - 2) {
            char *next = strsep(&rest, "\t");
            runner->words[word++] = strcmp(next, ";") ? next : NULL;
        }
    }
    fclose(file);
    return count;
}

/// A new order, the same in every run of the benchmark.
static void shuffle(int *order, int count) {
    static unsigned long state = 1;
    for (int index = count - 1; index > 0; index--) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        int other = (int)((state >> 33) % (unsigned long)(index + 1)), kept = order[index];
        order[index] = order[other], order[other] = kept;
    }
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: launch ROUNDS WARM-UP PAUSE CASES\n");
        return 2;
    }
    static struct runner runners[max_cases];
    int rounds = atoi(argv[1]), warm_up = atoi(argv[2]), count = read_cases(argv[4], runners);
    const struct timespec pause = {.tv_sec = atoi(argv[3]) / 1000, .tv_nsec = atoi(argv[3]) % 1000 * 1000000L};
    int order[max_cases];
    for (int index = 0; index < count; index++) order[index] = index, start(&runners[index]);
    for (int round = 0; round < warm_up + rounds; round++) {
        shuffle(order, count);
        for (int turn = 0; turn < count; turn++) {
            struct runner *runner = &runners[order[turn]];
            struct sample sample;
            nanosleep(&pause, NULL);
            if (write(runner->requests, &round, sizeof round) != sizeof round) fail(runner->name);
            if (read(runner->answers, &sample, sizeof sample) != sizeof sample) fail(runner->name);
            if (sample.failed) return 1;
            if (round < warm_up) continue;
            printf("%s\t%d\t%ld\t%ld\t%ld\t%ld\n", runner->name, round - warm_up, sample.wall, sample.user,
                sample.system, sample.peak);
        }
    }
    return 0;
}
