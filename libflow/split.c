#include "split.h"

#include "split_math.h"

#include <math.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Where one way becomes cheaper than the next: figures of bench_split.
static const int64_t most_bits = 64;     // people whose digits are compared side by side
static const double invert_below = 10.0; // expected hits found by inversion
static const double bits_from = 1.0;     // expected hits from which digits beat inversion
static const int64_t most_persons = 48;  // people who choose one by one

enum { most_linear = 64 }; // outcomes searched one after the other

/// Sums of weights below `tiny` are lifted first, for their reciprocal would overflow.
static const double tiny = 0x1p-900, lift_tiny = 0x1p200;

/// True with chance `part` in [0, 1): digits of a uniform number are drawn until they differ from
/// those of `part`, so nothing is rounded.
static bool below(flow_rng_state *stream, double part)
{
    while (part > 0.0) {
        part *= 0x1p32;
        const uint32_t whole = (uint32_t)part;
        const uint32_t word = flow_rng_word(stream);
        if (word != whole) { return word < whole; }
        part -= whole;
    }
    return false;
}

static int count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)(x * UINT64_C(0x0101010101010101) >> 56);
}

/// Binomial for n <= 32: one bit a person. Binary digits of p in [0, 1) are compared with random
/// ones for all people at once; a person is decided by the first digit that differs, so about
/// log2(n) + 1.3 words decide everybody, and nothing is rounded.
static int64_t by_bits_32(flow_rng_state *stream, int64_t n, double p)
{
    uint32_t open = UINT32_C(0xffffffff) >> (32 - n);
    uint32_t hits = 0;
    while (p > 0.0) {
        p *= 0x1p32;
        const uint32_t digits = (uint32_t)p;
        p -= digits;
        for (uint32_t digit = UINT32_C(1) << 31; digit != 0; digit >>= 1) {
            const uint32_t same = (digits & digit) != 0 ? 0 : UINT32_C(0xffffffff);
            const uint32_t word = flow_rng_word(stream) ^ same; // 1: as the digit of p
            hits |= open & ~word & ~same;
            open &= word;
            if (open == 0) { return count_bits(hits); }
        }
    }
    return count_bits(hits);
}

/// The same for n <= 64.
static int64_t by_bits_64(flow_rng_state *stream, int64_t n, double p)
{
    if (n <= 32) { return by_bits_32(stream, n, p); }
    return by_bits_32(stream, 32, p) + by_bits_32(stream, n - 32, p);
}

/// Binomial with few expected hits: probabilities of 0, 1, 2... hits are taken from a uniform
/// number until it is used up. Source: Kachitvichyanukul and Schmeiser 1988, algorithm BINV,
/// DOI 10.1145/42372.42381.
static int64_t by_inversion(flow_rng_state *stream, int64_t n, double p, double q)
{
    static const double inverse[] = {
        0,        1.0,      1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,
        1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15,
        1.0 / 16, 1.0 / 17, 1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23,
        1.0 / 24, 1.0 / 25, 1.0 / 26, 1.0 / 27, 1.0 / 28, 1.0 / 29, 1.0 / 30, 1.0 / 31,
        1.0 / 32, 1.0 / 33, 1.0 / 34, 1.0 / 35, 1.0 / 36, 1.0 / 37, 1.0 / 38, 1.0 / 39,
        1.0 / 40, 1.0 / 41, 1.0 / 42, 1.0 / 43, 1.0 / 44, 1.0 / 45, 1.0 / 46, 1.0 / 47,
        1.0 / 48, 1.0 / 49, 1.0 / 50, 1.0 / 51, 1.0 / 52, 1.0 / 53, 1.0 / 54, 1.0 / 55,
        1.0 / 56, 1.0 / 57, 1.0 / 58, 1.0 / 59, 1.0 / 60, 1.0 / 61, 1.0 / 62, 1.0 / 63,
    };
    double u = flow_rng_uniform(stream);
    if (u < 1.0 - (double)n * p) { return 0; } // (1 - p)^n >= 1 - n p: mostly no exp() is needed
    const double none = exp((double)n * log1p(-p));
    const double odds = p / q;
    for (;;) {
        double chance = none;
        double left = odds * (double)(n + 1);
        // 64 or more hits have a chance below 1e-27: rounding let u run out of the table.
        for (int hits = 0;;) {
            if (u < chance) { return hits; }
            u -= chance;
            if (++hits == 64 || hits > n) { break; }
            left -= odds;
            chance *= left * inverse[hits];
        }
        u = flow_rng_uniform(stream);
    }
}

/// Binomial with n p >= 10, p <= 1/2 by transformed rejection: about 1.15 tries of one uniform
/// number, whatever n. Source: Hoermann 1993, "The generation of binomial random variates", J.
/// Stat. Comput. Simul. 46:101-110, algorithm BTRD, with the exact probability instead of its
/// squeezes. Counts are kept as distances from the mode m, so that none is rounded.
static int64_t by_rejection(flow_rng_state *stream, int64_t n, double p, double q)
{
    const double mean = (double)n * p;
    const double rest = (double)n - mean;
    const double spread = sqrt(mean * q);
    const double b = 1.15 + 2.53 * spread;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double mode = floor(mean + p);
    const int64_t m = (int64_t)mode;
    const double shift = mean - mode;
    const double box = 0.92 * b - 4.2; // b times v_r of the paper
    for (;;) {
        double v = flow_rng_uniform(stream);
        double u;
        if (v * b <= 0.86 * box) {
            u = v * b / box - 0.43;
            return m + (int64_t)floor((2.0 * a / (0.5 - fabs(u)) + b) * u + (shift + 0.5));
        }
        if (v * b >= box) {
            u = flow_rng_uniform(stream) - 0.5;
        } else {
            u = v * b / box - 0.93;
            u = copysign(0.5, u) - u;
            v = flow_rng_uniform(stream) * box / b;
        }
        const double us = 0.5 - fabs(u);
        if (us <= 0.0) { continue; }
        const double jump = floor((2.0 * a / us + b) * u + (shift + 0.5));
        if (!(jump >= -mode && jump <= (double)(n - m))) { continue; }
        const double d = jump - shift, e = -shift;
        const double x = mode + jump, y = (double)(n - m) - jump, my = (double)(n - m);
        const double hat = (2.83 + 5.1 / b) * spread / (a / (us * us) + b);
        // Chance of x over that of the mode, as exp(2 deviance) times a product of square roots.
        const double wide = flow_deviance(x, mean, d) + flow_deviance(y, rest, -d) -
                            flow_deviance(mode, mean, e) - flow_deviance(my, rest, -e) +
                            (flow_stirling(x) + flow_stirling(y)) -
                            (flow_stirling(mode) + flow_stirling(my));
        const double tau = 6.283185307179586; // 0! = 1: x counts as 1 / (2 pi) in Stirling's root
        const double root = (x > 0.0 ? x : 1.0 / tau) * (y > 0.0 ? y : 1.0 / tau) / (mode * my);
        if (v * hat * v * hat * root <= exp(-2.0 * wide)) { return m + (int64_t)jump; }
    }
}

/// Binomial for 0 < p <= 1/2, q = 1 - p, n >= 1.
static int64_t draw_small(flow_rng_state *stream, int64_t n, double p, double q)
{
    const double mean = (double)n * p;
    if (n <= most_bits && mean >= bits_from) { return by_bits_64(stream, n, p); }
    if (mean < invert_below) { return by_inversion(stream, n, p, q); }
    return by_rejection(stream, n, p, q);
}

int64_t flow_binomial(gsl_rng *rng, int64_t n, double p)
{
    if (!(p > 0.0) || n <= 0) { return 0; }
    if (p >= 1.0) { return n; }
    if (p <= 0.5) { return draw_small(rng->state, n, p, 1.0 - p); }
    return n - draw_small(rng->state, n, 1.0 - p, p);
}

void flow_split_prepare(int32_t k, const double *weight, double *tail)
{
    tail[k] = 0.0;
    for (int32_t i = k; i-- > 0;) { tail[i] = tail[i + 1] + weight[i]; }
}

/// Sixteen people at a time: count[j] grows by how many digits are below cut[j]. Returns a mask of
/// the people whose digit equals some cut.
static inline uint32_t count_below(const int16_t digit[static 16], int32_t n_cut,
                                   const int16_t *cut, int32_t *count)
{
#if defined(__SSE2__)
    const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)digit);
    const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(digit + 8));
    const __m128i one = _mm_set1_epi16(1);
    __m128i same_a = _mm_setzero_si128(), same_b = _mm_setzero_si128();
    for (int32_t j = 0; j < n_cut; j++) {
        const __m128i x = _mm_set1_epi16(cut[j]);
        same_a = _mm_or_si128(same_a, _mm_cmpeq_epi16(a, x));
        same_b = _mm_or_si128(same_b, _mm_cmpeq_epi16(b, x));
        const __m128i minus = _mm_add_epi16(_mm_cmplt_epi16(a, x), _mm_cmplt_epi16(b, x));
        __m128i sum = _mm_madd_epi16(minus, one);
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        count[j] -= _mm_cvtsi128_si32(sum);
    }
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(same_a, same_b));
#else
    uint32_t same = 0;
    for (int32_t j = 0; j < n_cut; j++) {
        for (int32_t i = 0; i < 16; i++) {
            count[j] += digit[i] < cut[j];
            same |= (uint32_t)(digit[i] == cut[j]) << i;
        }
    }
    return same;
#endif
}

/// Few outcomes: each person draws a digit of 16 bits; cut[j] is the chance of the outcomes behind
/// j in units of 2^-16. A digit equal to the whole part of a cut is followed by more digits, so
/// nothing is rounded but the cuts.
static void choose_linear(flow_rng_state *stream, int64_t n, int32_t k, const double *tail,
                          int64_t *out)
{
    while (tail[1] >= tail[0]) { tail++, out++, k--; } // no weight, and none by rounding
    while (tail[k - 1] <= 0.0) { k--; }
    double part[most_linear];
    int16_t cut[most_linear];
    int32_t count[most_linear];
    const int32_t n_cut = k - 1;
    const double lift = tail[0] < tiny ? lift_tiny : 1.0;
    const double unit = 0x1p16 / (tail[0] * lift);
    for (int32_t j = 0; j < n_cut; j++) {
        const double x = tail[j + 1] * lift * unit;
        const int32_t whole = x < 65535.0 ? (int32_t)x : 65535;
        part[j] = x - whole;
        cut[j] = (int16_t)(whole - 32768);
        count[j] = 0;
    }
    for (int64_t left = n; left > 0; left -= 16) {
        const uint32_t m = left < 16 ? (uint32_t)left : 16;
        uint32_t word[8] = {0};
        flow_rng_words(stream, (m + 1) / 2, word);
        int16_t digit[16];
        memcpy(digit, word, sizeof digit);
        for (uint32_t i = m; i < 16; i++) { digit[i] = INT16_MAX; } // never below a cut
        uint32_t same = count_below(digit, n_cut, cut, count) & (UINT32_C(0xffff) >> (16 - m));
        for (uint32_t i = 0; same != 0; i++, same >>= 1) {
            if ((same & 1) == 0) { continue; }
            double above = 1.0; // each cut given that the one before it was not reached
            for (int32_t j = 0; j < n_cut; j++) {
                if (digit[i] != cut[j]) { continue; }
                if (part[j] < above && !below(stream, part[j] / above)) { break; }
                above = part[j];
                count[j]++;
            }
        }
    }
    int64_t before = n;
    for (int32_t j = 0; j < n_cut; j++) {
        out[j] = before - count[j];
        before = count[j];
    }
    out[n_cut] = before;
}

/// Many outcomes: each person looks a uniform number up in the tail sums by halving.
static inline void choose_halving(flow_rng_state *stream, int64_t n, int32_t k, const double *tail,
                                  double lift, int64_t *out)
{
    for (int64_t i = 0; i < n; i++) {
        const double u = flow_rng_uniform(stream) * (tail[0] * lift);
        int32_t first = 0; // the last j with tail[j] > u
        for (int32_t size = k; size > 1;) {
            const int32_t half = size / 2;
            first = tail[first + half] * lift > u ? first + half : first;
            size -= half;
        }
        out[first]++;
    }
}

/// Each person chooses alone.
static void choose(flow_rng_state *stream, int64_t n, int32_t k, const double *tail, int64_t *out)
{
    if (k <= most_linear) {
        choose_linear(stream, n, k, tail, out);
    } else if (tail[0] >= tiny) {
        choose_halving(stream, n, k, tail, 1.0, out);
    } else {
        choose_halving(stream, n, k, tail, lift_tiny, out);
    }
}

void flow_split_row(gsl_rng *rng, int64_t n, int32_t k, const double *weight, const double *tail,
                    int64_t *out)
{
    if (k <= 0) { return; }
    memset(out, 0, (size_t)k * sizeof *out);
    flow_rng_state *stream = rng->state;
    int64_t left = n;
    for (int32_t i = 0; left > 0; i++) {
        if (tail[i + 1] <= 0.0) { // the last outcome with weight
            out[i] = left;
            return;
        }
        if (left <= most_persons) {
            choose(stream, left, k - i, tail + i, out + i);
            return;
        }
        const double p = weight[i] / tail[i];
        const double q = tail[i + 1] / tail[i];
        out[i] = p <= q ? (p > 0.0 ? draw_small(stream, left, p, q) : 0)
                        : left - draw_small(stream, left, q, p);
        left -= out[i];
    }
}

void flow_split(gsl_rng *rng, int64_t n, int32_t k, const double *weight, double *tail,
                int64_t *out)
{
    flow_split_prepare(k, weight, tail);
    flow_split_row(rng, n, k, weight, tail, out);
}

void flow_split_round(gsl_rng *rng, int64_t n, double x, int64_t out[static 2])
{
    const double part = x - floor(x);
    out[1] = flow_binomial(rng, n, part);
    out[0] = n - out[1];
}

int64_t flow_hypergeometric(gsl_rng *rng, int64_t n1, int64_t n2, int64_t t)
{
    int64_t hits = 0;
    for (int64_t i = 0; i < t && n1 > 0; i++) {
        if (flow_uniform(rng) * (double)(n1 + n2) < (double)n1) {
            hits++;
            n1--;
        } else {
            n2--;
        }
    }
    return hits;
}
