// Lists of ids and their memory: what is put into a list stays there, whatever happens to others.
#include "../libflow/ids.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { n_list = 120, most = 200000 };

/// A list, and what should be in it.
typedef struct pair {
    flow_ids ids;
    uint32_t *copy;
    uint32_t n;
} pair;

static uint32_t state = 1;

/// A number in [0, below); good enough to choose what happens next.
static uint32_t pick(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

static void append(flow_pool *pool, pair *p, uint32_t n)
{
    if (p->n + n > most) { return; }
    cr_assert(flow_ids_reserve(pool, &p->ids, p->n + n));
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t id = pick(1u << 24);
        p->copy[p->n++] = id;
        p->ids.id[p->ids.n++] = id;
    }
}

static void join(flow_pool *pool, pair *to, pair *from)
{
    if (to == from || to->n + from->n > most) { return; }
    cr_assert(flow_ids_join(pool, &to->ids, &from->ids));
    memcpy(to->copy + to->n, from->copy, from->n * sizeof *to->copy);
    to->n += from->n;
    from->n = 0;
}

static void compare(const pair *list)
{
    for (int i = 0; i < n_list; i++) {
        cr_assert_eq(list[i].ids.n, list[i].n, "list %d", i);
        cr_assert_leq(list[i].ids.n, list[i].ids.size);
        cr_assert(list[i].n == 0 ||
                      memcmp(list[i].ids.id, list[i].copy, list[i].n * sizeof(uint32_t)) == 0,
                  "list %d has somebody else's ids", i);
    }
}

// Property: blocks never overlap, over several slabs, small and large blocks, and two pools.
Test(ids, lists_keep_what_is_put_into_them)
{
    static pair list[n_list];
    flow_pool shared, pool[2];
    flow_pool_init(&shared, NULL);
    for (int i = 0; i < 2; i++) { flow_pool_init(&pool[i], &shared); }
    for (int i = 0; i < n_list; i++) { list[i].copy = calloc(most, sizeof(uint32_t)); }
    for (int step = 0; step < 6000; step++) {
        pair *p = &list[pick(n_list)];
        flow_pool *mine = &pool[pick(2)];
        switch (pick(8)) {
        case 0:
            flow_ids_drop(mine, &p->ids);
            p->n = 0;
            break;
        case 1: join(mine, p, &list[pick(n_list)]); break;
        case 2: append(mine, p, pick(60000)); break;
        default: append(mine, p, 1 + pick(3000)); break;
        }
        if (step % 60 == 0) { compare(list); }
    }
    compare(list);
    int64_t used = 0;
    for (int i = 0; i < n_list; i++) { used += (int64_t)list[i].ids.size * 4; }
    const int64_t bytes = flow_pool_bytes(&pool[0]) + flow_pool_bytes(&pool[1]);
    cr_expect_geq(bytes, used);
    cr_expect_gt(used, 8 << 20, "several slabs are full");
    for (int i = 0; i < n_list; i++) { free(list[i].copy); }
    for (int i = 0; i < 2; i++) { flow_pool_clear(&pool[i]); }
    flow_pool_clear(&shared);
}

// Property: the same demand again is met from what was given back.
Test(ids, blocks_are_used_again)
{
    flow_pool pool;
    flow_pool_init(&pool, NULL);
    int64_t bytes = 0;
    for (int round = 0; round < 5; round++) {
        flow_ids ids[200] = {{0}};
        for (uint32_t i = 0; i < 200; i++) {
            cr_assert(flow_ids_reserve(&pool, &ids[i], 1 + i * i * 7));
        }
        for (uint32_t i = 0; i < 200; i++) { flow_ids_drop(&pool, &ids[i]); }
        cr_expect(round == 0 || flow_pool_bytes(&pool) == bytes, "round %d needs memory", round);
        bytes = flow_pool_bytes(&pool);
    }
    flow_pool_clear(&pool);
}
