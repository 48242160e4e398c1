// Responses: what all measures have in common, and those against the needs of people.
#include "aid.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>

// Without an error of costs, and at once; needs are seen as they are, in each step.
#define PLAIN "lead_days: 0, cost_cv: 0"

static void see_all(aid *a)
{
    aid_assign(a, "need_error", (const double[]){0.0}, 1);
    aid_assign(a, "need_age", (const double[]){0.0}, 1);
}

static void need(aid *a, const char *quantity, double alder, double birch, double cedar,
                 double dogwood)
{
    const double value[AID_N_PLACE] = {alder, birch, cedar, dogwood, 0.0};
    aid_assign(a, quantity, value, AID_N_PLACE);
}

// Sharing ----------------------------------------------------------------------------------------

Test(share, goes_by_weights_up_to_the_caps)
{
    const double weight[4] = {1.0, 2.0, 3.0, 0.0}, cap[4] = {100.0, 5.0, 100.0, 9.0};
    double out[4];
    flow_share_capped(4, 45.0, weight, cap, out);
    const double expected[4] = {10.0, 5.0, 30.0, 0.0}; // the second is full, 40 go 1 : 3
    for (int i = 0; i < 4; i++) { aid_is(out[i], expected[i], "share"); }
    flow_share_capped(4, 1000.0, weight, cap, out);
    aid_is(out[0] + out[1] + out[2] + out[3], 205.0, "all caps that have a weight");
}

Test(share, goes_to_the_largest_first)
{
    double out[5] = {3.0, 7.0, 7.0, 10.0, 1.0}, cap[5] = {3.0, 7.0, 7.0, 10.0, 1.0};
    flow_share_largest(5, 19.5, cap, out);
    const double expected[5] = {0.0, 7.0, 2.5, 10.0, 0.0};
    for (int i = 0; i < 5; i++) { aid_is(out[i], expected[i], "share"); }
    double all[3] = {3.0, 7.0, 2.0}, same[3] = {3.0, 7.0, 2.0};
    flow_share_largest(3, 12.0, same, all);
    aid_is(all[0] + all[1] + all[2], 12.0, "all of it");
}

// Measures ---------------------------------------------------------------------------------------

Test(measure, begins_after_its_lead_time_and_ends)
{
    aid a = aid_make("food_aid: {start: 2026-01-02, end: 2026-01-06, lead_days: 2, cost_cv: 0, "
                     "target: uniform}\n",
                     NULL, NULL, 10);
    const double served[6] = {0.0, 0.0, 0.0, 1000.0, 1000.0, 0.0};
    for (int day = 0; day < 6; day++) {
        aid_steps(&a, 1);
        double sum = 0.0;
        for (int i = 0; i < AID_N_PLACE; i++) { sum += aid_place(&a, "food_rations", i); }
        aid_is(sum, served[day], "rations");
    }
    aid_is(aid_spent(&a), 2.0 * 1000.0 * 0.61, "USD");
    aid_end(&a);
}

Test(measure, by_heads_all_get_the_same_share)
{
    aid a = aid_make("food_aid: {" PLAIN ", target: uniform, most_per_day: 250, country: Inland}\n",
                     NULL, NULL, 10);
    aid_steps(&a, 1);
    const double served[AID_N_PLACE] = {125.0, 31.25, 93.75}; // of 800
    for (int i = 0; i < AID_N_PLACE; i++) {
        aid_is(aid_place(&a, "food_rations", i), served[i], "rations");
    }
    aid_end(&a);
}

Test(measure, by_need_goes_in_proportion_to_what_others_leave_open)
{
    aid a = aid_make("food_aid: {" PLAIN ", target: need, most_per_day: 60}\n", NULL, NULL, 10);
    see_all(&a);
    need(&a, "in_need_food", 100.0, 40.0, 0.0, 200.0);
    need(&a, "reached_food", 60.0, 0.0, 0.0, 160.0);
    aid_steps(&a, 2); // needs are those of the end of the step before
    const double served[AID_N_PLACE] = {20.0, 20.0, 0.0, 20.0, 0.0}; // of 40, 40 and 40 open
    for (int i = 0; i < AID_N_PLACE; i++) {
        aid_is(aid_place(&a, "food_rations", i), served[i], "rations");
    }
    aid_end(&a);
}

Test(measure, what_it_serves_itself_stays_its_task)
{
    aid a = aid_make("food_aid: {" PLAIN "}\nneeds: {}\n", NULL, NULL, 20);
    see_all(&a);
    aid_steps(&a, 3);
    const double first = aid_place(&a, "food_rations", AID_CEDAR);
    aid_is(first, 300.0, "rations"); // all of the camp
    aid_steps(&a, 5);
    aid_is(aid_place(&a, "food_rations", AID_CEDAR), 300.0, "rations later");
    aid_is(aid_place(&a, "reached_food", AID_CEDAR), 300.0, "reached");
    aid_end(&a);
}

Test(measure, by_vulnerability_weights_people_by_status)
{
    // All are idp or refugees, of weight 1: caps let the rest go to the others.
    aid a = aid_make("food_aid: {" PLAIN ", target: vulnerability, most_per_day: 900, coverage: "
                     "0.95}\n",
                     NULL, NULL, 10);
    aid_steps(&a, 1);
    aid_is(aid_place(&a, "food_rations", AID_ALDER), 360.0, "rations"); // 0.9 of 400
    aid_is(aid_place(&a, "food_rations", AID_DOGWOOD), 180.0, "rations");
    aid_end(&a);
}

Test(measure, by_cost_serves_the_largest_places_and_saves_sites)
{
    double spent[2];
    for (int rule = 0; rule < 2; rule++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "food_aid: {%s, target: %s, most_per_day: 250, cost_site: 10, cost_unit: "
                       "0.5}\n",
                       PLAIN, rule == 0 ? "need" : "cost");
        aid a = aid_make(text, NULL, NULL, 10);
        see_all(&a);
        need(&a, "in_need_food", 200.0, 20.0, 100.0, 30.0);
        aid_steps(&a, 2);
        spent[rule] = aid_spent(&a);
        if (rule == 1) {
            const double served[AID_N_PLACE] = {200.0, 0.0, 50.0, 0.0, 0.0};
            for (int i = 0; i < AID_N_PLACE; i++) {
                aid_is(aid_place(&a, "food_rations", i), served[i], "rations");
            }
        }
        aid_end(&a);
    }
    aid_is(spent[0], 125.0 + 40.0, "USD, four sites");
    aid_is(spent[1], 125.0 + 20.0, "USD, two sites");
}

Test(measure, old_needs_are_seen_until_the_next_look)
{
    aid a = aid_make("food_aid: {" PLAIN "}\n", NULL, NULL, 40);
    aid_assign(&a, "need_error", (const double[]){0.0}, 1);
    aid_assign(&a, "need_age", (const double[]){14.0}, 1);
    need(&a, "in_need_food", 0.0, 0.0, 70.0, 0.0);
    aid_steps(&a, 2);
    need(&a, "in_need_food", 0.0, 90.0, 0.0, 0.0);
    aid_steps(&a, 10);
    aid_is(aid_place(&a, "food_rations", AID_CEDAR), 70.0, "rations where nobody needs them");
    aid_is(aid_place(&a, "food_rations", AID_BIRCH), 0.0, "rations where they are needed");
    aid_steps(&a, 5);
    aid_is(aid_place(&a, "food_rations", AID_BIRCH), 90.0, "rations after the next look");
    aid_end(&a);
}

// Property: the error of observed needs has the mean and the spread that it says.
Test(measure, needs_are_seen_with_an_error_of_mean_zero)
{
    const int n = 400;
    const double cv = 0.4;
    double sum = 0.0, square = 0.0;
    for (int member = 0; member < n; member++) {
        aid a = aid_member("food_aid: {" PLAIN "}\n", (uint32_t)member, 1);
        aid_assign(&a, "need_error", &cv, 1);
        need(&a, "in_need_food", 0.0, 100.0, 0.0, 0.0);
        aid_steps(&a, 2);
        const double seen = aid_place(&a, "food_rations", AID_BIRCH) / 100.0;
        sum += seen;
        square += seen * seen;
        aid_end(&a);
    }
    const double mean = sum / n, deviation = sqrt(square / n - mean * mean);
    cr_expect_float_eq(mean, 1.0, 5.0 * cv / sqrt(n), "mean %g", mean);
    cr_expect_float_eq(deviation, cv, 0.12, "deviation %g", deviation);
}

// Property: the factor on costs has mean 1, is one for a run, and is the same for options of it.
Test(measure, costs_have_an_error_of_mean_one)
{
    const int n = 400;
    double sum = 0.0;
    for (int member = 0; member < n; member++) {
        aid a = aid_member("food_aid: {lead_days: 0, target: uniform}\n", (uint32_t)member, 1);
        aid_steps(&a, 1);
        const double first = aid_spent(&a);
        aid_steps(&a, 1);
        cr_expect_float_eq(aid_spent(&a), 2.0 * first, 0.03);
        sum += first / 610.0;
        aid_end(&a);
    }
    cr_expect_float_eq(sum / n, 1.0, 5.0 * 0.3 / sqrt(n), "mean %g", sum / n);
    aid a = aid_member("food_aid: {lead_days: 0, target: uniform}\n", 5, 1);
    aid b = aid_member("food_aid: {lead_days: 3, target: uniform, most_per_day: 500}\n", 5, 1);
    aid_steps(&a, 1);
    aid_steps(&b, 4);
    cr_expect_float_eq(aid_spent(&a), 2.0 * aid_spent(&b), 0.03);
    aid_end(&a);
    aid_end(&b);
}

Test(measure, stops_at_its_total_and_at_the_end_of_its_money)
{
    aid a = aid_make("food_aid: {" PLAIN ", target: uniform, most_total: 2500}\n", NULL, NULL, 10);
    const double served[4] = {1000.0, 1000.0, 500.0, 0.0};
    for (int day = 0; day < 4; day++) {
        aid_steps(&a, 1);
        aid_is(aid_place(&a, "food_rations", AID_ALDER), 0.4 * served[day], "rations");
    }
    aid_end(&a);
    aid b = aid_make("budget: {amount: 152.5}\n"
                     "food_aid: {" PLAIN ", target: uniform, budget: budget, place: Cedar}\n",
                     NULL, NULL, 10);
    aid_steps(&b, 1);
    aid_is(aid_place(&b, "food_rations", AID_CEDAR), 250.0, "rations for 152.5 USD"); // of 300
    aid_steps(&b, 1);
    aid_is(aid_place(&b, "food_rations", AID_CEDAR), 0.0, "rations without money");
    aid_end(&b);
}

Test(measure, overlap_is_paid_for_and_helps_nobody)
{
    aid a = aid_make("food_aid: {" PLAIN ", target: uniform}\n", NULL, NULL, 10);
    aid_assign(&a, "overlap", (const double[]){0.25}, 1);
    aid_steps(&a, 1);
    aid_is(aid_place(&a, "food_rations", AID_CEDAR), 225.0, "rations");
    aid_is(aid_spent(&a), 610.0, "USD");
    aid_end(&a);
}

Test(measure, fixed_costs_begin_with_the_decision)
{
    aid a = aid_make("food_aid: {lead_days: 2, cost_cv: 0, cost_fixed: 30, target: uniform, kind: "
                     "camp}\n",
                     NULL, NULL, 10);
    aid_steps(&a, 2);
    aid_is(aid_spent(&a), 60.0, "USD");
    aid_steps(&a, 1);
    aid_is(aid_spent(&a), 90.0 + 500.0 * 0.61, "USD"); // people of both camps
    aid_is(aid_place(&a, "cost__food_aid", AID_CEDAR), 15.0 + 300.0 * 0.61, "USD/d");
    aid_end(&a);
}

Test(measure, is_refused_for_places_that_are_not_there)
{
    aid_refused("food_aid: {place: Alderr}\nneeds: {}\n", "did you mean 'Alder'");
    aid_refused("food_aid: {country: Nowhere}\nneeds: {}\n", "'Nowhere' is no country");
    aid_refused("food_aid: {country: Coast, kind: forward}\nneeds: {}\n", "no place is left");
    aid_refused("food_aid: {start: 2026-01-03, end: 2026-01-03}\nneeds: {}\n",
                "the measure ends before it is decided");
    aid_refused("food_aid: {budget: nobody}\nneeds: {}\n", "there is no budget 'nobody'");
}

// Each response against needs --------------------------------------------------------------------

typedef struct effect {
    char yaml[160];
    char supply[32], reached[32];
    double supplied; ///< at Cedar, for 300 people
    double served;   ///< persons reached there
    double cost;     ///< USD at Cedar on the third day
} effect;

// Known answers, and the effect on needs: without the response nobody of the camp is reached.
ParameterizedTestParameters(responses, reach_people_in_need)
{
    static effect rows[] = {
        {"food_aid: {" PLAIN "}\n", "food_rations", "reached_food", 300.0, 300.0, 183.0},
        {"water_supply: {" PLAIN "}\n", "water", "reached_water", 4500.0, 300.0, 33.75},
        {"health_care: {" PLAIN "}\n", "health_consultations", "reached_health", 600.0 / 365.25,
         300.0, 12000.0 / 365.25},
        {"legal_aid: {" PLAIN ", units: 2}\n", "legal_cases", "reached_legal", 60.0 / 365.25,
         60.0 * 180.0 / 365.25, 57000.0 / 365.25},
        {"cash: {" PLAIN ", transfer: 1}\n", "income", "reached_food", 300.0, 300.0, 345.0},
        {"shelter_kits: {" PLAIN ", life: 0, cost_place_day: 0.5}\n", "shelter_places",
         "reached_shelter", 300.0, 300.0, 150.0},
        {"site: {" PLAIN ", kind: camp}\n", "extra_capacity", "reached_shelter", 300.0, 300.0,
         30.0},
        {"schooling: {" PLAIN "}\n", "school_places", "reached_education", 87.0, 87.0, 69.6},
    };
    return cr_make_param_array(effect, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(effect *e, responses, reach_people_in_need)
{
    char yaml[256];
    for (int on = 0; on < 2; on++) {
        (void)snprintf(yaml, sizeof yaml, "needs: {}\n%s", on ? e->yaml : "");
        aid a = aid_make(yaml, NULL, NULL, 10);
        see_all(&a);
        aid_steps(&a, 3);
        aid_is(aid_place(&a, e->reached, AID_CEDAR), on ? e->served : 0.0, e->reached);
        if (on) {
            aid_is(aid_place(&a, e->supply, AID_CEDAR), e->supplied, e->supply);
            cr_expect_float_eq(aid_place(&a, "cost", AID_CEDAR), e->cost, 0.02, "%s: %g USD",
                               e->supply, aid_place(&a, "cost", AID_CEDAR));
        }
        aid_end(&a);
    }
}

Test(responses, a_site_is_built_day_by_day_and_paid_once)
{
    aid a = aid_make("site: {" PLAIN ", place: Dogwood, places: 100, most_per_day: 40, cost_place: "
                     "400, cost_place_day: 0.5, target: uniform, end: 2026-01-08}\n",
                     NULL, NULL, 10);
    const double built[4] = {40.0, 80.0, 100.0, 100.0};
    double spent = 0.0;
    for (int day = 0; day < 4; day++) {
        aid_steps(&a, 1);
        aid_is(aid_place(&a, "extra_capacity", AID_DOGWOOD), built[day], "capacity");
        aid_is(aid_place(&a, "shelter_places", AID_DOGWOOD), built[day], "shelter");
        spent += 0.5 * built[day] + 400.0 * (built[day] - (day > 0 ? built[day - 1] : 0.0));
        aid_is(aid_spent(&a), spent, "USD");
    }
    aid_steps(&a, 4);
    aid_is(aid_place(&a, "extra_capacity", AID_DOGWOOD), 0.0, "capacity after the end");
    aid_end(&a);
}

Test(responses, kits_wear_out_and_are_replaced_while_money_lasts)
{
    aid a = aid_make("budget: {amount: 23000}\n"
                     "shelter_kits: {" PLAIN ", place: Cedar, places: 100, life: 10, target: "
                     "uniform, budget: budget}\n",
                     NULL, NULL, 10);
    aid_steps(&a, 1);
    aid_is(aid_place(&a, "shelter_places", AID_CEDAR), 100.0, "places");
    aid_steps(&a, 5);
    aid_is(aid_place(&a, "shelter_places", AID_CEDAR), 100.0 * exp(-0.5), "places later");
    aid_end(&a);
}

Test(responses, cash_buys_less_where_prices_are_high)
{
    aid a = aid_make("needs: {}\ncash: {" PLAIN ", transfer: 0.7}\n", NULL, NULL, 10);
    see_all(&a);
    aid_assign(&a, "price_index", (const double[]){1.0, 1.0, 1.4, 1.0, 1.0, 1.0}, AID_N_PLACE);
    aid_steps(&a, 3);
    aid_is(aid_place(&a, "income", AID_CEDAR), 210.0, "USD/d");
    aid_is(aid_place(&a, "reached_food", AID_CEDAR), 0.5 * 210.0 / 1.4 / 0.5, "reached");
    aid_end(&a);
}

Test(responses, legal_aid_raises_the_odds_of_claims)
{
    aid a = aid_make("legal_aid: {" PLAIN ", target: uniform}\n", NULL, NULL, 5);
    aid_steps(&a, 1);
    aid_is(aid_country(&a, "recognition_odds", 1), 1.0, "odds where nobody claims");
    aid_end(&a);
}

Test(responses, that_go_by_a_need_nobody_tells_are_warned_of)
{
    static const struct {
        const char *yaml;
        int64_t warnings;
    } rows[] = {{"cash: {}\n", 1},
                {"cash: {target: cost}\n", 1},
                {"cash: {target: uniform}\n", 0},
                {"cash: {}\nneeds: {}\n", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        aid a = aid_make(rows[i].yaml, NULL, NULL, 5);
        cr_expect_eq(flow_scenario_n_warning(a.s), rows[i].warnings, "%s", rows[i].yaml);
        aid_end(&a);
    }
}

// Threads and options ----------------------------------------------------------------------------

Test(responses, are_the_same_for_any_number_of_threads)
{
    const char *yaml = "needs: {}\nbudget: {amount: 5000, spread: true}\n"
                       "food_aid: {lead_days: 1, budget: budget}\n"
                       "shelter_kits: {lead_days: 1, budget: budget, target: vulnerability}\n"
                       "cash: {lead_days: 1, target: cost, most_per_day: 200}\n";
    uint64_t sum = 0;
    for (int threads = 1; threads <= 8; threads *= 2) {
        aid a = aid_member(yaml, 3, threads);
        aid_steps(&a, 40);
        if (threads == 1) { sum = flow_model_checksum(a.m); }
        cr_expect_eq(flow_model_checksum(a.m), sum, "%d threads", threads);
        aid_end(&a);
    }
}
