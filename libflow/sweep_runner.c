// One run of a study: a member of a point.
#include "rng.h"
#include "sweep_study.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Test functions --------------------------------------------------------------------------------

static double ishigami(const double *x)
{
    const double a = 7.0, b = 0.1, s = sin(x[1]);
    return sin(x[0]) + a * s * s + b * x[2] * x[2] * x[2] * x[2] * sin(x[0]);
}

static double sobol_g(const double *x, int32_t n)
{
    static const double a[] = {0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0, 99.0};
    double product = 1.0;
    for (int32_t i = 0; i < n; i++) { product *= (fabs(4.0 * x[i] - 2.0) + a[i]) / (1.0 + a[i]); }
    return product;
}

flow_err flow_test_function(const char *name, const double *x, int32_t n, double *out)
{
    *out = 0.0;
    const bool is_ishigami = strcmp(name, "ishigami") == 0;
    const bool good = is_ishigami ? n == 3 : n >= 1 && n <= 8;
    if (!good) {
        return flow_fail(FLOW_ERANGE, "%s takes %s numbers, %d vary", name,
                         is_ishigami ? "3" : "1 to 8", (int)n);
    }
    *out = is_ishigami ? ishigami(x) : sobol_g(x, n);
    return FLOW_OK;
}

/// Luck of a point: its own, or the same for all.
static uint64_t seed_of(const flow_study *st, int32_t point)
{
    const uint64_t seed = (uint64_t)st->sweep->plan.top.seed;
    return st->common ? seed : flow_mix(seed + flow_mix(st->sweep->id[point]));
}

static flow_err run_test(flow_runner *r, int32_t point, uint32_t member, double *value)
{
    const flow_study *st = r->study;
    const flow_plan_top *top = &st->sweep->plan.top;
    const int32_t n = st->sweep->n_key;
    double *x = flow_calloc(n, sizeof *x);
    if (x == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a point"); }
    for (int32_t k = 0; k < n; k++) {
        (void)flow_number_parse(st->sweep->value[(int64_t)point * n + k], &x[k]); // was checked
    }
    const flow_err err = flow_test_function(top->test, x, n, value);
    flow_dealloc(x);
    // Never 0 or 1, so that the quantile is finite.
    const uint64_t bits = flow_mix(seed_of(st, point) + flow_mix((uint64_t)member + 1));
    const double unit = ((double)(int64_t)(bits >> 11) + 0.5) * 0x1p-53;
    if (top->noise > 0.0) { *value += top->noise * gsl_cdf_ugaussian_Pinv(unit); }
    return err;
}

// Scenarios -------------------------------------------------------------------------------------

static void forget_point(flow_runner *r)
{
    flow_model_free(r->m);
    flow_dealloc(r->list);
    flow_member_scores_clear(&r->scores);
    flow_score_summary_clear(&r->summary);
    flow_scenario_free(r->s);
    r->m = NULL;
    r->list = NULL;
    r->s = NULL;
    r->point = -1;
}

static flow_err load_point(flow_runner *r, int32_t point)
{
    const flow_study *st = r->study;
    const flow_sweep *sweep = st->sweep;
    const int32_t n_set = sweep->plan.n_set + sweep->n_key;
    char **text = flow_calloc(n_set, sizeof *text);
    bool good = text != NULL;
    for (int32_t i = 0; good && i < sweep->plan.n_set; i++) {
        good = (text[i] = flow_strdup(sweep->plan.set[i])) != NULL;
    }
    for (int32_t k = 0; good && k < sweep->n_key; k++) {
        const char *value = sweep->value[(int64_t)point * sweep->n_key + k];
        const size_t size = strlen(sweep->key[k]) + strlen(value) + 2;
        char *own = flow_calloc((int64_t)size, 1);
        text[sweep->plan.n_set + k] = own;
        good = own != NULL;
        if (good) { (void)snprintf(own, size, "%s=%s", sweep->key[k], value); }
    }
    flow_err err = FLOW_OK;
    if (good) {
        const flow_load_options o = {.settings = st->settings,
                                     .set = (const char *const *)text,
                                     .n_set = n_set,
                                     .days = (int32_t)sweep->plan.top.days};
        err = flow_scenario_load_memory(st->file, st->n_file, &o, &r->s);
    } else {
        err = flow_fail(FLOW_ENOMEM, "no memory for a point");
    }
    for (int32_t i = 0; text != NULL && i < n_set; i++) { flow_dealloc(text[i]); }
    flow_dealloc(text);
    return err;
}

/// Rows of the observables at this point: what varies may switch modules on and off.
static flow_err find_rows(flow_runner *r)
{
    int32_t n = 0;
    const flow_study *st = r->study;
    FLOW_TRY(flow_observables_list(r->s, &r->list, &n));
    for (int32_t i = 0; i < st->n_read; i++) {
        int32_t row = 0;
        while (row < n && strcmp(r->list[row].name, st->read[i].name) != 0) { row++; }
        if (row == n || flow_observable_n(r->s, &r->list[row]) != st->read[i].n) {
            return flow_fail(FLOW_EINPUT, "the scenario has no %s here", st->read[i].name);
        }
        r->row[i] = row;
    }
    return FLOW_OK;
}

static flow_err prepare(flow_runner *r, int32_t point)
{
    forget_point(r);
    FLOW_TRY(load_point(r, point));
    if (r->s->n_step != r->study->n_step || r->s->n_place != r->study->base->n_place) {
        return flow_fail(FLOW_EINPUT, "the scenario has other days or places here");
    }
    FLOW_TRY(find_rows(r));
    if (r->study->measures) {
        FLOW_TRY(flow_score_summary_create(r->s, 1, &r->summary));
        FLOW_TRY(flow_member_scores_create(&r->summary, &r->scores));
    }
    const flow_model_options o = {.threads = 1};
    FLOW_TRY(flow_model_create(r->s, &o, &r->m));
    r->point = point;
    return FLOW_OK;
}

/// Take what an indicator needs of a step from the values of its observable.
static void take(flow_runner *r, int32_t i, int32_t day, const double *x)
{
    const flow_study_indicator *in = &r->study->indicator[i];
    const flow_study_read *read = &r->study->read[in->index];
    if (in->step >= 0 && in->step != day) { return; }
    const int64_t first = in->place >= 0 ? (int64_t)in->place * read->n_class : 0;
    const int64_t end = in->place >= 0 ? first + read->n_class : read->n;
    double now = 0.0;
    for (int64_t k = first; k < end; k++) { now += x[k]; }
    const bool adds = in->step < 0 && (in->time == FLOW_TIME_MEAN || in->time == FLOW_TIME_SUM);
    const bool largest = in->step < 0 && in->time == FLOW_TIME_LARGEST && day > 0;
    if (adds) {
        r->sum[i] += now;
    } else if (!largest || now > r->sum[i]) {
        r->sum[i] = now;
    }
}

static void take_series(const flow_study *st, const flow_study_read *read, int32_t day,
                        const double *x, double *cell)
{
    int32_t t = 0;
    while (t < st->n_time && st->step[t] < day) { t++; }
    if (t == st->n_time || st->step[t] != day) { return; }
    memcpy(cell + read->first_cell + t * read->n, x, (size_t)read->n * sizeof *x);
}

static flow_err one_day(flow_runner *r, double *cell)
{
    const flow_study *st = r->study;
    FLOW_TRY(flow_model_step(r->m));
    const int32_t day = flow_model_day(r->m) - 1;
    for (int32_t i = 0; i < st->n_read; i++) {
        const flow_study_read *read = &st->read[i];
        if (!read->due[day]) { continue; }
        flow_observable_read(&r->list[r->row[i]], r->m, r->scratch);
        for (int32_t k = 0; k < st->n_indicator; k++) {
            const flow_study_indicator *in = &st->indicator[k];
            if (in->kind == FLOW_FROM_OBSERVABLE && in->index == i) { take(r, k, day, r->scratch); }
        }
        if (read->first_cell >= 0) { take_series(st, read, day, r->scratch, cell); }
    }
    if (st->measures) {
        FLOW_TRY(flow_model_observe(r->m, "people", r->people, r->s->n_place));
        flow_member_scores_day(&r->scores, &r->summary, day, r->people);
    }
    return FLOW_OK;
}

static void finish(flow_runner *r, double *value)
{
    const flow_study *st = r->study;
    if (st->measures) { flow_member_scores_save(&r->scores, &r->summary, 0); }
    const double total[] = {(double)flow_model_persons(r->m), (double)flow_model_entered(r->m),
                            (double)flow_model_left(r->m)};
    for (int32_t i = 0; i < st->n_indicator; i++) {
        const flow_study_indicator *in = &st->indicator[i];
        if (in->kind == FLOW_FROM_MEASURE) {
            value[i] = r->summary.measure[in->index][0];
        } else if (in->kind == FLOW_FROM_TOTAL) {
            value[i] = total[in->index];
        } else {
            const bool mean = in->step < 0 && in->time == FLOW_TIME_MEAN;
            value[i] = mean ? r->sum[i] / st->n_step : r->sum[i];
        }
    }
}

static flow_err run_scenario(flow_runner *r, int32_t point, uint32_t member,
                             bool (*go_on)(void *context), void *context, double *value,
                             double *cell, bool *whole)
{
    if (r->point != point) { FLOW_TRY(prepare(r, point)); }
    FLOW_TRY(flow_model_reset(r->m, seed_of(r->study, point), member));
    for (int32_t i = 0; i < r->study->n_indicator; i++) { r->sum[i] = 0.0; }
    for (int32_t day = 0; day < r->s->n_step; day++) {
        if (!go_on(context)) { return FLOW_OK; }
        FLOW_TRY(one_day(r, cell));
    }
    finish(r, value);
    *whole = true;
    return FLOW_OK;
}

flow_err flow_runner_run(flow_runner *r, int32_t point, uint32_t member,
                         bool (*go_on)(void *context), void *context, double *value, double *cell,
                         uint64_t *checksum, int64_t *person_steps, bool *whole)
{
    *whole = false;
    *checksum = 0;
    *person_steps = 0;
    flow_err err = FLOW_OK;
    if (r->study->is_test) {
        *whole = go_on(context);
        if (*whole) { err = run_test(r, point, member, value); }
        if (err == FLOW_OK) { *checksum = flow_hash(0, value, sizeof *value); }
    } else {
        err = run_scenario(r, point, member, go_on, context, value, cell, whole);
        if (err == FLOW_OK && *whole) {
            *checksum = flow_model_checksum(r->m);
            *person_steps = flow_model_person_steps(r->m);
        }
    }
    if (err == FLOW_OK) { return FLOW_OK; }
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", flow_error_text());
    forget_point(r);
    return flow_fail(err, "point %016" PRIx64 ", member %u: %s", r->study->sweep->id[point],
                     (unsigned)member, text);
}

flow_err flow_runner_create(const flow_study *st, flow_runner *out)
{
    *out = (flow_runner){.study = st, .point = -1};
    if (st->is_test) { return FLOW_OK; }
    int64_t most = 1;
    for (int32_t i = 0; i < st->n_read; i++) {
        if (st->read[i].n > most) { most = st->read[i].n; }
    }
    out->row = flow_calloc(st->n_read, sizeof *out->row);
    out->scratch = flow_calloc(most, sizeof *out->scratch);
    out->sum = flow_calloc(st->n_indicator, sizeof *out->sum);
    out->people = flow_calloc(st->base->n_place, sizeof *out->people);
    if (out->row && out->scratch && out->sum && out->people) { return FLOW_OK; }
    flow_runner_clear(out);
    return flow_fail(FLOW_ENOMEM, "no memory for a run");
}

void flow_runner_clear(flow_runner *r)
{
    forget_point(r);
    flow_dealloc(r->row);
    flow_dealloc(r->scratch);
    flow_dealloc(r->sum);
    flow_dealloc(r->people);
    *r = (flow_runner){.point = -1};
}
