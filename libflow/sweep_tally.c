#include "sweep_batch.h"

#include <math.h>
#include <string.h>

void flow_tally_empty(flow_tally *t)
{
    t->n = 0;
    for (int64_t i = 0; i < t->n_cell; i++) { t->sum[i] = t->square[i] = 0.0; }
    memset(t->count, 0, (size_t)t->n_cell * FLOW_TALLY_CLASSES * sizeof *t->count);
}

flow_err flow_tally_create(int64_t n_cell, flow_tally *out)
{
    *out = (flow_tally){.n_cell = n_cell,
                        .sum = flow_calloc(n_cell, sizeof *out->sum),
                        .square = flow_calloc(n_cell, sizeof *out->square),
                        .least = flow_calloc(n_cell, sizeof *out->least),
                        .largest = flow_calloc(n_cell, sizeof *out->largest),
                        .count = flow_calloc(n_cell * FLOW_TALLY_CLASSES, sizeof *out->count)};
    if (out->sum && out->square && out->least && out->largest && out->count) { return FLOW_OK; }
    flow_tally_clear(out);
    return flow_fail(FLOW_ENOMEM, "no memory to count %lld numbers", (long long)n_cell);
}

void flow_tally_clear(flow_tally *t)
{
    flow_dealloc(t->sum);
    flow_dealloc(t->square);
    flow_dealloc(t->least);
    flow_dealloc(t->largest);
    flow_dealloc(t->count);
    *t = (flow_tally){0};
}

/// Classes from the least (most negative) to the largest number.
static int32_t class_of(double value)
{
    const double size = fabs(value);
    if (!(size >= ldexp(1.0, FLOW_TALLY_LOW))) { return FLOW_TALLY_SIDE; } // as good as 0
    int exponent = FLOW_TALLY_HIGH + 1;
    // size = part * 2^exponent, part in [0.5, 1)
    const double part = isinf(size) ? 0.5 : frexp(size, &exponent);
    int32_t k = FLOW_TALLY_SIDE - 1;
    if (exponent - 1 < FLOW_TALLY_HIGH) {
        k = FLOW_TALLY_PARTS * (exponent - 1 - FLOW_TALLY_LOW) +
            (int32_t)((2.0 * part - 1.0) * FLOW_TALLY_PARTS);
    }
    return value > 0.0 ? FLOW_TALLY_SIDE + 1 + k : FLOW_TALLY_SIDE - 1 - k;
}

/// Bounds of a class.
static void bounds(int32_t index, double *low, double *high)
{
    *low = *high = 0.0;
    if (index == FLOW_TALLY_SIDE) { return; }
    const bool positive = index > FLOW_TALLY_SIDE;
    const int32_t k = positive ? index - FLOW_TALLY_SIDE - 1 : FLOW_TALLY_SIDE - 1 - index;
    const double base = ldexp(1.0, FLOW_TALLY_LOW + k / FLOW_TALLY_PARTS);
    const double from = base * (1.0 + (double)(k % FLOW_TALLY_PARTS) / FLOW_TALLY_PARTS);
    const double to = from + base / FLOW_TALLY_PARTS;
    *low = positive ? from : -to;
    *high = positive ? to : -from;
}

void flow_tally_add(flow_tally *t, const double *value)
{
    for (int64_t i = 0; i < t->n_cell; i++) {
        const double x = value[i];
        t->sum[i] += x;
        t->square[i] += x * x;
        if (t->n == 0 || x < t->least[i]) { t->least[i] = x; }
        if (t->n == 0 || x > t->largest[i]) { t->largest[i] = x; }
        t->count[i * FLOW_TALLY_CLASSES + class_of(x)]++;
    }
    t->n++;
}

void flow_tally_merge(flow_tally *t, const flow_tally *o)
{
    if (o->n == 0) { return; }
    for (int64_t i = 0; i < t->n_cell; i++) {
        t->sum[i] += o->sum[i];
        t->square[i] += o->square[i];
        if (t->n == 0 || o->least[i] < t->least[i]) { t->least[i] = o->least[i]; }
        if (t->n == 0 || o->largest[i] > t->largest[i]) { t->largest[i] = o->largest[i]; }
    }
    for (int64_t i = 0; i < t->n_cell * FLOW_TALLY_CLASSES; i++) { t->count[i] += o->count[i]; }
    t->n += o->n;
}

double flow_tally_quantile(const flow_tally *t, int64_t cell, double q)
{
    if (t->n == 0) { return (double)NAN; }
    if (t->least[cell] == t->largest[cell]) { return t->least[cell]; }
    const uint32_t *count = t->count + cell * FLOW_TALLY_CLASSES;
    const double wanted = q * (double)(t->n - 1); // rank from 0
    double before = 0.0;
    for (int32_t k = 0; k < FLOW_TALLY_CLASSES; k++) {
        const double here = count[k];
        if (here == 0.0 || before + here <= wanted) {
            before += here;
            continue;
        }
        double low = 0.0, high = 0.0;
        bounds(k, &low, &high);
        double x = low + (wanted - before + 0.5) / here * (high - low);
        x = x < t->least[cell] ? t->least[cell] : x;
        return x > t->largest[cell] ? t->largest[cell] : x;
    }
    return t->largest[cell];
}
