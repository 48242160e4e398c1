#include "split.h"
#include "split_math.h"

#include <assert.h>
#include <string.h>

// Where one way becomes cheaper than the next: figures of bench_split.
static const int64_t most_alone = 12;   // people taken one after the other
static const double invert_below = 9.0; // variance up to which inversion is used
static const double two_pi = 6.283185307179586;

/// Of n1 of the first kind and n2 of the second, t taken; t <= n1 <= n2 after draw()'s exchanges.
typedef struct taking {
    int64_t n1, n2, t;
    double n, mean, variance;
} taking;

static int64_t one_by_one(flow_rng_state *state, int64_t n1, int64_t n2, int64_t t)
{
    double first = (double)n1, all = first + (double)n2;
    const double before = first;
    for (int64_t i = 0; i < t; i++, all -= 1.0) {
        if (flow_rng_uniform(state) * all < first) { first -= 1.0; }
    }
    return (int64_t)(before - first);
}

/// The chances of 0, 1, 2... are taken from a uniform number until it is used up.
static int64_t by_inversion(flow_rng_state *state, const taking *a)
{
    double u = flow_rng_uniform(state);
    if (u < 1.0 - a->mean) { return 0; } // P(0) >= 1 - mean: mostly nothing need be known of it
    const double n1 = (double)a->n1, n2 = (double)a->n2, t = (double)a->t;
    const double last = n2 - t, rest = a->n - t;
    // ln P(0) of the four counts 0, n1, t, n2 - t, each `mean` away from its expected value.
    const double away = a->mean + flow_deviance(n1, n1 - a->mean, a->mean) +
                        flow_deviance(t, t - a->mean, a->mean) +
                        flow_deviance(last, last + a->mean, -a->mean);
    double none;
    if (last > 0.0) {
        const double correct =
            flow_stirling(n2) + flow_stirling(rest) - flow_stirling(a->n) - flow_stirling(last);
        none = exp(correct - away) * sqrt(n2 / a->n * (rest / last));
    } else { // 0! = 1 where Stirling's root has 0
        const double correct = flow_stirling(n2) + flow_stirling(rest) - flow_stirling(a->n);
        none = exp(correct - away) * sqrt(two_pi * n2 * (rest / a->n));
    }
    for (;; u = flow_rng_uniform(state)) { // rounding may have kept u from running out
        double chance = none;
        for (int64_t hits = 0; hits <= a->t; hits++) {
            if (u < chance) { return hits; }
            u -= chance;
            const double x = (double)hits;
            chance *= (n1 - x) * (t - x) / ((x + 1.0) * (last + x + 1.0));
        }
    }
}

/// The logarithm of x! without its terms of first order, times 2.
static double root(double x)
{
    return x > 0.0 ? log(two_pi * x) + 2.0 * flow_stirling(x) : 0.0;
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
    double twice = 0.0;
    for (int i = 0; i < 4; i++) {
        const double sign = i == 0 || i == 3 ? 1.0 : -1.0;
        const double e = sign * -bell->shift, d = e + sign * (double)jump;
        twice += 2.0 * (flow_deviance(best[i], mean[i], e) - flow_deviance(count[i], mean[i], d)) +
                 (root(best[i]) - root(count[i]));
    }
    return w <= exp(0.5 * twice);
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
