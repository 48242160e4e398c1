#include "split.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/// Below this many people a Bernoulli draw each is cheaper than gsl_ran_binomial (bench_split).
static const int64_t few = 6;

int64_t flow_binomial(gsl_rng *rng, int64_t n, double p)
{
    if (!(p > 0.0) || n <= 0) { return 0; }
    if (p >= 1.0) { return n; }
    int64_t hits = 0;
    if (n <= few) {
        for (int64_t i = 0; i < n; i++) { hits += flow_uniform(rng) < p; }
        return hits;
    }
    // gsl_ran_binomial counts in int; a sum of binomials with one p is binomial.
    const int64_t most = INT64_C(1) << 30;
    while (n > most) {
        hits += gsl_ran_binomial(rng, p, (unsigned int)most);
        n -= most;
    }
    return hits + gsl_ran_binomial(rng, p, (unsigned int)n);
}

void flow_split_prepare(int32_t k, const double *weight, double *tail)
{
    tail[k] = 0.0;
    for (int32_t i = k; i-- > 0;) { tail[i] = tail[i + 1] + weight[i]; }
}

/// One person: the outcome by a linear search from the end of the tail sums.
static int32_t draw_one(gsl_rng *rng, int32_t k, const double *weight, const double *tail)
{
    const double u = flow_uniform(rng) * tail[0];
    int32_t i = 0;
    while (i + 1 < k && tail[i + 1] > u) { i++; }
    // Rounding can end on an outcome of weight 0: take the nearest earlier one that has weight.
    while (i > 0 && weight[i] <= 0.0) { i--; }
    while (weight[i] <= 0.0) { i++; }
    return i;
}

void flow_split_row(gsl_rng *rng, int64_t n, int32_t k, const double *weight, const double *tail,
                    int64_t *out)
{
    memset(out, 0, (size_t)k * sizeof *out);
    if (n <= 0 || k <= 0) { return; }
    // A chain of binomials costs about 40 ns an outcome, a person about 8 ns plus 1 ns an outcome.
    if (n <= 3 || n < 2 * (int64_t)k) {
        for (int64_t i = 0; i < n; i++) { out[draw_one(rng, k, weight, tail)]++; }
        return;
    }
    int64_t left = n;
    int32_t last = -1; // last outcome with weight: takes what rounding leaves over
    for (int32_t i = 0; i < k && left > 0; i++) {
        if (weight[i] <= 0.0) { continue; }
        last = i;
        out[i] = tail[i + 1] > 0.0 ? flow_binomial(rng, left, weight[i] / tail[i]) : left;
        left -= out[i];
    }
    if (left > 0 && last >= 0) { out[last] += left; }
}

void flow_split(gsl_rng *rng, int64_t n, int32_t k, const double *weight, double *tail,
                int64_t *out)
{
    flow_split_prepare(k, weight, tail);
    flow_split_row(rng, n, k, weight, tail, out);
}

void flow_split_round(gsl_rng *rng, int64_t n, double x, int64_t out[static 2])
{
    const double part = x - floor(x);
    out[1] = flow_binomial(rng, n, part);
    out[0] = n - out[1];
}

int64_t flow_hypergeometric(gsl_rng *rng, int64_t n1, int64_t n2, int64_t t)
{
    int64_t hits = 0;
    for (int64_t i = 0; i < t && n1 > 0; i++) {
        if (flow_uniform(rng) * (double)(n1 + n2) < (double)n1) {
            hits++;
            n1--;
        } else {
            n2--;
        }
    }
    return hits;
}
