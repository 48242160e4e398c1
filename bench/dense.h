/// @file dense.h
/// The baseline of bench_step: a loop over all persons, every step, as well as we can write it.
///
/// One column of two bytes says where each person is. A person moves when a random number, named by
/// (seed, step, person) and made by Philox4x32-10, is small enough; only those who move touch the
/// alias table and the counts per place.
#ifndef BENCH_DENSE_H
#define BENCH_DENSE_H

#include "workload.h"

enum {
    bench_chunk = 4096 ///< persons of one call of a kernel; the unit that threads share out
};

/// What the kernels read, made once.
typedef struct bench_table {
    uint32_t most[bench_places]; ///< a person moves when its number is at most this
    uint32_t row[bench_places];  ///< first link << 6 | number of links
    uint32_t keep[bench_links];
    uint32_t ends[bench_links];       ///< place of the link | place of the alias << 16
    uint16_t zone_from, transit_from; ///< places before are camps; camps or zones
    uint32_t kind_most[3];            ///< `most` of camps, zones, transit
    // The same with eight bits: who draws less than `byte` moves, who draws just that needs another
    // number, at most `rest`.
    uint32_t kind_byte[3], kind_rest[3];
    uint32_t seed[2];
} bench_table;

/// Where a person who leaves goes, by one random number.
static inline uint32_t bench_choose(const bench_table *t, uint32_t from, uint32_t number)
{
    const uint32_t row = t->row[from];
    // The upper half of number * links is a link, the lower half uniform again.
    const uint64_t product = (uint64_t)number * (row & 63);
    const uint32_t link = (row >> 6) + (uint32_t)(product >> 32);
    const uint32_t ends = t->ends[link];
    return (uint32_t)product <= t->keep[link] ? ends & 0xffff : ends >> 16;
}

/// One step of up to bench_chunk persons; returns how many moved, adds to delta[place].
///
/// place[] can be read up to the next multiple of 128.
typedef int32_t bench_kernel(const bench_table *table, uint16_t *place, int32_t n, uint32_t chunk,
                             uint32_t step, int32_t *delta);

/// One way to write the loop.
typedef struct bench_dense_way {
    const char *name, *what;
    bench_kernel *kernel; ///< NULL: not for this machine's processor or this compiler
} bench_dense_way;

/// `scalar`: one person at a time. `vector`: the same numbers, 32 persons at a time. `bytes`: 128
/// persons at a time, eight random bits each, more only when they do not decide.
enum { bench_scalar, bench_vector, bench_bytes, bench_ways };
/// The best kernel of each way that this machine can run; `avx2` asks for no more than AVX2.
void bench_dense_find(bool avx2, bench_dense_way out[static bench_ways]);

// dense_vector.c; NULL where the machine has no such instructions.
bench_kernel *bench_kernel_avx512(void);
bench_kernel *bench_kernel_avx512_bytes(void);
bench_kernel *bench_kernel_avx2(void);

/// People who move, in a dense loop.
typedef struct bench_dense {
    bench_kernel *kernel;
    bench_table *table;
    int64_t n;
    int32_t threads;
    uint32_t step;   ///< steps done
    uint16_t *place; ///< [n], and room for vectors that read on
    int32_t *delta;  ///< [threads][bench_delta]
    int64_t count[bench_places];
    int64_t moves; ///< in all steps
} bench_dense;

/// n people where the long run has them, each place drawn at random.
void bench_dense_init(const bench_workload *w, const bench_dense_way *way, int64_t n,
                      int32_t threads, uint64_t seed, bench_dense *out);
void bench_dense_step(bench_dense *d);
/// Count the people anew; true when the running counts agree.
bool bench_dense_recount(const bench_dense *d);
void bench_dense_clear(bench_dense *d);

#endif
