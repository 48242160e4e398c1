#define _POSIX_C_SOURCE 200809L
#include "members_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Bytes -----------------------------------------------------------------------------------------

/// Room for `more` bytes behind those in use.
static bool reserve(flow_bytes *b, int64_t more)
{
    if (more <= b->size - b->n) { return true; }
    int64_t size = b->size > 0 ? b->size : 4096;
    while (size - b->n < more) { size *= 2; }
    uint8_t *byte = flow_realloc(b->byte, size, 1);
    if (byte == NULL) { return false; }
    b->byte = byte;
    b->size = size;
    return true;
}

/// Seven bits a byte, the lowest first; the last one has no high bit.
static uint8_t *put_number(uint8_t *to, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) { *to++ = (uint8_t)(number | 0x80); }
    *to++ = (uint8_t)number;
    return to;
}

/// NULL when the bytes end within the number.
static const uint8_t *take_number(const uint8_t *from, const uint8_t *end, uint64_t *number)
{
    *number = 0;
    for (int shift = 0; shift < 64 && from < end; shift += 7) {
        *number |= (uint64_t)(*from & 0x7f) << shift;
        if (*from++ < 0x80) { return from; }
    }
    return NULL;
}

// Encoding --------------------------------------------------------------------------------------

/// Small numbers for small changes in either direction.
static uint64_t change(bool integer, double now, double before)
{
    if (integer) {
        const int64_t d = (int64_t)now - (int64_t)before;
        return (uint64_t)d << 1 ^ (d < 0 ? UINT64_MAX : 0);
    }
    uint64_t a, b;
    memcpy(&a, &now, sizeof a);
    memcpy(&b, &before, sizeof b);
    return a ^ b;
}

static flow_value changed(bool integer, flow_value before, uint64_t change)
{
    flow_value now;
    if (integer) {
        const uint64_t d = change >> 1 ^ (0 - (change & 1));
        now.whole = (int64_t)((uint64_t)before.whole + d);
        return now;
    }
    uint64_t bits;
    memcpy(&bits, &before, sizeof bits);
    bits ^= change;
    memcpy(&now, &bits, sizeof now);
    return now;
}

static int64_t most_bytes(const flow_tile *t)
{
    // A number takes at most 10 bytes; 0 and its count no more than numbers for those days.
    return 10 * (int64_t)t->n * t->n_step;
}

/// Value after value, each day beside the one before: a change above 0 as a number, n days without
/// one as 0 and n.
static bool encode(const flow_tile *t, bool integer, const double *block, int32_t width,
                   flow_bytes *out)
{
    if (!reserve(out, most_bytes(t))) { return false; }
    uint8_t *to = out->byte + out->n;
    uint64_t still = 0;
    for (int32_t i = 0; i < t->n; i++) {
        const double *value = block + t->first + i;
        double before = 0.0;
        for (int32_t day = 0; day < t->n_step; day++) {
            const double now = value[(int64_t)day * width];
            const uint64_t c = change(integer, now, before);
            before = now;
            if (c == 0) {
                still++;
                continue;
            }
            if (still > 0) {
                *to++ = 0;
                to = put_number(to, still);
                still = 0;
            }
            to = put_number(to, c);
        }
    }
    if (still > 0) {
        *to++ = 0;
        to = put_number(to, still);
    }
    out->n = to - out->byte;
    return true;
}

/// False when the bytes are not those of this tile.
static bool decode(const flow_tile *t, bool integer, const uint8_t *from, const uint8_t *end,
                   flow_value *out)
{
    uint64_t still = 0;
    for (int32_t i = 0; i < t->n; i++) {
        flow_value value = {.whole = 0}; // the bits of 0.0, too
        for (int32_t day = 0; day < t->n_step; day++) {
            if (still > 0) {
                still--;
            } else {
                uint64_t c = 0;
                from = take_number(from, end, &c);
                if (from == NULL) { return false; }
                if (c > 0) {
                    value = changed(integer, value, c);
                } else {
                    from = take_number(from, end, &still);
                    if (from == NULL || still == 0) { return false; }
                    still--;
                }
            }
            out[(int64_t)day * t->n + i] = value;
        }
    }
    return from == end && still == 0;
}

// Recorder --------------------------------------------------------------------------------------

static int32_t width_of(const flow_recorder *r, int32_t observable)
{
    return (int32_t)flow_observable_n(r->s, &r->tiles->observable[observable]);
}

flow_err flow_recorder_create(const flow_scenario *s, const flow_tiles *tiles, flow_recorder *out)
{
    *out = (flow_recorder){.s = s, .tiles = tiles};
    out->block = flow_calloc(tiles->n_observable, sizeof *out->block);
    out->n_step = flow_calloc(tiles->n_observable, sizeof *out->n_step);
    out->end = flow_calloc(tiles->n, sizeof *out->end);
    bool good = out->block != NULL && out->n_step != NULL && out->end != NULL;
    for (int32_t k = 0; k < tiles->n && good; k++) {
        const flow_tile *t = &tiles->tile[k];
        if (out->block[t->observable] != NULL) { continue; } // the first tile has the most days
        const int64_t n = (int64_t)t->n_step * width_of(out, t->observable);
        out->n_step[t->observable] = t->n_step;
        out->block[t->observable] = flow_calloc(n, sizeof **out->block);
        good = out->block[t->observable] != NULL;
    }
    if (good) { return FLOW_OK; }
    flow_recorder_clear(out);
    return flow_fail(FLOW_ENOMEM, "no memory to record a member");
}

void flow_recorder_clear(flow_recorder *r)
{
    for (int32_t i = 0; r->block != NULL && i < r->tiles->n_observable; i++) {
        flow_dealloc(r->block[i]);
    }
    flow_dealloc(r->block);
    flow_dealloc(r->n_step);
    flow_dealloc(r->end);
    flow_dealloc(r->code.byte);
    *r = (flow_recorder){0};
}

void flow_recorder_begin(flow_recorder *r)
{
    r->tile = r->day = 0;
    r->code.n = 0;
}

static void observe(flow_recorder *r, const flow_model *model, int32_t observable, int32_t row)
{
    const int32_t n = width_of(r, observable);
    double *value = r->block[observable] + (int64_t)row * n;
    flow_observable_read(&r->tiles->observable[observable], model, value);
    if (observable != r->tiles->people) { return; }
    r->people = value;
    for (int32_t p = 0; p < n; p++) {
        if (value[p] > (double)r->most_people) { r->most_people = (int64_t)value[p]; }
    }
}

flow_err flow_recorder_step(flow_recorder *r, const flow_model *model)
{
    for (int32_t i = 0; i < r->tiles->n_observable; i++) {
        if (r->block[i] != NULL) { observe(r, model, i, r->day % r->n_step[i]); }
    }
    r->day++;
    for (; r->tile < r->tiles->n; r->tile++) {
        const flow_tile *t = &r->tiles->tile[r->tile];
        if (t->day + t->n_step > r->day) { break; }
        const bool integer = r->tiles->observable[t->observable].integer;
        if (!encode(t, integer, r->block[t->observable], width_of(r, t->observable), &r->code)) {
            return flow_fail(FLOW_ENOMEM, "no memory to record a member");
        }
        r->end[r->tile] = r->code.n;
    }
    return FLOW_OK;
}

// Store -----------------------------------------------------------------------------------------

flow_err flow_store_create(const flow_tiles *tiles, int32_t n_member, const char *path,
                           int64_t limit, flow_store *out)
{
    static const char suffix[] = ".part.members";
    *out = (flow_store){.tiles = tiles, .n_member = n_member, .limit = limit, .fd = -1};
    const size_t size = strlen(path) + sizeof suffix;
    out->at = flow_calloc(n_member, sizeof *out->at);
    out->first_end = flow_calloc(tiles->n, sizeof *out->first_end);
    out->end = flow_calloc(tiles->n, sizeof *out->end);
    out->path = flow_calloc((int64_t)size, 1);
    if (out->at == NULL || out->first_end == NULL || out->end == NULL || out->path == NULL) {
        flow_store_clear(out);
        return flow_fail(FLOW_ENOMEM, "no memory for %d members", (int)n_member);
    }
    (void)snprintf(out->path, size, "%s%s", path, suffix);
    return FLOW_OK;
}

void flow_store_clear(flow_store *store)
{
    if (store->fd >= 0) { (void)close(store->fd); } // nothing in it is wanted any more
    flow_dealloc(store->at);
    flow_dealloc(store->first_end);
    flow_dealloc(store->end);
    flow_dealloc(store->first.byte);
    flow_dealloc(store->path);
    flow_dealloc(store->memory.byte);
    *store = (flow_store){.fd = -1};
}

static flow_err scratch_failed(const flow_store *store, const char *verb, int error)
{
    char reason[128];
    if (error == 0 || strerror_r(error, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "it was changed");
    }
    return flow_fail(FLOW_EFILE, "cannot %s the scratch file '%s': %s", verb, store->path, reason);
}

// Removed while it is open: it vanishes with the process, however that ends.
static flow_err open_scratch(flow_store *store)
{
    if (store->fd >= 0) { return FLOW_OK; }
    store->fd = open(store->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (store->fd < 0 || unlink(store->path) != 0) { return scratch_failed(store, "make", errno); }
    return FLOW_OK;
}

/// Append to the log. What no longer fits into memory goes to the file as a whole.
static flow_err append(flow_store *store, const void *bytes, int64_t n)
{
    if (store->n + n <= store->limit) {
        if (!reserve(&store->memory, n)) {
            return flow_fail(FLOW_ENOMEM, "no memory for what the members observed");
        }
        memcpy(store->memory.byte + store->n, bytes, (size_t)n);
        store->memory.n = store->n += n;
        return FLOW_OK;
    }
    FLOW_TRY(open_scratch(store));
    const char *from = bytes;
    while (n > 0) {
        const ssize_t wrote = pwrite(store->fd, from, (size_t)n, (off_t)(store->n - store->limit));
        if (wrote < 0 && errno == EINTR) { continue; }
        if (wrote <= 0) { return scratch_failed(store, "write", wrote < 0 ? errno : ENOSPC); }
        from += wrote;
        n -= wrote;
        store->n += wrote;
    }
    return FLOW_OK;
}

/// The first record is what others are compared with.
static flow_err keep_first(flow_store *store, const flow_recorder *r)
{
    if (!reserve(&store->first, r->code.n)) {
        return flow_fail(FLOW_ENOMEM, "no memory for what the members observed");
    }
    memcpy(store->first.byte, r->code.byte, (size_t)r->code.n);
    memcpy(store->first_end, r->end, (size_t)store->tiles->n * sizeof *r->end);
    store->first.n = r->code.n;
    return FLOW_OK;
}

static bool is_in_first(const flow_store *store, const flow_recorder *r, int32_t tile)
{
    const int64_t from = tile > 0 ? r->end[tile - 1] : 0, n = r->end[tile] - from;
    const int64_t first = tile > 0 ? store->first_end[tile - 1] : 0;
    return store->first_end[tile] - first == n &&
           memcmp(store->first.byte + first, r->code.byte + from, (size_t)n) == 0;
}

// A record: where each tile ends, then the tiles. No tile has no bytes, so one without is that of
// the first record.
flow_err flow_store_append(flow_store *store, int32_t member, const flow_recorder *r)
{
    const int32_t n_tile = store->tiles->n;
    if (store->first.n == 0) { FLOW_TRY(keep_first(store, r)); }
    int64_t n = 0;
    for (int32_t k = 0; k < n_tile; k++) {
        const int64_t own = r->end[k] - (k > 0 ? r->end[k - 1] : 0);
        n += is_in_first(store, r, k) ? 0 : own;
        store->end[k] = n;
    }
    const int64_t head = n_tile * (int64_t)sizeof *store->end;
    if (store->n < store->limit && store->n + head + n > store->limit) {
        store->n = store->limit; // a record lies in one place
    }
    store->at[member] = store->n;
    FLOW_TRY(append(store, store->end, head));
    for (int32_t k = 0; k < n_tile; k++) {
        const int64_t own = store->end[k] - (k > 0 ? store->end[k - 1] : 0);
        if (own > 0) { FLOW_TRY(append(store, r->code.byte + r->end[k] - own, own)); }
    }
    return FLOW_OK;
}

/// Bytes [at, at + n) of the log; those of the file in scratch.
static flow_err fetch(const flow_store *store, int64_t at, int64_t n, flow_bytes *scratch,
                      const uint8_t **out)
{
    if (at < store->limit) {
        *out = store->memory.byte + at;
        return FLOW_OK;
    }
    scratch->n = 0;
    if (!reserve(scratch, n)) { return flow_fail(FLOW_ENOMEM, "no memory to read the members"); }
    *out = scratch->byte;
    for (int64_t done = 0; done < n;) {
        const ssize_t got = pread(store->fd, scratch->byte + done, (size_t)(n - done),
                                  (off_t)(at - store->limit + done));
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { return scratch_failed(store, "read", got < 0 ? errno : 0); }
        done += got;
    }
    return FLOW_OK;
}

flow_err flow_store_read(const flow_store *store, int32_t member, int32_t tile, flow_bytes *scratch,
                         flow_value *out)
{
    const flow_tile *t = &store->tiles->tile[tile];
    const int64_t size = (int64_t)sizeof(int64_t);
    const int64_t head = store->at[member], body = head + store->tiles->n * size;
    const uint8_t *bytes = NULL;
    int64_t from = 0, end = 0;
    if (tile > 0) {
        FLOW_TRY(fetch(store, head + (tile - 1) * size, size, scratch, &bytes));
        memcpy(&from, bytes, sizeof from);
    }
    FLOW_TRY(fetch(store, head + tile * size, size, scratch, &bytes));
    memcpy(&end, bytes, sizeof end);
    if (end < from || end - from > most_bytes(t)) { return scratch_failed(store, "read", 0); }
    if (end > from) {
        FLOW_TRY(fetch(store, body + from, end - from, scratch, &bytes));
    } else {
        from = tile > 0 ? store->first_end[tile - 1] : 0;
        end = store->first_end[tile];
        bytes = store->first.byte + from;
    }
    const bool integer = store->tiles->observable[t->observable].integer;
    if (!decode(t, integer, bytes, bytes + (end - from), out)) {
        return scratch_failed(store, "read", 0);
    }
    return FLOW_OK;
}
