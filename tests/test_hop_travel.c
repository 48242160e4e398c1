// The hop rule: travel on links. Expected days and numbers are computed here from docs/model.md
// ("The hop rule", Travel): a link is finished on the day on which the distance covered is more
// than its length; who arrives with part of the day left is asked again.
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static const double n_people = 400000.0;
static const char *const still =
    "spawn: {mode: none}\nhop: {default_movechance: 0, camp_movechance: 0}";

// One link ---------------------------------------------------------------------------------------

// floor(L / v) + 1 days: 360 km at 360 km a day take two. In binary 3 x 0.1 is more than 0.3, and
// 3 x 1.1 more than 3.3.
Test(hop_travel, a_link_takes_as_many_days_as_its_length_is_exceeded)
{
    static const struct {
        double km, speed;
        int days;
    } row[] = {{359, 360, 1}, {360, 360, 2},  {361, 360, 2}, {719, 360, 2}, {720, 360, 3},
               {99.5, 35, 3}, {105, 35, 4},   {0.3, 0.1, 3}, {3.3, 1.1, 3}, {1000, 17, 59},
               {1, 360, 1},   {1000, 250, 5}, {1000, 251, 4}};
    for (int i = 0; i < 13; i++) {
        char link[64], about[64];
        (void)snprintf(link, sizeof link, "A,B,%.17g,%.17g;", row[i].km, row[i].speed);
        const toy what = {
            .days = 70, .place = "A,forward,1000; B,town;", .link = link, .yaml = still};
        toy_world w = toy_make(&what, 1);
        int days = 0;
        while (toy_people(&w, "B") < 1000.0 && days < 70) {
            toy_near(toy_people(&w, "B"), 0.0, 0.0, "before the end");
            toy_days(&w, 1);
            days++;
        }
        (void)snprintf(about, sizeof about, "days for %g km at %g km/d", row[i].km, row[i].speed);
        toy_near(days, row[i].days, 0.0, about);
        toy_end(&w);
    }
}

Test(hop_travel, speed_is_that_of_the_link_or_else_of_the_rule)
{
    const toy what = {.place = "A,forward,400000; B,town; C,town;",
                      .link = "A,B,90; A,C,90,40;",
                      .yaml = still,
                      .set = {"hop.max_move_speed=100"}};
    toy_world w = toy_make(&what, 2);
    toy_days(&w, 1);
    const double to_b = toy_people(&w, "B");
    toy_binomial(to_b, n_people, 0.5, "over the link without a speed");
    toy_days(&w, 1);
    toy_near(toy_road(&w, "A", "C"), n_people - to_b, 0.0, "90 km at 40 km a day, two days");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "C"), n_people - to_b, 0.0, "three days");
    toy_end(&w);
}

Test(hop_travel, defaults_are_360_km_a_day_and_35_on_foot)
{
    const toy what = {.place = "A,forward,1000; B,town; C,forward,1000; D,town;",
                      .link = "A,B,359.9; C,D,360;",
                      .yaml = still};
    toy_world w = toy_make(&what, 3);
    toy_days(&w, 1);
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "less than 360 km");
    toy_near(toy_people(&w, "D"), 0.0, 0.0, "360 km");
    toy_end(&w);
    const toy foot = {.place = "A,forward,1000; B,town; C,forward,1000; D,town;",
                      .link = "A,B,34.9; C,D,35;",
                      .yaml = still,
                      .set = {"hop.start_on_foot=true"}};
    toy_world f = toy_make(&foot, 3);
    toy_days(&f, 1);
    toy_near(toy_people(&f, "B"), 1000.0, 0.0, "less than 35 km on foot");
    toy_near(toy_people(&f, "D"), 0.0, 0.0, "35 km on foot");
    toy_end(&f);
}

// On foot ----------------------------------------------------------------------------------------

// From A a route leads over B to C: the first link is walked, the second is not.
Test(hop_travel, people_walk_until_their_first_stop)
{
    const toy what = {
        .place = "A,forward,1000; B,forward; C,town;",
        .link = "A,B,100,,,one_way; B,C,100,,,one_way;",
        .yaml = still,
        .set = {"hop.start_on_foot=true", "hop.max_walk_speed=40", "hop.onward=false"}};
    toy_world w = toy_make(&what, 4);
    toy_days(&w, 2);
    toy_near(toy_road(&w, "A", "B"), 1000.0, 0.0, "two days on foot: 80 km");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "three days on foot");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "C"), 1000.0, 0.0, "one day by vehicle");
    toy_end(&w);
}

// Each day 60 km by vehicle or, with chance 0.4, 25 km on foot: after k days with j on foot
// 60 (k - j) + 25 j km. The chance to have arrived is that of more than 100 km.
Test(hop_travel, a_share_walks_each_day_anew)
{
    const toy what = {.place = "A,forward,400000; B,town;",
                      .link = "A,B,100,60,0.4;",
                      .yaml = still,
                      .set = {"hop.max_walk_speed=25"}};
    toy_world w = toy_make(&what, 5);
    for (int k = 1; k <= 6; k++) {
        double arrived = 0.0, chance = pow(0.6, k); // of j days on foot
        for (int j = 0; j <= k; j++) {
            if (60.0 * (k - j) + 25.0 * j > 100.0) { arrived += chance; }
            chance *= (double)(k - j) / (j + 1) * 0.4 / 0.6;
        }
        char about[32];
        (void)snprintf(about, sizeof about, "arrived by day %d", k);
        toy_days(&w, 1);
        toy_binomial(toy_people(&w, "B"), n_people, arrived, about);
    }
    toy_near(toy_people(&w, "B"), n_people, 0.0, "after 6 days");
    toy_end(&w);
}

// The same day -----------------------------------------------------------------------------------

// 320 km a day in bins of 20 km: distances that are multiples of 20 are kept without rounding.
typedef struct onward {
    double first, second;
    const char *full_speed;
    int days; // to the end of the second link
} onward;

Test(hop_travel, who_arrives_early_goes_on_with_the_rest_of_the_day)
{
    static const onward row[] = {
        {100, 219, "quirks.full_speed_per_link=false", 1},
        {100, 220, "quirks.full_speed_per_link=false", 2}, // 220 km are left: not more
        {100, 300, "quirks.full_speed_per_link=false", 2},
        {100, 539, "quirks.full_speed_per_link=false", 2},
        {100, 540, "quirks.full_speed_per_link=false", 3},
        {100, 319, "quirks.full_speed_per_link=true", 1}, // FLEE: a whole day on each link
        {300, 319, "quirks.full_speed_per_link=true", 1},
        {300, 320, "quirks.full_speed_per_link=true", 2},
        {300, 640, "quirks.full_speed_per_link=true", 3},
    };
    for (int i = 0; i < 9; i++) {
        char link[64], about[96];
        (void)snprintf(link, sizeof link, "A,B,%g,,,one_way; B,C,%g,,,one_way;", row[i].first,
                       row[i].second);
        const toy what = {.place = "A,forward,1000; B,forward; C,town;",
                          .link = link,
                          .yaml = still,
                          .set = {"hop.max_move_speed=320", row[i].full_speed}};
        toy_world w = toy_make(&what, 6);
        int days = 0;
        while (toy_people(&w, "C") < 1000.0 && days < 9) {
            toy_near(toy_people(&w, "C"), 0.0, 0.0, "before the end");
            toy_days(&w, 1);
            days++;
        }
        (void)snprintf(about, sizeof about, "days for %g km and %g km, %s", row[i].first,
                       row[i].second, row[i].full_speed);
        toy_near(days, row[i].days, 0.0, about);
        toy_end(&w);
    }
}

Test(hop_travel, in_flee_who_has_covered_a_days_distance_rests)
{
    // 300 and 319 km are more than 320; the third link begins on the next day.
    const toy what = {.place = "A,forward,1000; B,forward; C,forward; D,town;",
                      .link = "A,B,300,,,one_way; B,C,319,,,one_way; C,D,10,,,one_way;",
                      .yaml = still,
                      .set = {"hop.max_move_speed=320", "quirks.full_speed_per_link=true"}};
    toy_world w = toy_make(&what, 7);
    toy_days(&w, 1);
    toy_near(toy_people(&w, "C"), 1000.0, 0.0, "day 1: 619 km");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "D"), 1000.0, 0.0, "day 2");
    toy_end(&w);
}

Test(hop_travel, many_links_fit_into_a_day)
{
    static const char *const place =
        "A,forward,1000; B,forward; C,forward; D,forward; E,forward; F,town;";
    static const char *const link = "A,B,60,,,one_way; B,C,60,,,one_way; C,D,60,,,one_way;"
                                    "D,E,60,,,one_way; E,F,60,,,one_way;";
    const toy own = {
        .place = place, .link = link, .yaml = still, .set = {"hop.max_move_speed=320"}};
    toy_world w = toy_make(&own, 7);
    toy_days(&w, 1);
    toy_near(toy_people(&w, "F"), 1000.0, 0.0, "300 of 320 km");
    toy_end(&w);
    const toy less = {
        .place = place, .link = link, .yaml = still, .set = {"hop.max_move_speed=240"}};
    toy_world v = toy_make(&less, 7);
    toy_days(&v, 1);
    toy_near(toy_road(&v, "D", "E"), 1000.0, 0.0, "240 km, the end of the fourth link");
    toy_end(&v);
}

Test(hop_travel, without_onward_everybody_rests_where_he_arrives)
{
    const toy what = {.place = "A,forward,1000; B,forward; C,town;",
                      .link = "A,B,10,,,one_way; B,C,10,,,one_way;",
                      .yaml = still,
                      .set = {"hop.onward=false"}};
    toy_world w = toy_make(&what, 8);
    toy_days(&w, 1);
    toy_near(toy_people(&w, "B"), 1000.0, 0.0, "day 1");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "C"), 1000.0, 0.0, "day 2");
    toy_end(&w);
}

// A town is left on the same day with its move chance, once for each arrival.
Test(hop_travel, those_who_arrive_are_asked_once_more)
{
    const toy what = {.place = "A,forward,400000; B,town; C,camp;",
                      .link = "A,B,40,,,one_way; B,C,40,,,one_way;",
                      .yaml = "spawn: {mode: none}\n"
                              "hop: {default_movechance: 0.3, camp_movechance: 0}"};
    toy_world w = toy_make(&what, 9);
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "C"), n_people, 0.3, "day 1");
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "C"), n_people, 1.0 - 0.7 * 0.7, "day 2");
    toy_end(&w);
}

// A slower pace than the distance already covered leaves nothing of the day.
Test(hop_travel, who_rode_far_starts_to_walk_the_next_day)
{
    const toy what = {.place = "A,forward,1000; B,forward; C,town;",
                      .link = "A,B,200,320,,one_way; B,C,70,30,,one_way;",
                      .yaml = still,
                      .set = {"hop.max_move_speed=320"}};
    toy_world w = toy_make(&what, 10);
    toy_days(&w, 3);
    toy_near(toy_road(&w, "B", "C"), 1000.0, 0.0, "60 km in two days");
    toy_days(&w, 1);
    toy_near(toy_people(&w, "C"), 1000.0, 0.0, "90 km in three days");
    toy_end(&w);
}

// Short stints -----------------------------------------------------------------------------------

// r is the recent travel index, t today's share of max_move_speed: who arrives at a town with part
// of the day left goes on for certain when (r + t) / 2 < 0.5. Speed 320 km a day, bins of 20 km.
static double share_that_goes_on(const char *place, const char *link, const char *short_stints,
                                 int days, uint64_t seed)
{
    const toy what = {.place = place,
                      .link = link,
                      .yaml = "spawn: {mode: none}\nhop: {default_movechance: 0.2, "
                              "camp_movechance: 0.1, max_move_speed: 320}",
                      .set = {short_stints}};
    toy_world w = toy_make(&what, seed);
    toy_days(&w, days);
    const double stayed = toy_people(&w, "B");
    toy_end(&w);
    return 1.0 - stayed / n_people;
}

typedef struct stint {
    const char *place, *link;
    int days;
    double without, with; // chance to go on
} stint;

static const char *const to_town = "A,forward,400000; B,town; C,town;";
static const char *const to_camp = "A,forward,400000; B,camp; C,town;";

Test(hop_travel, short_stints_end_not_in_towns)
{
    static const stint row[] = {
        // The first day: r = 0, so any rest of the day is a short stint.
        {"t", "A,B,100,,,one_way; B,C,5000,,,one_way;", 1, 0.2, 1.0},
        {"t", "A,B,319,,,one_way; B,C,5000,,,one_way;", 1, 0.2, 1.0},
        // The day is over at 320 km (which take until the next day): nobody is asked.
        {"t", "A,B,319.99,640,,one_way; B,C,5000,,,one_way;", 1, 0.2, 1.0},
        // The second day: r = (0 + 1) / 2; 100 km more are short, 160 and 200 are not.
        {"t", "A,B,420,,,one_way; B,C,5000,,,one_way;", 2, 0.2, 1.0},
        {"t", "A,B,480,,,one_way; B,C,5000,,,one_way;", 2, 0.2, 0.2},
        {"t", "A,B,520,,,one_way; B,C,5000,,,one_way;", 2, 0.2, 0.2},
        // The third day: r = (0.5 + 1) / 2; 60 km more are short, 80 are not.
        {"t", "A,B,700,,,one_way; B,C,5000,,,one_way;", 3, 0.2, 1.0},
        {"t", "A,B,720,,,one_way; B,C,5000,,,one_way;", 3, 0.2, 0.2},
        // Half a day's pace counts as half: r = (0 + 0.5) / 2 after the first day at 160 km.
        {"t", "A,B,260,160,,one_way; B,C,5000,,,one_way;", 2, 0.2, 1.0},
        // Nobody is driven out of a camp.
        {"c", "A,B,100,,,one_way; B,C,5000,,,one_way;", 1, 0.1, 0.1},
    };
    for (int i = 0; i < 10; i++) {
        const char *place = row[i].place[0] == 't' ? to_town : to_camp;
        char about[128];
        (void)snprintf(about, sizeof about, "%s by day %d", row[i].link, row[i].days);
        const double off = share_that_goes_on(place, row[i].link, "hop.avoid_short_stints=false",
                                              row[i].days, 20 + (uint64_t)i);
        const double on = share_that_goes_on(place, row[i].link, "hop.avoid_short_stints=true",
                                             row[i].days, 40 + (uint64_t)i);
        toy_binomial(off * n_people, n_people, row[i].without, about);
        toy_binomial(on * n_people, n_people, row[i].with, about);
    }
}

/// Mean recent travel of the residents of a place, as a share of max_move_speed.
static double recent(const toy_world *w, const char *place, double *variance)
{
    const flow_cells *here = &w->m->here[flow_scenario_place(w->s, place)];
    double sum = 0.0, square = 0.0, n = 0.0;
    for (int32_t c = 0; c < here->n; c++) {
        const double r = (double)here->row[c].key.recent / (double)w->m->bins;
        n += (double)here->row[c].n;
        sum += r * (double)here->row[c].n;
        square += r * r * (double)here->row[c].n;
    }
    *variance = fmax(square / n - sum / n * (sum / n), 0.0);
    return sum / n;
}

// r <- (r + km today / max_move_speed) / 2 each evening; the rounding to bins is unbiased.
Test(hop_travel, recent_travel_fades_by_half_each_day)
{
    static const char *const bins[] = {"hop.memory_bins=16", "hop.memory_bins=3",
                                       "hop.memory_bins=100"};
    for (int i = 0; i < 3; i++) {
        const toy what = {.place = "A,forward,400000; B,camp;",
                          .link = "A,B,770,,,one_way;",
                          .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 320, "
                                  "camp_movechance: 0, avoid_short_stints: true}",
                          .set = {bins[i]}};
        toy_world w = toy_make(&what, 60 + (uint64_t)i);
        toy_days(&w, 3);
        // Two whole days on the road, then 130 km, which is kept to the nearest bin.
        const double bin = 1.0 / (double)w.m->bins;
        double r = ((0.0 + 1.0) / 2.0 + 1.0) / 2.0;
        r = (r + round(130.0 / 320.0 / bin) * bin) / 2.0;
        for (int day = 3; day < 9; day++) {
            double variance = 0.0;
            const double mean = recent(&w, "B", &variance);
            // People are rounded together in cells, each person by himself.
            toy_near(mean, r, sqrt(variance / n_people) + 1e-12, bins[i]);
            cr_expect_leq(sqrt(variance), bin, "%s: nobody is off by more than the bins", bins[i]);
            toy_days(&w, 1);
            r /= 2.0;
        }
        toy_end(&w);
    }
}

// Where the pace changes from day to day the index follows each day: 60 km or 25 km of 320 km.
Test(hop_travel, recent_travel_is_kept_on_the_road)
{
    const toy what = {.place = "A,forward,400000; B,camp;",
                      .link = "A,B,100,60,0.4,one_way;",
                      .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 320, max_walk_speed: 25, "
                              "camp_movechance: 0, avoid_short_stints: true, memory_bins: 64}"};
    toy_world w = toy_make(&what, 70);
    toy_days(&w, 2);
    // Arrived on day 2: 60 + 60 km (of which 40 on day 2). All others are on the road.
    const double r = (60.0 / 320 / 2 + 40.0 / 320) / 2.0;
    double variance = 0.0;
    const double mean = recent(&w, "B", &variance);
    toy_near(mean, r, sqrt(variance / toy_people(&w, "B")), "60 and 40 km");
    toy_end(&w);
}
