#include "rng.h"

#include <string.h>

/// State of one stream. GSL copies it as bytes.
typedef struct philox_state {
    uint32_t key[2];
    uint32_t counter[4]; ///< [0] block, [1] step, [2..3] purpose and cell
    uint32_t word[4];
    uint32_t used; ///< words of the block already given
} philox_state;

// Multipliers and Weyl constants of Salmon et al. 2011, table 2.
static const uint32_t multiply_0 = 0xD2511F53u, multiply_1 = 0xCD9E8D57u;
static const uint32_t weyl_0 = 0x9E3779B9u, weyl_1 = 0xBB67AE85u;

void flow_philox(const uint32_t counter[static 4], const uint32_t key[static 2],
                 uint32_t out[static 4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)multiply_0 * c0;
        const uint64_t p1 = (uint64_t)multiply_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += weyl_0;
        k1 += weyl_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static uint32_t next_word(philox_state *state)
{
    if (state->used == 4) {
        flow_philox(state->counter, state->key, state->word);
        state->counter[0]++;
        state->used = 0;
    }
    return state->word[state->used++];
}

static double next_double(philox_state *state)
{
    const uint64_t high = next_word(state);
    const uint64_t low = next_word(state);
    return (double)((high << 32 | low) >> 11) * 0x1p-53;
}

static void philox_set(void *memory, unsigned long seed)
{
    philox_state *state = memory;
    memset(state, 0, sizeof *state);
    state->key[0] = (uint32_t)seed;
    state->key[1] = (uint32_t)((uint64_t)seed >> 32);
    state->used = 4;
}

static unsigned long philox_get(void *memory)
{
    return next_word(memory);
}

static double philox_get_double(void *memory)
{
    return next_double(memory);
}

static const gsl_rng_type philox_type = {"philox4x32-10",      0xFFFFFFFFul, 0,
                                         sizeof(philox_state), philox_set,   philox_get,
                                         philox_get_double};

const gsl_rng_type *const flow_rng_philox = &philox_type;

void flow_rng_key(gsl_rng *rng, uint64_t seed, uint32_t member, int32_t step, flow_draw purpose,
                  uint64_t cell)
{
    philox_state *state = rng->state;
    // The odd constants separate the roles of the arguments before mixing (golden ratio, sqrt 3).
    const uint64_t key = flow_mix(seed + UINT64_C(0x9e3779b97f4a7c15) * ((uint64_t)member + 1));
    const uint64_t name = flow_mix(cell + UINT64_C(0xbb67ae8584caa73b) * (uint64_t)purpose);
    state->key[0] = (uint32_t)key;
    state->key[1] = (uint32_t)(key >> 32);
    state->counter[0] = 0;
    state->counter[1] = (uint32_t)step;
    state->counter[2] = (uint32_t)name;
    state->counter[3] = (uint32_t)(name >> 32);
    state->used = 4;
}

double flow_uniform(gsl_rng *rng)
{
    return next_double(rng->state);
}

uint32_t flow_word(gsl_rng *rng)
{
    return next_word(rng->state);
}
