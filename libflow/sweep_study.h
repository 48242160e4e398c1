/// @file sweep_study.h
/// Layer 6: what the runs of a study compute: the scenario in memory, indicators, series.
#ifndef FLOW_SWEEP_STUDY_H
#define FLOW_SWEEP_STUDY_H

#include "members_score.h"
#include "observe.h"
#include "sweep.h"

/// Where an indicator comes from.
typedef enum flow_indicator_kind {
    FLOW_FROM_OBSERVABLE,
    FLOW_FROM_MEASURE, ///< index of flow_measure_name
    FLOW_FROM_TOTAL,   ///< index of flow_total_name
    FLOW_FROM_TEST
} flow_indicator_kind;

typedef struct flow_study_indicator {
    const char *name; ///< borrowed
    char *unit, *long_name;
    int32_t kind, index; ///< of FLOW_FROM_OBSERVABLE the number of the read
    int32_t place;       ///< -1: sum
    int32_t time;        ///< flow_over_time
    int32_t step;        ///< >= 0: value of this step
} flow_study_indicator;

/// An observable that is read while a run goes on.
typedef struct flow_study_read {
    char *name, *unit, *long_name;
    flow_shape shape;
    bool integer;
    int64_t n; ///< values: [places, links, countries or 1][n_class]
    int32_t n_class;
    bool *due;          ///< [n_step] read after this step
    int64_t first_cell; ///< of its series, -1: none
} flow_study_read;

typedef struct flow_study {
    const flow_sweep *sweep; ///< borrowed
    flow_file *file;         ///< [n_file] input files of the scenario, owned
    int32_t n_file;
    char *path, *settings; ///< of the scenario
    bool is_test;
    flow_scenario *base; ///< at the settings of the plan, nothing varied; NULL: a test function
    int32_t n_indicator;
    flow_study_indicator *indicator;
    int32_t n_read;
    flow_study_read *read;
    bool measures; ///< any indicator is a measure
    int32_t n_step, n_time;
    int32_t *step;     ///< [n_time] steps of the series, from 0
    int64_t n_cell;    ///< of all series: [read][time][value]
    bool common;       ///< luck
    uint64_t hash;     ///< of sweep and scenario
    char **key_unit;   ///< [n_key] owned, "" where unknown
    char **key_help;   ///< [n_key] owned
    bool *key_numeric; ///< [n_key] all values are numbers
} flow_study;

/// Load the scenario and check everything: keys, their least and largest values, indicators.
/// FLOW_EINPUT lists all problems.
flow_err flow_study_create(const flow_sweep *sweep, const flow_sweep_options *options,
                           flow_study *out);
void flow_study_clear(flow_study *study);

/// One thread's means to run points of a study.
typedef struct flow_runner {
    const flow_study *study; ///< borrowed
    int32_t point;           ///< that the model is made for, -1: none
    flow_scenario *s;
    flow_model *m;
    flow_observable *list;
    int32_t *row;    ///< [n_read] in the list
    double *scratch; ///< [largest n of the reads]
    double *sum;     ///< [n_indicator] over the steps so far
    flow_score_summary summary;
    flow_member_scores scores;
    double *people; ///< [n_place] for the measures
} flow_runner;

flow_err flow_runner_create(const flow_study *study, flow_runner *out);
void flow_runner_clear(flow_runner *runner);
/// Run a member of a point. The model is reset where only the member changes.
/// @param go_on       asked before each step; false: *whole stays false
/// @param[out] value  [n_indicator]
/// @param[out] cell   [n_cell]
flow_err flow_runner_run(flow_runner *runner, int32_t point, uint32_t member,
                         bool (*go_on)(void *context), void *context, double *value, double *cell,
                         uint64_t *checksum, int64_t *person_steps, bool *whole);

/// Value of a test function at x[n]; noise apart. FLOW_ERANGE when it is not defined there.
/// ishigami: sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, of Ishigami and Homma 1990,
/// doi:10.1109/ISUMA.1990.151285; sobol_g: product of (|4 x - 2| + a) / (1 + a) with a = 0, 1, 4.5,
/// 9, 99, 99, 99, 99, of Saltelli and Sobol 1995, doi:10.1016/0951-8320(95)00099-2.
flow_err flow_test_function(const char *name, const double *x, int32_t n, double *out);

#endif
