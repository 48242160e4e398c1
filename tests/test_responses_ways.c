// Responses that change how people pass borders and seas: with channels, on whole runs.
#include "aid.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#define PLAIN "lead_days: 0, cost_cv: 0"

static const char ways[] =
    "from,to,channel,fee,interception,death_risk,trafficking_risk,risk_bias\n"
    "Cedar,Dogwood,irregular,0,0.2,0.1,0.05,0.2\n"
    "Cedar,Dogwood,smuggled,300,0.1,0.05,0.1,0.2\n";

/// People flee from Alder for ten days, over a border that has no regular way.
static aid flight(const char *passage, const char *yaml, const char *table, const char *text)
{
    char all[2048];
    const bool channels = table != NULL;
    (void)snprintf(all, sizeof all,
                   "movement: {rule: destination}\npeople: {axes: status}\nstatus: {}\n%s%s%s%s",
                   channels ? "channels: {}\npassage: {retry: 0, give_up: 0" : "", passage,
                   channels ? "}\n" : "", yaml);
    aid a = aid_make(all, table, text, 40);
    aid_assign(&a, "hazard_conflict", (const double[AID_N_PLACE]){0.1, 0.1, 0.1}, AID_N_PLACE);
    return a;
}

/// Sum over steps of an observable by link and channel, irregular and smuggled together.
static double both(const aid *a, const char *name)
{
    const int32_t n = a->s->n_link * FLOW_N_CHANNEL;
    double value[64], sum = 0.0;
    cr_assert_leq(n, 64);
    cr_assert_eq(flow_model_observe(a->m, name, value, n), FLOW_OK, "%s", flow_error_text());
    for (int32_t i = 0; i < n; i++) {
        sum += i % FLOW_N_CHANNEL != FLOW_CHANNEL_REGULAR ? value[i] : 0.0;
    }
    return sum;
}

/// Nobody waits for better times.
static const char sure[] = ", wait: -100";

typedef struct tally {
    double attempts, died, missing, intercepted, trafficked, irregular, fees;
} tally;

static tally watch(const char *passage, const char *yaml)
{
    aid a = flight(passage, yaml, "channels.csv", ways);
    tally t = {0};
    for (int day = 0; day < 30; day++) {
        aid_steps(&a, 1);
        t.attempts += both(&a, "attempts");
        t.died += both(&a, "attempts_died");
        t.missing += both(&a, "attempts_missing");
        t.intercepted += both(&a, "attempts_intercepted");
        t.trafficked += both(&a, "attempts_trafficked");
        t.fees += both(&a, "fees_paid");
    }
    cr_expect_gt(t.attempts, 100.0, "%g", t.attempts);
    aid_end(&a);
    return t;
}

/// Share of n attempts, with its standard error.
static void lower(double a, double n_a, double b, double n_b, double factor, const char *what)
{
    const double p = a / n_a, q = b / n_b;
    const double error = sqrt(p * (1.0 - p) / n_a + factor * factor * q * (1.0 - q) / n_b);
    cr_expect_float_eq(p, factor * q, 5.0 * error, "%s: %g, %g without", what, p, q);
    cr_expect_gt(fabs(1.0 - factor) * q, 3.0 * error, "%s: too few to tell", what);
}

// Effect: fewer of those who try die or go missing.
Test(ways, rescue_saves_lives)
{
    const tally without = watch(sure, ""),
                with = watch(sure, "search_and_rescue: {" PLAIN ", saved: 0.8, "
                                   "to_country: Coast}\n");
    lower(with.died + with.missing, with.attempts, without.died + without.missing, without.attempts,
          0.2, "deaths");
}

// Effect: more are intercepted; smugglers' fees rise.
Test(ways, enforcement_stops_more_and_raises_fees)
{
    static const char hired[] =
        ", wait: -100, irregular: -100, success: 0, risk: 0, fee: 0, credit: 1e6";
    const tally without = watch(hired, ""),
                with = watch(hired, "enforcement: {" PLAIN ", detection: 4, to_country: Coast}\n");
    cr_expect_gt(with.intercepted / with.attempts, 2.0 * without.intercepted / without.attempts);
    cr_expect_gt(with.fees / with.attempts, 1.2 * without.fees / without.attempts, "%g and %g USD",
                 with.fees / with.attempts, without.fees / without.attempts);
}

// Direction (Tjaden and Dunsch 2021): who knows the risks tries less.
Test(ways, information_lowers_attempts)
{
    static const char *const yaml[2] = {"", "information_campaign: {" PLAIN
                                            ", awareness: 0, risk_awareness: 1}\n"};
    double attempts[2] = {0.0, 0.0};
    for (int on = 0; on < 2; on++) {
        attempts[on] = watch(", wait: 0, risk: 5, credit: 1e6", yaml[on]).attempts;
    }
    cr_expect_lt(attempts[1], 0.95 * attempts[0], "%g and %g without", attempts[1], attempts[0]);
}

// Effect: fewer are trafficked on ways that start where it is prevented.
Test(ways, counter_trafficking_prevents)
{
    const tally without = watch(sure, ""),
                with = watch(sure, "counter_trafficking: {" PLAIN ", prevention: 0.8}\n");
    lower(with.trafficked, with.attempts, without.trafficked, without.attempts, 0.2, "trafficked");
}

// Effect: a closed border is passed by those who have a seat, by nobody else.
Test(ways, seats_pass_a_closed_border)
{
    double abroad[2];
    for (int on = 0; on < 2; on++) {
        char yaml[512];
        (void)snprintf(yaml, sizeof yaml, "border: {to_country: Coast, open: false}\n%s",
                       on ? "transport: {" PLAIN ", seats: 3, to_country: Coast}\n" : "");
        aid a = flight("", yaml, NULL, NULL);
        double before = 0.0, now = 0.0;
        aid_steps(&a, 1);
        for (int i = AID_DOGWOOD; i < AID_N_PLACE; i++) { before += aid_place(&a, "people", i); }
        aid_steps(&a, 30);
        for (int i = AID_DOGWOOD; i < AID_N_PLACE; i++) { now += aid_place(&a, "people", i); }
        abroad[on] = now - before;
        aid_end(&a);
    }
    aid_is(abroad[0], 0.0, "people who came without seats");
    cr_expect(abroad[1] > 60.0 && abroad[1] <= 93.0, "%g came on 3 seats a day", abroad[1]);
}

// Effect: more people are in the registers.
Test(ways, registration_fills_the_registers)
{
    double share[2];
    for (int on = 0; on < 2; on++) {
        aid a =
            aid_make(on ? "registration: {}\nregistration_drive: {" PLAIN ", most_per_day: 50}\n"
                        : "registration: {}\n",
                     NULL, NULL, 40);
        aid_steps(&a, 10);
        share[on] = aid_place(&a, "registered_share", AID_CEDAR);
        aid_end(&a);
    }
    cr_expect_gt(share[1], share[0] + 0.2, "%g and %g without", share[1], share[0]);
}
