#include "population.h"

#include "split.h"

#include <string.h>

enum { index_from = 8 }; // rows from which a hash index pays

_Static_assert(sizeof(flow_key) == 24,
               "keys are compared and hashed as three words without padding");

// Word by word: a wider load would wait for the narrower stores that made the key.
static inline void key_words(const flow_key *key, uint64_t word[static 3])
{
    const char *byte = (const char *)key;
    memcpy(&word[0], byte, sizeof *word);
    memcpy(&word[1], byte + 8, sizeof *word);
    memcpy(&word[2], byte + 16, sizeof *word);
}

static inline bool key_equal(const flow_key *a, const flow_key *b)
{
    uint64_t x[3], y[3];
    key_words(a, x);
    key_words(b, y);
    return x[1] == y[1] && x[0] == y[0] && x[2] == y[2]; // memories differ most often
}

uint64_t flow_key_hash(const flow_key *key)
{
    // Built from the members, not the bytes, so that every byte order gives the same streams.
    const uint64_t a = (uint64_t)key->group << 32 | key->route;
    const uint64_t b = (uint64_t)key->recent << 48 | (uint64_t)key->today << 32 |
                       (uint64_t)key->first << 16 | key->deficit;
    const uint64_t c = (uint64_t)key->fast << 48 | (uint64_t)key->slow << 32 | (uint32_t)key->due;
    return flow_mix(a + flow_mix(b + flow_mix(c + UINT64_C(0x9e3779b97f4a7c15))));
}

/// Place of a key in the index; differs from its name, which has to be the same for ever.
static inline uint32_t slot_of(const flow_key *key)
{
    uint64_t word[3];
    key_words(key, word);
    const uint64_t h = word[0] * UINT64_C(0x9e3779b97f4a7c15) ^
                       word[1] * UINT64_C(0xc2b2ae3d27d4eb4f) ^
                       word[2] * UINT64_C(0x165667b19e3779f9);
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

static bool index_rebuild(flow_cells *cells, int32_t index_size)
{
    if (index_size > cells->index_size) {
        int32_t *index = flow_realloc(cells->index, index_size, sizeof *index);
        if (index == NULL) { return false; }
        cells->index = index;
        cells->index_size = index_size;
    }
    memset(cells->index, 0, (size_t)cells->index_size * sizeof *cells->index);
    const uint32_t mask = (uint32_t)cells->index_size - 1;
    for (int32_t row = 0; row < cells->n; row++) {
        uint32_t slot = slot_of(&cells->row[row].key) & mask;
        while (cells->index[slot] != 0) { slot = (slot + 1) & mask; }
        cells->index[slot] = row + 1;
    }
    return true;
}

/// Room for the ids of `size` rows.
static bool make_ids(flow_cells *cells, int32_t size)
{
    const bool first = cells->ids == NULL;
    flow_ids *ids = flow_realloc(cells->ids, size, sizeof *ids);
    if (ids == NULL) { return false; }
    if (first) { memset(ids, 0, (size_t)size * sizeof *ids); }
    cells->ids = ids;
    return true;
}

/// Room for n rows.
static bool reserve(flow_cells *cells, int32_t n)
{
    if (n <= cells->size) { return true; }
    int32_t size = cells->size > 0 ? 2 * cells->size : 4;
    while (size < n) { size = size < INT32_MAX / 2 ? 2 * size : n; }
    flow_cell *row = flow_realloc(cells->row, size, sizeof *row);
    if (row == NULL) { return false; }
    cells->row = row;
    if (cells->ids != NULL && !make_ids(cells, size)) { return false; }
    cells->size = size;
    return true;
}

static bool append(flow_cells *cells, const flow_key *key, int64_t n)
{
    if (cells->n == cells->size && !reserve(cells, cells->n + 1)) { return false; }
    if (cells->ids != NULL) { cells->ids[cells->n] = (flow_ids){0}; }
    cells->row[cells->n++] = (flow_cell){.key = *key, .n = n};
    return true;
}

/// The row of a key, made when it does not exist; -1 when out of memory.
static int32_t need_row(flow_cells *cells, const flow_key *key)
{
    if (cells->n < index_from) {
        for (int32_t row = 0; row < cells->n; row++) {
            if (key_equal(&cells->row[row].key, key)) { return row; }
        }
        if (!append(cells, key, 0)) { return -1; }
        if (cells->n >= index_from && !index_rebuild(cells, 4 * index_from)) { return -1; }
        return cells->n - 1;
    }
    const uint32_t mask = (uint32_t)cells->index_size - 1;
    uint32_t slot = slot_of(key) & mask;
    while (cells->index[slot] != 0) {
        const int32_t row = cells->index[slot] - 1;
        if (key_equal(&cells->row[row].key, key)) { return row; }
        slot = (slot + 1) & mask;
    }
    if (!append(cells, key, 0)) { return -1; }
    cells->index[slot] = cells->n;
    if (2 * cells->n > cells->index_size && !index_rebuild(cells, 2 * cells->index_size)) {
        return -1;
    }
    return cells->n - 1;
}

bool flow_cells_put(flow_pool *pool, flow_cells *cells, flow_party *party)
{
    if (party->n <= 0) { return true; }
    const int32_t row = need_row(cells, &party->key);
    if (row < 0) { return false; }
    cells->row[row].n += party->n;
    party->n = 0;
    if (party->ids.n == 0) { return true; }
    if (cells->ids == NULL && !make_ids(cells, cells->size)) { return false; }
    return flow_ids_join(pool, &cells->ids[row], &party->ids);
}

bool flow_cells_append(flow_pool *pool, flow_cells *cells, const flow_key *key, int64_t n,
                       const uint32_t *id, uint32_t n_ids)
{
    const int32_t row =
        cells->n == 1 && key_equal(&cells->row[0].key, key) ? 0 : need_row(cells, key);
    if (row < 0) { return false; }
    cells->row[row].n += n;
    if (n_ids == 0) { return true; }
    if (cells->ids == NULL && !make_ids(cells, cells->size)) { return false; }
    flow_ids *ids = &cells->ids[row];
    if (ids->n + n_ids > ids->size && !flow_ids_reserve(pool, ids, ids->n + n_ids)) {
        return false;
    }
    uint32_t *to = ids->id + ids->n;
    for (uint32_t i = 0; i < n_ids; i++) { to[i] = id[i]; }
    ids->n += n_ids;
    return true;
}

uint32_t *flow_cells_expect(flow_pool *pool, flow_cells *cells, const flow_key *key, uint32_t n)
{
    const int32_t row = cells->n == 1 ? 0 : need_row(cells, key);
    if (row < 0 || (cells->ids == NULL && !make_ids(cells, cells->size))) { return NULL; }
    flow_ids *ids = &cells->ids[row];
    cells->expected = row;
    if (ids->n + n > ids->size && !flow_ids_reserve(pool, ids, ids->n + n)) { return NULL; }
    return ids->id + ids->n;
}

void flow_cells_settle(flow_pool *pool, flow_cells *cells, const uint32_t *end)
{
    flow_ids *ids = &cells->ids[cells->expected];
    ids->n = (uint32_t)(end - ids->id);
    if (ids->n == 0) { flow_ids_drop(pool, ids); }
}

flow_party flow_cells_lift(flow_cells *cells, int32_t row)
{
    flow_party party = {.key = cells->row[row].key, .n = cells->row[row].n};
    cells->row[row].n = 0;
    if (cells->ids != NULL) {
        party.ids = cells->ids[row];
        cells->ids[row] = (flow_ids){0};
    }
    return party;
}

void flow_cells_compact(flow_cells *cells)
{
    int32_t n = 0;
    for (int32_t row = 0; row < cells->n; row++) {
        if (cells->row[row].n == 0) { continue; }
        if (n < row) {
            cells->row[n] = cells->row[row];
            if (cells->ids != NULL) { cells->ids[n] = cells->ids[row]; }
        }
        n++;
    }
    if (n == cells->n) { return; }
    cells->n = n;
    // A smaller index never needs memory, so this cannot fail.
    if (n >= index_from) { (void)index_rebuild(cells, cells->index_size); }
}

/// Draw a whole number in [0, below) without bias (Lemire 2019, ACM TOMACS 29(1):3,
/// DOI 10.1145/3230636).
static uint32_t below_number(gsl_rng *rng, uint32_t below)
{
    uint64_t product = (uint64_t)flow_word(rng) * below;
    if ((uint32_t)product < below) {
        const uint32_t least = (0u - below) % below;
        while ((uint32_t)product < least) { product = (uint64_t)flow_word(rng) * below; }
    }
    return (uint32_t)(product >> 32);
}

/// Move n ids chosen at random to the empty list `out`.
static bool pick(gsl_rng *rng, flow_pool *pool, flow_ids *from, uint32_t n, flow_ids *out)
{
    if (n == 0) { return true; }
    const bool few = n <= from->n - n; // else pick those who stay
    flow_ids chosen = {0};
    const uint32_t m = few ? n : from->n - n;
    if (!flow_ids_reserve(pool, &chosen, m)) { return false; }
    from->mixed = 0;
    uint32_t *id = from->id;
    for (uint32_t i = 0; i < m; i++) {
        const uint32_t last = --from->n;
        const uint32_t at = below_number(rng, last + 1);
        chosen.id[i] = id[at];
        id[at] = id[last];
    }
    chosen.n = m;
    *out = few ? chosen : *from;
    if (!few) { *from = chosen; }
    return true;
}

int64_t flow_party_followed(gsl_rng *rng, const flow_party *from, int64_t n)
{
    const int64_t n_ids = from->ids.n;
    if (n_ids == from->n || n == from->n) { return n < n_ids ? n : n_ids; }
    return flow_hypergeometric(rng, n_ids, from->n - n_ids, n);
}

enum { at_a_time = 256 }; // ids whose memory is asked for before the first is read

/// Draw k ids behind the first `begin` of a list in random order; the last ones close the gaps.
static void draw_behind(gsl_rng *rng, flow_ids *ids, uint32_t begin, uint32_t k, uint32_t *out)
{
    uint32_t *id = ids->id + begin;
    uint32_t at[at_a_time];
    for (uint32_t done = 0; done < k;) {
        const uint32_t m = k - done < at_a_time ? k - done : at_a_time;
        const uint32_t n = ids->n - begin;
        for (uint32_t i = 0; i < m; i++) {
            at[i] = below_number(rng, n - i);
            FLOW_SOON(&id[at[i]]);
        }
        for (uint32_t i = 0; i < m; i++) {
            out[done + i] = id[at[i]];
            id[at[i]] = id[n - 1 - i];
        }
        ids->n -= m;
        done += m;
    }
}

/// Insert the ids from `begin` on at random places among those before them.
static void mix_in(gsl_rng *rng, uint32_t *id, uint32_t begin, uint32_t n)
{
    uint32_t at[at_a_time];
    for (uint32_t done = begin; done < n;) {
        const uint32_t m = n - done < at_a_time ? n - done : at_a_time;
        for (uint32_t i = 0; i < m; i++) {
            at[i] = below_number(rng, done + i + 1);
            FLOW_SOON(&id[at[i]]);
        }
        for (uint32_t i = 0; i < m; i++) {
            const uint32_t one = id[done + i];
            id[done + i] = id[at[i]];
            id[at[i]] = one;
        }
        done += m;
    }
}

void flow_ids_mix(gsl_rng *rng, flow_ids *ids)
{
    if (ids->n < FLOW_IDS_MIXED_FROM) { return; }
    mix_in(rng, ids->id, ids->mixed, ids->n);
    ids->mixed = ids->n;
}

/// Draw k of a list whose beginning is in random order: its last ones there, and some of those
/// behind, who then fill the gap.
static void draw_mixed(gsl_rng *rng, flow_ids *ids, uint32_t k, uint32_t *out)
{
    if (ids->n - ids->mixed > ids->mixed / 2) { flow_ids_mix(rng, ids); }
    const uint32_t n_behind = ids->n - ids->mixed;
    const uint32_t a = (uint32_t)flow_hypergeometric(rng, ids->mixed, n_behind, k);
    memcpy(out, ids->id + ids->mixed - a, a * sizeof *out);
    draw_behind(rng, ids, ids->mixed, k - a, out + a);
    mix_in(rng, out, a, k);
    ids->mixed -= a;
    const uint32_t left = n_behind - (k - a), fill = left < a ? left : a;
    memmove(ids->id + ids->mixed, ids->id + ids->n - fill, fill * sizeof *out);
    ids->n -= a;
    if (ids->mixed < FLOW_IDS_MIXED_FROM / 2) { ids->mixed = 0; }
}

void flow_party_draw(gsl_rng *rng, flow_pool *pool, flow_party *from, uint32_t k, uint32_t *out)
{
    from->n -= k;
    if (from->ids.mixed > 0) {
        draw_mixed(rng, &from->ids, k, out);
    } else {
        draw_behind(rng, &from->ids, 0, k, out);
    }
    if (from->ids.n == 0) { flow_ids_drop(pool, &from->ids); }
}

void flow_party_take(gsl_rng *rng, flow_pool *pool, flow_party *from, int64_t n, uint32_t k,
                     uint32_t *out)
{
    flow_ids *ids = &from->ids;
    if (k == ids->n) {
        if (k > 0) { memcpy(out, ids->id, k * sizeof *out); }
        from->n -= n;
        flow_ids_drop(pool, ids);
        return;
    }
    from->n -= n - k;
    flow_party_draw(rng, pool, from, k, out);
}

bool flow_party_part(gsl_rng *rng, flow_pool *pool, flow_party *from, int64_t n, flow_party *out)
{
    *out = (flow_party){.key = from->key, .n = n};
    const int64_t rest = from->n - n;
    if (from->ids.n == 0) {
        from->n = rest;
        return true;
    }
    if (rest == 0) {
        from->n = rest;
        out->ids = from->ids;
        from->ids = (flow_ids){0};
        return true;
    }
    const int64_t follow = flow_party_followed(rng, from, n);
    from->n = rest;
    return pick(rng, pool, &from->ids, (uint32_t)follow, &out->ids);
}

void flow_cells_empty(flow_cells *cells)
{
    cells->n = 0;
}

void flow_cells_drop(flow_pool *pool, flow_cells *cells)
{
    for (int32_t row = 0; row < cells->n && cells->ids != NULL; row++) {
        flow_ids_drop(pool, &cells->ids[row]);
    }
    cells->n = 0;
}

void flow_cells_clear(flow_cells *cells)
{
    flow_dealloc(cells->row);
    flow_dealloc(cells->ids);
    flow_dealloc(cells->index);
    *cells = (flow_cells){0};
}

int64_t flow_cells_total(const flow_cells *cells)
{
    int64_t total = 0;
    for (int32_t row = 0; row < cells->n; row++) { total += cells->row[row].n; }
    return total;
}

bool flow_cells_move(flow_cells *from, flow_cells *to)
{
    if (from->n == 0) { return true; }
    if (!reserve(to, from->n)) { return false; }
    if (from->ids != NULL && to->ids == NULL && !make_ids(to, to->size)) { return false; }
    memcpy(to->row, from->row, (size_t)from->n * sizeof *to->row);
    if (from->ids != NULL) {
        memcpy(to->ids, from->ids, (size_t)from->n * sizeof *to->ids);
    } else if (to->ids != NULL) {
        memset(to->ids, 0, (size_t)from->n * sizeof *to->ids);
    }
    to->n = from->n;
    from->n = 0;
    return true;
}

uint64_t flow_cells_hash(const flow_cells *cells, uint64_t where)
{
    uint64_t sum = 0;
    for (int32_t row = 0; row < cells->n; row++) {
        const uint64_t key = flow_key_hash(&cells->row[row].key);
        sum += flow_mix(flow_mix(key ^ flow_mix(where)) + (uint64_t)cells->row[row].n);
    }
    return sum;
}

bool flow_cells_fill(flow_pool *pool, flow_cells *cells, const flow_cell *row, int32_t n,
                     const uint32_t *n_ids, const uint32_t *n_mixed, const uint32_t *id)
{
    if (!reserve(cells, n)) { return false; }
    if (n_ids != NULL && cells->ids == NULL && !make_ids(cells, cells->size)) { return false; }
    for (int32_t i = 0; i < n; i++) {
        cells->row[i] = row[i];
        if (cells->ids != NULL) { cells->ids[i] = (flow_ids){0}; }
        cells->n = i + 1;
        if (n_ids == NULL || n_ids[i] == 0) { continue; }
        if (!flow_ids_reserve(pool, &cells->ids[i], n_ids[i])) { return false; }
        memcpy(cells->ids[i].id, id, n_ids[i] * sizeof *id);
        cells->ids[i].n = n_ids[i];
        cells->ids[i].mixed = n_mixed[i];
        id += n_ids[i];
    }
    int32_t size = 4 * index_from;
    while (size < 2 * (int64_t)n) { size *= 2; }
    return n < index_from || index_rebuild(cells, size);
}
