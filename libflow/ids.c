#include "ids.h"

#include <string.h>

enum {
    smallest = 4,    // class of the smallest block: 16 ids, one cache line
    most_own = 64,   // free blocks of a class that a thread keeps, at least
    large_class = 18 // blocks from 2^18 ids (1 MiB) on are slabs of their own
};
static const int64_t first_slab = INT64_C(1) << 20; // bytes

/// Head of a slab.
typedef struct slab {
    struct slab *next;
    int64_t bytes;
} slab;

enum { line = 64 };                   // bytes of a cache line: blocks keep lines whole
static const int64_t head = 2 * line; // bytes before the first block, at most

static int32_t class_of(uint32_t n)
{
    int32_t c = smallest;
    while (c < 32 && (UINT32_C(1) << c) < n) { c++; }
    return c;
}

static int64_t class_bytes(int32_t c)
{
    return (INT64_C(1) << c) * (int64_t)sizeof(uint32_t);
}

static void push(flow_pool *pool, int32_t c, void *block)
{
    memcpy(block, &pool->free[c], sizeof(void *));
    pool->free[c] = block;
    pool->n_free[c]++;
}

static void *pop(flow_pool *pool, int32_t c)
{
    void *block = pool->free[c];
    if (block == NULL) { return NULL; }
    memcpy(&pool->free[c], block, sizeof(void *));
    pool->n_free[c]--;
    return block;
}

static char *add_slab(flow_pool *pool, int64_t bytes)
{
    slab *s = flow_calloc(bytes + head, 1);
    if (s == NULL) { return NULL; }
    s->next = pool->slab;
    s->bytes = bytes + head;
    pool->slab = s;
    return (char *)s + head - (uintptr_t)s % line;
}

static void *carve(flow_pool *pool, int32_t c)
{
    const int64_t bytes = class_bytes(c);
    if (c >= large_class) { return add_slab(pool, bytes); }
    if (pool->room_left < bytes) {
        // What is left of the old slab becomes small blocks.
        for (int32_t k = large_class; k-- > smallest;) {
            while (pool->room_left >= class_bytes(k)) {
                push(pool, k, pool->room);
                pool->room += class_bytes(k);
                pool->room_left -= class_bytes(k);
            }
        }
        const int64_t size = pool->next_slab > 0 ? pool->next_slab : first_slab;
        char *room = add_slab(pool, size);
        if (room == NULL) { return NULL; }
        pool->room = room;
        pool->room_left = size;
        pool->next_slab = 2 * size < 64 * first_slab ? 2 * size : 64 * first_slab;
    }
    void *block = pool->room;
    pool->room += bytes;
    pool->room_left -= bytes;
    return block;
}

static void *take(flow_pool *pool, int32_t c)
{
    void *block = pop(pool, c);
    if (block != NULL) { return block; }
    if (pool->shared != NULL) {
        omp_set_lock(&pool->shared->lock);
        block = pop(pool->shared, c);
        omp_unset_lock(&pool->shared->lock);
        if (block != NULL) { return block; }
    }
    return carve(pool, c);
}

static void give(flow_pool *pool, int32_t c, void *block)
{
    push(pool, c, block);
    if (pool->shared == NULL || pool->n_free[c] <= 2 * most_own) { return; }
    omp_set_lock(&pool->shared->lock);
    while (pool->n_free[c] > most_own) { push(pool->shared, c, pop(pool, c)); }
    omp_unset_lock(&pool->shared->lock);
}

bool flow_ids_reserve(flow_pool *pool, flow_ids *ids, uint32_t n)
{
    if (n <= ids->size) { return true; }
    const int32_t c = class_of(n);
    uint32_t *block = take(pool, c);
    if (block == NULL) { return false; }
    if (ids->size > 0) {
        memcpy(block, ids->id, ids->n * sizeof *block);
        give(pool, class_of(ids->size), ids->id);
    }
    ids->id = block;
    ids->size = UINT32_C(1) << c;
    return true;
}

bool flow_ids_join(flow_pool *pool, flow_ids *to, flow_ids *from)
{
    if (from->n == 0) {
        flow_ids_drop(pool, from);
        return true;
    }
    if (to->n == 0) {
        flow_ids_drop(pool, to);
        *to = *from;
        *from = (flow_ids){0};
        return true;
    }
    if (!flow_ids_reserve(pool, to, to->n + from->n)) { return false; }
    memcpy(to->id + to->n, from->id, from->n * sizeof *to->id);
    to->n += from->n;
    flow_ids_drop(pool, from);
    return true;
}

void flow_ids_drop(flow_pool *pool, flow_ids *ids)
{
    if (ids->size > 0) { give(pool, class_of(ids->size), ids->id); }
    *ids = (flow_ids){0};
}

void flow_pool_init(flow_pool *pool, flow_pool *shared)
{
    *pool = (flow_pool){.shared = shared};
    omp_init_lock(&pool->lock);
}

void flow_pool_clear(flow_pool *pool)
{
    omp_destroy_lock(&pool->lock);
    for (slab *s = pool->slab; s != NULL;) {
        slab *next = s->next;
        flow_dealloc(s);
        s = next;
    }
    *pool = (flow_pool){0};
}

int64_t flow_pool_bytes(const flow_pool *pool)
{
    int64_t bytes = 0;
    for (const slab *s = pool->slab; s != NULL; s = s->next) { bytes += s->bytes; }
    return bytes;
}
