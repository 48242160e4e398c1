// Taking without replacement is exact: distributions of counts against their probabilities.
#include "../libflow/split.h"
#include "judge.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

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

TestSuite(split_sample, .init = open_rng, .fini = close_rng);

/// Each draw has a stream of its own, as in the model.
static void key(int question, int draw)
{
    flow_rng_key(rng, 2718, 0, question, FLOW_DRAW_LEAVE, (uint64_t)draw);
}

enum { n_draw = 20000 };
static int64_t drawn[n_draw];

typedef struct urn {
    int64_t n1, n2, t;
} urn;

static double urn_chance(int64_t value, const void *context)
{
    const urn *u = context;
    return gsl_ran_hypergeometric_pdf((unsigned int)value, (unsigned int)u->n1, (unsigned int)u->n2,
                                      (unsigned int)u->t);
}

static double judge_urn(int64_t *draw, int draws, urn u)
{
    const double all = (double)u.n1 + (double)u.n2, share = (double)u.n1 / all;
    const double variance = (double)u.t * share * (1.0 - share) * (all - (double)u.t) / (all - 1.0);
    return judge(draw, draws, u.t > u.n2 ? u.t - u.n2 : 0, u.t < u.n1 ? u.t : u.n1,
                 (double)u.t * share, sqrt(variance), urn_chance, &u);
}

static double ask_urn(urn u, int question)
{
    for (int i = 0; i < n_draw; i++) {
        key(question, i);
        drawn[i] = flow_hypergeometric(rng, u.n1, u.n2, u.t);
    }
    return judge_urn(drawn, n_draw, u);
}

Test(split_sample, those_taken_have_their_probabilities)
{
    static const int64_t size[] = {1, 5, 12, 13, 14, 30, 41, 90, 400, 3000, 100000};
    enum { n = sizeof size / sizeof *size };
    verdict v = {0};
    int question = 8000;
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < n; b++) {
            // Shares of all people up to all of them, and near the bounds of each way.
            static const double share[] = {0.01, 0.1, 0.4, 0.5, 0.6, 0.93};
            for (size_t c = 0; c < sizeof share / sizeof *share; c++) {
                urn u = {size[a], size[b], (int64_t)((double)(size[a] + size[b]) * share[c])};
                verdict_add(&v, ask_urn(u, question++), "n1, n2:", (double)size[a],
                            (double)size[b]);
            }
        }
    }
    // Where the variance passes 9.
    for (int64_t t = 30; t <= 60; t += 2) {
        verdict_add(&v, ask_urn((urn){1000, 2000, t}, question++), "1000, 2000, t:", (double)t, 0);
        verdict_add(&v, ask_urn((urn){t, 2 * t, t}, question++), "t, 2 t, t:", (double)t, 0);
        verdict_add(&v, ask_urn((urn){200, 70000, 90 * t}, question++),
                    "200, 70000, 90 t:", (double)t, 0);
    }
    verdict_conclude(&v, 700);
}

Test(split_sample, a_bell_has_its_probabilities_to_a_thousandth)
{
    // As for binomials. First those whose smallest count is the last of the four.
    enum { many = 1500000 };
    static const urn urns[] = {{72, 72, 72},      {85, 90, 84},       {80, 200, 60},
                               {1000, 9000, 120}, {1600, 1600, 1600}, {900, 20000, 9000}};
    int64_t *draw = malloc(many * sizeof *draw);
    cr_assert_not_null(draw);
    verdict v = {0};
    for (int a = 0; a < 6; a++) {
        flow_rng_key(rng, 2718, 1, a, FLOW_DRAW_LEAVE, 0);
        for (int i = 0; i < many; i++) {
            draw[i] = flow_hypergeometric(rng, urns[a].n1, urns[a].n2, urns[a].t);
        }
        verdict_add(&v, judge_urn(draw, many, urns[a]), "n1, t:", (double)urns[a].n1,
                    (double)urns[a].t);
    }
    free(draw);
    verdict_conclude(&v, 6);
}

Test(split_sample, of_very_many_those_taken_have_their_distribution)
{
    static const double size[][3] = {{4294967301.0, 1e10, 5e9}, {0x1p40, 0x1p41, 0x1p30},
                                     {0x1p62, 0x1p62, 0x1p62},  {0x1p62, 0x1p61, 12345678},
                                     {0x1p50, 0x1p62, 0x1p62},  {1e6, 0x1p62, 0x1p61},
                                     {0x1p62, 1e6, 0x1p61},     {0x1p61, 0x1p61, 0x1p62 - 1e9}};
    static double z[n_draw];
    verdict v = {0};
    int question = 9500;
    for (size_t a = 0; a < sizeof size / sizeof *size; a++, question++) {
        const double n = size[a][0] + size[a][1], t = size[a][2];
        const bool first = size[a][0] <= size[a][1]; // the mean of the rarer kind is rounded less
        const double n1 = size[a][!first], n2 = size[a][first];
        const double mean = t * (n1 / n), whole = floor(mean);
        const double sd = sqrt(mean * (n2 / n) * ((n - t) / (n - 1.0)));
        for (int i = 0; i < n_draw; i++) {
            key(question, i);
            const int64_t of_first =
                flow_hypergeometric(rng, (int64_t)size[a][0], (int64_t)size[a][1], (int64_t)t);
            const int64_t x = first ? of_first : (int64_t)t - of_first;
            cr_assert(x >= 0 && x <= (int64_t)n1 && x <= (int64_t)t);
            cr_assert((int64_t)t - x <= (int64_t)n2);
            z[i] = ((double)(x - (int64_t)whole) - (mean - whole)) / sd;
        }
        const double skew = (n - 2.0 * n1) / n * ((n - 2.0 * t) / n) / sd;
        verdict_add(&v, judge_bell(z, n_draw, skew), "n1, t:", n1, t);
    }
    verdict_conclude(&v, 8);
}

Test(split_sample, few_of_a_kind_among_very_many_taken_are_poisson)
{
    // Of the rare kind each is taken with a chance of a half, or of one in 2^31.
    verdict v = {0};
    for (int i = 0; i < n_draw; i++) {
        key(9600, i);
        drawn[i] = flow_hypergeometric(rng, 20, (INT64_C(1) << 62) - 20, INT64_C(1) << 61);
    }
    verdict_add(&v, judge_binomial(drawn, n_draw, 20, 0.5), "of 20", 0, 0);
    static const double means[] = {0.02, 0.7, 4.0, 8.0};
    for (size_t a = 0; a < sizeof means / sizeof *means; a++) {
        for (int i = 0; i < n_draw; i++) {
            key(9601 + (int)a, i);
            drawn[i] = flow_hypergeometric(rng, (int64_t)(means[a] * 0x1p31), INT64_C(1) << 61,
                                           INT64_C(1) << 30);
        }
        verdict_add(&v, judge_poisson(drawn, n_draw, means[a]), "mean", means[a], 0);
    }
    verdict_conclude(&v, 5);
}

Test(split_sample, taking_all_or_none_leaves_no_choice)
{
    static const int64_t size[] = {0, 1, 5, 300, INT64_C(1) << 61};
    for (int a = 0; a < 5; a++) {
        for (int b = 0; b < 5; b++) {
            key(9700, 5 * a + b);
            cr_expect_eq(flow_hypergeometric(rng, size[a], size[b], 0), 0);
            cr_expect_eq(flow_hypergeometric(rng, size[a], size[b], size[a] + size[b]), size[a]);
            if (size[a] > 0) {
                const int64_t but_one =
                    flow_hypergeometric(rng, size[a], size[b], size[a] + size[b] - 1);
                cr_expect(but_one == size[a] || (but_one == size[a] - 1));
            }
        }
        cr_expect_eq(flow_hypergeometric(rng, 0, 40, 17), 0);
        cr_expect_eq(flow_hypergeometric(rng, 40, 0, 17), 17);
    }
}

Test(split_sample, a_sample_of_several_kinds_is_fair)
{
    enum { n_kind = 5, all = 358 };
    static const int64_t have[n_kind] = {40, 0, 7, 300, 11};
    static const int64_t size[] = {0, 1, 6, 30, 100, 357, 358};
    static int64_t out[n_kind][n_draw];
    verdict v = {0};
    for (size_t a = 0; a < sizeof size / sizeof *size; a++) {
        const int64_t n = size[a];
        double product = 0.0;
        for (int i = 0; i < n_draw; i++) {
            int64_t one[n_kind], sum = 0;
            key(9800 + (int)a, i);
            flow_split_sample(rng, n, n_kind, have, one);
            for (int j = 0; j < n_kind; j++) {
                cr_assert(one[j] >= 0 && one[j] <= have[j]);
                sum += one[j];
                out[j][i] = one[j];
            }
            cr_assert_eq(sum, n);
            product += (double)(one[0] * one[3]);
        }
        if (n == 0 || n == all) { continue; }
        // E(x y) of two kinds is n (n - 1) / (N (N - 1)) times both their numbers.
        const double pair = (double)(n * (n - 1)) / (all * (all - 1.0)) * 40.0 * 300.0;
        if (n > 1) { cr_expect_lt(fabs(product / n_draw / pair - 1.0), 0.03, "of %d", (int)n); }
        for (int j = 0; j < n_kind; j++) {
            if (have[j] == 0) { continue; }
            const urn u = {have[j], all - have[j], n};
            const double share = (double)have[j] / all, mean = (double)n * share;
            const double sd = sqrt(mean * (1.0 - share) * (double)(all - n) / (all - 1.0));
            const double p = judge(out[j], n_draw, n > u.n2 ? n - u.n2 : 0, n < u.n1 ? n : u.n1,
                                   mean, sd, urn_chance, &u);
            verdict_add(&v, p, "n, kind:", (double)n, j);
        }
    }
    verdict_conclude(&v, 20);
}
