/// @file step.h
/// The programs that bench_step compares.
#ifndef BENCH_STEP_H
#define BENCH_STEP_H

#include "flow/flow.h"

#include "workload.h"

typedef struct bench_job bench_job;
typedef struct bench_sample bench_sample;

/// Programs of one family draw the same numbers for the same things: their counts are equal bit for
/// bit, for any number of threads.
enum {
    bench_family_libflow,
    bench_family_words,
    bench_family_bytes,
    bench_family_numpy,
    bench_families
};

/// A program that simulates the workload.
typedef struct bench_program {
    const char *name, *what;
    void (*run)(const bench_job *job, bench_sample *out);
    int64_t most_persons;
    int32_t most_threads;
    int family;
    int way;                      ///< of the dense loop
    bool avx2;                    ///< of the dense loop
    flow_individuals individuals; ///< of libflow
} bench_program;

/// The programs that this machine can run, ended by one without a name. `avx2`: no wider vectors.
void bench_programs(bool avx2, int32_t room, bench_program *out);

/// One measurement.
struct bench_job {
    const bench_workload *w;
    const bench_program *program;
    int64_t n;
    int32_t threads, steps;
    uint64_t seed;
    double shortest_s; ///< of what is timed
};

/// What it gave. The first pass of job->steps steps is checked; when it was shorter than
/// job->shortest_s, more passes follow and only those are timed.
struct bench_sample {
    double cpu_s, wall_s; ///< of the steps timed
    int64_t steps;        ///< timed
    int64_t memory;       ///< bytes: the peak of the process without what it had before
    int64_t start[bench_places], end[bench_places]; ///< people, before and after the first pass
    int64_t moves;                                  ///< in the first pass
    char error[512];                                ///< "": none
};

/// Run a job in this process, for bench_child().
void bench_job_run(const void *job, void *sample);

#endif
