// What the samplers of split stand on: chances without cancellation, and a bell that covers.
#include "../libflow/split_math.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/// Chance of a count of a binomial over that of the mode, any n.
static double over_mode(double n, double p, double mode, double x)
{
    const double mean = n * p, rest = n - mean;
    return exp(flow_unlikely(mode, mean, mode - mean) + flow_unlikely(n - mode, rest, mean - mode) -
               flow_unlikely(x, mean, x - mean) - flow_unlikely(n - x, rest, mean - x));
}

static const double shares[] = {1e-6, 0.001, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5};
enum { n_shares = sizeof shares / sizeof *shares };

static flow_bell bell_of(double n, double p)
{
    const double mean = n * p, mode = floor(mean + p);
    return (flow_bell){.mode = (int64_t)mode,
                       .shift = mean - mode,
                       .spread = sqrt(mean * (1.0 - p)),
                       .skew = (1.0 - 2.0 * p) / 6.0};
}

Test(split_math, proposals_cover_what_is_wanted)
{
    // The two bounds that flow_bell_propose() stands on, for all normal numbers.
    for (double sd = 3.0; sd < 3000.0; sd *= sd < 4.0 ? 1.03 : (sd < 50.0 ? 1.3 : 5.0)) {
        for (int b = 0; b < n_shares; b++) {
            const double p = shares[b], n = ceil(sd * sd / (p * (1.0 - p)));
            const flow_bell bell = bell_of(n, p);
            const double mode = (double)bell.mode, width = bell.spread + flow_bell_widen;
            const double most = 1.0 + flow_bell_above / bell.spread;
            for (double z = -8.3; z <= 8.3; z += 0.0037) {
                const double slope = 1.0 + 2.0 * bell.skew * z / width;
                const double place = width * z + bell.skew * (z * z - 1.0) + bell.shift + 0.5;
                const double x = mode + floor(place), size = fabs(z);
                if (x < 0.0 || x > n || slope <= 0.0) { continue; }
                const double ratio = over_mode(n, p, mode, x) * exp(z * z / 2.0) * slope;
                cr_assert_leq(ratio, most, "n %g, p %g, z %g", n, p, z);
                const double least =
                    1.0 - (size * (0.5 + 0.25 * size) + flow_bell_below) / bell.spread;
                cr_assert_geq(ratio / most, least, "n %g, p %g, z %g", n, p, z);
            }
        }
    }
}

Test(split_math, what_is_accepted_unseen_would_be_accepted)
{
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    cr_assert_not_null(rng);
    int unseen = 0, seen = 0;
    for (int b = 0; b < n_shares; b++) {
        for (double sd = 3.0; sd < 500.0; sd *= 1.9) {
            const double p = shares[b], n = ceil(sd * sd / (p * (1.0 - p)));
            const flow_bell bell = bell_of(n, p);
            const double width = bell.spread + flow_bell_widen;
            flow_rng_key(rng, 2718, 0, b, FLOW_DRAW_LEAVE, (uint64_t)sd);
            for (int i = 0; i < 20000; i++) {
                flow_rng_state before, *state = rng->state;
                memcpy(&before, state, sizeof before);
                const flow_proposal propose = flow_bell_propose(state, &bell);
                const uint64_t bits = flow_rng_bits(&before);
                const uint32_t word = flow_rng_word(&before);
                const uint32_t strip = (uint32_t)(bits % flow_bell_strips);
                if (strip == flow_bell_strips - 1) {
                    cr_assert_gt(propose.height, 0.0, "the tail is always looked at");
                    continue;
                }
                const double from = flow_bell_edge[strip], to = flow_bell_edge[strip + 1];
                const double size = from + (double)(bits >> 11) * 0x1p-53 * (to - from);
                const double z = bits / flow_bell_strips % 2 ? -size : size;
                const double place = width * z + bell.skew * (z * z - 1.0) + bell.shift + 0.5;
                cr_assert_eq(propose.jump, (int64_t)floor(place));
                const double x = (double)(bell.mode + propose.jump);
                if (x < 0.0 || x > n) { continue; }
                const double hat = exp(-0.5 * from * from) * (1.0 + flow_bell_above / bell.spread) /
                                   (1.0 + 2.0 * bell.skew * z / width);
                const double chance = over_mode(n, p, (double)bell.mode, x);
                cr_assert_geq(hat, chance, "n %g, p %g, z %g", n, p, z);
                if (propose.height > 0.0) {
                    seen++;
                    cr_assert(propose.height >= hat * (word - 1.0) * 0x1p-32 &&
                              propose.height <= hat * (word + 2.0) * 0x1p-32);
                } else {
                    unseen++;
                    cr_assert_leq(hat * (word + 1.0) * 0x1p-32, chance, "n %g, p %g, z %g", n, p,
                                  z);
                }
            }
        }
    }
    gsl_rng_free(rng);
    cr_expect_gt(unseen, 4 * seen, "%d unseen, %d seen", unseen, seen); // what it is for
}

Test(split_math, strips_have_the_same_area)
{
    const double last = flow_bell_edge[flow_bell_strips - 1];
    const double tail = exp(-0.5 * last * last) / last;
    for (int i = 0; i + 1 < flow_bell_strips; i++) {
        const double from = flow_bell_edge[i], wide = flow_bell_edge[i + 1] - from;
        const double area = wide * exp(-0.5 * from * from);
        cr_expect_lt(fabs(area / tail - 1.0), 2e-14, "strip %d: %.17g, not %.17g", i, area, tail);
    }
}

Test(split_math, chances_are_known_to_the_last_digits)
{
    // ln x! from the product, and Poisson chances from GSL for x and mean of like size.
    double factorial = 1.0;
    for (int x = 1; x < 20; x++) {
        factorial *= x; // exact below 2^62
        const double want = log(factorial) - (x + 0.5) * log(x) + x - 0.5 * log(6.283185307179586);
        cr_expect_lt(fabs(flow_stirling(x) - want), 2e-14, "%d: %.17g, not %.17g", x,
                     flow_stirling(x), want);
    }
    // Source: 1/12x - 1/360x^3 at large x; ln 1! + 1 - ln(2 pi) / 2 at 1.
    cr_expect_lt(fabs(flow_stirling(1.0) - (1.0 - 0.91893853320467274178)), 1e-15);
    cr_expect_lt(fabs(flow_stirling(1e5) - (1.0 / 1.2e6 - 1.0 / 3.6e17)), 1e-21);
    static const double counts[] = {1.0, 7.0, 15.0, 16.0, 100.0, 12345.0};
    for (int i = 0; i < 6; i++) {
        for (double ratio = 0.5; ratio < 2.0; ratio += 0.0137) {
            const double mean = counts[i] * ratio;
            const double got = exp(-flow_unlikely(counts[i], mean, counts[i] - mean));
            const double want = gsl_ran_poisson_pdf((unsigned int)counts[i], mean);
            if (want < 1e-290) { continue; }
            cr_expect_lt(fabs(got / want - 1.0), 1e-13 * (10.0 + counts[i]),
                         "x %g, mean %g: %g, %g", counts[i], mean, got, want);
        }
    }
    cr_expect_eq(flow_unlikely(0.0, 3.17, -3.17), 3.17);
    // Counts of 2^60 differ by a standard deviation or ten: half of the square, to third order.
    for (double z = -10.0; z <= 10.0; z += 1.0) {
        const double mean = 0x1p60, d = z * 0x1p30;
        const double want = 0.5 * z * z - z * z * z / 6.0 * 0x1p-30;
        cr_expect_lt(fabs(flow_deviance(mean + d, mean, d) - want), 1e-14 * (1.0 + want), "%g", z);
    }
}
