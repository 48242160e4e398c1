// Recovery at the origin: homes are repaired faster than their people could.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double rate;      ///< 1/d
    double household; ///< persons
    double cost;      ///< USD
} param;

typedef struct data {
    flow_scope scope;
} data;

enum { REPAIR, COST }; // own columns
enum { DAMAGE };       // what it reads

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {FLOW_MEASURE_TIME(param, plan, "60"),
                                    FLOW_MEASURE_PLACES(param, plan, "homes repaired", "residents"),
                                    {"rate", AT(rate), FLOW_DOUBLE, "d-1", "0.005", 0, 10, NULL,
                                     'A', "libflow: half of the homes in 140 days",
                                     "Share of damaged homes repaired per day at most."},
                                    {"household", AT(household), FLOW_DOUBLE, "1", "5", 1, 100,
                                     NULL, 'A', "libflow", "Persons in a home."},
                                    {"cost_home", AT(cost), FLOW_DOUBLE, "USD", "3000", 0, 1e6,
                                     NULL, 'A', "libflow", "Cost of repairing a home."},
                                    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for recovery"); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w) + w->n_place;
    return flow_measure_load(setup, &p->plan, &d->scope);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    double *homes = turn->state + flow_measure_n_state(w);
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    for (int32_t i = 0; i < w->n_place; i++) { // a day, at the full rate
        homes[i] = p->rate * turn->read[DAMAGE][i] * w->population[i] / p->household;
    }
    const flow_service service = {
        .plan = &p->plan, .scope = &d->scope, .person_day = p->cost, .cap = homes};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < w->n_place; i++) {
        turn->own[REPAIR][i] = homes[i] > 0.0 ? p->rate * served[i] / homes[i] : 0.0;
    }
    return FLOW_OK;
}

const flow_module flow_module_origin_recovery = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "origin_recovery",
    .help = "Recovery where people come from: damaged homes are repaired faster.",
    .source = "libflow: damage falls by rate * share of the homes that are paid for",
    .many = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "repair,cost",
    .reads = "housing_damage",
    .load = load,
    .step = step};
