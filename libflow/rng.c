#include "rng.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Multipliers and Weyl constants of Salmon et al. 2011, table 2.
#define MULTIPLY_0 UINT32_C(0xD2511F53)
#define MULTIPLY_1 UINT32_C(0xCD9E8D57)
#define WEYL_0 UINT32_C(0x9E3779B9)
#define WEYL_1 UINT32_C(0xBB67AE85)

static inline void one_round(uint32_t c[static 4], uint32_t key_0, uint32_t key_1)
{
    const uint64_t p0 = (uint64_t)MULTIPLY_0 * c[0];
    const uint64_t p1 = (uint64_t)MULTIPLY_1 * c[2];
    c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ key_0;
    c[1] = (uint32_t)p1;
    c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ key_1;
    c[3] = (uint32_t)p0;
}

void flow_philox(const uint32_t counter[static 4], const uint32_t key[static 2],
                 uint32_t out[static 4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    for (uint32_t round = 0; round < 10; round++) {
        one_round(c, key[0] + round * WEYL_0, key[1] + round * WEYL_1);
    }
    memcpy(out, c, sizeof c);
}

#if defined(__SSE2__)
/// Two blocks that differ in counter[0] only; each 64-bit lane holds one block's word in its lower
/// half, the upper half is never read.
typedef struct lanes {
    __m128i c0, c1, c2, c3;
} lanes;

static inline lanes two_blocks(const flow_rng_state *s, uint32_t block)
{
    return (lanes){_mm_set_epi64x((int64_t)(uint32_t)(block + 1), (int64_t)block),
                   _mm_set1_epi32((int)s->counter[1]), _mm_set1_epi32((int)s->counter[2]),
                   _mm_set1_epi32((int)s->counter[3])};
}

static inline void two_rounds(lanes *x, __m128i key_0, __m128i key_1)
{
    const __m128i p0 = _mm_mul_epu32(x->c0, _mm_set1_epi64x(MULTIPLY_0));
    const __m128i p1 = _mm_mul_epu32(x->c2, _mm_set1_epi64x(MULTIPLY_1));
    x->c0 = _mm_xor_si128(_mm_srli_epi64(p1, 32), _mm_xor_si128(x->c1, key_0));
    x->c1 = p1;
    x->c2 = _mm_xor_si128(_mm_srli_epi64(p0, 32), _mm_xor_si128(x->c3, key_1));
    x->c3 = p0;
}

static inline void store(const lanes *x, uint32_t out[static 8])
{
    const __m128i low_01 = _mm_unpacklo_epi32(x->c0, x->c1);
    const __m128i low_23 = _mm_unpacklo_epi32(x->c2, x->c3);
    const __m128i high_01 = _mm_unpackhi_epi32(x->c0, x->c1);
    const __m128i high_23 = _mm_unpackhi_epi32(x->c2, x->c3);
    _mm_storeu_si128((__m128i *)(void *)out, _mm_unpacklo_epi64(low_01, low_23));
    _mm_storeu_si128((__m128i *)(void *)(out + 4), _mm_unpacklo_epi64(high_01, high_23));
}

static void make(const flow_rng_state *s, int n_block, uint32_t *out)
{
    lanes a = two_blocks(s, s->counter[0]);
    lanes b = two_blocks(s, s->counter[0] + 2);
    __m128i key_0 = _mm_set1_epi32((int)s->key[0]);
    __m128i key_1 = _mm_set1_epi32((int)s->key[1]);
    const __m128i weyl_0 = _mm_set1_epi32((int)WEYL_0);
    const __m128i weyl_1 = _mm_set1_epi32((int)WEYL_1);
    if (n_block == 2) {
        for (int round = 0; round < 10; round++) {
            two_rounds(&a, key_0, key_1);
            key_0 = _mm_add_epi32(key_0, weyl_0);
            key_1 = _mm_add_epi32(key_1, weyl_1);
        }
        store(&a, out);
        return;
    }
    for (int round = 0; round < 10; round++) {
        two_rounds(&a, key_0, key_1);
        two_rounds(&b, key_0, key_1);
        key_0 = _mm_add_epi32(key_0, weyl_0);
        key_1 = _mm_add_epi32(key_1, weyl_1);
    }
    store(&a, out);
    store(&b, out + 8);
}
#else
static void make(const flow_rng_state *s, int n_block, uint32_t *out)
{
    uint32_t counter[4] = {s->counter[0], s->counter[1], s->counter[2], s->counter[3]};
    for (int i = 0; i < n_block; i++, counter[0]++) { flow_philox(counter, s->key, out + 4 * i); }
}
#endif

void flow_rng_fill(flow_rng_state *stream)
{
    // Most streams give a few words only: two blocks first (bench_split: 11 ns, four: 21 ns).
    const uint32_t n_block = stream->counter[0] == 0 ? 2 : 4;
    stream->used = FLOW_RNG_WORDS - 4 * n_block;
    make(stream, (int)n_block, stream->word + stream->used);
    stream->counter[0] += n_block;
}

static void philox_set(void *memory, unsigned long seed)
{
    flow_rng_state *stream = memory;
    memset(stream, 0, sizeof *stream);
    stream->key[0] = (uint32_t)seed;
    stream->key[1] = (uint32_t)((uint64_t)seed >> 32);
    stream->used = FLOW_RNG_WORDS;
}

static unsigned long philox_get(void *memory)
{
    return flow_rng_word(memory);
}

static double philox_get_double(void *memory)
{
    return flow_rng_uniform(memory);
}

static const gsl_rng_type philox_type = {"philox4x32-10",        0xFFFFFFFFul, 0,
                                         sizeof(flow_rng_state), philox_set,   philox_get,
                                         philox_get_double};

const gsl_rng_type *const flow_rng_philox = &philox_type;
