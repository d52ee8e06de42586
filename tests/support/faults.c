/* Stands between the program and the C library (LD_PRELOAD), so that tests can let disks fail, clocks jump and name
   servers lie without any privilege. What is not asked for by the environment works as ever.

   FAULT_WRITE=N    writes to the archive's files fail with FAULT_ERRNO from the Nth on (default EIO)
   FAULT_SYNC=N     the same of fsync and fdatasync
   FAULT_READ=N     the same of reads
   FAULT_SYNCS=FILE the name of each file and folder that is synced is appended
   FAULT_ONLY=1     only the Nth fails, those after it work again
   FAULT_KILL=1     instead of failing, the Nth kills the process
   FAULT_SIGNAL=S   instead of failing, the Nth sends the process signal S
   FAULT_FILES=TEXT the files meant are those with TEXT in their path, rather than the archive's
   FAULT_CLOCK=FILE seconds that the wall clock is wrong by stand in FILE, read at each look
   FAULT_NAMES=a.example=IP+IP,IP;b.example=IP    what names lead to: addresses of one answer by +, answers one after
                    the other by a comma, the last one for ever
   FAULT_CONNECTS=FILE  the address of each connection asked for is appended; none beyond loopback is made */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long number(const char *name) {
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

/* Whether the file is one of those meant, by default the archive, its log, and drafts of it. */
static int is_meant(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    const char *name = strrchr(path, '/'), *files = getenv("FAULT_FILES");
    if (files) return strstr(path, files) != NULL;
    return name && (strstr(name, "archive") || strstr(name, ".citekeep-"));
}

/* Whether this call is to fail, and counts it. */
static int fails(const char *name, atomic_long *calls, int fd) {
    long from = number(name);
    if (from <= 0 || !is_meant(fd)) return 0;
    long now = atomic_fetch_add(calls, 1) + 1;
    if (now < from || (number("FAULT_ONLY") && now > from)) return 0;
    if (number("FAULT_KILL")) kill(getpid(), SIGKILL);
    if (number("FAULT_SIGNAL")) {
        if (now == from) kill(getpid(), (int)number("FAULT_SIGNAL"));
        return 0;
    }
    errno = number("FAULT_ERRNO") ? (int)number("FAULT_ERRNO") : EIO;
    return 1;
}

static atomic_long writes, syncs, reads;

static void log_sync(int fd) {
    const char *to = getenv("FAULT_SYNCS");
    char link[64], path[4097];
    if (!to) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 2);
    int log = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (length > 0 && log >= 0) {
        path[length] = '\n';
        syscall(SYS_write, log, path, length + 1);
    }
    if (log >= 0) syscall(SYS_close, log);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    return fails("FAULT_WRITE", &writes, fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    return fails("FAULT_WRITE", &writes, fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);
}
ssize_t write(int fd, const void *bytes, size_t length) {
    return fails("FAULT_WRITE", &writes, fd) ? -1 : syscall(SYS_write, fd, bytes, length);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t at) {
    return fails("FAULT_READ", &reads, fd) ? -1 : syscall(SYS_pread64, fd, bytes, length, at);
}
ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) {
    return fails("FAULT_READ", &reads, fd) ? -1 : syscall(SYS_pread64, fd, bytes, length, at);
}
int fsync(int fd) {
    log_sync(fd);
    return fails("FAULT_SYNC", &syncs, fd) ? -1 : (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
    log_sync(fd);
    return fails("FAULT_SYNC", &syncs, fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static __typeof__(&clock_gettime) next;
    if (!next) next = NEXT(clock_gettime);
    int result = next(clock, time);
    const char *path = getenv("FAULT_CLOCK");
    if (result == 0 && path && clock == CLOCK_REALTIME) {
        char text[32] = {0};
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
        if (fd >= 0) {
            if (syscall(SYS_read, fd, text, sizeof text - 1) > 0) time->tv_sec += atol(text);
            syscall(SYS_close, fd);
        }
    }
    return result;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    static __typeof__(&connect) next;
    if (!next) next = NEXT(connect);
    const char *path = getenv("FAULT_CONNECTS");
    if (path && (address->sa_family == AF_INET || address->sa_family == AF_INET6)) {
        char text[INET6_ADDRSTRLEN] = {0}, line[80];
        int loopback = 0;
        if (address->sa_family == AF_INET) {
            const struct sockaddr_in *v4 = (const void *)address;
            inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
            loopback = (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
        } else {
            const struct sockaddr_in6 *v6 = (const void *)address;
            inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
            loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
        }
        int log = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        int size = snprintf(line, sizeof line, "%s\n", text);
        if (log >= 0) {
            syscall(SYS_write, log, line, size);
            syscall(SYS_close, log);
        }
        if (!loopback) {
            errno = ECONNREFUSED;
            return -1;
        }
    }
    return next(fd, address, length);
}

/* The answer that is next for a name: addresses with + between them, in `answer`. */
static int answer_of(const char *name, char *answer, size_t size) {
    static atomic_int asked[16];
    const char *entry = getenv("FAULT_NAMES");
    for (int index = 0; entry && *entry && index < 16; index++) {
        size_t whole = strcspn(entry, ";"), key = strcspn(entry, "=");
        if (key < whole && strlen(name) == key && strncmp(entry, name, key) == 0) {
            const char *from = entry + key + 1, *end = entry + whole;
            for (int turn = atomic_fetch_add(&asked[index], 1); turn > 0; turn--) {
                const char *comma = memchr(from, ',', (size_t)(end - from));
                if (!comma) break;
                from = comma + 1;
            }
            const char *comma = memchr(from, ',', (size_t)(end - from));
            snprintf(answer, size, "%.*s", (int)((comma ? comma : end) - from), from);
            return 1;
        }
        entry += whole + (entry[whole] == ';');
    }
    return 0;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    char answer[256];
    if (!name || !getenv("FAULT_NAMES")) return NEXT(getaddrinfo)(name, service, hints, result);
    if (!answer_of(name, answer, sizeof answer)) return EAI_NONAME;
    struct addrinfo **last = result, numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    *result = NULL;
    for (char *rest = answer, *one; (one = strsep(&rest, "+"));) {
        int failed = NEXT(getaddrinfo)(one, NULL, &numeric, last);
        if (failed) return failed;
        while (*last) last = &(*last)->ai_next;
    }
    return 0;
}
