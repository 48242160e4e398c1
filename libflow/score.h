/// @file score.h
/// Layer 6: measures of a simulation against observations, beside seven trivial models.
#ifndef FLOW_SCORE_H
#define FLOW_SCORE_H

#include "base.h"

enum { FLOW_N_TRIVIAL = 7 };
/// "equal", "cap", "dist1", "dist2", "first", "real1", "day30".
extern const char *const flow_trivial_name[FLOW_N_TRIVIAL];

/// Data of a score, all borrowed.
typedef struct flow_score_input {
    int32_t n_day, n_place;     ///< places with observations only
    const int64_t *simulated;   ///< [n_day][n_place]
    const int64_t *observed;    ///< [n_day][n_place]
    const double *capacity;     ///< [n_place] persons; < 1: unlimited
    const int64_t *first_count; ///< [n_place] first published non-zero count
    int32_t n_source;           ///< all places of the network
    const double *network_km;   ///< [n_place][n_source] shortest network distance, INFINITY: none
    const double
        *source_weight; ///< [n_day][n_source] population of that day's conflict zones, else 0
} flow_score_input;

/// Measures of one model; per-place arrays have n_place entries, owned by the score.
typedef struct flow_measures {
    double error; ///< mean_t [ sum_c |s - d| / max(D, 1) ]
    double ard;   ///< the same with each day's s scaled to D
    double
        mase; ///< weighted by total observations; naive = day 30 carried forward; NAN if undefined
    double rmse; ///< persons, over all places and days
    double *place_error, *place_ard, *place_mase, *place_rmse;
} flow_measures;

typedef struct flow_score {
    flow_measures model;
    flow_measures trivial[FLOW_N_TRIVIAL];
    int32_t best;   ///< trivial model with the smallest error
    double skill;   ///< 1 - error / error of the best trivial model
    double arrived; ///< mean over days of simulated / observed total
} flow_score;

flow_err flow_score_compute(const flow_score_input *input, flow_score **out);
void flow_score_free(flow_score *score);

#endif
