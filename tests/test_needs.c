// Needs: who is in need and who is reached, against the ratios written out by hand.
#include "../libflow/quantities.h"
#include "turns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static const toy lands = {.days = 30,
                          .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;"
                                   "C,camp,,0,700,,There,,2,2;",
                          .link = "A,B,30;B,C,40;",
                          .yaml = "movement: {rule: none}\nneeds:\n"};
static const char *const sector[FLOW_N_SECTOR] = {"shelter", "food",      "water",
                                                  "health",  "education", "legal"};

static double in_need(turns *t, int32_t k, int32_t place)
{
    char name[64];
    (void)snprintf(name, sizeof name, "in_need_%s", sector[k]);
    return turns_writes(t, name)[place];
}

static double reached(turns *t, int32_t k, int32_t place)
{
    char name[64];
    (void)snprintf(name, sizeof name, "reached_%s", sector[k]);
    return turns_writes(t, name)[place];
}

static void expect_needs(turns *t, const char *place, const double *expected, bool of_reached)
{
    const int32_t p = turns_place(t, place);
    for (int32_t k = 0; k < FLOW_N_SECTOR; k++) {
        const double found = of_reached ? reached(t, k, p) : in_need(t, k, p);
        cr_expect_float_eq(found, expected[k], 1e-9 * fmax(expected[k], 1.0), "%s %s at %s: %g",
                           of_reached ? "reached" : "in need", sector[k], place, found);
    }
}

// Known answer: in a camp everybody needs everything, and is served by the ratios per person.
Test(needs, people_in_a_camp_are_served_by_the_ratios)
{
    turns t = turns_begin(&lands, "needs");
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_put(&t, "C", FLOW_STATUS_ASYLUM, "A", 40);
    turns_reads(&t, "shelter_places")[2] = 51;
    turns_reads(&t, "food_rations")[2] = 640;
    turns_reads(&t, "water")[2] = 7.5 * 1040; // what is needed to survive
    turns_reads(&t, "health_consultations")[2] = 3;
    turns_reads(&t, "school_places")[2] = 1000;
    turns_reads(&t, "legal_cases")[2] = 0.5;
    turns_step(&t);
    static const double need[] = {1040, 1040, 1040, 1040, 0.29 * 1040, 0.1 * 1000 + 40};
    static const double got[] = {751, 640, 520, 3 * 365.25 / 2, 0.29 * 1040, 90};
    expect_needs(&t, "C", need, false);
    expect_needs(&t, "C", got, true);
    static const double none[FLOW_N_SECTOR] = {0};
    expect_needs(&t, "B", none, false);
    expect_needs(&t, "B", none, true);
    turns_end(&t);
}

// Known answer: in towns hosts, services and work take a part of it off.
Test(needs, hosts_and_work_lower_needs_in_towns)
{
    turns t = turns_begin(&lands, "needs");
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
    turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_put(&t, "B", FLOW_STATUS_LABOUR, "A", 300);
    turns_reads(&t, "employed_refugee")[1] = 0.25;
    turns_step(&t);
    const double fed = 1000 * (1 - 0.52 * 0.25 * 2);
    const double need[] = {fed / 2, fed / 2, fed * 0.2, 500, 0.29 * 500, 100};
    expect_needs(&t, "B", need, false);
    turns_reads(&t, "host_acceptance")[1] = 0.25; // room for 0.2 * 4000 * 0.25
    turns_step(&t);
    cr_expect_float_eq(in_need(&t, FLOW_SECTOR_SHELTER, 1), fed - 200, 1e-9);
    turns_reads(&t, "employed_refugee")[1] = 1.0;
    turns_step(&t);
    cr_expect_eq(in_need(&t, FLOW_SECTOR_FOOD, 1), 0.0, "those who work feed all");
    turns_end(&t);
}

// Known answer: places of kind camp that are regions, with what their people have.
Test(needs, camps_may_be_regions_whose_people_have_something)
{
    toy what = lands;
    what.set[0] = "needs.camps=0.6";
    turns t = turns_begin(&what, "needs");
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_step(&t);
    static const double need[] = {700, 700, 520, 700, 0.29 * 700, 100};
    expect_needs(&t, "C", need, false);
    turns_end(&t);
}

// Known answer: residents lose homes and food.
Test(needs, residents_need_help_where_homes_are_damaged_or_food_is_short)
{
    turns t = turns_begin(&lands, "needs");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
    turns_step(&t);
    static const double none[FLOW_N_SECTOR] = {0};
    expect_needs(&t, "A", none, false);
    turns_reads(&t, "housing_damage")[0] = 0.3;
    turns_reads(&t, "food_insecurity")[0] = 0.2;
    turns_step(&t);
    const double food = 8000 * (1 - (1 - 0.15) * (1 - 0.2));
    const double need[] = {2400 - 1120, food, 480, 1200, 0.29 * 1200, 0};
    expect_needs(&t, "A", need, false);
    turns_reads(&t, "food_insecurity")[0] = 2.5;
    turns_step(&t);
    cr_expect_float_eq(in_need(&t, FLOW_SECTOR_FOOD, 0), 8000, 1e-9, "at most all");
    turns_end(&t);
}

// Known answer: cash buys food, shelter, water, at the prices of the place.
Test(needs, cash_reaches_people_in_several_sectors)
{
    turns t = turns_begin(&lands, "needs");
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 5000);
    turns_reads(&t, "income")[2] = 400;
    turns_reads(&t, "price_index")[2] = 1.25;
    turns_step(&t);
    const double got[] = {700 + 320 * 0.3 / 0.5, 320 * 0.5 / 0.5,  320 * 0.05 / 0.05,
                          320 * 0.05 / 0.05,     320 * 0.05 / 0.3, 0};
    expect_needs(&t, "C", got, true);
    turns_end(&t);
}

// Known answer: money from relatives comes to all people alike, those in need among them.
Test(needs, remittances_feed_people_at_home)
{
    turns t = turns_begin(&lands, "needs");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
    turns_reads(&t, "food_insecurity")[0] = 0.4;
    turns_reads(&t, "remittances")[0] = 900;
    turns_step(&t);
    cr_expect_float_eq(in_need(&t, FLOW_SECTOR_FOOD, 0), 3200, 1e-9);
    cr_expect_float_eq(reached(&t, FLOW_SECTOR_FOOD, 0), 900 * 0.4 * 0.5 / 0.5, 1e-9);
    turns_end(&t);
}

Test(needs, cash_is_spent_once)
{
    toy t = lands;
    t.set[0] = "needs.cash_food=0.75";
    toy_refused(&t, "scenario.yaml:5:7: needs.cash_food: the shares of cash for all sectors come "
                    "to 1.2, at most "
                    "1 was expected");
}

// Balance: services given never exceed what is supplied, nor what is needed; more of a service
// never reaches fewer people.
Test(needs, services_given_never_exceed_the_supply)
{
    turns t = turns_begin(&lands, "needs");
    for (int32_t s = 0; s < FLOW_N_STATUS; s++) {
        turns_put(&t, "A", (flow_status)s, NULL, 900 - 31 * s);
    }
    for (int32_t s = 0; s < FLOW_N_STATUS; s++) {
        turns_put(&t, "C", (flow_status)s, "A", 100 + 137 * s);
    }
    static const char *const supply[FLOW_N_SECTOR] = {"shelter_places", "food_rations",
                                                      "water",          "health_consultations",
                                                      "school_places",  "legal_cases"};
    const double serves[FLOW_N_SECTOR] = {1, 1, 1.0 / 15, 365.25 / 2, 1, 180};
    int32_t n_short = 0, n_enough = 0;
    for (int32_t i = 0; i < 200; i++) {
        for (int32_t k = 0; k < FLOW_N_SECTOR; k++) {
            for (int32_t p = 0; p < 3; p += 2) {
                const double before = reached(&t, k, p);
                // Some below 0: a response may take away more than there is.
                double *has = &turns_reads(&t, supply[k])[p];
                *has = (40.0 * i - 60.0 * k) / serves[k];
                turns_step(&t);
                const double most = fmax(*has, 0.0) * serves[k] +
                                    (p == 2 && k == FLOW_SECTOR_SHELTER ? 700.0 : 0.0);
                const double got = reached(&t, k, p), need = in_need(&t, k, p);
                cr_expect_leq(got, most * (1 + 1e-12), "%s: %g of %g", sector[k], got, most);
                cr_expect_leq(got, need);
                cr_expect_geq(got, 0.0);
                cr_expect_geq(got, before, "more is not less");
                n_short += got < need;
                n_enough += got >= need;
            }
        }
    }
    cr_expect_gt(n_short, 200);
    cr_expect_gt(n_enough, 200);
    turns_end(&t);
}

// The whole model -------------------------------------------------------------------------------

static const toy flight = {
    .days = 40,
    .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;C,camp,,,5000,,There,,2,2;",
    .link = "A,B,30;B,C,40;A,C,45;",
    .yaml = "movement: {rule: destination}\ndestination_conflict: {population: 0}\nneeds:\n"};

static void assign(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[8] = {0};
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

Test(needs, people_who_flee_are_counted_where_they_are)
{
    toy_world w = toy_make(&flight, 5);
    assign(&w, "hazard_conflict", "A", 0.02);
    assign(&w, "food_rations", "C", 150.0);
    double most = 0.0;
    for (int day = 0; day < 40; day++) {
        toy_days(&w, 1);
        const double there = toy_people(&w, "C");
        cr_expect_eq(toy_at(&w, "in_need_food", "C"), there, "day %d", day);
        cr_expect_eq(toy_at(&w, "reached_food", "C"), fmin(there, 150.0));
        most = fmax(most, there);
    }
    cr_expect_gt(most, 300.0, "%g", most);
    toy_end(&w);
}

Test(needs, threads_and_repetition_change_nothing)
{
    uint64_t sum[4];
    for (int i = 0; i < 4; i++) {
        toy_world w = toy_make(&flight, 6);
        flow_model_free(w.m);
        const flow_model_options how = {.seed = 6, .threads = 1 << i};
        cr_assert_eq(flow_model_create(w.s, &how, &w.m), FLOW_OK);
        for (int run = 0; run < 2; run++) {
            cr_assert_eq(flow_model_reset(w.m, 6, 0), FLOW_OK);
            assign(&w, "hazard_conflict", "A", 0.02);
            const int64_t before = flow_alloc_count();
            for (int day = 0; day < 40; day++) { cr_assert_eq(flow_model_step(w.m), FLOW_OK); }
            cr_expect(run == 0 || flow_alloc_count() == before, "a step allocates");
        }
        sum[i] = flow_model_checksum(w.m);
        cr_expect_eq(sum[i], sum[0], "%d threads", 1 << i);
        toy_end(&w);
    }
}
