/// @file ids.h
/// Layer 4: lists of the ids of people who are followed one by one, and the memory of such lists.
#ifndef FLOW_IDS_H
#define FLOW_IDS_H

#include "base.h"

#include <omp.h>

/// Ids of followed units, in no particular order; the block belongs to a pool.
///
/// Of long lists the first ones are in random order, every order alike: whoever is drawn from them
/// is the last one, at no price. Who came since stands behind them.
typedef struct flow_ids {
    uint32_t *id;   ///< [n], room for `size`; NULL: nobody is followed
    uint32_t n;     ///< ids
    uint32_t size;  ///< a power of two; 0: no block
    uint32_t mixed; ///< ids at the beginning in random order
} flow_ids;

enum { FLOW_IDS_MIXED_FROM = 4096 }; ///< ids of a list that is kept in random order

enum { FLOW_POOL_CLASSES = 33 };

/// Blocks of 2^k ids that wait to be used again. One per thread; what one has too much of is given
/// to the shared one.
typedef struct flow_pool {
    void *free[FLOW_POOL_CLASSES]; ///< chains: the first word of a free block is the next one
    int32_t n_free[FLOW_POOL_CLASSES];
    void *slab;                   ///< chain of slabs to free at the end
    char *room;                   ///< unused rest of the newest slab
    int64_t room_left, next_slab; ///< bytes
    struct flow_pool *shared;     ///< where to look before a new slab is made; may be NULL
    omp_lock_t lock;              ///< held by whoever touches a shared pool
} flow_pool;

/// An empty pool; `shared` is borrowed, may be NULL.
void flow_pool_init(flow_pool *pool, flow_pool *shared);
/// Give all memory of a pool back. The blocks taken from it are gone with it.
void flow_pool_clear(flow_pool *pool);
/// Bytes in slabs.
int64_t flow_pool_bytes(const flow_pool *pool);

/// Room for at least n ids; false when out of memory.
bool flow_ids_reserve(flow_pool *pool, flow_ids *ids, uint32_t n);
/// Put all of `from` behind `to`; `from` becomes empty. False when out of memory.
bool flow_ids_join(flow_pool *pool, flow_ids *to, flow_ids *from);
/// Return the block.
void flow_ids_drop(flow_pool *pool, flow_ids *ids);

#endif
