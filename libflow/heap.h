/// @file heap.h
/// Layer 0: places waiting to be settled, cheapest first, for shortest paths.
#ifndef FLOW_HEAP_H
#define FLOW_HEAP_H

#include "base.h"

typedef struct flow_heap_row {
    double cost;
    int32_t place;
} flow_heap_row;

/// Binary heap; the owner provides the rows. Equal costs come out by place, so the order of pops is
/// that of (cost, place) whatever the order of pushes.
typedef struct flow_heap {
    flow_heap_row *row;
    int64_t n;
} flow_heap;

static inline bool flow_heap_before(flow_heap_row a, flow_heap_row b)
{
    return a.cost < b.cost || (a.cost == b.cost && a.place < b.place);
}

/// There must be room for one more row.
static inline void flow_heap_push(flow_heap *h, double cost, int32_t place)
{
    const flow_heap_row added = {.cost = cost, .place = place};
    int64_t i = h->n++;
    while (i > 0 && flow_heap_before(added, h->row[(i - 1) / 2])) {
        h->row[i] = h->row[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->row[i] = added;
}

/// The heap must not be empty.
static inline flow_heap_row flow_heap_pop(flow_heap *h)
{
    const flow_heap_row top = h->row[0];
    const flow_heap_row last = h->row[--h->n];
    int64_t i = 0;
    for (int64_t child = 1; child < h->n; child = 2 * i + 1) {
        if (child + 1 < h->n && flow_heap_before(h->row[child + 1], h->row[child])) { child++; }
        if (!flow_heap_before(h->row[child], last)) { break; }
        h->row[i] = h->row[child];
        i = child;
    }
    h->row[i] = last;
    return top;
}

#endif
