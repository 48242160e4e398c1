// Responses on the way, in countries, for integration, return and recovery: known answers, costs,
// and that what they act on changes.
#include "aid.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>

#define PLAIN "lead_days: 0, cost_cv: 0"

// Programmes: the effect grows with the share of people who take part ----------------------------

typedef struct programme {
    char yaml[128];
    char quantity[32];
    double none, all; ///< at Cedar with nobody and everybody of 300 taking part
    double usd_day;   ///< for everybody there
} programme;

ParameterizedTestParameters(programmes, act_by_the_share_who_take_part)
{
    static programme rows[] = {
        {"information_campaign: {" PLAIN ", who: displaced", "awareness", 0.0, 1.0, 6.0},
        {"host_programme: {" PLAIN ", who: displaced", "host_support", 0.0, 0.5, 9.0},
        {"host_programme: {" PLAIN ", who: displaced", "school_places", 0.0, 3.0, 9.0},
        {"remittance_fees: {" PLAIN "", "remittance_fee", 1.0, 0.4854, 0.0},
        {"integration_programme: {" PLAIN "", "language_hours", 0.0, 1.5, 2970.0},
        {"integration_programme: {" PLAIN ", chances: 1.4", "employment_ceiling", 1.0, 1.4, 2970.0},
        {"integration_programme: {" PLAIN "", "employment_pace", 1.0, 1.2, 2970.0},
        {"livelihoods: {" PLAIN ", who: displaced", "wage", 1.0, 1.1, 90.0},
        {"livelihoods: {" PLAIN ", who: displaced", "worth", 0.0, 0.2, 90.0},
        {"safe_spaces: {" PLAIN "", "incident_factor", 1.0, 0.7, 15.0}};
    return cr_make_param_array(programme, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(programme *p, programmes, act_by_the_share_who_take_part)
{
    static const double part[3] = {0.0, 0.4, 1.0};
    for (int k = 0; k < 3; k++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, "%s, coverage: %g}\n", p->yaml, part[k]);
        aid a = aid_make(yaml, NULL, NULL, 5);
        aid_steps(&a, 1);
        aid_is(aid_place(&a, p->quantity, AID_CEDAR), p->none + (p->all - p->none) * part[k],
               p->quantity);
        aid_is(aid_place(&a, "cost", AID_CEDAR), p->usd_day * part[k], "USD/d");
        aid_end(&a);
    }
}

Test(programmes, tell_the_risks_of_ways_where_people_start)
{
    aid a = aid_make("information_campaign: {" PLAIN
                     ", who: displaced, place: Cedar, risk_awareness: 0.8}\n",
                     NULL, NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_link(&a, "risk_awareness", AID_CEDAR, AID_DOGWOOD), 0.8, "from there");
    aid_is(aid_link(&a, "risk_awareness", AID_DOGWOOD, AID_CEDAR), 0.0, "to there");
    aid_end(&a);
}

Test(programmes, an_early_right_to_work_is_one_of_the_country)
{
    aid a = aid_make("integration_programme: {" PLAIN ", country: Coast, work_asylum: 1}\n", NULL,
                     NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_country(&a, "work_right_asylum", 1), 1.0, "there");
    aid_is(aid_country(&a, "work_right_asylum", 0), 0.0, "elsewhere");
    aid_end(&a);
}

// Effect: courses and matching bring more people into work; without them fewer work.
Test(programmes, courses_and_matching_bring_people_into_work)
{
    double employed[2];
    for (int on = 0; on < 2; on++) {
        aid a = aid_make(on ? "integration: {}\nintegration_programme: {" PLAIN "}\n"
                            : "integration: {}\n",
                         NULL, NULL, 400);
        aid_steps(&a, 365);
        employed[on] = aid_place(&a, "employed_refugee", AID_DOGWOOD);
        aid_end(&a);
    }
    cr_expect_gt(employed[1], 1.2 * employed[0], "%g and %g without", employed[1], employed[0]);
}

// Effect: safe spaces lower incidents.
Test(programmes, safe_spaces_lower_incidents)
{
    double incidents[2];
    for (int on = 0; on < 2; on++) {
        aid a = aid_make(on ? "needs: {}\nprotection: {}\nsafe_spaces: {" PLAIN "}\n"
                            : "needs: {}\nprotection: {}\n",
                         NULL, NULL, 10);
        aid_steps(&a, 3);
        incidents[on] = aid_place(&a, "incidents", AID_CEDAR);
        aid_end(&a);
    }
    aid_is(incidents[1], 0.7 * incidents[0], "incidents");
}

// Effect: mortality falls with food, water and health care.
Test(programmes, care_lowers_mortality)
{
    double deaths[2];
    for (int on = 0; on < 2; on++) {
        aid a = aid_make(on ? "needs: {}\nhealth: {}\nhealth_care: {" PLAIN "}\n"
                            : "needs: {}\nhealth: {}\n",
                         NULL, NULL, 10);
        aid_assign(&a, "need_error", (const double[]){0.0}, 1);
        aid_steps(&a, 4);
        deaths[on] = aid_place(&a, "mortality", AID_CEDAR);
        aid_end(&a);
    }
    cr_expect_lt(deaths[1], 0.9 * deaths[0], "%g and %g without", deaths[1], deaths[0]);
}

// Registration -----------------------------------------------------------------------------------

Test(registration, goes_on_until_all_are_registered)
{
    aid a = aid_make("registration_drive: {" PLAIN ", most_per_day: 100, place: Cedar}\n", NULL,
                     NULL, 5);
    const double before[AID_N_PLACE] = {0.0, 0.0, 0.75, 0.0, 0.0};
    aid_steps(&a, 1);
    aid_is(aid_place(&a, "registrations", AID_CEDAR), 100.0, "registered a day");
    aid_is(aid_place(&a, "duplicate_factor", AID_CEDAR), 0.1, "duplicates");
    aid_is(aid_place(&a, "duplicate_factor", AID_ALDER), 1.0, "duplicates elsewhere");
    aid_is(aid_spent(&a), 500.0, "USD");
    aid_assign(&a, "registered_share", before, AID_N_PLACE);
    aid_steps(&a, 2);
    aid_is(aid_place(&a, "registrations", AID_CEDAR), 75.0, "those who are left");
    aid_end(&a);
}

// On the way -------------------------------------------------------------------------------------

Test(crossings, rescue_saves_a_share_and_is_paid_by_the_day)
{
    aid a =
        aid_make("budget: {amount: 1500}\n"
                 "search_and_rescue: {" PLAIN ", saved: 0.6, cost_day: 1000, from_place: Cedar, "
                 "to_place: Dogwood, budget: budget}\n",
                 NULL, NULL, 5);
    const double factor[3] = {0.4, 0.7, 1.0}; // the money lasts for a day and a half
    for (int day = 0; day < 3; day++) {
        aid_steps(&a, 1);
        aid_is(aid_link(&a, "death_factor_irregular", AID_CEDAR, AID_DOGWOOD), factor[day],
               "factor");
        aid_is(aid_link(&a, "death_factor_smuggled", AID_CEDAR, AID_DOGWOOD), factor[day],
               "factor");
        aid_is(aid_link(&a, "death_factor_irregular", AID_DOGWOOD, AID_CEDAR), 1.0, "way back");
    }
    aid_is(aid_place(&a, "cost__search_and_rescue", AID_CEDAR), 0.0, "USD/d without money");
    aid_end(&a);
}

Test(crossings, enforcement_is_at_borders_both_ways_if_it_is_said)
{
    aid a = aid_make("enforcement: {" PLAIN ", detection: 3, cost_day: 10, to_country: Coast, "
                     "both_ways: true}\n",
                     NULL, NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_link(&a, "detection_factor_smuggled", AID_CEDAR, AID_DOGWOOD), 3.0, "way there");
    aid_is(aid_link(&a, "detection_factor_irregular", AID_DOGWOOD, AID_CEDAR), 3.0, "way back");
    aid_is(aid_link(&a, "detection_factor_irregular", AID_DOGWOOD, AID_ELM), 1.0, "no border");
    aid_is(aid_spent(&a), 10.0, "USD");
    aid_end(&a);
}

Test(crossings, transport_has_the_seats_that_are_paid_for)
{
    aid a = aid_make("transport: {start: 2026-01-02, lead_days: 1, cost_cv: 0, seats: 40, "
                     "cost_seat: 20, from_place: Alder}\n",
                     NULL, NULL, 5);
    const double seats[3] = {0.0, 0.0, 40.0};
    for (int day = 0; day < 3; day++) {
        aid_steps(&a, 1);
        aid_is(aid_link(&a, "seats", AID_ALDER, AID_BIRCH), seats[day], "seats");
    }
    aid_is(aid_spent(&a), 800.0, "USD");
    aid_end(&a);
}

Test(crossings, counter_trafficking_prevents_where_ways_start)
{
    aid a = aid_make("counter_trafficking: {" PLAIN ", country: Inland, prevention: 0.3}\n", NULL,
                     NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_link(&a, "trafficking_factor_smuggled", AID_CEDAR, AID_DOGWOOD), 0.7, "from there");
    aid_is(aid_link(&a, "trafficking_factor_irregular", AID_DOGWOOD, AID_CEDAR), 1.0, "to there");
    aid_is(aid_spent(&a), 0.0, "USD without victims");
    aid_end(&a);
}

// Countries --------------------------------------------------------------------------------------

Test(countries, decide_and_take_in_as_many_as_are_paid_for)
{
    aid a = aid_make("budget: {amount: 24000}\n"
                     "asylum_capacity: {" PLAIN ", country: Coast, decisions: 8, cost_case: 2000, "
                     "budget: budget}\n"
                     "resettlement: {" PLAIN ", country: Inland, places: 0.5, cost_case: 10000}\n",
                     NULL, NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_country(&a, "decisions", 1), 8.0, "decisions");
    aid_is(aid_country(&a, "decisions", 0), 0.0, "decisions elsewhere");
    aid_is(aid_country(&a, "resettlement_places", 0), 0.5, "places");
    aid_is(aid_place(&a, "cost__asylum_capacity", AID_ELM), 16000.0, "USD/d at the largest town");
    aid_steps(&a, 1);
    aid_is(aid_country(&a, "decisions", 1), 4.0, "decisions for what is left");
    aid_is(aid_place(&a, "cost__resettlement", AID_ALDER), 5000.0, "USD/d");
    aid_end(&a);
    aid_refused("resettlement: {places: 1}\n", "resettlement.country: it must be given");
}

Test(countries, labour_pathways_have_permits_and_no_fee)
{
    aid a = aid_make("labour_pathway: {" PLAIN ", country: Coast, permits: 3, others: 1e10}\n",
                     NULL, NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_country(&a, "labour_permits", 1), 3.0, "permits");
    aid_is(aid_country(&a, "labour_permits", 0), 1e10, "permits elsewhere");
    aid_is(aid_link(&a, "fee_factor_regular", AID_CEDAR, AID_DOGWOOD), 0.0, "fee");
    aid_is(aid_link(&a, "fee_factor_regular", AID_DOGWOOD, AID_CEDAR), 1.0, "fee elsewhere");
    aid_is(aid_spent(&a), 1500.0, "USD");
    aid_end(&a);
}

// Coordination and monitoring --------------------------------------------------------------------

// Effect: the same money reaches more people.
Test(coordination, less_is_given_twice)
{
    double served[2];
    for (int on = 0; on < 2; on++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml,
                       "coordination: {%s, overlap: 0.2, reduction: %g, coverage: 0.5, "
                       "coverage_after: %g, cost_fixed: 10}\nfood_aid: {%s, target: uniform}\n",
                       PLAIN, on ? 0.75 : 0.0, on ? 0.6 : 0.5, PLAIN);
        aid a = aid_make(yaml, NULL, NULL, 5);
        aid_steps(&a, 2); // funding is that of the end of the phase before
        served[on] = aid_place(&a, "food_rations", AID_CEDAR);
        aid_is(aid_place(&a, "cost__coordination", AID_ELM), on ? 6.0 : 5.0, "USD/d");
        aid_end(&a);
    }
    cr_expect_float_eq(served[0], 300.0 * 0.8 * 0.5, 0.1, "%g", served[0]);
    cr_expect(served[1] > 1.2 * served[0], "%g and %g without", served[1], served[0]);
}

// Effect: with fresher and better counts more of the food goes to people in need.
Test(monitoring, better_counts_make_better_targeting)
{
    double reached[2] = {0.0, 0.0};
    for (int on = 0; on < 2; on++) {
        for (uint32_t member = 0; member < 40; member++) {
            aid a = aid_member(on ? "monitoring: {" PLAIN ", cost_round: 140}\nneeds: {}\n"
                                    "food_aid: {" PLAIN "}\n"
                                  : "needs: {}\nfood_aid: {" PLAIN "}\n",
                               member, 1);
            aid_steps(&a, 35);
            for (int i = 0; i < AID_N_PLACE; i++) {
                reached[on] += aid_place(&a, "reached_food", i);
            }
            if (on) { aid_is(aid_place(&a, "cost__monitoring", AID_ELM), 10.0, "USD/d"); }
            aid_end(&a);
        }
    }
    cr_expect_gt(reached[1], 1.05 * reached[0], "%g and %g without", reached[1], reached[0]);
}

// Recovery, return, anticipation -----------------------------------------------------------------

// Effect: damaged homes are repaired faster, as far as there is money.
Test(recovery, homes_are_repaired_faster)
{
    static const char water[] = "place,date,depth\nAlder,0,3\nAlder,1,0\n";
    double damage[3];
    for (int k = 0; k < 3; k++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml, "flood: {rebuild: 0.001}\n%s%s",
                       k == 2 ? "budget: {amount: 30000}\n" : "",
                       k == 0   ? ""
                       : k == 1 ? "origin_recovery: {" PLAIN ", rate: 0.02}\n"
                                : "origin_recovery: {" PLAIN ", rate: 0.02, budget: budget}\n");
        aid a = aid_make(yaml, "flood.csv", water, 60);
        aid_steps(&a, 50);
        damage[k] = aid_place(&a, "housing_damage", AID_ALDER);
        if (k == 2) { cr_expect_float_eq(aid_spent(&a), 30000.0, 0.011); }
        aid_end(&a);
    }
    cr_expect_gt(damage[0], 0.01, "%g", damage[0]);
    cr_expect_lt(damage[1], 0.5 * damage[0], "%g and %g without", damage[1], damage[0]);
    cr_expect(damage[2] > damage[1] && damage[2] < damage[0], "%g, %g, %g", damage[0], damage[2],
              damage[1]);
}

static const char forecasts[] = "place,date,probability\nAlder,3,0.3\nAlder,5,0.8\nAlder,8,0\n"
                                "Alder,25,0.9\nAlder,27,0\n";

Test(anticipation, households_are_paid_once_when_the_forecast_passes_the_trigger)
{
    static const char yaml[] =
        "anticipatory_cash: {" PLAIN ", who: displaced, transfer: 45, pause: "
        "10, spend_days: 20}\n";
    aid a = aid_make(yaml, "forecasts.csv", forecasts, 40);
    aid_steps(&a, 5);
    aid_is(aid_spent(&a), 0.0, "USD before");
    aid_steps(&a, 1);
    aid_is(aid_spent(&a), 1.15 * 45.0 / 4.5 * 400.0, "USD for 400 people");
    aid_is(aid_place(&a, "income", AID_ALDER), 10.0 * 400.0 / 20.0, "USD/d");
    cr_expect_float_eq(aid_place(&a, "hazard_flood", AID_ALDER), -log(0.8), 1e-9);
    aid_steps(&a, 1);
    aid_is(aid_place(&a, "income", AID_ALDER), 10.0 * 400.0 / 20.0 * exp(-1.0 / 20.0), "USD/d");
    aid_is(aid_place(&a, "hazard_flood", AID_ALDER), 0.0, "hazard on the next day");
    aid_is(aid_spent(&a), 4600.0, "USD, once");
    aid_end(&a);
}

// Effect: a false alarm costs trust, an alarm that came true does not.
Test(anticipation, false_alarms_cost_trust)
{
    static const double nothing[AID_N_PLACE] = {0.0}, struck[AID_N_PLACE] = {0.3};
    for (int hit = 0; hit < 2; hit++) {
        aid a = aid_make("anticipatory_cash: {" PLAIN ", who: displaced, pause: 10, leave: 0.3, "
                         "trust_loss: 0.2}\n",
                         "forecasts.csv", forecasts, 40);
        aid_steps(&a, 7);
        aid_assign(&a, "onset_flood", hit ? struck : nothing, AID_N_PLACE);
        aid_steps(&a, 1);
        aid_assign(&a, "onset_flood", nothing, AID_N_PLACE);
        const double people = aid_place(&a, "people", AID_ALDER);
        aid_steps(&a, 18);
        cr_expect_gt(people, 0.0);
        const double gone = 0.3 * (hit ? 1.0 : 0.8);
        cr_expect_float_eq(aid_place(&a, "hazard_flood", AID_ALDER), -log1p(-gone), 1e-9, "%g",
                           aid_place(&a, "hazard_flood", AID_ALDER));
        aid_end(&a);
    }
}

// People on the move -----------------------------------------------------------------------------

static const char processes[] = "movement: {rule: destination}\nneeds: {}\nintegration: {}\n"
                                "remittances: {}\nhost: {}\nprotection: {}\n";

/// Five days of conflict at Alder drive people out, to both countries; then all is quiet.
static aid flight(const char *yaml, const char *status, int days)
{
    char text[2048];
    (void)snprintf(text, sizeof text, "%sstatus: {%s}\n%s", processes, status, yaml);
    aid a = aid_make(text, NULL, NULL, days);
    const double conflict[AID_N_PLACE] = {0.2}, quiet[AID_N_PLACE] = {0.0};
    aid_assign(&a, "hazard_conflict", conflict, AID_N_PLACE);
    aid_steps(&a, 5);
    aid_assign(&a, "hazard_conflict", quiet, AID_N_PLACE);
    return a;
}

/// People of a status in all places.
static double count_status(const aid *a, int32_t status)
{
    double sum = 0.0;
    const int32_t n = AID_N_PLACE * FLOW_N_STATUS;
    for (int i = 0; i < AID_N_PLACE; i++) {
        sum += aid_at(a, "people_by_status", i * FLOW_N_STATUS + status, n);
    }
    return sum;
}

// Effect: fees of remittances fall from 6.18 to 3 per cent.
Test(flight, less_is_lost_on_the_way_home)
{
    double lost[2];
    for (int on = 0; on < 2; on++) {
        aid a = flight(on ? "remittance_fees: {" PLAIN "}\n" : "", "", 200);
        aid_steps(&a, 100);
        lost[on] = aid_place(&a, "remittance_cost", AID_ELM) / aid_place(&a, "remitted", AID_ELM);
        aid_end(&a);
    }
    cr_expect_float_eq(lost[0], 0.0618, 1e-9, "%g", lost[0]);
    cr_expect_float_eq(lost[1], 0.0618 * 0.4854, 1e-9, "%g", lost[1]);
}

// Effect: claims are decided, nobody waits any more.
Test(flight, claims_are_decided_where_there_is_capacity)
{
    double waiting[2];
    for (int on = 0; on < 2; on++) {
        aid a = flight(on ? "people: {axes: status}\n"
                            "asylum_capacity: {" PLAIN ", country: Coast, decisions: 5}\n"
                          : "people: {axes: status}\n",
                       "claim_share: 1, claim: 0", 200);
        aid_steps(&a, 60);
        waiting[on] = count_status(&a, FLOW_STATUS_ASYLUM);
        aid_end(&a);
    }
    cr_expect_gt(waiting[0], 50.0, "%g", waiting[0]);
    cr_expect_lt(waiting[1], 0.2 * waiting[0], "%g and %g without", waiting[1], waiting[0]);
}

// Effect: the odds of claims rise with legal aid.
Test(flight, legal_aid_raises_the_odds_of_claims)
{
    aid a = flight("legal_aid: {" PLAIN ", target: uniform, odds: 1.8}\n", "claim_share: 1", 50);
    aid_steps(&a, 10);
    aid_is(aid_country(&a, "recognition_odds__legal_aid", 1), 1.8, "odds where all are helped");
    aid_is(aid_country(&a, "recognition_odds__legal_aid", 0), 1.0, "odds where nobody claims");
    aid_end(&a);
}

// Effect: people are taken in.
Test(flight, refugees_are_taken_in_by_a_third_country)
{
    double resettled[2];
    for (int on = 0; on < 2; on++) {
        aid a = flight(on ? "people: {axes: status}\n"
                            "resettlement: {" PLAIN ", country: Island, places: 0.5}\n"
                          : "people: {axes: status}\n",
                       "prima_facie: 1, settle: 0", 100);
        aid_steps(&a, 60);
        resettled[on] = count_status(&a, FLOW_STATUS_RESETTLED);
        if (on) { cr_expect_float_eq(aid_spent(&a), 65.0 * 0.5 * 15714.0, 1.0); }
        aid_end(&a);
    }
    aid_is(resettled[0], 0.0, "resettled without places");
    cr_expect(resettled[1] >= 25.0 && resettled[1] <= 33.0, "%g", resettled[1]);
}

// Effect: victims of trafficking are found; it costs by cases.
Test(flight, victims_of_trafficking_are_found)
{
    double victims[2];
    for (int on = 0; on < 2; on++) {
        aid a = flight(on ? "people: {axes: status}\n"
                            "counter_trafficking: {" PLAIN ", identify: 0.05, protect: 0.05}\n"
                          : "people: {axes: status}\n",
                       "claim_share: 0, claim: 0, exploit: 3, identify: 0, prima_facie: 0", 200);
        aid_steps(&a, 120);
        victims[on] = count_status(&a, FLOW_STATUS_TRAFFICKED);
        if (on) { cr_expect_gt(aid_spent(&a), 3000.0, "%g", aid_spent(&a)); }
        aid_end(&a);
    }
    cr_expect_gt(victims[0], 20.0, "%g", victims[0]);
    cr_expect_lt(victims[1], 0.5 * victims[0], "%g and %g without", victims[1], victims[0]);
}

// Effect: hosts who are supported accept more.
Test(flight, supported_hosts_accept_more)
{
    double acceptance[2];
    for (int on = 0; on < 2; on++) {
        aid a = flight(on ? "host_programme: {" PLAIN "}\n" : "", "", 100);
        aid_steps(&a, 60);
        acceptance[on] = aid_place(&a, "host_acceptance", AID_BIRCH);
        aid_end(&a);
    }
    cr_expect_lt(acceptance[0], 0.99, "%g", acceptance[0]);
    cr_expect_float_eq(log(acceptance[1]) / log(acceptance[0]), 0.5, 0.1, "%g and %g without",
                       acceptance[1], acceptance[0]);
}

// Effect: fewer leave for work where there are jobs and services; returns to where they are.
Test(flight, livelihoods_let_people_stay)
{
    double here[2];
    for (int on = 0; on < 2; on++) {
        char yaml[256];
        (void)snprintf(yaml, sizeof yaml,
                       "movement: {rule: destination}\nlivelihoods: {%s, place: Alder, coverage: "
                       "%d, worth: 2, wage_factor: 1}\n",
                       PLAIN, on);
        aid a = aid_make(yaml, NULL, NULL, 60);
        aid_assign(&a, "hazard_economic", (const double[AID_N_PLACE]){0.05}, AID_N_PLACE);
        aid_steps(&a, 40);
        here[on] = aid_place(&a, "people", AID_ALDER);
        aid_end(&a);
    }
    cr_expect_gt(here[1], here[0] + 300.0, "%g and %g without", here[1], here[0]);
}

// Effect: permits of a pathway come on top of those of the list.
Test(flight, pathways_let_workers_in)
{
    double labour[2];
    for (int on = 0; on < 2; on++) {
        aid a = aid_make(on ? "movement: {rule: destination}\npeople: {axes: status}\npermits: {}\n"
                              "status: {}\n"
                              "labour_pathway: {" PLAIN ", country: Coast, permits: 4}\n"
                            : "movement: {rule: destination}\npeople: {axes: status}\npermits: {}\n"
                              "status: {}\n",
                         "permits.csv",
                         "country,date,permits\nCoast,2026-01-01,0\nIsland,2026-01-01,0\n", 60);
        aid_assign(&a, "hazard_economic", (const double[AID_N_PLACE]){0.05}, AID_N_PLACE);
        aid_steps(&a, 40);
        labour[on] = count_status(&a, FLOW_STATUS_LABOUR);
        aid_end(&a);
    }
    aid_is(labour[0], 0.0, "without permits");
    cr_expect(labour[1] > 100.0 && labour[1] <= 160.0, "%g", labour[1]);
}

// Effect: more go home with an offer. The published ratio of costs: a forced return costs six
// times an assisted one.
Test(flight, assisted_returns_are_more_and_forced_ones_cost_more)
{
    static const char *const mode[3] = {"", "assisted", "forced"};
    double abroad[3], each[3] = {0.0};
    const int32_t n_count = AID_N_PLACE * FLOW_N_STATUS;
    for (int k = 0; k < 3; k++) {
        char yaml[512];
        (void)snprintf(yaml, sizeof yaml, "people: {axes: status}\nreturn_home: {rate: 0.005}\n");
        if (k > 0) {
            (void)snprintf(yaml, sizeof yaml,
                           "people: {axes: status}\nreturn_home: {rate: 0.005}\n"
                           "assisted_return: {%s, offer: %d, response: 1, force: 2, again: 0.3, "
                           "mode: %s}\n",
                           PLAIN, k == 1 ? 1000 : 0, mode[k]);
        }
        aid a = flight(yaml, "prima_facie: 1, naturalise: 0, remain: 0, redisplaced: 0", 100);
        if (k == 1) {
            aid_is(aid_place(&a, "homeward_factor__assisted_return", AID_ELM), exp(1.0),
                   "factor on going home");
            aid_is(aid_place(&a, "redisplacement_factor__assisted_return", AID_ALDER), 0.3,
                   "factor on leaving again");
            aid_is(aid_place(&a, "return_offer", AID_ELM), 1000.0, "USD");
        }
        double refugees = 0.0;
        for (int s = FLOW_STATUS_REFUGEE; s <= FLOW_STATUS_IRREGULAR; s++) {
            refugees += aid_at(&a, "people_by_status", AID_ELM * FLOW_N_STATUS + s, n_count);
        }
        double hazard = aid_place(&a, "return_hazard", AID_ALDER);
        if (k > 0) {
            hazard *= aid_place(&a, "homeward_factor", AID_ELM) /
                      aid_place(&a, "homeward_factor__assisted_return", AID_ELM);
        }
        aid_steps(&a, 1);
        if (k > 0) { each[k] = aid_place(&a, "cost", AID_ELM) / (refugees * hazard); }
        aid_steps(&a, 59);
        abroad[k] = count_status(&a, FLOW_STATUS_REFUGEE);
        aid_end(&a);
    }
    // The 200 of Dogwood are at home there.
    cr_expect_lt(abroad[1] - 200.0, 0.85 * (abroad[0] - 200.0), "%g and %g without", abroad[1],
                 abroad[0]);
    cr_expect_float_eq(each[1], exp(1.0) * 1680.0, 0.1, "%g USD, offer included", each[1]);
    cr_expect_float_eq(each[2], 2.0 * 4146.0, 0.1, "%g USD", each[2]);
}
