#include "sweep_design.h"

#include "rng.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/// Sobol numbers of GSL are whole multiples of 2^-30; it knows 40 dimensions.
enum { SOBOL_BITS = 30, MOST_SOBOL = 40 };
/// GSL knows 1229 dimensions of Halton.
enum { MOST_HALTON = 1229 };

/// Draws of the design have their own streams, beside those of all runs.
static uint64_t bits(uint64_t seed, uint64_t row, uint64_t factor)
{
    static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    return flow_mix(flow_mix(flow_mix(seed + golden) + golden * (row + 1)) + golden * (factor + 1));
}

static double uniform(uint64_t seed, uint64_t row, uint64_t factor)
{
    return ((double)(int64_t)(bits(seed, row, factor) >> 11) + 0.5) * 0x1p-53;
}

double flow_morris_step(int64_t levels)
{
    return (double)levels / (2.0 * (double)(levels - 1));
}

static bool times(int64_t *n, int64_t factor)
{
    if (factor > 0 && *n > FLOW_MOST_ROWS / factor) { return false; }
    *n *= factor;
    return true;
}

flow_err flow_design_rows(const flow_design_options *o, int64_t *n_row)
{
    *n_row = 0;
    int64_t n = o->n;
    bool good = true;
    const int32_t dimensions = o->design == FLOW_DESIGN_SALTELLI ? 2 * o->n_factor : o->n_factor;
    switch (o->design) {
    case FLOW_DESIGN_GRID:
        n = 1;
        for (int32_t f = 0; f < o->n_factor; f++) { good = good && times(&n, o->count[f]); }
        break;
    case FLOW_DESIGN_LIST: n = o->n_factor > 0 ? o->count[0] : 0; break;
    case FLOW_DESIGN_SALTELLI: good = times(&n, o->n_factor + 2); break;
    case FLOW_DESIGN_MORRIS: good = times(&n, o->n_factor + 1); break;
    default: break;
    }
    if (!good || n > FLOW_MOST_ROWS) {
        return flow_fail(FLOW_ERANGE, "the design has more than %lld rows",
                         (long long)FLOW_MOST_ROWS);
    }
    if ((o->design == FLOW_DESIGN_SALTELLI || o->design == FLOW_DESIGN_SOBOL) &&
        dimensions > MOST_SOBOL) {
        return flow_fail(FLOW_ERANGE, "design %s takes at most %d factors, there are %d",
                         flow_design_name[o->design],
                         o->design == FLOW_DESIGN_SOBOL ? MOST_SOBOL : MOST_SOBOL / 2,
                         (int)o->n_factor);
    }
    if (o->design == FLOW_DESIGN_HALTON && dimensions > MOST_HALTON) {
        return flow_fail(FLOW_ERANGE, "design halton takes at most %d factors, there are %d",
                         MOST_HALTON, (int)o->n_factor);
    }
    *n_row = n;
    return FLOW_OK;
}

/// The same value again for each combination of the factors after it; the last one goes fastest.
static void fill_grid(const flow_design_options *o, int64_t n_row, double *unit)
{
    for (int64_t row = 0; row < n_row; row++) {
        int64_t rest = row;
        for (int32_t f = o->n_factor - 1; f >= 0; f--) {
            unit[row * o->n_factor + f] = ((double)(rest % o->count[f]) + 0.5) / o->count[f];
            rest /= o->count[f];
        }
    }
}

static void fill_list(const flow_design_options *o, int64_t n_row, double *unit)
{
    for (int64_t row = 0; row < n_row; row++) {
        for (int32_t f = 0; f < o->n_factor; f++) {
            unit[row * o->n_factor + f] = ((double)row + 0.5) / o->count[f];
        }
    }
}

static void fill_random(const flow_design_options *o, int64_t n_row, double *unit)
{
    for (int64_t row = 0; row < n_row; row++) {
        for (int32_t f = 0; f < o->n_factor; f++) {
            unit[row * o->n_factor + f] = uniform(o->seed, (uint64_t)row, (uint64_t)f);
        }
    }
}

/// A place in [0, n), all alike, from random bits.
static int64_t below(int64_t n, uint64_t random)
{
    return (int64_t)((double)(int64_t)(random >> 11) * 0x1p-53 * (double)n);
}

static flow_err fill_latin(const flow_design_options *o, int64_t n, double *unit)
{
    int64_t *cell = flow_calloc(n, sizeof *cell);
    if (cell == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for %lld points", (long long)n); }
    for (int32_t f = 0; f < o->n_factor; f++) {
        const uint64_t factor = (uint64_t)f;
        for (int64_t i = 0; i < n; i++) { cell[i] = i; }
        for (int64_t i = n - 1; i > 0; i--) { // Fisher and Yates
            const int64_t k = below(i + 1, bits(o->seed, (uint64_t)i, 2 * factor));
            const int64_t keep = cell[i];
            cell[i] = cell[k];
            cell[k] = keep;
        }
        for (int64_t i = 0; i < n; i++) {
            const double inside = uniform(o->seed, (uint64_t)i, 2 * factor + 1);
            unit[i * o->n_factor + f] = ((double)cell[i] + inside) / (double)n;
        }
    }
    flow_dealloc(cell);
    return FLOW_OK;
}

/// GSL leaves the origin out; a net needs it.
static flow_err fill_sobol(uint64_t seed, int64_t n, int32_t dimensions, double *unit)
{
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)dimensions);
    if (q == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a Sobol sequence"); }
    for (int64_t i = 0; i < n; i++) {
        double *u = unit + i * dimensions;
        double point[MOST_SOBOL] = {0.0};
        if (i > 0) { (void)gsl_qrng_get(q, point); }
        for (int32_t d = 0; d < dimensions; d++) {
            const uint64_t shift = bits(seed, 0, (uint64_t)d) >> (64 - SOBOL_BITS);
            const uint64_t digits = (uint64_t)(point[d] * 0x1p30) ^ shift;
            u[d] = ((double)(int64_t)digits + 0.5) * 0x1p-30;
        }
    }
    gsl_qrng_free(q);
    return FLOW_OK;
}

static flow_err fill_halton(const flow_design_options *o, int64_t n, double *unit)
{
    gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_halton, (unsigned)o->n_factor);
    if (q == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a Halton sequence"); }
    for (int64_t i = 0; i < n; i++) {
        double *u = unit + i * o->n_factor;
        (void)gsl_qrng_get(q, u);
        for (int32_t f = 0; f < o->n_factor; f++) {
            u[f] += uniform(o->seed, 0, (uint64_t)f);
            u[f] -= floor(u[f]);
        }
    }
    gsl_qrng_free(q);
    return FLOW_OK;
}

static flow_err fill_saltelli(const flow_design_options *o, double *unit)
{
    const int32_t k = o->n_factor;
    double *both = flow_calloc(o->n * 2 * k, sizeof *both);
    if (both == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a design"); }
    const flow_err err = fill_sobol(o->seed, o->n, 2 * k, both);
    for (int64_t i = 0; i < o->n && err == FLOW_OK; i++) {
        const double *a = both + i * 2 * k, *b = a + k;
        double *row = unit + i * (k + 2) * k;
        memcpy(row, a, (size_t)k * sizeof *a);
        memcpy(row + k, b, (size_t)k * sizeof *b);
        for (int32_t f = 0; f < k; f++) {
            row += k;
            memcpy(row + k, a, (size_t)k * sizeof *a);
            row[k + f] = b[f];
        }
    }
    flow_dealloc(both);
    return err;
}

/// A trajectory starts on the grid of levels and changes every factor once, by the same step up or
/// down, in an order of its own.
static flow_err fill_morris(const flow_design_options *o, double *unit)
{
    const int32_t k = o->n_factor;
    int32_t *order = flow_calloc(k, sizeof *order);
    if (order == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a design"); }
    const double step = flow_morris_step(o->levels);
    const int64_t half = o->levels / 2; // levels from which a step up stays inside
    for (int64_t i = 0; i < o->n; i++) {
        double *row = unit + i * (k + 1) * k;
        const uint64_t stream = 3 * (uint64_t)i;
        for (int32_t f = 0; f < k; f++) {
            order[f] = f;
            const int64_t low = below(half, bits(o->seed, stream, (uint64_t)f));
            const bool down = bits(o->seed, stream + 1, (uint64_t)f) >> 63;
            row[f] = (double)low / (double)(o->levels - 1) + (down ? step : 0.0);
        }
        for (int32_t f = k - 1; f > 0; f--) {
            const int32_t other =
                (int32_t)below((int64_t)f + 1, bits(o->seed, stream + 2, (uint64_t)f));
            const int32_t keep = order[f];
            order[f] = order[other];
            order[other] = keep;
        }
        for (int32_t f = 0; f < k; f++) {
            memcpy(row + k, row, (size_t)k * sizeof *row);
            row += k;
            const bool down = bits(o->seed, stream + 1, (uint64_t)order[f]) >> 63;
            row[order[f]] += down ? -step : step;
            if (row[order[f]] < 0.0) { row[order[f]] = 0.0; } // rounding
            if (row[order[f]] > 1.0) { row[order[f]] = 1.0; }
        }
    }
    flow_dealloc(order);
    return FLOW_OK;
}

flow_err flow_design_fill(const flow_design_options *o, double *unit)
{
    int64_t n_row = 0;
    FLOW_TRY(flow_design_rows(o, &n_row));
    switch (o->design) {
    case FLOW_DESIGN_GRID: fill_grid(o, n_row, unit); return FLOW_OK;
    case FLOW_DESIGN_LIST: fill_list(o, n_row, unit); return FLOW_OK;
    case FLOW_DESIGN_LATIN: return fill_latin(o, n_row, unit);
    case FLOW_DESIGN_SOBOL: return fill_sobol(o->seed, n_row, o->n_factor, unit);
    case FLOW_DESIGN_HALTON: return fill_halton(o, n_row, unit);
    case FLOW_DESIGN_MORRIS: return fill_morris(o, unit);
    case FLOW_DESIGN_SALTELLI: return fill_saltelli(o, unit);
    default: fill_random(o, n_row, unit); return FLOW_OK;
    }
}

flow_design_options flow_plan_design(const flow_plan *plan, int32_t *count)
{
    for (int32_t f = 0; f < plan->n_factor; f++) {
        const flow_factor *factor = &plan->factor[f];
        count[f] = factor->n_value > 0 ? factor->n_value : (int32_t)factor->levels;
    }
    return (flow_design_options){.design = plan->top.design,
                                 .n_factor = plan->n_factor,
                                 .n = plan->top.n,
                                 .levels = plan->top.levels,
                                 .seed = (uint64_t)plan->top.seed,
                                 .count = count};
}

// Values ----------------------------------------------------------------------------------------

const char *flow_value_text(double value, char room[static FLOW_VALUE_TEXT])
{
    for (int digits = 6; digits <= 17; digits++) {
        double back = 0.0;
        (void)snprintf(room, FLOW_VALUE_TEXT, "%.*g", digits, value);
        if (flow_number_parse(room, &back) && back == value) { break; }
    }
    return room;
}

/// Normal with mean and sd of the factor; its share within [low, high] only.
static double normal(const flow_factor *f, double low, double high, double unit)
{
    const double from = isinf(low) ? 0.0 : gsl_cdf_ugaussian_P((low - f->mean) / f->sd);
    const double to = isinf(high) ? 1.0 : gsl_cdf_ugaussian_P((high - f->mean) / f->sd);
    const double x = f->mean + f->sd * gsl_cdf_ugaussian_Pinv(from + unit * (to - from));
    return x < low ? low : x > high ? high : x;
}

static double triangular(const flow_factor *f, double unit)
{
    const double width = f->max - f->min;
    const double rise = (f->mode - f->min) / width;
    if (unit < rise) { return f->min + sqrt(unit * width * (f->mode - f->min)); }
    return f->max - sqrt((1.0 - unit) * width * (f->max - f->mode));
}

static double number(const flow_factor *f, double unit)
{
    const double none = (double)INFINITY;
    switch (f->spread) {
    case FLOW_SPREAD_LOGUNIFORM: return f->min * exp(unit * log(f->max / f->min));
    case FLOW_SPREAD_NORMAL:
        return normal(f, f->has_min ? f->min : -none, f->has_max ? f->max : none, unit);
    case FLOW_SPREAD_LOGNORMAL:
        return exp(
            normal(f, f->has_min ? log(f->min) : -none, f->has_max ? log(f->max) : none, unit));
    case FLOW_SPREAD_TRIANGULAR: return triangular(f, unit);
    default: return f->min + unit * (f->max - f->min);
    }
}

const char *flow_factor_value(const flow_factor *f, double unit, char room[static FLOW_VALUE_TEXT])
{
    if (f->n_value > 0) {
        const int32_t i = (int32_t)(unit * f->n_value);
        return f->value[i < f->n_value ? i : f->n_value - 1];
    }
    if (f->levels > 1) { // a grid: the unit is the middle of a step
        const double step = floor(unit * (double)f->levels);
        unit = step / (double)(f->levels - 1);
    }
    double value;
    if (f->whole && f->spread == FLOW_SPREAD_UNIFORM && f->levels <= 1) {
        // every whole number has the same share
        const double low = ceil(f->min), high = floor(f->max);
        value = low + floor(unit * (high - low + 1.0));
        value = value > high ? high : value;
    } else {
        value = number(f, unit);
        if (f->whole) { value = round(value); }
        if (f->has_min && value < f->min) { value = f->whole ? ceil(f->min) : f->min; }
        if (f->has_max && value > f->max) { value = f->whole ? floor(f->max) : f->max; }
    }
    return flow_value_text(value == 0.0 ? 0.0 : value, room); // no "-0"
}
