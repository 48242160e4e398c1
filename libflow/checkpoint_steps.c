#define _POSIX_C_SOURCE 200809L
// The steps of a result, raw and one after the other, beside the checkpoint: a killed run cannot
// leave them in disorder as it may leave an HDF5 file.
#include "checkpoint.h"
#include "output_target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Beginning of the file; `n` steps of `row` bytes follow.
typedef struct head {
    char magic[16];
    int64_t row;
} head;

static const char magic[16] = "libflow steps\n";

struct flow_steps {
    int fd;
    char *path;
    flow_steps_mark so_far;
};

static int64_t end_of(const flow_steps *s)
{
    return (int64_t)sizeof(head) + s->so_far.n * s->so_far.row;
}

char *flow_steps_name(const char *checkpoint)
{
    const size_t n = strlen(checkpoint);
    const bool older = n > 2 && strcmp(checkpoint + n - 2, ".1") == 0;
    char *plain = flow_strndup(checkpoint, older ? n - 2 : n);
    char *name = plain != NULL ? flow_target_name(plain, ".steps") : NULL;
    flow_dealloc(plain);
    return name;
}

static flow_err make(const char *path, int64_t row, flow_steps **out)
{
    flow_steps *s = flow_calloc(1, sizeof *s);
    char *copy = flow_strdup(path);
    if (s == NULL || copy == NULL) {
        flow_dealloc(s);
        flow_dealloc(copy);
        return flow_fail(FLOW_ENOMEM, "no memory for '%s'", path);
    }
    *s = (flow_steps){.fd = -1, .path = copy, .so_far = {.row = row}};
    *out = s;
    return FLOW_OK;
}

void flow_steps_free(flow_steps *s)
{
    if (s == NULL) { return; }
    if (s->fd >= 0) { (void)close(s->fd); } // what counts was synced
    flow_dealloc(s->path);
    flow_dealloc(s);
}

static flow_err begin(flow_steps *s, bool replace)
{
    FLOW_TRY(flow_target_check(s->path, replace));
    int error = flow_target_open(s->path, &s->fd);
    head h = {.row = s->so_far.row};
    memcpy(h.magic, magic, sizeof h.magic);
    if (error == 0 && ftruncate(s->fd, 0) != 0) { error = errno; }
    if (error == 0) { error = flow_target_write(s->fd, &h, (int64_t)sizeof h, 0); }
    return error == 0 ? FLOW_OK : flow_target_fail("write", s->path, error);
}

flow_err flow_steps_create(const char *path, int64_t row, bool replace, flow_steps **out)
{
    *out = NULL;
    flow_steps *s = NULL;
    FLOW_TRY(make(path, row, &s));
    const flow_err err = begin(s, replace);
    if (err != FLOW_OK) {
        flow_steps_free(s);
        return err;
    }
    *out = s;
    return FLOW_OK;
}

static flow_err open_file(flow_steps *s, bool append)
{
    struct stat about;
    if (stat(s->path, &about) != 0) {
        return flow_fail(FLOW_EINPUT, "'%s' is missing: it holds the result up to the checkpoint",
                         s->path);
    }
    int error = 0;
    if (append) {
        error = flow_target_open(s->path, &s->fd);
    } else {
        s->fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        error = s->fd < 0 ? errno : 0;
    }
    if (error != 0 && !append) {
        (void)flow_target_fail("read", s->path, error);
        return FLOW_EINPUT;
    }
    if (error != 0) { return flow_target_fail("write", s->path, error); }
    head h = {0};
    int64_t got = 0;
    error = flow_target_read(s->fd, &h, (int64_t)sizeof h, 0, &got);
    if (error != 0 || got < (int64_t)sizeof h || memcmp(h.magic, magic, sizeof magic) != 0) {
        return flow_fail(FLOW_EINPUT, "'%s' is damaged, or no file of steps", s->path);
    }
    if (h.row != s->so_far.row) {
        return flow_fail(FLOW_EINPUT, "'%s' has steps of %lld bytes, this run has %lld", s->path,
                         (long long)h.row, (long long)s->so_far.row);
    }
    return FLOW_OK;
}

flow_err flow_steps_open(const char *path, int64_t row, bool append, flow_steps **out)
{
    *out = NULL;
    flow_steps *s = NULL;
    FLOW_TRY(make(path, row, &s));
    const flow_err err = open_file(s, append);
    if (err != FLOW_OK) {
        flow_steps_free(s);
        return err;
    }
    *out = s;
    return FLOW_OK;
}

/// A step more, whose bytes are known.
static void count(flow_steps *s, const void *row)
{
    s->so_far.hash = flow_hash(s->so_far.hash, row, (size_t)s->so_far.row);
    s->so_far.n++;
}

flow_err flow_steps_read(flow_steps *s, void *row)
{
    int64_t got = 0;
    const int error = flow_target_read(s->fd, row, s->so_far.row, end_of(s), &got);
    if (error != 0 || got < s->so_far.row) {
        return flow_fail(FLOW_EINPUT, "'%s' is damaged: it ends after %lld steps", s->path,
                         (long long)s->so_far.n);
    }
    count(s, row);
    return FLOW_OK;
}

flow_err flow_steps_cut(flow_steps *s)
{
    return ftruncate(s->fd, (off_t)end_of(s)) == 0 ? FLOW_OK
                                                   : flow_target_fail("write", s->path, errno);
}

flow_err flow_steps_add(flow_steps *s, const void *row)
{
    const int error = flow_target_write(s->fd, row, s->so_far.row, end_of(s));
    if (error != 0) { return flow_target_fail("write", s->path, error); }
    count(s, row);
    return FLOW_OK;
}

void flow_steps_remove(flow_steps *s)
{
    if (s != NULL) { (void)unlink(s->path); } // it may be gone already
}

flow_steps_mark flow_steps_so_far(const flow_steps *s)
{
    return s->so_far;
}

flow_err flow_steps_sync(flow_steps *s)
{
    return fsync(s->fd) == 0 ? FLOW_OK : flow_target_fail("write", s->path, errno);
}
