// Registration and information: what registers say, and how knowledge spreads.
#define _XOPEN_SOURCE 700
#include "../libflow/quantities.h"
#include "turns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LANDS                                                                                      \
    .days = 90,                                                                                    \
    .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;C,camp,,0,700,,There,,2,2;",      \
    .link = "A,B,30;B,C,40;"
static const toy registers = {LANDS, .yaml = "movement: {rule: none}\nregistration:\n"};
static const toy talk = {LANDS, .yaml = "movement: {rule: none}\ninformation:\n"};

/// Let the people be other ones: a new count of a status at C.
static void set_people(turns *t, flow_status status, int64_t persons)
{
    const int64_t at = (int64_t)status * t->s->n_place + 2;
    t->people[2] += persons - t->by_status[at];
    t->by_status[at] = persons;
}

// Registration -----------------------------------------------------------------------------------

// Known answer: 1 % of those without an entry and the capacity of responses, per day.
Test(registers, people_are_registered_at_the_rate_and_by_capacity)
{
    turns t = turns_begin(&registers, "registration");
    set_people(&t, FLOW_STATUS_REFUGEE, 800);
    set_people(&t, FLOW_STATUS_IRREGULAR, 50); // they keep away
    double done = 0.0;
    for (int day = 0; day < 100; day++) {
        const double capacity = day >= 20 ? 12.0 : 0.0;
        turns_reads(&t, "registrations")[2] = capacity;
        turns_step(&t);
        done += fmin(800 - done, (800 - done) * -expm1(-0.01) + capacity);
        cr_expect_float_eq(turns_writes(&t, "registered_share")[2], done / 800, 1e-12, "%d", day);
        cr_expect_float_eq(turns_writes(&t, "reported")[2], done * 1.05, 1e-9, "%d", day);
    }
    cr_expect_eq(done, 800.0, "all are registered");
    turns_reads(&t, "duplicate_factor")[2] = 0.1; // fingers are read
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "reported")[2], 800 * 1.005, 1e-9);
    turns_end(&t);
}

// Registers tell too many while people leave, and the truth later.
Test(registers, entries_of_people_who_left_stay_for_a_while)
{
    toy what = registers;
    what.set[0] = "registration.twice=0";
    turns t = turns_begin(&what, "registration");
    set_people(&t, FLOW_STATUS_REFUGEE, 1000);
    turns_reads(&t, "registrations")[2] = 1e6;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "reported")[2], 1000, 1e-9);
    set_people(&t, FLOW_STATUS_REFUGEE, 400);
    for (int day = 0; day < 700; day++) {
        turns_step(&t);
        cr_expect_float_eq(turns_writes(&t, "reported")[2], 400 + 600 * exp(-0.0055 * day), 1e-7);
        cr_expect_eq(turns_writes(&t, "registered_share")[2], 1.0);
    }
    turns_end(&t);
}

// Effect: double entries take food away from people, checks give it back.
Test(registers, double_entries_take_rations_away)
{
    toy what = {LANDS, .yaml = "movement: {rule: none}\nneeds: {by_register: true}\n"};
    turns t = turns_begin(&what, "needs");
    set_people(&t, FLOW_STATUS_REFUGEE, 1000);
    turns_reads(&t, "food_rations")[2] = 600;
    turns_reads(&t, "registered_share")[2] = 0.8;
    turns_reads(&t, "reported")[2] = 800 * 1.25;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "reached_food")[2], 480, 1e-9);
    turns_reads(&t, "reported")[2] = 800;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "reached_food")[2], 600, 1e-9);
    turns_reads(&t, "food_rations")[2] = 1e6;
    turns_step(&t);
    cr_expect_float_eq(turns_writes(&t, "reached_food")[2], 800, 1e-9, "the others get none");
    turns_end(&t);
}

// Information ------------------------------------------------------------------------------------

// Known answer: without others who know, a(t) goes to outside / (outside + forget).
Test(registers, news_reach_people_at_the_rate)
{
    toy what = talk;
    what.set[0] = "information.peers=0";
    what.set[1] = "information.outside=0.003";
    turns t = turns_begin(&what, "information");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
    for (int day = 1; day <= 1000; day++) {
        turns_step(&t);
        const double a = 0.75 + (0.1 - 0.75) * exp(-0.004 * day);
        cr_expect_float_eq(turns_writes(&t, "awareness")[0], a, 1e-12, "day %d", day);
    }
    turns_end(&t);
}

/// Awareness at A after half a year, with people of A elsewhere and what others have told there.
static double after(int64_t abroad, double told_here, double told_there)
{
    turns t = turns_begin(&talk, "information");
    turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
    turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", abroad);
    for (int day = 0; day < 180; day++) {
        for (int p = 0; p < 3; p++) { // as the model combines it
            const double told = p == 0 ? told_here : p == 1 ? told_there : 0.0;
            turns_reads(&t, "awareness")[p] =
                flow_share_any(turns_writes(&t, "awareness")[p], told);
        }
        turns_step(&t);
    }
    const double out = turns_writes(&t, "awareness")[0];
    turns_end(&t);
    return out;
}

// Directions: relatives elsewhere tell those at home, the more of them the more; so do programmes.
Test(registers, knowledge_spreads_through_relatives_and_programmes)
{
    const double alone = after(0, 0, 0);
    double before = alone;
    for (int64_t abroad = 50; abroad <= 1600; abroad *= 2) {
        const double now = after(abroad, 0, 0);
        cr_expect_gt(now, before, "%d: %g", (int)abroad, now);
        before = now;
    }
    cr_expect_gt(before, alone + 0.1, "%g, %g", before, alone);
    cr_expect_gt(after(200, 0, 0.8), after(200, 0, 0) + 0.02, "who is told elsewhere tells home");
    cr_expect_gt(after(0, 0.3, 0), alone + 0.05, "who is told here tells others");
}

// Known answer: of what people tell each other only what is true counts.
Test(registers, rumours_inform_nobody)
{
    for (int k = 0; k <= 2; k++) {
        static const char *const set[] = {"information.true_share=0", "information.true_share=0.5",
                                          "information.true_share=1"};
        toy what = talk;
        what.set[0] = set[k];
        turns t = turns_begin(&what, "information");
        turns_put(&t, "A", FLOW_STATUS_RESIDENT, NULL, 8000);
        turns_put(&t, "B", FLOW_STATUS_REFUGEE, "A", 160);
        turns_reads(&t, "awareness")[0] = 0.2;
        turns_reads(&t, "awareness")[1] = 0.5; // touch: 5 x 160 x 0.5 / 8000
        turns_step(&t);
        const double learn = 1e-4 + 0.5 * k * (0.01 * 0.2 + 0.04 * 0.05);
        const double limit = learn / (learn + 1e-3);
        cr_expect_float_eq(turns_writes(&t, "awareness")[0],
                           limit + (0.1 - limit) * exp(-(learn + 1e-3)), 1e-15);
        turns_end(&t);
    }
}

// The whole model --------------------------------------------------------------------------------

// All processes at once: same bits for any number of threads, also when resumed, and a step
// allocates nothing.
Test(registers, all_processes_together_keep_the_promises)
{
    const toy t = {.days = 60,
                   .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;"
                            "C,camp,,,5000,,There,,2,2;",
                   .link = "A,B,30;B,C,40;A,C,45;",
                   .yaml = "movement: {rule: destination}\ndestination_conflict: {population: 0}\n"
                           "needs: {by_register: true}\nhealth:\nprotection:\neducation:\n"
                           "integration:\nhost:\nremittances:\nregistration:\ninformation:\n"
                           "status: {claim_share: 0.5, decisions: 20}\n"};
    char path[] = "/tmp/flow-registers-XXXXXX";
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    (void)close(file);
    uint64_t sum = 0;
    for (int threads = 1; threads <= 8; threads *= 2) {
        toy_world w = toy_make(&t, 61);
        flow_model_free(w.m);
        const flow_model_options how = {.seed = 61, .threads = threads};
        cr_assert_eq(flow_model_create(w.s, &how, &w.m), FLOW_OK);
        for (int run = 0; run < 2; run++) {
            cr_assert_eq(flow_model_reset(w.m, 61, 0), FLOW_OK);
            const double hazard[3] = {0.02, 0, 0};
            cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", hazard, 3), FLOW_OK);
            const int64_t before = flow_alloc_count();
            for (int day = 0; day < 60; day++) {
                if (run == 0 && day == 30) { cr_assert_eq(flow_model_save(w.m, path), FLOW_OK); }
                cr_assert_eq(flow_model_step(w.m), FLOW_OK, "%s", flow_error_text());
            }
            cr_expect(run == 0 || flow_alloc_count() == before, "a step allocates");
        }
        const uint64_t now = flow_model_checksum(w.m);
        cr_expect(threads == 1 || now == sum, "%d threads", threads);
        sum = now;
        static const char *const seen[] = {"in_need_food",   "mortality", "incidents",
                                           "separated",      "reported",  "awareness",
                                           "host_acceptance"};
        for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
            cr_expect_gt(toy_at(&w, seen[i], i == 6 ? "B" : "C"), 0.0, "%s", seen[i]);
        }
        cr_expect_gt(toy_at(&w, "remittances", "A"), 0.0);
        cr_assert_eq(flow_model_load(w.m, path), FLOW_OK, "%s", flow_error_text());
        while (flow_model_day(w.m) < 60) { cr_assert_eq(flow_model_step(w.m), FLOW_OK); }
        cr_expect_eq(flow_model_checksum(w.m), sum, "resumed, %d threads", threads);
        toy_end(&w);
    }
    (void)unlink(path);
}

/// Attempts to cross a sea in two months, with what people know of its risk.
static double attempts(const char *set)
{
    toy t = {.days = 60,
             .place = "A,town,,400000,,,Here,,1,1;B,town,,9000,,,There,,2,1;",
             .link = "A,B,30,,,,boat;",
             .yaml = "movement: {rule: destination}\ninformation:\n"
                     "channels: {risk_bias: 0.2}\npassage: {retry: 0}\n",
             .more = {{"channels.csv", "from,to,channel,fee,success,interception,death_risk,"
                                       "trafficking_risk\nA,B,irregular,0,1,0,0.2,0\n"}}};
    t.set[0] = set;
    toy_world w = toy_make(&t, 62);
    const double hazard[2] = {0.002, 0};
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", hazard, 2), FLOW_OK);
    double sum = 0.0, value[2 * FLOW_N_CHANNEL];
    for (int day = 0; day < 60; day++) {
        toy_days(&w, 1);
        cr_assert_eq(flow_model_observe(w.m, "attempts", value, 2 * FLOW_N_CHANNEL), FLOW_OK, "%s",
                     flow_error_text());
        for (int k = 0; k < 2 * FLOW_N_CHANNEL; k++) { sum += value[k]; }
    }
    toy_end(&w);
    return sum;
}

// Effect (Tjaden and Dunsch 2021): who knows the true risks tries less often to cross.
Test(registers, informed_people_try_less_often)
{
    const double none = attempts("information.first=0"), half = attempts("information.first=0.5");
    const double all = attempts("information.first=1");
    cr_expect_gt(none, 2000, "%g", none);
    cr_expect_lt(half, none - 5 * sqrt(2 * none), "%g, %g", half, none);
    cr_expect_lt(all, half - 5 * sqrt(2 * half), "%g, %g", all, half);
}
