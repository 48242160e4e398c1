// Streams of chance. The chance that a right generator fails any test here is below one in a
// million: each of the m comparisons of a test must be likelier than 1e-7 / m.
#include "../libflow/lanes.h"
#include "../libflow/rng.h"

#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined(__has_include) && __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#define HAS_RANDOM123
#endif

static const double false_alarm = 1e-7; // of a whole test

/// Some number for inputs, not from the generator under test.
static uint64_t some(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return flow_mix(*state);
}

static gsl_rng *make_rng(void)
{
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    cr_assert_not_null(rng);
    return rng;
}

// Philox -----------------------------------------------------------------------------------------

Test(rng, philox_gives_the_published_answers)
{
    // Source: known answers of Random123 for philox4x32, 10 rounds: zero, ones, digits of pi.
    static const uint32_t answer[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
         0x94fdcceb, 0x5001e420, 0x24126ea1},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        flow_philox(answer[i], answer[i] + 4, out);
        for (int k = 0; k < 4; k++) { cr_expect_eq(out[k], answer[i][6 + k], "%d, %d", i, k); }
    }
}

Test(rng, philox_is_that_of_random123)
{
#if defined(HAS_RANDOM123)
    uint64_t state = 17;
    for (int i = 0; i < 200000; i++) {
        philox4x32_ctr_t counter;
        philox4x32_key_t key;
        for (int k = 0; k < 4; k++) { counter.v[k] = (uint32_t)some(&state); }
        for (int k = 0; k < 2; k++) { key.v[k] = (uint32_t)some(&state); }
        const philox4x32_ctr_t want = philox4x32(counter, key);
        uint32_t out[4];
        flow_philox(counter.v, key.v, out);
        cr_assert_eq(memcmp(out, want.v, sizeof out), 0, "input %d", i);
    }
#else
    cr_skip_test("Random123 is not installed");
#endif
}

// Streams ----------------------------------------------------------------------------------------

Test(rng, words_are_the_blocks_of_the_counter_whatever_the_processor_has)
{
    for (int lanes = FLOW_NARROW; lanes <= (int)flow_lanes_widest(); lanes++) {
        static const uint32_t first[] = {0, 1, 2, 3, 4, 1000, 0xfffffff7, 0xfffffffe, 0xffffffff};
        for (size_t f = 0; f < sizeof first / sizeof *first; f++) {
            flow_rng_state state = {
                .used = FLOW_RNG_WORDS, .key = {5, 0xfedcba98}, .counter = {first[f], 7, 8, ~0u}};
            uint32_t counter[4];
            memcpy(counter, state.counter, sizeof counter);
            for (int fill = 0; fill < 5; fill++) {
                flow_lanes_fill((flow_lanes)lanes, &state);
                cr_assert_lt(state.used, FLOW_RNG_WORDS);
                cr_assert_eq(state.used % 4, 0);
                for (uint32_t at = state.used; at < FLOW_RNG_WORDS; at += 4) {
                    uint32_t want[4];
                    flow_philox(counter, state.key, want);
                    counter[0]++;
                    cr_assert_eq(memcmp(state.word + at, want, sizeof want), 0,
                                 "lanes %d, from block %u, fill %d", lanes, first[f], fill);
                }
                cr_assert_eq(state.counter[0], counter[0]);
            }
        }
    }
}

Test(rng, digits_are_compared_alike_whatever_the_processor_has)
{
    uint64_t state = 3;
    for (int round = 0; round < 20000; round++) {
        enum { most_cuts = 5 };
        uint32_t word[16];
        int16_t digit[32], cut[most_cuts];
        for (int i = 0; i < 16; i++) { word[i] = (uint32_t)some(&state); }
        for (int i = 0; i < 32; i++) { digit[i] = (int16_t)(word[i / 2] >> i % 2 * 16); }
        const uint32_t m = 1 + (uint32_t)(some(&state) % 32);
        const int32_t n_cut = (int32_t)(some(&state) % (most_cuts + 1));
        for (int j = 0; j < n_cut; j++) { // some are equal to digits
            cut[j] = some(&state) % 2 ? digit[some(&state) % 32] : (int16_t)some(&state);
        }
        int32_t want[most_cuts] = {0};
        uint32_t same = 0;
        for (uint32_t i = 0; i < m; i++) {
            for (int j = 0; j < n_cut; j++) {
                want[j] += digit[i] < cut[j];
                same |= (uint32_t)(digit[i] == cut[j]) << i;
            }
        }
        for (int lanes = FLOW_NARROW; lanes <= (int)flow_lanes_widest(); lanes++) {
            int32_t count[most_cuts] = {0};
            cr_assert_eq(flow_lanes_count((flow_lanes)lanes, word, m, n_cut, cut, count), same,
                         "lanes %d, %u people", lanes, m);
            cr_assert_eq(memcmp(count, want, sizeof count), 0, "lanes %d, %u people", lanes, m);
        }
    }
}

Test(rng, people_are_told_and_parted_alike_whatever_the_processor_has)
{
    uint64_t state = 11;
    for (int round = 0; round < 20000; round++) {
        enum { most_cuts = 16, most = 128 };
        uint32_t word[16], id[most];
        int16_t digit[32], cut[most_cuts];
        for (int i = 0; i < 16; i++) { word[i] = (uint32_t)some(&state); }
        for (int i = 0; i < 32; i++) { digit[i] = (int16_t)(word[i / 2] >> i % 2 * 16); }
        const uint32_t m = 1 + (uint32_t)(some(&state) % 32);
        const int32_t n_cut = some(&state) % 2 ? FLOW_CUTS_STEP : most_cuts;
        for (int j = 0; j < n_cut; j++) {
            cut[j] = some(&state) % 4 ? digit[some(&state) % 32] : INT16_MIN;
        }
        int32_t want[most_cuts] = {0}, where[most_cuts];
        uint8_t told[most] = {0};
        uint32_t same = 0;
        for (uint32_t i = 0; i < m; i++) {
            for (int j = 0; j < n_cut; j++) {
                want[j] += digit[i] < cut[j];
                told[i] = (uint8_t)(told[i] + (digit[i] < cut[j]));
                same |= (uint32_t)(digit[i] == cut[j]) << i;
            }
        }
        for (int j = 0; j < n_cut; j++) { where[j] = (int32_t)some(&state); }
        const uint32_t n = (uint32_t)(some(&state) % (most + 1));
        uint8_t outcome[most];
        uint32_t n_gone = 0, n_stay = 0, gone[most], stay[most];
        int32_t to[most];
        for (uint32_t i = 0; i < most; i++) {
            id[i] = (uint32_t)some(&state);
            outcome[i] = (uint8_t)(some(&state) % ((uint32_t)n_cut + 1));
        }
        for (uint32_t i = 0; i < n; i++) {
            if (outcome[i] == 0) {
                stay[n_stay++] = id[i];
                continue;
            }
            to[n_gone] = where[outcome[i] - 1];
            gone[n_gone++] = id[i];
        }
        for (int lanes = FLOW_NARROW; lanes <= (int)flow_lanes_widest(); lanes++) {
            int32_t count[most_cuts] = {0};
            uint8_t above[32];
            cr_assert_eq(flow_lanes_each((flow_lanes)lanes, word, m, n_cut, cut, count, above),
                         same, "lanes %d, %u people", lanes, m);
            cr_assert_eq(memcmp(count, want, (size_t)n_cut * sizeof *count), 0, "lanes %d", lanes);
            cr_assert_eq(memcmp(above, told, m), 0, "lanes %d, %u people", lanes, m);
            uint32_t own[most], own_gone[most + 16];
            int32_t own_to[most + 16];
            memcpy(own, id, sizeof own);
            const flow_parting who = {.outcome = outcome,
                                      .where = where,
                                      .n_where = n_cut,
                                      .id = own,
                                      .gone = own_gone,
                                      .to = own_to};
            cr_assert_eq(flow_lanes_part((flow_lanes)lanes, n, &who), n_gone, "lanes %d", lanes);
            cr_assert_eq(memcmp(own_gone, gone, n_gone * sizeof *gone), 0, "lanes %d", lanes);
            cr_assert_eq(memcmp(own_to, to, n_gone * sizeof *to), 0, "lanes %d", lanes);
            cr_assert_eq(memcmp(own, stay, n_stay * sizeof *stay), 0, "lanes %d", lanes);
            cr_assert_eq(memcmp(own + n, id + n, (most - n) * sizeof *id), 0, "lanes %d", lanes);
        }
    }
}

Test(rng, heads_are_the_first_words_of_their_streams)
{
    uint32_t head[FLOW_LANES_HEADS * FLOW_HEAD_WORDS];
    gsl_rng *rng = gsl_rng_alloc(flow_rng_philox);
    gsl_rng *first = gsl_rng_alloc(flow_rng_philox);
    for (uint64_t place = 0; place < 4000; place += 997) {
        const uint64_t cell = place << 32 | 0xfffffffe;
        flow_rng_key(first, 3, 4, 5, FLOW_DRAW_LEAVE, cell);
        if (!flow_lanes_heads(flow_lanes_widest(), first->state, head)) { break; }
        for (uint64_t s = 0; s < FLOW_LANES_HEADS; s++) {
            flow_rng_key(rng, 3, 4, 5, FLOW_DRAW_LEAVE, cell + (s << 32));
            for (int i = 0; i < FLOW_HEAD_WORDS; i++) {
                cr_assert_eq(flow_word(rng), head[(int)s * FLOW_HEAD_WORDS + i]);
            }
        }
    }
    gsl_rng_free(rng);
    gsl_rng_free(first);
}

Test(rng, a_key_names_its_stream)
{
    gsl_rng *rng = make_rng();
    const uint64_t cell = UINT64_C(0x123456789abcdef0);
    flow_rng_key(rng, 31, 4, -2, FLOW_DRAW_LEAVE, cell);
    const uint64_t mixed = flow_mix(31 + UINT64_C(0x9e3779b97f4a7c15) * 5);
    const uint32_t key[2] = {(uint32_t)mixed, (uint32_t)(mixed >> 32) ^ FLOW_DRAW_LEAVE};
    const uint32_t counter[4] = {0, (uint32_t)-2, 0x9abcdef0, 0x12345678};
    uint32_t want[4];
    flow_philox(counter, key, want);
    for (int i = 0; i < 4; i++) { cr_expect_eq(flow_word(rng), want[i]); }
    // Again from the start, as doubles: the upper 53 bits of two words, the second one higher.
    flow_rng_key(rng, 31, 4, -2, FLOW_DRAW_LEAVE, cell);
    const uint64_t bits = (uint64_t)want[1] << 32 | want[0];
    cr_expect_eq(flow_uniform(rng), (double)(bits >> 11) * 0x1p-53);
    gsl_rng_free(rng);
}

Test(rng, gsl_draws_from_the_same_stream)
{
    gsl_rng *rng = make_rng(), *gsl = make_rng();
    flow_rng_key(rng, 1, 0, 2, FLOW_DRAW_LEAVE, 3);
    flow_rng_key(gsl, 1, 0, 2, FLOW_DRAW_LEAVE, 3);
    for (int i = 0; i < 1000; i++) { // at every place of a word within a block
        if (i % 3 == 0) { cr_assert_eq(flow_word(rng), gsl_rng_get(gsl)); }
        const double u = flow_uniform(rng);
        cr_assert_eq(u, gsl_rng_uniform(gsl));
        cr_assert(u >= 0.0 && u < 1.0);
    }
    gsl_rng *copy = gsl_rng_clone(gsl);
    cr_assert_not_null(copy);
    for (int i = 0; i < 100; i++) { cr_assert_eq(gsl_rng_get(gsl), gsl_rng_get(copy)); }
    gsl_rng_set(gsl, 5);
    gsl_rng_set(copy, 6);
    cr_expect_neq(gsl_rng_get(gsl), gsl_rng_get(copy));
    gsl_rng_free(copy);
    gsl_rng_free(gsl);
    gsl_rng_free(rng);
}

// Independence -----------------------------------------------------------------------------------

/// What two neighbouring streams differ in.
typedef enum axis { by_seed, by_member, by_step, by_purpose, by_cell, by_cell_high, n_axis } axis;

static const char *const axis_name[n_axis] = {"seeds",    "members", "steps",
                                              "purposes", "cells",   "upper halves of cells"};

static void key_by(gsl_rng *rng, axis by, uint64_t i)
{
    flow_rng_key(rng, by == by_seed ? i : 12, by == by_member ? (uint32_t)i : 3,
                 by == by_step ? (int32_t)i : 45,
                 by == by_purpose ? (flow_draw)(uint32_t)i : FLOW_DRAW_LEAVE,
                 by == by_cell ? i : (by == by_cell_high ? i << 32 : 678));
}

static int compare_blocks(const void *a, const void *b)
{
    return memcmp(a, b, 4 * sizeof(uint32_t));
}

Test(rng, different_streams_differ)
{
    // First blocks of 720,000 streams close to each other: two alike have a chance of 1e-27.
    enum { n_seed = 4, n_member = 20, n_step = 20, n_purpose = 18, n_cell = 25 };
    const size_t n = (size_t)n_seed * n_member * n_step * n_purpose * n_cell;
    uint32_t(*block)[4] = malloc(n * sizeof *block);
    cr_assert_not_null(block);
    gsl_rng *rng = make_rng();
    size_t at = 0;
    for (uint64_t seed = 0; seed < n_seed; seed++) {
        for (uint32_t member = 0; member < n_member; member++) {
            for (int32_t step = 0; step < n_step; step++) {
                for (uint32_t purpose = 0; purpose < n_purpose; purpose++) {
                    for (uint64_t cell = 0; cell < n_cell; cell++) {
                        flow_rng_key(rng, seed, member, step, (flow_draw)purpose,
                                     cell < 12 ? cell : (cell - 11) << 32);
                        for (int k = 0; k < 4; k++) { block[at][k] = flow_word(rng); }
                        at++;
                    }
                }
            }
        }
    }
    qsort(block, n, sizeof *block, compare_blocks);
    for (size_t i = 1; i < n; i++) {
        cr_assert_neq(compare_blocks(block[i - 1], block[i]), 0, "two streams are alike");
    }
    gsl_rng_free(rng);
    free(block);
}

/// Each bit is set half of the time, and equal to each bit of the neighbour half of the time.
static void check_bits(axis by, int word)
{
    enum { n = 20000 };
    static int32_t set[32], equal[32][32];
    memset(set, 0, sizeof set);
    memset(equal, 0, sizeof equal);
    gsl_rng *rng = make_rng();
    uint32_t before = 0;
    for (uint64_t i = 0; i <= n; i++) {
        key_by(rng, by, i);
        for (int skip = 0; skip < word; skip++) { (void)flow_word(rng); }
        const uint32_t now = flow_word(rng);
        for (int a = 0; a < 32 && i > 0; a++) {
            set[a] += (int32_t)(now >> a & 1);
            const uint32_t alike = (before >> a & 1) ? now : ~now;
            for (int b = 0; b < 32; b++) { equal[a][b] += (int32_t)(alike >> b & 1); }
        }
        before = now;
    }
    gsl_rng_free(rng);
    const double comparisons = (double)n_axis * 2 * (32 + 32 * 32);
    const double bound = gsl_cdf_ugaussian_Qinv(false_alarm / comparisons / 2) * sqrt(n) / 2;
    for (int a = 0; a < 32; a++) {
        cr_expect_leq(abs(set[a] - n / 2), bound, "bit %d of word %d of neighbouring %s: set %d", a,
                      word, axis_name[by], set[a]);
        for (int b = 0; b < 32; b++) {
            cr_expect_leq(abs(equal[a][b] - n / 2), bound,
                          "bits %d and %d of word %d of neighbouring %s: equal %d", a, b, word,
                          axis_name[by], equal[a][b]);
        }
    }
}

Test(rng, bits_of_neighbouring_streams_are_independent)
{
    for (int a = 0; a < n_axis; a++) {
        check_bits((axis)a, 0);
        check_bits((axis)a, 9);
    }
}

/// Pairs of numbers fall evenly into 16 x 16 squares.
static void check_pairs(const char *what, int32_t pair[16][16], double n)
{
    double chi_square = 0.0;
    for (int a = 0; a < 16; a++) {
        for (int b = 0; b < 16; b++) {
            const double off = pair[a][b] - n / 256;
            chi_square += off * off / (n / 256);
        }
    }
    const double p = gsl_cdf_chisq_Q(chi_square, 255);
    const double low = gsl_cdf_chisq_P(chi_square, 255);
    const double bound = false_alarm / ((double)n_axis + 4) / 2;
    cr_expect(p >= bound && low >= bound, "%s: chi-square %g with 255", what, chi_square);
}

Test(rng, pairs_are_even)
{
    enum { n = 200000 };
    gsl_rng *rng = make_rng();
    for (int a = 0; a < n_axis; a++) {
        static int32_t pair[16][16];
        memset(pair, 0, sizeof pair);
        double before = 0.0;
        for (uint64_t i = 0; i <= n; i++) {
            key_by(rng, (axis)a, i);
            const double now = flow_uniform(rng);
            if (i > 0) { pair[(int)(before * 16)][(int)(now * 16)]++; }
            before = now;
        }
        check_pairs(axis_name[a], pair, n);
    }
    for (int lag = 1; lag <= 8; lag *= 2) { // within a stream
        static int32_t pair[16][16];
        static double u[n + 8];
        memset(pair, 0, sizeof pair);
        flow_rng_key(rng, 1, 2, 3, FLOW_DRAW_LEAVE, 4);
        for (int i = 0; i < n + 8; i++) { u[i] = flow_uniform(rng); }
        for (int i = 0; i < n; i++) { pair[(int)(u[i] * 16)][(int)(u[i + lag] * 16)]++; }
        check_pairs("within a stream", pair, n);
    }
    gsl_rng_free(rng);
}
