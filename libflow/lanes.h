/// @file lanes.h
/// Layer 0: several blocks of chance made, or several people compared, side by side.
///
/// What is computed is the same whole numbers whatever the processor has; the widest registers of
/// the one at hand are used. Nothing here rounds, so nothing here can differ.
#ifndef FLOW_LANES_H
#define FLOW_LANES_H

#include "rng.h"

#if defined(__SSE2__) && !defined(FLOW_PORTABLE)
#define FLOW_LANES_SSE2
#include <emmintrin.h>
#endif

/// What a processor may have, each including those before it.
typedef enum flow_lanes { FLOW_NARROW, FLOW_SSE2, FLOW_AVX2, FLOW_AVX512 } flow_lanes;

/// The widest that this processor has and this library was built with.
flow_lanes flow_lanes_widest(void);

/// Make the next words of a stream with the means of `lanes`, which the processor must have: at
/// least one block, as many as are cheap, at the end of state->word.
void flow_lanes_fill(flow_lanes lanes, flow_rng_state *state);

enum { FLOW_LANES_PEOPLE = 32 }; // digits of 16 bits that are compared at a time

/// Compare the digits of m <= 32 people, two in each word, the first one lower, with cuts: count[j]
/// grows by how many are below cut[j], as signed numbers. Returns a mask of the people whose digit
/// equals some cut.
uint32_t flow_lanes_count(flow_lanes lanes, const uint32_t word[static 16], uint32_t m,
                          int32_t n_cut, const int16_t *cut, int32_t *count);

/// Cuts come in groups of so many: loops of the same length everywhere are never guessed wrong.
enum { FLOW_CUTS_STEP = 8 };

/// The same, and who is below how many cuts: above[i] of person i; those behind m are not counted.
/// n_cut is a multiple of FLOW_CUTS_STEP, at most 248; cuts of INT16_MIN fill a group up.
uint32_t flow_lanes_each(flow_lanes lanes, const uint32_t word[static 16], uint32_t m,
                         int32_t n_cut, const int16_t *cut, int32_t *count,
                         uint8_t above[static 32]);

enum { FLOW_LANES_HEADS = 8, FLOW_HEAD_WORDS = 16 };

/// The first four blocks of a stream and of those of the next 7 cells by the upper word of their
/// name. False, and nothing done, where this is no cheaper than flow_lanes_fill() for each.
bool flow_lanes_heads(flow_lanes lanes, const flow_rng_state *first,
                      uint32_t head[static FLOW_LANES_HEADS * FLOW_HEAD_WORDS]);

/// People who are parted in two, each side in its order.
typedef struct flow_parting {
    const uint8_t *outcome; ///< [n rounded up to a multiple of 16]; above 0: goes
    const int32_t *where;   ///< [n_where] where those of outcome 1, 2... go
    int32_t n_where;        ///< at most 16
    uint32_t *id;           ///< [n] who; afterwards those who stay, closed up
    uint32_t *gone;         ///< room for n + 16: who goes
    int32_t *to;            ///< room for n + 16: and where to
} flow_parting;

/// Part n people; returns how many go.
uint32_t flow_lanes_part(flow_lanes lanes, uint32_t n, const flow_parting *who);

/// The same as flow_lanes_count() for m <= 16, inline: less to set up.
static inline uint32_t flow_lanes_count_few(const uint32_t word[static 8], uint32_t m,
                                            int32_t n_cut, const int16_t *cut, int32_t *count)
{
#if defined(FLOW_LANES_SSE2)
    static const int16_t here[32] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                     -1, -1, -1, -1, -1, -1, -1, -1};
    const __m128i *valid = (const __m128i *)(const void *)(here + 16 - m);
    const __m128i valid_a = _mm_loadu_si128(valid), valid_b = _mm_loadu_si128(valid + 1);
    const __m128i *digit = (const __m128i *)(const void *)word;
    const __m128i a = _mm_loadu_si128(digit), b = _mm_loadu_si128(digit + 1);
    __m128i same_a = _mm_setzero_si128(), same_b = _mm_setzero_si128();
    for (int32_t j = 0; j < n_cut; j++) {
        const __m128i x = _mm_set1_epi16(cut[j]);
        same_a = _mm_or_si128(same_a, _mm_cmpeq_epi16(a, x));
        same_b = _mm_or_si128(same_b, _mm_cmpeq_epi16(b, x));
        // A hit is -1. madd() of hits with themselves adds up pairs of squares.
        const __m128i hit_a = _mm_and_si128(_mm_cmplt_epi16(a, x), valid_a);
        const __m128i hit_b = _mm_and_si128(_mm_cmplt_epi16(b, x), valid_b);
        __m128i sum = _mm_add_epi32(_mm_madd_epi16(hit_a, hit_a), _mm_madd_epi16(hit_b, hit_b));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
        sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
        count[j] += _mm_cvtsi128_si32(sum);
    }
    same_a = _mm_and_si128(same_a, valid_a);
    same_b = _mm_and_si128(same_b, valid_b);
    return (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(same_a, same_b));
#else
    uint32_t same = 0;
    for (uint32_t i = 0; i < m; i++) {
        const int16_t digit = (int16_t)(word[i / 2] >> i % 2 * 16);
        for (int32_t j = 0; j < n_cut; j++) {
            count[j] += digit < cut[j];
            same |= (uint32_t)(digit == cut[j]) << i;
        }
    }
    return same;
#endif
}

#endif
