// What countries can do more of: decide claims, take people in, give permits.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double per_day; ///< persons or claims
    double others;  ///< permits of other countries
    double fee;     ///< factor on the fee that workers pay
    double cost;    ///< USD for each
} param;

typedef struct data {
    flow_scope scope;
    int32_t country, seat; ///< the country, and its most populous place, where costs are booked
    bool permits;
} data;

enum { COST, NUMBER, FEE }; // own columns

#define AT(member) offsetof(param, member)
#define COUNTRY(lead)                                                                              \
    FLOW_MEASURE_TIME(param, plan, lead),                                                          \
    {                                                                                              \
        "country", AT(plan.country), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",                       \
            "Country that does it; must be given."                                                 \
    }
#define AMOUNT(key, help)                                                                          \
    {                                                                                              \
        key, AT(per_day), FLOW_DOUBLE, "d-1", "0", 0, 1e10, NULL, '-', "", help                    \
    }
#define PRICE(value, tag, source, help)                                                            \
    {                                                                                              \
        "cost_case", AT(cost), FLOW_DOUBLE, "USD", value, 0, 1e6, NULL, tag, source, help          \
    }

static const flow_field asylum_rows[] = {
    COUNTRY("180"), AMOUNT("decisions", "Claims for asylum decided per day, more than before."),
    PRICE("2000", 'A',
          "libflow: staff and interpreters; 14,400 GBP a claim and year with housing in the United "
          "Kingdom 2012",
          "Cost of a decision."),
    FLOW_FIELD_END};

static const flow_field resettlement_rows[] = {
    COUNTRY("540"), AMOUNT("places", "Persons taken in from other countries per day."),
    PRICE(
        "15714", 'V',
        "1.1 billion USD for 70,000 refugees taken in by the United States in 2014, all agencies; "
        "a case takes 18 to 24 months from referral to arrival",
        "Cost of taking a person in."),
    FLOW_FIELD_END};

static const flow_field labour_rows[] = {
    COUNTRY("90"),
    AMOUNT("permits", "Labour permits per day for work in the country."),
    {"others", AT(others), FLOW_DOUBLE, "d-1", "0", 0, 1e10, NULL, '-', "",
     "Permits per day that this adds for each other country: 0 beside the section permits, which "
     "lists the others; without it 1e10, any number."},
    {"fee_factor", AT(fee), FLOW_DOUBLE, "1", "0", 0, 1e6, NULL, 'V',
     "Ethical recruitment: the worker pays nothing (ILO principle); else brokers take more than a "
     "month of wages (KNOMAD and ILO, 19 corridors)",
     "Factor on the fee of regular crossings into the country."},
    PRICE("500", 'A', "libflow: recruitment, papers, travel", "Cost of a permit that is offered."),
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup, bool permits)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a country"); }
    d->permits = permits;
    setup->data = d;
    setup->n_state = flow_measure_n_state(w);
    if (p->plan.country == NULL) {
        flow_setup_error_key(setup, "country", "it must be given: who does it?");
    }
    const flow_err err = flow_measure_load(setup, &p->plan, &d->scope);
    d->seat = -1;
    for (int32_t i = 0; i < w->n_place; i++) {
        if (!d->scope.in[i]) { continue; }
        if (d->seat < 0 || w->population[i] > w->population[d->seat]) { d->seat = i; }
    }
    d->country = d->seat >= 0 ? w->place_country[d->seat] : -1;
    for (int32_t i = 0; i < w->n_place; i++) { d->scope.in[i] = i == d->seat; }
    d->scope.n = 1;
    return err;
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    double share = 0.0;
    if (works > 0.0) {
        share = works * flow_measure_pay(turn, d->seat, works * w->dt * p->per_day * p->cost);
    }
    for (int32_t c = 0; c < w->n_country && d->permits; c++) { turn->own[NUMBER][c] = p->others; }
    turn->own[NUMBER][d->country] = p->per_day * share;
    for (int32_t l = 0; l < w->n_link && d->permits; l++) {
        const int32_t from = w->place_country[w->link_from[l]],
                      to = w->place_country[w->link_to[l]];
        if (to != d->country || from == to) { continue; }
        turn->own[FEE][l] = 1.0 + (p->fee - 1.0) * share;
    }
    return FLOW_OK;
}

#define MODULE(id, rows, permits, text, formula, list)                                             \
    static flow_err load_##id(flow_setup *setup)                                                   \
    {                                                                                              \
        return load(setup, permits);                                                               \
    }                                                                                              \
    const flow_module flow_module_##id = {.version = FLOW_MODULE_VERSION,                          \
                                          .kind = FLOW_RESPONSE,                                   \
                                          .name = #id,                                             \
                                          .help = text,                                            \
                                          .source = formula,                                       \
                                          .many = true,                                            \
                                          .field = rows,                                           \
                                          .param_size = sizeof(param),                             \
                                          .writes = "cost," list,                                  \
                                          .load = load_##id,                                       \
                                          .step = step};

MODULE(asylum_capacity, asylum_rows, false, "Claims for asylum are decided faster.",
       "libflow: decisions per day, as many as are paid for", "decisions")
MODULE(resettlement, resettlement_rows, false,
       "Resettlement: a country takes people in, the most vulnerable first.",
       "libflow: persons per day, as many as are paid for", "resettlement_places")
MODULE(labour_pathway, labour_rows, true,
       "A labour pathway: permits for work, without a fee for the worker.",
       "libflow: permits per day, as many as are paid for; fees of regular crossings by a factor",
       "labour_permits,fee_factor_regular")
