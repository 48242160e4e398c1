// Scenarios with several causes: scenarios/somalia-2016, korea-2017 and three-causes run, lose
// nobody, give the same for any number of threads, and have figures near their sources. Switching a
// driver off takes away exactly its column, and with the same luck little else changes.
#include "../libflow/destination.h"
#include "../libflow/observe.h"
#include "validation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static flow_scenario *load(const char *path, const char *const *set)
{
    flow_load_options options = {.set = set};
    while (set != NULL && set[options.n_set] != NULL) { options.n_set++; }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0, "%s: %s", path,
                 flow_scenario_n_warning(s) > 0 ? flow_scenario_warning(s, 0).text : "");
    return s;
}

static flow_model *start(const flow_scenario *s, uint64_t seed, int32_t threads)
{
    flow_model *m = NULL;
    const flow_model_options options = {.seed = seed, .threads = threads};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

/// People at all places, on all links and left; those who entered.
static void expect_conserved(const flow_model *m)
{
    int64_t there = flow_model_left(m) + flow_model_dead(m) + flow_model_missing(m);
    for (int32_t p = 0; p < m->s->n_place; p++) { there += m->count[p]; }
    for (int32_t l = 0; l < m->s->n_link; l++) { there += m->link_count[l]; }
    cr_assert_eq(there, flow_model_entered(m), "step %d", (int)m->day);
}

/// Leavers of the last step because of a cause, from all places or from one.
static double leavers(const flow_model *m, int32_t cause, int32_t place)
{
    const int64_t *row = m->to->by_cause + (int64_t)cause * m->s->n_place;
    double sum = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (place < 0 || p == place) { sum += (double)row[p]; }
    }
    return sum;
}

static void run_all(flow_model *m)
{
    while (m->day < m->s->n_step) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        expect_conserved(m);
    }
}

static int32_t place_of(const flow_scenario *s, const char *name)
{
    const int32_t place = flow_scenario_place(s, name);
    cr_assert_geq(place, 0, "%s", name);
    return place;
}

// Every scenario ----------------------------------------------------------------------------------

Test(causes, scenarios_run_lose_nobody_and_do_not_see_threads)
{
    static const char *const path[] = {"scenarios/somalia-2016", "scenarios/korea-2017",
                                       "scenarios/three-causes"};
    for (int i = 0; i < 3; i++) {
        flow_scenario *s = load(path[i], NULL);
        uint64_t sum[3];
        for (int t = 0; t < 3; t++) {
            flow_model *m = start(s, 5, t + 1);
            run_all(m);
            sum[t] = flow_model_checksum(m);
            cr_expect_gt(flow_model_entered(m), 1000000);
            flow_model_free(m);
        }
        cr_expect_eq(sum[0], sum[1], "%s", path[i]);
        cr_expect_eq(sum[0], sum[2], "%s", path[i]);
        flow_scenario_free(s);
    }
}

// Somalia -----------------------------------------------------------------------------------------

// People who moved by year (UNHCR PRMN): 175,242, 202,608 and 320,057 because of conflict, 113,601,
// 891,845 and 256,251 because of drought. The rates are fitted to the sums of 2016-17.
Test(causes, somalia_has_the_totals_of_its_source)
{
    flow_scenario *s = load("scenarios/somalia-2016", NULL);
    flow_model *m = start(s, 1, 1);
    double people[3][2] = {{0}}, from_lower_shabelle = 0.0;
    const int32_t lower_shabelle = place_of(s, "Lower Shabelle");
    while (m->day < s->n_step) {
        const double day = m->day * s->dt;
        const int year = day < 366 ? 0 : day < 731 ? 1 : 2;
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        people[year][0] += leavers(m, FLOW_CAUSE_CONFLICT, -1);
        people[year][1] += leavers(m, FLOW_CAUSE_DROUGHT, -1);
        if (year < 2) { from_lower_shabelle += leavers(m, FLOW_CAUSE_CONFLICT, lower_shabelle); }
    }
    for (int y = 0; y < 3; y++) {
        (void)printf("Somalia %d: conflict %.0f, drought %.0f\n", 2016 + y, people[y][0],
                     people[y][1]);
    }
    const double conflict = people[0][0] + people[1][0], drought = people[0][1] + people[1][1];
    cr_expect_lt(fabs(conflict / 377850 - 1), 0.03, "conflict 2016-17: %.0f", conflict);
    cr_expect_lt(fabs(drought / 1005446 - 1), 0.03, "drought 2016-17: %.0f", drought);
    // 2018 was not fitted: conflict within a third, drought half of what was seen.
    cr_expect(people[2][0] > 0.66 * 320057 && people[2][0] < 1.34 * 320057, "%.0f", people[2][0]);
    cr_expect(people[2][1] > 0.4 * 256251 && people[2][1] < 1.6 * 256251, "%.0f", people[2][1]);
    cr_expect_lt(fabs(people[1][1] / 891845 - 1), 0.12, "the wave of 2017: %.0f", people[1][1]);
    // Seen: 70 % of the conflict moves of 2016-17 began in Lower Shabelle.
    cr_expect_lt(fabs(from_lower_shabelle / conflict - 0.70), 0.15, "%.3f",
                 from_lower_shabelle / conflict);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Korea -------------------------------------------------------------------------------------------

/// Moves by origin and destination: people at j who lived at i at first.
static double moved(const flow_model *m, int32_t from, int32_t to)
{
    const flow_groups *groups = &m->groups;
    double n = 0.0;
    for (int32_t i = 0; i < m->here[to].n; i++) {
        const flow_key *key = &m->here[to].row[i].key;
        for (int32_t a = 0; a < groups->n_axis; a++) {
            const bool origin = groups->axis[a].kind == FLOW_AXIS_ORIGIN;
            if (origin && flow_group_class(&groups->axis[a], key->group) == from) {
                n += (double)flow_persons(m, key->group, m->here[to].row[i].n);
            }
        }
    }
    return n;
}

// Moves between provinces in 2017 (Statistics Korea): 2,410,930; into Gyeonggi-do 645,000, out of
// Seoul 454,130.
Test(causes, korea_has_the_moves_of_its_source)
{
    flow_scenario *s = load("scenarios/korea-2017", NULL);
    flow_model *m = start(s, 1, 1);
    double all = 0.0, seoul = 0.0;
    while (m->day < s->n_step) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        all += leavers(m, FLOW_CAUSE_ECONOMIC, -1);
        seoul += leavers(m, FLOW_CAUSE_ECONOMIC, place_of(s, "Seoul"));
    }
    (void)printf("Korea 2017: %.0f moves, %.0f from Seoul, Seoul to Gyeonggi-do %.0f\n", all, seoul,
                 moved(m, place_of(s, "Seoul"), place_of(s, "Gyeonggi-do")));
    cr_expect_lt(fabs(all / 2410930 - 1), 0.04, "%.0f", all);
    cr_expect_lt(fabs(seoul / 454130 - 1), 0.08, "%.0f", seoul);
    // The largest flow of 2017 by far: Seoul to Gyeonggi-do.
    double most = 0.0, second = 0.0;
    for (int32_t i = 0; i < s->n_place; i++) {
        for (int32_t j = 0; j < s->n_place; j++) {
            const double n = i != j ? moved(m, i, j) : 0.0;
            second = n > most ? most : fmax(second, n);
            most = fmax(most, n);
        }
    }
    cr_expect_eq(most, fmax(moved(m, place_of(s, "Seoul"), place_of(s, "Gyeonggi-do")),
                            moved(m, place_of(s, "Gyeonggi-do"), place_of(s, "Seoul"))));
    flow_model_free(m);
    flow_scenario_free(s);
}

// Out of sample: coefficients and rate are those of the years before. Skips without the data.
Test(causes, korea_has_the_flows_of_its_source)
{
    flow_table *t = validation_table("internal-migration/korea_2012_2017.csv");
    flow_scenario *s = load("scenarios/korea-2017", NULL);
    flow_model *m = start(s, 1, 1);
    run_all(m);
    const int32_t from = flow_table_find(t, "orig"), to = flow_table_find(t, "dest");
    double both = 0.0, simulated = 0.0, seen = 0.0;
    for (int64_t r = 0; r < flow_table_n_row(t); r++) {
        if (validation_number(t, r, "year") != 2017.0) { continue; }
        const double flow = validation_number(t, r, "flow");
        const double n = moved(m, place_of(s, flow_table_text(t, r, from)),
                               place_of(s, flow_table_text(t, r, to)));
        both += fmin(flow, n);
        simulated += n;
        seen += flow;
    }
    const double cpc = 2.0 * both / (simulated + seen);
    (void)printf("Korea 2017: common part of commuters %.3f\n", cpc);
    cr_expect_geq(cpc, 0.82);
    flow_model_free(m);
    flow_scenario_free(s);
    flow_table_free(t);
}

// Three causes ------------------------------------------------------------------------------------

enum { n_driver = 3 };
static const char *const driver[n_driver] = {"conflict_series", "flood", "economic"};
static const int32_t cause_of[n_driver] = {FLOW_CAUSE_CONFLICT, FLOW_CAUSE_FLOOD,
                                           FLOW_CAUSE_ECONOMIC};
static const char *const hazards[] = {"hazard_conflict", "hazard_flood", "onset_flood",
                                      "hazard_economic"};
static const int owner[] = {0, 1, 1, 2};

/// The scenario without a driver; -1: with all.
static flow_scenario *without(int which)
{
    char text[64] = "conflict_series.on=true";
    if (which >= 0) { (void)snprintf(text, sizeof text, "%s.on=false", driver[which]); }
    const char *const set[] = {text, NULL};
    return load("scenarios/three-causes", set);
}

// The columns of the others are equal bit for bit, and nobody leaves for the cause that is off. Not
// a property of the scenario: with other drivers off people live elsewhere, but no driver looks at
// people.
Test(causes, switching_a_driver_off_takes_away_its_column_and_nothing_else)
{
    for (int off = 0; off < n_driver; off++) {
        flow_scenario *all = without(-1), *less = without(off);
        flow_model *m = start(all, 3, 1), *rest = start(less, 3, 1);
        double of_cause = 0.0, column_sum = 0.0;
        const int32_t n = all->n_place;
        double *x = calloc((size_t)n, sizeof *x), *y = calloc((size_t)n, sizeof *y);
        while (m->day < all->n_step) {
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
            cr_assert_eq(flow_model_step(rest), FLOW_OK, "%s", flow_error_text());
            for (int k = 0; k < 4; k++) {
                char column[96];
                (void)snprintf(column, sizeof column, "%s__%s", hazards[k], driver[owner[k]]);
                cr_assert_eq(flow_model_observe(m, column, x, n), FLOW_OK, "%s", flow_error_text());
                if (owner[k] == off) {
                    cr_expect_eq(flow_model_observe(rest, hazards[k], y, n), FLOW_EKEY);
                    for (int32_t p = 0; p < n; p++) { column_sum += x[p]; }
                    continue;
                }
                cr_assert_eq(flow_model_observe(rest, column, y, n), FLOW_OK);
                cr_expect_eq(memcmp(x, y, (size_t)n * sizeof *x), 0, "%s off changes %s, day %d",
                             driver[off], column, (int)m->day);
            }
            of_cause += leavers(m, cause_of[off], -1);
            cr_expect_eq(leavers(rest, cause_of[off], -1), 0.0, "%s is off", driver[off]);
        }
        cr_expect_gt(of_cause, 10000.0, "%s drove people out", driver[off]);
        cr_expect_gt(column_sum, 0.0);
        free(x);
        free(y);
        flow_model_free(m);
        flow_model_free(rest);
        flow_scenario_free(all);
        flow_scenario_free(less);
    }
}

/// Leavers of a whole run by the causes of the drivers.
static void sum_run(const flow_scenario *s, uint64_t seed, double *by_cause)
{
    flow_model *m = start(s, seed, 1);
    for (int c = 0; c < n_driver; c++) { by_cause[c] = 0.0; }
    while (m->day < s->n_step) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        for (int c = 0; c < n_driver; c++) { by_cause[c] += leavers(m, cause_of[c], -1); }
    }
    flow_model_free(m);
}

static double variance(const double *x, int n)
{
    double mean = 0.0, sum = 0.0;
    for (int i = 0; i < n; i++) { mean += x[i] / n; }
    for (int i = 0; i < n; i++) { sum += (x[i] - mean) * (x[i] - mean); }
    return sum / (n - 1);
}

// With common random numbers the difference that a driver makes to the flows of the other causes is
// known much better from pairs of runs with the same seed than from runs with seeds of their own.
Test(causes, the_same_luck_makes_differences_clear)
{
    enum { n_seed = 48 };
    flow_scenario *all = without(-1);
    static double with[n_seed][n_driver], less[n_driver][n_seed][n_driver];
    for (int k = 0; k < n_seed; k++) { sum_run(all, (uint64_t)k + 1, with[k]); }
    flow_scenario_free(all);
    double sum_paired = 0.0, sum_other = 0.0;
    for (int off = 0; off < n_driver; off++) {
        flow_scenario *s = without(off);
        for (int k = 0; k < n_seed; k++) { sum_run(s, (uint64_t)k + 1, less[off][k]); }
        flow_scenario_free(s);
        for (int c = 0; c < n_driver; c++) {
            if (c == off) { continue; }
            double paired[n_seed], other[n_seed], mean = 0.0;
            for (int k = 0; k < n_seed; k++) {
                paired[k] = with[k][c] - less[off][k][c];
                other[k] = with[k][c] - less[off][(k + n_seed / 2) % n_seed][c];
                mean += paired[k] / n_seed;
            }
            const double a = variance(paired, n_seed), b = variance(other, n_seed);
            (void)printf("without %s, leavers by %s: difference %.0f, variance of pairs %.0f, of "
                         "runs with other seeds %.0f\n",
                         driver[off], driver[c], mean, a, b);
            // A flood is one day: what people it finds is another number, and so is the draw.
            if (c != 1) { cr_expect_lt(5.0 * a, b, "%s off, %s", driver[off], driver[c]); }
            sum_paired += a;
            sum_other += b;
        }
    }
    cr_expect_lt(2.5 * sum_paired, sum_other, "%g, %g", sum_paired, sum_other);
    (void)fflush(stdout);
}
