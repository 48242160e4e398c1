// A step allocates nothing in steady state: every allocation inside whole steps is counted, in
// every mode. tools/check_house.py sees to it that nothing is allocated past the counter.
#include "stories.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>

static const flow_individuals modes[] = {FLOW_INDIVIDUALS_NONE, FLOW_INDIVIDUALS_SAMPLE,
                                         FLOW_INDIVIDUALS_ALL};

/// Stories as they are, and with what else may need memory.
static const struct {
    int story;
    const char *const set[5];
} cases[] = {
    {STORY_CROWD, {NULL}},
    {STORY_CROWD, {"hop.capacity_batch=0.01", NULL}},
    {STORY_MATCHES, {NULL}},
    {STORY_FLEE, {NULL}},
    {STORY_MODULES, {NULL}},
    {STORY_RELIEF, {NULL}},
    {STORY_GRID, {NULL}},
    {STORY_GRID, {"hop.onward=true", "hop.avoid_short_stints=true", NULL}},
    {STORY_ROUTE, {NULL}},
    {STORY_JOURNEY, {NULL}},
    {STORY_JOURNEY, {"people.axes=origin, status", NULL}}, // compatriots attract
    {STORY_JOURNEY,
     {"destination.kind=radiation", "people.axes=origin", "destination_economic.annual_rate=0",
      NULL}},
    {STORY_FOLDER, {NULL}},
    {STORY_CAUSES, {NULL}},
    {STORY_LATTICE, {NULL}},
    {STORY_STATUS, {NULL}},
    {STORY_CHANNELS, {NULL}},
};
enum { n_case = sizeof cases / sizeof *cases };

/// Allocations inside the steps of a whole period that begins with these numbers.
static int64_t run(int story, flow_model *m, uint64_t seed, uint32_t member)
{
    cr_assert_eq(flow_model_reset(m, seed, member), FLOW_OK, "%s", flow_error_text());
    int64_t sum = 0;
    while (flow_model_day(m) < m->s->n_step) {
        const int64_t before = flow_alloc_count();
        story_step(story, m);
        sum += flow_alloc_count() - before;
    }
    return sum;
}

// The counter sees what it has to: the first period needs memory, the same period again none.
TheoryDataPoints(steady, a_period_that_was_run_before_allocates_nothing) = {
    DataPoints(int, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
};
Theory((int i), steady, a_period_that_was_run_before_allocates_nothing)
{
    flow_scenario *s = story_load(cases[i].story, cases[i].set);
    for (int mode = 0; mode < 3; mode++) {
        flow_model *m = story_model(s, 11, modes[mode], 1);
        cr_expect_gt(run(cases[i].story, m, 11, 3), 0);
        const int64_t begin = flow_alloc_count();
        for (int again = 2; again < 5; again++) {
            const int64_t n = run(cases[i].story, m, 11, 3);
            cr_expect_eq(n, 0, "case %d (%s), individuals %d: %ld allocations in run %d", i,
                         story_name[cases[i].story], mode, (long)n, again);
        }
        cr_expect_eq(flow_alloc_count(), begin, "a reset allocates");
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

// Chance needs a little more room now and then, by doubling: less and less, and nothing on most
// days. Arrays of exact size would fail: they need memory for every new largest number.
TheoryDataPoints(steady, other_seeds_and_members_soon_need_nothing_more) = {
    DataPoints(int, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
};
Theory((int i), steady, other_seeds_and_members_soon_need_nothing_more)
{
    enum { n_run = 40, some = 16 };
    flow_scenario *s = story_load(cases[i].story, cases[i].set);
    for (int mode = 0; mode < 3; mode++) {
        flow_model *m = story_model(s, 11, modes[mode], 1);
        const int64_t first = run(cases[i].story, m, 0, 0);
        int64_t early = 0, late = 0;
        for (int k = 1; k < n_run; k++) {
            const int64_t n = run(cases[i].story, m, (uint64_t)k, (uint32_t)k % 5);
            early += k <= some ? n : 0;
            late += k >= n_run - some ? n : 0;
        }
        cr_expect_leq(late, first / 4, "case %d (%s), individuals %d: %ld, %ld, then %ld", i,
                      story_name[cases[i].story], mode, (long)first, (long)early, (long)late);
        cr_expect_leq(early, first, "case %d, individuals %d: %ld, then %ld", i, mode, (long)first,
                      (long)early);
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

// Which thread does what differs from run to run, so one may need a little more now and then.
Test(steady, threads_soon_need_nothing_more)
{
    flow_scenario *s = story_load(STORY_GRID, (const char *const[]){"hop.onward=true", NULL});
    for (int mode = 0; mode < 3; mode++) {
        flow_model *m = story_model(s, 11, modes[mode], 4);
        int64_t sum = 0;
        int quiet = 0, n_run = 0;
        for (; quiet < 3 && n_run < 40; n_run++) {
            const int64_t n = run(STORY_GRID, m, 11, 3);
            sum += n_run > 0 ? n : 0;
            quiet = n == 0 ? quiet + 1 : 0;
        }
        cr_expect_eq(quiet, 3, "individuals %d: no three quiet runs in %d", mode, n_run);
        cr_expect_leq(sum, 60, "individuals %d: %ld allocations after the first run", mode,
                      (long)sum);
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

// Arenas double: a hundred times the people need a few allocations more, not a hundred times.
Test(steady, many_people_need_few_allocations)
{
    int64_t n[2];
    for (int many = 0; many < 2; many++) {
        const char *const set[] = {many ? "spawn.rate=3700" : "spawn.rate=37", NULL};
        flow_scenario *s = story_load(STORY_ROUTE, set);
        flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
        n[many] = run(STORY_ROUTE, m, 11, 3);
        flow_model_free(m);
        flow_scenario_free(s);
    }
    cr_expect_leq(n[1], 3 * n[0], "%ld allocations, then %ld", (long)n[0], (long)n[1]);
}
