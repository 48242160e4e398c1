/// @file calibrate_od.h
/// Layer 6: a table of flows between places, a model of where they go, and what it predicts for
/// years or origins it has not seen, beside simple models.
#ifndef FLOW_CALIBRATE_OD_H
#define FLOW_CALIBRATE_OD_H

#include "calibrate.h"

/// Which columns hold what. NULL: the default; without one the column is not used.
typedef struct flow_od_columns {
    const char *origin;            ///< "origin,orig,from"
    const char *target;            ///< "destination,dest,to"
    const char *flow;              ///< "flow,people,persons,count"
    const char *year;              ///< "year"; a table without it is one period
    const char *distance;          ///< for gravity and radiation, km
    const char *population;        ///< of the destination, for gravity and radiation
    const char *origin_population; ///< for radiation
    const char *const *feature;    ///< [n_feature] "COL", "ln(COL)" or "ln1p(COL)", each perhaps
                                   ///< named: "NAME=ln(COL)"; cells are numbers, true or false
    int32_t n_feature;
} flow_od_columns;

/// Pairs of different places, by (year, origin, target).
typedef struct flow_od {
    int64_t n_row, n_own; ///< n_own: rows from a place to itself, left out
    int32_t n_feature, n_situation;
    char **place; ///< [n_place] names
    int32_t n_place;
    char **feature;                                    ///< [n_feature] names
    int32_t *origin;                                   ///< [n_row] place
    int32_t *target;                                   ///< [n_row] place
    int32_t *year;                                     ///< [n_row]
    double *flow;                                      ///< [n_row]
    double *x;                                         ///< [n_row][n_feature]
    double *distance, *population, *origin_population; ///< [n_row], NULL: no such column
    int64_t *first; ///< [n_situation + 1] rows of each (year, origin)
} flow_od;

/// Read a table. Problems with their places go to `problems`; *out is NULL when there are errors.
flow_err flow_od_parse(const char *name, const char *text, int64_t size,
                       const flow_od_columns *columns, flow_problems *problems, flow_od **out);
void flow_od_free(flow_od *od);

typedef enum flow_od_model {
    FLOW_OD_FIT,         ///< the fitted model
    FLOW_OD_GRAVITY,     ///< logit by ln(distance) and ln(population)
    FLOW_OD_RADIATION,   ///< nothing to fit
    FLOW_OD_PERSISTENCE, ///< the flows of the year before; of test years: of the last year fitted
    FLOW_N_OD_MODEL
} flow_od_model;
extern const char *const flow_od_model_name[FLOW_N_OD_MODEL];

typedef enum flow_od_test {
    FLOW_TEST_NONE,
    FLOW_TEST_YEARS,  ///< fit to the other years; people per origin as in the last year fitted
    FLOW_TEST_ORIGINS ///< each origin predicted from a fit to the others; its people are given
} flow_od_test;

typedef struct flow_od_options {
    int32_t test;                  ///< flow_od_test
    int32_t first_year, last_year; ///< FLOW_TEST_YEARS
    bool poisson;                  ///< totals are predicted, too: gravity with a free constant
    int32_t n_sample;              ///< resampled fits, 0: none; clusters are the origins
    uint64_t seed;
} flow_od_options;

typedef struct flow_od_result {
    flow_logit fit;
    double constant;         ///< Poisson: logarithm of the factor of the flows
    double *low, *high;      ///< [n_feature] 5 and 95 % of the resampled fits; NULL: none
    int32_t n_sample, n_bad; ///< samples; those without a maximum
    int64_t n_fit, n_test;   ///< pairs
    double people_fit, people_test;
    double cpc_fit[FLOW_N_OD_MODEL];  ///< on what was fitted; NAN: cannot be
    double cpc_test[FLOW_N_OD_MODEL]; ///< on what was held out
    double *predicted; ///< [n_row] of the fitted model: held out where it was, else fitted
} flow_od_result;

/// Fit and predict.
/// @return FLOW_ENOMEM, FLOW_ERANGE (no year to test or to fit, Poisson with left-out origins, or
/// as flow_logit_fit()).
flow_err flow_od_calibrate(const flow_od *od, const flow_od_options *options, flow_od_result *out);
void flow_od_result_clear(flow_od_result *result);

#endif
