/// @file compare.h
/// Layer 6: options of a scenario beside each other, with the same luck.
#ifndef FLOW_COMPARE_H
#define FLOW_COMPARE_H

#include "output_compare.h"

/// How to compare. Zero-initialise for defaults.
typedef struct flow_compare_options {
    uint64_t seed;
    uint32_t member;  ///< first one
    int32_t n_member; ///< [2, FLOW_MOST_MEMBERS]
    int32_t threads;  ///< 0: all that OpenMP gives
    int32_t baseline; ///< index of the option the others are compared with
    bool independent; ///< each option has luck of its own: shows what common luck is worth
    /// Called in the caller's thread now and then, with the runs done and wanted; false stops.
    bool (*go_on)(void *context, int32_t done, int32_t n);
    void *context;
} flow_compare_options;

/// Run all members of all options: member k has the same random numbers under each. Members run
/// side by side, each in one thread; the numbers are the same for any number of threads.
/// @param scenario [n_option] the scenario under each option; the same places, links, period and
///                 axes of people. Borrowed as long as the comparison lives.
/// @param n_option at least 2.
/// @param[out] out owned by the caller: flow_comparison_free(); NULL on failure.
/// @return FLOW_OK, FLOW_ERANGE (an option), FLOW_EINPUT (scenarios that cannot be compared),
/// FLOW_ENOMEM, FLOW_ESTATE (stopped), or what a step returns, with "option NAME, member K: ".
flow_err flow_compare(const flow_scenario *const *scenario, int32_t n_option,
                      const flow_compare_options *options, flow_comparison **out);
/// Accepts NULL.
void flow_comparison_free(flow_comparison *comparison);

/// Levels and differences of all members to results.
flow_err flow_compare_sum_up(flow_comparison *comparison);
/// Sums of one response. `usd`: what it spent, then what it asked for, [2][n]; put in order.
void flow_compare_spending(flow_compared_spending *spending, double *usd, int64_t n);
/// The parameters in use that are assumptions.
flow_err flow_compare_assumptions(flow_comparison *comparison);

/// Parts of members as they come, in their order. Zero-initialise; flow_part_sums_clear().
typedef struct flow_part_sums {
    int64_t n; ///< members
    flow_comparison *to;
    double *square; ///< [n_option][n_part] sum of squared deviations of changes
} flow_part_sums;
flow_err flow_part_sums_create(flow_comparison *to, flow_part_sums *out);
/// @param value [n_option][n_part] of one member
void flow_part_sums_add(flow_part_sums *sums, const double *value);
void flow_part_sums_finish(flow_part_sums *sums);
void flow_part_sums_clear(flow_part_sums *sums);

#endif
