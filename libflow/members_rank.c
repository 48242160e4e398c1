#include "members_rank.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 8, N_DIGIT = 1 << DIGIT_BITS, INSERT_UP_TO = 48 };

static const uint64_t sign_bit = (uint64_t)1 << 63;

flow_err flow_ranks_create(int32_t n, flow_ranks *out)
{
    *out = (flow_ranks){.n = n};
    out->key = flow_calloc(n, sizeof *out->key);
    out->spare = flow_calloc(n, sizeof *out->spare);
    out->sorted = flow_calloc(n, sizeof *out->sorted);
    if (out->key == NULL || out->spare == NULL || out->sorted == NULL) {
        flow_ranks_clear(out);
        return flow_fail(FLOW_ENOMEM, "no memory to put %d members in order", (int)n);
    }
    return FLOW_OK;
}

void flow_ranks_clear(flow_ranks *r)
{
    flow_dealloc(r->key);
    flow_dealloc(r->spare);
    flow_dealloc(r->sorted);
    *r = (flow_ranks){0};
}

/// A number whose order among unsigned ones is that of the value.
static uint64_t to_key(bool integer, flow_value value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (integer || (bits & sign_bit) == 0) { return bits ^ sign_bit; }
    return ~bits;
}

static double from_key(bool integer, uint64_t key)
{
    flow_value value;
    if (integer || (key & sign_bit) != 0) {
        key ^= sign_bit;
    } else {
        key = ~key;
    }
    memcpy(&value, &key, sizeof value);
    return integer ? (double)value.whole : value.real;
}

static void insert_sort(uint64_t *key, int32_t n)
{
    for (int32_t i = 1; i < n; i++) {
        const uint64_t x = key[i];
        int32_t k = i;
        for (; k > 0 && key[k - 1] > x; k--) { key[k] = key[k - 1]; }
        key[k] = x;
    }
}

// Digit by digit, the lowest first: members lie close together, so one or two digits are enough.
static void radix_sort(flow_ranks *r, uint64_t range)
{
    for (int shift = 0; shift < 64 && range >> shift != 0; shift += DIGIT_BITS) {
        int32_t at[N_DIGIT] = {0};
        for (int32_t i = 0; i < r->n; i++) { at[r->key[i] >> shift & (N_DIGIT - 1)]++; }
        int32_t sum = 0;
        for (int32_t d = 0; d < N_DIGIT; d++) {
            const int32_t n = at[d];
            at[d] = sum;
            sum += n;
        }
        for (int32_t i = 0; i < r->n; i++) {
            r->spare[at[r->key[i] >> shift & (N_DIGIT - 1)]++] = r->key[i];
        }
        uint64_t *swap = r->key;
        r->key = r->spare;
        r->spare = swap;
    }
}

void flow_ranks_fill(flow_ranks *r, bool integer, const flow_value *value, int64_t stride)
{
    uint64_t least = UINT64_MAX, most = 0;
    for (int32_t i = 0; i < r->n; i++) {
        const uint64_t key = to_key(integer, value[i * stride]);
        r->key[i] = key;
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    if (least < most && r->n <= INSERT_UP_TO) {
        insert_sort(r->key, r->n);
    } else if (least < most) {
        for (int32_t i = 0; i < r->n; i++) { r->key[i] -= least; }
        radix_sort(r, most - least);
        for (int32_t i = 0; i < r->n; i++) { r->key[i] += least; }
    }
    for (int32_t i = 0; i < r->n; i++) { r->sorted[i] = from_key(integer, r->key[i]); }
}

void flow_ranks_quantiles(const flow_ranks *r, double out[static FLOW_N_QUANTILE])
{
    const bool same = r->sorted[0] == r->sorted[r->n - 1]; // also spares 0 * infinity
    for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
        out[q] = same ? r->sorted[0]
                      : gsl_stats_quantile_from_sorted_data(r->sorted, 1, (size_t)r->n,
                                                            flow_member_quantile[q]);
    }
}

double flow_ranks_mean(const flow_ranks *r)
{
    if (r->sorted[0] == r->sorted[r->n - 1]) { return r->sorted[0]; }
    double sum = 0.0;
    for (int32_t i = 0; i < r->n; i++) { sum += r->sorted[i]; }
    return sum / r->n;
}

double flow_ranks_crps(const flow_ranks *r, double observed)
{
    // In order, sum over all pairs of |x_i - x_j| = 2 sum_i (2 i - n + 1) x_i, i from 0.
    double away = 0.0, apart = 0.0;
    for (int32_t i = 0; i < r->n; i++) {
        away += fabs(r->sorted[i] - observed);
        apart += (2.0 * i - r->n + 1.0) * (r->sorted[i] - r->sorted[0]);
    }
    return away / r->n - apart / ((double)r->n * r->n);
}
