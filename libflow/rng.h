/// @file rng.h
/// Layer 0: chance as a pure function of (seed, member, step, purpose, cell): keyed Philox4x32-10,
/// dressed as a gsl_rng so that GSL's distributions draw from it.
///
/// Source: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC11,
/// DOI 10.1145/2063384.2063405.
#ifndef FLOW_RNG_H
#define FLOW_RNG_H

#include "base.h"

#include <gsl/gsl_rng.h>

/// What a draw is for. Values are part of every stream: never renumber.
typedef enum flow_draw {
    FLOW_DRAW_SPAWN_COUNT = 1, ///< how many enter at a place
    FLOW_DRAW_SPAWN_PLACE = 2, ///< where those who enter come from
    FLOW_DRAW_SPAWN_GROUP = 3, ///< their attributes
    FLOW_DRAW_LEAVE = 4,       ///< who moves and where to
    FLOW_DRAW_BATCH = 5,       ///< order of arrival within a day
    FLOW_DRAW_WALK = 6,        ///< who goes on foot today
    FLOW_DRAW_TODAY = 7,       ///< rounding of the distance moved today
    FLOW_DRAW_MEMORY = 8,      ///< rounding of the recent-travel memory
    FLOW_DRAW_SINK = 9,        ///< who leaves the model at a sink
    FLOW_DRAW_INITIAL = 10,    ///< attributes of those who are there before the first step
    FLOW_DRAW_DAY0 = 11,       ///< attributes of those registered on the first day
    FLOW_DRAW_SAMPLE = 12,     ///< who is followed
    FLOW_DRAW_PASSENGER = 13   ///< attributes that change no probability
} flow_draw;

/// The generator type: state is key, counter and one block of four words.
extern const gsl_rng_type *const flow_rng_philox;

/// One block: out = Philox4x32-10(counter, key).
void flow_philox(const uint32_t counter[static 4], const uint32_t key[static 2],
                 uint32_t out[static 4]);

/// Put a generator of type flow_rng_philox at the start of the stream of (seed, member, step,
/// purpose, cell). Streams of different arguments are independent. `cell` is any 64-bit name of
/// what draws.
void flow_rng_key(gsl_rng *rng, uint64_t seed, uint32_t member, int32_t step, flow_draw purpose,
                  uint64_t cell);

/// Next double in [0, 1) with 53 random bits.
double flow_uniform(gsl_rng *rng);
/// Next 32 random bits.
uint32_t flow_word(gsl_rng *rng);

/// Bijective mixing of 64 bits (finaliser of SplitMix64, Steele, Lea and Flood 2014,
/// DOI 10.1145/2660193.2660195).
static inline uint64_t flow_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

#endif
