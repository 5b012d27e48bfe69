/* Records what programs write to the queue's file, its log and a file of acknowledgements, and when they sync.

   Loaded by LD_PRELOAD. Each record is one append to the file named by POWER_LOSS_TRACE: a head, then data.
   A sync is recorded twice, as it begins and when it has returned: it made durable what stood before its begin. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 'w', TRUNCATE = 't', SYNC_BEGINS = 'b', SYNC_ENDED = 'e' };

struct head {
    uint8_t kind, file;
    uint16_t unused;
    uint32_t length; /* of the data; of a sync the id of its thread */
    uint64_t offset; /* of a truncation the new size */
} __attribute__((packed));

static const char *const NAMES[] = {"queue.db", "queue.db-wal", "acks"};

static int trace_fd(void)
{
    static int fd = -1;
    const char *path = getenv("POWER_LOSS_TRACE");
    if (fd < 0 && path)
        fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return fd;
}

static int file_of(int fd)
{
    char link[64], path[4096];
    static const char prefix[] = "/proc/self/fd/";
    int digits = 0, number = fd;
    char text[16];
    if (fd < 3 || trace_fd() < 0)
        return -1;
    do text[digits++] = (char)('0' + number % 10); while (number /= 10);
    memcpy(link, prefix, sizeof prefix - 1);
    for (int i = 0; i < digits; i++)
        link[sizeof prefix - 1 + i] = text[digits - 1 - i];
    link[sizeof prefix - 1 + digits] = 0;
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return -1;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    for (int i = 0; name && i < 3; i++)
        if (!strcmp(name + 1, NAMES[i]))
            return i;
    return -1;
}

static void record(uint8_t kind, int file, uint64_t offset, const void *data, uint32_t length)
{
    struct head head = {kind, (uint8_t)file, 0, length, offset};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)data, data ? length : 0}};
    syscall(SYS_writev, trace_fd(), parts, data ? 2 : 1);
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

#define PWRITE(name, offset_type)                                                           \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset)               \
    {                                                                                       \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type);                       \
        ssize_t done = real(fd, data, length, offset);                                      \
        int file = file_of(fd);                                                             \
        if (file >= 0 && done > 0)                                                          \
            record(WRITE, file, (uint64_t)offset, data, (uint32_t)done);                    \
        return done;                                                                        \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATION(name, size_type)                                                         \
    int name(int fd, size_type size)                                                        \
    {                                                                                       \
        REAL(int, #name, int, size_type);                                                   \
        int failed = real(fd, size), file = file_of(fd);                                    \
        if (file >= 0 && !failed)                                                           \
            record(TRUNCATE, file, (uint64_t)size, 0, 0);                                   \
        return failed;                                                                      \
    }
TRUNCATION(ftruncate, off_t)
TRUNCATION(ftruncate64, off64_t)

#define SYNC(name)                                                                          \
    int name(int fd)                                                                        \
    {                                                                                       \
        REAL(int, #name, int);                                                              \
        int file = file_of(fd);                                                             \
        uint32_t thread = (uint32_t)syscall(SYS_gettid);                                    \
        if (file >= 0)                                                                      \
            record(SYNC_BEGINS, file, 0, 0, thread);                                        \
        int failed = real(fd);                                                              \
        if (file >= 0 && !failed)                                                           \
            record(SYNC_ENDED, file, 0, 0, thread);                                         \
        return failed;                                                                      \
    }
SYNC(fsync)
SYNC(fdatasync)

ssize_t write(int fd, const void *data, size_t length)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    ssize_t done = real(fd, data, length);
    int file = file_of(fd);
    if (file == 2 && done > 0)
        record(WRITE, file, 0, data, (uint32_t)done);
    return done;
}
