// The hop rule: who moves, and along which paths. Expected numbers come from the formulas of
// docs/model.md ("The hop rule"), which are those of FLEE 3 (Suleimenova, Bell and Groen 2017,
// doi:10.1038/s41598-017-13828-9, and its later rule sets), never from the engine.
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static const double n_people = 400000.0;

// Who moves --------------------------------------------------------------------------------------

// People of all kinds of places, one road each to a place so far that nobody arrives.
static const char *const all_kinds = "Far,town; Town,town,400000; Zone,conflict,400000,,,0.7;"
                                     "Quiet,conflict,400000; Camp,camp,400000;"
                                     "IDP camp,idp_camp,400000; Hub,forward,400000;";
static const char *const all_to_far = "Town,Far,5000; Zone,Far,5000; Quiet,Far,5000;"
                                      "Camp,Far,5000; IDP camp,Far,5000; Hub,Far,5000;";

Test(hop, each_kind_of_place_has_its_move_chance)
{
    const toy what = {.place = all_kinds,
                      .link = all_to_far,
                      .yaml = "spawn: {mode: none}\n"
                              "hop: {default_movechance: 0.37, conflict_movechance: 0.83, "
                              "camp_movechance: 0.013, idpcamp_movechance: 0.17}"};
    toy_world w = toy_make(&what, 11);
    toy_days(&w, 1);
    static const struct {
        const char *place;
        double chance;
    } row[] = {{"Town", 0.37},  {"Zone", 0.83},     {"Quiet", 0.37},
               {"Camp", 0.013}, {"IDP camp", 0.17}, {"Hub", 1.0}};
    for (int i = 0; i < 6; i++) {
        toy_near(toy_at(&w, "move_chance", row[i].place), row[i].chance, 0.0, row[i].place);
        toy_binomial(toy_road(&w, row[i].place, "Far"), n_people, row[i].chance, row[i].place);
    }
    toy_end(&w);
}

Test(hop, the_default_move_chances_are_those_of_flee)
{
    const toy what = {.place = all_kinds, .link = all_to_far, .yaml = "spawn: {mode: none}"};
    toy_world w = toy_make(&what, 1);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "move_chance", "Town"), 0.3, 0.0, "town");
    toy_near(toy_at(&w, "move_chance", "Zone"), 1.0, 0.0, "zone of conflict");
    toy_near(toy_at(&w, "move_chance", "Camp"), 0.001, 0.0, "camp");
    toy_near(toy_at(&w, "move_chance", "IDP camp"), 0.1, 0.0, "camp of IDPs");
    toy_near(toy_at(&w, "move_chance", "Hub"), 1.0, 0.0, "hub");
    toy_end(&w);
}

// m = chance (max(population, capacity) / base)^k
Test(hop, move_chances_scale_with_population)
{
    static const double power[] = {0.0, 0.31, 1.0, -0.5};
    for (int i = 0; i < 4; i++) {
        char scale[64];
        (void)snprintf(scale, sizeof scale, "hop.movechance_pop_scale_factor=%g", power[i]);
        const toy what = {.place = "Far,town; Small,town,400000,3170; Large,town,400000,90000;"
                                   "Empty,town,400000; Camp,camp,400000,,700000;",
                          .link = "Small,Far,5000; Large,Far,5000; Empty,Far,5000; Camp,Far,5000;",
                          .yaml = "spawn: {mode: none}\n"
                                  "hop: {default_movechance: 0.2, camp_movechance: 0.002, "
                                  "movechance_pop_base: 20000}",
                          .set = {scale}};
        toy_world w = toy_make(&what, 20 + (uint64_t)i);
        toy_days(&w, 1);
        const double k = power[i];
        toy_binomial(toy_road(&w, "Small", "Far"), n_people, 0.2 * pow(3170.0 / 20000.0, k),
                     "small town");
        toy_binomial(toy_road(&w, "Large", "Far"), n_people, 0.2 * pow(90000.0 / 20000.0, k),
                     "large town");
        toy_binomial(toy_road(&w, "Camp", "Far"), n_people, 0.002 * pow(700000.0 / 20000.0, k),
                     "camp, by its capacity");
        toy_binomial(toy_road(&w, "Empty", "Far"), n_people, 0.2 * pow(0.0, k),
                     "without population"); // 0^0 = 1, 0^-0.5 is more than everybody
        toy_end(&w);
    }
}

// Paths ------------------------------------------------------------------------------------------

/// Weight of a path between places of score 1: 1 / (softening + length), softening 10 km.
static double at(double km)
{
    return 1.0 / (10.0 + km);
}

// Nobody leaves a town by itself, so people end where their path ends.
static const char *const still = "spawn: {mode: none}\nhop: {default_movechance: 0}";

static toy_world travel(const char *place, const char *link, int level, uint64_t seed)
{
    char aware[64];
    (void)snprintf(aware, sizeof aware, "hop.awareness_level=%d", level);
    const toy what = {.place = place, .link = link, .yaml = still, .set = {aware}};
    toy_world world = toy_make(&what, seed);
    toy_days(&world, 10);
    return world;
}

static const char *const four = "A,forward,400000; B,town; C,town; D,town;";
static const char *const line = "A,B,30; B,C,50; C,D,70;";

Test(hop, people_look_as_many_links_ahead_as_they_are_aware_of)
{
    static const char *const end[] = {"B", "C", "D"};
    const double weight[] = {at(30), at(80), at(150)};
    for (int level = 1; level <= 3; level++) {
        toy_world world = travel(four, line, level, 30 + (uint64_t)level);
        toy_shares(&world, n_people, level, weight, end);
        for (int i = level; i < 3; i++) {
            toy_near(toy_people(&world, end[i]), 0.0, 0.0, "beyond awareness");
        }
        toy_end(&world);
    }
}

Test(hop, awareness_0_is_immobile_and_minus_1_is_as_1)
{
    toy_world none = travel(four, line, 0, 5);
    toy_near(toy_people(&none, "A"), n_people, 0.0, "awareness 0");
    toy_end(&none);
    toy_world minus = travel(four, line, -1, 6);
    toy_near(toy_people(&minus, "B"), n_people, 0.0, "awareness -1");
    toy_end(&minus);
}

static const char *const diamond = "A,B,30; A,C,45; B,D,20; C,D,25;";

Test(hop, two_paths_to_one_place_are_two_choices)
{
    static const char *const end[] = {"B", "C", "D"};
    // Level 2: A-B, A-C, A-B-D (50), A-C-D (70). Level 3: also A-B-D-C (75) and A-C-D-B (90).
    const double level_2[] = {at(30), at(45), at(50) + at(70)};
    const double level_3[] = {at(30) + at(90), at(45) + at(75), at(50) + at(70)};
    toy_world two = travel(four, diamond, 2, 41);
    toy_shares(&two, n_people, 3, level_2, end);
    toy_end(&two);
    toy_world three = travel(four, diamond, 3, 42);
    toy_shares(&three, n_people, 3, level_3, end);
    toy_end(&three);
}

Test(hop, the_first_link_is_that_of_the_chosen_path)
{
    const toy what = {.place = four,
                      .link = diamond,
                      .yaml = still,
                      .set = {"hop.awareness_level=2", "hop.max_move_speed=10"}};
    toy_world world = toy_make(&what, 43);
    toy_days(&world, 1);
    const double by_b = at(30) + at(50), by_c = at(45) + at(70);
    toy_binomial(toy_road(&world, "A", "B"), n_people, by_b / (by_b + by_c), "by B");
    toy_binomial(toy_road(&world, "A", "C"), n_people, by_c / (by_b + by_c), "by C");
    toy_end(&world);
}

Test(hop, no_path_passes_a_place_twice)
{
    static const char *const end[] = {"B", "C", "D"};
    // Level 4 from A: A-B, A-C, A-B-C, A-C-B, A-B-D, A-C-B-D; A is never an end.
    const double weight[] = {at(30) + at(65), at(45) + at(50), at(430) + at(465)};
    toy_world world = travel(four, "A,B,30; A,C,45; B,C,20; D,B,400;", 4, 44);
    toy_shares(&world, n_people, 3, weight, end);
    toy_end(&world);
}

Test(hop, parallel_links_are_choices_of_their_own)
{
    static const char *const end[] = {"B", "C", "D"};
    const double weight[] = {at(30) + at(60), at(45), at(45)};
    toy_world world = travel(four, "A,B,30; A,B,60; A,C,45; A,D,45;", 1, 45);
    toy_shares(&world, n_people, 3, weight, end);
    toy_end(&world);
}

Test(hop, markers_are_passed_without_counting)
{
    static const char *const place =
        "A,forward,400000; M,marker; N,marker; B,town; C,town; D,town;";
    static const char *const link = "A,M,20; M,N,10; N,B,25; A,C,70; B,D,15;";
    static const char *const end[] = {"B", "C", "D"};
    const double weight[] = {at(55), at(70), at(70)};
    toy_world one = travel(place, link, 1, 46);
    toy_shares(&one, n_people, 2, weight, end);
    toy_near(toy_people(&one, "D"), 0.0, 0.0, "two hops away");
    toy_end(&one);
    toy_world two = travel(place, link, 2, 47);
    toy_shares(&two, n_people, 3, weight, end);
    toy_near(toy_people(&two, "M") + toy_people(&two, "N"), 0.0, 0.0, "at a marker");
    toy_end(&two);
}

Test(hop, a_marker_that_leads_nowhere_is_no_destination)
{
    toy_world world = travel("A,forward,400000; M,marker; B,town;", "A,M,20; A,B,900;", 2, 48);
    toy_near(toy_people(&world, "B"), n_people, 0.0, "in the only town");
    toy_end(&world);
}

Test(hop, nobody_moves_where_no_road_leads)
{
    toy_world world = travel("A,forward,400000; B,town; C,town;", "B,C,20;", 3, 49);
    toy_near(toy_people(&world, "A"), n_people, 0.0, "without a road");
    toy_end(&world);
}

Test(hop, a_route_is_walked_to_its_end_whatever_the_move_chance)
{
    // One night in each place: 40 km a day, and nobody goes on on the day of arrival.
    const toy what = {
        .place = four,
        .link = line,
        .yaml = still,
        .set = {"hop.awareness_level=3", "hop.max_move_speed=80", "hop.onward=false"}};
    toy_world world = toy_make(&what, 50);
    const double all = at(30) + at(80) + at(150);
    toy_days(&world, 1);
    toy_near(toy_people(&world, "B"), n_people, 0.0, "day 1: all in B");
    toy_days(&world, 1);
    toy_binomial(toy_people(&world, "B"), n_people, at(30) / all, "day 2: those who wanted to B");
    toy_binomial(toy_people(&world, "C"), n_people, 1.0 - at(30) / all, "day 2: the others");
    toy_days(&world, 1);
    toy_binomial(toy_people(&world, "C"), n_people, at(80) / all, "day 3: those who wanted to C");
    toy_binomial(toy_people(&world, "D"), n_people, at(150) / all, "day 3: those who wanted to D");
    toy_end(&world);
}

Test(hop, nobody_leaves_a_town_with_move_chance_0)
{
    const toy what = {.place = all_kinds, .link = all_to_far, .yaml = still};
    toy_world world = toy_make(&what, 51);
    toy_days(&world, 5);
    toy_near(toy_people(&world, "Town"), n_people, 0.0, "town");
    toy_near(toy_people(&world, "Hub"), 0.0, 0.0, "hub");
    toy_end(&world);
}
