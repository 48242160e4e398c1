// Counter-trafficking: victims are identified, sheltered and protected, risks on the way are lower.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double identify, protect; ///< 1/d
    double prevention;        ///< share
    double cost, shelter_day; ///< USD, USD/d
} param;

typedef struct data {
    flow_scope scope;
} data;

enum { COST, IDENTIFY, PROTECT, SHELTER, IRREGULAR, SMUGGLED }; // own columns

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    FLOW_MEASURE_TIME(param, plan, "90"),
    FLOW_MEASURE_PLACES(param, plan, "victims reached at a time", "all"),
    {"identify", AT(identify), FLOW_DOUBLE, "d-1", "0.005", 0, 10, NULL, 'A',
     "libflow: half of the victims in 140 days",
     "Hazard that a victim is identified, more than without it."},
    {"protect", AT(protect), FLOW_DOUBLE, "d-1", "0.002", 0, 10, NULL, 'A', "libflow",
     "Hazard that a victim is given protection."},
    {"prevention", AT(prevention), FLOW_DOUBLE, "1", "0.2", 0, 1, NULL, 'A', "libflow",
     "Share by which the chance to be trafficked on a way is lower that starts at its places."},
    {"cost_case", AT(cost), FLOW_DOUBLE, "USD", "3000", 0, 1e6, NULL, 'A', "libflow",
     "Cost of a victim identified or protected: care, law, way home."},
    {"cost_shelter", AT(shelter_day), FLOW_DOUBLE, "USD d-1", "2", 0, 1e4, NULL, 'A', "libflow",
     "Cost of a place in a shelter for a victim and day."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    const param *p = setup->param;
    const flow_world *w = setup->world;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for counter_trafficking"); }
    setup->data = d;
    setup->n_state = flow_measure_n_state(w) + w->n_place;
    return flow_measure_load(setup, &p->plan, &d->scope);
}

static double victims_at(const flow_turn *turn, int32_t place)
{
    return (double)turn->by_status[(int64_t)FLOW_STATUS_TRAFFICKED * turn->world->n_place + place];
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const flow_world *w = turn->world;
    double *victims = turn->state + flow_measure_n_state(w);
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    for (int32_t i = 0; i < w->n_place; i++) { victims[i] = victims_at(turn, i); }
    const flow_service service = {.plan = &p->plan,
                                  .scope = &d->scope,
                                  .person_day =
                                      (p->identify + p->protect) * p->cost + p->shelter_day,
                                  .cap = victims};
    const double *served = flow_measure_serve(turn, &service, works);
    for (int32_t i = 0; i < w->n_place; i++) {
        const double share = victims[i] > 0.0 ? served[i] / victims[i] : 0.0;
        turn->own[IDENTIFY][i] = p->identify * share;
        turn->own[PROTECT][i] = p->protect * share;
        turn->own[SHELTER][i] = served[i];
    }
    for (int32_t l = 0; l < w->n_link; l++) {
        const double share = d->scope.in[w->link_from[l]] ? works : 0.0;
        turn->own[IRREGULAR][l] = turn->own[SMUGGLED][l] = 1.0 - p->prevention * share;
    }
    return FLOW_OK;
}

const flow_module flow_module_counter_trafficking = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_RESPONSE,
    .name = "counter_trafficking",
    .help = "Counter-trafficking: victims are found, sheltered, protected; risks are prevented.",
    .source =
        "libflow: hazards * share of the victims reached; cost = cases expected * cost_case + "
        "shelter",
    .many = true,
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "cost,change_identify,change_protect,shelter_places,trafficking_factor_irregular,"
              "trafficking_factor_smuggled",
    .load = load,
    .step = step};
