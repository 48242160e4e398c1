#include "balance.h"

#include <math.h>

/// Sum of a list of totals; a negative or infinite one is an error.
static flow_err add_totals(const char *what, const double *total, int32_t n, double *sum)
{
    *sum = 0.0;
    for (int32_t i = 0; i < n; i++) {
        if (!(total[i] >= 0.0) || !isfinite(total[i])) {
            return flow_fail(FLOW_ERANGE, "%s %d: %g people; a number >= 0 is expected", what,
                             (int)i, total[i]);
        }
        *sum += total[i];
    }
    return FLOW_OK;
}

static flow_err check_totals(const flow_balance_input *in)
{
    double leave = 0.0, arrive = 0.0;
    FLOW_TRY(add_totals("origin", in->leave, in->n_origin, &leave));
    FLOW_TRY(add_totals("target", in->arrive, in->n_target, &arrive));
    if (fabs(leave - arrive) > 1e-9 * fmax(leave, arrive)) {
        return flow_fail(FLOW_ERANGE, "%.10g people leave but %.10g arrive", leave, arrive);
    }
    for (int64_t k = 0; k < in->first[in->n_origin]; k++) {
        if (isnan(in->log_weight[k]) || in->log_weight[k] == (double)INFINITY) {
            return flow_fail(FLOW_ERANGE, "pair %lld: log weight %g is not below infinity",
                             (long long)k, in->log_weight[k]);
        }
        if (in->target[k] < 0 || in->target[k] >= in->n_target) {
            return flow_fail(FLOW_ERANGE, "pair %lld: target %d is outside [0, %d)", (long long)k,
                             (int)in->target[k], (int)in->n_target);
        }
    }
    return FLOW_OK;
}

/// log_leave from log_arrive; returns the largest relative error of the departures before.
static double fit_leave(const flow_balance_input *in, const double *log_arrive, double *log_leave,
                        int32_t *stuck)
{
    double worst = 0.0;
    for (int32_t i = 0; i < in->n_origin; i++) {
        double top = -(double)INFINITY, sum = 0.0;
        for (int64_t k = in->first[i]; k < in->first[i + 1]; k++) {
            top = fmax(top, in->log_weight[k] + log_arrive[in->target[k]]);
        }
        if (in->leave[i] <= 0.0) { continue; }
        if (top == -(double)INFINITY) {
            *stuck = i;
            return worst;
        }
        for (int64_t k = in->first[i]; k < in->first[i + 1]; k++) {
            sum += exp(in->log_weight[k] + log_arrive[in->target[k]] - top);
        }
        const double fit = log(in->leave[i]) - top - log(sum);
        worst = fmax(worst, fabs(expm1(log_leave[i] - fit)));
        log_leave[i] = fit;
    }
    return worst;
}

/// log_arrive from log_leave; `top` and `sum` are scratch [n_target].
static void fit_arrive(const flow_balance_input *in, const double *log_leave, double *log_arrive,
                       double *top, double *sum)
{
    for (int32_t j = 0; j < in->n_target; j++) {
        top[j] = -(double)INFINITY;
        sum[j] = 0.0;
    }
    for (int32_t i = 0; i < in->n_origin; i++) {
        for (int64_t k = in->first[i]; k < in->first[i + 1]; k++) {
            const int32_t j = in->target[k];
            top[j] = fmax(top[j], in->log_weight[k] + log_leave[i]);
        }
    }
    for (int32_t i = 0; i < in->n_origin; i++) {
        for (int64_t k = in->first[i]; k < in->first[i + 1]; k++) {
            const int32_t j = in->target[k];
            const double v = in->log_weight[k] + log_leave[i];
            if (v > -(double)INFINITY) { sum[j] += exp(v - top[j]); }
        }
    }
    for (int32_t j = 0; j < in->n_target; j++) {
        if (in->arrive[j] > 0.0) { log_arrive[j] = log(in->arrive[j]) - top[j] - log(sum[j]); }
    }
}

static flow_err find_unreached(const flow_balance_input *in, const double *sum)
{
    for (int32_t j = 0; j < in->n_target; j++) {
        if (in->arrive[j] > 0.0 && !(sum[j] > 0.0)) {
            return flow_fail(FLOW_ERANGE, "target %d: %g people arrive but none can get there",
                             (int)j, in->arrive[j]);
        }
    }
    return FLOW_OK;
}

static flow_err iterate(const flow_balance_input *in, double *log_leave, double *log_arrive,
                        double *scratch, int32_t *rounds)
{
    for (int32_t i = 0; i < in->n_origin; i++) { log_leave[i] = -(double)INFINITY; }
    for (int32_t j = 0; j < in->n_target; j++) {
        log_arrive[j] = in->arrive[j] > 0.0 ? 0.0 : -(double)INFINITY;
    }
    double *top = scratch, *sum = scratch + in->n_target;
    double worst = (double)INFINITY;
    for (int32_t round = 1; round <= in->most_rounds; round++) {
        int32_t stuck = -1;
        worst = fit_leave(in, log_arrive, log_leave, &stuck);
        if (stuck >= 0) {
            return flow_fail(FLOW_ERANGE, "origin %d: %g people leave but can go nowhere",
                             (int)stuck, in->leave[stuck]);
        }
        *rounds = round;
        // After the arrivals were fitted, they are exact and the departures show the error.
        if (round > 1 && worst <= in->tolerance) { return FLOW_OK; }
        fit_arrive(in, log_leave, log_arrive, top, sum);
        if (round == 1) { FLOW_TRY(find_unreached(in, sum)); }
    }
    return flow_fail(FLOW_ERANGE,
                     "totals are still %.3g of their size apart after %d rounds; the pairs may not "
                     "allow them",
                     worst, (int)in->most_rounds);
}

flow_err flow_balance(const flow_balance_input *in, double *log_leave, double *log_arrive,
                      int32_t *rounds)
{
    if (!(in->tolerance > 0.0) || in->most_rounds < 1) {
        return flow_fail(FLOW_ERANGE, "tolerance %g and %d rounds; both must be above 0",
                         in->tolerance, (int)in->most_rounds);
    }
    FLOW_TRY(check_totals(in));
    double *scratch = flow_calloc(2 * (int64_t)in->n_target, sizeof *scratch);
    if (scratch == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %d targets", (int)in->n_target);
    }
    int32_t n_round = 0;
    const flow_err err = iterate(in, log_leave, log_arrive, scratch, &n_round);
    flow_dealloc(scratch);
    if (rounds != NULL) { *rounds = n_round; }
    if (err != FLOW_OK) { return err; }
    double top = -(double)INFINITY;
    for (int32_t j = 0; j < in->n_target; j++) { top = fmax(top, log_arrive[j]); }
    if (top == -(double)INFINITY) { return FLOW_OK; } // nobody moves
    for (int32_t j = 0; j < in->n_target; j++) { log_arrive[j] -= top; }
    for (int32_t i = 0; i < in->n_origin; i++) { log_leave[i] += top; }
    return FLOW_OK;
}
