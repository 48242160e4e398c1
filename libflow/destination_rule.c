// The rules of the causes, and what a rule needs of the whole network before the first step.
#include "balance.h"
#include "destination.h"
#include "shares.h"

#include <math.h>
#include <string.h>

/// A rule of a kind with the coefficients of a cause, for people who choose alike.
static flow_row_rule make_rule(const flow_model *m, int32_t kind, int32_t cause, int32_t chooser)
{
    const flow_settings *set = &m->s->set;
    static const int32_t row_kind[] = {
        [FLOW_TO_UTILITY] = FLOW_ROW_UTILITY,     [FLOW_TO_GRAVITY] = FLOW_ROW_GRAVITY,
        [FLOW_TO_BALANCED] = FLOW_ROW_GRAVITY,    [FLOW_TO_COMPETING] = FLOW_ROW_COMPETING,
        [FLOW_TO_RADIATION] = FLOW_ROW_RADIATION, [FLOW_TO_STOUFFER] = FLOW_ROW_STOUFFER,
        [FLOW_TO_TABLE] = FLOW_ROW_TABLE,         [FLOW_TO_CALLBACK] = FLOW_ROW_CALLBACK};
    const flow_settings_destination *to = &set->destination;
    flow_row_rule rule = flow_row_rule_init(row_kind[kind]);
    for (int32_t t = 0; t < FLOW_N_TERM; t++) {
        rule.coefficient[t] =
            set->choice[cause].coefficient[t] + flow_choose_add(&m->groups, chooser, cause, t);
    }
    rule.fallback = FLOW_FALLBACK_NONE;
    rule.soften = to->soften;
    rule.stay = set->choice[cause].stay;
    rule.competition = to->competition;
    rule.opportunity_power = to->opportunity_power;
    rule.count_here = to->count_here;
    rule.count_there = to->count_there || kind == FLOW_TO_STOUFFER;
    return rule;
}

/// Logarithm of the weight that gravity gives a place of some size at some distance.
static double log_gravity(const flow_row_rule *rule, double size, double km)
{
    return rule->coefficient[FLOW_TERM_POPULATION] * log(size) +
           rule->coefficient[FLOW_TERM_DISTANCE] * log(km + rule->soften) +
           rule->coefficient[FLOW_TERM_DECAY] * km;
}

/// Accessibility of every place to the others it can reach (competing destinations).
static void find_access(flow_model *m, int32_t cause)
{
    flow_destination *d = m->to;
    double *access = d->access + (int64_t)cause * m->s->n_place;
    for (int32_t p = 0; p < m->s->n_place; p++) {
        int32_t n;
        const flow_route *way = flow_routes_from(d->routes, p, &n);
        double *km = d->room[0].value, sum = 0.0;
        flow_routes_sum(d->routes, p, d->km, km);
        for (int32_t i = 1; i < n; i++) {
            if (way[i].target) {
                sum += exp(log_gravity(&d->rule[cause], d->size[way[i].place], km[i]));
            }
        }
        access[p] = sum;
    }
}

double flow_destination_access(const flow_model *m, int32_t cause, int32_t from, int32_t to,
                               double km)
{
    const flow_destination *d = m->to;
    const double all = d->access[(int64_t)cause * m->s->n_place + to];
    if (flow_routes_row(d->routes, to, from) > 0) { return all; }
    // The rule takes the part of the origin away, which is not in it: too far, or no way back.
    return all + exp(log_gravity(&d->rule[cause], d->size[from], km));
}

/// Factors that make arrivals proportional to population, people leaving likewise.
static flow_err find_balance(flow_model *m, int32_t cause)
{
    flow_destination *d = m->to;
    const int32_t n_place = m->s->n_place;
    int64_t n_pair = 0;
    for (int32_t p = 0; p < n_place; p++) {
        int32_t n;
        (void)flow_routes_from(d->routes, p, &n);
        n_pair += n;
    }
    int64_t *first = flow_calloc(n_place + 1, sizeof *first);
    int32_t *target = flow_calloc(n_pair, sizeof *target);
    double *weight = flow_calloc(n_pair, sizeof *weight);
    double *leave = flow_calloc(n_place, sizeof *leave);
    flow_err err = FLOW_OK;
    if (first == NULL || target == NULL || weight == NULL || leave == NULL) {
        err =
            flow_fail(FLOW_ENOMEM, "no memory to balance %lld pairs of places", (long long)n_pair);
    }
    int64_t k = 0;
    for (int32_t p = 0; p < n_place && err == FLOW_OK; p++) {
        int32_t n;
        const flow_route *way = flow_routes_from(d->routes, p, &n);
        double *km = d->room[0].value;
        flow_routes_sum(d->routes, p, d->km, km);
        for (int32_t i = 1; i < n; i++) {
            if (!way[i].target) { continue; }
            target[k] = way[i].place;
            weight[k++] = log_gravity(&d->rule[cause], d->size[way[i].place], km[i]);
        }
        first[p + 1] = k;
    }
    if (err == FLOW_OK) {
        const flow_balance_input input = {.n_origin = n_place,
                                          .n_target = n_place,
                                          .first = first,
                                          .target = target,
                                          .log_weight = weight,
                                          .leave = d->size,
                                          .arrive = d->size,
                                          .tolerance = 1e-6,
                                          .most_rounds = 10000};
        err = flow_balance(&input, leave, d->balance + (int64_t)cause * n_place, NULL);
    }
    flow_dealloc(first);
    flow_dealloc(target);
    flow_dealloc(weight);
    flow_dealloc(leave);
    return err;
}

void flow_destination_make_rules(flow_model *m)
{
    flow_destination *d = m->to;
    const flow_settings *set = &m->s->set;
    static const int32_t without_share[] = {[FLOW_MISSING_UTILITY] = FLOW_TO_UTILITY,
                                            [FLOW_MISSING_GRAVITY] = FLOW_TO_GRAVITY,
                                            [FLOW_MISSING_RADIATION] = FLOW_TO_RADIATION};
    bool origins = false;
    for (int32_t a = 0; a < m->groups.n_axis; a++) {
        origins = origins || m->groups.axis[a].kind == FLOW_AXIS_ORIGIN;
    }
    const int32_t missing = set->destination.missing;
    const int32_t without = missing > FLOW_MISSING_STAY ? without_share[missing] : FLOW_TO_UTILITY;
    for (int32_t i = 0; i < m->groups.n_chooser * FLOW_N_CAUSE; i++) {
        const int32_t c = i % FLOW_N_CAUSE, chooser = i / FLOW_N_CAUSE;
        d->kind[c] = flow_choice_kind(set, c);
        d->rule[i] = make_rule(m, d->kind[c], c, chooser);
        d->missing[i] = make_rule(m, without, c, chooser);
        const bool utility = d->kind[c] == FLOW_TO_UTILITY ||
                             (d->kind[c] == FLOW_TO_TABLE && missing == FLOW_MISSING_UTILITY);
        d->kin =
            d->kin || (utility && origins && d->rule[i].coefficient[FLOW_TERM_DIASPORA] != 0.0);
    }
}

flow_err flow_destination_weigh_network(flow_model *m)
{
    const flow_destination *d = m->to;
    for (int32_t c = 0; c < FLOW_N_CAUSE; c++) {
        if (c == FLOW_CAUSE_RETURN) { continue; } // its destination is known
        if (d->kind[c] == FLOW_TO_COMPETING) { find_access(m, c); }
        if (d->kind[c] == FLOW_TO_BALANCED) { FLOW_TRY(find_balance(m, c)); }
    }
    return FLOW_OK;
}
