// entered ADDRESSES OUTPUT PROGRAM [ARGUMENT…] — which functions a static program enters, in the order of their first
// call, in itself and in the processes it makes, up to their exec of another program.
// What it leaves running is ended with it.
//
// ADDRESSES has the address of each function, a line each, in hexadecimal; OUTPUT gets those that were entered. Every
// function begins with a breakpoint, which is taken away when it is met: a run takes milliseconds, not minutes as
// it would step by step (ptrace(2)).
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

struct function {
    unsigned long address;
    unsigned char first;
    int is_entered;
};

static struct function *functions;
static size_t count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int by_address(const void *left, const void *right) {
    unsigned long a = ((const struct function *)left)->address, b = ((const struct function *)right)->address;
    return a < b ? -1 : a > b;
}

static void read_addresses(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    size_t room = 1 << 16;
    functions = malloc(room * sizeof *functions);
    unsigned long address;
    while (fscanf(file, "%lx", &address) == 1) {
        if (count == room) functions = realloc(functions, (room *= 2) * sizeof *functions);
        if (!functions) fail("memory");
        functions[count++] = (struct function){.address = address};
    }
    fclose(file);
    qsort(functions, count, sizeof *functions, by_address);
}

static int memory_of(pid_t process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", process);
    int memory = open(path, O_RDWR | O_CLOEXEC);
    if (memory < 0) fail(path);
    return memory;
}

static void set_breakpoints(pid_t process) {
    int memory = memory_of(process);
    for (size_t i = 0; i < count; i++) {
        if (i && functions[i].address == functions[i - 1].address) continue;
        off_t place = (off_t)functions[i].address;
        if (pread(memory, &functions[i].first, 1, place) != 1) fail("read text");
        if (pwrite(memory, "\xcc", 1, place) != 1) fail("write text");
    }
    close(memory);
}

// Whether the stop was a breakpoint of ours; then the function goes on as if there had been none.
static int passes_breakpoint(pid_t process, FILE *output) {
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, process, 0, &registers)) return 0;
    struct function key = {.address = registers.rip - 1};
    struct function *function = bsearch(&key, functions, count, sizeof key, by_address);
    if (!function) return 0;
    while (function > functions && function[-1].address == function->address) function--;
    int memory = memory_of(process);
    if (pwrite(memory, &function->first, 1, (off_t)function->address) != 1) fail("restore text");
    close(memory);
    registers.rip--;
    if (ptrace(PTRACE_SETREGS, process, 0, &registers)) fail("registers");
    if (!function->is_entered) fprintf(output, "%lx\n", function->address);
    function->is_entered = 1;
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    read_addresses(argv[1]);
    FILE *output = fopen(argv[2], "w");
    if (!output) fail(argv[2]);
    pid_t program = fork();
    if (program < 0) fail("fork");
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[3], argv + 3);
        fail(argv[3]);
    }
    int status, result = 1;
    if (waitpid(program, &status, 0) < 0 || !WIFSTOPPED(status)) fail("exec");
    set_breakpoints(program);
    long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC
        | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, 0, options)) fail("options");
    if (ptrace(PTRACE_CONT, program, 0, 0)) fail("continue");
    for (pid_t stopped; (stopped = waitpid(-1, &status, __WALL)) > 0;) {
        if (!WIFSTOPPED(status)) {
            if (stopped != program) continue;
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
            break;
        }
        int signal = WSTOPSIG(status), event = status >> 16, delivered = 0;
        if (event == PTRACE_EVENT_EXEC) {
            ptrace(PTRACE_DETACH, stopped, 0, 0);
            continue;
        }
        if (!event && signal == SIGTRAP) delivered = passes_breakpoint(stopped, output) ? 0 : SIGTRAP;
        else if (!event && signal != SIGSTOP) delivered = signal;
        ptrace(PTRACE_CONT, stopped, 0, delivered);  // One that was killed meanwhile is waited for next.
    }
    fclose(output);
    return result;
}
