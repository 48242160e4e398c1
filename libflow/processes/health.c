// Health: mortality rises with needs that nobody meets; an outbreak may multiply it.
#include "flow/module.h"

#include <math.h>

enum { DISEASE, IN_NEED, REACHED = IN_NEED + 3 };    // what it reads: food, water, health care
enum { DEATH_HAZARD, MORTALITY, EXCESS, EMERGENCY }; // own columns
enum { N_SECTOR = REACHED - IN_NEED };

typedef struct param {
    double base;             ///< 1/d
    double effect[N_SECTOR]; ///< of all people without
    double threshold;        ///< 1/d
    int32_t deaths;
} param;

enum { EXCESS_ONLY, ALL }; // param.deaths

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"base", AT(base), FLOW_DOUBLE, "d-1", "2.2e-5", 0, 1, NULL, 'R',
     "United Nations World Population Prospects 2022: 8 deaths per 1,000 people and year",
     "Usual deaths per person and day."},
    {"food", AT(effect[0]), FLOW_DOUBLE, "1", "8", 0, 1000, NULL, 'A',
     "At 8 mortality is 2 per 10,000 and day where nobody has food: what famine begins with (IPC)",
     "Mortality of people without food, in usual ones on top of it."},
    {"water", AT(effect[1]), FLOW_DOUBLE, "1", "4", 0, 1000, NULL, 'A', "libflow",
     "Mortality of people without water, in usual ones on top of it."},
    {"care", AT(effect[2]), FLOW_DOUBLE, "1", "2", 0, 1000, NULL, 'A', "libflow",
     "Mortality of people without health care, in usual ones on top of it."},
    {"threshold", AT(threshold), FLOW_DOUBLE, "d-1", "1e-4", 0, 1, NULL, 'V',
     "Sphere, UNHCR: 1 per 10,000 and day, or twice the usual; Médecins Sans Frontières call it "
     "too "
     "high",
     "Mortality of an emergency; twice the usual one counts as an emergency, too."},
    {"deaths", AT(deaths), FLOW_CHOICE, "", "excess", 0, 0, "excess|all", 'A',
     "libflow: no one is born in the model",
     "Who dies: the usual deaths are left to births, or all are drawn."},
    FLOW_FIELD_END};

/// Usual mortality times the factor of unmet needs.
static double factor_of(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    const double n = (double)turn->people[place];
    double factor = 1.0;
    for (int32_t k = 0; k < N_SECTOR && n > 0.0; k++) {
        const double unmet = turn->read[IN_NEED + k][place] - turn->read[REACHED + k][place];
        factor += p->effect[k] * fmin(fmax(unmet, 0.0) / n, 1.0);
    }
    return factor * turn->read[DISEASE][place];
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        const double n = (double)turn->people[i];
        const double rate = p->base * factor_of(turn, i), excess = fmax(rate - p->base, 0.0);
        turn->own[MORTALITY][i] = n > 0.0 ? rate : 0.0;
        turn->own[EXCESS][i] = excess * n;
        turn->own[DEATH_HAZARD][i] = p->deaths == ALL ? rate : excess;
        const bool high = rate >= p->threshold || rate >= 2.0 * p->base;
        turn->own[EMERGENCY][i] = n > 0.0 && rate > 0.0 && high ? 1.0 : 0.0;
    }
    return FLOW_OK;
}

const flow_module flow_module_health = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "health",
    .help = "Mortality rises with needs for food, water and health care that nobody meets.",
    .source =
        "libflow: mortality = base (1 + food u_food + water u_water + care u_health) disease, "
        "u the share of the people at the place who are in need and not reached",
    .field = fields,
    .param_size = sizeof(param),
    .writes = "death_hazard,mortality,excess_deaths,emergency",
    .reads = "disease,in_need_food,in_need_water,in_need_health,reached_food,reached_water,"
             "reached_health",
    .step = step};
