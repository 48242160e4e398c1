#include "../libflow/calibrate_od.h"
#include "../libflow/row.h"
#include "../libflow/split.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const double inf = (double)INFINITY;

static flow_logit fit(const flow_choices *c)
{
    flow_logit out;
    cr_assert_eq(flow_logit_fit(c, NULL, &out), FLOW_OK, "%s", flow_error_text());
    return out;
}

// Known answers
// -------------------------------------------------------------------------------------

// Two places, one of them marked: b = ln(n1 / n2), variance 1 / n1 + 1 / n2.
Test(calibrate, two_places_are_worked_by_hand)
{
    const int64_t first[] = {0, 2};
    const double x[] = {1.0, 0.0}, count[] = {317.0, 59.0};
    flow_choices c = {.n_situation = 1, .n_feature = 1, .first = first, .x = x, .count = count};
    flow_logit f = fit(&c);
    cr_expect_leq(fabs(f.b[0] - log(317.0 / 59.0)), 1e-12);
    cr_expect_leq(fabs(f.se[0] - sqrt(1.0 / 317.0 + 1.0 / 59.0)), 1e-12);
    cr_expect_leq(fabs(f.log_likelihood_0 - 376.0 * log(0.5)), 1e-9);
    const double best = 317.0 * log(317.0 / 376.0) + 59.0 * log(59.0 / 376.0);
    cr_expect_leq(fabs(f.log_likelihood - best), 1e-9);
    flow_logit_clear(&f);
    // What an offset explains already is not left to the coefficient.
    const double offset[] = {700.0 + log(317.0 / 59.0), 700.0};
    c.offset = offset;
    f = fit(&c);
    cr_expect_leq(fabs(f.b[0]), 1e-11);
    flow_logit_clear(&f);
    // Weights multiply counts.
    const double weight[] = {0.25};
    c.offset = NULL;
    c.weight = weight;
    f = fit(&c);
    cr_expect_leq(fabs(f.se[0] - 2.0 * sqrt(1.0 / 317.0 + 1.0 / 59.0)), 1e-12);
    flow_logit_clear(&f);
}

// A normal prior and a likelihood of one pair: the maximum solves n1 - n p = (b - mean) / sd^2.
Test(calibrate, priors_pull_towards_their_mean)
{
    const int64_t first[] = {0, 2};
    const double x[] = {1.0, 0.0}, count[] = {31.0, 7.0}, mean[] = {-0.5};
    double sd[] = {0.4};
    const flow_choices c = {.n_situation = 1,
                            .n_feature = 1,
                            .first = first,
                            .x = x,
                            .count = count,
                            .prior_mean = mean,
                            .prior_sd = sd};
    flow_logit f = fit(&c);
    const double p = 1.0 / (1.0 + exp(-f.b[0]));
    cr_expect_leq(fabs(31.0 - 38.0 * p - (f.b[0] + 0.5) / 0.16), 1e-9);
    cr_expect_leq(fabs(f.se[0] - 1.0 / sqrt(38.0 * p * (1.0 - p) + 1.0 / 0.16)), 1e-9);
    flow_logit_clear(&f);
    sd[0] = inf;
    f = fit(&c);
    cr_expect_leq(fabs(f.b[0] - log(31.0 / 7.0)), 1e-12, "no prior, no pull");
    flow_logit_clear(&f);
}

/// Solve a[n][n] x = b by elimination with pivots, in place.
static void eliminate(int n, double *a, double *b)
{
    for (int i = 0; i < n; i++) {
        int best = i;
        for (int r = i + 1; r < n; r++) {
            if (fabs(a[r * n + i]) > fabs(a[best * n + i])) { best = r; }
        }
        for (int k = 0; k < n; k++) {
            const double swap = a[i * n + k];
            a[i * n + k] = a[best * n + k];
            a[best * n + k] = swap;
        }
        const double swap = b[i];
        b[i] = b[best];
        b[best] = swap;
        for (int r = 0; r < n; r++) {
            if (r == i) { continue; }
            const double factor = a[r * n + i] / a[i * n + i];
            for (int k = i; k < n; k++) { a[r * n + k] -= factor * a[i * n + k]; }
            b[r] -= factor * b[i];
        }
    }
    for (int i = 0; i < n; i++) { b[i] /= a[i * n + i]; }
}

enum { G_ORIGIN = 4, G_TARGET = 5, G_ROW = G_ORIGIN * G_TARGET };

static void make_gravity(double *x, double *count, int64_t *first)
{
    for (int o = 0; o < G_ORIGIN; o++) {
        first[o] = (int64_t)o * G_TARGET;
        for (int j = 0; j < G_TARGET; j++) {
            const int r = o * G_TARGET + j;
            x[2 * r] = log(10.0 + 7.0 * ((3 * o + 5 * j) % 11));
            x[2 * r + 1] = log(100.0 * (1 + (j * j) % 7));
            count[r] = floor(1e5 * pow(exp(x[2 * r]), -1.3) * (1 + (7 * o + 3 * j) % 4));
        }
    }
    first[G_ORIGIN] = G_ROW;
}

/// Poisson regression by Newton's method: ln(mean) = constants [n_constant] of the origins (or one)
/// + b x. Returns b and its standard errors.
static void poisson(int n_constant, const double *x, const double *count, double b[2], double se[2])
{
    const int n = n_constant + 2;
    double all[G_ORIGIN + 2] = {0.0}, a[36], g[6], inverse[6];
    for (int o = 0; o < n_constant; o++) { all[o] = 3.0; }
    for (int round = 0; round < 200; round++) {
        memset(a, 0, sizeof a);
        memset(g, 0, sizeof g);
        for (int r = 0; r < G_ROW; r++) {
            double z[6] = {0.0}, eta = 0.0;
            z[n_constant == 1 ? 0 : r / G_TARGET] = 1.0;
            z[n_constant] = x[2 * r];
            z[n_constant + 1] = x[2 * r + 1];
            for (int i = 0; i < n; i++) { eta += all[i] * z[i]; }
            const double mean = exp(fmin(eta, 30.0));
            for (int i = 0; i < n; i++) {
                g[i] += (count[r] - mean) * z[i];
                for (int k = 0; k < n; k++) { a[i * n + k] += mean * z[i] * z[k]; }
            }
        }
        if (round == 199) { break; }
        double copy[36];
        memcpy(copy, a, sizeof copy);
        eliminate(n, copy, g);
        double longest = 0.0; // short steps: the first guess is far away
        for (int i = 0; i < n; i++) { longest = fmax(longest, fabs(g[i])); }
        for (int i = 0; i < n; i++) { all[i] += g[i] / fmax(1.0, longest); }
    }
    for (int f = 0; f < 2; f++) {
        double copy[36];
        memcpy(copy, a, sizeof copy);
        memset(inverse, 0, sizeof inverse);
        inverse[n_constant + f] = 1.0;
        eliminate(n, copy, inverse);
        b[f] = all[n_constant + f];
        se[f] = sqrt(inverse[n_constant + f]);
    }
}

// Guimaraes, Figueiredo and Woodward 2003: Poisson with a constant per origin is the conditional
// logit by origin; with one constant it is one choice among all pairs.
Test(calibrate, gravity_by_poisson_is_the_logit)
{
    double x[2 * G_ROW], count[G_ROW];
    int64_t first[G_ORIGIN + 1];
    make_gravity(x, count, first);
    for (int one = 0; one < 2; one++) {
        const int64_t whole[] = {0, G_ROW};
        const flow_choices c = {.n_situation = one ? 1 : G_ORIGIN,
                                .n_feature = 2,
                                .first = one ? whole : first,
                                .x = x,
                                .count = count};
        flow_logit f = fit(&c);
        double b[2], se[2];
        poisson(one ? 1 : G_ORIGIN, x, count, b, se);
        for (int k = 0; k < 2; k++) {
            cr_expect_leq(fabs(f.b[k] - b[k]), 1e-9, "%d: %.12g, not %.12g", k, f.b[k], b[k]);
            cr_expect_leq(fabs(f.se[k] - se[k]), 1e-9, "%d: %.12g, not %.12g", k, f.se[k], se[k]);
        }
        flow_logit_clear(&f);
    }
}

// Property: the coefficients people chose by come back, within 5 standard errors.
Test(calibrate, coefficients_of_simulated_people_come_back)
{
    enum { N_SITUATION = 30, N = 40, K = 3 };
    static double x[N_SITUATION * N * K], count[N_SITUATION * N];
    int64_t first[N_SITUATION + 1];
    const double truth[K] = {-1.7, 0.9, 0.4};
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    for (int i = 0; i < N_SITUATION; i++) {
        double weight[N], tail[N + 1];
        int64_t people[N];
        first[i] = (int64_t)i * N;
        flow_rng_key(rng, 317, 0, i, FLOW_DRAW_LEAVE, 0);
        for (int j = 0; j < N; j++) {
            double *row = &x[(i * N + j) * K];
            row[0] = log(5.0 + 400.0 * flow_uniform(rng));
            row[1] = log(50.0 + 1e5 * flow_uniform(rng));
            row[2] = flow_uniform(rng) < 0.3;
            weight[j] = exp(truth[0] * row[0] + truth[1] * row[1] + truth[2] * row[2]);
        }
        flow_split(rng, 1000 + 50 * i, N, weight, tail, people);
        for (int j = 0; j < N; j++) { count[i * N + j] = (double)people[j]; }
    }
    gsl_rng_free(rng);
    first[N_SITUATION] = N_SITUATION * N;
    const flow_choices c = {
        .n_situation = N_SITUATION, .n_feature = K, .first = first, .x = x, .count = count};
    flow_logit f = fit(&c);
    for (int k = 0; k < K; k++) {
        cr_expect_leq(fabs(f.b[k] - truth[k]), 5.0 * f.se[k], "%d: %g +- %g", k, f.b[k], f.se[k]);
        cr_expect_lt(f.se[k], 0.05);
    }
    // Where everybody is independent, resampled situations spread as the standard errors say.
    enum { SAMPLES = 200 };
    static double b[SAMPLES * K], again[SAMPLES * K], one[SAMPLES];
    int32_t n_bad = -1;
    cr_assert_eq(flow_logit_resample(&c, NULL, 0, &f, 5, SAMPLES, b, &n_bad), FLOW_OK);
    cr_expect_eq(n_bad, 0);
    for (int k = 0; k < K; k++) {
        for (int i = 0; i < SAMPLES; i++) { one[i] = b[i * K + k]; }
        const double low = flow_quantile(one, SAMPLES, 0.05),
                     high = flow_quantile(one, SAMPLES, 0.95);
        const double ratio = (high - low) / (2.0 * 1.645 * f.se[k]);
        // 30 clusters: the spread of a spread is about 13 %, of a quantile range as much again.
        cr_expect(ratio > 0.5 && ratio < 1.8, "%d: %g times the expected width", k, ratio);
    }
    cr_assert_eq(flow_logit_resample(&c, NULL, 0, &f, 5, SAMPLES, again, NULL), FLOW_OK);
    cr_expect_eq(memcmp(b, again, sizeof b), 0, "the same seed gives the same samples");
    cr_assert_eq(flow_logit_resample(&c, NULL, 0, &f, 6, SAMPLES, again, NULL), FLOW_OK);
    cr_expect_neq(memcmp(b, again, sizeof b), 0);
    flow_logit_clear(&f);
}

Test(calibrate, samples_without_a_maximum_are_counted)
{
    // One of two situations alone tells the marked place apart without exception.
    const int64_t first[] = {0, 2, 4};
    const double x[] = {1.0, 0.0, 1.0, 0.0}, count[] = {9.0, 0.0, 4.0, 5.0};
    const flow_choices c = {
        .n_situation = 2, .n_feature = 1, .first = first, .x = x, .count = count};
    flow_logit f = fit(&c);
    double b[64];
    int32_t n_bad = 0;
    cr_assert_eq(flow_logit_resample(&c, NULL, 0, &f, 1, 64, b, &n_bad), FLOW_OK);
    cr_expect(n_bad > 4 && n_bad < 32, "%d of 64; a quarter is expected", n_bad);
    int n_same = 0;
    for (int i = 0; i < 64; i++) { n_same += b[i] == f.b[0]; }
    cr_expect_geq(n_same, n_bad);
    flow_logit_clear(&f);
}

// Measures
// ------------------------------------------------------------------------------------------

Test(calibrate, the_common_part_is_worked_by_hand)
{
    const double o[] = {10.0, 0.0, 30.0}, p[] = {5.0, 5.0, 40.0}, none[] = {0.0, 0.0, 0.0};
    cr_expect_leq(fabs(flow_cpc(3, o, p) - 70.0 / 90.0), 1e-15);
    cr_expect_eq(flow_cpc(3, o, o), 1.0);
    cr_expect_eq(flow_cpc(3, o, none), 0.0);
    cr_expect(isnan(flow_cpc(3, none, none)));
}

Test(calibrate, quantiles_stand_between_the_values)
{
    double v[] = {4.0, 1.0, 3.0, 2.0};
    cr_expect_eq(flow_quantile(v, 4, 0.0), 1.0);
    cr_expect_eq(flow_quantile(v, 4, 1.0), 4.0);
    cr_expect_eq(flow_quantile(v, 4, 0.5), 2.5);
    cr_expect_leq(fabs(flow_quantile(v, 4, 0.1) - 1.3), 1e-15);
    cr_expect_eq(flow_quantile(v, 1, 0.9), 1.0);
    cr_expect(isnan(flow_quantile(v, 0, 0.5)));
}

// Refusals
// ------------------------------------------------------------------------------------------

static void expect_refusal(const flow_choices *c, const char *text)
{
    flow_logit f;
    cr_expect_eq(flow_logit_fit(c, NULL, &f), FLOW_ERANGE, "'%s' expected", text);
    cr_expect_null(f.b);
    cr_expect_not_null(strstr(flow_error_text(), text), "'%s', not '%s'", flow_error_text(), text);
}

Test(calibrate, what_cannot_be_fitted_is_refused)
{
    const int64_t first[] = {0, 3};
    double x[] = {1.0, 0.0, 2.0, 0.0, 3.0, 0.0}, count[] = {5.0, 7.0, 9.0};
    static const char *const name[] = {"way", "town"};
    flow_choices c = {
        .n_situation = 1, .n_feature = 2, .first = first, .x = x, .count = count, .name = name};
    expect_refusal(&c, "feature town does not vary within any situation");
    for (int r = 0; r < 3; r++) { x[2 * r + 1] = 3.17 - 2.0 * x[2 * r]; }
    expect_refusal(&c, "feature town is a sum of the features before it");
    c.name = NULL;
    expect_refusal(&c, "feature 1 is a sum");
    x[3] = (double)NAN;
    expect_refusal(&c, "row 1: a value is no number");
    x[3] = 0.1;
    count[2] = -1.0;
    expect_refusal(&c, "row 2: a value is no number");
    count[0] = count[1] = count[2] = 0.0;
    expect_refusal(&c, "nobody chose anything");
    count[2] = 4.0; // everybody takes the last
    c.n_feature = 1;
    const double last[] = {0.0, 0.0, 1.0};
    c.x = last;
    expect_refusal(&c, "no maximum");
    const double mean[] = {0.0}, sd[] = {0.0};
    c.prior_mean = mean;
    c.prior_sd = sd;
    expect_refusal(&c, "prior 0 +- 0");
    c.n_feature = 0;
    expect_refusal(&c, "no feature to fit");
}

// Tables of flows
// -----------------------------------------------------------------------------------

static const char table[] = "from,to,year,people,km,size\n"
                            "B,A,2002,12,10,50\n"
                            "B,C,2002,8,20,90\n"
                            "A,B,2001,30,10,70\n"
                            "A,C,2001,10,40,90\n"
                            "B,A,2001,6,10,50\n"
                            "B,C,2001,4,20,90\n"
                            "A,A,2001,99,1,50\n"
                            "A,B,2002,45,10,70\n"
                            "A,C,2002,15,40,90\n";

static flow_od *parse(const char *text, const flow_od_columns *columns)
{
    flow_problems problems = {0};
    flow_od *od = NULL;
    const flow_err err =
        flow_od_parse("t.csv", text, (int64_t)strlen(text), columns, &problems, &od);
    cr_assert(err == FLOW_OK && od != NULL, "%s",
              err != FLOW_OK   ? flow_error_text()
              : problems.n > 0 ? problems.row[0].text
                               : "");
    flow_problems_clear(&problems);
    return od;
}

Test(calibrate_od, rows_are_sorted_into_situations)
{
    static const char *const feature[] = {"ln(km)", "big=size"};
    const flow_od_columns columns = {.feature = feature, .n_feature = 2, .distance = "km"};
    flow_od *od = parse(table, &columns);
    cr_expect(od->n_row == 8 && od->n_own == 1 && od->n_situation == 4 && od->n_place == 3);
    const double flow[] = {30, 10, 6, 4, 45, 15, 12, 8};
    for (int i = 0; i < 8; i++) { cr_expect_eq(od->flow[i], flow[i]); }
    cr_expect(od->x[0] == log(10.0) && od->x[1] == 70.0 && od->distance[1] == 40.0);
    cr_expect_str_eq(od->feature[0], "ln(km)");
    cr_expect_str_eq(od->feature[1], "big");
    cr_expect_null(od->population);
    flow_od_free(od);
}

// By hand: one feature that tells the two ways of each origin apart fits no origin exactly, but
// with the year held out, persistence and totals are simple sums.
Test(calibrate_od, a_held_out_year_is_worked_by_hand)
{
    static const char *const feature[] = {"ln(km)"};
    const flow_od_columns columns = {.feature = feature, .n_feature = 1};
    flow_od *od = parse(table, &columns);
    const flow_od_options o = {.test = FLOW_TEST_YEARS, .first_year = 2002, .last_year = 2002};
    flow_od_result r;
    cr_assert_eq(flow_od_calibrate(od, &o, &r), FLOW_OK, "%s", flow_error_text());
    cr_expect(r.n_fit == 4 && r.n_test == 4 && r.people_fit == 50.0 && r.people_test == 80.0);
    // The flows of 2001: 30 10 6 4 of 45 15 12 8.
    cr_expect_leq(fabs(r.cpc_test[FLOW_OD_PERSISTENCE] - 2.0 * 50.0 / 130.0), 1e-12);
    cr_expect(isnan(r.cpc_fit[FLOW_OD_PERSISTENCE]), "nothing before 2001");
    cr_expect(isnan(r.cpc_test[FLOW_OD_GRAVITY]) && isnan(r.cpc_test[FLOW_OD_RADIATION]));
    const double p = 1.0 / (1.0 + pow(4.0, r.fit.b[0])), q = 1.0 / (1.0 + pow(2.0, r.fit.b[0]));
    const double predicted[] = {40.0 * p, 40.0 * (1.0 - p), 10.0 * q, 10.0 * (1.0 - q)};
    for (int i = 0; i < 8; i++) {
        cr_expect_leq(fabs(r.predicted[i] - predicted[i % 4]), 1e-9, "%d: %g", i, r.predicted[i]);
    }
    cr_expect_leq(fabs(r.cpc_test[FLOW_OD_FIT] - flow_cpc(4, od->flow + 4, predicted)), 1e-12);
    flow_od_result_clear(&r);
    flow_od_free(od);
}

Test(calibrate_od, a_left_out_origin_is_predicted_from_the_others)
{
    static const char *const feature[] = {"ln(km)"};
    const flow_od_columns columns = {.feature = feature,
                                     .n_feature = 1,
                                     .distance = "km",
                                     .population = "size",
                                     .origin_population = "size"};
    flow_od *od = parse(table, &columns);
    const flow_od_options o = {.test = FLOW_TEST_ORIGINS, .n_sample = 20, .seed = 3};
    flow_od_result r;
    cr_assert_neq(flow_od_calibrate(od, &o, &r), FLOW_OK,
                  "two ways of one origin cannot tell distance from population");
    cr_expect_not_null(strstr(flow_error_text(), "without 'A': feature ln(population) is a sum"),
                       "%s", flow_error_text());
    flow_od_free(od);
    const flow_od_columns plain = {.feature = feature, .n_feature = 1};
    od = parse(table, &plain);
    cr_assert_eq(flow_od_calibrate(od, &o, &r), FLOW_OK, "%s", flow_error_text());
    // B alone: 6 : 4 over a factor 2 of distance. A is predicted from that, over a factor of 4.
    const double from_b = -log(1.5) / log(2.0), from_a = -log(3.0) / log(4.0);
    const double a = 1.0 / (1.0 + pow(4.0, from_b)), b = 1.0 / (1.0 + pow(2.0, from_a));
    const double predicted[] = {40.0 * a, 40.0 * (1.0 - a), 10.0 * b, 10.0 * (1.0 - b),
                                60.0 * a, 60.0 * (1.0 - a), 20.0 * b, 20.0 * (1.0 - b)};
    for (int i = 0; i < 8; i++) {
        cr_expect_leq(fabs(r.predicted[i] - predicted[i]), 1e-9, "%d: %g", i, r.predicted[i]);
    }
    cr_expect_leq(fabs(r.cpc_test[FLOW_OD_FIT] - flow_cpc(8, od->flow, predicted)), 1e-12);
    cr_expect(r.cpc_fit[FLOW_OD_FIT] >= r.cpc_test[FLOW_OD_FIT]);
    cr_expect(r.low[0] <= r.fit.b[0] && r.fit.b[0] <= r.high[0]);
    cr_expect_leq(fabs(r.low[0] - from_a), 1e-9, "the lowest sample is A alone: %g", r.low[0]);
    flow_od_result_clear(&r);
    flow_od_free(od);
}

Test(calibrate_od, poisson_predicts_totals)
{
    static const char *const feature[] = {"ln(km)"};
    const flow_od_columns columns = {.feature = feature, .n_feature = 1};
    flow_od *od = parse(table, &columns);
    const flow_od_options o = {
        .test = FLOW_TEST_YEARS, .first_year = 2002, .last_year = 2002, .poisson = true};
    flow_od_result r;
    cr_assert_eq(flow_od_calibrate(od, &o, &r), FLOW_OK, "%s", flow_error_text());
    double sum = 0.0, moment = 0.0; // the two equations of a Poisson fit
    for (int i = 0; i < 4; i++) {
        const double mean = exp(r.constant + r.fit.b[0] * od->x[i]);
        cr_expect_leq(fabs(r.predicted[i] - mean), 1e-9);
        sum += od->flow[i] - mean;
        moment += (od->flow[i] - mean) * od->x[i];
    }
    cr_expect(fabs(sum) < 1e-9 && fabs(moment) < 1e-8, "%g, %g", sum, moment);
    flow_od_result_clear(&r);
    const flow_od_options bad = {.test = FLOW_TEST_ORIGINS, .poisson = true};
    cr_expect_eq(flow_od_calibrate(od, &bad, &r), FLOW_ERANGE);
    flow_od_free(od);
}

Test(calibrate_od, problems_of_a_table_come_with_their_places)
{
    static const char *const feature[] = {"ln(km)", "seze"};
    const flow_od_columns columns = {.feature = feature, .n_feature = 2};
    flow_problems problems = {0};
    flow_od *od = NULL;
    cr_assert_eq(flow_od_parse("t.csv", table, (int64_t)strlen(table), &columns, &problems, &od),
                 FLOW_OK);
    cr_expect_null(od);
    cr_assert_eq(problems.n_error, 1);
    cr_expect_not_null(strstr(problems.row[0].text, "size"), "%s", problems.row[0].text);
    flow_problems_clear(&problems);
    const char bad[] = "from,to,people,km\nA,,3,1\nA,B,x,1\nA,C,4,0\nA,C,4,1\n";
    const flow_od_columns good = {.feature = feature, .n_feature = 1};
    cr_assert_eq(flow_od_parse("t.csv", bad, (int64_t)strlen(bad), &good, &problems, &od), FLOW_OK);
    cr_expect_null(od);
    cr_expect_eq(problems.n_error, 4, "%d", (int)problems.n_error);
    flow_problems_clear(&problems);
}

Test(calibrate_od, lack_of_memory_is_an_error_at_every_allocation)
{
    static const char *const feature[] = {"ln(km)"};
    const flow_od_columns columns = {.feature = feature, .n_feature = 1};
    const flow_od_options o = {.test = FLOW_TEST_ORIGINS, .n_sample = 3};
    bool done = false;
    for (int64_t n = 1; !done && n < 2000; n++) {
        flow_problems problems = {0};
        flow_od *od = NULL;
        flow_od_result r = {.low = NULL};
        flow_alloc_fail_at(n);
        flow_err err =
            flow_od_parse("t.csv", table, (int64_t)strlen(table), &columns, &problems, &od);
        if (err == FLOW_OK && od != NULL) { err = flow_od_calibrate(od, &o, &r); }
        flow_alloc_fail_at(0);
        done = err == FLOW_OK && od != NULL;
        cr_expect(done || err == FLOW_ENOMEM || problems.no_memory, "allocation %lld: %d",
                  (long long)n, (int)err);
        flow_od_result_clear(&r);
        flow_od_free(od);
        flow_problems_clear(&problems);
    }
    cr_expect(done);
}
