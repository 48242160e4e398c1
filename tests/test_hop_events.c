// The hop rule: what changes while it runs: closures, camps that close, conflicts that change and
// end, with FLEE's quirks and without (docs/model.md, "Events" and "Quirks").
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double n_people = 400000.0;

// Closures of links ------------------------------------------------------------------------------

// A and B lie here, C and D abroad; people everywhere, half of them leave each day.
static const char *const square = "A,town,400000,,,,Here; B,town,400000,,,,Here;"
                                  "C,town,400000,,,,There; D,town,400000,,,,There;";
static const char *const roads = "A,B,100; A,C,100; B,D,100; C,D,100;";
static const char *const half = "spawn: {mode: none}\nhop: {default_movechance: 0.5}";

typedef struct closing {
    const char *row;
    const char *closed; // pairs of letters: "AB" is the link from A to B and back
} closing;

static void expect_open(const toy_world *w, const char *closed, int day)
{
    static const char *const all[] = {"AB", "AC", "BD", "CD"};
    for (int i = 0; i < 4; i++) {
        const bool shut = strstr(closed, all[i]) != NULL;
        for (int way = 0; way < 2; way++) {
            const char from[2] = {all[i][way], '\0'}, to[2] = {all[i][1 - way], '\0'};
            char about[32];
            (void)snprintf(about, sizeof about, "day %d, %s to %s", day, from, to);
            toy_near(toy_on(w, "link_open", from, to), shut ? 0.0 : 1.0, 0.0, about);
            const bool used = toy_on(w, "link_entered", from, to) > 0.0;
            cr_expect_neq(used, shut, "%s: people %s", about, used ? "entered" : "did not enter");
        }
    }
}

// Each kind closes its links from the first closed day to the day before the first open one.
Test(hop_events, closures_close_the_links_they_name)
{
    static const closing row[] = {{"link,A,B,2,5", "AB"},
                                  {"link,B,A,2,5", "AB"},
                                  {"country,Here,There,2,5", "AC BD"},
                                  {"country,There,Here,2,5", "AC BD"},
                                  {"country,Here,Here,2,5", "AB"},
                                  {"place,B,,2,5", "AB BD"},
                                  {"place,C,,2,5", "AC CD"}};
    for (int i = 0; i < 7; i++) {
        char closures[128];
        (void)snprintf(closures, sizeof closures, "kind,from,to,start,end\n%s\n", row[i].row);
        const toy what = {.place = square, .link = roads, .closures = closures, .yaml = half};
        toy_world w = toy_make(&what, 1 + (uint64_t)i);
        for (int day = 0; day < 7; day++) {
            toy_days(&w, 1);
            expect_open(&w, day >= 2 && day < 5 ? row[i].closed : "", day);
        }
        toy_end(&w);
    }
}

Test(hop_events, a_closure_without_an_end_stays)
{
    const toy what = {.place = square,
                      .link = roads,
                      .closures = "kind,from,to,start,end\nlink,A,B,2020-01-03,\n",
                      .yaml = half};
    toy_world w = toy_make(&what, 9);
    for (int day = 0; day < 10; day++) {
        toy_days(&w, 1);
        expect_open(&w, day >= 2 ? "AB" : "", day);
    }
    toy_end(&w);
}

Test(hop_events, what_is_closed_twice_opens_with_the_last_opening)
{
    static const char *const stack[] = {"quirks.closures_do_not_stack=false",
                                        "quirks.closures_do_not_stack=true"};
    for (int i = 0; i < 2; i++) {
        const toy what = {.place = square,
                          .link = roads,
                          .closures = "kind,from,to,start,end\nlink,A,B,1,7\nplace,B,,3,5\n",
                          .yaml = half,
                          .set = {stack[i]}};
        toy_world w = toy_make(&what, 10);
        for (int day = 0; day < 9; day++) {
            toy_days(&w, 1);
            const bool link = i == 0 ? day >= 1 && day < 7 : day >= 1 && day < 5; // FLEE: the first
            const bool place = day >= 3 && day < 5;
            expect_open(&w, place ? "AB BD" : link ? "AB" : "", day);
        }
        toy_end(&w);
    }
}

// A FLEE folder: zone A (people enter there), town B, camps C and D abroad.
static const char *const flee_locations =
    "A,,Here,1,1,conflict_zone,0,100000; B,,Here,1,2,town,,500; C,,There,2,1,camp,,0;"
    "D,,There,2,2,camp,,0;";
static const char *const flee_routes = "A,B,100; A,C,100; B,D,100; C,D,100;";
static const char *const flee_layout = "total,counts_1.csv\nC,counts_1.csv\nD,counts_2.csv\n";
static const char *const flee_moves =
    "move_rules: {camp_movechance: 0.5, default_movechance: 0.5, conflict_movechance: 0.5}\n";

static toy_world flee_closure(const char *closures, const char *set)
{
    const toy_flee what = {.settings = flee_moves,
                           .locations = flee_locations,
                           .routes = flee_routes,
                           .conflict_columns = "A",
                           .conflicts = "1;",
                           .closures = closures,
                           .layout = flee_layout,
                           .counts = {"2020-01-01,400000\n2020-01-11,800000\n",
                                      "2020-01-01,400000\n2020-01-11,800000\n"},
                           .set = {set}};
    return toy_make_flee(&what, 11);
}

Test(hop_events, closures_of_flee_folders_close_the_same_links)
{
    static const closing row[] = {{"country,Here,There,2,5;", "AC BD"},
                                  {"location,D,There,2,5;", "BD CD"},
                                  {"country,Here,There,2,-1;", "AC BD"}};
    for (int i = 0; i < 3; i++) {
        toy_world w = flee_closure(row[i].row, NULL);
        for (int day = 0; day < 7; day++) {
            toy_days(&w, 1);
            expect_open(&w, day >= 2 && (day < 5 || i == 2) ? row[i].closed : "", day);
        }
        toy_end(&w);
    }
}

Test(hop_events, closures_of_links_do_nothing_in_flee)
{
    toy_world quirk = flee_closure("link,A,B,2,5;", NULL);
    cr_assert_gt(flow_scenario_n_warning(quirk.s), 0);
    cr_expect_not_null(strstr(flow_scenario_warning(quirk.s, 0).text,
                              "a closure of kind link does nothing in FLEE"),
                       "%s", flow_scenario_warning(quirk.s, 0).text);
    toy_world plain = flee_closure("link,A,B,2,5;", "quirks.ignore_link_closures=false");
    for (int day = 0; day < 7; day++) {
        toy_days(&quirk, 1);
        toy_days(&plain, 1);
        expect_open(&quirk, "", day);
        expect_open(&plain, day >= 2 && day < 5 ? "AB" : "", day);
    }
    toy_end(&quirk);
    toy_end(&plain);
}

// People on the way ------------------------------------------------------------------------------

// 500 km at 100 km a day: entered on day 0, at the end on day 5.
static toy_world on_closing_link(const char *closure, const char *quirk)
{
    char closures[128];
    (void)snprintf(closures, sizeof closures, "kind,from,to,start,end\n%s\n", closure);
    const toy what = {.place = "A,forward,1000; B,town; C,town;",
                      .link = "A,B,500; A,C,49000;",
                      .closures = closures,
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "max_move_speed: 100, distance_power: 100}",
                      .set = {quirk}};
    return toy_make(&what, 12);
}

Test(hop_events, people_on_a_closed_link_return_to_its_start_and_rest)
{
    toy_world w = on_closing_link("link,A,B,2,", NULL);
    toy_days(&w, 5);
    toy_near(toy_road(&w, "A", "B"), 1000.0, 0.0, "day 4: on the road");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "A"), 1000.0, 0.0, "day 5: back at its start, for the night");
    toy_near(toy_people(&w, "B"), 0.0, 0.0, "day 5: nobody passed");
    toy_days(&w, 1);
    toy_near(toy_road(&w, "A", "C"), 1000.0, 0.0, "day 6: by the other road");
    toy_end(&w);
}

Test(hop_events, a_link_that_is_open_on_the_day_of_arrival_lets_pass)
{
    static const char *const row[] = {"link,A,B,2,4", "link,A,B,2,5", "link,A,B,6,"};
    for (int i = 0; i < 3; i++) {
        toy_world w = on_closing_link(row[i], "quirks.closed_links_turn_back=false");
        toy_days(&w, 6);
        toy_near(toy_people(&w, "B"), 1000.0, 0.0, row[i]);
        toy_end(&w);
    }
}

Test(hop_events, in_flee_people_turn_back_although_the_link_is_open_again)
{
    static const char *const row[] = {"link,A,B,2,4", "link,A,B,1,5", "link,A,B,5,6"};
    for (int i = 0; i < 3; i++) {
        toy_world w = on_closing_link(row[i], "quirks.closed_links_turn_back=true");
        toy_days(&w, 6);
        toy_near(toy_people(&w, "A"), 1000.0, 0.0, row[i]);
        toy_end(&w);
    }
    // Closed before they entered, or on the day they entered but before they did: they pass.
    const toy what = {.place = "A,town,1000; B,town;",
                      .link = "A,B,500;",
                      .closures = "kind,from,to,start,end\nlink,A,B,1,2\n",
                      .conflict = "place,start,end,intensity\nA,2,4,1\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "max_move_speed: 100}",
                      .set = {"quirks.closed_links_turn_back=true"}};
    toy_world w = toy_make(&what, 13);
    toy_days(&w, 8);
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "entered after the closure");
    toy_end(&w);
}

// All want to the camp C by way of B; A-B takes two days and is closed on the second.
static toy_world sent_back(const char *link)
{
    const toy what = {.place = "A,forward,1000; B,town; C,camp;",
                      .link = link,
                      .closures = "kind,from,to,start,end\nlink,A,B,1,2\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "camp_movechance: 0, awareness_level: 2, max_move_speed: 100, "
                              "camp_weight: 1000000, distance_power: 3}"};
    return toy_make(&what, 14);
}

Test(hop_events, who_is_sent_back_follows_his_route_from_there_or_drops_it)
{
    toy_world none = sent_back("A,B,150; B,C,50;");
    toy_days(&none, 2);
    toy_near(toy_people(&none, "A"), 1000.0, 0.0, "sent back");
    toy_days(&none, 1);
    toy_near(toy_people(&none, "A"), 1000.0, 0.0, "no link leads to the next place: a day lost");
    toy_days(&none, 1);
    toy_near(toy_road(&none, "A", "B"), 1000.0, 0.0, "a new way");
    toy_end(&none);
    toy_world other = sent_back("A,B,150; B,C,50; A,C,20000;");
    toy_days(&other, 3);
    toy_near(toy_road(&other, "A", "C"), 1000.0, 0.0, "the next place by another link");
    toy_end(&other);
}

Test(hop_events, a_route_is_dropped_where_its_next_link_is_closed)
{
    const toy what = {.place = "A,forward,1000; B,town; C,camp;",
                      .link = "A,B,60; B,C,60;",
                      .closures = "kind,from,to,start,end\nlink,B,C,1,3\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "camp_movechance: 0, awareness_level: 2, max_move_speed: 100, "
                              "camp_weight: 1000000, onward: false}"};
    toy_world w = toy_make(&what, 15);
    toy_days(&w, 5);
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "stay in B although the link opened");
    toy_end(&w);
}

Test(hop_events, closed_links_are_on_no_path)
{
    const toy what = {.place = "A,forward,400000; B,town; C,town; D,town;",
                      .link = "A,B,30; B,C,50; A,D,90; D,C,10;",
                      .closures = "kind,from,to,start,end\nlink,B,C,0,\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "awareness_level: 2}"};
    static const char *const end[] = {"B", "C", "D"};
    const double weight[] = {1.0 / 40, 1.0 / 110, 1.0 / 100}; // C by D only
    toy_world w = toy_make(&what, 16);
    toy_days(&w, 5);
    toy_shares(&w, n_people, 3, weight, end);
    toy_end(&w);
}

// Camps ------------------------------------------------------------------------------------------

Test(hop_events, a_closed_camp_is_a_town)
{
    static const struct {
        const char *kind;
        double chance;
    } row[] = {{"camp", 0.01}, {"idp_camp", 0.17}};
    for (int i = 0; i < 2; i++) {
        char place[128], closures[128];
        (void)snprintf(place, sizeof place, "A,town; B,%s;", row[i].kind);
        (void)snprintf(closures, sizeof closures, "kind,from,to,start,end\n%s,B,,2,5\n",
                       row[i].kind);
        const toy what = {.place = place,
                          .link = "A,B,100;",
                          .closures = closures,
                          .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0.4, "
                                  "camp_movechance: 0.01, idpcamp_movechance: 0.17, "
                                  "camp_weight: 3}"};
        toy_world w = toy_make(&what, 17);
        for (int day = 0; day < 7; day++) {
            const bool closed = day >= 2 && day < 5;
            toy_days(&w, 1);
            toy_near(toy_at(&w, "move_chance", "B"), closed ? 0.4 : row[i].chance, 0.0, "chance");
            toy_near(toy_at(&w, "attraction", "B"), closed ? 1.0 : 3.0, 0.0, "attraction");
        }
        toy_end(&w);
    }
}

Test(hop_events, camps_of_flee_folders_close_and_open)
{
    static const struct {
        const char *closure;
        double closed, open; // move chance of C
    } row[] = {{"camp,C,There,2,5;", 0.5, 0.02},
               {"idpcamp,C,There,2,5;", 0.5, 0.3},
               {"camp,C,There,2,-1;", 0.5, 0.5},
               {"camp,C,There,-1,5;", 0.02, 0.02},
               {"remove_forced_redirection,A,C,2,5;", 0.02, 0.02}};
    for (int i = 0; i < 5; i++) {
        const toy_flee what = {.settings =
                                   "move_rules: {camp_movechance: 0.02, idpcamp_movechance: 0.3, "
                                   "default_movechance: 0.5}\n",
                               .locations = flee_locations,
                               .routes = flee_routes,
                               .conflict_columns = "A",
                               .conflicts = "1;",
                               .closures = row[i].closure,
                               .layout = flee_layout,
                               .counts = {"2020-01-01,100\n2020-01-11,200\n", "2020-01-01,100\n"}};
        toy_world w = toy_make_flee(&what, 17);
        for (int day = 0; day < 8; day++) {
            const double chance = day < 2 ? 0.02 : day < 5 ? row[i].closed : row[i].open;
            toy_days(&w, 1);
            toy_near(toy_at(&w, "move_chance", "C"), chance, 0.0, row[i].closure);
        }
        toy_end(&w);
    }
}

Test(hop_events, nobody_gives_up_the_way_to_a_full_camp_that_is_closed)
{
    // The multiplier of B is 0.3: below 0.5 people give up the way to a camp, not to a town.
    const toy what = {.place = "A,forward,400000; B,camp,970,,1000; C,town;",
                      .link = "A,B,90; A,C,90;",
                      .closures = "kind,from,to,start,end\ncamp,B,,0,1\n",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "camp_movechance: 0, max_move_speed: 10}"};
    toy_world w = toy_make(&what, 18);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "B"), n_people, 0.3 / 1.3, "to the closed camp");
    toy_near(toy_people(&w, "A"), 0.0, 0.0, "at the gate");
    toy_end(&w);
}

Test(hop_events, a_closed_camp_is_no_longer_in_conflict)
{
    const toy what = {.place = "A,town; B,camp;",
                      .link = "A,B,100;",
                      .closures = "kind,from,to,start,end\ncamp,B,,2,4\n",
                      .conflict = "place,start,end,intensity\nB,0,,1\n",
                      .yaml = "spawn: {mode: none}\nhop: {conflict_weight: 0.5}"};
    toy_world w = toy_make(&what, 19);
    for (int day = 0; day < 6; day++) {
        toy_days(&w, 1);
        toy_near(toy_at(&w, "conflict", "B"), day < 2 ? 1.0 : 0.0, 0.0, "conflict");
    }
    toy_end(&w);
}

// Conflict ---------------------------------------------------------------------------------------

Test(hop_events, intensity_changes_while_a_conflict_goes_on)
{
    static const char *const frozen[] = {"quirks.frozen_conflict_intensity=false",
                                         "quirks.frozen_conflict_intensity=true"};
    for (int i = 0; i < 2; i++) {
        const toy what = {
            .place = "A,town; B,town;",
            .link = "A,B,100;",
            .conflict = "place,start,end,intensity\nB,1,3,0.5\nB,3,5,2\nB,7,8,3\n",
            .yaml = "spawn: {mode: none}\nhop: {conflict_weight: 0.3, conflict_movechance: 0.9, "
                    "default_movechance: 0.2}\nconflict: {decay: [1, 0.5], decay_interval: 3}",
            .set = {frozen[i]}};
        toy_world w = toy_make(&what, 20);
        for (int day = 0; day < 10; day++) {
            double intensity = 0.0;
            if (day >= 1 && day < 3) { intensity = 0.5; }
            if (day >= 3 && day < 5) { intensity = i == 1 ? 0.5 : 2.0; }
            if (day == 7) { intensity = 3.0; }
            const double age = day < 7 ? day - 1 : day - 7; // since it began, not since it changed
            const double decay = age < 3 ? 1.0 : 0.5;
            toy_days(&w, 1);
            toy_near(toy_at(&w, "conflict", "B"), intensity, 0.0, frozen[i]);
            toy_near(toy_at(&w, "attraction", "B"), pow(0.3, decay * intensity), 1e-15, frozen[i]);
            toy_near(toy_at(&w, "move_chance", "B"), intensity > 0.0 ? 0.9 : 0.2, 0.0, frozen[i]);
        }
        toy_end(&w);
    }
}

Test(hop_events, a_place_is_what_it_was_once_its_conflict_has_ended)
{
    static const char *const place[] = {"Town", "Camp", "IDP camp", "Hub"};
    static const double chance[] = {0.2, 0.01, 0.17, 1.0};
    static const char *const quirk[] = {"quirks.conflict_ends_as_town=false",
                                        "quirks.conflict_ends_as_town=true"};
    for (int i = 0; i < 2; i++) {
        const toy what = {
            .place = "Town,town; Camp,camp; IDP camp,idp_camp; Hub,forward;",
            .link = "Town,Camp,100; Town,IDP camp,100; Town,Hub,100;",
            .conflict = "place,start,end,intensity\nTown,0,2,1\nCamp,0,2,1\nIDP camp,0,2,1\n"
                        "Hub,0,2,1\n",
            .yaml = "spawn: {mode: none}\nhop: {conflict_movechance: 0.9, "
                    "default_movechance: 0.2, camp_movechance: 0.01, idpcamp_movechance: 0.17, "
                    "camp_weight: 3}",
            .set = {quirk[i]}};
        toy_world w = toy_make(&what, 21);
        toy_days(&w, 1);
        for (int k = 0; k < 4; k++) {
            toy_near(toy_at(&w, "move_chance", place[k]), 0.9, 0.0, place[k]);
        }
        toy_days(&w, 2);
        for (int k = 0; k < 4; k++) {
            const double after = i == 1 ? 0.2 : chance[k]; // FLEE: that of a town
            toy_near(toy_at(&w, "move_chance", place[k]), after, 0.0, place[k]);
        }
        toy_near(toy_at(&w, "attraction", "Camp"), 3.0, 0.0, "a camp remains a camp");
        toy_end(&w);
    }
}

// conflicts.csv of FLEE: one row a day; 0 to positive begins, positive to 0 ends, a change between
// two positive values is ignored.
Test(hop_events, conflicts_of_a_flee_folder_begin_and_end_by_its_rows)
{
    static const double given[] = {0, 0.4, 0.4, 2, 0, 0, 3, 1, 0, 0};
    static const char *const frozen[] = {NULL, "quirks.frozen_conflict_intensity=false"};
    for (int i = 0; i < 2; i++) {
        const toy_flee what = {
            .settings = "spawn_rules: {insert_day0: True}\n",
            .locations = "A,,Here,1,1,town,,500; B,,Here,1,2,conflict_zone,3,900; C,,Here,1,3,camp;"
                         "D,,Here,1,3,conflict_zone,0,900,0.7;",
            .routes = "A,B,100; A,C,100; A,D,100;",
            .conflict_columns = "B",
            .conflicts = "0;0.4;0.4;2;0;0;3;1;0;",
            .layout = "total,counts_1.csv\nC,counts_1.csv\n",
            .counts = {"2020-01-01,10\n"},
            .set = {frozen[i]}};
        toy_world w = toy_make_flee(&what, 22);
        double now = 0.0;
        for (int day = 0; day < 10; day++) {
            const bool changes = (given[day] > 0.0) != (now > 0.0);
            if (changes || i == 1) { now = given[day]; }
            toy_days(&w, 1);
            toy_near(toy_at(&w, "conflict", "B"), now, 0.0, "B");
            toy_near(toy_at(&w, "conflict", "D"), 0.7, 0.0, "from locations.csv, date 0");
        }
        toy_end(&w);
    }
}

Test(hop_events, a_zone_of_the_first_day_is_as_old_as_its_event)
{
    // D is a zone in locations.csv and begins again on day 0 of conflicts.csv: age 30 on day 30.
    const toy_flee what = {.days = 40,
                           .settings = "spawn_rules: {conflict_spawn_decay: [1.0, 0.25]}\n"
                                       "move_rules: {conflict_weight: 0.5}\n",
                           .locations = "A,,Here,1,1,town,,500; C,,Here,1,3,camp;"
                                        "D,,Here,1,3,conflict_zone,0,900;",
                           .routes = "A,C,100; A,D,100;",
                           .conflict_columns = "D",
                           .conflicts = "1;",
                           .layout = "total,counts_1.csv\nC,counts_1.csv\n",
                           .counts = {"2020-01-01,10\n"}};
    toy_world w = toy_make_flee(&what, 23);
    for (int day = 0; day < 40; day++) {
        toy_days(&w, 1);
        toy_near(toy_at(&w, "attraction", "D"), pow(0.5, day < 30 ? 1.0 : 0.25), 1e-15, "age");
    }
    toy_end(&w);
}

// Harvest ----------------------------------------------------------------------------------------

// From January to March: nobody sets out in February, who was on a road finishes it and rests
// there; with FLEE's quirk all who are at places then count at home.
Test(hop_events, nobody_sets_out_in_months_of_harvest)
{
    for (int quirk = 0; quirk < 2; quirk++) {
        const toy what = {.days = 70,
                          .place = "A,town,400000; B,town; C,town;",
                          .link = "A,B,100; B,C,1000;",
                          .yaml = "spawn: {mode: none}\n"
                                  "hop: {default_movechance: 0.5, harvest_months: [2]}",
                          .set = {quirk ? "quirks.harvest_counts_at_home=true"
                                        : "quirks.harvest_counts_at_home=false"}};
        toy_world w = toy_make(&what, 41);
        double there[3] = {0};
        for (int day = 0; day < 70; day++) {
            toy_days(&w, 1);
            const bool harvest = day >= 31 && day < 31 + 29;
            const double entered = toy_on(&w, "link_entered", "A", "B") +
                                   toy_on(&w, "link_entered", "B", "C") +
                                   toy_on(&w, "link_entered", "B", "A");
            cr_expect_neq(entered > 0.0, harvest, "day %d: %g enter", day, entered);
            const double road = toy_road(&w, "B", "C") + toy_road(&w, "C", "B");
            if (day == 30) { cr_expect_gt(road, 10000.0, "long roads are full"); }
            if (day < 33 || !harvest) { continue; } // 1000 km take three days
            cr_expect_eq(road, 0.0, "day %d", day);
            const char *const name[] = {"A", "B", "C"};
            for (int p = 0; p < 3; p++) {
                const double n = toy_people(&w, name[p]);
                if (quirk) {
                    cr_expect_eq(n, p == 0 ? 400000.0 : 0.0, "%s on day %d", name[p], day);
                } else {
                    cr_expect_gt(n, 20000.0);
                    cr_expect(day == 33 || fabs(n - there[p]) < 0.5, "%s on day %d", name[p], day);
                }
                there[p] = n;
            }
        }
        cr_expect_gt(toy_people(&w, "B"), 20000.0, "in March all count where they are");
        toy_end(&w);
    }
    const toy what = {.place = "A,town,9;B,town;",
                      .link = "A,B,9;",
                      .yaml = "spawn: {mode: none}\nhop: {harvest_months: [2.5]}"};
    toy_refused(&what,
                "scenario.yaml:5:23: hop.harvest_months: 2.5 is no month, 1 to 12 was expected");
}

Test(hop_events, a_flee_folder_has_its_months_of_harvest)
{
    const toy_flee what = {.days = 40,
                           .settings =
                               "move_rules: {harvest_months: [2], conflict_movechance: 1.0}\n",
                           .locations = "A,,Here,1,1,conflict_zone,0,900000; C,,Here,1,3,camp;",
                           .routes = "A,C,100;",
                           .conflict_columns = "A",
                           .conflicts = "1;",
                           .layout = "total,counts_1.csv\nC,counts_1.csv\n",
                           .counts = {"2020-01-01,10\n2020-01-31,4010\n2020-03-01,4010\n"}};
    toy_world w = toy_make_flee(&what, 42);
    toy_days(&w, 31);
    cr_expect_gt(toy_people(&w, "C"), 3500.0);
    toy_days(&w, 2);
    cr_expect_eq(toy_people(&w, "C"), 10.0, "those of the first day are at home in their camp");
    toy_end(&w);
}
