// Hosts: acceptance falls with newcomers and missing services; more hands at work lower wages.
#include "flow/module.h"

#include <math.h>

enum { SUPPORT, WORKING, IN_NEED, REACHED = IN_NEED + 3 }; // what it reads: water, health, school
enum { ACCEPTANCE, WAGE, EMPLOYMENT };                     // own columns
enum { N_SERVICE = REACHED - IN_NEED };

typedef struct param {
    double newcomers, services, pace, least;
    double working_share, wage, employment, emigration;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"newcomers", AT(newcomers), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which acceptance is lower where there are as many newcomers as residents."},
    {"services", AT(services), FLOW_DOUBLE, "1", "0.5", 0, 1000, NULL, 'A', "libflow",
     "Logarithm by which it is lower where all people lack water, health care and school."},
    {"pace", AT(pace), FLOW_DOUBLE, "d-1", "0.01", 0, 1000, NULL, 'A', "libflow: three months",
     "Pace at which acceptance follows."},
    {"least", AT(least), FLOW_DOUBLE, "1", "0.05", 1e-6, 1, NULL, 'A', "libflow",
     "Acceptance falls no lower."},
    {"working_share", AT(working_share), FLOW_DOUBLE, "1", "0.4", 1e-6, 1, NULL, 'R',
     "Share of the world's people who work (International Labour Organization)",
     "Share of residents who work."},
    {"wage", AT(wage), FLOW_DOUBLE, "1", "0.1", 0, 10, NULL, 'R',
     "Longhi, Nijkamp and Poot 2005, doi:10.1111/j.0950-0804.2005.00255.x: 1 % more workers, 0.1 % "
     "lower wages",
     "Elasticity of wages to the number of those who work, where newcomers add to it."},
    {"employment", AT(employment), FLOW_DOUBLE, "1", "0.02", 0, 10, NULL, 'R',
     "Longhi, Nijkamp and Poot 2006: smaller than that of wages",
     "Elasticity of the employment of those who look for work."},
    {"emigration", AT(emigration), FLOW_DOUBLE, "1", "0", 0, 10, NULL, 'A',
     "No effect, as demand leaves with people; 0.4 for Mexico (Mishra 2007, recalled)",
     "Elasticity of wages where residents who left make workers fewer."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    setup->n_state = setup->world->n_place; // acceptance that is lost
    return FLOW_OK;
}

/// People who host: none in camps.
static double residents_at(const flow_turn *turn, int32_t place)
{
    const int32_t kind = turn->world->place_kind[place];
    return kind == FLOW_CAMP || kind == FLOW_IDP_CAMP ? 0.0 : (double)turn->by_status[place];
}

/// Acceptance as it would be if things stayed as they are.
static double acceptance_of(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    const double hosts = residents_at(turn, place), n = (double)turn->people[place];
    if (!(hosts > 0.0)) { return 1.0; }
    double missing = 0.0;
    for (int32_t k = 0; k < N_SERVICE; k++) {
        const double unmet = turn->read[IN_NEED + k][place] - turn->read[REACHED + k][place];
        missing += fmin(fmax(unmet, 0.0) / n, 1.0) / N_SERVICE;
    }
    const double guests = n - (double)turn->by_status[place];
    const double strain = p->newcomers * guests / hosts + p->services * missing;
    return fmax(exp(-strain * (1.0 - turn->read[SUPPORT][place])), p->least);
}

/// Those who work over those who did before anybody came or left, within reason.
static double labour_of(const flow_turn *turn, int32_t place)
{
    const param *p = turn->param;
    const double before = turn->world->population[place] * p->working_share;
    if (!(before >= 1.0)) { return 1.0; }
    const double now = residents_at(turn, place) * p->working_share + turn->read[WORKING][place];
    return fmin(fmax(now / before, 0.01), 100.0);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const double part = -expm1(-p->pace * turn->world->dt);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->state[i] += (1.0 - acceptance_of(turn, i) - turn->state[i]) * part;
        turn->own[ACCEPTANCE][i] = 1.0 - turn->state[i];
        const double labour = labour_of(turn, i);
        turn->own[WAGE][i] = pow(labour, labour > 1.0 ? -p->wage : -p->emigration);
        turn->own[EMPLOYMENT][i] = labour > 1.0 ? pow(labour, -p->employment) : 1.0;
    }
    return FLOW_OK;
}

const flow_module flow_module_host = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "host",
    .help = "Acceptance falls with newcomers and missing services, wages with more workers.",
    .source =
        "libflow: acceptance follows exp(-(newcomers guests / residents + services unmet) (1 - "
        "support)); wage = (workers / workers before)^-wage",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "host_acceptance,wage,employment",
    .reads = "host_support,working,in_need_water,in_need_health,in_need_education,reached_water,"
             "reached_health,reached_education",
    .load = load,
    .step = step};
