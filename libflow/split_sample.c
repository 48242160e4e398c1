#include "split.h"
#include "split_math.h"

#include <assert.h>
#include <string.h>

// Where one way becomes cheaper than the next: figures of bench_split.
static const int64_t most_alone = 8;    // people taken one after the other
static const double invert_below = 9.0; // variance up to which inversion is used

/// Of n1 of the first kind and n2 of the second, t taken; t <= n1 <= n2 after exchanges.
typedef struct taking {
    int64_t n1, n2, t;
    double n, mean, variance;
} taking;

static int64_t one_by_one(flow_rng_state *state, int64_t n1, int64_t n2, int64_t t)
{
    double first = (double)n1, all = first + (double)n2;
    const double before = first;
    for (int64_t i = 0; i < t; i++, all -= 1.0) {
        const bool hit = flow_rng_uniform(state) * all < first; // no branch: nobody could guess it
        first -= (double)hit;
    }
    return (int64_t)(before - first);
}

/// The chance that nobody of the first kind is taken.
static double chance_of_none(const taking *a)
{
    const double n2 = (double)a->n2, t = (double)a->t;
    double none = 1.0;
    if (a->t <= 40) {
        for (double i = 0.0; i < t; i += 1.0) { none *= (n2 - i) / (a->n - i); }
        return none;
    }
    // The four counts 0, n1, t and n2 - t are each `mean` away from their expected values, and
    // P(0) = n2! (N - t)! / (N! (n2 - t)!).
    const double n1 = (double)a->n1, last = n2 - t, rest = a->n - t, mean = a->mean;
    const double all = 0.5 * log(6.283185307179586 * (n2 * (rest / a->n))) + flow_stirling(n2) +
                       flow_stirling(rest) - flow_stirling(a->n);
    return exp(all - mean - flow_deviance(n1, n1 - mean, mean) - flow_deviance(t, t - mean, mean) -
               flow_unlikely(last, last + mean, -mean));
}

/// The chances of 0, 1, 2... are taken from a uniform number until it is used up.
static int64_t by_inversion(flow_rng_state *state, const taking *a)
{
    double u = flow_rng_uniform(state);
    if (u < 1.0 - a->mean) { return 0; } // P(0) >= 1 - mean: mostly nothing need be known of it
    const double n1 = (double)a->n1, t = (double)a->t, last = (double)(a->n2 - a->t);
    const double none = chance_of_none(a);
    for (;; u = flow_rng_uniform(state)) { // rounding may have kept u from running out
        double chance = none;
        for (int64_t hits = 0; hits <= a->t; hits++) {
            if (u < chance) { return hits; }
            u -= chance;
            const double x = (double)hits;
            if (chance < 1e-20 && x > a->mean) { break; }
            chance *= (n1 - x) * (t - x) / ((x + 1.0) * (last + x + 1.0));
        }
    }
}

/// True when w is at most the chance of mode + jump over that of mode.
static bool accept(const taking *a, const flow_bell *bell, int64_t jump, double w)
{
    const double n1 = (double)a->n1, t = (double)a->t, last = (double)(a->n2 - a->t);
    const double mode = (double)bell->mode, x = mode + (double)jump;
    if (jump >= -30 && jump <= 30) { // the quotient of both, factor by factor
        double quotient = 1.0;
        for (double i = mode; i < x; i += 1.0) {
            quotient *= (n1 - i) * (t - i) / ((i + 1.0) * (last + i + 1.0));
        }
        for (double i = mode; i > x; i -= 1.0) {
            quotient *= i * (last + i) / ((n1 - i + 1.0) * (t - i + 1.0));
        }
        return w <= quotient;
    }
    // The four counts and how far they and those of the mode are from their expected values.
    const double mean[4] = {a->mean, n1 - a->mean, t - a->mean, last + a->mean};
    const double count[4] = {x, n1 - x, t - x, last + x};
    const double best[4] = {mode, n1 - mode, t - mode, last + mode};
    double more = 0.0;
    for (int i = 0; i < 4; i++) {
        const double sign = i == 0 || i == 3 ? 1.0 : -1.0;
        const double e = sign * -bell->shift, d = e + sign * (double)jump;
        more += flow_unlikely(count[i], mean[i], d) - flow_unlikely(best[i], mean[i], e);
    }
    return w <= exp(-more);
}

static int64_t by_rejection(flow_rng_state *state, const taking *a)
{
    const double n1 = (double)a->n1, t = (double)a->t;
    const double mode = floor((t + 1.0) * ((n1 + 1.0) / (a->n + 2.0)));
    const flow_bell bell = {.mode = (int64_t)mode,
                            .shift = a->mean - mode,
                            .spread = sqrt(a->variance),
                            .skew = (a->n - 2.0 * n1) / a->n * ((a->n - 2.0 * t) / (a->n - 2.0)) *
                                    (1.0 / 6)};
    for (;;) {
        const flow_proposal propose = flow_bell_propose(state, &bell);
        const int64_t hits = bell.mode + propose.jump;
        if (hits < 0 || hits > a->t) { continue; }
        if (propose.height <= 0.0) { return hits; }
        if (accept(a, &bell, propose.jump, propose.height)) { return hits; }
    }
}

/// 0 <= t <= n1 <= n2.
static int64_t draw(flow_rng_state *state, int64_t n1, int64_t n2, int64_t t)
{
    if (t <= most_alone) { return one_by_one(state, n1, n2, t); }
    taking a = {.n1 = n1, .n2 = n2, .t = t, .n = (double)n1 + (double)n2};
    const double share = (double)n1 / a.n;
    a.mean = (double)t * share;
    a.variance = a.mean * (1.0 - share) * ((a.n - (double)t) / (a.n - 1.0));
    return a.variance < invert_below ? by_inversion(state, &a) : by_rejection(state, &a);
}

int64_t flow_hypergeometric(gsl_rng *rng, int64_t n1, int64_t n2, int64_t t)
{
    assert(n1 >= 0 && n2 >= 0 && t >= 0);
    const uint64_t all = (uint64_t)n1 + (uint64_t)n2; // up to 2^63
    assert((uint64_t)t <= all);
    if (n1 == 0 || t == 0) { return 0; }
    // Those who are left are drawn instead of those who are taken when they are fewer, the second
    // kind instead of the first; and n1 and t may change places (Johnson, Kemp and Kotz 2005,
    // "Univariate discrete distributions", section 6.2).
    const bool left = (uint64_t)t > all / 2;
    const int64_t taken = left ? (int64_t)(all - (uint64_t)t) : t;
    const bool other = n1 > n2;
    const int64_t kind = other ? n2 : n1;
    const int64_t small = taken < kind ? taken : kind, large = taken < kind ? kind : taken;
    const int64_t rest = (int64_t)(all - (uint64_t)large);
    int64_t hits = small == 0 ? 0 : draw(rng->state, large, rest, small);
    if (other) { hits = taken - hits; }
    return left ? n1 - hits : hits;
}

void flow_split_sample(gsl_rng *rng, int64_t n, int32_t k, const int64_t *have, int64_t *out)
{
    int64_t rest = 0;
    for (int32_t i = 0; i < k; i++) { rest += have[i]; }
    assert(n >= 0 && n <= rest);
    int64_t left = n;
    for (int32_t i = 0; i < k; i++) {
        rest -= have[i];
        out[i] = left > 0 ? flow_hypergeometric(rng, have[i], rest, left) : 0;
        left -= out[i];
    }
}
