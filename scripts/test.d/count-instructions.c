// count-instructions FILE PROGRAM ARGUMENT… — runs a program, counts the instructions that it executes in user space.
//
// Writes `PROCESSES INSTRUCTIONS` into FILE; the status is the program's. What the program starts by clone, fork or
// vfork counts too, each process until it calls execve: then it is another program.
//
// The processor stops after each instruction (PTRACE_SINGLESTEP, ptrace(2)): slow, but exact, without counters of the
// processor (a virtual machine or perf_event_paranoid may withhold them), and any system call works (callgrind of
// valgrind 3.19 answers clone3 and openat2 with ENOSYS). One iteration of a repeated string instruction is one step.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { own_status = 125 };  // something went wrong here, not in the program

static void fail(const char *what) {
    fprintf(stderr, "count-instructions: %s: %s\n", what, strerror(errno));
    exit(own_status);
}

/// Goes on by one instruction. A process that was killed meanwhile tells so by wait.
static void step(pid_t process, int signal) {
    if (ptrace(PTRACE_SINGLESTEP, process, NULL, (void *)(long)signal) && errno != ESRCH) fail("PTRACE_SINGLESTEP");
}

static pid_t begin(char **argv) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        // Where the stack and the heap lie decides how many steps a copy takes.
        if (personality(ADDR_NO_RANDOMIZE) < 0) fail("personality");
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL)) fail("PTRACE_TRACEME");
        raise(SIGSTOP);
        execv(argv[0], argv);
        fail(argv[0]);
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) fail("the program did not begin");
    const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
        PTRACE_O_TRACEVFORK;
    if (ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options)) fail("PTRACE_SETOPTIONS");
    if (ptrace(PTRACE_CONT, child, NULL, NULL)) fail("PTRACE_CONT");
    if (waitpid(child, &status, 0) != child || status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8)) fail(argv[0]);
    return child;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: count-instructions FILE PROGRAM ARGUMENT…\n");
        return own_status;
    }
    const pid_t program = begin(argv + 2);
    unsigned long count = 0;
    int processes = 1, result = own_status;
    step(program, 0);
    for (;;) {
        int status;
        const pid_t process = waitpid(-1, &status, __WALL);
        if (process < 0 && errno == ECHILD) break;
        if (process < 0) fail("waitpid");
        if (!WIFSTOPPED(status)) {
            if (process == program) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        const int signal = WSTOPSIG(status), event = status >> 16;
        if (event == PTRACE_EVENT_EXEC) {
            if (ptrace(PTRACE_DETACH, process, NULL, NULL)) fail("PTRACE_DETACH");
        } else if (event) {
            processes++;
            step(process, 0);
        } else if (signal == SIGTRAP) {
            count++;
            step(process, 0);
        } else {
            // A process that was just cloned begins with a SIGSTOP.
            step(process, signal == SIGSTOP ? 0 : signal);
        }
    }
    FILE *file = fopen(argv[1], "we");
    if (!file || fprintf(file, "%d %lu\n", processes, count) < 0 || fclose(file)) fail(argv[1]);
    return result;
}
