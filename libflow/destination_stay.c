// The utility of staying at each place that gives the share of people who leave in a year.
#include "destination.h"

#include <math.h>

/// Logarithm of the odds of leaving by a row whose first candidate is the place itself.
static double odds_of(int32_t n, const double *weight)
{
    double away = 0.0;
    for (int32_t k = 1; k < n; k++) { away += weight[k]; }
    return n > 0 ? log(away) - log(weight[0]) : -(double)INFINITY;
}

static flow_err no_row(const flow_work *w)
{
    return w->error != FLOW_OK ? flow_fail(w->error, "%s", w->text)
                               : flow_fail(FLOW_ENOMEM, "no memory for a row");
}

/// Where a person weighs leaving in a step with chance 1 - exp(-often dt), a share of them must
/// leave so that 1 - exp(-rate dt) of all do; the odds of leaving fall by e per unit of utility.
static flow_err find(flow_model *m, int32_t place, double often, double rate)
{
    flow_work *w = &m->work[0];
    const flow_going *row = flow_destination_row(m, w, place, FLOW_CAUSE_ECONOMIC, 0);
    flow_own_row own;
    if (row == NULL || !flow_destination_own_row(m, w, row, &m->to->rule[FLOW_CAUSE_ECONOMIC],
                                                 place, (double)INFINITY, &own)) {
        return no_row(w);
    }
    const double odds = odds_of(row->n, own.weight);
    if (!isfinite(odds)) { return FLOW_OK; } // nowhere to go
    if (!(rate < often)) {
        return flow_fail(FLOW_EINPUT,
                         "destination_economic.annual_rate asks for %g departures per person and "
                         "day at '%s', where people weigh leaving %g times a day "
                         "(hazard_economic)",
                         rate, m->s->place_name[place], often);
    }
    const double dt = m->s->world.dt;
    const double share = expm1(-rate * dt) / expm1(-often * dt);
    m->to->worth[place] = odds - log(share / (1.0 - share));
    return FLOW_OK;
}

flow_err flow_destination_stay(flow_model *m)
{
    flow_destination *d = m->to;
    const flow_settings_choice *set = &m->s->set.choice[FLOW_CAUSE_ECONOMIC];
    const double *hazard = flow_model_quantity(m, FLOW_Q_HAZARD + FLOW_CAUSE_ECONOMIC);
    if (m->day > 0 || !(set->annual_rate > 0.0) || hazard == NULL) { return FLOW_OK; }
    const double rate = -log1p(-set->annual_rate) / 365.25; // share per year to hazard per day
    for (int32_t p = 0; p < m->s->n_place; p++) { d->worth[p] = 0.0; }
    d->version++;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        if (hazard[p] > 0.0) { FLOW_TRY(find(m, p, hazard[p], rate)); }
    }
    d->version++;
    return FLOW_OK;
}
