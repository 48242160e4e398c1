/// @file split_bits.h
/// A hash of many splits, the same for every compiler, optimisation and processor.
#ifndef SPLIT_BITS_H
#define SPLIT_BITS_H

#include "../libflow/split.h"

/// What split_bits() must be. It changes when a stream changes: say so in the commit.
#define SPLIT_BITS UINT64_C(0xa2712d9b71466b47)

static inline uint64_t split_bits_add(uint64_t hash, int64_t number)
{
    return flow_mix(hash ^ (uint64_t)number) + UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t split_bits(gsl_rng *rng)
{
    static const int64_t size[] = {1, 5, 16, 17, 40, 90, 250, 2000, 70000, INT64_C(1) << 40};
    static const double chance[] = {1e-9, 0.0007, 0.01, 0.04, 0.3, 0.5, 0.83};
    static const int32_t outcomes[] = {2, 3, 7, 40, 150};
    uint64_t hash = 0;
    for (uint64_t cell = 0; cell < 300; cell++) {
        for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
            const int64_t n = size[i] + (int64_t)cell % 13;
            flow_rng_key(rng, 1, 0, (int32_t)i, FLOW_DRAW_LEAVE, cell);
            for (size_t k = 0; k < sizeof chance / sizeof *chance; k++) {
                hash = split_bits_add(hash, flow_binomial(rng, n, chance[k]));
                hash =
                    split_bits_add(hash, flow_hypergeometric(rng, n / 3, n, n / (int64_t)(k + 1)));
            }
            for (size_t k = 0; k < sizeof outcomes / sizeof *outcomes; k++) {
                double weight[150], tail[151];
                int64_t out[150];
                for (int32_t j = 0; j < outcomes[k]; j++) {
                    weight[j] = (double)(((uint64_t)j * 7 + cell) % 11);
                }
                flow_split(rng, n, outcomes[k], weight, tail, out);
                for (int32_t j = 0; j < outcomes[k]; j++) { hash = split_bits_add(hash, out[j]); }
            }
        }
    }
    return hash;
}

#endif
