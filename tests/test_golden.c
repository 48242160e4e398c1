// Golden runs: the results of small scenarios are constants, whatever the number of threads,
// whoever is followed, in a new model or one that was used before, straight or resumed on any day.
#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <stdlib.h>

enum { most_day = 64 };
static const char *const hint = "when the change is intended: tools/same_bits --renew";

static golden expected(int i)
{
    golden row;
    cr_assert(golden_row(i, &row), "no row of '%s' in golden.def; %s", golden_cases[i].name, hint);
    return row;
}

static void compare(int i, const flow_model *m, const golden *sum, const char *how, int number)
{
    const golden row = expected(i);
    const int who = m->follow.mode;
    cr_assert_eq(sum->counts, row.counts, "%s, individuals %d, %s %d: counts; %s",
                 golden_cases[i].name, who, how, number, hint);
    cr_assert_eq(sum->who[who], row.who[who], "%s, individuals %d, %s %d: identities; %s",
                 golden_cases[i].name, who, how, number, hint);
}

static void run(int i, flow_model *m, golden *sum)
{
    while (flow_model_day(m) < m->s->n_step) { golden_step(i, m, sum); }
}

TheoryDataPoints(golden, threads_and_followed_people_change_nothing) = {
    DataPoints(int, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
};
Theory((int i), golden, threads_and_followed_people_change_nothing)
{
    flow_scenario *s = golden_load(i);
    for (int threads = 1; threads <= 8; threads++) {
        for (int who = 0; who < 3; who++) {
            if (threads > 2 && who != threads % 3) { continue; } // each is met more than once
            flow_model *m = story_model(s, 11, (flow_individuals)who, threads);
            golden sum = {0};
            run(i, m, &sum);
            compare(i, m, &sum, "threads", threads);
            flow_model_free(m);
        }
    }
    flow_scenario_free(s);
}

TheoryDataPoints(golden, a_model_that_was_used_before_does_the_same) = {
    DataPoints(int, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
};
Theory((int i), golden, a_model_that_was_used_before_does_the_same)
{
    flow_scenario *s = golden_load(i);
    for (int who = 0; who < 3; who++) {
        flow_model *m = story_model(s, 98, (flow_individuals)who, 1);
        for (int again = 0; again < 3; again++) {
            golden other = {0}, sum = {0};
            while (flow_model_day(m) < s->n_step * (again + 1) / 3) { golden_step(i, m, &other); }
            cr_assert_neq(other.counts, expected(i).counts, "it does not hang on the seed");
            cr_assert_eq(flow_model_reset(m, 11, 3), FLOW_OK, "%s", flow_error_text());
            run(i, m, &sum);
            compare(i, m, &sum, "reset", again);
            cr_assert_eq(flow_model_reset(m, 98, (uint32_t)again), FLOW_OK);
        }
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

TheoryDataPoints(golden, a_run_resumed_on_any_day_ends_the_same) = {
    DataPoints(int, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
};
Theory((int i), golden, a_run_resumed_on_any_day_ends_the_same)
{
    flow_scenario *s = golden_load(i);
    cr_assert_leq(s->n_step, most_day);
    for (int who = 0; who < 3; who++) {
        flow_model *straight = story_model(s, 11, (flow_individuals)who, 1);
        flow_model *other = story_model(s, 98, (flow_individuals)who, 1);
        golden sum = {0};
        saved state = {0};
        for (int day = 0; day < s->n_step; day++) {
            if (s->n_place > 15 && day % 3 != who) { // large ones: each day once
                golden_step(i, straight, &sum);
                continue;
            }
            save(straight, &state);
            load(other, &state);
            golden rest = sum;
            run(i, other, &rest);
            compare(i, other, &rest, "resumed on day", day);
            golden_step(i, straight, &sum);
        }
        free(state.byte);
        flow_model_free(straight);
        flow_model_free(other);
    }
    flow_scenario_free(s);
}
