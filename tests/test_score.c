// Measures and trivial models: tables worked out by hand, properties, refusals, published figures.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/score.h"
#include "situation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EQUAL, CAP, DIST1, DIST2, FIRST, REAL1, DAY30 };

static void near(double got, double expected, const char *what)
{
    cr_expect(fabs(got - expected) <= 1e-12 * fmax(1.0, fabs(expected)),
              "%s is %.17g, expected %.17g", what, got, expected);
}

/// Expect two scores to be the same.
static void expect_same(const flow_measures *a, const flow_measures *b, const char *what)
{
    const double x[] = {a->error, a->ard, a->mase, a->rmse};
    const double y[] = {b->error, b->ard, b->mase, b->rmse};
    for (int i = 0; i < 4; i++) {
        if (!isnan(x[i]) || !isnan(y[i])) { near(x[i], y[i], what); }
    }
}

static flow_score *compute(const flow_score_input *in)
{
    flow_score *score = NULL;
    cr_assert_eq(flow_score_compute(in, &score), FLOW_OK, "%s", flow_error_text());
    return score;
}

/// A small table: up to 64 days, 4 places, 4 zones. Everything 0, capacities 1, distances 1 km.
typedef struct table {
    int64_t simulated[64 * 4], observed[64 * 4], first_count[4];
    double capacity[4], network_km[4 * 4], source_weight[64 * 4];
    flow_score_input in;
} table;

static void begin(table *t, int32_t n_step, int32_t n_place, int32_t n_source)
{
    memset(t, 0, sizeof *t);
    for (int i = 0; i < 4; i++) { t->capacity[i] = 1.0; }
    for (int i = 0; i < 16; i++) { t->network_km[i] = 1.0; }
    t->in = (flow_score_input){.n_step = n_step,
                               .n_place = n_place,
                               .simulated = t->simulated,
                               .observed = t->observed,
                               .capacity = t->capacity,
                               .first_count = t->first_count,
                               .n_source = n_source,
                               .network_km = t->network_km,
                               .source_weight = t->source_weight};
}

static void set_day(int64_t *counts, int day, int64_t a, int64_t b)
{
    counts[2 * day] = a;
    counts[2 * day + 1] = b;
}

// Numbers of a fixed sequence, the same on every machine.
static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void fill_at_random(table *t, uint32_t seed, int32_t n_step, int32_t n_place)
{
    begin(t, n_step, n_place, 3);
    uint32_t state = seed;
    for (int i = 0; i < n_step * n_place; i++) {
        t->observed[i] = 1 + next(&state) % 997;
        t->simulated[i] = 1 + next(&state) % 997;
    }
    for (int i = 0; i < n_place; i++) {
        t->capacity[i] = 1 + next(&state) % 997;
        t->first_count[i] = 1 + next(&state) % 997;
    }
    for (int i = 0; i < n_place * 3; i++) { t->network_km[i] = next(&state) % 997; }
    for (int i = 0; i < n_step * 3; i++) { t->source_weight[i] = next(&state) % 997; }
}

// Known answers ---------------------------------------------------------------------------------

// Property: a day is compared once, at its end, however many steps it has.
Test(score, half_days_are_compared_at_the_end_of_each_day)
{
    table *whole = malloc(sizeof *whole), *half = malloc(sizeof *half);
    cr_assert(whole != NULL && half != NULL);
    fill_at_random(whole, 31, 32, 4);
    *half = *whole;
    half->in.n_step = 64;
    half->in.dt = 0.5;
    half->in.simulated = half->simulated;
    half->in.observed = half->observed;
    half->in.capacity = half->capacity;
    half->in.first_count = half->first_count;
    half->in.network_km = half->network_km;
    half->in.source_weight = half->source_weight;
    for (int row = 0; row < 64; row++) {
        for (int i = 0; i < 4; i++) {
            const int from = row / 2 * 4 + i, to = row * 4 + i;
            half->observed[to] = whole->observed[from];
            half->simulated[to] = row % 2 == 1 ? whole->simulated[from] : 17;
        }
        for (int i = 0; i < 3; i++) {
            half->source_weight[row * 3 + i] = whole->source_weight[row / 2 * 3 + i];
        }
    }
    flow_score *a = compute(&whole->in), *b = compute(&half->in);
    expect_same(&a->model, &b->model, "half days");
    cr_expect(isfinite(a->model.mase), "day 30 is there");
    for (int i = 0; i < FLOW_N_TRIVIAL; i++) {
        expect_same(&a->trivial[i], &b->trivial[i], flow_trivial_name[i]);
    }
    near(b->arrived, a->arrived, "arrived");
    near(b->skill, a->skill, "skill");
    flow_score_free(a);
    flow_score_free(b);
    free(whole);
    free(half);
}

// Known answer: the first month holds day 30; it is carried forward over the two after it.
Test(score, months_are_compared_with_their_last_day)
{
    table t;
    begin(&t, 3, 1, 0);
    t.in.dt = 30.4375;
    const int64_t observed[] = {100, 130, 90}, simulated[] = {80, 120, 100};
    memcpy(t.observed, observed, sizeof observed);
    memcpy(t.simulated, simulated, sizeof simulated);
    flow_score *score = compute(&t.in);
    near(score->model.error, (20.0 / 100 + 10.0 / 130 + 10.0 / 90) / 3, "error");
    near(score->model.mase, (10.0 + 10.0) / (30.0 + 10.0), "MASE");
    flow_score_free(score);
}

Test(score, hours_that_fill_no_day_are_refused)
{
    table t;
    begin(&t, 23, 1, 0);
    t.in.dt = 1.0 / 24.0;
    flow_score *score = NULL;
    cr_expect_eq(flow_score_compute(&t.in, &score), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(),
                     "a score compares whole days, but the 23 steps do not fill one");
    t.in.n_step = 24;
    score = compute(&t.in);
    flow_score_free(score);
}

Test(score, measures_of_three_days_by_hand)
{
    table t;
    begin(&t, 3, 2, 1);
    set_day(t.observed, 0, 10, 30);  // D = 40: |20 - 10| + |20 - 30| = 20, 20 / 40 = 1/2
    set_day(t.simulated, 0, 20, 20); // S = 40: scaled is the same, 1/2
    set_day(t.observed, 1, 20, 20);  // D = 40: |7 - 20| + |7 - 20| = 26, 26 / 40
    set_day(t.simulated, 1, 7, 7);   // S = 14: scaled to 20 and 20, 0
    set_day(t.observed, 2, 0, 0);    // D = 0: 3 / 1 = 3
    set_day(t.simulated, 2, 3, 0);   // scaled to 0, 0
    flow_score *s = compute(&t.in);
    near(s->model.error, (0.5 + 26.0 / 40.0 + 3.0) / 3.0, "error");
    near(s->model.ard, 0.5 / 3.0, "ard");
    near(s->model.rmse, sqrt((100 + 100 + 169 + 169 + 9 + 0) / 6.0), "rmse");
    near(s->model.place_error[0], (0.25 + 13.0 / 40.0 + 3.0) / 3.0, "error of the first place");
    near(s->model.place_error[1], (0.25 + 13.0 / 40.0) / 3.0, "error of the second place");
    near(s->model.place_ard[0], 0.25 / 3.0, "ard of the first place");
    near(s->model.place_ard[1], 0.25 / 3.0, "ard of the second place");
    near(s->model.place_rmse[0], sqrt((100 + 169 + 9) / 3.0), "rmse of the first place");
    near(s->model.place_rmse[1], sqrt((100 + 169) / 3.0), "rmse of the second place");
    near(s->arrived, (1.0 + 14.0 / 40.0) / 2.0, "arrived, over the two days with D > 0");
    cr_expect(isnan(s->model.mase), "there is no day after day 30");
    cr_expect(isnan(s->model.place_mase[0]));
    flow_score_free(s);
}

// Days 0 to 30 stand still; the three days after count.
//            observed                 naive error        simulated   error        MASE
// place 0    7, then 8, 9, 11         1 + 2 + 4 = 7      10, 9, 8    2 + 0 + 3    5/7
// place 1    5, then 5, 5, 5          0: undefined       6, 6, 6
// place 2    20, then 25, 20, 10      5 + 0 + 10 = 15    25, 30, 10  0 + 10 + 0   2/3
// Person-days: place 0 31 x 7 + 28 = 245, place 2 31 x 20 + 55 = 675.
Test(score, mase_of_the_days_after_day_30_by_hand)
{
    static const int64_t later_observed[3][3] = {{8, 5, 25}, {9, 5, 20}, {11, 5, 10}};
    static const int64_t later_simulated[3][3] = {{10, 6, 25}, {9, 6, 30}, {8, 6, 10}};
    table t;
    begin(&t, 34, 3, 1);
    for (int day = 0; day < 34; day++) {
        const int64_t still[3] = {7, 5, 20};
        for (int c = 0; c < 3; c++) {
            t.observed[3 * day + c] = day <= 30 ? still[c] : later_observed[day - 31][c];
            t.simulated[3 * day + c] = day <= 30 ? 17 * c + day : later_simulated[day - 31][c];
        }
    }
    flow_score *s = compute(&t.in);
    near(s->model.place_mase[0], 5.0 / 7.0, "mase of place 0");
    cr_expect(isnan(s->model.place_mase[1]), "nothing changes there");
    near(s->model.place_mase[2], 2.0 / 3.0, "mase of place 2");
    near(s->model.mase, (245.0 * 5.0 / 7.0 + 675.0 * 2.0 / 3.0) / (245.0 + 675.0), "mase");
    flow_score_free(s);
}

/// 32 days: nobody on day 0, (25, 75) on days 1 to 29, (60, 40) on day 30, (50, 50) on day 31.
/// Zone 0 (200 people) is in conflict always, 10 km and 30 km away; zone 1 (600 people) on day 31,
/// 90 km from place 0 without a way to place 1; zone 2 always, without any way.
static void begin_trivial(table *t)
{
    begin(t, 32, 2, 3);
    for (int day = 1; day < 32; day++) { set_day(t->observed, day, 25, 75); }
    set_day(t->observed, 30, 60, 40);
    set_day(t->observed, 31, 50, 50);
    memcpy(t->simulated, t->observed, sizeof t->simulated);
    t->capacity[0] = 300;
    t->capacity[1] = 100;
    t->first_count[0] = 10;
    t->first_count[1] = 40;
    const double none = (double)INFINITY;
    const double km[6] = {10, 90, none, 30, none, none};
    memcpy(t->network_km, km, sizeof km);
    for (int day = 0; day < 32; day++) {
        t->source_weight[3 * day] = 200;
        t->source_weight[3 * day + 2] = 5000;
    }
    t->source_weight[3 * 31 + 1] = 600;
}

// With two places and shares (x, 1 - x) a day errs by 2 |x - share observed at place 0|.
//                       days 1-29 (1/4)   day 30 (3/5)        day 31 (1/2)
// equal   1/2           1/2               1/5                 0
// cap     3/4           1                 3/10                1/2
// dist1   1/20 : 1/40   5/6 (x = 2/3)     2/15                (200 x 2/3 + 600) / 800 = 11/12: 5/6
// dist2   1/400 : 1/1600  11/10 (4/5)     2/5                 (200 x 4/5 + 600) / 800 = 19/20: 9/10
// first   1/4           0                 7/10                1/2
// real1   1/5           1/10              4/5                 3/5
// day30   3/5           7/10              0                   1/5
Test(score, trivial_models_by_hand)
{
    table t;
    begin_trivial(&t);
    set_day(t.simulated, 31, 100, 0); // errs by 1 on one day
    flow_score *s = compute(&t.in);
    const double expected[FLOW_N_TRIVIAL] = {
        29 * 0.5 + 0.2,
        29 * 1.0 + 0.3 + 0.5,
        29 * 5.0 / 6.0 + 2.0 / 15.0 + 5.0 / 6.0,
        29 * 1.1 + 0.4 + 0.9,
        0.7 + 0.5,
        29 * 0.1 + 0.8 + 0.6,
        29 * 0.7 + 0.0 + 0.2,
    };
    for (int i = 0; i < FLOW_N_TRIVIAL; i++) {
        near(s->trivial[i].error, expected[i] / 32.0, flow_trivial_name[i]);
        near(s->trivial[i].ard, expected[i] / 32.0, flow_trivial_name[i]);
    }
    cr_expect_eq(s->best, FIRST);
    near(s->model.error, 1.0 / 32.0, "error");
    near(s->skill, 1.0 - 1.0 / 1.2, "skill");
    near(s->arrived, 1.0, "arrived");
    // first puts 25 people at place 0: 35 too few on day 30, 25 too few on day 31.
    near(s->trivial[FIRST].rmse, sqrt(2 * (35 * 35 + 25 * 25) / 64.0), "rmse of first");
    near(s->trivial[FIRST].place_error[1], (0.35 + 0.25) / 32.0, "error of first at place 1");
    // Only day 31 comes after day 30; there day 30 carried forward errs by 10, first by 25.
    near(s->trivial[FIRST].mase, 2.5, "mase of first");
    near(s->trivial[DAY30].mase, 1.0, "mase of day30");
    flow_score_free(s);
}

Test(score, trivial_models_have_their_names)
{
    static const char *const name[] = {"equal", "cap", "dist1", "dist2", "first", "real1", "day30"};
    for (int i = 0; i < FLOW_N_TRIVIAL; i++) { cr_expect_str_eq(flow_trivial_name[i], name[i]); }
}

// Equal shares before the first conflict, those of the last conflict after it.
Test(score, days_without_conflict_keep_the_shares)
{
    table t;
    begin(&t, 4, 2, 2);
    const double km[4] = {0, 20, 20, 0}; // zone 0 beside place 0, zone 1 beside place 1
    memcpy(t.network_km, km, sizeof km);
    t.source_weight[2 * 1] = 17.0;
    for (int day = 0; day < 4; day++) { set_day(t.observed, day, 40, 0); }
    flow_score *s = compute(&t.in);
    // 1/10 : 1/30 are shares of 3/4 and 1/4: an error of 1/2 on days 1 to 3, of 1 on day 0.
    near(s->trivial[DIST1].error, (1.0 + 3 * 0.5) / 4.0, "dist1");
    near(s->trivial[DIST2].error, (1.0 + 3 * 0.2) / 4.0, "dist2");
    flow_score_free(s);
}

// Edges -----------------------------------------------------------------------------------------

static void expect_undefined(const flow_score *s, int which, int32_t n_place)
{
    const flow_measures *m = &s->trivial[which];
    const char *name = flow_trivial_name[which];
    cr_expect(isnan(m->error) && isnan(m->ard) && isnan(m->mase) && isnan(m->rmse), "%s", name);
    for (int32_t c = 0; c < n_place; c++) {
        cr_expect(isnan(m->place_error[c]) && isnan(m->place_ard[c]) && isnan(m->place_mase[c]) &&
                      isnan(m->place_rmse[c]),
                  "%s at %d", name, (int)c);
    }
    cr_expect_neq(s->best, which);
}

Test(score, one_unlimited_place_leaves_no_capacity_shares)
{
    table t;
    begin_trivial(&t);
    t.capacity[1] = 0.99;
    flow_score *s = compute(&t.in);
    expect_undefined(s, CAP, 2);
    cr_expect(isfinite(s->trivial[DIST1].error));
    flow_score_free(s);
}

Test(score, no_conflict_or_no_way_leaves_no_distance_shares)
{
    for (int way = 0; way < 2; way++) {
        table t;
        begin_trivial(&t);
        for (int i = 0; i < 6 && way == 0; i++) { t.network_km[i] = (double)INFINITY; }
        if (way == 1) { memset(t.source_weight, 0, sizeof t.source_weight); }
        flow_score *s = compute(&t.in);
        expect_undefined(s, DIST1, 2);
        expect_undefined(s, DIST2, 2);
        flow_score_free(s);
    }
}

Test(score, nobody_observed_leaves_equal_and_what_needs_no_counts)
{
    table t;
    begin(&t, 32, 2, 1);
    t.source_weight[0] = 1;
    set_day(t.simulated, 3, 5, 6);
    flow_score *s = compute(&t.in);
    expect_undefined(s, FIRST, 2);
    expect_undefined(s, REAL1, 2);
    expect_undefined(s, DAY30, 2);
    near(s->trivial[EQUAL].error, 0.0, "equal");
    near(s->trivial[CAP].error, 0.0, "cap");
    near(s->trivial[DIST1].error, 0.0, "dist1");
    near(s->model.error, 11.0 / 32.0, "error");
    near(s->model.ard, 0.0, "ard");
    cr_expect_eq(s->best, EQUAL);
    cr_expect(isnan(s->skill), "the best trivial model has no error");
    cr_expect(isnan(s->arrived), "nobody was to arrive");
    cr_expect(isnan(s->model.mase));
    flow_score_free(s);
}

Test(score, day30_needs_a_day_30_with_people)
{
    table t;
    begin_trivial(&t);
    t.in.n_step = 30;
    flow_score *s = compute(&t.in);
    expect_undefined(s, DAY30, 2);
    flow_score_free(s);
    t.in.n_step = 31;
    s = compute(&t.in);
    cr_expect(isfinite(s->trivial[DAY30].error));
    cr_expect(isnan(s->model.mase), "day 31 is the first one that counts");
    flow_score_free(s);
    t.in.n_step = 32;
    set_day(t.observed, 30, 0, 0);
    s = compute(&t.in);
    expect_undefined(s, DAY30, 2);
    flow_score_free(s);
}

Test(score, one_place_on_one_day)
{
    table t;
    begin(&t, 1, 1, 0);
    t.observed[0] = 317;
    t.simulated[0] = 300;
    flow_score *s = compute(&t.in);
    near(s->model.error, 17.0 / 317.0, "error");
    near(s->model.ard, 0.0, "ard");
    near(s->model.rmse, 17.0, "rmse");
    near(s->arrived, 300.0 / 317.0, "arrived");
    near(s->trivial[EQUAL].error, 0.0, "equal: one place takes all");
    cr_expect(isnan(s->skill));
    expect_undefined(s, DIST1, 1);
    flow_score_free(s);
}

Test(score, nobody_simulated_errs_by_everybody)
{
    table t;
    fill_at_random(&t, 5, 40, 3);
    memset(t.simulated, 0, sizeof t.simulated);
    flow_score *s = compute(&t.in);
    near(s->model.error, 1.0, "error");
    near(s->model.ard, 1.0, "ard");
    near(s->arrived, 0.0, "arrived");
    flow_score_free(s);
}

Test(score, billions_of_people_are_counted)
{
    table t;
    begin(&t, 1, 2, 0);
    set_day(t.observed, 0, 6000000000, 2000000000);
    set_day(t.simulated, 0, 2000000000, 6000000000);
    flow_score *s = compute(&t.in);
    near(s->model.error, 1.0, "error");
    near(s->model.rmse, 4e9, "rmse");
    flow_score_free(s);
}

// Properties ------------------------------------------------------------------------------------

Test(score, a_perfect_simulation_has_no_error)
{
    table t;
    fill_at_random(&t, 1, 40, 4);
    memcpy(t.simulated, t.observed, sizeof t.simulated);
    flow_score *s = compute(&t.in);
    cr_expect_eq(s->model.error, 0.0);
    cr_expect_eq(s->model.ard, 0.0);
    cr_expect_eq(s->model.mase, 0.0);
    cr_expect_eq(s->model.rmse, 0.0);
    cr_expect_eq(s->skill, 1.0);
    cr_expect_eq(s->arrived, 1.0);
    for (int c = 0; c < 4; c++) { cr_expect_eq(s->model.place_mase[c], 0.0); }
    flow_score_free(s);
}

Test(score, ard_does_not_see_a_common_factor_but_error_does)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        table t;
        fill_at_random(&t, seed, 40, 1 + (int32_t)seed % 4);
        flow_score *a = compute(&t.in);
        for (int i = 0; i < 64 * 4; i++) { t.simulated[i] *= 7; }
        flow_score *b = compute(&t.in);
        near(b->model.ard, a->model.ard, "ard");
        near(b->arrived, 7.0 * a->arrived, "arrived");
        cr_expect_gt(b->model.error, a->model.error, "seven times too many is worse");
        flow_score_free(a);
        flow_score_free(b);
    }
}

Test(score, parts_of_the_places_add_up_and_ard_is_at_most_two)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        table t;
        fill_at_random(&t, seed, 50, 4);
        flow_score *s = compute(&t.in);
        double error = 0.0, ard = 0.0, square = 0.0;
        for (int c = 0; c < 4; c++) {
            error += s->model.place_error[c];
            ard += s->model.place_ard[c];
            square += s->model.place_rmse[c] * s->model.place_rmse[c];
        }
        near(s->model.error, error, "error");
        near(s->model.ard, ard, "ard");
        near(s->model.rmse, sqrt(square / 4.0), "rmse");
        cr_expect(s->model.ard > 0.0 && s->model.ard <= 2.0, "ard %g", s->model.ard);
        flow_score_free(s);
    }
}

Test(score, trivial_models_split_the_true_total)
{
    for (uint32_t seed = 1; seed <= 20; seed++) {
        table t;
        fill_at_random(&t, seed, 40, 3);
        flow_score *s = compute(&t.in);
        for (int i = 0; i < FLOW_N_TRIVIAL; i++) {
            near(s->trivial[i].ard, s->trivial[i].error, flow_trivial_name[i]);
            cr_expect_leq(s->trivial[s->best].error, s->trivial[i].error);
        }
        flow_score_free(s);
    }
}

Test(score, the_order_of_places_does_not_matter)
{
    table t, back;
    fill_at_random(&t, 11, 45, 3);
    back = t;
    begin(&back, 45, 3, 3);
    for (int c = 0; c < 3; c++) {
        for (int day = 0; day < 45; day++) {
            back.observed[3 * day + 2 - c] = t.observed[3 * day + c];
            back.simulated[3 * day + 2 - c] = t.simulated[3 * day + c];
        }
        back.capacity[2 - c] = t.capacity[c];
        back.first_count[2 - c] = t.first_count[c];
        memcpy(back.network_km + (2 - c) * 3, t.network_km + c * 3, 3 * sizeof(double));
    }
    memcpy(back.source_weight, t.source_weight, sizeof t.source_weight);
    flow_score *a = compute(&t.in), *b = compute(&back.in);
    near(b->model.error, a->model.error, "error");
    near(b->model.mase, a->model.mase, "mase");
    near(b->skill, a->skill, "skill");
    near(b->model.place_error[0], a->model.place_error[2], "error of the last place");
    for (int i = 0; i < FLOW_N_TRIVIAL; i++) {
        near(b->trivial[i].error, a->trivial[i].error, flow_trivial_name[i]);
    }
    flow_score_free(a);
    flow_score_free(b);
}

// The best trivial model errs by 1.2 / 32 (trivial_models_by_hand).
Test(score, skill_is_positive_for_less_and_negative_for_more_error)
{
    table t;
    begin_trivial(&t);
    set_day(t.simulated, 31, 100, 0); // 1 / 32
    flow_score *s = compute(&t.in);
    cr_expect_gt(s->skill, 0.0);
    flow_score_free(s);
    set_day(t.simulated, 30, 100, 0); // 1.8 / 32
    s = compute(&t.in);
    near(s->skill, 1.0 - 1.8 / 1.2, "skill");
    flow_score_free(s);
    for (int day = 1; day < 32; day++) { set_day(t.simulated, day, 25, 75); } // that model itself
    s = compute(&t.in);
    near(s->skill, 0.0, "skill of the best trivial model");
    flow_score_free(s);
}

// Refusals --------------------------------------------------------------------------------------

static void refuse(const table *t, const char *text)
{
    flow_score *s = (flow_score *)1;
    cr_expect_eq(flow_score_compute(&t->in, &s), FLOW_ERANGE, "%s", text);
    cr_expect_null(s);
    cr_expect_str_eq(flow_error_text(), text);
}

Test(score, sizes_that_are_none_are_refused)
{
    table t;
    begin(&t, 0, 2, 1);
    refuse(&t, "a score needs steps and places, got 0 and 2");
    begin(&t, 3, 0, 1);
    refuse(&t, "a score needs steps and places, got 3 and 0");
    begin(&t, -3, 2, 1);
    refuse(&t, "a score needs steps and places, got -3 and 2");
    begin(&t, 3, 2, -1);
    refuse(&t, "n_source = -1 is no number of places");
}

Test(score, counts_that_are_none_are_refused)
{
    table t;
    begin(&t, 3, 2, 1);
    t.simulated[5] = -1;
    refuse(&t, "simulated[2][1] = -1 is no number of people");
    begin(&t, 3, 2, 1);
    t.observed[2] = INT64_MIN;
    refuse(&t, "observed[1][0] = -9223372036854775808 is no number of people");
    begin(&t, 3, 2, 1);
    t.first_count[1] = -7;
    refuse(&t, "first_count[1] = -7 is no number of people");
    begin(&t, 3, 2, 1);
    t.capacity[0] = (double)NAN;
    refuse(&t, "capacity[0] = nan is no number of people");
    t.capacity[0] = (double)INFINITY;
    refuse(&t, "capacity[0] = inf is no number of people");
}

Test(score, distances_and_weights_that_are_none_are_refused)
{
    table t;
    begin(&t, 3, 2, 2);
    t.network_km[3] = -0.5;
    refuse(&t, "network_km[1][1] = -0.5 is no distance");
    t.network_km[3] = (double)NAN;
    refuse(&t, "network_km[1][1] = nan is no distance");
    begin(&t, 3, 2, 2);
    t.source_weight[4] = -2.0;
    refuse(&t, "source_weight[2][0] = -2 is no weight");
    t.source_weight[4] = (double)NAN;
    refuse(&t, "source_weight[2][0] = nan is no weight");
    t.source_weight[4] = (double)INFINITY;
    refuse(&t, "source_weight[2][0] = inf is no weight");
}

Test(score, a_result_without_observations_is_refused)
{
    const flow_result empty = {.n_step = 3, .n_place = 2};
    flow_score *s = (flow_score *)1;
    cr_expect_eq(flow_score_result(&empty, &s), FLOW_ESTATE);
    cr_expect_null(s);
    cr_expect_str_eq(flow_error_text(), "the result holds no observations to compare with");
}

Test(score, lack_of_memory_is_an_error_everywhere)
{
    flow_scenario *scenario = NULL;
    const flow_load_options options = {.days = 3};
    cr_assert_eq(flow_scenario_load("scenarios/south-sudan-2013", &options, &scenario), FLOW_OK);
    situation_run run = {.threads = 1};
    flow_result *result = situation_simulate(scenario, &run);
    int failures = 0;
    for (int64_t n = 1; n < 1000; n++) {
        flow_score *s = NULL;
        flow_alloc_fail_at(n);
        const flow_err err = flow_score_result(result, &s);
        flow_alloc_fail_at(0);
        if (err == FLOW_OK) {
            flow_score_free(s);
            break;
        }
        cr_assert_eq(err, FLOW_ENOMEM);
        cr_assert_null(s);
        failures++;
    }
    // Four arrays of the result, the score, its scratch of two, four arrays of each of 8 models.
    cr_expect_eq(failures, 4 + 1 + 2 + 4 * 8);
    flow_score_free(NULL);
    flow_result_free(result);
    flow_scenario_free(scenario);
}

// Real data -------------------------------------------------------------------------------------

Test(score, a_result_file_gives_the_score_of_the_run_in_memory)
{
    flow_scenario *scenario = NULL;
    const flow_load_options load = {.days = 45};
    cr_assert_eq(flow_scenario_load("scenarios/south-sudan-2013", &load, &scenario), FLOW_OK);
    char path[] = "/tmp/libflow-score-XXXXXX";
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    const flow_run_options options = {
        .model = {.seed = 3, .threads = 1}, .output = path, .replace = true};
    cr_assert_eq(flow_run(scenario, &options, NULL), FLOW_OK, "%s", flow_error_text());
    flow_result *of_file = NULL;
    cr_assert_eq(flow_result_load(path, &of_file), FLOW_OK, "%s", flow_error_text());
    (void)remove(path);
    situation_run run = {.seed = 3, .threads = 1};
    flow_result *of_memory = situation_simulate(scenario, &run);
    flow_score *a = NULL, *b = NULL;
    cr_assert_eq(flow_score_result(of_file, &a), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_score_result(of_memory, &b), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(a->model.error, b->model.error);
    cr_expect_eq(a->model.ard, b->model.ard);
    cr_expect_eq(a->model.mase, b->model.mase);
    cr_expect_eq(a->skill, b->skill);
    cr_expect_eq(a->best, b->best);
    for (int i = 0; i < FLOW_N_TRIVIAL; i++) {
        cr_expect_eq(a->trivial[i].error, b->trivial[i].error, "%s", flow_trivial_name[i]);
    }
    flow_score_free(a);
    flow_score_free(b);
    flow_result_free(of_file);
    flow_result_free(of_memory);
    flow_scenario_free(scenario);
}

/// ARD of the trivial models as they were computed from FLEE's own input reader.
typedef struct published {
    const char *name;
    double ard[FLOW_N_TRIVIAL];
} published;

// An independent computation in Python, to three digits.
static const published reference[] = {
    {"mali2012", {1.075, 0.168, 1.041, 1.043, 0.452, 0.529, 0.376}},
    {"tigray2020", {0.715, 0.704, 0.427, 0.225, 0.484, 0.561, 0.438}},
    {"ssudan2013", {0.741, 0.423, 0.645, 0.565, 0.932, 0.978, 0.798}},
    {"mali2017_adm1", {1.065, 0.387, 1.062, 1.054, 0.203, 0.162, 0.177}},
    {"nigeria2022_adm2", {0.533, 0.283, 0.597, 0.668, 0.007, 0.007, 0.007}},
    {"syria2013", {0.487, 0.467, 0.347, 0.377, 0.748, 1.202, 0.600}},
};

Test(score, trivial_models_of_six_situations_agree_with_an_independent_computation)
{
    // They need the inputs only, so nobody has to move.
    static const char *const nobody[] = {"spawn.mode=none", "spawn.insert_day0=false"};
    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
        flow_scenario *scenario = situation_load(reference[i].name, 0, nobody, 2);
        situation_run run = {.threads = 1};
        flow_result *result = situation_simulate(scenario, &run);
        flow_score *s = NULL;
        cr_assert_eq(flow_score_result(result, &s), FLOW_OK, "%s", flow_error_text());
        for (int k = 0; k < FLOW_N_TRIVIAL; k++) {
            cr_expect(fabs(s->trivial[k].ard - reference[i].ard[k]) <= 0.002,
                      "%s, %s: ARD %.4f, expected %.3f", reference[i].name, flow_trivial_name[k],
                      s->trivial[k].ard, reference[i].ard[k]);
        }
        cr_expect_eq(run.person_steps, 0);
        flow_score_free(s);
        flow_result_free(result);
        flow_scenario_free(scenario);
    }
}
