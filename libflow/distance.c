#include "distance.h"

#include <math.h>

/// A place waiting to be settled.
typedef struct entry {
    double km;
    int32_t place;
} entry;

/// Smallest km first. Every link adds at most one entry; old ones are skipped when they come up.
typedef struct heap {
    entry *row;
    int64_t n;
} heap;

/// Links by the place they lead to.
typedef struct inward {
    int32_t *first; ///< [n_place + 1]
    int32_t *link;  ///< [n_link]
} inward;

static void push(heap *h, double km, int32_t place)
{
    int64_t i = h->n++;
    while (i > 0 && h->row[(i - 1) / 2].km > km) {
        h->row[i] = h->row[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->row[i] = (entry){.km = km, .place = place};
}

static entry pop(heap *h)
{
    const entry top = h->row[0];
    const entry last = h->row[--h->n];
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= h->n) { break; }
        if (child + 1 < h->n && h->row[child + 1].km < h->row[child].km) { child++; }
        if (h->row[child].km >= last.km) { break; }
        h->row[i] = h->row[child];
        i = child;
    }
    h->row[i] = last;
    return top;
}

static void sort_inward(const flow_scenario *s, inward *in)
{
    for (int32_t k = 0; k < s->n_link; k++) { in->first[s->link_to[k] + 1]++; }
    for (int32_t p = 0; p < s->n_place; p++) { in->first[p + 1] += in->first[p]; }
    for (int32_t k = s->n_link - 1; k >= 0; k--) { in->link[--in->first[s->link_to[k] + 1]] = k; }
    // Each entry of `first` now is the begin of its own place, one too far on; move them back.
    for (int32_t p = 0; p < s->n_place; p++) { in->first[p] = in->first[p + 1]; }
    in->first[s->n_place] = s->n_link;
}

static void settle(const flow_scenario *s, const inward *in, heap *h, double *out)
{
    while (h->n > 0) {
        const entry best = pop(h);
        if (best.km > out[best.place]) { continue; }
        for (int32_t i = in->first[best.place]; i < in->first[best.place + 1]; i++) {
            const int32_t link = in->link[i];
            const int32_t from = s->link_from[link];
            const double km = best.km + s->length_km[link];
            if (km < out[from]) {
                out[from] = km;
                push(h, km, from);
            }
        }
    }
}

flow_err flow_shortest_km(const flow_scenario *s, int32_t target, double *out)
{
    if (target < 0 || target >= s->n_place) {
        return flow_fail(FLOW_ERANGE, "place %d is outside [0, %d)", (int)target, (int)s->n_place);
    }
    flow_err err = FLOW_OK;
    inward in = {.first = flow_calloc((int64_t)s->n_place + 1, sizeof *in.first),
                 .link = flow_calloc(s->n_link, sizeof *in.link)};
    heap h = {.row = flow_calloc((int64_t)s->n_link + 1, sizeof *h.row)};
    if (in.first == NULL || in.link == NULL || h.row == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for distances over %d links", (int)s->n_link);
    } else {
        sort_inward(s, &in);
        for (int32_t p = 0; p < s->n_place; p++) { out[p] = (double)INFINITY; }
        out[target] = 0.0;
        push(&h, 0.0, target);
        settle(s, &in, &h, out);
    }
    flow_dealloc(h.row);
    flow_dealloc(in.link);
    flow_dealloc(in.first);
    return err;
}
