// A comparison as JSON: the numbers of the file and of the tables.
#include "compare_show.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/// Put a value into an object; false, the value dropped, when it is NULL or there is no memory.
static bool put(json_t *object, const char *key, json_t *value)
{
    return object != NULL && json_object_set_new(object, key, value) == 0;
}

static json_t *quantiles(const double value[static FLOW_N_QUANTILE])
{
    json_t *o = json_object();
    bool good = true;
    for (int32_t q = 0; q < FLOW_N_QUANTILE && good; q++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%g", flow_member_quantile[q]);
        good = put(o, key, app_json_number(value[q]));
    }
    return o;
}

static json_t *of_option(const flow_comparison *c, int32_t option, int32_t g)
{
    const flow_compared *r = &c->result[(int64_t)option * FLOW_N_GAUGE + g];
    return json_pack("{s:{s:o, s:o}, s:{s:o, s:o, s:o}, s:o, s:o}", "level", "mean",
                     app_json_number(r->mean), "quantiles", quantiles(r->quantile), "difference",
                     "mean", app_json_number(r->change_mean), "sd", app_json_number(r->change_sd),
                     "quantiles", quantiles(r->change), "better", app_json_number(r->better),
                     "equal", app_json_number(r->equal));
}

static json_t *indicators(const flow_comparison *c)
{
    json_t *all = json_object();
    bool good = all != NULL;
    for (int32_t g = 0; g < FLOW_N_GAUGE && good; g++) {
        if (!c->has[g]) { continue; }
        const flow_gauge *row = &flow_gauges[g];
        const char tag[2] = {row->tag, '\0'};
        json_t *options = json_object();
        for (int32_t i = 0; i < c->n_option && good; i++) {
            good = put(options, flow_comparison_option(c, i), of_option(c, i, g));
        }
        good = put(all, row->name,
                   json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "meaning", row->long_name, "unit",
                             row->unit, "theme", flow_theme_name[row->theme], "better",
                             flow_better_name[row->better], "evidence", tag, "options", options)) &&
               good;
    }
    if (good) { return all; }
    json_decref(all);
    return NULL;
}

/// Parts that differ between options, of each indicator that says what is better.
static json_t *parts(const flow_comparison *c)
{
    json_t *all = json_array();
    bool good = all != NULL;
    const double least = (double)c->scenario[0]->set.output.suppress_below;
    for (int32_t i = 0; i < c->n_option; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE && i != c->baseline; g++) {
            const flow_gauge_parts *p = &c->layout[g];
            if (!c->has[g] || flow_gauges[g].better == FLOW_BETTER_NEITHER) { continue; }
            for (int32_t k = 0; k < p->n_item + p->n_class && good; k++) {
                const flow_compared_part *part = &c->part[(int64_t)i * c->n_part + p->first + k];
                const bool hidden = part->mean > 0.0 && part->mean < least;
                if (hidden || (part->change_mean == 0.0 && part->change_sd == 0.0)) { continue; }
                char name[128];
                good = json_array_append_new(all,
                                             json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
                                                       "option", flow_comparison_option(c, i),
                                                       "indicator", flow_gauges[g].name, "kind",
                                                       k < p->n_item ? "item" : "class", "part",
                                                       flow_comparison_part(c, g, k, name), "level",
                                                       app_json_number(part->mean), "difference",
                                                       app_json_number(part->change_mean), "sd",
                                                       app_json_number(part->change_sd), "better",
                                                       app_json_number(part->better))) == 0;
            }
        }
    }
    if (good) { return all; }
    json_decref(all);
    return NULL;
}

static json_t *assumptions(const flow_comparison *c)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (int32_t i = 0; i < c->n_assumption && good; i++) {
        const flow_assumption *a = &c->assumption[i];
        json_t *values = json_object();
        for (int32_t k = 0; k < c->n_option && good; k++) {
            if (a->value[k] == NULL) { continue; }
            good = put(values, flow_comparison_option(c, k), json_string(a->value[k]));
        }
        good = json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "key", a->key, "unit",
                                                     a->unit, "source", a->source, "values",
                                                     values)) == 0 &&
               good;
    }
    if (good) { return list; }
    json_decref(list);
    return NULL;
}

/// Cost per outcome never goes without the assumptions.
static json_t *costs(const flow_comparison *c)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (int32_t i = 0; i < c->n_option && good; i++) {
        for (int32_t g = 0; g < FLOW_N_GAUGE && good && i != c->baseline; g++) {
            const flow_compared *r = &c->result[(int64_t)i * FLOW_N_GAUGE + g];
            if (!c->has[g] || isnan(r->cost)) { continue; }
            good = json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f}", "option",
                                                         flow_comparison_option(c, i), "indicator",
                                                         flow_gauges[g].name, "usd_per_unit",
                                                         r->cost, "better", r->better)) == 0;
        }
    }
    if (!good) {
        json_decref(list);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "outcomes", list, "rests_on", assumptions(c));
}

static json_t *spending(const flow_comparison *c)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (int32_t i = 0; i < c->n_spending && good; i++) {
        const flow_compared_spending *x = &c->spending[i];
        good = json_array_append_new(list,
                                     json_pack("{s:s, s:s, s:f, s:f, s:o}", "option",
                                               flow_comparison_option(c, x->option), "response",
                                               x->response, "usd", x->mean, "asked_usd", x->asked,
                                               "quantiles", quantiles(x->quantile))) == 0;
    }
    if (good) { return list; }
    json_decref(list);
    return NULL;
}

static json_t *options_of(const flow_comparison *c)
{
    json_t *list = json_array();
    for (int32_t i = 0; list != NULL && i < c->n_option; i++) {
        const flow_option *o = c->scenario[i]->in_force;
        const char *about = o != NULL && o->description != NULL ? o->description : "";
        if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "name",
                                                  flow_comparison_option(c, i), "title",
                                                  app_option_title(c, i), "description", about,
                                                  "baseline", (int)(i == c->baseline))) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *untold(const flow_comparison *c)
{
    int32_t list[FLOW_N_GAUGE];
    const int32_t n = app_untold_harm(c, list);
    json_t *all = json_array();
    for (int32_t i = 0; all != NULL && i < n; i++) {
        if (json_array_append_new(all, json_string(flow_gauges[list[i]].name)) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

json_t *app_json_comparison(const app_comparison *a)
{
    const flow_comparison *c = a->c;
    const flow_scenario *s = c->scenario[c->baseline];
    char first[16], checksum[32];
    flow_date_text(s->start, first);
    (void)snprintf(checksum, sizeof checksum, "%016" PRIx64, c->checksum);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:i, s:s, s:s?, s:f, s:o, s:o, s:o, "
                     "s:o, s:o, s:o, s:s}",
                     "schema", "libflow.compare.1", "version", flow_version(), "scenario", a->path,
                     "start", first, "steps", (int)s->n_step, "members", (int)c->n_member, "seed",
                     (json_int_t)c->seed, "member", (json_int_t)c->member, "threads",
                     (int)c->threads, "checksum", checksum, "output", a->output, "wall_s",
                     a->wall_s, "options", options_of(c), "indicators", indicators(c), "parts",
                     parts(c), "untold_harm", untold(c), "spending", spending(c),
                     "cost_per_outcome", costs(c), "responsible_use", flow_responsible_use);
}
