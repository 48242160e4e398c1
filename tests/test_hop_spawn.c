// Who enters the simulation, when and where, and who leaves it. Expected numbers are computed here
// from docs/model.md ("Who leaves home"):
//   registrations  change of the observed total, less the debt of earlier falls
//   origins        in proportion to population x intensity x decay
//   conflict       int(rate x intensity), Poisson of that mean, or int(rate x population x
//   intensity)
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Nobody moves in these scenarios: where people entered is where they are.
#define STILL "hop: {default_movechance: 0, conflict_movechance: 0, camp_movechance: 0}\n"

// Registrations ----------------------------------------------------------------------------------

/// Count of a day between the days and counts of a table: linear, cut to whole people.
static int64_t count_at(int n, const double (*row)[2], double day)
{
    if (day <= row[0][0]) { return (int64_t)row[0][1]; }
    for (int i = 1; i < n; i++) {
        if (day > row[i][0]) { continue; }
        const double part = (day - row[i - 1][0]) / (row[i][0] - row[i - 1][0]);
        return (int64_t)(row[i - 1][1] + part * (row[i][1] - row[i - 1][1]));
    }
    return (int64_t)row[n - 1][1];
}

// Two camps; the sum rises, falls by more than it rose, and rises again.
static const double first_camp[][2] = {{-4, 20}, {3, 1003}, {5, 640}, {9, 2000}, {14, 2000}};
static const double second_camp[][2] = {{2, 500}, {6, 90}, {13, 777}};
static const char *const two_series =
    "date,place,people\n2019-12-28,C,20\n2020-01-04,C,1003\n2020-01-06,C,640\n2020-01-10,C,2000\n"
    "2020-01-15,C,2000\n2020-01-03,D,500\n2020-01-07,D,90\n2020-01-14,D,777\n";
static const char *const zone_and_camps = "Z,conflict,,100000,,1; C,camp; D,camp;";
static const char *const zone_links = "Z,C,100; Z,D,100;";

Test(hop_spawn, as_many_enter_as_newly_registered_less_the_debt)
{
    const toy what = {.days = 18,
                      .place = zone_and_camps,
                      .link = zone_links,
                      .observations = two_series,
                      .yaml = STILL};
    toy_world w = toy_make(&what, 1);
    toy_near(toy_people(&w, "C"), (double)count_at(5, first_camp, 0), 0.0, "C on day 0");
    toy_near(toy_people(&w, "D"), (double)count_at(3, second_camp, 0), 0.0, "D on day 0");
    int64_t debt = 0, all = 0, before = count_at(5, first_camp, 0) + count_at(3, second_camp, 0);
    int fell = 0;
    for (int day = 0; day < 18; day++) {
        const int64_t now = count_at(5, first_camp, day) + count_at(3, second_camp, day);
        const int64_t change = day == 0 ? 0 : now - before - debt;
        const int64_t enter = change > 0 ? change : 0;
        debt = change < 0 ? -change : 0;
        fell += debt > 0;
        before = now;
        all += enter;
        toy_days(&w, 1);
        toy_near(toy_all(&w, "to_enter"), (double)enter, 0.0, "to enter");
        toy_near(toy_all(&w, "registration_debt"), (double)debt, 0.0, "debt");
        toy_near(toy_at(&w, "displaced", "Z"), (double)enter, 0.0, "displaced");
        toy_near(toy_people(&w, "Z"), (double)all, 0.0, "in the zone");
    }
    cr_expect_gt(fell, 1, "the test has no days of debt");
    toy_end(&w);
}

Test(hop_spawn, a_correction_scales_what_was_counted_before)
{
    // On 6 January a new registration counts 640 where 1003 were estimated: earlier counts x 0.638.
    const toy what = {.days = 18,
                      .place = zone_and_camps,
                      .link = zone_links,
                      .observations = two_series,
                      .corrections = "place,date\nC,2020-01-06\n",
                      .yaml = STILL};
    double scaled[5][2];
    for (int i = 0; i < 5; i++) {
        scaled[i][0] = first_camp[i][0];
        scaled[i][1] = first_camp[i][1] * (i < 2 ? 640.0 / 1003.0 : 1.0);
    }
    toy_world w = toy_make(&what, 2);
    const double(*corrected)[2] = (const double(*)[2])scaled;
    toy_near(toy_people(&w, "C"), (double)count_at(5, corrected, 0), 0.0, "C on day 0");
    toy_days(&w, 2);
    const double change = (double)(count_at(5, corrected, 1) - count_at(5, corrected, 0));
    toy_near(toy_at(&w, "displaced", "Z"), change, 0.0, "day 1");
    toy_end(&w);
}

Test(hop_spawn, corrections_of_flee_folders_scale_the_same)
{
    // The row of the correction, 640 on 6 January, and the one before, 1003 on 4 January.
    const toy_flee what = {
        .settings = "spawn_rules: {insert_day0: True}\n",
        .locations = "Z,,Here,1,1,conflict_zone,0,100000; C,,There,2,1,camp;",
        .routes = "Z,C,5000;",
        .conflict_columns = "Z",
        .conflicts = "1;",
        .layout = "total,counts_1.csv\nC,counts_1.csv\n",
        .counts = {"2019-12-28,20\n2020-01-04,1003\n2020-01-06,640\n2020-01-10,2000\n"},
        .corrections = "C,2020-01-06\nC,2019-12-28\n"};
    const double ratio = 640.0 / 1003.0;
    const double scaled[][2] = {{-4, 20 * ratio}, {3, 1003 * ratio}, {5, 640}, {9, 2000}};
    toy_world w = toy_make_flee(&what, 2);
    int64_t debt = 0;
    for (int day = 0; day < 10; day++) {
        const int64_t change =
            day == 0 ? 0 : count_at(4, scaled, day) - count_at(4, scaled, day - 1) - debt;
        debt = change < 0 ? -change : 0;
        toy_days(&w, 1);
        toy_near(toy_all(&w, "to_enter"), change > 0 ? (double)change : 0.0, 0.0, "to enter");
    }
    toy_end(&w);
}

Test(hop_spawn, the_total_can_be_a_series_of_its_own)
{
    const toy what = {.place = zone_and_camps,
                      .link = zone_links,
                      .observations = "date,place,people\n2020-01-01,C,40\n2020-01-01,total,100\n"
                                      "2020-01-11,total,1105\n2020-01-11,C,50\n",
                      .yaml = "spawn: {total_from_camps: false}\n" STILL};
    static const double total[][2] = {{0, 100}, {10, 1105}};
    toy_world w = toy_make(&what, 3);
    for (int day = 0; day < 10; day++) {
        toy_days(&w, 1);
        const int64_t now = count_at(2, total, day), before = count_at(2, total, fmax(day - 1, 0));
        toy_near(toy_all(&w, "to_enter"), (double)(now - before), 0.0, "to enter");
    }
    toy_end(&w);
}

// What the first day brings ----------------------------------------------------------------------

typedef struct first_day {
    const char *set[5];
    double in_camp, capacity, enter; // on the first evening
} first_day;

// 300 people counted in camp C of 1000 places, 200 in D of 150 places, total row 600.
Test(hop_spawn, the_first_day_is_as_the_settings_say)
{
    static const first_day row[] = {
        {{NULL}, 300, 1000, 0},
        {{"quirks.day0_reduces_capacity=true"}, 300, 700, 0},
        {{"spawn.insert_day0=false"}, 0, 1000, 500},
        {{"spawn.insert_day0=false", "quirks.day0_reduces_capacity=true"}, 0, 1000, 500},
        {{"spawn.insert_day0=false", "quirks.day0_total_row=true"}, 0, 1000, 1100},
        {{"spawn.insert_day0=false", "quirks.day0_total_row=true", "spawn.total_from_camps=false"},
         0,
         1000,
         600},
        {{"spawn.empty_camps_on_day0=true"}, 0, 1000, 0},
        {{"spawn.empty_camps_on_day0=true", "quirks.day0_reduces_capacity=true"}, 0, 700, 0},
        {{"spawn.empty_camps_on_day0=true", "spawn.insert_day0=false"}, 0, 1000, 0},
        {{"spawn.mode=none"}, 300, 1000, 0},
    };
    for (int i = 0; i < 10; i++) {
        toy what = {.place = "Z,conflict,,100000,,1; C,camp,,,1000; D,camp,,,150;",
                    .link = zone_links,
                    .observations = "date,place,people\n2020-01-01,C,300\n2020-01-01,D,200\n"
                                    "2020-01-01,total,600\n2020-01-03,C,340\n",
                    .yaml = STILL};
        memcpy(what.set, row[i].set, sizeof row[i].set);
        toy_world w = toy_make(&what, 4);
        toy_near(toy_people(&w, "C"), row[i].in_camp, 0.0, "before the first step");
        toy_days(&w, 1);
        char about[64];
        (void)snprintf(about, sizeof about, "row %d", i);
        toy_near(toy_people(&w, "C"), row[i].in_camp, 0.0, about);
        toy_near(toy_at(&w, "capacity_in_use", "C"), row[i].capacity, 0.0, about);
        toy_near(toy_all(&w, "to_enter"), row[i].enter, 0.0, about);
        toy_near(toy_people(&w, "Z"), row[i].enter, 0.0, about);
        toy_days(&w, 1);
        const bool none = i == 9 || i == 5;
        toy_near(toy_all(&w, "to_enter"), none ? 0.0 : 20.0, 0.0, about);
        toy_end(&w);
    }
}

Test(hop_spawn, a_capacity_used_up_on_the_first_day_is_unlimited_in_flee)
{
    const toy what = {.place = "Z,conflict,,100000,,1; C,camp,,,150;",
                      .link = "Z,C,100;",
                      .observations = "date,place,people\n2020-01-01,C,200\n",
                      .yaml = STILL,
                      .set = {"quirks.day0_reduces_capacity=true"}};
    toy_world w = toy_make(&what, 5);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "capacity_in_use", "C"), -1.0, 0.0, "150 places less 200 people");
    toy_end(&w);
}

Test(hop_spawn, first_idps_stand_where_the_file_says)
{
    static const char *const empty[] = {NULL, "spawn.empty_camps_on_day0=true"};
    for (int i = 0; i < 2; i++) {
        const toy what = {.place = "T,town,70; C,camp,90; Z,conflict,50,,,1;",
                          .link = "T,C,100; Z,C,100;",
                          .yaml = "spawn: {mode: none}\n" STILL,
                          .set = {empty[i]}};
        toy_world w = toy_make(&what, 6);
        toy_days(&w, 1);
        toy_near(toy_people(&w, "T"), 70.0, 0.0, "town");
        toy_near(toy_people(&w, "Z"), 50.0, 0.0, "zone");
        toy_near(toy_people(&w, "C"), i == 1 ? 0.0 : 90.0, 0.0, "camp");
        toy_near(toy_at(&w, "displaced", "T"), 70.0, 0.0, "displaced on day 0");
        toy_end(&w);
    }
}

// FLEE folders: zone Z, town T, camp C.
static toy_flee flee_folder(const char *settings, const char *set)
{
    return (toy_flee){
        .settings = settings,
        .locations = "Z,,Here,1,1,conflict_zone,0,100000; T,,Here,1,2,town,,500,,70;"
                     "C,,There,2,1,camp,,1000,,90,0.3;",
        .routes = "Z,T,100; Z,C,100;",
        .conflict_columns = "Z",
        .conflicts = "1;",
        .layout = "total,counts_1.csv\nC,counts_2.csv\n",
        .counts = {"2020-01-01,600\n2020-01-11,600\n", "2020-01-01,300\n2020-01-11,400\n"},
        .set = {set}};
}

Test(hop_spawn, first_idps_of_a_flee_folder_stand_in_camps_only)
{
    const toy_flee quirk = flee_folder("spawn_rules: {insert_day0: True}\n", NULL);
    const toy_flee plain = flee_folder("spawn_rules: {insert_day0: True}\n",
                                       "quirks.initial_idps_in_camps_only=false");
    toy_world q = toy_make_flee(&quirk, 7), p = toy_make_flee(&plain, 7);
    toy_near(toy_people(&q, "C"), 390.0, 0.0, "counted and first in the camp");
    toy_near(toy_people(&q, "T"), 0.0, 0.0, "town of FLEE");
    toy_near(toy_people(&p, "T"), 70.0, 0.0, "town without the quirk");
    toy_end(&q);
    toy_end(&p);
    const toy_flee none = flee_folder("spawn_rules: {empty_camps_on_day0: True}\n", NULL);
    toy_world e = toy_make_flee(&none, 7);
    toy_near(toy_all(&e, "persons"), 0.0, 0.0, "empty camps");
    toy_end(&e);
}

Test(hop_spawn, the_first_day_of_a_flee_folder_has_flees_quirks)
{
    const toy_flee with = flee_folder("spawn_rules: {insert_day0: True}\n", NULL);
    toy_world w = toy_make_flee(&with, 8);
    toy_days(&w, 1);
    toy_near(toy_at(&w, "capacity_in_use", "C"), 700.0, 0.0, "capacity less the counted");
    toy_near(toy_all(&w, "to_enter"), 0.0, 0.0, "inserted");
    toy_end(&w);
    const toy_flee without = flee_folder("spawn_rules: {insert_day0: False}\n", NULL);
    toy_world v = toy_make_flee(&without, 8);
    toy_days(&v, 1);
    toy_near(toy_all(&v, "to_enter"), 900.0, 0.0, "the camp and the total row");
    toy_near(toy_at(&v, "capacity_in_use", "C"), 1000.0, 0.0, "capacity");
    toy_end(&v);
}

// Origins ----------------------------------------------------------------------------------------

Test(hop_spawn, origins_are_drawn_by_population_intensity_and_decay)
{
    static const char *const zone[] = {"Old", "Strong", "New", "Late"};
    const toy what = {.days = 60,
                      .place =
                          "Old,conflict,,50000,,1; Strong,town,,20000; New,town,,80000;"
                          "Late,town,,70000; Peace,town,,900000; Nobody,conflict,,,,1; C,camp;",
                      .link = "Old,C,100; Strong,C,100; New,C,100; Late,C,100; Peace,C,100;"
                              "Nobody,C,100;",
                      .conflict = "place,start,end,intensity\nStrong,0,,2.5\nNew,25,,1\n"
                                  "Late,45,,1\n",
                      .observations = "date,place,people\n2020-01-01,C,0\n2020-02-10,C,0\n"
                                      "2020-02-11,C,400000\n2020-02-21,C,400000\n"
                                      "2020-02-22,C,800000\n",
                      .yaml = "conflict: {decay: [1, 0.6, 0.3], decay_interval: 20}\n" STILL};
    toy_world w = toy_make(&what, 9);
    for (int day = 0; day < 60; day++) {
        toy_days(&w, 1);
        if (day != 41 && day != 52) { continue; }
        // Ages on day 41: 41, 41, 16, -; on day 52: 52, 52, 27, 7.
        const bool second = day == 52;
        const double weight[] = {50000 * 0.3, 20000 * 2.5 * 0.3, 80000 * (second ? 0.6 : 1.0),
                                 second ? 70000.0 : 0.0};
        double sum = 0.0;
        for (int i = 0; i < 4; i++) { sum += weight[i]; }
        for (int i = 0; i < 4; i++) {
            toy_binomial(toy_at(&w, "displaced", zone[i]), 400000, weight[i] / sum, zone[i]);
        }
        toy_near(toy_at(&w, "displaced", "Peace"), 0.0, 0.0, "in peace");
        toy_near(toy_at(&w, "displaced", "Nobody"), 0.0, 0.0, "without population");
    }
    toy_end(&w);
}

Test(hop_spawn, who_enters_decides_on_the_same_day)
{
    const toy what = {.place = "Z,conflict,,100000,,1; C,camp;",
                      .link = "Z,C,1000;",
                      .observations = "date,place,people\n2020-01-01,C,0\n2020-01-02,C,400000\n",
                      .yaml = "hop: {conflict_movechance: 0.7}"};
    toy_world w = toy_make(&what, 10);
    toy_days(&w, 2);
    toy_binomial(toy_road(&w, "Z", "C"), 400000, 0.7, "on the road");
    toy_end(&w);
}

Test(hop_spawn, people_who_register_need_a_conflict)
{
    const toy what = {.place = "Z,town,,100000; C,camp;",
                      .link = "Z,C,100;",
                      .conflict = "place,start,end,intensity\nZ,4,,1\n",
                      .observations = "date,place,people\n2020-01-01,C,0\n2020-01-03,C,10\n",
                      .yaml = STILL};
    toy_world w = toy_make(&what, 11);
    toy_days(&w, 1);
    cr_expect_eq(flow_model_step(w.m), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(),
                     "day 1: 5 people must leave (registrations rose) but no place with people is "
                     "in conflict; give a conflict that has begun by then");
    cr_expect_eq(flow_model_step(w.m), FLOW_ESTATE);
    toy_end(&w);
}

// Populations ------------------------------------------------------------------------------------

// 600 more are registered each day; Z has 1000 people, Y 5000, whose conflict begins on day 5.
static toy_world draining(const char *set)
{
    const toy what = {.days = 12,
                      .place = "Z,conflict,,1000,,1; Y,town,,5000; C,camp;",
                      .link = "Z,C,100; Y,C,100;",
                      .conflict = "place,start,end,intensity\nY,5,,1\n",
                      .observations = "date,place,people\n2020-01-01,C,0\n2020-01-08,C,4200\n",
                      .yaml = "spawn: {take_from_population: true}\n" STILL,
                      .set = {set}};
    return toy_make(&what, 12);
}

Test(hop_spawn, people_wait_when_a_population_is_used_up)
{
    toy_world w = draining(NULL);
    static const double in_z[] = {0, 600, 1000, 1000, 1000}, wait[] = {0, 0, 200, 800, 1400};
    for (int day = 0; day < 5; day++) {
        toy_days(&w, 1);
        toy_near(toy_people(&w, "Z"), in_z[day], 0.0, "entered in Z");
        toy_near(toy_all(&w, "waiting"), wait[day], 0.0, "waiting");
    }
    toy_days(&w, 1);
    toy_near(toy_people(&w, "Y"), 2000.0, 0.0, "day 5: all who waited, and 600");
    toy_near(toy_all(&w, "waiting"), 0.0, 0.0, "nobody waits");
    toy_days(&w, 6);
    toy_near(toy_people(&w, "Y"), 3200.0, 0.0, "all of 4200");
    toy_end(&w);
}

Test(hop_spawn, in_flee_an_empty_place_still_sends_the_people_of_its_last_day)
{
    toy_world w = draining("quirks.overdrawn_population=true");
    toy_days(&w, 3);
    toy_near(toy_people(&w, "Z"), 1200.0, 0.0, "200 more than lived there");
    toy_near(toy_all(&w, "waiting"), 0.0, 0.0, "nobody waits");
    cr_expect_eq(flow_model_step(w.m), FLOW_EINPUT, "no weight is left, which ends FLEE too");
    toy_end(&w);
}

Test(hop_spawn, populations_stay_unless_people_are_taken_from_them)
{
    toy_world w = draining("spawn.take_from_population=false");
    toy_days(&w, 5);
    toy_near(toy_people(&w, "Z"), 2400.0, 0.0, "of a thousand");
    toy_end(&w);
}

// By conflict ------------------------------------------------------------------------------------

static const char *const three_zones = "A,conflict,,10007,,1; B,conflict,,999,,0.61; C,camp;"
                                       "D,town,,50000;";
static const char *const three_links = "A,C,100; B,C,100; D,C,100;";

Test(hop_spawn, a_constant_number_leaves_each_zone)
{
    const toy what = {.place = three_zones,
                      .link = three_links,
                      .yaml = "spawn: {mode: conflict, rate_kind: constant, rate: 37.9}\n"
                              "conflict: {decay: [0.1]}\n" STILL};
    toy_world w = toy_make(&what, 13);
    toy_days(&w, 10);
    toy_near(toy_people(&w, "A"), 10 * floor(37.9), 0.0, "intensity 1, no decay");
    toy_near(toy_people(&w, "B"), 10 * floor(37.9 * 0.61), 0.0, "intensity 0.61");
    toy_near(toy_people(&w, "D"), 0.0, 0.0, "in peace");
    toy_near(toy_all(&w, "to_enter"), floor(37.9) + floor(37.9 * 0.61), 0.0, "to enter");
    toy_end(&w);
}

Test(hop_spawn, a_share_of_the_population_leaves_each_zone)
{
    for (int take = 0; take < 2; take++) {
        const toy what = {
            .place = three_zones,
            .link = three_links,
            .yaml = "spawn: {mode: conflict, rate_kind: pop_ratio, rate: 0.23}\n" STILL,
            .set = {take ? "spawn.take_from_population=true" : "spawn.take_from_population=false"}};
        double people[2] = {10007, 999}, left[2] = {0, 0};
        const double intensity[2] = {1, 0.61};
        toy_world w = toy_make(&what, 14);
        for (int day = 0; day < 10; day++) {
            toy_days(&w, 1);
            for (int i = 0; i < 2; i++) {
                const double n = floor(0.23 * intensity[i] * people[i]);
                left[i] += n;
                if (take) { people[i] -= n; }
                toy_near(toy_people(&w, i == 0 ? "A" : "B"), left[i], 0.0, "share of a population");
            }
        }
        toy_end(&w);
    }
}

Test(hop_spawn, more_than_live_there_leave_only_in_flee)
{
    static const char *const quirk[] = {"quirks.overdrawn_population=false",
                                        "quirks.overdrawn_population=true"};
    for (int i = 0; i < 2; i++) {
        const toy what = {
            .place = three_zones,
            .link = three_links,
            .yaml = "spawn: {mode: conflict, rate: 600, take_from_population: true}\n" STILL,
            .set = {quirk[i]}};
        toy_world w = toy_make(&what, 15);
        toy_days(&w, 5);
        toy_near(toy_people(&w, "B"), i == 1 ? 5 * 366.0 : 999.0, 0.0, quirk[i]);
        toy_end(&w);
    }
}

Test(hop_spawn, a_poisson_number_leaves_each_zone)
{
    const toy what = {.days = 4000,
                      .place = three_zones,
                      .link = three_links,
                      .yaml = "spawn: {mode: conflict, rate_kind: poisson, rate: 37.3}\n" STILL};
    static const char *const zone[] = {"A", "B"};
    const double mean[] = {37.3, 37.3 * 0.61};
    double sum[2] = {0, 0}, square[2] = {0, 0}, product = 0.0;
    toy_world w = toy_make(&what, 16);
    for (int day = 0; day < 4000; day++) {
        toy_days(&w, 1);
        double n[2];
        for (int i = 0; i < 2; i++) {
            n[i] = toy_at(&w, "displaced", zone[i]);
            sum[i] += n[i];
            square[i] += n[i] * n[i];
        }
        product += (n[0] - mean[0]) * (n[1] - mean[1]);
    }
    for (int i = 0; i < 2; i++) {
        const double m = sum[i] / 4000, v = square[i] / 4000 - m * m;
        toy_near(m, mean[i], sqrt(mean[i] / 4000), "mean");
        // Variance of a sample variance: (mu_4 - sigma^4) / n with mu_4 = m + 3 m^2.
        toy_near(v, mean[i], sqrt((mean[i] + 2 * mean[i] * mean[i]) / 4000), "variance");
    }
    toy_near(product / 4000, 0.0, sqrt(mean[0] * mean[1] / 4000), "zones are independent");
    toy_end(&w);
}

// Refusal: no setting that can be typed makes more people than a model counts.
Test(hop_spawn, more_people_than_can_be_counted_are_refused)
{
    static const char *const kind[] = {"constant", "poisson", "pop_ratio"};
    for (int k = 0; k < 3; k++) {
        char yaml[160];
        (void)snprintf(yaml, sizeof yaml,
                       STILL "spawn: {mode: conflict, rate_kind: %s, rate: %s}\n", kind[k],
                       k == 2 ? "1" : "1e10");
        const toy what = {.place = "Z,conflict,,1e10,,1e6; Y,conflict,,1e10,,1e6; C,camp;",
                          .link = "Z,C,100; Y,C,100;",
                          .yaml = yaml};
        toy_world w = toy_make(&what, 3);
        cr_expect_eq(flow_model_step(w.m), FLOW_ERANGE, "%s", kind[k]);
        cr_expect_str_eq(flow_error_text(),
                         "day 0: 1e+16 people leave 'Z' by spawn.rate and the intensity of its "
                         "conflict, 0 elsewhere; at most 1e+12 can enter a model");
        cr_expect_eq(flow_model_step(w.m), FLOW_ESTATE, "the model is broken until it is reset");
        toy_end(&w);
    }
}

Test(hop_spawn, as_many_people_as_can_be_counted_enter)
{
    const toy what = {.place = "Z,conflict,,1e10,,1e2; Y,conflict,,1e10,,1e-1; C,camp;",
                      .link = "Z,C,100; Y,C,100;",
                      .yaml = STILL "spawn: {mode: conflict, rate_kind: pop_ratio, rate: 0.999}\n"};
    toy_world w = toy_make(&what, 3);
    toy_days(&w, 1);
    cr_expect_eq(flow_model_persons(w.m), INT64_C(999999000000));
    cr_expect_eq(flow_model_step(w.m), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(), "step 1: 999000000000 people enter at 'Z', 999999000000 "
                                        "did before; at most 1e+12 can enter a model");
    toy_end(&w);
}

Test(hop_spawn, a_share_above_1_is_refused)
{
    static const char *const name[] = {"scenario.yaml", "places.csv", "links.csv"};
    static const char *const text[] = {
        "libflow: 1\nperiod: {start: 2020-01-01, days: 3}\n"
        "spawn: {mode: conflict, rate_kind: pop_ratio}\n",
        "name,kind,country,region,latitude,longitude,population,capacity,conflict_intensity\n"
        "A,town,,,,,900,,1\nB,town,,,,,,,\n",
        "from,to,length_km\nA,B,90\n"};
    flow_file file[3];
    for (int i = 0; i < 3; i++) {
        file[i] = (flow_file){name[i], text[i], (int64_t)strlen(text[i])};
    }
    flow_scenario *s = NULL;
    cr_expect_eq(flow_scenario_load_memory(file, 3, NULL, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(),
                     "memory: spawn.rate = 500 is no share of the population, for spawn.rate_kind "
                     "pop_ratio 0 to 1 was expected");
}

// Who leaves -------------------------------------------------------------------------------------

static toy_world with_sinks(const char *first, const char *second)
{
    const toy what = {.place = "C,camp,400000,,,,,0.3; D,camp,400000; T,town,400000;",
                      .link = "C,T,100; D,T,100;",
                      .yaml = "spawn: {mode: none}\n" STILL,
                      .set = {first, second}};
    return toy_make(&what, 17);
}

Test(hop_spawn, people_leave_the_model_in_camps_that_are_sinks)
{
    toy_world w = with_sinks("hop.camps_are_sinks=true", NULL);
    for (int day = 1; day <= 4; day++) {
        toy_days(&w, 1);
        toy_binomial(toy_people(&w, "C"), 400000, pow(0.7, day), "still in the camp");
    }
    toy_near(toy_people(&w, "D") + toy_people(&w, "T"), 800000.0, 0.0, "elsewhere");
    toy_near(toy_all(&w, "left_total"), 400000.0 - toy_people(&w, "C"), 0.0, "left");
    toy_end(&w);
    toy_world off = with_sinks(NULL, NULL);
    toy_world quirk = with_sinks("hop.camps_are_sinks=true", "quirks.camps_are_no_sinks=true");
    toy_days(&off, 2);
    toy_days(&quirk, 2);
    toy_near(toy_all(&off, "left_total"), 0.0, 0.0, "switched off");
    toy_near(toy_all(&quirk, "left_total"), 0.0, 0.0, "FLEE's quirk");
    toy_end(&off);
    toy_end(&quirk);
}

Test(hop_spawn, flee_has_sinks_only_under_the_key_it_reads)
{
    const toy_flee manual = flee_folder("spawn_rules: {camps_are_sinks: True}\n", NULL);
    toy_world w = toy_make_flee(&manual, 18);
    bool warned = false;
    for (int64_t i = 0; i < flow_scenario_n_warning(w.s); i++) {
        warned |=
            strncmp(flow_scenario_warning(w.s, i).text, "camps_are_sinks does nothing", 28) == 0;
    }
    cr_expect(warned, "no warning");
    toy_days(&w, 5);
    toy_near(toy_all(&w, "left_total"), 0.0, 0.0, "camps_are_sinks");
    toy_end(&w);
    const toy_flee real = flee_folder("spawn_rules: {camps_are_sicks: True}\n", NULL);
    toy_world v = toy_make_flee(&real, 18);
    toy_days(&v, 1);
    toy_binomial(toy_all(&v, "left_total"), 390, 0.3, "camps_are_sicks");
    toy_end(&v);
}

// A place that is hardly left --------------------------------------------------------------------

Test(hop_spawn, a_place_that_is_hardly_left_is_a_camp_in_flee)
{
    static const char *const quirk[] = {"quirks.low_movechance_is_camp=true",
                                        "quirks.low_movechance_is_camp=false"};
    for (int i = 0; i < 2; i++) {
        toy_flee what =
            flee_folder("move_rules: {default_movechance: 0.004, camp_weight: 3.0}\n", quirk[i]);
        toy_world w = toy_make_flee(&what, 19);
        toy_days(&w, 1);
        toy_near(toy_at(&w, "attraction", "T"), i == 0 ? 3.0 : 1.0, 0.0, "attraction");
        toy_near(toy_at(&w, "move_chance", "T"), 0.004, 0.0, "move chance stays");
        toy_end(&w);
        const toy own = {.place = "A,town; B,camp;",
                         .link = "A,B,100;",
                         .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0.004, "
                                 "camp_weight: 3}",
                         .set = {quirk[i]}};
        toy_world v = toy_make(&own, 19);
        toy_days(&v, 1);
        toy_near(toy_at(&v, "attraction", "A"), i == 0 ? 3.0 : 1.0, 0.0, "own folder");
        toy_end(&v);
    }
}
