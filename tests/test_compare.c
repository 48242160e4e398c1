#define _XOPEN_SOURCE 700
// Comparison of options: known answers, the same luck, refusals, the file.
#include "../libflow/compare.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 3 };

static const flow_scenario *load(const char *path, const char *a, const char *b)
{
    const char *const set[] = {a, b};
    const flow_load_options options = {.set = set, .n_set = (a != NULL) + (b != NULL)};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static void drop(const flow_scenario *const *s, int32_t n)
{
    for (int32_t i = 0; i < n; i++) { flow_scenario_free((flow_scenario *)(uintptr_t)s[i]); }
}

static flow_comparison *compare(const flow_scenario *const *s, int32_t n,
                                flow_compare_options options)
{
    flow_comparison *c = NULL;
    if (options.n_member == 0) { options.n_member = 20; }
    options.seed = 11;
    cr_assert_eq(flow_compare(s, n, &options, &c), FLOW_OK, "%s", flow_error_text());
    return c;
}

static const flow_compared *result(const flow_comparison *c, int32_t option, int32_t gauge)
{
    return &c->result[(int64_t)option * FLOW_N_GAUGE + gauge];
}

#define FLOODS "scenarios/somalia-floods-2018"

// Known answer: an option that changes nothing.
Test(compare, an_option_that_changes_nothing_differs_in_nothing)
{
    const flow_scenario *s[] = {load(FLOODS, "period.days=40", NULL),
                                load(FLOODS, "period.days=40", NULL)};
    flow_comparison *c = compare(s, 2, (flow_compare_options){.threads = 2});
    int32_t told = 0;
    for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
        if (!c->has[g]) { continue; }
        const flow_compared *r = result(c, 1, g);
        cr_expect_eq(r->equal, 1.0, "%s", flow_gauges[g].name);
        if (isnan(r->mean)) { continue; }
        told++;
        cr_expect_eq(r->change_mean, 0.0);
        cr_expect_eq(r->change_sd, 0.0);
        for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) { cr_expect_eq(r->change[q], 0.0); }
        const bool better = flow_gauges[g].better != FLOW_BETTER_NEITHER;
        cr_expect(better ? r->better == 0.5 : isnan(r->better), "%s: %g", flow_gauges[g].name,
                  r->better);
        cr_expect(isnan(r->cost));
    }
    cr_expect_gt(told, 15);
    for (int64_t k = 0; k < 2 * c->n_part; k++) {
        cr_expect_eq(c->part[k].change_mean, 0.0);
        cr_expect_eq(c->part[k].change_sd, 0.0);
    }
    flow_comparison_free(c);
    drop(s, 2);
}

// Known answer: at a speed of 1 / 2 the same people spend twice the days on the road, for distances
// and departures do not depend on it: of one link of 100 km, 5 and 10 days at 20 and 10 km a day.
static const flow_scenario *two_places(const char *speed)
{
    static const char yaml[] = "libflow: 1\nperiod: {start: 2020-01-01, days: 60}\n"
                               "movement: {rule: destination}\n"
                               "flood: {series: flood.csv, step_depth: [1], step_share: [0.25]}\n";
    static const char places[] = "name,kind,country,region,latitude,longitude,population,capacity\n"
                                 "Alder,town,A,,,,8000,\nBirch,camp,A,,,,,\n";
    static const char links[] = "from,to,length_km\nAlder,Birch,100\n";
    static const char flood[] = "place,date,depth\nAlder,2020-01-02,2\nAlder,2020-01-03,0\n";
    const flow_file files[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                               {"places.csv", places, (int64_t)strlen(places)},
                               {"links.csv", links, (int64_t)strlen(links)},
                               {"flood.csv", flood, (int64_t)strlen(flood)}};
    const char *const set[] = {speed};
    const flow_load_options options = {.set = set, .n_set = 1};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(files, 4, &options, &s), FLOW_OK, "%s",
                 flow_error_text());
    return s;
}

Test(compare, an_option_whose_effect_is_known_has_it)
{
    const flow_scenario *s[] = {two_places("destination.speed=20"),
                                two_places("destination.speed=10")};
    flow_comparison *c = compare(s, 2, (flow_compare_options){.n_member = 40, .threads = 2});
    const flow_compared *left = result(c, 1, FLOW_GAUGE_left_home);
    // A quarter of 8,000 people leaves: mean 2000, standard deviation 39 of a member.
    cr_expect_float_eq(left->mean, 2000.0, 5.0 * sqrt(8000 * 0.25 * 0.75 / 40.0), "%g", left->mean);
    cr_expect_eq(left->equal, 1.0, "who leaves has nothing to do with the speed");
    // Whoever leaves at the beginning of a day is on the road at the ends of the days of the way.
    const double base = result(c, 0, FLOW_GAUGE_road_days)->mean;
    const flow_compared *road = result(c, 1, FLOW_GAUGE_road_days);
    cr_expect_float_eq(base, 5.0 * left->mean, 1e-6 * base, "%g, %g left", base, left->mean);
    cr_expect_float_eq(road->mean, 10.0 * left->mean, 1e-6 * road->mean, "%g", road->mean);
    cr_expect_float_eq(road->change_mean, 5.0 * left->mean, 1e-6 * road->mean);
    cr_expect_eq(road->better, 0.0, "more days on the road are worse in all members");
    for (int32_t m = 0; m < c->n_member; m++) { // pair by pair
        const double *a = c->value + (int64_t)m * FLOW_N_GAUGE;
        const double *b = c->value + (int64_t)(c->n_member + m) * FLOW_N_GAUGE;
        cr_expect_eq(b[FLOW_GAUGE_road_days] - a[FLOW_GAUGE_road_days],
                     5.0 * a[FLOW_GAUGE_left_home]);
    }
    // Who loses: those of Alder. Where they are, is not known while they travel.
    const flow_gauge_parts p = c->layout[FLOW_GAUGE_road_days];
    cr_expect_eq(p.n_item, c->scenario[0]->n_link);
    char name[128];
    cr_expect_str_eq(flow_comparison_part(c, FLOW_GAUGE_road_days, 0, name), "Alder->Birch");
    const flow_compared_part *part = &c->part[c->n_part + p.first];
    cr_expect_float_eq(part->change_mean, road->change_mean, 1e-6 * road->change_mean);
    cr_expect_float_eq(part->change_sd, road->change_sd, 1e-6 * road->change_sd);
    cr_expect_eq(part->better, 0.0);
    flow_comparison_free(c);
    drop(s, 2);
}

// The same random numbers: the variance of a difference is at least 5 times smaller than that of
// independent members, for options of each kind.
Test(compare, common_luck_makes_differences_sharp)
{
    static const char *const option[] = {"return_home.rate=0.2", "flood.rebuild=0.04",
                                         "flood.step_share=[0.4, 0.8]", "option=anticipatory"};
    static const char *const path[] = {FLOODS, FLOODS, FLOODS, "scenarios/jamuna-2020"};
    static const int32_t gauge[] = {FLOW_GAUGE_left_home, FLOW_GAUGE_displaced_days,
                                    FLOW_GAUGE_displaced_most, FLOW_GAUGE_displaced_end};
    for (size_t k = 0; k < sizeof option / sizeof *option; k++) {
        const flow_scenario *s[] = {load(path[k], "period.days=50", NULL),
                                    load(path[k], "period.days=50", option[k])};
        const flow_compare_options common = {.n_member = 60, .threads = 2};
        flow_compare_options apart = common;
        apart.independent = true;
        flow_comparison *a = compare(s, 2, common), *b = compare(s, 2, apart);
        for (size_t i = 0; i < sizeof gauge / sizeof *gauge; i++) {
            const double together = result(a, 1, gauge[i])->change_sd;
            const double alone = result(b, 1, gauge[i])->change_sd;
            // The logarithm of the ratio of two such variances has a standard error of 0.26:
            // 11 is 5 and three of them. What is found lies between 18 and 10,000.
            cr_expect_geq(alone * alone, 11.0 * together * together, "%s, %s: %g against %g",
                          option[k], flow_gauges[gauge[i]].name, together, alone);
        }
        flow_comparison_free(a);
        flow_comparison_free(b);
        drop(s, 2);
    }
}

Test(compare, numbers_do_not_depend_on_threads)
{
    const flow_scenario *s[] = {load(FLOODS, "period.days=20", NULL),
                                load(FLOODS, "period.days=20", "flood.rebuild=0.1"),
                                load(FLOODS, "period.days=20", "return_home.rate=0.3")};
    flow_comparison *a = compare(s, MOST, (flow_compare_options){.n_member = 70, .threads = 1});
    flow_comparison *b = compare(s, MOST, (flow_compare_options){.n_member = 70, .threads = 8});
    cr_expect_eq(a->checksum, b->checksum);
    const size_t wholes = (size_t)MOST * FLOW_N_GAUGE * sizeof *a->result;
    cr_expect_eq(memcmp(a->result, b->result, wholes), 0);
    cr_assert_eq(a->n_part, b->n_part);
    cr_expect_eq(memcmp(a->part, b->part, (size_t)(MOST * a->n_part) * sizeof *a->part), 0);
    flow_comparison_free(a);
    flow_comparison_free(b);
    drop(s, MOST);
}

// Levels are those of `run --members` with the same seed and numbers.
Test(compare, levels_are_those_of_members_run_alone)
{
    char path[] = "/tmp/flow-compare-XXXXXX";
    cr_assert_not_null(mkdtemp(path));
    char file[64];
    (void)snprintf(file, sizeof file, "%s/m.nc", path);
    const flow_scenario *s[] = {load(FLOODS, "period.days=20", NULL),
                                load(FLOODS, "period.days=20", "flood.rebuild=0.1")};
    flow_comparison *c = compare(s, 2, (flow_compare_options){.member = 3, .threads = 2});
    const flow_run_options options = {.model = {.seed = 11, .member = 3, .threads = 2},
                                      .output = file};
    cr_assert_eq(flow_run_members(s[1], &options, 20, NULL, NULL), FLOW_OK, "%s",
                 flow_error_text());
    flow_result *r = NULL;
    cr_assert_eq(flow_result_load(file, &r), FLOW_OK, "%s", flow_error_text());
    int32_t seen = 0;
    for (int32_t i = 0; i < r->n_indicator; i++) {
        const int32_t g = flow_gauge_find(r->indicator[i].name);
        cr_assert_geq(g, 0);
        const flow_compared *own = result(c, 1, g);
        for (int32_t q = 0; q < FLOW_N_QUANTILE && !isnan(own->mean); q++, seen++) {
            cr_expect_eq(own->quantile[q], r->indicator[i].quantile[q], "%s", r->indicator[i].name);
        }
    }
    cr_expect_gt(seen, 50);
    flow_result_free(r);
    flow_comparison_free(c);
    drop(s, 2);
    cr_assert_eq(remove(file), 0);
    cr_assert_eq(rmdir(path), 0);
}

Test(compare, what_cannot_be_compared_is_refused)
{
    const flow_scenario *s[] = {load(FLOODS, "period.days=9", NULL),
                                load(FLOODS, "period.days=8", NULL),
                                load("scenarios/two-towns", "period.days=9", NULL)};
    flow_comparison *c = NULL;
    flow_compare_options o = {.n_member = 2, .threads = 1};
    cr_expect_eq(flow_compare(s, 1, &o, &c), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "1 option: at least two are needed to compare");
    cr_expect_eq(flow_compare(s, 2, &o, &c), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(),
                     "option scenario cannot be compared with scenario: it has other days");
    const flow_scenario *other[] = {s[0], s[2]};
    cr_expect_eq(flow_compare(other, 2, &o, &c), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(),
                     "option scenario cannot be compared with scenario: it has other places");
    const flow_scenario *same[] = {s[0], s[0]};
    o.n_member = 1;
    cr_expect_eq(flow_compare(same, 2, &o, &c), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "members = 1 is outside [2, 1000000]");
    o = (flow_compare_options){.n_member = 2, .baseline = 2};
    cr_expect_eq(flow_compare(same, 2, &o, &c), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "baseline = 2 is outside [0, 2)");
    o = (flow_compare_options){.n_member = 2, .member = UINT32_MAX};
    cr_expect_eq(flow_compare(same, 2, &o, &c), FLOW_ERANGE);
    cr_expect_null(c);
    drop(s, 3);
}

static bool stop_at_once(void *context, int32_t done, int32_t n)
{
    (void)context;
    return done + 2 < n;
}

Test(compare, it_can_be_stopped)
{
    const flow_scenario *s[] = {load(FLOODS, "period.days=9", NULL),
                                load(FLOODS, "period.days=9", NULL)};
    const flow_compare_options o = {.n_member = 2, .threads = 1, .go_on = stop_at_once};
    flow_comparison *c = NULL;
    cr_expect_eq(flow_compare(s, 2, &o, &c), FLOW_ESTATE);
    cr_expect_not_null(strstr(flow_error_text(), "the comparison was stopped after"), "%s",
                       flow_error_text());
    cr_expect_null(c);
    drop(s, 2);
}

Test(compare, cost_per_outcome_is_that_of_the_means_and_comes_with_its_assumptions)
{
    static const char scenario[] = "scenarios/jamuna-2020";
    const flow_scenario *s[] = {load(scenario, "period.days=50", "option=none"),
                                load(scenario, "period.days=50", "option=anticipatory")};
    flow_comparison *c = compare(s, 2, (flow_compare_options){.n_member = 8, .threads = 2});
    const double usd = result(c, 1, FLOW_GAUGE_cost)->change_mean;
    const flow_compared *unmet = result(c, 1, FLOW_GAUGE_shelter_unmet_days);
    cr_assert_gt(usd, 0.0);
    cr_assert_lt(unmet->change_mean, 0.0);
    cr_expect_float_eq(unmet->cost, usd / -unmet->change_mean, 1e-9 * unmet->cost);
    cr_expect(isnan(result(c, 1, FLOW_GAUGE_shelter_need_days)->cost) ==
              (result(c, 1, FLOW_GAUGE_shelter_need_days)->change_mean >= 0.0));
    cr_expect(isnan(result(c, 0, FLOW_GAUGE_shelter_unmet_days)->cost), "of the baseline itself");
    cr_expect(isnan(result(c, 1, FLOW_GAUGE_cost)->cost), "money has no price");
    // The responses spend what is spent, by the cent of each place and month.
    double spent = 0.0;
    cr_assert_gt(c->n_spending, 0);
    for (int32_t i = 0; i < c->n_spending; i++) {
        cr_expect_leq(c->spending[i].mean, c->spending[i].asked + 0.01);
        spent += c->spending[i].option == 1 ? c->spending[i].mean : 0.0;
    }
    const double all = result(c, 1, FLOW_GAUGE_cost)->mean;
    cr_expect_float_eq(spent, all, 1e-6 * all + 1.0, "%g of %g", spent, all);
    int32_t only = 0;
    for (int32_t i = 0; i < c->n_assumption; i++) {
        const flow_assumption *a = &c->assumption[i];
        cr_expect(a->value[0] != NULL || a->value[1] != NULL, "%s", a->key);
        cr_expect_eq(strncmp(a->key, "hop.", 4) == 0, false, "%s is of another rule", a->key);
        only += a->value[0] == NULL && a->value[1] != NULL;
    }
    cr_expect_gt(c->n_assumption, 10);
    cr_expect_gt(only, 0, "the response rests on none");
    flow_comparison_free(c);
    drop(s, 2);
}
