/// @file parcel.h
/// Layer 4: people who leave a place and arrive at another in the same phase, on their way between
/// two loops over places. The first loop writes parcels, the second delivers them; their order is
/// that of the places they come from, whatever the number of threads.
#ifndef FLOW_PARCEL_H
#define FLOW_PARCEL_H

#include "population.h"

/// Head of a parcel; its ids follow.
typedef struct flow_parcel {
    flow_key key;
    int64_t n;      ///< units
    int32_t to;     ///< place
    uint32_t n_ids; ///< followed units
} flow_parcel;

/// Parcels one after the other. Zero-initialise.
typedef struct flow_box {
    char *byte;
    int64_t n, size; ///< bytes
} flow_box;

/// Followed people who leave one by one, in columns: where to, and who.
typedef struct flow_trail {
    int32_t *to;
    uint32_t *id;
    int64_t n, size;
} flow_trail;

/// Room for n more people and 16 to spare, which vectors write over. False when out of memory.
static inline bool flow_trail_reserve(flow_trail *trail, int64_t n)
{
    if (trail->n + n + 16 <= trail->size) { return true; }
    int64_t size = trail->size > 0 ? 2 * trail->size : 1024;
    while (size < trail->n + n + 16) { size *= 2; }
    int32_t *to = flow_realloc(trail->to, size, sizeof *to);
    if (to == NULL) { return false; }
    trail->to = to;
    uint32_t *id = flow_realloc(trail->id, size, sizeof *id);
    if (id == NULL) { return false; }
    trail->id = id;
    trail->size = size;
    return true;
}

/// Room for one more parcel with n_ids ids, to be filled by the caller at once; NULL: no memory.
static inline flow_parcel *flow_box_add(flow_box *box, uint32_t n_ids)
{
    const int64_t bytes = (int64_t)sizeof(flow_parcel) + (((int64_t)n_ids + 1) & ~INT64_C(1)) * 4;
    if (box->n + bytes > box->size) {
        int64_t size = box->size > 0 ? 2 * box->size : 4096;
        while (size < box->n + bytes) { size *= 2; }
        char *byte = flow_realloc(box->byte, size, 1);
        if (byte == NULL) { return NULL; }
        box->byte = byte;
        box->size = size;
    }
    flow_parcel *parcel = (flow_parcel *)(void *)(box->byte + box->n);
    box->n += bytes;
    return parcel;
}

/// Ids of a parcel, [n_ids].
static inline uint32_t *flow_parcel_ids(flow_parcel *parcel)
{
    return (uint32_t *)(void *)(parcel + 1);
}

/// The parcel at a byte of a box; *at moves to the next one.
static inline flow_parcel *flow_box_next(const flow_box *box, int64_t *at)
{
    flow_parcel *parcel = (flow_parcel *)(void *)(box->byte + *at);
    *at += (int64_t)sizeof(flow_parcel) + (((int64_t)parcel->n_ids + 1) & ~INT64_C(1)) * 4;
    return parcel;
}

#endif
