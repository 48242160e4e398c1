#define _POSIX_C_SOURCE 200809L
#include "output_target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

flow_err flow_target_check(const char *path, bool replace)
{
    struct stat now;
    if (path[0] == '\0') { return flow_fail(FLOW_EFILE, "a file to write has an empty name"); }
    if (stat(path, &now) != 0) { return FLOW_OK; } // whether it can be made shows when it is made
    if (S_ISDIR(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot write '%s': it is a directory", path);
    }
    if (!S_ISREG(now.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot write '%s': it is no regular file", path);
    }
    if (!replace) {
        return flow_fail(FLOW_EFILE,
                         "cannot write '%s': it exists, and replacing it was not asked for", path);
    }
    return FLOW_OK;
}

char *flow_target_name(const char *path, const char *ending)
{
    const size_t size = strlen(path) + strlen(ending) + 1;
    char *name = flow_calloc((int64_t)size, 1);
    if (name != NULL) { (void)snprintf(name, size, "%s%s", path, ending); }
    return name;
}

char *flow_target_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) { return flow_strdup("."); }
    return flow_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int flow_target_open(const char *name, int *fd)
{
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0) { return errno; }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat locked, named;
    const bool free = fcntl(*fd, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN);
    // Between opening and locking, the other process may have given the file its final name.
    if (free && fstat(*fd, &locked) == 0 && stat(name, &named) == 0 &&
        locked.st_dev == named.st_dev && locked.st_ino == named.st_ino) {
        return 0;
    }
    (void)close(*fd); // nothing was written
    *fd = -1;
    return -1;
}

int flow_target_write(int fd, const void *bytes, int64_t n, int64_t at)
{
    const char *from = bytes;
    while (n > 0) {
        const ssize_t done = pwrite(fd, from, (size_t)n, (off_t)at);
        if (done < 0 && errno == EINTR) { continue; }
        if (done <= 0) { return done < 0 ? errno : ENOSPC; }
        from += done;
        n -= done;
        at += done;
    }
    return 0;
}

int flow_target_read(int fd, void *bytes, int64_t n, int64_t at, int64_t *got)
{
    char *to = bytes;
    *got = 0;
    while (*got < n) {
        const ssize_t done = pread(fd, to + *got, (size_t)(n - *got), (off_t)(at + *got));
        if (done < 0 && errno == EINTR) { continue; }
        if (done < 0) { return errno; }
        if (done == 0) { break; }
        *got += done;
    }
    return 0;
}

int flow_target_sync(const char *name)
{
    const int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return errno; }
    int error = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && error == 0) { error = errno; }
    return error;
}

// File systems that cannot sync folders say EINVAL, folders that may not be read EACCES; the file
// is whole even so.
int flow_target_sync_folder(const char *folder)
{
    const int error = flow_target_sync(folder);
    return error == EINVAL || error == EACCES ? 0 : error;
}

flow_err flow_target_fail(const char *verb, const char *path, int error)
{
    char reason[256] = "another process is writing it";
    if (error >= 0 && strerror_r(error, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", error);
    }
    return flow_fail(FLOW_EFILE, "cannot %s '%s': %s", verb, path, reason);
}
