// Cash transfers: income that people spend on what they need.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double transfer; ///< USD per person and day
    double overhead; ///< of the transfer
} param;

typedef struct data {
    flow_scope scope;
} data;

enum { INCOME, COST }; // own columns

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    FLOW_MEASURE_TIME(param, plan, "14"),
    FLOW_MEASURE_PLACES(param, plan, "persons paid (most_total: person-days)", "displaced"),
    FLOW_MEASURE_TARGET(param, plan, "need"),
    {"transfer", AT(transfer), FLOW_DOUBLE, "USD d-1", "0.7", 0, 1e4, NULL, 'D',
     "257 USD per person targeted and year, all sectors (OCHA, Global Humanitarian Overview 2024)",
     "Money that a person gets per day."},
    {"overhead", AT(overhead), FLOW_DOUBLE, "1", "0.15", 0, 10, NULL, 'A',
     "Direction: cash costs less per person than vouchers, these less than food (Doocy and Tappis "
     "2017, Campbell Systematic Reviews)",
     "Cost of delivery as a share of the transfer."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for cash"); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(setup->world);
    return flow_measure_load(setup, &p->plan, &d->scope);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    const flow_service service = {.plan = &p->plan,
                                  .scope = &d->scope,
                                  .person_day = p->transfer * (1.0 + p->overhead),
                                  .sector = true};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[INCOME][i] = p->transfer * served[i];
    }
    return FLOW_OK;
}

const flow_module flow_module_cash = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "cash",
    .help = "Cash transfers, where food is needed: people buy what they lack, as prices let them.",
    .source = "libflow: income = transfer * persons paid; cost = income * (1 + overhead)",
    .many = true,
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "income,cost",
    .reads = FLOW_MEASURE_READS("food"),
    .load = load,
    .step = step};
