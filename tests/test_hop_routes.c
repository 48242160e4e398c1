// The hop rule with fixed routes: the best path to each destination, and major routes. Expected
// shares are computed here from docs/model.md ("The hop rule", Fixed routes):
//   a path    W' = [ (weight_softening + S') / (softening + L)^distance_power ]^weight_power
//   a person  W' E(end), the best W' to each end only; L / 4 for a major route
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static const double n_people = 400000.0;
static const char *const fixed = "spawn: {mode: none}\n"
                                 "hop: {default_movechance: 0, camp_movechance: 0, "
                                 "conflict_movechance: 0, fixed_routes: true, camp_weight: 3, "
                                 "conflict_weight: 0.2}\n";

static double at(double km)
{
    return 1.0 / (10.0 + km);
}

Test(hop_routes, only_the_best_path_to_each_place_counts)
{
    const toy what = {.place = "A,forward,400000; B,town; C,town; D,camp;",
                      .link = "A,B,30; A,C,45; B,D,20; C,D,25;",
                      .yaml = fixed,
                      .set = {"hop.awareness_level=2"}};
    static const char *const end[] = {"B", "C", "D"};
    const double weight[] = {at(30), at(45), 3.0 * at(50) * 3.0}; // the score of D counts twice
    toy_world w = toy_make(&what, 1);
    toy_days(&w, 5);
    toy_shares(&w, n_people, 3, weight, end);
    toy_end(&w);
}

Test(hop_routes, powers_and_softenings_act_on_the_path)
{
    const toy what = {.place = "A,forward,400000; B,town; D,camp;",
                      .link = "A,B,30; B,D,20;",
                      .yaml = fixed,
                      .set = {"hop.awareness_level=2", "hop.softening=25", "hop.weight_power=1.5",
                              "hop.distance_power=0.7", "hop.weight_softening=0.4"}};
    static const char *const end[] = {"B", "D"};
    const double weight[] = {pow(1.4 / pow(25 + 30, 0.7), 1.5),
                             pow(3.4 / pow(25 + 50, 0.7), 1.5) * 3.0};
    toy_world w = toy_make(&what, 2);
    toy_days(&w, 5);
    toy_shares(&w, n_people, 2, weight, end);
    toy_end(&w);
}

Test(hop_routes, room_and_pruning_do_not_matter_to_the_choice)
{
    const toy what = {.place = "A,forward,400000; B,town,700,,700; C,town; D,camp,700,,700;",
                      .link = "A,B,30; A,C,200; A,D,100;",
                      .yaml = fixed,
                      .set = {"hop.max_move_speed=10", "hop.pruning_threshold=2"}};
    const double b = at(30), c = at(200), d = 3.0 * at(100) * 3.0, sum = b + c + d;
    toy_world w = toy_make(&what, 3);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "B"), n_people, b / sum, "to the full town");
    toy_binomial(toy_road(&w, "A", "C"), n_people, c / sum, "far away");
    toy_binomial(toy_people(&w, "A"), n_people, d / sum, "gave up the way to the full camp");
    toy_end(&w);
}

Test(hop_routes, a_path_of_weight_0_is_no_route)
{
    const toy what = {.place = "A,forward,400000; B,camp; C,camp;",
                      .link = "A,B,30; A,C,200;",
                      .yaml = fixed,
                      .set = {"hop.camp_weight=0"}};
    toy_world w = toy_make(&what, 4);
    toy_days(&w, 2);
    toy_near(toy_people(&w, "A"), n_people, 0.0, "without a route");
    toy_end(&w);
}

// A conflict begins at B (before A in the file) and at C (after A) on the same day. In FLEE the
// search of A sees today's score of B, but yesterday's of C; the end point score is today's for
// both.
Test(hop_routes, in_flee_a_search_sees_old_scores_of_later_places)
{
    static const char *const stale[] = {"quirks.fixed_routes_stale_scores=false",
                                        "quirks.fixed_routes_stale_scores=true"};
    for (int i = 0; i < 2; i++) {
        for (int begin = 0; begin < 3; begin += 2) {
            char conflict[128];
            (void)snprintf(conflict, sizeof conflict,
                           "place,start,end,intensity\nB,%d,,1\nC,%d,,1\nA,%d,,1\n", begin, begin,
                           begin);
            const toy what = {
                .place = "B,town; A,town,400000; C,town; D,town;",
                .link = "A,B,90; A,C,90; A,D,90;",
                .conflict = conflict,
                .yaml = fixed,
                .set = {"hop.max_move_speed=10", "hop.conflict_movechance=0.4", stale[i]}};
            toy_world w = toy_make(&what, 5 + (uint64_t)i);
            toy_days(&w, begin);
            toy_near(toy_people(&w, "A"), n_people, 0.0, "before the conflict");
            // On day 0 "yesterday" is how places were before the first event.
            for (int day = 0; day < 2; day++) {
                const double b = 0.2 * 0.2, c = i == 1 && day == 0 ? 0.2 : 0.2 * 0.2;
                const double left = toy_people(&w, "A");
                const double before[] = {toy_road(&w, "A", "B"), toy_road(&w, "A", "C")};
                toy_days(&w, 1);
                toy_binomial(toy_road(&w, "A", "B") - before[0], left, 0.4 * b / (b + c + 1.0),
                             stale[i]);
                toy_binomial(toy_road(&w, "A", "C") - before[1], left, 0.4 * c / (b + c + 1.0),
                             stale[i]);
            }
            toy_end(&w);
        }
    }
}

// Major routes -----------------------------------------------------------------------------------

// A - B - C - D in a line of 100 km each, X beyond A. People look one link ahead.
static const char *const line = "A,B,100; B,C,100; C,D,100; X,A,20;";
static const char *const major = "route,order,place\n1,1,A\n1,2,B\n1,3,C\n1,4,D\n";

static toy_world on_major(const char *place, const char *link, const char *closures, int level,
                          uint64_t seed)
{
    char aware[64];
    (void)snprintf(aware, sizeof aware, "hop.awareness_level=%d", level);
    const toy what = {.place = place,
                      .link = link,
                      .closures = closures,
                      .major_routes = major,
                      .yaml = fixed,
                      .set = {aware}};
    toy_world w = toy_make(&what, seed);
    toy_days(&w, 9);
    return w;
}

Test(hop_routes, a_major_route_leads_beyond_awareness_at_a_quarter_of_its_length)
{
    static const char *const end[] = {"B", "X", "D"};
    const double weight[] = {at(100), at(20), at(300.0 / 4)};
    toy_world w = on_major("A,forward,400000; B,town; C,town; D,town; X,town;", line, NULL, 1, 10);
    toy_shares(&w, n_people, 3, weight, end);
    toy_near(toy_people(&w, "C"), 0.0, 0.0, "on the major route only");
    toy_end(&w);
}

Test(hop_routes, a_major_route_leads_both_ways)
{
    static const char *const end[] = {"C", "A"};
    const double weight[] = {at(100), at(300.0 / 4)};
    toy_world w = on_major("D,forward,400000; A,town; B,town; C,town; X,town;", line, NULL, 1, 11);
    toy_shares(&w, n_people, 2, weight, end);
    toy_end(&w);
}

Test(hop_routes, a_major_route_begins_at_any_destination_in_reach)
{
    // From X: A in reach, and from there D by the major route, 20 + 300 km.
    static const char *const end[] = {"A", "D"};
    const double weight[] = {at(20), at(320.0 / 4)};
    toy_world w = on_major("X,forward,400000; A,town; B,town; C,town; D,town;", line, NULL, 1, 12);
    toy_shares(&w, n_people, 2, weight, end);
    toy_end(&w);
}

Test(hop_routes, a_major_route_is_not_used_to_what_is_in_reach)
{
    static const char *const end[] = {"B", "C", "D", "X"};
    const double weight[] = {at(100), at(200), at(300), at(20)};
    toy_world w = on_major("A,forward,400000; B,town; C,town; D,town; X,town;", line, NULL, 3, 13);
    toy_shares(&w, n_people, 4, weight, end);
    toy_end(&w);
}

Test(hop_routes, a_major_route_stands_in_for_a_closed_road)
{
    static const char *const direct = "A,B,100; B,C,100; C,D,100; A,D,500;";
    static const char *const place = "A,forward,400000; B,town; C,town; D,town;";
    static const char *const end[] = {"B", "D"};
    const double open[] = {at(100), at(500)}, closed[] = {at(100), at(300.0 / 4)};
    toy_world w = on_major(place, direct, NULL, 1, 14);
    toy_shares(&w, n_people, 2, open, end);
    toy_end(&w);
    toy_world v = on_major(place, direct, "kind,from,to,start,end\nlink,A,D,0,\n", 1, 15);
    toy_shares(&v, n_people, 2, closed, end);
    toy_end(&v);
    // A closed link of the major route closes the route.
    toy_world u = on_major(place, "A,B,100; B,C,100; C,D,100;",
                           "kind,from,to,start,end\nlink,B,C,0,\n", 1, 16);
    toy_near(toy_people(&u, "B"), n_people, 0.0, "no way to D");
    toy_end(&u);
}

Test(hop_routes, major_routes_are_read_from_flee_folders)
{
    const toy_flee what = {
        .settings = "spawn_rules: {insert_day0: True}\n"
                    "move_rules: {fixed_routes: True, default_movechance: 0.0, "
                    "conflict_movechance: 0.0, max_move_speed: 10.0}\n",
        .locations = "A,,Here,1,1,camp; B,,Here,1,2,conflict_zone,0,9; C,,Here,1,3,conflict_zone,0,"
                     "9; D,,Here,1,4,conflict_zone,0,9; X,,Here,1,5,conflict_zone,0,9;",
        .routes = "A,B,100; B,C,100; C,D,100; X,A,20;",
        .conflict_columns = "B",
        .conflicts = "1;",
        .layout = "total,counts_1.csv\nA,counts_1.csv\n",
        .counts = {"2020-01-01,400000\n"},
        .more = {{"input_csv/major_routes.csv", "A,B,C,D\n"}},
        .set = {"hop.camp_movechance=1"}};
    toy_world w = toy_make_flee(&what, 17);
    toy_days(&w, 1);
    const double to_x = at(20), by_b = at(100) + at(300.0 / 4); // all ends are alike
    toy_binomial(toy_road(&w, "A", "B"), n_people, by_b / (by_b + to_x), "by B");
    toy_end(&w);
}
