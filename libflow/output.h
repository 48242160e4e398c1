/// @file output.h
/// Layer 5: the netCDF-4-readable HDF5 result file. The only file (with checkpoint) that knows
/// HDF5.
#ifndef FLOW_OUTPUT_H
#define FLOW_OUTPUT_H

#include "observe.h"

typedef struct flow_output flow_output;

/// What is written about the run itself.
typedef struct flow_provenance {
    const char *command_line; ///< may be NULL
    uint64_t seed;
    uint32_t member; ///< the first one of an ensemble
    int32_t threads;
    int32_t n_member; ///< of an ensemble; 0: a single run
} flow_provenance;

/// Begin a result file: writes "<path>.part", renamed to `path` by flow_output_finish().
/// @param replace false: an existing `path` is an error (FLOW_EFILE).
flow_err flow_output_create(const char *path, bool replace, const flow_scenario *scenario,
                            const flow_provenance *provenance, flow_output **out);
/// Append all observables of the step just done.
flow_err flow_output_step(flow_output *output, const flow_model *model);
/// Bytes of what a step takes from the model.
int64_t flow_output_row_size(const flow_output *output);
/// Copy what the last step took from the model.
void flow_output_row(const flow_output *output, void *row);
/// Append a step from such a copy: a result begun anew is filled up to a checkpoint.
flow_err flow_output_repeat(flow_output *output, const void *row);
/// Write the checksum, close, sync and rename; frees the output, also on failure (the .part file is
/// then removed).
flow_err flow_output_finish(flow_output *output, const flow_model *model);
/// Give up: close and remove the .part file; accepts NULL.
void flow_output_abandon(flow_output *output);

enum { FLOW_N_QUANTILE = 5, FLOW_MEDIAN = 2, FLOW_N_MEASURE = 4, FLOW_N_COVERAGE = 2 };
/// The quantiles over members that are written: 0.05, 0.25, 0.5, 0.75, 0.95.
extern const double flow_member_quantile[FLOW_N_QUANTILE];
/// "error", "ard", "mase", "rmse".
extern const char *const flow_measure_name[FLOW_N_MEASURE];
/// The bands between two quantiles whose coverage is counted, in per cent: 50, 90.
extern const int32_t flow_coverage_percent[FLOW_N_COVERAGE];

/// The part of an ensemble's result file that a single run does not have.
typedef struct flow_result_members {
    int32_t n;                         ///< members
    double *people;                    ///< [FLOW_N_QUANTILE][n_step][n_place]
    double *mean;                      ///< [n_step][n_place]
    int64_t *persons, *entered, *left; ///< [n] at the end
    double *measure[FLOW_N_MEASURE];   ///< [n]; NULL without counts, as all below
    double of_mean[FLOW_N_MEASURE];    ///< measures of the mean of the members; 0 without counts
    double *crps;                      ///< [n_step][n_observed] persons
    double *coverage[FLOW_N_COVERAGE]; ///< [n_observed] share of the days
} flow_result_members;

/// What score, info and report need of a result file.
/// What stands in the file for counts that output.suppress_below hides, where whole numbers are
/// written.
enum { FLOW_SUPPRESSED = -1 };

/// One indicator of a run.
typedef struct flow_result_indicator {
    char *name, *meaning, *unit, *theme, *better;
    double value;                     ///< of an ensemble the median; NAN: undefined, or hidden
    double quantile[FLOW_N_QUANTILE]; ///< of an ensemble
} flow_result_indicator;

typedef struct flow_result {
    int32_t n_step, n_place, n_observed;
    int32_t start;           ///< days since 1970-01-01
    double dt;               ///< days of a step
    char **place_name;       ///< [n_place]
    int64_t *people;         ///< [n_step][n_place]; of an ensemble the median in whole persons
    int32_t *observed_place; ///< [n_observed] index of the place
    int64_t *observed;       ///< [n_step][n_observed]
    double *network_km;      ///< [n_observed][n_place] shortest network distance, INFINITY: none
    double *capacity;        ///< [n_place]
    double *population;      ///< [n_place]
    double *conflict;        ///< [n_step][n_place] intensity
    int64_t *first_count;    ///< [n_observed] first published non-zero count (0: none)
    char *title, *version, *checksum, *command_line, *created, *scenario_path;
    char *option; ///< in force, NULL: none
    uint64_t seed;
    int64_t member;               ///< number of the realisation, of an ensemble the first one
    int64_t suppress_below;       ///< smaller counts of people are hidden, and 0 here; 0: none are
    flow_result_members *members; ///< NULL: a single run
    int32_t n_indicator;
    flow_result_indicator *indicator; ///< [n_indicator]
} flow_result;

/// Read a result file back. FLOW_EFILE with a text when it is missing, no HDF5 or not ours.
flow_err flow_result_load(const char *path, flow_result **out);
void flow_result_free(flow_result *result);

#endif
