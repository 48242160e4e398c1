#include "situation.h"

#include "../libflow/distance.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

const char *const situation_name[n_situation] = {"mali2012",   "ssudan2013",       "syria2013",
                                                 "tigray2020", "nigeria2022_adm2", "mali2017_adm1"};

const char *situation_data(void)
{
    const char *root = getenv("LIBFLOW_DATA");
    if (root == NULL) { root = "../shared/data"; }
    char path[512];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/conflicts/simsetting.yml", root);
    if (stat(path, &about) != 0) {
        (void)fprintf(stderr, "skipped: %s is not there, set LIBFLOW_DATA to compare\n", path);
        cr_skip_test("%s is not there", path);
    }
    return root;
}

flow_scenario *situation_load(const char *name, int32_t days, const char *const *set, int32_t n_set)
{
    char path[512], settings[512];
    (void)snprintf(path, sizeof path, "%s/conflicts/%s", situation_data(), name);
    (void)snprintf(settings, sizeof settings, "%s/conflicts/simsetting.yml", situation_data());
    const flow_load_options options = {
        .settings = settings, .set = set, .n_set = n_set, .days = days};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

static flow_result *empty_result(const flow_scenario *s)
{
    flow_result *r = flow_calloc(1, sizeof *r);
    cr_assert_not_null(r);
    *r = (flow_result){
        .n_step = s->n_step, .dt = s->dt, .n_place = s->n_place, .n_observed = s->n_observed};
    const int64_t days = s->n_step, n = s->n_place, seen = s->n_observed;
    r->place_name = flow_calloc(n, sizeof *r->place_name);
    r->people = flow_calloc(days * n, sizeof *r->people);
    r->conflict = flow_calloc(days * n, sizeof *r->conflict);
    r->capacity = flow_calloc(n, sizeof *r->capacity);
    r->population = flow_calloc(n, sizeof *r->population);
    r->observed_place = flow_calloc(seen, sizeof *r->observed_place);
    r->observed = flow_calloc(days * seen, sizeof *r->observed);
    r->network_km = flow_calloc(seen * n, sizeof *r->network_km);
    r->first_count = flow_calloc(seen, sizeof *r->first_count);
    cr_assert(r->place_name && r->people && r->conflict && r->capacity && r->population &&
              r->observed_place && r->observed && r->network_km && r->first_count);
    for (int32_t p = 0; p < s->n_place; p++) {
        r->place_name[p] = flow_strdup(s->place_name[p]);
        r->capacity[p] = s->capacity[p];
        r->population[p] = s->population[p];
    }
    for (int32_t i = 0; i < s->n_observed; i++) {
        const flow_observed *row = &s->observed[i];
        r->observed_place[i] = row->place;
        r->first_count[i] = row->first_count;
        cr_assert_eq(flow_shortest_km(s, row->place, r->network_km + i * n), FLOW_OK);
        for (int32_t day = 0; day < s->n_step; day++) {
            r->observed[day * seen + i] = row->people[day];
        }
    }
    return r;
}

static double observe_sum(const flow_model *m, const char *name, double *value, int32_t n)
{
    double sum = 0.0;
    cr_assert_eq(flow_model_observe(m, name, value, n), FLOW_OK, "%s", flow_error_text());
    for (int32_t i = 0; i < n; i++) { sum += value[i]; }
    return sum;
}

flow_result *situation_simulate(const flow_scenario *s, situation_run *run)
{
    flow_result *r = empty_result(s);
    double *value = flow_calloc((int64_t)s->n_place + s->n_link, sizeof *value);
    flow_model *m = NULL;
    const flow_model_options options = {.seed = run->seed, .threads = run->threads};
    cr_assert_not_null(value);
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    clock_t ticks = 0;
    for (int32_t day = 0; day < s->n_step; day++) {
        const clock_t before = clock();
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        ticks += clock() - before;
        double people = observe_sum(m, "link_people", value, s->n_link);
        people += observe_sum(m, "people", value, s->n_place);
        for (int32_t p = 0; p < s->n_place; p++) {
            r->people[(int64_t)day * s->n_place + p] = (int64_t)value[p];
        }
        cr_assert_eq((int64_t)people, flow_model_persons(m), "day %d", day);
        cr_assert_eq(flow_model_entered(m),
                     flow_model_persons(m) + flow_model_left(m) + flow_model_dead(m) +
                         flow_model_missing(m),
                     "day %d", day);
        cr_assert_eq(
            flow_model_observe(m, "conflict", r->conflict + (int64_t)day * s->n_place, s->n_place),
            FLOW_OK);
    }
    run->checksum = flow_model_checksum(m);
    run->person_steps = flow_model_person_steps(m);
    run->cpu_s = (double)ticks / CLOCKS_PER_SEC;
    flow_model_free(m);
    flow_dealloc(value);
    return r;
}
