// Sudden hazards, damage, return: against their formulas, for steps of an hour, a day and a month.
#include "flow/module.h"

#include "../libflow/destination.h"
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { n_length = 3 };
static const char *const length[n_length] = {"1h", "day", "month"};

static const char places[] =
    "name,kind,country,region,latitude,longitude,population,capacity\n"
    "Quay,town,Coast,East,10,20,1000000,\nHill,town,Coast,East,10.4,20,3000000,\n";
static const char links[] = "from,to,length_km\nQuay,Hill,50\n";

/// A scenario of two towns with up to three tables, "name" and text in turn.
static flow_err load(const char *yaml, const char *const *table, const char *const *set,
                     int32_t n_set, flow_scenario **out)
{
    flow_file file[6] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                         {"places.csv", places, (int64_t)strlen(places)},
                         {"links.csv", links, (int64_t)strlen(links)}};
    int32_t n = 3;
    for (; table != NULL && *table != NULL; table += 2) {
        file[n++] = (flow_file){table[0], table[1], (int64_t)strlen(table[1])};
    }
    const flow_load_options options = {.set = set, .n_set = n_set};
    return flow_scenario_load_memory(file, n, &options, out);
}

static flow_scenario *good(const char *yaml, const char *const *table, const char *step)
{
    char text[64];
    (void)snprintf(text, sizeof text, "period.step=%s", step);
    const char *const set[] = {text};
    flow_scenario *s = NULL;
    cr_assert_eq(load(yaml, table, set, 1, &s), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0);
    return s;
}

static flow_model *start(const flow_scenario *s)
{
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, NULL, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

/// Value of an observable at Quay, the first place.
static double quay(const flow_model *m, const char *name)
{
    double value[2] = {0};
    cr_assert_eq(flow_model_observe(m, name, value, 2), FLOW_OK, "%s", flow_error_text());
    return value[0];
}

static void step(flow_model *m)
{
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
}

/// What a column comes to over a whole run: share that had to go at once, sum of hazards.
typedef struct sums {
    double onset, hazard;
} sums;

static sums whole_run(const flow_scenario *s, const char *onset, const char *hazard)
{
    sums out = {0};
    flow_model *m = start(s);
    for (int32_t t = 0; t < flow_scenario_n_step(s); t++) {
        step(m);
        if (onset != NULL) { out.onset = flow_share_any(out.onset, quay(m, onset)); }
        if (hazard != NULL) { out.hazard += quay(m, hazard) * s->dt; }
    }
    flow_model_free(m);
    return out;
}

// Impact -----------------------------------------------------------------------------------------

Test(impact, only_what_is_newly_reached_counts)
{
    static const double wave[] = {0.13, 0.08, 0.37, 0.37, 0.21, 0.61};
    flow_impact x = {0};
    double left = 1.0;
    for (int i = 0; i < 6; i++) {
        left *= 1.0 - flow_impact_strike(&x, i, i + 1, 3.0, wave[i], 0.5 * wave[i]);
        double most = 0.0;
        for (int k = 0; k <= i; k++) { most = fmax(most, wave[k]); }
        cr_expect_float_eq(left, 1.0 - most, 1e-14, "wave %d: %g are left", i, left);
        cr_expect_float_eq(x.damage, 0.5 * most, 1e-14);
    }
    cr_expect_eq(flow_impact_strike(&x, 8.5, 8.5, 3.0, 0.5, 0.0), 0.0, "the pause was too short");
    cr_expect_float_eq(flow_impact_strike(&x, 11.7, 12, 3.0, 0.5, 0.2), 0.5, 1e-15, "another one");
    cr_expect_float_eq(x.damage, 1.0 - (1.0 - 0.305) * 0.8, 1e-14, "it strikes what still stands");
    cr_expect_float_eq(flow_impact_strike(&x, 12, 13, 3.0, 1.0, 1.0), 1.0, 1e-15);
    cr_expect_eq(flow_impact_strike(&x, 13, 14, 3.0, 1.0, 1.0), 0.0, "nobody is left");
    cr_expect_float_eq(x.damage, 1.0, 1e-14);
}

Test(impact, homes_are_repaired_at_the_rate)
{
    flow_impact x = {.damage = 0.6};
    double sum = 0.0;
    static const double day[] = {1.5, 1.5, 4.25, 3.0, 40.0};
    for (int i = 0; i < 5; i++) { sum += flow_impact_repair(&x, day[i], 0.031); }
    cr_expect_float_eq(x.damage, 0.6 * exp(-0.031 * 40), 1e-14);
    cr_expect_float_eq(sum, 0.6 * (1.0 - exp(-0.031 * 40)) / 0.031, 1e-12, "its integral");
    cr_expect_eq(flow_impact_repair(&x, 50.0, 0.0), 10 * x.damage, "nobody repairs");
}

// Flood ------------------------------------------------------------------------------------------

#define HEAD "libflow: 1\nperiod: {start: 2021-03-01, days: 200}\nmovement: {rule: none}\n"
/// Rises in two waves, the second one higher; dry from day 20.25; another flood on day 70.
static const char water[] = "place,date,depth,flooded\n"
                            "Quay,2021-03-11T06:00,0.4,0.9\nQuay,2021-03-12T12:30,0.9,0.9\n"
                            "Quay,14,0.2,0.5\nQuay,2021-03-16 00:00,1.8,0.9\n"
                            "Quay,2021-03-21T06:00,0,0.9\nQuay,70,0.8,0.5\nQuay,72,0,0\n";
static const char *const flood[] = {"flood.csv", water, NULL};

Test(flood, steps_of_any_length_drive_out_the_same_share)
{
    // Shares of InaSAFE: 0.9 of 5 % at the highest water, later 0.5 of 3 % of those who are there.
    const double expected = 1.0 - (1.0 - 0.9 * 0.05) * (1.0 - 0.5 * 0.03);
    // Hazard 0.7 times the share, hour by hour of water.
    const double hours = 0.009 * 30.5 + 0.027 * 59.5 + 0.5 * 0.01 * 24 + 0.045 * 126 + 0.015 * 48;
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(HEAD "flood:\n", flood, length[k]);
        const sums once = whole_run(s, "onset_flood", "hazard_flood");
        cr_expect_float_eq(once.onset, expected, 1e-12, "%s: %.9g", length[k], once.onset);
        cr_expect_eq(once.hazard, 0.0);
        flow_scenario_free(s);
        s = good(HEAD "flood: {rate: 0.7}\n", flood, length[k]);
        const sums both = whole_run(s, "onset_flood", "hazard_flood");
        cr_expect_float_eq(both.hazard, 0.7 * hours / 24, 1e-9, "%s: %.9g", length[k], both.hazard);
        cr_expect_lt(both.onset, once.onset, "some have left before they must");
        flow_scenario_free(s);
    }
}

Test(flood, a_depth_that_stays_drives_nobody_out_again)
{
    flow_scenario *s = good(HEAD "flood:\n", flood, "6h");
    flow_model *m = start(s);
    for (int t = 0; t < 100; t++) {
        step(m);
        // Newly reached: 0.009 on day 10.25, 0.027 on day 11.5208, 0.045 on day 15.
        const double expected = t == 41   ? 0.009
                                : t == 46 ? (0.027 - 0.009) / (1 - 0.009)
                                : t == 60 ? (0.045 - 0.027) / (1 - 0.027)
                                          : 0.0;
        cr_expect_float_eq(quay(m, "onset_flood"), expected, 1e-15, "step %d: %g", t,
                           quay(m, "onset_flood"));
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

/// Curve of damage at 1.8 m and 0.8 m.
static double broken(double depth)
{
    return depth > 1.0 ? 0.62 + 0.1 * (depth - 1.5) / 0.5 : 0.33 + 0.16 * (depth - 0.5) / 0.5;
}

Test(flood, damage_is_the_share_out_while_water_stands_and_is_repaired_after_it)
{
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(HEAD "flood: {rebuild: 0.02}\n", flood, length[k]);
        flow_model *m = start(s);
        double sum = 0.0;
        for (int32_t t = 0; t < flow_scenario_n_step(s) && (t + 1) * s->dt <= 183.0; t++) {
            step(m);
            sum += quay(m, "housing_damage") * s->dt;
            const double day = (t + 1) * s->dt;
            if (day < 75 && k < 2) { continue; }
            // In the water the shares that had left; then what is broken, falling.
            const double first = 0.045 * broken(1.8);
            const double at_second = first * exp(-0.02 * (70 - 20.25));
            const double left = 1.0 - (1.0 - at_second) * (1.0 - 0.015 * broken(0.8));
            const double expected = 0.009 * 30.5 / 24 + 0.027 * (59.5 + 24) / 24 +
                                    0.045 * 126 / 24 +
                                    first * (1.0 - exp(-0.02 * (fmin(day, 70) - 20.25))) / 0.02 +
                                    (day < 72 ? 0.0
                                              : (1.0 - (1.0 - at_second) * 0.985) * 2 +
                                                    left * (1.0 - exp(-0.02 * (day - 72))) / 0.02);
            cr_expect_float_eq(sum, expected, 1e-9, "%s, day %g: %.9g, not %.9g", length[k], day,
                               sum, expected);
            if (day > 182 || t > 4000) { break; }
        }
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(flood, levels_may_act_every_day)
{
    static const char *const level[] = {
        "flood.csv", "place,date,level\nQuay,3,2\nQuay,5,4\nQuay,6,7\nQuay,2021-03-08T12:00,0\n",
        NULL};
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(HEAD "flood: {measure: level, repeat: daily}\n", level, length[k]);
        const sums got = whole_run(s, "onset_flood", "hazard_flood");
        // Chances per day of DFlee: 0.2, 0.9; levels above 4 as 4.
        const double left = pow(0.8, 2) * pow(0.1, 2.5);
        cr_expect_eq(got.onset, 0.0);
        cr_expect_float_eq(exp(-got.hazard), left, 1e-12, "%s: %g", length[k], exp(-got.hazard));
        flow_scenario_free(s);
    }
}

Test(flood, curves_are_as_described)
{
    static const struct {
        const char *set;
        double depth, expected;
    } row[] = {{"curve: steps", 0.0999, 0.0},
               {"curve: steps", 0.1, 0.01},
               {"curve: steps", 0.69, 0.01},
               {"curve: steps", 1.5, 0.05},
               {"curve: steps, step_depth: [0.3, 2], step_share: [0.2, 0.6]", 1.99, 0.2},
               {"curve: logistic", 1.0, 0.5},
               {"curve: logistic", 1.3, 0.7310585786300049},
               {"curve: logistic, centre: 0.5, scale: 0.1", 0.7, 0.8807970779778823}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char yaml[256], table[64];
        (void)snprintf(yaml, sizeof yaml, HEAD "flood: {%s}\n", row[i].set);
        (void)snprintf(table, sizeof table, "place,date,depth\nQuay,1,%g\n", row[i].depth);
        const char *const file[] = {"flood.csv", table, NULL};
        flow_scenario *s = good(yaml, file, "day");
        flow_model *m = start(s);
        step(m);
        step(m);
        cr_expect_float_eq(quay(m, "onset_flood"), row[i].expected, 1e-12, "%s, %g m: %g",
                           row[i].set, row[i].depth, quay(m, "onset_flood"));
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(flood, damage_of_several_hazards_combines)
{
    flow_scenario *s = good(HEAD "flood:\n  - {name: sea}\n  - {name: river}\n", flood, "day");
    flow_model *m = start(s);
    for (int t = 0; t < 30; t++) { step(m); }
    const double one = quay(m, "housing_damage__flood_sea");
    cr_expect_gt(one, 0.02);
    cr_expect_float_eq(quay(m, "housing_damage"), 1.0 - (1.0 - one) * (1.0 - one), 1e-15);
    flow_model_free(m);
    flow_scenario_free(s);
}

// People -----------------------------------------------------------------------------------------

#define PEOPLE                                                                                     \
    "libflow: 1\nperiod: {start: 2021-03-01, days: 200}\nmovement: {rule: destination}\n"          \
    "people: {axes: origin}\n"

/// Persons who have left Quay with floods.
static double gone(const flow_model *m)
{
    return (double)m->to->by_cause[(int64_t)FLOW_CAUSE_FLOOD * m->s->n_place];
}

Test(flood, people_leave_once_and_are_conserved)
{
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(PEOPLE "flood:\n", flood, length[k]);
        flow_model *m = start(s);
        double sum = 0.0;
        for (int32_t t = 0; t < flow_scenario_n_step(s) && t * s->dt < 60; t++) {
            step(m);
            sum += gone(m);
            cr_assert_eq(flow_model_persons(m), 4000000);
        }
        const double expected = 1e6 * 0.045;
        cr_expect_lt(fabs(sum - expected), 5 * sqrt(expected * 0.955), "%s: %g left", length[k],
                     sum);
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

// Drought ----------------------------------------------------------------------------------------

Test(drought, steps_of_any_length_have_the_same_sum)
{
    // Rows of 20.5, 30 and 132.25 days: vegetation health 30, 10 and 38 against 40.
    static const char *const file[] = {
        "drought.csv",
        "place,date,vhi\nQuay,2021-03-01,30\nQuay,2021-03-21T12:00,10\nQuay,2021-04-20T12:00,38\n",
        NULL};
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(HEAD "drought: {rate: 0.002}\n", file, length[k]);
        flow_model *m = start(s);
        double sum = 0.0, day = 0.0;
        for (int32_t t = 0; (t + 1) * s->dt < 183; t++) {
            step(m);
            sum += quay(m, "hazard_drought") * s->dt;
            day += s->dt;
        }
        const double expected = 0.002 * (0.25 * 20.5 + 0.75 * 30 + 0.05 * (day - 50.5));
        cr_expect_float_eq(sum, expected, 1e-12, "%s: %.12g, not %.12g", length[k], sum, expected);
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

// Return -----------------------------------------------------------------------------------------

Test(return_home, hazard_follows_the_formula)
{
    flow_scenario *s = good(HEAD "return_home: {rate: 0.3, conflict: 2.5, damage: 1.7, food: 0.9, "
                                 "homes: false, services: 0.6, offer: 0.25, work: 0.7}\n",
                            NULL, "day");
    flow_model *m = start(s);
    static const char *const name[] = {"conflict_level", "housing_damage", "food_insecurity",
                                       "safety"};
    static const double value[] = {0.2, 0.35, 1.1, 0.8};
    step(m);
    cr_expect_float_eq(quay(m, "return_hazard"), 0.3, 1e-15, "all is well");
    double expected = 0.3;
    for (int i = 0; i < 4; i++) {
        static const double weight[] = {2.5, 1.7, 0.9};
        const double both[2] = {value[i], value[i]};
        cr_assert_eq(flow_model_assign(m, name[i], both, 2), FLOW_OK, "%s", flow_error_text());
        expected *= i < 3 ? exp(-weight[i] * value[i]) : value[i];
        step(m);
        cr_expect_float_eq(quay(m, "return_hazard"), expected, 1e-15, "%s", name[i]);
    }
    cr_expect_eq(quay(m, "return_factor_economic"), 0.005);
    // Of two sectors that have needs one half and one tenth are met.
    static const char *const count[] = {"in_need_food", "reached_food", "in_need_water",
                                        "reached_water"};
    static const double persons[] = {80.0, 40.0, 20.0, 2.0};
    for (int i = 0; i < 4; i++) {
        const double both[2] = {persons[i], persons[i]};
        cr_assert_eq(flow_model_assign(m, count[i], both, 2), FLOW_OK, "%s", flow_error_text());
    }
    step(m);
    expected *= exp(-0.6 * 0.7);
    cr_expect_float_eq(quay(m, "return_hazard"), expected, 1e-15, "needs at home");
    // Where people are: an offer of 3,000 USD, and 0.4 of the refugees have work.
    cr_expect_eq(quay(m, "homeward_factor"), 1.0);
    const double offer[2] = {3000.0, 3000.0}, work[2] = {0.4, 0.4};
    cr_assert_eq(flow_model_assign(m, "return_offer", offer, 2), FLOW_OK);
    cr_assert_eq(flow_model_assign(m, "employed_refugee", work, 2), FLOW_OK);
    step(m);
    cr_expect_float_eq(quay(m, "homeward_factor"), exp(0.25 * 3.0 - 0.7 * 0.4), 1e-15);
    cr_expect_float_eq(quay(m, "return_hazard"), expected, 1e-15);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(return_home, people_come_home_as_homes_are_repaired)
{
    // A(t) people are away, D(t) = D0 exp(-r t) homes are damaged, rate q: dA/dt = -q (A - D P).
    // With A(0) = D0 P: A = D0 P (q exp(-r t) - r exp(-q t)) / (q - r).
    static const char *const depth[] = {"flood.csv", "place,date,depth\nQuay,0,2\nQuay,1,0\n",
                                        NULL};
    // Whoever leaves goes home in a later step: a month is long against 1 / q = 17 days, an hour is
    // not. 0.0058: five standard errors of A(t), sqrt(P D0 / 4) / (P D0) each, are 0.0046, the
    // returns of half an hour 0.0013.
    static const double tolerance[n_length] = {0.0058, 0.02, 0.27};
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(PEOPLE "flood: {step_depth: [1], step_share: [0.3], "
                                       "damage_share: [1, 1, 1, 1, 1, 1, 1, 1, 1], rebuild: 0.02}\n"
                                       "return_home: {rate: 0.06, damage: 0}\n"
                                       "destination: {speed: 100000}\n",
                                depth, length[k]);
        flow_model *m = start(s);
        double worst = 0.0;
        for (int32_t t = 0; (t + 1) * s->dt < 185; t++) {
            step(m);
            const double day = (t + 1) * s->dt - 1.0;
            const double away = 1e6 - quay(m, "people");
            const double expected =
                day > 0 ? 3e5 * (0.06 * exp(-0.02 * day) - 0.02 * exp(-0.06 * day)) / 0.04 : 3e5;
            worst = fmax(worst, fabs(away - expected) / 3e5);
        }
        cr_expect_lt(worst, tolerance[k], "%s: %g of those who left", length[k], worst);
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(return_home, who_left_for_work_goes_home_more_slowly)
{
    flow_scenario *s = good(PEOPLE "return_home: {rate: 0.2, economic: 0.1}\n"
                                   "destination_economic: {may_stay: false}\n",
                            NULL, "day");
    double back[2] = {0};
    for (int i = 0; i < 2; i++) {
        const double share[2] = {0.5, 0.0}, none[2] = {0};
        const char *what = i == 0 ? "hazard_economic" : "onset_conflict";
        const double push[2] = {20.0, 0.0};
        flow_model *m = start(s);
        cr_assert_eq(flow_model_assign(m, what, i == 0 ? push : share, 2), FLOW_OK);
        step(m);
        cr_assert_eq(flow_model_assign(m, what, none, 2), FLOW_OK);
        const double away = 1e6 - quay(m, "people");
        step(m);
        back[i] = 1.0 - (1e6 - quay(m, "people")) / away;
        const double chance = -expm1(i == 0 ? -0.02 : -0.2);
        cr_expect_gt(away, 1e5);
        cr_expect_lt(fabs(back[i] - chance), 5 * sqrt(chance / away), "%s: %g", what, back[i]);
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

Test(return_home, ruined_homes_keep_their_people_away)
{
    // 40 % away, 25 % of the homes gone: 15 of 40 have a home. More people than lived here: 75 %.
    static const double share[] = {0.4, 0.2, 0.0};
    static const double expected[] = {0.15 / 0.4, 0.0, 0.75};
    flow_scenario *s = good(PEOPLE "return_home: {rate: 0.5, damage: 0}\n", NULL, "day");
    for (int i = 0; i < 3; i++) {
        flow_model *m = start(s);
        const double out[2] = {share[i], i == 2 ? 0.1 : 0.0}, none[2] = {0}, ruin[2] = {0.25, 0};
        cr_assert_eq(flow_model_assign(m, "onset_flood", out, 2), FLOW_OK);
        step(m);
        cr_assert_eq(flow_model_assign(m, "onset_flood", none, 2), FLOW_OK);
        cr_assert_eq(flow_model_assign(m, "housing_damage", ruin, 2), FLOW_OK);
        step(m);
        cr_expect_lt(fabs(quay(m, "return_hazard") - 0.5 * expected[i]), 0.004, "%g away: %g",
                     share[i], quay(m, "return_hazard"));
        flow_model_free(m);
    }
    flow_scenario_free(s);
}

// Cyclone ----------------------------------------------------------------------------------------

/// Wind that a share tells, where the share is the damage itself.
static double wind_of(double share)
{
    return 5.0 + 59.0 * cbrt(share / (1.0 - share));
}

#define PROFILE "cyclone: {lower: 0, upper: 1, wind_zero: 5, wind_half: 64, danger: 1, "

Test(cyclone, wind_follows_the_profile)
{
    // Quay at 10 N 20 E; the eye stands 1 degree of latitude south of it: 111.195 km.
    static const struct {
        const char *set, *track;
        double radius, shape, wind;
    } row[] = {
        {"shape: 1.3", "date,lat,lon,wind,radius\n3,9,20,70,40\n4,9,20,70,40\n", 40, 1.3, 70},
        {"shape: 0", "date,lat,lon,wind\n3,9,20,60\n4,9,20,60\n", 46.4 * 0.3945537 * 1.164276,
         0.886 + 0.0177 * 60 - 0.0094 * 9, 60},
        {"shape: 0, ambient: 1010",
         "date,lat,lon,wind,pressure,radius\n3,9,20,75,900,50\n4,9,20,75,900,50\n", 50,
         1.15 * 2.718281828459045 * 75 * 75 / 11000, 75},
        {"shape: 0, wind_factor: 1.2",
         "date,lat,lon,wind,pressure,radius\n3,9,20,65,1000,90\n4,9,20,65,1000,90\n", 90, 2.5, 78},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, HEAD PROFILE "%s}\n", row[i].set);
        const char *const file[] = {"track.csv", row[i].track, NULL};
        const double x = pow(row[i].radius / 111.19508, row[i].shape);
        const double wind = row[i].wind * sqrt(x * exp(1.0 - x));
        flow_scenario *s = good(yaml, file, "day");
        const double found = wind_of(whole_run(s, "onset_cyclone", NULL).onset);
        cr_expect_lt(fabs(found - wind), 2e-4, "%s: %.6f m/s, not %.6f", row[i].set, found, wind);
        flow_scenario_free(s);
    }
}

/// A storm that passes Quay, a weaker one behind it, a third one a month later; not by name sorted.
static const char storms[] = "storm,time,lat,lon,wind,radius\n"
                             "B,2021-03-12T00:00,8,23,50,35\nB,2021-03-14T00:00,12,18,50,35\n"
                             "A,2021-03-10T06:00,7,179,80,30\nA,2021-03-10T07:00,9.2,22,80,30\n"
                             "A,2021-03-11T09:00,10.3,19,60,40\n"
                             "C,2021-04-12T00:00,9,20,55,40\nC,2021-04-12T18:00,11,20.3,50,40\n";

Test(cyclone, steps_of_any_length_drive_out_the_same_share)
{
    static const char *const file[] = {"track.csv", storms, NULL};
    sums got[n_length];
    double safe[n_length] = {0}, damage[n_length] = {0};
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s =
            good(HEAD "cyclone: {lower: 0.1, upper: 0.5, rebuild: 0.01}\n", file, length[k]);
        got[k] = whole_run(s, "onset_cyclone", NULL);
        flow_model *m = start(s);
        for (int32_t t = 0; (t + 1) * s->dt < 182.7; t++) {
            step(m);
            safe[k] += (1.0 - quay(m, "safety")) * s->dt;
            damage[k] += quay(m, "housing_damage") * s->dt;
        }
        flow_model_free(m);
        flow_scenario_free(s);
    }
    cr_expect_gt(got[0].onset, 0.3);
    cr_expect_lt(got[0].onset, 0.99);
    for (int k = 1; k < n_length; k++) {
        cr_expect_float_eq(got[k].onset, got[0].onset, 1e-12, "%s: %.9g, not %.9g", length[k],
                           got[k].onset, got[0].onset);
        cr_expect_float_eq(safe[k], safe[0], 1e-9, "%s: dangerous for %g days, not %g", length[k],
                           safe[k], safe[0]);
        // They end within 0.7 days of each other.
        cr_expect_float_eq(damage[k], damage[0], 0.06, "%s: %g, not %g", length[k], damage[k],
                           damage[0]);
    }
    cr_expect_gt(safe[0], 0.5, "%g", safe[0]);
    cr_expect_gt(damage[0], 10.0, "%g", damage[0]);
}

Test(cyclone, winds_of_a_table_act_by_steps_or_curve)
{
    static const char *const file[] = {
        "winds.csv",
        "place,date,wind\nQuay,3,20\nQuay,2021-03-05T06:00,51\nQuay,5,69.9\nQuay,6,0\n", NULL};
    static const struct {
        const char *set;
        double expected;
    } row[] = {
        {"curve: steps", 0.99},
        {"curve: steps, wind_factor: 1.01", 1.0},
        {"curve: steps, wind_factor: 0.9", 0.99},
        {"curve: steps, step_wind: [24.7, 32.8, 44.4, 55.6], step_share: [0.06, 0.55, 0.97, 1]",
         1.0},
        {"lower: 0.2, upper: 0.6", 0.2399901},
        {"lower: 0.25, upper: 0.25", 1.0},
        {"lower: 0.55, upper: 0.55", 0.0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, HEAD "cyclone: {input: winds, %s}\n", row[i].set);
        for (int k = 0; k < n_length; k++) {
            flow_scenario *s = good(yaml, file, length[k]);
            const sums got = whole_run(s, "onset_cyclone", NULL);
            cr_expect_float_eq(got.onset, row[i].expected, 1e-5, "%s, %s: %g", row[i].set,
                               length[k], got.onset);
            flow_scenario_free(s);
        }
    }
}

// Earthquake -------------------------------------------------------------------------------------

/// From Quay along its meridian.
static double distance_km(double latitude)
{
    return fabs(latitude - 10.0) * 111.19508372419142;
}

/// Share of homes that cannot be lived in, by summing over the grades.
static double homeless(double shaking, double vulnerability)
{
    const double p = 0.5 * (1.0 + tanh((shaking + 6.25 * vulnerability - 13.1) / 2.3));
    static const double choose[] = {1, 5, 10, 10, 5, 1}, counts[] = {0, 0, 0, 0.4, 1, 1};
    double sum = 0.0;
    for (int g = 0; g <= 5; g++) { sum += counts[g] * choose[g] * pow(p, g) * pow(1 - p, 5 - g); }
    return sum;
}

Test(earthquake, intensity_and_grades_follow_the_formulas)
{
    static const struct {
        double magnitude, depth, latitude;
    } row[] = {{7.3, 12, 10.2}, {6.4, 33, 9.5}, {7.9, 20, 8.6}, {5.1, 8, 10.0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char table[128];
        (void)snprintf(table, sizeof table, "time,latitude,longitude,depth,mag\n1,%g,20,%g,%g\n",
                       row[i].latitude, row[i].depth, row[i].magnitude);
        const char *const file[] = {"earthquakes.csv", table, "housing.csv",
                                    "place,vulnerability\nQuay,0.84\n", NULL};
        const double flat = distance_km(row[i].latitude);
        const double far = hypot(flat, row[i].depth);
        const double near = 2.042 * exp(row[i].magnitude - 5) - 0.209;
        const double felt = 2.085 + 1.428 * row[i].magnitude - 1.402 * log(hypot(far, near)) +
                            (far > 50 ? 0.078 * log(far / 50) : 0.0);
        flow_scenario *s = good(HEAD "earthquake: {site: 0.3}\n", file, "day");
        const sums got = whole_run(s, "onset_earthquake", NULL);
        cr_expect_float_eq(got.onset, homeless(felt + 0.3, 0.84), 1e-6,
                           "magnitude %g at %g km: %g, not %g", row[i].magnitude, far, got.onset,
                           homeless(felt + 0.3, 0.84));
        flow_scenario_free(s);
    }
}

Test(earthquake, aftershocks_strike_only_what_they_newly_reach)
{
    static const char *const file[] = {"intensities.csv",
                                       "place,date,mmi\nQuay,2021-03-31T10:20,7.5\n"
                                       "Quay,2021-03-03T05:00,8\nQuay,2021-03-03T07:00,7\n"
                                       "Quay,2021-03-09T23:00,8.6\nQuay,100,7\n",
                                       NULL};
    const double first = homeless(8.6, 0.74);
    const double expected = 1.0 - (1.0 - first) * (1.0 - homeless(7, 0.74));
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s =
            good(HEAD "earthquake: {input: intensities, rebuild: 0.003}\n", file, length[k]);
        const sums got = whole_run(s, "onset_earthquake", NULL);
        cr_expect_float_eq(got.onset, expected, 1e-12, "%s: %g", length[k], got.onset);
        flow_model *m = start(s);
        double day = 0.0, damage = 0.0;
        while (day < 122.0) {
            step(m);
            day += s->dt;
            damage = quay(m, "housing_damage");
        }
        // Mean of the last step.
        const double before = day - s->dt;
        // Two shocks of one event rise together: 8 and then 8.6.
        const double eight = homeless(8, 0.74) * exp(-0.003 * (8.9583333333 - 2.2083333333));
        const double both = 1.0 - (1.0 - eight) * (1.0 - first) / (1.0 - homeless(8, 0.74));
        const double now =
            1.0 - (1.0 - both * exp(-0.003 * (100 - 8.9583333333))) * (1.0 - homeless(7, 0.74));
        const double falls = exp(-0.003 * (before - 100)) - exp(-0.003 * (day - 100));
        const double mean = now * falls / (0.003 * s->dt);
        cr_expect_gt(before, 100, "%s", length[k]);
        cr_expect_float_eq(damage, mean, 1e-9, "%s: %.9g, not %.9g", length[k], damage, mean);
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(earthquake, limit_takes_all_from_an_intensity_on)
{
    static const char *const file[] = {"intensities.csv",
                                       "place,date,intensity\nQuay,1,6\nHill,1,5.99\n", NULL};
    flow_scenario *s = good(HEAD "earthquake: {input: intensities, curve: limit}\n", file, "day");
    flow_model *m = start(s);
    double onset[2];
    step(m);
    step(m);
    cr_assert_eq(flow_model_observe(m, "onset_earthquake", onset, 2), FLOW_OK);
    cr_expect_eq(onset[0], 1.0);
    cr_expect_eq(onset[1], 0.0);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Warning ----------------------------------------------------------------------------------------

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/// Share of those who go that have left after some hours.
static double departed(double hours)
{
    return 1.0 - pow(0.5, pow(hours / 12, 2));
}

/// Advice on day 2, an order 30 hours later, all clear on day 5.
static const char *const warned[] = {"warnings.csv",
                                     "place,date,level,mobile\nQuay,2,advice,0.2\n"
                                     "Quay,2021-03-04T06:00,order,0.2\nQuay,2021-03-06,none,0\n",
                                     NULL};

Test(warning, people_leave_as_the_formula_says_whatever_the_step)
{
    // With trust 0.7: advice -1.8, order 0.2; one in five in mobile homes.
    const double advice = 0.8 * logistic(-1.8) + 0.2 * logistic(-0.8);
    const double order = 0.8 * logistic(0.2) + 0.2 * logistic(1.2);
    const double first = advice * departed(30);
    const double all = first + (order - first) * departed(42);
    double with_seen[n_length];
    for (int k = 0; k < n_length; k++) {
        flow_scenario *s = good(HEAD "warning: {seen: 0}\n", warned, length[k]);
        const sums got = whole_run(s, NULL, "hazard_cyclone");
        cr_expect_float_eq(1.0 - exp(-got.hazard), all, 1e-12, "%s: %g, not %g", length[k],
                           1.0 - exp(-got.hazard), all);
        flow_scenario_free(s);
        s = good(HEAD "warning: {seen: 1}\n", warned, length[k]);
        with_seen[k] = whole_run(s, NULL, "hazard_cyclone").hazard;
        cr_expect_gt(1.0 - exp(-with_seen[k]), all + 0.05, "others persuade");
        cr_expect_float_eq(with_seen[k], with_seen[0], 1e-12, "%s", length[k]);
        flow_scenario_free(s);
    }
}

Test(warning, departures_follow_the_curve_hour_by_hour)
{
    flow_scenario *s = good(HEAD "warning: {seen: 0, cause: flood}\n", warned, "1h");
    flow_model *m = start(s);
    const double advice = 0.8 * logistic(-1.8) + 0.2 * logistic(-0.8);
    double hazard = 0.0;
    for (int t = 0; t < 78; t++) {
        step(m);
        hazard += quay(m, "hazard_flood") / 24;
        const double expected = t < 48 ? 0.0 : advice * departed(t - 47);
        cr_expect_float_eq(1.0 - exp(-hazard), expected, 1e-12, "hour %d", t);
        cr_expect_float_eq(quay(m, "safety"), t < 48 ? 1.0 : 0.5, 1e-12, "hour %d", t);
    }
    step(m);
    cr_expect_float_eq(quay(m, "safety"), 0.0, 1e-12, "an order");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(warning, false_alarms_lower_trust)
{
    // Three warnings; a flood strikes during the second one.
    static const char *const file[] = {
        "warnings.csv",
        "place,date,level\nQuay,2,order\nQuay,9,none\nQuay,40,order\nQuay,47,none\n"
        "Quay,90,order\nQuay,97,none\nQuay,150,order\nQuay,157,none\n",
        "flood.csv", "place,date,depth\nQuay,45,2\nQuay,46,0\n", NULL};
    // One false alarm before the second and third, two before the fourth.
    static const double alarms[] = {0, 1, 1, 2};
    static const int end[] = {20, 60, 110, 170};
    for (int k = 0; k < 2; k++) {
        flow_scenario *s = good(HEAD "warning: {seen: 0, cause: flood}\nflood:\n", file, length[k]);
        flow_model *m = start(s);
        int32_t t = 0;
        for (int i = 0; i < 4; i++) {
            double hazard = 0.0;
            for (; t * s->dt < end[i] - 1e-9; t++) {
                step(m);
                hazard += quay(m, "hazard_flood") * s->dt;
            }
            const double trust = 0.7 * pow(0.9, alarms[i]);
            const double all = logistic(-0.5 + trust - 0.2 * alarms[i]) * departed(168);
            cr_expect_float_eq(1.0 - exp(-hazard), all, 1e-12, "%s, warning %d: %g, not %g",
                               length[k], i, 1.0 - exp(-hazard), all);
        }
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(warning, who_left_comes_home_soon_when_nothing_was_damaged)
{
    static const char yaml[] = PEOPLE "warning: {seen: 0}\nreturn_home: {rate: 0.5}\n";
    flow_scenario *s = good(yaml, warned, "1h");
    flow_model *m = start(s);
    for (int t = 0; t < 5 * 24; t++) { step(m); }
    const double away = 1e6 - quay(m, "people");
    cr_expect_gt(away, 4.5e5, "%g away", away);
    for (int t = 0; t < 2 * 24; t++) { step(m); }
    const double left = (1e6 - quay(m, "people")) / away;
    // Who sets out is home within the next 4 hours.
    cr_expect_gt(left, exp(-0.5 * 2) - 0.005, "%g", left);
    cr_expect_lt(left, exp(-0.5 * 44 / 24) + 0.005, "%g", left);
    cr_expect_eq(flow_model_persons(m), 4000000);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Refusals ---------------------------------------------------------------------------------------

static void expect_refusal(const char *yaml, const char *name, const char *table, const char *text)
{
    const char *const file[] = {name, table, NULL};
    flow_scenario *s = NULL;
    cr_expect_eq(load(yaml, file, NULL, 0, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), text, "\n%s\nwas expected, but it says\n%s", text,
                     flow_error_text());
    flow_scenario_free(s);
}

Test(earthquake, a_place_has_one_row_of_housing)
{
    const char *const file[] = {"earthquakes.csv",
                                "time,latitude,longitude,depth,mag\n1,9,20,9,6\n", "housing.csv",
                                "place,vulnerability\nQuay,0.84\nQuay,0.7\n", NULL};
    flow_scenario *s = NULL;
    cr_expect_eq(load(HEAD "earthquake:\n", file, NULL, 0, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), "housing.csv:3:1: the place has a row already");
    flow_scenario_free(s);
}

Test(flood, broken_tables_are_refused)
{
    expect_refusal(HEAD "flood:\n", "flood.csv", "place,date,level\nQuay,1,2\n",
                   "flood.csv:1:7: flood.measure is depth, but there is no column depth");
    expect_refusal(HEAD "flood: {measure: level}\n", "flood.csv", "place,date,level\nQuay,1,\n",
                   "flood.csv:2:8: level is empty");
    expect_refusal(HEAD "flood: {step_depth: [1, 0.5], step_share: [0.1]}\n", "flood.csv",
                   "place,date,depth\n",
                   "scenario.yaml:4:21: flood.step_depth: numbers that rise were expected\n"
                   "scenario.yaml:4:21: flood.step_depth: 2 depths were given for 1 shares");
    expect_refusal(HEAD "flood:\n", "flood.csv",
                   "place,date,depth\nQuay,2021-03-02T24:01,1\nQuay,2021-03-02T1:00,1\n",
                   "flood.csv:2:6: date '2021-03-02T24:01' is neither a date YYYY-MM-DD nor a day "
                   "number\n"
                   "flood.csv:3:6: date '2021-03-02T1:00' is neither a date YYYY-MM-DD nor a day "
                   "number");
}

Test(cyclone, broken_tables_are_refused)
{
    expect_refusal(HEAD "cyclone:\n", "other.csv", "a\n",
                   "scenario.yaml:4:9: cyclone.input: it is track, but the table 'track.csv' has "
                   "no rows");
    expect_refusal(HEAD "cyclone: {wind_half: 20, upper: 0.1, step_wind: [3]}\n", "track.csv",
                   "date,lat,lon,wind\n1,2,3,4\n1,3,3,4\n",
                   "scenario.yaml:4:22: cyclone.wind_half: 20 is not above wind_zero, 25.7\n"
                   "scenario.yaml:4:33: cyclone.upper: 0.1 is below lower, 0.3\n"
                   "scenario.yaml:4:49: cyclone.step_wind: 1 winds were given for 3 shares\n"
                   "track.csv:3:1: the storm has a row of this time already, row 1 of the data");
}

Test(earthquake, broken_tables_are_refused)
{
    expect_refusal(HEAD "earthquake: {input: intensities}\n", "intensities.csv", "place,date,mmi\n",
                   "scenario.yaml:4:21: earthquake.input: it is intensities, but the table "
                   "'intensities.csv' has no rows");
    expect_refusal(HEAD "earthquake:\n", "earthquakes.csv",
                   "time,latitude,longitude,depth,mag\n1,2,3,900,7\n",
                   "earthquakes.csv:2:7: depth = 900 is outside [0, 800] km");
}

Test(warning, broken_tables_are_refused)
{
    expect_refusal(HEAD "warning:\n", "warnings.csv", "place,date,level\nQuay,1,go\n",
                   "warnings.csv:2:8: level 'go' is none of none|advice|order");
}
