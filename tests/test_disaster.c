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
        out.onset = flow_share_any(out.onset, quay(m, onset));
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

// Return -----------------------------------------------------------------------------------------

Test(return_home, hazard_follows_the_formula)
{
    flow_scenario *s = good(HEAD "return_home: {rate: 0.3, conflict: 2.5, damage: 1.7, food: 0.9, "
                                 "homes: false}\n",
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
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(return_home, people_come_home_as_homes_are_repaired)
{
    // A(t) people are away, D(t) = D0 exp(-r t) homes are damaged, rate q: dA/dt = -q (A - D P).
    // With A(0) = D0 P: A = D0 P (q exp(-r t) - r exp(-q t)) / (q - r).
    static const char *const depth[] = {"flood.csv", "place,date,depth\nQuay,0,2\nQuay,1,0\n",
                                        NULL};
    // Whoever leaves goes home in a later step: a month is long against 1 / q = 17 days.
    static const double tolerance[n_length] = {0.002, 0.02, 0.27};
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
