/// @file output_study.h
/// Layer 5: the one file of a study of many runs: netCDF-4-readable HDF5, see docs/sweeps.md.
///
/// Nothing in it tells who ran what and when: the same study gives the same bytes.
#ifndef FLOW_OUTPUT_STUDY_H
#define FLOW_OUTPUT_STUDY_H

#include "output.h"

/// What varies: numbers, or texts where not all values are numbers.
typedef struct flow_study_key {
    const char *name, *unit, *long_name;
    const double *number;    ///< [n_point], NULL: texts
    const char *const *text; ///< [n_point]
} flow_study_key;

/// A number of each run.
typedef struct flow_study_value {
    const char *name, *unit, *long_name;
    const double *value; ///< [n_point][n_member]
} flow_study_value;

/// An observable over time.
typedef struct flow_study_series {
    const char *name, *unit, *long_name;
    flow_shape shape;
    int64_t n; ///< values of a step
} flow_study_series;

typedef struct flow_study_about {
    const flow_scenario *scenario;     ///< NULL: a test function
    const char *title, *design, *plan; ///< text of the plan
    int64_t n, levels, seed, n_row, n_point, n_member;
    bool common_luck;
    uint64_t checksum;
    const uint64_t *id;       ///< [n_point]
    const int32_t *row_point; ///< [n_row]
    int32_t n_key, n_value, n_series, n_time;
    const flow_study_key *key;
    const flow_study_value *value;
    const flow_study_series *series;
    const int32_t *step;   ///< [n_time] from 0
    bool series_of_points; ///< each point has its series, else the study
} flow_study_about;

typedef struct flow_output_study flow_output_study;

/// Begin the file; everything but the series is written.
/// @param about with its arrays borrowed until the end
flow_err flow_output_study_create(const char *path, bool replace, const flow_study_about *about,
                                  flow_output_study **out);
/// Series of points [first, first + n).
/// @param mean     [n][n_time][values]
/// @param quantile [n][FLOW_N_QUANTILE][n_time][values]
flow_err flow_output_study_points(flow_output_study *output, int32_t series, int64_t first,
                                  int64_t n, const double *mean, const double *quantile);
/// A series of the study.
/// @param moment   mean, standard deviation, least, largest: [4][n_time][values]
/// @param quantile [FLOW_N_QUANTILE][n_time][values]
flow_err flow_output_study_whole(flow_output_study *output, int32_t series, const double *moment,
                                 const double *quantile);
/// Close, bring to the disk, name; frees the output, also on failure.
flow_err flow_output_study_finish(flow_output_study *output);
/// Give up; accepts NULL.
void flow_output_study_abandon(flow_output_study *output);

/// What sensitivity needs of a study.
typedef struct flow_study_result {
    char *design;
    int64_t n, levels, seed;
    bool common_luck;
    int32_t n_row, n_point, n_member, n_key, n_value;
    int32_t *row_point; ///< [n_row]
    char **key;         ///< [n_key]
    char **name;        ///< [n_value] of the indicators
    double **value;     ///< [n_value] [n_point][n_member]
} flow_study_result;

/// FLOW_EFILE with a text when it is missing, no HDF5 or no study.
flow_err flow_study_result_load(const char *path, flow_study_result **out);
void flow_study_result_free(flow_study_result *result);

#endif
