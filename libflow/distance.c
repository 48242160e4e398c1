#include "distance.h"

#include "heap.h"

#include <math.h>

/// Links by the place they lead to.
typedef struct inward {
    int32_t *first; ///< [n_place + 1]
    int32_t *link;  ///< [n_link]
} inward;

static void sort_inward(const flow_scenario *s, inward *in)
{
    for (int32_t k = 0; k < s->n_link; k++) { in->first[s->link_to[k] + 1]++; }
    for (int32_t p = 0; p < s->n_place; p++) { in->first[p + 1] += in->first[p]; }
    for (int32_t k = s->n_link - 1; k >= 0; k--) { in->link[--in->first[s->link_to[k] + 1]] = k; }
    // Each entry of `first` now is the begin of its own place, one too far on; move them back.
    for (int32_t p = 0; p < s->n_place; p++) { in->first[p] = in->first[p + 1]; }
    in->first[s->n_place] = s->n_link;
}

static void settle(const flow_scenario *s, const inward *in, flow_heap *h, double *out)
{
    while (h->n > 0) {
        const flow_heap_row best = flow_heap_pop(h);
        if (best.cost > out[best.place]) { continue; }
        for (int32_t i = in->first[best.place]; i < in->first[best.place + 1]; i++) {
            const int32_t link = in->link[i];
            const int32_t from = s->link_from[link];
            const double km = best.cost + s->length_km[link];
            if (km < out[from]) {
                out[from] = km;
                flow_heap_push(h, km, from);
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
    flow_heap h = {.row = flow_calloc((int64_t)s->n_link + 1, sizeof *h.row)};
    if (in.first == NULL || in.link == NULL || h.row == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for distances over %d links", (int)s->n_link);
    } else {
        sort_inward(s, &in);
        for (int32_t p = 0; p < s->n_place; p++) { out[p] = (double)INFINITY; }
        out[target] = 0.0;
        flow_heap_push(&h, 0.0, target);
        settle(s, &in, &h, out);
    }
    flow_dealloc(h.row);
    flow_dealloc(in.link);
    flow_dealloc(in.first);
    return err;
}
