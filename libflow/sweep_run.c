#define _POSIX_C_SOURCE 200809L
#include "sweep_folder.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/// What one thread owns.
typedef struct worker {
    flow_runner runner;
    flow_batch batch;
    double *value; ///< [n_indicator]
    double *cell;  ///< [n_cell]
    double saved;  ///< when the batch was
    int64_t person_steps;
    // Errors keep their text per thread; the calling one must be told.
    flow_err err;
    int32_t failed; ///< batch
    char text[1024];
    char pad[64]; ///< threads do not share cache lines
} worker;

typedef struct job {
    const char *folder;
    const flow_sweep_options *options;
    flow_study study;
    int32_t n_thread;
    worker *worker;  ///< [n_thread]
    bool *complete;  ///< [n_batch] at the beginning
    int64_t n;       ///< runs of this process
    int64_t found;   ///< of them, done before
    omp_lock_t lock; ///< of `taken`
    int32_t taken;   ///< batches given out
    // Shared by the threads, touched by atomic operations only.
    int64_t done; ///< runs
    int64_t part; ///< of them, those of batches found half-done
    int32_t idle; ///< threads that found nothing left to do
    bool stop;
} job;

static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool stopped(job *j)
{
    bool stop;
#pragma omp atomic read
    stop = j->stop;
    return stop;
}

static void stop(job *j)
{
#pragma omp atomic write
    j->stop = true;
}

static int64_t runs_done(job *j)
{
    int64_t done;
#pragma omp atomic read
    done = j->done;
    return done;
}

static void add_runs(int64_t *counter, int64_t n)
{
#pragma omp atomic update
    *counter += n;
}

static bool is_caller(void)
{
    return omp_get_thread_num() == 0;
}

/// Ask the caller whether to go on; in the caller's thread.
static void ask(job *j)
{
    const flow_sweep_options *o = j->options;
    int64_t part;
#pragma omp atomic read
    part = j->part;
    if (o->go_on != NULL && !o->go_on(o->context, j->found + runs_done(j), j->found + part, j->n)) {
        stop(j);
    }
}

static bool go_on(void *context)
{
    job *j = context;
    if (is_caller()) { ask(j); }
    return !stopped(j);
}

static void keep_error(job *j, worker *w, flow_err err, int32_t batch)
{
    if (w->err == FLOW_OK) {
        w->err = err;
        w->failed = batch;
        (void)snprintf(w->text, sizeof w->text, "%s", flow_error_text());
    }
    stop(j);
}

// Batches ---------------------------------------------------------------------------------------

/// The next batch of this process, -1: there is none left.
static int32_t take_batch(job *j)
{
    const flow_sweep_options *o = j->options;
    const int32_t n_batch = j->study.sweep->n_batch;
    int64_t index = 0;
    omp_set_lock(&j->lock);
    do {
        if (o->next != NULL) {
            index = o->next(o->counter);
        } else {
            index = (int64_t)j->taken++;
            if (o->n_shard > 0) { index = o->shard + index * o->n_shard; }
        }
    } while (index < n_batch && j->complete[index]);
    omp_unset_lock(&j->lock);
    return index < n_batch ? (int32_t)index : -1;
}

static flow_err save(job *j, worker *w)
{
    w->saved = seconds();
    return flow_batch_save(&w->batch, j->folder);
}

static flow_err run_batch(job *j, worker *w, int32_t index)
{
    flow_batch *b = &w->batch;
    bool found = false;
    FLOW_TRY(flow_batch_load(b, j->folder, index, false, &found));
    add_runs(&j->done, b->done);
    add_runs(&j->part, b->done);
    const double every = j->options->save_every_s > 0 ? j->options->save_every_s : 60.0;
    int64_t saved = b->done;
    w->saved = seconds();
    flow_task task;
    int32_t member = 0;
    flow_err err = FLOW_OK;
    while (err == FLOW_OK && !stopped(j) && flow_batch_next(b, &task, &member)) {
        bool whole = false;
        uint64_t checksum = 0;
        int64_t steps = 0;
        err = flow_runner_run(&w->runner, task.point, (uint32_t)member, go_on, j, w->value, w->cell,
                              &checksum, &steps, &whole);
        if (err != FLOW_OK || !whole) { break; }
        flow_batch_add(b, w->value, w->cell, checksum);
        w->person_steps += steps;
        add_runs(&j->done, 1);
        if (b->done < b->n_run && seconds() - w->saved > every) {
            err = save(j, w);
            saved = b->done;
        }
    }
    if (b->done > saved || b->done == b->n_run) {
        char text[1024] = "";
        if (err != FLOW_OK) { (void)snprintf(text, sizeof text, "%s", flow_error_text()); }
        const flow_err other = save(j, w); // what is done stays done
        if (err != FLOW_OK) { return flow_fail(err, "%s", text); }
        err = other;
    }
    return err;
}

static void work(job *j, worker *w)
{
    while (!stopped(j)) {
        if (is_caller()) { ask(j); }
        if (stopped(j)) { break; }
        const int32_t index = take_batch(j);
        if (index < 0) { break; }
        const flow_err err = run_batch(j, w, index);
        if (err != FLOW_OK) { keep_error(j, w, err, index); }
    }
#pragma omp atomic update
    j->idle++;
}

/// The caller's thread has nothing left to do: it listens until the others are done, too.
static void wait_for_others(job *j)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    while (is_caller()) {
        int32_t idle;
#pragma omp atomic read
        idle = j->idle;
        if (idle >= omp_get_num_threads()) { return; }
        if (!stopped(j)) { ask(j); }
        (void)nanosleep(&moment, NULL);
    }
}

static flow_err outcome(job *j)
{
    const worker *first = NULL;
    for (int32_t t = 0; t < j->n_thread; t++) {
        const worker *w = &j->worker[t];
        if (w->err != FLOW_OK && (first == NULL || w->failed < first->failed)) { first = w; }
    }
    if (first != NULL) { return flow_fail(first->err, "%s", first->text); }
    if (stopped(j)) {
        return flow_fail(FLOW_ESTATE, "stopped after %lld of %lld runs",
                         (long long)(j->found + runs_done(j)), (long long)j->n);
    }
    return FLOW_OK;
}

// Everything ------------------------------------------------------------------------------------

static bool is_own(const flow_sweep_options *o, int32_t batch)
{
    return o->n_shard <= 0 || batch % o->n_shard == o->shard;
}

static void count_runs(job *j, flow_sweep_report *report)
{
    const flow_sweep *s = j->study.sweep;
    for (int32_t b = 0; b < s->n_batch; b++) {
        int64_t n = 0;
        for (int32_t t = flow_sweep_first_task(s, b); t < flow_sweep_first_task(s, b + 1); t++) {
            n += s->task[t].n;
        }
        report->n_run += n;
        if (!is_own(j->options, b)) { continue; }
        j->n += n;
        if (j->complete[b]) { j->found += n; }
    }
}

static flow_err create(job *j, const char *text, int64_t size, flow_sweep_report *report)
{
    const flow_sweep *s = j->study.sweep;
    const flow_study *st = &j->study;
    FLOW_TRY(flow_folder_begin(j->folder, text, size));
    j->complete = flow_calloc(s->n_batch, sizeof *j->complete);
    j->worker = flow_calloc(j->n_thread, sizeof *j->worker);
    if (j->complete == NULL || j->worker == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory to run a study");
    }
    FLOW_TRY(flow_folder_look(j->folder, s->n_batch, j->complete));
    count_runs(j, report);
    if (j->found == j->n) { return FLOW_OK; }
    for (int32_t t = 0; t < j->n_thread; t++) {
        worker *w = &j->worker[t];
        FLOW_TRY(flow_runner_create(st, &w->runner));
        FLOW_TRY(flow_batch_create(st, &w->batch));
        w->value = flow_calloc(st->n_indicator, sizeof *w->value);
        w->cell = flow_calloc(st->n_cell, sizeof *w->cell);
        if (w->value == NULL || w->cell == NULL) {
            return flow_fail(FLOW_ENOMEM, "no memory to run a study");
        }
    }
    return FLOW_OK;
}

static void release(job *j)
{
    for (int32_t t = 0; j->worker != NULL && t < j->n_thread; t++) {
        worker *w = &j->worker[t];
        flow_runner_clear(&w->runner);
        flow_batch_clear(&w->batch);
        flow_dealloc(w->value);
        flow_dealloc(w->cell);
    }
    flow_dealloc(j->worker);
    flow_dealloc(j->complete);
    flow_study_clear(&j->study);
}

static flow_err run(job *j, const char *text, int64_t size, flow_sweep_report *report)
{
    FLOW_TRY(create(j, text, size, report));
    report->found = j->found;
    ask(j);
    if (j->found < j->n) {
        omp_init_lock(&j->lock);
#pragma omp parallel num_threads(j->n_thread)
        {
            work(j, &j->worker[omp_get_thread_num()]);
            wait_for_others(j);
        }
        omp_destroy_lock(&j->lock);
    }
    report->found = j->found + j->part;
    report->runs = runs_done(j) - j->part;
    for (int32_t t = 0; t < j->n_thread; t++) { report->person_steps += j->worker[t].person_steps; }
    return outcome(j);
}

static flow_err check(const flow_sweep_options *o)
{
    if (o->n_shard < 0 || (o->n_shard > 0 && (o->shard < 0 || o->shard >= o->n_shard))) {
        return flow_fail(FLOW_ERANGE, "there is no shard %d of %d", (int)o->shard, (int)o->n_shard);
    }
    if (o->next != NULL && o->n_shard > 0) {
        return flow_fail(FLOW_ERANGE, "shards and a shared counter exclude each other");
    }
    if (o->threads < 0 || o->threads > 1024) {
        return flow_fail(FLOW_ERANGE, "threads = %d is outside [0, 1024]", (int)o->threads);
    }
    return FLOW_OK;
}

flow_err flow_sweep_run(const char *table, const char *folder, const flow_sweep_options *options,
                        flow_sweep_report *report)
{
    const double begin = seconds();
    const flow_files files = {.folder = ""};
    *report = (flow_sweep_report){0};
    FLOW_TRY(check(options));
    flow_sweep sweep;
    char *text = NULL;
    int64_t size = 0;
    FLOW_TRY(flow_file_read(&files, table, INT64_MAX / 2, &text, &size));
    flow_err err = flow_sweep_parse(table, text, size, &sweep);
    if (err == FLOW_OK) {
        job j = {.folder = folder,
                 .options = options,
                 .n_thread = options->threads > 0 ? options->threads : omp_get_max_threads()};
        report->threads = j.n_thread;
        err = flow_study_create(&sweep, options, &j.study);
        if (err == FLOW_OK) { err = run(&j, text, size, report); }
        release(&j);
        flow_sweep_clear(&sweep);
    }
    flow_dealloc(text);
    report->wall_s = seconds() - begin;
    return err;
}
