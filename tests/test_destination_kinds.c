// The rules that fill rows, each in a run and for one cause: known answers from the published
// formulas, computed here on their own; tables of shares and functions of the program.
#include "../libflow/destination.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { n_place = 5 };
static const char rule[] = "movement: {rule: destination}\n";
static const char *const name[n_place] = {"A", "B", "C", "D", "E"};
static const double size[n_place] = {200000, 50000, 20000, 9000, 31000};
// A road map with a detour: the way from A to C over B is shorter than the direct one.
static const char links[] = "A,B,40;A,C,140;B,C,70;A,D,30;D,E,55;C,E,25;";
static const double length[n_place][n_place] = {{0, 40, 140, 30, 0},
                                                {40, 0, 70, 0, 0},
                                                {140, 70, 0, 0, 25},
                                                {30, 0, 0, 0, 55},
                                                {0, 0, 25, 55, 0}};
static const toy towns = {
    .place = "A,town,,200000;B,town,,50000;C,town,,20000;D,town,,9000;E,town,,31000;",
    .link = links,
    .yaml = rule};

/// Shortest distances, by trying every place in between (Floyd 1962).
static void distances(double km[n_place][n_place])
{
    for (int i = 0; i < n_place; i++) {
        for (int j = 0; j < n_place; j++) {
            km[i][j] = i == j ? 0.0 : length[i][j] > 0.0 ? length[i][j] : 1e9;
        }
    }
    for (int k = 0; k < n_place; k++) {
        for (int i = 0; i < n_place; i++) {
            for (int j = 0; j < n_place; j++) { km[i][j] = fmin(km[i][j], km[i][k] + km[k][j]); }
        }
    }
}

static void push(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[64] = {0};
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

static double left(const toy_world *w, int32_t cause, int32_t place)
{
    return (double)w->m->to->by_cause[(int64_t)cause * w->s->n_place + place];
}

/// Nine in ten leave A because of a flood; expect them at the other places by these weights.
static void expect_weights(const toy *what, const double weight[n_place])
{
    toy_world w = toy_make(what, 41);
    push(&w, "onset_flood", "A", 0.9);
    toy_days(&w, 1); // all ways take less than a day
    const double n = left(&w, FLOW_CAUSE_FLOOD, 0);
    double sum = 0.0;
    for (int j = 0; j < n_place; j++) { sum += weight[j]; }
    cr_assert_gt(n, 0.8 * size[0]);
    for (int j = 1; j < n_place; j++) {
        toy_binomial(toy_people(&w, name[j]) - size[j], n, weight[j] / sum, name[j]);
    }
    toy_end(&w);
}

/// Population to the power 0.6, distance + 10 to the power -1.3, exp(-0.01 distance).
static double gravity(double people, double km)
{
    return pow(people, 0.6) * pow(km + 10.0, -1.3) * exp(-0.01 * km);
}

#define GRAVITY                                                                                    \
    "destination_flood.population=0.6", "destination_flood.distance=-1.3",                         \
        "destination_flood.decay=-0.01"

// Known answer: Wilson 1971, doi:10.1068/a030001, constrained by the departures.
Test(kinds, gravity_in_a_run)
{
    toy t = towns;
    const char *const set[] = {GRAVITY, "destination_flood.kind=gravity"};
    memcpy(t.set, set, sizeof set);
    double km[n_place][n_place], weight[n_place] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) { weight[j] = gravity(size[j], km[0][j]); }
    expect_weights(&t, weight);
}

// Known answer: Wilson 1971, eq. 9-11: factors A_i and B_j so that as many leave and arrive at each
// place as live there, by plain iteration on the whole matrix.
Test(kinds, gravity_with_both_totals_in_a_run)
{
    toy t = towns;
    const char *const set[] = {GRAVITY, "destination_flood.kind=balanced"};
    memcpy(t.set, set, sizeof set);
    double km[n_place][n_place], a[n_place], b[n_place], weight[n_place] = {0};
    distances(km);
    // A may not hold more than half of all people, or its people could not all leave.
    t.place = "A,town,,80000;B,town,,50000;C,town,,20000;D,town,,9000;E,town,,31000;";
    double people[n_place];
    memcpy(people, size, sizeof people);
    people[0] = 80000;
    for (int j = 0; j < n_place; j++) { b[j] = 1.0; }
    for (int round = 0; round < 5000; round++) {
        for (int i = 0; i < n_place; i++) {
            double sum = 0.0;
            for (int j = 0; j < n_place; j++) {
                if (j != i) { sum += b[j] * people[j] * gravity(people[j], km[i][j]); }
            }
            a[i] = 1.0 / sum;
        }
        for (int j = 0; j < n_place; j++) {
            double sum = 0.0;
            for (int i = 0; i < n_place; i++) {
                if (i != j) { sum += a[i] * people[i] * gravity(people[j], km[i][j]); }
            }
            b[j] = 1.0 / sum;
        }
    }
    double sum = 0.0;
    for (int j = 1; j < n_place; j++) {
        weight[j] = b[j] * people[j] * gravity(people[j], km[0][j]);
        sum += weight[j];
    }
    toy_world w = toy_make(&t, 42);
    push(&w, "onset_flood", "A", 0.9);
    toy_days(&w, 1);
    const double n = left(&w, FLOW_CAUSE_FLOOD, 0);
    for (int j = 1; j < n_place; j++) {
        toy_binomial(toy_people(&w, name[j]) - people[j], n, weight[j] / sum, name[j]);
    }
    toy_end(&w);
}

// Known answer: Fotheringham 1983, doi:10.1068/a150015.
Test(kinds, competing_destinations_in_a_run)
{
    toy t = towns;
    const char *const set[] = {GRAVITY, "destination_flood.kind=competing",
                               "destination.competition=-0.7"};
    memcpy(t.set, set, sizeof set);
    double km[n_place][n_place], weight[n_place] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) {
        double access = 0.0;
        for (int k = 1; k < n_place; k++) {
            if (k != j) { access += gravity(size[k], km[j][k]); }
        }
        weight[j] = gravity(size[j], km[0][j]) * pow(access, -0.7);
    }
    expect_weights(&t, weight);
}

/// People within the distance of j from A, without those of A and of j.
static double between(double km[n_place][n_place], int j)
{
    double s = 0.0;
    for (int k = 1; k < n_place; k++) { s += k != j && km[0][k] <= km[0][j] ? size[k] : 0.0; }
    return s;
}

// Known answer: Simini et al. 2012, doi:10.1038/nature10856, eq. 2.
Test(kinds, radiation_in_a_run)
{
    toy t = towns;
    t.set[0] = "destination_flood.kind=radiation";
    double km[n_place][n_place], weight[n_place] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) {
        const double m = size[0], n = size[j], s = between(km, j);
        weight[j] = n / ((m + s) * (m + n + s));
    }
    expect_weights(&t, weight);
}

// Known answer: Stouffer 1940, doi:10.2307/2084520.
Test(kinds, intervening_opportunities_in_a_run)
{
    toy t = towns;
    t.set[0] = "destination_flood.kind=stouffer";
    t.set[1] = "destination.opportunity_power=0.8";
    double km[n_place][n_place], weight[n_place] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) {
        weight[j] = pow(size[j] / (between(km, j) + size[j]), 0.8);
    }
    expect_weights(&t, weight);
}

// Known answer: two causes on the same roads, each with its own rule; what arrives is the sum.
Test(kinds, causes_differ_in_their_rule)
{
    toy t = towns;
    const char *const set[] = {GRAVITY, "destination_flood.kind=gravity",
                               "destination_conflict.kind=radiation"};
    memcpy(t.set, set, sizeof set);
    toy_world w = toy_make(&t, 43);
    push(&w, "onset_flood", "A", 0.4);
    push(&w, "onset_conflict", "A", 0.3);
    toy_days(&w, 1);
    const double n[2] = {left(&w, FLOW_CAUSE_FLOOD, 0), left(&w, FLOW_CAUSE_CONFLICT, 0)};
    double km[n_place][n_place], weight[2][n_place] = {{0}}, sum[2] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) {
        const double m = size[0], k = size[j], s = between(km, j);
        weight[0][j] = gravity(size[j], km[0][j]);
        weight[1][j] = k / ((m + s) * (m + k + s));
        sum[0] += weight[0][j];
        sum[1] += weight[1][j];
    }
    for (int j = 1; j < n_place; j++) {
        const double p = weight[0][j] / sum[0], q = weight[1][j] / sum[1];
        toy_near(toy_people(&w, name[j]) - size[j], n[0] * p + n[1] * q,
                 sqrt(n[0] * p * (1.0 - p) + n[1] * q * (1.0 - q)), name[j]);
    }
    toy_end(&w);
}

// Known answer: nobody who leaves for a cause with a radius goes beyond it.
Test(kinds, a_radius_belongs_to_a_cause)
{
    toy t = towns;
    t.set[0] = "destination.speed=50"; // B 0.8 d, C 2.2 d, D 0.6 d, E 1.7 d
    t.set[1] = "destination_flood.radius=1.71";
    t.set[2] = "destination_flood.distance=0";
    t.set[3] = "destination_flood.population=0";
    t.set[4] = "destination_conflict.distance=0";
    t.set[5] = "destination_conflict.population=0";
    t.days = 10;
    toy_world w = toy_make(&t, 44);
    push(&w, "onset_flood", "A", 0.5);
    toy_days(&w, 1);
    const double n = left(&w, FLOW_CAUSE_FLOOD, 0);
    push(&w, "onset_flood", "A", 0.0);
    toy_days(&w, 4);
    cr_expect_eq(toy_people(&w, "C"), size[2], "beyond the radius of a flood");
    toy_binomial(toy_people(&w, "E") - size[4], n, 1.0 / 3.0, "E");
    push(&w, "onset_conflict", "A", 0.5);
    toy_days(&w, 1);
    push(&w, "onset_conflict", "A", 0.0);
    toy_days(&w, 4);
    cr_expect_gt(toy_people(&w, "C"), size[2], "conflict has no radius");
    toy_end(&w);
}

// Tables ------------------------------------------------------------------------------------------

// Known answer: the shares of the table, those of the cause before those of all, later dates
// instead of earlier ones; who may stay, stays.
Test(kinds, shares_of_a_table_by_cause_and_date)
{
    toy t = towns;
    t.shares = "origin,destination,share,cause,date\nA,B,0.25,,\nA,E,0.75,,\n"
               "A,C,0.6,flood,\nA,A,0.4,flood,\nA,D,1,flood,2020-01-03\n"
               "B,A,1,,\nC,A,1,,\nD,A,1,,\nE,A,1,,\n";
    t.set[0] = "destination_flood.kind=table";
    t.set[1] = "destination_conflict.kind=table";
    t.set[2] = "destination_flood.may_stay=true";
    toy_world w = toy_make(&t, 45);
    push(&w, "onset_flood", "A", 0.5);
    toy_days(&w, 1);
    const double c = toy_people(&w, "C") - size[2];
    toy_binomial(c, size[0], 0.5 * 0.6, "C");
    cr_expect_eq(toy_people(&w, "B") + toy_people(&w, "D") + toy_people(&w, "E"),
                 size[1] + size[3] + size[4], "no other place has a share");
    push(&w, "onset_flood", "A", 0.0);
    push(&w, "onset_conflict", "A", 0.5);
    const double here = toy_people(&w, "A");
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "B") - size[1], here, 0.5 * 0.25, "B");
    toy_binomial(toy_people(&w, "E") - size[4], here, 0.5 * 0.75, "E");
    cr_expect_eq(toy_people(&w, "D"), size[3], "the third day has not come");
    push(&w, "onset_conflict", "A", 0.0);
    push(&w, "onset_flood", "A", 0.5);
    const double then = toy_people(&w, "A");
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "D") - size[3], then, 0.5, "D");
    toy_end(&w);
}

// Known answer: amounts are divided by their sum; a destination that closures cut off leaves its
// share to the others; places beyond the nearest ones count.
Test(kinds, tables_of_amounts_reach_far_and_go_round_closures)
{
    toy t = towns;
    t.shares = "origin,destination,share\nA,B,30\nA,E,10\nA,D,40\n";
    t.set[0] = "destination.kind=table";
    t.set[1] = "destination.scale=true";
    t.set[2] = "destination.missing=stay";
    t.set[3] = "destination.most=1"; // the nearest is D
    t.closures = "kind,from,to,start,end\nplace,D,,2020-01-02,\n";
    toy_world w = toy_make(&t, 46);
    push(&w, "onset_other", "A", 0.5);
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "B") - size[1], size[0], 0.5 * 30 / 80, "B");
    toy_binomial(toy_people(&w, "E") - size[4], size[0], 0.5 * 10 / 80, "E");
    toy_binomial(toy_people(&w, "D") - size[3], size[0], 0.5 * 40 / 80, "D");
    const double here = toy_people(&w, "A"), e = toy_people(&w, "E"), d = toy_people(&w, "D");
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "D"), d, "no road leads to D any more");
    toy_binomial(toy_people(&w, "E") - e, here, 0.5 * 10 / 40, "E by B and C");
    push(&w, "onset_other", "A", 0.0);
    push(&w, "onset_other", "B", 0.5);
    const double b = toy_people(&w, "B");
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "B"), b, "who has no shares stays");
    toy_end(&w);
}

// Known answer: origins without shares fall back on the rule they are told to.
Test(kinds, missing_origins_follow_another_rule)
{
    toy t = towns;
    t.shares = "origin,destination,share\nB,A,1\n";
    const char *const set[] = {GRAVITY, "destination.kind=table", "destination.missing=gravity"};
    memcpy(t.set, set, sizeof set);
    double km[n_place][n_place], weight[n_place] = {0};
    distances(km);
    for (int j = 1; j < n_place; j++) { weight[j] = gravity(size[j], km[0][j]); }
    expect_weights(&t, weight);
}

// Property: a place that another cause sees only because of the table is no choice of its own.
Test(kinds, a_table_does_not_widen_what_other_causes_know)
{
    toy t = towns;
    t.shares = "origin,destination,share,cause\nA,C,1,flood\n";
    t.set[0] = "destination_flood.kind=table";
    t.set[1] = "destination.missing=stay";
    t.set[2] = "destination.most=2"; // D and B
    toy_world w = toy_make(&t, 47);
    push(&w, "onset_conflict", "A", 0.9);
    toy_days(&w, 1);
    cr_expect_eq(toy_people(&w, "C"), size[2]);
    cr_expect_eq(toy_people(&w, "E"), size[4]);
    cr_expect_gt(toy_people(&w, "B"), size[1]);
    push(&w, "onset_conflict", "A", 0.0);
    push(&w, "onset_flood", "A", 0.9);
    toy_days(&w, 1);
    cr_expect_gt(toy_people(&w, "C"), size[2]);
    toy_end(&w);
}

static void refuse(const char *shares, const char *expected)
{
    const toy t = {.place = "A,town,,10;B,town,,10;M,marker;",
                   .link = "A,B,5;B,M,5;",
                   .yaml = rule,
                   .shares = shares,
                   .set = {"destination_flood.kind=table"}};
    toy_refused(&t, expected);
}

Test(kinds, tables_that_cannot_be_are_refused)
{
    refuse(NULL, "shares.csv: the file is missing; destination.kind is table (destination.table "
                 "names the file)");
    refuse("origin,destination,share\nA,B,1\nB,A,0.9\n",
           "shares.csv:3:1: the shares of 'B' add up to 0.9, not to 1 (destination.scale divides "
           "them by their sum)");
    refuse("origin,destination,share\nA,B,1\nB,A,-0.5\n",
           "shares.csv:3:5: share = -0.5 is outside [0, 1]");
    refuse("origin,destination,share\nA,B,1\n",
           "shares.csv:1:1: 'B' has no shares for flood on the first day; give them, or let "
           "destination.missing say what people do");
    refuse("origin,destination,share,date\nA,B,1,\nB,A,1,2020-01-02\n",
           "shares.csv:1:1: 'B' has no shares for flood on the first day; give them, or let "
           "destination.missing say what people do");
    refuse("origin,destination,share\nA,B,1\nB,A,0.5\nB,A,0.5\n",
           "shares.csv:4:1: this destination has a share already in line 3");
    refuse("origin,destination,share\nA,B,1\nB,B,1\n",
           "shares.csv:3:3: the destination is the origin, but staying is no choice (may_stay of "
           "the cause)");
    refuse("origin,destination,share\nA,M,1\nB,A,1\n",
           "shares.csv:2:3: a marker is only a point on the road: nobody leaves it or goes there");
    refuse("origin,destination,share,cause\nA,B,1,flod\nB,A,1,\n",
           "shares.csv:2:7: 'flod' is no cause of leaving; did you mean 'flood'?");
    refuse("origin,destination,share,cause\nA,B,1,\nB,A,1,\nB,A,1,drought\n",
           "shares.csv:4:7: shares are given for drought, but its kind of destination is not "
           "table");
}

// Functions of the program ------------------------------------------------------------------------

/// Twice the weight for each place more, three times that in the second step; nobody goes to E.
static flow_err by_number(void *context, const flow_question *q, double *weight)
{
    const double factor = *(const double *)context;
    for (int32_t k = 0; k < q->n; k++) {
        weight[k] = q->to[k] == 4 ? 0.0 : pow(2.0, q->to[k]);
        if (q->to[k] == 3 && q->step == 1) { weight[k] *= factor; }
        if (k == q->stay) { weight[k] = 5.0; }
    }
    return FLOW_OK;
}

// Known answer: the function's weights in every step, staying among them.
Test(kinds, a_function_fills_rows)
{
    double factor = 3.0;
    const flow_filler filler = {"flood", by_number, &factor};
    toy t = towns;
    t.filler = &filler;
    t.n_filler = 1;
    t.set[0] = "destination_flood.kind=callback";
    t.set[1] = "destination_flood.may_stay=true";
    toy_world w = toy_make(&t, 48);
    push(&w, "onset_flood", "A", 0.5);
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "B") - size[1], size[0], 0.5 * 2 / 19, "B"); // 5 + 2 + 4 + 8
    toy_binomial(toy_people(&w, "D") - size[3], size[0], 0.5 * 8 / 19, "D");
    cr_expect_eq(toy_people(&w, "E"), size[4]);
    const double here = toy_people(&w, "A"), d = toy_people(&w, "D");
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "D") - d, here, 0.5 * 24 / 35, "D in the second step");
    toy_end(&w);
}

/// What the function sees of A.
static flow_err look(void *context, const flow_question *q, double *weight)
{
    double km[n_place][n_place];
    distances(km);
    for (int32_t k = 0; k < q->n; k++) {
        const int32_t j = q->to[k];
        weight[k] = 1.0;
        cr_expect_float_eq(q->km[k], km[q->place][j], 1e-9);
        cr_expect_float_eq(q->days[k], km[q->place][j] / 360.0, 1e-12);
        cr_expect_eq(q->people[k], size[j]);
    }
    cr_expect_eq(q->stay, -1);
    cr_expect_eq(q->n, n_place - 1);
    cr_expect_eq(q->member, 7u);
    (*(int *)context)++;
    return FLOW_OK;
}

// Property: the function is asked once for each place from which somebody leaves in a step.
Test(kinds, a_function_is_asked_once_and_told_all)
{
    int n_call = 0;
    const flow_filler filler = {"flood", look, &n_call};
    toy t = towns;
    t.filler = &filler;
    t.n_filler = 1;
    t.yaml = "movement: {rule: destination}\npeople: {axes: 'origin'}\n";
    t.set[0] = "destination_flood.kind=callback";
    toy_world w = toy_make(&t, 49);
    cr_assert_eq(flow_model_reset(w.m, 49, 7), FLOW_OK);
    push(&w, "onset_flood", "A", 0.5);
    toy_days(&w, 1);
    cr_expect_eq(n_call, 1);
    double all[n_place] = {0.1, 0.1, 0.1, 0.1, 0.1};
    cr_assert_eq(flow_model_assign(w.m, "onset_flood", all, n_place), FLOW_OK);
    toy_days(&w, 1); // several groups by origin at each place
    cr_expect_eq(n_call, 1 + n_place);
    toy_end(&w);
}

static flow_err fail_on_day_2(void *context, const flow_question *q, double *weight)
{
    (void)context;
    for (int32_t k = 0; k < q->n; k++) { weight[k] = q->step == 1 ? -1.0 : 1.0; }
    return q->step == 2 ? FLOW_EINPUT : FLOW_OK;
}

Test(kinds, functions_that_fail_end_the_step_and_say_where)
{
    const flow_filler filler = {"flood", fail_on_day_2, NULL};
    toy t = towns;
    t.filler = &filler;
    t.n_filler = 1;
    t.set[0] = "destination_flood.kind=callback";
    toy_world w = toy_make(&t, 50);
    push(&w, "onset_flood", "B", 0.5);
    toy_days(&w, 1);
    cr_expect_eq(flow_model_step(w.m), FLOW_ERANGE);
    cr_expect_str_eq(flow_error_text(),
                     "step 1: row of 'B' for flood: candidate 0: weight -1 is no number >= 0");
    cr_assert_eq(flow_model_reset(w.m, 50, 0), FLOW_OK);
    toy_days(&w, 1);
    toy_end(&w);
}

Test(kinds, functions_and_scenarios_must_fit)
{
    double factor = 1.0;
    const flow_filler filler = {"flood", by_number, &factor};
    const flow_filler empty = {"flood", NULL, NULL}, home = {"return", by_number, &factor};
    toy t = towns;
    t.set[0] = "destination_flood.kind=callback";
    toy_refused(&t, "memory: destination_flood.kind is callback, but the program that runs the "
                    "scenario gives no function for it");
    const struct {
        const flow_filler *filler;
        int n;
        const char *set;
        flow_err err;
        const char *text;
    } row[] = {{&filler, 1, "movement.rule=destination", FLOW_ERANGE,
                "filler for flood: destination_flood.kind is not callback, or movement.rule is not "
                "destination"},
               {&empty, 1, "destination_flood.kind=callback", FLOW_ERANGE,
                "filler for flood: it has no function"},
               {&home, 1, "destination_flood.kind=callback", FLOW_EKEY,
                "filler for 'return': that is no cause with a choice of destinations"},
               {NULL, 1, "destination_flood.kind=callback", FLOW_ERANGE,
                "n_filler = 1 does not fit filler"}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const set[] = {row[i].set};
        const flow_load_options o = {
            .set = set, .n_set = 1, .filler = row[i].filler, .n_filler = row[i].n};
        static const char yaml[] = "libflow: 1\nperiod: {start: 2020-01-01, days: 2}\n"
                                   "movement: {rule: destination}\n";
        static const char places[] = "name,kind,country,region,latitude,longitude,population,"
                                     "capacity\nA,town,,,,,5,\n";
        const flow_file files[] = {{"scenario.yaml", yaml, sizeof yaml - 1},
                                   {"places.csv", places, sizeof places - 1}};
        flow_scenario *s = NULL;
        cr_expect_eq(flow_scenario_load_memory(files, 2, &o, &s), row[i].err);
        cr_expect_str_eq(flow_error_text(), row[i].text);
        cr_expect_null(s);
    }
}

/// A grid of towns with enough places for parallel loops, all rules at work.
static flow_scenario *grid(const flow_filler *filler)
{
    enum { side = 17 };
    static char places[side * side * 32], roads[2 * side * side * 24];
    size_t p = 0, l = 0;
    for (int i = 0; i < side * side; i++) {
        p += (size_t)snprintf(places + p, sizeof places - p, "P%d,town,,%d;", i, 300 + i);
        if (i % side + 1 < side) {
            l +=
                (size_t)snprintf(roads + l, sizeof roads - l, "P%d,P%d,%d;", i, i + 1, 30 + i % 50);
        }
        if (i + side < side * side) {
            l += (size_t)snprintf(roads + l, sizeof roads - l, "P%d,P%d,%d;", i, i + side,
                                  40 + i % 90);
        }
    }
    const toy t = {.days = 12,
                   .place = places,
                   .link = roads,
                   .yaml = "movement: {rule: destination}\ndestination: {most: 20}\n"
                           "destination_flood: {kind: callback}\n"
                           "destination_conflict: {kind: competing}\n"
                           "destination_drought: {kind: balanced}\n"
                           "destination_cyclone: {kind: radiation}\n"
                           "people: {leave: leave.csv}\n",
                   .attributes = "attribute,value,place,weight\ngender,f,,1\ngender,m,,1\n",
                   .leave = "axis,class,cause,factor,radius\ngender,f,flood,1.5,0.4\n",
                   .filler = filler,
                   .n_filler = 1};
    return toy_scenario(&t);
}

/// Odd places attract, more so from one step to the next; a function of the question alone.
static flow_err odd(void *context, const flow_question *q, double *weight)
{
    (void)context;
    for (int32_t k = 0; k < q->n; k++) {
        weight[k] = (1.0 + (double)(q->to[k] % 2) * (q->step + 1)) / (1.0 + q->km[k]);
    }
    return FLOW_OK;
}

// Property: the same bits for any number of threads, whoever is followed, whatever fills the rows.
Test(kinds, threads_and_identities_change_nothing)
{
    const flow_filler filler = {"flood", odd, NULL};
    flow_scenario *s = grid(&filler);
    uint64_t first = 0;
    for (int threads = 1; threads <= 4; threads++) {
        flow_model *m = NULL;
        const flow_model_options o = {.seed = 51,
                                      .threads = threads,
                                      .individuals = threads % 2 == 0 ? FLOW_INDIVIDUALS_ALL
                                                                      : FLOW_INDIVIDUALS_NONE};
        cr_assert_eq(flow_model_create(s, &o, &m), FLOW_OK, "%s", flow_error_text());
        double *hazard = calloc((size_t)s->n_place, sizeof *hazard);
        static const char *const quantity[] = {"hazard_flood", "hazard_conflict", "hazard_drought",
                                               "hazard_cyclone"};
        for (int q = 0; q < 4; q++) {
            for (int32_t i = 0; i < s->n_place; i++) { hazard[i] = i % (q + 2) == 0 ? 0.03 : 0.0; }
            cr_assert_eq(flow_model_assign(m, quantity[q], hazard, s->n_place), FLOW_OK);
        }
        for (int day = 0; day < 12; day++) {
            cr_assert_eq(flow_model_step(m), FLOW_OK, "%s", flow_error_text());
        }
        const uint64_t sum = flow_model_checksum(m);
        if (threads == 1) { first = sum; }
        cr_expect_eq(sum, first, "%d threads", threads);
        free(hazard);
        flow_model_free(m);
    }
    flow_scenario_free(s);
}
