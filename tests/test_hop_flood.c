// The hop rule: floods, lack of food, economic pull. Expected numbers are worked out here by hand
// from docs/model.md ("Floods and food", "Who leaves home", "Quirks").
#include "../libflow/state.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double n_people = 400000.0;

static bool warns(const flow_scenario *s, const char *text)
{
    bool found = false;
    for (int64_t i = 0; i < flow_scenario_n_warning(s); i++) {
        found = found || strstr(flow_scenario_warning(s, i).text, text) != NULL;
    }
    return found;
}

// Who is driven out ------------------------------------------------------------------------------

static const char *const three_days = "place,start,level\nA,0,1\nA,1,3\nA,2,0\nA,3,2.5\n";
static const char *const flooded = "A,town,,1001; B,town;";

static void expect_displaced(const toy *what, const double *expected, int days)
{
    toy_world w = toy_make(what, 1);
    for (int day = 0; day < days; day++) {
        char about[32];
        (void)snprintf(about, sizeof about, "day %d", day);
        toy_days(&w, 1);
        toy_near(toy_at(&w, "displaced", "A"), expected[day], 0.0, about);
        toy_near(toy_at(&w, "displaced", "B"), 0.0, 0.0, "a dry place");
    }
    toy_end(&w);
}

Test(hop_flood, a_share_of_the_population_leaves_by_level)
{
    // 0.1 x 1001; 0.5 x 901; dry; half-way between 0.2 and 0.5 of 451
    static const double shrinking[] = {100, 450, 0, 157}, same[] = {100, 500, 0, 350};
    toy what = {.place = flooded,
                .link = "A,B,90;",
                .floods = three_days,
                .yaml = "spawn: {mode: none, floods: true, take_from_population: true}"};
    expect_displaced(&what, shrinking, 4);
    what.yaml = "spawn: {mode: none, floods: true}";
    expect_displaced(&what, same, 4);
    static const double cut[] = {100, 500, 0, 200};
    what.set[0] = "quirks.whole_flood_levels=true"; // 2.5 counts as 2
    expect_displaced(&what, cut, 4);
}

Test(hop_flood, a_fixed_number_leaves_by_level)
{
    static const double expected[] = {7, 31, 0, 20}; // int(7.9), int(31.2), int((10.1 + 31.2) / 2)
    const toy what = {.place = flooded,
                      .link = "A,B,90;",
                      .floods = three_days,
                      .yaml = "spawn: {mode: none, floods: true, flood_rate_kind: constant, "
                              "flood_rate: [0, 7.9, 10.1, 31.2]}"};
    expect_displaced(&what, expected, 4);
    // A place cannot send more than it has, unless FLEE's slip is wanted.
    static const double used_up[] = {7, 3, 0, 0}, overdrawn[] = {7, 31, 0, 20};
    toy small = what;
    small.place = "A,town,,10; B,town;";
    small.set[0] = "spawn.take_from_population=true";
    expect_displaced(&small, used_up, 4);
    small.set[1] = "quirks.overdrawn_population=true";
    expect_displaced(&small, overdrawn, 4);
}

Test(hop_flood, a_poisson_number_leaves_by_level)
{
    enum { n_day = 400 };
    for (int whole = 0; whole < 2; whole++) {
        toy what = {.days = n_day,
                    .place = flooded,
                    .link = "A,B,90;",
                    .floods = "place,start,level\nA,0,1\n",
                    .yaml = "spawn: {mode: none, floods: true, flood_rate_kind: poisson, "
                            "flood_rate: [0, 4.75]}"};
        what.set[0] = whole ? "quirks.whole_flood_levels=true" : NULL;
        const double mean = whole ? 4.0 : 4.75;
        toy_world w = toy_make(&what, 7);
        double sum = 0.0, square = 0.0;
        for (int day = 0; day < n_day; day++) {
            toy_days(&w, 1);
            const double n = toy_at(&w, "displaced", "A");
            sum += n;
            square += (n - mean) * (n - mean);
        }
        toy_near(sum, n_day * mean, sqrt(n_day * mean), "Poisson mean");
        // The variance of (n - mean)^2 of a Poisson number is mean + 2 mean^2.
        toy_near(square, n_day * mean, sqrt(n_day * (mean + 2.0 * mean * mean)), "its variance");
        toy_end(&w);
    }
}

// Distribution: those whom the flood drives out have the cause flood, those of conflict theirs, at
// the same place on the same day, and neither changes the other's number or attributes.
Test(hop_flood, floods_and_conflict_drive_people_out_side_by_side)
{
    const toy both = {.place = "A,town,,100000,,0.5; B,forward;",
                      .link = "A,B,900;",
                      .floods = "place,start,level\nA,0,2\n",
                      .attributes = "attribute,value,place,weight\ngender,male,,0.3\n"
                                    "gender,female,,0.7\n",
                      .yaml = "people: {axes: 'cause, gender'}\n"
                              "spawn: {mode: conflict, rate: 40000, floods: true}\n"
                              "hop: {conflict_movechance: 0}"};
    double persons[3][2][2] = {{{0}}};  // run, cause, gender
    for (int run = 0; run < 3; run++) { // both, without floods, without conflict
        toy what = both;
        what.set[0] = run == 1 ? "spawn.floods=false" : run == 2 ? "spawn.mode=none" : NULL;
        toy_world w = toy_make(&what, 11);
        toy_days(&w, 1);
        for (int32_t i = 0; i < w.m->here[0].n; i++) {
            const flow_cell *cell = &w.m->here[0].row[i];
            const int32_t cause = flow_group_class(&w.m->groups.axis[0], cell->key.group);
            const int32_t gender = flow_group_class(&w.m->groups.axis[1], cell->key.group);
            cr_assert(cause == FLOW_CAUSE_FLOOD || cause == FLOW_CAUSE_CONFLICT);
            persons[run][cause == FLOW_CAUSE_FLOOD][gender] += (double)cell->n;
        }
        toy_end(&w);
    }
    for (int gender = 0; gender < 2; gender++) {
        const double share = gender == 0 ? 0.3 : 0.7;
        toy_binomial(persons[0][0][gender], 20000.0, share, "conflict");
        toy_binomial(persons[0][1][gender], 20000.0, share, "flood");
        cr_expect_eq(persons[1][0][gender], persons[0][0][gender]);
        cr_expect_eq(persons[2][1][gender], persons[0][1][gender]);
        cr_expect_eq(persons[1][1][gender] + persons[2][0][gender], 0.0);
    }
    cr_expect_neq(persons[0][0][0], persons[0][1][0], "two causes draw from one stream");
}

// Move chances and attraction --------------------------------------------------------------------

Test(hop_flood, levels_set_the_move_chance_of_any_place)
{
    const toy what = {.place = "Dry,town; Zone,flood_zone; Town,town; War,town,,,,1; Camp,camp;",
                      .link = "Dry,Zone,90; Zone,Town,90; Town,War,90; War,Camp,90;",
                      .floods = "place,start,level\nZone,0,1\nTown,0,2.5\nWar,0,3\nCamp,0,2\n"
                                "Zone,1,0\nCamp,1,4\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0.3, "
                              "flood_movechance: [0.9, 0.4, 0.7, 1, 0.05]}"};
    static const char *const place[] = {"Dry", "Zone", "Town", "War", "Camp"};
    static const double expected[2][5] = {{0.3, 0.4, 0.85, 1.0, 0.7}, {0.3, 0.3, 0.85, 1.0, 0.05}};
    toy_world w = toy_make(&what, 3);
    for (int day = 0; day < 2; day++) {
        toy_days(&w, 1);
        for (int i = 0; i < 5; i++) {
            toy_near(toy_at(&w, "move_chance", place[i]), expected[day][i], 0.0, place[i]);
        }
    }
    toy_end(&w);
}

Test(hop_flood, people_leave_flooded_places_with_that_chance)
{
    const toy what = {.place = "A,flood_zone,400000; B,town;",
                      .link = "A,B,90;",
                      .floods = "place,start,level\nA,0,1\n",
                      .yaml = "spawn: {mode: none}\n"
                              "hop: {max_move_speed: 10, flood_movechance: [0, 0.37]}"};
    toy_world w = toy_make(&what, 4);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "B"), n_people, 0.37, "who leave");
    toy_end(&w);
}

// Score S of each place, and shares of those who choose between them, which show E.
typedef struct pulls {
    double s[4], e[4];
    double leave; // chance to leave A
} pulls;

static const char *const four[] = {"Zone", "Town", "Camp", "Dry"};
static const char *const four_places =
    "A,forward,400000; Zone,flood_zone; Town,town; Camp,camp; Dry,flood_zone;";
static const char *const four_links = "A,Zone,90; A,Town,90; A,Camp,90; A,Dry,90;";

static void expect_pulls(const toy *what, const pulls *expected, uint64_t seed)
{
    toy_world w = toy_make(what, seed);
    toy_days(&w, 1);
    double sum = 0.0;
    for (int i = 0; i < 4; i++) { sum += expected->e[i]; }
    sum /= expected->leave;
    for (int i = 0; i < 4; i++) {
        toy_near(toy_at(&w, "attraction", four[i]), expected->s[i], 0.0, four[i]);
        toy_binomial(toy_road(&w, "A", four[i]), n_people, expected->e[i] / sum, four[i]);
    }
    toy_end(&w);
}

Test(hop_flood, floods_make_places_less_attractive)
{
    toy what = {.place = four_places,
                .link = four_links,
                .floods = "place,start,level\nZone,0,1\nTown,0,2\nCamp,0,1.5\n",
                .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, camp_weight: 2, "
                        "flood_weight: [7, 0.6, 0.2]}"}; // the entry for level 0 is for nobody
    const pulls once = {{1, 1, 2, 1}, {0.6, 0.2, 2 * 0.4, 1}, 1};
    expect_pulls(&what, &once, 20);
    what.set[0] = "quirks.flood_weight_twice=true"; // flood zones only
    const pulls twice = {{0.6, 1, 2, 1}, {0.6 * 0.6, 0.2, 2 * 0.4, 1}, 1};
    expect_pulls(&what, &twice, 21);
    what.set[1] = "hop.flood_weight=[1, 0.6, 0]"; // nobody goes to Town
    const pulls none = {{0.6, 1, 2, 1}, {0.36, 0, 2 * 0.3, 1}, 1};
    expect_pulls(&what, &none, 22);
}

Test(hop_flood, fixed_routes_see_floods_in_the_path_and_at_its_end)
{
    const toy what = {.place = four_places,
                      .link = four_links,
                      .floods = "place,start,level\nZone,0,1\nTown,0,2\n",
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, fixed_routes: true, "
                              "flood_weight: [1, 0.6, 0.2]}"};
    const pulls squared = {{1, 1, 1, 1}, {0.36, 0.04, 1, 1}, 1};
    expect_pulls(&what, &squared, 23);
}

// Forecasts --------------------------------------------------------------------------------------

// Levels of Zone: 2, then 1, 0, 2; of Town 0, then 0, 2, 0; of A 0, then 1, 0, 0; Camp and Dry stay
// dry.
static const char *const to_come = "place,start,level\nZone,0,2\nZone,1,1\nZone,2,0\nZone,3,2\n"
                                   "Zone,4,0\nTown,2,2\nTown,3,0\nA,1,1\nA,2,0\n";
#define FORECAST                                                                                   \
    "spawn: {mode: none}\nhop: {max_move_speed: 10, default_movechance: 0.8, "                     \
    "camp_movechance: 0.8, flood_forecast: true, forecast_days: 3, forecast_end: 99, "             \
    "flood_weight: [1, 0.5, 0.2], forecast_weight: [1, 0.5, 0.25, 9]}"

// Zone: F = 0.5 x 1 + 0.2 x 0.25, with today's level 2 in place of both 0.2 x 1.25.
// Town: F = 0.2 x 0.5, with today's level 0 in place of it 1 x 0.5.
static const double f_zone = 0.55, f_town = 0.1, today_zone = 0.25, today_town = 0.5;

Test(hop_flood, a_forecast_weighs_the_days_ahead)
{
    const double leave = 0.5 / 3; // A, tomorrow
    toy what = {.place = four_places, .link = four_links, .floods = to_come, .yaml = FORECAST};
    const pulls plain = {{1, 1, 1, 1}, {0.2 * f_zone / 3, f_town / 3, 1, 1}, leave};
    expect_pulls(&what, &plain, 30);
    what.set[0] = "quirks.forecast_squared=true";
    const pulls squared = {
        {1, 1, 1, 1}, {0.2 * f_zone * f_zone / 3, f_town * f_town / 3, 1, 1}, leave};
    expect_pulls(&what, &squared, 31);
    what.set[1] = "quirks.forecast_of_today=true";
    const pulls today = {{1, 1, 1, 1},
                         {0.2 * today_zone * today_zone / 3, today_town * today_town / 3, 1, 1},
                         leave};
    expect_pulls(&what, &today, 32);
    what.set[2] = "quirks.dry_forecast_stops=true";
    const pulls stops = {{1, 1, 1, 1}, {today.e[0], today.e[1], 0, 0}, leave};
    expect_pulls(&what, &stops, 33);
    what.set[3] = "quirks.flood_weight_twice=true"; // S sees the levels to come
    const double s = 0.2 * f_zone * f_zone / 3;
    const pulls flee_has = {{s, 1, 1, 0}, {s * today.e[0], today.e[1], 0, 0}, leave};
    expect_pulls(&what, &flee_has, 34);
}

Test(hop_flood, a_forecast_changes_the_move_chance)
{
    static const char *const end[] = {"hop.forecast_end=99", "hop.forecast_end=3"};
    for (int i = 0; i < 4; i++) { // the forecast ends after day 2: Zone has day 1 left, Town day 2
        toy what = {.place = four_places, .link = four_links, .floods = to_come, .yaml = FORECAST};
        what.set[0] = end[i / 2];
        what.set[1] = i % 2 ? "quirks.dry_forecast_stops=true" : NULL;
        const double zone = i < 2 ? f_zone : 0.5;
        const double dry = i % 2 ? 0.0 : 0.8;
        toy_world w = toy_make(&what, 40);
        toy_days(&w, 1);
        toy_near(toy_at(&w, "move_chance", "Zone"), 0.8 * zone / 3, 0.0, "Zone");
        toy_near(toy_at(&w, "move_chance", "Town"), 0.8 * f_town / 3, 0.0, "Town");
        toy_near(toy_at(&w, "move_chance", "Dry"), dry, 0.0, "Dry");
        toy_near(toy_at(&w, "move_chance", "Camp"), dry, 0.0, "Camp");
        toy_days(&w, 3); // nothing is ahead any more
        toy_near(toy_at(&w, "move_chance", "Zone"), dry, 0.0, "Zone, day 3");
        toy_end(&w);
    }
}

Test(hop_flood, forecasts_matter_to_those_who_are_aware)
{
    const toy what = {.place = "A,town,400000; B,town;",
                      .link = "A,B,90;",
                      .floods = "place,start,level\nA,1,1\nB,1,1\n",
                      .attributes = "attribute,value,place,weight\nflood_awareness,0,,1\n"
                                    "flood_awareness,1,,2\nflood_awareness,2,,5\n",
                      .yaml = "spawn: {mode: none}\npeople: {axes: flood_awareness}\n"
                              "hop: {max_move_speed: 10, default_movechance: 0.9, "
                              "flood_forecast: true, forecast_days: 1, forecast_end: 9, "
                              "flood_weight: [1, 0.5], forecast_weight: [0.8], "
                              "awareness_weight: [0, 0.6, 1]}"};
    static const double weight[] = {0.0, 0.6, 1.0}, share[] = {0.125, 0.25, 0.625};
    toy_world w = toy_make(&what, 50);
    toy_days(&w, 1);
    double gone[3] = {0};
    for (int32_t l = 0; l < w.s->n_link; l++) {
        for (int32_t i = 0; i < w.m->road[l].n; i++) {
            const flow_cell *cell = &w.m->road[l].row[i];
            gone[flow_group_class(&w.m->groups.axis[0], cell->key.group)] += (double)cell->n;
        }
    }
    for (int i = 0; i < 3; i++) {
        char about[32];
        (void)snprintf(about, sizeof about, "awareness %d", i);
        toy_binomial(gone[i], n_people, share[i] * 0.9 * 0.5 * 0.8 * weight[i], about);
    }
    toy_end(&w);
}

// Food and economy -------------------------------------------------------------------------------

Test(hop_flood, people_leave_and_avoid_places_without_food)
{
    for (int quirk = 0; quirk < 2; quirk++) {
        toy what = {.place = "A,town; Hungry,town; Camp,camp; Abroad,town,,,,,There;",
                    .link = "A,Hungry,90; A,Camp,90; A,Abroad,90;",
                    .food = "place,start,percent\nHungry,0,40\nCamp,1,25\nAbroad,0,50\n",
                    .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0.3, "
                            "camp_movechance: 0.01, flee_when_starving: true, "
                            "avoid_food_deprived: true, camp_weight: 3, foreign_weight: 1.7}"};
        what.set[0] = quirk ? "quirks.no_hunger_on_day0=true" : NULL;
        toy_world w = toy_make(&what, 60);
        toy_days(&w, 1);
        toy_near(toy_at(&w, "move_chance", "A"), 0.3, 0.0, "A");
        toy_near(toy_at(&w, "move_chance", "Hungry"), 0.4 + 0.6 * 0.3, 0.0, "Hungry");
        toy_near(toy_at(&w, "attraction", "Hungry"), quirk ? 1.0 : 1.0 - 0.16, 0.0, "Hungry");
        toy_near(toy_at(&w, "attraction", "Camp"), 3.0, 0.0, "Camp, day 0");
        toy_days(&w, 1);
        toy_near(toy_at(&w, "attraction", "Hungry"), 0.84, 0.0, "Hungry, day 1");
        toy_near(toy_at(&w, "attraction", "Camp"), 3.0 * (1.0 - 0.0625), 0.0, "Camp");
        toy_near(toy_at(&w, "attraction", "Abroad"), 1.7, 0.0, "Abroad");
        toy_near(toy_at(&w, "move_chance", "Camp"), 0.25 + 0.75 * 0.01, 0.0, "Camp");
        toy_near(toy_at(&w, "move_chance", "Abroad"), 0.5 + 0.5 * 0.3, 0.0, "Abroad");
        toy_end(&w);
    }
}

// Origins by population x (intensity x decay + share without food).
Test(hop_flood, registered_people_also_come_from_where_food_is_short)
{
    static const double people[2][2] = {{1000 * 0.8, 0}, {1000 * (0.8 + 0.2), 3000 * 0.4}};
    for (int i = 0; i < 4; i++) { // only in conflict or everywhere; first day or second
        const bool everywhere = i % 2 == 1, later = i >= 2;
        toy what = {.place = "War,town,,1000,,0.8; Hungry,town,,3000; Camp,camp;",
                    .link = "War,Camp,900; Hungry,Camp,900;",
                    .food = "place,start,percent\nWar,0,20\nHungry,0,40\n",
                    .yaml = "people: {axes: cause}\nspawn: {food: true}\n"
                            "hop: {conflict_movechance: 0, default_movechance: 0}\n"
                            "quirks: {no_hunger_on_day0: true}",
                    .observations = later ? "date,place,people\n2020-01-01,Camp,0\n"
                                            "2020-01-02,Camp,400000\n"
                                          : "date,place,people\n2020-01-01,Camp,400000\n"};
        what.set[0] = everywhere ? "spawn.food_in_conflict=false" : "spawn.food_in_conflict=true";
        what.set[1] = later ? NULL : "spawn.insert_day0=false";
        toy_world w = toy_make(&what, 70 + (uint64_t)i);
        toy_days(&w, later ? 2 : 1);
        const double war = later ? people[1][0] : people[0][0];
        const double hungry = later && everywhere ? people[1][1] : 0.0;
        toy_binomial(toy_people(&w, "War"), n_people, war / (war + hungry), "from the war");
        toy_binomial(toy_people(&w, "Hungry"), n_people, hungry / (war + hungry), "hungry");
        double drought = 0.0;
        for (int32_t p = 0; p < 2; p++) {
            for (int32_t k = 0; k < w.m->here[p].n; k++) {
                const flow_cell *cell = &w.m->here[p].row[k];
                const bool hunger =
                    flow_group_class(&w.m->groups.axis[0], cell->key.group) == FLOW_CAUSE_DROUGHT;
                drought += hunger ? (double)cell->n : 0.0;
            }
        }
        const double by_hunger = later ? 200.0 + hungry : 0.0;
        toy_binomial(drought, n_people, by_hunger / (war + hungry), "because of hunger");
        toy_end(&w);
    }
}

Test(hop_flood, trade_and_development_draw_people_abroad)
{
    const toy what = {.place = "A,forward,400000; B,town,,,,,,,,,,9,0.5;"
                               "Rich,town,,,,,There,,,,,1.2,0.9; Poor,camp,,,,,Else,,,,,0,0.3;",
                      .link = "A,B,90; A,Rich,90; A,Poor,90;",
                      .economy = true,
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, camp_weight: 2, "
                              "foreign_weight: 1.5, economic_pull: true}"};
    const double rich = (1 + 1.2 + 0.81) * 1.5, poor = (1 + 0 + 0.09) * 1.5 * 2;
    toy_world w = toy_make(&what, 80);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "attraction", "B"), 1.0, 0.0, "at home");
    toy_near(toy_at(&w, "attraction", "Rich"), rich, 0.0, "Rich");
    toy_near(toy_at(&w, "attraction", "Poor"), poor, 0.0, "Poor");
    toy_binomial(toy_road(&w, "A", "Rich"), n_people, rich / (1 + rich + poor), "to the rich");
    toy_end(&w);
}

// FLEE folders -----------------------------------------------------------------------------------

#define FLOOD_SPAWN                                                                                \
    "spawn_rules:\n  flood_driven_spawning: True\n  flood_zone_spawning_only: True\n"              \
    "  conflict_zone_spawning_only: False\n  take_from_population: True\n"                         \
    "  flood_driven_spawn_mode:\n    flood_spawn_mode: pop_ratio\n"
#define FLOOD_MOVE                                                                                 \
    "move_rules:\n  max_flood_level: 4\n  flood_rules:\n"                                          \
    "    flood_movechances: [0.3, 0.4, 0.7, 1.0, 1.0]\n"                                           \
    "    flood_loc_weights: [1.0, 0.5, 0.2, 0.0, 0.0]\n"

static const toy_flee flee = {
    .settings = FLOOD_SPAWN FLOOD_MOVE,
    .locations = "Wet,,Here,1,1,flood_zone,,1001; Wetter,,Here,1,2,flood_zone,,500;"
                 "Town,,Here,1,3,town; Camp,,Here,1,4,camp,,900;",
    .routes = "Wet,Town,90; Wetter,Town,90; Town,Camp,90;",
    .conflict_columns = "Wet,Town",
    .conflicts = "1,1;",
    .flood_columns = "Wet, Wetter, Elsewhere",
    .floods = "1.9,3,2; 0,4,2;",
    .layout = "Camp,counts_1.csv\nNowhere,counts_1.csv\n",
    .counts = {"2020-01-01,30\n2020-01-10,90\n"}};

Test(hop_flood, a_flee_folder_of_floods_has_flees_rules)
{
    toy_world w = toy_make_flee(&flee, 90);
    cr_expect_eq(w.s->set.spawn.mode, FLOW_SPAWN_NONE);
    cr_expect(warns(w.s, "not read beside floods"));
    cr_expect(warns(w.s, "'Elsewhere' is no place"));
    cr_expect(warns(w.s, "'Nowhere' is no place"));
    cr_assert_eq(w.s->n_observed, 1);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "displaced", "Wet"), 100.0, 0.0, "level 1.9 is 1: int(0.1 x 1001)");
    toy_near(toy_at(&w, "displaced", "Wetter"), 250.0, 0.0, "level 3: half of 500");
    toy_near(toy_at(&w, "displaced", "Camp"), 30.0, 0.0, "those of the first day");
    toy_near(toy_at(&w, "capacity_in_use", "Camp"), 900.0, 0.0, "floods cut no capacity");
    toy_near(toy_at(&w, "move_chance", "Wet"), 0.4, 0.0, "Wet");
    toy_near(toy_at(&w, "move_chance", "Town"), 0.3, 0.0, "no conflict");
    toy_near(toy_at(&w, "attraction", "Wet"), 0.5, 0.0, "Wet");
    toy_near(toy_at(&w, "attraction", "Wetter"), 0.0, 0.0, "Wetter");
    toy_days(&w, 1);
    toy_near(toy_at(&w, "displaced", "Wet"), 0.0, 0.0, "dry");
    toy_near(toy_at(&w, "displaced", "Wetter"), 225.0, 0.0, "level 4: int(0.9 x 250)");
    toy_end(&w);
}

Test(hop_flood, a_flee_folder_may_have_floods_and_conflicts)
{
    // Registrations and conflicts, flood rules for movement only.
    toy_flee what = flee;
    what.settings = FLOOD_MOVE;
    what.layout = "total,counts_1.csv\nCamp,counts_1.csv\n";
    toy_world w = toy_make_flee(&what, 91);
    toy_days(&w, 2);
    toy_near(toy_at(&w, "move_chance", "Town"), 1.0, 0.0, "conflict");
    toy_near(toy_at(&w, "move_chance", "Wetter"), 1.0, 0.0, "level 4");
    toy_near(toy_at(&w, "attraction", "Town"), pow(0.1, 0.5), 1e-9, "conflict");
    toy_near(toy_at(&w, "displaced", "Wet"), 6.0, 0.0, "registered on the second day");
    toy_end(&w);
    // Both drive people out; FLEE lets conflict alone do so.
    what.settings =
        FLOOD_SPAWN "  conflict_driven_spawning: {displaced_per_conflict_day: 40}\n" FLOOD_MOVE;
    what.layout = flee.layout;
    for (int both = 0; both < 2; both++) {
        what.set[0] = both ? "quirks.one_cause=false" : NULL;
        w = toy_make_flee(&what, 92);
        cr_expect_neq(warns(w.s, "puts flood_driven_spawn_mode out of force"), both == 1);
        toy_days(&w, 1);
        // With both the conflict comes first: int(0.1 x (1001 - 40)).
        toy_near(toy_at(&w, "displaced", "Wet"), both ? 40.0 + 96.0 : 40.0, 0.0, "Wet");
        toy_near(toy_at(&w, "displaced", "Town"), 40.0, 0.0, "Town");
        toy_near(toy_at(&w, "displaced", "Wetter"), both ? 250.0 : 0.0, 0.0, "Wetter");
        toy_end(&w);
    }
    // A folder of floods whose conflicts are read, too.
    what = flee;
    what.set[0] = "quirks.one_cause=false";
    what.set[1] = "spawn.mode=conflict";
    what.set[2] = "spawn.rate=17";
    w = toy_make_flee(&what, 93);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "displaced", "Town"), 17.0, 0.0, "Town");
    toy_near(toy_at(&w, "displaced", "Wetter"), 250.0, 0.0, "Wetter");
    toy_end(&w);
}

Test(hop_flood, a_flee_folder_reads_food_by_region_and_the_economy)
{
    const toy_flee what = {
        .settings = "spawn_rules:\n  starvation_driven_spawning: True\n"
                    "  conflict_zone_spawning_only: False\n  insert_day0: False\n"
                    "move_rules:\n  flee_when_starving: True\n"
                    "  avoid_food_deprived_locations: True\n  use_economic_pull: True\n"
                    "  conflict_movechance: 0.0\n",
        .locations = "War,North,Here,1,1,conflict_zone,0,1000; Town,South,Here,1,2,town,,700;"
                     "Camp,South,There,1,3,camp,,900,,,,2.5,0.6;",
        .economy = true,
        .routes = "War,Town,900; Town,Camp,900;",
        .conflict_columns = "War",
        .conflicts = "1;",
        .layout = "total,counts_1.csv\nCamp,counts_1.csv\n",
        .counts = {"2020-01-01,0\n2020-01-02,0\n2020-01-03,400000\n"},
        .more = {{"input_csv/region_attributes_IPC.csv",
                  "#Day,South,North\n-2,0,0\n8,50,20\n20,50,20\n"}}};
    toy_world w = toy_make_flee(&what, 94);
    toy_days(&w, 1); // day 0: a fifth of the way to 50 and 20 per cent
    toy_near(toy_at(&w, "move_chance", "Town"), 0.1 + 0.9 * 0.3, 0.0, "Town");
    toy_near(toy_at(&w, "attraction", "Town"), 1.0, 0.0, "Town on the first day");
    toy_near(toy_at(&w, "attraction", "Camp"), 1 + 2.5 + 0.36, 0.0, "Camp");
    toy_days(&w, 2); // day 2: 20 and 8 per cent
    toy_near(toy_at(&w, "attraction", "Town"), 1.0 - 0.04, 0.0, "Town");
    toy_near(toy_at(&w, "move_chance", "War"), 0.08, 0.0, "War");
    const double war = 1000 * 1.08, town = 700 * 0.2;
    toy_binomial(toy_at(&w, "displaced", "War"), n_people, war / (war + town), "from the war");
    toy_end(&w);
}

// Nothing else changes ---------------------------------------------------------------------------

static uint64_t sum_after(const toy *what, int days)
{
    toy_world w = toy_make(what, 99);
    toy_days(&w, days);
    const uint64_t sum = flow_model_checksum(w.m);
    toy_end(&w);
    return sum;
}

Test(hop_flood, a_flood_of_level_0_changes_nothing)
{
    toy what = {.place = "War,town,,90000,,1; Mill,town; Camp,camp,,,4000;",
                .link = "War,Mill,70; Mill,Camp,110;",
                .yaml = "spawn: {mode: conflict, rate: 700}"};
    const uint64_t before = sum_after(&what, 10);
    what.yaml = "spawn: {mode: conflict, rate: 700, floods: true}\n"
                "hop: {flood_movechance: [0.9, 1], flood_weight: [0.1, 0], "
                "flee_when_starving: true, avoid_food_deprived: true}";
    what.floods = "place,start,level\nMill,0,0\nWar,0,0\n";
    what.food = "place,start,percent\nMill,0,0\n";
    cr_expect_eq(sum_after(&what, 10), before);
    what.floods = "place,start,level\nMill,0,0\nWar,7,1\n";
    cr_expect_neq(sum_after(&what, 10), before, "the flood of day 7 is not seen");
    cr_expect_eq(sum_after(&what, 7), sum_after(&(toy){.place = what.place,
                                                       .link = what.link,
                                                       .yaml = "spawn: {mode: conflict, rate: "
                                                               "700}"},
                                                7));
}

typedef struct bytes {
    _Alignas(8) char at[1 << 18];
    int64_t n;
} bytes;

static flow_err keep(void *user, const void *data, int64_t n)
{
    bytes *all = user;
    cr_assert_leq(all->n + n, (int64_t)sizeof all->at);
    memcpy(all->at + all->n, data, (size_t)n);
    all->n += n;
    return FLOW_OK;
}

Test(hop_flood, a_saved_run_goes_on_as_the_unbroken_one)
{
    static bytes state;
    const toy what = {.place = four_places,
                      .link = four_links,
                      .floods = to_come,
                      .food = "place,start,percent\nTown,2,30\n",
                      .yaml = FORECAST,
                      .set = {"hop.flee_when_starving=true", "hop.avoid_food_deprived=true",
                              "hop.max_move_speed=60"}};
    for (int day = 0; day < 5; day++) {
        toy_world w = toy_make(&what, 5), again = toy_make(&what, 5);
        toy_days(&w, day);
        state.n = 0;
        flow_sink sink = {.write = keep, .context = &state};
        cr_assert_eq(flow_state_save(w.m, &sink), FLOW_OK, "%s", flow_error_text());
        cr_assert_eq(flow_state_load(again.m, state.at, state.n), FLOW_OK, "%s", flow_error_text());
        toy_days(&w, 9 - day);
        toy_days(&again, 9 - day);
        cr_expect_eq(flow_model_checksum(w.m), flow_model_checksum(again.m), "saved on day %d",
                     day);
        toy_end(&w);
        toy_end(&again);
    }
}

// Refusals ---------------------------------------------------------------------------------------

Test(hop_flood, rules_without_their_figures_are_refused)
{
    static const struct {
        const char *set[3], *expected;
    } row[] = {
        {{"hop.flood_weight=[1, 0.5, 0]"},
         "memory: rules for floods are on but no place has a flood level; give floods.csv"},
        {{"hop.flee_when_starving=true"},
         "memory: rules for food are on but no place has any figures of it; give food.csv"},
        {{"hop.economic_pull=true"},
         "memory: hop.economic_pull needs trade_volume and hdi of every place abroad, 'B' lacks "
         "them"},
        {{"spawn.food=true"},
         "memory: rules for food are on but no place has any figures of it; give food.csv\n"
         "memory: spawn.food chooses where registered people come from, so it needs spawn.mode "
         "registrations"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        toy what = {.place = "A,town,7; B,town,,,,,There;",
                    .link = "A,B,90;",
                    .yaml = "spawn: {mode: none}"};
        for (int k = 0; k < 3; k++) { what.set[k] = row[i].set[k]; }
        toy_refused(&what, row[i].expected);
    }
}

Test(hop_flood, lists_too_short_for_a_level_are_refused)
{
    static const struct {
        const char *set[3], *expected;
    } row[] = {
        {{"hop.flood_weight=[1, 0.5, 0]"},
         "--set: hop.flood_weight has 3 entries, floods reach level 2.5: one for each level from 0 "
         "on was expected"},
        {{"hop.flood_movechance=[1]"},
         "--set: hop.flood_movechance has 1 entries, floods reach level 2.5: one for each level "
         "from 0 on was expected"},
        {{"spawn.floods=true", "spawn.flood_rate=[0]"},
         "--set: spawn.flood_rate has 1 entries, floods reach level 2.5: one for each level from 0 "
         "on was expected"},
        {{"spawn.floods=true", "spawn.flood_rate=[0, 1, 2, 3]"},
         "--set: spawn.flood_rate holds 2, which is no share of the population; 0 to 1 was "
         "expected"},
        {{"spawn.floods=true", "hop.flood_most=2"},
         "--set: hop.flood_most is 2, floods reach level 2.5"},
        {{"hop.flood_forecast=true", "hop.forecast_days=2", "hop.forecast_weight=[1]"},
         "--set: hop.forecast_weight has 1 entries, 2 days are forecast\n"
         "memory: a flood forecast needs hop.flood_weight, which is empty"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        toy what = {.place = "A,town,7; B,town;",
                    .link = "A,B,90;",
                    .floods = "place,start,level\nA,0,2.5\n",
                    .yaml = "spawn: {mode: none}"};
        for (int k = 0; k < 3; k++) { what.set[k] = row[i].set[k]; }
        toy_refused(&what, row[i].expected);
    }
}

Test(hop_flood, wrong_cells_are_refused_with_their_line)
{
    static const char *const row[][3] = {
        {"place,start,level\nA,0,1\nB,x,1\n", NULL,
         "floods.csv:3:3: start 'x' is neither a date YYYY-MM-DD nor a day number"},
        {"place,start,level\nA,0,deep\n", NULL,
         "floods.csv:2:5: level 'deep' is not a number (expected 0 to 1000)"},
        {"place,start,level\nA,0,-1\n", NULL, "floods.csv:2:5: level = -1 is outside [0, 1000]"},
        {"place,start,level\nA,3,1\nB,0,1\nA,3,2\n", NULL,
         "floods.csv:4:1: line 2 gives a value for the same place and day"},
        {NULL, "place,start,percent\nAlder,0,1\n",
         "food.csv:2:1: place 'Alder' is not in the list of places"},
        {NULL, "place,start,percent\nA,0,101\n",
         "food.csv:2:5: percent = 101 is outside [0, 100] %"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const toy what = {.place = "A,town,7; B,town;",
                          .link = "A,B,90;",
                          .floods = row[i][0],
                          .food = row[i][1],
                          .yaml = "spawn: {mode: none}"};
        toy_refused(&what, row[i][2]);
    }
}

Test(hop_flood, wrong_flee_folders_of_floods_are_refused)
{
    toy_flee what = flee;
    what.flood_columns = NULL;
    toy_refused_flee(&what, "flood_level.csv: the file is missing; it gives the level of the flood "
                            "at places on each day");
    what = flee;
    what.floods = "1,3,2; 1,5,2;";
    toy_refused_flee(&what, "spawn.flood_rate has 5 entries, floods reach level 5");
    what.floods = "1,3,2; 1,deep,2;";
    toy_refused_flee(&what, "flood_level.csv:3:6: flood level 'deep' is not a number");
    what = flee;
    what.settings = "spawn_rules:\n  flood_zone_spawning_only: True\n" FLOOD_MOVE;
    toy_refused_flee(&what, "simsetting.yml:1:1: floods drive people out when");
    what.settings = FLOOD_SPAWN "    displaced_per_flood_day: [0, 2, 3, 4, 5]\n" FLOOD_MOVE;
    toy_refused_flee(&what, "simsetting.yml:8:30: spawn_rules.flood_driven_spawn_mode."
                            "displaced_per_flood_day holds 2, which is no share of the population");
    what = flee;
    what.layout = "total,counts_1.csv\nCamp,counts_1.csv\n";
    what.settings = "move_rules: {flee_when_starving: True}\n";
    toy_refused_flee(&what, "region_attributes_IPC.csv: the file is missing");
    what.more[0][0] = "input_csv/region_attributes_IPC.csv";
    what.more[0][1] = "#Day,North\n0,1\n9,2\n";
    toy_refused_flee(&what, "region '' of place 'Wet' has no column");
    what.more[0][1] = "#Day,North\n0,1\n8,2\n";
    toy_refused_flee(&what, "the table must hold days 0 to 9");
    what.more[0][1] = "#Day,North\n0,1\n9,2\n9,3\n";
    toy_refused_flee(&what, "region_attributes_IPC.csv:4:1: day 9 is not after the one before it");
}

Test(hop_flood, figures_without_a_rule_are_pointed_out)
{
    const toy what = {.place = "A,town,7; B,town;",
                      .link = "A,B,90;",
                      .floods = "place,start,level\nA,0,1\n",
                      .food = "place,start,percent\nA,0,1\n",
                      .yaml = "spawn: {mode: none}"};
    flow_scenario *s = toy_scenario(&what);
    cr_expect(warns(s, "flood levels change nothing"));
    cr_expect(warns(s, "lack of food changes nothing"));
    flow_scenario_free(s);
}
