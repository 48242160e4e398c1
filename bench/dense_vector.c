#include "dense.h"
#include "philox.h"

#include <stddef.h>

#if defined(__GNUC__) && defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,bmi,popcnt")))
#define INLINE static inline __attribute__((always_inline))

// AVX-512 ---------------------------------------------------------------------------------------

/// Four words of eight blocks (first ... first + 7, chunk, step, purpose), one block per lane of 64
/// bits; the upper halves of the lanes hold nothing of use. The blocks are in the order 0 4 1 5 2 6
/// 3 7, which in_order_512() expects.
AVX512 INLINE void philox_512(const bench_table *t, uint32_t first, uint32_t chunk, uint32_t step,
                              uint32_t purpose, __m512i c[4])
{
    const __m512i m0 = _mm512_set1_epi64(BENCH_MULTIPLY_0);
    const __m512i m1 = _mm512_set1_epi64(BENCH_MULTIPLY_1);
    c[0] = _mm512_add_epi64(_mm512_set1_epi64(first), _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0));
    c[1] = _mm512_set1_epi64(chunk);
    c[2] = _mm512_set1_epi64(step);
    c[3] = _mm512_set1_epi64(purpose);
    uint32_t k0 = t->seed[0], k1 = t->seed[1];
    for (int round = 0; round < 10; round++) {
        const __m512i p0 = _mm512_mul_epu32(c[0], m0), p1 = _mm512_mul_epu32(c[2], m1);
        // 0x96: exclusive or of three.
        c[0] =
            _mm512_ternarylogic_epi64(_mm512_srli_epi64(p1, 32), c[1], _mm512_set1_epi64(k0), 0x96);
        c[2] =
            _mm512_ternarylogic_epi64(_mm512_srli_epi64(p0, 32), c[3], _mm512_set1_epi64(k1), 0x96);
        c[1] = p1;
        c[3] = p0;
        k0 += BENCH_WEYL_0;
        k1 += BENCH_WEYL_1;
    }
}

/// The words of eight blocks in the order of a scalar loop: block 0 word 0, 1, 2, 3, block 1...
AVX512 INLINE void in_order_512(const __m512i c[4], __m512i word[2])
{
    const __m512i c01 = _mm512_mask_blend_epi32(0xaaaa, c[0], _mm512_slli_epi64(c[1], 32));
    const __m512i c23 = _mm512_mask_blend_epi32(0xaaaa, c[2], _mm512_slli_epi64(c[3], 32));
    word[0] = _mm512_unpacklo_epi64(c01, c23);
    word[1] = _mm512_unpackhi_epi64(c01, c23);
}

/// Those who move in one chunk: which they are, and where they stood.
typedef struct movers {
    int32_t n;
    uint16_t who[bench_chunk + 64], from[bench_chunk + 64];
} movers;

/// first, first + 1... first + 31.
AVX512 INLINE __m512i from_512(int32_t first)
{
    const __m512i lane =
        _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,
                         12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_add_epi16(lane, _mm512_set1_epi16((short)first));
}

/// Add those of 32 persons whose bit is set.
AVX512 INLINE void note_512(movers *m, __m512i who, __m512i place, __mmask32 moves)
{
    _mm512_storeu_si512(&m->who[m->n], _mm512_maskz_compress_epi16(moves, who));
    _mm512_storeu_si512(&m->from[m->n], _mm512_maskz_compress_epi16(moves, place));
    m->n += _mm_popcnt_u32(moves);
}

/// Up to 16 persons choose where to go by a number each.
AVX512 INLINE void choose_512(const bench_table *t, const uint16_t *from, __m512i number,
                              uint32_t to[static 16])
{
    const __m512i place = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from));
    const __m512i row = _mm512_i32gather_epi32(place, t->row, 4);
    const __m512i links = _mm512_and_si512(row, _mm512_set1_epi32(63));
    const __m512i even = _mm512_mul_epu32(number, links);
    const __m512i odd =
        _mm512_mul_epu32(_mm512_srli_epi64(number, 32), _mm512_srli_epi64(links, 32));
    const __m512i high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd);
    const __m512i low = _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32));
    const __m512i link = _mm512_add_epi32(_mm512_srli_epi32(row, 6), high);
    const __m512i keep = _mm512_i32gather_epi32(link, t->keep, 4);
    const __m512i ends = _mm512_i32gather_epi32(link, t->ends, 4);
    const __m512i own = _mm512_and_si512(ends, _mm512_set1_epi32(0xffff));
    const __m512i other = _mm512_srli_epi32(ends, 16);
    _mm512_storeu_si512(to,
                        _mm512_mask_blend_epi32(_mm512_cmple_epu32_mask(low, keep), other, own));
}

AVX512 INLINE void move_512(const bench_table *t, movers *m, uint16_t *place, uint32_t chunk,
                            uint32_t step, int32_t *delta)
{
    // The last group may read past the end: let it find a place there.
    _mm512_storeu_si512(&m->from[m->n], _mm512_setzero_si512());
    for (int32_t i = 0; i < m->n; i += 32) {
        __m512i c[4], number[2];
        philox_512(t, (uint32_t)i / 4, chunk, step, bench_for_choice, c);
        in_order_512(c, number);
        uint32_t to[32];
        choose_512(t, &m->from[i], number[0], to);
        if (m->n - i > 16) { choose_512(t, &m->from[i + 16], number[1], to + 16); }
        const int32_t n = m->n - i < 32 ? m->n - i : 32;
        for (int32_t k = 0; k < n; k++) {
            place[m->who[i + k]] = (uint16_t)to[k];
            delta[m->from[i + k]]--;
            delta[to[k]]++;
        }
    }
}

/// The bound of 16 persons by their kind.
AVX512 INLINE __m512i bound_512(const uint32_t bound[static 3], __mmask16 camp,
                                __mmask16 not_transit)
{
    const __m512i with_zones = _mm512_mask_blend_epi32(
        not_transit, _mm512_set1_epi32((int)bound[2]), _mm512_set1_epi32((int)bound[1]));
    return _mm512_mask_blend_epi32(camp, with_zones, _mm512_set1_epi32((int)bound[0]));
}

/// Which of 32 persons have a number of at most the bound of their kind.
AVX512 INLINE __mmask32 moves_512(const bench_table *t, const uint32_t bound[static 3],
                                  __m512i here, const __m512i number[2])
{
    const __mmask32 camp = _mm512_cmplt_epu16_mask(here, _mm512_set1_epi16((short)t->zone_from));
    const __mmask32 not_transit =
        _mm512_cmplt_epu16_mask(here, _mm512_set1_epi16((short)t->transit_from));
    const __mmask16 low = _mm512_cmple_epu32_mask(
        number[0], bound_512(bound, (__mmask16)camp, (__mmask16)not_transit));
    const __mmask16 high = _mm512_cmple_epu32_mask(
        number[1], bound_512(bound, (__mmask16)(camp >> 16), (__mmask16)(not_transit >> 16)));
    return (__mmask32)high << 16 | low;
}

AVX512 static int32_t kernel_avx512(const bench_table *t, uint16_t *place, int32_t n,
                                    uint32_t chunk, uint32_t step, int32_t *delta)
{
    movers m;
    m.n = 0;
    for (int32_t i = 0; i < n; i += 32) {
        __m512i c[4], number[2];
        philox_512(t, (uint32_t)i / 4, chunk, step, bench_for_chance, c);
        in_order_512(c, number);
        const __m512i here = _mm512_loadu_si512(place + i);
        __mmask32 moves = moves_512(t, t->kind_most, here, number);
        if (n - i < 32) { moves &= (1u << (n - i)) - 1u; }
        note_512(&m, from_512(i), here, moves);
    }
    move_512(t, &m, place, chunk, step, delta);
    return m.n;
}

/// Those whose eight bits did not decide draw a number; who moves joins the movers.
AVX512 INLINE void decide_512(const bench_table *t, const movers *undecided, movers *m,
                              uint32_t chunk, uint32_t step)
{
    for (int32_t i = 0; i < undecided->n; i += 32) {
        __m512i c[4], number[2];
        philox_512(t, (uint32_t)i / 4, chunk, step, bench_for_rest, c);
        in_order_512(c, number);
        const __m512i here = _mm512_loadu_si512(&undecided->from[i]);
        const __m512i who = _mm512_loadu_si512(&undecided->who[i]);
        __mmask32 moves = moves_512(t, t->kind_rest, here, number);
        if (undecided->n - i < 32) { moves &= (1u << (undecided->n - i)) - 1u; }
        note_512(m, who, here, moves);
    }
}

AVX512 static int32_t kernel_avx512_bytes(const bench_table *t, uint16_t *place, int32_t n,
                                          uint32_t chunk, uint32_t step, int32_t *delta)
{
    movers m;
    m.n = 0;
    movers undecided;
    undecided.n = 0;
    const __m512i zone_from = _mm512_set1_epi16((short)t->zone_from);
    const __m512i transit_from = _mm512_set1_epi16((short)t->transit_from);
    const __m512i camp_byte = _mm512_set1_epi8((char)t->kind_byte[0]);
    const __m512i zone_byte = _mm512_set1_epi8((char)t->kind_byte[1]);
    const __m512i transit_byte = _mm512_set1_epi8((char)t->kind_byte[2]);
    // A chance of 1 is 256 of 256, one more than fits; a chance of whole bytes leaves no rest.
    uint64_t all[3], rest[3];
    for (int k = 0; k < 3; k++) {
        all[k] = t->kind_byte[k] == 256 ? ~UINT64_C(0) : 0;
        rest[k] = t->kind_rest[k] > 0 ? ~UINT64_C(0) : 0;
    }
    for (int32_t i = 0; i < n; i += 128) {
        __m512i c[4], bytes[2];
        philox_512(t, (uint32_t)i / 16, chunk, step, bench_for_chance, c);
        in_order_512(c, bytes);
        for (int half = 0; half < 2; half++) {
            const int32_t first = i + 64 * half;
            const __m512i low = _mm512_loadu_si512(place + first);
            const __m512i high = _mm512_loadu_si512(place + first + 32);
            const uint64_t camp = (uint64_t)_mm512_cmplt_epu16_mask(high, zone_from) << 32 |
                                  _mm512_cmplt_epu16_mask(low, zone_from);
            const uint64_t not_transit = (uint64_t)_mm512_cmplt_epu16_mask(high, transit_from)
                                             << 32 |
                                         _mm512_cmplt_epu16_mask(low, transit_from);
            const uint64_t zone = not_transit & ~camp;
            const __m512i byte = _mm512_mask_blend_epi8(
                camp, _mm512_mask_blend_epi8(not_transit, transit_byte, zone_byte), camp_byte);
            uint64_t moves = _mm512_cmplt_epu8_mask(bytes[half], byte);
            moves |= (all[0] & camp) | (all[1] & zone) | (all[2] & ~not_transit);
            uint64_t rests = _mm512_cmpeq_epu8_mask(bytes[half], byte);
            rests &= (rest[0] & camp) | (rest[1] & zone) | (rest[2] & ~not_transit);
            if (n - first < 64) {
                const uint64_t there = n > first ? (UINT64_C(1) << (n - first)) - 1 : 0;
                moves &= there;
                rests &= there;
            }
            note_512(&m, from_512(first), low, (__mmask32)moves);
            note_512(&m, from_512(first + 32), high, (__mmask32)(moves >> 32));
            if (rests == 0) { continue; }
            note_512(&undecided, from_512(first), low, (__mmask32)rests);
            note_512(&undecided, from_512(first + 32), high, (__mmask32)(rests >> 32));
        }
    }
    decide_512(t, &undecided, &m, chunk, step);
    move_512(t, &m, place, chunk, step, delta);
    return m.n;
}

// AVX2 ------------------------------------------------------------------------------------------

/// As philox_512(), four blocks in the order 0 2 1 3.
AVX2 INLINE void philox_256(const bench_table *t, uint32_t first, uint32_t chunk, uint32_t step,
                            uint32_t purpose, __m256i c[4])
{
    const __m256i m0 = _mm256_set1_epi64x(BENCH_MULTIPLY_0);
    const __m256i m1 = _mm256_set1_epi64x(BENCH_MULTIPLY_1);
    c[0] = _mm256_add_epi64(_mm256_set1_epi64x(first), _mm256_set_epi64x(3, 1, 2, 0));
    c[1] = _mm256_set1_epi64x(chunk);
    c[2] = _mm256_set1_epi64x(step);
    c[3] = _mm256_set1_epi64x(purpose);
    uint32_t k0 = t->seed[0], k1 = t->seed[1];
    for (int round = 0; round < 10; round++) {
        const __m256i p0 = _mm256_mul_epu32(c[0], m0), p1 = _mm256_mul_epu32(c[2], m1);
        c[0] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c[1]),
                                _mm256_set1_epi64x(k0));
        c[2] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c[3]),
                                _mm256_set1_epi64x(k1));
        c[1] = p1;
        c[3] = p0;
        k0 += BENCH_WEYL_0;
        k1 += BENCH_WEYL_1;
    }
}

AVX2 INLINE void in_order_256(const __m256i c[4], __m256i word[2])
{
    const __m256i c01 = _mm256_blend_epi32(c[0], _mm256_slli_epi64(c[1], 32), 0xaa);
    const __m256i c23 = _mm256_blend_epi32(c[2], _mm256_slli_epi64(c[3], 32), 0xaa);
    word[0] = _mm256_unpacklo_epi64(c01, c23);
    word[1] = _mm256_unpackhi_epi64(c01, c23);
}

/// Which of eight persons move.
AVX2 INLINE uint32_t moves_256(const bench_table *t, const uint16_t *place, __m256i number)
{
    const __m256i here = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)place));
    const __m256i camp = _mm256_cmpgt_epi32(_mm256_set1_epi32(t->zone_from), here);
    const __m256i not_transit = _mm256_cmpgt_epi32(_mm256_set1_epi32(t->transit_from), here);
    const __m256i with_zones =
        _mm256_blendv_epi8(_mm256_set1_epi32((int)t->kind_most[2]),
                           _mm256_set1_epi32((int)t->kind_most[1]), not_transit);
    const __m256i most =
        _mm256_blendv_epi8(with_zones, _mm256_set1_epi32((int)t->kind_most[0]), camp);
    const __m256i at_most = _mm256_cmpeq_epi32(_mm256_min_epu32(number, most), number);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(at_most));
}

AVX2 static int32_t kernel_avx2(const bench_table *t, uint16_t *place, int32_t n, uint32_t chunk,
                                uint32_t step, int32_t *delta)
{
    movers m;
    m.n = 0;
    for (int32_t i = 0; i < n; i += 16) {
        __m256i c[4], number[2];
        philox_256(t, (uint32_t)i / 4, chunk, step, bench_for_chance, c);
        in_order_256(c, number);
        uint32_t moves = moves_256(t, place + i, number[0]);
        moves |= moves_256(t, place + i + 8, number[1]) << 8;
        if (n - i < 16) { moves &= (1u << (n - i)) - 1u; }
        for (; moves != 0; moves &= moves - 1) {
            const int32_t who = i + __builtin_ctz(moves);
            m.who[m.n] = (uint16_t)who;
            m.from[m.n++] = place[who];
        }
    }
    for (int32_t i = 0; i < m.n; i += 16) {
        __m256i c[4], number[2];
        uint32_t word[16];
        philox_256(t, (uint32_t)i / 4, chunk, step, bench_for_choice, c);
        in_order_256(c, number);
        _mm256_storeu_si256((__m256i *)word, number[0]);
        _mm256_storeu_si256((__m256i *)(word + 8), number[1]);
        const int32_t group = m.n - i < 16 ? m.n - i : 16;
        for (int32_t k = 0; k < group; k++) {
            const uint32_t from = m.from[i + k], to = bench_choose(t, from, word[k]);
            place[m.who[i + k]] = (uint16_t)to;
            delta[from]--;
            delta[to]++;
        }
    }
    return m.n;
}

bench_kernel *bench_kernel_avx512(void)
{
    __builtin_cpu_init();
    const bool able = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vbmi2");
    return able ? kernel_avx512 : NULL;
}

bench_kernel *bench_kernel_avx512_bytes(void)
{
    return bench_kernel_avx512() != NULL ? kernel_avx512_bytes : NULL;
}

bench_kernel *bench_kernel_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? kernel_avx2 : NULL;
}

#else

bench_kernel *bench_kernel_avx512(void)
{
    return NULL;
}

bench_kernel *bench_kernel_avx512_bytes(void)
{
    return NULL;
}

bench_kernel *bench_kernel_avx2(void)
{
    return NULL;
}

#endif
