// The utility of staying that gives the share of people who leave in a year.
#include "destination.h"

#include <math.h>

/// People who leave per day.
static double leaving(const flow_weighing *at, int32_t n, double stay)
{
    double sum = 0.0;
    for (int32_t i = 0; i < n; i++) { sum += at[i].often / (1.0 + exp(stay - at[i].odds)); }
    return sum;
}

/// Logarithm of the odds of leaving by a row whose first candidate is the place itself.
static double odds_of(const flow_going *row)
{
    double away = 0.0;
    for (int32_t k = 1; k < row->n; k++) { away += row->weight[k]; }
    return log(away) - log(row->weight[0]);
}

/// What is known of every place with people; `people` is all of them.
static flow_err list(flow_model *m, flow_weighing *at, int32_t *n, double *people)
{
    const double *hazard = flow_model_quantity(m, FLOW_Q_HAZARD + FLOW_CAUSE_ECONOMIC);
    *n = 0;
    *people = 0.0;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        const double here = (double)m->count[p];
        *people += here;
        if (hazard == NULL || !(here * hazard[p] > 0.0)) { continue; }
        const flow_going *row = flow_destination_row(m, &m->work[0], p, FLOW_CAUSE_ECONOMIC);
        if (row == NULL) {
            return m->work[0].error != FLOW_OK ? m->work[0].error
                                               : flow_fail(FLOW_ENOMEM, "no memory for a row");
        }
        const double odds = odds_of(row);
        if (isfinite(odds)) { at[(*n)++] = (flow_weighing){here * hazard[p], odds}; }
    }
    return FLOW_OK;
}

/// The utility at which as many leave per day as wanted; it falls as staying gains.
static flow_err solve(const flow_weighing *at, int32_t n, double wanted, double *stay)
{
    double low = -700.0, high = 700.0; // beyond, a logistic is 0 or 1 in double precision
    if (!(leaving(at, n, low) > wanted)) {
        return flow_fail(FLOW_EINPUT,
                         "destination_economic.annual_rate is larger than the share of people who "
                         "weigh leaving (hazard_economic) and can go somewhere; %g people per day "
                         "would have to leave, %g weigh it",
                         wanted, leaving(at, n, low));
    }
    for (int32_t i = 0; i < 200 && high - low > 1e-12; i++) {
        const double middle = 0.5 * (low + high);
        if (leaving(at, n, middle) > wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *stay = 0.5 * (low + high);
    return FLOW_OK;
}

/// In the first step the utility is found under the conditions of that step.
static flow_err find(flow_model *m, double rate)
{
    flow_destination *d = m->to;
    int32_t n = 0;
    double people = 0.0;
    d->rule[FLOW_CAUSE_ECONOMIC].stay = 0.0;
    d->version++;
    flow_err err = list(m, d->weighing, &n, &people);
    const double wanted = -log1p(-rate) / 365.25 * people; // share per year to hazard per day
    if (err == FLOW_OK && people > 0.0) {
        err = solve(d->weighing, n, wanted, &d->stay[FLOW_CAUSE_ECONOMIC]);
    }
    d->version++;
    return err;
}

flow_err flow_destination_stay(flow_model *m)
{
    flow_destination *d = m->to;
    const flow_settings_choice *set = &m->s->set.choice[FLOW_CAUSE_ECONOMIC];
    if (m->day == 0 && set->annual_rate > 0.0 && set->may_stay) {
        FLOW_TRY(find(m, set->annual_rate));
    }
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) { d->rule[c].stay = d->stay[c]; }
    return FLOW_OK;
}
