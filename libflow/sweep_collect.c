// One file from the batches of a study, in their order, whoever ran them.
#include "output_study.h"
#include "rng.h"
#include "sweep_folder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct collector {
    const char *folder;
    const flow_study *study;
    flow_batch batch;
    flow_study_key *key;       ///< [n_key]
    flow_study_value *value;   ///< [n_indicator]
    flow_study_series *series; ///< [n_series]
    int32_t *series_read;      ///< [n_series] read of the study
    int32_t n_series;
    double *number;    ///< [n_key][n_point]
    const char **text; ///< [n_key][n_point]
    double *all;       ///< [n_indicator][n_point][n_member]
    double *stats;     ///< scratch of series
    flow_tally tally;
    uint64_t checksum;
    flow_output_study *output;
} collector;

static flow_err allocate(collector *c)
{
    const flow_study *st = c->study;
    const flow_sweep *s = st->sweep;
    const int64_t n = s->n_point;
    int64_t task = 0;
    for (int32_t b = 0; b < s->n_batch; b++) {
        const int64_t own = flow_sweep_first_task(s, b + 1) - flow_sweep_first_task(s, b);
        task = own > task ? own : task;
    }
    const bool study = s->plan.series.keep == FLOW_KEEP_STUDY;
    const int64_t width = study ? 4 + FLOW_N_QUANTILE : FLOW_POINT_STATS * task;
    c->key = flow_calloc(s->n_key, sizeof *c->key);
    c->value = flow_calloc(st->n_indicator, sizeof *c->value);
    c->series = flow_calloc(st->n_read, sizeof *c->series);
    c->series_read = flow_calloc(st->n_read, sizeof *c->series_read);
    c->number = flow_calloc(s->n_key * n, sizeof *c->number);
    c->text = flow_calloc(s->n_key * n, sizeof *c->text);
    c->all = flow_calloc(st->n_indicator * n * s->n_member, sizeof *c->all);
    c->stats = flow_calloc(width * st->n_cell, sizeof *c->stats);
    if (!c->key || !c->value || !c->series || !c->series_read || !c->number || !c->text ||
        !c->all || !c->stats) {
        return flow_fail(FLOW_ENOMEM, "no memory for a study of %lld points", (long long)n);
    }
    if (study && st->n_cell > 0) { FLOW_TRY(flow_tally_create(st->n_cell, &c->tally)); }
    return flow_batch_create(st, &c->batch);
}

static void release(collector *c)
{
    flow_output_study_abandon(c->output);
    flow_batch_clear(&c->batch);
    flow_tally_clear(&c->tally);
    flow_dealloc(c->key);
    flow_dealloc(c->value);
    flow_dealloc(c->series);
    flow_dealloc(c->series_read);
    flow_dealloc(c->number);
    flow_dealloc(c->text);
    flow_dealloc(c->all);
    flow_dealloc(c->stats);
}

/// All batches must be there before anything is written.
static flow_err check_complete(const collector *c)
{
    const flow_sweep *s = c->study->sweep;
    bool *complete = flow_calloc(s->n_batch, sizeof *complete);
    if (complete == NULL) { return flow_fail(FLOW_ENOMEM, "no memory to look at a study"); }
    flow_err err = flow_folder_look(c->folder, s->n_batch, complete);
    int32_t missing = 0;
    for (int32_t b = 0; b < s->n_batch && err == FLOW_OK; b++) { missing += !complete[b]; }
    flow_dealloc(complete);
    if (err == FLOW_OK && missing > 0) {
        err = flow_fail(FLOW_ESTATE,
                        "%s: %d of %d files of runs are missing; 'libflow sweep run' goes on with "
                        "them",
                        c->folder, (int)missing, (int)s->n_batch);
    }
    return err;
}

static flow_err load_batch(collector *c, int32_t index)
{
    bool found = false;
    FLOW_TRY(flow_batch_load(&c->batch, c->folder, index, true, &found));
    if (found) { return FLOW_OK; }
    return flow_fail(FLOW_EFILE, "%s: the file of batch %d is missing", c->folder, (int)index);
}

/// Indicators and checksums of all runs.
static flow_err gather(collector *c)
{
    const flow_study *st = c->study;
    const flow_sweep *s = st->sweep;
    for (int32_t b = 0; b < s->n_batch; b++) {
        FLOW_TRY(load_batch(c, b));
        int64_t run = 0;
        for (int32_t t = 0; t < c->batch.n_task; t++) {
            const flow_task *task = &s->task[c->batch.first_task + t];
            for (int32_t m = 0; m < task->n; m++, run++) {
                const int64_t at = (int64_t)task->point * s->n_member + task->first + m;
                for (int32_t i = 0; i < st->n_indicator; i++) {
                    c->all[(int64_t)i * s->n_point * s->n_member + at] =
                        c->batch.value[run * st->n_indicator + i];
                }
                c->checksum = flow_mix(c->checksum + c->batch.checksum[run]);
            }
        }
        if (c->tally.n_cell > 0) { flow_tally_merge(&c->tally, &c->batch.tally); }
    }
    return FLOW_OK;
}

static void describe(collector *c)
{
    const flow_study *st = c->study;
    const flow_sweep *s = st->sweep;
    const int64_t n = s->n_point;
    for (int32_t k = 0; k < s->n_key; k++) {
        for (int64_t p = 0; p < n; p++) {
            c->text[k * n + p] = s->value[p * s->n_key + k];
            if (st->key_numeric[k]) {
                (void)flow_number_parse(c->text[k * n + p], &c->number[k * n + p]);
            }
        }
        c->key[k] = (flow_study_key){.name = s->key[k],
                                     .unit = st->key_unit[k],
                                     .long_name = st->key_help[k],
                                     .number = st->key_numeric[k] ? c->number + k * n : NULL,
                                     .text = c->text + k * n};
    }
    for (int32_t i = 0; i < st->n_indicator; i++) {
        const flow_study_indicator *in = &st->indicator[i];
        c->value[i] = (flow_study_value){.name = in->name,
                                         .unit = in->unit,
                                         .long_name = in->long_name,
                                         .value = c->all + (int64_t)i * n * s->n_member};
    }
    for (int32_t i = 0; i < st->n_read; i++) {
        const flow_study_read *r = &st->read[i];
        if (r->first_cell < 0) { continue; }
        c->series_read[c->n_series] = i;
        c->series[c->n_series++] = (flow_study_series){.name = r->name,
                                                       .unit = r->unit,
                                                       .long_name = r->long_name,
                                                       .shape = r->shape,
                                                       .n = r->n};
    }
}

/// Series of points: the mean and the quantiles of each task lie together.
static flow_err write_points(collector *c)
{
    const flow_study *st = c->study;
    const flow_sweep *s = st->sweep;
    for (int32_t b = 0; b < s->n_batch; b++) {
        FLOW_TRY(load_batch(c, b));
        const int32_t n = c->batch.n_task;
        if (n == 0) { continue; }
        for (int32_t i = 0; i < c->n_series; i++) {
            const flow_study_read *r = &st->read[c->series_read[i]];
            const int64_t width = st->n_time * r->n;
            double *mean = c->stats, *quantile = c->stats + n * width;
            for (int32_t t = 0; t < n; t++) {
                const double *from =
                    c->batch.stats + (int64_t)t * FLOW_POINT_STATS * st->n_cell + r->first_cell;
                memcpy(mean + t * width, from, (size_t)width * sizeof *from);
                for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
                    memcpy(quantile + (t * FLOW_N_QUANTILE + q) * width,
                           from + (1 + q) * st->n_cell, (size_t)width * sizeof *from);
                }
            }
            FLOW_TRY(flow_output_study_points(c->output, i, s->task[c->batch.first_task].point, n,
                                              mean, quantile));
        }
    }
    return FLOW_OK;
}

static flow_err write_whole(collector *c)
{
    const flow_study *st = c->study;
    const flow_tally *t = &c->tally;
    for (int32_t i = 0; i < c->n_series; i++) {
        const flow_study_read *r = &st->read[c->series_read[i]];
        const int64_t width = st->n_time * r->n;
        double *quantile = c->stats + 4 * width;
        for (int64_t k = 0; k < width; k++) {
            const int64_t cell = r->first_cell + k;
            const double n = (double)t->n, mean = t->sum[cell] / n;
            const double spread = t->square[cell] - n * mean * mean;
            c->stats[k] = mean;
            c->stats[width + k] =
                t->n > 1 ? sqrt((spread > 0.0 ? spread : 0.0) / (n - 1.0)) : (double)NAN;
            c->stats[2 * width + k] = t->least[cell];
            c->stats[3 * width + k] = t->largest[cell];
            for (int32_t q = 0; q < FLOW_N_QUANTILE; q++) {
                quantile[q * width + k] = flow_tally_quantile(t, cell, flow_member_quantile[q]);
            }
        }
        FLOW_TRY(flow_output_study_whole(c->output, i, c->stats, quantile));
    }
    return FLOW_OK;
}

/// The plan as its author wrote it.
static const char *title_of(const flow_study *st)
{
    const char *title = st->base != NULL ? st->base->set.top.title : NULL;
    if (title != NULL && *title != '\0') { return title; }
    return st->is_test ? st->sweep->plan.top.test : "study";
}

static flow_err collect(collector *c, const char *out, bool replace)
{
    const flow_study *st = c->study;
    const flow_sweep *s = st->sweep;
    FLOW_TRY(check_complete(c));
    FLOW_TRY(allocate(c));
    FLOW_TRY(gather(c));
    describe(c);
    const bool of_points = s->plan.series.keep == FLOW_KEEP_POINTS;
    const flow_study_about about = {.scenario = st->base,
                                    .title = title_of(st),
                                    .design = flow_design_name[s->plan.top.design],
                                    .plan = s->plan_text,
                                    .n = s->plan.top.n,
                                    .levels = s->plan.top.levels,
                                    .seed = s->plan.top.seed,
                                    .n_row = s->n_row,
                                    .n_point = s->n_point,
                                    .n_member = s->n_member,
                                    .common_luck = st->common,
                                    .checksum = c->checksum,
                                    .id = s->id,
                                    .row_point = s->row_point,
                                    .n_key = s->n_key,
                                    .n_value = st->n_indicator,
                                    .n_series = c->n_series,
                                    .n_time = st->n_time,
                                    .key = c->key,
                                    .value = c->value,
                                    .series = c->series,
                                    .step = st->step,
                                    .series_of_points = of_points};
    FLOW_TRY(flow_output_study_create(out, replace, &about, &c->output));
    if (c->n_series > 0) { FLOW_TRY(of_points ? write_points(c) : write_whole(c)); }
    flow_output_study *output = c->output;
    c->output = NULL;
    return flow_output_study_finish(output);
}

flow_err flow_sweep_collect(const char *folder, const char *out, bool replace,
                            const flow_sweep_options *options)
{
    char *table = flow_folder_table(folder);
    if (table == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for a path"); }
    flow_sweep sweep;
    flow_study study;
    flow_err err = flow_sweep_load(table, &sweep);
    flow_dealloc(table);
    FLOW_TRY(err);
    err = flow_study_create(&sweep, options, &study);
    if (err == FLOW_OK) {
        collector c = {.folder = folder, .study = &study};
        err = collect(&c, out, replace);
        release(&c);
        flow_study_clear(&study);
    }
    flow_sweep_clear(&sweep);
    return err;
}
