// Who floods drive out, and who leaves because food is short.
#include "model.h"
#include "split.h"

#include <math.h>

double flow_model_food_weight(const flow_model *m, int32_t place)
{
    const flow_settings_spawn *set = &m->s->set.spawn;
    if (!set->food || (set->food_in_conflict && !(m->conflict[place] > 0.0))) { return 0.0; }
    return fmax(m->population[place], 0.0) * flow_hunger(m, place) / 100.0;
}

/// Persons whom the flood at a place drives out today.
static flow_err driven_out(flow_model *m, int32_t place, int64_t *out)
{
    const flow_settings_spawn *set = &m->s->set.spawn;
    const double level = flow_flood_level(m, place);
    *out = 0;
    if (!(level > 0.0)) { return FLOW_OK; }
    double amount = flow_by_level(&set->flood_rate, level);
    if (set->flood_rate_kind == FLOW_RATE_POP_RATIO) { amount *= m->population[place]; }
    FLOW_TRY(flow_model_bound(m, place, amount, "spawn.flood_rate and the level of its flood"));
    // FLEE's mean is cut to a whole number, as its levels are.
    const bool poisson = set->flood_rate_kind == FLOW_RATE_POISSON;
    if (!poisson || m->s->set.quirks.whole_flood_levels) { amount = floor(amount); }
    *out = poisson ? flow_model_poisson(m, FLOW_DRAW_FLOOD_COUNT, place, amount) : (int64_t)amount;
    return FLOW_OK;
}

flow_err flow_model_floods(flow_model *m)
{
    if (!m->s->set.spawn.floods) { return FLOW_OK; }
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int64_t n = 0;
        FLOW_TRY(driven_out(m, p, &n));
        m->target += n;
        FLOW_TRY(flow_model_leave_home(m, p, n, FLOW_DRAW_FLOOD_GROUP, FLOW_CAUSE_FLOOD));
    }
    return FLOW_OK;
}

flow_err flow_model_hungry(flow_model *m, int32_t place, double all, int64_t *n)
{
    const double weight = flow_model_food_weight(m, place);
    if (!(weight > 0.0) || *n == 0) { return FLOW_OK; }
    flow_rng_key(m->work[0].rng, m->seed, m->member, m->day, FLOW_DRAW_FOOD_COUNT, (uint64_t)place);
    const int64_t hungry = flow_binomial(m->work[0].rng, *n, fmin(weight / all, 1.0));
    *n -= hungry;
    return flow_model_leave_home(m, place, hungry, FLOW_DRAW_FOOD_GROUP, FLOW_CAUSE_DROUGHT);
}
