/// @file sweep_plan.h
/// Layer 6: what a plan file says: what varies, by which design, what is kept of each run.
///
/// docs/sweeps.md describes the file.
#ifndef FLOW_SWEEP_PLAN_H
#define FLOW_SWEEP_PLAN_H

#include "field.h"

typedef enum flow_design {
    FLOW_DESIGN_GRID,     ///< all combinations of the values
    FLOW_DESIGN_LIST,     ///< first values, second values, ...
    FLOW_DESIGN_LATIN,    ///< Latin hypercube
    FLOW_DESIGN_SOBOL,    ///< Sobol sequence
    FLOW_DESIGN_HALTON,   ///< Halton sequence
    FLOW_DESIGN_MORRIS,   ///< trajectories that change one factor at a time
    FLOW_DESIGN_SALTELLI, ///< two samples and their mixtures, for Sobol indices
    FLOW_DESIGN_RANDOM,   ///< independent draws
    FLOW_N_DESIGN
} flow_design;
/// "grid", "list", ...
extern const char *const flow_design_name[FLOW_N_DESIGN];

typedef enum flow_spread {
    FLOW_SPREAD_UNIFORM,
    FLOW_SPREAD_LOGUNIFORM,
    FLOW_SPREAD_NORMAL,
    FLOW_SPREAD_LOGNORMAL, ///< mean and sd are those of the logarithm
    FLOW_SPREAD_TRIANGULAR
} flow_spread;

typedef enum flow_luck {
    FLOW_LUCK_AUTO,       ///< independent for saltelli, else common
    FLOW_LUCK_COMMON,     ///< member m has the same luck at every point
    FLOW_LUCK_INDEPENDENT ///< every point has luck of its own
} flow_luck;

typedef enum flow_keep {
    FLOW_KEEP_POINTS, ///< mean and quantiles over the members of each point
    FLOW_KEEP_STUDY   ///< over all runs of the study: size does not depend on their number
} flow_keep;

typedef enum flow_over_time {
    FLOW_TIME_LAST,
    FLOW_TIME_MEAN,
    FLOW_TIME_SUM,
    FLOW_TIME_LARGEST
} flow_over_time;

/// A parameter that varies.
typedef struct flow_factor {
    char *key;      ///< dotted
    int32_t spread; ///< flow_spread
    double min, max, mean, sd, mode;
    int64_t levels; ///< grid: equal steps from min to max
    bool whole;     ///< whole numbers only
    char **value;   ///< [n_value] texts, owned; NULL: a range
    int32_t n_value;
    bool has_min, has_max, has_mean, has_sd, has_mode;
    flow_mark at, value_at;
} flow_factor;

/// A number that is kept of every run.
typedef struct flow_indicator {
    char *name, *of, *place;
    int32_t time; ///< flow_over_time
    int64_t day;  ///< > 0: on this day of the period, 1 for the first
    flow_mark at;
} flow_indicator;

typedef struct flow_plan_top {
    int64_t format;
    char *scenario, *settings, *test;
    double noise;
    int64_t days;
    int32_t design;
    int64_t n, seed, replicates, block, levels, files;
    int32_t luck;
} flow_plan_top;

typedef struct flow_plan_series {
    char *of; ///< names of observables parted by commas
    int64_t every;
    int32_t keep;
} flow_plan_series;

/// A plan file.
typedef struct flow_plan {
    flow_plan_top top;
    flow_plan_series series;
    flow_factor *factor; ///< [n_factor]
    int32_t n_factor;
    flow_indicator *indicator; ///< [n_indicator]
    int32_t n_indicator;
    char **set; ///< [n_set] "key=value", the same at all points
    int32_t n_set;
    flow_mark set_at, scenario_at;
    flow_config config; ///< marks point into it
} flow_plan;

/// Read the text of a plan file. Problems with their lines go to `problems`.
/// @param file for messages; copied
/// @return FLOW_OK even with problems; FLOW_ENOMEM.
flow_err flow_plan_parse(const char *file, const char *text, int64_t size, flow_problems *problems,
                         flow_plan *out);
void flow_plan_clear(flow_plan *plan);

/// The sections of a plan file for documents and tests: top, series, and the members of the lists
/// `vary` and `indicators`.
extern const flow_section flow_plan_sections[];
enum { FLOW_PLAN_N_SECTION = 2 };
extern const flow_section flow_plan_vary_section, flow_plan_indicator_section;

/// Most factors, runs and design rows of a study.
enum { FLOW_MOST_FACTORS = 1000, FLOW_MOST_INDICATORS = 1000 };
#define FLOW_MOST_ROWS ((int64_t)10000000)

#endif
