// Scenarios of crises and of what is done about them: syria-2012, jamuna-2020, germany-2015. They
// lose nobody, do not see threads, and have figures near their sources.
#include "../libflow/destination.h"
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static flow_scenario *load(const char *path)
{
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, NULL, &s), FLOW_OK, "%s", flow_error_text());
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

static void step(flow_model *m)
{
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_persons(m) + flow_model_left(m), flow_model_entered(m), "step %d",
                 (int)m->day);
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
    static const char *const path[] = {"scenarios/syria-2012", "scenarios/jamuna-2020",
                                       "scenarios/germany-2015"};
    for (int i = 0; i < 3; i++) {
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
