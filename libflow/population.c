#include "population.h"

#include <string.h>

enum { index_from = 8 }; // rows from which a hash index pays

_Static_assert(sizeof(flow_key) == 24,
               "keys are compared and hashed as three words without padding");

static inline void key_words(const flow_key *key, uint64_t word[static 3])
{
    memcpy(word, key, sizeof *key);
}

static inline bool key_equal(const flow_key *a, const flow_key *b)
{
    uint64_t x[3], y[3];
    key_words(a, x);
    key_words(b, y);
    return x[0] == y[0] && x[1] == y[1] && x[2] == y[2];
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
        uint32_t slot = (uint32_t)flow_key_hash(&cells->row[row].key) & mask;
        while (cells->index[slot] != 0) { slot = (slot + 1) & mask; }
        cells->index[slot] = row + 1;
    }
    return true;
}

static bool append(flow_cells *cells, const flow_key *key, int64_t n)
{
    if (cells->n == cells->size) {
        const int32_t size = cells->size > 0 ? 2 * cells->size : 4;
        flow_cell *row = flow_realloc(cells->row, size, sizeof *row);
        if (row == NULL) { return false; }
        cells->row = row;
        cells->size = size;
    }
    cells->row[cells->n++] = (flow_cell){.key = *key, .n = n};
    return true;
}

bool flow_cells_add(flow_cells *cells, const flow_key *key, int64_t n)
{
    if (n <= 0) { return true; }
    if (cells->n < index_from) {
        for (int32_t row = 0; row < cells->n; row++) {
            if (key_equal(&cells->row[row].key, key)) {
                cells->row[row].n += n;
                return true;
            }
        }
        if (!append(cells, key, n)) { return false; }
        return cells->n < index_from || index_rebuild(cells, 4 * index_from);
    }
    const uint32_t mask = (uint32_t)cells->index_size - 1;
    uint32_t slot = (uint32_t)flow_key_hash(key) & mask;
    while (cells->index[slot] != 0) {
        flow_cell *row = &cells->row[cells->index[slot] - 1];
        if (key_equal(&row->key, key)) {
            row->n += n;
            return true;
        }
        slot = (slot + 1) & mask;
    }
    if (!append(cells, key, n)) { return false; }
    if (2 * cells->n > cells->index_size) { return index_rebuild(cells, 2 * cells->index_size); }
    cells->index[slot] = cells->n;
    return true;
}

void flow_cells_empty(flow_cells *cells)
{
    cells->n = 0;
}

void flow_cells_clear(flow_cells *cells)
{
    flow_dealloc(cells->row);
    flow_dealloc(cells->index);
    *cells = (flow_cells){0};
}

int64_t flow_cells_total(const flow_cells *cells)
{
    int64_t total = 0;
    for (int32_t row = 0; row < cells->n; row++) { total += cells->row[row].n; }
    return total;
}

void flow_cells_swap(flow_cells *a, flow_cells *b)
{
    const flow_cells c = *a;
    *a = *b;
    *b = c;
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
