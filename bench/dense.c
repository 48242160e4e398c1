#include "dense.h"

#include "bench.h"
#include "philox.h"
#include "rng.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum {
    bench_delta = 1024, // places, rounded up to whole cache lines
    past_end = 128      // persons that a vector may read on
};

static inline void copy_words(bench_block block, uint32_t word[static 4])
{
    word[0] = block.word_0;
    word[1] = block.word_1;
    word[2] = block.word_2;
    word[3] = block.word_3;
}

/// Four numbers for each of n blocks. A loop without branches, so that a compiler may vectorise it.
static void fill(const bench_table *t, int32_t n, uint32_t chunk, uint32_t step,
                 uint32_t number[static 4][bench_chunk / 4])
{
#pragma omp simd
    for (int32_t b = 0; b < n; b++) {
        const bench_block block = bench_philox((uint32_t)b, chunk, step, bench_for_chance, t->seed);
        number[0][b] = block.word_0;
        number[1][b] = block.word_1;
        number[2][b] = block.word_2;
        number[3][b] = block.word_3;
    }
}

static int32_t kernel_scalar(const bench_table *t, uint16_t *place, int32_t n, uint32_t chunk,
                             uint32_t step, int32_t *delta)
{
    uint32_t number[4][bench_chunk / 4], choice[4] = {0};
    fill(t, (n + 3) / 4, chunk, step, number);
    int32_t moves = 0;
    for (int32_t b = 0; b < (n + 3) / 4; b++) {
        for (int32_t k = 0; k < 4; k++) {
            const int32_t i = 4 * b + k;
            const uint32_t from = place[i];
            if (number[k][b] > t->most[from] || i >= n) { continue; }
            if (moves % 4 == 0) {
                copy_words(
                    bench_philox((uint32_t)moves / 4, chunk, step, bench_for_choice, t->seed),
                    choice);
            }
            const uint32_t to = bench_choose(t, from, choice[moves++ % 4]);
            place[i] = (uint16_t)to;
            delta[from]--;
            delta[to]++;
        }
    }
    return moves;
}

void bench_dense_find(bool avx2, bench_dense_way out[static bench_ways])
{
    bench_kernel *vector = avx2 ? NULL : bench_kernel_avx512();
    const char *what = "dense loop, AVX-512, one 32-bit number per person";
    if (vector == NULL) {
        vector = bench_kernel_avx2();
        what = "dense loop, AVX2, one 32-bit number per person";
    }
    out[bench_scalar] =
        (bench_dense_way){"scalar", "dense loop, one 32-bit number per person", kernel_scalar};
    out[bench_vector] = (bench_dense_way){"vector", what, vector};
    out[bench_bytes] = (bench_dense_way){
        "bytes", "dense loop, AVX-512, 8 random bits per person, more when needed",
        avx2 ? NULL : bench_kernel_avx512_bytes()};
}

/// chance * 2^32 as the largest number that still moves; the chance is above 0.
static uint32_t most(double chance)
{
    return (uint32_t)(fmin(chance, 1.0) * 0x1p32 - 1.0);
}

static bench_table *make_table(const bench_workload *w, uint64_t seed)
{
    bench_table *t = bench_alloc(1, sizeof *t);
    for (int32_t p = 0; p < bench_places; p++) {
        t->most[p] = most(w->chance[p]);
        t->row[p] = (uint32_t)w->first[p] << 6 | (uint32_t)(w->first[p + 1] - w->first[p]);
    }
    for (int32_t l = 0; l < bench_links; l++) {
        t->keep[l] = w->keep[l];
        t->ends[l] = (uint32_t)w->to[l] | (uint32_t)w->other[l] << 16;
    }
    t->zone_from = (uint16_t)w->n_camp;
    t->transit_from = (uint16_t)(w->n_camp + w->n_zone);
    for (int k = 0; k < 3; k++) {
        const double bytes = w->kind_chance[k] * 256.0;
        t->kind_most[k] = most(w->kind_chance[k]);
        t->kind_byte[k] = (uint32_t)bytes;
        t->kind_rest[k] = bytes > floor(bytes) ? most(bytes - floor(bytes)) : 0;
    }
    t->seed[0] = (uint32_t)seed;
    t->seed[1] = (uint32_t)(seed >> 32);
    return t;
}

/// The inlined generator is that of the library, whose tests know its published values.
static void check_philox(void)
{
    const uint32_t counter[4] = {3, 17, 1u << 31, 5}, key[2] = {29, 0xfffffff1u};
    uint32_t ours[4], theirs[4];
    copy_words(bench_philox(counter[0], counter[1], counter[2], counter[3], key), ours);
    flow_philox(counter, key, theirs);
    if (memcmp(ours, theirs, sizeof ours) != 0) { bench_die("bench_philox() differs"); }
}

static void settle(const bench_workload *w, bench_dense *d)
{
    // Alias table of the long-run shares, by the running sum in 2^16 steps: the place of a step, or
    // a search from there on.
    enum { slots = 1 << 16 };
    double *upto = bench_alloc(bench_places, sizeof *upto);
    uint16_t *slot = bench_alloc(slots, sizeof *slot);
    double sum = 0.0;
    for (int32_t p = 0; p < bench_places; p++) { upto[p] = sum += w->share[p]; }
    upto[bench_places - 1] = 1.0;
    for (int32_t s = 0, p = 0; s < slots; s++) {
        while (upto[p] <= (double)s / slots) { p++; }
        slot[s] = (uint16_t)p;
    }
    for (int64_t a = 0; a < d->n; a += 4) {
        uint32_t word[4];
        copy_words(
            bench_philox((uint32_t)a, (uint32_t)(a >> 32), 0, bench_for_start, d->table->seed),
            word);
        for (int64_t k = 0; k < 4 && a + k < d->n; k++) {
            uint16_t p = slot[word[k] >> 16];
            while (upto[p] <= (double)word[k] * 0x1p-32) { p++; }
            d->place[a + k] = p;
            d->count[p]++;
        }
    }
    free(upto);
    free(slot);
}

void bench_dense_init(const bench_workload *w, const bench_dense_way *way, int64_t n,
                      int32_t threads, uint64_t seed, bench_dense *d)
{
    check_philox();
    *d = (bench_dense){.kernel = way->kernel, .n = n, .threads = threads};
    d->table = make_table(w, seed);
    d->place = bench_alloc(n + past_end, sizeof *d->place);
    d->delta = bench_alloc((int64_t)threads * bench_delta, sizeof *d->delta);
    settle(w, d);
}

void bench_dense_step(bench_dense *d)
{
    const int64_t n_chunk = (d->n + bench_chunk - 1) / bench_chunk;
    int64_t moves = 0;
#pragma omp parallel num_threads(d->threads) default(none) shared(d, n_chunk) reduction(+ : moves)
    {
        int32_t *delta = d->delta + (ptrdiff_t)omp_get_thread_num() * bench_delta;
        memset(delta, 0, bench_delta * sizeof *delta);
#pragma omp for schedule(static)
        for (int64_t c = 0; c < n_chunk; c++) {
            const int64_t left = d->n - c * bench_chunk;
            const int32_t n = left < bench_chunk ? (int32_t)left : bench_chunk;
            moves +=
                d->kernel(d->table, d->place + c * bench_chunk, n, (uint32_t)c, d->step, delta);
        }
    }
    for (int32_t t = 0; t < d->threads; t++) {
        for (int32_t p = 0; p < bench_places; p++) { d->count[p] += d->delta[t * bench_delta + p]; }
    }
    d->moves += moves;
    d->step++;
}

bool bench_dense_recount(const bench_dense *d)
{
    int64_t count[bench_places] = {0};
    for (int64_t a = 0; a < d->n; a++) { count[d->place[a]]++; }
    return memcmp(count, d->count, sizeof count) == 0;
}

void bench_dense_clear(bench_dense *d)
{
    free(d->table);
    free(d->place);
    free(d->delta);
    *d = (bench_dense){0};
}
