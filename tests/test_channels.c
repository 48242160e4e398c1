// Channels of links: who takes which way, what comes of attempts, what they cost, who is in debt.
#include "../libflow/channel.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Two countries and a sea between them: everybody leaves A for B on the first day. Tests add
/// channels and coefficients.
#define RULE "movement: {rule: destination}\nchannels: {risk_bias: 0.5}\n"
/// Nothing matters, nobody tries twice or gives up.
#define BARE "passage: {fee: 0, success: 0, risk: 0, irregular: 0, smuggled: 0, wait: -1000, "
static const toy sea = {.days = 30,
                        .place = "A,town,,40000,,,Here,,1,1;B,town,,9000,,,There,,2,1;",
                        .link = "A,B,30,,,,boat;"};

static toy with(const char *yaml, const char *channels)
{
    toy t = sea;
    t.yaml = yaml;
    t.more[0][0] = "channels.csv";
    t.more[0][1] = channels;
    return t;
}

static void assign(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[8] = {0};
    cr_assert_leq(w->s->n_place, 8);
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

/// The same value on all links, or in all countries.
static void assign_all(toy_world *w, const char *quantity, int64_t n, double value)
{
    double all[16];
    cr_assert_leq(n, 16);
    for (int i = 0; i < 16; i++) { all[i] = value; }
    cr_assert_eq(flow_model_assign(w->m, quantity, all, n), FLOW_OK, "%s", flow_error_text());
}

static int32_t link_of(const toy_world *w, const char *from, const char *to)
{
    const int32_t a = flow_scenario_place(w->s, from), b = flow_scenario_place(w->s, to);
    for (int32_t l = 0; l < w->s->n_link; l++) {
        if (w->s->link_from[l] == a && w->s->link_to[l] == b) { return l; }
    }
    cr_assert(false, "no link from %s to %s", from, to);
    return -1;
}

/// Value of an observable by link and channel.
static double of(const toy_world *w, const char *observable, const char *from, const char *to,
                 flow_channel channel)
{
    double value[16 * FLOW_N_CHANNEL];
    cr_assert_leq(w->s->n_link, 16);
    cr_assert_eq(flow_model_observe(w->m, observable, value, w->s->n_link * FLOW_N_CHANNEL),
                 FLOW_OK, "%s", flow_error_text());
    return value[link_of(w, from, to) * FLOW_N_CHANNEL + (int32_t)channel];
}

static double on_sea(const toy_world *w, const char *observable, flow_channel channel)
{
    return of(w, observable, "A", "B", channel);
}

/// People of a status at a place.
static double status_at(const toy_world *w, const char *place, flow_status status)
{
    const int32_t p = flow_scenario_place(w->s, place);
    const flow_people_axis *axis = &w->m->groups.axis[w->m->groups.status];
    double n = 0.0;
    for (int32_t i = 0; i < w->m->here[p].n; i++) {
        const flow_cell *cell = &w->m->here[p].row[i];
        if (flow_group_class(axis, cell->key.group) == (int32_t)status) { n += (double)cell->n; }
    }
    return n;
}

/// One day on which everybody leaves A; the world after it.
static toy_world flight(const char *yaml, const char *channels)
{
    const toy t = with(yaml, channels);
    toy_world w = toy_make(&t, 7);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    return w;
}

// Outcomes ----------------------------------------------------------------------------------------

// Known answer: outcomes of n attempts are multinomial with the chances of the table.
Test(channels, attempts_end_with_the_chances_given)
{
    toy_world w = flight(RULE BARE "missing_share: 0.7, retry: 0, give_up: 0}\n",
                         "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                         "A,B,irregular,0,0.87,0.231,0.053,0.117\n");
    static const struct {
        const char *name;
        double chance;
    } end[] = {{"attempts_passed", 0.87 - 0.231 - 0.053 - 0.117},
               {"attempts_intercepted", 0.231},
               {"attempts_turned_back", 0.13},
               {"attempts_died", 0.053 * 0.3},
               {"attempts_missing", 0.053 * 0.7},
               {"attempts_trafficked", 0.117}};
    double sum = 0.0;
    for (int k = 0; k < 6; k++) {
        const double n = on_sea(&w, end[k].name, FLOW_CHANNEL_IRREGULAR);
        toy_binomial(n, 40000, end[k].chance, end[k].name);
        sum += n;
    }
    cr_expect_eq(sum, 40000);
    cr_expect_eq(on_sea(&w, "attempts", FLOW_CHANNEL_IRREGULAR), 40000);
    const double dead = on_sea(&w, "attempts_died", FLOW_CHANNEL_IRREGULAR);
    const double missing = on_sea(&w, "attempts_missing", FLOW_CHANNEL_IRREGULAR);
    cr_expect_eq(flow_model_dead(w.m), (int64_t)dead);
    cr_expect_eq(flow_model_missing(w.m), (int64_t)missing);
    cr_expect_eq(toy_all(&w, "persons"), 49000 - dead - missing);
    // Who is not through stands where the journey began, and is counted there.
    cr_expect_eq(toy_at(&w, "waiting_to_pass", "A"),
                 on_sea(&w, "attempts_intercepted", FLOW_CHANNEL_IRREGULAR) +
                     on_sea(&w, "attempts_turned_back", FLOW_CHANNEL_IRREGULAR));
    cr_expect_eq(toy_people(&w, "A"), toy_at(&w, "waiting_to_pass", "A"));
    toy_days(&w, 2);
    cr_expect_eq(status_at(&w, "B", FLOW_STATUS_TRAFFICKED),
                 40000 - sum + toy_people(&w, "B") - 9000 -
                     status_at(&w, "B", FLOW_STATUS_IRREGULAR),
                 "all who came are irregular or trafficked");
    cr_expect_gt(status_at(&w, "B", FLOW_STATUS_IRREGULAR), 15000);
    toy_end(&w);
}

// Limit: no risk, nobody is lost; certain risks leave no other outcome.
Test(channels, no_risk_harms_nobody_and_certain_risks_are_shared_out)
{
    toy_world w = flight(RULE BARE "retry: 0}\n",
                         "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                         "A,B,irregular,0,1,0,0,0\n");
    cr_expect_eq(on_sea(&w, "attempts_passed", FLOW_CHANNEL_IRREGULAR), 40000);
    cr_expect_eq(flow_model_dead(w.m) + flow_model_missing(w.m), 0);
    toy_end(&w);
    w = flight(RULE BARE "retry: 0}\n",
               "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
               "A,B,irregular,0,0.2,0.6,0.4,0.2\n"); // 0.8 + 0.6 + 0.4 + 0.2 = 2
    cr_expect_eq(on_sea(&w, "attempts_passed", FLOW_CHANNEL_IRREGULAR), 0);
    toy_binomial(on_sea(&w, "attempts_intercepted", FLOW_CHANNEL_IRREGULAR), 40000, 0.3,
                 "intercepted");
    toy_binomial(on_sea(&w, "attempts_trafficked", FLOW_CHANNEL_IRREGULAR), 40000, 0.1,
                 "trafficked");
    toy_end(&w);
}

// Known answer: factors of rescue, of trafficking, and of detection on the odds.
Test(channels, factors_act_on_chances_and_odds)
{
    const toy t = with(RULE BARE "missing_share: 0, retry: 0}\n",
                       "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                       "A,B,irregular,0,1,0.2,0.1,0.15\n");
    toy_world w = toy_make(&t, 3);
    assign(&w, "onset_conflict", "A", 1.0);
    assign_all(&w, "death_factor_irregular", w.s->n_link, 0.4);
    assign_all(&w, "trafficking_factor_irregular", w.s->n_link, 1.7);
    assign_all(&w, "detection_factor_irregular", w.s->n_link, 3.0);
    toy_days(&w, 1);
    toy_binomial(on_sea(&w, "attempts_died", FLOW_CHANNEL_IRREGULAR), 40000, 0.04, "died");
    toy_binomial(on_sea(&w, "attempts_trafficked", FLOW_CHANNEL_IRREGULAR), 40000, 0.255,
                 "trafficked");
    toy_binomial(on_sea(&w, "attempts_intercepted", FLOW_CHANNEL_IRREGULAR), 40000, 0.75 / 1.75,
                 "intercepted: odds 0.25 x 3");
    toy_end(&w);
}

// Choice ------------------------------------------------------------------------------------------

/// Utility of the way of a table with one coefficient each, written from the model page.
static double worth(double constant, double fee, double kept, double harm)
{
    return constant - 1.3 * fee / 1000.0 + 2.1 * (1.0 - kept) - 9.0 * harm;
}

static double odds(double chance, double factor)
{
    const double o = factor * chance / (1.0 - chance);
    return o / (1.0 + o);
}

// Known answer: shares of the ways are those of the logit, mixed over those who know the risks.
Test(channels, ways_are_chosen_by_a_logit)
{
    static const char yaml[] =
        RULE "passage: {fee: 1.3, success: 2.1, risk: 9, regular: 0.2, irregular: -0.4, "
             "smuggled: -0.1, wait: 0.3, queue: 0, retry: 0, give_up: 0}\n";
    const toy t = with(
        yaml, "from,to,channel,fee,success,interception,death_risk,trafficking_risk,risk_bias\n"
              "A,B,regular,310,,,,,\nA,B,irregular,40,0.9,0.35,0.04,0.06,0.3\n"
              "A,B,smuggled,820,1,0.11,0.02,0.13,0.6\n");
    toy_world w = toy_make(&t, 5);
    assign(&w, "onset_conflict", "A", 1.0);
    assign(&w, "awareness", "A", 0.25);
    assign_all(&w, "risk_awareness", w.s->n_link, 0.2);
    assign_all(&w, "entry_refugee", w.s->n_country, 0.6);
    toy_days(&w, 1);
    const double aware = 1.0 - 0.75 * 0.8;
    double share[4] = {0};
    for (int in = 0; in < 2; in++) {
        for (int knows = 0; knows < 2; knows++) {
            const double v[4] = {worth(0.2, 310, 0, 0),
                                 worth(-0.4, 40, 0.45, knows ? 0.1 : odds(0.1, 0.3)),
                                 worth(-0.1, 820, 0.11, knows ? 0.15 : odds(0.15, 0.6)), 0.3};
            double e[4], sum = 0.0;
            for (int k = 0; k < 4; k++) {
                e[k] = k == 0 && !in ? 0.0 : exp(v[k]);
                sum += e[k];
            }
            for (int k = 0; k < 4; k++) {
                share[k] += (in ? 0.6 : 0.4) * (knows ? aware : 1.0 - aware) * e[k] / sum;
            }
        }
    }
    toy_binomial(on_sea(&w, "attempts", FLOW_CHANNEL_REGULAR), 40000, share[0], "regular");
    toy_binomial(on_sea(&w, "attempts", FLOW_CHANNEL_IRREGULAR), 40000, share[1], "irregular");
    toy_binomial(on_sea(&w, "attempts", FLOW_CHANNEL_SMUGGLED), 40000, share[2], "smuggled");
    toy_near(on_sea(&w, "fees_paid", FLOW_CHANNEL_SMUGGLED),
             820.0 * on_sea(&w, "attempts", FLOW_CHANNEL_SMUGGLED), 0, "fees");
    toy_end(&w);
}

// Known answer: who cannot pay waits, who may borrow goes and is in debt.
Test(channels, what_nobody_can_pay_for_is_no_choice)
{
    static const char channels[] = "from,to,channel,fee,success,interception,death_risk,"
                                   "trafficking_risk\nA,B,smuggled,1200,1,0,0,0.1\n";
    toy t = with(RULE BARE "retry: 0, give_up: 0, debt_trafficking: 3}\n", channels);
    t.attributes = "attribute,value,place,weight\nwealth,200,,0.7\nwealth,1500,,0.3\n";
    toy_world w = toy_make(&t, 3);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    const double rich = on_sea(&w, "attempts", FLOW_CHANNEL_SMUGGLED);
    toy_binomial(rich, 40000, 0.3, "can pay");
    cr_expect_eq(toy_at(&w, "trapped", "A"), 40000 - rich);
    toy_binomial(on_sea(&w, "attempts_trafficked", FLOW_CHANNEL_SMUGGLED), rich, 0.1, "trafficked");
    toy_end(&w);

    t.set[0] = "passage.credit=1000";
    t.set[1] = "people.axes=debt";
    w = toy_make(&t, 3);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    cr_expect_eq(on_sea(&w, "attempts", FLOW_CHANNEL_SMUGGLED), 40000);
    toy_days(&w, 1);
    double debt[4];
    cr_assert_eq(flow_model_observe(w.m, "people_by_debt", debt, 4), FLOW_OK, "%s",
                 flow_error_text());
    toy_binomial(debt[3], 40000, 0.7, "in debt at B");
    toy_near(on_sea(&w, "attempts_trafficked", FLOW_CHANNEL_SMUGGLED), 0, 0, "second day");
    toy_end(&w);
}

// Cash makes a fee affordable (wealth_factor), and people in debt are trafficked more often.
Test(channels, cash_pays_fees_and_debt_adds_risk)
{
    static const char channels[] = "from,to,channel,fee,success,interception,death_risk,"
                                   "trafficking_risk\nA,B,smuggled,1200,1,0,0,0.1\n";
    const toy t = with(RULE BARE "retry: 0, debt_trafficking: 3, credit: 500}\n", channels);
    double trafficked[2];
    for (int cash = 0; cash < 2; cash++) {
        toy_world w = toy_make(&t, 3);
        assign(&w, "onset_conflict", "A", 1.0);
        double factor[2] = {1, 1};
        factor[flow_scenario_place(w.s, "A")] = cash ? 1.3 : 1.0;
        cr_assert_eq(flow_model_assign(w.m, "wealth_factor", factor, 2), FLOW_OK);
        toy_days(&w, 1);
        trafficked[cash] = on_sea(&w, "attempts_trafficked", FLOW_CHANNEL_SMUGGLED);
        toy_binomial(trafficked[cash], 40000, cash ? 0.1 : 0.3, cash ? "with cash" : "in debt");
        toy_end(&w);
    }
}

// Known answer: debts are paid off at the rate, and double the hazard to be exploited.
Test(channels, debts_are_paid_off)
{
    toy t = with(RULE BARE "retry: 0, credit: 9000, repay: 0.07, debt_exploitation: 2.6}\n",
                 "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                 "A,B,irregular,5000,1,0,0,0\n");
    t.set[0] = "people.axes=debt";
    toy_world w = toy_make(&t, 3);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    assign(&w, "onset_conflict", "A", 0.0);
    double debt[4];
    toy_days(&w, 5);
    cr_assert_eq(flow_model_observe(w.m, "people_by_debt", debt, 4), FLOW_OK);
    toy_binomial(debt[3], 40000, exp(-0.07 * 5), "still in debt");
    const flow_people_axis *axis = &w.m->groups.axis[w.m->groups.debt];
    cr_expect_eq(flow_debt_factor(w.m, axis->stride, FLOW_CHANGE_EXPLOIT), 2.6);
    cr_expect_eq(flow_debt_factor(w.m, axis->stride, FLOW_CHANGE_FORCE_LABOUR), 2.6);
    cr_expect_eq(flow_debt_factor(w.m, axis->stride, FLOW_CHANGE_CLAIM), 1.0);
    cr_expect_eq(flow_debt_factor(w.m, 0, FLOW_CHANGE_EXPLOIT), 1.0);
    toy_end(&w);
}

// Known answer: where they live, too, people in debt are trafficked more often than others.
Test(channels, debt_adds_to_exploitation)
{
    toy t = with(RULE BARE "retry: 0, credit: 9000, repay: 0, debt_exploitation: 2.6}\n",
                 "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                 "A,B,irregular,700,1,0,0,0\n");
    t.attributes = "attribute,value,place,weight\nwealth,500,,0.5\nwealth,900,,0.5\n";
    for (int cash = 0; cash < 2; cash++) {
        toy_world w = toy_make(&t, 3);
        assign(&w, "onset_conflict", "A", 1.0);
        double factor[2] = {1, 1};
        factor[flow_scenario_place(w.s, "A")] = cash ? 1.5 : 1.0;
        cr_assert_eq(flow_model_assign(w.m, "wealth_factor", factor, 2), FLOW_OK);
        toy_days(&w, 1);
        assign(&w, "onset_conflict", "A", 0.0);
        assign(&w, "change_exploit", "B", 0.2);
        toy_days(&w, 1);
        const double debt = 1.0 - exp(-0.2 * 2.6), none = 1.0 - exp(-0.2);
        toy_binomial(status_at(&w, "B", FLOW_STATUS_TRAFFICKED), 40000,
                     cash ? none : 0.5 * (debt + none), cash ? "nobody borrows" : "half in debt");
        toy_end(&w);
    }
}

// Waiting -----------------------------------------------------------------------------------------

// Known answer: who waits tries again or gives up at the rates given.
Test(channels, people_try_again_or_give_up)
{
    toy_world w = flight(RULE BARE "retry: 0.3, give_up: 0.2}\n",
                         "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
                         "A,B,irregular,0,1,0.999999999,0,0\n");
    assign(&w, "onset_conflict", "A", 0.0);
    double waiting = toy_at(&w, "waiting_to_pass", "A");
    cr_expect_eq(waiting, 40000);
    const double leave = 1.0 - exp(-0.5);
    for (int day = 0; day < 4; day++) {
        toy_days(&w, 1);
        const double again = on_sea(&w, "attempts", FLOW_CHANNEL_IRREGULAR);
        const double now = toy_at(&w, "waiting_to_pass", "A");
        toy_binomial(again, waiting, leave * 0.6, "tried again");
        toy_binomial(waiting - now, waiting, leave * 0.4, "gave up");
        waiting = now;
    }
    // They are at home again, as if they had never left, and can be driven out once more.
    toy_binomial(status_at(&w, "A", FLOW_STATUS_RESIDENT), 40000, 1.0, "residents");
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    cr_expect_gt(on_sea(&w, "attempts", FLOW_CHANNEL_IRREGULAR), 40000 - waiting - 1.0);
    toy_end(&w);
}
