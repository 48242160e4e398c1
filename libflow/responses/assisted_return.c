// Return from abroad: assisted, with money and reintegration, or forced.
#include "flow/module.h"

#include <math.h>
#include <string.h>

enum { ASSISTED, FORCED };
enum { COST, OFFER, HOMEWARD, REINTEGRATE, AGAIN }; // own columns
enum { RETURN, HOMEWARD_NOW };                      // what it reads

typedef struct param {
    flow_measure plan;
    char *home_country;
    int32_t mode;
    double offer;                                          ///< USD
    double response;                                       ///< for 1000 USD
    double force;                                          ///< factor
    double reintegration, again;                           ///< factors
    double cost_assisted, cost_forced, cost_reintegration; ///< USD
} param;

typedef struct data {
    flow_scope scope;
    bool *home; ///< [n_place] where people go back to
} data;

#define AT(member) offsetof(param, member)
#define PARLIAMENT                                                                                 \
    "European Parliament's research service and Court of Auditors, by the European Commission "    \
    "2021: "
#define NUMBER(key, member, unit, value, most, tag, source, help)                                  \
    {                                                                                              \
        key, AT(member), FLOW_DOUBLE, unit, value, 0, most, NULL, tag, source, help                \
    }
static const flow_field fields[] = {
    FLOW_MEASURE_TIME(param, plan, "60"),
    FLOW_MEASURE_PLACES(param, plan, "returns (most_total: in all)", "displaced"),
    {"home_country", AT(home_country), FLOW_TEXT, "", "", 0, 0, NULL, '-', "",
     "Country to which people go back; empty: all."},
    {"mode", AT(mode), FLOW_CHOICE, "", "assisted", 0, 0, "assisted|forced", '-', "",
     "Voluntary return with an offer, or return by force."},
    NUMBER("offer", offer, "USD", "500", 1e6, 'A', "libflow",
           "Money for each person who goes home."),
    NUMBER("response", response, "1", "0.4", 100, 'A', "libflow",
           "Logarithm by which 1000 USD raise the hazard of going home."),
    NUMBER("force", force, "1", "3", 1e6, 'A', "libflow",
           "Forced: factor on the hazard of going home."),
    NUMBER("reintegration", reintegration, "1", "1.5", 100, 'A', "libflow",
           "Assisted: factor on the pace at which returnees are at home again."),
    NUMBER("again", again, "1", "0.6", 100, 'A', "libflow: fewer leave again",
           "Assisted: factor on the hazard that returnees leave once more."),
    NUMBER("cost_assisted", cost_assisted, "USD", "680", 1e6, 'V', PARLIAMENT "560 EUR",
           "Cost of a voluntary return without the offer."),
    NUMBER("cost_forced", cost_forced, "USD", "4146", 1e6, 'V',
           PARLIAMENT "3,414 EUR; charter flights of Frontex 5,800 EUR (EUobserver 2017)",
           "Cost of a forced return."),
    NUMBER("cost_reintegration", cost_reintegration, "USD", "0", 1e6, 'A', "libflow",
           "Cost of reintegration for each who returns assisted."),
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for assisted_return"); }
    d->home = flow_setup_keep(setup, w->n_place, sizeof *d->home);
    if (d->home == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for assisted_return"); }
    int32_t n = 0;
    for (int32_t i = 0; i < w->n_place; i++) {
        const char *country = w->country_name[w->place_country[i]];
        d->home[i] = p->home_country == NULL || strcmp(p->home_country, country) == 0;
        n += d->home[i];
    }
    if (n == 0) {
        flow_setup_error_key(setup, "home_country", "'%s' is no country of the list of places",
                             p->home_country);
    }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w) + w->n_place;
    return flow_measure_load(setup, &p->plan, &d->scope);
}

/// Factor on the hazard of going home of those whom the measure reaches.
static double push(const param *p)
{
    return p->mode == FORCED ? p->force : exp(p->response * p->offer / 1000.0);
}

static bool may_return(int32_t status)
{
    return status == FLOW_STATUS_REFUGEE || status == FLOW_STATUS_ASYLUM ||
           status == FLOW_STATUS_IRREGULAR;
}

/// Returns per day to another country that are expected from each place, if all are reached.
static void expect(const flow_turn *turn, double *out)
{
    const param *p = turn->param;
    const data *d = turn->data;
    memset(out, 0, (size_t)turn->world->n_place * sizeof *out);
    for (int64_t k = 0; k < turn->n_crowd; k++) {
        const flow_people *row = &turn->crowd[k];
        if (row->home < 0 || row->home == row->place || !d->home[row->home]) { continue; }
        const int32_t *country = turn->world->place_country;
        if (!may_return(row->status) || country[row->home] == country[row->place]) { continue; }
        const double own = turn->own[HOMEWARD][row->place];
        const double others = own > 0.0 ? turn->read[HOMEWARD_NOW][row->place] / own : 1.0;
        out[row->place] += (double)row->persons * turn->read[RETURN][row->home] * others * push(p);
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    double *expected = turn->state + flow_measure_n_state(w);
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    expect(turn, expected);
    const bool forced = p->mode == FORCED;
    const flow_service service = {
        .plan = &p->plan,
        .scope = &d->scope,
        .person_day = forced ? p->cost_forced : p->cost_assisted + p->offer + p->cost_reintegration,
        .cap = expected};
    const double *served = flow_measure_serve(turn, &service, works);
    double all = 0.0, reached = 0.0;
    for (int32_t i = 0; i < w->n_place; i++) {
        const double share = expected[i] > 0.0 ? served[i] / expected[i] : 0.0;
        turn->own[OFFER][i] = forced ? 0.0 : p->offer * share;
        turn->own[HOMEWARD][i] = 1.0 + (push(p) - 1.0) * share;
        all += expected[i];
        reached += served[i];
    }
    const double part = all > 0.0 && !forced ? reached / all : 0.0;
    for (int32_t i = 0; i < w->n_place; i++) {
        const double share = d->home[i] ? part : 0.0;
        turn->own[REINTEGRATE][i] = 1.0 + (p->reintegration - 1.0) * share;
        turn->own[AGAIN][i] = 1.0 + (p->again - 1.0) * share;
    }
    return FLOW_OK;
}

const flow_module flow_module_assisted_return = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "assisted_return",
    .help = "Return home from abroad, assisted with money and reintegration, or by force.",
    .source =
        "libflow: factor on going home = exp(response * offer / 1000), or force; cost = returns "
        "expected * cost of each",
    .many = true,
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "cost,return_offer,homeward_factor,change_factor_reintegrate,redisplacement_factor",
    .reads = "return_hazard,homeward_factor",
    .load = load,
    .step = step};
