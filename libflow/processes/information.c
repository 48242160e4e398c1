// Information: true knowledge of routes, risks and services spreads among people of a place, and
// home from relatives elsewhere; not all that people tell each other is true.
#include "flow/module.h"

#include <math.h>
#include <string.h>

enum { KNOWN };     // what it reads: awareness, own column included
enum { AWARENESS }; // own column

typedef struct param {
    double first, outside, peers, kin, contacts, forget; ///< outside, peers, kin, forget: 1/d
    double true_share;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"first", AT(first), FLOW_DOUBLE, "1", "0.1", 0, 1, NULL, 'A', "libflow",
     "Share of people who are informed at the beginning."},
    {"outside", AT(outside), FLOW_DOUBLE, "d-1", "1e-4", 0, 1000, NULL, 'A', "libflow",
     "Rate at which people learn from news and strangers."},
    {"peers", AT(peers), FLOW_DOUBLE, "d-1", "0.01", 0, 1000, NULL, 'A',
     "Form: Bass 1969, doi:10.1287/mnsc.15.5.215",
     "Rate at which they learn from others at the place, were all of these informed."},
    {"kin", AT(kin), FLOW_DOUBLE, "d-1", "0.04", 0, 1000, NULL, 'A', "libflow",
     "Rate at which people at home learn from relatives elsewhere, were all of them in touch with "
     "informed ones."},
    {"contacts", AT(contacts), FLOW_DOUBLE, "1", "5", 0, 1000, NULL, 'A', "libflow",
     "People at home with whom each of those who left is in touch."},
    {"forget", AT(forget), FLOW_DOUBLE, "d-1", "0.001", 0, 1000, NULL, 'A', "libflow",
     "Rate at which what is known gets out of date."},
    {"true_share", AT(true_share), FLOW_DOUBLE, "1", "0.5", 0, 1, NULL, 'A', "libflow",
     "Share of what people tell each other that is true."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup)
{
    setup->n_state = 2 * (int64_t)setup->world->n_place; // informed share, informed relatives
    return FLOW_OK;
}

static void tell(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) { turn->own[AWARENESS][i] = turn->state[i]; }
}

static flow_err start(flow_turn *turn)
{
    const param *p = turn->param;
    for (int32_t i = 0; i < turn->world->n_place; i++) { turn->state[i] = p->first; }
    tell(turn);
    return FLOW_OK;
}

/// Informed people by home, of those who are elsewhere.
static void count_kin(flow_turn *turn)
{
    double *kin = turn->state + turn->world->n_place;
    memset(kin, 0, (size_t)turn->world->n_place * sizeof *kin);
    for (int64_t k = 0; k < turn->n_crowd; k++) {
        const flow_people *row = &turn->crowd[k];
        if (row->home < 0 || row->home == row->place) { continue; }
        kin[row->home] += (double)row->persons * turn->read[KNOWN][row->place];
    }
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const int32_t n_place = turn->world->n_place;
    const double dt = turn->world->dt;
    count_kin(turn);
    for (int32_t i = 0; i < n_place; i++) {
        const double here = fmax((double)turn->people[i], 1.0);
        const double touch = fmin(p->contacts * turn->state[n_place + i] / here, 1.0);
        const double learn =
            p->outside + p->true_share * (p->peers * turn->read[KNOWN][i] + p->kin * touch);
        const double both = learn + p->forget;
        if (!(both > 0.0)) { continue; }
        turn->state[i] += (learn / both - turn->state[i]) * -expm1(-both * dt);
    }
    tell(turn);
    return FLOW_OK;
}

const flow_module flow_module_information = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "information",
    .help =
        "Awareness of routes, risks and services spreads at places and from relatives elsewhere.",
    .source = "da/dt = (outside + true_share (peers A + kin touch)) (1 - a) - forget a, A with "
              "what responses add "
              "(after Bass 1969)",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "awareness",
    .reads = "awareness",
    .load = load,
    .start = start,
    .step = step};
