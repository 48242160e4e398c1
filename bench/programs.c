#define _POSIX_C_SOURCE 200809L
#include "flow/flow.h"

#include "bench.h"
#include "dense.h"
#include "step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Debian keeps numpy for its own Python.
#define PYTHON "\"${PYTHON:-/usr/bin/python3}\""

/// Seconds of CPU and of the clock on the wall.
typedef struct stopwatch {
    double cpu_s, wall_s;
} stopwatch;

static stopwatch start_watch(void)
{
    return (stopwatch){bench_cpu_s(), bench_wall_s()};
}

/// Keep what was measured since `begin` as `steps` steps.
static void stop_watch(stopwatch begin, int64_t steps, bench_sample *out)
{
    out->cpu_s += bench_cpu_s() - begin.cpu_s;
    out->wall_s += bench_wall_s() - begin.wall_s;
    out->steps += steps;
}

static bool long_enough(const bench_job *job, const bench_sample *sample)
{
    return sample->wall_s >= job->shortest_s;
}

static void forget_first_pass(bench_sample *out)
{
    out->cpu_s = out->wall_s = 0.0;
    out->steps = 0;
}

static void run_dense(const bench_job *job, bench_sample *out)
{
    bench_dense_way ways[bench_ways];
    bench_dense_find(job->program->avx2, ways);
    bench_dense d;
    bench_dense_init(job->w, &ways[job->program->way], job->n, job->threads, job->seed, &d);
    memcpy(out->start, d.count, sizeof d.count);
    stopwatch watch = start_watch();
    for (int32_t t = 0; t < job->steps; t++) { bench_dense_step(&d); }
    stop_watch(watch, job->steps, out);
    out->moves = d.moves;
    memcpy(out->end, d.count, sizeof d.count);
    if (!bench_dense_recount(&d)) {
        (void)snprintf(out->error, sizeof out->error, "the counts do not fit the people");
        return;
    }
    if (!long_enough(job, out)) {
        forget_first_pass(out);
        while (!long_enough(job, out)) {
            watch = start_watch();
            for (int32_t t = 0; t < job->steps; t++) { bench_dense_step(&d); }
            stop_watch(watch, job->steps, out);
        }
    }
    out->memory = bench_memory_peak();
    bench_dense_clear(&d);
}

/// People at each place; with `moves`, adds today's departures to it.
static flow_err observe(const flow_model *m, double *people, int64_t *moves)
{
    flow_err err = flow_model_observe(m, "people", people, bench_places);
    if (err != FLOW_OK || moves == NULL) { return err; }
    double left[bench_places];
    err = flow_model_observe(m, "departures", left, bench_places);
    for (int32_t p = 0; p < bench_places && err == FLOW_OK; p++) { *moves += (int64_t)left[p]; }
    return err;
}

/// A pass of steps, with the counts per place read after each.
static flow_err pass(flow_model *m, int32_t steps, int64_t *moves, int64_t *end, bench_sample *out)
{
    double people[bench_places];
    const stopwatch watch = start_watch();
    for (int32_t t = 0; t < steps; t++) {
        flow_err err = flow_model_step(m);
        if (err == FLOW_OK) { err = observe(m, people, moves); }
        if (err != FLOW_OK) { return err; }
    }
    stop_watch(watch, steps, out);
    for (int32_t p = 0; p < bench_places; p++) { end[p] = (int64_t)people[p]; }
    return FLOW_OK;
}

static flow_err run_model(flow_model *m, const bench_job *job, int32_t days, bench_sample *out)
{
    double people[bench_places];
    int64_t end[bench_places];
    flow_err err = observe(m, people, NULL);
    if (err != FLOW_OK) { return err; }
    for (int32_t p = 0; p < bench_places; p++) { out->start[p] = (int64_t)people[p]; }
    err = pass(m, job->steps, &out->moves, out->end, out);
    if (err != FLOW_OK || long_enough(job, out)) { return err; }
    forget_first_pass(out);
    while (err == FLOW_OK && !long_enough(job, out)) {
        if (flow_model_day(m) + job->steps > days) {
            err = flow_model_reset(m, job->seed, 0);
            if (err != FLOW_OK) { break; }
        }
        err = pass(m, job->steps, NULL, end, out);
    }
    return err;
}

static void run_libflow(const bench_job *job, bench_sample *out)
{
    const int32_t days = 100000;
    bench_scenario text;
    bench_workload_scenario(job->w, job->n, days, &text);
    flow_file files[3];
    for (int i = 0; i < 3; i++) {
        files[i] = (flow_file){bench_scenario_name[i], text.text[i], text.size[i]};
    }
    flow_scenario *s = NULL;
    flow_model *m = NULL;
    flow_err err = flow_scenario_load_memory(files, 3, NULL, &s);
    const flow_model_options options = {
        .seed = job->seed, .threads = job->threads, .individuals = job->program->individuals};
    if (err == FLOW_OK) { err = flow_model_create(s, &options, &m); }
    if (err == FLOW_OK) { err = run_model(m, job, days, out); }
    out->memory = bench_memory_peak();
    if (err != FLOW_OK) { (void)snprintf(out->error, sizeof out->error, "%s", flow_error_text()); }
    flow_model_free(m);
    flow_scenario_free(s);
    for (int i = 0; i < 3; i++) { free(text.text[i]); }
}

static void read_counts(const json_t *from, const char *key, int64_t *out)
{
    const json_t *array = json_object_get(from, key);
    for (size_t p = 0; p < bench_places; p++) {
        out[p] = (int64_t)json_integer_value(json_array_get(array, p));
    }
}

/// bench/step.py measures itself; this process only asks.
static void run_numpy(const bench_job *job, bench_sample *out)
{
    char path[] = "/tmp/bench_stepXXXXXX";
    const int file = mkstemp(path);
    json_t *workload = bench_workload_json(job->w);
    if (file < 0 || json_dumpfd(workload, file, 0) != 0 || close(file) != 0) {
        (void)snprintf(out->error, sizeof out->error, "cannot write '%s'", path);
        return;
    }
    json_decref(workload);
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "OMP_NUM_THREADS=1 " PYTHON " '%s/step.py' %s %lld %d %llu %.3f", FLOW_BENCH_DIR,
                   path, (long long)job->n, (int)job->steps, (unsigned long long)job->seed,
                   job->shortest_s);
    FILE *answer = popen(command, "r");
    json_t *result = answer != NULL ? json_loadf(answer, 0, NULL) : NULL;
    const bool ended = answer != NULL && pclose(answer) == 0;
    (void)unlink(path);
    if (result == NULL || !ended) {
        (void)snprintf(out->error, sizeof out->error, "step.py did not end well");
        return;
    }
    out->cpu_s = json_number_value(json_object_get(result, "cpu_s"));
    out->wall_s = json_number_value(json_object_get(result, "wall_s"));
    out->steps = (int64_t)json_integer_value(json_object_get(result, "steps"));
    out->moves = (int64_t)json_integer_value(json_object_get(result, "moves"));
    out->memory = (int64_t)json_integer_value(json_object_get(result, "memory"));
    read_counts(result, "start", out->start);
    read_counts(result, "end", out->end);
    json_decref(result);
}

static bool has_numpy(void)
{
    FILE *python = popen(PYTHON " -c 'import numpy' 2>&1", "r");
    return python != NULL && pclose(python) == 0;
}

void bench_programs(bool avx2, int32_t room, bench_program *out)
{
    const int64_t any = INT64_MAX;
    int32_t n = 0;
    bench_dense_way ways[bench_ways];
    bench_dense_find(avx2, ways);
    for (int way = 0; way < bench_ways && n + 2 < room; way++) {
        if (ways[way].kernel == NULL) { continue; }
        out[n++] =
            (bench_program){.name = ways[way].name,
                            .what = ways[way].what,
                            .run = run_dense,
                            .most_persons = any,
                            .most_threads = 256,
                            .family = way == bench_bytes ? bench_family_bytes : bench_family_words,
                            .way = way,
                            .avx2 = avx2};
    }
    if (has_numpy() && n + 2 < room) {
        out[n++] = (bench_program){.name = "numpy",
                                   .what = "whole columns at a time in Python, up to 10^7 people",
                                   .run = run_numpy,
                                   .most_persons = 10000000,
                                   .most_threads = 1,
                                   .family = bench_family_numpy};
    }
    static const struct {
        const char *name, *what;
        flow_individuals individuals;
    } modes[] = {{"counts", "libflow, counts only", FLOW_INDIVIDUALS_NONE},
                 {"all", "libflow, every person followed", FLOW_INDIVIDUALS_ALL}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes && n + 1 < room; i++) {
        out[n++] = (bench_program){.name = modes[i].name,
                                   .what = modes[i].what,
                                   .run = run_libflow,
                                   .most_persons = any,
                                   .most_threads = 256,
                                   .family = bench_family_libflow,
                                   .individuals = modes[i].individuals};
    }
    out[n] = (bench_program){0};
}

void bench_job_run(const void *job, void *sample)
{
    const bench_job *j = job;
    bench_sample *out = sample;
    *out = (bench_sample){0};
    const int64_t before = bench_memory();
    j->program->run(j, out);
    // The script of another process has left out its own beginning already.
    if (j->program->run != run_numpy) { out->memory -= before; }
}
