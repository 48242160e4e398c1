#define _POSIX_C_SOURCE 200809L
#include "members.h"

#include "indicators.h"
#include "members_score.h"
#include "model.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/// What one thread owns: its model is reset for every member, its scratch is reused.
typedef struct worker {
    flow_model *model;
    flow_recorder recorder;
    flow_member_scores scores;
    flow_bytes bytes;
    flow_ranks ranks;
    flow_gauges_run *gauges;
    double step_s;
    // Errors keep their text per thread; the calling one must be told.
    flow_err err;
    int32_t member; ///< that failed, -1: none of them
    char text[1024];
    char pad[64]; ///< threads do not share cache lines
} worker;

typedef struct ensemble {
    const flow_scenario *s;
    const flow_run_options *options;
    int32_t n_member;
    int32_t n_thread;
    worker *worker;          ///< [n_thread]
    flow_run_report *member; ///< [n_member] owned
    flow_tiles tiles;
    flow_store store;
    omp_lock_t lock;             ///< of the store
    flow_output_members *output; ///< NULL: no file, nothing is recorded
    flow_score_summary scores;
    bool has[FLOW_N_GAUGE];
    double *indicator; ///< [n_member][FLOW_N_GAUGE] owned
    // Shared by the threads, touched by atomic operations only.
    int32_t next; ///< member
    int32_t done; ///< members
    bool stop;    ///< nothing more is to be begun
} ensemble;

/// Seconds of a clock that only goes forward.
static double seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) { return 0.0; }
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Threads ---------------------------------------------------------------------------------------

static bool stopped(ensemble *e)
{
    bool stop;
#pragma omp atomic read
    stop = e->stop;
    return stop;
}

static void stop(ensemble *e)
{
#pragma omp atomic write
    e->stop = true;
}

static int32_t take_next(int32_t *counter)
{
    int32_t value;
#pragma omp atomic capture
    value = (*counter)++;
    return value;
}

static int32_t members_done(ensemble *e)
{
    int32_t done;
#pragma omp atomic read
    done = e->done;
    return done;
}

/// Ask the caller whether to go on; in the caller's thread.
static void ask(ensemble *e)
{
    const flow_run_options *o = e->options;
    if (o->go_on != NULL && !o->go_on(o->context, members_done(e), e->n_member)) { stop(e); }
}

static bool is_caller(void)
{
    return omp_get_thread_num() == 0; // of the innermost team, which is ours
}

static void keep_error(ensemble *e, worker *w, flow_err err, int32_t member)
{
    w->err = err;
    w->member = member;
    (void)snprintf(w->text, sizeof w->text, "%s", flow_error_text());
    stop(e);
}

/// The first member that failed says why; else whether the caller stopped it.
static flow_err outcome(ensemble *e)
{
    const worker *first = NULL;
    for (int32_t t = 0; t < e->n_thread; t++) {
        const worker *w = &e->worker[t];
        if (w->err != FLOW_OK && (first == NULL || w->member < first->member)) { first = w; }
    }
    if (first != NULL && first->member < 0) { return flow_fail(first->err, "%s", first->text); }
    if (first != NULL) {
        const uint32_t number = e->options->model.member + (uint32_t)first->member;
        return flow_fail(first->err, "member %u: %s", (unsigned)number, first->text);
    }
    if (stopped(e)) {
        return flow_fail(FLOW_ESTATE, "the run was stopped after %d of %d members",
                         (int)members_done(e), (int)e->n_member);
    }
    return FLOW_OK;
}

// Members ---------------------------------------------------------------------------------------

/// One step, and what is kept of it.
static flow_err one_day(ensemble *e, worker *w)
{
    const double before = seconds();
    FLOW_TRY(flow_model_step(w->model));
    w->step_s += seconds() - before;
    if (e->output == NULL) { return FLOW_OK; }
    FLOW_TRY(flow_recorder_step(&w->recorder, w->model));
    flow_gauges_step(w->gauges, w->model);
    flow_member_scores_day(&w->scores, &e->scores, flow_model_day(w->model) - 1,
                           w->recorder.people);
    return FLOW_OK;
}

static flow_err save(ensemble *e, worker *w, int32_t member)
{
    flow_run_report *r = &e->member[member];
    const double step_s = w->step_s;
    *r = (flow_run_report){.days = flow_model_day(w->model),
                           .threads = 1,
                           .persons = flow_model_persons(w->model),
                           .entered = flow_model_entered(w->model),
                           .left = flow_model_left(w->model),
                           .person_steps = flow_model_person_steps(w->model),
                           .checksum = flow_model_checksum(w->model),
                           .step_s = step_s};
    if (e->output == NULL) { return FLOW_OK; }
    flow_member_scores_save(&w->scores, &e->scores, member);
    flow_gauges_whole(w->gauges, e->indicator + (int64_t)member * FLOW_N_GAUGE);
    omp_set_lock(&e->lock);
    const flow_err err = flow_store_append(&e->store, member, &w->recorder);
    omp_unset_lock(&e->lock);
    return err;
}

/// *whole stays false when it was stopped half-way.
static flow_err run_member(ensemble *e, worker *w, int32_t member, bool *whole)
{
    const double begin = seconds();
    w->step_s = 0.0;
    const flow_model_options *o = &e->options->model;
    FLOW_TRY(flow_model_reset(w->model, o->seed, o->member + (uint32_t)member));
    if (e->output != NULL) {
        flow_recorder_begin(&w->recorder);
        flow_gauges_begin(w->gauges);
    }
    for (int32_t day = 0; day < e->s->n_step; day++) {
        if (is_caller()) { ask(e); }
        if (stopped(e)) { return FLOW_OK; }
        FLOW_TRY(one_day(e, w));
    }
    FLOW_TRY(save(e, w, member));
    e->member[member].wall_s = seconds() - begin;
    *whole = true;
    return FLOW_OK;
}

static void run_members(ensemble *e, worker *w)
{
    while (!stopped(e)) {
        const int32_t member = take_next(&e->next);
        if (member >= e->n_member) { return; }
        bool whole = false;
        const flow_err err = run_member(e, w, member, &whole);
        if (err != FLOW_OK) { keep_error(e, w, err, member); }
        if (whole) { (void)take_next(&e->done); }
    }
}

/// The caller's thread has nothing left to do: it listens until the others are done, too.
static void wait_for_others(ensemble *e)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    while (is_caller() && !stopped(e) && members_done(e) < e->n_member) {
        ask(e);
        (void)nanosleep(&moment, NULL);
    }
}

static flow_err run_all(ensemble *e)
{
    ask(e);
#pragma omp parallel num_threads(e->n_thread)
    {
        run_members(e, &e->worker[omp_get_thread_num()]);
        wait_for_others(e);
    }
    return outcome(e);
}

// Quantiles -------------------------------------------------------------------------------------

/// The values of all members in one tile, and what they say; of one thread.
typedef struct table {
    const flow_tile *tile;
    flow_value *value; ///< [n_member][n_step * n]
    double *quantile;  ///< [FLOW_N_QUANTILE][n_step * n]
    double *mean;      ///< [n_step * n]
} table;

static flow_err table_create(const ensemble *e, table *t)
{
    *t = (table){.value = flow_calloc(e->n_member * e->tiles.most, sizeof *t->value),
                 .quantile = flow_calloc(FLOW_N_QUANTILE * e->tiles.most, sizeof *t->quantile),
                 .mean = flow_calloc(e->tiles.most, sizeof *t->mean)};
    if (t->value != NULL && t->quantile != NULL && t->mean != NULL) { return FLOW_OK; }
    return flow_fail(FLOW_ENOMEM, "no memory to put %d members in order", (int)e->n_member);
}

static void table_clear(table *t)
{
    flow_dealloc(t->value);
    flow_dealloc(t->quantile);
    flow_dealloc(t->mean);
}

static int64_t table_width(const table *t)
{
    return (int64_t)t->tile->n_step * t->tile->n;
}

static void rank_values(ensemble *e, worker *w, table *t)
{
    const flow_tile *tile = t->tile;
    const bool integer = e->tiles.observable[tile->observable].integer;
    const int64_t width = table_width(t);
    for (int64_t i = 0; i < width; i++) {
        double quantile[FLOW_N_QUANTILE];
        flow_ranks_fill(&w->ranks, integer, t->value + i, width);
        flow_ranks_quantiles(&w->ranks, quantile);
        for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) { t->quantile[q * width + i] = quantile[q]; }
        t->mean[i] = flow_ranks_mean(&w->ranks);
        if (tile->observable == e->tiles.people) {
            const int32_t day = tile->day + (int32_t)(i / tile->n);
            const int32_t place = tile->first + (int32_t)(i % tile->n);
            flow_score_summary_place(&e->scores, day, place, &w->ranks, quantile, t->mean[i]);
        }
    }
}

static flow_err make_tile(ensemble *e, worker *w, table *t, int32_t index)
{
    t->tile = &e->tiles.tile[index];
    for (int32_t m = 0; m < e->n_member; m++) {
        FLOW_TRY(flow_store_read(&e->store, m, index, &w->bytes, t->value + m * table_width(t)));
    }
    rank_values(e, w, t);
    return FLOW_OK;
}

static flow_err write_tile(ensemble *e, const table *t)
{
    const bool people = t->tile->observable == e->tiles.people;
    return flow_output_members_tile(e->output, t->tile, t->quantile, t->mean,
                                    people ? &t->value->whole : NULL);
}

/// The share of one thread: tiles are made side by side and written one by one, in their order.
static void make_tiles(ensemble *e, worker *w)
{
    table t;
    flow_err err = table_create(e, &t);
    if (err != FLOW_OK) { keep_error(e, w, err, -1); }
#pragma omp for ordered schedule(dynamic, 1)
    for (int32_t k = 0; k < e->tiles.n; k++) {
        if (is_caller()) { ask(e); }
        if (!stopped(e)) {
            err = make_tile(e, w, &t, k);
            if (err != FLOW_OK) { keep_error(e, w, err, -1); }
        }
#pragma omp ordered
        if (!stopped(e)) {
            err = write_tile(e, &t);
            if (err != FLOW_OK) { keep_error(e, w, err, -1); }
        }
    }
    table_clear(&t);
}

static flow_err write_tiles(ensemble *e)
{
    ask(e);
#pragma omp parallel num_threads(e->n_thread)
    make_tiles(e, &e->worker[omp_get_thread_num()]);
    return outcome(e);
}

// The file --------------------------------------------------------------------------------------

static flow_err begin_output(ensemble *e, int64_t memory)
{
    const flow_run_options *o = e->options;
    if (o->output == NULL) { return FLOW_OK; }
    const flow_provenance provenance = {.command_line = o->command_line,
                                        .seed = o->model.seed,
                                        .member = o->model.member,
                                        .threads = e->n_thread,
                                        .n_member = e->n_member};
    FLOW_TRY(flow_output_members_create(o->output, o->replace, e->s, &provenance, &e->output));
    FLOW_TRY(flow_gauges_of(e->s, e->has));
    e->indicator = flow_calloc((int64_t)e->n_member * FLOW_N_GAUGE, sizeof *e->indicator);
    if (e->indicator == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for indicators"); }
    FLOW_TRY(flow_tiles_create(e->s, e->n_member, &e->tiles));
    FLOW_TRY(flow_store_create(&e->tiles, e->n_member, o->output, memory, &e->store));
    return flow_score_summary_create(e->s, e->n_member, &e->scores);
}

static flow_err finish_output(ensemble *e, const flow_run_report *total)
{
    if (e->output == NULL) { return FLOW_OK; }
    int64_t most = 0;
    for (int32_t t = 0; t < e->n_thread; t++) {
        const int64_t own = e->worker[t].recorder.most_people;
        most = own > most ? own : most;
    }
    FLOW_TRY(flow_output_members_define(e->output, &e->tiles, most > INT32_MAX));
    FLOW_TRY(write_tiles(e));
    flow_members_summary summary = {.member = e->member,
                                    .checksum = total->checksum,
                                    .person_steps = total->person_steps,
                                    .has = e->has,
                                    .indicator = e->indicator};
    FLOW_TRY(flow_score_summary_finish(&e->scores, &summary));
    flow_output_members *output = e->output;
    e->output = NULL;
    return flow_output_members_finish(output, &summary);
}

// Everything ------------------------------------------------------------------------------------

static flow_err create_worker(ensemble *e, worker *w)
{
    flow_model_options own = e->options->model;
    own.threads = 1;
    FLOW_TRY(flow_model_create(e->s, &own, &w->model));
    if (e->output == NULL) { return FLOW_OK; }
    FLOW_TRY(flow_recorder_create(e->s, &e->tiles, &w->recorder));
    FLOW_TRY(flow_member_scores_create(&e->scores, &w->scores));
    FLOW_TRY(flow_gauges_create(e->s, e->has, false, &w->gauges));
    return flow_ranks_create(e->n_member, &w->ranks);
}

static flow_err create(ensemble *e, int64_t memory)
{
    e->store.fd = -1;
    e->member = flow_calloc(e->n_member, sizeof *e->member);
    e->worker = flow_calloc(e->n_thread, sizeof *e->worker);
    if (e->member == NULL || e->worker == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for %d members", (int)e->n_member);
    }
    FLOW_TRY(begin_output(e, memory));
    for (int32_t t = 0; t < e->n_thread; t++) { FLOW_TRY(create_worker(e, &e->worker[t])); }
    return FLOW_OK;
}

static void release(ensemble *e)
{
    for (int32_t t = 0; e->worker != NULL && t < e->n_thread; t++) {
        worker *w = &e->worker[t];
        flow_model_free(w->model);
        flow_recorder_clear(&w->recorder);
        flow_member_scores_clear(&w->scores);
        flow_ranks_clear(&w->ranks);
        flow_gauges_free(w->gauges);
        flow_dealloc(w->bytes.byte);
    }
    flow_output_members_abandon(e->output);
    flow_score_summary_clear(&e->scores);
    flow_store_clear(&e->store);
    flow_tiles_clear(&e->tiles);
    flow_dealloc(e->worker);
    flow_dealloc(e->indicator);
    flow_dealloc(e->member);
}

/// Totals in the order of the members, whoever ran them.
static void add_up(const ensemble *e, flow_run_report *total)
{
    *total = (flow_run_report){.days = e->s->n_step, .threads = e->n_thread};
    for (int32_t m = 0; m < e->n_member; m++) {
        const flow_run_report *r = &e->member[m];
        total->persons += r->persons;
        total->entered += r->entered;
        total->left += r->left;
        total->person_steps += r->person_steps;
        total->step_s += r->step_s;
        total->checksum = flow_mix(total->checksum + r->checksum);
    }
}

static flow_err check(const flow_run_options *o, int32_t n_member)
{
    if (o->checkpoint != NULL || o->resume != NULL) {
        return flow_fail(FLOW_ERANGE, "checkpoints are for single runs, not for members");
    }
    if (n_member < 1 || n_member > FLOW_MOST_MEMBERS) {
        return flow_fail(FLOW_ERANGE, "members = %d is outside [1, %d]", (int)n_member,
                         (int)FLOW_MOST_MEMBERS);
    }
    if (o->model.member > UINT32_MAX - (uint32_t)(n_member - 1)) {
        return flow_fail(FLOW_ERANGE, "members %u to %u + %d go beyond %u",
                         (unsigned)o->model.member, (unsigned)o->model.member, (int)n_member - 1,
                         (unsigned)UINT32_MAX);
    }
    if (o->model.threads < 0 || o->model.threads > 1024) {
        return flow_fail(FLOW_ERANGE, "threads = %d is outside [0, 1024]", (int)o->model.threads);
    }
    return FLOW_OK;
}

flow_err flow_run_members_within(const flow_scenario *scenario, const flow_run_options *options,
                                 int32_t n_member, int64_t memory, flow_run_report *report,
                                 flow_run_report *member)
{
    const flow_run_options defaults = {0};
    if (options == NULL) { options = &defaults; }
    flow_run_report total = {0};
    if (report != NULL) { *report = total; }
    FLOW_TRY(check(options, n_member));
    const double begin = seconds();
    ensemble e = {.s = scenario, .options = options, .n_member = n_member};
    e.n_thread = options->model.threads > 0 ? options->model.threads : omp_get_max_threads();
    if (e.n_thread > n_member) { e.n_thread = n_member; }
    omp_init_lock(&e.lock);
    flow_err err = create(&e, memory);
    if (err == FLOW_OK) { err = run_all(&e); }
    if (err == FLOW_OK) {
        add_up(&e, &total);
        err = finish_output(&e, &total);
    }
    total.wall_s = seconds() - begin;
    if (err == FLOW_OK && report != NULL) { *report = total; }
    if (err == FLOW_OK && member != NULL) {
        memcpy(member, e.member, (size_t)n_member * sizeof *member);
    }
    release(&e);
    omp_destroy_lock(&e.lock);
    return err;
}

flow_err flow_run_members(const flow_scenario *scenario, const flow_run_options *options,
                          int32_t n_member, flow_run_report *report, flow_run_report *member)
{
    return flow_run_members_within(scenario, options, n_member, FLOW_STORE_MEMORY, report, member);
}
