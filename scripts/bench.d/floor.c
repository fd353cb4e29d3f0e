// floor ROOTFS PROGRAM — the least that the benchmark's bundle asks for, done by hand: its namespaces, mounts and
// devices, pivot_root, exec. No configuration, no state, no checks, no capabilities: what is left to win.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(long result, const char *what) {
    if (result >= 0) return;
    perror(what);
    _exit(1);
}

static void file_system(const char *type, const char *target, unsigned long flags, const char *options) {
    mkdir(target, 0755);
    check(mount(type, target, type, flags, options), target);
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    long child = syscall(SYS_clone,
        CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0);
    check(child, "clone");
    if (child) {
        int status;
        waitpid((pid_t)child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    const unsigned long safe = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "slave");
    check(mount(argv[1], argv[1], NULL, MS_BIND | MS_REC, NULL), "bind");
    check(chdir(argv[1]), "chdir");
    file_system("proc", "proc", 0, NULL);
    file_system("tmpfs", "dev", MS_NOSUID, "mode=755,size=65536k");
    file_system("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
    file_system("tmpfs", "dev/shm", safe, "mode=1777,size=65536k");
    file_system("mqueue", "dev/mqueue", safe, NULL);
    file_system("sysfs", "sys", safe | MS_RDONLY, NULL);
    static const struct {
        const char *path;
        int major, minor;
    } devices[] = {{"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8},
        {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    for (int index = 0; index < 6; index++)
        check(mknod(devices[index].path, S_IFCHR | 0666, makedev(devices[index].major, devices[index].minor)), "mknod");
    check(sethostname("runc", 4), "sethostname");
    check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    check(umount2(".", MNT_DETACH), "umount");
    check(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only");
    execv(argv[2], argv + 2);
    check(-1, argv[2]);
}
