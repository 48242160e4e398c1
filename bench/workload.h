/// @file workload.h
/// Workload W1 of bench_step: places, links, chances, and what must come out.
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    bench_places = 1000,
    bench_links = 6000 ///< directed: mean degree 6
};

/// A graph and a process on it: each step, a person leaves place p with chance[p] and goes to one
/// of its neighbours, chosen by weight.
///
/// Places are sorted by kind: camps, zones of conflict, places of transit. Arrays by link are
/// sorted by the place the link leaves.
typedef struct bench_workload {
    const char *name, *what;
    int32_t n_camp, n_zone;
    double camp_weight;    ///< attraction of camps, so that 5.2 % of people move in the mix
    double kind_chance[3]; ///< of leaving per step: camps, zones, transit
    double chance[bench_places];
    double share[bench_places]; ///< of all people in the long run
    double movers;              ///< share of people who move in a step, in the long run
    int32_t first[bench_places + 1];
    int32_t to[bench_links];
    double length_km[bench_links];
    double weight[bench_links]; ///< chances of the neighbours of a place, sum 1
    // Alias tables (Walker 1974; Vose 1991): a link of the place at random, then with chance
    // keep / 2^32 the place it leads to, else another one.
    uint32_t keep[bench_links];
    uint16_t other[bench_links];
} bench_workload;

/// `mix`: 0.001 at camps, 0.3 in transit, 1 in conflict; else `low`: 0.001 everywhere.
void bench_workload_init(bool low, bench_workload *out);

/// How many of n people are where at the start, so that the long-run shares hold from step 1 on.
void bench_workload_start(const bench_workload *w, int64_t n, int64_t count[static bench_places]);

/// The same as a scenario for libflow: scenario.yaml, places.csv and links.csv; free() each.
typedef struct bench_scenario {
    char *text[3];
    int64_t size[3];
} bench_scenario;
extern const char *const bench_scenario_name[3];
void bench_workload_scenario(const bench_workload *w, int64_t n, int32_t days, bench_scenario *out);

/// The same for bench/step.py.
json_t *bench_workload_json(const bench_workload *w);

/// What T steps do on average, from any start.
typedef struct bench_expectation {
    int32_t steps;
    float *reach;                ///< [from][to] chance to be there after T steps
    double mean[bench_places];   ///< moves of a person who starts there
    double square[bench_places]; ///< mean of the squared number of moves
} bench_expectation;
void bench_expectation_init(const bench_workload *w, int32_t steps, bench_expectation *out);
void bench_expectation_clear(bench_expectation *e);

/// Differences between a run and the expectation, in standard errors.
typedef struct bench_verdict {
    double movers;     ///< moves in all steps
    double worst;      ///< people at the place that fits worst
    double dispersion; ///< mean over places of the squared difference, 1 expected
    double dispersion_error;
    bool same_process; ///< within the bounds of bench_verify()
} bench_verdict;

/// Is a run of T steps one of the process? The people are independent of each other, so with their
/// start known, the variance of each count is known, too. Bounds: 5 standard errors for the moves
/// and for the dispersion, 6 for the worst of 1,000 places; a right program fails once in 10^5
/// runs.
bench_verdict bench_verify(const bench_expectation *e, const int64_t start[static bench_places],
                           const int64_t end[static bench_places], int64_t moves);

#endif
