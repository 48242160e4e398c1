/// @file members_rank.h
/// Layer 6: what the values of all members at one place and time say: order, quantiles, mean, CRPS.
#ifndef FLOW_MEMBERS_RANK_H
#define FLOW_MEMBERS_RANK_H

#include "output.h"

/// A value of a member as 64 bits: a whole number, or the bits of a double.
typedef union flow_value {
    int64_t whole;
    double real;
} flow_value;

/// Scratch of one thread for n members.
typedef struct flow_ranks {
    int32_t n;
    uint64_t *key, *spare; ///< [n]
    double *sorted;        ///< [n] of the last flow_ranks_fill(), smallest first
} flow_ranks;

flow_err flow_ranks_create(int32_t n, flow_ranks *out);
void flow_ranks_clear(flow_ranks *ranks);

/// Put the members' values in order: value[0], value[stride], ... value[(n - 1) * stride].
void flow_ranks_fill(flow_ranks *ranks, bool integer, const flow_value *value, int64_t stride);
/// The quantiles flow_member_quantile[] of the values, as gsl_stats_quantile_from_sorted_data() has
/// them.
void flow_ranks_quantiles(const flow_ranks *ranks, double out[static FLOW_N_QUANTILE]);
/// Mean, the same for any order of the members.
double flow_ranks_mean(const flow_ranks *ranks);
/// Continuous ranked probability score of the values against an observation, in their unit:
/// mean |x_i - y| - mean |x_i - x_j| / 2 over all i and j.
///
/// Source: Gneiting, Raftery 2007, J. Am. Stat. Assoc. 102:359-378,
/// doi:10.1198/016214506000001437, eq. 21.
double flow_ranks_crps(const flow_ranks *ranks, double observed);

#endif
