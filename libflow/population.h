/// @file population.h
/// Layer 4: cells, that is counts of people who share everything that changes a probability, and
/// the ids of those of them who are followed one by one.
///
/// Units: where a scenario gives household sizes a unit is a household, else a person. A cell
/// counts units; a followed unit has an id.
#ifndef FLOW_POPULATION_H
#define FLOW_POPULATION_H

#include "ids.h"
#include "rng.h"

#include <string.h>

/// What the people of a cell have in common besides the place or link they are at.
typedef struct flow_key {
    uint32_t group;   ///< classes of the axes of attributes (people.h)
    uint32_t route;   ///< node of the place's path tree still to be walked; 0: none
    uint16_t recent;  ///< recent travel, bins of max_move_speed / memory_bins
    uint16_t today;   ///< distance moved today, same bins
    uint16_t first;   ///< 1: has not finished a first link yet
    uint16_t deficit; ///< on a link: bins of the entry day already used up before
    uint16_t fast;    ///< on a link: days travelled at full speed
    uint16_t slow;    ///< on a link: days travelled on foot
    int32_t due;      ///< on a link: step of the next event; at a place: 0, but 1 for those who go
                      ///< on today and moved little lately
} flow_key;

/// Units that share a key, with the followed ones among them.
typedef struct flow_party {
    flow_key key;
    int64_t n;    ///< units
    flow_ids ids; ///< ids.n <= n
} flow_party;

typedef struct flow_cell {
    flow_key key;
    int64_t n; ///< units, > 0
} flow_cell;

/// A set of cells with different keys: dense rows and a hash index that exists from 16 rows on.
/// All cells of a set draw from one stream, so the order of rows is part of the state.
/// Zero-initialise.
typedef struct flow_cells {
    flow_cell *row;
    flow_ids *ids; ///< [size] followed units of each row; NULL: nobody was ever followed here
    int32_t n, size;
    int32_t *index; ///< [index_size] row + 1, 0: free
    int32_t index_size;
    int32_t expected; ///< row of flow_cells_expect()
} flow_cells;

/// Part `n` units from a party; which of the followed go along is chosen uniformly (a partial
/// Fisher-Yates; with only some followed, how many of them by the hypergeometric law).
/// Uses the stream of `rng` where it stands. False when out of memory.
bool flow_party_part(gsl_rng *rng, flow_pool *pool, flow_party *from, int64_t n, flow_party *out);

/// How many of the followed go along when n units are taken from a party.
int64_t flow_party_followed(gsl_rng *rng, const flow_party *from, int64_t n);
/// Take n units from a party, k of them followed ones chosen uniformly, whose ids go to `out`.
void flow_party_take(gsl_rng *rng, flow_pool *pool, flow_party *from, int64_t n, uint32_t k,
                     uint32_t *out);

/// Bring a long list into random order, as far as it is not.
void flow_ids_mix(gsl_rng *rng, flow_ids *ids);
/// Take k units who are followed, chosen uniformly and in random order: any part of `out` is as
/// good a choice as any other.
void flow_party_draw(gsl_rng *rng, flow_pool *pool, flow_party *from, uint32_t k, uint32_t *out);

/// Set the four memories of a key and clear what belongs to a link, in whole words: single members
/// would make whoever compares the key next wait.
static inline void flow_key_arrive(flow_key *key, uint16_t recent, uint16_t today, int32_t due)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t memory = recent | (uint64_t)today << 16;
    const uint64_t road = (uint64_t)(uint32_t)due << 32;
    char *byte = (char *)key;
    memcpy(byte + offsetof(flow_key, recent), &memory, sizeof memory);
    memcpy(byte + offsetof(flow_key, fast), &road, sizeof road);
#else
    key->recent = recent;
    key->today = today;
    key->first = key->deficit = key->fast = key->slow = 0;
    key->due = due;
#endif
}

/// 64-bit name of a key, for streams and hashes.
uint64_t flow_key_hash(const flow_key *key);
/// Add a party; its ids move into the set. False when out of memory.
bool flow_cells_put(flow_pool *pool, flow_cells *cells, flow_party *party);
/// Add n units, n_ids of them followed; the ids are copied. False when out of memory.
bool flow_cells_append(flow_pool *pool, flow_cells *cells, const flow_key *key, int64_t n,
                       const uint32_t *id, uint32_t n_ids);
/// Room for n more followed units of a key that has a row: where to write them; NULL: no memory.
/// flow_cells_settle() ends it; nothing else may happen to the set before.
uint32_t *flow_cells_expect(flow_pool *pool, flow_cells *cells, const flow_key *key, uint32_t n);
/// The ids up to `end`, written since flow_cells_expect(), belong to the row.
void flow_cells_settle(flow_pool *pool, flow_cells *cells, const uint32_t *end);
/// A row as a party that owns the row's ids; the row keeps its key and has nobody left.
flow_party flow_cells_lift(flow_cells *cells, int32_t row);
/// Remove the rows with nobody left. The order of the others stays.
void flow_cells_compact(flow_cells *cells);
/// Forget all rows, keep the memory; ids must have been moved out.
void flow_cells_empty(flow_cells *cells);
/// Forget all rows and return their ids.
void flow_cells_drop(flow_pool *pool, flow_cells *cells);
/// Free the memory of the set; blocks of ids belong to their pool.
void flow_cells_clear(flow_cells *cells);
/// Sum of the units.
int64_t flow_cells_total(const flow_cells *cells);
/// Move all rows into an empty set, which keeps memory of its own, so that each set soon has what
/// it needs. Until that set is empty again its rows can be lifted, but nothing put into it. False
/// when out of memory: nothing was moved.
bool flow_cells_move(flow_cells *from, flow_cells *to);
/// Hash of the counts of the set, the same for any order of its rows.
uint64_t flow_cells_hash(const flow_cells *cells, uint64_t where);
/// Fill an empty set with n rows in their order (reading a checkpoint). `n_ids`, shape [n], NULL:
/// nobody is followed: ids of each row, which follow each other in `id`, the first n_mixed of each
/// in random order. False when out of memory.
bool flow_cells_fill(flow_pool *pool, flow_cells *cells, const flow_cell *row, int32_t n,
                     const uint32_t *n_ids, const uint32_t *n_mixed, const uint32_t *id);

#endif
