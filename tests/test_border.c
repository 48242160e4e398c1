// Border regimes: by date, by condition, closures on the way, gates in order, quotas, visas, fees,
// permits.
#include "../libflow/destination.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Two countries, three borders, no way but over them. The yaml of each test begins with this.
#define RULE "movement: {rule: destination}\n"
static const toy lands = {.days = 40,
                          .place = "A,town,,5000,,,Here,,1,1;M,town,,100,,,Here,,1,2;"
                                   "B,town,,9000,8000,,There,,2,1;C,town,,7000,,,There,,2,2;",
                          .link = "A,B,30;A,M,40;M,C,50;B,C,60;"};

static int32_t link_of(const toy_world *w, const char *from, const char *to)
{
    const int32_t a = flow_scenario_place(w->s, from), b = flow_scenario_place(w->s, to);
    for (int32_t l = 0; l < w->s->n_link; l++) {
        if (w->s->link_from[l] == a && w->s->link_to[l] == b) { return l; }
    }
    cr_assert(false, "no link from %s to %s", from, to);
    return -1;
}

/// Value of a quantity of a country.
static double of_country(const toy_world *w, const char *observable, const char *country)
{
    double value[8] = {0};
    cr_assert_leq(w->s->n_country, 8);
    cr_assert_eq(flow_model_observe(w->m, observable, value, w->s->n_country), FLOW_OK, "%s",
                 flow_error_text());
    for (int32_t c = 0; c < w->s->n_country; c++) {
        if (strcmp(w->s->country_name[c], country) == 0) { return value[c]; }
    }
    cr_assert(false, "no country '%s'", country);
    return 0.0;
}

static void push(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[8] = {0};
    cr_assert_leq(w->s->n_place, 8);
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

// By date -----------------------------------------------------------------------------------------

Test(border, regimes_hold_from_their_first_day_to_their_last)
{
    toy t = lands;
    t.yaml =
        RULE "border:\n"
             "  - {name: gate, from_country: Here, to_country: There, crossings: 40.5, fee: 70,"
             " both_ways: false, start: 2020-01-03, end: 2020-01-06}\n"
             "  - {name: shut, from_place: A, to_place: B, open: false, start: 2020-01-05}\n"
             "  - {name: visa, to_country: There, entry_refugee: 0.25, entry_labour: 0.5,"
             " policy_labour: -2, quota: 300, end: 2020-01-04}\n";
    toy_world w = toy_make(&t, 1);
    for (int day = 0; day < 8; day++) {
        toy_days(&w, 1);
        const bool gate = day >= 2 && day < 5, shut = day >= 4, visa = day < 3;
        cr_expect_eq(toy_on(&w, "crossings", "A", "B"), gate ? 40.5 : 1e12, "day %d", day);
        cr_expect_eq(toy_on(&w, "crossings", "M", "C"), gate ? 40.5 : 1e12, "day %d", day);
        cr_expect_eq(toy_on(&w, "crossings", "B", "A"), 1e12, "the way back has no gate");
        cr_expect_eq(toy_on(&w, "crossings", "A", "M"), 1e12, "A and M are of one country");
        cr_expect_eq(toy_on(&w, "fee_regular", "A", "B"), gate ? 70.0 : 0.0, "day %d", day);
        cr_expect_eq(toy_on(&w, "passable", "A", "B"), shut ? 0.0 : 1.0, "day %d", day);
        cr_expect_eq(toy_on(&w, "passable", "B", "A"), shut ? 0.0 : 1.0, "both ways");
        cr_expect_eq(toy_on(&w, "passable", "M", "C"), 1.0, "day %d", day);
        cr_expect_eq(of_country(&w, "entry_refugee", "There"), visa ? 0.25 : 1.0, "day %d", day);
        cr_expect_eq(of_country(&w, "entry_labour", "There"), visa ? 0.5 : 1.0, "day %d", day);
        cr_expect_eq(of_country(&w, "policy_labour", "There"), visa ? -2.0 : 0.0, "day %d", day);
        cr_expect_eq(of_country(&w, "quota", "There"), visa ? 300.0 : 1e12, "day %d", day);
        cr_expect_eq(of_country(&w, "quota", "Here"), 1e12, "day %d", day);
    }
    toy_end(&w);
}

Test(border, schedules_change_the_effects)
{
    toy t = lands;
    t.yaml = RULE "border: {to_country: There, schedule: regime.csv, crossings: 9, quota: 77}\n";
    t.more[0][0] = "regime.csv";
    t.more[0][1] =
        "date,open,crossings,entry_refugee\n4,false,,\n2,,30,0.5\n2020-01-07,true,12,1\n";
    toy_world w = toy_make(&t, 2);
    static const double crossings[8] = {9, 9, 30, 30, 9, 9, 12, 12};
    static const double open[8] = {1, 1, 1, 1, 0, 0, 1, 1};
    static const double entry[8] = {1, 1, 0.5, 0.5, 1, 1, 1, 1};
    for (int day = 0; day < 8; day++) {
        toy_days(&w, 1);
        cr_expect_eq(toy_on(&w, "crossings", "A", "B"), crossings[day], "day %d", day);
        cr_expect_eq(toy_on(&w, "passable", "M", "C"), open[day], "day %d", day);
        cr_expect_eq(of_country(&w, "entry_refugee", "There"), entry[day], "day %d", day);
        cr_expect_eq(of_country(&w, "quota", "There"), 77.0, "day %d", day);
    }
    toy_end(&w);
}

// By condition ------------------------------------------------------------------------------------

/// The state machine of a condition, written from its description.
typedef struct condition {
    double above, hysteresis;
    int delay;
    bool on;
    int days; ///< on which it has been otherwise
} condition;

static bool after(condition *c, double value)
{
    const bool other = c->on ? value <= c->above - c->hysteresis : value > c->above;
    c->days = other ? c->days + 1 : 0;
    if (c->days > c->delay) {
        c->on = !c->on;
        c->days = 0;
    }
    return c->on;
}

// Known answer: what is watched is fed from outside, and the regime follows the state machine.
Test(border, conditions_have_hysteresis_and_delay)
{
    static const double level[] = {0.1, 0.55, 0.65, 0.4,  0.7, 0.8, 0.9, 0.5,  0.45, 0.31, 0.3,
                                   0.2, 0.5,  0.29, 0.28, 0.1, 0.6, 0.7, 0.61, 0.62, 0.1,  0.1};
    enum { n_day = sizeof level / sizeof *level };
    int n_on = 0, n_change = 0;
    for (int delay = 0; delay < 4; delay++) {
        toy t = lands;
        char set[64];
        (void)snprintf(set, sizeof set, "border.delay=%d", delay);
        t.yaml = RULE "border: {from_country: There, watch: conflict_level, watch_country: There, "
                      "above: 0.6, hysteresis: 0.3, open: false}\n";
        t.set[0] = set;
        toy_world w = toy_make(&t, 3);
        condition c = {.above = 0.6, .hysteresis = 0.3, .delay = delay};
        for (int day = 0; day < n_day; day++) {
            const bool before = c.on;
            push(&w, "conflict_level", "C", level[day]);
            toy_days(&w, 1);
            const bool closed = after(&c, level[day]);
            cr_expect_eq(toy_on(&w, "passable", "A", "B"), closed ? 0.0 : 1.0,
                         "delay %d, day %d, level %g", delay, day, level[day]);
            n_on += closed;
            n_change += closed != before;
        }
        toy_end(&w);
    }
    cr_expect_gt(n_on, 10, "the test sees closed borders");
    cr_expect_gt(n_change, 6, "which open again");
}

// Property: a country that closes at a number of newcomers has hardly more of them.
Test(border, a_country_closes_when_many_have_come)
{
    static const struct {
        const char *watch;
        double above;
    } row[] = {{"newcomers", 1500}, {"people", 17500}, {"occupancy", 0.8}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        toy t = lands;
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml,
                       RULE "border: {to_country: There, watch: %s, watch_country: There, above: "
                            "%g, open: false}\ndestination: {overflow: false}\n",
                       row[i].watch, row[i].above);
        t.yaml = yaml;
        t.place = "A,town,,5000,,,Here,,1,1;M,town,,100,,,Here,,1,2;"
                  "B,town,,9000,12000,,There,,2,1;C,town,,7000,,,There,,2,2;";
        toy_world w = toy_make(&t, 4);
        push(&w, "hazard_conflict", "A", 0.05);
        double most = 0.0, day_before = 0.0;
        bool was_open = true;
        for (int day = 0; day < 25; day++) {
            const double there = toy_people(&w, "B") + toy_people(&w, "C");
            const double value = i == 0   ? there - 16000
                                 : i == 1 ? there
                                          : toy_people(&w, "B") / 12000; // C is never full
            toy_days(&w, 1);
            const bool open = toy_on(&w, "passable", "A", "B") > 0.0;
            cr_expect_eq(open, value <= row[i].above, "%s", row[i].watch);
            most = fmax(most, there);
            cr_expect(was_open || !open || there < day_before, "it stays closed");
            was_open = open;
            day_before = there;
        }
        cr_expect_not(was_open, "%s: enough have come", row[i].watch);
        cr_expect_leq(most, 17500 + 400, "%s: %g", row[i].watch, most);
        toy_end(&w);
    }
}

// On the way --------------------------------------------------------------------------------------

// Property: who is under way when the border ahead closes takes the other one; where there is none,
// people stay before it and look for another place; who is on a link already arrives.
Test(border, closures_are_met_on_the_way)
{
    toy t = {.days = 30,
             .place = "A,town,,1000,,,Here;M,town,,10,,,Here;N,town,,10,,,Here;"
                      "B,town,,90000,,,There;",
             .link = "A,M,150;M,B,90;M,N,80;N,B,150;",
             .yaml = RULE "destination: {speed: 100}\n"
                          "destination_conflict: {distance: 0, population: 3}\n"
                          "border: {from_place: M, to_place: B, open: false, start: 2020-01-02}\n"};
    toy_world w = toy_make(&t, 5);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    cr_expect_eq(toy_road(&w, "A", "M"), 1000.0, "all are on their way to M, for B");
    toy_days(&w, 1);
    cr_expect_eq(toy_road(&w, "M", "N"), 1000.0, "the second border is farther, and open");
    toy_days(&w, 5);
    cr_expect_eq(toy_people(&w, "B"), 91000.0);
    toy_end(&w);
    // Shut both: they go where they can, and nobody passes.
    t.yaml = RULE "destination: {speed: 100}\n"
                  "destination_conflict: {distance: 0, population: 3}\n"
                  "border: {to_country: There, open: false, start: 2020-01-02}\n";
    w = toy_make(&t, 5);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    toy_days(&w, 15);
    cr_expect_eq(toy_people(&w, "B"), 90000.0);
    cr_expect_eq(toy_people(&w, "A") + toy_people(&w, "M") + toy_people(&w, "N"), 1020.0);
    toy_end(&w);
    // Closed while they are on it: they arrive.
    t.yaml = RULE "destination: {speed: 100}\n"
                  "destination_conflict: {distance: 0, population: 3}\n"
                  "border: {to_country: There, open: false, start: 2020-01-03}\n";
    w = toy_make(&t, 5);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_road(&w, "M", "B"), 1000.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_on(&w, "passable", "M", "B"), 0.0);
    cr_expect_eq(toy_people(&w, "B"), 91000.0);
    toy_end(&w);
}

/// People at a place by their origin.
static double from(const toy_world *w, const char *place, const char *origin)
{
    const flow_groups *groups = &w->m->groups;
    const flow_cells *here = &w->m->here[flow_scenario_place(w->s, place)];
    double n = 0.0;
    for (int32_t i = 0; i < here->n; i++) {
        const flow_key *key = &here->row[i].key;
        for (int32_t a = 0; a < groups->n_axis; a++) {
            if (groups->axis[a].kind == FLOW_AXIS_ORIGIN &&
                flow_group_class(&groups->axis[a], key->group) ==
                    flow_scenario_place(w->s, origin)) {
                n += (double)flow_persons(w->m, key->group, here->row[i].n);
            }
        }
    }
    return n;
}

// Property: first come, first served. Those of A reach the gate before those of E, and all of them
// pass before the first of E; the gate never has a free place while somebody waits.
Test(border, gates_serve_first_who_came_first)
{
    toy t = {.days = 60,
             .place = "A,town,,400,,,Here;E,town,,300,,,Here;G,town,,5,,,Here;"
                      "B,town,,90000,,,There;",
             .link = "A,G,20;E,G,30;G,B,10;",
             .yaml = RULE "people: {axes: origin}\n"
                          "destination_conflict: {distance: 0, population: 3, diaspora: 0}\n"
                          "border: {to_country: There, crossings: 17}\n"};
    toy_world w = toy_make(&t, 6);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "E", 1.0);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "E", 0.0);
    const double a = 400 - from(&w, "A", "A") - from(&w, "E", "A");
    for (int day = 2; day < 50; day++) {
        const double before = toy_people(&w, "B");
        toy_days(&w, 1);
        const double first = from(&w, "B", "A"), second = from(&w, "B", "E");
        cr_expect(second == 0.0 || first >= a - 5.0, "day %d: %g of %g of A, %g of E", day, first,
                  a, second);
        const double waiting = (double)flow_cells_total(&w.m->to->gate[link_of(&w, "G", "B")]);
        cr_expect(waiting == 0.0 || toy_people(&w, "B") - before == 17.0, "day %d", day);
    }
    cr_expect_gt(from(&w, "B", "E"), 250.0, "at last they pass, too");
    toy_end(&w);
}

// Statuses ----------------------------------------------------------------------------------------

/// Share of the leavers of a cause at A that leave it within a day, all of them abroad.
static double entered(const toy *t, const char *onset)
{
    toy_world w = toy_make(t, 7);
    push(&w, onset, "A", 1.0);
    toy_days(&w, 1);
    const double gone = 5000.0 - toy_people(&w, "A");
    toy_end(&w);
    return gone;
}

// Known answer: the share of each status is let in; permits come on top for labour migrants.
Test(border, visas_and_permits_are_for_their_status)
{
    toy t = {.place = "A,town,,5000,,,Here;B,town,,9000,,,There;",
             .link = "A,B,30;",
             .yaml = RULE "destination_economic: {may_stay: false}\n"
                          "border: {to_country: There, entry_refugee: 0.8, entry_labour: 0.3}\n"};
    const double se[2] = {sqrt(5000 * 0.8 * 0.2), sqrt(5000 * 0.3 * 0.7)};
    toy_near(entered(&t, "onset_conflict"), 4000, se[0], "those who flee");
    toy_near(entered(&t, "onset_flood"), 4000, se[0], "also from floods");
    toy_near(entered(&t, "onset_economic"), 1500, se[1], "labour migrants");
    t.more[0][0] = "permits.csv";
    t.more[0][1] = "country,date,permits\nThere,0,250\n";
    t.set[0] = "permits.on=true";
    cr_expect_eq(entered(&t, "onset_economic"), 250.0, "fewer permits than visas");
    toy_near(entered(&t, "onset_conflict"), 4000, se[0], "who flees needs no permit");
    t.more[0][1] = "country,date,permits\nThere,0,3000\n";
    toy_near(entered(&t, "onset_economic"), 1500, se[1], "fewer visas than permits");
    t.more[0][1] = "country,date,permits\nHere,0,1\n";
    toy_near(entered(&t, "onset_economic"), 1500, se[1], "There gives as many as are asked for");
}

/// People who come to B in days [from, to) of a run.
static double coming(toy_world *w, int32_t from, int32_t to)
{
    double sum = 0.0, arrivals[8];
    while (flow_model_day(w->m) < to) {
        toy_days(w, 1);
        cr_assert_eq(flow_model_observe(w->m, "arrivals", arrivals, w->s->n_place), FLOW_OK);
        if (flow_model_day(w->m) > from) { sum += arrivals[flow_scenario_place(w->s, "B")]; }
    }
    return sum;
}

// Direction: visas lower what comes in slowly, and without them it rises at once; Czaika and de
// Haas 2017, International Migration Review 51:893-926, doi:10.1111/imre.12261.
Test(border, visas_act_slowly_and_their_end_at_once)
{
    toy t = {.days = 200,
             .place = "A,town,,4000000,,,Here;B,town,,9000,,,There;",
             .link = "A,B,30;",
             .yaml = RULE "destination_economic: {may_stay: false}\n"
                          "border: {to_country: There, entry_labour: 0.1, visa_lag: 30,"
                          " start: 2020-01-21, end: 2020-06-01}\n"};
    toy_world w = toy_make(&t, 21);
    push(&w, "hazard_economic", "A", 0.001);
    (void)coming(&w, 0, 5);
    const double before = coming(&w, 5, 15), first = (coming(&w, 20, 30));
    const double late = coming(&w, 140, 150), after = coming(&w, 153, 163);
    cr_expect_gt(first, 0.8 * before, "in the first ten days %g, before %g", first, before);
    cr_expect_lt(first, 0.95 * before, "in the first ten days %g, before %g", first, before);
    cr_expect_lt(late, 0.15 * before, "after four months %g, before %g", late, before);
    cr_expect_gt(after, 0.8 * before, "without visas %g, before %g", after, before);
    toy_end(&w);
}

/// Share of labour migrants in B who go home within ten days.
static double going_home(const char *border)
{
    toy t = {.days = 40, .place = "A,town,,200000,,,Here;B,town,,9000,,,There;", .link = "A,B,30;"};
    char yaml[400];
    (void)snprintf(yaml, sizeof yaml,
                   RULE "people: {axes: origin}\ndestination_economic: {may_stay: false}\n%s\n",
                   border);
    t.yaml = yaml;
    toy_world w = toy_make(&t, 22);
    push(&w, "hazard_economic", "A", 0.05);
    toy_days(&w, 3);
    push(&w, "hazard_economic", "A", 0.0);
    const double there = from(&w, "B", "A");
    push(&w, "return_hazard", "A", 0.05);
    toy_days(&w, 10);
    const double left = from(&w, "B", "A");
    toy_end(&w);
    return 1.0 - left / there;
}

// Direction and known answer: where visas are hard to get, fewer go home: circulation falls.
Test(border, visas_lower_circulation)
{
    const double free = going_home(""), bound = going_home("border: {to_country: There, "
                                                           "entry_labour: 0.3, visa_stay: 0.8}");
    const double p = 1.0 - exp(-0.5), q = 1.0 - exp(-0.5 * (1.0 - 0.8 * 0.7));
    cr_expect_float_eq(free, p, 5.0 * sqrt(p * (1 - p) / 20000), "%g of %g", free, p);
    cr_expect_float_eq(bound, q, 5.0 * sqrt(q * (1 - q) / 7000), "%g of %g", bound, q);
}

// Known answer: a country lets in its own people, whatever it asks of others.
Test(border, who_goes_home_is_let_in)
{
    toy t = {.place = "A,town,,5000,,,Here;B,town,,9000,,,There;",
             .link = "A,B,30;",
             .yaml = RULE "people: {axes: origin}\n"
                          "border: {to_country: Here, entry_refugee: 0}\n"};
    toy_world w = toy_make(&t, 8);
    push(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "A"), 0.0);
    push(&w, "onset_conflict", "A", 0.0);
    push(&w, "return_hazard", "A", 1000.0);
    toy_days(&w, 1);
    cr_expect_eq(from(&w, "A", "A"), 5000.0);
    push(&w, "onset_conflict", "B", 1.0); // they ask in vain
    toy_days(&w, 1);
    cr_expect_eq(from(&w, "A", "B"), 0.0);
    toy_end(&w);
}

// Known answer: a household needs one permit.
Test(border, a_permit_is_for_a_household)
{
    toy t = {.place = "A,town,,5100,,,Here;B,town,,9000,,,There;",
             .link = "A,B,30;",
             .attributes = "attribute,value,place,weight\nhousehold_size,3,,1\n",
             .more = {{"permits.csv", "country,date,permits\nThere,0,17\n"}},
             .yaml = RULE "destination_economic: {may_stay: false}\npermits:\n"};
    toy_world w = toy_make(&t, 9);
    push(&w, "onset_economic", "A", 0.5);
    toy_days(&w, 1);
    cr_expect_eq(5100.0 - toy_people(&w, "A"), 51.0);
    toy_end(&w);
}

// Property: households larger than what may pass in a step pass all the same, and in the long run
// as many persons pass as the gate or the quota lets in.
Test(border, large_households_pass_small_gates)
{
    static const char *const rule[] = {"crossings: 5", "quota: 5", "crossings: 5, quota: 90"};
    for (int i = 0; i < 3; i++) {
        char yaml[400];
        (void)snprintf(yaml, sizeof yaml,
                       RULE
                       "destination_conflict: {may_stay: false}\nborder: {to_country: There, %s}\n",
                       rule[i]);
        toy t = {.days = 60,
                 .place = "A,town,,5000,,,Here;B,town,,9000,,,There;",
                 .link = "A,B,30;",
                 .attributes = "attribute,value,place,weight\nhousehold_size,2,,1\n"
                               "household_size,11,,2\n",
                 .yaml = yaml};
        toy_world w = toy_make(&t, 9);
        push(&w, "onset_conflict", "A", 0.5); // many wait
        const double before = toy_people(&w, "A");
        for (int day = 1; day <= 60; day++) {
            toy_days(&w, 1);
            const double passed = before - toy_people(&w, "A");
            cr_expect(passed >= 5.0 * day - 1e-9 && passed < 5.0 * day + 11.0,
                      "%s: %g persons passed in %d days", rule[i], passed, day);
        }
        toy_end(&w);
    }
}

// Known answer: parts of a permit add up from day to day, and none is kept for later.
Test(border, parts_of_permits_add_up)
{
    toy t = {.days = 12,
             .place = "A,town,,5000,,,Here;B,town,,9000,,,There;",
             .link = "A,B,30;",
             .more = {{"permits.csv", "country,date,permits\nThere,0,7.25\n"}},
             .yaml = RULE "destination_economic: {may_stay: false}\npermits:\n"};
    toy_world w = toy_make(&t, 7);
    push(&w, "onset_economic", "A", 0.2); // many ask
    for (int day = 0; day < 12; day++) {
        toy_days(&w, 1);
        cr_expect_eq(5000.0 - toy_people(&w, "A"), floor(7.25 * (day + 1)), "day %d: %g went", day,
                     5000.0 - toy_people(&w, "A"));
    }
    toy_end(&w);
}

Test(border, permits_change_by_date)
{
    toy t = lands;
    t.yaml = RULE "permits:\n";
    t.more[0][0] = "permits.csv";
    t.more[0][1] = "country,date,permits\nThere,3,11\nThere,1,7.5\nHere,2,0\n";
    toy_world w = toy_make(&t, 8);
    static const double there[5] = {1e9, 7.5, 7.5, 11, 11}, here[5] = {1e9, 1e9, 0, 0, 0};
    for (int day = 0; day < 5; day++) {
        toy_days(&w, 1);
        cr_expect_eq(of_country(&w, "labour_permits", "There"), there[day], "day %d", day);
        cr_expect_eq(of_country(&w, "labour_permits", "Here"), here[day], "day %d", day);
    }
    toy_end(&w);
}

// Refusals ----------------------------------------------------------------------------------------

Test(border, what_cannot_be_is_refused)
{
    static const char *const row[][2] = {
        {"to_country: Ther, open: false",
         "scenario.yaml:5:22: border.to_country: 'Ther' is no country of the list of places; did "
         "you mean 'There'?"},
        {"watch: people, watch_country: Hree, to_country: There",
         "scenario.yaml:5:40: border.watch_country: 'Hree' is no country of the list of places; "
         "did you mean 'Here'?"},
        {"to_country: There, watch: people, above: 100, hysteresis: 101",
         "scenario.yaml:5:68: border.hysteresis: it is larger than above = 100, so the regime "
         "would never end"},
        {"from_country: There, to_country: There",
         "scenario.yaml:5:43: border.to_country: no link leads over such a border"},
        {"from_country: There, quota: 5", "scenario.yaml:5:9: border.to_country: quota, entry and "
                                          "policy are those of a country; name "
                                          "it"},
        {"to_country: There, watch: occupancy, watch_country: Here",
         "scenario.yaml:5:36: border.watch: no place that is watched has a capacity"},
        {"to_country: There, start: 2020-02-02, end: 2020-02-02",
         "scenario.yaml:5:53: border.end: the regime ends before it starts"},
        {"to_place: Bb", "scenario.yaml:5:20: to_place 'Bb' is not in the list of places; did you "
                         "mean 'B'?"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        toy t = lands;
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, RULE "border: {%s}\n", row[i][0]);
        t.yaml = yaml;
        toy_refused(&t, row[i][1]);
    }
    toy t = lands;
    t.yaml = RULE "border: {to_country: There, schedule: b.csv}\npermits:\n";
    t.more[0][0] = "b.csv";
    t.more[0][1] = "date,open,entry_refugee\n3,yes,0.5\n3,,1.5\n";
    t.more[1][0] = "permits.csv";
    t.more[1][1] = "country,date,permits\nHere,9,5\nThere,1,5\nHere,1,5\nHere,9,6\n";
    toy_refused(&t, "b.csv:2:3: open 'yes' is not true or false\n"
                    "b.csv:3:4: entry_refugee = 1.5 is outside [0, 1]\n"
                    "permits.csv:5:6: the country has a row of this day already");
    t.more[0][1] = "date,open\n3,true\n3,\n";
    t.more[1][1] = "country,date,permits\nHere,1,5\n";
    toy_refused(&t, "b.csv:3:1: there is a row of this day already");
}
