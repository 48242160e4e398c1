/// @file sweep.h
/// Layer 6: a study of many runs: its table of points, its shard files, its one result file.
///
/// plan.yaml -> plan.csv -> a folder of batches, filled by any number of processes -> study.nc
#ifndef FLOW_SWEEP_H
#define FLOW_SWEEP_H

#include "sweep_design.h"

/// Replicates of a point that are run in one go.
typedef struct flow_task {
    int32_t point;
    int32_t first, n; ///< members
} flow_task;

/// A plan, point by point.
typedef struct flow_sweep {
    flow_plan plan; ///< without rows of a design: n_factor 0, for tables made elsewhere
    char *plan_text;
    char *folder; ///< paths of the plan start here; "" for the current one
    int32_t n_key;
    const char **key; ///< [n_key] what varies, borrowed from `table`
    int32_t n_row;
    int32_t *row_point; ///< [n_row] rows of the design
    int32_t n_point;
    uint64_t *id;       ///< [n_point]
    const char **value; ///< [n_point][n_key] borrowed from `table`
    void *table;        ///< private
    int32_t n_task, n_member;
    flow_task *task; ///< [n_task] by point
    int32_t n_batch;
    uint64_t hash; ///< of everything that decides about results
} flow_sweep;

/// The name of a point: a hash of what is set there, whatever the order; the same in every plan.
uint64_t flow_point_id(const char *const *key, const char *const *value, int32_t n,
                       char *const *set, int32_t n_set);

/// Make the table of a plan file and write it.
/// @param path     of the plan file
/// @param out      of the table, NULL: none is written
/// @param replace  false: an existing table is an error
/// @param[out] sweep cleared by the caller; empty on failure
/// @return FLOW_OK, FLOW_EINPUT (all problems of the plan with their lines), FLOW_EFILE,
/// FLOW_ENOMEM.
flow_err flow_sweep_plan(const char *path, const char *out, bool replace, flow_sweep *sweep);
/// Read a table. Columns: row, id, first_member, members (all may be absent: one row per point, one
/// run of each), the others are keys. Lines that begin with '#' after the header hold the plan.
flow_err flow_sweep_load(const char *path, flow_sweep *sweep);
/// The same from text; `path` is for messages.
flow_err flow_sweep_parse(const char *path, const char *text, int64_t size, flow_sweep *sweep);
void flow_sweep_clear(flow_sweep *sweep);
/// Text of the table of a plan with its values, owned by the caller.
flow_err flow_sweep_text(const flow_plan *plan, const char *plan_text, const char *folder,
                         char **text, int64_t *size);
/// First task of a batch; of batch n_batch the number of tasks.
int32_t flow_sweep_first_task(const flow_sweep *sweep, int32_t batch);

/// How to run a study. Zero-initialise.
typedef struct flow_sweep_options {
    const char *scenario, *settings; ///< instead of those of the plan; NULL: those
    int32_t shard, n_shard;          ///< run the batches shard, shard + n_shard, ...; 0, 0: all
    int32_t threads;                 ///< 0: all
    int32_t save_every_s;            ///< seconds between saves of a batch under way; 0: 60
    /// Called in the calling thread, many times a second, with the runs done (those found done
    /// included) and wanted. False stops: FLOW_ESTATE, with all complete runs saved.
    bool (*go_on)(void *context, int64_t done, int64_t found, int64_t n);
    void *context;
    /// The next number of a counter that several processes share, 0 first; NULL: one of our own.
    /// Called by one thread at a time. With it, shards must be left out.
    int64_t (*next)(void *counter);
    void *counter;
} flow_sweep_options;

/// What was done.
typedef struct flow_sweep_report {
    int64_t runs, found; ///< done now, found done; of the batches of this process
    int64_t n_run;       ///< of the whole study
    int32_t threads;
    double wall_s;
    int64_t person_steps; ///< of the runs done now
} flow_sweep_report;

/// Run what is missing in a folder. A batch is done when its file has its final name; results do
/// not depend on shards, order, threads or restarts. Any number of processes may work in one
/// folder.
flow_err flow_sweep_run(const char *table, const char *folder, const flow_sweep_options *options,
                        flow_sweep_report *report);
/// Make the one file of a study from a folder with all batches.
/// @return FLOW_OK; FLOW_ESTATE (runs are missing: the text says how many); FLOW_EFILE,
/// FLOW_EINPUT.
flow_err flow_sweep_collect(const char *folder, const char *out, bool replace,
                            const flow_sweep_options *options);

#endif
