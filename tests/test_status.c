// Status: on crossing a border and arriving, changes at a rate, deaths, claims, resettlement,
// returnees.
#include "../libflow/destination.h"
#include "stories.h"
#include "toy.h"

#include <criterion/criterion.h>
#include <criterion/theories.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Everybody at home in A; B and C are in the next country, D in a third one.
#define HEAD "movement: {rule: destination}\n"
#define STILL                                                                                      \
    "claim: 0, naturalise: 0, settle: 0, remain: 0, reintegrate: 0, overstay: 0, regularise: 0, "  \
    "establish: 0, exploit: 0, force_labour: 0, identify: 0, redisplaced: 0"
static const toy lands = {.days = 60,
                          .place = "A,town,,200000,,,Here,,1,1;B,town,,1000,,,There,,2,1;"
                                   "C,town,,1000,,,There,,2,2;D,town,,10,,,Yonder,,9,9;",
                          .link = "A,B,30;A,C,35;B,C,20;C,D,9000;"};

static void assign(toy_world *w, const char *quantity, const char *where, double value)
{
    double all[8] = {0};
    cr_assert_leq(w->s->n_place, 8);
    if (where != NULL) { all[flow_scenario_place(w->s, where)] = value; }
    cr_assert_eq(flow_model_assign(w->m, quantity, all, w->s->n_place), FLOW_OK, "%s",
                 flow_error_text());
}

/// People of a status at a place.
static double of(const toy_world *w, const char *place, int status)
{
    double all[8 * FLOW_N_STATUS];
    const int64_t n = (int64_t)w->s->n_place * FLOW_N_STATUS;
    cr_assert_leq(w->s->n_place, 8);
    cr_assert_eq(flow_model_observe(w->m, "people_by_status", all, n), FLOW_OK, "%s",
                 flow_error_text());
    return all[flow_scenario_place(w->s, place) * FLOW_N_STATUS + status];
}

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

/// Steps in each of which people by status add up to those at the place.
static void days(toy_world *w, int n)
{
    static const char *const name[] = {"A", "B", "C", "D"};
    for (int day = 0; day < n; day++) {
        toy_days(w, 1);
        for (int p = 0; p < 4; p++) {
            double sum = 0.0;
            for (int s = 0; s < FLOW_N_STATUS; s++) { sum += of(w, name[p], s); }
            cr_assert_eq(sum, toy_people(w, name[p]), "%s, day %d", name[p], day);
        }
    }
}

/// Everybody of A is driven to B in one step; both are large enough to know.
static toy_world exodus(const char *yaml, const char *const *set, uint64_t seed)
{
    toy t = lands;
    t.yaml = yaml;
    for (int i = 0; set != NULL && set[i] != NULL; i++) { t.set[i] = set[i]; }
    toy_world w = toy_make(&t, seed);
    assign(&w, "onset_conflict", "A", 1.0);
    days(&w, 1);
    assign(&w, "onset_conflict", NULL, 0.0);
    days(&w, 3);
    cr_assert_eq(toy_people(&w, "A"), 0.0);
    cr_assert_eq(toy_people(&w, "B") + toy_people(&w, "C"), 202000.0);
    return w;
}

static double there(const toy_world *w, int status)
{
    return of(w, "B", status) + of(w, "C", status);
}

// Arrival -----------------------------------------------------------------------------------------

Test(status, who_is_driven_abroad_is_refugee_asylum_seeker_or_without_status)
{
    toy_world w =
        exodus(HEAD "status: {prima_facie: 0.31, claim_share: 0.6, " STILL "}\n", NULL, 1);
    const double n = 200000.0;
    toy_binomial(there(&w, FLOW_STATUS_REFUGEE), n, 0.31, "refugees");
    toy_binomial(there(&w, FLOW_STATUS_ASYLUM), n, 0.69 * 0.6, "asylum seekers");
    toy_binomial(there(&w, FLOW_STATUS_IRREGULAR), n, 0.69 * 0.4, "without status");
    cr_expect_eq(there(&w, FLOW_STATUS_RESIDENT), 2000.0);
    cr_expect_eq(of_country(&w, "claims_pending", "There"), there(&w, FLOW_STATUS_ASYLUM));
    // Moving within the country changes nothing.
    const double before[2] = {there(&w, FLOW_STATUS_REFUGEE), there(&w, FLOW_STATUS_ASYLUM)};
    const double at_c = of(&w, "C", FLOW_STATUS_ASYLUM);
    const double appeal[4] = {0, 1, 1, 1}; // nobody goes back to A
    cr_assert_eq(flow_model_assign(w.m, "appeal", appeal, 4), FLOW_OK);
    assign(&w, "hazard_onward", "B", 0.5);
    days(&w, 3);
    cr_expect_gt(of(&w, "C", FLOW_STATUS_ASYLUM), at_c);
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE), before[0]);
    cr_expect_eq(there(&w, FLOW_STATUS_ASYLUM), before[1]);
    toy_end(&w);
}

Test(status, without_the_section_who_is_abroad_is_a_refugee)
{
    toy t = lands;
    t.yaml = HEAD "people: {axes: 'origin, status'}\n";
    toy_world w = toy_make(&t, 1);
    assign(&w, "onset_conflict", "A", 1.0);
    toy_days(&w, 2);
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE), 200000.0);
    toy_end(&w);
}

Test(status, who_is_driven_out_within_the_country_is_internally_displaced)
{
    toy t = lands;
    t.place = "A,town,,9000,,,Here,,1,1;B,town,,9000,,,Here,,2,1;C,town,,1000,,,Here,,2,2;"
              "D,town,,10,,,Yonder,,9,9;";
    t.yaml = HEAD "status: {" STILL "}\n";
    toy_world w = toy_make(&t, 2);
    assign(&w, "onset_flood", "A", 1.0);
    days(&w, 1);
    cr_expect_eq(there(&w, FLOW_STATUS_IDP), 9000.0);
    assign(&w, "onset_flood", NULL, 0.0);
    assign(&w, "hazard_economic", "B", 0.5); // residents who move for work are not displaced
    const double idps = there(&w, FLOW_STATUS_IDP) + of(&w, "A", FLOW_STATUS_IDP);
    cr_expect_eq(of(&w, "A", FLOW_STATUS_IDP), 0.0);
    days(&w, 2);
    cr_expect_gt(of(&w, "C", FLOW_STATUS_RESIDENT), 1000.0);
    cr_expect_eq(there(&w, FLOW_STATUS_IDP) + of(&w, "A", FLOW_STATUS_RETURNEE), idps);
    toy_end(&w);
}

Test(status, who_comes_for_work_is_a_labour_migrant)
{
    toy t = lands;
    t.yaml = HEAD "status: {" STILL "}\n";
    toy_world w = toy_make(&t, 3);
    assign(&w, "hazard_economic", "A", 0.02);
    days(&w, 10);
    cr_expect_gt(there(&w, FLOW_STATUS_LABOUR), 1000.0);
    cr_expect_eq(there(&w, FLOW_STATUS_LABOUR) + 2000.0, toy_people(&w, "B") + toy_people(&w, "C"));
    toy_end(&w);
}

Test(status, the_hop_rule_knows_no_status_and_says_so)
{
    toy t = lands;
    t.yaml = "spawn: {mode: none}\nstatus: {" STILL "}\n";
    flow_scenario *s = toy_scenario(&t);
    bool said = false;
    for (int64_t i = 0; i < flow_scenario_n_warning(s); i++) {
        said = said || strstr(flow_scenario_warning(s, i).text,
                              "status: people change their status under movement.rule destination "
                              "only") != NULL;
    }
    cr_expect(said);
    flow_scenario_free(s);
}

Test(status, people_who_are_displaced_at_the_beginning_have_a_status_for_it)
{
    toy t = lands;
    t.place = "A,town,70,9000,,,Here,,1,1;B,camp,300,,,,There,,2,1;C,town,,1000,,,There,,2,2;"
              "D,town,,10,,,Yonder,,9,9;";
    t.yaml = HEAD "status: {" STILL "}\n";
    toy_world w = toy_make(&t, 23);
    days(&w, 1);
    cr_expect_eq(of(&w, "A", FLOW_STATUS_IDP), 70.0);
    cr_expect_eq(of(&w, "A", FLOW_STATUS_RESIDENT), 9000.0);
    cr_expect_eq(of(&w, "B", FLOW_STATUS_REFUGEE), 300.0);
    toy_end(&w);
}

// Changes at a rate, deaths -----------------------------------------------------------------------

Test(status, changes_and_deaths_compete)
{
    toy_world w = exodus(HEAD "status: {prima_facie: 1, " STILL "}\n", NULL, 4);
    const double n = of(&w, "B", FLOW_STATUS_REFUGEE),
                 residents = of(&w, "B", FLOW_STATUS_RESIDENT);
    assign(&w, "change_naturalise", "B", 0.2);
    assign(&w, "death_hazard", "B", 0.1);
    const double entered = toy_all(&w, "entered_total");
    days(&w, 1);
    const double all = 1.0 - exp(-0.3);
    toy_binomial(of(&w, "B", FLOW_STATUS_INTEGRATED), n, all * 2.0 / 3.0, "naturalised");
    const double dead = toy_at(&w, "deaths", "B");
    const double error = sqrt(n * (all / 3.0) * (1.0 - all / 3.0) + residents * 0.1 * 0.9);
    toy_near(dead, n * all / 3.0 + residents * (1.0 - exp(-0.1)), error, "dead");
    cr_expect_eq(toy_all(&w, "dead_total"), dead);
    cr_expect_eq(toy_all(&w, "persons") + dead, entered, "people are conserved");
    cr_expect_eq(flow_model_left(w.m), 0);
    // Who has found a durable solution is displaced no more: does not go home.
    assign(&w, "death_hazard", NULL, 0.0);
    assign(&w, "change_naturalise", NULL, 0.0);
    const double integrated = there(&w, FLOW_STATUS_INTEGRATED);
    assign(&w, "return_hazard", "A", 5.0);
    days(&w, 8);
    cr_expect_eq(there(&w, FLOW_STATUS_INTEGRATED), integrated);
    cr_expect_lt(there(&w, FLOW_STATUS_REFUGEE), 100.0);
    toy_end(&w);
}

Test(status, factors_multiply_rates_of_change)
{
    toy_world w = exodus(HEAD "status: {prima_facie: 1, " STILL "}\n", NULL, 5);
    const double n = of(&w, "B", FLOW_STATUS_REFUGEE);
    assign(&w, "change_naturalise", "B", 0.2);
    double factor[8] = {1, 1, 1, 1};
    factor[flow_scenario_place(w.s, "B")] = 0.25;
    cr_assert_eq(flow_model_assign(w.m, "change_factor_naturalise", factor, 4), FLOW_OK);
    days(&w, 1);
    toy_binomial(of(&w, "B", FLOW_STATUS_INTEGRATED), n, 1.0 - exp(-0.05), "naturalised");
    toy_end(&w);
}

Test(status, yearly_rates_are_those_of_the_parameters)
{
    const char *const set[] = {"status.naturalise=7.3", NULL};
    toy_world w = exodus(HEAD "status: {prima_facie: 1, " STILL "}\n", set, 6);
    const double n = there(&w, FLOW_STATUS_REFUGEE) + there(&w, FLOW_STATUS_INTEGRATED);
    const double before = there(&w, FLOW_STATUS_REFUGEE);
    days(&w, 20);
    toy_binomial(there(&w, FLOW_STATUS_REFUGEE), before, exp(-7.3 * 20.0 / 365.2425), "refugees");
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE) + there(&w, FLOW_STATUS_INTEGRATED), n);
    toy_end(&w);
}

Test(status, classes_die_at_rates_of_their_own)
{
    toy t = lands;
    t.yaml = HEAD "people: {leave: leave.csv, axes: age}\n";
    t.leave = "axis,class,cause,factor\nage,70,death,6\nage,7,death,0\n";
    t.attributes = "attribute,value,place,weight\nage,7,,1\nage,33,,1\nage,70,,1\n";
    toy_world w = toy_make(&t, 7);
    double by_age[4 * 3];
    assign(&w, "death_hazard", "A", 0.05);
    cr_assert_eq(flow_model_observe(w.m, "people_by_age", by_age, 12), FLOW_OK);
    const double before[3] = {by_age[0], by_age[1], by_age[2]};
    toy_days(&w, 1);
    cr_assert_eq(flow_model_observe(w.m, "people_by_age", by_age, 12), FLOW_OK);
    static const double factor[3] = {0.0, 1.0, 6.0};
    for (int k = 0; k < 3; k++) {
        toy_binomial(by_age[k], before[k], exp(-0.05 * factor[k]), "alive");
    }
    cr_expect_eq(by_age[0], before[0]);
    toy_end(&w);
}

// Claims ------------------------------------------------------------------------------------------

#define CLAIMS HEAD "status: {claim_share: 1, recognition: 0.6, appeals: 0, " STILL "}\n"

Test(status, no_more_is_decided_than_there_is_capacity_for)
{
    const char *const set[] = {"status.decisions=130.5", NULL};
    toy_world w = exodus(CLAIMS, set, 8);
    const double begin = there(&w, FLOW_STATUS_ASYLUM);
    double decided = 0.0, recognised = 0.0;
    for (int day = 0; day < 40; day++) {
        days(&w, 1);
        const double n = of_country(&w, "claims_decided", "There");
        cr_expect(n >= 130.0 && n <= 131.0, "day %d: %g", day, n);
        decided += n;
        recognised += of_country(&w, "claims_recognised", "There");
    }
    toy_near(decided, 40 * 130.5, 0.2, "decided");
    toy_binomial(recognised, decided, 0.6, "recognised");
    cr_expect_eq(there(&w, FLOW_STATUS_ASYLUM), begin - decided);
    cr_expect_eq(of_country(&w, "claims_pending", "There"), begin - decided);
    cr_expect_eq(there(&w, FLOW_STATUS_IRREGULAR) + there(&w, FLOW_STATUS_REFUGEE),
                 200000 - begin + decided);
    cr_expect_float_eq(of_country(&w, "claim_wait", "There"), (begin - decided) / 130.5, 1e-6);
    cr_expect_eq(of_country(&w, "claims_decided", "Yonder"), 0.0);
    toy_end(&w);
}

Test(status, claims_that_are_decided_are_a_uniform_choice)
{
    const char *const set[] = {"status.recognition=1", NULL};
    toy_world w = exodus(CLAIMS, set, 9);
    const double b = of(&w, "B", FLOW_STATUS_ASYLUM), c = of(&w, "C", FLOW_STATUS_ASYLUM);
    cr_assert_gt(c, 20000.0);
    double capacity[3] = {5000.0, 5000.0, 5000.0};
    cr_assert_eq(flow_model_assign(w.m, "decisions", capacity, 3), FLOW_OK);
    days(&w, 1);
    const double share = c / (b + c), rest = 1.0 - 5000.0 / (b + c);
    toy_near(of(&w, "C", FLOW_STATUS_REFUGEE), 5000.0 * share,
             sqrt(5000.0 * share * (1.0 - share) * rest), "decided at C");
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE), 5000.0);
    toy_end(&w);
}

Test(status, the_country_and_the_origin_make_the_odds_of_recognition)
{
    toy_world w = exodus(CLAIMS, NULL, 10);
    const double n = there(&w, FLOW_STATUS_ASYLUM);
    double capacity[3] = {1e10, 1e10, 1e10}, odds[3] = {2.0, 2.0, 2.0};
    cr_assert_eq(flow_model_assign(w.m, "decisions", capacity, 3), FLOW_OK);
    cr_assert_eq(flow_model_assign(w.m, "recognition_odds", odds, 3), FLOW_OK);
    days(&w, 1);
    cr_expect_eq(there(&w, FLOW_STATUS_ASYLUM), 0.0, "all are decided");
    toy_binomial(there(&w, FLOW_STATUS_REFUGEE), n, 1.2 / 1.6, "recognised");
    cr_expect_eq(of_country(&w, "claim_wait", "There"), 0.0);
    toy_end(&w);
}

Test(status, claims_that_are_appealed_are_decided_again)
{
    const char *const set[] = {"status.recognition=0.25", "status.appeals=0.4", NULL};
    toy_world w = exodus(CLAIMS, set, 11);
    const double n = there(&w, FLOW_STATUS_ASYLUM);
    double capacity[3] = {1e10, 1e10, 1e10};
    cr_assert_eq(flow_model_assign(w.m, "decisions", capacity, 3), FLOW_OK);
    days(&w, 1);
    toy_binomial(there(&w, FLOW_STATUS_ASYLUM), n, 0.75 * 0.4, "appealed");
    days(&w, 30);
    cr_expect_eq(there(&w, FLOW_STATUS_ASYLUM), 0.0);
    // Each time a quarter is recognised, and 0.3 come back: 0.25 / (1 - 0.3) in the end.
    toy_binomial(there(&w, FLOW_STATUS_REFUGEE), n, 0.25 / 0.7, "recognised in the end");
    toy_end(&w);
}

Test(status, fewer_decisions_mean_longer_waiting)
{
    double wait[3], pending[3];
    static const char *const set[3][2] = {{"status.decisions=50", NULL},
                                          {"status.decisions=400", NULL},
                                          {"status.decisions=4000", NULL}};
    for (int i = 0; i < 3; i++) {
        toy_world w = exodus(CLAIMS, set[i], 12);
        days(&w, 20);
        wait[i] = of_country(&w, "claim_wait", "There");
        pending[i] = of_country(&w, "claims_pending", "There");
        toy_end(&w);
    }
    cr_expect(wait[0] > wait[1] && wait[1] > wait[2], "%g, %g, %g days", wait[0], wait[1], wait[2]);
    cr_expect(pending[0] > pending[1] && pending[1] > pending[2]);
}

Test(status, a_country_without_capacity_decides_nothing)
{
    toy_world w = exodus(CLAIMS, NULL, 13);
    const double n = there(&w, FLOW_STATUS_ASYLUM);
    days(&w, 20);
    cr_expect_eq(there(&w, FLOW_STATUS_ASYLUM), n);
    cr_expect_eq(of_country(&w, "claim_wait", "There"), 1e9);
    toy_end(&w);
}

Test(status, policies_hold_from_their_dates)
{
    toy t = lands;
    t.yaml = HEAD "status: {policies: policies.csv, origins: origins.csv, claim_share: 1, "
                  "work_asylum: 0.2, " STILL "}\n";
    t.more[0][0] = "policies.csv";
    t.more[0][1] = "country,date,decisions,prima_facie,work_asylum\nThere,3,70,,0.9\nThere,6,,1,\n"
                   "Yonder,0,9,,\n";
    t.more[1][0] = "origins.csv";
    t.more[1][1] = "country,date,recognition\nHere,0,0.3\nHere,5,0.8\n";
    toy_world w = toy_make(&t, 14);
    for (int day = 0; day < 8; day++) {
        toy_days(&w, 1);
        const bool middle = day >= 3 && day < 6;
        cr_expect_eq(of_country(&w, "decisions", "There"), middle ? 70.0 : 0.0, "day %d", day);
        cr_expect_eq(of_country(&w, "prima_facie", "There"), day >= 6 ? 1.0 : 0.0, "day %d", day);
        cr_expect_eq(of_country(&w, "work_right_asylum", "There"), middle ? 0.9 : 0.2, "%d", day);
        cr_expect_eq(of_country(&w, "work_right_asylum", "Here"), 0.2);
        cr_expect_eq(of_country(&w, "decisions", "Yonder"), 9.0);
        cr_expect_eq(toy_at(&w, "recognition", "A"), day >= 5 ? 0.8 : 0.3, "day %d", day);
        cr_expect_eq(toy_at(&w, "recognition", "B"), 0.59);
    }
    toy_end(&w);
    t.more[0][1] = "country,date,decisions\nThere,3,70\nThere,2020-01-04,71\n";
    toy_refused(&t, "policies.csv:3:7: the country has a row of this day already");
}

// Resettlement ------------------------------------------------------------------------------------

Test(status, refugees_are_resettled_up_to_the_places_there_are)
{
    toy_world w = exodus(HEAD "status: {prima_facie: 1, " STILL "}\n", NULL, 15);
    const double n = there(&w, FLOW_STATUS_REFUGEE);
    double places[3] = {0};
    for (int32_t c = 0; c < 3; c++) {
        if (strcmp(w.s->country_name[c], "Yonder") == 0) { places[c] = 300.25; }
    }
    cr_assert_eq(flow_model_assign(w.m, "resettlement_places", places, 3), FLOW_OK);
    days(&w, 8);
    cr_expect_eq(of(&w, "D", FLOW_STATUS_RESETTLED), 2402.0);
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE), n - 2402.0);
    cr_expect_eq(toy_people(&w, "D"), 2412.0);
    cr_expect_eq(of_country(&w, "resettled", "Yonder"), 301.0);
    for (int32_t c = 0; c < 3; c++) { places[c] *= 1e6; }
    cr_assert_eq(flow_model_assign(w.m, "resettlement_places", places, 3), FLOW_OK);
    days(&w, 1);
    cr_expect_eq(there(&w, FLOW_STATUS_REFUGEE), 0.0);
    cr_expect_eq(of(&w, "D", FLOW_STATUS_RESETTLED), n);
    toy_end(&w);
}

Test(status, vulnerable_people_are_resettled_first)
{
    toy t = lands;
    t.yaml = HEAD "people: {leave: leave.csv, axes: gender}\n"
                  "status: {prima_facie: 1, policies: policies.csv, " STILL "}\n";
    t.leave = "axis,class,cause,factor\ngender,f,resettlement,3.5\n";
    t.attributes = "attribute,value,place,weight\ngender,f,,1\ngender,m,,1\n";
    t.more[0][0] = "policies.csv";
    t.more[0][1] = "country,date,resettlement_places\nYonder,0,500\n";
    toy_world w = toy_make(&t, 16);
    assign(&w, "onset_conflict", "A", 1.0);
    double before[8], after[8];
    cr_assert_eq(flow_model_observe(w.m, "people_by_gender", before, 8), FLOW_OK);
    days(&w, 6);
    cr_assert_eq(flow_model_observe(w.m, "people_by_gender", after, 8), FLOW_OK);
    const double women = after[6] - before[6], men = after[7] - before[7];
    cr_expect_eq(women + men, 3000.0, "%g and %g", women, men);
    toy_binomial(women, 3000.0, 3.5 / 4.5, "women of those resettled");
    toy_end(&w);
}

Test(status, where_there_is_no_room_resettled_people_leave_the_model)
{
    toy t = lands;
    t.place = "A,town,,200000,,,Here,,1,1;B,town,,1000,,,There,,2,1;C,town,,1000,,,There,,2,2;"
              "D,camp,10,,5,,Yonder,,9,9;";
    t.yaml = HEAD "status: {prima_facie: 1, policies: policies.csv, " STILL "}\n";
    t.more[0][0] = "policies.csv";
    t.more[0][1] = "country,date,resettlement_places\nYonder,0,500\n";
    toy_world w = toy_make(&t, 17);
    assign(&w, "onset_conflict", "A", 1.0);
    days(&w, 4);
    cr_expect_eq(toy_people(&w, "D"), 10.0);
    cr_expect_eq(flow_model_left(w.m), 2000);
    cr_expect_eq(of_country(&w, "resettled", "Yonder"), 500.0);
    toy_end(&w);
}

Test(status, households_are_resettled_and_decided_whole)
{
    toy t = lands;
    t.yaml = HEAD "status: {prima_facie: 0.5, claim_share: 1, decisions: 7.5, appeals: 0, "
                  "policies: policies.csv, " STILL "}\n";
    t.attributes = "attribute,value,place,weight\nhousehold_size,4,,1\n";
    t.more[0][0] = "policies.csv";
    t.more[0][1] = "country,date,resettlement_places\nYonder,0,3\n";
    toy_world w = toy_make(&t, 18);
    assign(&w, "onset_conflict", "A", 1.0);
    double resettled = 0.0;
    for (int day = 1; day <= 41; day++) {
        days(&w, 1);
        const double n = of_country(&w, "resettled", "Yonder");
        resettled += n;
        cr_expect(n == 0.0 || n == 4.0, "day %d: %g", day, n);
        cr_expect(resettled <= 3.0 * day && resettled > 3.0 * (day - 1) - 4.0, "day %d: %g", day,
                  resettled);
        const double decided = of_country(&w, "claims_decided", "There");
        cr_expect(day == 1 || decided == 28.0 || decided == 32.0, "day %d: %g", day, decided);
    }
    toy_end(&w);
}

// Returnees ---------------------------------------------------------------------------------------

#define HOMEWARD HEAD "status: {prima_facie: 1, " STILL "}\n"

/// Everybody is a returnee at A.
static toy_world return_all(const char *const *set, uint64_t seed)
{
    toy_world w = exodus(HOMEWARD, set, seed);
    assign(&w, "return_hazard", "A", 50.0);
    days(&w, 4);
    assign(&w, "return_hazard", NULL, 0.0);
    days(&w, 1);
    return w;
}

Test(status, who_comes_home_is_a_returnee_and_then_at_home_again)
{
    toy_world w = return_all(NULL, 19);
    cr_expect_eq(of(&w, "A", FLOW_STATUS_RETURNEE), 200000.0);
    assign(&w, "change_reintegrate", "A", 0.1);
    days(&w, 1);
    toy_binomial(of(&w, "A", FLOW_STATUS_RESIDENT), 200000.0, 1.0 - exp(-0.1), "at home again");
    toy_end(&w);
}

Test(status, returnees_leave_again_and_are_counted)
{
    const char *const set[] = {"status.redisplaced=9.1", NULL};
    toy_world w = return_all(set, 20);
    assign(&w, "change_reintegrate", NULL, 0.0);
    const double n = of(&w, "A", FLOW_STATUS_RETURNEE), p = 1.0 - exp(-9.1 / 365.2425);
    days(&w, 1);
    const double again = toy_at(&w, "redisplaced", "A");
    toy_binomial(again, n, p, "left again");
    cr_expect_eq(of(&w, "A", FLOW_STATUS_RETURNEE), n - again);
    cr_expect_eq(of(&w, "A", FLOW_STATUS_RESIDENT), 0.0);
    cr_expect_gt(there(&w, FLOW_STATUS_REFUGEE), 0.0);
    // Assistance lowers it, and residents do not mind.
    double factor[4] = {0, 0, 0, 0};
    cr_assert_eq(flow_model_assign(w.m, "redisplacement_factor", factor, 4), FLOW_OK);
    days(&w, 1);
    cr_expect_eq(toy_at(&w, "redisplaced", "A"), 0.0);
    toy_end(&w);
}

Test(status, factors_where_people_are_change_the_hazard_of_going_home)
{
    toy_world w = exodus(HOMEWARD, NULL, 21);
    const double b = of(&w, "B", FLOW_STATUS_REFUGEE), c = of(&w, "C", FLOW_STATUS_REFUGEE);
    double factor[4] = {1, 1, 1, 1};
    factor[flow_scenario_place(w.s, "B")] = 3.0;
    cr_assert_eq(flow_model_assign(w.m, "homeward_factor", factor, 4), FLOW_OK);
    assign(&w, "return_hazard", "A", 0.05);
    days(&w, 1);
    toy_binomial(of(&w, "B", FLOW_STATUS_REFUGEE), b, exp(-0.15), "still at B");
    toy_binomial(of(&w, "C", FLOW_STATUS_REFUGEE), c, exp(-0.05), "still at C");
    toy_end(&w);
}

// People who are followed, threads ----------------------------------------------------------------

Test(status, histories_end_with_death_and_show_changes)
{
    flow_scenario *s = story_load(STORY_STATUS, NULL);
    flow_model *m = story_model(s, 5, FLOW_INDIVIDUALS_ALL, 1);
    while (flow_model_day(m) < s->n_step) { story_step(STORY_STATUS, m); }
    const int64_t n = flow_model_n_moment(m), n_person = flow_model_n_person(m);
    flow_moment *moment = calloc((size_t)n, sizeof *moment);
    int32_t *where = calloc((size_t)n_person, sizeof *where);
    cr_assert_eq(flow_model_moments(m, moment, n), FLOW_OK);
    cr_assert_eq(flow_model_locate(m, where, n_person), FLOW_OK);
    int64_t dead = 0, refugees = 0;
    for (int64_t i = 0; i < n; i++) {
        const bool last = i + 1 == n || moment[i + 1].person != moment[i].person;
        if (moment[i].status == FLOW_MOMENT_DEAD) {
            cr_assert(last && moment[i].where == FLOW_LEFT, "moment %ld", (long)i);
            cr_assert_eq(where[moment[i].person], FLOW_LEFT);
            dead++;
        }
        refugees += last && moment[i].status == FLOW_STATUS_REFUGEE;
    }
    double all[6 * FLOW_N_STATUS], sum = 0.0;
    cr_assert_eq(flow_model_observe(m, "people_by_status", all, 6 * FLOW_N_STATUS), FLOW_OK);
    for (int p = 0; p < 6; p++) { sum += all[p * FLOW_N_STATUS + FLOW_STATUS_REFUGEE]; }
    cr_expect_eq(dead, flow_model_dead(m));
    cr_expect_gt(dead, 1000);
    cr_expect_geq((double)refugees, sum, "those on links count in the histories only");
    cr_expect_gt(sum, 100.0);
    free(moment);
    free(where);
    flow_model_free(m);
    flow_scenario_free(s);
}

Test(status, threads_come_to_the_same)
{
    const char *const set[] = {"status.remain=9", "status.redisplaced=20", "status.claim_share=0.5",
                               "health.base=0.001", NULL};
    flow_scenario *s = story_load(STORY_LATTICE, set);
    uint64_t sum[3];
    for (int i = 0; i < 3; i++) {
        flow_model *m = story_model(s, 5, FLOW_INDIVIDUALS_NONE, i == 2 ? 8 : i + 1);
        while (flow_model_day(m) < s->n_step) { story_step(STORY_LATTICE, m); }
        sum[i] = flow_model_checksum(m);
        flow_model_free(m);
    }
    cr_expect_eq(sum[0], sum[1]);
    cr_expect_eq(sum[0], sum[2]);
    flow_scenario_free(s);
}
