/// @file calibrate.h
/// Layer 6: coefficients of destination choice from counts of people.
#ifndef FLOW_CALIBRATE_H
#define FLOW_CALIBRATE_H

#include "base.h"

/// Situations in which people chose (an origin in a year), each with its alternatives: a row of
/// features and the people who chose it. Arrays are borrowed.
///
/// One situation of all pairs makes it a Poisson regression with a constant (gravity with free
/// totals): the coefficients and their errors are the same. One situation per origin is a Poisson
/// regression with a constant per origin. Source: Guimaraes, Figueiredo and Woodward 2003, Rev.
/// Econ. Stat. 85:201-204, doi:10.1162/003465303762687811.
typedef struct flow_choices {
    int32_t n_situation, n_feature;
    const int64_t *first; ///< [n_situation + 1] rows of each situation
    const double *x;      ///< [first[n_situation]][n_feature]
    const double *count;  ///< [first[n_situation]] people, >= 0
    const double *offset; ///< [first[n_situation]] utility with coefficient 1; NULL: 0
    const double *weight; ///< [n_situation] of the counts; NULL: 1
    const double *prior_mean, *prior_sd; ///< [n_feature] normal priors; sd INFINITY: none. NULL:
                                         ///< none at all
    const char *const *name;             ///< [n_feature] for messages; NULL: their index
} flow_choices;

typedef struct flow_logit {
    int32_t n_feature, rounds;
    double *b;               ///< [n_feature] coefficients
    double *se;              ///< [n_feature] standard errors, were all people independent
    double *covariance;      ///< [n_feature][n_feature]
    double log_likelihood;   ///< of the multinomial, without its constant and the prior
    double log_likelihood_0; ///< the same with all coefficients 0
} flow_logit;

/// Maximum of the likelihood (with priors: of the posterior) of the conditional logit, by Newton's
/// method. Source: McFadden 1974, Frontiers in Econometrics, 105-142.
/// @param begin    [n_feature] where to begin; NULL: 0.
/// @param[out] out  owned by the caller: flow_logit_clear().
/// @return FLOW_ENOMEM, or FLOW_ERANGE: a value that is no number, a feature that never varies
/// within a situation or is a sum of others (by its name), or no maximum.
flow_err flow_logit_fit(const flow_choices *choices, const double *begin, flow_logit *out);
void flow_logit_clear(flow_logit *logit);

/// Chances of all rows for given coefficients.
/// @param[out] share  [rows]; adds up to 1 in each situation.
void flow_logit_shares(const flow_choices *choices, const double *b, double *share);

/// Fits to samples of the clusters of situations, drawn with replacement: what the coefficients
/// would be, had other groups of people moved. Moves come in bulk, so standard errors that take
/// people as independent are far too small.
/// @param cluster   [n_situation] from 0 to n_cluster - 1; NULL: each situation is its own.
/// @param fit       of all of them.
/// @param[out] b    [n_sample][n_feature]; samples without a maximum come as the fit itself.
/// @param[out] n_bad  how many these are; may be NULL.
flow_err flow_logit_resample(const flow_choices *choices, const int32_t *cluster, int32_t n_cluster,
                             const flow_logit *fit, uint64_t seed, int32_t n_sample, double *b,
                             int32_t *n_bad);

/// Value below which a share q of n numbers lies (linear between order statistics); sorts them.
double flow_quantile(double *value, int64_t n, double q);

/// Common part of commuters: 2 sum min(o, p) / (sum o + sum p); 1: equal, 0: nothing in common.
/// Source: Lenormand, Huet, Gargiulo and Deffuant 2012, PLoS ONE 7:e45985,
/// doi:10.1371/journal.pone.0045985. NAN when both are empty.
double flow_cpc(int64_t n, const double *observed, const double *predicted);

#endif
