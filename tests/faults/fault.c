/* Makes system calls of a process fail with EIO, while a file tells which: a line `CALL PART`, where PART is in the path of
   the file that is written, synced or renamed. What failed is appended to another file, a line for each.

   cc -shared -fPIC -o fault.so fault.c -ldl; LD_PRELOAD=fault.so FAULT_RULE=... FAULT_LOG=... cospass serve ... */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Past the functions below, which would be asked again. */
static ssize_t read_file(const char *path, char *text, size_t size) {
    long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
    if (file < 0) return -1;
    ssize_t length = syscall(SYS_read, file, text, size - 1);
    syscall(SYS_close, file);
    if (length >= 0) text[length] = 0;
    return length;
}

static void note(const char *call, const char *path) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path);
    long file = syscall(SYS_openat, AT_FDCWD, getenv("FAULT_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0) return;
    syscall(SYS_write, file, line, length);
    syscall(SYS_close, file);
}

static int fails(const char *call, const char *path) {
    char rule[512];
    int saved = errno;
    ssize_t length = read_file(getenv("FAULT_RULE"), rule, sizeof rule);
    errno = saved;
    if (length <= 0) return 0;
    char *part = strchr(rule, ' ');
    if (!part) return 0;
    *part++ = 0;
    part[strcspn(part, "\n")] = 0;
    if (strcmp(rule, call) != 0 || !strstr(path, part)) return 0;
    note(call, path);
    errno = EIO;
    return 1;
}

static int descriptor_fails(const char *call, int descriptor) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return path[0] == '/' && fails(call, path);
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int d, const void *b, size_t n) { return descriptor_fails("write", d) ? -1 : REAL(write)(d, b, n); }
ssize_t writev(int d, const struct iovec *v, int n) { return descriptor_fails("write", d) ? -1 : REAL(writev)(d, v, n); }
ssize_t pwrite64(int d, const void *b, size_t n, off64_t o) { return descriptor_fails("write", d) ? -1 : REAL(pwrite64)(d, b, n, o); }
int fdatasync(int d) { return descriptor_fails("sync", d) ? -1 : REAL(fdatasync)(d); }
int fsync(int d) { return descriptor_fails("sync", d) ? -1 : REAL(fsync)(d); }
int rename(const char *from, const char *to) { return fails("rename", to) ? -1 : REAL(rename)(from, to); }
