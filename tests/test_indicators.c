// Indicators: sums over time of what is observed, with known answers.
#include "../libflow/indicators.h"
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static flow_scenario *load(const char *path, const char *days)
{
    const char *const set[] = {days};
    const flow_load_options options = {.set = set, .n_set = 1};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_model *model_of(const flow_scenario *s)
{
    const flow_model_options options = {.seed = 3, .threads = 1};
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

static flow_gauges_run *all_of(const flow_scenario *s, bool parts)
{
    bool has[FLOW_N_GAUGE];
    flow_gauges_run *run = NULL;
    cr_assert_eq(flow_gauges_of(s, has), FLOW_OK);
    cr_assert_eq(flow_gauges_create(s, has, parts, &run), FLOW_OK, "%s", flow_error_text());
    return run;
}

Test(indicators, every_row_says_all_that_a_reader_needs)
{
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        const flow_gauge *row = &flow_gauges[g];
        cr_expect_eq(flow_gauge_find(row->name), g, "%s is listed twice", row->name);
        cr_expect_gt(strlen(row->long_name), 10, "%s", row->name);
        cr_expect_gt(strlen(row->unit), 0, "%s", row->name);
        cr_expect_not_null(strchr("A-", row->tag), "%s", row->name);
        const bool ratio = row->over_time == FLOW_OVER_RATIO;
        cr_expect_eq(ratio, row->over >= 0 && row->per >= 0, "%s", row->name);
        cr_expect(!ratio || (row->over < g && row->per < g), "%s stands before its parts",
                  row->name);
    }
    cr_expect_eq(flow_gauge_find("nothing"), -1);
}

// Known answers: the same sums from what is observed day by day.
Test(indicators, sums_over_time_are_those_of_the_observed_days)
{
    flow_scenario *s = load("scenarios/somalia-floods-2018", "period.days=60");
    flow_model *m = model_of(s);
    flow_gauges_run *run = all_of(s, false);
    const int32_t n = s->n_place, n_link = s->n_link;
    double value[2000], journeys = 0.0, km = 0.0, road = 0.0, left = 0.0, home = 0.0;
    flow_gauges_begin(run);
    for (int32_t t = 0; t < s->n_step; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK);
        flow_gauges_step(run, m);
        cr_assert_eq(flow_model_observe(m, "departures", value, n), FLOW_OK);
        for (int32_t p = 0; p < n; p++) { journeys += value[p]; }
        cr_assert_eq(flow_model_observe(m, "link_entered", value, n_link), FLOW_OK);
        for (int32_t l = 0; l < n_link; l++) { km += value[l] * s->length_km[l]; }
        cr_assert_eq(flow_model_observe(m, "link_people", value, n_link), FLOW_OK);
        for (int32_t l = 0; l < n_link; l++) { road += 0.5 * value[l]; }
        const int64_t by = (int64_t)n * FLOW_N_CAUSE_CLASS;
        cr_assert_eq(flow_model_observe(m, "leavers_by_cause", value, by), FLOW_OK, "%s",
                     flow_error_text());
        for (int32_t p = 0; p < n; p++) {
            left += value[p * FLOW_N_CAUSE_CLASS + FLOW_CAUSE_FLOOD];
            home += value[p * FLOW_N_CAUSE_CLASS + FLOW_CAUSE_RETURN];
        }
    }
    double whole[FLOW_N_GAUGE];
    flow_gauges_whole(run, whole);
    cr_expect_gt(journeys, 1000.0);
    cr_expect_eq(whole[FLOW_GAUGE_journeys], journeys);
    cr_expect_float_eq(whole[FLOW_GAUGE_distance] / km, 1.0, 1e-12);
    cr_expect_float_eq(whole[FLOW_GAUGE_road_days], road, 1e-6 * road + 1e-9);
    cr_expect_eq(whole[FLOW_GAUGE_left_home], left, "only the flood drives people out here");
    cr_expect_eq(whole[FLOW_GAUGE_went_home], home);
    cr_expect_float_eq(whole[FLOW_GAUGE_journey_length], km / journeys, 1e-9);
    cr_expect(isnan(whole[FLOW_GAUGE_cost]), "nobody spends money");
    cr_expect(isnan(whole[FLOW_GAUGE_border_wait]), "nobody crosses a border");
    // Who is away is counted anew from those who are left at home.
    double away = 0.0;
    cr_assert_eq(flow_model_observe(m, "people_by_cause", value, (int64_t)n * FLOW_N_CAUSE_CLASS),
                 FLOW_OK, "%s", flow_error_text());
    for (int32_t i = 0; i < n * FLOW_N_CAUSE_CLASS; i++) {
        away += i % FLOW_N_CAUSE_CLASS == FLOW_CAUSE_INITIAL ? 0.0 : value[i];
    }
    cr_assert_eq(flow_model_observe(m, "link_people", value, n_link), FLOW_OK);
    for (int32_t l = 0; l < n_link; l++) { away += value[l]; }
    cr_expect_eq(whole[FLOW_GAUGE_displaced_end], away);
    flow_gauges_free(run);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Property: the parts of an indicator, by place and by class of each axis, add up to the whole.
Test(indicators, parts_add_up_to_the_whole)
{
    flow_scenario *s = load("scenarios/somalia-floods-2018", "period.days=40");
    flow_model *m = model_of(s);
    flow_gauges_run *run = all_of(s, true);
    flow_gauges_begin(run);
    for (int32_t t = 0; t < s->n_step; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK);
        flow_gauges_step(run, m);
    }
    double whole[FLOW_N_GAUGE];
    double *part = flow_calloc(flow_gauges_n_part(run), sizeof *part);
    flow_gauges_whole(run, whole);
    flow_gauges_part(run, part);
    static const int32_t gauge[] = {FLOW_GAUGE_left_home, FLOW_GAUGE_journeys, FLOW_GAUGE_distance,
                                    FLOW_GAUGE_limited_site_days};
    for (size_t i = 0; i < sizeof gauge / sizeof *gauge; i++) {
        const flow_gauge_parts p = flow_gauges_parts(run, gauge[i]);
        double items = 0.0, classes = 0.0;
        for (int32_t k = 0; k < p.n_item; k++) { items += part[p.first + k]; }
        for (int32_t k = 0; k < p.n_class; k++) { classes += part[p.first + p.n_item + k]; }
        cr_expect_gt(p.n_item, 0);
        cr_expect_float_eq(items, whole[gauge[i]], 1e-9 * items, "%s", flow_gauges[gauge[i]].name);
        if (p.n_class > 0) { cr_expect_float_eq(classes, whole[gauge[i]], 1e-9 * classes); }
    }
    const flow_gauge_parts p = flow_gauges_parts(run, FLOW_GAUGE_displaced_days);
    double sum[2] = {0.0, 0.0};
    for (int32_t k = 0; k < p.n_class; k++) {
        char name[128];
        (void)flow_gauge_class(s, &p, k, name);
        sum[strncmp(name, "origin: ", 8) == 0] += part[p.first + p.n_item + k];
    }
    cr_expect_float_eq(sum[0], whole[FLOW_GAUGE_displaced_days], 1e-6, "by cause");
    cr_expect_float_eq(sum[1], whole[FLOW_GAUGE_displaced_days], 1e-6, "by origin");
    flow_dealloc(part);
    flow_gauges_free(run);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(indicators, what_a_scenario_lacks_counts_as_nothing)
{
    flow_scenario *s = load("scenarios/two-towns", "period.days=10");
    flow_model *m = model_of(s);
    bool want[FLOW_N_GAUGE] = {false}, has[FLOW_N_GAUGE];
    cr_assert_eq(flow_gauges_of(s, has), FLOW_OK);
    cr_expect_not(has[FLOW_GAUGE_cost]);
    want[FLOW_GAUGE_cost] = want[FLOW_GAUGE_shelter_unmet_days] = want[FLOW_GAUGE_journeys] = true;
    flow_gauges_run *run = NULL;
    cr_assert_eq(flow_gauges_create(s, want, false, &run), FLOW_OK);
    flow_gauges_begin(run);
    for (int32_t t = 0; t < s->n_step; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK);
        flow_gauges_step(run, m);
    }
    double whole[FLOW_N_GAUGE];
    flow_gauges_whole(run, whole);
    cr_expect_eq(whole[FLOW_GAUGE_cost], 0.0);
    cr_expect_eq(whole[FLOW_GAUGE_shelter_unmet_days], 0.0);
    cr_expect_gt(whole[FLOW_GAUGE_journeys], 0.0);
    cr_expect(isnan(whole[FLOW_GAUGE_distance]), "nobody asked for it");
    flow_gauges_free(run);
    flow_model_free(m);
    flow_scenario_free(s);
}
