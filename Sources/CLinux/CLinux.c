#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static long checked(long result) { return result == -1 ? -(long)errno : result; }

long linux_syscall(long number, long a, long b, long c, long d, long e, long f) {
    return checked(syscall(number, a, b, c, d, e, f));
}

long linux_clone3(void *arguments, size_t size) { return checked(syscall(SYS_clone3, arguments, size)); }

long linux_ioctl(int fd, unsigned long request, void *argument) { return checked(ioctl(fd, request, argument)); }

long linux_ioctl_word(int fd, unsigned long request, long argument) { return checked(ioctl(fd, request, argument)); }

enum { MOST_FDS = 64 };

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
};

long linux_send_frame(int socket, const void *bytes, size_t count, const int *fds, size_t fd_count) {
    if (fd_count > MOST_FDS) return -EINVAL;
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    return checked(sendmsg(socket, &message, MSG_NOSIGNAL));
}

long linux_receive_frame(int socket, void *bytes, size_t capacity, int *fds, size_t fd_capacity, size_t *fd_count,
                         int *truncated) {
    union control control;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *fd_count = 0;
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (count == -1) return -(long)errno;
    *truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < received; index++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + index * sizeof(int), sizeof fd);
            if (*fd_count < fd_capacity) fds[(*fd_count)++] = fd;
            else close(fd);
        }
    }
    return count;
}

/* The address of a path; false where it is too long. */
static int unix_address(struct sockaddr_un *address, const char *path) {
    size_t length = strlen(path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length >= sizeof address->sun_path) return 0;
    memcpy(address->sun_path, path, length);
    return 1;
}

long linux_connect_unix(int socket, const char *path) {
    struct sockaddr_un address;
    if (!unix_address(&address, path)) return -ENAMETOOLONG;
    return checked(connect(socket, (struct sockaddr *)&address, sizeof address));
}

long linux_bind_unix(int socket, const char *path) {
    struct sockaddr_un address;
    if (!unix_address(&address, path)) return -ENAMETOOLONG;
    return checked(bind(socket, (struct sockaddr *)&address, sizeof address));
}

uint64_t linux_makedev(uint32_t major, uint32_t minor) { return makedev(major, minor); }
uint32_t linux_major(uint64_t device) { return major(device); }
uint32_t linux_minor(uint64_t device) { return minor(device); }

static char **arguments;

/* glibc calls constructors with main's parameters. Swift's CommandLine reads /proc/self/cmdline instead, which may be
   missing and takes longer. */
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    (void)count;
    arguments = values;
}

char **linux_arguments(void) { return arguments; }

char **linux_environment(void) { return environ; }

long linux_terminal_make_raw(int fd, void *saved) {
    struct termios settings;
    if (tcgetattr(fd, &settings) == -1) return -(long)errno;
    memcpy(saved, &settings, sizeof settings);
    cfmakeraw(&settings);
    settings.c_oflag = ((const struct termios *)saved)->c_oflag;
    return checked(tcsetattr(fd, TCSANOW, &settings));
}

long linux_terminal_restore(int fd, const void *saved) { return checked(tcsetattr(fd, TCSADRAIN, saved)); }

long linux_terminal_leave_line_feeds(int fd) {
    struct termios settings;
    if (tcgetattr(fd, &settings) == -1) return -(long)errno;
    settings.c_oflag &= ~(tcflag_t)ONLCR;
    return checked(tcsetattr(fd, TCSANOW, &settings));
}

size_t linux_terminal_settings_size(void) { return sizeof(struct termios); }

long linux_getpid_of_32_bits(void) {
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result;
#else
    return -1;
#endif
}
