// What policies, responses and money do at links with channels; what is refused.
#define _POSIX_C_SOURCE 200809L
#include "../libflow/channel.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOVE "movement: {rule: destination}\n"
#define RULE MOVE "channels: {risk_bias: 0.5}\n"
#define COLUMNS "from,to,channel,fee,success,interception,death_risk,trafficking_risk\n"
/// A, from where two crossings lead over a sea to X and Y, and from both on to B.
static const toy coast = {.days = 30,
                          .place = "A,town,,40000,,,Here,,1,1;X,town,,100,,,There,,2,1;"
                                   "Y,town,,100,,,There,,2,2;B,town,,90000,,,There,,3,1;",
                          .link = "A,X,200,,,,boat;A,Y,210,,,,boat;X,B,50;Y,B,50;"};

static toy with(const char *yaml, const char *channels)
{
    toy t = coast;
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

static int32_t link_of(const toy_world *w, const char *from, const char *to)
{
    const int32_t a = flow_scenario_place(w->s, from), b = flow_scenario_place(w->s, to);
    for (int32_t l = 0; l < w->s->n_link; l++) {
        if (w->s->link_from[l] == a && w->s->link_to[l] == b) { return l; }
    }
    cr_assert(false, "no link from %s to %s", from, to);
    return -1;
}

/// A value on one link, another one on all others.
static void assign_link(toy_world *w, const char *quantity, const char *from, const char *to,
                        double value, double other)
{
    double all[16];
    cr_assert_leq(w->s->n_link, 16);
    for (int i = 0; i < 16; i++) { all[i] = other; }
    all[link_of(w, from, to)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_link), FLOW_OK, "%s",
                 flow_error_text());
}

static void assign_country(toy_world *w, const char *quantity, const char *place, double value,
                           double other)
{
    double all[4] = {other, other, other, other};
    all[w->s->world.place_country[flow_scenario_place(w->s, place)]] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_country), FLOW_OK, "%s",
                 flow_error_text());
}

static double of(const toy_world *w, const char *observable, const char *from, const char *to,
                 flow_channel channel)
{
    double value[16 * FLOW_N_CHANNEL];
    cr_assert_leq(w->s->n_link, 16);
    cr_assert_eq(flow_model_observe(w->m, observable, value, w->s->n_link * FLOW_N_CHANNEL),
                 FLOW_OK, "%s", flow_error_text());
    return value[link_of(w, from, to) * FLOW_N_CHANNEL + (int32_t)channel];
}

/// People with a status at a place.
static double status_at(const toy_world *w, const char *place, flow_status status)
{
    const int32_t p = flow_scenario_place(w->s, place);
    double n = 0.0;
    for (int32_t i = 0; i < w->m->here[p].n; i++) {
        const flow_cell *cell = &w->m->here[p].row[i];
        const flow_people_axis *axis = &w->m->groups.axis[w->m->groups.status];
        if (flow_group_class(axis, cell->key.group) == (int32_t)status) { n += (double)cell->n; }
    }
    return n;
}

// Enforcement and rescue --------------------------------------------------------------------------

static const char two_seas[] = COLUMNS "A,X,smuggled,2000,1,0.2,0.02,0.01\n"
                                       "A,Y,smuggled,2000,1,0.2,0.02,0.01\n";

// Known answer: smugglers raise their fee by the power of the rise of interception, and only they.
Test(channel_effects, enforcement_raises_fees)
{
    toy t = with(RULE "passage: {fee_elasticity: 0.7}\ndestination: {wealth: 9000}\n",
                 COLUMNS "A,X,smuggled,2000,1,0.2,0.02,0.01\nA,X,irregular,300,1,0.2,0,0\n");
    toy_world w = toy_make(&t, 3);
    assign_link(&w, "detection_factor_smuggled", "A", "X", 4.0, 1.0);
    assign_link(&w, "detection_factor_irregular", "A", "X", 4.0, 1.0);
    assign_link(&w, "fee_factor_smuggled", "A", "X", 1.5, 1.0);
    toy_days(&w, 1);
    const flow_passage *way = &w.m->to->passage[link_of(&w, "A", "X") * FLOW_N_CHANNEL];
    cr_expect_float_eq(way[FLOW_CHANNEL_SMUGGLED].intercepted, 0.5, 1e-12, "odds 0.25 x 4");
    cr_expect_float_eq(way[FLOW_CHANNEL_SMUGGLED].fee, 2000 * 1.5 * pow(2.5, 0.7), 1e-9);
    cr_expect_float_eq(way[FLOW_CHANNEL_IRREGULAR].fee, 300, 1e-9);
    toy_end(&w);
}

// Direction: enforcement on one route moves people to the other, and fewer pass in all; the more
// people mind, the more so. Nobody is told to go elsewhere: the logit does it.
Test(channel_effects, enforcement_moves_people_to_other_routes)
{
    double tried[2][2];
    for (int guarded = 0; guarded < 2; guarded++) {
        toy t = with(RULE "passage: {retry: 0}\n"
                          "destination: {wealth: 4000}\n",
                     two_seas);
        t.place = "A,town,,40000,,,Here,,1,1;X,marker,,,,,There,,2,1;Y,marker,,,,,There,,2,2;"
                  "B,town,,90000,,,There,,3,1;"; // all are bound for B
        toy_world w = toy_make(&t, 3);
        assign_link(&w, "detection_factor_smuggled", "A", "X", guarded ? 6.0 : 1.0, 1.0);
        assign(&w, "onset_conflict", "A", 1.0);
        toy_days(&w, 1);
        tried[guarded][0] = of(&w, "attempts", "A", "X", FLOW_CHANNEL_SMUGGLED);
        tried[guarded][1] = of(&w, "attempts", "A", "Y", FLOW_CHANNEL_SMUGGLED);
        toy_end(&w);
    }
    const double error = sqrt(40000.0);
    cr_expect_lt(tried[1][0], tried[0][0] - 5.0 * error, "%g, %g", tried[0][0], tried[1][0]);
    cr_expect_gt(tried[1][1], tried[0][1] + 5.0 * error, "%g, %g", tried[0][1], tried[1][1]);
}

// The same among destinations: where the way there is dearer and riskier, fewer set out for it.
Test(channel_effects, destinations_are_chosen_by_what_it_takes_to_get_there)
{
    toy t = with(RULE "passage: {retry: 0}\ndestination: {wealth: 4000}\n", two_seas);
    t.place = "A,town,,40000,,,Here,,1,1;X,town,,9000,,,There,,2,1;Y,town,,9000,,,Else,,2,2;";
    t.link = "A,X,200,,,,boat;A,Y,200,,,,boat;";
    double tried[3];
    for (int k = 0; k < 3; k++) { // as it is; guarded; guarded, and nobody asks what it takes
        t.set[0] = k == 2 ? "destination_conflict.passage=0" : NULL;
        toy_world w = toy_make(&t, 3);
        assign_link(&w, "detection_factor_smuggled", "A", "X", k > 0 ? 6.0 : 1.0, 1.0);
        assign(&w, "onset_conflict", "A", 1.0);
        toy_days(&w, 1);
        double leavers[3 * FLOW_N_CAUSE_CLASS];
        cr_assert_eq(flow_model_observe(w.m, "leavers_by_cause", leavers, 3 * FLOW_N_CAUSE_CLASS),
                     FLOW_OK);
        double bound = 0.0; // those who wait and those who are on the way to Y
        const int32_t a = flow_scenario_place(w.s, "A"), y = flow_scenario_place(w.s, "Y");
        for (int32_t i = 0; i < w.m->here[a].n; i++) {
            const flow_cell *cell = &w.m->here[a].row[i];
            if ((int32_t)cell->key.route - 1 == y) { bound += (double)cell->n; }
        }
        tried[k] = bound + of(&w, "attempts_passed", "A", "Y", FLOW_CHANNEL_SMUGGLED);
        toy_end(&w);
    }
    cr_expect_gt(tried[1], tried[0] + 1000.0, "%g, %g", tried[0], tried[1]);
    cr_expect_lt(tried[2], tried[1] - 1000.0, "%g, %g", tried[1], tried[2]);
}

/// Sum over a whole run of an observable over both seas, irregular and smuggled.
static double run_sum(const toy *t, const char *observable, const char *quantity, double value)
{
    toy_world w = toy_make(t, 3);
    double sum = 0.0;
    if (quantity != NULL) {
        double all[16];
        for (int i = 0; i < 16; i++) { all[i] = value; }
        cr_assert_eq(flow_model_assign(w.m, quantity, all, w.s->n_link), FLOW_OK);
    }
    assign(&w, "hazard_conflict", "A", 0.1);
    for (int day = 0; day < 20; day++) {
        toy_days(&w, 1);
        for (int c = FLOW_CHANNEL_IRREGULAR; c < FLOW_N_CHANNEL; c++) {
            sum += of(&w, observable, "A", "X", (flow_channel)c) +
                   of(&w, observable, "A", "Y", (flow_channel)c);
        }
    }
    toy_end(&w);
    return sum;
}

// Direction: whoever knows the risks tries less often. Source: Tjaden and Dunsch 2021, World Dev.
// 145:105515, a randomised trial in Senegal (risk awareness up, intentions to leave irregularly
// down after three months).
Test(channel_effects, information_lowers_irregular_attempts)
{
    const toy t = with(RULE "destination: {wealth: 4000}\n",
                       "from,to,channel,fee,death_risk,trafficking_risk,risk_bias\n"
                       "A,X,smuggled,2000,0.03,0.05,0.3\nA,Y,irregular,0,0.05,0.05,0.3\n");
    const double before = run_sum(&t, "attempts", NULL, 0.0);
    const double after = run_sum(&t, "attempts", "risk_awareness", 0.6);
    cr_expect_lt(after, 0.97 * before, "%g, %g", before, after);
}

// Direction: search and rescue saves lives, however many more try because of it.
Test(channel_effects, rescue_lowers_deaths)
{
    const toy t = with(RULE "destination: {wealth: 4000}\n", two_seas);
    const double dead =
        run_sum(&t, "attempts_died", NULL, 0.0) + run_sum(&t, "attempts_missing", NULL, 0.0);
    const double rescued = run_sum(&t, "attempts_died", "death_factor_smuggled", 0.4) +
                           run_sum(&t, "attempts_missing", "death_factor_smuggled", 0.4);
    cr_expect_lt(rescued, 0.6 * dead, "%g, %g", dead, rescued);
    cr_expect_geq(run_sum(&t, "attempts", "death_factor_smuggled", 0.4),
                  run_sum(&t, "attempts", NULL, 0.0), "safer, so not fewer");
}

// Borders -----------------------------------------------------------------------------------------

#define LAND "A,B,30,,,,;"
static toy border(const char *yaml, const char *channels)
{
    toy t = with(yaml, channels);
    t.place = "A,town,,40000,,,Here,,1,1;B,town,,90000,,,There,,3,1;";
    t.link = LAND;
    return t;
}

// A closed border closes the regular way only, and a closure of the road all of them.
Test(channel_effects, closed_borders_leave_the_other_ways)
{
    toy t = border(RULE "passage: {wait: -1000, retry: 0}\n",
                   COLUMNS "A,B,regular,,,,,\nA,B,irregular,0,1,0,0,0\n");
    for (int closed = 0; closed < 3; closed++) {
        t.closures = closed == 2 ? "kind,from,to,start,end\nlink,A,B,0,\n" : NULL;
        toy_world w = toy_make(&t, 3);
        assign_link(&w, "passable", "A", "B", closed == 1 ? 0.0 : 1.0, 1.0);
        assign(&w, "onset_conflict", "A", 1.0);
        toy_days(&w, 1);
        const double regular = of(&w, "attempts", "A", "B", FLOW_CHANNEL_REGULAR);
        const double hidden = of(&w, "attempts", "A", "B", FLOW_CHANNEL_IRREGULAR);
        cr_expect_eq(regular + hidden, closed == 2 ? 0 : 40000);
        cr_expect_eq(regular > 0.0, closed == 0);
        cr_expect_eq(status_at(&w, "B", FLOW_STATUS_IRREGULAR), hidden);
        cr_expect_eq(status_at(&w, "B", FLOW_STATUS_REFUGEE), regular);
        toy_end(&w);
    }
}

// Known answer: the share that is let in may pass regularly, once and for all; the others wait
// where there is no other way.
Test(channel_effects, visas_are_asked_for_once)
{
    const toy t = border(RULE "passage: {wait: -1000, retry: 1000, give_up: 0}\n",
                         COLUMNS "A,B,regular,,,,,\n");
    toy_world w = toy_make(&t, 3);
    assign_country(&w, "entry_refugee", "B", 0.35, 1.0);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 6);
    toy_binomial(toy_people(&w, "B") - 90000, 40000, 0.35, "let in, after six tries");
    toy_end(&w);
}

// The gate holds for regular crossings, and whoever minds the queue takes the other way.
Test(channel_effects, gates_hold_for_regular_crossings)
{
    double hidden[2];
    for (int minds = 0; minds < 2; minds++) {
        toy t = border(RULE "passage: {wait: -1000, irregular: -5, success: 0}\n",
                       "from,to,channel,fee,success,interception,death_risk,trafficking_risk,"
                       "capacity\nA,B,regular,,,,,,100\nA,B,irregular,0,1,0,0,0,\n");
        t.set[0] = minds ? "passage.queue=0.2" : "passage.queue=0";
        toy_world w = toy_make(&t, 3);
        assign(&w, "hazard_conflict", "A", 0.2);
        hidden[minds] = 0.0;
        for (int day = 0; day < 8; day++) {
            toy_days(&w, 1);
            cr_expect_eq(of(&w, "attempts_passed", "A", "B", FLOW_CHANNEL_REGULAR), 100);
            hidden[minds] += of(&w, "attempts_passed", "A", "B", FLOW_CHANNEL_IRREGULAR);
        }
        cr_expect_eq(toy_people(&w, "B"), 90000 + 800 + hidden[minds]);
        toy_end(&w);
    }
    cr_expect_gt(hidden[1], 2.0 * hidden[0], "%g, %g", hidden[0], hidden[1]);
}

// Known answer: so many may try a day, on average also where it is no whole number.
Test(channel_effects, channels_have_room_for_so_many)
{
    const toy t = border(RULE "passage: {wait: -1000, retry: 1000}\n",
                         "from,to,channel,fee,success,interception,death_risk,trafficking_risk,"
                         "capacity\nA,B,smuggled,10,1,0,0,0,12.5\n");
    toy_world w = toy_make(&t, 3);
    assign(&w, "onset_conflict", "A", 1.0);
    double n = 0.0;
    for (int day = 0; day < 10; day++) {
        toy_days(&w, 1);
        n += of(&w, "attempts", "A", "B", FLOW_CHANNEL_SMUGGLED);
    }
    cr_expect_eq(n, 125);
    toy_end(&w);
}

// Seats of organised transport are filled first, cost nothing and harm nobody.
Test(channel_effects, seats_are_safe_and_free)
{
    const toy t = border(RULE "passage: {wait: 1000}\n", COLUMNS "A,B,smuggled,900,1,0,1,0\n");
    toy_world w = toy_make(&t, 3);
    assign_link(&w, "seats", "A", "B", 60.5, 0.0);
    assign(&w, "onset_conflict", "A", 1.0);
    for (int day = 1; day <= 6; day++) {
        toy_days(&w, 1);
        cr_expect_eq(toy_people(&w, "B"), 90000 + floor(60.5 * day), "day %d", day);
        cr_expect_eq(of(&w, "fees_paid", "A", "B", FLOW_CHANNEL_REGULAR), 0);
    }
    cr_expect_eq(flow_model_dead(w.m) + flow_model_missing(w.m), 0);
    toy_end(&w);
}

// Work --------------------------------------------------------------------------------------------

static toy work(const char *more)
{
    static char yaml[512];
    (void)snprintf(yaml, sizeof yaml,
                   RULE "destination_economic: {may_stay: false}\npassage: {wait: -1000, fee: 0, "
                        "success: 0, risk: 0, queue: 0, retry: 0, %s}\n",
                   more);
    return border(yaml, COLUMNS "A,B,regular,50,,,,\nA,B,irregular,0,1,0,0,0\n");
}

// Known answers: a permit is needed for a regular crossing, it makes a labour migrant; the others
// go irregularly, and stay without status.
Test(channel_effects, permits_decide_how_people_pass)
{
    const toy t = work("credit: 0, irregular: 0, regular: 1000");
    toy_world w = toy_make(&t, 3);
    assign_country(&w, "labour_permits", "B", 700.0, 1e9);
    assign(&w, "hazard_economic", "A", 0.1);
    toy_days(&w, 1);
    double hidden = of(&w, "attempts", "A", "B", FLOW_CHANNEL_IRREGULAR);
    cr_expect_eq(of(&w, "attempts", "A", "B", FLOW_CHANNEL_REGULAR), 700);
    toy_binomial(hidden + 700, 40000, 1.0 - exp(-0.1), "left");
    cr_expect_eq(status_at(&w, "B", FLOW_STATUS_LABOUR), 700);
    cr_expect_eq(status_at(&w, "B", FLOW_STATUS_IRREGULAR), hidden);
    toy_end(&w);
}

// Known answer: workers pay so many months of wages, unless they are recruited ethically, or the
// fee is taken away (fee_factor_regular); who has to borrow is in debt.
Test(channel_effects, recruitment_costs_months_of_wages)
{
    for (int k = 0; k < 3; k++) {
        toy t = work("irregular: -1000, recruitment_months: 2.5, month_wage: 600, credit: 5000");
        t.set[0] = "people.axes=debt";
        toy_world w = toy_make(&t, 3);
        double wage[2] = {1, 1};
        wage[flow_scenario_place(w.s, "B")] = 1.4;
        cr_assert_eq(flow_model_assign(w.m, "wage", wage, 2), FLOW_OK);
        if (k == 1) { assign_country(&w, "ethical_recruitment", "B", 0.3, 0.0); }
        if (k == 2) { assign_link(&w, "fee_factor_regular", "A", "B", 0.0, 1.0); }
        assign(&w, "onset_economic", "A", 1.0);
        toy_days(&w, 1);
        double debt[4];
        cr_assert_eq(flow_model_observe(w.m, "people_by_debt", debt, 4), FLOW_OK);
        const int32_t b = flow_scenario_place(w.s, "B");
        const double charged = k == 0 ? 1.0 : k == 1 ? 0.7 : 0.0; // 2100 + 50 > 1000: they borrow
        toy_binomial(debt[2 * b + 1], 40000, charged, "in debt");
        toy_near(of(&w, "fees_paid", "A", "B", FLOW_CHANNEL_REGULAR),
                 (k == 2 ? 0.0 : 50.0 * 40000) + 2100.0 * debt[2 * b + 1], 1e-6, "fees");
        toy_end(&w);
    }
}

// Tables and refusals -----------------------------------------------------------------------------

Test(channel_effects, rows_hold_from_their_day_on)
{
    const toy t = border(MOVE "channels: {death_risk: 0.07, fee_smuggled: 1900}\n",
                         "from,to,channel,date,fee,death_risk\nHere,There,smuggled,3,800,\n"
                         "A,B,smuggled,,,0.01\nA,B,regular,2020-01-06,,\n");
    toy_world w = toy_make(&t, 3);
    for (int day = 0; day < 8; day++) {
        toy_days(&w, 1);
        cr_expect_eq(toy_on(&w, "fee_smuggled", "A", "B"), day < 3 ? 1900 : 800, "day %d", day);
        cr_expect_eq(toy_on(&w, "death_risk_smuggled", "A", "B"), day < 3 ? 0.01 : 0.07);
        cr_expect_eq(toy_on(&w, "offered_regular", "A", "B"), day < 5 ? 0.0 : 1.0);
        cr_expect_eq(toy_on(&w, "offered_smuggled", "B", "A"), 0.0, "not the way back");
    }
    toy_end(&w);
}

Test(channel_effects, what_makes_no_sense_is_refused)
{
    static const char good[] = COLUMNS "A,B,smuggled,10,1,0,0,0\n";
    toy t = border("channels: {}\n", good);
    toy_refused(
        &t,
        "scenario.yaml:4:11: channels belongs to movement.rule destination, which is not in force");
    t = border(RULE, COLUMNS "A,Q,smuggled,10,1,0,0,0\n");
    toy_refused(&t, "channels.csv:2:3: 'Q' is no place and no country of the list of places");
    t = border(RULE, COLUMNS "B,There,smuggled,10,1,0,0,0\n");
    toy_refused(&t, "channels.csv:2:1: no link leads that way");
    t = border(RULE, COLUMNS "A,B,smuggled,10,1,0,0,0\nHere,There,smuggled,10,1,0,0,0\n");
    toy_refused(
        &t,
        "channels.csv:3:12: the link from 'A' to 'B' has a row of this channel and day already");
    t = border(RULE, COLUMNS "A,B,boat,10,1,0,0,0\n");
    toy_refused(&t, "channels.csv:2:5: channel 'boat' is none of regular|irregular|smuggled");
    t = border(RULE, COLUMNS "A,B,smuggled,10,1,0,1.5,0\n");
    toy_refused(&t, "channels.csv:2:21: death_risk = 1.5 is outside [0, 1]");
    t = border(RULE, good);
    t.attributes = "attribute,value,place,weight\nwealth,poor,,1\n";
    toy_refused(&t, "attributes.csv:2:8: wealth 'poor' is not a number of USD in [0, 1e+09]");
    t.attributes = "attribute,value,place,weight\nawareness,7,,1\n";
    toy_refused(
        &t, "attributes.csv:2:11: awareness '7' is not an entry of passage.awareness, in [0, 3]");
}

// Histories -----------------------------------------------------------------------------------

// Everybody who is followed ends where the counts have them: at a place, dead or missing.
Test(channel_effects, histories_tell_what_became_of_people)
{
    const toy t = with(RULE "passage: {retry: 0.5}\ndestination: {wealth: 9000}\n",
                       COLUMNS "A,X,smuggled,20,1,0.3,0.1,0.1\nA,Y,irregular,0,0.8,0.2,0.1,0\n");
    flow_scenario *s = toy_scenario(&t);
    const flow_model_options how = {
        .seed = 3, .threads = 1, .individuals = FLOW_INDIVIDUALS_ALL, .history = true};
    flow_model *m = NULL;
    cr_assert_eq(flow_model_create(s, &how, &m), FLOW_OK, "%s", flow_error_text());
    double push[8] = {0};
    push[flow_scenario_place(s, "A")] = 0.3;
    cr_assert_eq(flow_model_assign(m, "hazard_conflict", push, s->n_place), FLOW_OK);
    for (int day = 0; day < 12; day++) { cr_assert_eq(flow_model_step(m), FLOW_OK); }
    const int64_t n = flow_model_n_moment(m);
    flow_moment *moment = calloc((size_t)n, sizeof *moment);
    cr_assert_eq(flow_model_moments(m, moment, n), FLOW_OK);
    int64_t dead = 0, missing = 0, trafficked = 0, before = -1;
    for (int64_t i = 0; i < n; i++) {
        dead += moment[i].status == FLOW_MOMENT_DEAD;
        missing += moment[i].status == FLOW_MOMENT_MISSING;
        const bool victim = moment[i].status == FLOW_STATUS_TRAFFICKED;
        if (victim && moment[i].person != before) {
            trafficked++;
            before = moment[i].person;
        }
    }
    cr_expect_gt(dead, 500);
    cr_expect_eq(dead, flow_model_dead(m));
    cr_expect_eq(missing, flow_model_missing(m));
    cr_expect_gt(trafficked, 500);
    free(moment);
    flow_model_free(m);
    flow_scenario_free(s);
}

// Result files of one member and of several hold what there is by link and channel.
Test(channel_effects, results_hold_channels)
{
    const toy t = with(RULE, two_seas);
    flow_scenario *s = toy_scenario(&t);
    char folder[] = "/tmp/flow-channels-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/out.nc", folder);
    const flow_run_options o = {
        .model = {.seed = 3, .threads = 1}, .output = path, .replace = true};
    cr_expect_eq(flow_run(s, &o, NULL), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(flow_run_members(s, &o, 3, NULL, NULL), FLOW_OK, "%s", flow_error_text());
    cr_expect_eq(unlink(path), 0);
    cr_expect_eq(rmdir(folder), 0);
    flow_scenario_free(s);
}
