// What is kept of people who are followed one by one says where everybody was, why and as what, on
// every day, and can be had in pieces.
#include "../libflow/observe.h"
#include "../libflow/persons.h"
#include "stories.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const shown[] = {"people.axes=cause,status", NULL};

/// Everything that happened, people entering included, in the order of persons and time.
static flow_moment *histories(const flow_model *m, int64_t *n)
{
    const int64_t n_person = flow_model_n_person(m), n_moment = flow_model_n_moment(m);
    flow_moment *moment = calloc((size_t)n_moment + 1, sizeof *moment);
    flow_moment *all = calloc((size_t)(n_moment + n_person) + 1, sizeof *all);
    cr_assert_eq(flow_model_moments(m, moment, n_moment), FLOW_OK, "%s", flow_error_text());
    int64_t k = 0;
    *n = 0;
    for (int64_t i = 0; i < n_person; i++) {
        flow_person person;
        cr_assert_eq(flow_model_person(m, i, &person), FLOW_OK);
        all[(*n)++] = (flow_moment){.person = i,
                                    .day = person.day,
                                    .where = person.origin,
                                    .cause = person.cause,
                                    .status = person.status};
        for (; k < n_moment && moment[k].person == i; k++) { all[(*n)++] = moment[k]; }
    }
    cr_assert_eq(k, n_moment);
    free(moment);
    return all;
}

/// Persons at each place by the class that they have at the end of a step; -1: where they are.
static void count(const flow_moment *all, int64_t n, int32_t step, const char *by, int32_t classes,
                  double *out)
{
    for (int64_t i = 0; i < n; i++) {
        const flow_moment *now = &all[i];
        const bool last = i + 1 == n || now[1].person != now->person || now[1].day > step;
        if (now->day > step || !last || now->where < 0) { continue; }
        const int32_t c = strcmp(by, "people") == 0            ? 0
                          : strcmp(by, "people_by_cause") == 0 ? now->cause
                                                               : now->status;
        cr_assert(c >= 0 && c < classes, "%s: class %d", by, (int)c);
        out[(int64_t)now->where * classes + c]++;
    }
}

static void compare(const flow_scenario *s, double *const *seen, const flow_moment *all, int64_t n,
                    const char *name, int32_t classes)
{
    const int64_t size = (int64_t)s->n_place * classes;
    double *found = calloc((size_t)size, sizeof *found);
    for (int32_t step = 0; step < s->n_step; step++) {
        memset(found, 0, (size_t)size * sizeof *found);
        count(all, n, step, name, classes, found);
        for (int64_t i = 0; i < size; i++) {
            cr_assert_eq(found[i], seen[step][i], "%s, step %d, place %d, class %d: %g, not %g",
                         name, (int)step, (int)(i / classes), (int)(i % classes), found[i],
                         seen[step][i]);
        }
    }
    free(found);
}

// Property: the counts of every step come from the histories, by place, cause and status.
static void check_story(int story, int32_t threads)
{
    static const char *const name[] = {"people", "people_by_cause", "people_by_status"};
    const int32_t classes[] = {1, FLOW_N_CAUSE_CLASS, FLOW_N_STATUS};
    flow_scenario *s = story_load(story, shown);
    flow_model *m = story_model(s, 8, FLOW_INDIVIDUALS_ALL, threads);
    double **seen[3];
    for (int k = 0; k < 3; k++) { seen[k] = calloc((size_t)s->n_step, sizeof **seen); }
    for (int32_t step = 0; step < s->n_step; step++) {
        story_step(story, m);
        for (int k = 0; k < 3; k++) {
            const int64_t n = (int64_t)s->n_place * classes[k];
            seen[k][step] = calloc((size_t)n, sizeof ***seen);
            cr_assert_eq(flow_model_observe(m, name[k], seen[k][step], n), FLOW_OK, "%s",
                         flow_error_text());
        }
    }
    int64_t n = 0;
    flow_moment *all = histories(m, &n);
    cr_assert_gt(n, 2 * flow_model_n_person(m) / 3);
    for (int k = 0; k < 3; k++) {
        compare(s, seen[k], all, n, name[k], classes[k]);
        for (int32_t step = 0; step < s->n_step; step++) { free(seen[k][step]); }
        free(seen[k]);
    }
    free(all);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(persons, histories_hold_the_counts_when_people_hop)
{
    check_story(STORY_CROWD, 2);
    check_story(STORY_GRID, 3);
}

Test(persons, histories_hold_the_counts_when_people_choose_destinations)
{
    check_story(STORY_JOURNEY, 1);
    check_story(STORY_JOURNEY, 3);
}

// Property: however few notes are in memory at once, the same ones come in the same order.
Test(persons, histories_in_pieces_are_the_same)
{
    flow_scenario *s = story_load(STORY_CROWD, shown);
    flow_model *m = story_model(s, 8, FLOW_INDIVIDUALS_ALL, 2);
    for (int32_t step = 0; step < s->n_step; step++) { story_step(STORY_CROWD, m); }
    flow_notes whole, part;
    bool more = false;
    cr_assert_eq(flow_notes_begin(m, INT32_MAX, &whole), FLOW_OK);
    cr_assert_eq(flow_notes_next(&whole, &more), FLOW_OK);
    cr_assert(more && whole.n == m->follow.n);
    cr_assert_eq(flow_notes_begin(m, 5000, &part), FLOW_OK);
    int64_t at = 0, pieces = 0;
    for (;; pieces++) {
        cr_assert_eq(flow_notes_next(&part, &more), FLOW_OK);
        if (!more) { break; }
        const int64_t n = part.begin[part.n];
        cr_assert_eq(memcmp(part.note, whole.note + at, (size_t)n * sizeof *part.note), 0);
        at += n;
    }
    cr_expect_eq(at, whole.begin[whole.n]);
    cr_expect_gt(pieces, 1, "it was cut");
    flow_notes_clear(&part);
    flow_notes_clear(&whole);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Without axes there is nothing to say of causes.
Test(persons, what_is_not_known_is_minus_one)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    flow_model *m = story_model(s, 8, FLOW_INDIVIDUALS_ALL, 1);
    for (int32_t step = 0; step < 9; step++) { story_step(STORY_ROUTE, m); }
    int64_t n = 0;
    flow_moment *all = histories(m, &n);
    cr_assert_gt(n, 0);
    for (int64_t i = 0; i < n; i++) { cr_assert(all[i].cause == -1 && all[i].status == -1); }
    free(all);
    flow_model_free(m);
    flow_scenario_free(s);
}
