// People who go from rank to rank.
#include "comm.h"
#include "model.h"

#include <string.h>

/// A cell on its way to another rank.
typedef struct parcel {
    flow_key key;
    int64_t n;
    int32_t where; ///< place or link
    int32_t none;  ///< 0
} parcel;

_Static_assert(sizeof(parcel) == 40, "parcels have no bytes between their members");

/// The rows of a set are written behind each other.
static void pack(const flow_cells *cells, int32_t where, int64_t *at, char *byte)
{
    for (int32_t i = 0; i < cells->n; i++) {
        const parcel one = {.key = cells->row[i].key, .n = cells->row[i].n, .where = where};
        memcpy(byte + *at, &one, sizeof one);
        *at += (int64_t)sizeof one;
    }
}

/// Where the bytes for each rank begin, in d->at; all of them fit.
static bool begin_send(const flow_model *m)
{
    flow_division *d = m->part;
    int64_t n = 0;
    for (int32_t r = 0; r < d->ranks->size; r++) {
        d->at[r] = n;
        n += d->n_send[r];
    }
    return flow_comm_reserve(m, &d->send, n);
}

/// The bytes go to their ranks; false when out of memory.
static bool swap(const flow_model *m)
{
    flow_division *d = m->part;
    d->ranks->sizes(d->ranks->context, d->n_send, d->n_receive);
    int64_t n = 0, sent = 0;
    for (int32_t r = 0; r < d->ranks->size; r++) {
        n += d->n_receive[r];
        sent += d->n_send[r];
    }
    if (!flow_comm_reserve(m, &d->receive, n)) { return false; }
    d->receive.n = n;
    d->ranks->swap(d->ranks->context, d->send.byte, d->n_send, d->receive.byte, d->n_receive);
    d->bytes += sent + (d->ranks->size - 1) * (int64_t)sizeof n;
    return true;
}

/// Received cells go to the sets they belong to.
static void unpack(const flow_model *m, flow_cells *sets)
{
    const flow_division *d = m->part;
    flow_work *w = &m->work[0];
    for (int64_t at = 0; at < d->receive.n; at += (int64_t)sizeof(parcel)) {
        parcel one;
        memcpy(&one, d->receive.byte + at, sizeof one);
        flow_party party = {.key = one.key, .n = one.n};
        flow_put(w, &sets[one.where], &party);
    }
}

/// Cells in sets of links that this rank has at one end go to the rank at the other end.
static void send_cells(const flow_model *m, flow_cells *sets, flow_owned from, flow_owned to)
{
    flow_division *d = m->part;
    const int32_t rank = d->ranks->rank;
    const int32_t *end = to == FLOW_OWNED_END ? m->s->link_to : m->s->link_from;
    const int64_t begin = d->first[from][rank], n = d->first[from][rank + 1];
    memset(d->n_send, 0, (size_t)d->ranks->size * sizeof *d->n_send);
    for (int64_t i = begin; i < n; i++) {
        const int32_t l = d->list[from][i], other = d->owner[end[l]];
        if (other != rank) { d->n_send[other] += sets[l].n * (int64_t)sizeof(parcel); }
    }
    if (!begin_send(m)) { return; }
    for (int64_t i = begin; i < n; i++) {
        const int32_t l = d->list[from][i], other = d->owner[end[l]];
        if (other == rank || sets[l].n == 0) { continue; }
        pack(&sets[l], l, &d->at[other], d->send.byte);
        flow_cells_empty(&sets[l]);
    }
    if (swap(m)) { unpack(m, sets); }
}

void flow_send_on(const flow_model *m, flow_cells *sets)
{
    if (flow_comm_able(m)) { send_cells(m, sets, FLOW_OWNED_START, FLOW_OWNED_END); }
}

void flow_send_back(const flow_model *m)
{
    if (flow_comm_able(m)) { send_cells(m, m->back, FLOW_OWNED_END, FLOW_OWNED_START); }
}

void flow_share_cells(const flow_model *m, flow_owned by, flow_cells *sets)
{
    if (!flow_comm_able(m)) { return; }
    flow_division *d = m->part;
    const int32_t rank = d->ranks->rank;
    const int64_t begin = d->first[by][rank], end = d->first[by][rank + 1];
    int64_t n = 0;
    for (int64_t i = begin; i < end; i++) { n += sets[d->list[by][i]].n; }
    if (!flow_comm_reserve(m, &d->send, n * (int64_t)sizeof(parcel))) { return; }
    d->send.n = 0;
    for (int64_t i = begin; i < end; i++) {
        const int32_t k = d->list[by][i];
        pack(&sets[k], k, &d->send.n, d->send.byte);
        flow_cells_empty(&sets[k]);
    }
    if (flow_comm_to_all(m)) { unpack(m, sets); }
}

void flow_send_alone(const flow_model *m)
{
    if (!flow_comm_able(m)) { return; }
    flow_division *d = m->part;
    const int32_t n_rank = d->ranks->size, rank = d->ranks->rank;
    const int64_t *first = d->first[FLOW_OWNED_PLACE];
    memset(d->n_send, 0, (size_t)n_rank * sizeof *d->n_send);
    int32_t *inflow = m->work[0].inflow;
    for (int32_t t = 1; t < m->threads; t++) {
        int32_t *other = m->work[t].inflow;
        for (int32_t p = 0; p < m->s->n_place; p++) {
            inflow[p] += other[p];
            other[p] = 0;
        }
    }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const int32_t r = d->owner[p];
        if (r != rank && inflow[p] != 0) { d->n_send[r] += 2 * (int64_t)sizeof *inflow; }
    }
    if (!begin_send(m)) { return; }
    for (int32_t r = 0; r < n_rank; r++) {
        for (int64_t i = first[r]; i < first[r + 1] && r != rank; i++) {
            const int32_t p = d->list[FLOW_OWNED_PLACE][i];
            if (inflow[p] == 0) { continue; }
            const int32_t pair[2] = {p, inflow[p]};
            memcpy(d->send.byte + d->at[r], pair, sizeof pair);
            d->at[r] += (int64_t)sizeof pair;
            inflow[p] = 0;
        }
    }
    if (!swap(m)) { return; }
    for (int64_t at = 0; at < d->receive.n; at += 2 * (int64_t)sizeof *inflow) {
        int32_t pair[2];
        memcpy(pair, d->receive.byte + at, sizeof pair);
        inflow[pair[0]] += pair[1];
    }
}
