#include "rng.h"

#include <string.h>

static inline void one_round(uint32_t c[static 4], uint32_t key_0, uint32_t key_1)
{
    const uint64_t p0 = (uint64_t)FLOW_PHILOX_M0 * c[0];
    const uint64_t p1 = (uint64_t)FLOW_PHILOX_M1 * c[2];
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
        one_round(c, key[0] + round * FLOW_PHILOX_W0, key[1] + round * FLOW_PHILOX_W1);
    }
    memcpy(out, c, sizeof c);
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
