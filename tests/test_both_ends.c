// Both ends of a migration: hosts, wages, and what is sent home.
#include "../libflow/quantities.h"
#include "turns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#define LANDS                                                                                      \
    .days = 90,                                                                                    \
    .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;C,camp,,0,700,,There,,2,2;",      \
    .link = "A,B,30;B,C,40;"
static const toy hosting = {LANDS, .yaml = "movement: {rule: none}\nhost:\n"};
static const toy sending = {LANDS, .yaml = "movement: {rule: none}\nremittances:\n"};

// Hosts ------------------------------------------------------------------------------------------

// Known answer: acceptance follows exp(-strain) with a pace of 0.01 a day.
Test(both_ends, acceptance_follows_the_strain)
{
    turns t = turns_begin(&hosting, "host");
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
    turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_put(&t, "C", FLOW_STATUS_REFUGEE, "A", 1000);
    turns_reads(&t, "in_need_water")[1] = 800;
    turns_reads(&t, "reached_water")[1] = 300;
    turns_reads(&t, "in_need_education")[1] = 250;
    double expected = 1.0;
    for (int day = 0; day < 400; day++) {
        double strain = 0.5 * 0.25 + 0.5 * (500.0 + 250.0) / 5000.0 / 3.0;
        if (day >= 200) { // help takes 0.6 of the strain
            turns_reads(&t, "host_support")[1] = 0.6;
            strain *= 0.4;
        }
        expected += (exp(-strain) - expected) * -expm1(-0.01);
        turns_step(&t);
        cr_expect_float_eq(turns_writes(&t, "host_acceptance")[1], expected, 1e-12, "day %d", day);
        cr_expect_eq(turns_writes(&t, "host_acceptance")[2], 1.0, "a camp has no hosts");
        cr_expect_eq(turns_writes(&t, "host_acceptance")[0], 1.0, "nobody came");
    }
    turns_end(&t);
}

// Direction: the more newcomers there are for each host, the less they are accepted.
Test(both_ends, acceptance_falls_with_newcomers_per_host)
{
    double before = 2.0;
    for (int k = 0; k < 8; k++) {
        toy what = hosting;
        what.set[0] = "host.pace=1000";
        turns t = turns_begin(&what, "host");
        turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
        turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 3000 * k);
        turns_step(&t);
        const double now = turns_writes(&t, "host_acceptance")[1];
        cr_expect_lt(now, before, "%d", k);
        before = now;
        turns_end(&t);
    }
}

// Known answer: one per cent more workers, 0.1 % lower wages (Longhi et al. 2005).
Test(both_ends, more_workers_lower_wages_a_little)
{
    turns t = turns_begin(&hosting, "host");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 6000); // 3,000 have left
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
    turns_put(&t, "B", FLOW_STATUS_LABOUR, "A", 3000);
    turns_reads(&t, "working")[1] = 16;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "wage")[1], pow(1.01, -0.1), 1e-12);
    cr_expect_float_eq(turns_writes(&t, "wage")[1], 0.999, 1e-5);
    cr_expect_float_eq(turns_writes(&t, "employment")[1], pow(1.01, -0.02), 1e-12);
    cr_expect_eq(turns_writes(&t, "wage")[0], 1.0, "where people left nothing is known");
    turns_reads(&t, "working")[1] = 800;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "wage")[1], pow(1.5, -0.1), 1e-12);
    turns_end(&t);
}

Test(both_ends, emigration_raises_wages_where_it_is_asked_for)
{
    toy what = hosting;
    what.set[0] = "host.emigration=0.4";
    turns t = turns_begin(&what, "host");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8100);
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "wage")[0], pow(0.9, -0.4), 1e-12);
    turns_end(&t);
}

// Remittances ------------------------------------------------------------------------------------

// Known answer: 15 % of what those who work earn goes home, less 6.18 %.
Test(both_ends, workers_send_a_share_home)
{
    turns t = turns_begin(&sending, "remittances");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
    turns_put(&t, "B", FLOW_STATUS_RESIDENT, NULL, 4000);
    turns_put(&t, "B", FLOW_STATUS_LABOUR, "A", 600);
    turns_put(&t, "B", FLOW_STATUS_ASYLUM, "A", 300);
    turns_reads(&t, "employed_resident")[1] = 0.7; // they are at home
    turns_reads(&t, "employed_labour")[1] = 0.9;
    turns_reads(&t, "employed_asylum")[1] = 0.2;
    turns_reads(&t, "wage")[1] = 3.0;
    turns_step(&t);
    const double sent = 0.52 * (600 * 0.9 + 300 * 0.2) * 10 * 3 * 0.15;
    cr_expect_float_eq(turns_writes(&t, "remitted")[1], sent, 1e-9);
    cr_expect_float_eq(turns_writes(&t, "remittance_cost")[1], sent * 0.0618, 1e-9);
    cr_expect_float_eq(turns_writes(&t, "remittances")[0], sent * 0.9382, 1e-9);
    cr_expect_eq(turns_writes(&t, "remitted")[0], 0.0);
    const double head = sent * 0.9382 / 8000;
    cr_expect_float_eq(turns_writes(&t, "worth")[0], 0.1 * log(1 + head), 1e-12);
    cr_expect_float_eq(turns_writes(&t, "wealth_factor")[0], 1 + head / 10, 1e-12);
    cr_expect_eq(turns_writes(&t, "worth")[1], 0.0);
    turns_reads(&t, "remittance_fee")[1] = 3.0 / 6.18; // 3 %, as the SDGs ask for
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "remittances")[0], sent * 0.97, 1e-9);
    cr_expect_gt(turns_writes(&t, "worth")[0], 0.1 * log(1 + head),
                 "cheaper transfers, more worth");
    turns_end(&t);
}

Test(both_ends, nothing_is_sent_to_nobody)
{
    turns t = turns_begin(&sending, "remittances");
    turns_put(&t, "B", FLOW_STATUS_LABOUR, "A", 600); // A is empty
    turns_reads(&t, "employed_labour")[1] = 0.9;
    turns_step(&t);
    cr_expect_eq(turns_writes(&t, "remitted")[1], 0.0);
    cr_expect_eq(turns_writes(&t, "remittances")[0], 0.0);
    turns_end(&t);
}

// Balance: what is sent is what is received and what the transfer costs, whoever sends.
Test(both_ends, what_is_sent_is_received_or_paid_in_fees)
{
    turns t = turns_begin(&sending, "remittances");
    static const char *const place[] = {"A", "B", "C"};
    for (int p = 0; p < 3; p++) {
        for (int s = 1; s < FLOW_N_STATUS; s++) {
            turns_put(&t, place[p], (flow_status)s, place[(p + s) % 3], 17 + 29 * s * p);
        }
    }
    for (int day = 0; day < 50; day++) {
        for (int p = 0; p < 3; p++) {
            turns_reads(&t, "remittance_fee")[p] = 0.02 * day;
            turns_reads(&t, "wage")[p] = 0.5 + p;
            turns_reads(&t, "employed_labour")[p] = 0.01 * day + 0.2 * p;
            turns_reads(&t, "employed_refugee")[p] = 0.3;
            turns_reads(&t, "employed_idp")[p] = 0.1 * p;
        }
        turns_step(&t);
        double sent = 0.0, got = 0.0;
        for (int p = 0; p < 3; p++) {
            sent += turns_writes(&t, "remitted")[p];
            got += turns_writes(&t, "remittances")[p] + turns_writes(&t, "remittance_cost")[p];
        }
        cr_expect_gt(sent, 100.0);
        cr_expect_float_eq(sent, got, 1e-12 * sent, "%.17g, %.17g", sent, got);
    }
    turns_end(&t);
}

// The whole model
// ----------------------------------------------------------------------------------

static const toy work = {.days = 365,
                         .place = "A,town,,1000000,,,Here;B,town,,300000,,,There;",
                         .link = "A,B,500;",
                         .more = {{"economy.csv", "place,date,wage\nA,0,1\nB,0,4\n"}}};

static void assign(toy_world *w, const char *quantity, double at_a, double at_b)
{
    const double value[2] = {at_a, at_b};
    cr_assert_eq(flow_model_assign(w->m, quantity, value, 2), FLOW_OK, "%s", flow_error_text());
}

// Known answer: worth lowers the odds of leaving by exp(-worth), the rate of the first step given.
Test(both_ends, worth_of_staying_lowers_the_odds_of_leaving)
{
    toy t = work;
    t.yaml = "movement: {rule: destination}\neconomic: {rate: 0.01}\n"
             "destination_economic: {annual_rate: 0.2}\n";
    toy_world w = toy_make(&t, 51);
    const double rate = -log1p(-0.2) / 365.25, weigh = -expm1(-0.01);
    toy_days(&w, 1);
    toy_binomial(toy_at(&w, "departures", "A"), 1e6, -expm1(-rate), "leavers without");
    const double before = toy_people(&w, "A");
    assign(&w, "worth", 1.5, 0.0);
    toy_days(&w, 1);
    const double share = -expm1(-rate) / weigh, odds = share / (1 - share) * exp(-1.5);
    toy_binomial(toy_at(&w, "departures", "A"), before, weigh * odds / (1 + odds),
                 "with worth 1.5");
    toy_end(&w);
}

/// People left at A after a year in which those who went to B may send money home; *sent: per day.
static double stayed(const char *set, double *sent)
{
    toy t = work;
    t.yaml = "movement: {rule: destination}\neconomic: {rate: 0.01}\n"
             "destination_economic: {annual_rate: 0.3}\nintegration: {pace: 0.05}\n"
             "remittances: {worth: 4}\n";
    t.set[0] = set;
    toy_world w = toy_make(&t, 52);
    for (int day = 0; day < 300; day++) {
        toy_days(&w, 1);
        if (set != NULL) { continue; }
        const double all = toy_at(&w, "remitted", "B");
        const double got = toy_at(&w, "remittances", "A") + toy_at(&w, "remittance_cost", "B");
        cr_expect_float_eq(all, got, 1e-9 * all, "day %d", day);
    }
    *sent = set == NULL ? toy_at(&w, "remitted", "B") : 0.0;
    const double out = toy_people(&w, "A");
    toy_end(&w);
    return out;
}

// Effect: money sent home keeps people there, here with a large coefficient.
Test(both_ends, remittances_keep_people_at_home)
{
    double sent, none;
    const double with = stayed(NULL, &sent), without = stayed("remittances.on=false", &none);
    cr_expect_gt(sent, 1e4, "%g USD a day", sent);
    // Both draw about 0.2 million leavers: 5 standard errors of the difference are about 3,000.
    cr_expect_gt(with, without + 5000, "%g, %g", with, without);
}

// Effect: acceptance is a factor on the odds of a destination.
Test(both_ends, people_go_where_they_are_accepted)
{
    toy t = {.days = 20,
             .place = "A,town,,200000,,,Here;B,town,,50000,,,Here;D,town,,50000,,,Here;",
             .link = "A,B,100;A,D,100;",
             .yaml = "movement: {rule: destination}\nhost: {pace: 5, newcomers: 4}\n"
                     "destination: {overflow: false}\n"};
    double share[2];
    for (int k = 0; k < 2; k++) {
        t.set[0] = k == 1 ? "host.on=false" : NULL;
        toy_world w = toy_make(&t, 53);
        double value[3] = {0.02, 0.0, 0.0}, help[3] = {0.0, 1.0, 0.0};
        cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 3), FLOW_OK);
        cr_assert_eq(flow_model_assign(w.m, "host_support", help, 3), FLOW_OK);
        toy_days(&w, 20);
        const double b = toy_people(&w, "B") - 50000, d = toy_people(&w, "D") - 50000;
        share[k] = b / (b + d);
        toy_end(&w);
    }
    cr_expect_float_eq(share[1], 0.5, 0.01, "%g", share[1]);
    cr_expect_gt(share[0], 0.6, "hosts who are helped take in more: %g", share[0]);
}

/// Of those who flee from A in a day, the share that goes where the way costs 500 USD.
static double share_over_the_border(double wealth_factor)
{
    const toy t = {.place = "A,town,,900000,,,Here;B,town,,50000,,,There;D,town,,50000,,,Here;",
                   .link = "A,B,100;A,D,100;",
                   .yaml = "movement: {rule: destination}\ndestination: {wealth: 1000}\n"
                           "destination_conflict: {fee: -2, policy: 0}\n"
                           "border: {to_country: There, fee: 500, both_ways: false}\n"};
    toy_world w = toy_make(&t, 54);
    const double hazard[3] = {0.1, 0.0, 0.0}, factor[3] = {wealth_factor, 1.0, 1.0};
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", hazard, 3), FLOW_OK);
    cr_assert_eq(flow_model_assign(w.m, "wealth_factor", factor, 3), FLOW_OK);
    toy_days(&w, 2);
    const double b = toy_people(&w, "B") - 50000, d = toy_people(&w, "D") - 50000;
    const double odds = exp(-2 * 0.5 / wealth_factor);
    toy_binomial(b, b + d, odds / (1 + odds), "over the border");
    toy_end(&w);
    return b / (b + d);
}

// Known answer: who has more money minds a fee less; so remittances make journeys easier, too.
Test(both_ends, wealth_makes_fees_lighter)
{
    cr_expect_gt(share_over_the_border(4.0), share_over_the_border(1.0) + 0.1);
}
