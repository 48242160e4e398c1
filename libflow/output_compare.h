/// @file output_compare.h
/// Layer 5: a comparison of options, and its file: netCDF-4-readable HDF5, see docs/compare.md.
#ifndef FLOW_OUTPUT_COMPARE_H
#define FLOW_OUTPUT_COMPARE_H

#include "indicators.h"
#include "output.h"

/// An indicator under one option, over all members.
typedef struct flow_compared {
    double mean, quantile[FLOW_N_QUANTILE]; ///< of the levels; NAN: undefined
    /// Of level minus that of the baseline of the same member.
    double change_mean, change_sd, change[FLOW_N_QUANTILE];
    double better; ///< share of the members that are better than the baseline, half of those that
                   ///< are equal counted; NAN: nothing is better or worse
    double equal;  ///< share of the members that are equal to the baseline
    double cost;   ///< USD more than the baseline for each unit that is better in the mean; NAN:
                   ///< nothing is better, or nobody tells of money
} flow_compared;

/// The same of a part: of a place, a link or a class of people.
typedef struct flow_compared_part {
    double mean, change_mean, change_sd, better;
} flow_compared_part;

/// A parameter in use that rests on an assumption.
typedef struct flow_assumption {
    char *key, *unit, *source;
    char **value; ///< [n_option] as YAML; NULL: not in use under the option
} flow_assumption;

/// What a response spends under an option, over all members.
typedef struct flow_compared_spending {
    int32_t option;
    const char *response;                   ///< borrowed from the scenario
    double mean, quantile[FLOW_N_QUANTILE]; ///< USD
    double asked;                           ///< USD that it asked for, in the mean
} flow_compared_spending;

/// Options compared. Made by flow_compare().
typedef struct flow_comparison {
    int32_t n_option, n_member, baseline;
    const flow_scenario *const *scenario; ///< [n_option] borrowed
    uint64_t seed;
    uint32_t member; ///< number of the first one
    int32_t threads;
    uint64_t checksum;                     ///< of all options and members in their order
    bool has[FLOW_N_GAUGE];                ///< indicators of some option
    double *value;                         ///< [n_option][n_member][FLOW_N_GAUGE]
    flow_compared *result;                 ///< [n_option][FLOW_N_GAUGE]
    flow_gauge_parts layout[FLOW_N_GAUGE]; ///< where the parts of an indicator lie
    int64_t n_part;
    flow_compared_part *part; ///< [n_option][n_part]
    int32_t n_assumption;
    flow_assumption *assumption; ///< [n_assumption]
    int32_t n_spending;
    flow_compared_spending *spending; ///< [n_spending] by option
} flow_comparison;

/// What results may be used for.
extern const char flow_responsible_use[];

/// Name of an option: that in force, or "scenario".
const char *flow_comparison_option(const flow_comparison *comparison, int32_t option);
/// Name of a part of an indicator: a place, "A->B", a country, "gender: female". Returns out.
const char *flow_comparison_part(const flow_comparison *comparison, int32_t gauge, int32_t index,
                                 char out[static 128]);

/// Write the file under a temporary name, bring it to the disk, then name it.
/// @param replace false: an existing file is an error (FLOW_EFILE).
flow_err flow_output_compare(const char *path, bool replace, const char *command_line,
                             const flow_comparison *comparison);

#endif
