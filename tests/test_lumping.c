// Cells: people are conserved in every mode, equals are one cell, and merging equals changes no
// distribution.
#include "judge.h"
#include "stories.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What holds after every step --------------------------------------------------------------------

static int by_key(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(flow_key));
}

/// What all sets of a model hold together.
typedef struct census {
    int64_t persons, units, ids, rows;
    int64_t by_origin[400];
    unsigned char *seen; ///< [followed units]
} census;

static const flow_people_axis *origin_of(const flow_groups *groups)
{
    for (int32_t a = 0; a < groups->n_axis; a++) {
        if (groups->axis[a].kind == FLOW_AXIS_ORIGIN) { return &groups->axis[a]; }
    }
    return NULL;
}

/// Persons of one set; everybody in it is added to the census.
static int64_t visit(const flow_model *m, const flow_cells *cells, const char *name, census *all)
{
    int64_t persons = 0;
    flow_cell *sorted = calloc((size_t)cells->n + 1, sizeof *sorted);
    if (cells->n > 0) { memcpy(sorted, cells->row, (size_t)cells->n * sizeof *sorted); }
    qsort(sorted, (size_t)cells->n, sizeof *sorted, by_key);
    for (int32_t i = 0; i < cells->n; i++) {
        cr_assert(i == 0 || by_key(&sorted[i - 1], &sorted[i]) != 0, "%s: two cells are equal",
                  name);
        const flow_cell *cell = &cells->row[i];
        cr_assert_gt(cell->n, 0, "%s: an empty cell", name);
        const int64_t here = flow_persons(m, cell->key.group, cell->n);
        persons += here;
        all->units += cell->n;
        const flow_people_axis *origin = origin_of(&m->groups);
        if (origin != NULL) { all->by_origin[flow_group_class(origin, cell->key.group)] += here; }
        const flow_ids ids = cells->ids != NULL ? cells->ids[i] : (flow_ids){0};
        cr_assert_leq((int64_t)ids.n, cell->n, "%s", name);
        if (m->follow.mode == FLOW_INDIVIDUALS_ALL) { cr_assert_eq((int64_t)ids.n, cell->n); }
        for (uint32_t k = 0; k < ids.n; k++) {
            cr_assert_lt(ids.id[k], m->follow.n, "%s", name);
            cr_assert_eq(all->seen[ids.id[k]], 0, "%s: somebody is twice", name);
            all->seen[ids.id[k]] = 1;
        }
        all->ids += ids.n;
    }
    all->rows += cells->n;
    all->persons += persons;
    free(sorted);
    return persons;
}

/// Everybody is once where the counts say, and nobody was made or lost.
static census check(const flow_model *m)
{
    census all = {.seen = calloc((size_t)m->follow.n + 1, 1)};
    int64_t *there = calloc((size_t)(m->s->n_place + m->s->n_link), sizeof *there);
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t k = 0, n = flow_state_sets(m, sets); k < n; k++) {
        for (int64_t i = 0; i < sets[k].n; i++) {
            const int64_t n_here = visit(m, &flow_state_cells(m, &sets[k])[i], sets[k].name, &all);
            const int64_t at = sets[k].where == FLOW_ON_THE_LINK ? m->s->n_place + i
                               : sets[k].where == FLOW_AT_PLACE  ? i
                                                                 : m->s->link_from[i];
            there[at] += n_here;
        }
    }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        cr_assert_eq(there[p], m->count[p], "day %d, place %d", (int)m->day, (int)p);
    }
    for (int32_t l = 0; l < m->s->n_link; l++) {
        cr_assert_eq(there[m->s->n_place + l], m->link_count[l], "day %d, link %d", (int)m->day,
                     (int)l);
    }
    cr_assert_eq(all.persons, m->persons, "day %d", (int)m->day);
    cr_assert_eq(all.units, m->units);
    cr_assert_eq(m->entered, m->persons + m->left + m->dead + m->missing, "day %d", (int)m->day);
    cr_assert_eq(m->units_entered, m->units + m->units_left + m->units_dead + m->units_missing);
    cr_assert_leq(all.ids, (int64_t)m->follow.n);
    if (m->units_entered == m->units) { cr_assert_eq(all.ids, (int64_t)m->follow.n, "who left?"); }
    free(there);
    free(all.seen);
    all.seen = NULL;
    return all;
}

// Every mode -------------------------------------------------------------------------------------

enum { HOP, DESTINATION };
enum { width = 17, height = 16, n_grid = width * height, text_size = 65536 };

typedef struct mode {
    int rule;
    bool households, capacities;
    int side; ///< places in a row
} mode;

/// A grid of places, small or large enough for parallel loops.
static flow_scenario *load_grid(const mode *what)
{
    static char yaml[1024], places[text_size], links[text_size];
    (void)snprintf(yaml, sizeof yaml,
                   "libflow: 1\nperiod: {start: 2024-01-01, days: 14}\n"
                   "people: {axes: 'origin, status%s'}\n%s",
                   what->rule == HOP ? ", cause" : "",
                   what->rule == HOP
                       ? "spawn: {mode: conflict, rate_kind: poisson, rate: 150}\n"
                         "hop: {max_move_speed: 90, avoid_short_stints: true, memory_bins: 4,\n"
                         "  camps_are_sinks: true, start_on_foot: true, awareness_level: 2}\n"
                       : "movement: {rule: destination}\n"
                         "destination: {speed: 70, most: 12}\ndestination_economic: {may_stay: "
                         "true}\n");
    size_t p = (size_t)snprintf(places, sizeof places,
                                "name,region,country,latitude,longitude,kind,population,capacity,"
                                "initial_idps,sink\n");
    size_t l = (size_t)snprintf(links, sizeof links, "from,to,length_km,walk_probability\n");
    for (int i = 0; i < what->side * height; i++) {
        const bool camp = i % 5 == 3, war = i % 7 == 1 && what->rule == HOP;
        const char *const capacity = what->capacities && i % 5 > 2 ? "170" : "";
        p += (size_t)snprintf(places + p, sizeof places - p, "P%d,R%d,C%d,%d,%d,%s,%d,%s,%d,%s\n",
                              i, i % 4, i % 3, i % what->side, i / what->side,
                              camp  ? "camp"
                              : war ? "conflict"
                                    : "town",
                              camp ? 0 : 300 + i % 11, capacity, what->rule == HOP ? i % 50 : 0,
                              camp && what->rule == HOP ? "0.05" : "");
        const int next[2] = {(i + 1) % what->side > 0 ? i + 1 : -1,
                             i + what->side < what->side * height ? i + what->side : -1};
        for (int k = 0; k < 2; k++) {
            if (next[k] < 0) { continue; }
            l += (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d,%s\n", i, next[k],
                                  20 + (i * 7 + k) % 160, i % 6 == 0 ? "0.3" : "0");
        }
    }
    cr_assert(p < text_size - 1 && l < text_size - 1, "the grid is too large");
    static const char conflict[] = "place,start,end,intensity\nP1,0,,1\nP8,2,9,0.7\nP15,4,,1\n";
    static const char closures[] = "kind,from,to,start,end\nlink,P0,P1,3,6\nplace,P3,,5,8\n"
                                   "camp,P8,,2,7\nlink,P1,P2,1,9\n";
    static const char sizes[] = "attribute,value,place,weight\nhousehold_size,1,,1\n"
                                "household_size,3,,2\nhousehold_size,8,,1\n";
    flow_file file[6] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                         {"places.csv", places, (int64_t)p},
                         {"links.csv", links, (int64_t)l},
                         {"closures.csv", closures, (int64_t)strlen(closures)}};
    int32_t n = 4;
    if (what->rule == HOP) {
        file[n++] = (flow_file){"conflict.csv", conflict, (int64_t)strlen(conflict)};
    }
    if (what->households) {
        file[n++] = (flow_file){"attributes.csv", sizes, (int64_t)strlen(sizes)};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, n, NULL, &s), FLOW_OK, "%s", flow_error_text());
    return s;
}

/// Some value at every fifth place or link that changes with the day, another one elsewhere.
static void drive(flow_model *m, const char *quantity, int64_t n, double some, double other)
{
    static double value[4 * n_grid];
    cr_assert_leq(n, (int64_t)(4 * n_grid));
    for (int64_t i = 0; i < n; i++) { value[i] = (i + m->day) % 5 == 0 ? some : other; }
    cr_assert_eq(flow_model_assign(m, quantity, value, n), FLOW_OK, "%s", flow_error_text());
}

static void step(flow_model *m)
{
    if (m->to != NULL) {
        const int64_t n_place = m->s->n_place, n_link = m->s->n_link;
        drive(m, "hazard_conflict", n_place, 0.3, 0.01);
        drive(m, "hazard_economic", n_place, 0.1, 0.02);
        drive(m, "onset_flood", n_place, m->day == 6 ? 0.4 : 0.0, 0.0);
        drive(m, "return_hazard", n_place, 0.2, 0.0);
        drive(m, "hazard_onward", n_place, 0.1, 0.0);
        drive(m, "crossings", n_link, 7.5, 1e12);
        drive(m, "passable", n_link, m->day % 4 == 3 ? 0.0 : 1.0, 1.0);
        drive(m, "labour_permits", m->s->world.n_country, 31.7, 31.7);
    }
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
}

TheoryDataPoints(lumping, people_are_conserved) = {
    DataPoints(int, HOP, DESTINATION),
    DataPoints(int, 0, 1, 2), // who is followed
    DataPoints(int, 0, 1),    // households
    DataPoints(int, 0, 1),    // capacities
    DataPoints(int, 1, 4),    // threads
};
Theory((int rule, int who, int households, int capacities, int threads), lumping,
       people_are_conserved)
{
    const mode what = {rule, households, capacities, threads > 1 ? width : 3};
    flow_scenario *s = load_grid(&what);
    const uint64_t seed = (uint64_t)(rule + 2 * who + 6 * households + 12 * capacities);
    flow_model *m = story_model(s, seed, (flow_individuals)who, threads);
    int64_t moved = 0, spawned[n_grid] = {0};
    census before = check(m);
    while (m->day < s->n_step) {
        const int64_t left = m->left;
        step(m);
        const census now = check(m);
        for (int32_t p = 0; p < s->n_place; p++) {
            moved += m->departures[p];
            // Nobody changes where he or she is from.
            const int64_t new = m->day == 1 && rule == HOP ? 0 : m->spawned[p];
            const int64_t gain = now.by_origin[p] - before.by_origin[p];
            if (m->day > 1) {
                cr_assert(gain <= new &&gain >= new - (m->left - left), "day %d, origin %d: %ld",
                          (int)m->day, (int)p, (long)gain);
            }
            if (m->left == 0) {
                spawned[p] += m->spawned[p];
                cr_assert_eq(now.by_origin[p], spawned[p], "day %d, origin %d", (int)m->day,
                             (int)p);
            }
        }
        before = now;
    }
    cr_assert_gt(moved, m->persons / 10, "hardly anybody moves");
    cr_assert(rule == DESTINATION || m->left > 0, "nobody leaves the model");
    flow_model_free(m);
    flow_scenario_free(s);
}

// The same for all stories, whatever else they switch on.
TheoryDataPoints(lumping, people_of_stories_are_conserved) = {
    DataPoints(int, STORY_CROWD, STORY_MATCHES, STORY_FLEE, STORY_MODULES, STORY_GRID, STORY_ROUTE,
               STORY_JOURNEY, STORY_FOLDER, STORY_CAUSES, STORY_LATTICE, STORY_STATUS,
               STORY_CHANNELS),
};
Theory((int story), lumping, people_of_stories_are_conserved)
{
    flow_scenario *s = story_load(story, NULL);
    for (int who = 0; who < 3; who++) {
        flow_model *m = story_model(s, 5, (flow_individuals)who, 1 + who);
        (void)check(m);
        while (m->day < s->n_step) {
            story_step(story, m);
            (void)check(m);
        }
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

// Equal cells are merged, so a long run has no more of them than keys there can be.
TheoryDataPoints(lumping, cells_are_bounded_in_a_long_run) = {
    DataPoints(int, STORY_CROWD, STORY_ROUTE, STORY_JOURNEY, STORY_CAUSES, STORY_CHANNELS),
};
Theory((int story), lumping, cells_are_bounded_in_a_long_run)
{
    enum { days = 1600, half = 800 };
    flow_scenario *s = story_load(story, (const char *const[]){"period.days=1600", NULL});
    flow_model *m = story_model(s, 5, FLOW_INDIVIDUALS_NONE, 1);
    int64_t early = 0, late = 0;
    while (m->day < s->n_step) {
        story_step(story, m);
        int64_t rows = 0;
        for (int32_t p = 0; p < s->n_place; p++) { rows += m->here[p].n; }
        for (int32_t l = 0; l < s->n_link; l++) { rows += m->road[l].n; }
        if (m->day <= half) { early = rows > early ? rows : early; }
        if (m->day > half) { late = rows > late ? rows : late; }
    }
    cr_expect_leq(late, early + early / 4, "%s: %ld cells, then %ld, of %ld people",
                  story_name[story], (long)early, (long)late, (long)m->persons);
    cr_expect_lt(late, m->persons / 4);
    flow_model_free(m);
    flow_scenario_free(s);
}

/// Bytes of the arrays of a set.
static int64_t bytes_of(const flow_cells *cells)
{
    const int64_t row = (int64_t)sizeof *cells->row, ids = (int64_t)sizeof *cells->ids;
    return cells->size * (row + (cells->ids != NULL ? ids : 0)) +
           cells->index_size * (int64_t)sizeof *cells->index;
}

// Everything that is there for people, what is set aside for later included.
Test(lumping, a_followed_person_takes_at_most_16_bytes_at_rest)
{
    flow_scenario *s = story_load(STORY_ROUTE, (const char *const[]){"spawn.rate=20000", NULL});
    flow_model *m = NULL;
    const flow_model_options o = {
        .seed = 11, .threads = 1, .individuals = FLOW_INDIVIDUALS_ALL, .history = false};
    cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
    while (m->day < s->n_step) { story_step(STORY_ROUTE, m); }
    int64_t bytes = flow_pool_bytes(&m->work[0].pool) + flow_pool_bytes(&m->follow.shared) +
                    m->follow.size * (int64_t)(sizeof *m->follow.batch) +
                    bytes_of(&m->work[0].cells) + bytes_of(&m->work[0].pending);
    flow_sets sets[FLOW_MOST_SETS];
    for (int32_t k = 0, n = flow_state_sets(m, sets); k < n; k++) {
        for (int64_t i = 0; i < sets[k].n; i++) {
            bytes += bytes_of(&flow_state_cells(m, &sets[k])[i]);
        }
    }
    cr_assert_eq(m->persons, 800000);
    cr_assert_eq(flow_model_n_person(m), m->persons);
    cr_expect_leq(bytes, 16 * m->persons, "%.1f bytes", (double)bytes / (double)m->persons);
    cr_expect_geq(bytes, 4 * m->persons, "an id has 4 bytes");
    flow_model_free(m);
    flow_scenario_free(s);
}

// Merging ----------------------------------------------------------------------------------------

enum { n_seed = 2000, n_town = 4, n_day = 12 };

/// The same story with nobody told apart, or with an attribute that changes nothing and divides
/// every cell into up to `classes` cells that behave equally.
static flow_scenario *load_divided(int rule, int classes)
{
    static char yaml[1024], attributes[4096];
    (void)snprintf(yaml, sizeof yaml, "libflow: 1\nperiod: {start: 2024-01-01, days: %d}\n%s%s",
                   (int)n_day, classes > 0 ? "people: {axes: colour}\n" : "",
                   rule == HOP ? "spawn: {mode: conflict, rate_kind: constant, rate: 20}\n"
                                 "hop: {max_move_speed: 70, avoid_short_stints: true,\n"
                                 "  memory_bins: 6, default_movechance: 0.5}\n"
                               : "movement: {rule: destination}\ndestination: {speed: 60}\n");
    size_t n = (size_t)snprintf(attributes, sizeof attributes, "attribute,value,place,weight\n");
    for (int c = 0; c < classes; c++) {
        n += (size_t)snprintf(attributes + n, sizeof attributes - n, "colour,c%d,,%d\n", c,
                              1 + c % 3);
    }
    static const char *const places[2] = {
        "name,region,country,latitude,longitude,kind,population,capacity\nA,R,X,1,1,conflict,900,\n"
        "B,R,X,1,2,town,0,\nC,R,X,2,2,town,0,\nD,R,Y,2,3,camp,0,\n",
        "name,region,country,latitude,longitude,kind,population,capacity\nA,R,X,1,1,town,150,\n"
        "B,R,X,1,2,town,90,\nC,R,X,2,2,town,40,\nD,R,Y,2,3,camp,0,\n"};
    static const char links[] = "from,to,length_km,walk_probability\nA,B,60,0.3\nA,C,140,0\n"
                                "B,D,90,0\nC,D,40,0\n";
    static const char conflict[] = "place,start,end,intensity\nA,0,,1\n";
    const char *const pair[][2] = {{"scenario.yaml", yaml},
                                   {"places.csv", places[rule]},
                                   {"links.csv", links},
                                   {rule == HOP ? "conflict.csv" : NULL, conflict},
                                   {classes > 0 ? "attributes.csv" : NULL, attributes}};
    flow_file file[5];
    int32_t n_file = 0;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        if (pair[i][0] == NULL) { continue; }
        file[n_file++] = (flow_file){pair[i][0], pair[i][1], (int64_t)strlen(pair[i][1])};
    }
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, n_file, NULL, &s), FLOW_OK, "%s",
                 flow_error_text());
    return s;
}

/// Counts of people per day and place, [n_day][n_town][n_seed]; returns cells per run.
static double sample(int rule, int classes, int64_t *out)
{
    flow_scenario *s = load_divided(rule, classes);
    flow_model *m = story_model(s, 0, FLOW_INDIVIDUALS_NONE, 1);
    double rows = 0.0;
    for (int i = 0; i < n_seed; i++) {
        // Other seeds for each, else common random numbers would make them too equal.
        cr_assert_eq(flow_model_reset(m, (uint64_t)(i + 10000 * classes), 0), FLOW_OK);
        for (int day = 0; day < n_day; day++) {
            if (rule == DESTINATION) {
                drive(m, "hazard_conflict", n_town, 0.2, 0.05);
                drive(m, "hazard_onward", n_town, 0.3, 0.2);
            }
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
            for (int p = 0; p < n_town; p++) {
                out[((int64_t)day * n_town + p) * n_seed + i] = m->count[p];
            }
        }
        for (int p = 0; p < n_town; p++) { rows += m->here[p].n / (double)n_seed; }
    }
    flow_model_free(m);
    flow_scenario_free(s);
    return rows;
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/// Chance that two samples of one distribution differ so much: chi-square over about ten parts
/// between quantiles of both together.
static double answer(const int64_t *x, const int64_t *y)
{
    int64_t all[2 * n_seed];
    memcpy(all, x, n_seed * sizeof *x);
    memcpy(all + n_seed, y, n_seed * sizeof *y);
    qsort(all, 2 * n_seed, sizeof *all, by_value);
    double sum = 0.0;
    int cells = 0, begin = 0;
    while (begin < 2 * n_seed) {
        int end = begin + 2 * n_seed / 10;
        end = end > 2 * n_seed - 40 ? 2 * n_seed : end;
        while (end < 2 * n_seed && all[end] == all[end - 1]) { end++; }
        const int64_t low = all[begin], high = all[end - 1];
        double a = 0.0, b = 0.0;
        for (int i = 0; i < n_seed; i++) {
            a += x[i] >= low && x[i] <= high;
            b += y[i] >= low && y[i] <= high;
        }
        sum += (a - b) * (a - b) / (a + b);
        cells++;
        begin = end;
    }
    return cells < 2 ? 1.0 : gsl_cdf_chisq_Q(sum, cells - 1);
}

TheoryDataPoints(lumping, dividing_equals_changes_no_distribution) = {
    DataPoints(int, HOP, DESTINATION),
    DataPoints(int, 2, 40), // up to nearly a cell for each person
};
Theory((int rule, int classes), lumping, dividing_equals_changes_no_distribution)
{
    const size_t n = (size_t)n_day * n_town * n_seed;
    int64_t *merged = calloc(n, sizeof *merged), *divided = calloc(n, sizeof *divided);
    const double few = sample(rule, 0, merged), many = sample(rule, classes, divided);
    cr_expect_gt(many, 1.5 * few, "%g cells, then %g: nothing is divided", few, many);
    verdict v = {0};
    for (int day = 0; day < n_day; day++) {
        for (int p = 0; p < n_town; p++) {
            const int64_t at = ((int64_t)day * n_town + p) * n_seed;
            verdict_add(&v, answer(merged + at, divided + at), "people by day and place", day, p);
        }
    }
    verdict_conclude(&v, n_day * n_town);
    free(merged);
    free(divided);
}
