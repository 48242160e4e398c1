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
    FLOW_DRAW_SPAWN_COUNT = 1,  ///< how many enter at a place
    FLOW_DRAW_SPAWN_PLACE = 2,  ///< where those who enter come from
    FLOW_DRAW_SPAWN_GROUP = 3,  ///< their attributes
    FLOW_DRAW_LEAVE = 4,        ///< who moves and where to
    FLOW_DRAW_TRAVEL = 5,       ///< order of arrival, who goes on foot, rounding of distances
    FLOW_DRAW_SETTLE = 6,       ///< end of the day: memories, who leaves the model at a sink
    FLOW_DRAW_WHO = 7,          ///< which of the people of a cell
    FLOW_DRAW_INITIAL = 10,     ///< attributes of those who are there before the first step
    FLOW_DRAW_DAY0 = 11,        ///< attributes of those registered on the first day
    FLOW_DRAW_SAMPLE = 12,      ///< who is followed
    FLOW_DRAW_GATE = 14,        ///< who passes a gate
    FLOW_DRAW_PASSENGER = 13,   ///< attributes that change no probability
    FLOW_DRAW_FLOOD_COUNT = 15, ///< how many floods drive out
    FLOW_DRAW_FLOOD_GROUP = 16, ///< their attributes
    FLOW_DRAW_FOOD_COUNT = 17,  ///< how many of those who enter lack food
    FLOW_DRAW_FOOD_GROUP = 18,  ///< their attributes
    FLOW_DRAW_STATUS = 19,      ///< whose status changes, who dies
    FLOW_DRAW_CHANNEL = 40,     ///< how people pass a link with channels, and what comes of it
    FLOW_DRAW_DEBT = 41         ///< who has paid a debt off
} flow_draw;

enum { FLOW_RNG_WORDS = 32 }; // eight blocks: as many as are made at a time (lanes.h)

/// One stream: what gsl_rng.state of a flow_rng_philox points to. GSL copies it as bytes.
/// Words of the stream are blocks 0, 1, 2... of its counter, four words each; 2^34 in all.
typedef struct flow_rng_state {
    uint32_t word[FLOW_RNG_WORDS]; ///< made and not yet all given
    uint32_t used;                 ///< words given; FLOW_RNG_WORDS: none left
    uint32_t key[2];               ///< seed, member and purpose
    uint32_t counter[4];           ///< [0] next block, [1] step, [2..3] cell
} flow_rng_state;

/// The generator type: a gsl_rng of this type has a flow_rng_state as its state.
extern const gsl_rng_type *const flow_rng_philox;

// Multipliers and Weyl constants of Salmon et al. 2011, table 2.
#define FLOW_PHILOX_M0 UINT32_C(0xD2511F53)
#define FLOW_PHILOX_M1 UINT32_C(0xCD9E8D57)
#define FLOW_PHILOX_W0 UINT32_C(0x9E3779B9)
#define FLOW_PHILOX_W1 UINT32_C(0xBB67AE85)

/// One block: out = Philox4x32-10(counter, key).
void flow_philox(const uint32_t counter[static 4], const uint32_t key[static 2],
                 uint32_t out[static 4]);

/// Make the next words of a stream that has none left: for the functions below only.
void flow_rng_fill(flow_rng_state *stream);

/// Bijective mixing of 64 bits (finaliser of SplitMix64, Steele, Lea and Flood 2014,
/// DOI 10.1145/2660193.2660195).
static inline uint64_t flow_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/// Put a generator of type flow_rng_philox at the start of the stream of (seed, member, step,
/// purpose, cell). `cell` is any 64-bit name of what draws.
///
/// Within one seed and member no two different (step, purpose, cell) have a block in common: step
/// and cell are words of the counter, the purpose changes the key. Two (seed, member) have the same
/// key with a chance of 2^-64.
static inline void flow_rng_key(gsl_rng *rng, uint64_t seed, uint32_t member, int32_t step,
                                flow_draw purpose, uint64_t cell)
{
    flow_rng_state *stream = (flow_rng_state *)rng->state;
    // The golden ratio spreads members over the 64 bits that a seed may take.
    const uint64_t key = flow_mix(seed + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)member + 1));
    stream->used = FLOW_RNG_WORDS;
    stream->key[0] = (uint32_t)key;
    stream->key[1] = (uint32_t)(key >> 32) ^ (uint32_t)purpose;
    stream->counter[0] = 0;
    stream->counter[1] = (uint32_t)step;
    stream->counter[2] = (uint32_t)cell;
    stream->counter[3] = (uint32_t)(cell >> 32);
}

/// Next 32 random bits.
static inline uint32_t flow_rng_word(flow_rng_state *stream)
{
    if (stream->used == FLOW_RNG_WORDS) { flow_rng_fill(stream); }
    return stream->word[stream->used++];
}

/// Next 64 random bits: two words, the second one higher.
static inline uint64_t flow_rng_bits(flow_rng_state *state)
{
    if (state->used <= FLOW_RNG_WORDS - 2) { // one load of 64 bits on most machines
        const uint32_t *word = &state->word[state->used];
        state->used += 2;
        return (uint64_t)word[1] << 32 | word[0];
    }
    const uint32_t low = flow_rng_word(state);
    return (uint64_t)flow_rng_word(state) << 32 | low;
}

/// Next double in [0, 1): the upper 53 of the next 64 bits.
static inline double flow_rng_uniform(flow_rng_state *state)
{
    return (double)(int64_t)(flow_rng_bits(state) >> 11) * 0x1p-53;
}

/// Next double in [0, 1) with 53 random bits of a generator of type flow_rng_philox.
static inline double flow_uniform(gsl_rng *rng)
{
    return flow_rng_uniform((flow_rng_state *)rng->state);
}

/// Next 32 random bits of a generator of type flow_rng_philox.
static inline uint32_t flow_word(gsl_rng *rng)
{
    return flow_rng_word((flow_rng_state *)rng->state);
}

#endif
