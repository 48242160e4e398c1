// Observables: parts add up to the whole on every step, names and classes fit, what is not asked
// for is not written.
#include "../libflow/destination.h"
#include "../libflow/observe.h"
#include "stories.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// All observables of a model, by row of the list.
typedef struct view {
    flow_observable *row;
    int32_t n;
    double **value;
} view;

static view look(const flow_model *m)
{
    view v = {0};
    cr_assert_eq(flow_observables_list(m->s, &v.row, &v.n), FLOW_OK, "%s", flow_error_text());
    v.value = calloc((size_t)v.n, sizeof *v.value);
    for (int32_t i = 0; i < v.n; i++) {
        const int64_t n = flow_observable_n(m->s, &v.row[i]);
        v.value[i] = calloc((size_t)n + 1, sizeof **v.value);
        flow_observable_read(&v.row[i], m, v.value[i]);
    }
    return v;
}

static void forget(view *v)
{
    for (int32_t i = 0; i < v->n; i++) { free(v->value[i]); }
    free(v->value);
    flow_dealloc(v->row);
}

static int32_t row_of(const view *v, const char *name)
{
    for (int32_t i = 0; i < v->n; i++) {
        if (strcmp(v->row[i].name, name) == 0) { return i; }
    }
    return -1;
}

static const double *values_of(const view *v, const char *name)
{
    const int32_t i = row_of(v, name);
    cr_assert_geq(i, 0, "no observable '%s'", name);
    return v->value[i];
}

static double sum(const double *value, int64_t n)
{
    double all = 0.0;
    for (int64_t i = 0; i < n; i++) { all += value[i]; }
    return all;
}

/// What the classes of an observable add up to; NULL: it has no total.
static const char *total_of(const char *name)
{
    static const char *const pair[][2] = {{"people_by_", "people"},
                                          {"departures_by_cause", "departures"},
                                          {"arrivals_by_cause", "arrivals"},
                                          {"link_entered_by_cause", "link_entered"}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        if (strncmp(name, pair[i][0], strlen(pair[i][0])) == 0) { return pair[i][1]; }
    }
    return NULL;
}

/// Classes add up; returns how many observables with classes there are.
static int32_t check_classes(const flow_model *m, const view *v, int64_t *parts)
{
    int32_t n_by = 0;
    for (int32_t i = 0; i < v->n; i++) {
        const flow_observable *o = &v->row[i];
        const char *name = total_of(o->name);
        if (o->by == NULL) { continue; }
        n_by++;
        if (name == NULL) { continue; }
        const double *total = values_of(v, name);
        const int64_t n = flow_observable_length(m->s, o), k = flow_observable_classes(m->s, o);
        cr_assert_gt(k, 1, "%s", o->name);
        for (int64_t p = 0; p < n; p++) {
            cr_assert_eq(sum(v->value[i] + p * k, k), total[p], "step %d: %s of %d", (int)m->day,
                         o->name, (int)p);
            for (int64_t c = 0; c < k; c++) { *parts += v->value[i][p * k + c] > 0.0; }
        }
    }
    return n_by;
}

static void check_households(const flow_model *m, const view *v)
{
    if (m->groups.household < 0) {
        cr_assert_lt(row_of(v, "households"), 0);
        return;
    }
    const double present = *values_of(v, "households_present");
    cr_assert_eq(sum(values_of(v, "households"), m->s->n_place) +
                     sum(values_of(v, "link_households"), m->s->n_link),
                 present);
    cr_assert_eq(*values_of(v, "households_entered"), present + *values_of(v, "households_left"));
    cr_assert_eq(present, (double)flow_model_households(m));
}

static void check_queues(const flow_model *m, const view *v)
{
    if (m->to == NULL) {
        cr_assert_lt(row_of(v, "link_queue"), 0);
        return;
    }
    const double *queue = values_of(v, "people_in_queue"), *link = values_of(v, "link_queue");
    const double *people = values_of(v, "people");
    for (int32_t p = 0; p < m->s->n_place; p++) {
        double wait = 0.0;
        for (int32_t l = 0; l < m->s->n_link; l++) {
            wait += m->s->link_from[l] == p ? link[l] : 0.0;
        }
        cr_assert_eq(queue[p], wait);
        cr_assert_leq(queue[p], people[p]);
    }
}

/// Property, on every step of a story with these axes: parts add up to the whole, exactly.
static void check_story(int story, const char *axes, int32_t expected)
{
    char set[128];
    (void)snprintf(set, sizeof set, "people.axes=%s", axes);
    const char *const list[] = {set, NULL};
    flow_scenario *s = story_load(story, axes != NULL ? list : NULL);
    flow_model *m = story_model(s, 5, FLOW_INDIVIDUALS_NONE, 2);
    int64_t parts = 0;
    for (int32_t day = 0; day < s->n_step; day++) {
        story_step(story, m);
        view v = look(m);
        cr_assert_eq(check_classes(m, &v, &parts), expected, "story %s", story_name[story]);
        check_households(m, &v);
        check_queues(m, &v);
        forget(&v);
    }
    cr_expect(expected == 0 || parts > 3 * s->n_step, "only %d parts", (int)parts);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(observe, parts_add_up_to_the_whole_when_people_hop)
{
    check_story(STORY_CROWD, "origin, status, cause, gender", 4);
    check_story(STORY_CROWD, "household_size, age", 2);
    check_story(STORY_MATCHES, "religion", 1);
    check_story(STORY_GRID, NULL, 0);
}

Test(observe, parts_add_up_to_the_whole_when_people_choose_destinations)
{
    check_story(STORY_JOURNEY, "origin, status", 7); // cause comes by itself
    check_story(STORY_JOURNEY, NULL, 5);
}

// Known answer: 70.5 of 200 may pass a day, who came first goes first; the rest waits at the gate.
Test(observe, queues_at_gates_are_seen)
{
    const toy t = {.days = 6,
                   .place = "A,town,,200;B,town,,50000;",
                   .link = "A,B,40;",
                   .yaml = "movement: {rule: destination}\n"};
    toy_world w = toy_make(&t, 4);
    double push[2] = {0.0, 0.0}, crossings[2] = {70.5, 70.5};
    const int32_t a = flow_scenario_place(w.s, "A");
    push[a] = 1.0;
    cr_assert_eq(flow_model_assign(w.m, "onset_flood", push, 2), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_assign(w.m, "crossings", crossings, 2), FLOW_OK);
    const double queue[4] = {130.0, 59.0, 0.0, 0.0}, entered[4] = {70.0, 71.0, 59.0, 0.0};
    for (int day = 0; day < 4; day++) {
        toy_days(&w, 1);
        cr_expect_eq(toy_at(&w, "people_in_queue", "A"), queue[day], "step %d: %g", day,
                     toy_at(&w, "people_in_queue", "A"));
        cr_expect_eq(toy_on(&w, "link_queue", "A", "B"), queue[day]);
        double out[2][FLOW_N_CAUSE_CLASS];
        cr_assert_eq(flow_model_observe(w.m, "departures_by_cause", *out, 2 * FLOW_N_CAUSE_CLASS),
                     FLOW_OK, "%s", flow_error_text());
        cr_expect_eq(out[a][FLOW_CAUSE_FLOOD], entered[day]);
        cr_assert_eq(flow_model_observe(w.m, "leavers_by_cause", *out, 2 * FLOW_N_CAUSE_CLASS),
                     FLOW_OK);
        cr_expect_eq(out[a][FLOW_CAUSE_FLOOD], day == 0 ? 200.0 : 0.0, "they leave once");
    }
    toy_end(&w);
}

Test(observe, classes_have_names)
{
    const char *const set[] = {"people.axes=origin,status,gender", NULL};
    flow_scenario *s = story_load(STORY_CROWD, set);
    const int32_t n = flow_describe_n_observable(s);
    int32_t met = 0;
    for (int32_t i = 0; i < n; i++) {
        flow_observable_info row;
        cr_assert_eq(flow_describe_observable(s, i, &row), FLOW_OK);
        cr_expect_eq(row.n_class == 1, row.by[0] == '\0', "%s", row.name);
        for (int32_t c = 0; c < row.n_class && row.by[0] != '\0'; c++) {
            const char *name = flow_describe_class(s, row.by, c);
            cr_assert_not_null(name, "%s", row.by);
            cr_expect_gt(strlen(name), 0);
            for (int32_t k = 0; k < c; k++) {
                cr_expect_str_neq(name, flow_describe_class(s, row.by, k));
            }
            met++;
        }
    }
    cr_expect_eq(met, 6 + FLOW_N_STATUS + 2);
    cr_expect_str_eq(flow_describe_class(s, "gender", 0), "f");
    cr_expect_str_eq(flow_describe_class(s, "status", FLOW_STATUS_REFUGEE), "refugee");
    cr_expect_str_eq(flow_describe_class(s, "origin", 1), "Bor");
    cr_expect_null(flow_describe_class(s, "gender", 2));
    cr_expect_null(flow_describe_class(s, "gender", -1));
    cr_expect_null(flow_describe_class(s, "cause", 0));
    flow_scenario_free(s);
}

// An attribute may have the name of something else, or one that no variable can have.
Test(observe, dimensions_have_names_of_their_own)
{
    const toy t = {.place = "A,town,7;B,camp;",
                   .link = "A,B,40;",
                   .attributes = "attribute,value,place,weight\ncountry,x,,1\ncountry,y,,1\n"
                                 "people,k,,2\npeople,l,,3\nnr.of-kids,1,,1\nnr.of-kids,2,,1\n"
                                 "nr-of.kids,1,,1\nnr-of.kids,2,,1\n2nd,u,,1\n2nd,v,,1\n"
                                 "Sprachgrüße,a,,1\nSprachgrüße,b,,1\n",
                   .yaml = "spawn: {mode: none}\npeople: {axes: 'country, people, nr-of.kids, "
                           "nr.of-kids, 2nd, Sprachgrüße'}\n"};
    flow_scenario *s = toy_scenario(&t);
    flow_observable *list = NULL;
    int32_t n = 0, met = 0;
    cr_assert_eq(flow_observables_list(s, &list, &n), FLOW_OK);
    static const char *const expected[][2] = {{"people_by_country", "country_class"},
                                              {"people_by_people", "people_class"},
                                              {"people_by_nr_of_kids", "nr_of_kids"},
                                              {"people_by_nr_of_kids_3", "nr_of_kids_3"},
                                              {"people_by__nd", "_nd"},
                                              {"people_by_Sprachgrüße", "Sprachgrüße"}};
    for (int32_t i = 0; i < n; i++) {
        if (list[i].by == NULL) { continue; }
        cr_assert_lt(met, 6);
        cr_expect_str_eq(list[i].name, expected[met][0]);
        cr_expect_str_eq(list[i].by, expected[met][1]);
        met++;
    }
    cr_expect_eq(met, 6);
    flow_dealloc(list);
    flow_scenario_free(s);
}

static bool is_written(const flow_scenario *s, const char *name)
{
    flow_observable *list = NULL;
    int32_t n = 0;
    cr_assert_eq(flow_observables_list(s, &list, &n), FLOW_OK);
    int found = -1;
    for (int32_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) { found = flow_observable_written(s, &list[i]); }
    }
    cr_assert_geq(found, 0, "no observable '%s'", name);
    flow_dealloc(list);
    return found == 1;
}

Test(observe, what_is_written_can_be_chosen)
{
    flow_scenario *s = story_load(STORY_JOURNEY, NULL);
    cr_expect(is_written(s, "people") && is_written(s, "departures_by_cause"));
    cr_expect(is_written(s, "hazard_conflict") && is_written(s, "people_by_cause"));
    cr_expect_not(is_written(s, "link_entered_by_cause"), "large, so only where it is wanted");
    flow_scenario_free(s);

    const char *const also[] = {"output.also=link_entered_by_cause",
                                "output.without=hazard_*, attraction", NULL};
    s = story_load(STORY_JOURNEY, also);
    cr_expect(is_written(s, "people") && is_written(s, "link_entered_by_cause"));
    cr_expect_not(is_written(s, "hazard_conflict"));
    cr_expect_not(is_written(s, "hazard_economic__hazard_economic"));
    cr_expect_not(is_written(s, "attraction"));
    flow_scenario_free(s);

    const char *const only[] = {"output.only=arrivals people_by_*", NULL};
    s = story_load(STORY_JOURNEY, only);
    cr_expect(is_written(s, "people") && is_written(s, "conflict"), "readers need them");
    cr_expect(is_written(s, "arrivals") && is_written(s, "people_by_cause"));
    cr_expect_not(is_written(s, "departures"));
    cr_expect_not(is_written(s, "hazard_conflict"));
    flow_scenario_free(s);
}

Test(observe, what_no_result_has_cannot_be_chosen)
{
    toy t = {.place = "A,town,7;B,camp;",
             .link = "A,B,40;",
             .yaml = "spawn: {mode: none}\n",
             .set = {"output.only=arivals"}};
    toy_refused(&t,
                "--set: output.only: the results of this scenario have no 'arivals'; did you mean "
                "'arrivals'?");
    t.set[0] = "output.without=link_queue";
    toy_refused(&t, "--set: output.without: the results of this scenario have no 'link_queue'");
    t.set[0] = "output.also=q*";
    toy_refused(&t, "--set: output.also: the results of this scenario have no 'q*'");
    t.set[0] = "output.without=link_*,peop*";
    toy_refused(&t, "--set: output.without: 'people' is always written");
}

/// The manual has a line for each row of the table.
Test(observe, the_manual_lists_every_observable)
{
    FILE *file = fopen("docs/output.md", "rb");
    cr_assert_not_null(file, "run in the root of the checkout");
    char *text = calloc(1, 1 << 18);
    cr_assert_lt(fread(text, 1, (1 << 18) - 1, file), (size_t)(1 << 18) - 1);
    (void)fclose(file);
    static const char *const of[FLOW_N_SHAPE] = {", place", ", link", "", ", country_name"};
    for (int32_t i = 0; i < FLOW_N_OBSERVABLE; i++) {
        const flow_observable *o = &flow_observables[i];
        char line[256];
        (void)snprintf(line, sizeof line, "\n| `%s` | time%s%s%s | %s | %s | ", o->name,
                       of[o->shape], o->by != NULL ? ", " : "", o->by != NULL ? o->by : "",
                       o->integer ? "int64" : "float64", o->unit);
        cr_expect_not_null(strstr(text, line), "docs/output.md lacks a line that begins%s", line);
    }
    free(text);
}
