// Status of people who passed a border by channels.
#include "toy.h"

#include <criterion/criterion.h>

/// People of a status at B.
static double of(const toy_world *w, int status)
{
    double all[2 * FLOW_N_STATUS];
    cr_assert_eq(flow_model_observe(w->m, "people_by_status", all, 2 * FLOW_N_STATUS), FLOW_OK,
                 "%s", flow_error_text());
    return all[flow_scenario_place(w->s, "B") * FLOW_N_STATUS + status];
}

/// Everybody leaves A for a cause, across a sea that can be passed irregularly only.
static toy_world across_the_sea(const char *onset)
{
    const toy t = {
        .days = 5,
        .place = "A,town,,40000,,,Here,,1,1;B,town,,9000,,,There,,2,1;",
        .link = "A,B,30,,,,boat;",
        .yaml = "movement: {rule: destination}\n"
                "channels: {}\npassage: {fee: 0, success: 0, risk: 0, irregular: 0, "
                "smuggled: 0, wait: -1000, retry: 0, give_up: 0}\n"
                "status: {claim_share: 0.6, claim: 0, exploit: 0, identify: 0, regularise: 0}\n",
        .more = {{"channels.csv", "from,to,channel,fee,success,interception,death_risk,"
                                  "trafficking_risk\nA,B,irregular,0,1,0,0,0.1\n"}}};
    toy_world w = toy_make(&t, 22);
    const double all[2] = {1.0, 0.0};
    cr_assert_eq(flow_model_assign(w.m, onset, all, 2), FLOW_OK, "%s", flow_error_text());
    toy_days(&w, 1);
    return w;
}

Test(status_channels, who_passes_irregularly_may_claim_asylum_unless_for_work)
{
    toy_world w = across_the_sea("onset_conflict");
    toy_binomial(of(&w, FLOW_STATUS_TRAFFICKED), 40000, 0.1, "trafficked");
    toy_binomial(of(&w, FLOW_STATUS_ASYLUM), 40000, 0.9 * 0.6, "asylum seekers");
    toy_binomial(of(&w, FLOW_STATUS_IRREGULAR), 40000, 0.9 * 0.4, "without status");
    toy_end(&w);
    w = across_the_sea("onset_economic");
    const double n = toy_people(&w, "B") - 9000.0; // who weighs work may stay
    cr_assert_gt(n, 500.0);
    toy_binomial(of(&w, FLOW_STATUS_TRAFFICKED), n, 0.1, "trafficked");
    cr_expect_eq(of(&w, FLOW_STATUS_TRAFFICKED) + of(&w, FLOW_STATUS_IRREGULAR), n);
    toy_end(&w);
}
