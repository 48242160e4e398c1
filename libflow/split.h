/// @file split.h
/// Layer 0: the one random primitive: n exchangeable people to k outcomes, exactly.
#ifndef FLOW_SPLIT_H
#define FLOW_SPLIT_H

#include "rng.h"

/// How many of n people do something each does with chance p. Exact for every n in [0, 2^62] and p
/// (below 0 counts as 0, above 1 as 1; a chance near 1 is known as well as 1 - p).
///
/// Few people draw a number each, few expected hits are found by inversion, many by rejection from
/// a bell; the choice is by cost only (bench_split).
int64_t flow_binomial(gsl_rng *rng, int64_t n, double p);

/// Split n people over k outcomes with chances weight[i] / sum of weights.
///
/// Exact (multinomial): few people choose one by one, many are split by conditional binomials; the
/// choice is by cost only. Weights are finite and >= 0, as is their sum; at least one is > 0 unless
/// n is 0. Outcomes of weight 0 get nobody. Source: Davis 1993, Comput. Stat. Data Anal.
/// 16:205-217.
/// @param n     in [0, 2^62].
/// @param tail  scratch of k + 1 doubles: on return tail[i] = sum of weight[i..k).
/// @param[out] out  k counts that add up to n.
void flow_split(gsl_rng *rng, int64_t n, int32_t k, const double *weight, double *tail,
                int64_t *out);

/// The same with the tail sums already made by flow_split_prepare() (several splits of one row).
void flow_split_row(gsl_rng *rng, int64_t n, int32_t k, const double *weight, const double *tail,
                    int64_t *out);
/// tail[i] = sum of weight[i..k), tail[k] = 0.
void flow_split_prepare(int32_t k, const double *weight, double *tail);

enum { FLOW_MOST_CUTS = 16 };

/// Chances of outcomes 0 ... n in a form that many people can be compared with at a time.
typedef struct flow_cuts {
    int32_t n;    ///< a multiple of FLOW_CUTS_STEP (lanes.h): the last outcomes may have no chance
    int16_t *cut; ///< [n] chance of an outcome above j, 16 bits less 2^15; borrowed
    double *part; ///< [n] what these leave, in units of 2^-16; borrowed
} flow_cuts;

/// Outcome 0 has chance 1 - p, outcome 1 + j has p times weight j over the sum of all.
/// @param k     weights, in [1, out->n].
/// @param tail  their sums made by flow_split_prepare(), tail[0] > 0.
/// @param p     in [0, 1].
/// @param out   n, at most FLOW_MOST_CUTS, and the arrays are given; they are filled.
void flow_cuts_make(int32_t k, const double *tail, double p, const flow_cuts *out);

/// Each of n people has an outcome of its own; exact, as flow_split() is.
/// @param n             in [1, 2^31).
/// @param[out] above    how many have an outcome above j, [cuts->n + 1]; the last one is 0.
/// @param[out] outcome  of each; room for n rounded up to a multiple of 32.
void flow_split_each(gsl_rng *rng, int32_t n, const flow_cuts *cuts, int32_t *above,
                     uint8_t *outcome);

/// x >= 0 rounded to a whole number for each of n people, without bias: out[0] people get floor(x),
/// out[1] get floor(x) + 1.
void flow_split_round(gsl_rng *rng, int64_t n, double x, int64_t out[static 2]);

/// How many of t people taken without replacement from n1 of one kind and n2 of another are of the
/// first kind. Exact. n1 and n2 in [0, 2^62], 0 <= t <= n1 + n2.
///
/// Its cost does not grow with t: few are taken one by one, others as in flow_binomial().
int64_t flow_hypergeometric(gsl_rng *rng, int64_t n1, int64_t n2, int64_t t);

/// How many of each of k kinds are among n people taken without replacement from have[i] people of
/// kind i. Exact (multivariate hypergeometric, by conditional hypergeometric counts).
/// @param have  all >= 0, their sum in [n, 2^62].
/// @param[out] out  k counts that add up to n.
void flow_split_sample(gsl_rng *rng, int64_t n, int32_t k, const int64_t *have, int64_t *out);

#endif
