/// @file shares.h
/// Layer 3: the table of shares of an origin's people that go to each destination.
#ifndef FLOW_SHARES_H
#define FLOW_SHARES_H

#include "scenario.h"

/// Shares of one origin and cause from a step on, until the next block of the same begins.
typedef struct flow_share_block {
    int32_t origin;
    int32_t cause; ///< -1: all that have no block of their own
    int32_t step;  ///< first step
    int32_t n;
    int64_t first; ///< in `place` and `share`
} flow_share_block;

struct flow_shares {
    int32_t n_block;
    flow_share_block *block; ///< by origin, cause and step
    int64_t *of;             ///< [n_place + 1] blocks of each origin
    int32_t *place;          ///< destinations, ascending within a block
    double *share;           ///< adds up to 1 within a block
    int32_t n_step;
    int32_t *step; ///< [n_step] steps at which blocks begin, ascending
};

/// The shares in force; NULL: none.
const flow_share_block *flow_shares_find(const flow_shares *shares, int32_t origin, int32_t cause,
                                         int32_t step);
/// Share that goes to a place.
double flow_shares_of(const flow_shares *shares, const flow_share_block *block, int32_t place);
/// Blocks that have begun are the same as long as this number is.
int32_t flow_shares_epoch(const flow_shares *shares, int32_t step);
/// All destinations of every origin, in memory to be freed by the caller, beside other places; CSR.
/// @param other_first, other  places to add; NULL: none.
flow_err flow_shares_ties(const flow_shares *shares, int32_t n_place, const int64_t *other_first,
                          const int32_t *other, int64_t **first, int32_t **place);

struct flow_loader;
/// Read the table of shares that the settings name, where a cause uses one.
flow_err flow_load_shares(struct flow_loader *loader);

#endif
