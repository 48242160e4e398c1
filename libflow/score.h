/// @file score.h
/// Layer 6: measures of a simulation against observations, beside seven trivial models.
///
/// docs/scores.md says what each measure means and how to read it.
#ifndef FLOW_SCORE_H
#define FLOW_SCORE_H

#include "output.h"

enum { FLOW_N_TRIVIAL = 7 };
/// "equal", "cap", "dist1", "dist2", "first", "real1", "day30".
extern const char *const flow_trivial_name[FLOW_N_TRIVIAL];

/// Data of a score, all borrowed.
typedef struct flow_score_input {
    int32_t n_step, n_place;    ///< places with observations only, >= 1
    double dt;                  ///< days of a step; 0: 1
    const int64_t *simulated;   ///< [n_step][n_place] persons >= 0
    const double *expected;     ///< the same of no single run, as a median; NULL: simulated counts
    const int64_t *observed;    ///< [n_step][n_place] persons >= 0
    const double *capacity;     ///< [n_place] persons; < 1: unlimited
    const int64_t *first_count; ///< [n_place] first published non-zero count, 0: none
    int32_t n_source;           ///< all places of the network
    const double *network_km;   ///< [n_place][n_source] shortest network distance, INFINITY: none
    const double
        *source_weight; ///< [n_step][n_source] population of that day's conflict zones, else 0
} flow_score_input;

/// Whether a step is compared: whether a day ends in it. Steps of an hour are compared once a day,
/// those of a day or longer all, with the observations of their last day.
/// @param dt  days of a step.
bool flow_score_compares(double dt, int64_t step);

/// Measures of one model; NAN where undefined. Per-place arrays have n_place entries, owned by the
/// score. s: simulated, d: observed persons, D: sum of d over the places of a day.
typedef struct flow_measures {
    double error; ///< mean_t [ sum_c |s - d| / max(D, 1) ], t the steps that are compared
    double ard;   ///< the same with each day's s scaled to D
    double mase;  ///< mean of place_mase, weighted by the place's observed person-days
    double rmse;  ///< persons, over all places and days
    double *place_error, *place_ard; ///< the place's term of the sum: adds up to the measure
    double *place_mase; ///< mean |s - d| / mean |d(30) - d|, both over the days after day 30
    double *place_rmse; ///< persons, over all days
} flow_measures;

typedef struct flow_score {
    flow_measures model;
    flow_measures trivial[FLOW_N_TRIVIAL]; ///< all NAN for a model the data do not define
    int32_t best;                          ///< trivial model with the smallest error
    double skill;   ///< 1 - error / error of the best trivial model; NAN when that one is 0
    double arrived; ///< mean of simulated / observed total over days with D > 0; NAN if none
} flow_score;

/// Measure a simulation and the trivial models.
///
/// Source: Suleimenova, Bell, Groen 2017, Sci. Rep. 7:13377, doi:10.1038/s41598-017-13828-9 (ARD);
/// Hyndman, Koehler 2006, Int. J. Forecast. 22:679-688, doi:10.1016/j.ijforecast.2006.03.001
/// (MASE).
/// @param[out] out  owned by the caller, flow_score_free().
/// @return FLOW_OK, FLOW_ENOMEM or FLOW_ERANGE (no day or place, a negative count, a distance or
/// weight that is none). Thread-safe.
flow_err flow_score_compute(const flow_score_input *input, flow_score **out);

/// Room for the measures of n_place places; FLOW_ENOMEM.
flow_err flow_measures_create(int32_t n_place, flow_measures *out);
void flow_measures_clear(flow_measures *measures);
/// Measures of s[n_step][n_place] persons beside the observed ones of the input; makes no
/// allocation.
void flow_score_measure(const flow_score_input *input, const double *s, flow_measures *out);

/// Score of a result file; of an ensemble that of the median of its members. FLOW_ESTATE when it
/// holds no observations, or hides small counts.
flow_err flow_score_result(const flow_result *result, flow_score **out);
void flow_score_free(flow_score *score);

#endif
