// Health, protection, education: formulas written out, directions, and what they do to people.
#include "../libflow/quantities.h"
#include "turns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LANDS                                                                                      \
    .days = 30,                                                                                    \
    .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;C,camp,,0,700,,There,,2,2;",      \
    .link = "A,B,30;B,C,40;"
static const toy sick = {LANDS, .yaml = "movement: {rule: none}\nhealth:\n"};
static const toy risky = {LANDS, .yaml = "movement: {rule: none}\nprotection:\n"};
static const toy school = {LANDS, .yaml = "movement: {rule: none}\neducation:\n"};

// Health -----------------------------------------------------------------------------------------

// Known answer: each unmet need adds to mortality by the share of people who have it.
Test(care, mortality_follows_the_formula)
{
    turns t = turns_begin(&sick, "health");
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_reads(&t, "in_need_food")[2] = 600;
    turns_reads(&t, "reached_food")[2] = 450;
    turns_reads(&t, "in_need_water")[2] = 1000;
    turns_reads(&t, "reached_water")[2] = 700;
    turns_reads(&t, "in_need_health")[2] = 500;
    turns_reads(&t, "reached_health")[2] = 100;
    turns_step(&t);
    const double more = 8 * 0.15 + 4 * 0.3 + 2 * 0.4;
    cr_expect_float_eq(turns_writes(&t, "mortality")[2], 2.2e-5 * (1 + more), 1e-15);
    cr_expect_float_eq(turns_writes(&t, "death_hazard")[2], 2.2e-5 * more, 1e-15);
    cr_expect_float_eq(turns_writes(&t, "excess_deaths")[2], 1000 * 2.2e-5 * more, 1e-12);
    cr_expect_eq(turns_writes(&t, "emergency")[2], 1.0, "more than twice the usual");
    cr_expect_eq(turns_writes(&t, "mortality")[1], 0.0, "nobody is there");
    turns_reads(&t, "disease")[2] = 3.0; // an outbreak, from outside
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "death_hazard")[2], 2.2e-5 * (3 * (1 + more) - 1), 1e-15);
    turns_end(&t);
}

// Property: mortality rises with every unmet need; the emergency begins at 1 per 10,000 a day.
Test(care, mortality_rises_with_each_unmet_need)
{
    static const char *const need[] = {"in_need_food", "in_need_water", "in_need_health"};
    for (int k = 0; k < 3; k++) {
        toy what = sick;
        what.set[0] = "health.base=4e-5"; // 2.5 times that is an emergency, twice is one, too
        what.set[1] = "health.deaths=all";
        turns t = turns_begin(&what, "health");
        turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 2000);
        double before = 0.0;
        for (int i = 0; i <= 20; i++) {
            turns_reads(&t, need[k])[0] = 100.0 * i;
            turns_step(&t);
            const double rate = turns_writes(&t, "mortality")[0];
            cr_expect_gt(rate, before, "%s %d", need[k], i);
            cr_expect_eq(turns_writes(&t, "death_hazard")[0], rate, "all deaths are drawn");
            cr_expect_eq(turns_writes(&t, "emergency")[0], rate >= 8e-5 ? 1.0 : 0.0, "%g", rate);
            before = rate;
        }
        turns_reads(&t, need[k])[0] = 1e7; // those of yesterday, who are gone
        turns_step(&t);
        cr_expect_eq(turns_writes(&t, "mortality")[0], before, "at most all");
        turns_end(&t);
    }
}

Test(care, nobody_dies_of_needs_that_are_met)
{
    turns t = turns_begin(&sick, "health");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 2000);
    turns_reads(&t, "in_need_food")[0] = turns_reads(&t, "reached_food")[0] = 900;
    turns_step(&t);
    cr_expect_eq(turns_writes(&t, "death_hazard")[0], 0.0);
    cr_expect_eq(turns_writes(&t, "mortality")[0], 2.2e-5);
    cr_expect_eq(turns_writes(&t, "emergency")[0], 0.0);
    turns_end(&t);
}

/// People who die in a camp in 60 days, with so many rations; each day as the hazard says.
static double deaths_with(double rations)
{
    const toy t = {.days = 80,
                   .place = "A,town,,200000,,,Here,,1,1;C,camp,,,400000,,There,,2,2;",
                   .link = "A,C,30;",
                   .yaml = "movement: {rule: destination}\ndestination_conflict: {population: 0}\n"
                           "needs: {by_register: false}\nhealth: {water: 0, care: 0, food: 80}\n"};
    toy_world w = toy_make(&t, 32);
    double value[2] = {0.2, 0.0}, hazard = 0.0, all = 0.0, expected = 0.0;
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 2), FLOW_OK);
    toy_days(&w, 20);
    value[0] = 0.0;
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 2), FLOW_OK);
    value[1] = rations;
    cr_assert_eq(flow_model_assign(w.m, "food_rations", value, 2), FLOW_OK);
    for (int day = 0; day < 60; day++) {
        toy_days(&w, 1);
        hazard = toy_at(&w, "death_hazard", "C");
        const double died = toy_at(&w, "deaths", "C");
        all += died;
        expected += (toy_people(&w, "C") + died) * -expm1(-hazard);
    }
    toy_near(all, expected, sqrt(expected), "deaths");
    toy_end(&w);
    return all;
}

// Effect: people die of hunger, fewer where there is food.
Test(care, food_saves_lives)
{
    const double none = deaths_with(0), some = deaths_with(100000), all = deaths_with(1e6);
    cr_expect_gt(none, 5000, "%g", none);
    cr_expect_lt(some, 0.6 * none, "%g of %g", some, none);
    cr_expect_lt(all, 0.05 * none, "%g of %g", all, none); // of the first day
}

// Protection -------------------------------------------------------------------------------------

Test(care, incidents_follow_the_formula)
{
    turns t = turns_begin(&risky, "protection");
    turns_put(&t, "C", FLOW_STATUS_RESIDENT, NULL, 77);
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_put(&t, "C", FLOW_STATUS_LABOUR, "A", 400);
    turns_step(&t);
    const double rate = 2.7379e-5, woman = 0.57 * (0.5 * 2 + 0.5);
    const double child = 0.43 * (0.02 * 6 + 0.98 * 1.5), over = (1477.0 - 700) / 700;
    cr_expect_float_eq(turns_writes(&t, "incidents")[2],
                       1000 * rate * (child + woman) * (1 + 0.5 * over), 1e-12);
    turns_reads(&t, "in_need_shelter")[2] = 1000;
    turns_reads(&t, "reached_shelter")[2] = 700;
    turns_reads(&t, "in_need_education")[2] = 290;
    turns_reads(&t, "reached_education")[2] = 145;
    turns_reads(&t, "conflict_level")[2] = 0.1;
    turns_reads(&t, "extra_capacity")[2] = 777;
    turns_step(&t);
    const double both = child * (1 + 0.5 * 0.5) + woman;
    cr_expect_float_eq(turns_writes(&t, "incidents")[2], 1000 * rate * both * (1 + 0.3 + 0.2),
                       1e-12);
    turns_reads(&t, "incident_factor")[2] = 0.7;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "incidents")[2], 0.7 * 1000 * rate * both * 1.5, 1e-12);
    cr_expect_eq(turns_writes(&t, "incidents")[0], 0.0);
    turns_end(&t);
}

// Direction: incidents rise with each of what makes them.
Test(care, incidents_rise_with_unmet_needs_crowding_and_conflict)
{
    static const struct {
        const char *reads;
        double from, to; // from is safer
    } row[] = {{"in_need_shelter", 0, 900}, {"reached_shelter", 500, 0},
               {"conflict_level", 0, 1},    {"in_need_education", 0, 100},
               {"extra_capacity", 900, 0},  {"incident_factor", 0, 1}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        turns t = turns_begin(&risky, "protection");
        turns_put(&t, "C", FLOW_STATUS_IDP, "A", 1500);
        if (strcmp(row[i].reads, "reached_shelter") == 0) {
            turns_reads(&t, "in_need_shelter")[2] = 900;
        }
        double before = -1.0;
        for (int k = 0; k <= 4; k++) {
            turns_reads(&t, row[i].reads)[2] = row[i].from + (row[i].to - row[i].from) * k / 4;
            turns_step(&t);
            cr_expect_gt(turns_writes(&t, "incidents")[2], before, "%s %d", row[i].reads, k);
            before = turns_writes(&t, "incidents")[2];
        }
        turns_end(&t);
    }
}

// Known answer: of the people of A 600 are at B, in two statuses, 300 at C, 100 at home.
Test(care, families_are_apart_as_people_of_a_home_are_scattered)
{
    turns t = turns_begin(&risky, "protection");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 100);
    turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 400);
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 5000);
    turns_put(&t, "B", FLOW_STATUS_ASYLUM, "A", 200);
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 300);
    for (int i = 0; i < 2; i++) { // it remembers nothing
        turns_step(&t);
        const double *apart = turns_writes(&t, "separated");
        cr_expect_eq(apart[0], 0.0, "those at home wait");
        cr_expect_float_eq(apart[1], 600 * 0.1 * 0.4, 1e-9, "%g", apart[1]);
        cr_expect_float_eq(apart[2], 300 * 0.1 * 0.7, 1e-9, "%g", apart[2]);
    }
    turns_end(&t);
}

// Education --------------------------------------------------------------------------------------

Test(care, schools_lower_onward_movement_by_the_formula)
{
    turns t = turns_begin(&school, "education");
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
    turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_reads(&t, "in_need_education")[1] = 145; // own schools take half of the 290
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "hazard_factor_onward")[1], 1 - 0.21 * 0.5, 1e-12);
    cr_expect_eq(turns_writes(&t, "hazard_factor_onward")[0], 1.0, "nobody is there");
    turns_reads(&t, "reached_education")[1] = 145;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "hazard_factor_onward")[1], 1 - 0.21, 1e-12);
    turns_end(&t);
}

/// Onward departures from a camp whose people do not come back, with many or no places at school.
static double onward_leavers(double school_places)
{
    toy t = {.days = 12,
             .place = "A,town,,40000,,,Here,,1,1;C,camp,,,90000,,There,,2,2;"
                      "D,town,,9000,,,There,,2,3;",
             .link = "A,C,30;C,D,60;",
             .yaml = "movement: {rule: destination}\ndestination_conflict: {kind: table}\n"
                     "destination: {missing: utility}\nneeds:\neducation: {onward: 0.9}\n",
             .shares = "origin,destination,share\nA,C,1\n"};
    toy_world w = toy_make(&t, 31);
    double value[3] = {0.2, 0.0, 0.0};
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 3), FLOW_OK);
    toy_days(&w, 4);
    value[0] = 0.0;
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 3), FLOW_OK);
    value[1] = school_places;
    cr_assert_eq(flow_model_assign(w.m, "school_places", value, 3), FLOW_OK);
    toy_days(&w, 3);
    cr_expect_gt(toy_people(&w, "C"), 10000.0, "%g", toy_people(&w, "C"));
    value[1] = 0.02;
    cr_assert_eq(flow_model_assign(w.m, "hazard_onward", value, 3), FLOW_OK);
    const double there = toy_people(&w, "C");
    toy_days(&w, 1);
    const double leavers = there - toy_people(&w, "C");
    const double factor = toy_at(&w, "hazard_factor_onward", "C");
    toy_binomial(leavers, there, 1 - exp(-0.02 * factor), "those who go on");
    toy_end(&w);
    return leavers;
}

// Effect: with places at school fewer people move on.
Test(care, fewer_people_move_on_where_children_are_at_school)
{
    const double without = onward_leavers(0.0), with = onward_leavers(1e5);
    cr_expect_lt(with, 0.6 * without, "%g, %g", with, without);
}
