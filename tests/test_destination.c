// The destination rule: causes compete, places are chosen by utility, people travel along shortest
// ways, wait at gates, find places full, go home.
#include "../libflow/destination.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rule[] = "movement: {rule: destination}\npeople: {axes: 'origin, status'}\n";

static int32_t place(const toy_world *w, const char *name)
{
    const int32_t p = flow_scenario_place(w->s, name);
    cr_assert_geq(p, 0, "%s", name);
    return p;
}

/// Give one place, or link, a value of a quantity; the others have `other`.
static void assign(toy_world *w, const char *quantity, int64_t n, int32_t at, double value,
                   double other)
{
    double *all = calloc((size_t)n, sizeof *all);
    for (int64_t i = 0; i < n; i++) { all[i] = i == at ? value : other; }
    cr_assert_eq(flow_model_assign(w->m, quantity, all, n), FLOW_OK, "%s", flow_error_text());
    free(all);
}

static void push(toy_world *w, const char *quantity, const char *where, double value)
{
    assign(w, quantity, w->s->n_place, place(w, where), value, 0.0);
}

static double left_for(const toy_world *w, int32_t cause, const char *where)
{
    return (double)w->m->to->by_cause[(int64_t)cause * w->s->n_place + place(w, where)];
}

static void expect_near(double found, double n, double p, const char *what)
{
    const double error = sqrt(n * p * (1.0 - p));
    cr_expect_leq(fabs(found - n * p), 5.0 * error, "%s: %.0f of %.0f, expected %.1f, s.e. %.1f",
                  what, found, n, n * p, error);
}

static const toy fork = {.place = "A,town,,200000;B,town,,50000;C,town,,20000;D,camp,,,;",
                         .link = "A,B,40;A,C,90;A,D,30;B,C,70;",
                         .yaml = rule};

// Known answer: p = 1 - exp(-sum of hazards), causes in proportion (Prentice et al. 1978,
// doi:10.2307/2530374), beside a simulation that draws every person's time of each cause.
Test(destination, causes_compete_as_hazards)
{
    toy_world w = toy_make(&fork, 5);
    push(&w, "hazard_conflict", "A", 0.11);
    push(&w, "hazard_flood", "A", 0.07);
    push(&w, "onset_cyclone", "A", 0.04);
    toy_days(&w, 1);
    const int32_t cause[3] = {FLOW_CAUSE_CONFLICT, FLOW_CAUSE_FLOOD, FLOW_CAUSE_CYCLONE};
    const double risk[3] = {0.11, 0.07, -log(0.96)};
    const double all = risk[0] + risk[1] + risk[2];
    const double n = 200000.0;
    double by_person[3] = {0};
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    for (int i = 0; i < (int)n; i++) {
        int first = -1;
        double earliest = 1.0; // the step ends
        for (int c = 0; c < 3; c++) {
            const double t = gsl_ran_exponential(rng, 1.0 / risk[c]);
            if (t < earliest) {
                earliest = t;
                first = c;
            }
        }
        if (first >= 0) { by_person[first]++; }
    }
    gsl_rng_free(rng);
    for (int c = 0; c < 3; c++) {
        const double p = -expm1(-all) * risk[c] / all;
        expect_near(left_for(&w, cause[c], "A"), n, p, "engine");
        expect_near(by_person[c], n, p, "person by person");
    }
    cr_expect_eq(left_for(&w, FLOW_CAUSE_DROUGHT, "A"), 0.0);
    toy_end(&w);
}

// Known answer: shares of a conditional logit (McFadden 1974), with coefficients of the scenario.
Test(destination, destinations_have_the_shares_of_the_logit)
{
    toy t = fork;
    t.set[0] = "destination_flood.distance=-1.3";
    t.set[1] = "destination_flood.population=0.6";
    t.set[2] = "destination_flood.camp=1.7";
    t.set[3] = "destination.soften=5";
    toy_world w = toy_make(&t, 6);
    push(&w, "onset_flood", "A", 0.9);
    toy_days(&w, 2); // all ways take less than a day at 360 km/d
    const double weight[3] = {pow(45, -1.3) * pow(50000, 0.6), pow(95, -1.3) * pow(20000, 0.6),
                              pow(35, -1.3) * exp(1.7)};
    const double sum = weight[0] + weight[1] + weight[2];
    toy_world fresh = toy_make(&t, 6);
    push(&fresh, "onset_flood", "A", 0.9);
    toy_days(&fresh, 1);
    const double n = left_for(&fresh, FLOW_CAUSE_FLOOD, "A");
    expect_near(n, 200000, 0.9, "leavers");
    expect_near(toy_people(&fresh, "B") - 50000, n, weight[0] / sum, "B");
    expect_near(toy_people(&fresh, "C") - 20000, n, weight[1] / sum, "C");
    expect_near(toy_people(&fresh, "D"), n, weight[2] / sum, "D");
    toy_end(&fresh);
    toy_end(&w);
}

// Known answer: 500 km at 100 km a day, over a town in between, take five days.
Test(destination, people_travel_link_by_link_at_their_speed)
{
    const toy t = {.place = "A,town,,1000;M,marker;B,town,,5000;",
                   .link = "A,M,130;M,B,370;",
                   .yaml = rule,
                   .set = {"destination.speed=100"}};
    toy_world w = toy_make(&t, 7);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_on(&w, "link_people", "A", "M"), 1000.0);
    push(&w, "onset_conflict", "A", 0.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_on(&w, "link_people", "M", "B"), 1000.0, "M is passed on the second day");
    toy_days(&w, 3);
    cr_expect_eq(toy_people(&w, "B"), 5000.0, "after five days they are before the town");
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "B"), 6000.0, "and there at the beginning of the sixth");
    toy_end(&w);
}

// Known answer: a gate lets its number pass, whoever came first goes first, nobody is lost.
Test(destination, gates_pass_their_number_in_order_of_arrival)
{
    const toy t = {
        .days = 40, .place = "A,town,,900;B,town,,5000;", .link = "A,B,20;", .yaml = rule};
    toy_world w = toy_make(&t, 8);
    assign(&w, "crossings", w.s->n_link, 0, 70.5, 1e12);
    push(&w, "onset_conflict", "A", 0.5);
    double before = 0.0;
    for (int day = 0; day < 12; day++) {
        toy_days(&w, 1);
        if (day == 0) { push(&w, "onset_conflict", "A", 0.0); }
        const double now = toy_people(&w, "B") - 5000.0;
        const double passed = now - before;
        before = now;
        if (day < 6) { cr_expect(passed == 70.0 || passed == 71.0, "day %d: %.0f", day, passed); }
    }
    const flow_cells *gate = &w.m->to->gate[0];
    cr_expect_eq(flow_cells_total(gate), 0, "all have passed");
    expect_near(before, 900, 0.5, "leavers");
    toy_end(&w);
}

/// Set a quantity of a country; the others have `other`.
static void govern(toy_world *w, const char *quantity, const char *country, double value,
                   double other)
{
    int32_t at = -1;
    for (int32_t c = 0; c < w->s->n_country; c++) {
        if (strcmp(w->s->country_name[c], country) == 0) { at = c; }
    }
    cr_assert_geq(at, 0, "%s", country);
    assign(w, quantity, w->s->n_country, at, value, other);
}

// Known answer: a country admits its number in all, whichever border people come to, and those who
// wait longest at a border pass first.
Test(destination, quotas_hold_for_all_borders_of_a_country)
{
    const toy t = {.days = 60,
                   .place = "A,town,,900,,,Here;M,town,,1,,,Here;B,town,,5000,,,There;"
                            "C,town,,3000,,,There;D,town,,2000,,,Beyond;",
                   .link = "A,B,20;A,M,10;M,C,30;A,D,200;",
                   .yaml = rule,
                   .set = {"destination_conflict.distance=-1"}};
    toy_world w = toy_make(&t, 21);
    govern(&w, "quota", "There", 30.5, 1e12);
    push(&w, "onset_conflict", "A", 0.6);
    double before = 0.0;
    for (int day = 0; day < 40; day++) {
        toy_days(&w, 1);
        if (day == 0) { push(&w, "onset_conflict", "A", 0.0); }
        const double now = toy_people(&w, "B") + toy_people(&w, "C") - 8000.0;
        if (day > 0 && day < 9) {
            cr_expect(now - before == 30.0 || now - before == 31.0, "day %d: %.0f", day,
                      now - before);
        }
        before = now;
    }
    cr_expect_gt(toy_people(&w, "C"), 3005.0, "both borders are used");
    cr_expect_gt(toy_people(&w, "D"), 2000.0, "other countries are not concerned");
    double waiting = 0.0;
    for (int32_t l = 0; l < w.s->n_link; l++) {
        waiting += (double)flow_cells_total(&w.m->to->gate[l]);
    }
    cr_expect_eq(waiting, 0.0, "all have passed");
    toy_end(&w);
}

// Property: a quota of 0 is a closed door, and what is admitted adds up over hours, too.
Test(destination, quotas_of_short_steps_add_up)
{
    const toy t = {.days = 4,
                   .place = "A,town,,500,,,Here;B,town,,5000,,,There;",
                   .link = "A,B,2;",
                   .yaml = "movement: {rule: destination}\n",
                   .set = {"period.step=1h"}};
    toy_world w = toy_make(&t, 22);
    govern(&w, "quota", "There", 60.0, 1e12); // 2.5 an hour
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 48);
    cr_expect_eq(toy_people(&w, "B"), 5000.0 + 120.0);
    govern(&w, "quota", "There", 0.0, 1e12);
    toy_days(&w, 24);
    cr_expect_eq(toy_people(&w, "B"), 5000.0 + 120.0);
    toy_end(&w);
}

/// Chances of the four towns from A, A first.
static void expect_shares(const toy *t, int seed, const double weight[4], const char *what)
{
    toy_world w = toy_make(t, (uint64_t)seed);
    push(&w, "onset_economic", "A", 1.0);
    toy_days(&w, 1);
    static const char *const town[] = {"A", "B", "C", "D"};
    static const double people[] = {100000, 30000, 20000, 10000};
    const double sum = weight[0] + weight[1] + weight[2] + weight[3];
    for (int k = 1; k < 4; k++) {
        const double came = toy_people(&w, town[k]) - people[k];
        char text[64];
        (void)snprintf(text, sizeof text, "%s: %s", what, town[k]);
        expect_near(came, 100000, weight[k] / sum, text);
    }
    toy_end(&w);
}

static const toy labour = {
    .place = "A,town,,100000,,,Here;B,town,,30000,,,Here;"
             "C,town,,20000,,,There;D,town,,10000,,,There;",
    .link = "A,B,40;A,C,90;A,D,120;",
    .yaml = rule,
    .set = {"destination_economic.distance=-1", "destination_economic.population=0",
            "destination_economic.wage=1.4", "destination_economic.diaspora=0.6",
            "destination_economic.fee=-0.5", "destination.soften=0"}};

// Known answer: the logit with real wages, staying one of its choices (McFadden 1974).
Test(destination, wages_count_by_what_they_buy)
{
    toy t = labour;
    t.yaml = "movement: {rule: destination}\n";
    t.more[0][0] = "economy.csv";
    t.more[0][1] = "place,date,wage,price_index\nA,0,10,1.2\nB,0,14,1.5\nC,0,30,2\nD,0,30,1\n";
    t.set[6] = "economic.rate=0";
    t.set[7] = "destination_economic.stay=-4.2";
    const double weight[4] = {exp(-4.2), pow((14 / 1.5) / (10 / 1.2), 1.4) / 40,
                              pow(15 / (10 / 1.2), 1.4) / 90, pow(30 / (10 / 1.2), 1.4) / 120};
    expect_shares(&t, 31, weight, "wages");
}

// Known answer: (1 + diaspora)^b; a country stands for each of its places; rows add up.
Test(destination, people_follow_those_who_went_before)
{
    toy t = labour;
    t.yaml = "movement: {rule: destination}\n";
    t.set[6] = "destination_economic.may_stay=false";
    t.set[7] = "destination.most=1"; // the others are kept for their ties
    t.more[0][0] = "diaspora.csv";
    t.more[0][1] = "origin,place,people\nA,D,500\nHere,D,300\nB,C,9000\nHere,A,70\nA,C,20\n";
    const double weight[4] = {0, 1.0 / 40, pow(21, 0.6) / 90, pow(801, 0.6) / 120};
    expect_shares(&t, 32, weight, "diaspora");
}

// Known answer: those who live in their place of origin are no diaspora of it, those who went are.
Test(destination, nobody_is_a_diaspora_at_home)
{
    toy t = labour;
    t.set[6] = "destination_economic.stay=1.3";
    t.place = "A,town,,1000000,,,Here;B,town,,30000,,,Here;"
              "C,town,,20000,,,There;D,town,,10000,,,There;";
    toy_world w = toy_make(&t, 35);
    push(&w, "onset_economic", "A", 1.0);
    static const char *const town[] = {"A", "B", "C", "D"};
    static const double km[] = {0, 40, 90, 120}, others[] = {0, 30000, 20000, 10000};
    double here = 1000000, went[4] = {0};
    for (int day = 0; day < 2; day++) {
        double weight[4] = {exp(1.3)}, sum = weight[0];
        for (int k = 1; k < 4; k++) {
            weight[k] = pow(1.0 + went[k], 0.6) / km[k];
            sum += weight[k];
        }
        toy_days(&w, 1);
        for (int k = 1; k < 4; k++) {
            const double now = toy_people(&w, town[k]) - others[k];
            expect_near(now - went[k], here, weight[k] / sum, town[k]);
            went[k] = now;
        }
        here = toy_people(&w, "A");
        cr_assert_gt(here, 1000.0, "day %d: %g stay", day, here);
    }
    toy_end(&w);
}

/// People at a place who are from another one.
static double people_of(const toy_world *w, const char *at, const char *from)
{
    const flow_cells *here = &w->m->here[place(w, at)];
    double n = 0.0;
    for (int32_t i = 0; i < here->n; i++) {
        const flow_key *key = &here->row[i].key;
        for (int32_t a = 0; a < w->m->groups.n_axis; a++) {
            const flow_people_axis *axis = &w->m->groups.axis[a];
            if (axis->kind == FLOW_AXIS_ORIGIN &&
                flow_group_class(axis, key->group) == place(w, from)) {
                n += (double)flow_persons(w->m, key->group, here->row[i].n);
            }
        }
    }
    return n;
}

// Known answer: at one place, people of two origins follow each their own: those of the table and
// those who went since.
Test(destination, people_follow_those_of_their_own_origin)
{
    toy t = labour;
    t.yaml = "movement: {rule: destination}\npeople: {axes: origin}\n";
    t.more[0][0] = "diaspora.csv";
    t.more[0][1] = "origin,place,people\nA,C,500\nB,D,300\n";
    t.set[6] = "destination_economic.may_stay=false";
    t.set[7] = "destination_flood.distance=-60"; // to B, 40 km away, or 90 km
    toy_world w = toy_make(&t, 36);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    cr_assert_eq(people_of(&w, "B", "A"), 100000.0);
    push(&w, "onset_flood", "A", 0.0);
    push(&w, "onset_economic", "B", 0.5);
    static const char *const town[] = {"A", "C", "D"}, *const from[] = {"A", "B"};
    static const double km[] = {40, 130, 160}, settled[2][3] = {{0, 500, 0}, {0, 0, 300}};
    double before[2][3] = {{0}};
    for (int day = 0; day < 2; day++) {
        double weight[2][3], sum[2] = {0}, here[2];
        for (int o = 0; o < 2; o++) {
            here[o] = people_of(&w, "B", from[o]);
            for (int k = 0; k < 3; k++) { // at home in A nobody is a diaspora of A
                const double went = o == 0 && k == 0 ? 0.0 : before[o][k];
                weight[o][k] = pow(1.0 + settled[o][k] + went, 0.6) / km[k];
                sum[o] += weight[o][k];
            }
        }
        toy_days(&w, 1);
        for (int o = 0; o < 2; o++) {
            for (int k = 0; k < 3; k++) {
                const double now = people_of(&w, town[k], from[o]);
                expect_near(now - before[o][k], here[o], 0.5 * weight[o][k] / sum[o], town[k]);
                before[o][k] = now;
            }
        }
        cr_assert_gt(before[0][1], 5000.0);
    }
    toy_end(&w);
}

// Known answer: (1 + km from home)^b, as the crow flies; at home the distance is 0, and of two
// origins at one place each has its own.
Test(destination, people_stay_near_their_home)
{
    toy t = labour;
    t.yaml = "movement: {rule: destination}\npeople: {axes: origin}\n";
    t.place = "A,town,,100000,,,Here,,0,0;B,town,,30000,,,Here,,0,0.4;"
              "C,town,,20000,,,There,,0,2;D,town,,10000,,,There,,3,0;";
    t.set[6] = "destination_economic.may_stay=false";
    t.set[7] = "destination_flood.distance=-60"; // to B, 40 km away, or 90 km
    t.set[8] = "destination_economic.home=-1.3";
    t.set[9] = "destination_economic.diaspora=0";
    toy_world w = toy_make(&t, 37);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    cr_assert_eq(people_of(&w, "B", "A"), 100000.0);
    push(&w, "onset_flood", "A", 0.0);
    push(&w, "onset_economic", "B", 0.5);
    toy_days(&w, 1);
    static const char *const town[] = {"A", "C", "D"}, *const from[] = {"A", "B"};
    static const double km[] = {40, 130, 160}, people[] = {100000, 30000};
    const double degree = 6371.0088 * acos(-1.0) / 180.0; // on the equator and on a meridian
    const double home[2][3] = {
        {0, 2 * degree, 3 * degree},
        {0.4 * degree, 1.6 * degree,
         6371.0088 * acos(cos(3 * acos(-1.0) / 180) * cos(0.4 * acos(-1.0) / 180))}};
    for (int o = 0; o < 2; o++) {
        double weight[3], sum = 0.0;
        for (int k = 0; k < 3; k++) {
            weight[k] = pow(1.0 + home[o][k], -1.3) / km[k];
            sum += weight[k];
        }
        for (int k = 0; k < 3; k++) {
            expect_near(people_of(&w, town[k], from[o]), people[o], 0.5 * weight[k] / sum, town[k]);
        }
    }
    toy_end(&w);
    t.place = labour.place;
    toy_refused(&t, "memory: the coefficient home of destinations needs latitude and longitude of "
                    "every place, 'A' has none\n"
                    "memory: the coefficient home of destinations needs latitude and longitude of "
                    "every place, 'B' has none\n"
                    "memory: the coefficient home of destinations needs latitude and longitude of "
                    "every place, 'C' has none\n"
                    "memory: the coefficient home of destinations needs latitude and longitude of "
                    "every place, 'D' has none");
}

// What can have no effect is warned of.
Test(destination, idle_settings_are_warned_of)
{
    toy t = labour;
    t.place = "A,town;B,town;";
    t.link = "A,B,40;";
    t.yaml = "movement: {rule: destination}\ndestination_flood: {services: 0.3}\n";
    flow_scenario *s = toy_scenario(&t);
    cr_assert_eq(flow_scenario_n_warning(s), 2);
    cr_expect_str_eq(flow_scenario_warning(s, 0).text,
                     "nobody lives at any place (column population), so nobody can move");
    cr_expect_str_eq(flow_scenario_warning(s, 1).text,
                     "destination_flood.services changes nothing: no table tells its term");
    cr_expect_eq(flow_scenario_warning(s, 1).line, 5);
    flow_scenario_free(s);
}

// Known answer: exp(b fee / wealth), fees summed along the way.
Test(destination, fees_of_the_way_deter)
{
    toy t = labour;
    t.link = "A,B,40;A,C,90;C,D,30;";
    t.set[6] = "destination_economic.may_stay=false";
    t.set[7] = "destination.wealth=700";
    toy_world w = toy_make(&t, 33);
    double fee[16] = {0};
    for (int32_t l = 0; l < w.s->n_link; l++) {
        fee[l] = w.s->link_to[l] == place(&w, "D")   ? 400
                 : w.s->link_to[l] == place(&w, "C") ? 900
                                                     : 0;
    }
    cr_assert_eq(flow_model_assign(w.m, "fee_regular", fee, w.s->n_link), FLOW_OK);
    push(&w, "onset_economic", "A", 1.0);
    toy_days(&w, 1);
    const double weight[3] = {1.0 / 40, exp(-0.5 * 900 / 700) / 90, exp(-0.5 * 1300 / 700) / 120};
    const double sum = weight[0] + weight[1] + weight[2];
    expect_near(toy_people(&w, "B") - 30000, 100000, weight[0] / sum, "B");
    expect_near(toy_people(&w, "C") - 20000, 100000, weight[1] / sum, "C");
    expect_near(toy_people(&w, "D") - 10000, 100000, weight[2] / sum, "D");
    toy_end(&w);
}

// Known answer: under the conditions of the first step the wanted share leaves each place per year,
// in steps of any length; later the odds of leaving follow the logit.
Test(destination, staying_is_worth_what_the_annual_rate_says)
{
    static const char *const step[] = {"period.step=6h", "period.step=day", "period.step=month"};
    static const double dt[] = {0.25, 1.0, 365.25 / 12};
    for (int k = 0; k < 3; k++) {
        toy t = labour;
        t.days = 365;
        t.place = "A,town,,1000000,,,Here;B,town,,300000,,,Here;C,town,,200000,,,There;"
                  "D,town,,100000,,,There;E,town,,700000,,,There;";
        t.yaml = "movement: {rule: destination}\n";
        t.more[0][0] = "economy.csv";
        t.more[0][1] = "place,date,wage\nA,0,10\nB,0,14\nC,0,30\nD,0,30\nE,0,20\nA,60,5\n";
        t.set[6] = "destination_economic.annual_rate=0.057";
        t.set[7] = "economic.rate=0.01";
        t.set[8] = step[k];
        toy_world w = toy_make(&t, 34);
        const double rate = -log1p(-0.057) / 365.25;
        toy_days(&w, 1);
        expect_near(left_for(&w, FLOW_CAUSE_ECONOMIC, "A"), 1e6, -expm1(-rate * dt[k]), "A");
        expect_near(left_for(&w, FLOW_CAUSE_ECONOMIC, "B"), 3e5, -expm1(-rate * dt[k]), "B");
        expect_near(left_for(&w, FLOW_CAUSE_ECONOMIC, "C"), 2e5, -expm1(-rate * dt[k]), "C");
        cr_expect_eq(left_for(&w, FLOW_CAUSE_ECONOMIC, "E"), 0.0, "no way leads out of E");
        if (k < 2) {
            toy_end(&w);
            continue;
        }
        toy_days(&w, 2); // after 60 days wages of A are halved: all others gain 1.4 ln 2
        const double people = toy_people(&w, "A");
        const double weigh = -expm1(-0.01 * dt[k]);
        const double odds = expm1(-rate * dt[k]) / -weigh;
        const double before = odds / (1.0 - odds), now = before * pow(2.0, 1.4);
        toy_days(&w, 1);
        expect_near(left_for(&w, FLOW_CAUSE_ECONOMIC, "A"), people, weigh * now / (1.0 + now),
                    "A after its wages fell");
        toy_end(&w);
    }
}

Test(destination, annual_rates_that_cannot_be_are_refused)
{
    toy t = labour;
    t.yaml = "movement: {rule: destination}\n";
    t.set[6] = "destination_economic.annual_rate=0.3";
    toy_world w = toy_make(&t, 35);
    push(&w, "hazard_economic", "A", 0.0001);
    cr_expect_eq(flow_model_step(w.m), FLOW_EINPUT);
    cr_expect(strstr(flow_error_text(), "annual_rate asks for") != NULL, "%s", flow_error_text());
    toy_end(&w);
    t.set[7] = "destination_economic.may_stay=false";
    toy_refused(&t, "--set: destination_economic.annual_rate: people choose whether they stay only "
                    "with destination_economic.may_stay and destination_economic.kind utility");
}

Test(destination, broken_diasporas_are_refused)
{
    toy t = labour;
    t.more[0][0] = "diaspora.csv";
    t.more[0][1] = "origin,place,people\nHerr,D,500\nA,X,1\nA,D,-3\n";
    toy_refused(&t, "diaspora.csv:2:1: origin 'Herr' is neither a place nor a country\n"
                    "diaspora.csv:3:3: place 'X' is not in the list of places; did you mean 'A'?\n"
                    "diaspora.csv:4:5: people = -3 is outside [0, 1e+10]");
}

// Property: a camp takes in what it holds; who finds it full goes on to another place.
Test(destination, full_places_send_people_on)
{
    toy t = fork;
    t.days = 30;
    t.place = "A,town,,3000;B,town,,50;D,camp,,,400;";
    t.link = "A,B,200;A,D,10;B,D,60;";
    toy_world w = toy_make(&t, 9);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    toy_days(&w, 20);
    cr_expect_leq(toy_people(&w, "D"), 400.0);
    cr_expect_gt(toy_people(&w, "D"), 390.0, "the camp is used: %.0f", toy_people(&w, "D"));
    cr_expect_gt(toy_people(&w, "B"), 50.0);
    cr_expect_eq(toy_people(&w, "A") + toy_people(&w, "B") + toy_people(&w, "D"), 3050.0);
    toy_end(&w);
}

// Property: travellers whose link closes ahead of them take the other way.
Test(destination, closures_are_gone_round)
{
    const toy t = {.days = 20,
                   .place = "A,town,,1000;M,town,,1;N,town,,1;B,town,,90000;",
                   .link = "A,M,90;M,B,90;M,N,80;N,B,150;",
                   .yaml = rule,
                   .set = {"destination.speed=100", "destination_conflict.distance=0",
                           "destination_conflict.population=3"}};
    toy_world w = toy_make(&t, 10);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    cr_expect_eq(toy_on(&w, "link_people", "M", "B"), 1000.0, "0.9 days to M, then towards B");
    toy_end(&w);
    w = toy_make(&t, 10);
    double *open = calloc((size_t)w.s->n_link, sizeof *open);
    for (int32_t l = 0; l < w.s->n_link; l++) {
        open[l] = !(w.s->link_from[l] == place(&w, "M") && w.s->link_to[l] == place(&w, "B"));
    }
    cr_assert_eq(flow_model_assign(w.m, "passable", open, w.s->n_link), FLOW_OK);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    cr_expect_eq(toy_on(&w, "link_people", "M", "N"), 1000.0);
    toy_days(&w, 5);
    cr_expect_eq(toy_people(&w, "B"), 91000.0);
    free(open);
    toy_end(&w);
}

// Property: those who go home are residents again, and only those whose home calls go.
Test(destination, people_go_home)
{
    toy t = fork;
    t.days = 60;
    toy_world w = toy_make(&t, 11);
    push(&w, "onset_conflict", "A", 0.6);
    toy_days(&w, 1);
    const double gone = left_for(&w, FLOW_CAUSE_CONFLICT, "A");
    push(&w, "onset_conflict", "A", 0.0);
    push(&w, "return_hazard", "A", 0.4);
    toy_days(&w, 1);
    double back = 0.0;
    const char *const camps[] = {"B", "C", "D"};
    for (int i = 0; i < 3; i++) { back += left_for(&w, FLOW_CAUSE_RETURN, camps[i]); }
    expect_near(back, gone, -expm1(-0.4), "returned on the first day");
    toy_days(&w, 50);
    cr_expect_eq(toy_people(&w, "A"), 200000.0);
    cr_expect_eq(toy_people(&w, "B"), 50000.0);
    toy_end(&w);
}

// Property: those whose way home is closed stay where they are, and go once it is open.
Test(destination, who_cannot_go_home_stays)
{
    toy t = fork;
    t.days = 60;
    toy_world w = toy_make(&t, 36);
    push(&w, "onset_conflict", "A", 0.6);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    push(&w, "return_hazard", "A", 0.4);
    double *open = calloc((size_t)w.s->n_link, sizeof *open);
    for (int32_t l = 0; l < w.s->n_link; l++) { open[l] = w.s->link_to[l] != place(&w, "A"); }
    cr_assert_eq(flow_model_assign(w.m, "passable", open, w.s->n_link), FLOW_OK);
    static const char *const town[] = {"B", "C", "D"};
    double before[3];
    for (int k = 0; k < 3; k++) { before[k] = toy_people(&w, town[k]); }
    for (int day = 0; day < 5; day++) {
        toy_days(&w, 1);
        for (int k = 0; k < 3; k++) {
            cr_expect_eq(toy_people(&w, town[k]), before[k], "day %d: %s", day, town[k]);
            cr_expect_eq(left_for(&w, FLOW_CAUSE_RETURN, town[k]), 0.0, "%s", town[k]);
            cr_expect_eq(left_for(&w, FLOW_CAUSE_OTHER, town[k]), 0.0, "%s", town[k]);
        }
    }
    for (int32_t l = 0; l < w.s->n_link; l++) { open[l] = 1.0; }
    cr_assert_eq(flow_model_assign(w.m, "passable", open, w.s->n_link), FLOW_OK);
    toy_days(&w, 50);
    cr_expect_eq(toy_people(&w, "A"), 200000.0);
    free(open);
    toy_end(&w);
}

/// A grid of towns and camps with hazards here and there.
static flow_scenario *grid(void)
{
    enum { side = 18 };
    static char places[side * side * 32], links[2 * side * side * 32];
    size_t p = 0, l = 0;
    for (int i = 0; i < side * side; i++) {
        const bool camp = i % 7 == 0;
        p += (size_t)snprintf(places + p, sizeof places - p, "P%d,%s,,%d,%s;", i,
                              camp ? "camp" : "town", camp ? 0 : 300 + i, camp ? "90" : "");
        if (i % side + 1 < side) {
            l +=
                (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d;", i, i + 1, 30 + i % 50);
        }
        if (i + side < side * side) {
            l += (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d;", i, i + side,
                                  40 + i % 90);
        }
    }
    const toy t = {.days = 25, .place = places, .link = links, .yaml = rule};
    return toy_scenario(&t);
}

static uint64_t run_grid(const flow_scenario *s, flow_individuals who, int32_t threads,
                         uint64_t *identities)
{
    flow_model *m = NULL;
    const flow_model_options o = {
        .seed = 12, .threads = threads, .individuals = who, .sample_share = 0.2};
    cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
    double *hazard = calloc((size_t)s->n_place, sizeof *hazard);
    double *crossings = calloc((size_t)s->n_link, sizeof *crossings);
    for (int32_t p = 0; p < s->n_place; p++) { hazard[p] = p % 5 == 0 ? 0.2 : 0.003; }
    for (int32_t l = 0; l < s->n_link; l++) { crossings[l] = l % 4 == 0 ? 11.5 : 1e12; }
    cr_assert_eq(flow_model_assign(m, "hazard_conflict", hazard, s->n_place), FLOW_OK);
    cr_assert_eq(flow_model_assign(m, "return_hazard", hazard, s->n_place), FLOW_OK);
    cr_assert_eq(flow_model_assign(m, "crossings", crossings, s->n_link), FLOW_OK);
    for (int day = 0; day < 25; day++) {
        cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        cr_assert_eq(flow_model_entered(m), flow_model_persons(m) + flow_model_left(m) +
                                                flow_model_dead(m) + flow_model_missing(m));
    }
    const uint64_t sum = flow_model_checksum(m);
    *identities = flow_model_identity_checksum(m);
    free(hazard);
    free(crossings);
    flow_model_free(m);
    return sum;
}

// Property: the same bits for any number of threads, whoever is followed.
Test(destination, threads_and_identities_change_nothing)
{
    flow_scenario *s = grid();
    uint64_t who[5];
    const uint64_t counts = run_grid(s, FLOW_INDIVIDUALS_NONE, 1, &who[0]);
    cr_expect_eq(run_grid(s, FLOW_INDIVIDUALS_NONE, 2, &who[1]), counts);
    cr_expect_eq(run_grid(s, FLOW_INDIVIDUALS_ALL, 1, &who[2]), counts);
    cr_expect_eq(run_grid(s, FLOW_INDIVIDUALS_ALL, 4, &who[3]), counts);
    cr_expect_eq(run_grid(s, FLOW_INDIVIDUALS_SAMPLE, 3, &who[4]), counts);
    cr_expect_eq(who[2], who[3], "the same people are at the same places");
    cr_expect_neq(who[2], who[4]);
    flow_scenario_free(s);
}
