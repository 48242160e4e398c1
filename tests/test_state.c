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
    flow_observable *list = NULL;
    int32_t n_row = 0;
    cr_assert_eq(flow_observables_list(s, &list, &n_row), FLOW_OK);
    for (int32_t i = 0; i < n_row; i++) {
        const flow_observable *o = &list[i];
        const int64_t n = flow_observable_n(s, o);
        double *x = calloc((size_t)n + 1, sizeof *x), *y = calloc((size_t)n + 1, sizeof *y);
        flow_observable_read(o, a, x);
        flow_observable_read(o, b, y);
        cr_assert_eq(memcmp(x, y, (size_t)n * sizeof *x), 0, "observable '%s'", o->name);
        free(x);
        free(y);
    }
    flow_dealloc(list);
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
    for (int32_t day = 0; day <= s->n_step; day++) {
        save(straight, &state);
        load(other, &state);
        cr_assert(same_state(straight, other), "%s, day %d", story_name[story], (int)day);
        compare(s, straight, other);
        // `other` goes on to some later day; `straight` is compared when it comes there.
        const int32_t end = day + 3 < s->n_step ? day + 3 : s->n_step;
        while (flow_model_day(other) < end) { story_step(story, other); }
        flow_model *next = story_model(s, 11, individuals, 1);
        load(next, &state);
        while (flow_model_day(next) < end) { story_step(story, next); }
        compare(s, next, other);
        flow_model_free(next);
        if (day == s->n_step) { break; }
        story_step(story, straight);
        if (flow_model_day(other) == flow_model_day(straight)) { compare(s, straight, other); }
    }
    // From the beginning, the middle and late to the end: as the straight run.
    flow_model *again = story_model(s, 11, individuals, 1);
    const int32_t from[] = {0, s->n_step / 3, s->n_step / 2, s->n_step - 1};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        cr_assert_eq(flow_model_reset(again, 11, 3), FLOW_OK);
        while (flow_model_day(again) < from[i]) { story_step(story, again); }
        save(again, &state);
        load(other, &state);
        while (flow_model_day(other) < s->n_step) { story_step(story, other); }
        compare(s, straight, other);
        // Two threads keep the same histories in another order.
        const bool ordered =
            (story != STORY_GRID && story != STORY_LATTICE) || individuals == FLOW_INDIVIDUALS_NONE;
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
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_RELIEF, STORY_STATUS,
               STORY_CHANNELS),
    DataPoints(int, 0, 1, 2),
};
Theory((int story, int mode), state, goes_on_from_any_day)
{
    resume_each_day(story, modes[mode]);
}

// The tables ------------------------------------------------------------------------------------

enum { most_rows = FLOW_MOST_BLOCKS + FLOW_MOST_NUMBERS + FLOW_MOST_SETS };

/// Names of state that some story changes.
typedef struct names {
    char name[most_rows][32];
    bool changed[most_rows];
    int n;
} names;

static void note(names *all, const char *name, bool changed)
{
    int i = 0;
    while (i < all->n && strcmp(all->name[i], name) != 0) { i++; }
    cr_assert_lt(i, (int)most_rows);
    if (i == all->n) { (void)snprintf(all->name[all->n++], sizeof all->name[0], "%s", name); }
    all->changed[i] = all->changed[i] || changed;
}

/// Which parts of the state differ between two models of one story.
static void note_differences(const flow_model *a, const flow_model *b, names *all)
{
    flow_block rows[FLOW_MOST_BLOCKS];
    for (int32_t i = 0, n = flow_state_blocks(a, rows); i < n; i++) {
        if (rows[i].role != FLOW_KEPT) { continue; }
        const void *x = flow_state_array(a, &rows[i]), *y = flow_state_array(b, &rows[i]);
        note(all, rows[i].name, memcmp(x, y, (size_t)rows[i].n * rows[i].size) != 0);
    }
    for (int32_t i = 0, n = flow_state_numbers(a, rows); i < n; i++) {
        const size_t at = rows[i].offset;
        note(all, rows[i].name,
             memcmp((const char *)a + at, (const char *)b + at, rows[i].size) != 0);
    }
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t i = 0, n = flow_state_sets(a, sets); i < n; i++) {
        int64_t people = 0;
        for (int64_t k = 0; k < sets[i].n; k++) {
            people += flow_cells_total(&flow_state_cells(a, &sets[i])[k]);
        }
        note(all, sets[i].name, people > 0);
    }
}

// The stories are of use only as far as they reach every part of the state.
Test(state, stories_change_every_part_of_it)
{
    names all = {.n = 0};
    for (int story = 0; story < N_STORY; story++) {
        flow_scenario *s = story_load(story, NULL);
        flow_model *begin = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
        flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
        while (flow_model_day(m) < s->n_step) {
            story_step(story, m);
            note_differences(m, begin, &all);
        }
        flow_model_free(begin);
        flow_model_free(m);
        flow_scenario_free(s);
    }
    // Nobody is in these between two steps.
    static const char *const empty[] = {"active", "queue", "entry", "back", "ready"};
    const int n_empty = (int)(sizeof empty / sizeof *empty);
    for (int i = 0; i < all.n; i++) {
        bool expected = true;
        for (int k = 0; k < n_empty; k++) {
            expected = expected && strcmp(empty[k], all.name[i]) != 0;
        }
        cr_expect_eq(all.changed[i], expected, "'%s' %s", all.name[i],
                     expected ? "never changes: stories.c needs a story" : "changes");
    }
}

/// Fill what no step may read.
static void poison(flow_model *m)
{
    flow_block rows[FLOW_MOST_BLOCKS];
    for (int32_t i = 0, n = flow_state_blocks(m, rows); i < n; i++) {
        if (rows[i].role != FLOW_SCRATCH || rows[i].element == FLOW_ELEMENT_OTHER) { continue; }
        void *memory;
        memcpy(&memory, flow_state_at(m, rows[i].owner, rows[i].offset), sizeof memory);
        memset(memory, 0x7b, (size_t)rows[i].n * rows[i].size);
    }
}

TheoryDataPoints(state, scratch_is_never_read) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_RELIEF, STORY_STATUS,
               STORY_CHANNELS)};
Theory((int story), state, scratch_is_never_read)
{
    flow_scenario *s = story_load(story, NULL);
    flow_model *clean = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
    while (flow_model_day(m) < s->n_step) {
        poison(m);
        story_step(story, clean);
        story_step(story, m);
        cr_assert(same_state(clean, m), "%s, day %d", story_name[story], (int)flow_model_day(m));
    }
    flow_model_free(clean);
    flow_model_free(m);
    flow_scenario_free(s);
}

// A number added to flow_model that changes with time but is no row of the tables is found here.
TheoryDataPoints(state, every_byte_that_changes_comes_back) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_RELIEF, STORY_STATUS,
               STORY_CHANNELS)};
Theory((int story), state, every_byte_that_changes_comes_back)
{
    // Numbers of rows made from the state, memory, and what has a table of its own.
    static const struct {
        size_t from, to;
    } known[] = {{offsetof(flow_model, crowd), offsetof(flow_model, crowded)},
                 {offsetof(flow_model, version), offsetof(flow_model, version) + 8},
                 {offsetof(flow_model, scored), offsetof(flow_model, scored) + 8},
                 {offsetof(flow_model, entering), offsetof(flow_model, to)},
                 {offsetof(flow_model, follow.batch), offsetof(flow_model, follow.n_batch)},
                 {offsetof(flow_model, follow.size), offsetof(flow_model, follow.n_person)},
                 {offsetof(flow_model, follow.shared), offsetof(flow_model, work)}};
    flow_scenario *s = story_load(story, NULL);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
    flow_model *other = story_model(s, 98, FLOW_INDIVIDUALS_ALL, 1);
    flow_model begin;
    memcpy(&begin, m, sizeof begin);
    saved state = {0};
    while (flow_model_day(m) < s->n_step) {
        story_step(story, m);
        save(m, &state);
        load(other, &state);
        for (size_t i = 0; i < sizeof begin; i++) {
            const unsigned char *x = (const unsigned char *)m, *y = (const unsigned char *)other;
            bool skip = x[i] == ((const unsigned char *)&begin)[i];
            for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
                skip = skip || (i >= known[k].from && i < known[k].to);
            }
            cr_assert(skip || x[i] == y[i], "byte %d of flow_model changes with time but is lost",
                      (int)i);
        }
    }
    flow_model_free(m);
    flow_model_free(other);
    flow_scenario_free(s);
    free(state.byte);
}

TheoryDataPoints(state, reset_equals_newly_made) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_RELIEF, STORY_STATUS,
               STORY_CHANNELS)};
Theory((int story), state, reset_equals_newly_made)
{
    for (int mode = 0; mode < 3; mode++) {
        flow_scenario *s = story_load(story, NULL);
        flow_model *m = story_model(s, 98, modes[mode], 1);
        while (flow_model_day(m) < s->n_step) { story_step(story, m); }
        cr_assert_eq(flow_model_reset(m, 11, 3), FLOW_OK, "%s", flow_error_text());
        flow_model *fresh = story_model(s, 11, modes[mode], 1);
        for (int32_t day = 0;; day++) {
            compare(s, m, fresh);
            cr_assert(same_state(m, fresh), "%s, day %d", story_name[story], (int)day);
            if (day == s->n_step) { break; }
            story_step(story, m);
            story_step(story, fresh);
        }
        flow_model_free(m);
        flow_model_free(fresh);
        flow_scenario_free(s);
    }
}

// Refusals --------------------------------------------------------------------------------------

/// The model refuses a state with a text and stays what it was.
static void refuse(flow_model *m, const saved *state, const char *text)
{
    saved before = {0}, after = {0};
    save(m, &before);
    cr_expect_eq(flow_state_load(m, state->byte, state->n), FLOW_EINPUT);
    cr_expect(strstr(flow_error_text(), text) != NULL, "'%s' has no '%s'", flow_error_text(), text);
    save(m, &after);
    cr_expect(before.n == after.n && memcmp(before.byte, after.byte, (size_t)before.n) == 0,
              "'%s' changed something", text);
    free(before.byte);
    free(after.byte);
}

Test(state, of_another_scenario_or_of_other_people_is_refused)
{
    flow_scenario *s = story_load(STORY_CROWD, NULL);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_SAMPLE, 1);
    for (int i = 0; i < 5; i++) { story_step(STORY_CROWD, m); }
    saved state = {0};
    save(m, &state);

    static const struct {
        int story;
        const char *set;
        const char *text;
    } other[] = {
        {STORY_MATCHES, NULL, "it is of another scenario: 6 places and 14 links, not 5 and 12"},
        {STORY_CROWD, "hop.camp_weight=3", "it is of other settings"},
        {STORY_CROWD, "period.days=39", "it is of other settings"},
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        flow_scenario *t = story_load(other[i].story, (const char *const[]){other[i].set, NULL});
        flow_model *n = story_model(t, 11, FLOW_INDIVIDUALS_SAMPLE, 1);
        refuse(n, &state, other[i].text);
        flow_model_free(n);
        flow_scenario_free(t);
    }
    static const struct {
        flow_model_options options;
        const char *text;
    } who[] = {
        {{.individuals = FLOW_INDIVIDUALS_NONE}, "'sample' when it was saved, 'none' now"},
        {{.individuals = FLOW_INDIVIDUALS_ALL, .history = true},
         "'sample' when it was saved, 'all' now"},
        {{.individuals = FLOW_INDIVIDUALS_SAMPLE, .sample_share = 0.18, .history = true},
         "0.17 when it was saved, 0.18 now"},
        {{.individuals = FLOW_INDIVIDUALS_SAMPLE, .sample_share = 0.17},
         "histories of people: kept when it was saved, not kept now"},
    };
    for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
        flow_model *n = NULL;
        cr_assert_eq(flow_model_create(s, &who[i].options, &n), FLOW_OK, "%s", flow_error_text());
        refuse(n, &state, who[i].text);
        flow_model_free(n);
    }
    flow_model_free(m);
    flow_scenario_free(s);
    free(state.byte);
}

Test(state, of_changed_input_files_is_refused)
{
    const char *const yaml = "libflow: 1\nperiod: {start: 2024-01-01, days: 9}\n";
    const char *const place[] = {"name,kind,country,region,latitude,longitude,population,capacity\n"
                                 "Ash,town,,,,,100,\n",
                                 "name,kind,country,region,latitude,longitude,population,capacity\n"
                                 "Ash,town,,,,,101,\n"};
    flow_scenario *s[2];
    flow_model *m[2];
    for (int i = 0; i < 2; i++) {
        const flow_file file[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                                  {"places.csv", place[i], (int64_t)strlen(place[i])}};
        const char *const set[] = {"spawn.mode=none"};
        const flow_load_options o = {.set = set, .n_set = 1};
        cr_assert_eq(flow_scenario_load_memory(file, 2, &o, &s[i]), FLOW_OK, "%s",
                     flow_error_text());
        m[i] = story_model(s[i], 11, FLOW_INDIVIDUALS_NONE, 1);
    }
    saved state = {0};
    save(m[0], &state);
    refuse(m[1], &state, "it is of another scenario: the texts of the input files differ");
    for (int i = 0; i < 2; i++) {
        flow_model_free(m[i]);
        flow_scenario_free(s[i]);
    }
    free(state.byte);
}

/// A set with at least two rows.
static flow_cells *two_rows(flow_model *m)
{
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (m->here[p].n >= 2) { return &m->here[p]; }
    }
    cr_assert_fail("no two groups at one place");
    return NULL;
}

static void absurd_conflict(flow_model *m)
{
    m->conflict[0] = 2.5;
}
static void absurd_population(flow_model *m)
{
    m->population[1] = 100001;
}
static void absurd_debt_of_households(flow_model *m)
{
    m->owed[0] = 1e5;
}
static void waiting_without_registrations(flow_model *m)
{
    m->waiting = 1;
}
static void unknown_households(flow_model *m)
{
    m->follow.n++;
}
static void more_persons(flow_model *m)
{
    m->follow.n_person++;
}
static void equal_groups(flow_model *m)
{
    flow_cells *cells = two_rows(m);
    cells->row[1].key = cells->row[0].key;
}
static void nobody(flow_model *m)
{
    flow_cells *cells = two_rows(m);
    cells->row[1].n += cells->row[0].n;
    cells->row[0].n = 0;
}
static void one_twice(flow_model *m)
{
    const flow_cells *cells = two_rows(m);
    cells->ids[0].id[0] = cells->ids[1].id[0];
}
static void forgotten_departure(flow_model *m)
{
    flow_log *log = &m->work[0].log;
    int64_t i = 0;
    while (i < log->n && log->row[i].where != FLOW_LEFT) { i++; }
    cr_assert_lt(i, log->n, "nobody left");
    log->row[i].where = 0;
}

// Each would make work that hangs on a number in the file, or break what steps rely on.
Test(state, what_no_run_leads_to_is_refused)
{
    static const struct {
        void (*forge)(flow_model *m);
        const char *text;
    } forged[] = {
        {absurd_conflict, "'conflict' of 0 cannot be"},
        {absurd_population, "'population' of 1 cannot be"},
        {absurd_debt_of_households, "'owed' of 0 cannot be"},
        {waiting_without_registrations, "'waiting' is 1"},
        {unknown_households, "not as many people are followed as entered"},
        {more_persons, "not as many people are followed as entered"},
        {equal_groups, "two groups of people are one"},
        {nobody, "a group of people cannot be"},
        {one_twice, "somebody is in two places"},
        {forgotten_departure, "somebody who is followed is nowhere"},
    };
    flow_scenario *s = story_load(STORY_CROWD, NULL);
    flow_model *other = story_model(s, 98, FLOW_INDIVIDUALS_ALL, 1);
    saved state = {0};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
        for (int day = 0; day < 20; day++) { story_step(STORY_CROWD, m); }
        save(m, &state);
        load(other, &state);
        forged[i].forge(m);
        save(m, &state);
        refuse(other, &state, forged[i].text);
        flow_model_free(m);
    }
    free(state.byte);
    flow_model_free(other);
    flow_scenario_free(s);
}

Test(state, of_a_failed_model_is_not_saved)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_NONE, 1);
    m->broken = true;
    flow_sink sink = {0};
    cr_expect_eq(flow_state_save(m, &sink), FLOW_ESTATE);
    cr_expect_eq(sink.n, 0);
    flow_model_free(m);
    flow_scenario_free(s);
}

/// A story half-way, with everybody followed.
static flow_model *half_way(int story, const flow_scenario *s, saved *state)
{
    flow_model *m = story_model(s, 11, FLOW_INDIVIDUALS_ALL, 1);
    while (flow_model_day(m) < s->n_step / 2) { story_step(story, m); }
    save(m, state);
    return m;
}

Test(state, cut_anywhere_is_refused)
{
    flow_scenario *s = story_load(STORY_ROUTE, NULL);
    saved state = {0};
    flow_model *m = half_way(STORY_ROUTE, s, &state);
    flow_model *other = story_model(s, 5, FLOW_INDIVIDUALS_ALL, 1);
    saved before = {0};
    save(other, &before);
    const int64_t whole = state.n;
    for (state.n = 0; state.n < whole; state.n += 1 + state.n / 97) {
        char *cut = malloc((size_t)state.n + 1); // so that a sanitizer sees what is read beyond
        cr_assert_not_null(cut);
        memcpy(cut, state.byte, (size_t)state.n);
        cr_assert_eq(flow_state_load(other, cut, state.n), FLOW_EINPUT, "%lld of %lld bytes",
                     (long long)state.n, (long long)whole);
        cr_assert_neq(*flow_error_text(), '\0');
        free(cut);
    }
    saved after = {0};
    save(other, &after);
    cr_expect(before.n == after.n && memcmp(before.byte, after.byte, (size_t)before.n) == 0);
    flow_model_free(m);
    flow_model_free(other);
    flow_scenario_free(s);
    free(before.byte);
    free(after.byte);
    free(state.byte);
}

// Property: whatever the bytes are, a state is refused and changes nothing, or the model goes on
// and its people are conserved. Forged states come with a correct hash, so none helps here.
TheoryDataPoints(state, changed_bytes_are_refused_or_harmless) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_RELIEF, STORY_STATUS,
               STORY_CHANNELS)};
Theory((int story), state, changed_bytes_are_refused_or_harmless)
{
    flow_scenario *s = story_load(story, NULL);
    saved state = {0}, before = {0};
    flow_model *m = half_way(story, s, &state);
    const int64_t n_change = story == STORY_GRID ? 100 : 400;
    int64_t refused = 0;
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    flow_rng_key(rng, 20240117, 0, 0, FLOW_DRAW_WHO, (uint64_t)story);
    for (int64_t i = 0; i < n_change; i++) {
        // A word anywhere becomes near, small, large, negative or random.
        const uint64_t word = (uint64_t)flow_word(rng) << 32 | flow_word(rng);
        uint64_t now = 0;
        const int64_t at = (int64_t)(word % (uint64_t)(state.n / 4)) * 4;
        const size_t width = at + 8 <= state.n && flow_word(rng) % 2 == 0 ? 8 : 4;
        char old[8];
        memcpy(old, state.byte + at, width);
        memcpy(&now, old, width);
        switch (flow_word(rng) % 6) {
        case 0: now += 1; break;
        case 1: now -= 1; break;
        case 2: now = 0; break;
        case 3: now = UINT64_MAX >> (flow_word(rng) % 64); break;
        case 4: now ^= UINT64_C(1) << (flow_word(rng) % 64); break;
        default: now = (uint64_t)flow_word(rng) << 32 | flow_word(rng); break;
        }
        memcpy(state.byte + at, &now, width);
        save(m, &before);
        const flow_err err = flow_state_load(m, state.byte, state.n);
        cr_assert(err == FLOW_OK || err == FLOW_EINPUT, "%d: %s", (int)err, flow_error_text());
        if (err == FLOW_EINPUT) {
            refused++;
            saved after = {0};
            save(m, &after);
            cr_assert(before.n == after.n &&
                      memcmp(before.byte, after.byte, (size_t)before.n) == 0);
            free(after.byte);
        }
        for (int day = 0; err == FLOW_OK && day < 3 && flow_model_day(m) < s->n_step; day++) {
            if (flow_model_step(m) != FLOW_OK) { break; }
            cr_assert_eq(flow_model_entered(m), flow_model_persons(m) + flow_model_left(m) +
                                                    flow_model_dead(m) + flow_model_missing(m));
        }
        memcpy(state.byte + at, old, width);
        load(m, &state);
    }
    cr_expect_gt(refused, n_change / 10, "only %lld of %lld refused", (long long)refused,
                 (long long)n_change);
    gsl_rng_free(rng);
    flow_model_free(m);
    flow_scenario_free(s);
    free(before.byte);
    free(state.byte);
}

// Memory ----------------------------------------------------------------------------------------

Test(state, lack_of_memory_is_told_at_every_allocation)
{
    static const int story[] = {STORY_CROWD, STORY_MODULES, STORY_JOURNEY, STORY_RELIEF};
    for (size_t k = 0; k < sizeof story / sizeof *story; k++) {
        flow_scenario *s = story_load(story[k], NULL);
        saved state = {0}, again = {0};
        flow_model *m = half_way(story[k], s, &state);
        int64_t failed = 0;
        bool done = false;
        for (int64_t at = 1; !done; at++) {
            flow_model *other = story_model(s, 5, FLOW_INDIVIDUALS_ALL, 1);
            flow_alloc_fail_at(at);
            flow_err err = flow_state_load(other, state.byte, state.n);
            flow_alloc_fail_at(0);
            done = err == FLOW_OK;
            failed += !done;
            cr_assert(done || err == FLOW_ENOMEM, "allocation %d: %d", (int)at, (int)err);
            // It goes on as it was, or says that it must be reset.
            err = flow_model_step(other);
            cr_assert(err == FLOW_OK || err == FLOW_ESTATE, "%s", flow_error_text());
            cr_assert_eq(flow_model_reset(other, 11, 3), FLOW_OK);
            load(other, &state);
            cr_assert(same_state(m, other), "allocation %d", (int)at);
            flow_model_free(other);
        }
        cr_expect_gt(failed, 3);
        // Saving.
        flow_alloc_fail_at(1);
        flow_sink sink = {0};
        cr_expect_eq(flow_state_save(m, &sink), FLOW_ENOMEM);
        flow_alloc_fail_at(0);
        save(m, &again);
        cr_expect(again.n == state.n && memcmp(again.byte, state.byte, (size_t)state.n) == 0);
        flow_model_free(m);
        flow_scenario_free(s);
        free(state.byte);
        free(again.byte);
    }
}
