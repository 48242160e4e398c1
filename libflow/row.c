#include "row.h"

#include <math.h>
#include <string.h>

const flow_term_row flow_term_rows[FLOW_N_TERM] = {
#define FLOW_TERM(name, key, transform, of_way, unit, fallback, tag, source, help)                 \
    {key, FLOW_##transform, of_way, unit, fallback, tag, source, help},
#include "terms.def"
#undef FLOW_TERM
};

flow_row_rule flow_row_rule_init(int32_t kind)
{
    flow_row_rule rule = {
        .kind = kind, .opportunity_power = 1.0, .count_there = kind == FLOW_ROW_STOUFFER};
    for (int32_t t = 0; t < FLOW_N_TERM; t++) { rule.coefficient[t] = flow_term_rows[t].fallback; }
    return rule;
}

static const double *values(const flow_row_input *in, int32_t term)
{
    return term == FLOW_TERM_DISTANCE || term == FLOW_TERM_DECAY ? in->distance : in->term[term];
}

static double transformed(const flow_row_rule *rule, int32_t term, double x)
{
    switch (flow_term_rows[term].transform) {
    case FLOW_LN: return log(x);
    case FLOW_LN_SOFT: return log(x + rule->soften);
    case FLOW_LN1P: return log1p(x);
    default: return x;
    }
}

static void add_term(const flow_row_rule *rule, const flow_row_input *in, int32_t term, double *v)
{
    const double *x = values(in, term);
    const double b = rule->coefficient[term];
    if (x == NULL || b == 0.0) { return; }
    const int32_t skip = flow_term_rows[term].of_way ? in->stay : -1;
    for (int32_t j = 0; j < in->n; j++) {
        if (j != skip) { v[j] += b * transformed(rule, term, x[j]); }
    }
}

void flow_row_utility(const flow_row_rule *rule, const flow_row_input *in, double *v)
{
    for (int32_t t = 0; t < FLOW_N_TERM; t++) { add_term(rule, in, t, v); }
    if (in->stay >= 0) { v[in->stay] += rule->stay; }
}

static void gravity(const flow_row_rule *rule, const flow_row_input *in, double *v)
{
    add_term(rule, in, FLOW_TERM_DISTANCE, v);
    add_term(rule, in, FLOW_TERM_DECAY, v);
    add_term(rule, in, FLOW_TERM_POPULATION, v);
    for (int32_t j = 0; in->balance != NULL && j < in->n; j++) { v[j] += in->balance[j]; }
}

static double people_here(const flow_row_input *in)
{
    return in->population > 1.0 ? in->population : 1.0;
}

/// The accessibility of j without the part of the origin; the way back is as long as the way there.
static void compete(const flow_row_rule *rule, const flow_row_input *in, double *v)
{
    const double here = rule->coefficient[FLOW_TERM_POPULATION] * log(people_here(in));
    for (int32_t j = 0; j < in->n; j++) {
        if (j == in->stay || !isfinite(in->distance[j])) { continue; }
        const double d = in->distance[j];
        const double own =
            exp(here +
                rule->coefficient[FLOW_TERM_DISTANCE] * transformed(rule, FLOW_TERM_DISTANCE, d) +
                rule->coefficient[FLOW_TERM_DECAY] * d);
        const double rest = in->access[j] - own;
        // What is left of a difference of nearly equal numbers is their rounding.
        if (rest > 1e-12 * in->access[j]) { v[j] += rule->competition * log(rest); }
    }
}

/// Heap sort of the candidates by distance; ties by index. `order` [n].
static void sort_by_distance(const double *distance, int32_t n, int32_t *order)
{
    bool sorted = true;
    for (int32_t j = 0; j < n; j++) {
        order[j] = j;
        sorted = sorted && (j == 0 || distance[j - 1] <= distance[j]);
    }
    if (sorted) { return; }
    int32_t end = n;
    for (int32_t begin = n / 2; end > 1;) {
        if (begin > 0) {
            begin--;
        } else {
            end--;
            const int32_t most = order[0];
            order[0] = order[end];
            order[end] = most;
        }
        const int32_t moved = order[begin];
        int32_t i = begin;
        for (int32_t child = 2 * i + 1; child < end; child = 2 * i + 1) {
            const double *d = distance;
            if (child + 1 < end &&
                (d[order[child + 1]] > d[order[child]] ||
                 (d[order[child + 1]] == d[order[child]] && order[child + 1] > order[child]))) {
                child++;
            }
            const int32_t c = order[child];
            if (d[c] < d[moved] || (d[c] == d[moved] && c < moved)) { break; }
            order[i] = c;
            i = child;
        }
        order[i] = moved;
    }
}

/// s[j]: people in places not farther than j, those of j itself not counted.
static void count_nearer(const flow_row_input *in, int32_t *order, double *s)
{
    const double *n = in->term[FLOW_TERM_POPULATION];
    sort_by_distance(in->distance, in->n, order);
    double nearer = 0.0;
    for (int32_t first = 0; first < in->n;) {
        int32_t end = first;
        double ring = 0.0; // those at the same distance
        while (end < in->n && in->distance[order[end]] == in->distance[order[first]]) {
            const int32_t j = order[end++];
            if (j != in->stay) { ring += n[j]; }
        }
        const bool alone = end - first == 1;
        for (int32_t i = first; i < end; i++) {
            s[order[i]] = nearer + (alone ? 0.0 : ring - n[order[i]]);
        }
        nearer += ring;
        first = end;
    }
}

static flow_err opportunities(const flow_row_rule *rule, const flow_row_input *in, int32_t *order,
                              double *v)
{
    const double *n = in->term[FLOW_TERM_POPULATION];
    const double m = people_here(in);
    for (int32_t j = 0; j < in->n; j++) {
        if (!(n[j] >= 0.0) || n[j] == (double)INFINITY) {
            return flow_fail(FLOW_ERANGE,
                             "candidate %d: population = %g persons; a number >= 0 is "
                             "expected",
                             (int)j, n[j]);
        }
    }
    count_nearer(in, order, v);
    for (int32_t j = 0; j < in->n; j++) {
        const double s = v[j] + (rule->count_here ? m : 0.0) + (rule->count_there ? n[j] : 0.0);
        if (n[j] == 0.0) {
            v[j] = -(double)INFINITY;
        } else if (rule->kind == FLOW_ROW_RADIATION) {
            v[j] = log(n[j]) - log(m + s) - log(m + n[j] + s);
        } else {
            v[j] = rule->opportunity_power * (log(n[j]) - log(s));
        }
    }
    return FLOW_OK;
}

/// Why candidate j has no utility.
static flow_err refuse(const flow_row_rule *rule, const flow_row_input *in, int32_t j, double v)
{
    for (int32_t t = 0; t < FLOW_N_TERM; t++) {
        const double *x = values(in, t);
        const bool used = rule->kind == FLOW_ROW_UTILITY || t == FLOW_TERM_POPULATION ||
                          ((rule->kind == FLOW_ROW_GRAVITY || rule->kind == FLOW_ROW_COMPETING) &&
                           (t == FLOW_TERM_DISTANCE || t == FLOW_TERM_DECAY));
        if (x == NULL || !used) { continue; }
        const double part = rule->coefficient[t] * transformed(rule, t, x[j]);
        if (isnan(part) || part == (double)INFINITY) {
            return flow_fail(FLOW_ERANGE, "candidate %d: %s = %g %s gives no utility", (int)j,
                             flow_term_rows[t].key, x[j], flow_term_rows[t].unit);
        }
    }
    return flow_fail(FLOW_ERANGE, "candidate %d: utility %g is not a number below infinity", (int)j,
                     v);
}

/// Logarithms of the weights.
static flow_err log_weights(const flow_row_rule *rule, const flow_row_input *in, int32_t *order,
                            double *v)
{
    const bool needs_way = rule->kind == FLOW_ROW_COMPETING || rule->kind == FLOW_ROW_RADIATION ||
                           rule->kind == FLOW_ROW_STOUFFER;
    if (needs_way && (in->distance == NULL || in->term[FLOW_TERM_POPULATION] == NULL)) {
        return flow_fail(FLOW_ERANGE, "the rule needs distances and populations");
    }
    switch (rule->kind) {
    case FLOW_ROW_UTILITY: flow_row_utility(rule, in, v); break;
    case FLOW_ROW_GRAVITY: gravity(rule, in, v); break;
    case FLOW_ROW_COMPETING:
        if (in->access == NULL) { return flow_fail(FLOW_ERANGE, "the rule needs accessibilities"); }
        gravity(rule, in, v);
        compete(rule, in, v);
        break;
    default:
        if (order == NULL) { return flow_fail(FLOW_ERANGE, "the rule needs room for an order"); }
        FLOW_TRY(opportunities(rule, in, order, v));
    }
    for (int32_t j = 0; in->utility != NULL && j < in->n; j++) { v[j] += in->utility[j]; }
    return FLOW_OK;
}

/// Given weights as logarithms.
static flow_err log_given(const flow_row_rule *rule, const flow_row_input *in, double *v)
{
    if (rule->kind == FLOW_ROW_CALLBACK) {
        if (rule->fill == NULL) { return flow_fail(FLOW_ERANGE, "the rule needs a function"); }
        FLOW_TRY(rule->fill(rule->context, in, v));
    } else if (in->share == NULL) {
        return flow_fail(FLOW_ERANGE, "the rule needs shares");
    } else {
        memcpy(v, in->share, (size_t)in->n * sizeof *v);
    }
    for (int32_t j = 0; j < in->n; j++) {
        if (!(v[j] >= 0.0) || v[j] == (double)INFINITY) {
            return flow_fail(FLOW_ERANGE, "candidate %d: weight %g is no number >= 0", (int)j,
                             v[j]);
        }
        v[j] = log(v[j]);
    }
    return FLOW_OK;
}

static void fall_back(const flow_row_rule *rule, const flow_row_input *in, int32_t n_reach,
                      double *weight)
{
    for (int32_t j = 0; j < in->n; j++) {
        const bool reached = j != in->stay && (in->distance == NULL || isfinite(in->distance[j]));
        weight[j] = reached && in->stay < 0 && rule->fallback == FLOW_FALLBACK_UNIFORM
                        ? 1.0 / n_reach
                        : 0.0;
    }
    if (in->stay >= 0) { weight[in->stay] = 1.0; }
}

flow_err flow_row_fill(const flow_row_rule *rule, const flow_row_input *in, int32_t *order,
                       double *weight, flow_row_result *result)
{
    if (rule->kind < 0 || rule->kind >= FLOW_N_ROW_KIND) {
        return flow_fail(FLOW_ERANGE, "rule %d is not in [0, %d)", (int)rule->kind,
                         (int)FLOW_N_ROW_KIND);
    }
    const bool given = rule->kind == FLOW_ROW_TABLE || rule->kind == FLOW_ROW_CALLBACK;
    const bool may_stay = given || rule->kind == FLOW_ROW_UTILITY;
    memset(weight, 0, (size_t)in->n * sizeof *weight);
    for (int32_t j = 0; in->distance != NULL && j < in->n; j++) {
        if (!(in->distance[j] >= 0.0)) {
            return flow_fail(FLOW_ERANGE, "candidate %d: distance = %g; a number >= 0 is expected",
                             (int)j, in->distance[j]);
        }
    }
    FLOW_TRY(given ? log_given(rule, in, weight) : log_weights(rule, in, order, weight));
    flow_row_result r = {.log_sum = -(double)INFINITY};
    double top = -(double)INFINITY;
    for (int32_t j = 0; j < in->n; j++) {
        const bool stays = j == in->stay;
        const bool reached = stays || in->distance == NULL || isfinite(in->distance[j]);
        r.n_reach += reached && !stays;
        if (!reached || (stays && !may_stay)) {
            weight[j] = -(double)INFINITY;
        } else if (isnan(weight[j]) || weight[j] == (double)INFINITY) {
            return refuse(rule, in, j, weight[j]);
        }
        if (weight[j] > top) { top = weight[j]; }
    }
    if (top == -(double)INFINITY) {
        r.fell_back = true;
        fall_back(rule, in, r.n_reach, weight);
    } else {
        double sum = 0.0;
        for (int32_t j = 0; j < in->n; j++) {
            weight[j] = exp(weight[j] - top);
            sum += weight[j];
        }
        for (int32_t j = 0; j < in->n; j++) { weight[j] /= sum; }
        r.log_sum = top + log(sum);
    }
    if (result != NULL) { *result = r; }
    return FLOW_OK;
}
