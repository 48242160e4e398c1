// scenarios/katrina-2005: hourly steps, warnings, wind, water and return in one run.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/model.h"
#include "../libflow/quantities.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    n_class = FLOW_N_CAUSE + 1,
    landfall = 83
}; // 29 August, 11:10 UTC: 83 hours after the start

static flow_scenario *load(const char *const *set, int n_set)
{
    flow_scenario *s = NULL;
    const flow_load_options options = {.set = set, .n_set = n_set};
    cr_assert_eq(flow_scenario_load("scenarios/katrina-2005", &options, &s), FLOW_OK, "%s",
                 flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    return s;
}

static flow_model *start(const flow_scenario *s, int32_t threads)
{
    flow_model *m = NULL;
    const flow_model_options options = {.threads = threads};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

/// People of some of the first places who are not at home.
static double away(const flow_model *m, int first, int end)
{
    double *people = calloc((size_t)m->s->n_place * n_class, sizeof *people), sum = 0.0;
    cr_assert_not_null(people);
    cr_assert_eq(flow_model_observe(m, "people_by_cause", people, (int64_t)m->s->n_place * n_class),
                 FLOW_OK, "%s", flow_error_text());
    for (int p = first; p < end; p++) {
        sum += m->s->population[p] - people[p * n_class + FLOW_CAUSE_INITIAL];
    }
    free(people);
    return sum;
}

static void steps(flow_model *m, int n)
{
    for (int t = 0; t < n; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        cr_assert_eq(flow_model_persons(m), flow_model_entered(m), "nobody is lost");
    }
}

Test(katrina, any_number_of_threads_gives_the_same)
{
    static const int32_t threads[] = {1, 2, 5};
    uint64_t sum[3];
    flow_scenario *s = load(NULL, 0);
    cr_expect_eq(flow_scenario_n_step(s), 1200);
    for (int i = 0; i < 3; i++) {
        flow_model *m = start(s, threads[i]);
        steps(m, 120);
        sum[i] = flow_model_checksum(m);
        flow_model_free(m);
    }
    cr_expect_eq(sum[1], sum[0]);
    cr_expect_eq(sum[2], sum[0]);
    flow_scenario_free(s);
}

Test(katrina, figures_are_near_the_published_ones)
{
    static const int greater[] = {0, 1, 2, 3, 4, 5, 6}; // parishes of Greater New Orleans
    flow_scenario *s = load(NULL, 0);
    for (int i = 0; i < 7; i++) {
        static const char *const name[] = {
            "Orleans",    "Jefferson",  "St Bernard",         "Plaquemines",
            "St Tammany", "St Charles", "St John the Baptist"};
        cr_assert_eq(flow_scenario_place(s, name[i]), greater[i]);
    }
    flow_model *m = start(s, 1);
    steps(m, landfall);
    // About a million left Greater New Orleans (Senate Report 109-322), more than 70,000 did not
    // leave the city (House Report 109-377; officials had expected 100,000 to 150,000).
    const double left = away(m, 0, 7);
    const double stayed = s->population[0] - away(m, 0, 1);
    cr_expect(left > 0.9e6 && left < 1.2e6, "%g left", left);
    cr_expect(stayed > 70000 && stayed < 150000, "%g stayed in New Orleans", stayed);
    steps(m, 1200 - landfall);
    double damage[64] = {0};
    cr_assert_eq(flow_model_observe(m, "housing_damage", damage, s->n_place), FLOW_OK);
    // HUD, February 2006: severe or major damage to 56 % of the occupied homes.
    cr_expect(damage[0] > 0.45 && damage[0] < 0.65, "%g", damage[0]);
    cr_expect_gt(away(m, 0, 1), damage[0] * s->population[0], "who has no home is not back");
    cr_expect_lt(away(m, 8, 9), 0.02 * s->population[8], "whose home is whole is back");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(katrina, warnings_empty_the_coast_before_the_storm)
{
    static const char *const off[] = {"warning.on=false"};
    static const char *const slow[] = {"warning.half=24"};
    flow_scenario *s = load(off, 1);
    flow_model *m = start(s, 1);
    steps(m, landfall);
    cr_expect_lt(away(m, 0, 17), 30000, "only the first water has driven people out");
    steps(m, 48);
    const double driven = away(m, 0, 1);
    cr_expect_gt(driven, 0.7 * s->population[0], "the water drives out four of five");
    flow_model_free(m);
    flow_scenario_free(s);
    s = load(slow, 1);
    m = start(s, 1);
    steps(m, landfall);
    const double late = away(m, 0, 7);
    cr_expect(late > 0.3e6 && late < 0.8e6, "%g have left in time", late);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(katrina, longer_steps_give_the_same_figures)
{
    // 31 August and 14 October, by the hour, by half days and by days.
    static const char *const length[] = {"period.step=1h", "period.step=12h", "period.step=day"};
    static const int of_day[] = {24, 2, 1};
    double gone[3][2];
    for (int k = 0; k < 3; k++) {
        flow_scenario *s = load(&length[k], 1);
        flow_model *m = start(s, 1);
        steps(m, 5 * of_day[k]);
        gone[k][0] = away(m, 0, 7);
        steps(m, 45 * of_day[k]);
        gone[k][1] = away(m, 0, 17);
        flow_model_free(m);
        flow_scenario_free(s);
        for (int i = 0; i < 2; i++) {
            cr_expect_lt(fabs(gone[k][i] / gone[0][i] - 1.0), 0.01, "%s: %g, not %g", length[k],
                         gone[k][i], gone[0][i]);
        }
    }
}

Test(katrina, a_run_goes_on_from_a_saved_state)
{
    char path[] = "/tmp/libflow-katrina-XXXXXX";
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    flow_scenario *s = load(NULL, 0);
    flow_model *m = start(s, 2);
    steps(m, 90); // in the storm
    cr_assert_eq(flow_model_save(m, path), FLOW_OK, "%s", flow_error_text());
    steps(m, 60);
    const uint64_t whole = flow_model_checksum(m);
    flow_model *again = start(s, 1);
    cr_assert_eq(flow_model_load(again, path), FLOW_OK, "%s", flow_error_text());
    steps(again, 60);
    cr_expect_eq(flow_model_checksum(again), whole);
    flow_model_free(m);
    flow_model_free(again);
    flow_scenario_free(s);
    (void)remove(path);
}
