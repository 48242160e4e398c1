// Integration: employment of newcomers, against its formula, and what moves it.
#include "../libflow/quantities.h"
#include "turns.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

static const toy land = {.days = 30,
                         .place = "A,town,,9000,,,Here,,1,1;B,town,,4000,,,There,,2,1;",
                         .link = "A,B,30;",
                         .yaml = "movement: {rule: none}\nintegration:\n"};

/// Let the people be other ones: a new count of a status at B.
static void set_people(turns *t, flow_status status, int64_t persons)
{
    const int64_t at = (int64_t)status * t->s->n_place + 1;
    t->people[1] += persons - t->by_status[at];
    t->by_status[at] = persons;
}

static double employed(turns *t, flow_status status)
{
    static const char *const name[FLOW_N_STATUS] = {[FLOW_STATUS_REFUGEE] = "employed_refugee",
                                                    [FLOW_STATUS_ASYLUM] = "employed_asylum",
                                                    [FLOW_STATUS_LABOUR] = "employed_labour",
                                                    [FLOW_STATUS_IRREGULAR] = "employed_irregular",
                                                    [FLOW_STATUS_RETURNEE] = "employed_returnee"};
    return turns_writes(t, name[status])[1];
}

/// Employment at B after some days of a closed group of refugees or asylum seekers.
static double after(turns *t, flow_status status, int days)
{
    set_people(t, status, 1000);
    for (int day = 0; day <= days; day++) { turns_step(t); } // they come in the first step
    return employed(t, status);
}

// Known answer: E(t) = ceiling (1 - exp(-pace t)) - 0.045 x years waited, exactly.
Test(integration, a_closed_group_follows_the_formula)
{
    toy what = land;
    what.set[0] = "integration.work_right_asylum=1";
    what.set[1] = "integration.ceiling=0.83";
    what.set[2] = "integration.pace=0.0017";
    turns t = turns_begin(&what, "integration");
    set_people(&t, FLOW_STATUS_ASYLUM, 777);
    set_people(&t, FLOW_STATUS_REFUGEE, 31);
    turns_step(&t);
    cr_expect_eq(employed(&t, FLOW_STATUS_ASYLUM), 0.0, "newcomers begin at 0");
    for (int day = 1; day <= 2000; day++) {
        turns_step(&t);
        const double e = 0.83 * (1 - exp(-0.0017 * day));
        const double late = e - 0.045 * day / 365.25;
        cr_expect_float_eq(employed(&t, FLOW_STATUS_REFUGEE), e, 1e-10, "day %d", day);
        cr_expect_float_eq(employed(&t, FLOW_STATUS_ASYLUM), late, 1e-10, "day %d", day);
        cr_expect_float_eq(turns_writes(&t, "working")[1], 0.52 * (31 * e + 777 * late), 1e-7);
    }
    turns_end(&t);
}

// The same for any step.
Test(integration, steps_of_any_length_give_the_same)
{
    for (int k = 0; k < 3; k++) {
        static const char *const step[] = {"period.step=1h", "period.step=day", "period.step=week"};
        static const double dt[] = {1.0 / 24, 1, 7};
        toy what = land;
        what.days = 600;
        what.set[0] = step[k];
        turns t = turns_begin(&what, "integration");
        set_people(&t, FLOW_STATUS_REFUGEE, 1000);
        const int n = (int)(308 / dt[k] + 0.5);
        for (int i = 0; i <= n; i++) { turns_step(&t); }
        cr_expect_float_eq(employed(&t, FLOW_STATUS_REFUGEE), 0.75 * (1 - exp(-6e-4 * 308)), 1e-10);
        turns_end(&t);
    }
}

// Known answer: those who leave are like the others, those who come begin at 0.
Test(integration, newcomers_dilute_and_leavers_do_not)
{
    turns t = turns_begin(&land, "integration");
    const double e = after(&t, FLOW_STATUS_REFUGEE, 1000);
    const double rate = -expm1(-6e-4);
    const double next = e + (0.75 - e) * rate;
    set_people(&t, FLOW_STATUS_REFUGEE, 400); // 600 leave
    turns_step(&t);
    cr_expect_float_eq(employed(&t, FLOW_STATUS_REFUGEE), next, 1e-12);
    set_people(&t, FLOW_STATUS_REFUGEE, 1000); // 600 others come
    turns_step(&t);
    cr_expect_float_eq(employed(&t, FLOW_STATUS_REFUGEE), (next + (0.75 - next) * rate) * 0.4,
                       1e-12);
    set_people(&t, FLOW_STATUS_REFUGEE, 0);
    turns_step(&t);
    cr_expect_eq(employed(&t, FLOW_STATUS_REFUGEE), 0.0, "nobody is there");
    turns_end(&t);
}

// Who is recognised keeps work and the years waited.
Test(integration, a_decision_takes_nothing_away)
{
    turns t = turns_begin(&land, "integration");
    const double waiting = after(&t, FLOW_STATUS_ASYLUM, 730);
    set_people(&t, FLOW_STATUS_ASYLUM, 300);
    set_people(&t, FLOW_STATUS_REFUGEE, 500); // 200 leave
    turns_step(&t);
    const double before = employed(&t, FLOW_STATUS_REFUGEE);
    cr_expect_float_eq(before, employed(&t, FLOW_STATUS_ASYLUM), 1e-12);
    cr_expect_float_eq(before, waiting, 0.001, "%g, %g", before, waiting);
    for (int day = 0; day < 365; day++) { turns_step(&t); }
    cr_expect_gt(employed(&t, FLOW_STATUS_REFUGEE), before + 0.05, "then they may work");
    turns_end(&t);
}

// Direction (Hainmueller et al. 2016): each year of waiting lowers employment by 4 to 5 points.
Test(integration, longer_waiting_lowers_employment)
{
    double before = 1.0;
    for (int years = 0; years < 4; years++) {
        toy what = land;
        what.set[0] = "integration.work_right_asylum=1"; // waiting alone, not the right to work
        turns t = turns_begin(&what, "integration");
        const int wait = (int)(365.25 * years), all = (int)(365.25 * 5);
        (void)after(&t, FLOW_STATUS_ASYLUM, wait);
        set_people(&t, FLOW_STATUS_ASYLUM, 0);
        set_people(&t, FLOW_STATUS_REFUGEE, 1000);
        for (int day = wait; day < all; day++) { turns_step(&t); }
        const double now = employed(&t, FLOW_STATUS_REFUGEE);
        if (years > 0) { cr_expect_float_eq(before - now, 0.045, 0.002, "%g", before - now); }
        before = now;
        turns_end(&t);
    }
}

/// Employment of asylum seekers after three years, with something the module reads.
static double with(const char *reads, double value, int from, int to)
{
    toy what = land;
    what.set[0] = "integration.wait_cost=0.01"; // else waiting costs all that there is
    turns t = turns_begin(&what, "integration");
    set_people(&t, FLOW_STATUS_ASYLUM, 1000);
    for (int day = 0; day < 1100; day++) {
        double *at = turns_reads(&t, reads);
        const double neutral = at[0];
        if (day >= from && day < to) { at[1] = value; }
        turns_step(&t);
        at[1] = neutral;
    }
    const double out = employed(&t, FLOW_STATUS_ASYLUM);
    turns_end(&t);
    return out;
}

// Directions: early right to work (Fasani, Frattini and Minale), language courses (Lochmann et al.
// 2019), placement (Bansak et al. 2018), jobs at the place.
Test(integration, rights_courses_and_placement_raise_employment)
{
    const double alone = with("language_hours", 0, 0, 0);
    const double late = with("work_right_asylum", 1, 730, 1100);
    const double early = with("work_right_asylum", 1, 180, 1100);
    cr_expect_gt(late, alone + 0.02);
    cr_expect_gt(early, late + 0.02, "the earlier the better: %g, %g", early, late);
    const double few = with("language_hours", 1, 0, 100), many = with("language_hours", 1, 0, 500);
    cr_expect_gt(few, alone * 1.05, "%g, %g", few, alone);
    cr_expect_gt(many, few * 1.2, "%g, %g", many, few);
    cr_expect_float_eq(with("language_hours", 3, 0, 1100), with("language_hours", 24, 0, 1100),
                       0.02, "more than 600 hours help no more");
    cr_expect_gt(with("employment_pace", 1.5, 0, 1100), alone * 1.1);
    cr_expect_gt(with("employment_ceiling", 1.5, 0, 1100), alone * 1.3);
    cr_expect_lt(with("employment", 0.5, 0, 1100), alone * 0.7);
}

// Who tells all rights may take them away, too.
Test(integration, policies_decide_who_may_work)
{
    turns t = turns_begin(&land, "integration");
    turns_reads(&t, "work_right_resident")[1] = 1.0;
    turns_reads(&t, "work_right_refugee")[1] = 0.5;
    const double e = after(&t, FLOW_STATUS_REFUGEE, 900);
    cr_expect_float_eq(e, 0.75 * 0.65 * (1 - exp(-6e-4 * 900)), 1e-10,
                       "half may work, 0.3 of the "
                       "others do");
    turns_end(&t);
    toy what = land;
    what.set[0] = "integration.work_right_refugee=0.9"; // at least
    t = turns_begin(&what, "integration");
    turns_reads(&t, "work_right_resident")[1] = 1.0;
    turns_reads(&t, "work_right_refugee")[1] = 0.5;
    const double least = after(&t, FLOW_STATUS_REFUGEE, 900);
    cr_expect_float_eq(least, 0.75 * 0.93 * (1 - exp(-6e-4 * 900)), 1e-10);
    turns_end(&t);
}

Test(integration, labour_migrants_come_with_work)
{
    turns t = turns_begin(&land, "integration");
    set_people(&t, FLOW_STATUS_LABOUR, 1000);
    turns_step(&t);
    cr_expect_float_eq(employed(&t, FLOW_STATUS_LABOUR), 0.9, 1e-12);
    set_people(&t, FLOW_STATUS_LABOUR, 0);
    set_people(&t, FLOW_STATUS_IRREGULAR, 1000); // their permits end
    turns_step(&t);
    cr_expect_float_eq(employed(&t, FLOW_STATUS_IRREGULAR), 0.9, 1e-3, "they keep their work");
    for (int day = 0; day < 3000; day++) { turns_step(&t); }
    cr_expect_lt(employed(&t, FLOW_STATUS_IRREGULAR), 0.5, "and lose it slowly");
    turns_end(&t);
}

// Property: whoever comes and goes, shares are shares, and work is at most what was given.
Test(integration, shares_are_shares_whoever_comes_and_goes)
{
    turns t = turns_begin(&land, "integration");
    uint64_t luck = 12345;
    for (int day = 0; day < 3000; day++) {
        for (int s = 1; s < FLOW_N_STATUS; s++) {
            luck = luck * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            set_people(&t, (flow_status)s, (int64_t)(luck >> 33) % 50 * (luck >> 62 != 0));
        }
        turns_step(&t); // checks the range of all columns
        double all = 0.0;
        for (int s = 1; s < FLOW_N_STATUS; s++) { all += (double)t.by_status[s * 2 + 1]; }
        cr_expect_leq(turns_writes(&t, "working")[1], 0.52 * all * (1 + 1e-9));
    }
    turns_end(&t);
}

// The whole model
// ----------------------------------------------------------------------------------

/// Newcomers who work, of all newcomers, after three years with so many decisions a day.
static double with_decisions(const char *decisions)
{
    toy what = {.days = 1100,
                .place = "A,town,,40000,,,Here,,1,1;B,town,,400000,,,There,,2,1;",
                .link = "A,B,30;",
                .yaml = "movement: {rule: destination}\nintegration:\n"
                        "status: {claim_share: 1, appeals: 0, recognition: 0.9}\n"};
    what.set[0] = decisions;
    toy_world w = toy_make(&what, 71);
    double value[2] = {0.05, 0.0};
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 2), FLOW_OK);
    toy_days(&w, 30);
    value[0] = 0.0;
    cr_assert_eq(flow_model_assign(w.m, "hazard_conflict", value, 2), FLOW_OK);
    toy_days(&w, 1070);
    const double newcomers = toy_people(&w, "B") - 400000;
    cr_expect_gt(newcomers, 25000, "%g", newcomers);
    const double out = toy_at(&w, "working", "B") / newcomers;
    toy_end(&w);
    return out;
}

// Effect (Hainmueller et al. 2016): the more claims are decided a day, the less people wait, the
// more of them work.
Test(integration, quick_decisions_bring_people_into_work)
{
    const double slow = with_decisions("status.decisions=5");
    const double some = with_decisions("status.decisions=30");
    const double quick = with_decisions("status.decisions=1e10");
    cr_expect_gt(some, slow + 0.03, "%g, %g", some, slow);
    cr_expect_gt(quick, some + 0.03, "%g, %g", quick, some);
}
