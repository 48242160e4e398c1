#include "lanes.h"

#include <string.h>

#if defined(FLOW_LANES_SSE2) && defined(__GNUC__)
#define FLOW_LANES_WIDE // functions for processors better than the one compiled for
#include <immintrin.h>
#define FOR_AVX2 __attribute__((target("avx2,popcnt")))
#define FOR_AVX512 __attribute__((target("popcnt,avx512f,avx512bw")))
#endif

flow_lanes flow_lanes_widest(void)
{
#if defined(FLOW_LANES_WIDE)
    if (__builtin_cpu_supports("avx512bw")) { return FLOW_AVX512; }
    if (__builtin_cpu_supports("avx2")) { return FLOW_AVX2; }
#endif
#if defined(FLOW_LANES_SSE2)
    return FLOW_SSE2;
#else
    return FLOW_NARROW;
#endif
}

static void fill_narrow(flow_rng_state *state)
{
    state->used = FLOW_RNG_WORDS - 4;
    flow_philox(state->counter, state->key, state->word + state->used);
    state->counter[0]++;
}

// Blocks side by side differ in counter[0] only. Each lane of 64 bits holds a word of one block in
// its lower half; the upper half is never read, so nothing needs to clear it.

#if defined(FLOW_LANES_SSE2)
typedef struct blocks_sse2 {
    __m128i c0, c1, c2, c3;
} blocks_sse2;

static inline void round_sse2(blocks_sse2 *x, __m128i key_0, __m128i key_1)
{
    const __m128i p0 = _mm_mul_epu32(x->c0, _mm_set1_epi32((int)FLOW_PHILOX_M0));
    const __m128i p1 = _mm_mul_epu32(x->c2, _mm_set1_epi32((int)FLOW_PHILOX_M1));
    x->c0 = _mm_xor_si128(_mm_srli_epi64(p1, 32), _mm_xor_si128(x->c1, key_0));
    x->c1 = p1;
    x->c2 = _mm_xor_si128(_mm_srli_epi64(p0, 32), _mm_xor_si128(x->c3, key_1));
    x->c3 = p0;
}

static inline void store_sse2(const blocks_sse2 *x, uint32_t *out)
{
    const __m128i low_01 = _mm_unpacklo_epi32(x->c0, x->c1);
    const __m128i low_23 = _mm_unpacklo_epi32(x->c2, x->c3);
    const __m128i high_01 = _mm_unpackhi_epi32(x->c0, x->c1);
    const __m128i high_23 = _mm_unpackhi_epi32(x->c2, x->c3);
    __m128i *to = (__m128i *)(void *)out;
    _mm_storeu_si128(to, _mm_unpacklo_epi64(low_01, low_23));
    _mm_storeu_si128(to + 1, _mm_unpacklo_epi64(high_01, high_23));
}

static void fill_sse2(flow_rng_state *state)
{
    // Most streams give a few words only: two blocks first (bench_split: 15 ns, four: 21 ns).
    const uint32_t n_block = state->counter[0] == 0 ? 2 : 4;
    const int first = (int)state->counter[0];
    blocks_sse2 a = {_mm_set_epi32(0, first + 1, 0, first), _mm_set1_epi32((int)state->counter[1]),
                     _mm_set1_epi32((int)state->counter[2]),
                     _mm_set1_epi32((int)state->counter[3])};
    blocks_sse2 b = a;
    b.c0 = _mm_add_epi32(a.c0, _mm_set1_epi32(2));
    __m128i key_0 = _mm_set1_epi32((int)state->key[0]);
    __m128i key_1 = _mm_set1_epi32((int)state->key[1]);
    const __m128i weyl_0 = _mm_set1_epi32((int)FLOW_PHILOX_W0);
    const __m128i weyl_1 = _mm_set1_epi32((int)FLOW_PHILOX_W1);
    for (int round = 0; round < 10; round++) {
        round_sse2(&a, key_0, key_1);
        if (n_block == 4) { round_sse2(&b, key_0, key_1); }
        key_0 = _mm_add_epi32(key_0, weyl_0);
        key_1 = _mm_add_epi32(key_1, weyl_1);
    }
    state->used = FLOW_RNG_WORDS - 4 * n_block;
    store_sse2(&a, state->word + state->used);
    if (n_block == 4) { store_sse2(&b, state->word + state->used + 8); }
    state->counter[0] += n_block;
}
#endif

#if defined(FLOW_LANES_WIDE)
FOR_AVX2 static void fill_avx2(flow_rng_state *state)
{
    const __m256i times_0 = _mm256_set1_epi32((int)FLOW_PHILOX_M0);
    const __m256i times_1 = _mm256_set1_epi32((int)FLOW_PHILOX_M1);
    const __m256i weyl_0 = _mm256_set1_epi32((int)FLOW_PHILOX_W0);
    const __m256i weyl_1 = _mm256_set1_epi32((int)FLOW_PHILOX_W1);
    __m256i key_0 = _mm256_set1_epi32((int)state->key[0]);
    __m256i key_1 = _mm256_set1_epi32((int)state->key[1]);
    // Unpacking works within halves of 128 bits: this order of blocks comes out sorted.
    __m256i c0 = _mm256_add_epi32(_mm256_set1_epi32((int)state->counter[0]),
                                  _mm256_set_epi32(0, 3, 0, 1, 0, 2, 0, 0));
    __m256i c1 = _mm256_set1_epi32((int)state->counter[1]);
    __m256i c2 = _mm256_set1_epi32((int)state->counter[2]);
    __m256i c3 = _mm256_set1_epi32((int)state->counter[3]);
    for (int round = 0; round < 10; round++) {
        const __m256i p0 = _mm256_mul_epu32(c0, times_0), p1 = _mm256_mul_epu32(c2, times_1);
        c0 = _mm256_xor_si256(_mm256_srli_epi64(p1, 32), _mm256_xor_si256(c1, key_0));
        c1 = p1;
        c2 = _mm256_xor_si256(_mm256_srli_epi64(p0, 32), _mm256_xor_si256(c3, key_1));
        c3 = p0;
        key_0 = _mm256_add_epi32(key_0, weyl_0);
        key_1 = _mm256_add_epi32(key_1, weyl_1);
    }
    const __m256i low_01 = _mm256_unpacklo_epi32(c0, c1), low_23 = _mm256_unpacklo_epi32(c2, c3);
    const __m256i high_01 = _mm256_unpackhi_epi32(c0, c1), high_23 = _mm256_unpackhi_epi32(c2, c3);
    state->used = FLOW_RNG_WORDS - 16;
    __m256i *to = (__m256i *)(void *)(state->word + state->used);
    _mm256_storeu_si256(to, _mm256_unpacklo_epi64(low_01, low_23));
    _mm256_storeu_si256(to + 1, _mm256_unpacklo_epi64(high_01, high_23));
    state->counter[0] += 4;
}

FOR_AVX512 static void fill_avx512(flow_rng_state *state)
{
    const __m512i times_0 = _mm512_set1_epi32((int)FLOW_PHILOX_M0);
    const __m512i times_1 = _mm512_set1_epi32((int)FLOW_PHILOX_M1);
    const __m512i weyl_0 = _mm512_set1_epi32((int)FLOW_PHILOX_W0);
    const __m512i weyl_1 = _mm512_set1_epi32((int)FLOW_PHILOX_W1);
    __m512i key_0 = _mm512_set1_epi32((int)state->key[0]);
    __m512i key_1 = _mm512_set1_epi32((int)state->key[1]);
    __m512i c0 = _mm512_add_epi32(_mm512_set1_epi32((int)state->counter[0]),
                                  _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0));
    __m512i c1 = _mm512_set1_epi32((int)state->counter[1]);
    __m512i c2 = _mm512_set1_epi32((int)state->counter[2]);
    __m512i c3 = _mm512_set1_epi32((int)state->counter[3]);
    for (int round = 0; round < 10; round++) {
        const __m512i p0 = _mm512_mul_epu32(c0, times_0), p1 = _mm512_mul_epu32(c2, times_1);
        c0 = _mm512_xor_si512(_mm512_srli_epi64(p1, 32), _mm512_xor_si512(c1, key_0));
        c1 = p1;
        c2 = _mm512_xor_si512(_mm512_srli_epi64(p0, 32), _mm512_xor_si512(c3, key_1));
        c3 = p0;
        key_0 = _mm512_add_epi32(key_0, weyl_0);
        key_1 = _mm512_add_epi32(key_1, weyl_1);
    }
    const __m512i low_01 = _mm512_unpacklo_epi32(c0, c1), low_23 = _mm512_unpacklo_epi32(c2, c3);
    const __m512i high_01 = _mm512_unpackhi_epi32(c0, c1), high_23 = _mm512_unpackhi_epi32(c2, c3);
    _mm512_storeu_si512(state->word, _mm512_unpacklo_epi64(low_01, low_23));
    _mm512_storeu_si512(state->word + 16, _mm512_unpacklo_epi64(high_01, high_23));
    state->used = 0;
    state->counter[0] += 8;
}

FOR_AVX2 static uint32_t count_avx2(const uint32_t *word, uint32_t valid, int32_t n_cut,
                                    const int16_t *cut, int32_t *count)
{
    const __m256i *digit = (const __m256i *)(const void *)word;
    const __m256i a = _mm256_loadu_si256(digit), b = _mm256_loadu_si256(digit + 1);
    uint32_t same = 0;
    for (int32_t j = 0; j < n_cut; j++) {
        const __m256i x = _mm256_set1_epi16(cut[j]);
        // Packing works within halves of 128 bits; the permutation brings people into order.
        __m256i hit = _mm256_packs_epi16(_mm256_cmpgt_epi16(x, a), _mm256_cmpgt_epi16(x, b));
        __m256i tie = _mm256_packs_epi16(_mm256_cmpeq_epi16(x, a), _mm256_cmpeq_epi16(x, b));
        hit = _mm256_permute4x64_epi64(hit, 0xd8);
        tie = _mm256_permute4x64_epi64(tie, 0xd8);
        count[j] += _mm_popcnt_u32((uint32_t)_mm256_movemask_epi8(hit) & valid);
        same |= (uint32_t)_mm256_movemask_epi8(tie);
    }
    return same & valid;
}

FOR_AVX512 static uint32_t count_avx512(const uint32_t *word, uint32_t valid, int32_t n_cut,
                                        const int16_t *cut, int32_t *count)
{
    const __m512i digit = _mm512_loadu_si512(word);
    uint32_t same = 0;
    for (int32_t j = 0; j < n_cut; j++) {
        const __m512i x = _mm512_set1_epi16(cut[j]);
        count[j] += _mm_popcnt_u32(_mm512_cmplt_epi16_mask(digit, x) & valid);
        same |= _mm512_cmpeq_epi16_mask(digit, x);
    }
    return same & valid;
}
#endif

#if defined(FLOW_LANES_WIDE)
FOR_AVX2 static uint32_t each_avx2(const uint32_t *word, uint32_t valid, int32_t n_cut,
                                   const int16_t *cut, int32_t *count, uint8_t *above)
{
    const __m256i *digit = (const __m256i *)(const void *)word;
    const __m256i a = _mm256_loadu_si256(digit), b = _mm256_loadu_si256(digit + 1);
    __m256i all = _mm256_setzero_si256(), same = _mm256_setzero_si256();
    for (int32_t first = 0; first < n_cut; first += FLOW_CUTS_STEP) {
#pragma GCC unroll 8
        for (int32_t j = first; j < first + FLOW_CUTS_STEP; j++) {
            const __m256i x = _mm256_set1_epi16(cut[j]);
            const __m256i hit =
                _mm256_packs_epi16(_mm256_cmpgt_epi16(x, a), _mm256_cmpgt_epi16(x, b));
            const __m256i tie =
                _mm256_packs_epi16(_mm256_cmpeq_epi16(x, a), _mm256_cmpeq_epi16(x, b));
            all = _mm256_sub_epi8(all, hit); // a hit is -1
            same = _mm256_or_si256(same, tie);
            const __m256i sorted = _mm256_permute4x64_epi64(hit, 0xd8); // halves of 128 bits
            count[j] += _mm_popcnt_u32((uint32_t)_mm256_movemask_epi8(sorted) & valid);
        }
    }
    _mm256_storeu_si256((__m256i *)(void *)above, _mm256_permute4x64_epi64(all, 0xd8));
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(same, 0xd8)) & valid;
}

FOR_AVX512 static uint32_t each_avx512(const uint32_t *word, uint32_t valid, int32_t n_cut,
                                       const int16_t *cut, int32_t *count, uint8_t *above)
{
    const __m512i digit = _mm512_loadu_si512(word);
    const __m512i one = _mm512_set1_epi16(1);
    __m512i all = _mm512_setzero_si512();
    uint32_t same = 0;
    for (int32_t first = 0; first < n_cut; first += FLOW_CUTS_STEP) {
#pragma GCC unroll 8
        for (int32_t j = first; j < first + FLOW_CUTS_STEP; j++) {
            const __m512i x = _mm512_set1_epi16(cut[j]);
            const __mmask32 hit = _mm512_cmplt_epi16_mask(digit, x);
            all = _mm512_mask_add_epi16(all, hit, all, one);
            count[j] += _mm_popcnt_u32(hit & valid);
            same |= _mm512_cmpeq_epi16_mask(digit, x);
        }
    }
    _mm256_storeu_si256((__m256i *)(void *)above, _mm512_cvtepi16_epi8(all));
    return same & valid;
}
#endif

uint32_t flow_lanes_each(flow_lanes lanes, const uint32_t word[static 16], uint32_t m,
                         int32_t n_cut, const int16_t *cut, int32_t *count,
                         uint8_t above[static 32])
{
#if defined(FLOW_LANES_WIDE)
    const uint32_t valid = UINT32_MAX >> (32 - m);
    if (lanes == FLOW_AVX512) { return each_avx512(word, valid, n_cut, cut, count, above); }
    if (lanes == FLOW_AVX2) { return each_avx2(word, valid, n_cut, cut, count, above); }
#endif
    (void)lanes;
    uint32_t same = 0;
    for (uint32_t i = 0; i < m; i++) {
        const int16_t digit = (int16_t)(word[i / 2] >> i % 2 * 16);
        above[i] = 0;
        for (int32_t j = 0; j < n_cut; j++) {
            const bool hit = digit < cut[j];
            above[i] = (uint8_t)(above[i] + hit);
            count[j] += hit;
            same |= (uint32_t)(digit == cut[j]) << i;
        }
    }
    return same;
}

#if defined(FLOW_LANES_WIDE)
/// Registers are packed, not memory, which some processors do slowly.
FOR_AVX512 static uint32_t part_avx512(uint32_t n, const flow_parting *p)
{
    const __mmask16 known = (__mmask16)((1u << p->n_where) - 1);
    const __m512i where = _mm512_maskz_loadu_epi32(known, p->where);
    uint32_t n_gone = 0, n_stay = 0;
    for (uint32_t i = 0; i < n; i += 16) {
        const uint32_t there = n - i < 16 ? (1u << (n - i)) - 1 : 0xffffu;
        const __m128i *outcome = (const __m128i *)(const void *)(p->outcome + i);
        const __m512i told = _mm512_cvtepu8_epi32(_mm_loadu_si128(outcome));
        const __m512i who = _mm512_maskz_loadu_epi32((__mmask16)there, p->id + i);
        const uint32_t leaves = _mm512_mask_test_epi32_mask((__mmask16)there, told, told);
        const __m512i to =
            _mm512_permutexvar_epi32(_mm512_sub_epi32(told, _mm512_set1_epi32(1)), where);
        _mm512_storeu_si512(p->gone + n_gone, _mm512_maskz_compress_epi32((__mmask16)leaves, who));
        _mm512_storeu_si512(p->to + n_gone, _mm512_maskz_compress_epi32((__mmask16)leaves, to));
        const uint32_t stays = there & ~leaves;
        const uint32_t m_stay = (uint32_t)_mm_popcnt_u32(stays);
        _mm512_mask_storeu_epi32(p->id + n_stay, (__mmask16)((1u << m_stay) - 1),
                                 _mm512_maskz_compress_epi32((__mmask16)stays, who));
        n_gone += (uint32_t)_mm_popcnt_u32(leaves);
        n_stay += m_stay;
    }
    return n_gone;
}
#endif

uint32_t flow_lanes_part(flow_lanes lanes, uint32_t n, const flow_parting *p)
{
#if defined(FLOW_LANES_WIDE)
    if (lanes == FLOW_AVX512) { return part_avx512(n, p); }
#endif
    (void)lanes;
    uint32_t n_gone = 0, n_stay = 0;
    for (uint32_t i = 0; i < n; i++) { // no branch: nobody could guess it
        const uint32_t who = p->id[i];
        const uint32_t leaves = p->outcome[i] > 0;
        p->gone[n_gone] = who;
        p->to[n_gone] = p->where[p->outcome[i] - leaves];
        p->id[n_stay] = who;
        n_gone += leaves;
        n_stay += 1 - leaves;
    }
    return n_gone;
}

#if defined(FLOW_LANES_WIDE)
/// A lane of 64 bits is a stream, a register a block of each; four blocks at a time, for one alone
/// would wait for its own products.
FOR_AVX512 static void heads_avx512(const flow_rng_state *first, uint32_t *head)
{
    enum { blocks = FLOW_HEAD_WORDS / 4 };
    const __m512i times_0 = _mm512_set1_epi32((int)FLOW_PHILOX_M0);
    const __m512i times_1 = _mm512_set1_epi32((int)FLOW_PHILOX_M1);
    __m512i c[blocks][4];
#pragma GCC unroll 4
    for (int b = 0; b < blocks; b++) {
        c[b][0] = _mm512_set1_epi32((int)first->counter[0] + b);
        c[b][1] = _mm512_set1_epi32((int)first->counter[1]);
        c[b][2] = _mm512_set1_epi32((int)first->counter[2]);
        c[b][3] = _mm512_add_epi32(_mm512_set1_epi32((int)first->counter[3]),
                                   _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0));
    }
    uint32_t key_0 = first->key[0], key_1 = first->key[1];
    for (int round = 0; round < 10; round++) {
        const __m512i k0 = _mm512_set1_epi32((int)key_0), k1 = _mm512_set1_epi32((int)key_1);
#pragma GCC unroll 4
        for (int b = 0; b < blocks; b++) {
            const __m512i p0 = _mm512_mul_epu32(c[b][0], times_0);
            const __m512i p1 = _mm512_mul_epu32(c[b][2], times_1);
            // 0x96: exclusive or of three.
            c[b][0] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c[b][1], k0, 0x96);
            c[b][1] = p1;
            c[b][2] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c[b][3], k1, 0x96);
            c[b][3] = p0;
        }
        key_0 += FLOW_PHILOX_W0;
        key_1 += FLOW_PHILOX_W1;
    }
#pragma GCC unroll 4
    for (int b = 0; b < blocks; b++) {
        const __m512i low_01 = _mm512_unpacklo_epi32(c[b][0], c[b][1]);
        const __m512i low_23 = _mm512_unpacklo_epi32(c[b][2], c[b][3]);
        const __m512i high_01 = _mm512_unpackhi_epi32(c[b][0], c[b][1]);
        const __m512i high_23 = _mm512_unpackhi_epi32(c[b][2], c[b][3]);
        uint32_t block[2][FLOW_LANES_HEADS / 2 * 4];
        _mm512_storeu_si512(block[0], _mm512_unpacklo_epi64(low_01, low_23));
        _mm512_storeu_si512(block[1], _mm512_unpacklo_epi64(high_01, high_23));
        for (int s = 0; s < FLOW_LANES_HEADS; s++) {
            memcpy(head + s * FLOW_HEAD_WORDS + 4 * b, block[s / 4] + s % 4 * 4, 16);
        }
    }
}
#endif

bool flow_lanes_heads(flow_lanes lanes, const flow_rng_state *first,
                      uint32_t head[static FLOW_LANES_HEADS * FLOW_HEAD_WORDS])
{
#if defined(FLOW_LANES_WIDE)
    if (lanes == FLOW_AVX512) {
        heads_avx512(first, head);
        return true;
    }
#endif
    (void)lanes, (void)first, (void)head;
    return false;
}

void flow_lanes_fill(flow_lanes lanes, flow_rng_state *state)
{
#if defined(FLOW_LANES_WIDE)
    // Most streams give a few words only: four blocks first (bench_split: 14 ns, eight: 17 ns).
    if (lanes >= FLOW_AVX2 && state->counter[0] == 0) {
        fill_avx2(state);
        return;
    }
#endif
    switch (lanes) {
#if defined(FLOW_LANES_WIDE)
    case FLOW_AVX512: fill_avx512(state); return;
    case FLOW_AVX2: fill_avx2(state); return;
#endif
#if defined(FLOW_LANES_SSE2)
    case FLOW_SSE2: fill_sse2(state); return;
#endif
    default: fill_narrow(state); return;
    }
}

void flow_rng_fill(flow_rng_state *state)
{
    flow_lanes_fill(flow_lanes_widest(), state);
}

uint32_t flow_lanes_count(flow_lanes lanes, const uint32_t word[static 16], uint32_t m,
                          int32_t n_cut, const int16_t *cut, int32_t *count)
{
#if defined(FLOW_LANES_WIDE)
    const uint32_t valid = UINT32_MAX >> (32 - m);
    if (lanes == FLOW_AVX512) { return count_avx512(word, valid, n_cut, cut, count); }
    if (lanes == FLOW_AVX2) { return count_avx2(word, valid, n_cut, cut, count); }
#endif
    (void)lanes;
    const uint32_t first = m < 16 ? m : 16;
    const uint32_t same = flow_lanes_count_few(word, first, n_cut, cut, count);
    if (m <= 16) { return same; }
    return same | flow_lanes_count_few(word + 8, m - 16, n_cut, cut, count) << 16;
}
