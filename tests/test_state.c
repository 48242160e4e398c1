// The state of a model in memory: whoever goes on from it does what the unbroken run does, and what
// is damaged or does not fit changes nothing.
#include "../libflow/observe.h"
#include "stories.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const flow_individuals modes[] = {FLOW_INDIVIDUALS_NONE, FLOW_INDIVIDUALS_SAMPLE,
                                         FLOW_INDIVIDUALS_ALL};

/// All observables of two models are equal.
static void compare_observables(const flow_scenario *s, const flow_model *a, const flow_model *b)
{
    double x[2048], y[2048];
    for (int32_t i = 0; i < flow_n_observable; i++) {
        const flow_observable *o = &flow_observables[i];
        const int64_t n = flow_observable_n(s, o);
        cr_assert_leq(n, 2048);
        flow_observable_read(o, a, x);
        flow_observable_read(o, b, y);
        cr_assert_eq(memcmp(x, y, (size_t)n * sizeof *x), 0, "observable '%s'", o->name);
    }
}

static void compare_moments(const flow_model *a, const flow_model *b)
{
    const int64_t n = flow_model_n_moment(a);
    cr_assert_eq(flow_model_n_moment(b), n);
    flow_moment *x = calloc((size_t)n + 1, sizeof *x), *y = calloc((size_t)n + 1, sizeof *y);
    cr_assert_eq(flow_model_moments(a, x, n), FLOW_OK);
    cr_assert_eq(flow_model_moments(b, y, n), FLOW_OK);
    cr_assert_eq(memcmp(x, y, (size_t)n * sizeof *x), 0);
    free(x);
    free(y);
}

/// Two models agree in all that can be asked.
static void compare(const flow_scenario *s, const flow_model *a, const flow_model *b)
{
    cr_assert_eq(flow_model_day(a), flow_model_day(b));
    cr_assert_eq(flow_model_checksum(a), flow_model_checksum(b), "day %d", (int)flow_model_day(a));
    cr_assert_eq(flow_model_identity_checksum(a), flow_model_identity_checksum(b), "day %d",
                 (int)flow_model_day(a));
    compare_observables(s, a, b);
    compare_moments(a, b);
    cr_assert_eq(flow_model_households(a), flow_model_households(b));
    cr_assert_eq(flow_model_person_steps(a), flow_model_person_steps(b));
}

/// Property: from the state of each day, a model with another past goes on as the unbroken run.
static void resume_each_day(int story, flow_individuals individuals)
{
    flow_scenario *s = story_load(story, NULL);
    flow_model *straight = story_model(s, 11, individuals, 1);
    flow_model *other = story_model(s, 99, individuals, 2);
    saved state = {0};
    for (int32_t day = 0; day <= s->n_day; day++) {
        save(straight, &state);
        load(other, &state);
        cr_assert(same_state(straight, other), "%s, day %d", story_name[story], (int)day);
        compare(s, straight, other);
        // `other` goes on to some later day; `straight` is compared when it comes there.
        const int32_t end = day + 3 < s->n_day ? day + 3 : s->n_day;
        while (flow_model_day(other) < end) { story_step(story, other); }
        flow_model *next = story_model(s, 11, individuals, 1);
        load(next, &state);
        while (flow_model_day(next) < end) { story_step(story, next); }
        compare(s, next, other);
        flow_model_free(next);
        if (day == s->n_day) { break; }
        story_step(story, straight);
        if (flow_model_day(other) == flow_model_day(straight)) { compare(s, straight, other); }
    }
    // From the beginning, the middle and late to the end: as the straight run.
    flow_model *again = story_model(s, 11, individuals, 1);
    const int32_t from[] = {0, s->n_day / 3, s->n_day / 2, s->n_day - 1};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        cr_assert_eq(flow_model_reset(again, 11, 3), FLOW_OK);
        while (flow_model_day(again) < from[i]) { story_step(story, again); }
        save(again, &state);
        load(other, &state);
        while (flow_model_day(other) < s->n_day) { story_step(story, other); }
        compare(s, straight, other);
        // Two threads keep the same histories in another order.
        const bool ordered = story != STORY_GRID || individuals == FLOW_INDIVIDUALS_NONE;
        cr_assert(!ordered || same_state(straight, other), "%s from day %d", story_name[story],
                  (int)from[i]);
    }
    cr_assert_gt(flow_model_persons(straight), 0);
    flow_model_free(again);
    flow_model_free(straight);
    flow_model_free(other);
    flow_scenario_free(s);
    free(state.byte);
}

TheoryDataPoints(state, goes_on_from_any_day) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY),
    DataPoints(int, 0, 1, 2),
};
Theory((int story, int mode), state, goes_on_from_any_day)
{
    resume_each_day(story, modes[mode]);
}
