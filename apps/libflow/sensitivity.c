// libflow sensitivity: which of the varied keys matter for an indicator of a study.
#include "sensitivity.h"

#include "app.h"

#include <math.h>
#include <string.h>

enum { NAME = 30 };

static void print_estimate(const flow_estimate *e)
{
    (void)printf(" %9s", app_measure(e->value).text);
    if (isfinite(e->low)) {
        (void)printf(" %7s to", app_measure(e->low).text);
        (void)printf(" %7s", app_measure(e->high).text);
    } else {
        (void)printf("  %16s", "");
    }
}

static void print_sobol(const flow_study_result *r, const flow_sobol *s)
{
    (void)printf("mean %.6g, standard deviation of a run %.6g\n\n", s->mean, sqrt(s->variance));
    app_print_padded("share of the variance", NAME);
    (void)printf(" %9s  %-16s %10s  %s\n", "first", "95 % interval", "total", "95 % interval");
    double sum = 0.0;
    for (int32_t k = 0; k < s->n_key; k++) {
        app_print_padded(r->key[k], NAME);
        print_estimate(&s->first[k]);
        (void)printf(" ");
        print_estimate(&s->total[k]);
        (void)putchar('\n');
        sum += s->first[k].value;
    }
    app_print_padded("luck", NAME);
    (void)printf(" %9s  %16s ", "", "");
    print_estimate(&s->noise);
    (void)putchar('\n');
    app_print_padded("sum", NAME);
    (void)printf(" %9s\n", app_measure(sum).text);
    if (!(s->variance > 0.0)) {
        (void)printf("It is %.6g in all runs: there is nothing to explain.\n", s->mean);
    } else if (!isfinite(s->noise.value)) {
        (void)printf("With one replicate luck cannot be told apart; it is in the totals.\n");
    }
}

static void print_morris(const flow_study_result *r, const flow_morris *m)
{
    app_print_padded("effect of the whole range", NAME);
    (void)printf(" %9s  %-16s %12s %12s %12s\n", "mu*", "95 % interval", "mu", "sigma",
                 "luck alone");
    for (int32_t k = 0; k < m->n_key; k++) {
        app_print_padded(r->key[k], NAME);
        print_estimate(&m->mu_star[k]);
        (void)printf(" %12s", app_measure(m->mu[k]).text);
        (void)printf(" %12s", app_measure(m->sigma[k]).text);
        (void)printf(" %12s\n", app_measure(m->noise[k]).text);
    }
}

static json_t *estimate_json(const flow_estimate *e)
{
    return json_pack("{s:o, s:o, s:o}", "value", app_json_number(e->value), "low",
                     app_json_number(e->low), "high", app_json_number(e->high));
}

static json_t *sobol_json(const flow_study_result *r, int32_t i, const flow_sobol *s)
{
    json_t *list = json_array();
    for (int32_t k = 0; k < s->n_key; k++) {
        json_t *o = json_pack("{s:s, s:o, s:o}", "key", r->key[k], "first",
                              estimate_json(&s->first[k]), "total", estimate_json(&s->total[k]));
        if (json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "indicator", r->name[i], "method", "sobol",
                     "mean", app_json_number(s->mean), "variance", app_json_number(s->variance),
                     "luck", estimate_json(&s->noise), "keys", list);
}

static json_t *morris_json(const flow_study_result *r, int32_t i, const flow_morris *m)
{
    json_t *list = json_array();
    for (int32_t k = 0; k < m->n_key; k++) {
        json_t *o =
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "key", r->key[k], "mu_star",
                      estimate_json(&m->mu_star[k]), "mu", app_json_number(m->mu[k]), "sigma",
                      app_json_number(m->sigma[k]), "luck_alone", app_json_number(m->noise[k]));
        if (json_array_append_new(list, o) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:s, s:o}", "indicator", r->name[i], "method", "morris", "keys", list);
}

/// One indicator: to the list of the JSON object, or printed.
static flow_err show(const app_arguments *a, const flow_study_result *r, int32_t i, json_t *list)
{
    flow_sobol sobol;
    flow_morris morris;
    FLOW_TRY(flow_sensitivity_study(r, i, (int32_t)a->samples, (uint64_t)a->seed, &sobol, &morris));
    flow_err err = FLOW_OK;
    const bool is_sobol = sobol.first != NULL;
    if (list != NULL) {
        json_t *o = is_sobol ? sobol_json(r, i, &sobol) : morris_json(r, i, &morris);
        if (json_array_append_new(list, o) != 0) {
            err = flow_fail(FLOW_ENOMEM, "no memory for JSON");
        }
    } else {
        (void)printf("%s%s: ", i > 0 && a->indicator == NULL ? "\n" : "", r->name[i]);
        if (is_sobol) {
            print_sobol(r, &sobol);
        } else {
            (void)printf("%lld trajectories\n\n", (long long)r->n);
            print_morris(r, &morris);
        }
    }
    flow_sobol_clear(&sobol);
    flow_morris_clear(&morris);
    return err;
}

/// The indicator that was asked for; n_value: there is none.
static int32_t find(const flow_study_result *r, const char *name)
{
    int32_t i = 0;
    while (i < r->n_value && strcmp(r->name[i], name) != 0) { i++; }
    return i;
}

static app_exit show_all(const app_arguments *a, const flow_study_result *r)
{
    char quoted[64];
    int32_t first = 0, end = r->n_value;
    if (a->indicator != NULL) {
        first = find(r, a->indicator);
        end = first + 1;
        if (first == r->n_value) {
            const char *near = flow_nearest(a->indicator, (const char *const *)r->name, r->n_value);
            app_say("sensitivity", "the study has no indicator '%s'%s%s%s",
                    flow_quote(a->indicator, quoted), near != NULL ? "; did you mean '" : "",
                    near != NULL ? near : "", near != NULL ? "'?" : "");
            return APP_USAGE;
        }
    }
    json_t *list = a->json ? json_array() : NULL;
    for (int32_t i = first; i < end; i++) {
        const flow_err err = show(a, r, i, list);
        if (err == FLOW_OK) { continue; }
        json_decref(list);
        const app_exit status = app_fail("sensitivity", err);
        return err == FLOW_ESTATE || err == FLOW_ERANGE ? APP_INPUT : status;
    }
    if (!a->json) { return APP_OK; }
    return app_print_json(json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:o}", "schema",
                                    "libflow.sensitivity.1", "study", a->operand[0], "design",
                                    r->design, "rows", (int)r->n_row, "points", (int)r->n_point,
                                    "members", (int)r->n_member, "indicators", list));
}

static app_exit sensitivity(const app_arguments *arguments)
{
    app_arguments a = *arguments;
    if (a.samples == 0) { a.samples = 1000; }
    flow_study_result *r = NULL;
    const flow_err err = flow_study_result_load(a.operand[0], &r);
    if (err != FLOW_OK) { return app_fail("sensitivity", err); }
    const app_exit status = show_all(&a, r);
    flow_study_result_free(r);
    return status;
}

#define AT(member) offsetof(app_arguments, member)
static const app_option options[] = {
    {'i', "indicator", "NAME", APP_TEXT, AT(indicator), 0, 0,
     "Only this indicator; default: all of the study."},
    {0, "samples", "N", APP_INTEGER, AT(samples), 1, 100000,
     "Resamples of the design, for the intervals; default 1000."},
    {'s', "seed", "N", APP_INTEGER, AT(seed), 0, INT64_MAX, "Seed of the samples; default 0."},
    {0, "json", NULL, APP_FLAG, AT(json), 0, 0, "Print one JSON object."},
    {0, NULL, NULL, APP_FLAG, 0, 0, 0, NULL}};

const app_command app_sensitivity_command = {
    "sensitivity",
    "STUDY.nc",
    1,
    1,
    "Show which of the varied keys matter for the results.",
    "STUDY.nc comes from 'libflow sweep collect'. A study of design saltelli gives Sobol indices: "
    "the share of the variance of a run that a key explains alone (first) and with all others "
    "(total), with luck as a factor of its own. A study of design morris gives elementary effects: "
    "their mean size (mu*), mean and standard deviation, beside what luck alone would give.",
    options,
    sensitivity};
