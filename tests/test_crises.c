// Scenarios of crises and of what is done about them: syria-2012, andaman-2015, germany-2015,
// jamuna-2020. They
// lose nobody, do not see threads, and have figures near their sources. What an option changes is
// seen in every one of four members with the same luck, far beyond chance.
#include "../libflow/destination.h"
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static flow_scenario *load_option(const char *path, const char *option)
{
    char text[64] = "option=";
    const char *const set[] = {text};
    const flow_load_options options = {.set = set, .n_set = option != NULL};
    if (option != NULL) { (void)strncat(text, option, sizeof text - strlen(text) - 1); }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0, "%s: %s", path,
                 flow_scenario_n_warning(s) > 0 ? flow_scenario_warning(s, 0).text : "");
    return s;
}

static flow_scenario *load(const char *path)
{
    return load_option(path, NULL);
}

static flow_model *start(const flow_scenario *s, uint64_t seed, int32_t threads)
{
    flow_model *m = NULL;
    const flow_model_options options = {.seed = seed, .threads = threads};
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

static void step(flow_model *m)
{
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_persons(m) + flow_model_left(m) + m->dead + m->missing,
                 flow_model_entered(m), "step %d", (int)m->day);
}

static double leavers(const flow_model *m, int32_t cause)
{
    double sum = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        sum += (double)m->to->by_cause[(int64_t)cause * m->s->n_place + p];
    }
    return sum;
}

/// People at the places of a country beyond those who lived there.
static double people_in(const flow_model *m, const char *country)
{
    double sum = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const char *name = m->s->place_country[p];
        if (strcmp(name, country) == 0) { sum += (double)m->count[p] - m->s->population[p]; }
    }
    return sum;
}

Test(crises, scenarios_run_lose_nobody_and_do_not_see_threads)
{
    static const char *const path[] = {"scenarios/syria-2012", "scenarios/andaman-2015",
                                       "scenarios/germany-2015", "scenarios/jamuna-2020"};
    for (int i = 0; i < 4; i++) {
        flow_scenario *s = load(path[i]);
        uint64_t sum[3];
        for (int t = 0; t < 3; t++) {
            flow_model *m = start(s, 5, t + 1);
            while (m->day < s->n_step) { step(m); }
            sum[t] = flow_model_checksum(m);
            flow_model_free(m);
        }
        cr_expect_eq(sum[0], sum[1], "%s", path[i]);
        cr_expect_eq(sum[0], sum[2], "%s", path[i]);
        flow_scenario_free(s);
    }
}

// Registered, or waiting to be registered, on 29 August 2014 and in January 2015 (UNHCR).
Test(crises, refugees_from_syria_are_as_many_as_were_registered)
{
    static const struct {
        const char *country;
        double august, january;
    } counted[] = {{"Lebanon", 1176971, 1146000},
                   {"Turkey", 1077000, 1343000},
                   {"Jordan", 613252, 622000},
                   {"Iraq", 215369, 234000},
                   {"Egypt", 139090, 138000}};
    flow_scenario *s = load("scenarios/syria-2012");
    flow_model *m = start(s, 1, 1);
    while (m->day < s->n_step) {
        step(m);
        const double day = m->day * s->dt;
        if (day < 7 * 139 || (day >= 7 * 140 && m->day < s->n_step)) { continue; }
        for (int c = 0; c < 5; c++) {
            const double n = people_in(m, counted[c].country);
            const double of = m->day < s->n_step ? counted[c].august : counted[c].january;
            cr_expect_lt(fabs(n / of - 1), 0.2, "%s, day %g: %.0f, not %.0f", counted[c].country,
                         day, n, of);
        }
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

// 1.1 million of 5.5 million people whom the flood reached were displaced (OCHA).
Test(crises, the_jamuna_drives_out_a_fifth_of_those_it_reaches)
{
    flow_scenario *s = load("scenarios/jamuna-2020");
    flow_model *m = start(s, 1, 1);
    double left = 0.0, reached = 0.0;
    for (int32_t p = 0; p < 5; p++) { reached += s->population[p]; }
    while (m->day < s->n_step) {
        step(m);
        left += leavers(m, FLOW_CAUSE_FLOOD);
    }
    cr_expect_lt(fabs(left / reached - 0.2), 0.02, "%g", left / reached);
    flow_model_free(m);
    flow_scenario_free(s);
}

// People who came to Germany: 890,000 in 2015, 280,000 in 2016 (Federal Ministry of the Interior);
// North Rhine-Westphalia takes 21.24 % by law.
Test(crises, germany_has_the_arrivals_of_its_source)
{
    flow_scenario *s = load("scenarios/germany-2015");
    flow_model *m = start(s, 1, 1);
    double came[6] = {0};
    while (m->day < s->n_step) {
        step(m);
        came[(m->day - 1) / 12] += leavers(m, FLOW_CAUSE_CONFLICT);
    }
    cr_expect_lt(fabs(came[0] / 890000 - 1), 0.02, "%.0f", came[0]);
    cr_expect_lt(fabs(came[1] / 280000 - 1), 0.06, "%.0f", came[1]);
    const int32_t place = flow_scenario_place(s, "Nordrhein-Westfalen");
    cr_assert_geq(place, 0);
    const double share = (double)m->count[place] / people_in(m, "Germany");
    cr_expect_lt(fabs(share - 0.2124), 0.002, "%g", share);
    flow_model_free(m);
    flow_scenario_free(s);
}

// What options change
// ------------------------------------------------------------------------------

enum { n_member = 4, n_value = 4 };

/// Sum over places of an observable; 0 where the scenario has none of it.
static double total(const flow_model *m, const char *name)
{
    double *value = calloc((size_t)m->s->n_place, sizeof *value), sum = 0.0;
    cr_assert_not_null(value);
    cr_assert_eq(flow_model_observe(m, name, value, m->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
    for (int32_t p = 0; p < m->s->n_place; p++) { sum += value[p]; }
    free(value);
    return sum;
}

static double last(const flow_model *m, const char *name)
{
    double value = 0.0;
    cr_assert_eq(flow_model_observe(m, name, &value, 1), FLOW_OK, "%s", flow_error_text());
    return value;
}

/// Adds what a step comes to.
typedef void tally(const flow_model *m, double sum[n_value]);

static void run_members(const char *path, const char *option, tally *add,
                        double sum[n_member][n_value])
{
    flow_scenario *s = load_option(path, option);
    flow_model *m = start(s, 1, 1);
    for (uint32_t k = 0; k < n_member; k++) {
        memset(sum[k], 0, sizeof sum[k]);
        cr_assert_eq(flow_model_reset(m, 1, k), FLOW_OK, "%s", flow_error_text());
        while (m->day < s->n_step) {
            step(m);
            add(m, sum[k]);
        }
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

/// In every member the first run has less of a value than the second.
static void expect_less(double less[n_member][n_value], double more[n_member][n_value], int value,
                        const char *what)
{
    for (int k = 0; k < n_member; k++) {
        cr_expect_lt(less[k][value], more[k][value], "%s, member %d: %g and %g", what, k,
                     less[k][value], more[k][value]);
    }
    (void)printf("%s: %.4g and %.4g\n", what, less[0][value], more[0][value]);
}

/// Person-days without shelter, food and health care; people who have died.
static void add_unmet(const flow_model *m, double sum[n_value])
{
    static const char *const need[] = {"in_need_shelter", "in_need_food", "in_need_health"};
    static const char *const reached[] = {"reached_shelter", "reached_food", "reached_health"};
    for (int k = 0; k < 3; k++) { sum[k] += m->s->dt * (total(m, need[k]) - total(m, reached[k])); }
    sum[3] = last(m, "dead_total");
}

Test(crises, a_funded_plan_for_syrians_leaves_less_unmet)
{
    double none[n_member][n_value], kind[n_member][n_value], cash[n_member][n_value],
        funded[n_member][n_value];
    const char *const path = "scenarios/syria-2012";
    run_members(path, "none", add_unmet, none);
    run_members(path, "in_kind", add_unmet, kind);
    run_members(path, "cash", add_unmet, cash);
    run_members(path, "funded", add_unmet, funded);
    static const char *const what[] = {"days without shelter", "days without food",
                                       "days without care", "deaths"};
    for (int value = 0; value < n_value; value++) {
        expect_less(kind, none, value, what[value]);
        expect_less(cash, none, value, what[value]);
        expect_less(funded, kind, value, what[value]);
    }
}

/// Person-days without food; people away from home two days before the peak of 17 July; money.
static void add_flood(const flow_model *m, double sum[n_value])
{
    sum[0] += m->s->dt * (total(m, "in_need_food") - total(m, "reached_food"));
    if (m->day == 25) {
        for (int32_t p = 0; p < m->s->n_place; p++) {
            if (m->s->place_kind[p] == FLOW_IDP_CAMP) { sum[1] -= (double)m->count[p]; }
        }
    }
    if (m->s->n_account > 0) { sum[2] = last(m, "cost_total"); }
}

Test(crises, cash_before_the_peak_does_more_than_after_it)
{
    double none[n_member][n_value], early[n_member][n_value], late[n_member][n_value];
    const char *const path = "scenarios/jamuna-2020";
    run_members(path, "none", add_flood, none);
    run_members(path, "anticipatory", add_flood, early);
    run_members(path, "late_cash", add_flood, late);
    expect_less(early, late, 0, "days without food");
    expect_less(late, none, 0, "days without food");
    expect_less(early, none, 1, "less those on higher ground on 14 July");
    for (int k = 0; k < n_member; k++) {
        cr_expect_lt(fabs(early[k][2] / late[k][2] - 1), 0.05, "costs %g and %g", early[k][2],
                     late[k][2]);
    }
}

/// Attempts to pass all links with channels that end in a way.
static double attempts(const flow_model *m, const char *name)
{
    const int64_t n = (int64_t)m->s->n_link * FLOW_N_CHANNEL;
    double *value = calloc((size_t)n, sizeof *value), sum = 0.0;
    cr_assert_not_null(value);
    cr_assert_eq(flow_model_observe(m, name, value, n), FLOW_OK, "%s", flow_error_text());
    for (int64_t i = 0; i < n; i++) { sum += value[i]; }
    free(value);
    return sum;
}

/// Dead and missing, trafficked, less those intercepted.
static void add_sea(const flow_model *m, double sum[n_value])
{
    sum[0] += attempts(m, "attempts_died") + attempts(m, "attempts_missing");
    sum[1] += attempts(m, "attempts_trafficked");
    sum[2] -= attempts(m, "attempts_intercepted");
}

Test(crises, prevention_protection_and_prosecution_change_the_sea)
{
    double none[n_member][n_value], prevention[n_member][n_value], protection[n_member][n_value],
        prosecution[n_member][n_value];
    const char *const path = "scenarios/andaman-2015";
    run_members(path, "none", add_sea, none);
    run_members(path, "prevention", add_sea, prevention);
    run_members(path, "protection", add_sea, protection);
    run_members(path, "prosecution", add_sea, prosecution);
    expect_less(prevention, none, 0, "prevention: dead and missing");
    expect_less(prevention, none, 1, "prevention: trafficked");
    expect_less(protection, prevention, 0, "protection: dead and missing");
    expect_less(protection, none, 1, "protection: trafficked");
    expect_less(prosecution, none, 2, "prosecution: less those intercepted");
    // 690 people died from October 2014 to May 2015 by UNHCR: 320, 300 and 70.
    cr_expect(none[0][0] > 500 && none[0][0] < 1100, "%g dead and missing", none[0][0]);
}

/// Less the years of work of newcomers, in all and until the end of 2017.
static void add_work(const flow_model *m, double sum[n_value])
{
    sum[0] -= m->s->dt / 365.25 * total(m, "working");
    if (m->day <= 36) { sum[1] -= m->s->dt / 365.25 * total(m, "working"); }
}

Test(crises, courses_counselling_and_early_work_raise_employment)
{
    double none[n_member][n_value], courses[n_member][n_value], counselling[n_member][n_value],
        early[n_member][n_value];
    const char *const path = "scenarios/germany-2015";
    run_members(path, "none", add_work, none);
    run_members(path, "courses", add_work, courses);
    run_members(path, "counselling", add_work, counselling);
    run_members(path, "early_work", add_work, early);
    expect_less(courses, none, 0, "courses: less years of work");
    expect_less(counselling, none, 0, "counselling: less years of work");
    expect_less(early, none, 0, "early work: less years of work");
    // Courses take time: in the first three years counselling does more.
    expect_less(counselling, courses, 1, "counselling: less years of work until 2017");
}
