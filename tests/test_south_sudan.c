// scenarios/south-sudan-2013 states the facts that the FLEE folder of the same war holds, and gives
// the same picture. Skips the comparison where the FLEE folder is not at hand.
#include "../libflow/scenario.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const ours = "scenarios/south-sudan-2013";

static flow_scenario *load(const char *path, const char *settings)
{
    flow_scenario *s = NULL;
    const flow_load_options options = {.settings = settings};
    cr_assert_eq(flow_scenario_load(path, &options, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

/// The FLEE folder; skips the test when it is not there.
static flow_scenario *load_flee(void)
{
    const char *root = getenv("LIBFLOW_DATA");
    char path[512], settings[512];
    struct stat about;
    (void)snprintf(path, sizeof path, "%s/conflicts/ssudan2013", root ? root : "../shared/data");
    (void)snprintf(settings, sizeof settings, "%s/conflicts/simsetting.yml",
                   root ? root : "../shared/data");
    if (stat(path, &about) != 0) {
        cr_skip_test("%s is not there: set LIBFLOW_DATA to compare with it", path);
    }
    return load(path, settings);
}

/// Error of a run as docs/scores.md defines it: mean over days of sum |s - d| / max(D, 1); and ARD.
static void run(const flow_scenario *s, uint64_t seed, double *error, double *ard)
{
    flow_model *m = NULL;
    double *people = calloc((size_t)s->n_place, sizeof *people);
    const flow_model_options options = {.seed = seed, .threads = 1};
    cr_assert_not_null(people);
    cr_assert_eq(flow_model_create(s, &options, &m), FLOW_OK, "%s", flow_error_text());
    *error = *ard = 0.0;
    for (int32_t t = 0; t < s->n_step; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        cr_assert_eq(flow_model_observe(m, "people", people, s->n_place), FLOW_OK);
        double all_simulated = 0.0, all_observed = 0.0, off = 0.0, off_scaled = 0.0;
        for (int32_t i = 0; i < s->n_observed; i++) {
            all_simulated += people[s->observed[i].place];
            all_observed += (double)s->observed[i].people[t];
        }
        const double scale = all_simulated > 0.0 ? all_observed / all_simulated : 0.0;
        for (int32_t i = 0; i < s->n_observed; i++) {
            const double simulated = people[s->observed[i].place];
            const double observed = (double)s->observed[i].people[t];
            off += fabs(simulated - observed);
            off_scaled += fabs(simulated * scale - observed);
        }
        *error += off / fmax(all_observed, 1.0) / s->n_step;
        *ard += all_observed > 0.0 ? off_scaled / all_observed / s->n_step : 0.0;
    }
    cr_expect_eq(flow_model_entered(m), 433300, "as many as were registered at the end");
    cr_expect_eq(flow_model_persons(m), 433300, "nobody is lost");
    free(people);
    flow_model_free(m);
}

Test(south_sudan, it_loads_without_a_warning)
{
    flow_scenario *s = load(ours, NULL);
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    cr_expect_eq(s->n_place, 51);
    cr_expect_eq(s->n_link, 120);
    cr_expect_eq(s->n_observed, 10);
    cr_expect_eq(s->n_step, 604);
    flow_scenario_free(s);
}

Test(south_sudan, it_states_the_facts_of_the_flee_folder)
{
    flow_scenario *f = load_flee();
    flow_scenario *s = load(ours, NULL);
    cr_assert_eq(s->start, f->start);
    cr_assert_eq(s->n_step, f->n_step);
    cr_assert_eq(s->n_place, f->n_place);
    cr_assert_eq(s->n_link, f->n_link);
    cr_assert_eq(s->n_observed, f->n_observed);
    for (int32_t p = 0; p < s->n_place; p++) {
        cr_expect_eq(s->place_kind[p], f->place_kind[p], "%s", s->place_name[p]);
        cr_expect_eq(s->population[p], f->population[p], "%s", s->place_name[p]);
        cr_expect_eq(s->capacity[p], f->capacity[p], "%s", s->place_name[p]);
        cr_expect_lt(fabs(s->latitude[p] - f->latitude[p]), 6e-6, "%s", s->place_name[p]);
        cr_expect_lt(fabs(s->longitude[p] - f->longitude[p]), 6e-6, "%s", s->place_name[p]);
    }
    for (int32_t i = 0; i < s->n_link; i++) {
        cr_expect_eq(s->link_from[i], f->link_from[i]);
        cr_expect_eq(s->link_to[i], f->link_to[i]);
        cr_expect_eq(s->length_km[i], f->length_km[i]);
    }
    cr_assert_eq(s->n_event, f->n_event);
    for (int64_t i = 0; i < s->n_event; i++) {
        cr_expect_eq(s->event[i].day, f->event[i].day);
        cr_expect_eq(s->event[i].kind, f->event[i].kind);
        cr_expect_eq(s->event[i].index, f->event[i].index);
        cr_expect_eq(s->event[i].value, f->event[i].value);
    }
    for (int32_t i = 0; i < s->n_observed; i++) {
        cr_expect_eq(s->observed[i].place, f->observed[i].place);
        const size_t size = (size_t)s->n_step * sizeof *s->observed[i].people;
        cr_expect_eq(memcmp(s->observed[i].people, f->observed[i].people, size), 0, "counts of %s",
                     s->place_name[s->observed[i].place]);
    }
    flow_scenario_free(s);
    flow_scenario_free(f);
}

Test(south_sudan, it_has_the_settings_of_the_flee_folder)
{
    flow_scenario *f = load_flee();
    flow_scenario *s = load(ours, NULL);
    for (int32_t i = 0; i < flow_settings_n_section; i++) {
        const flow_section *section = &flow_settings_sections[i];
        if (*section->name == '\0' || strcmp(section->name, "quirks") == 0) { continue; }
        for (const flow_field *field = section->field; field->key != NULL; field++) {
            char *a = flow_field_text(field, (const char *)&s->set + section->offset);
            char *b = flow_field_text(field, (const char *)&f->set + section->offset);
            cr_expect_str_eq(a, b, "%s.%s: %s, FLEE: %s", section->name, field->key, a, b);
            flow_dealloc(a);
            flow_dealloc(b);
        }
    }
    flow_scenario_free(s);
    flow_scenario_free(f);
}

Test(south_sudan, errors_are_those_that_flee_was_measured_with)
{
    // FLEE, 3 seeds, 40 persons an agent: ARD 0.547 +- 0.010, error 0.513 +- 0.007.
    flow_scenario *s = load(ours, NULL);
    double error = 0.0, ard = 0.0;
    run(s, 1, &error, &ard);
    cr_expect_lt(fabs(error / 0.513 - 1.0), 0.02, "error %.4f", error);
    cr_expect_lt(fabs(ard / 0.547 - 1.0), 0.02, "ARD %.4f", ard);
    flow_scenario_free(s);
}
