#include "sensitivity.h"

#include "rng.h"
#include "sweep_design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95

/// Mean of the members at each row, and the variance that luck leaves in it.
typedef struct rows {
    int64_t n_row;
    double *mean;   ///< [n_row]
    double *spread; ///< [n_row] variance over members, 0 with one
} rows;

static void rows_clear(rows *r)
{
    flow_dealloc(r->mean);
    flow_dealloc(r->spread);
}

static flow_err rows_create(const flow_rows_input *in, int64_t n_row, rows *r)
{
    *r = (rows){.n_row = n_row,
                .mean = flow_calloc(n_row, sizeof *r->mean),
                .spread = flow_calloc(n_row, sizeof *r->spread)};
    if (r->mean == NULL || r->spread == NULL) {
        rows_clear(r);
        return flow_fail(FLOW_ENOMEM, "no memory for the rows of a design");
    }
    const int32_t n = in->n_member;
    for (int64_t row = 0; row < n_row; row++) {
        const double *value = in->value + (int64_t)in->point[row] * n;
        double sum = 0.0, square = 0.0;
        for (int32_t m = 0; m < n; m++) { sum += value[m]; }
        r->mean[row] = sum / n;
        for (int32_t m = 0; m < n; m++) {
            square += (value[m] - r->mean[row]) * (value[m] - r->mean[row]);
        }
        r->spread[row] = n > 1 ? square / (n - 1) : 0.0;
    }
    return FLOW_OK;
}

// Resampling ------------------------------------------------------------------------------------

/// Choose n of n with replacement; sample -1 takes each once.
static void choose(const flow_rows_input *in, int32_t sample, int64_t *index)
{
    for (int64_t i = 0; i < in->n; i++) {
        const uint64_t bits = flow_mix(flow_mix(in->seed + (uint64_t)sample + 1) +
                                       (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15));
        const double unit = (double)(int64_t)(bits >> 11) * 0x1p-53;
        index[i] = sample < 0 ? i : (int64_t)(unit * (double)in->n);
    }
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Bounds from the values of all samples, which are sorted.
static void bound(double *value, int32_t n, flow_estimate *out)
{
    out->low = out->high = (double)NAN;
    if (n < 2) { return; }
    for (int32_t i = 0; i < n; i++) {
        if (!isfinite(value[i])) { return; }
    }
    qsort(value, (size_t)n, sizeof *value, by_size);
    const double tail = 0.5 * (1.0 - CONFIDENCE) * (n - 1);
    const int32_t low = (int32_t)tail;
    const double part = tail - low;
    out->low = value[low] + part * (value[low + 1] - value[low]);
    out->high = value[n - 1 - low] - part * (value[n - 1 - low] - value[n - 2 - low]);
}

// Sobol -----------------------------------------------------------------------------------------

/// Estimates of one sample of the base rows: noise, then first and total of each key.
static void sobol_once(const flow_rows_input *in, const rows *r, const int64_t *index, double *out,
                       double *mean, double *variance)
{
    const int32_t k = in->n_key;
    const double n = (double)in->n, members = in->n_member;
    double sum = 0.0, square = 0.0, noise = 0.0;
    for (int64_t i = 0; i < in->n; i++) {
        const double *f = r->mean + index[i] * (k + 2), *s = r->spread + index[i] * (k + 2);
        sum += f[0] + f[1];
        noise += s[0] + s[1];
    }
    const double centre = sum / (2.0 * n);
    for (int64_t i = 0; i < in->n; i++) {
        const double *f = r->mean + index[i] * (k + 2);
        square += (f[0] - centre) * (f[0] - centre) + (f[1] - centre) * (f[1] - centre);
    }
    noise /= 2.0 * n;
    // Means of points vary by what varies and, a little, by luck.
    const double whole = square / (2.0 * n - 1.0) + noise - noise / members;
    *mean = centre;
    *variance = whole;
    out[0] = in->n_member > 1 ? noise / whole : (double)NAN;
    for (int32_t f = 0; f < k; f++) {
        double first = 0.0, total = 0.0;
        for (int64_t i = 0; i < in->n; i++) {
            const int64_t row = index[i] * (k + 2);
            const double *y = r->mean + row, *s = r->spread + row;
            const int32_t *p = in->point + row;
            const double a = y[0] - centre, b = y[1] - centre, ab = y[2 + f] - centre;
            first += b * (ab - a);
            total += 0.5 * (a - ab) * (a - ab);
            // Luck that two rows share, as they are one point, or that their difference keeps.
            if (p[2 + f] == p[1]) { first -= s[1] / members; }
            if (p[1] == p[0]) { first += s[1] / members; }
            if (p[2 + f] != p[0]) { total -= 0.5 * (s[0] + s[2 + f]) / members; }
        }
        out[1 + f] = first / n / whole;
        out[1 + k + f] = total / n / whole;
    }
}

void flow_sobol_clear(flow_sobol *s)
{
    flow_dealloc(s->first);
    flow_dealloc(s->total);
    *s = (flow_sobol){0};
}

flow_err flow_sensitivity_sobol(const flow_rows_input *in, flow_sobol *out)
{
    *out = (flow_sobol){.n_key = in->n_key};
    if (in->n < 2) { return flow_fail(FLOW_ERANGE, "Sobol indices need n of at least 2"); }
    const int32_t width = 1 + 2 * in->n_key;
    rows r;
    FLOW_TRY(rows_create(in, in->n * (in->n_key + 2), &r));
    int64_t *index = flow_calloc(in->n, sizeof *index);
    double *once = flow_calloc(width, sizeof *once);
    double *sample = flow_calloc((int64_t)width * in->n_sample, sizeof *sample);
    out->first = flow_calloc(in->n_key, sizeof *out->first);
    out->total = flow_calloc(in->n_key, sizeof *out->total);
    flow_err err = FLOW_OK;
    if (!index || !once || !sample || !out->first || !out->total) {
        err = flow_fail(FLOW_ENOMEM, "no memory for Sobol indices");
    } else {
        double mean = 0.0, variance = 0.0;
        for (int32_t b = 0; b < in->n_sample; b++) {
            choose(in, b, index);
            sobol_once(in, &r, index, once, &mean, &variance);
            for (int32_t i = 0; i < width; i++) { sample[(int64_t)i * in->n_sample + b] = once[i]; }
        }
        choose(in, -1, index);
        sobol_once(in, &r, index, once, &out->mean, &out->variance);
        for (int32_t i = 0; i < width; i++) {
            flow_estimate *e = i == 0           ? &out->noise
                               : i <= in->n_key ? &out->first[i - 1]
                                                : &out->total[i - 1 - in->n_key];
            e->value = once[i];
            bound(sample + (int64_t)i * in->n_sample, in->n_sample, e);
        }
    }
    flow_dealloc(sample);
    flow_dealloc(once);
    flow_dealloc(index);
    rows_clear(&r);
    if (err != FLOW_OK) { flow_sobol_clear(out); }
    return err;
}

// Morris ----------------------------------------------------------------------------------------

void flow_morris_clear(flow_morris *m)
{
    flow_dealloc(m->mu);
    flow_dealloc(m->sigma);
    flow_dealloc(m->mu_star);
    flow_dealloc(m->noise);
    *m = (flow_morris){0};
}

/// Effect of each key on each trajectory, and the size luck alone would give it.
static void effects(const flow_rows_input *in, const rows *r, const double *unit, double *effect,
                    double *noise)
{
    const int32_t k = in->n_key;
    for (int64_t t = 0; t < in->n; t++) {
        for (int32_t step = 0; step < k; step++) {
            const int64_t row = t * (k + 1) + step;
            const double *before = unit + row * k, *after = before + k;
            int32_t f = 0;
            while (f < k - 1 && before[f] == after[f]) { f++; }
            const double width = after[f] - before[f];
            effect[f * in->n + t] = (r->mean[row + 1] - r->mean[row]) / width;
            const double luck = in->point[row] == in->point[row + 1]
                                    ? 0.0
                                    : (r->spread[row] + r->spread[row + 1]) / in->n_member;
            // mean absolute value of a normal number
            noise[f] += sqrt(luck * 2.0 / 3.14159265358979323846) / fabs(width) / (double)in->n;
        }
    }
}

static void summarise(const flow_rows_input *in, int32_t f, const double *effect, int64_t *index,
                      double *sample, flow_morris *out)
{
    const double n = (double)in->n;
    double sum = 0.0, size = 0.0, square = 0.0;
    for (int64_t t = 0; t < in->n; t++) {
        sum += effect[t];
        size += fabs(effect[t]);
    }
    out->mu[f] = sum / n;
    out->mu_star[f].value = size / n;
    for (int64_t t = 0; t < in->n; t++) {
        square += (effect[t] - out->mu[f]) * (effect[t] - out->mu[f]);
    }
    out->sigma[f] = in->n > 1 ? sqrt(square / (n - 1.0)) : (double)NAN;
    for (int32_t b = 0; b < in->n_sample; b++) {
        choose(in, b, index);
        sample[b] = 0.0;
        for (int64_t t = 0; t < in->n; t++) { sample[b] += fabs(effect[index[t]]) / n; }
    }
    bound(sample, in->n_sample, &out->mu_star[f]);
}

flow_err flow_sensitivity_morris(const flow_rows_input *in, const double *unit, flow_morris *out)
{
    const int32_t k = in->n_key;
    *out = (flow_morris){.n_key = k};
    if (in->n < 1) { return flow_fail(FLOW_ERANGE, "Morris' effects need a trajectory"); }
    rows r;
    FLOW_TRY(rows_create(in, in->n * (k + 1), &r));
    int64_t *index = flow_calloc(in->n, sizeof *index);
    double *effect = flow_calloc(k * in->n, sizeof *effect);
    double *sample = flow_calloc(in->n_sample, sizeof *sample);
    out->mu = flow_calloc(k, sizeof *out->mu);
    out->sigma = flow_calloc(k, sizeof *out->sigma);
    out->mu_star = flow_calloc(k, sizeof *out->mu_star);
    out->noise = flow_calloc(k, sizeof *out->noise);
    flow_err err = FLOW_OK;
    if (!index || !effect || !sample || !out->mu || !out->sigma || !out->mu_star || !out->noise) {
        err = flow_fail(FLOW_ENOMEM, "no memory for Morris' effects");
        flow_morris_clear(out);
    } else {
        effects(in, &r, unit, effect, out->noise);
        for (int32_t f = 0; f < k; f++) {
            summarise(in, f, effect + f * in->n, index, sample, out);
            if (in->n_member < 2) { out->noise[f] = (double)NAN; }
        }
    }
    flow_dealloc(sample);
    flow_dealloc(effect);
    flow_dealloc(index);
    rows_clear(&r);
    return err;
}

// Studies ---------------------------------------------------------------------------------------

static flow_err check_values(const flow_study_result *s, int32_t indicator)
{
    int64_t undefined = 0;
    const int64_t n = (int64_t)s->n_point * s->n_member;
    for (int64_t i = 0; i < n; i++) { undefined += !isfinite(s->value[indicator][i]); }
    if (undefined == 0) { return FLOW_OK; }
    return flow_fail(FLOW_ESTATE, "%s has no value in %lld of %lld runs", s->name[indicator],
                     (long long)undefined, (long long)n);
}

static flow_err morris(const flow_study_result *s, const flow_rows_input *in, flow_morris *out)
{
    const flow_design_options o = {.design = FLOW_DESIGN_MORRIS,
                                   .n_factor = s->n_key,
                                   .n = s->n,
                                   .levels = s->levels,
                                   .seed = (uint64_t)s->seed};
    double *unit = flow_calloc((int64_t)s->n_row * s->n_key, sizeof *unit);
    if (unit == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for Morris' effects"); }
    flow_err err = flow_design_fill(&o, unit);
    if (err == FLOW_OK) { err = flow_sensitivity_morris(in, unit, out); }
    flow_dealloc(unit);
    return err;
}

flow_err flow_sensitivity_study(const flow_study_result *s, int32_t indicator, int32_t n_sample,
                                uint64_t seed, flow_sobol *sobol, flow_morris *effects_out)
{
    *sobol = (flow_sobol){0};
    *effects_out = (flow_morris){0};
    const bool is_sobol = strcmp(s->design, flow_design_name[FLOW_DESIGN_SALTELLI]) == 0;
    const bool is_morris = strcmp(s->design, flow_design_name[FLOW_DESIGN_MORRIS]) == 0;
    if (!is_sobol && !is_morris) {
        return flow_fail(FLOW_ESTATE,
                         "a study of design %s has no indices; plan one with design saltelli or "
                         "morris",
                         s->design);
    }
    const int64_t rows_of_one = s->n_key + (is_sobol ? 2 : 1);
    if (s->n < 1 || s->n_row != s->n * rows_of_one) {
        return flow_fail(FLOW_ESTATE, "the study has %d rows, its design %lld", (int)s->n_row,
                         (long long)(s->n * rows_of_one));
    }
    if (is_sobol && s->common_luck && s->n_member > 1) {
        return flow_fail(FLOW_ESTATE, "points share their luck, so it cannot be told from what "
                                      "varies; plan with luck: independent");
    }
    FLOW_TRY(check_values(s, indicator));
    const flow_rows_input in = {.n_key = s->n_key,
                                .n = s->n,
                                .n_member = s->n_member,
                                .point = s->row_point,
                                .value = s->value[indicator],
                                .n_sample = n_sample,
                                .seed = seed};
    return is_sobol ? flow_sensitivity_sobol(&in, sobol) : morris(s, &in, effects_out);
}
