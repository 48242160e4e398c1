#define _POSIX_C_SOURCE 200809L
#include "checkpoint.h"

#include "output_target.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// Beginning of the file.
typedef struct head {
    char magic[16];
    uint32_t order;   ///< of bytes, as the machine has it
    uint32_t format;  ///< of what follows
    char version[16]; ///< of the library: another one may draw otherwise
    int64_t n;        ///< bytes that follow
    uint64_t hash;    ///< of what follows, then of the head with 0 here
} head;

static const char magic[16] = "libflow state\n";
enum { byte_order = 0x01020304, format = 3 };
enum { piece = 1 << 20 }; // bytes that are hashed and written at a time

_Static_assert(sizeof(head) == 56, "the head of a checkpoint has no padding");

static head make_head(int64_t n)
{
    head h = {.order = byte_order, .format = format, .n = n};
    memcpy(h.magic, magic, sizeof h.magic);
    (void)snprintf(h.version, sizeof h.version, "%s", FLOW_VERSION);
    return h;
}

static uint64_t hash_head(uint64_t sum, head h)
{
    h.hash = 0;
    return flow_hash(sum, &h, sizeof h);
}

// Writing ----------------------------------------------------------------------------------------

/// A checkpoint under way.
typedef struct writer {
    const char *path; ///< borrowed
    char *name;       ///< "<path>.part"
    char *older;      ///< "<path>.1"
    char *folder;
    int fd;
    bool made;     ///< the file `name` is ours to remove
    char *buffer;  ///< [piece]
    int64_t used;  ///< bytes of it
    int64_t n;     ///< bytes written of what follows the head
    uint64_t hash; ///< of them
} writer;

static flow_err fail(const writer *w, int error)
{
    return flow_target_fail("write", w->path, error);
}

static flow_err flush(writer *w)
{
    w->hash = flow_hash(w->hash, w->buffer, (size_t)w->used);
    const int error = flow_target_write(w->fd, w->buffer, w->used, (int64_t)sizeof(head) + w->n);
    if (error != 0) { return fail(w, error); }
    w->n += w->used;
    w->used = 0;
    return FLOW_OK;
}

static flow_err add(void *context, const void *bytes, int64_t n)
{
    writer *w = context;
    const char *from = bytes;
    while (n > 0) {
        const int64_t room = piece - w->used;
        const int64_t part = n < room ? n : room;
        memcpy(w->buffer + w->used, from, (size_t)part);
        w->used += part;
        from += part;
        n -= part;
        if (w->used == piece) { FLOW_TRY(flush(w)); }
    }
    return FLOW_OK;
}

static flow_err begin(writer *w)
{
    FLOW_TRY(flow_target_check(w->path, true));
    w->name = flow_target_name(w->path, ".part");
    w->older = flow_target_name(w->path, ".1");
    w->folder = flow_target_folder(w->path);
    w->buffer = flow_calloc(piece, 1);
    if (w->name == NULL || w->older == NULL || w->folder == NULL || w->buffer == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to write '%s'", w->path);
    }
    FLOW_TRY(flow_target_check(w->name, true));
    const int error = flow_target_open(w->name, &w->fd);
    if (error != 0) { return fail(w, error); }
    w->made = true;
    return ftruncate(w->fd, 0) == 0 ? FLOW_OK : fail(w, errno);
}

static flow_err write_all(writer *w, const flow_model *m, const flow_steps_mark *mark)
{
    flow_sink sink = {.write = add, .context = w};
    FLOW_TRY(flow_state_save(m, &sink));
    FLOW_TRY(add(w, mark, (int64_t)sizeof *mark));
    FLOW_TRY(flush(w));
    head h = make_head(w->n);
    h.hash = hash_head(w->hash, h);
    int error = flow_target_write(w->fd, &h, (int64_t)sizeof h, 0);
    if (error == 0 && fsync(w->fd) != 0) { error = errno; }
    return error == 0 ? FLOW_OK : fail(w, error);
}

/// What has the name now gets the older one. The name is never without a file: a second link first.
static int keep_older(const writer *w)
{
    if (unlink(w->older) != 0 && errno != ENOENT) { return errno; }
    if (link(w->path, w->older) == 0 || errno == ENOENT) { return 0; }
    // Some file systems have no links.
    return rename(w->path, w->older) == 0 || errno == ENOENT ? 0 : errno;
}

static flow_err give_name(writer *w, bool keep)
{
    int error = keep ? keep_older(w) : 0;
    if (error == 0 && rename(w->name, w->path) != 0) { error = errno; }
    if (error != 0) { return fail(w, error); }
    w->made = false;
    error = flow_target_sync_folder(w->folder);
    return error == 0 ? FLOW_OK : fail(w, error);
}

flow_err flow_checkpoint_write(const flow_model *m, const char *path, bool keep,
                               const flow_steps_mark *mark)
{
    writer w = {.path = path, .fd = -1};
    flow_err err = begin(&w);
    if (err == FLOW_OK) { err = write_all(&w, m, mark); }
    if (err == FLOW_OK) { err = give_name(&w, keep); }
    if (w.made) { (void)unlink(w.name); } // what failed leaves nothing
    if (w.fd >= 0 && close(w.fd) != 0 && err == FLOW_OK) { err = fail(&w, errno); }
    flow_dealloc(w.buffer);
    flow_dealloc(w.folder);
    flow_dealloc(w.older);
    flow_dealloc(w.name);
    return err;
}

flow_err flow_model_save(const flow_model *model, const char *path)
{
    const flow_steps_mark none = {0};
    return flow_checkpoint_write(model, path, true, &none);
}

// Reading ----------------------------------------------------------------------------------------

static flow_err refuse(const char *path, const char *what)
{
    return flow_fail(FLOW_EINPUT, "checkpoint '%s' %s", path, what);
}

/// The text also names the checkpoint before this one, when there is one.
static flow_err damaged(const char *path, const char *what)
{
    char *older = flow_target_name(path, ".1");
    struct stat about;
    const bool found = older != NULL && stat(older, &about) == 0;
    const flow_err err =
        flow_fail(FLOW_EINPUT, "checkpoint '%s' is damaged: %s%s%s%s", path, what,
                  found ? "; the one before it is '" : "", found ? older : "", found ? "'" : "");
    flow_dealloc(older);
    return err;
}

static flow_err check_head(const char *path, const head *h, int64_t size)
{
    if (memcmp(h->magic, magic, sizeof magic) != 0) {
        return flow_fail(FLOW_EINPUT, "'%s' is no checkpoint of libflow", path);
    }
    if (h->order != byte_order) {
        return refuse(path, "was written on a machine with another order of bytes");
    }
    char text[128], version[64], word[sizeof h->version + 1] = "";
    memcpy(word, h->version, sizeof h->version);
    if (h->format != format || strcmp(word, FLOW_VERSION) != 0) {
        (void)snprintf(text, sizeof text, "was written by libflow %s, format %u; this is %s, %d",
                       flow_quote(word, version), (unsigned)h->format, FLOW_VERSION, (int)format);
        return refuse(path, text);
    }
    const int64_t whole = size - (int64_t)sizeof *h;
    if (h->n == whole) { return FLOW_OK; }
    (void)snprintf(text, sizeof text, "%lld bytes follow its head, not %lld", (long long)whole,
                   (long long)h->n);
    return damaged(path, text);
}

/// Read the n bytes behind the head.
static flow_err slurp(int fd, const char *path, const head *h, char **out)
{
    *out = flow_calloc(h->n + 1, 1);
    if (*out == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for the %lld bytes of '%s'", (long long)h->n,
                         path);
    }
    int64_t got = 0;
    const int error = flow_target_read(fd, *out, h->n, (int64_t)sizeof *h, &got);
    if (error != 0) { return flow_target_fail("read", path, error); }
    uint64_t sum = 0;
    for (int64_t at = 0; at < got; at += piece) {
        sum = flow_hash(sum, *out + at, (size_t)(got - at < piece ? got - at : piece));
    }
    if (got != h->n || hash_head(sum, *h) != h->hash) {
        return damaged(path, "its content does not have the hash that its head gives");
    }
    return FLOW_OK;
}

static flow_err read_file(const char *path, int fd, head *h, char **out)
{
    struct stat about;
    if (fstat(fd, &about) != 0) { return flow_target_fail("read", path, errno); }
    if (!S_ISREG(about.st_mode)) {
        return flow_fail(FLOW_EFILE, "cannot read '%s': it is no regular file", path);
    }
    int64_t got = 0;
    const int error = flow_target_read(fd, h, (int64_t)sizeof *h, 0, &got);
    if (error != 0) { return flow_target_fail("read", path, error); }
    if (got < (int64_t)sizeof *h) { return damaged(path, "it is too short to be one"); }
    FLOW_TRY(check_head(path, h, (int64_t)about.st_size));
    return slurp(fd, path, h, out);
}

static flow_err load(flow_model *m, const char *path, const char *bytes, int64_t n,
                     flow_steps_mark *mark)
{
    const int64_t n_state = n - (int64_t)sizeof *mark;
    if (n_state < 0) { return damaged(path, "it is too short to be one"); }
    const flow_err err = flow_state_load(m, bytes, n_state);
    if (err == FLOW_EINPUT) {
        char why[512], text[544];
        (void)snprintf(why, sizeof why, "%s", flow_error_text());
        (void)snprintf(text, sizeof text, "does not fit: %s", why);
        return refuse(path, text);
    }
    memcpy(mark, bytes + n_state, sizeof *mark);
    return err;
}

flow_err flow_checkpoint_read(flow_model *m, const char *path, flow_steps_mark *mark)
{
    *mark = (flow_steps_mark){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) { return flow_target_fail("read", path, errno); }
    head h;
    char *bytes = NULL;
    flow_err err = read_file(path, fd, &h, &bytes);
    (void)close(fd); // only read
    if (err == FLOW_OK) { err = load(m, path, bytes, h.n, mark); }
    flow_dealloc(bytes);
    return err;
}

flow_err flow_model_load(flow_model *model, const char *path)
{
    flow_steps_mark mark;
    return flow_checkpoint_read(model, path, &mark);
}
