// Drivers against their formulas, on tests/data/two-drivers and on small tables in memory.
#include "../libflow/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { n_place = 5, n_day = 40 };
enum { ALDER, BIRCH, CEDAR, DOGWOOD, ELM };
static const double latitude[n_place] = {1.50, 1.62, 2.40, 0.50, (double)NAN};
static const double longitude[n_place] = {20.25, 20.31, 19.80, 19.00, (double)NAN};

static flow_scenario *load_set(const char *const *set, int32_t n_set)
{
    const flow_load_options options = {.set = set, .n_set = n_set};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load("tests/data/two-drivers", &options, &s), FLOW_OK, "%s",
                 flow_error_text());
    cr_expect_eq(flow_scenario_n_warning(s), 0, "%s",
                 flow_scenario_n_warning(s) > 0 ? flow_scenario_warning(s, 0).text : "");
    return s;
}

static flow_model *start(const flow_scenario *s)
{
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, NULL, &m), FLOW_OK, "%s", flow_error_text());
    return m;
}

/// One step, then the values of an observable.
static void step(flow_model *m, const char *name, double *out)
{
    cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
    cr_assert_eq(flow_model_observe(m, name, out, n_place), FLOW_OK, "%s", flow_error_text());
}

// conflict_events --------------------------------------------------------------------------------

typedef struct event {
    int day; ///< from 2021-03-01
    double latitude, longitude, weight;
} event;

/// The events of the scenario that have a weight, with the weights of MODEL: type, but 8 where
/// civilians are targeted, times the root of 1 + fatalities.
static const event events[] = {{-9, 1.5, 20.25, 3 * 3.605551275463989},
                               {1, 1.62, 20.30, 5 * 2},
                               {4, 2.41, 19.82, 8 * 6.4031242374328485},
                               {5, 1.55, 20.28, 3},
                               {19, 0.51, 19.01, 3 * 1.4142135623730951}};
enum { n_event = sizeof events / sizeof *events };

static double distance_km(double lat_a, double lon_a, double lat_b, double lon_b)
{
    // Spherical law of cosines, to differ from the code under test.
    const double r = 0.017453292519943295;
    return 6371.0088 *
           acos(fmin(1.0, sin(lat_a * r) * sin(lat_b * r) +
                              cos(lat_a * r) * cos(lat_b * r) * cos((lon_b - lon_a) * r)));
}

/// A(t) = 0.9867 A(t - 1) + sum over events of age 0 to 14 days of weight / (d^2.1 (1 + age)), with
/// d in units of 10 km and at least 1, 0 beyond 120 km. Written from the formula, event by event.
static double level(int place, int day)
{
    double a = 0.0;
    for (int t = -9; t <= day; t++) {
        a *= 0.9867;
        for (int k = 0; k < n_event; k++) {
            const event *e = &events[k];
            const int age = t - e->day;
            const double km =
                distance_km(e->latitude, e->longitude, latitude[place], longitude[place]);
            if (age < 0 || age > 14 || !(km <= 120.0)) { continue; }
            a += e->weight / (pow(fmax(km / 10.0, 1.0), 2.1) * (1.0 + age));
        }
    }
    return a;
}

static double chance(double a)
{
    return 1.0 / (1.0 + 55.0 * exp(-0.75 * a));
}

Test(conflict_events, hazard_follows_the_formula_on_every_day)
{
    flow_scenario *s = load_set(NULL, 0);
    flow_model *m = start(s);
    double hazard[n_place], seen[n_place];
    for (int day = 0; day < n_day; day++) {
        step(m, "hazard_conflict", hazard);
        cr_assert_eq(flow_model_observe(m, "conflict_level", seen, n_place), FLOW_OK);
        for (int p = 0; p < ELM; p++) {
            const double r = (chance(level(p, day)) - chance(0)) / (1.0 - chance(0));
            cr_expect_float_eq(seen[p], r, 1e-9, "day %d, place %d: %g, not %g", day, p, seen[p],
                               r);
            cr_expect_float_eq(hazard[p], -log(1.0 - 0.2 * r), 1e-9, "day %d, place %d", day, p);
        }
        cr_expect_eq(hazard[ELM], 0.0, "no event is near a place without coordinates");
    }
    cr_expect_gt(level(ALDER, 6), 5.0, "the test sees large levels");
    cr_expect_lt(level(DOGWOOD, 18), 0.5, "and small ones");
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(conflict_events, formula_as_published_has_a_hazard_without_events)
{
    static const char *const set[] = {"conflict_events.from_zero=false"};
    flow_scenario *s = load_set(set, 1);
    flow_model *m = start(s);
    double hazard[n_place];
    step(m, "hazard_conflict", hazard);
    cr_expect_float_eq(hazard[ELM], -log(1.0 - 0.2 / 56.0), 1e-15);
    cr_expect_float_eq(hazard[ALDER], -log(1.0 - 0.2 * chance(level(ALDER, 0))), 1e-9);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(conflict_events, old_events_are_nearly_forgotten)
{
    // One event at Alder 1000 days before the start, memory 0.999, then nothing.
    static const char yaml[] =
        "libflow: 1\nperiod: {start: 2021-03-01, days: 9}\nmovement: {rule: none}\n"
        "conflict_events: {memory: 0.999, steepness: 0.01, threshold: 1, share: 0.5}\n";
    static const char one[] = "name,kind,country,region,latitude,longitude,population,capacity\n"
                              "Alder,town,Inland,East,1.5,20.25,12000,\n";
    static const char table[] = "date,type,lat,lon\n-1000,Battles,1.5,20.25\n";
    const flow_file file[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                              {"places.csv", one, (int64_t)strlen(one)},
                              {"events.csv", table, (int64_t)strlen(table)}};
    flow_scenario *s = NULL;
    cr_assert_eq(flow_scenario_load_memory(file, 3, NULL, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = start(s);
    for (int day = 0; day < 9; day++) {
        double a = 0.0, hazard = 0.0;
        for (int age = 0; age <= 14; age++) { a += 3 * pow(0.999, 1000 + day - age) / (1 + age); }
        const double r = 2.0 / (1.0 + exp(-0.01 * a)) - 1.0; // from zero, threshold 1
        cr_assert_eq(flow_model_step(m), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "hazard_conflict", &hazard, 1), FLOW_OK);
        cr_expect_float_eq(hazard, -log(1.0 - 0.5 * r), 1e-12, "day %d: %g", day, hazard);
        cr_expect_gt(hazard, 1e-3);
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(conflict_events, long_steps_are_means_of_their_days_and_short_ones_hold)
{
    static const char *const length[] = {"period.step=week", "period.step=6h", "period.step=month"};
    for (int k = 0; k < 3; k++) {
        flow_scenario *s = load_set(&length[k], 1);
        cr_expect_eq(flow_scenario_n_step(s), k == 0 ? 6 : k == 1 ? 160 : 2);
        flow_model *m = start(s);
        double hazard[n_place];
        for (int t = 0; t < (k == 1 ? 160 : 2); t++) {
            step(m, "hazard_conflict", hazard);
            double mean = 0.0;
            const int first = k == 0 ? 7 * t : k == 1 ? t / 4 : 31 * t;
            const int end = k == 0 ? first + 7 : k == 1 ? first + 1 : 31 + 30 * t;
            for (int day = first; day < end; day++) {
                const double r = (chance(level(CEDAR, day)) - chance(0)) / (1.0 - chance(0));
                mean += -log(1.0 - 0.2 * r) / (end - first);
            }
            cr_expect_float_eq(hazard[CEDAR], mean, 1e-9, "%s, step %d: %g, not %g", length[k], t,
                               hazard[CEDAR], mean);
        }
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

Test(conflict_events, parameters_act_in_their_direction)
{
    static const struct {
        const char *set;
        int sign; ///< of the change of hazard at Alder on day 9
    } row[] = {{"conflict_events.battles=4", 1},        {"conflict_events.explosions=1", -1},
               {"conflict_events.violence=100", 0}, // it targeted civilians
               {"conflict_events.civilians=9", 1},  // Cedar is near enough
               {"conflict_events.protests=2", 1},       {"conflict_events.fatality_power=0", -1},
               {"conflict_events.near_km=20", 1},       {"conflict_events.reach_km=10", -1},
               {"conflict_events.distance_power=1", 1}, {"conflict_events.window=3", -1},
               {"conflict_events.memory=0.5", -1},      {"conflict_events.steepness=1", 1},
               {"conflict_events.threshold=20", 1},     {"conflict_events.share=0.4", 1}};
    double base[n_place], hazard[n_place];
    flow_scenario *s = load_set(NULL, 0);
    flow_model *m = start(s);
    for (int day = 0; day < 10; day++) { step(m, "hazard_conflict", base); }
    flow_model_free(m);
    flow_scenario_free(s);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        s = load_set(&row[i].set, 1);
        m = start(s);
        for (int day = 0; day < 10; day++) { step(m, "hazard_conflict", hazard); }
        const double change = hazard[ALDER] - base[ALDER];
        cr_expect_eq((change > 0) - (change < 0), row[i].sign, "%s changes it by %g", row[i].set,
                     change);
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

// conflict_series --------------------------------------------------------------------------------

#define HEAD "libflow: 1\nperiod: {start: 2021-03-01, days: 9}\nmovement: {rule: none}\n"
static const char places[] = "name,kind,country,region,latitude,longitude,population,capacity\n"
                             "Alder,town,Inland,East,1.5,20.25,12000,\n";

static flow_err load_table(const char *yaml, const char *name, const char *table,
                           flow_scenario **out)
{
    const flow_file file[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                              {"places.csv", places, (int64_t)strlen(places)},
                              {name, table, (int64_t)strlen(table)}};
    return flow_scenario_load_memory(file, 3, NULL, out);
}

/// Values of the only place in each step.
static void run_table(const char *yaml, const char *name, const char *table, const char *observable,
                      int n_step, double *out)
{
    flow_scenario *s = NULL;
    cr_assert_eq(load_table(yaml, name, table, &s), FLOW_OK, "%s", flow_error_text());
    flow_model *m = start(s);
    for (int t = 0; t < n_step; t++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        cr_assert_eq(flow_model_observe(m, observable, &out[t], 1), FLOW_OK, "%s",
                     flow_error_text());
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

// Known answer: hazard = rate C^exponent g(age), age since the conflict began, not since it
// changed.
Test(conflict_series, intensities_decay_from_the_beginning_of_their_conflict)
{
    static const char yaml[] =
        HEAD "conflict_series: {rate: 0.03, exponent: 1.7, decay: [1, 0.6, 0.25], "
             "decay_interval: 2}\n";
    // Conflict since four days before the start; peace on day 3, a new conflict on day 5.
    static const char table[] = "place,date,intensity\nAlder,7,0.9\nAlder,-4,0.4\nAlder,1,0.8\n"
                                "Alder,3,0\nAlder,5,0.5\n";
    static const double intensity[9] = {0.4, 0.8, 0.8, 0, 0, 0.5, 0.5, 0.9, 0.9};
    static const double decay[9] = {0.25, 0.25, 0.25, 1, 1, 1, 1, 0.6, 0.6};
    double hazard[9], level[9];
    run_table(yaml, "conflict_series.csv", table, "hazard_conflict", 9, hazard);
    run_table(yaml, "conflict_series.csv", table, "conflict_level", 9, level);
    for (int day = 0; day < 9; day++) {
        const double expected = 0.03 * pow(intensity[day], 1.7) * decay[day];
        cr_expect_float_eq(hazard[day], expected, 1e-15, "day %d: %g, not %g", day, hazard[day],
                           expected);
        cr_expect_eq(level[day], intensity[day], "day %d", day);
    }
}

Test(conflict_series, long_steps_are_means_of_their_days_and_short_ones_hold)
{
    static const char week[] =
        "libflow: 1\nperiod: {start: 2021-03-01, days: 9, step: week}\nmovement: {rule: none}\n"
        "conflict_series: {rate: 0.5, exponent: 2}\n";
    static const char half[] =
        "libflow: 1\nperiod: {start: 2021-03-01, days: 9, step: 12h}\nmovement: {rule: none}\n"
        "conflict_series: {rate: 0.5, exponent: 2}\n";
    static const char table[] = "place,date,intensity\nAlder,2,0.5\nAlder,4,1\n";
    double hazard[6];
    run_table(week, "conflict_series.csv", table, "hazard_conflict", 2, hazard);
    cr_expect_float_eq(hazard[0], 0.5 * (2 * 0.25 + 3 * 1.0) / 7, 1e-15);
    cr_expect_float_eq(hazard[1], 0.5, 1e-15);
    run_table(half, "conflict_series.csv", table, "hazard_conflict", 6, hazard);
    for (int t = 0; t < 6; t++) { cr_expect_eq(hazard[t], t < 4 ? 0.0 : 0.125, "step %d", t); }
}

// Known answer: P(leave within a month) = U / (2.666 + U), U = 0.1042 c(t) + 0.0874 c(t - 1), with
// the counts of calendar months (Jafari et al., code of the Syria model).
Test(conflict_series, counts_of_two_months_saturate)
{
    static const char yaml[] =
        "libflow: 1\nperiod: {start: 2020-01-30, days: 63}\nmovement: {rule: none}\n"
        "conflict_series: {form: count}\n";
    // Counts of a month add up; those before December and after March do not matter.
    static const char table[] =
        "place,date,count\nAlder,2019-12-31,7\nAlder,2020-01-01,3\nAlder,2020-01-31,14\n"
        "Alder,2020-02-29,90\nAlder,2020-04-01,4\nAlder,1900-03-01,1000\nAlder,2021-01-01,1000\n";
    double hazard[63], level[63];
    run_table(yaml, "conflict_series.csv", table, "hazard_conflict", 63, hazard);
    run_table(yaml, "conflict_series.csv", table, "conflict_level", 63, level);
    for (int day = 0; day < 63; day++) {
        const int month = day < 2 ? 1 : day < 31 ? 2 : day < 62 ? 3 : 4;
        const double count[6] = {7, 17, 90, 0, 4, 0};
        const double u = 0.1042 * count[month] + 0.0874 * count[month - 1];
        const double p = u / (2.666 + u);
        cr_expect_float_eq(level[day], p, 1e-14, "day %d: %g, not %g", day, level[day], p);
        cr_expect_float_eq(-expm1(-hazard[day] * 365.25 / 12), p, 1e-14, "day %d", day);
    }
}

// drought ----------------------------------------------------------------------------------------

Test(drought, hazard_follows_rain_and_food_phases)
{
    flow_scenario *s = load_set(NULL, 0);
    flow_model *m = start(s);
    double rain[n_place], food[n_place], all[n_place], index[n_place];
    for (int day = 0; day < n_day; day++) {
        step(m, "hazard_drought__drought_rain", rain);
        cr_assert_eq(flow_model_observe(m, "hazard_drought__drought_food", food, n_place), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "hazard_drought", all, n_place), FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "food_insecurity", index, n_place), FLOW_OK);
        // Alder: -0.5 is no drought, -1.75 is (1.75 - 1) / (3 - 1), -3.5 is beyond the extreme.
        const double severity = day < 10 ? 0.0 : day < 30 ? 0.375 : 1.0;
        cr_expect_float_eq(rain[ALDER], 0.00066 * severity, 1e-15, "day %d", day);
        cr_expect_float_eq(rain[CEDAR], day < 10 ? 0.0 : 0.00066 * 0.5, 1e-15, "day %d", day);
        cr_expect_eq(rain[BIRCH], 0.0);
        const double phase = day < 4 ? 0.0 : day < 24 ? 0.25 + 2 * 0.125 : 0.25 + 0.5 + 0.25;
        cr_expect_float_eq(index[BIRCH], phase, 1e-15, "day %d", day);
        cr_expect_float_eq(food[BIRCH], 0.001 * phase, 1e-15, "day %d", day);
        cr_expect_eq(index[ALDER], 0.125, "the last row before the start holds");
        for (int p = 0; p < n_place; p++) {
            cr_expect_float_eq(all[p], rain[p] + food[p], 1e-18, "the two add up");
        }
    }
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(drought, hazard_follows_vegetation_health)
{
    static const struct {
        double vhi, exponent, expected;
    } row[] = {{45, 1, 0},
               {40, 1, 0},
               {30, 1, 0.25 * 0.002},
               {0, 1, 0.002},
               {30, 2, 0.0625 * 0.002},
               {10, 0.5, 0.002 * 0.8660254037844386}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char yaml[256], table[64];
        (void)snprintf(yaml, sizeof yaml, HEAD "drought: {rate: 0.002, exponent: %g}\n",
                       row[i].exponent);
        (void)snprintf(table, sizeof table, "place,date,vhi\nAlder,2,%g\n", row[i].vhi);
        flow_scenario *s = NULL;
        cr_assert_eq(load_table(yaml, "drought.csv", table, &s), FLOW_OK, "%s", flow_error_text());
        flow_model *m = start(s);
        for (int day = 0; day < 4; day++) {
            double hazard = 0.0;
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
            cr_assert_eq(flow_model_observe(m, "hazard_drought", &hazard, 1), FLOW_OK);
            cr_expect_float_eq(hazard, day < 2 ? 0.0 : row[i].expected, 1e-15, "VHI %g: %g",
                               row[i].vhi, hazard);
        }
        flow_model_free(m);
        flow_scenario_free(s);
    }
}

// economic ---------------------------------------------------------------------------------------

// Known answer: hazard = rate (1 + a unemployment + b food insecurity); columns are the table's
// over its references, in the row in force; the first row holds before its date, too.
Test(economic, columns_follow_the_table)
{
    static const char yaml[] = HEAD "economic: {wage_reference: 2500, price_reference: 100, rate: "
                                    "0.004, unemployment_weight: 1.5, food_weight: 0.7}\n";
    static const char table[] = "date,place,wage,price_index,unemployment,food_insecurity\n"
                                "6,Alder,1250,130,0.25,0.9\n2,Alder,2750,120,0.1,0.3\n";
    static const char *const name[] = {"wage", "price_index", "employment", "food_insecurity",
                                       "hazard_economic"};
    static const double expected[][5] = {{1.1, 1.2, 0.9, 0.3, 0.004 * (1 + 0.15 + 0.21)},
                                         {0.5, 1.3, 0.75, 0.9, 0.004 * (1 + 0.375 + 0.63)}};
    for (int k = 0; k < 5; k++) {
        double value[9];
        run_table(yaml, "economy.csv", table, name[k], 9, value);
        for (int day = 0; day < 9; day++) {
            cr_expect_float_eq(value[day], expected[day >= 6][k], 1e-15, "%s, day %d: %g", name[k],
                               day, value[day]);
        }
    }
}

Test(economic, columns_that_are_not_given_say_nothing)
{
    double value[2];
    static const char yaml[] = HEAD "economic: {wage_reference: 7, rate: 0.01}\n";
    static const char *const name[] = {"wage", "price_index", "food_insecurity"};
    static const double neutral[] = {1, 1, 0};
    for (int k = 0; k < 3; k++) {
        run_table(yaml, "economy.csv", "place,date,unemployment\nAlder,0,0.3\n", name[k], 2, value);
        cr_expect_eq(value[1], neutral[k], "%s", name[k]);
    }
}

// Together ---------------------------------------------------------------------------------------

Test(drivers, switching_one_off_takes_away_exactly_its_column)
{
    static const char *const off[] = {"drought.rain.on=false"};
    flow_scenario *s = load_set(NULL, 0);
    flow_scenario *t = load_set(off, 1);
    flow_model *m = start(s);
    flow_model *less = start(t);
    for (int day = 0; day < n_day; day++) {
        double with[n_place], without[n_place], column[n_place], conflict[2][n_place];
        step(m, "hazard_drought", with);
        step(less, "hazard_drought", without);
        cr_assert_eq(flow_model_observe(m, "hazard_drought__drought_rain", column, n_place),
                     FLOW_OK);
        cr_assert_eq(flow_model_observe(m, "hazard_conflict", conflict[0], n_place), FLOW_OK);
        cr_assert_eq(flow_model_observe(less, "hazard_conflict", conflict[1], n_place), FLOW_OK);
        for (int p = 0; p < n_place; p++) {
            cr_expect_float_eq(with[p] - without[p], column[p], 1e-18, "day %d, place %d", day, p);
            cr_expect_eq(conflict[0][p], conflict[1][p], "day %d, place %d", day, p);
        }
    }
    flow_model_free(m);
    flow_model_free(less);
    flow_scenario_free(s);
    flow_scenario_free(t);
}

// Refusals ---------------------------------------------------------------------------------------

static void expect_refusal(const char *yaml, const char *name, const char *table, const char *text)
{
    flow_scenario *s = NULL;
    cr_expect_eq(load_table(yaml, name, table, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), text, "\n%s\nwas expected, but it says\n%s", text,
                     flow_error_text());
    flow_scenario_free(s);
}

Test(drivers, broken_tables_are_refused)
{
    expect_refusal(HEAD "drought:\n", "other.csv", "",
                   "drought.csv: the file is missing; it tells when and where there is drought");
    expect_refusal(HEAD "drought: {series: \"\"}\n", "other.csv", "",
                   "scenario.yaml:4:19: drought.series: the name of a file was expected; it tells "
                   "when and where there is drought");
    expect_refusal(HEAD "drought:\n", "drought.csv", "place,date,spi\nAlder,1,-2\n",
                   "drought.csv:1:7: drought.index is vhi, but there is no column vhi");
    expect_refusal(HEAD "drought: {index: spi}\n", "drought.csv", "place,date,spi\nAlder,1,\n",
                   "drought.csv:2:9: spi is empty");
    expect_refusal(HEAD "drought: {index: phase}\n", "drought.csv", "place,date,spi\nAlder,1,-2\n",
                   "drought.csv:1:7: drought.index is phase, but there is no column phase3, phase4 "
                   "or phase5");
    expect_refusal(HEAD "drought: {index: phase}\n", "drought.csv",
                   "place,date,phase3,phase4\nAlder,1,0.75,0.5\n",
                   "drought.csv:2:9: phase3, phase4 and phase5 are shares, together at most 1, and "
                   "not 1.25");
    expect_refusal(HEAD "drought: {spi_extreme: -1}\n", "drought.csv",
                   "place,date,vhi\nAlder,1,9\n",
                   "scenario.yaml:4:24: drought.spi_extreme: -1 is not below spi_threshold, -1");
    expect_refusal(HEAD "drought:\n", "drought.csv", "place,date,vhi\nAlder,1,9\nAlder,1,8\n",
                   "drought.csv:3:7: 'Alder' has a row of this day already, row 1 of the data");
    expect_refusal(HEAD "conflict_events:\n", "events.csv",
                   "event_date,event_type,latitude,longitude\n2021-02-29,Battle,91,x\n",
                   "events.csv:2:1: date '2021-02-29' is neither a date YYYY-MM-DD nor a day "
                   "number\n"
                   "events.csv:2:12: type 'Battle' is none of Battles|Violence against civilians|"
                   "Explosions/Remote violence|Riots|Protests|Strategic developments\n"
                   "events.csv:2:19: latitude = 91 is outside [-90, 90] degrees_north\n"
                   "events.csv:2:22: longitude 'x' is not a number (expected -180 to 180 "
                   "degrees_east)");
    expect_refusal(HEAD "conflict_series: {form: count}\n", "conflict_series.csv",
                   "place,date,intensity\nAlder,1,0.5\n",
                   "conflict_series.csv:1:7: conflict_series.form is count, but there is no column "
                   "count");
    expect_refusal(HEAD "conflict_series:\n", "conflict_series.csv",
                   "place,date,intensity\nAlder,1,1.5\nAlder,2,\n",
                   "conflict_series.csv:2:9: intensity = 1.5 is outside [0, 1]");
    expect_refusal(HEAD "conflict_series:\n", "conflict_series.csv",
                   "place,date,intensity\nAlder,1,0.5\nAlder,2,\n",
                   "conflict_series.csv:3:9: intensity is empty");
    expect_refusal(HEAD "economic:\n", "economy.csv", "place,date,wage\nAlder,1,\n",
                   "economy.csv:2:9: the cell is empty, a number was expected");
    expect_refusal(HEAD "economic:\n", "economy.csv", "place,date\nAlder,1\n",
                   "economy.csv:1:7: there is no column wage, unemployment, price_index or "
                   "food_insecurity");
    expect_refusal(HEAD "economic:\n", "economy.csv", "place,date,wage\n",
                   "economy.csv:1:1: 'Alder' has no row; people compare all places, so each needs "
                   "one");
    expect_refusal(HEAD "conflict_events: {reach_km: 5}\n", "events.csv", "date,type,lat,lon\n",
                   "scenario.yaml:4:29: conflict_events.reach_km: 5 is below near_km, 10");
}

Test(drivers, places_without_coordinates_have_no_events)
{
    static const char yaml[] = HEAD "conflict_events:\n";
    static const char nowhere[] =
        "name,kind,country,region,latitude,longitude,population,capacity\n"
        "Alder,town,Inland,East,,,12000,\n";
    static const char table[] = "date,type,lat,lon\n1,battles,1,2\n";
    const flow_file file[] = {{"scenario.yaml", yaml, (int64_t)strlen(yaml)},
                              {"places.csv", nowhere, (int64_t)strlen(nowhere)},
                              {"events.csv", table, (int64_t)strlen(table)}};
    flow_scenario *s = NULL;
    cr_expect_eq(flow_scenario_load_memory(file, 3, NULL, &s), FLOW_EINPUT);
    cr_expect_str_eq(flow_error_text(), "scenario.yaml:4:17: conflict_events.events: no place has "
                                        "latitude and longitude, so no event is near one");
}
