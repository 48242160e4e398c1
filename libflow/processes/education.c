// Education: families whose children are at school stay longer.
#include "flow/module.h"

#include <math.h>

enum { IN_NEED, REACHED };

typedef struct param {
    double school_age, families, onward;
} param;

#define AT(member) offsetof(param, member)
static const flow_field fields[] = {
    {"school_age", AT(school_age), FLOW_DOUBLE, "1", "0.29", 1e-6, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18; of these 12 of 18 years are from 6 "
     "to 17",
     "Share of the displaced who are of school age."},
    {"families", AT(families), FLOW_DOUBLE, "1", "0.7", 0, 1, NULL, 'A', "libflow",
     "Share of the displaced who live in families with children of school age."},
    {"onward", AT(onward), FLOW_DOUBLE, "1", "0.3", 0, 1, NULL, 'A', "libflow",
     "Share by which the hazard of onward movement of these families is lower when all children "
     "are at school."},
    FLOW_FIELD_END};

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const int32_t n_place = turn->world->n_place;
    for (int32_t i = 0; i < n_place; i++) {
        const int64_t away = turn->people[i] - turn->by_status[i]; // residents come first
        const double children = p->school_age * (double)away;
        const double unmet = turn->read[IN_NEED][i] - turn->read[REACHED][i];
        const double schooled = children > 0.0 ? fmin(fmax(1.0 - unmet / children, 0.0), 1.0) : 0.0;
        turn->own[0][i] = 1.0 - p->families * p->onward * schooled;
    }
    return FLOW_OK;
}

const flow_module flow_module_education = {
    .version = FLOW_MODULE_VERSION,
    .kind = FLOW_PROCESS,
    .name = "education",
    .help = "Families whose children are at school move onward less.",
    .source =
        "libflow: factor on the hazard of onward movement = 1 - families onward s, s the share "
        "of children at school",
    .crowd = true,
    .field = fields,
    .param_size = sizeof(param),
    .writes = "hazard_factor_onward",
    .reads = "in_need_education,reached_education",
    .step = step};
