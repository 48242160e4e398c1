/// @file population.h
/// Layer 4: cells, that is counts of people who share everything that changes a probability.
#ifndef FLOW_POPULATION_H
#define FLOW_POPULATION_H

#include "rng.h"

/// What the people of a cell have in common besides the place or link they are at.
typedef struct flow_key {
    uint32_t group;   ///< class of attributes
    uint32_t route;   ///< node of the place's path tree still to be walked; 0: none
    uint16_t recent;  ///< recent travel, bins of max_move_speed / memory_bins
    uint16_t today;   ///< distance moved today, same bins
    uint16_t first;   ///< 1: has not finished a first link yet
    uint16_t deficit; ///< on a link: bins of the entry day already used up before
    uint16_t fast;    ///< on a link: days travelled at full speed
    uint16_t slow;    ///< on a link: days travelled on foot
    int32_t due;      ///< on a link: step of the next event; at a place: 0
} flow_key;

typedef struct flow_cell {
    flow_key key;
    int64_t n; ///< people, > 0
} flow_cell;

/// A set of cells with different keys: dense rows and a hash index that exists from 8 rows on.
/// The order of rows never influences a result. Zero-initialise.
typedef struct flow_cells {
    flow_cell *row;
    int32_t n, size;
    int32_t *index; ///< [index_size] row + 1, 0: free
    int32_t index_size;
} flow_cells;

/// 64-bit name of a key, for streams and hashes.
uint64_t flow_key_hash(const flow_key *key);
/// Add n people (n <= 0: nothing). False when out of memory.
bool flow_cells_add(flow_cells *cells, const flow_key *key, int64_t n);
/// Forget all rows, keep the memory.
void flow_cells_empty(flow_cells *cells);
void flow_cells_clear(flow_cells *cells);
/// Sum of the people.
int64_t flow_cells_total(const flow_cells *cells);
/// Exchange two sets.
void flow_cells_swap(flow_cells *a, flow_cells *b);
/// Hash of the set, the same for any order of its rows.
uint64_t flow_cells_hash(const flow_cells *cells, uint64_t where);

#endif
