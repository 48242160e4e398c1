#include "calibrate_od.h"

#include "row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const flow_od_model_name[FLOW_N_OD_MODEL] = {"fit", "gravity", "radiation",
                                                         "persistence"};

/// One calibration at work.
typedef struct study {
    const flow_od *od;
    const flow_od_options *o;
    bool *tested;       ///< [n_situation] held out by year
    double *weight;     ///< [n_situation] 0: not fitted
    double *share;      ///< [n_row] of the model at hand
    double *guess;      ///< [n_row] people it predicts
    double *gravity;    ///< [n_row][2] NULL: not possible
    double *total;      ///< [n_situation] people who leave
    double *last_total; ///< [n_situation] the same origin in the last year fitted
    int32_t *order;     ///< [n_row] scratch
    int32_t last_year;  ///< the last one fitted
} study;

static void clear(study *s)
{
    flow_dealloc(s->tested);
    flow_dealloc(s->weight);
    flow_dealloc(s->share);
    flow_dealloc(s->guess);
    flow_dealloc(s->gravity);
    flow_dealloc(s->total);
    flow_dealloc(s->last_total);
    flow_dealloc(s->order);
}

static int32_t origin_of(const flow_od *od, int32_t situation)
{
    return od->origin[od->first[situation]];
}
static int32_t year_of(const flow_od *od, int32_t situation)
{
    return od->year[od->first[situation]];
}

/// The situation of an origin in a year, -1: none. They are sorted by (year, origin).
static int32_t find(const flow_od *od, int32_t year, int32_t origin)
{
    int32_t low = 0, high = od->n_situation;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        const bool before = year_of(od, middle) < year ||
                            (year_of(od, middle) == year && origin_of(od, middle) < origin);
        if (before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found =
        low < od->n_situation && year_of(od, low) == year && origin_of(od, low) == origin;
    return found ? low : -1;
}

static flow_err allocate(study *s)
{
    const flow_od *od = s->od;
    s->tested = flow_calloc(od->n_situation, sizeof *s->tested);
    s->weight = flow_calloc(od->n_situation, sizeof *s->weight);
    s->total = flow_calloc(od->n_situation, sizeof *s->total);
    s->last_total = flow_calloc(od->n_situation, sizeof *s->last_total);
    s->share = flow_calloc(od->n_row, sizeof *s->share);
    s->guess = flow_calloc(od->n_row, sizeof *s->guess);
    s->order = flow_calloc(od->n_row, sizeof *s->order);
    bool good = s->tested != NULL && s->weight != NULL && s->total != NULL &&
                s->last_total != NULL && s->share != NULL && s->guess != NULL && s->order != NULL;
    if (good && od->distance != NULL && od->population != NULL) {
        s->gravity = flow_calloc(2 * od->n_row, sizeof *s->gravity);
        good = s->gravity != NULL;
        for (int64_t r = 0; good && r < od->n_row; r++) {
            s->gravity[2 * r] = log(od->distance[r]);
            s->gravity[2 * r + 1] = log(od->population[r]);
        }
    }
    return good ? FLOW_OK
                : flow_fail(FLOW_ENOMEM, "no memory for %lld pairs", (long long)od->n_row);
}

/// Which situations are fitted and how many people leave in each.
static flow_err split(study *s)
{
    const flow_od *od = s->od;
    int32_t n_tested = 0;
    s->last_year = INT32_MIN;
    for (int32_t i = 0; i < od->n_situation; i++) {
        const int32_t year = year_of(od, i);
        s->tested[i] =
            s->o->test == FLOW_TEST_YEARS && year >= s->o->first_year && year <= s->o->last_year;
        n_tested += s->tested[i];
        s->weight[i] = s->tested[i] ? 0.0 : 1.0;
        if (!s->tested[i] && year > s->last_year) { s->last_year = year; }
        for (int64_t r = od->first[i]; r < od->first[i + 1]; r++) { s->total[i] += od->flow[r]; }
    }
    if (s->o->test == FLOW_TEST_YEARS && (n_tested == 0 || n_tested == od->n_situation)) {
        return flow_fail(
            FLOW_ERANGE, "%s year from %d to %d: there must be years to fit and to test",
            n_tested == 0 ? "no" : "every", (int)s->o->first_year, (int)s->o->last_year);
    }
    for (int32_t i = 0; i < od->n_situation; i++) {
        const int32_t last = find(od, s->last_year, origin_of(od, i));
        s->last_total[i] = last >= 0 ? s->total[last] : 0.0;
    }
    return FLOW_OK;
}

/// The people a model with these shares predicts: those who left, in test years those of the last
/// year fitted.
static void spread(const study *s, int32_t situation, double *guess)
{
    const double people = s->tested[situation] ? s->last_total[situation] : s->total[situation];
    for (int64_t r = s->od->first[situation]; r < s->od->first[situation + 1]; r++) {
        guess[r] = people * s->share[r];
    }
}

/// CPC over fitted and over held-out situations. With left-out origins all are both.
static void compare(const study *s, bool held_out, const double *guess, double *cpc)
{
    double common = 0.0, all = 0.0;
    for (int32_t i = 0; i < s->od->n_situation; i++) {
        if (s->o->test != FLOW_TEST_ORIGINS && s->tested[i] != held_out) { continue; }
        for (int64_t r = s->od->first[i]; r < s->od->first[i + 1]; r++) {
            common += fmin(s->od->flow[r], guess[r]);
            all += s->od->flow[r] + guess[r];
        }
    }
    *cpc = all > 0.0 ? 2.0 * common / all : (double)NAN;
}

static const char *const gravity_name[] = {"ln(distance)", "ln(population)"};

static flow_choices choices_of(const study *s, const double *x, int32_t n_feature)
{
    return (flow_choices){.n_situation = s->od->n_situation,
                          .n_feature = n_feature,
                          .first = s->od->first,
                          .x = x,
                          .count = s->od->flow,
                          .weight = s->weight,
                          .name =
                              x == s->gravity ? gravity_name : (const char *const *)s->od->feature};
}

/// Predict every origin from a fit to the others.
static flow_err leave_out_origins(study *s, const flow_choices *choices, const flow_logit *fit,
                                  double *guess)
{
    for (int32_t place = 0; place < s->od->n_place; place++) {
        bool any = false;
        for (int32_t i = 0; i < s->od->n_situation; i++) {
            const bool out = origin_of(s->od, i) == place;
            s->weight[i] = out ? 0.0 : 1.0;
            any = any || out;
        }
        if (!any) { continue; }
        flow_logit one;
        const flow_err err = flow_logit_fit(choices, fit->b, &one);
        if (err != FLOW_OK) {
            char text[256];
            (void)snprintf(text, sizeof text, "%s", flow_error_text());
            return flow_fail(err, "without '%s': %s", s->od->place[place], text);
        }
        flow_logit_shares(choices, one.b, s->share);
        flow_logit_clear(&one);
        for (int32_t i = 0; i < s->od->n_situation; i++) {
            if (origin_of(s->od, i) == place) { spread(s, i, guess); }
        }
    }
    for (int32_t i = 0; i < s->od->n_situation; i++) { s->weight[i] = 1.0; }
    return FLOW_OK;
}

/// Fit a logit, predict what it was fitted to and what was held out.
static flow_err run_logit(study *s, const double *x, int32_t n_feature, flow_od_model model,
                          flow_logit *fit, flow_od_result *out)
{
    const flow_choices choices = choices_of(s, x, n_feature);
    FLOW_TRY(flow_logit_fit(&choices, NULL, fit));
    flow_logit_shares(&choices, fit->b, s->share);
    for (int32_t i = 0; i < s->od->n_situation; i++) { spread(s, i, s->guess); }
    compare(s, false, s->guess, &out->cpc_fit[model]);
    if (s->o->test == FLOW_TEST_ORIGINS) {
        FLOW_TRY(leave_out_origins(s, &choices, fit, s->guess));
    }
    if (s->o->test != FLOW_TEST_NONE) { compare(s, true, s->guess, &out->cpc_test[model]); }
    return FLOW_OK;
}

/// One situation of all fitted pairs; they stand first.
static flow_err run_poisson(study *s, flow_od_result *out)
{
    const flow_od *od = s->od;
    int64_t *first = flow_calloc(2, sizeof *first);
    double *x = flow_calloc(od->n_row * od->n_feature, sizeof *x);
    double *count = flow_calloc(od->n_row, sizeof *count);
    flow_err err = FLOW_OK;
    if (first == NULL || x == NULL || count == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for %lld pairs", (long long)od->n_row);
    } else {
        double people = 0.0;
        for (int32_t i = 0; i < od->n_situation; i++) {
            for (int64_t r = od->first[i]; r < od->first[i + 1] && !s->tested[i]; r++) {
                memcpy(x + first[1] * od->n_feature, od->x + r * od->n_feature,
                       (size_t)od->n_feature * sizeof *x);
                people += od->flow[r];
                count[first[1]++] = od->flow[r];
            }
        }
        const flow_choices choices = {.n_situation = 1,
                                      .n_feature = od->n_feature,
                                      .first = first,
                                      .x = x,
                                      .count = count,
                                      .name = (const char *const *)od->feature};
        err = flow_logit_fit(&choices, NULL, &out->fit);
        double sum = 0.0, top = -(double)INFINITY;
        for (int pass = 0; pass < 3 && err == FLOW_OK; pass++) { // largest, sum, flows
            for (int32_t i = 0; i < od->n_situation; i++) {
                for (int64_t r = od->first[i]; r < od->first[i + 1]; r++) {
                    double v = 0.0;
                    for (int32_t f = 0; f < od->n_feature; f++) {
                        v += out->fit.b[f] * od->x[r * od->n_feature + f];
                    }
                    if (pass == 0) { top = fmax(top, v); }
                    if (pass == 1 && !s->tested[i]) { sum += exp(v - top); }
                    if (pass == 2) { s->guess[r] = people * exp(v - top) / sum; }
                }
            }
        }
        out->constant = log(people) - top - log(sum);
    }
    flow_dealloc(count);
    flow_dealloc(x);
    flow_dealloc(first);
    if (err == FLOW_OK) {
        compare(s, false, s->guess, &out->cpc_fit[FLOW_OD_FIT]);
        if (s->o->test != FLOW_TEST_NONE) {
            compare(s, true, s->guess, &out->cpc_test[FLOW_OD_FIT]);
        }
    }
    return err;
}

static flow_err run_radiation(study *s, flow_od_result *out)
{
    const flow_od *od = s->od;
    const flow_row_rule rule = flow_row_rule_init(FLOW_ROW_RADIATION);
    for (int32_t i = 0; i < od->n_situation; i++) {
        const int64_t r = od->first[i];
        flow_row_input in = {.n = (int32_t)(od->first[i + 1] - r),
                             .stay = -1,
                             .distance = od->distance + r,
                             .population = od->origin_population[r]};
        in.term[FLOW_TERM_POPULATION] = od->population + r;
        FLOW_TRY(flow_row_fill(&rule, &in, s->order, s->share + r, NULL));
        spread(s, i, s->guess);
    }
    compare(s, false, s->guess, &out->cpc_fit[FLOW_OD_RADIATION]);
    if (s->o->test != FLOW_TEST_NONE) {
        compare(s, true, s->guess, &out->cpc_test[FLOW_OD_RADIATION]);
    }
    return FLOW_OK;
}

/// Flow of a pair in a situation; 0: not in the table. Pairs are sorted by target.
static double flow_to(const flow_od *od, int32_t situation, int32_t target)
{
    int64_t low = od->first[situation], high = od->first[situation + 1];
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (od->target[middle] < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < od->first[situation + 1] && od->target[low] == target ? od->flow[low] : 0.0;
}

/// The flows of the year before; in fitted years only where there is one.
static void run_persistence(study *s, flow_od_result *out)
{
    const flow_od *od = s->od;
    double common[2] = {0.0, 0.0}, all[2] = {0.0, 0.0};
    for (int32_t i = 0; i < od->n_situation; i++) {
        const int32_t year = s->tested[i] ? s->last_year : year_of(od, i) - 1;
        const int32_t before = find(od, year, origin_of(od, i));
        if (before < 0 && !s->tested[i]) { continue; }
        for (int64_t r = od->first[i]; r < od->first[i + 1]; r++) {
            const double guess = before >= 0 ? flow_to(od, before, od->target[r]) : 0.0;
            common[s->tested[i]] += fmin(od->flow[r], guess);
            all[s->tested[i]] += od->flow[r] + guess;
        }
    }
    if (all[0] > 0.0) { out->cpc_fit[FLOW_OD_PERSISTENCE] = 2.0 * common[0] / all[0]; }
    if (s->o->test == FLOW_TEST_YEARS && all[1] > 0.0) {
        out->cpc_test[FLOW_OD_PERSISTENCE] = 2.0 * common[1] / all[1];
    }
}

static flow_err resample(study *s, flow_od_result *out)
{
    const flow_od *od = s->od;
    const int32_t k = od->n_feature, n = s->o->n_sample;
    int32_t *cluster = flow_calloc(od->n_situation + (int64_t)od->n_place, sizeof *cluster);
    double *b = flow_calloc((int64_t)n * k + n, sizeof *b);
    out->low = flow_calloc(2 * (int64_t)k, sizeof *out->low);
    flow_err err = FLOW_OK;
    if (cluster == NULL || b == NULL || out->low == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for %d samples", (int)n);
    } else {
        // Origins that are fitted, numbered without gaps.
        int32_t *number = cluster + od->n_situation, n_cluster = 0;
        for (int32_t i = 0; i < od->n_situation; i++) {
            int32_t *own = &number[origin_of(od, i)];
            if (*own == 0 && !s->tested[i]) { *own = ++n_cluster; }
        }
        for (int32_t i = 0; i < od->n_situation; i++) {
            cluster[i] = number[origin_of(od, i)] > 0 ? number[origin_of(od, i)] - 1 : 0;
        }
        const flow_choices choices = choices_of(s, od->x, k);
        err = flow_logit_resample(&choices, cluster, n_cluster, &out->fit, s->o->seed, n, b,
                                  &out->n_bad);
    }
    if (err == FLOW_OK) {
        out->n_sample = n;
        out->high = out->low + k;
        double *one = b + (int64_t)n * k;
        for (int32_t f = 0; f < k; f++) {
            for (int32_t i = 0; i < n; i++) { one[i] = b[(int64_t)i * k + f]; }
            out->low[f] = flow_quantile(one, n, 0.05);
            out->high[f] = flow_quantile(one, n, 0.95);
        }
    }
    flow_dealloc(b);
    flow_dealloc(cluster);
    return err;
}

static void count(const study *s, flow_od_result *out)
{
    for (int32_t i = 0; i < s->od->n_situation; i++) {
        const int64_t n = s->od->first[i + 1] - s->od->first[i];
        const bool both = s->o->test == FLOW_TEST_ORIGINS;
        if (!s->tested[i]) {
            out->n_fit += n;
            out->people_fit += s->total[i];
        }
        if (s->tested[i] || both) {
            out->n_test += n;
            out->people_test += s->total[i];
        }
    }
}

static flow_err run(study *s, flow_od_result *out)
{
    const flow_od *od = s->od;
    FLOW_TRY(allocate(s));
    FLOW_TRY(split(s));
    count(s, out);
    FLOW_TRY(s->o->poisson ? run_poisson(s, out)
                           : run_logit(s, od->x, od->n_feature, FLOW_OD_FIT, &out->fit, out));
    memcpy(out->predicted, s->guess, (size_t)od->n_row * sizeof *s->guess);
    if (s->o->n_sample > 0 && !s->o->poisson) { FLOW_TRY(resample(s, out)); }
    if (s->gravity != NULL) {
        flow_logit gravity;
        const flow_err err = run_logit(s, s->gravity, 2, FLOW_OD_GRAVITY, &gravity, out);
        flow_logit_clear(&gravity);
        FLOW_TRY(err);
        if (od->origin_population != NULL) { FLOW_TRY(run_radiation(s, out)); }
    }
    run_persistence(s, out);
    return FLOW_OK;
}

flow_err flow_od_calibrate(const flow_od *od, const flow_od_options *options, flow_od_result *out)
{
    *out = (flow_od_result){.fit = {0}};
    for (int32_t m = 0; m < FLOW_N_OD_MODEL; m++) {
        out->cpc_fit[m] = out->cpc_test[m] = (double)NAN;
    }
    if (options->poisson && options->test == FLOW_TEST_ORIGINS) {
        return flow_fail(FLOW_ERANGE, "a left-out origin has no total of its own to predict");
    }
    if (od->n_row == 0) { return flow_fail(FLOW_ERANGE, "no flow between different places"); }
    out->predicted = flow_calloc(od->n_row, sizeof *out->predicted);
    if (out->predicted == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for predictions"); }
    study s = {.od = od, .o = options};
    const flow_err err = run(&s, out);
    clear(&s);
    if (err != FLOW_OK) { flow_od_result_clear(out); }
    return err;
}

void flow_od_result_clear(flow_od_result *result)
{
    flow_logit_clear(&result->fit);
    flow_dealloc(result->low);
    flow_dealloc(result->predicted);
    result->low = result->high = result->predicted = NULL;
}
