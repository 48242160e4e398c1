/// @file sweep_batch.h
/// Layer 6: results of a batch of tasks: in memory, and as a file of its own.
///
/// Runs of a batch are done in order, by one thread, so what is done is always a beginning of it.
/// A file holds numbers as they lie in memory, a hash over all, and hashes of what they belong to.
#ifndef FLOW_SWEEP_BATCH_H
#define FLOW_SWEEP_BATCH_H

#include "sweep_study.h"

/// What is kept of many runs in room that does not grow: each cell's moments and the numbers of
/// runs in classes of equal ratio. Counts add up exactly, whatever the order.
typedef struct flow_tally {
    int64_t n_cell;
    int64_t n;                              ///< runs
    double *sum, *square, *least, *largest; ///< [n_cell]
    uint32_t *count;                        ///< [n_cell][FLOW_TALLY_CLASSES]
} flow_tally;

/// Classes: 16 to each doubling from 2^-20 to 2^40, of either sign, and one for 0. A quantile is
/// within 1/32 of its value.
enum {
    FLOW_TALLY_PARTS = 16,
    FLOW_TALLY_LOW = -20,
    FLOW_TALLY_HIGH = 40,
    FLOW_TALLY_SIDE = FLOW_TALLY_PARTS * (FLOW_TALLY_HIGH - FLOW_TALLY_LOW),
    FLOW_TALLY_CLASSES = 2 * FLOW_TALLY_SIDE + 1
};

flow_err flow_tally_create(int64_t n_cell, flow_tally *out);
void flow_tally_clear(flow_tally *tally);
void flow_tally_empty(flow_tally *tally);
/// Count a run. @param value [n_cell]
void flow_tally_add(flow_tally *tally, const double *value);
/// Add the runs of another tally. Sums are added in the order of the calls.
void flow_tally_merge(flow_tally *tally, const flow_tally *other);
/// Quantile of a cell, q in [0, 1]; NAN without a run.
double flow_tally_quantile(const flow_tally *tally, int64_t cell, double q);

/// Mean, then the quantiles of output.h, of each cell over the members of a point.
enum { FLOW_POINT_STATS = 1 + FLOW_N_QUANTILE };

typedef struct flow_batch {
    const flow_study *study; ///< borrowed
    int32_t index;
    int32_t first_task, n_task;
    int64_t n_run, done; ///< in the order of tasks and members
    int64_t size_run;    ///< room
    double *value;       ///< [n_run][n_indicator]
    uint64_t *checksum;  ///< [n_run]
    double *stats;       ///< [n_task][FLOW_POINT_STATS][n_cell] with series of points
    double *member;      ///< [n_member][n_cell] of the task under way, with the same
    flow_tally tally;    ///< with series of the study
    uint8_t *byte;       ///< [size_byte] scratch of files
    int64_t n_byte, size_byte;
    double *sorted; ///< [n_member]
} flow_batch;

/// Room for any batch of the study.
flow_err flow_batch_create(const flow_study *study, flow_batch *out);
void flow_batch_clear(flow_batch *batch);
/// Begin an empty batch.
flow_err flow_batch_begin(flow_batch *batch, int32_t index);
/// Task and member of the next run; false: all are done.
bool flow_batch_next(const flow_batch *batch, flow_task *task, int32_t *member);
/// Take in the next run.
/// @param value [n_indicator]
/// @param cell  [n_cell]
void flow_batch_add(flow_batch *batch, const double *value, const double *cell, uint64_t checksum);

enum { FLOW_OWN_ENDING = 128 };
/// ".tmp-<host>-<process>": the end of names that no other process takes. Returns out.
const char *flow_own_ending(char out[static FLOW_OWN_ENDING]);
/// What a batch's file is called; owned by the caller, NULL: no memory. Complete: "<n>.runs", under
/// way: "<n>.part".
char *flow_batch_path(const char *folder, int32_t index, bool complete);
/// Write the file of a batch: under a name of this process, brought to the disk, renamed.
flow_err flow_batch_save(flow_batch *batch, const char *folder);
/// Read a batch. *found false: there is no such file. FLOW_EINPUT: damaged, or of another study.
flow_err flow_batch_load(flow_batch *batch, const char *folder, int32_t index, bool complete,
                         bool *found);

#endif
