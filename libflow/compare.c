#include "compare.h"

#include "members.h"
#include "model.h"

#include <omp.h>
#include <stdio.h>
#include <string.h>

/// Bytes of parts that are kept until members before them are done.
static const int64_t most_bytes = (int64_t)128 << 20;
enum { MOST_BATCH = 64 };

/// What one thread owns: a model and its sums for each option it has met, reset for each member.
typedef struct worker {
    flow_model **model;       ///< [n_option]
    flow_gauges_run **gauges; ///< [n_option]
    flow_err err;
    int64_t task; ///< that failed
    char text[1024];
    char pad[64]; ///< threads do not share cache lines
} worker;

typedef struct job {
    const flow_compare_options *o;
    flow_comparison *c;
    int32_t n_thread;
    worker *worker;     ///< [n_thread]
    uint64_t *checksum; ///< [n_member][n_option]
    int32_t n_batch;    ///< members of a batch
    double *part;       ///< [n_batch][n_option][n_part]
    double *spent;      ///< [n_spending][2][n_member] USD spent, asked for
    flow_part_sums sums;
    int32_t done; ///< runs
    bool stop;
} job;

// One run ---------------------------------------------------------------------------------------

static bool is_stopped(job *j)
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

/// Ask the caller whether to go on; in the caller's thread.
static void ask(job *j)
{
    int32_t done;
#pragma omp atomic read
    done = j->done;
    const int32_t n = j->c->n_member * j->c->n_option;
    if (omp_get_thread_num() != 0 || j->o->go_on == NULL) { return; }
    if (!j->o->go_on(j->o->context, done, n)) { stop(j); }
}

static flow_err need_model(job *j, worker *w, int32_t option)
{
    if (w->model[option] != NULL) { return FLOW_OK; }
    const flow_model_options o = {.seed = j->o->seed, .threads = 1};
    const flow_scenario *s = j->c->scenario[option];
    FLOW_TRY(flow_gauges_create(s, j->c->has, true, &w->gauges[option]));
    return flow_model_create(s, &o, &w->model[option]);
}

/// What the responses of an option have spent.
static flow_err read_accounts(job *j, const flow_model *m, int32_t member, int32_t option)
{
    const flow_comparison *c = j->c;
    int32_t row = 0;
    while (row < c->n_spending && c->spending[row].option < option) { row++; }
    for (int32_t a = 0; a < flow_scenario_n_account(c->scenario[option]); a++, row++) {
        flow_account sum;
        FLOW_TRY(flow_model_account(m, a, &sum));
        double *to = j->spent + 2 * (int64_t)row * c->n_member + member;
        to[0] = 0.01 * (double)sum.spent;
        to[c->n_member] = 0.01 * (double)sum.asked;
    }
    return FLOW_OK;
}

static flow_err run_one(job *j, worker *w, int32_t member, int32_t option, double *part)
{
    flow_comparison *c = j->c;
    FLOW_TRY(need_model(j, w, option));
    flow_model *m = w->model[option];
    flow_gauges_run *gauges = w->gauges[option];
    const uint64_t seed = j->o->independent ? flow_mix(j->o->seed + (uint64_t)option) : j->o->seed;
    FLOW_TRY(flow_model_reset(m, seed, j->o->member + (uint32_t)member));
    flow_gauges_begin(gauges);
    for (int32_t step = 0; step < c->scenario[option]->n_step; step++) {
        ask(j);
        if (is_stopped(j)) { return FLOW_OK; }
        FLOW_TRY(flow_model_step(m));
        flow_gauges_step(gauges, m);
    }
    const int64_t row = (int64_t)option * c->n_member + member;
    flow_gauges_whole(gauges, c->value + row * FLOW_N_GAUGE);
    flow_gauges_part(gauges, part);
    j->checksum[(int64_t)member * c->n_option + option] = flow_model_checksum(m);
    return read_accounts(j, m, member, option);
}

// All runs --------------------------------------------------------------------------------------

static void run_task(job *j, worker *w, int32_t first, int64_t task)
{
    const flow_comparison *c = j->c;
    const int32_t member = first + (int32_t)(task / c->n_option);
    const int32_t option = (int32_t)(task % c->n_option);
    const flow_err err = run_one(j, w, member, option, j->part + task * c->n_part);
    if (err != FLOW_OK && w->err == FLOW_OK) {
        w->err = err;
        w->task = (int64_t)first * c->n_option + task;
        (void)snprintf(w->text, sizeof w->text, "option %s, member %u: %s",
                       flow_comparison_option(c, option),
                       (unsigned)(j->o->member + (uint32_t)member), flow_error_text());
        stop(j);
    }
#pragma omp atomic
    j->done++;
}

/// Some members of all options, side by side; then their parts are added in the order of members.
static void run_batch(job *j, int32_t first, int32_t n)
{
    const int64_t n_task = (int64_t)n * j->c->n_option;
#pragma omp parallel for schedule(dynamic, 1) num_threads(j->n_thread)
    for (int64_t task = 0; task < n_task; task++) {
        if (!is_stopped(j)) { run_task(j, &j->worker[omp_get_thread_num()], first, task); }
    }
    for (int32_t i = 0; i < n && !is_stopped(j); i++) {
        flow_part_sums_add(&j->sums, j->part + (int64_t)i * j->c->n_option * j->c->n_part);
    }
}

/// The first run that failed says why; else whether the caller stopped.
static flow_err outcome(job *j)
{
    const worker *first = NULL;
    for (int32_t t = 0; t < j->n_thread; t++) {
        const worker *w = &j->worker[t];
        if (w->err != FLOW_OK && (first == NULL || w->task < first->task)) { first = w; }
    }
    if (first != NULL) { return flow_fail(first->err, "%s", first->text); }
    if (!is_stopped(j)) { return FLOW_OK; }
    return flow_fail(FLOW_ESTATE, "the comparison was stopped after %d of %d runs", (int)j->done,
                     (int)(j->c->n_member * j->c->n_option));
}

static flow_err run_all(job *j)
{
    flow_comparison *c = j->c;
    ask(j);
    for (int32_t first = 0; first < c->n_member && !is_stopped(j); first += j->n_batch) {
        const int32_t rest = c->n_member - first;
        run_batch(j, first, rest < j->n_batch ? rest : j->n_batch);
    }
    FLOW_TRY(outcome(j));
    for (int64_t i = 0; i < (int64_t)c->n_member * c->n_option; i++) {
        c->checksum = flow_mix(c->checksum + j->checksum[i]);
    }
    flow_part_sums_finish(&j->sums);
    for (int32_t i = 0; i < c->n_spending; i++) {
        flow_compare_spending(&c->spending[i], j->spent + 2 * (int64_t)i * c->n_member,
                              c->n_member);
    }
    return FLOW_OK;
}

// Preparing -------------------------------------------------------------------------------------

static flow_err unlike(const flow_comparison *c, int32_t option, const char *what)
{
    return flow_fail(FLOW_EINPUT, "option %s cannot be compared with %s: it has other %s",
                     flow_comparison_option(c, option), flow_comparison_option(c, 0), what);
}

/// Options must be about the same places, links, days and people.
static flow_err check_alike(const flow_comparison *c)
{
    const flow_scenario *a = c->scenario[0];
    for (int32_t i = 1; i < c->n_option; i++) {
        const flow_scenario *b = c->scenario[i];
        if (a->n_place != b->n_place || a->n_country != b->n_country) {
            return unlike(c, i, "places");
        }
        for (int32_t p = 0; p < a->n_place; p++) {
            if (strcmp(a->place_name[p], b->place_name[p]) != 0) { return unlike(c, i, "places"); }
        }
        const size_t links = (size_t)a->n_link * sizeof *a->link_to;
        if (a->n_link != b->n_link || memcmp(a->link_from, b->link_from, links) != 0 ||
            memcmp(a->link_to, b->link_to, links) != 0) {
            return unlike(c, i, "links");
        }
        if (a->n_step != b->n_step || a->start != b->start ||
            a->set.period.step != b->set.period.step) {
            return unlike(c, i, "days");
        }
    }
    return FLOW_OK;
}

/// Where parts lie must not depend on the option.
static flow_err lay_out(flow_comparison *c)
{
    for (int32_t i = 0; i < c->n_option; i++) {
        bool has[FLOW_N_GAUGE];
        FLOW_TRY(flow_gauges_of(c->scenario[i], has));
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) { c->has[g] = c->has[g] || has[g]; }
    }
    for (int32_t i = 0; i < c->n_option; i++) {
        flow_gauges_run *run = NULL;
        FLOW_TRY(flow_gauges_create(c->scenario[i], c->has, true, &run));
        bool same = i == 0 || c->n_part == flow_gauges_n_part(run);
        for (int32_t g = 0; g < FLOW_N_GAUGE; g++) {
            const flow_gauge_parts p = flow_gauges_parts(run, g);
            if (i == 0) { c->layout[g] = p; }
            same = same && p.first == c->layout[g].first && p.n_item == c->layout[g].n_item &&
                   p.n_class == c->layout[g].n_class;
        }
        c->n_part = flow_gauges_n_part(run);
        flow_gauges_free(run);
        if (!same) { return unlike(c, i, "axes of people"); }
    }
    return FLOW_OK;
}

/// A row for each response that can spend, option by option.
static flow_err list_accounts(job *j)
{
    flow_comparison *c = j->c;
    int64_t n = 0;
    for (int32_t i = 0; i < c->n_option; i++) { n += flow_scenario_n_account(c->scenario[i]); }
    c->spending = flow_calloc(n, sizeof *c->spending);
    j->spent = flow_calloc(2 * n * c->n_member, sizeof *j->spent);
    if (c->spending == NULL || j->spent == NULL) {
        return flow_fail(FLOW_ENOMEM, "no memory for what responses spend");
    }
    for (int32_t i = 0; i < c->n_option; i++) {
        for (int32_t a = 0; a < flow_scenario_n_account(c->scenario[i]); a++) {
            c->spending[c->n_spending++] = (flow_compared_spending){
                .option = i, .response = flow_scenario_account(c->scenario[i], a)};
        }
    }
    return FLOW_OK;
}

static flow_err allocate(job *j)
{
    flow_comparison *c = j->c;
    FLOW_TRY(list_accounts(j));
    const int64_t n = (int64_t)c->n_option * c->n_member;
    const int64_t each = (int64_t)c->n_option * (c->n_part > 0 ? c->n_part : 1);
    const int64_t fit = most_bytes / (each * (int64_t)sizeof(double));
    j->n_batch = (int32_t)(fit < 1 ? 1 : fit > MOST_BATCH ? MOST_BATCH : fit);
    if (j->n_batch > c->n_member) { j->n_batch = c->n_member; }
    c->value = flow_calloc(n * FLOW_N_GAUGE, sizeof *c->value);
    c->result = flow_calloc((int64_t)c->n_option * FLOW_N_GAUGE, sizeof *c->result);
    c->part = flow_calloc(each, sizeof *c->part);
    j->checksum = flow_calloc(n, sizeof *j->checksum);
    j->part = flow_calloc(j->n_batch * each, sizeof *j->part);
    j->worker = flow_calloc(j->n_thread, sizeof *j->worker);
    bool good = c->value && c->result && c->part && j->checksum && j->part && j->worker;
    for (int32_t t = 0; good && t < j->n_thread; t++) {
        j->worker[t].model = flow_calloc(c->n_option, sizeof(flow_model *));
        j->worker[t].gauges = flow_calloc(c->n_option, sizeof(flow_gauges_run *));
        good = j->worker[t].model != NULL && j->worker[t].gauges != NULL;
    }
    if (!good) { return flow_fail(FLOW_ENOMEM, "no memory to compare %d options", c->n_option); }
    return flow_part_sums_create(c, &j->sums);
}

static void release(job *j)
{
    for (int32_t t = 0; j->worker != NULL && t < j->n_thread; t++) {
        worker *w = &j->worker[t];
        for (int32_t i = 0; i < j->c->n_option; i++) {
            if (w->model != NULL) { flow_model_free(w->model[i]); }
            if (w->gauges != NULL) { flow_gauges_free(w->gauges[i]); }
        }
        flow_dealloc(w->model);
        flow_dealloc(w->gauges);
    }
    flow_dealloc(j->worker);
    flow_dealloc(j->checksum);
    flow_dealloc(j->part);
    flow_dealloc(j->spent);
    flow_part_sums_clear(&j->sums);
}

static flow_err check(const flow_compare_options *o, int32_t n_option)
{
    if (n_option < 2) {
        return flow_fail(FLOW_ERANGE, "%d option: at least two are needed to compare",
                         (int)n_option);
    }
    if (o->n_member < 2 || o->n_member > FLOW_MOST_MEMBERS) {
        return flow_fail(FLOW_ERANGE, "members = %d is outside [2, %d]", (int)o->n_member,
                         (int)FLOW_MOST_MEMBERS);
    }
    if (o->member > UINT32_MAX - (uint32_t)(o->n_member - 1)) {
        return flow_fail(FLOW_ERANGE, "members %u to %u + %d go beyond %u", (unsigned)o->member,
                         (unsigned)o->member, (int)o->n_member - 1, (unsigned)UINT32_MAX);
    }
    if ((int64_t)o->n_member * n_option > INT32_MAX) {
        return flow_fail(FLOW_ERANGE, "%d members of %d options are too many runs",
                         (int)o->n_member, (int)n_option);
    }
    if (o->threads < 0 || o->threads > 1024) {
        return flow_fail(FLOW_ERANGE, "threads = %d is outside [0, 1024]", (int)o->threads);
    }
    if (o->baseline < 0 || o->baseline >= n_option) {
        return flow_fail(FLOW_ERANGE, "baseline = %d is outside [0, %d)", (int)o->baseline,
                         (int)n_option);
    }
    return FLOW_OK;
}

static flow_err compare(job *j)
{
    FLOW_TRY(check_alike(j->c));
    FLOW_TRY(lay_out(j->c));
    FLOW_TRY(allocate(j));
    FLOW_TRY(run_all(j));
    FLOW_TRY(flow_compare_sum_up(j->c));
    return flow_compare_assumptions(j->c);
}

flow_err flow_compare(const flow_scenario *const *scenario, int32_t n_option,
                      const flow_compare_options *options, flow_comparison **out)
{
    *out = NULL;
    FLOW_TRY(check(options, n_option));
    flow_comparison *c = flow_calloc(1, sizeof *c);
    if (c == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to compare options"); }
    const int32_t threads = options->threads > 0 ? options->threads : omp_get_max_threads();
    *c = (flow_comparison){.n_option = n_option,
                           .n_member = options->n_member,
                           .baseline = options->baseline,
                           .scenario = scenario,
                           .seed = options->seed,
                           .member = options->member,
                           .threads = threads};
    job j = {.o = options, .c = c, .n_thread = threads};
    const flow_err err = compare(&j);
    release(&j);
    if (err != FLOW_OK) {
        flow_comparison_free(c);
        return err;
    }
    *out = c;
    return FLOW_OK;
}

void flow_comparison_free(flow_comparison *c)
{
    if (c == NULL) { return; }
    for (int32_t i = 0; i < c->n_assumption; i++) {
        flow_assumption *a = &c->assumption[i];
        for (int32_t k = 0; a->value != NULL && k < c->n_option; k++) { flow_dealloc(a->value[k]); }
        flow_dealloc(a->value);
        flow_dealloc(a->key);
        flow_dealloc(a->unit);
        flow_dealloc(a->source);
    }
    flow_dealloc(c->assumption);
    flow_dealloc(c->spending);
    flow_dealloc(c->value);
    flow_dealloc(c->result);
    flow_dealloc(c->part);
    flow_dealloc(c);
}
