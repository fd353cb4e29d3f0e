// A program for the inside of containers: it prints facts and tries operations, one `key=value` a line.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*verb_function)(char **arguments);

struct verb {
    const char *name;
    int arguments;  // how many it takes, at least
    verb_function run;
    const char *help;
};

extern const struct verb facts[];
extern const struct verb attempts[];
extern const struct verb behaviours[];
extern const struct verb questions[];
extern const struct verb spying[];

/// Prints `KEY SUBJECT=ok`, or the name of errno where `result` is -1.
void report(const char *key, const char *subject, long result);
/// An argument as a number (any base); the program ends with status 98 where it is none.
long number(const char *text);
/// Ends the program with status 98 and a message.
_Noreturn void bad_usage(const char *what, const char *which);
