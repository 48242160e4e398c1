// Registration: so many people a day are written down, few of them twice.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double cost;       ///< USD
    double duplicates; ///< factor
} param;

typedef struct data {
    flow_scope scope;
} data;

enum { REGISTRATIONS, DUPLICATES, COST }; // own columns
enum { REGISTERED };                      // what it reads

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    FLOW_MEASURE_TIME(param, plan, "30"),
    FLOW_MEASURE_PLACES(param, plan, "persons registered", "displaced"),
    {"cost_person", AT(cost), FLOW_DOUBLE, "USD", "5", 0, 1e4, NULL, 'A', "libflow",
     "Cost of registering a person."},
    {"duplicate_factor", AT(duplicates), FLOW_DOUBLE, "1", "0.1", 0, 1, NULL, 'A',
     "libflow: with biometrics",
     "Factor on the share of people who are registered twice, where it works."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for registration_drive"); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w) + w->n_place;
    return flow_measure_load(setup, &p->plan, &d->scope);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    double *open = turn->state + flow_measure_n_state(w);
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    for (int32_t i = 0; i < w->n_place; i++) { // who is not registered yet, in this step
        open[i] =
            flow_measure_people(turn, p->plan.who, i) * (1.0 - turn->read[REGISTERED][i]) / w->dt;
    }
    const flow_service service = {
        .plan = &p->plan, .scope = &d->scope, .person_day = p->cost, .cap = open};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < w->n_place; i++) {
        turn->own[REGISTRATIONS][i] = served[i];
        turn->own[DUPLICATES][i] = d->scope.in[i] ? 1.0 + (p->duplicates - 1.0) * works : 1.0;
    }
    return FLOW_OK;
}

const flow_module flow_module_registration_drive = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "registration_drive",
    .help = "Registration of displaced people, with biometrics.",
    .source = "libflow: persons per day, up to those who are not registered yet",
    .many = true,
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "registrations,duplicate_factor,cost",
    .reads = "registered_share",
    .load = load,
    .step = step};
