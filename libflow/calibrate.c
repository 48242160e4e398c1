#include "calibrate.h"

#include "rng.h"

#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { most_rounds = 100, most_halvings = 40 };

/// Scratch of a fit. k = features.
typedef struct scratch {
    double *share;    ///< [rows]
    double *gradient; ///< [k]
    double *hessian;  ///< [k][k] of minus the logarithm
    double *mean;     ///< [k]
    double *factor;   ///< [k][k] its QR decomposition after scaling
    double *tau;      ///< [k]
    double *scale;    ///< [k]
    double *step;     ///< [k]
    double *trial;    ///< [k]
} scratch;

static void clear(scratch *s)
{
    flow_dealloc(s->share);
    flow_dealloc(s->gradient);
    *s = (scratch){0};
}

static flow_err allocate(const flow_choices *c, scratch *s)
{
    const int64_t k = c->n_feature;
    *s = (scratch){.share = flow_calloc(c->first[c->n_situation], sizeof *s->share),
                   .gradient = flow_calloc(6 * k + 2 * k * k, sizeof *s->gradient)};
    if (s->share == NULL || s->gradient == NULL) {
        clear(s);
        return flow_fail(FLOW_ENOMEM, "no memory for a fit of %d coefficients", (int)k);
    }
    s->mean = s->gradient + k;
    s->tau = s->mean + k;
    s->scale = s->tau + k;
    s->step = s->scale + k;
    s->trial = s->step + k;
    s->hessian = s->trial + k;
    s->factor = s->hessian + k * k;
    return FLOW_OK;
}

static double weight_of(const flow_choices *c, int32_t situation)
{
    return c->weight != NULL ? c->weight[situation] : 1.0;
}

static double utility(const flow_choices *c, const double *b, int64_t row)
{
    double v = c->offset != NULL ? c->offset[row] : 0.0;
    for (int32_t f = 0; f < c->n_feature; f++) { v += b[f] * c->x[row * c->n_feature + f]; }
    return v;
}

/// Shares of one situation; returns the log-likelihood of its counts.
static double situation_shares(const flow_choices *c, const double *b, int32_t i, double *share)
{
    double top = -(double)INFINITY, sum = 0.0, log_likelihood = 0.0;
    for (int64_t r = c->first[i]; r < c->first[i + 1]; r++) {
        share[r] = utility(c, b, r);
        top = fmax(top, share[r]);
    }
    for (int64_t r = c->first[i]; r < c->first[i + 1]; r++) { sum += exp(share[r] - top); }
    for (int64_t r = c->first[i]; r < c->first[i + 1]; r++) {
        const double log_share = share[r] - top - log(sum);
        if (c->count[r] > 0.0) { log_likelihood += c->count[r] * log_share; }
        share[r] = exp(log_share);
    }
    return log_likelihood;
}

void flow_logit_shares(const flow_choices *c, const double *b, double *share)
{
    for (int32_t i = 0; i < c->n_situation; i++) { (void)situation_shares(c, b, i, share); }
}

static double log_prior(const flow_choices *c, const double *b)
{
    double sum = 0.0;
    for (int32_t f = 0; c->prior_sd != NULL && f < c->n_feature; f++) {
        const double z = (b[f] - c->prior_mean[f]) / c->prior_sd[f];
        sum -= 0.5 * z * z;
    }
    return sum;
}

/// Shares of all rows; returns the log-likelihood without the prior.
static double evaluate(const flow_choices *c, const double *b, double *share)
{
    double sum = 0.0;
    for (int32_t i = 0; i < c->n_situation; i++) {
        if (weight_of(c, i) > 0.0) { sum += weight_of(c, i) * situation_shares(c, b, i, share); }
    }
    return sum;
}

/// Gradient and minus the second derivatives at b, from the shares there.
static void differentiate(const flow_choices *c, const double *b, scratch *s)
{
    const int32_t k = c->n_feature;
    memset(s->gradient, 0, (size_t)k * sizeof(double));
    memset(s->hessian, 0, (size_t)k * (size_t)k * sizeof(double));
    for (int32_t i = 0; i < c->n_situation; i++) {
        if (!(weight_of(c, i) > 0.0)) { continue; }
        double people = 0.0;
        memset(s->mean, 0, (size_t)k * sizeof(double));
        for (int64_t r = c->first[i]; r < c->first[i + 1]; r++) {
            people += c->count[r];
            for (int32_t f = 0; f < k; f++) { s->mean[f] += s->share[r] * c->x[r * k + f]; }
        }
        people *= weight_of(c, i);
        for (int64_t r = c->first[i]; r < c->first[i + 1]; r++) {
            const double excess = weight_of(c, i) * c->count[r] - people * s->share[r];
            const double w = people * s->share[r];
            for (int32_t f = 0; f < k; f++) {
                const double x = c->x[r * k + f] - s->mean[f];
                s->gradient[f] += excess * x;
                for (int32_t g = 0; g <= f; g++) {
                    s->hessian[f * k + g] += w * x * (c->x[r * k + g] - s->mean[g]);
                }
            }
        }
    }
    for (int32_t f = 0; f < k; f++) {
        if (c->prior_sd != NULL) {
            const double precision = 1.0 / (c->prior_sd[f] * c->prior_sd[f]);
            s->gradient[f] -= precision * (b[f] - c->prior_mean[f]);
            s->hessian[f * k + f] += precision;
        }
        for (int32_t g = 0; g < f; g++) { s->hessian[g * k + f] = s->hessian[f * k + g]; }
    }
}

/// Name of a feature for messages.
static const char *name_of(const flow_choices *c, int32_t feature, char text[static 32])
{
    if (c->name != NULL) { return c->name[feature]; }
    (void)snprintf(text, 32, "%d", (int)feature);
    return text;
}

/// Decompose the second derivatives, scaled to a diagonal of 1.
static flow_err factorise(const flow_choices *c, scratch *s)
{
    const int32_t k = c->n_feature;
    char text[32];
    for (int32_t f = 0; f < k; f++) {
        if (!(s->hessian[f * k + f] > 0.0)) {
            return flow_fail(FLOW_ERANGE, "feature %s does not vary within any situation",
                             name_of(c, f, text));
        }
        s->scale[f] = 1.0 / sqrt(s->hessian[f * k + f]);
    }
    for (int32_t f = 0; f < k; f++) {
        for (int32_t g = 0; g < k; g++) {
            s->factor[f * k + g] = s->hessian[f * k + g] * s->scale[f] * s->scale[g];
        }
    }
    gsl_matrix_view factor = gsl_matrix_view_array(s->factor, (size_t)k, (size_t)k);
    gsl_vector_view tau = gsl_vector_view_array(s->tau, (size_t)k);
    (void)gsl_linalg_QR_decomp(&factor.matrix, &tau.vector);
    for (int32_t f = 0; f < k; f++) {
        // The diagonal of R is what a feature adds to those before it, of 1.
        if (!(fabs(s->factor[f * k + f]) > 1e-11)) {
            return flow_fail(FLOW_ERANGE, "feature %s is a sum of the features before it",
                             name_of(c, f, text));
        }
    }
    return FLOW_OK;
}

/// out = inverse of the second derivatives times a vector.
static void solve(int32_t k, const scratch *s, const double *vector, double *out)
{
    for (int32_t f = 0; f < k; f++) { out[f] = vector[f] * s->scale[f]; }
    gsl_matrix_const_view factor = gsl_matrix_const_view_array(s->factor, (size_t)k, (size_t)k);
    gsl_vector_const_view tau = gsl_vector_const_view_array(s->tau, (size_t)k);
    gsl_vector_view x = gsl_vector_view_array(out, (size_t)k);
    (void)gsl_linalg_QR_svx(&factor.matrix, &tau.vector, &x.vector);
    for (int32_t f = 0; f < k; f++) { out[f] *= s->scale[f]; }
}

/// Where a feature tells chosen places apart without exception, the likelihood grows for ever and
/// its slope only fades: the maximum is none when a coefficient may be anything.
static flow_err check_maximum(const flow_choices *c, scratch *s)
{
    const double most = 50.0; // utility, in standard errors over the range of a feature
    char text[32];
    for (int32_t f = 0; f < c->n_feature; f++) {
        double low = (double)INFINITY, high = -(double)INFINITY;
        for (int64_t r = 0; r < c->first[c->n_situation]; r++) {
            low = fmin(low, c->x[r * c->n_feature + f]);
            high = fmax(high, c->x[r * c->n_feature + f]);
        }
        memset(s->trial, 0, (size_t)c->n_feature * sizeof *s->trial);
        s->trial[f] = 1.0;
        solve(c->n_feature, s, s->trial, s->step);
        const bool free = c->prior_sd == NULL || !isfinite(c->prior_sd[f]);
        if (free && sqrt(s->step[f]) * (high - low) > most) {
            return flow_fail(FLOW_ERANGE,
                             "no maximum: feature %s tells chosen and other places apart without "
                             "exception",
                             name_of(c, f, text));
        }
    }
    return FLOW_OK;
}

static flow_err climb(const flow_choices *c, scratch *s, flow_logit *fit)
{
    const int32_t k = c->n_feature;
    double now = evaluate(c, fit->b, s->share) + log_prior(c, fit->b);
    bool close = false;
    for (fit->rounds = 1; fit->rounds <= most_rounds; fit->rounds++) {
        differentiate(c, fit->b, s);
        FLOW_TRY(factorise(c, s));
        if (close) { return check_maximum(c, s); }
        solve(k, s, s->gradient, s->step);
        double gain = 0.0; // twice what the step would add, were the top a parabola
        for (int32_t f = 0; f < k; f++) { gain += s->step[f] * s->gradient[f]; }
        double length = 1.0, then = 0.0;
        bool better = false;
        for (int32_t i = 0; i < most_halvings && !better; i++, length *= better ? 1.0 : 0.5) {
            for (int32_t f = 0; f < k; f++) { s->trial[f] = fit->b[f] + length * s->step[f]; }
            then = evaluate(c, s->trial, s->share) + log_prior(c, s->trial);
            // Rounding of the sum hides gains below 1e-13 of it.
            better = then >= now - 1e-13 * fabs(now);
        }
        if (!better && gain < 1e-8) { // it stands at the top, as well as sums can tell
            close = true;
            continue;
        }
        if (!better) {
            return flow_fail(FLOW_ERANGE,
                             "no step from log likelihood %.10g leads up: coefficients are not "
                             "told apart well enough",
                             now);
        }
        memcpy(fit->b, s->trial, (size_t)k * sizeof *fit->b);
        // Newton's method doubles the digits: what is left now is far below the standard errors.
        close = length == 1.0 && gain < 1e-8;
        now = then;
    }
    return flow_fail(FLOW_ERANGE, "no maximum after %d rounds", most_rounds);
}

static flow_err check(const flow_choices *c)
{
    if (c->n_feature < 1) { return flow_fail(FLOW_ERANGE, "no feature to fit"); }
    double people = 0.0;
    for (int64_t r = 0; r < c->first[c->n_situation]; r++) {
        bool good = c->count[r] >= 0.0 && isfinite(c->count[r]) &&
                    (c->offset == NULL || isfinite(c->offset[r]));
        for (int32_t f = 0; f < c->n_feature; f++) {
            good = good && isfinite(c->x[r * c->n_feature + f]);
        }
        if (!good) {
            return flow_fail(FLOW_ERANGE, "row %lld: a value is no number", (long long)r);
        }
        people += c->count[r];
    }
    char text[32];
    if (!(people > 0.0)) { return flow_fail(FLOW_ERANGE, "nobody chose anything"); }
    for (int32_t f = 0; c->prior_sd != NULL && f < c->n_feature; f++) {
        if (!(c->prior_sd[f] > 0.0) || !isfinite(c->prior_mean[f])) {
            return flow_fail(FLOW_ERANGE, "feature %s: prior %g +- %g", name_of(c, f, text),
                             c->prior_mean[f], c->prior_sd[f]);
        }
    }
    return FLOW_OK;
}

flow_err flow_logit_fit(const flow_choices *c, const double *begin, flow_logit *out)
{
    *out = (flow_logit){.n_feature = c->n_feature};
    FLOW_TRY(check(c));
    const int64_t k = c->n_feature;
    scratch s;
    FLOW_TRY(allocate(c, &s));
    out->b = flow_calloc(2 * k + k * k, sizeof *out->b);
    flow_err err = FLOW_OK;
    if (out->b == NULL) {
        err = flow_fail(FLOW_ENOMEM, "no memory for %d coefficients", (int)k);
    } else {
        out->se = out->b + k;
        out->covariance = out->se + k;
        out->log_likelihood_0 = evaluate(c, out->b, s.share);
        if (begin != NULL) { memcpy(out->b, begin, (size_t)k * sizeof *out->b); }
        err = climb(c, &s, out);
    }
    if (err == FLOW_OK) {
        out->log_likelihood = evaluate(c, out->b, s.share);
        for (int64_t f = 0; f < k; f++) {
            memset(s.trial, 0, (size_t)k * sizeof *s.trial);
            s.trial[f] = 1.0;
            solve((int32_t)k, &s, s.trial, out->covariance + f * k);
            out->se[f] = sqrt(out->covariance[f * k + f]);
        }
    } else {
        flow_logit_clear(out);
    }
    clear(&s);
    return err;
}

void flow_logit_clear(flow_logit *logit)
{
    flow_dealloc(logit->b);
    *logit = (flow_logit){0};
}

flow_err flow_logit_resample(const flow_choices *choices, const int32_t *cluster, int32_t n_cluster,
                             const flow_logit *fit, uint64_t seed, int32_t n_sample, double *b,
                             int32_t *n_bad)
{
    const int32_t k = choices->n_feature, n = cluster != NULL ? n_cluster : choices->n_situation;
    int32_t bad = 0;
    double *times = flow_calloc(n, sizeof *times);
    double *weight = flow_calloc(choices->n_situation, sizeof *weight);
    flow_err err = FLOW_OK;
    if (times == NULL || weight == NULL) { err = flow_fail(FLOW_ENOMEM, "no memory for samples"); }
    for (int32_t i = 0; i < n_sample && err == FLOW_OK; i++) {
        memset(times, 0, (size_t)n * sizeof *times);
        for (int32_t draw = 0; draw < n; draw++) {
            uint32_t out[4];
            const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
            flow_philox((const uint32_t[4]){(uint32_t)i, (uint32_t)draw, 0x6f6f7473, 0}, key, out);
            times[(int64_t)(((uint64_t)out[0] * (uint64_t)n) >> 32)] += 1.0;
        }
        for (int32_t s = 0; s < choices->n_situation; s++) {
            weight[s] = times[cluster != NULL ? cluster[s] : s] * weight_of(choices, s);
        }
        flow_choices sample = *choices;
        sample.weight = weight;
        flow_logit one;
        err = flow_logit_fit(&sample, fit->b, &one);
        memcpy(b + (int64_t)i * k, err == FLOW_OK ? one.b : fit->b, (size_t)k * sizeof *b);
        if (err == FLOW_ERANGE) {
            bad++;
            err = FLOW_OK;
        }
        flow_logit_clear(&one);
    }
    flow_dealloc(weight);
    flow_dealloc(times);
    if (n_bad != NULL) { *n_bad = bad; }
    return err;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double flow_quantile(double *value, int64_t n, double q)
{
    if (n < 1) { return (double)NAN; }
    qsort(value, (size_t)n, sizeof *value, by_value);
    const double at = fmin(fmax(q, 0.0), 1.0) * (double)(n - 1);
    const int64_t low = (int64_t)at;
    const int64_t high = low + 1 < n ? low + 1 : low;
    return value[low] + (at - (double)low) * (value[high] - value[low]);
}

double flow_cpc(int64_t n, const double *observed, const double *predicted)
{
    double common = 0.0, all = 0.0;
    for (int64_t i = 0; i < n; i++) {
        common += fmin(observed[i], predicted[i]);
        all += observed[i] + predicted[i];
    }
    return all > 0.0 ? 2.0 * common / all : (double)NAN;
}
