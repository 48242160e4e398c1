// The hop rule: what draws people. Expected shares are computed here from the formulas of
// docs/model.md ("The hop rule"):
//   S = foreign_weight (foreign) camp_weight (camp) conflict_weight^(decay intensity) (conflict)
//   E = S max(1, population)^p (not a camp) / max(1, d_home)^h
//   C = 1, falling to 0 from capacity_buffer of the capacity on
//   W = [ (weight_softening + E) / (softening + L)^distance_power C ]^weight_power
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double n_people = 400000.0;

// Distance, softening, powers --------------------------------------------------------------------

typedef struct shape {
    double softening, weight_softening, distance_power, weight_power;
} shape;

static double path_weight(const shape *set, double e, double km, double c)
{
    return pow((set->weight_softening + e) / pow(set->softening + km, set->distance_power) * c,
               set->weight_power);
}

Test(hop_weights, weight_falls_with_distance_as_the_powers_say)
{
    static const shape row[] = {{10, 0, 1, 1},     {0, 0, 1, 1},        {50, 0, 0.75, 1},
                                {10, 0, 2, 1},     {10, 0, 0, 1},       {10, 0, 1, 2.3},
                                {10, 0.4, 1, 1.7}, {31, 1.5, 0.3, 0.5}, {10, 0, 1, 0}};
    static const char *const end[] = {"B", "C", "D"};
    static const double km[] = {17, 60, 240}, score[] = {1.0, 3.0, 0.5};
    for (int i = 0; i < 9; i++) {
        char hop[256];
        (void)snprintf(hop, sizeof hop,
                       "spawn: {mode: none}\nhop: {default_movechance: 0, camp_movechance: 0, "
                       "camp_weight: 3, foreign_weight: 0.5, softening: %g, weight_softening: %g, "
                       "distance_power: %g, weight_power: %g}",
                       row[i].softening, row[i].weight_softening, row[i].distance_power,
                       row[i].weight_power);
        const toy what = {.place = "A,forward,400000; B,town; C,camp; D,town,,,,,There;",
                          .link = "A,B,17; A,C,60; A,D,240;",
                          .yaml = hop};
        double weight[3];
        for (int k = 0; k < 3; k++) { weight[k] = path_weight(&row[i], score[k], km[k], 1.0); }
        toy_world w = toy_make(&what, 60 + (uint64_t)i);
        toy_days(&w, 3);
        toy_shares(&w, n_people, 3, weight, end);
        toy_end(&w);
    }
}

Test(hop_weights, defaults_of_the_weight_are_those_of_flee)
{
    const toy what = {.place =
                          "A,forward,400000; B,town; C,camp; D,town,,,,,There; E,conflict,,,,1;",
                      .link = "A,B,40; A,C,90; A,D,40; A,E,40;",
                      .yaml = "spawn: {mode: none}",
                      .set = {"hop.max_move_speed=10"}};
    toy_world w = toy_make(&what, 70);
    toy_days(&w, 1);
    // softening 10 km, camp and foreign weight 1, conflict weight 10^-0.5, all powers 1
    const double to_e = pow(0.1, 0.5) / 50, sum = 1.0 / 50 + 1.0 / 100 + 1.0 / 50 + to_e;
    toy_binomial(toy_road(&w, "A", "B"), n_people, 1.0 / 50 / sum, "town");
    toy_binomial(toy_road(&w, "A", "C"), n_people, 1.0 / 100 / sum, "camp");
    toy_binomial(toy_road(&w, "A", "D"), n_people, 1.0 / 50 / sum, "abroad");
    toy_binomial(toy_road(&w, "A", "E"), n_people, to_e / sum, "conflict");
    toy_end(&w);
}

// Scores -----------------------------------------------------------------------------------------

static const char *const many_scores =
    "A,forward,400000; Town,town; Camp,camp; Abroad,town,,,,,There; Foreign camp,camp,,,,,There;"
    "IDP camp,idp_camp; Zone,conflict,,,,1; Mild,town,,,,0.4; Fierce,town,,,,2.5;"
    "Camp in conflict,camp,,,,0.4; Hub,forward;";
static const char *const equal_links =
    "A,Town,90; A,Camp,90; A,Abroad,90; A,Foreign camp,90; A,IDP camp,90; A,Zone,90; A,Mild,90;"
    "A,Fierce,90; A,Camp in conflict,90; A,Hub,90;";

Test(hop_weights, factors_of_the_score_multiply)
{
    const toy what = {.place = many_scores,
                      .link = equal_links,
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, foreign_weight: 1.3, "
                              "camp_weight: 2.1, conflict_weight: 0.25}"};
    static const struct {
        const char *place;
        double score;
    } row[] = {{"Town", 1.0},     {"Camp", 2.1},  {"Abroad", 1.3}, {"Foreign camp", 1.3 * 2.1},
               {"IDP camp", 2.1}, {"Zone", 0.25}, {"Hub", 1.0}};
    toy_world w = toy_make(&what, 71);
    toy_days(&w, 1);
    double sum = pow(0.25, 0.4) + pow(0.25, 2.5) + 2.1 * pow(0.25, 0.4);
    for (int i = 0; i < 7; i++) { sum += row[i].score; }
    for (int i = 0; i < 7; i++) {
        toy_near(toy_at(&w, "attraction", row[i].place), row[i].score, 1e-15, row[i].place);
        toy_binomial(toy_road(&w, "A", row[i].place), n_people, row[i].score / sum, row[i].place);
    }
    toy_binomial(toy_road(&w, "A", "Mild"), n_people, pow(0.25, 0.4) / sum, "intensity 0.4");
    toy_binomial(toy_road(&w, "A", "Fierce"), n_people, pow(0.25, 2.5) / sum, "intensity 2.5");
    toy_binomial(toy_road(&w, "A", "Camp in conflict"), n_people, 2.1 * pow(0.25, 0.4) / sum,
                 "camp in conflict");
    toy_end(&w);
}

Test(hop_weights, abroad_is_what_is_not_the_country_of_the_first_place)
{
    const toy what = {.place = "A,forward,400000,,,,There; B,town; C,town,,,,,There;",
                      .link = "A,B,90; A,C,90;",
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, foreign_weight: 4}"};
    toy_world w = toy_make(&what, 72);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "B"), n_people, 4.0 / 5.0, "abroad");
    toy_end(&w);
}

// factor of interval min(floor(age / 30 days), last)
Test(hop_weights, old_conflicts_repel_less)
{
    const toy what = {
        .days = 200,
        .place = "A,town; Old,town,,,,1; New,town; Strong,town;",
        .link = "A,Old,90; A,New,90; A,Strong,90;",
        .conflict = "place,start,end,intensity\nNew,40,,1\nStrong,7,,2.5\n",
        .yaml = "spawn: {mode: none}\nhop: {conflict_weight: 0.3}\n"
                "conflict: {decay: [1, 0.8, 0.5, 0.1], decay_interval: 30}",
    };
    static const double decay[] = {1, 0.8, 0.5, 0.1};
    toy_world w = toy_make(&what, 73);
    for (int day = 0; day < 200; day++) {
        toy_days(&w, 1);
        const double old = decay[(int)fmin(day / 30, 3)];
        toy_near(toy_at(&w, "attraction", "Old"), pow(0.3, old), 1e-15, "since day 0");
        double expected = 1.0;
        if (day >= 40) { expected = pow(0.3, decay[(int)fmin((day - 40) / 30, 3)]); }
        toy_near(toy_at(&w, "attraction", "New"), expected, 1e-15, "since day 40");
        expected = 1.0;
        if (day >= 7) { expected = pow(0.3, 2.5 * decay[(int)fmin((day - 7) / 30, 3)]); }
        toy_near(toy_at(&w, "attraction", "Strong"), expected, 1e-15, "since day 7");
    }
    toy_end(&w);
}

Test(hop_weights, populous_places_other_than_camps_attract)
{
    static const double power[] = {0.1, 0.7, -0.3};
    for (int i = 0; i < 3; i++) {
        char exponent[64];
        (void)snprintf(exponent, sizeof exponent, "hop.pop_power_for_loc_weight=%g", power[i]);
        const toy what = {
            .place = "A,forward,400000; Big,town,,80000; Small,town,,310; Empty,town; Camp,camp;"
                     "Zone,conflict,,5000,,1;",
            .link = "A,Big,90; A,Small,90; A,Empty,90; A,Camp,90; A,Zone,90;",
            .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, conflict_weight: 0.5, "
                    "use_pop_for_loc_weight: true}",
            .set = {exponent}};
        const double big = pow(80000, power[i]), small = pow(310, power[i]);
        const double zone = 0.5 * pow(5000, power[i]), sum = big + small + 1.0 + 1.0 + zone;
        toy_world w = toy_make(&what, 74 + (uint64_t)i);
        toy_days(&w, 1);
        toy_binomial(toy_road(&w, "A", "Big"), n_people, big / sum, "large town");
        toy_binomial(toy_road(&w, "A", "Small"), n_people, small / sum, "small town");
        toy_binomial(toy_road(&w, "A", "Empty"), n_people, 1.0 / sum, "town without population");
        toy_binomial(toy_road(&w, "A", "Camp"), n_people, 1.0 / sum, "camp");
        toy_binomial(toy_road(&w, "A", "Zone"), n_people, zone / sum, "zone of conflict");
        toy_end(&w);
    }
}

Test(hop_weights, a_town_that_counts_as_a_camp_is_not_weighed_by_population)
{
    const toy what = {.place = "A,forward,400000; Low,town,,80000; Zone,conflict,,5000,,1;",
                      .link = "A,Low,90; A,Zone,90;",
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, conflict_weight: 1, "
                              "default_movechance: 0.004, use_pop_for_loc_weight: true}",
                      .set = {"quirks.low_movechance_is_camp=true"}};
    const double zone = pow(5000, 0.1);
    toy_world w = toy_make(&what, 79);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "Low"), n_people, 1.0 / (1.0 + zone), "counts as a camp");
    toy_end(&w);
}

Test(hop_weights, where_nothing_attracts_every_path_is_as_good)
{
    const toy what = {.place = "A,forward,400000; B,town,,,,,There; C,town,,,,,There;",
                      .link = "A,B,17; A,C,240;",
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, foreign_weight: 0}"};
    toy_world w = toy_make(&what, 78);
    toy_days(&w, 1);
    toy_binomial(toy_road(&w, "A", "B"), n_people, 0.5, "near");
    toy_binomial(toy_road(&w, "A", "C"), n_people, 0.5, "far");
    toy_end(&w);
}

// Capacity ---------------------------------------------------------------------------------------

static double multiplier(double capacity, double scaling, double buffer, double n)
{
    const double cap = capacity * scaling;
    if (cap < 1.0 || n <= buffer * cap) { return 1.0; }
    return n >= cap ? 0.0 : 1.0 - (n - buffer * cap) / (cap * (1.0 - buffer));
}

typedef struct filling {
    double capacity, scaling, buffer, people;
} filling;

// Towns with a capacity: nobody gives up a way to a town, so the share is that of the weight.
Test(hop_weights, full_places_lose_their_pull)
{
    static const filling row[] = {
        {1000, 1, 0.9, 0},    {1000, 1, 0.9, 900},  {1000, 1, 0.9, 920},     {1000, 1, 0.9, 999},
        {1000, 1, 0.9, 1000}, {1000, 1, 0.9, 5000}, {1000, 1.25, 0.9, 1170}, {1000, 0.5, 0.9, 460},
        {1000, 1, 0, 300},    {1000, 1, 0.25, 700}, {1000, 1, 1, 999},       {1000, 0, 0.9, 5000},
        {0.5, 1, 0.9, 5000}};
    for (int i = 0; i < 13; i++) {
        const filling *f = &row[i];
        char place[128], hop[256];
        (void)snprintf(place, sizeof place, "A,forward,400000; B,town,%g,,%g; C,town;", f->people,
                       f->capacity);
        (void)snprintf(hop, sizeof hop,
                       "spawn: {mode: none}\nhop: {default_movechance: 0, max_move_speed: 10, "
                       "weight_power: 1.5, capacity_scaling: %g, capacity_buffer: %g}",
                       f->scaling, f->buffer);
        const toy what = {.place = place, .link = "A,B,90; A,C,190;", .yaml = hop};
        const double c = multiplier(f->capacity, f->scaling, f->buffer, f->people);
        const double to_b = pow(c / 100, 1.5), to_c = pow(1.0 / 200, 1.5);
        char about[128];
        (void)snprintf(about, sizeof about, "%g people, capacity %g x %g, buffer %g", f->people,
                       f->capacity, f->scaling, f->buffer);
        toy_world w = toy_make(&what, 80 + (uint64_t)i);
        toy_days(&w, 1);
        toy_binomial(toy_road(&w, "A", "B"), n_people, to_b / (to_b + to_c), about);
        toy_end(&w);
    }
}

// Who chooses a camp whose multiplier is below 0.5 gives the way up and stays for the day.
Test(hop_weights, people_give_up_the_way_to_a_camp_that_is_nearly_full)
{
    static const double people[] = {940, 950, 951, 990, 1000};
    static const double km[] = {90, 190};
    for (int i = 0; i < 5; i++) {
        char place[128];
        (void)snprintf(place, sizeof place, "A,forward,400000; B,camp,%g,,1000; C,camp;",
                       people[i]);
        const toy what = {.place = place,
                          .link = "A,B,90; A,C,190;",
                          .yaml = "spawn: {mode: none}\n"
                                  "hop: {camp_movechance: 0, max_move_speed: 10}"};
        const double c = multiplier(1000, 1, 0.9, people[i]);
        const double to_b = c / (10 + km[0]), to_c = 1.0 / (10 + km[1]);
        const double share = to_b / (to_b + to_c);
        toy_world w = toy_make(&what, 100 + (uint64_t)i);
        toy_days(&w, 1);
        const bool refused = c < 0.5;
        toy_binomial(toy_road(&w, "A", "B"), n_people, refused ? 0.0 : share, "to the camp");
        toy_binomial(toy_people(&w, "A"), n_people, refused ? share : 0.0, "gave up");
        toy_binomial(toy_road(&w, "A", "C"), n_people, 1.0 - share, "to the other camp");
        toy_end(&w);
    }
}

Test(hop_weights, all_stay_when_every_camp_is_full)
{
    const toy what = {.place = "A,forward,400000; B,camp,1000,,1000; C,camp,70,,70;",
                      .link = "A,B,90; A,C,190;",
                      .yaml = "spawn: {mode: none}\nhop: {camp_movechance: 0}"};
    toy_world w = toy_make(&what, 110);
    toy_days(&w, 5);
    toy_near(toy_people(&w, "A"), n_people, 0.0, "at the gate");
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "in the full camp");
    toy_end(&w);
}

Test(hop_weights, who_leaves_a_camp_in_the_morning_makes_room)
{
    // B is full; its people decide first, all leave, and those in A see an empty camp.
    const toy what = {.place = "B,camp,1000,,1000; A,forward,400000; C,camp;",
                      .link = "A,B,90; A,C,190;",
                      .yaml = "spawn: {mode: none}\n"
                              "hop: {camp_movechance: 1, max_move_speed: 10}"};
    const double to_b = 1.0 / 100, to_c = 1.0 / 200;
    toy_world w = toy_make(&what, 112);
    toy_days(&w, 1);
    toy_near(toy_road(&w, "B", "A"), 1000.0, 0.0, "out of the camp");
    toy_binomial(toy_road(&w, "A", "B"), n_people, to_b / (to_b + to_c), "into the camp");
    toy_end(&w);
}

Test(hop_weights, a_route_to_a_camp_that_filled_up_is_dropped_on_the_way)
{
    // Who is in B on day 1 with C as the aim finds C full (one night in each place) and stays
    // there.
    const toy what = {.place = "A,forward,3000; B,town; C,camp,,,1000; D,forward,1000;",
                      .link = "A,B,60; B,C,60; D,C,60;",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, "
                              "camp_movechance: 0, awareness_level: 2, max_move_speed: 70, "
                              "onward: false, camp_weight: 1000000}"};
    toy_world w = toy_make(&what, 111);
    toy_days(&w, 1);
    // By the weights, next to all from A want to C beyond B and all from D want to C.
    toy_near(toy_people(&w, "C"), 1000.0, 0.0, "day 1: filled by those from D");
    toy_near(toy_people(&w, "B"), 3000.0, 0.0, "day 1: on the way to C");
    toy_days(&w, 3);
    toy_near(toy_people(&w, "B"), 3000.0, 0.0, "day 4: stayed");
    toy_end(&w);
}

// Pruning ----------------------------------------------------------------------------------------

// Candidates with W < max W / threshold are dropped; thresholds below 1.001 drop none.
Test(hop_weights, weak_paths_are_pruned)
{
    static const double threshold[] = {0, 1, 1.0005, 1.5, 2.9, 3.1, 11};
    static const double km[] = {40, 90, 140, 490}; // weights 1/50, 1/100, 1/150, 1/500
    static const char *const end[] = {"B", "C", "D", "E"};
    for (int i = 0; i < 7; i++) {
        char pruning[64];
        (void)snprintf(pruning, sizeof pruning, "hop.pruning_threshold=%g", threshold[i]);
        const toy what = {.place = "A,forward,400000; B,town; C,town; D,town; E,town;",
                          .link = "A,B,40; A,C,90; A,D,140; A,E,490;",
                          .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0}",
                          .set = {pruning}};
        double weight[4];
        for (int k = 0; k < 4; k++) {
            weight[k] = 1.0 / (10 + km[k]);
            const bool weak = threshold[i] > 1.001 && weight[k] < 1.0 / 50 / threshold[i];
            if (weak) { weight[k] = 0.0; }
        }
        toy_world w = toy_make(&what, 120 + (uint64_t)i);
        toy_days(&w, 5);
        toy_shares(&w, n_people, 4, weight, end);
        toy_end(&w);
    }
}

// Home -------------------------------------------------------------------------------------------

static const double pi = 3.14159265358979323846;

/// Great-circle distance by the spherical law of cosines, mean radius 6371.0088 km.
static double sphere(double lat_a, double lon_a, double lat_b, double lon_b)
{
    const double r = pi / 180.0;
    return 6371.0088 * acos(sin(lat_a * r) * sin(lat_b * r) +
                            cos(lat_a * r) * cos(lat_b * r) * cos((lon_b - lon_a) * r));
}

// People born in A (10 N 20 E) decide in B, one day later; two ends, one near A and one near B.
static const char *const homes = "A,forward,400000,,,,,,10,20; B,forward,,,,,,,12,27;"
                                 "Near A,town,,,,,,,10.5,20.5; Near B,town,,,,,,,12.5,27.5;";

static double toward(double d)
{
    return 1.0 / pow(fmax(1.0, d), 0.8) / 100.0; // all links are 90 km
}

static toy_world at_home(const char *quirk, const char *swapped)
{
    const toy what = {.place = homes,
                      .link = "A,B,90; B,Near A,90; B,Near B,90;",
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0, onward: false, "
                              "max_move_speed: 100, stay_close_to_home: true, "
                              "home_distance_power: 0.8}",
                      .set = {quirk, swapped}};
    toy_world w = toy_make(&what, 130);
    toy_days(&w, 2);
    return w;
}

Test(hop_weights, people_stay_close_to_home)
{
    toy_world w = at_home("quirks.home_is_present_place=false", NULL);
    const double back = toward(sphere(10, 20, 10.5, 20.5)); // A itself is 0 km away: as 1 km
    const double home = toward(0.0), away = toward(sphere(10, 20, 12.5, 27.5));
    const double sum = back + home + away;
    toy_binomial(toy_people(&w, "Near A"), n_people, back / sum, "near home");
    toy_binomial(toy_people(&w, "Near B"), n_people, away / sum, "far from home");
    toy_binomial(toy_people(&w, "A"), n_people, home / sum, "at home again");
    toy_end(&w);
}

Test(hop_weights, in_flee_people_stay_close_to_where_they_are)
{
    toy_world w = at_home("quirks.home_is_present_place=true", NULL);
    const double a = toward(sphere(12, 27, 10, 20)), near_a = toward(sphere(12, 27, 10.5, 20.5));
    const double near_b = toward(sphere(12, 27, 12.5, 27.5)), sum = a + near_a + near_b;
    toy_binomial(toy_people(&w, "Near A"), n_people, near_a / sum, "near the origin");
    toy_binomial(toy_people(&w, "Near B"), n_people, near_b / sum, "near the present place");
    toy_end(&w);
}

Test(hop_weights, in_flee_latitude_and_longitude_are_exchanged)
{
    toy_world w = at_home("quirks.home_is_present_place=true", "quirks.swapped_coordinates=true");
    const double a = toward(sphere(27, 12, 20, 10)), near_a = toward(sphere(27, 12, 20.5, 10.5));
    const double near_b = toward(sphere(27, 12, 27.5, 12.5)), sum = a + near_a + near_b;
    toy_binomial(toy_people(&w, "Near A"), n_people, near_a / sum, "near the origin");
    toy_binomial(toy_people(&w, "Near B"), n_people, near_b / sum, "near the present place");
    toy_end(&w);
}

Test(hop_weights, home_needs_coordinates)
{
    static const char *const name[] = {"scenario.yaml", "places.csv", "links.csv"};
    static const char *const text[] = {
        "libflow: 1\nperiod: {start: 2020-01-01, days: 3}\nspawn: {mode: none}\n"
        "hop: {stay_close_to_home: true}\n",
        "name,kind,country,region,latitude,longitude,population,capacity,initial_idps\n"
        "A,town,,,1,2,,,7\nB,town,,,,,,,\n",
        "from,to,length_km\nA,B,90\n"};
    flow_file file[3];
    for (int i = 0; i < 3; i++) {
        file[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_expect_eq(flow_scenario_load_memory(file, 3, NULL, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(),
                     "memory: hop.stay_close_to_home needs latitude and longitude of every place, "
                     "'B' has none");
}
