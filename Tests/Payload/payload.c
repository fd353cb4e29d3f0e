// payload VERB [ARGUMENT…] [, VERB [ARGUMENT…]]…
//
// Runs the verbs in order. Status: 0, what `exit` says, or 98 for bad usage. `payload help` lists the verbs.
#include "payload.h"

static const struct verb *const tables[] = {facts, attempts, behaviours, questions, spying};
enum { TABLES = sizeof tables / sizeof *tables };

void report(const char *key, const char *subject, long result) {
    if (result == -1) {
        const char *name = strerrorname_np(errno);
        printf("%s %s=%s\n", key, subject, name ? name : "unknown");
    } else {
        printf("%s %s=ok\n", key, subject);
    }
}

void bad_usage(const char *what, const char *which) {
    fprintf(stderr, "payload: %s %s\n", what, which);
    exit(98);
}

long number(const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 0);
    if (errno || end == text || *end) bad_usage("not a number:", text);
    return value;
}

static const struct verb *find(const char *name) {
    for (size_t table = 0; table < TABLES; table++)
        for (const struct verb *verb = tables[table]; verb->name; verb++)
            if (!strcmp(verb->name, name)) return verb;
    return NULL;
}

static int help(void) {
    for (size_t table = 0; table < TABLES; table++)
        for (const struct verb *verb = tables[table]; verb->name; verb++)
            printf("%-12s %s\n", verb->name, verb->help);
    return 0;
}

int main(int argc, char **argv) {
    (void)argc;
    char **argument = argv + 1;
    if (!*argument || !strcmp(*argument, "help")) return help();
    while (*argument) {
        const struct verb *verb = find(*argument);
        if (!verb) bad_usage("unknown verb:", *argument);
        char **first = ++argument;
        while (*argument && strcmp(*argument, ",")) argument++;
        if (argument - first < verb->arguments) bad_usage("missing argument of", verb->name);
        char **next = *argument ? argument + 1 : argument;
        *argument = NULL;  // the verb sees only its own
        verb->run(first);
        fflush(stdout);
        argument = next;
    }
    return 0;
}
