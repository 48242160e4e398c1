// Classes of people who differ in leaving: factors on hazards and shares, how far they know; steps
// of an hour to a month.
#include "../libflow/destination.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char rule[] = "movement: {rule: destination}\npeople: {leave: leave.csv}\n";
static const toy fork = {.place = "A,town,,200000;B,town,,50000;C,town,,20000;",
                         .link = "A,B,40;A,C,90;B,C,70;",
                         .yaml = rule};

static void push(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[8] = {0};
    all[flow_scenario_place(w->s, where)] = value;
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

static double left(const toy_world *w, int32_t cause)
{
    return (double)w->m->to->by_cause[(int64_t)cause * w->s->n_place];
}

// Two axes and their shares.
static const char attributes[] = "attribute,value,place,weight\ngender,male,,0.5\n"
                                 "gender,female,,0.5\nage,8,,0.3\nage,16,,0.1\nage,40,,0.5\n"
                                 "age,70,,0.1\n";
static const double of_gender[2] = {0.5, 0.5}, of_age[4] = {0.3, 0.1, 0.5, 0.1};
static const char table[] = "axis,class,cause,factor\ngender,female,conflict,1.7\n"
                            "gender,female,flood,0.4\nage,0..17,,0.6\nage,70,conflict,0.1\n"
                            "age,70,flood,3.5\n";

/// Factor of a class on conflict (0) or flood (1).
static double factor(int gender, int age, int cause)
{
    const double female[2] = {1.7, 0.4}, old[2] = {0.1, 3.5};
    const double of = age < 2 ? 0.6 : age == 3 ? old[cause] : 1.0;
    return (gender == 1 ? female[cause] : 1.0) * of;
}

enum { n_class = 8 };

/// Persons of A by class who left for each cause, drawn one by one: of each person the time of each
/// cause, the first one counts if it is within the step.
static void by_person(const double hazard[2], const double share[2], double left_for[2])
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    left_for[0] = left_for[1] = 0.0;
    for (int i = 0; i < 200000; i++) {
        const int gender = gsl_rng_uniform(rng) < of_gender[0] ? 0 : 1;
        double u = gsl_rng_uniform(rng);
        int age = 0;
        while (age < 3 && u >= of_age[age]) { u -= of_age[age++]; }
        int first = -1;
        double earliest = 1.0;
        for (int c = 0; c < 2; c++) {
            const double f = factor(gender, age, c);
            // A share that must leave acts like a hazard that leaves as many within the step.
            const double rate = f * hazard[c] - log1p(-fmin(f * share[c], 1.0 - 1e-12));
            const double t = rate > 0.0 ? gsl_ran_exponential(rng, 1.0 / rate) : 2.0;
            if (t < earliest) {
                earliest = t;
                first = c;
            }
        }
        if (first >= 0) { left_for[first]++; }
    }
    gsl_rng_free(rng);
}

/// Chance that somebody of A leaves for a cause in a step of dt days.
static double chance(const double hazard[2], const double share[2], double dt, int cause)
{
    double p = 0.0;
    for (int i = 0; i < n_class; i++) {
        double risk[2], all = 0.0;
        for (int c = 0; c < 2; c++) {
            const double f = factor(i / 4, i % 4, c);
            risk[c] = f * hazard[c] * dt - log1p(-fmin(f * share[c], 1.0));
            all += risk[c];
        }
        if (all > 0.0) { p += of_gender[i / 4] * of_age[i % 4] * -expm1(-all) * risk[cause] / all; }
    }
    return p;
}

// Known answer: competing risks within each class (Prentice et al. 1978, doi:10.2307/2530374),
// beside a simulation that draws every person.
Test(classes, factors_act_on_hazards_and_shares)
{
    const double hazard[2] = {0.2, 0.05}, share[2] = {0.0, 0.12};
    double person[2];
    by_person(hazard, share, person);
    toy t = fork;
    t.attributes = attributes;
    t.leave = table;
    toy_world w = toy_make(&t, 61);
    push(&w, "hazard_conflict", "A", hazard[0]);
    push(&w, "hazard_flood", "A", hazard[1]);
    push(&w, "onset_flood", "A", share[1]);
    toy_days(&w, 1);
    for (int c = 0; c < 2; c++) {
        const int32_t cause = c == 0 ? FLOW_CAUSE_CONFLICT : FLOW_CAUSE_FLOOD;
        const double p = chance(hazard, share, 1.0, c);
        toy_binomial(left(&w, cause), 200000, p, c == 0 ? "conflict" : "flood");
        toy_binomial(person[c], 200000, p, "person by person");
    }
    toy_end(&w);
}

// Known answer: the shares of those who flee fighting by Mehrab et al. 2024 as factors on one
// share, q x 1 / (1 + Q exp(-v A)), whatever else people are told apart by.
Test(classes, the_published_shares_by_class)
{
    const double logistic = 1.0 / (1.0 + 55.0 * exp(-0.75 * 6.0)), n = 200000.0;
    const double q[4] = {0.02, 0.70, 0.70, 0.25}, weight[4] = {0.2, 0.25, 0.45, 0.1};
    static const char *const who[4] = {"male", "female", "child", "old"};
    toy t = fork;
    t.yaml = "movement: {rule: destination}\npeople: {axes: who, leave: leave.csv}\n";
    t.attributes = "attribute,value,place,weight\nwho,male,,0.2\nwho,female,,0.25\n"
                   "who,child,,0.45\nwho,old,,0.1\n";
    t.leave = "axis,class,cause,factor\nwho,male,conflict,0.02\nwho,female,conflict,0.70\n"
              "who,child,conflict,0.70\nwho,old,conflict,0.25\n";
    toy_world w = toy_make(&t, 62);
    push(&w, "onset_conflict", "A", logistic);
    toy_days(&w, 1);
    double all[4] = {0}, here[4] = {0};
    for (int32_t p = 0; p < 3; p++) {
        for (int32_t i = 0; i < w.m->here[p].n; i++) {
            const flow_cell *cell = &w.m->here[p].row[i];
            const int32_t c = flow_group_class(&w.m->groups.axis[0], cell->key.group);
            all[c] += (double)cell->n;
            here[c] += p == 0 ? (double)cell->n : 0.0;
        }
    }
    for (int c = 0; c < 4; c++) {
        // Those of A by class are drawn, too: n times weight are expected, as are those who stay.
        const double p = weight[c] * (1.0 - q[c] * logistic);
        toy_binomial(here[c], n, p, who[c]);
        toy_binomial(all[c], 270000.0, weight[c], who[c]);
    }
    toy_end(&w);
}

// Property: values that behave alike are one class, unless results tell them apart; the law is the
// same.
Test(classes, values_that_behave_alike_are_one_class)
{
    toy t = fork;
    t.attributes = attributes;
    t.leave = table;
    toy_world merged = toy_make(&t, 63);
    const flow_groups *g = merged.s->groups;
    int32_t n_age = 0;
    for (int32_t a = 0; a < g->n_axis; a++) {
        if (strcmp(g->axis[a].name, "age") == 0) { n_age = g->axis[a].n_class; }
    }
    cr_expect_eq(n_age, 3, "8 and 16 are one");
    t.yaml = "movement: {rule: destination}\npeople: {axes: age, leave: leave.csv}\n";
    toy_world shown = toy_make(&t, 63);
    cr_expect_eq(shown.s->groups->axis[0].n_class, 4);
    const double hazard[2] = {0.3, 0.0}, share[2] = {0.0, 0.0};
    const double p = chance(hazard, share, 1.0, 0);
    toy_world *const world[] = {&merged, &shown};
    for (int i = 0; i < 2; i++) {
        push(world[i], "hazard_conflict", "A", hazard[0]);
        toy_days(world[i], 1);
        toy_binomial(left(world[i], FLOW_CAUSE_CONFLICT), 200000, p, "left");
        toy_end(world[i]);
    }
}

// Known answer: who knows less far chooses among the places within, in their proportion.
Test(classes, classes_differ_in_how_far_they_know)
{
    toy t = fork;
    t.place = "A,town,,200000;B,town,,50000;C,town,,20000;D,town,,70000;";
    t.link = "A,B,40;A,C,90;A,D,300;"; // at 360 km a day: 0.11, 0.25, 0.83 days
    t.attributes = "attribute,value,place,weight\nphone,yes,,0.7\nphone,no,,0.3\n";
    t.leave = "axis,class,cause,factor,radius\nphone,no,flood,,0.3\nphone,no,conflict,1,\n";
    t.set[0] = "destination_flood.distance=-1";
    t.set[1] = "destination_flood.population=1";
    toy_world w = toy_make(&t, 64);
    push(&w, "onset_flood", "A", 0.9);
    toy_days(&w, 1);
    const double weight[3] = {50000.0 / 50, 20000.0 / 100, 70000.0 / 310};
    const double sum = weight[0] + weight[1] + weight[2], near = weight[0] + weight[1];
    const double n = 200000 * 0.9;
    toy_binomial(left(&w, FLOW_CAUSE_FLOOD), 200000, 0.9, "all leave alike");
    for (int i = 0; i < 3; i++) {
        const char *const name[] = {"B", "C", "D"};
        const double size[] = {50000, 20000, 70000};
        const double p = 0.7 * weight[i] / sum + (i < 2 ? 0.3 * weight[i] / near : 0.0);
        toy_near(toy_people(&w, name[i]) - size[i], n * p, sqrt(200000 * 0.9 * p * (1 - 0.9 * p)),
                 name[i]);
    }
    toy_end(&w);
}

// Property: whoever knows of no place stays.
Test(classes, who_knows_no_place_stays)
{
    toy t = fork;
    t.attributes = "attribute,value,place,weight\nphone,yes,,0.5\nphone,no,,0.5\n";
    t.leave = "axis,class,factor,radius\nphone,no,1,0.01\n";
    toy_world w = toy_make(&t, 65);
    push(&w, "onset_flood", "A", 1.0);
    toy_days(&w, 1);
    toy_binomial(toy_people(&w, "A"), 200000, 0.5, "A");
    toy_end(&w);
}

// Where they go -----------------------------------------------------------------------------------

static const char choosing[] = "movement: {rule: destination}\npeople: {choose: choose.csv}\n";

static toy chooser(const char *table_text)
{
    toy t = fork;
    t.yaml = choosing;
    t.attributes = attributes;
    t.more[0][0] = "choose.csv";
    t.more[0][1] = table_text;
    t.set[0] = "destination_conflict.distance=-1";
    t.set[1] = "destination_conflict.population=0.5";
    t.set[2] = "destination_flood.distance=-1.3";
    t.set[3] = "destination_flood.population=0.2";
    t.set[4] = "destination.soften=0";
    return t;
}

// Known answer: the logit of McFadden 1974 within each class, what several axes add to a
// coefficient adds up, for one cause or for all.
Test(classes, classes_add_to_coefficients)
{
    const toy t = chooser("axis,class,cause,term,add\ngender,female,conflict,distance,-0.9\n"
                          "age,0..17,,distance,0.4\nage,70,,distance,0.4\n"
                          "age,70,flood,population,1.1\n");
    toy_world w = toy_make(&t, 67);
    // Two genders and three ages: 8 and 16 are alike.
    cr_expect_eq(w.m->groups.n_chooser, 6);
    static const double km[2] = {40, 90}, size[2] = {50000, 20000};
    static const char *const name[2] = {"B", "C"};
    double before[2] = {50000, 20000}, here = 200000;
    for (int c = 0; c < 2; c++) {
        push(&w, c == 0 ? "onset_conflict" : "onset_flood", "A", c == 0 ? 0.5 : 1.0);
        if (c == 1) { push(&w, "onset_conflict", "A", 0.0); }
        toy_days(&w, 1);
        double p[2] = {0};
        for (int i = 0; i < n_class; i++) {
            const int age = i % 4, gender = i / 4;
            const double distance = (c == 0 ? -1.0 : -1.3) + (age != 2 ? 0.4 : 0.0) +
                                    (c == 0 && gender == 1 ? -0.9 : 0.0);
            const double population = (c == 0 ? 0.5 : 0.2) + (c == 1 && age == 3 ? 1.1 : 0.0);
            double weight[2], sum = 0.0;
            for (int k = 0; k < 2; k++) {
                weight[k] = pow(km[k], distance) * pow(size[k], population);
                sum += weight[k];
            }
            for (int k = 0; k < 2; k++) {
                p[k] += of_gender[gender] * of_age[age] * weight[k] / sum * (c == 0 ? 0.5 : 1.0);
            }
        }
        for (int k = 0; k < 2; k++) {
            toy_binomial(toy_people(&w, name[k]) - before[k], here, p[k], name[k]);
            before[k] = toy_people(&w, name[k]);
        }
        here = toy_people(&w, "A");
    }
    toy_end(&w);
}

// Property: a table that adds nothing changes no bit of what people do.
Test(classes, nothing_added_is_nothing_changed)
{
    double found[2][3];
    for (int i = 0; i < 2; i++) {
        const toy t = chooser(i == 0 ? "axis,class,cause,term,add\n"
                                     : "axis,class,term,add\nage,0..99,distance,0\n");
        toy_world w = toy_make(&t, 68);
        cr_expect_eq(w.m->groups.n_chooser, 1);
        push(&w, "onset_flood", "A", 0.5);
        toy_days(&w, 3);
        for (int k = 0; k < 3; k++) {
            found[i][k] = toy_people(&w, k == 0 ? "A" : k == 1 ? "B" : "C");
        }
        toy_end(&w);
    }
    cr_expect_arr_eq(found[0], found[1], sizeof found[0]);
}

static void refuse_choice(const char *choose, const char *set, const char *expected)
{
    toy t = chooser(choose);
    t.set[5] = set;
    toy_refused(&t, expected);
}

Test(classes, tables_of_choices_that_cannot_be_are_refused)
{
    refuse_choice(
        "axis,class,term,add\nsex,male,distance,1\n", NULL,
        "choose.csv:2:1: 'sex' is not origin, status, cause, debt or an attribute that the "
        "scenario gives its people");
    refuse_choice("axis,class,term,add\nage,8,distanse,1\n", NULL,
                  "choose.csv:2:7: 'distanse' is no coefficient of destinations; one such as "
                  "distance or population was expected");
    refuse_choice("axis,class,cause,term,add\nage,8,,distance,1\nage,0..17,flood,distance,1\n",
                  NULL, "choose.csv:3:5: '8' has a row for flood and distance already");
    refuse_choice("axis,class,cause,term,add\nage,8,flood,camp,1\n",
                  "destination_flood.kind=radiation",
                  "choose.csv:2:13: where people go because of flood does not depend on the "
                  "coefficient camp: its kind of destination has none");
    refuse_choice(
        "axis,class,term,add\nage,8,camp,1\n", "destination.kind=gravity",
        "choose.csv:2:7: where people go for any cause does not depend on the coefficient "
        "camp: its kind of destination has none");
    refuse_choice("axis,class,cause,term,add\nage,8,return,distance,1\n", NULL,
                  "choose.csv:2:14: where people go because of return does not depend on the "
                  "coefficient distance: its kind of destination has none");
    refuse_choice("axis,class,term,add\nage,8,distance,\n", NULL,
                  "choose.csv:2:16: add is empty, a number was expected (-1000 to 1000)");
    toy t = fork;
    t.yaml = "people: {choose: choose.csv}\nspawn: {mode: none}\n";
    toy_refused(&t, "scenario.yaml:4:18: people.choose belongs to movement.rule destination, which "
                    "is not in force");
}

static void refuse(const char *leave, const char *expected)
{
    toy t = fork;
    t.attributes = attributes;
    t.leave = leave;
    toy_refused(&t, expected);
}

Test(classes, tables_that_cannot_be_are_refused)
{
    refuse(NULL, "leave.csv: the file is missing; people.leave names it");
    refuse(
        "axis,class,factor\nsex,male,1\n",
        "leave.csv:2:1: 'sex' is not origin, status, cause, debt or an attribute that the scenario "
        "gives its people");
    refuse("axis,class,factor\ngender,mail,1\n",
           "leave.csv:2:8: 'mail' is no class of gender; a value of it, or a range of numbers such "
           "as 0..17, was expected");
    refuse("axis,class,factor\nage,20..30,1\n",
           "leave.csv:2:5: '20..30' is no class of age; a value of it, or a range of numbers such "
           "as 0..17, was expected");
    refuse("axis,class,cause,factor\nage,8,conflict,1\nage,0..17,,2\n",
           "leave.csv:3:5: '8' has a row for conflict already");
    refuse("axis,class,cause,factor\nage,8,war,1\n", "leave.csv:2:7: 'war' is no cause of leaving");
    refuse("axis,class,factor\nage,8,-1\n", "leave.csv:2:7: factor = -1 is outside [0, 1e+06]");
    toy t = fork;
    t.yaml = "people: {leave: leave.csv}\nspawn: {mode: none}\n";
    t.leave = table;
    toy_refused(&t, "scenario.yaml:4:17: people.leave belongs to movement.rule destination, which "
                    "is not in force");
}

// Steps -------------------------------------------------------------------------------------------

typedef struct step_case {
    char step[8];
    double dt;
    int n_step;
} step_case;

ParameterizedTestParameters(classes, causes_compete_alike_in_steps_of_any_length)
{
    static step_case row[] = {{"1h", 1.0 / 24, 240}, {"day", 1.0, 10},      {"week", 7.0, 2},
                              {"12h", 0.5, 20},      {"month", 30.4375, 1}, {"6h", 0.25, 40}};
    return cr_make_param_array(step_case, row, sizeof row / sizeof *row);
}

// Known answer: after t days n (1 - exp(-L t)) h_c / L have left for cause c, L the sum of hazards
// of a class, whatever the step.
ParameterizedTest(const step_case *row, classes, causes_compete_alike_in_steps_of_any_length)
{
    char step[32];
    (void)snprintf(step, sizeof step, "period.step=%s", row->step);
    toy t = fork;
    t.days = 40;
    t.attributes = attributes;
    t.leave = table;
    t.set[0] = step;
    toy_world w = toy_make(&t, 66);
    const double hazard[2] = {0.011, 0.03}, share[2] = {0.0, 0.0};
    push(&w, "hazard_conflict", "A", hazard[0]);
    push(&w, "hazard_flood", "A", hazard[1]);
    double sum[2] = {0};
    for (int i = 0; i < row->n_step; i++) {
        toy_days(&w, 1);
        sum[0] += left(&w, FLOW_CAUSE_CONFLICT);
        sum[1] += left(&w, FLOW_CAUSE_FLOOD);
    }
    for (int c = 0; c < 2; c++) {
        toy_binomial(sum[c], 200000, chance(hazard, share, row->dt * row->n_step, c), row->step);
    }
    toy_end(&w);
}
