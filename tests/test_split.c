// The one primitive is exact: distributions of counts against their probabilities.
#include "judge.h"
#include "split_bits.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double two_to_62 = 0x1p62;

static gsl_rng *rng;

static void open_rng(void)
{
    rng = gsl_rng_alloc(flow_rng_philox);
    cr_assert_not_null(rng);
}

static void close_rng(void)
{
    gsl_rng_free(rng);
}

TestSuite(split, .init = open_rng, .fini = close_rng);

/// Each draw has a stream of its own, as in the model.
static void key(int question, int draw)
{
    flow_rng_key(rng, 2718, 0, question, FLOW_DRAW_LEAVE, (uint64_t)draw);
}

// Binomial ---------------------------------------------------------------------------------------

enum { n_draw = 20000 };
static int64_t drawn[n_draw];

static double ask_binomial(int question, int64_t n, double p)
{
    for (int i = 0; i < n_draw; i++) {
        key(question, i);
        drawn[i] = flow_binomial(rng, n, p);
    }
    return judge_binomial(drawn, n_draw, n, p);
}

Test(split, binomials_have_their_probabilities)
{
    static const int64_t size[] = {1,  2,  3,  5,  7,   8,   9,   12,   15,   16,    17,
                                   24, 31, 32, 33, 47,  48,  49,  50,   63,   64,    65,
                                   90, 95, 96, 97, 150, 300, 500, 1000, 5000, 70000, 1000000};
    // 0.02 parts digits from inversion; a number near it lies on either side.
    static const double chance[] = {1e-7, 1e-5, 0.001, 0.0199, 0.0201, 0.05, 0.1,
                                    0.25, 0.3,  0.4,   0.5,    0.7,    0.95, 0.999};
    verdict v = {0};
    int question = 0;
    for (size_t a = 0; a < sizeof size / sizeof *size; a++) {
        for (size_t b = 0; b < sizeof chance / sizeof *chance; b++) {
            const double p = ask_binomial(question++, size[a], chance[b]);
            verdict_add(&v, p, "n, p:", (double)size[a], chance[b]);
        }
    }
    // Where n p q passes 9, inversion ends and rejection begins.
    static const double edge[] = {8.0, 8.9, 9.1, 10.0, 12.0, 20.0, 40.0, 100.0, 900.0};
    for (size_t a = 0; a < sizeof edge / sizeof *edge; a++) {
        for (size_t b = 1; b < sizeof chance / sizeof *chance; b++) {
            const int64_t n = (int64_t)ceil(edge[a] / (chance[b] * (1.0 - chance[b])));
            const double p = ask_binomial(question++, n, chance[b]);
            verdict_add(&v, p, "n, p:", (double)n, chance[b]);
        }
    }
    verdict_conclude(&v, 500);
}

Test(split, a_bell_has_its_probabilities_to_a_thousandth)
{
    // Many draws where most of them are looked at, small spreads; and where the logarithm of the
    // chance is needed for many.
    enum { many = 1500000 };
    static const double chance[] = {0.001, 0.1, 0.3, 0.5, 0.5, 0.1};
    static const double variance[] = {9.0, 9.0, 9.0, 9.0, 400.0, 900.0};
    int64_t *draw = malloc(many * sizeof *draw);
    cr_assert_not_null(draw);
    verdict v = {0};
    for (int a = 0; a < 6; a++) {
        const int64_t n = (int64_t)ceil(variance[a] / (chance[a] * (1.0 - chance[a])));
        flow_rng_key(rng, 2718, 1, a, FLOW_DRAW_LEAVE, 0);
        for (int i = 0; i < many; i++) { draw[i] = flow_binomial(rng, n, chance[a]); }
        verdict_add(&v, judge_binomial(draw, many, n, chance[a]), "n, p:", (double)n, chance[a]);
    }
    free(draw);
    verdict_conclude(&v, 6);
}

Test(split, small_chances_of_few_people_are_not_rounded)
{
    // Digits of 16 bits alone would give 1 / 65536 or nothing.
    static const double chance[] = {3e-6, 1.5 / 65536, 40.7 / 65536};
    verdict v = {0};
    for (int a = 0; a < 3; a++) {
        enum { n = 8, draws = 1000000 };
        double hits = 0.0;
        flow_rng_key(rng, 2718, 2, a, FLOW_DRAW_LEAVE, 0);
        for (int i = 0; i < draws; i++) { hits += (double)flow_binomial(rng, n, chance[a]); }
        const double mean = chance[a] * n * draws, p = gsl_cdf_poisson_P((unsigned int)hits, mean);
        const double q = gsl_cdf_poisson_Q((unsigned int)hits - 1, mean);
        verdict_add(&v, 2.0 * fmin(p, q), "p, hits:", chance[a], hits);
    }
    verdict_conclude(&v, 3);
}

Test(split, counts_beyond_32_bits_have_their_distribution)
{
    static const double size[] = {4294967301.0, 0x1p40, 0x1p53, 0x1p62};
    static const double chance[] = {0.5, 0.3, 0.01, 1e-5, 0.9};
    static double z[n_draw];
    verdict v = {0};
    int question = 1000;
    for (size_t a = 0; a < sizeof size / sizeof *size; a++) {
        for (size_t b = 0; b < sizeof chance / sizeof *chance; b++) {
            const double p = chance[b], sd = sqrt(size[a] * p * (1.0 - p));
            const int64_t n = (int64_t)size[a], mean = (int64_t)(size[a] * p);
            const double part = size[a] * p - (double)mean;
            for (int i = 0; i < n_draw; i++) {
                key(question, i);
                const int64_t x = flow_binomial(rng, n, p);
                cr_assert(x >= 0 && x <= n);
                z[i] = ((double)(x - mean) - part) / sd;
            }
            question++;
            verdict_add(&v, judge_bell(z, n_draw, (1.0 - 2.0 * p) / sd), "n, p:", size[a], p);
        }
    }
    verdict_conclude(&v, 20);
}

Test(split, rare_hits_among_very_many_are_poisson)
{
    // A binomial differs from its Poisson law by less than p.
    static const double means[] = {1e-3, 0.4, 2.7, 8.5, 9.5, 17.0, 250.0};
    static const double size[] = {0x1p40, 0x1p62};
    verdict v = {0};
    int question = 1100;
    for (size_t a = 0; a < sizeof means / sizeof *means; a++) {
        for (size_t b = 0; b < sizeof size / sizeof *size; b++) {
            for (int i = 0; i < n_draw; i++) {
                key(question, i);
                drawn[i] = flow_binomial(rng, (int64_t)size[b], means[a] / size[b]);
            }
            question++;
            const double p = judge_poisson(drawn, n_draw, means[a]);
            verdict_add(&v, p, "mean, n:", means[a], size[b]);
        }
    }
    verdict_conclude(&v, 14);
}

Test(split, a_chance_near_one_is_known_as_well_as_its_rest)
{
    // 2^62 people stay but for a chance of 2^-53 each: 512 leave.
    double sum = 0.0, square = 0.0;
    enum { n = 4000 };
    for (int i = 0; i < n; i++) {
        key(1200, i);
        const double left =
            (double)((int64_t)two_to_62 - flow_binomial(rng, (int64_t)two_to_62, 1.0 - 0x1p-53));
        sum += left;
        square += (left - 512.0) * (left - 512.0);
    }
    cr_expect_lt(fabs(sum / n - 512.0), 5.4 * sqrt(512.0 / n), "mean %g", sum / n);
    // The fourth moment of a Poisson number: its square has a variance of 2 m^2 + m.
    const double error = sqrt((2.0 * 512.0 * 512.0 + 512.0) / n);
    cr_expect_lt(fabs(square / n - 512.0), 5.4 * error, "variance %g", square / n);
}

Test(split, certain_things_are_certain)
{
    static const int64_t size[] = {
        0, 1, 7, 8, 20, 100, 4294967301, INT64_C(1) << 40, INT64_C(1) << 62};
    for (size_t a = 0; a < sizeof size / sizeof *size; a++) {
        for (int i = 0; i < 200; i++) {
            key(1201 + (int)a, i);
            const int64_t n = size[a];
            cr_assert_eq(flow_binomial(rng, n, 0.0), 0);
            cr_assert_eq(flow_binomial(rng, n, -0.5), 0);
            cr_assert_eq(flow_binomial(rng, n, (double)NAN), 0);
            cr_assert_eq(flow_binomial(rng, n, 1.0), n);
            cr_assert_eq(flow_binomial(rng, n, 1.5), n);
            cr_assert_eq(flow_binomial(rng, n, 1e-300), 0);
            cr_assert_eq(flow_binomial(rng, n, 4.9e-324), 0);
        }
        cr_assert_eq(flow_binomial(rng, -5, 0.3), 0);
    }
}

// Rows -------------------------------------------------------------------------------------------

typedef struct weights {
    const char *name;
    int32_t k;
    double weight[6];
} weights;

static const weights rows[] = {
    {"one outcome", 1, {0.3}},
    {"two", 2, {1.0, 3.0}},
    {"nearly all on the first", 2, {1.0, 1e-3}},
    {"nearly all on the last", 2, {1e-3, 1.0}},
    {"equal", 6, {1.0, 1.0, 1.0, 1.0, 1.0, 1.0}},
    {"falling", 6, {32.0, 16.0, 8.0, 4.0, 2.0, 1.0}},
    {"rising", 6, {0.01, 0.02, 0.04, 0.08, 0.16, 0.32}},
    {"unsorted with zeros", 6, {0.0, 0.5, 0.0, 3.0, 0.02, 0.0}},
    {"all on one", 4, {0.0, 0.0, 7.0, 0.0}},
    {"all on one of the first", 3, {5.0, 0.0, 0.0}},
    {"tiny beside", 4, {1e-300, 2.0, 1e-300, 1.0}},
    {"tiny", 3, {1e-300, 2e-300, 3e-300}},
    {"denormal", 3, {4.9e-324, 9.9e-324, 4.9e-324}},
    {"huge", 3, {3e307, 1e307, 5e307}},
    {"rare first", 3, {1e-6, 1.0, 2.0}},
    {"cuts on digits", 4, {0.5, 0.25, 0.125, 0.125}},
};
enum { n_rows = sizeof rows / sizeof *rows };

/// Weight of an outcome over the sum, whatever their size.
static double share_of(const weights *w, int32_t i)
{
    double most = 0.0, sum = 0.0;
    for (int32_t j = 0; j < w->k; j++) { most = fmax(most, w->weight[j]); }
    for (int32_t j = 0; j < w->k; j++) { sum += w->weight[j] / most; }
    return w->weight[i] / most / sum;
}

/// One draw, with what must always hold.
static void draw_row(const weights *w, int64_t n, int64_t *out)
{
    double tail[8];
    for (int32_t i = 0; i < w->k; i++) { out[i] = -1; }
    flow_split(rng, n, w->k, w->weight, tail, out);
    int64_t sum = 0;
    for (int32_t i = 0; i < w->k; i++) {
        cr_assert_geq(out[i], 0);
        if (w->weight[i] <= 0.0) {
            cr_assert_eq(out[i], 0, "%s: somebody went where nobody may", w->name);
        }
        sum += out[i];
    }
    cr_assert_eq(sum, n, "%s: people were lost", w->name);
}

Test(split, each_outcome_of_a_row_is_binomial)
{
    static const int64_t size[] = {1,  2,  3,  4,   5,   6,   7,    15,   16,
                                   17, 33, 70, 140, 200, 260, 1000, 20000};
    static int64_t out[6][n_draw];
    verdict v = {0};
    int question = 2000;
    for (int r = 0; r < n_rows; r++) {
        for (size_t a = 0; a < sizeof size / sizeof *size; a++, question++) {
            for (int i = 0; i < n_draw; i++) {
                int64_t one[6];
                key(question, i);
                draw_row(&rows[r], size[a], one);
                for (int32_t j = 0; j < rows[r].k; j++) { out[j][i] = one[j]; }
            }
            for (int32_t j = 0; j < rows[r].k; j++) {
                const double share = share_of(&rows[r], j);
                if (!(share > 0.0 && share < 1.0)) { continue; }
                verdict_add(&v, judge_binomial(out[j], n_draw, size[a], share), rows[r].name,
                            (double)size[a], j);
            }
        }
    }
    verdict_conclude(&v, 500);
}

/// Answers for all outcomes of few people together: every count vector has its probability.
static double ask_jointly(const weights *w, int64_t n, int question)
{
    enum { base = 8 }; // n < 8: a vector is a number with digits of base 8
    static double observed[base * base * base * base * base * base];
    memset(observed, 0, sizeof observed);
    int most = 1;
    for (int32_t i = 0; i < w->k; i++) { most *= base; }
    for (int i = 0; i < n_draw; i++) {
        int64_t out[6];
        int at = 0;
        key(question, i);
        draw_row(w, n, out);
        for (int32_t j = 0; j < w->k; j++) { at = at * base + (int)out[j]; }
        observed[at] += 1.0;
    }
    double share[6];
    for (int32_t j = 0; j < w->k; j++) { share[j] = share_of(w, j); }
    tally t = {0};
    for (int at = 0; at < most; at++) {
        unsigned int out[6];
        int64_t sum = 0;
        for (int32_t j = w->k, rest = at; j-- > 0; rest /= base) {
            out[j] = (unsigned int)(rest % base);
            sum += out[j];
        }
        if (sum != n) { continue; }
        tally_add(&t, n_draw * gsl_ran_multinomial_pdf((size_t)w->k, share, out), observed[at]);
    }
    return tally_answer(&t);
}

Test(split, few_people_fall_jointly_as_they_must)
{
    verdict v = {0};
    int question = 3000;
    for (int r = 0; r < n_rows; r++) {
        for (int64_t n = 1; n < 8; n++) {
            verdict_add(&v, ask_jointly(&rows[r], n, question++), rows[r].name, (double)n, 0);
        }
    }
    verdict_conclude(&v, n_rows * 7);
}

/// The sum over outcomes of (count - mean)^2 / mean of one draw has the mean k - 1 and a known
/// variance, whatever n: variances and covariances are right together. k counts positive shares.
static double ask_spread(const double *share, int32_t k, int64_t n, int64_t *const out[], int draws)
{
    double sum = 0.0, inverse = 0.0;
    for (int32_t j = 0; j < k; j++) { inverse += 1.0 / share[j]; }
    for (int i = 0; i < draws; i++) {
        for (int32_t j = 0; j < k; j++) {
            const double mean = (double)n * share[j], whole = floor(mean);
            const double off = (double)(out[j][i] - (int64_t)whole) - (mean - whole);
            sum += off * off / mean;
        }
    }
    const double variance = 2.0 * (k - 1) + (inverse - (double)k * k - 2.0 * k + 2.0) / (double)n;
    return normal_answer((sum / draws - (k - 1)) / sqrt(variance / draws));
}

Test(split, outcomes_of_a_row_vary_together_as_they_must)
{
    static const int64_t size[] = {
        20, 60, 150, 500, 10000, 4294967301, INT64_C(1) << 40, INT64_C(1) << 62};
    static int64_t out[6][n_draw];
    verdict v = {0};
    int question = 4000;
    for (int r = 0; r < n_rows; r++) {
        double share[6];
        int32_t at[6], k = 0;
        for (int32_t j = 0; j < rows[r].k; j++) {
            const double p = share_of(&rows[r], j);
            if (p > 1e-4) { // rarer ones make the sum of squares no normal number
                share[k] = p;
                at[k++] = j;
            }
        }
        for (size_t a = 0; a < sizeof size / sizeof *size && k > 1; a++, question++) {
            int64_t *column[6];
            for (int i = 0; i < n_draw; i++) {
                int64_t one[6];
                key(question, i);
                draw_row(&rows[r], size[a], one);
                for (int32_t j = 0; j < k; j++) { out[j][i] = one[at[j]]; }
            }
            if (k < rows[r].k && (double)size[a] > 1e15) { continue; } // the rare ones count
            for (int32_t j = 0; j < k; j++) { column[j] = out[j]; }
            verdict_add(&v, ask_spread(share, k, size[a], column, n_draw), rows[r].name,
                        (double)size[a], 0);
        }
    }
    verdict_conclude(&v, 70);
}

Test(split, many_outcomes_have_their_probabilities)
{
    // Each outcome of rows with up to 5,000, through comparing, halving, groups and binomials.
    static const int32_t outcomes[] = {20, 64, 65, 200, 1500, 5000};
    static const int64_t size[] = {3, 10, 40, 120, 700, 3000, 200000};
    enum { draws = 300, most = 5000 };
    static double weight[most], tail[most + 1], sum[most], square[most];
    static int64_t out[most];
    verdict v = {0};
    int question = 5000;
    for (size_t b = 0; b < sizeof outcomes / sizeof *outcomes; b++) {
        const int32_t k = outcomes[b];
        for (int32_t j = 0; j < k; j++) { weight[j] = j % 5 == 3 ? 0.0 : 1.0 + j % 7 * 0.9; }
        flow_split_prepare(k, weight, tail);
        for (size_t a = 0; a < sizeof size / sizeof *size; a++, question++) {
            memset(sum, 0, sizeof sum);
            memset(square, 0, sizeof square);
            double spread = 0.0, inverse = 0.0;
            int32_t positive = 0;
            for (int i = 0; i < draws; i++) {
                key(question, i);
                flow_split_row(rng, size[a], k, weight, tail, out);
                int64_t all = 0;
                for (int32_t j = 0; j < k; j++) {
                    all += out[j];
                    if (weight[j] <= 0.0) {
                        cr_assert_eq(out[j], 0);
                        continue;
                    }
                    const double mean = (double)size[a] * weight[j] / tail[0];
                    sum[j] += (double)out[j];
                    spread += ((double)out[j] - mean) * ((double)out[j] - mean) / mean;
                }
                cr_assert_eq(all, size[a]);
            }
            // Over all draws an outcome is binomial, too.
            tally t = {0};
            for (int32_t j = 0; j < k; j++) {
                if (weight[j] <= 0.0) { continue; }
                positive++;
                inverse += tail[0] / weight[j];
                tally_add(&t, draws * (double)size[a] * weight[j] / tail[0], sum[j]);
            }
            verdict_add(&v, tally_answer(&t), "sums of k, n:", k, (double)size[a]);
            const double variance =
                2.0 * (positive - 1) +
                (inverse - (double)positive * positive - 2.0 * positive + 2.0) / (double)size[a];
            verdict_add(&v,
                        normal_answer((spread / draws - (positive - 1)) / sqrt(variance / draws)),
                        "spread of k, n:", k, (double)size[a]);
        }
    }
    verdict_conclude(&v, 84);
}

Test(split, a_prepared_row_gives_the_same)
{
    for (int r = 0; r < n_rows; r++) {
        for (int64_t n = 0; n < 3000; n = 2 * n + 1) {
            double tail[8], scratch[8];
            int64_t a[6], b[6];
            flow_split_prepare(rows[r].k, rows[r].weight, tail);
            key(6000 + r, (int)n);
            flow_split(rng, n, rows[r].k, rows[r].weight, scratch, a);
            key(6000 + r, (int)n);
            flow_split_row(rng, n, rows[r].k, rows[r].weight, tail, b);
            cr_assert_eq(memcmp(a, b, (size_t)rows[r].k * sizeof *a), 0, "%s", rows[r].name);
        }
    }
}

Test(split, nobody_goes_nowhere)
{
    int64_t out[3] = {4, 5, 6};
    double tail[4];
    static const double weight[3] = {0.0, 0.0, 0.0};
    flow_split(rng, 0, 3, weight, tail, out);
    for (int i = 0; i < 3; i++) { cr_expect_eq(out[i], 0); }
}

// Rounding ---------------------------------------------------------------------------------------

Test(split, rounding_is_unbiased)
{
    static const double x[] = {0.0, 0.25, 3.0, 3.17, 41.999, 1e6 + 0.5, 1e-12};
    static const int64_t size[] = {1, 5, 40, 2000};
    verdict v = {0};
    int question = 7000;
    for (size_t a = 0; a < sizeof x / sizeof *x; a++) {
        for (size_t b = 0; b < sizeof size / sizeof *size; b++, question++) {
            const double part = x[a] - floor(x[a]);
            for (int i = 0; i < n_draw; i++) {
                int64_t out[2];
                key(question, i);
                flow_split_round(rng, size[b], x[a], out);
                cr_assert_eq(out[0] + out[1], size[b]);
                cr_assert(part > 0.0 || out[1] == 0);
                drawn[i] = out[1];
            }
            if (part > 0.0) {
                verdict_add(&v, judge_binomial(drawn, n_draw, size[b], part), "x, n:", x[a],
                            (double)size[b]);
            }
        }
    }
    verdict_conclude(&v, 20);
}

// One by one -------------------------------------------------------------------------------------

Test(split, people_told_one_by_one_follow_the_chances)
{
    enum { most = 12, n = 45 };
    static const struct {
        int32_t k;
        double weight[most], p;
    } row[] = {
        {3, {2.5, 0.0, 4.0}, 0.3},
        {1, {7.0}, 1.0},
        {12, {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 0.0, 0.0}, 1.0},
        {5, {1e-300, 3e-300, 1e-300, 0.0, 2e-300}, 0.75},
        {8, {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1e-5}, 0.0013},
    };
    verdict v = {0};
    int question = 8000;
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        double tail[most + 1];
        flow_split_prepare(row[r].k, row[r].weight, tail);
        int16_t cut[FLOW_MOST_CUTS];
        double part[FLOW_MOST_CUTS];
        const flow_cuts cuts = {.n = row[r].k > 8 ? 16 : 8, .cut = cut, .part = part};
        flow_cuts_make(row[r].k, tail, row[r].p, &cuts);
        for (int32_t j = 0; j < row[r].k; j++, question++) {
            const double chance = row[r].p * row[r].weight[j] / tail[0];
            for (int i = 0; i < n_draw; i++) {
                int32_t above[FLOW_MOST_CUTS + 1], count = 0;
                uint8_t outcome[64];
                key(question, i);
                flow_split_each(rng, n, &cuts, above, outcome);
                for (int a = 0; a < n; a++) {
                    cr_assert_leq(outcome[a], row[r].k);
                    count += outcome[a] == j + 1;
                }
                cr_assert_eq(above[j] - above[j + 1], count);
                cr_assert(chance > 0.0 || count == 0);
                cr_assert(row[r].p < 1.0 || above[0] == n);
                drawn[i] = count;
            }
            if (chance > 0.0 && chance < 1.0) {
                verdict_add(&v, judge_binomial(drawn, n_draw, n, chance), "p, weight:", row[r].p,
                            row[r].weight[j]);
            }
        }
    }
    verdict_conclude(&v, 20);
}

// Bits -------------------------------------------------------------------------------------------

Test(split, bits_are_those_of_every_compiler_and_processor)
{
    const uint64_t bits = split_bits(rng);
    cr_expect_eq(bits, SPLIT_BITS, "%016llx", (unsigned long long)bits);
}

// Property: with the same luck a little more chance never changes what is much into what is little,
// on both sides of 1/2 and whichever way the counts are drawn.
Test(split, counts_of_the_same_luck_stay_close_when_the_chance_changes_a_little)
{
    static const double pair[][2] = {{0.49, 0.51}, {0.31, 0.33}, {0.72, 0.74}};
    static const int64_t sizes[] = {100, 2000, 1000000};
    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < 3; k++) {
            const double n = (double)sizes[k];
            double apart = 0.0, each = 0.0;
            for (int32_t draw = 0; draw < 500; draw++) {
                double x[2];
                for (int i = 0; i < 2; i++) {
                    const double p = pair[c][i];
                    flow_rng_key(rng, 5, 0, draw, FLOW_DRAW_LEAVE, 77);
                    const int64_t hits = flow_binomial(rng, sizes[k], p);
                    x[i] = ((double)hits - n * p) / sqrt(n * p * (1.0 - p));
                }
                apart += (x[0] - x[1]) * (x[0] - x[1]);
                each += x[0] * x[0] + x[1] * x[1];
            }
            // Independent counts: 1. The parts of the bell that are looked at again cost some.
            cr_expect_lt(apart / each, 0.2, "n %g, chances %g and %g: %g", n, pair[c][0],
                         pair[c][1], apart / each);
        }
    }
}
