#define _POSIX_C_SOURCE 200809L
#include "sweep_batch.h"

#include "output_target.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char magic[8] = "libflow\1";
/// Tells machines apart that keep numbers the other way round.
static const uint64_t order_mark = UINT64_C(0x0102030405060708);

typedef struct head {
    char magic[8];
    uint64_t order, study;
    int64_t index, n_run, done, n_indicator, n_cell, keep, n_byte;
    uint64_t sum; ///< of everything after the head
} head;

static bool has_points(const flow_study *st)
{
    return st->n_cell > 0 && st->sweep->plan.series.keep == FLOW_KEEP_POINTS;
}

static bool has_tally(const flow_study *st)
{
    return st->n_cell > 0 && st->sweep->plan.series.keep == FLOW_KEEP_STUDY;
}

flow_err flow_batch_create(const flow_study *st, flow_batch *out)
{
    *out = (flow_batch){.study = st};
    const flow_sweep *s = st->sweep;
    int64_t most_run = 0, most_task = 0;
    for (int32_t b = 0; b < s->n_batch; b++) {
        int64_t n = 0;
        const int32_t first = flow_sweep_first_task(s, b), end = flow_sweep_first_task(s, b + 1);
        for (int32_t t = first; t < end; t++) { n += s->task[t].n; }
        most_run = n > most_run ? n : most_run;
        most_task = end - first > most_task ? end - first : most_task;
    }
    bool good = true;
    out->size_run = most_run;
    out->value = flow_calloc(most_run * st->n_indicator, sizeof *out->value);
    out->checksum = flow_calloc(most_run, sizeof *out->checksum);
    good = out->value != NULL && out->checksum != NULL;
    if (good && has_points(st)) {
        out->stats = flow_calloc(most_task * FLOW_POINT_STATS * st->n_cell, sizeof *out->stats);
        out->member = flow_calloc(s->n_member * st->n_cell, sizeof *out->member);
        out->sorted = flow_calloc(s->n_member, sizeof *out->sorted);
        good = out->stats != NULL && out->member != NULL && out->sorted != NULL;
    }
    flow_err err = good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for a batch of runs");
    if (good && has_tally(st)) { err = flow_tally_create(st->n_cell, &out->tally); }
    if (err != FLOW_OK) { flow_batch_clear(out); }
    return err;
}

void flow_batch_clear(flow_batch *b)
{
    flow_dealloc(b->value);
    flow_dealloc(b->checksum);
    flow_dealloc(b->stats);
    flow_dealloc(b->member);
    flow_dealloc(b->sorted);
    flow_dealloc(b->byte);
    flow_tally_clear(&b->tally);
    *b = (flow_batch){0};
}

flow_err flow_batch_begin(flow_batch *b, int32_t index)
{
    const flow_sweep *s = b->study->sweep;
    b->index = index;
    b->first_task = flow_sweep_first_task(s, index);
    b->n_task = flow_sweep_first_task(s, index + 1) - b->first_task;
    b->done = b->n_run = 0;
    for (int32_t t = 0; t < b->n_task; t++) { b->n_run += s->task[b->first_task + t].n; }
    if (has_tally(b->study)) { flow_tally_empty(&b->tally); }
    return FLOW_OK;
}

/// The task that a run belongs to, and which of its runs it is.
static int32_t task_of(const flow_batch *b, int64_t run, int32_t *within)
{
    const flow_task *task = b->study->sweep->task + b->first_task;
    int32_t t = 0;
    for (; t < b->n_task && run >= task[t].n; t++) { run -= task[t].n; }
    *within = (int32_t)run;
    return t;
}

bool flow_batch_next(const flow_batch *b, flow_task *task, int32_t *member)
{
    if (b->done >= b->n_run) { return false; }
    int32_t within = 0;
    *task = b->study->sweep->task[b->first_task + task_of(b, b->done, &within)];
    *member = task->first + within;
    return true;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Mean and quantiles over the members of a point, all of which are there.
static void close_point(flow_batch *b, int32_t t, int32_t n)
{
    const int64_t n_cell = b->study->n_cell;
    double *stats = b->stats + (int64_t)t * FLOW_POINT_STATS * n_cell;
    for (int64_t c = 0; c < n_cell; c++) {
        double sum = 0.0;
        for (int32_t m = 0; m < n; m++) {
            b->sorted[m] = b->member[m * n_cell + c];
            sum += b->sorted[m];
        }
        qsort(b->sorted, (size_t)n, sizeof *b->sorted, by_size);
        stats[c] = sum / n;
        for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
            const double at = flow_member_quantile[q] * (n - 1);
            const int32_t low = (int32_t)at;
            const int32_t high = low + 1 < n ? low + 1 : low;
            stats[(1 + q) * n_cell + c] =
                b->sorted[low] + (at - low) * (b->sorted[high] - b->sorted[low]);
        }
    }
}

void flow_batch_add(flow_batch *b, const double *value, const double *cell, uint64_t checksum)
{
    const flow_study *st = b->study;
    int32_t within = 0;
    const int32_t t = task_of(b, b->done, &within);
    memcpy(b->value + b->done * st->n_indicator, value, (size_t)st->n_indicator * sizeof *value);
    b->checksum[b->done] = checksum;
    if (has_tally(st)) { flow_tally_add(&b->tally, cell); }
    if (has_points(st)) {
        memcpy(b->member + within * st->n_cell, cell, (size_t)st->n_cell * sizeof *cell);
        const int32_t n = st->sweep->task[b->first_task + t].n;
        if (within + 1 == n) { close_point(b, t, n); }
    }
    b->done++;
}

// Bytes -----------------------------------------------------------------------------------------

static bool put(flow_batch *b, const void *from, int64_t n)
{
    if (b->n_byte + n > b->size_byte) {
        const int64_t size = 2 * (b->n_byte + n);
        uint8_t *more = flow_realloc(b->byte, size, 1);
        if (more == NULL) { return false; }
        b->byte = more;
        b->size_byte = size;
    }
    if (n > 0) { memcpy(b->byte + b->n_byte, from, (size_t)n); }
    b->n_byte += n;
    return true;
}

/// Most classes of a tally are empty: only the others are written.
static bool put_tally(flow_batch *b)
{
    const flow_tally *t = &b->tally;
    const int64_t n = t->n_cell, width = n * (int64_t)sizeof(double);
    bool good = put(b, &t->n, sizeof t->n) && put(b, t->sum, width) && put(b, t->square, width) &&
                put(b, t->least, width) && put(b, t->largest, width);
    int64_t used = 0;
    for (int64_t i = 0; i < n * FLOW_TALLY_CLASSES; i++) { used += t->count[i] > 0; }
    good = good && put(b, &used, sizeof used);
    for (int64_t i = 0; i < n * FLOW_TALLY_CLASSES && good; i++) {
        if (t->count[i] == 0) { continue; }
        const uint32_t pair[2] = {(uint32_t)i, t->count[i]};
        good = put(b, pair, sizeof pair);
    }
    return good;
}

/// What a file holds of the series of points: the complete ones and the one under way.
static int32_t points_done(const flow_batch *b, int32_t *within)
{
    return task_of(b, b->done, within);
}

static bool put_all(flow_batch *b)
{
    const flow_study *st = b->study;
    bool good = put(b, b->value, b->done * st->n_indicator * (int64_t)sizeof *b->value) &&
                put(b, b->checksum, b->done * (int64_t)sizeof *b->checksum);
    if (good && has_points(st)) {
        int32_t within = 0;
        const int32_t t = points_done(b, &within);
        const int64_t width = st->n_cell * (int64_t)sizeof(double);
        good = put(b, b->stats, t * FLOW_POINT_STATS * width) && put(b, b->member, within * width);
    }
    return good && (!has_tally(st) || put_tally(b));
}

typedef struct source {
    const uint8_t *at;
    int64_t left;
} source;

static bool get(source *s, void *to, int64_t n)
{
    if (n > s->left) { return false; }
    if (n > 0) { memcpy(to, s->at, (size_t)n); }
    s->at += n;
    s->left -= n;
    return true;
}

static bool get_tally(flow_tally *t, source *s)
{
    const int64_t width = t->n_cell * (int64_t)sizeof(double);
    int64_t used = 0;
    bool good = get(s, &t->n, sizeof t->n) && get(s, t->sum, width) && get(s, t->square, width) &&
                get(s, t->least, width) && get(s, t->largest, width) &&
                get(s, &used, sizeof used) && used >= 0;
    for (int64_t i = 0; i < used && good; i++) {
        uint32_t pair[2] = {0, 0};
        good = get(s, pair, sizeof pair) && pair[0] < t->n_cell * FLOW_TALLY_CLASSES;
        if (good) { t->count[pair[0]] = pair[1]; }
    }
    return good;
}

static bool get_all(flow_batch *b, source *s)
{
    const flow_study *st = b->study;
    bool good = get(s, b->value, b->done * st->n_indicator * (int64_t)sizeof *b->value) &&
                get(s, b->checksum, b->done * (int64_t)sizeof *b->checksum);
    if (good && has_points(st)) {
        int32_t within = 0;
        const int32_t t = points_done(b, &within);
        const int64_t width = st->n_cell * (int64_t)sizeof(double);
        good = get(s, b->stats, t * FLOW_POINT_STATS * width) && get(s, b->member, within * width);
    }
    return good && (!has_tally(st) || get_tally(&b->tally, s)) && s->left == 0;
}

// Files -----------------------------------------------------------------------------------------

const char *flow_own_ending(char out[static FLOW_OWN_ENDING])
{
    char host[64] = "";
    if (gethostname(host, sizeof host - 1) != 0) { (void)snprintf(host, sizeof host, "host"); }
    (void)snprintf(out, FLOW_OWN_ENDING, ".tmp-%s-%ld", host, (long)getpid());
    return out;
}

char *flow_batch_path(const char *folder, int32_t index, bool complete)
{
    const size_t size = strlen(folder) + 32;
    char *path = flow_calloc((int64_t)size, 1);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%08d.%s", folder, (int)index, complete ? "runs" : "part");
    }
    return path;
}

static flow_err write_file(const char *name, const char *path, const head *h, const void *byte,
                           int64_t n)
{
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) { return flow_target_fail("write", path, errno); }
    int error = flow_target_write(fd, h, sizeof *h, 0);
    if (error == 0) { error = flow_target_write(fd, byte, n, sizeof *h); }
    if (error == 0 && fsync(fd) != 0) { error = errno; }
    if (close(fd) != 0 && error == 0) { error = errno; }
    if (error == 0 && rename(name, path) != 0) { error = errno; }
    if (error == 0) { return FLOW_OK; }
    (void)unlink(name);
    return flow_target_fail("write", path, error);
}

flow_err flow_batch_save(flow_batch *b, const char *folder)
{
    const flow_study *st = b->study;
    const bool complete = b->done == b->n_run;
    b->n_byte = 0;
    char ending[FLOW_OWN_ENDING];
    (void)flow_own_ending(ending);
    char *path = flow_batch_path(folder, b->index, complete);
    char *name = path != NULL ? flow_target_name(path, ending) : NULL;
    flow_err err = FLOW_OK;
    if (path == NULL || name == NULL || !put_all(b)) {
        err = flow_fail(FLOW_ENOMEM, "no memory to write a batch of runs");
    } else {
        head h = {.order = order_mark,
                  .study = st->hash,
                  .index = b->index,
                  .n_run = b->n_run,
                  .done = b->done,
                  .n_indicator = st->n_indicator,
                  .n_cell = st->n_cell,
                  .keep = st->sweep->plan.series.keep,
                  .n_byte = b->n_byte,
                  .sum = flow_hash(0, b->byte, (size_t)b->n_byte)};
        memcpy(h.magic, magic, sizeof magic);
        err = write_file(name, path, &h, b->byte, b->n_byte);
        // Another process may have done the same batch, and have tidied up.
        if (err != FLOW_OK && complete && access(path, F_OK) == 0) { err = FLOW_OK; }
    }
    if (err == FLOW_OK && complete) {
        const int error = flow_target_sync_folder(folder);
        if (error != 0) { err = flow_target_fail("write", path, error); }
        char *part = flow_batch_path(folder, b->index, false);
        if (part != NULL) { (void)unlink(part); } // not needed any more, if it was there
        flow_dealloc(part);
    }
    flow_dealloc(name);
    flow_dealloc(path);
    return err;
}

static flow_err check_head(const flow_batch *b, const head *h, const char *path, bool complete,
                           int64_t size)
{
    const flow_study *st = b->study;
    if (size < (int64_t)sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0) {
        return flow_fail(FLOW_EINPUT, "%s: this is no file of runs", path);
    }
    if (h->order != order_mark) {
        return flow_fail(FLOW_EINPUT, "%s: it was written on another kind of machine", path);
    }
    if (h->study != st->hash) {
        return flow_fail(FLOW_EINPUT,
                         "%s: it belongs to another study: plan or scenario were changed; take "
                         "another folder",
                         path);
    }
    const bool fits = h->index == b->index && h->n_run == b->n_run && h->done >= 0 &&
                      h->done <= h->n_run && (!complete || h->done == h->n_run) &&
                      h->n_indicator == st->n_indicator && h->n_cell == st->n_cell &&
                      h->keep == st->sweep->plan.series.keep &&
                      h->n_byte == size - (int64_t)sizeof *h;
    return fits ? FLOW_OK
                : flow_fail(FLOW_EINPUT, "%s is damaged; remove it, and its runs are done again",
                            path);
}

flow_err flow_batch_load(flow_batch *b, const char *folder, int32_t index, bool complete,
                         bool *found)
{
    *found = false;
    FLOW_TRY(flow_batch_begin(b, index));
    char *path = flow_batch_path(folder, index, complete);
    if (path == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a path"); }
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        flow_dealloc(path);
        return FLOW_OK;
    }
    char *text = NULL;
    int64_t size = 0;
    const flow_files files = {.folder = ""};
    flow_err err = flow_file_read(&files, path, INT64_MAX / 2, &text, &size);
    head h = {.order = 0};
    if (err == FLOW_OK && size >= (int64_t)sizeof h) { memcpy(&h, text, sizeof h); }
    if (err == FLOW_OK) { err = check_head(b, &h, path, complete, size); }
    if (err == FLOW_OK) {
        source s = {.at = (const uint8_t *)text + sizeof h, .left = h.n_byte};
        b->done = h.done;
        if (flow_hash(0, s.at, (size_t)s.left) != h.sum || !get_all(b, &s)) {
            err = flow_fail(FLOW_EINPUT, "%s is damaged; remove it, and its runs are done again",
                            path);
        }
    }
    *found = err == FLOW_OK;
    if (err != FLOW_OK) { b->done = 0; }
    flow_dealloc(text);
    flow_dealloc(path);
    return err;
}
