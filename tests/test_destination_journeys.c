// Ways of the destination rule: modes and speeds of links, closures on the way; networks of 100,000
// places.
#include "../libflow/destination.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char rule[] = "movement: {rule: destination}\n";

static void push(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[16] = {0};
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

/// Leave one link open, or close it: that of a mode between two places, one way.
static void set_open(toy_world *w, const char *from, const char *to, int32_t mode, double open)
{
    double all[32];
    const int32_t a = flow_scenario_place(w->s, from), b = flow_scenario_place(w->s, to);
    for (int32_t l = 0; l < w->s->n_link; l++) {
        const bool meant =
            w->s->link_from[l] == a && w->s->link_to[l] == b && w->s->link_mode[l] == mode;
        all[l] = meant ? open : 1.0;
    }
    cr_assert_eq(flow_model_assign(w->m, "passable", all, w->s->n_link), FLOW_OK);
}

// Known answer: 2.5 days on each link, by the speed of its mode or its own.
Test(journeys, links_have_the_speed_of_their_mode)
{
    const toy t = {.place = "A,town,,60000;B,town,,9;C,town,,9;D,town,,9;E,town,,9;F,town,,9;"
                            "G,town,,9;",
                   .link = "A,B,900;A,C,1500,,,,rail;A,D,500,,,,boat;A,E,87.5,,,,foot;"
                           "A,F,12500,,,,air;A,G,250,100,,,boat;",
                   .yaml = rule,
                   .set = {"destination_flood.distance=0"}};
    static const char *const to[] = {"B", "C", "D", "E", "F", "G"};
    toy_world w = toy_make(&t, 71);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_flood", "A", 0.0);
    double gone[6];
    for (int i = 0; i < 6; i++) {
        gone[i] = toy_road(&w, "A", to[i]);
        toy_binomial(gone[i], 60000, 1.0 / 6, to[i]);
    }
    toy_days(&w, 1);
    for (int i = 0; i < 6; i++) { cr_expect_eq(toy_people(&w, to[i]), 9.0, "%s", to[i]); }
    toy_days(&w, 1);
    for (int i = 0; i < 6; i++) {
        cr_expect_eq(toy_people(&w, to[i]), 9.0 + gone[i], "%s in the third step", to[i]);
    }
    toy_end(&w);
}

// Known answer: the fastest of several modes is taken, and the next one when it is closed.
Test(journeys, the_fastest_open_mode_is_taken)
{
    const toy t = {.place = "A,town,,1000;B,town,,500;",
                   .link = "A,B,500,,,,boat;A,B,300,,,,road;A,B,300,,,,foot;",
                   .yaml = rule};
    for (int closed = 0; closed < 2; closed++) {
        toy_world w = toy_make(&t, 72);
        if (closed == 1) { set_open(&w, "A", "B", FLOW_LINK_ROAD, 0.0); }
        push(&w, "onset_flood", "A", 1.0);
        toy_days(&w, 1);
        push(&w, "onset_flood", "A", 0.0);
        cr_expect_eq(toy_people(&w, "B"), closed == 1 ? 500.0 : 1500.0, "300 km by road: 0.8 d");
        toy_days(&w, 2);
        cr_expect_eq(toy_people(&w, "B"), 1500.0, "500 km by boat: 2.5 d");
        toy_end(&w);
    }
}

// Known answer: everybody who must leave and has no open way is counted, in that step only; those
// with factor 0 do not want to leave, those who know of no place near enough have no way either.
Test(journeys, who_has_no_way_is_trapped)
{
    const toy t = {.place = "A,town,,1000;B,town,,500;",
                   .link = "A,B,720;",
                   .yaml = "movement: {rule: destination}\npeople: {axes: who, leave: leave.csv}\n",
                   .attributes = "attribute,value,place,weight\nwho,far,,1\nwho,near,,1\n"
                                 "who,none,,1\n",
                   .leave = "axis,class,cause,factor,radius\nwho,near,,1,1.9\nwho,none,,0,\n"};
    toy_world w = toy_make(&t, 74);
    toy_days(&w, 1);
    double who[3] = {0};
    for (int32_t i = 0; i < w.m->here[0].n; i++) {
        const flow_cell *cell = &w.m->here[0].row[i];
        who[flow_group_class(&w.m->groups.axis[0], cell->key.group)] += (double)cell->n;
    }
    cr_assert_eq(who[0] + who[1] + who[2], 1000.0);
    cr_assert(who[0] > 200.0 && who[1] > 200.0 && who[2] > 200.0);
    set_open(&w, "A", "B", FLOW_LINK_ROAD, 0.0);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_at(&w, "trapped", "A"), who[0] + who[1]);
    cr_expect_eq(toy_at(&w, "trapped", "B"), 0.0);
    cr_expect_eq(toy_people(&w, "A"), 1000.0);
    set_open(&w, "A", "B", FLOW_LINK_ROAD, 1.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_at(&w, "trapped", "A"), who[1], "two days of travel");
    cr_expect_eq(toy_people(&w, "A"), 1000.0 - who[0]);
    push(&w, "onset_flood", "A", 0.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_at(&w, "trapped", "A"), 0.0);
    toy_end(&w);
}

// Known answer: who wants to go home and finds no way there is counted where they are.
Test(journeys, who_cannot_go_home_is_trapped)
{
    const toy t = {.place = "A,town,,1000;B,town,,;",
                   .link = "A,B,90;",
                   .yaml = "movement: {rule: destination}\npeople: {axes: origin}\n"};
    toy_world w = toy_make(&t, 75);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    cr_assert_eq(toy_people(&w, "B"), 1000.0);
    push(&w, "onset_flood", "A", 0.0);
    push(&w, "return_hazard", "A", 1000.0);
    set_open(&w, "B", "A", FLOW_LINK_ROAD, 0.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_at(&w, "trapped", "B"), 1000.0);
    set_open(&w, "B", "A", FLOW_LINK_ROAD, 1.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_at(&w, "trapped", "B"), 0.0);
    cr_expect_eq(toy_people(&w, "A"), 1000.0);
    toy_end(&w);
}

// Known answer: who is on the way when the road ahead closes goes on by boat from the next place;
// when nothing leads on, they look for another place from there.
Test(journeys, a_way_that_closes_ahead_is_planned_anew)
{
    const toy t = {.days = 20,
                   .place = "A,town,,1000;M,town,,1;B,town,,90000;C,town,,40;",
                   .link = "A,M,540;M,B,180;M,B,300,,,,boat;M,C,36;",
                   .yaml = rule,
                   .set = {"destination_conflict.distance=0", "destination_conflict.population=9"}};
    toy_world w = toy_make(&t, 73);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1); // they reach M after 1.5 days
    push(&w, "onset_conflict", "A", 0.0);
    cr_assert_eq(toy_road(&w, "A", "M"), 1000.0);
    set_open(&w, "M", "B", FLOW_LINK_ROAD, 0.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "B"), 90000.0, "by road they would be there");
    cr_expect_eq(toy_road(&w, "M", "B"), 1000.0, "1.5 days by boat");
    toy_days(&w, 2);
    cr_expect_eq(toy_people(&w, "B"), 91000.0);
    toy_end(&w);
    w = toy_make(&t, 73);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    double none[32];
    for (int32_t l = 0; l < w.s->n_link; l++) {
        none[l] = strcmp(w.s->place_name[w.s->link_to[l]], "B") != 0;
    }
    cr_assert_eq(flow_model_assign(w.m, "passable", none, w.s->n_link), FLOW_OK);
    toy_days(&w, 3);
    cr_expect_eq(toy_people(&w, "B"), 90000.0, "nothing leads there");
    cr_expect_eq(toy_people(&w, "A") + toy_people(&w, "M") + toy_people(&w, "C") +
                     toy_road(&w, "M", "A") + toy_road(&w, "M", "C"),
                 1041.0);
    cr_expect_eq(toy_people(&w, "A") + toy_road(&w, "M", "A"), 1000.0, "the largest place left");
    toy_end(&w);
}

Test(journeys, modes_that_are_none_are_refused)
{
    toy t = {.place = "A,town,,10;B,town,,10;", .link = "A,B,5,,,,boats;", .yaml = rule};
    toy_refused(&t, "links.csv:2:10: mode 'boats' is none of road, rail, boat, foot, air; did you "
                    "mean 'boat'?");
    t.yaml = "spawn: {mode: none}\n";
    t.link = "A,B,5,,,,boat;";
    flow_scenario *s = toy_scenario(&t);
    bool told = false;
    for (int64_t i = 0; i < flow_scenario_n_warning(s); i++) {
        told = told || strncmp(flow_scenario_warning(s, i).text, "mode boat counts", 16) == 0;
    }
    cr_expect(told, "the hop rule knows no modes");
    flow_scenario_free(s);
}

// Large networks ----------------------------------------------------------------------------------

typedef struct size_of_run {
    int64_t scenario, model; ///< bytes held
    int64_t most;            ///< bytes ever held
    double cpu_s;            ///< of making the model and of its steps
    int64_t moved;
} size_of_run;

/// A scenario of width x height towns, each with links to six neighbours.
static flow_scenario *large(int width, int height)
{
    const size_t n = (size_t)width * (size_t)height;
    char *places = malloc(40 * n + 128), *links = malloc(3 * 32 * n + 128);
    cr_assert(places != NULL && links != NULL);
    size_t p = (size_t)sprintf(places, "name,kind,country,region,latitude,longitude,population,"
                                       "capacity\n");
    size_t l = (size_t)sprintf(links, "from,to,length_km,mode\n");
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const int i = y * width + x;
            p += (size_t)sprintf(places + p, "%d,town,,,,,%d,\n", i, 100 + i * 7 % 900);
            const int next[3] = {x + 1 < width ? i + 1 : -1, y + 1 < height ? i + width : -1,
                                 x + 1 < width && y + 1 < height ? i + width + 1 : -1};
            for (int k = 0; k < 3; k++) {
                if (next[k] < 0) { continue; }
                l += (size_t)sprintf(links + l, "%d,%d,%d,%s\n", i, next[k], 5 + (i * 3 + k) % 11,
                                     i % 50 == 0 ? "boat" : "");
            }
        }
    }
    static const char yaml[] = "libflow: 1\nperiod: {start: 2020-01-01, days: 5}\n"
                               "movement: {rule: destination}\ndestination: {most: 12}\n"
                               "destination_flood: {kind: radiation}\n";
    const flow_file file[] = {{"scenario.yaml", yaml, sizeof yaml - 1},
                              {"places.csv", places, (int64_t)p},
                              {"links.csv", links, (int64_t)l}};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, 3, NULL, &s), FLOW_OK, "%s", flow_error_text());
    free(places);
    free(links);
    return s;
}

static size_of_run run_large(int width, int height)
{
    const int64_t before = flow_alloc_bytes(false);
    flow_scenario *s = large(width, height);
    size_of_run out = {.scenario = flow_alloc_bytes(false) - before};
    flow_model *m = NULL;
    const clock_t begin = clock();
    const flow_model_options o = {.seed = 74, .threads = 1};
    cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
    double *hazard = calloc((size_t)s->n_place, sizeof *hazard);
    for (int32_t p = 0; p < s->n_place; p++) { hazard[p] = p % 3 == 0 ? 0.02 : 0.0; }
    cr_assert_eq(flow_model_assign(m, "hazard_conflict", hazard, s->n_place), FLOW_OK);
    cr_assert_eq(flow_model_assign(m, "hazard_flood", hazard, s->n_place), FLOW_OK);
    for (int day = 0; day < 3; day++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        for (int64_t i = 0; i < (int64_t)s->n_place * FLOW_N_CAUSE; i++) {
            out.moved += m->to->by_cause[i];
        }
    }
    cr_expect_eq(flow_model_entered(m), flow_model_persons(m));
    out.cpu_s = (double)(clock() - begin) / CLOCKS_PER_SEC;
    out.model = flow_alloc_bytes(false) - before - out.scenario;
    out.most = flow_alloc_bytes(true);
    free(hazard);
    flow_model_free(m);
    flow_scenario_free(s);
    return out;
}

// Property: memory and time grow with places and links, not with pairs of places: four times the
// network costs at most 4.5 times the memory and, noise of the clock included, 8 times the time.
Test(journeys, networks_of_100000_places)
{
    const size_of_run small = run_large(250, 100), large = run_large(400, 250);
    if (large.model == 0) { cr_skip_test("the C library does not tell sizes"); }
    fprintf(stderr,
            "25,000 and 100,000 places: model %.0f and %.0f MB, at most %.0f and %.0f MB, "
            "%.2f and %.2f s, %lld and %lld departures\n",
            (double)small.model / 1e6, (double)large.model / 1e6, (double)small.most / 1e6,
            (double)large.most / 1e6, small.cpu_s, large.cpu_s, (long long)small.moved,
            (long long)large.moved);
    cr_expect_leq((double)large.model, 4.5 * (double)small.model);
    cr_expect_leq((double)large.most, 4.5 * (double)small.most);
    cr_expect_leq((double)large.model / 1e5, 6000.0, "bytes per place");
    cr_expect_leq(large.cpu_s, 8.0 * small.cpu_s);
    cr_expect_gt(large.moved, 3 * small.moved);
}
