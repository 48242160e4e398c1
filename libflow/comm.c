// How a model is divided over ranks, and what they tell each other of arrays.
#include "destination.h"
#include "state.h"

#include <string.h>

// Dividing ----------------------------------------------------------------------------------------

void flow_divide_in_order(const int32_t *first_link, int32_t n_place, int32_t n_rank,
                          int32_t *owner)
{
    const double all = (double)n_place + first_link[n_place];
    for (int32_t p = 0; p < n_place; p++) {
        const double middle = p + 0.5 + (first_link[p] + first_link[p + 1]) / 2.0;
        const double rank = middle / all * n_rank;
        owner[p] = rank < n_rank - 1 ? (int32_t)rank : n_rank - 1;
    }
}

static int32_t owner_of(const flow_model *m, const flow_division *d, flow_owned by, int32_t i)
{
    switch (by) {
    case FLOW_OWNED_START: return d->owner[m->s->link_from[i]];
    case FLOW_OWNED_END: return d->owner[m->s->link_to[i]];
    default: return d->owner[i];
    }
}

static int32_t length_of(const flow_model *m, flow_owned by)
{
    return by == FLOW_OWNED_PLACE ? m->s->n_place : m->s->n_link;
}

/// Places or links in order of their owners, those of each in order.
static bool list_owned(const flow_model *m, flow_division *d, flow_owned by)
{
    const int32_t n = length_of(m, by), size = d->ranks->size;
    d->list[by] = flow_calloc(n, sizeof **d->list);
    d->first[by] = flow_calloc(size + 1, sizeof **d->first);
    if (d->list[by] == NULL || d->first[by] == NULL) { return false; }
    for (int32_t i = 0; i < n; i++) { d->first[by][owner_of(m, d, by, i) + 1]++; }
    for (int32_t r = 0; r < size; r++) {
        d->first[by][r + 1] += d->first[by][r];
        d->at[r] = d->first[by][r];
    }
    for (int32_t i = 0; i < n; i++) { d->list[by][d->at[owner_of(m, d, by, i)]++] = i; }
    return true;
}

static bool make(const flow_model *m, flow_division *d, const int32_t *owner)
{
    const int32_t n_place = m->s->n_place, size = d->ranks->size;
    d->owner = flow_calloc(n_place, sizeof *d->owner);
    d->mine = flow_calloc(n_place, sizeof *d->mine);
    d->n_send = flow_calloc(size, sizeof *d->n_send);
    d->n_receive = flow_calloc(size, sizeof *d->n_receive);
    d->at = flow_calloc(size, sizeof *d->at);
    if (d->owner == NULL || d->mine == NULL || d->n_send == NULL || d->n_receive == NULL ||
        d->at == NULL) {
        return false;
    }
    for (int32_t p = 0; p < n_place; p++) {
        d->owner[p] = owner[p];
        d->mine[p] = owner[p] == d->ranks->rank;
    }
    bool good = true;
    for (int by = 0; by < FLOW_N_OWNED; by++) { good = good && list_owned(m, d, (flow_owned)by); }
    return good;
}

flow_err flow_model_divide(flow_model *m, const flow_team *ranks, const int32_t *owner)
{
    if (m->day != 0 || m->broken || m->part != NULL || m->follow.mode != FLOW_INDIVIDUALS_NONE) {
        return flow_fail(FLOW_ESTATE, "only a model that is at its beginning and follows nobody "
                                      "can be divided");
    }
    flow_division *d = flow_calloc(1, sizeof *d);
    if (d != NULL) { d->ranks = ranks; }
    if (d == NULL || !make(m, d, owner)) {
        flow_division_free(d);
        return flow_fail(FLOW_ENOMEM, "no memory to divide a model");
    }
    m->part = d;
    m->mine = d->mine;
    flow_division_keep_own(m);
    return FLOW_OK;
}

void flow_division_free(flow_division *d)
{
    if (d == NULL) { return; }
    for (int by = 0; by < FLOW_N_OWNED; by++) {
        flow_dealloc(d->list[by]);
        flow_dealloc(d->first[by]);
    }
    flow_dealloc(d->owner);
    flow_dealloc(d->mine);
    flow_dealloc(d->n_send);
    flow_dealloc(d->n_receive);
    flow_dealloc(d->at);
    flow_dealloc(d->send.byte);
    flow_dealloc(d->receive.byte);
    flow_dealloc(d->merged.byte);
    flow_dealloc(d);
}

flow_err flow_division_failure(const flow_model *m)
{
    return m->part != NULL && m->part->failed
               ? flow_fail(FLOW_ENOMEM, "no memory for what other ranks send")
               : FLOW_OK;
}

int64_t flow_division_n_cut(const flow_model *m)
{
    int64_t n = 0;
    for (int32_t l = 0; l < m->s->n_link && m->part != NULL; l++) {
        n += m->part->owner[m->s->link_from[l]] != m->part->owner[m->s->link_to[l]];
    }
    return n;
}

// Who has which set ------------------------------------------------------------------------------

void flow_division_keep_own(flow_model *m)
{
    const flow_division *d = m->part;
    if (d == NULL) { return; }
    flow_pool *pool = &m->work[0].pool;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (d->mine[p]) { continue; }
        flow_cells_drop(pool, &m->here[p]);
        flow_cells_drop(pool, &m->active[p]);
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        if (!d->mine[m->s->link_from[l]]) {
            flow_cells_drop(pool, &m->back[l]);
            if (m->to != NULL) { flow_cells_drop(pool, &m->to->gate[l]); }
        }
        if (!d->mine[m->s->link_to[l]]) {
            flow_cells_drop(pool, &m->queue[l]);
            flow_cells_drop(pool, &m->entry[l]);
            flow_cells_drop(pool, &m->road[l]);
            m->road_due[l] = INT32_MAX;
        }
    }
}

// Room --------------------------------------------------------------------------------------------

static bool unable(const flow_model *m)
{
    return m->part->failed || flow_any_failed(m);
}

static void fail(const flow_model *m)
{
    m->part->failed = m->work[0].failed = true;
}

bool flow_comm_reserve(const flow_model *m, flow_comm_room *room, int64_t n)
{
    if (room->byte != NULL && n <= room->size) { return true; }
    int64_t size = room->size > 0 ? room->size : 4096;
    while (size < n) { size *= 2; }
    char *byte = flow_realloc(room->byte, size, 1);
    if (byte == NULL) {
        fail(m);
        return false;
    }
    room->byte = byte;
    room->size = size;
    return true;
}

bool flow_comm_able(const flow_model *m)
{
    return m->part != NULL && !unable(m);
}

// Sums --------------------------------------------------------------------------------------------

void flow_sum_ranks(const flow_model *m, int64_t *value, int64_t n)
{
    if (!flow_comm_able(m)) { return; }
    flow_division *d = m->part;
    d->ranks->sum(d->ranks->context, value, n);
    d->bytes += (d->ranks->size - 1) * n * (int64_t)sizeof *value;
}

bool flow_any_rank(const flow_model *m, bool here)
{
    int64_t n = here;
    flow_sum_ranks(m, &n, 1);
    return n != 0;
}

void flow_share_checksum(const flow_model *m)
{
    if (m->part == NULL) { return; }
    int64_t sum;
    const uint64_t own = flow_model_cells_hash(m);
    memcpy(&sum, &own, sizeof sum);
    flow_sum_ranks(m, &sum, 1);
    uint64_t all;
    memcpy(&all, &sum, sizeof all);
    m->part->others = all - own;
}

// Arrays ------------------------------------------------------------------------------------------

/// Bytes of n elements, filled up.
static int64_t filled(int64_t n, size_t size)
{
    return (n * (int64_t)size + 7) & ~INT64_C(7);
}

void flow_gather(const flow_model *m, flow_owned by, void *array, size_t size, bool all)
{
    if (!flow_comm_able(m) || m->part->ranks->size == 1 || size == 0) { return; }
    flow_division *d = m->part;
    const int32_t n_rank = d->ranks->size, rank = d->ranks->rank;
    const int64_t *first = d->first[by];
    const bool receives = all || rank == 0;
    int64_t n = 0;
    for (int32_t r = 0; r < n_rank; r++) {
        d->n_receive[r] = filled(first[r + 1] - first[r], size);
        n += d->n_receive[r];
    }
    if (!flow_comm_reserve(m, &d->send, d->n_receive[rank]) ||
        !flow_comm_reserve(m, &d->receive, receives ? n : 0)) {
        return;
    }
    char *byte = array, *to = d->send.byte;
    for (int64_t i = first[rank]; i < first[rank + 1]; i++, to += size) {
        memcpy(to, byte + (size_t)d->list[by][i] * size, size);
    }
    d->ranks->gather(d->ranks->context, d->send.byte, d->n_receive[rank], d->receive.byte,
                     d->n_receive, all ? -1 : 0);
    d->bytes += (all ? n_rank - 1 : rank != 0) * d->n_receive[rank];
    const char *from = d->receive.byte;
    for (int32_t r = 0; r < n_rank && receives; r++) {
        const char *next = from;
        for (int64_t i = first[r]; i < first[r + 1] && r != rank; i++, next += size) {
            memcpy(byte + (size_t)d->list[by][i] * size, next, size);
        }
        from += d->n_receive[r];
    }
}

void flow_share_people(const flow_model *m)
{
    if (m->part == NULL || m->s->n_use == 0) { return; }
    flow_gather(m, FLOW_OWNED_PLACE, m->count, sizeof *m->count, true);
}

void flow_share_limited(const flow_model *m)
{
    if (!flow_comm_able(m) || m->n_limited == 0) { return; }
    flow_division *d = m->part;
    const int64_t n = m->n_limited * (int64_t)sizeof(int64_t);
    if (!flow_comm_reserve(m, &d->merged, n)) { return; }
    int64_t *count = (int64_t *)(void *)d->merged.byte;
    for (int32_t i = 0; i < m->n_limited; i++) {
        const int32_t p = m->limited[i];
        count[i] = d->mine[p] ? m->count[p] : 0;
    }
    flow_sum_ranks(m, count, m->n_limited);
    for (int32_t i = 0; i < m->n_limited; i++) { m->count[m->limited[i]] = count[i]; }
}

// Rows --------------------------------------------------------------------------------------------

/// Bytes that all ranks send to all: from d->send to d->receive, and how many each sent in
/// d->n_receive.
bool flow_comm_to_all(const flow_model *m)
{
    flow_division *d = m->part;
    const int32_t n_rank = d->ranks->size;
    for (int32_t r = 0; r < n_rank; r++) { d->n_send[r] = d->send.n; }
    d->ranks->sizes(d->ranks->context, d->n_send, d->n_receive);
    int64_t n = 0;
    for (int32_t r = 0; r < n_rank; r++) { n += d->n_receive[r]; }
    if (!flow_comm_reserve(m, &d->receive, n)) { return false; }
    d->receive.n = n;
    d->bytes += (n_rank - 1) * (d->send.n + (int64_t)sizeof n);
    if (n > 0) {
        d->ranks->gather(d->ranks->context, d->send.byte, d->send.n, d->receive.byte, d->n_receive,
                         -1);
    }
    return true;
}

static int32_t place_of(const char *row)
{
    int32_t place;
    memcpy(&place, row, sizeof place);
    return place;
}

const void *flow_share_rows(const flow_model *m, const void *row, size_t size, int64_t *n)
{
    if (!flow_comm_able(m) || m->part->ranks->size == 1) { return row; }
    flow_division *d = m->part;
    d->send.n = *n * (int64_t)size;
    if (!flow_comm_reserve(m, &d->send, d->send.n)) { return row; }
    if (*n > 0) { memcpy(d->send.byte, row, (size_t)d->send.n); }
    if (!flow_comm_to_all(m) || !flow_comm_reserve(m, &d->merged, d->receive.n)) { return row; }
    int64_t begin = 0;
    for (int32_t r = 0; r < d->ranks->size; r++) {
        d->at[r] = begin;
        begin += d->n_receive[r];
        d->n_receive[r] = begin; // the end
    }
    char *to = d->merged.byte;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const int32_t r = d->owner[p];
        while (d->at[r] < d->n_receive[r] && place_of(d->receive.byte + d->at[r]) == p) {
            memcpy(to, d->receive.byte + d->at[r], size);
            to += size;
            d->at[r] += (int64_t)size;
        }
    }
    *n = (to - d->merged.byte) / (int64_t)size;
    return d->merged.byte;
}
