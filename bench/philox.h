/// @file philox.h
/// Philox4x32-10 to be inlined, for loops that draw a block per few persons.
///
/// Source: Salmon, Moraes, Dror and Shaw 2011, DOI 10.1145/2063384.2063405, table 2.
#ifndef BENCH_PHILOX_H
#define BENCH_PHILOX_H

#include <stdint.h>

#define BENCH_MULTIPLY_0 0xD2511F53u
#define BENCH_MULTIPLY_1 0xCD9E8D57u
#define BENCH_WEYL_0 0x9E3779B9u
#define BENCH_WEYL_1 0xBB67AE85u

/// What a number is for: the last word of its counter.
enum { bench_for_chance, bench_for_choice, bench_for_rest, bench_for_start };

/// Four numbers. No array: compilers vectorise loops over such.
typedef struct bench_block {
    uint32_t word_0, word_1, word_2, word_3;
} bench_block;

/// The block of (block, chunk, step, purpose) and a key.
static inline bench_block bench_philox(uint32_t block, uint32_t chunk, uint32_t step,
                                       uint32_t purpose, const uint32_t key[static 2])
{
    uint32_t c0 = block, c1 = chunk, c2 = step, c3 = purpose;
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)BENCH_MULTIPLY_0 * c0;
        const uint64_t p1 = (uint64_t)BENCH_MULTIPLY_1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += BENCH_WEYL_0;
        k1 += BENCH_WEYL_1;
    }
    return (bench_block){c0, c1, c2, c3};
}

#endif
