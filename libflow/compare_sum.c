// What the members of a comparison come to: levels, differences, who gains and who loses.
#include "compare.h"
#include "output_indicators.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Wholes ----------------------------------------------------------------------------------------

/// 1: a change for the better, -1: for the worse, 0: none.
static int sign_of(int32_t gauge, double change)
{
    const int up = (change > 0.0) - (change < 0.0);
    return flow_gauges[gauge].better == FLOW_BETTER_LESS ? -up : up;
}

static double mean_of(const double *value, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) { sum += value[i]; }
    return sum / (double)n;
}

static double sd_of(const double *value, int64_t n, double mean)
{
    double square = 0.0;
    for (int64_t i = 0; i < n; i++) { square += (value[i] - mean) * (value[i] - mean); }
    return sqrt(square / (double)(n - 1));
}

/// One indicator under one option; `level` and `change` are scratch, [n_member].
static void sum_up(const flow_comparison *c, int32_t option, int32_t g, double *level,
                   double *change)
{
    const int64_t n = c->n_member;
    flow_compared *r = &c->result[(int64_t)option * FLOW_N_GAUGE + g];
    int64_t better = 0, equal = 0;
    for (int64_t m = 0; m < n; m++) {
        const double base = c->value[((int64_t)c->baseline * n + m) * FLOW_N_GAUGE + g];
        level[m] = c->value[((int64_t)option * n + m) * FLOW_N_GAUGE + g];
        change[m] = level[m] - base;
        better += sign_of(g, change[m]) > 0;
        equal += change[m] == 0.0 || (isnan(level[m]) && isnan(base)); // undefined under both
    }
    r->mean = mean_of(level, n);
    r->change_mean = mean_of(change, n);
    r->change_sd = sd_of(change, n, r->change_mean);
    r->equal = (double)equal / (double)n;
    const bool told = flow_gauges[g].better != FLOW_BETTER_NEITHER && !isnan(r->change_mean);
    r->better = told ? ((double)better + 0.5 * (double)equal) / (double)n : (double)NAN;
    flow_indicator_quantiles(level, n, flow_member_quantile, FLOW_N_QUANTILE, r->quantile);
    flow_indicator_quantiles(change, n, flow_member_quantile, FLOW_N_QUANTILE, r->change);
}

/// USD more than the baseline for each unit that is better.
static void price(const flow_comparison *c, int32_t option, int32_t g)
{
    flow_compared *r = &c->result[(int64_t)option * FLOW_N_GAUGE];
    const double usd = r[FLOW_GAUGE_cost].change_mean;
    r[g].cost = (double)NAN;
    const bool ratio = flow_gauges[g].over_time == FLOW_OVER_RATIO;
    if (!c->has[FLOW_GAUGE_cost] || flow_gauges[g].theme == FLOW_THEME_MONEY || ratio) { return; }
    if (flow_gauges[g].better == FLOW_BETTER_NEITHER || usd == 0.0) { return; }
    if (sign_of(g, r[g].change_mean) > 0) { r[g].cost = usd / fabs(r[g].change_mean); }
}

flow_err flow_compare_sum_up(flow_comparison *c)
{
    double *level = flow_calloc(c->n_member, sizeof *level);
    double *change = flow_calloc(c->n_member, sizeof *change);
    const bool good = level != NULL && change != NULL;
    for (int32_t i = 0; good && i < c->n_option; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            if (c->has[g]) { sum_up(c, i, g, level, change); }
        }
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            if (c->has[g]) { price(c, i, g); }
        }
    }
    flow_dealloc(level);
    flow_dealloc(change);
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory to compare options");
}

void flow_compare_spending(flow_compared_spending *spending, double *usd, int64_t n)
{
    spending->mean = mean_of(usd, n);
    spending->asked = mean_of(usd + n, n);
    flow_indicator_quantiles(usd, n, flow_member_quantile, FLOW_N_QUANTILE, spending->quantile);
}

// Parts -----------------------------------------------------------------------------------------

flow_err flow_part_sums_create(flow_comparison *to, flow_part_sums *out)
{
    *out = (flow_part_sums){.to = to};
    out->square = flow_calloc((int64_t)to->n_option * to->n_part, sizeof *out->square);
    return out->square != NULL ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for parts");
}

void flow_part_sums_clear(flow_part_sums *sums)
{
    flow_dealloc(sums->square);
    sums->square = NULL;
}

// Running means and squares: Welford 1962, DOI 10.1080/00401706.1962.10490022.
void flow_part_sums_add(flow_part_sums *sums, const double *value)
{
    flow_comparison *c = sums->to;
    const double n = (double)++sums->n;
    const double *base = value + (int64_t)c->baseline * c->n_part;
    for (int32_t i = 0; i < c->n_option; i++) {
        const double *own = value + (int64_t)i * c->n_part;
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            const flow_gauge_parts *p = &c->layout[g];
            for (int64_t k = p->first; k < p->first + p->n_item + p->n_class; k++) {
                flow_compared_part *part = &c->part[(int64_t)i * c->n_part + k];
                const double change = own[k] - base[k], off = change - part->change_mean;
                part->mean += (own[k] - part->mean) / n;
                part->change_mean += off / n;
                sums->square[(int64_t)i * c->n_part + k] += off * (change - part->change_mean);
                part->better += 0.5 + 0.5 * sign_of(g, change);
            }
        }
    }
}

void flow_part_sums_finish(flow_part_sums *sums)
{
    flow_comparison *c = sums->to;
    const double n = (double)sums->n;
    for (int32_t i = 0; i < c->n_option; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            const flow_gauge_parts *p = &c->layout[g];
            const bool told = flow_gauges[g].better != FLOW_BETTER_NEITHER;
            for (int64_t k = p->first; k < p->first + p->n_item + p->n_class; k++) {
                flow_compared_part *part = &c->part[(int64_t)i * c->n_part + k];
                part->change_sd = sqrt(sums->square[(int64_t)i * c->n_part + k] / (n - 1.0));
                part->better = told ? part->better / n : (double)NAN;
            }
        }
    }
}

// Assumptions -----------------------------------------------------------------------------------

/// The row of a key, made when it is new; NULL: no memory.
static flow_assumption *need_assumption(flow_comparison *c, const char *key,
                                        const flow_field *field)
{
    for (int32_t i = 0; i < c->n_assumption; i++) {
        if (strcmp(c->assumption[i].key, key) == 0) { return &c->assumption[i]; }
    }
    flow_assumption *longer =
        flow_realloc(c->assumption, (int64_t)c->n_assumption + 1, sizeof *longer);
    if (longer == NULL) { return NULL; }
    c->assumption = longer;
    flow_assumption *a = &longer[c->n_assumption++];
    *a = (flow_assumption){.key = flow_strdup(key),
                           .unit = flow_strdup(field->unit),
                           .source = flow_strdup(field->source != NULL ? field->source : ""),
                           .value = flow_calloc(c->n_option, sizeof(char *))};
    return a->key != NULL && a->unit != NULL && a->source != NULL && a->value != NULL ? a : NULL;
}

static bool add_section(flow_comparison *c, int32_t option, const char *key,
                        const flow_section *section, const void *settings)
{
    const void *part = (const char *)settings + section->offset;
    for (const flow_field *f = section->field; f->key != NULL; f++) {
        if (f->tag != 'A') { continue; }
        char dotted[256];
        (void)snprintf(dotted, sizeof dotted, "%s%s%s", key, *key != '\0' ? "." : "", f->key);
        flow_assumption *a = need_assumption(c, dotted, f);
        if (a == NULL) { return false; }
        a->value[option] = flow_field_text(f, part);
        if (a->value[option] == NULL) { return false; }
    }
    return true;
}

/// Some module drives people out because of a cause.
static bool drives(const flow_scenario *s, int32_t cause)
{
    for (int32_t u = 0; u < s->n_use; u++) {
        for (int32_t i = 0; i < s->use[u].n_write; i++) {
            const int32_t id = s->use[u].write[i];
            if (id == FLOW_Q_HAZARD + cause || id == FLOW_Q_ONSET + cause) { return true; }
        }
    }
    return false;
}

/// Settings of rules and causes that are not in force do not matter.
static bool is_in_force(const flow_scenario *s, const char *section)
{
    static const char of_cause[] = "destination_";
    int32_t n_cause = 0;
    const flow_term *cause = flow_by_terms(FLOW_BY_CAUSE, &n_cause);
    for (int32_t c = 0; c < n_cause; c++) {
        const size_t n = sizeof of_cause - 1;
        if (strncmp(section, of_cause, n) == 0 && strcmp(section + n, cause[c].name) == 0 &&
            !drives(s, c)) {
            return false;
        }
    }
    const bool of_destination = strncmp(section, "destination", 11) == 0;
    const bool of_hop = strcmp(section, "hop") == 0 || strcmp(section, "quirks") == 0;
    if (s->set.movement.rule == FLOW_MOVE_DESTINATION) { return !of_hop; }
    return !of_destination;
}

flow_err flow_compare_assumptions(flow_comparison *c)
{
    bool good = true;
    for (int32_t i = 0; i < c->n_option && good; i++) {
        const flow_scenario *s = c->scenario[i];
        for (int32_t u = 0; u < s->n_use && good; u++) {
            const flow_use *use = &s->use[u];
            flow_section section[FLOW_MODULE_N_SECTION];
            flow_module_sections(use->module, section);
            for (int32_t k = 0; k < FLOW_MODULE_N_SECTION && good && use->key != NULL; k++) {
                good = add_section(c, i, use->key, &section[k], use->block);
            }
        }
        for (int32_t k = 0; k < flow_settings_n_section && good; k++) {
            const flow_section *section = &flow_settings_sections[k];
            if (!is_in_force(s, section->name)) { continue; }
            good = add_section(c, i, section->name, section, &s->set);
        }
    }
    return good ? FLOW_OK : flow_fail(FLOW_ENOMEM, "no memory for the list of assumptions");
}
