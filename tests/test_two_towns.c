// The closed-form answer of scenarios/two-towns/README.md, against many runs.
#include "flow/flow.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

enum { n_seed = 400, n_step = 20, n_where = 4 };
static const char *const where_name[n_where] = {"in Ash", "in Birch", "on the road to Birch",
                                                "on the road to Ash"};
static const double n_people = 10000.0;

/// People who begin day t in Ash: a chain with two states.
static double begins_in_ash(double p, double q, int t)
{
    const double x = p * (1.0 - q);
    const double y = q * (1.0 - p);
    const double s = x + y > 0.0 ? y / (x + y) : 1.0;
    return n_people * (s + (1.0 - s) * pow(1.0 - x - y, t));
}

/// Expected people on the evening of day t, after the README.
static void expected(double p, double q, int t, double out[n_where])
{
    const double a = begins_in_ash(p, q, t);
    const double b = n_people - a;
    out[0] = (1.0 - p) * a + q * (1.0 - p) * b;
    out[1] = (1.0 - q) * b + p * (1.0 - q) * a;
    out[2] = p * q * b;
    out[3] = p * q * a;
}

/// The same where each link of a day may be as long as a whole day (quirks.full_speed_per_link):
/// nobody spends a night on the road.
static void expected_full_speed(double p, double q, int t, double out[n_where])
{
    out[0] = begins_in_ash(p, q, t + 1);
    out[1] = n_people - out[0];
    out[2] = out[3] = 0.0;
}

static flow_scenario *load(const char *const *set, int n_set)
{
    flow_scenario *s = NULL;
    const flow_load_options options = {.set = set, .n_set = n_set};
    const flow_err err = flow_scenario_load("scenarios/two-towns", &options, &s);
    cr_assert_eq(err, FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_scenario_n_warning(s), 0);
    cr_assert_eq(flow_scenario_n_place(s), 2);
    cr_assert_eq(flow_scenario_n_step(s), n_step);
    return s;
}

/// Sum and sum of squares over seeds of the four numbers of each evening.
typedef struct tally {
    double sum[n_step][n_where], square[n_step][n_where];
} tally;

static void run(const flow_scenario *s, uint64_t first_seed, tally *out)
{
    *out = (tally){0};
    const int32_t ash = flow_scenario_place(s, "Ash");
    const int32_t birch = flow_scenario_place(s, "Birch");
    flow_model *m = NULL;
    const flow_model_options options = {.threads = 1};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    for (int i = 0; i < n_seed; i++) {
        cr_assert_eq(flow_model_reset(m, first_seed + (uint64_t)i, 3), FLOW_OK);
        for (int t = 0; t < n_step; t++) {
            double people[2], road[2];
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
            cr_assert_eq(flow_model_observe(m, "people", people, 2), FLOW_OK);
            cr_assert_eq(flow_model_observe(m, "link_people", road, 2), FLOW_OK);
            const double now[n_where] = {people[ash], people[birch], road[0], road[1]};
            double total = 0.0;
            for (int w = 0; w < n_where; w++) {
                out->sum[t][w] += now[w];
                out->square[t][w] += now[w] * now[w];
                total += now[w];
            }
            cr_assert_eq(total, n_people, "seed %d, day %d: %g people", i, t, total);
        }
    }
    flow_model_free(m);
}

/// Mean and variance of every number on every day within 5 standard errors of the binomial.
static void compare(const tally *got, double p, double q,
                    void (*formula)(double p, double q, int t, double out[n_where]))
{
    for (int t = 0; t < n_step; t++) {
        double mean[n_where];
        formula(p, q, t, mean);
        for (int w = 0; w < n_where; w++) {
            const double share = mean[w] / n_people;
            const double variance = mean[w] * (1.0 - share);
            const double error = sqrt(variance / n_seed);
            const double found = got->sum[t][w] / n_seed;
            cr_expect(fabs(found - mean[w]) <= 5.0 * error + 1e-9,
                      "day %d, %s: %.3f people, %.3f +- %.3f expected", t, where_name[w], found,
                      mean[w], error);
            // The 4th central moment of a binomial is 3 v^2 + v (1 - 6 share (1 - share)).
            const double fourth =
                3.0 * variance * variance + variance * (1.0 - 6.0 * share * (1.0 - share));
            const double spread = got->square[t][w] / n_seed - found * found;
            const double spread_error =
                sqrt(fmax(fourth - variance * variance, 0.0) / n_seed) + variance / n_seed;
            cr_expect(fabs(spread - variance) <= 5.0 * spread_error + 1e-6,
                      "day %d, %s: variance %.3f, %.3f +- %.3f expected", t, where_name[w], spread,
                      variance, spread_error);
        }
    }
}

Test(two_towns, people_are_where_the_formula_says)
{
    flow_scenario *s = load(NULL, 0);
    static tally got;
    run(s, 1000, &got);
    compare(&got, 0.3, 0.1, expected);
    flow_scenario_free(s);
}

Test(two_towns, the_formula_holds_for_other_chances)
{
    static const double chance[][2] = {{0.83, 0.27}, {0.05, 0.6}, {1.0, 0.37}};
    for (int i = 0; i < 3; i++) {
        char p[64], q[64];
        (void)snprintf(p, sizeof p, "hop.default_movechance=%g", chance[i][0]);
        (void)snprintf(q, sizeof q, "hop.camp_movechance=%g", chance[i][1]);
        const char *const set[] = {p, q};
        flow_scenario *s = load(set, 2);
        static tally got;
        run(s, 5000 + 1000 * (uint64_t)i, &got);
        compare(&got, chance[i][0], chance[i][1], expected);
        flow_scenario_free(s);
    }
}

Test(two_towns, with_full_speed_per_link_nobody_sleeps_on_the_road)
{
    // 160 km a day: on the second link of a day FLEE grants them again, our own rule only 60.
    const char *const set[] = {"quirks.full_speed_per_link=true", "hop.max_move_speed=160"};
    flow_scenario *s = load(set, 2);
    static tally got;
    run(s, 20000, &got);
    compare(&got, 0.3, 0.1, expected_full_speed);
    flow_scenario_free(s);
}

Test(two_towns, nobody_moves_without_a_chance_to_leave)
{
    const char *const set[] = {"hop.default_movechance=0"};
    flow_scenario *s = load(set, 1);
    static tally got;
    run(s, 1, &got);
    cr_expect_eq(got.sum[n_step - 1][0], n_people * n_seed);
    flow_scenario_free(s);
}
